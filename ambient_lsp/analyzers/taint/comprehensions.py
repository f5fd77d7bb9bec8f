"""Comprehensions: exact where what they run over is short and known, a summary of all items elsewhere."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint import conditions
from ambient_lsp.analyzers.taint.containers import items_of, unpacked
from ambient_lsp.analyzers.taint.state import Object, sequence
from ambient_lsp.analyzers.taint.values import UNKNOWN, Const, Value, either, join

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State

_MOST_TURNS = 12


def evaluated(machine: Machine, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, state: State) -> Value:
    """Return the list, set or generator that a comprehension makes."""
    found: list[Value] = []

    def collect(inner: State) -> None:
        found.append(machine.evaluate(node.elt, inner))

    exact = _turns(machine, node.generators, state, collect)
    kind = "set" if isinstance(node, ast.SetComp) else "list"
    if exact:
        return machine.new(sequence(kind, found), state)
    return machine.new(Object(kind, {}, either(found) if found else UNKNOWN), state)


def mapping(machine: Machine, node: ast.DictComp, state: State) -> Value:
    """Return the dictionary that a comprehension makes."""
    found: list[tuple[Value, Value]] = []

    def collect(inner: State) -> None:
        found.append((machine.evaluate(node.key, inner), machine.evaluate(node.value, inner)))

    _turns(machine, node.generators, state, collect)
    items: dict[object, Value] = {}
    rest: Value | None = None
    for key, value in found:
        if type(key) is Const:
            items[key.value] = value
        else:
            rest = value if rest is None else join(rest, value)
    return machine.new(Object("dict", items, rest), state)


def _turns(
    machine: Machine, generators: list[ast.comprehension], state: State, collect: Callable[[State], None]
) -> bool:
    """Call `collect` for every turn; return whether those are all turns there are, each surely taken."""
    inner = state.copy()
    exact = _run(machine, generators, inner, collect)
    state.heap = inner.heap
    return exact


def _run(machine: Machine, generators: list[ast.comprehension], state: State, collect: Callable[[State], None]) -> bool:
    if not generators:
        collect(state)
        return True
    first, *others = generators
    source = machine.evaluate(first.iter, state)
    items = items_of(source, state)
    exact = items is not None and len(items) <= _MOST_TURNS
    for item in items if exact and items is not None else [unpacked(source, state)]:
        machine.assign(first.target, item, state)
        here: State | None = state
        for test in first.ifs:
            if here is None:
                break
            known = conditions.holds(machine.evaluate(test, here), here)
            if known is False:
                here = None
            elif known is None:
                exact = False
                here = conditions.narrowed(machine, here.copy(), test, True)
        if here is None:
            continue
        exact = _run(machine, others, here, collect) and exact
        if here is not state:
            state.heap = here.heap
    return exact
