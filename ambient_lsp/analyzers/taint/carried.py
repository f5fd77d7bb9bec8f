"""Objects that a framework carries (`request.app["orders"]`): their class is told by their name and their methods."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.state import Object
from ambient_lsp.analyzers.taint.syntax import kept
from ambient_lsp.analyzers.taint.values import PARAMETER, UNKNOWN, Opaque, Ref, Value

if TYPE_CHECKING:
    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.site import Site

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def instance(machine: Machine, site: Site, owner: Value, name: str) -> Ref | None:
    """Return an object of the one class that has such a method and such a name; None where that is not sure.

    A method that rules know of any object needs a receiver that has the whole name of the class.
    """
    classes = machine.methods.get(name)
    if classes is None or type(owner) is not Opaque or not _is_open(machine, owner):
        return None
    words = _words_of(site.node)
    whole = machine.rules.knows_calls((f"*.{name}",))
    fitting = []
    for each in classes:
        own = _words(each.name)
        if words and (words == own if whole else words <= own or own <= words):
            fitting.append(each)
    if len(fitting) != 1:
        return None
    return machine.new(
        Object("instance", dict(machine.attributes_of(fitting[0], site.state)), UNKNOWN, fitting[0]), site.state
    )


def _is_open(machine: Machine, owner: Opaque) -> bool:
    """Whether nothing is known of a value but, perhaps, that some caller or some framework holds it."""
    if any(taint.label != PARAMETER for taint in owner.taints) or owner.built or owner.prefix:
        return False
    kind = owner.type
    return not kind or ("." in kind and kind not in machine.rules.known_types and not kind.endswith("()"))


@kept
def _words_of(call: ast.AST) -> frozenset[str]:
    """Return the words of the last name in what a method is called on."""
    node = call.func.value if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else None
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return _words(str(node.slice.value))
    if isinstance(node, ast.Attribute):
        return _words(node.attr)
    return _words(node.id) if isinstance(node, ast.Name) and node.id not in ("self", "cls") else frozenset()


def _words(name: str) -> frozenset[str]:
    found = (word.lower() for word in _WORD.findall(name))
    return frozenset(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in found)
