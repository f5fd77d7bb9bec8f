"""Looking for something by walking through all of it: lists, long literals, views and copies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import (
    arguments,
    bare,
    builtin,
    membership,
    method,
    only_argument,
    own_attributes,
    statements,
)
from ambient_lsp.analyzers.speed.edits import before, changed, fresh, replace
from ambient_lsp.analyzers.speed.kinds import hashable, kind_of
from ambient_lsp.analyzers.speed.literals import module_literal
from ambient_lsp.analyzers.speed.names import bindings
from ambient_lsp.analyzers.speed.regions import attribute_stays, expects_unhashable, loop_of, region_of
from ambient_lsp.analyzers.speed.speedup import KEYS, LITERAL, MEMBERSHIP, speedup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.speed.code import Function, Node
    from ambient_lsp.analyzers.speed.speedup import Speedup

_MIN_LITERAL = 4
_SHORT = 8
"""A list that is written out and shorter than this is walked through as quickly as a set is asked."""


def in_container(function: Function, node: Node) -> Iterator[Speedup]:
    """`item in container`, again and again."""
    pair = membership(node)
    loop = loop_of(node) if pair is not None else None
    if pair is None or loop is None:
        return
    item, container = pair[0], bare(pair[1])
    if container is None:
        return
    if container.type in {"list", "tuple"}:
        yield from _literal(function, item, container, loop)
    elif container.type == "identifier":
        yield from _listed(function, node, item, container, loop)
    elif container.type == "attribute" and container.text.startswith("self.") and container.text.count(".") == 1:
        yield from _own_list(function, node, item, container, loop)
    elif container.type == "call":
        yield from _view(function, container, loop)
        yield from _copied(function, container, loop)


def _is_typed(function: Function, item: Node) -> bool:
    """Whether a value is what somebody types at the keyboard, for which the loop waits anyhow."""
    made = [one.value for one in bindings(function).get(item.text, ()) if one.value is not None]
    return any(_ASKS.search(value.text) for value in made)


_ASKS = re.compile(r"(?<![\w.])input\(|\bstdin\.readline\(")


def _literal(function: Function, item: Node, container: Node, loop: Node) -> Iterator[Speedup]:
    elements = [child for child in container.children if child.type != "comment"]
    if len(elements) < _MIN_LITERAL or not all(one.type in {"string", "integer"} for one in elements):
        return
    if any(part.type == "interpolation" for part in container.walk()) or not hashable(item, function):
        return
    if _is_typed(function, item):
        return
    text = changed(container.code, [replace(container, "{" + container.text[1:-1] + "}")])
    message = f"Each test walks through {len(elements)} literals; a set finds the answer at once."
    yield speedup(function, LITERAL, container, message, "Test membership in a set literal", text, loop)


def _listed(function: Function, node: Node, item: Node, container: Node, loop: Node) -> Iterator[Speedup]:
    name = container.text
    kind = kind_of(container, function)
    if kind.name not in {"list", "tuple"} or is_short(function, name):
        return
    if kind.item.unhashable or expects_unhashable(node, function):
        return
    region = region_of(node, {name}, function)
    if region is None:
        return
    text = ""
    if kind.item.hashable and hashable(item, function):
        new = fresh(function.node, _set_of(name))
        swaps = [replace(one, new) for one in _tests_of(function, region, name)]
        text = changed(node.code, [before(region, f"{new} = set({name})"), *swaps])
    message = f"`{name}` is a {kind.name} that each turn of this loop walks through; a set finds the answer at once"
    message += "." if text else ", if its items can be hashed."
    yield speedup(function, MEMBERSHIP, node, message, f"Look up `{name}` in a set", text, loop)


def _own_list(function: Function, node: Node, item: Node, container: Node, loop: Node) -> Iterator[Speedup]:
    """A list that the object keeps."""
    kind, name = kind_of(container, function), container.text.partition(".")[2]
    sure = kind.item.hashable and hashable(item, function)
    if kind.name not in {"list", "tuple"} or not sure or expects_unhashable(node, function):
        return  # what else it might hold, the class does not say
    constant = _constant(function, name)
    if constant is not None and constant.type in {"list", "tuple"} and len(constant.children) < _SHORT:
        return
    region = attribute_stays(name, node, function)
    if region is None:
        return
    new = fresh(function.node, _set_of(name.strip("_")))
    swaps = [
        replace(use, new)
        for use in own_attributes(region, name)
        if use.parent is not None and (pair := membership(use.parent)) is not None and pair[1] is use
        and hashable(pair[0], function)
    ]  # fmt: skip
    # A constant of the class can be a set itself, for everybody; a copy in each call is not what anyone would write.
    text = "" if constant else changed(node.code, [before(region, f"{new} = set({container.text})"), *swaps])
    message = f"`{container.text}` is a list that each turn of this loop walks through; a set finds the answer at once."
    yield speedup(function, MEMBERSHIP, node, message, f"Look up `{container.text}` in a set", text, loop)


def _set_of(name: str) -> str:
    """Return what a local set made of a list is called: a constant's or a class's case is not for it."""
    return f"{name.lower() if name[0].isupper() else name}_set"


def _constant(function: Function, name: str) -> Node | None:
    """Return what the body of the class gives a name, if it does."""
    holder = next((above for above in function.node.ancestors() if above.type == "class_definition"), None)
    for line in statements(holder.get("body")) if holder is not None else ():
        made = line.children[0] if line.children else None
        left, value = (made.get("left"), bare(made.get("right"))) if made is not None else (None, None)
        if left is not None and left.text == name and value is not None:
            return value
    return None


def is_short(function: Function, name: str) -> bool:
    """Return whether a list is written out somewhere, with few items, and stays so."""
    found = bindings(function).get(name)
    if not found:
        made = module_literal(function.node.code, name)
        return made is not None and len(made.children) < _SHORT
    if any(one.how != "assign" or one.path for one in found):
        return False
    values = [arm for one in found for arm in _arms(bare(one.value))]
    uses = function.node.code.uses_in(name, function.body)
    calls = [use for use in uses if use.parent is not None and use.parent.type == "attribute"]
    if any(
        loop_of(call) is not None or call.parent is None or not call.parent.text.endswith(".append") for call in calls
    ):
        return False
    shown = [value for value in values if value is not None and value.type in {"list", "tuple"}]
    return len(shown) == len(values) and all(len(value.children) + len(calls) < _SHORT for value in shown)


def _arms(value: Node | None) -> list[Node | None]:
    """Return the two values that `a if b else c` may have; else the one."""
    if value is None or value.type != "conditional_expression":
        return [value]
    parts = [one for one in value.children if one.type != "comment"]
    return [arm for part in (parts[0], parts[-1]) for arm in _arms(bare(part))]


def _tests_of(function: Function, region: Node, name: str) -> list[Node]:
    """Return the list's name in each membership test of a region whose left side surely is hashable."""
    found = []
    for use in function.node.code.uses_in(name, region):
        pair = membership(use.parent) if use.parent is not None else None
        if pair is not None and pair[1] is use and hashable(pair[0], function):
            found.append(use)
    return found


def _view(function: Function, container: Node, loop: Node) -> Iterator[Speedup]:
    found = method(container)
    if found is None or found[1] != "keys" or arguments(container):
        return
    name = found[0].text
    if kind_of(found[0], function).name != "dict":
        return
    text = changed(container.code, [replace(container, name)])
    message = f"`{name}.keys()` makes a view each time; `in {name}` asks the same."
    yield speedup(function, KEYS, container, message, f"Test membership in `{name}` itself", text, loop)


def _copied(function: Function, container: Node, loop: Node) -> Iterator[Speedup]:
    """`in list(names)`: the copy is walked through, where the original may even know the answer."""
    given = only_argument(container)
    if builtin(container) not in {"list", "tuple"} or given is None:
        return
    if kind_of(given, function).name not in {"dict", "set", "frozenset", "list", "tuple", "keys"}:
        return
    text = changed(container.code, [replace(container, given.text)])
    message = f"`{container.text}` is copied for each test; `{given.text}` can be asked as it is."
    yield speedup(function, KEYS, container, message, f"Test membership in `{given.text}` itself", text, loop)
