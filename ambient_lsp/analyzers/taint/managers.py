"""What a context manager of the program does once the block of its `with` is left, with what the block put into it."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.functions import decorators
from ambient_lsp.analyzers.taint.machine import Frame
from ambient_lsp.analyzers.taint.state import Scope, State
from ambient_lsp.analyzers.taint.syntax import place
from ambient_lsp.analyzers.taint.values import NONE, Function, Ref

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.values import Value

_MANAGERS = frozenset({"contextmanager", "asynccontextmanager"})
_EXITS = ("__exit__", "__aexit__")


def left(machine: Machine, made: ast.expr, value: Value, state: State) -> None:
    """Do what follows the block of `with made:`: an object's `__exit__`, or what is behind a generator's `yield`."""
    held = state.object(value)
    if held is not None and held.owner is not None and type(value) is Ref:
        method = next((found for name in _EXITS if type(found := held.owner.find(name)) is Function), None)
        if type(method) is Function:
            machine.call(replace(method, receiver=value), (NONE, NONE, NONE), state, made)
        return
    function, names = machine.paused.get(id(made), (None, {}))
    if function is None or isinstance(function.node, ast.Lambda) or _MANAGERS.isdisjoint(decorators(function)):
        return
    rest = _behind(function.node.body)
    if not rest:
        return
    frame = Frame(function.scope, Scope({}, function.scope.path, function.scope), owner=function.owner)
    frame.node, frame.name, frame.depth = function.node, function.node.name, state.frame.depth + 1
    inner = State(frame, dict(names), state.heap, state.base)
    machine.stack.append((function, place(state.frame.scope.path, made)))
    try:
        end = machine.execute(rest, inner)
    finally:
        machine.stack.pop()
    if end is not None:
        state.heap = end.heap


def _behind(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return the statements that run after the first `yield` when the block raised nothing."""
    for index, statement in enumerate(body):
        if not any(isinstance(node, ast.Yield) for node in ast.walk(statement)):
            continue
        inner: list[ast.stmt] = []
        if isinstance(statement, ast.Try):
            inner = [*_behind(statement.body), *statement.orelse, *statement.finalbody]
        elif isinstance(statement, ast.With | ast.AsyncWith | ast.If):
            inner = _behind(statement.body)
        return [*inner, *body[index + 1 :]]
    return []
