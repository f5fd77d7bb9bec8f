"""Names within one function: where each is assigned and used, and what it stands for where that is sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.fixes.site import literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ambient_lsp.analyzers.fixes.site import Source


def scope_of(source: Source, node: cst.CSTNode) -> cst.CSTNode:
    """Return the function around a node, or the module."""
    above = source.parents.get(node, node)
    while not isinstance(above, cst.FunctionDef | cst.Module) and above in source.parents:
        above = source.parents[above]
    return above


def within(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield a node and all below it."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.children


def names(scope: cst.CSTNode, name: str) -> list[cst.Name]:
    """Return every place in a scope where a name is bound or read; not attributes and keywords that are called so."""
    found: list[cst.Name] = []
    others: set[cst.CSTNode | None] = set()
    for one in within(scope):
        if isinstance(one, cst.Attribute):
            others.add(one.attr)
        elif isinstance(one, cst.Arg):
            others.add(one.keyword)
        elif isinstance(one, cst.Name) and one.value == name:
            found.append(one)
    return [one for one in found if one not in others]


def only_assignment(source: Source, at: cst.CSTNode, name: str) -> cst.Assign | None:
    """Return the one plain assignment of a name in the scope around `at`; None where there are others, or none."""
    scope = scope_of(source, at)
    bound = [one for one in names(scope, name) if is_bound(source, one)]
    if len(bound) != 1:
        return None
    target = source.parents.get(bound[0])
    assign = source.parents.get(target) if isinstance(target, cst.AssignTarget) else None
    return assign if isinstance(assign, cst.Assign) and len(assign.targets) == 1 else None


def assigned(source: Source, at: cst.CSTNode, value: cst.BaseExpression) -> cst.BaseExpression:
    """Return a value, or for a variable that is only there to be used at one place, what it is assigned."""
    if not isinstance(value, cst.Name):
        return value
    assign = only_assignment(source, at, value.value)
    used = len(names(scope_of(source, at), value.value)) == 2
    return assign.value if assign is not None and used else value


def is_bound(source: Source, name: cst.Name) -> bool:
    """Whether a name gets a value here, rather than being read."""
    parent = source.parents.get(name)
    if isinstance(parent, cst.AssignTarget | cst.Param | cst.AsName | cst.AugAssign | cst.AnnAssign | cst.NamedExpr):
        return getattr(parent, "value", None) is not name and getattr(parent, "default", None) is not name
    if isinstance(parent, cst.For | cst.CompFor):
        return parent.target is name
    if isinstance(parent, cst.Element):
        above = source.parents.get(source.parents.get(parent, parent))
        return isinstance(above, cst.AssignTarget | cst.CompFor | cst.For)
    return isinstance(parent, cst.FunctionDef | cst.ClassDef | cst.NameItem)


def may_hold(source: Source, node: cst.CSTNode, mark: str) -> bool:
    """Whether a value is a text that was put together in its function from one with `mark` in it."""
    seen: set[str] = set()
    waiting: list[cst.CSTNode] = [node]
    scope = scope_of(source, node)
    while waiting:
        for one in within(waiting.pop()):
            text = one.value if isinstance(one, cst.FormattedStringText) else literal(one)
            if text is not None and mark in text:
                return True
            if not isinstance(one, cst.Name) or one.value in seen:
                continue
            seen.add(one.value)
            for bound in names(scope, one.value):
                parent = source.parents.get(bound)
                above = source.parents.get(parent) if isinstance(parent, cst.AssignTarget) else parent
                if isinstance(above, cst.Assign | cst.AugAssign | cst.AnnAssign) and is_bound(source, bound):
                    waiting += [above.value] if above.value is not None else []
    return False
