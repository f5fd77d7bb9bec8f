"""What `all(...)` and `any(...)` tell of what they run over: its characters, its items, or the names in a tuple."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.charsets import safe_for
from ambient_lsp.analyzers.taint.containers import items_of, unpacked
from ambient_lsp.analyzers.taint.knowledge import change, clean_origins, is_simple
from ambient_lsp.analyzers.taint.values import EVERY, UNKNOWN, Const, Opaque, Value, cleaned, taints_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State

    Narrow = Callable[[Machine, State, ast.expr, bool], State | None]
    Comprehension = ast.GeneratorExp | ast.ListComp | ast.SetComp

HARMLESS_TESTS = frozenset("isdigit isdecimal isnumeric isalnum isalpha isidentifier".split())
_OF_ALL = frozenset({"ssrf", "redirect", "cors", "archive", "code"})
"""Kinds for which the whole is as good as its items."""


def each_came_out(machine: Machine, state: State, node: Comprehension, outcome: bool, narrowed: Narrow) -> None:
    """Note that a test came out this way for each item: `all(test for x in items)`, `not any(test for x in items)`."""
    first = node.generators[0]
    if len(node.generators) > 1 or first.ifs or not isinstance(first.target, ast.Name):
        return
    if outcome and _every_character(machine, state, node):
        return
    if isinstance(first.iter, ast.Tuple | ast.List):
        for element in first.iter.elts:
            if isinstance(element, ast.Name | ast.Attribute | ast.Subscript) and is_simple(element):
                item = machine.evaluate(element, state)
                after = _after(machine, state, first.target.id, item, node.elt, outcome, narrowed)
                change(machine, state, element, lambda _, after=after: after)  # type: ignore[misc]
        return
    source = machine.evaluate(first.iter, state)
    item = unpacked(source, state)
    after = _after(machine, state, first.target.id, item, node.elt, outcome, narrowed)
    judged(state, source, item, after)


def one_came_out(machine: Machine, state: State, node: Comprehension, outcome: bool, narrowed: Narrow) -> None:
    """Note that a test came out this way for some item of the program's own: `any(host == each for each in HOSTS)`."""
    first = node.generators[0]
    if len(node.generators) > 1 or first.ifs or not isinstance(first.target, ast.Name) or not is_simple(first.iter):
        return
    source = machine.evaluate(first.iter, state)
    if state.taints(source):
        return
    name = first.target.id
    before = state.names.get(name)
    state.names[name] = unpacked(source, state)
    there = narrowed(machine, state.copy(), node.elt, outcome)
    if there is not None:
        state.become(there)
    state.names.pop(name, None)
    if before is not None:
        state.names[name] = before


def judged(state: State, source: Value, before: Value, after: Value) -> None:
    """Take over for the whole what was found out about each of its items."""
    old, new = taints_of(before), taints_of(after)
    if not old or not new:
        return
    kinds = frozenset(kind for kind in _OF_ALL if all(taint.is_clean_for(kind) for taint in new))
    kinds -= {kind for kind in kinds if all(taint.is_clean_for(kind) for taint in old)}
    if kinds:
        clean_origins(state, state.whole(source), kinds)


def _after(
    machine: Machine, state: State, name: str, item: Value, test: ast.expr, outcome: bool, narrowed: Narrow
) -> Value:
    """Return what is known of an item for which the test came out this way."""
    inner = state.copy()
    inner.names[name] = item
    there = narrowed(machine, inner, test, outcome)
    return item if there is None else there.names.get(name, item)


def _every_character(machine: Machine, state: State, node: Comprehension) -> bool:
    """`all(c.isalnum() for c in text)`, `all(c in ALLOWED for c in text)`."""
    first = node.generators[0]
    if isinstance(first.iter, ast.Tuple | ast.List):
        return False
    parts = node.elt.values if isinstance(node.elt, ast.BoolOp) else [node.elt]
    allowed = ""
    for part in parts:
        known = isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr in HARMLESS_TESTS
        listed = isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.In | ast.Eq)
        if not known and not listed:
            return False
        if isinstance(part, ast.Compare):
            among = machine.evaluate(part.comparators[0], state) if is_simple(part.comparators[0]) else UNKNOWN
            allowed += _characters(among, state)
    kinds = safe_for(allowed) if allowed else EVERY
    change(machine, state, first.iter, lambda value: cleaned(value, kinds))
    return True


def _characters(value: Value, state: State) -> str:
    """Return the characters that a text or a collection of texts is made of, as far as they are known."""
    items = [value] if type(value) is Const else items_of(value, state) or []
    return "".join(item.value for item in items if type(item) is Const and isinstance(item.value, str))


def unwanted_parts(machine: Machine, state: State, node: Comprehension) -> list[tuple[Const, ast.expr]]:
    """Return what no text may hold after `not any(bad in text for bad in ("/", ".."))`, each with the text."""
    first, test = node.generators[0], node.elt
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.In) or not is_simple(first.iter):
        return []
    if ast.unparse(test.left) != ast.unparse(first.target):
        return []
    items = items_of(machine.evaluate(first.iter, state), state) or ()
    return [(item, test.comparators[0]) for item in items if type(item) is Const]


def is_plain(value: Value) -> bool:
    """Whether a value is known by its marks alone."""
    return type(value) is Opaque and value.type in ("", "str", "bytes")
