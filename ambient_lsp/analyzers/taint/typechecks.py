"""What a check of a value's type tells, and what finding it in a table of the program tells of the key."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.knowledge import change, is_simple
from ambient_lsp.analyzers.taint.values import EVERY, UNKNOWN, Opaque, Symbol, Value, cleaned

if TYPE_CHECKING:
    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State

_HARMLESS_TYPES = frozenset("int float bool complex Decimal UUID date datetime Enum".split())
_SCALARS = _HARMLESS_TYPES | {"str", "bytes", "NoneType"}
_NO_OPERATORS = frozenset({"nosql"})
_CODE = frozenset({"code"})
_RUNNING_NODES = frozenset({"ast.AST", "ast.expr", "ast.stmt", "ast.Call", "ast.Attribute"})
"""A tree that may have these can still call something."""


def of_type(machine: Machine, state: State, node: ast.expr, kinds: ast.expr) -> None:
    """`isinstance(node, kinds)`, `type(node) is kinds`."""
    types = _type_names(kinds)
    if "?" in types or not types <= _SCALARS:  # `TYPES[key]`, or the name of a tuple of types
        value = machine.evaluate(kinds, state) if is_simple(kinds) else UNKNOWN
        leaves = state.leaves(value)
        types = {leaf.name if type(leaf) is Symbol else "?" for leaf in leaves}
    if types <= _HARMLESS_TYPES:
        change(machine, state, node, lambda value: cleaned(value, EVERY))
    elif types <= _SCALARS:
        change(machine, state, node, lambda value: cleaned(_as_text(value, types), _NO_OPERATORS))
    elif types and all(name.startswith("ast.") for name in types) and types.isdisjoint(_RUNNING_NODES):
        change(machine, state, node, lambda value: cleaned(value, _CODE))


def _as_text(value: Value, types: set[str]) -> Value:
    if not types <= {"str", "bytes"}:
        return value
    return replace(value, type="str") if type(value) is Opaque and not value.type else value


def _type_names(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Tuple):
        return {name for element in node.elts for name in _type_names(element)}
    if isinstance(node, ast.BinOp):
        return _type_names(node.left) | _type_names(node.right)
    return {node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "?")}


def found_in_table(machine: Machine, state: State, container: ast.expr) -> None:
    """Whatever is in `TABLE.get(key, ())` or in `TABLE[key]` shows that the key is one of the table's."""
    if isinstance(container, ast.Subscript):
        table, key = container.value, container.slice
    elif isinstance(container, ast.Call) and isinstance(container.func, ast.Attribute) and container.func.attr == "get":
        table, key = container.func.value, (container.args or [container])[0]
    else:
        return
    if is_simple(table) and is_simple(key) and _is_table(machine.evaluate(table, state), state):
        change(machine, state, key, lambda old: cleaned(old, EVERY))


def _is_table(value: Value, state: State) -> bool:
    """Whether a value is a dictionary of the program's own, or a constant of another module."""
    if type(value) is Symbol:
        return value.name.rpartition(".")[2].isupper()
    held = state.object(value)
    return held is not None and held.kind == "dict" and not state.taints(value)
