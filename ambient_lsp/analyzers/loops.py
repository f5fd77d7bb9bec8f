"""Loops: which one holds a node, what stays the same in it, and how to put a statement in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import libcst as cst

from ambient_lsp.analyzers.flow import names_in
from ambient_lsp.analyzers.syntax import Change, Syntax, called_name, is_name, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
_READERS = frozenset({"len", "sum", "min", "max", "sorted", "any", "all", "enumerate", "range", "isinstance", "print",
                      "set", "frozenset", "list", "tuple", "iter", "reversed", "zip", "bool", "str",
                      "repr"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Site:
    """A loop, or a statement with a comprehension, in whose front a value can be made once."""

    region: cst.BaseStatement


def loop_of(syntax: Syntax, node: cst.CSTNode) -> cst.CSTNode | None:
    """Return the innermost `for`, `while` or comprehension clause that evaluates a node again and again."""
    below = node
    for above in syntax.ancestors(node):
        if isinstance(above, cst.FunctionDef | cst.ClassDef | cst.Lambda):
            return None
        if isinstance(above, cst.For) and below is above.body:
            return above
        if isinstance(above, cst.While) and below in (above.body, above.test):
            return above
        if isinstance(above, _COMPREHENSIONS) and below is not above.for_in:
            return above.for_in
        if isinstance(above, cst.CompFor) and below is not above.iter:
            return above
        below = above
    return None


def invariant_site(syntax: Syntax, node: cst.CSTNode, name: str) -> Site | None:
    """Return the outermost loop around `node` in which the variable `name` keeps its value and its contents.

    None where there is no such loop, or no place in front of it.
    """
    best: Site | None = None
    for above in syntax.ancestors(node):
        if isinstance(above, cst.FunctionDef | cst.Lambda | cst.ClassDef):
            break
        is_region = isinstance(above, cst.For | cst.While) or (
            isinstance(above, cst.BaseStatement) and loop_of(syntax, node) is not None and best is None
        )
        if not is_region or not isinstance(above, cst.BaseStatement):
            continue
        if not _unchanged(syntax, above, name):
            break
        if isinstance(syntax.parent(above), cst.IndentedBlock) and _repeats(syntax, above, node):
            best = Site(above)
    return best


def _repeats(syntax: Syntax, region: cst.BaseStatement, node: cst.CSTNode) -> bool:
    """Return whether a loop of this region runs `node` again and again."""
    loop = loop_of(syntax, node)
    inside = {id(part) for part in walk(region)}
    return loop is not None and id(loop) in inside


def _unchanged(syntax: Syntax, region: cst.BaseStatement, name: str) -> bool:
    """Return whether a region only looks at `name`: no rebinding, no method, no hand-over to who might change it."""
    if name in names_in([region]).writes:
        return False
    for node in walk(region):
        # Whoever runs between two turns of a generator or coroutine may change the list.
        if isinstance(node, cst.Yield | cst.Await):
            return False
        if is_name(node, name) and not _only_looked_at(syntax, node):
            return False
    return True


def _only_looked_at(syntax: Syntax, name: cst.CSTNode) -> bool:
    above = syntax.parent(name)
    if isinstance(above, cst.Attribute):
        # `re` in `re.compile`, `x` in `other.x`, and the methods that only read.
        if above.attr is name or is_name(name, "re"):
            return True
        call = syntax.parent(above)
        return isinstance(call, cst.Call) and above.attr.value in {"index", "count", "keys", "values", "items", "get"}
    if isinstance(above, cst.ComparisonTarget | cst.Comparison | cst.BooleanOperation | cst.UnaryOperation):
        return True
    if isinstance(above, cst.For | cst.CompFor):
        return above.iter is name
    if isinstance(above, cst.Subscript):
        holder = syntax.parent(above)
        # An element of a tuple could be a target of an assignment or a `del`.
        changed = cst.AssignTarget | cst.AugAssign | cst.Del | cst.Element
        return above.value is name and not isinstance(holder, changed)
    if isinstance(above, cst.Arg):
        if above.keyword is name:
            return True
        call = syntax.parent(above)
        return call is not None and called_name(call) in _READERS
    return isinstance(above, cst.If | cst.While)


def is_consulted_only(syntax: Syntax, node: cst.Call, made_by: str) -> bool:
    """Return whether the value of a call is only asked (`in`, arithmetic), so that sharing one is the same."""
    above = syntax.parent(node)
    if isinstance(above, cst.ComparisonTarget):
        return True
    return made_by == "sum" and isinstance(above, cst.BinaryOperation | cst.Comparison)


def before_loop(syntax: Syntax, site: Site, code: str, swaps: Mapping[cst.CSTNode, cst.CSTNode]) -> str:
    """Return the module's text with the statement `code` in front of the loop, and nodes in the loop swapped."""
    region = site.region
    new = cst.ensure_type(cst.parse_statement(code), cst.SimpleStatementLine)
    changed = cast("cst.BaseStatement", region.visit(_Swapper(swaps)))
    leading = tuple(getattr(region, "leading_lines", ()))
    blank = 0
    while blank < len(leading) and leading[blank].comment is None:
        blank += 1
    pair: list[cst.CSTNode] = [
        new.with_changes(leading_lines=leading[:blank]),
        changed.with_changes(leading_lines=leading[blank:]),
    ]
    changes: dict[cst.CSTNode, Change] = {region: cst.FlattenSentinel(pair)}
    return syntax.rewritten(changes)


def fresh_name(syntax: Syntax, wish: str) -> str:
    """Return a name that the module does not use yet."""
    taken = {node.value for node in walk(syntax.module) if isinstance(node, cst.Name)}
    candidate, number = wish, 2
    while candidate in taken:
        candidate, number = f"{wish}_{number}", number + 1
    return candidate


def as_expression(node: cst.Call) -> cst.Call:
    """Return a call without parentheses around it."""
    return node.with_changes(lpar=[], rpar=[])


class _Swapper(cst.CSTTransformer):
    def __init__(self, swaps: Mapping[cst.CSTNode, cst.CSTNode]) -> None:
        super().__init__()
        self._swaps = swaps

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        return self._swaps.get(original_node, updated_node)
