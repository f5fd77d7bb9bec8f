"""Functions without effects that call themselves again and again with the same arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.annotations import annotation_kind
from ambient_lsp.analyzers.speed.code import builtin, called
from ambient_lsp.analyzers.speed.edits import Edit, changed, imported, indent_of, line_start, newline
from ambient_lsp.analyzers.speed.kinds import kind_of, kind_of_name
from ambient_lsp.analyzers.speed.names import bindings
from ambient_lsp.analyzers.speed.pure import is_pure_function
from ambient_lsp.analyzers.speed.speedup import CACHE, speedup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.speed.code import Function, Node
    from ambient_lsp.analyzers.speed.speedup import Speedup

_VALUES = frozenset({"integer", "float", "string", "true", "false", "none", "string_start", "string_content",
                     "string_end", "argument_list", "binary_operator", "unary_operator",
                     "conditional_expression", "subscript", "comparison_operator", "boolean_operator",
                     "not_operator", "parenthesized_expression", "slice"})  # fmt: skip
_RETURNING = frozenset({"min", "max", "abs", "len", "int", "str", "bool", "float", "round", "sum"})


def cacheable(function: Function) -> Iterator[Speedup]:
    """A recursion that branches: it does the same work once for each way that leads there."""
    node, name = function.node, function.name
    above = node.parent
    if "." in name or function.is_async or above is None or above.type != "module":
        return
    calls = [part for part in function.body.own() if called(part) == name]
    if len(calls) < 2 or not _branches(calls) or not is_pure_function(function):
        return
    if not all(
        _is_key(function, one.name.text) for found in bindings(function).values() for one in found if one.how == "param"
    ):
        return
    if not _returns_plain(function) or (node.get("parameters") or node).text.count("*"):
        return
    edits, call = imported(node.code, "functools", "lru_cache")
    text = ""
    if call:
        start = line_start(node.code, node.start)
        edits.append(Edit(start, start, f"{indent_of(node)}@{call}(maxsize=None){newline(node.code)}"))
        text = changed(node.code, edits)
    message = f"`{name}` calls itself {len(calls)} times and has no effects: the same calls come again and again."
    yield speedup(function, CACHE, node.get("name") or node, message, "Remember the results", text)


def _branches(calls: list[Node]) -> bool:
    """Return whether one call can lead to two: both in one statement, or in statements that follow each other."""
    for one in calls:
        for other in calls:
            if one.index >= other.index:
                continue
            if _leaves(one, other):
                continue
            arms = [above for above in one.ancestors() if above.type in {"if_statement", "conditional_expression"}]
            if not any(arm.holds(other) and _arm(arm, one) is not _arm(arm, other) for arm in arms):
                return True
    return False


def _leaves(one: Node, other: Node) -> bool:
    """Return whether control never gets from one call to the other, which stands behind it: it returns before."""
    for above in one.ancestors():
        if above.holds(other):
            return False
        if above.type in {"return_statement", "raise_statement"}:
            return True
        if (
            above.type == "block"
            and above.children
            and above.children[-1].type in {"return_statement", "raise_statement"}
        ):
            return True
    return False


def _arm(test: Node, node: Node) -> Node | None:
    return next((child for child in test.children if child.holds(node)), None)


def _is_key(function: Function, name: str) -> bool:
    """Return whether a parameter surely is hashable: by its annotation, or because it is counted with."""
    kind = kind_of_name(name, function)
    if kind.name:
        return kind.hashable
    for use in function.node.code.uses_in(name, function.body):
        above = use.parent
        if above is None or above.type not in {"binary_operator", "comparison_operator"}:
            continue
        others = [child for child in above.children if child is not use]
        operators = {child.type for child in above.children if child.field in {"operator", "operators"}}
        if any(other.type == "integer" for other in others) and operators & {"-", "<", "<=", ">", ">=", "//"}:
            return True
    return False


def _returns_plain(function: Function) -> bool:
    """Return whether what is returned cannot be changed by who gets it: sharing it is then the same."""
    declared = function.node.get("return_type")
    if declared is not None:
        return annotation_kind(declared.text).immutable
    returned = [part for part in function.body.own() if part.type == "return_statement"]
    return bool(returned) and all(_is_plain(value, function) for part in returned for value in part.children)


def _is_plain(value: Node, function: Function) -> bool:
    if kind_of(value, function).immutable:
        return True
    for part in value.walk():
        if part.field in {"operator", "operators"} or part.type in _VALUES:
            continue
        if part.type == "identifier":
            is_called = part.field == "function"
            if not is_called and not _is_key(function, part.text) and not kind_of(part, function).immutable:
                return False
        elif part.type == "call":
            if called(part) != function.name and builtin(part) not in _RETURNING:
                return False
        else:
            return False
    return True
