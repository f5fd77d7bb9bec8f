"""Changing what is known: of a variable, an attribute or an item, of its copies, and of what has the same origin."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.containers import set_item
from ambient_lsp.analyzers.taint.values import (
    HOST,
    UNKNOWN,
    Const,
    Opaque,
    Ref,
    Value,
    cleaned,
    item_of,
    part_of,
    taints_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State
    from ambient_lsp.analyzers.taint.values import Step

RESOLVED = "path.resolved"
_PATH = frozenset({"path", "archive"})
_ADDRESS = frozenset({"ssrf", "redirect"})
ORIGIN_KINDS = frozenset({"ssrf", "redirect", "cors"})
HOST_PARTS = frozenset({"netloc", "hostname", "host"})
_PASSING = frozenset("lower upper strip casefold lstrip rstrip title".split())


def within_base(machine: Machine, state: State, node: ast.expr) -> None:
    """A path that was resolved and lies below a folder is safe, as is all that has the same origin."""
    value = machine.evaluate(node, state) if is_simple(node) else UNKNOWN
    if isinstance(node, ast.Call):
        value = machine.evaluate(node, state)
    taints = taints_of(value)
    if taints and all(RESOLVED in taint.cleaned for taint in taints):
        change(machine, state, node, lambda old: cleaned(old, _PATH))
        clean_origins(state, value, _PATH)


def same_origin(machine: Machine, state: State, node: ast.Attribute, kinds: frozenset[str]) -> None:
    """A checked part (`urlparse(url).netloc`) tells of the whole."""
    if is_simple(node.value) or isinstance(node.value, ast.Call):
        clean_origins(state, machine.evaluate(node.value, state), kinds)


def host_was_checked(state: State, after: Value) -> None:
    """A host that a function let pass tells of the address that it is a part of."""
    taints = taints_of(after)
    if type(after) is Opaque and after.type == HOST and taints and all(_ADDRESS <= taint.cleaned for taint in taints):
        clean_origins(state, after, _ADDRESS)


def clean_origins(state: State, value: Value, kinds: frozenset[str]) -> None:
    """Make all variables and attributes that stem from the same source safe for some kinds."""
    origins = {taint.source for taint in taints_of(value)}
    if not origins:
        return
    for name, held in state.names.items():
        if _stems(held, origins):
            state.names[name] = cleaned(held, kinds)
    for key, object in list(state.heap.items()):
        if object.kind in ("instance", "dict") and any(_stems(item, origins) for item in object.items.values()):
            items = {
                name: cleaned(item, kinds) if _stems(item, origins) else item for name, item in object.items.items()
            }
            state.heap[key] = replace(object, items=items)


def _stems(value: Value, origins: set[Step]) -> bool:
    taints = taints_of(value)
    return bool(taints) and {taint.source for taint in taints} <= origins


def change(machine: Machine, state: State, node: ast.expr, change: Callable[[Value], Value]) -> None:
    """Change what is known of a variable, an attribute or an item; nothing else can hold knowledge."""
    while isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in _PASSING:
            node = node.func.value
        elif (
            isinstance(node.func, ast.Name)
            and node.func.id in ("str", "int", "set", "frozenset")
            and len(node.args) == 1
        ):
            node = node.args[0]
        elif (part := looked_up(node, state)) is not None:
            state.names[part] = change(machine.evaluate(node, state))
            machine.told = True
            return
        else:
            return
    if isinstance(node, ast.NamedExpr):
        node = node.target
    if isinstance(node, ast.Name):
        value = state.names.get(node.id)
        if value is not None:
            state.names[node.id] = change(value)
            for name in _copies(value, node.id, state):
                state.names[name] = change(state.names[name])
    elif isinstance(node, ast.Attribute | ast.Subscript) and is_simple(node):
        owner = machine.evaluate(node.value, state)
        key: Value = Const(node.attr) if isinstance(node, ast.Attribute) else machine.evaluate(node.slice, state)
        if type(owner) is Ref and type(key) is Const:
            old = machine.evaluate(node, state)
            if taints_of(old):
                set_item(machine, owner, key, change(old), state)
        elif type(owner) is Opaque and type(key) is Const and isinstance(node.value, ast.Name):
            state.names[part_of(node.value.id, key.value)] = change(machine.evaluate(node, state))
        elif type(owner) is Opaque and (part := looked_up(node, state)) is not None:
            state.names[part] = change(machine.evaluate(node, state))
            machine.told = True


def looked_up(node: ast.expr, state: State) -> str | None:
    """Return the name under which a state keeps what a test told of `form.get("x")`, also as an item, by its key."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get" and node.args:
        owner, key = node.func.value, node.args[0]
    elif isinstance(node, ast.Subscript):
        owner, key = node.value, node.slice
    else:
        return None
    known = state.names.get(key.id) if isinstance(key, ast.Name) else key
    if not isinstance(known, ast.Constant | Const):
        return None
    if isinstance(owner, ast.Attribute) and isinstance(owner.value, ast.Name):
        return part_of(f"{owner.value.id}.{owner.attr}", known.value)
    if isinstance(owner, ast.Name) and isinstance(node, ast.Call):
        return part_of(owner.id, known.value)
    return None


def _copies(value: Value, name: str, state: State) -> list[str]:
    """Return the other variables that were assigned this value, or from which it was assigned."""
    if len(taints_of(value)) != 1:
        return []
    (mine,) = taints_of(value)
    found = []
    for other, held in state.names.items():
        if other != name and held == value:
            (its,) = taints_of(held)
            shorter, longer = sorted((mine.trail, its.trail), key=len)
            if shorter is its.trail and item_of(name) in state.names:
                continue  # a check of one item says nothing of the others
            if longer[: len(shorter)] == shorter and len(longer) > len(shorter):
                found.append(other)
    return found


def is_simple(node: ast.expr) -> bool:
    """Whether an expression can be evaluated again without doing anything."""
    if isinstance(node, ast.Name | ast.Constant):
        return True
    if isinstance(node, ast.Attribute):
        return is_simple(node.value)
    if isinstance(node, ast.Subscript):
        return is_simple(node.value) and is_simple(node.slice)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return len(node.elts) <= 100 and all(is_simple(element) for element in node.elts)
    if isinstance(node, ast.Dict):
        return len(node.keys) <= 100 and all(key is not None and is_simple(key) for key in node.keys)
    return False
