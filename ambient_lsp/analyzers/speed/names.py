"""How the variables of a function get their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.code import COMPREHENSIONS, SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.speed.code import Function, Node

ITEM = -1
"""A step from a value to what iterating over it gives; a number from 0 is a place in a tuple."""
_PATTERNS = frozenset({"pattern_list", "tuple_pattern", "list_pattern", "as_pattern_target",
                       "parenthesized_expression", "tuple", "list", "expression_list"})  # fmt: skip
_OTHER = {"global_statement": "global", "nonlocal_statement": "global", "delete_statement": "del",
          "case_pattern": "match", "import_statement": "import", "import_from_statement": "import"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Binding:
    """One way in which a name gets a value.

    `value` led by `path` gives it; None where nothing is known. `how` is one of param, assign, augment, for, walrus,
    other. `annotation` is the node of a type, where one is written.
    """

    how: str
    name: Node
    value: Node | None
    path: tuple[int, ...] = ()
    annotation: Node | None = None


def bindings(function: Function) -> dict[str, list[Binding]]:
    """Return the bindings of each variable of a function, its parameters first."""
    known = function.kinds.get("bindings")
    if isinstance(known, dict):
        return known
    found: dict[str, list[Binding]] = {}
    for binding in (*_parameters(function.node), *_in_body(function)):
        found.setdefault(binding.name.text, []).append(binding)
    function.kinds["bindings"] = found
    return found


def bound_in(function: Function, name: str, region: Node) -> bool:
    """Return whether a region of the function gives a variable another value."""
    return any(region.holds(binding.name) for binding in bindings(function).get(name, ()))


def is_parameter(function: Function, name: str) -> bool:
    """Return whether a variable is a parameter."""
    return any(binding.how == "param" for binding in bindings(function).get(name, ()))


def is_local(function: Function, name: str) -> bool:
    """Return whether a variable is the function's own, parameters included, and no nested function shares it."""
    found = bindings(function).get(name)
    return bool(found) and not any(binding.how == "global" for binding in found or ()) and not captured(function, name)


def captured(function: Function, name: str) -> bool:
    """Return whether a nested function, class or lambda, or a lazy generator, uses the name."""
    for use in function.node.code.uses_in(name, function.body):
        for above in use.ancestors():
            if above is function.node:
                break
            if above.type in SCOPES:
                return True
    return False


def comprehension_binding(name: Node) -> Binding | None:
    """Return how the comprehension around a use binds its name."""
    wanted, below = name.text, name
    for above in name.ancestors():
        if above.type in COMPREHENSIONS:
            clauses = [child for child in above.children if child.type == "for_in_clause"]
            if below is clauses[0] and clauses[0].get("right") is not None and _inside_right(clauses[0], name):
                below = above
                continue
            for clause in clauses:
                target, source = clause.get("left"), clause.get("right")
                if target is None or source is None:
                    continue
                for one, path in _targets(target, (ITEM,)):
                    if one.text == wanted:
                        return Binding("for", one, source, path)
        if above.type in SCOPES:
            return None
        below = above
    return None


def _inside_right(clause: Node, name: Node) -> bool:
    source = clause.get("right")
    return source is not None and source.holds(name)


def _parameters(node: Node) -> Iterator[Binding]:
    given = node.get("parameters")
    for child in given.children if given is not None else ():
        kind = child.get("type")
        if child.type == "identifier":
            yield Binding("param", child, None)
        elif child.type == "typed_parameter" and child.children and child.children[0].type == "identifier":
            yield Binding("param", child.children[0], None, annotation=kind)
        elif child.type in {"default_parameter", "typed_default_parameter"} and (name := child.get("name")) is not None:
            yield Binding("param", name, None, annotation=kind)
        else:  # *args and **kwargs
            for part in child.walk():
                if part.type == "identifier" and (part.parent is None or part.parent.type != "type"):
                    yield Binding("param", part, None)
                    break


def _in_body(function: Function) -> Iterator[Binding]:
    for node in function.body.own():
        kind = node.type
        if kind == "assignment":
            left, right = node.get("left"), node.get("right")
            while right is not None and right.type == "assignment":
                right = right.get("right")
            if left is not None:
                for name, path in _targets(left, ()):
                    yield Binding("assign", name, right, path, node.get("type"))
        elif kind == "augmented_assignment":
            if (left := node.get("left")) is not None and left.type == "identifier":
                yield Binding("augment", left, node.get("right"))
        elif kind == "for_statement":
            left, right = node.get("left"), node.get("right")
            if left is not None:
                for name, path in _targets(left, (ITEM,)):
                    yield Binding("for", name, right, path)
        elif kind == "named_expression":
            if (left := node.get("name")) is not None:
                yield Binding("walrus", left, node.get("value"))
        elif kind == "as_pattern_target":
            for name, _ in _targets(node, ()):
                yield Binding("other", name, None)
        elif kind in _OTHER:
            for part in node.walk():
                if part.type == "identifier":
                    yield Binding(_OTHER[kind], part, None)
        elif kind in {"function_definition", "class_definition"} and (left := node.get("name")) is not None:
            yield Binding("other", left, None)


def _targets(target: Node, path: tuple[int, ...]) -> Iterator[tuple[Node, tuple[int, ...]]]:
    """Yield the names that a target binds, with the way to their values."""
    if target.type == "identifier":
        yield target, path
    elif target.type == "as_pattern_target" and len(target.children) == 1:
        yield from _targets(target.children[0], path)
    elif target.type in _PATTERNS:
        starred = any("splat" in child.type for child in target.children)
        for place, child in enumerate(target.children):
            if "splat" in child.type:
                for part in child.children:
                    yield from _targets(part, (*path, 1 << 20))
            else:
                yield from _targets(child, (*path, 1 << 20 if starred else place))
