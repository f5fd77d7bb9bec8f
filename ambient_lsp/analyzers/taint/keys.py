"""Checks of the keys of a mapping: that it has none but those which the program names."""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.charsets import safe_for
from ambient_lsp.analyzers.taint.containers import items_of
from ambient_lsp.analyzers.taint.knowledge import change, is_simple
from ambient_lsp.analyzers.taint.values import Const, cleaned

if TYPE_CHECKING:
    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State

_NAMED = frozenset({"mass", "sql"})
"""Kinds for which it is the names of the fields that do harm."""
_SETS = frozenset({"set", "frozenset", "list", "sorted", "tuple"})


def are_known(machine: Machine, state: State, test: ast.expr, outcome: bool) -> None:
    """Note what a test told of all keys of a mapping: `set(data) - FIELDS`, `set(data) <= FIELDS`."""
    for mapping, allowed in _mappings(test, outcome):
        if not is_simple(allowed) and not _is_set(allowed):
            continue
        value = machine.evaluate(allowed, state)
        if state.taints(value):
            continue
        items = items_of(value, state)
        texts = [str(item.value) for item in items or () if type(item) is Const]
        kinds = _NAMED
        if texts and all(len(text) == 1 for text in texts):  # characters, so that it is a text that was taken apart
            kinds = safe_for("".join(texts)) if len(texts) == len(items or ()) else frozenset()
        change(machine, state, mapping, partial(cleaned, kinds=kinds))


def _is_set(node: ast.expr) -> bool:
    """`set(string.ascii_letters)`, `frozenset("abc")`."""
    named = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("set", "frozenset")
    return named and isinstance(node, ast.Call) and all(map(is_simple, node.args))


def _mappings(test: ast.expr, outcome: bool) -> list[tuple[ast.expr, ast.expr]]:
    """Return the mappings that a test shows to have no other keys, each with the collection of those."""
    if isinstance(test, ast.BinOp) and isinstance(test.op, ast.Sub) and not outcome:
        return _pair(test.left, test.right)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq | ast.NotEq):
        same = isinstance(test.ops[0], ast.Eq) is outcome
        sides = (test.left, test.comparators[0])
        return [*_pair(*sides), *_pair(*reversed(sides))] if same else []
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and outcome:
        left, right = test.left, test.comparators[0]
        if isinstance(test.ops[0], ast.LtE | ast.Lt):
            return _pair(left, right)
        return _pair(right, left) if isinstance(test.ops[0], ast.GtE | ast.Gt) else []
    if isinstance(test, ast.ListComp | ast.SetComp | ast.GeneratorExp) and not outcome:
        first = test.generators[0]
        return _of_items(first, first.ifs[0], ast.NotIn) if len(first.ifs) == 1 else []
    if not isinstance(test, ast.Call) or not test.args:
        return []
    name = test.func.attr if isinstance(test.func, ast.Attribute) else getattr(test.func, "id", "")
    if isinstance(test.func, ast.Attribute):
        if (name == "difference" and not outcome) or (name == "issubset" and outcome):
            return _pair(test.func.value, test.args[0])
        return [(_whole(test.args[0]) or test.args[0], test.func.value)] if name == "issuperset" and outcome else []
    inner = test.args[0]
    if name == ("all" if outcome else "any") and isinstance(inner, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        return _of_items(inner.generators[0], inner.elt, ast.In if outcome else ast.NotIn)
    return []


def _of_items(loop: ast.comprehension, test: ast.expr, wanted: type[ast.cmpop]) -> list[tuple[ast.expr, ast.expr]]:
    """`key in FIELDS for key in data`."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], wanted):
        return []
    if not isinstance(loop.target, ast.Name) or ast.unparse(test.left) != loop.target.id:
        return []
    return [(_whole(loop.iter) or loop.iter, test.comparators[0])]


def _pair(keys: ast.expr, allowed: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    mapping = _whole(keys)
    return [(mapping, allowed)] if mapping is not None else []


def _whole(keys: ast.expr) -> ast.expr | None:
    """Return the mapping of `set(data)`, `data.keys()`."""
    if not isinstance(keys, ast.Call):
        return None
    if isinstance(keys.func, ast.Attribute):
        return keys.func.value if keys.func.attr == "keys" else None
    if len(keys.args) == 1 and getattr(keys.func, "id", "") in _SETS:
        return _whole(keys.args[0]) or keys.args[0]
    return None


def were_dropped(machine: Machine, state: State, loop: ast.For | ast.AsyncFor) -> None:
    """Note that a loop took the other keys out: `for key in list(data): if key not in FIELDS: del data[key]`."""
    mapping = _whole(loop.iter)
    test = loop.body[0] if len(loop.body) == 1 else None
    if mapping is None or not isinstance(mapping, ast.Name) or not isinstance(loop.target, ast.Name):
        return
    if isinstance(test, ast.If) and isinstance(test.test, ast.Compare) and isinstance(test.test.ops[0], ast.NotIn):
        text = ast.unparse(test.body[0])
        key = loop.target.id
        if ast.unparse(test.test.left) == key and text.startswith(
            (f"del {mapping.id}[{key}]", f"{mapping.id}.pop({key}")
        ):
            are_known(machine, state, ast.BinOp(loop.iter, ast.Sub(), test.test.comparators[0]), False)
