"""Patterns of `match`: whether they fit, and what they bind."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint import knowledge
from ambient_lsp.analyzers.taint.containers import items_of, lookup, unpacked
from ambient_lsp.analyzers.taint.state import Object, sequence
from ambient_lsp.analyzers.taint.values import ALL, UNKNOWN, Const, Opaque, Options, Value, cleaned, either

if TYPE_CHECKING:
    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State

_NUMBERS = frozenset({"int", "float", "bool"})


def matched(machine: Machine, pattern: ast.pattern, subject: Value, node: ast.expr | None, state: State) -> bool | None:
    """Return whether a pattern fits, None where that is not known; names it binds are bound in `state`."""
    if isinstance(pattern, ast.MatchAs):
        known: bool | None = True
        if pattern.pattern is not None:
            known = matched(machine, pattern.pattern, subject, node, state)
        if pattern.name is not None and known is not False:
            chosen = None if pattern.pattern is None else _constants(machine, pattern.pattern, state)
            held = state.names.get(node.id, subject) if isinstance(node, ast.Name) else subject
            state.names[pattern.name] = held if chosen is None or type(subject) is Const else chosen
        return known
    if isinstance(pattern, ast.MatchOr):
        return _one_of(machine, pattern, subject, node, state)
    if isinstance(pattern, ast.MatchValue | ast.MatchSingleton):
        value = (
            Const(pattern.value) if isinstance(pattern, ast.MatchSingleton) else machine.evaluate(pattern.value, state)
        )
        return _equal(machine, value, subject, node, state)
    if isinstance(pattern, ast.MatchSequence):
        return _sequence(machine, pattern, subject, node, state)
    if isinstance(pattern, ast.MatchMapping):
        mapping = state.object(subject)
        for key, inner in zip(pattern.keys, pattern.patterns, strict=False):
            item = lookup(mapping, machine.evaluate(key, state), state) if mapping is not None else _part(subject)
            matched(machine, inner, item, None, state)
        if pattern.rest is not None:
            state.names[pattern.rest] = subject
        return None
    if isinstance(pattern, ast.MatchClass):
        kind = pattern.cls.id if isinstance(pattern.cls, ast.Name) else ""
        part = cleaned(_part(subject), frozenset({ALL})) if kind in _NUMBERS else _part(subject)
        for inner in pattern.patterns:
            matched(machine, inner, part, None, state)
        for name, inner in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=False):
            value = machine.attribute(subject, name, ast.Name("?", ast.Load(), lineno=1, col_offset=0), state)
            matched(machine, inner, value, None, state)
        return None
    if isinstance(pattern, ast.MatchStar) and pattern.name is not None:
        state.names[pattern.name] = subject
    return None


def _constants(machine: Machine, pattern: ast.pattern, state: State) -> Value | None:
    """Return the constants that a pattern is a list of; None for any other pattern."""
    choices = pattern.patterns if isinstance(pattern, ast.MatchOr) else [pattern]
    values: list[Value] = []
    for choice in choices:
        if not isinstance(choice, ast.MatchValue):
            return None
        value = machine.evaluate(choice.value, state)
        if type(value) is not Const:
            return None
        values.append(value)
    return either(values)


def _part(subject: Value) -> Value:
    return Opaque(subject.taints) if type(subject) is Opaque else UNKNOWN if type(subject) is not Const else subject


def _one_of(machine: Machine, pattern: ast.MatchOr, subject: Value, node: ast.expr | None, state: State) -> bool | None:
    found: list[bool | None] = []
    values: list[Value] = []
    name = node.id if isinstance(node, ast.Name) else ""
    before = state.names.get(name)
    for inner in pattern.patterns:
        if before is not None:
            state.names[name] = before
        known = matched(machine, inner, subject, node, state)
        found.append(known)
        if known is not False and name in state.names:
            values.append(state.names[name])
        if known is True:
            return True
    if values and before is not None:
        state.names[name] = either(values)
    return False if all(known is False for known in found) else None


def _equal(machine: Machine, value: Value, subject: Value, node: ast.expr | None, state: State) -> bool | None:
    if type(value) is not Const:
        return None
    if type(subject) is Const:
        return subject == value
    if (
        type(subject) is Options
        and all(type(option) is Const for option in subject.values)
        and value not in subject.values
    ):
        return False
    if isinstance(node, ast.Name) and node.id in state.names:
        state.names[node.id] = value
    elif isinstance(node, ast.Attribute | ast.Subscript):
        knowledge.change(machine, state, node, lambda _: value)
    return None


def _sequence(
    machine: Machine, pattern: ast.MatchSequence, subject: Value, node: ast.expr | None, state: State
) -> bool | None:
    items = items_of(subject, state)
    star = next((i for i, inner in enumerate(pattern.patterns) if isinstance(inner, ast.MatchStar)), None)
    parts = node.elts if isinstance(node, ast.Tuple) else []
    if items is None:
        each = unpacked(subject, state)
        for inner in pattern.patterns:
            value = machine.new(Object("list", {}, each), state) if isinstance(inner, ast.MatchStar) else each
            matched(machine, inner, value, None, state)
        return None
    if star is None:
        if len(items) != len(pattern.patterns):
            return False
        known = [
            matched(machine, inner, item, parts[index] if index < len(parts) else None, state)
            for index, (inner, item) in enumerate(zip(pattern.patterns, items, strict=True))
        ]
        return False if False in known else None if None in known else True
    after = len(pattern.patterns) - star - 1
    if len(items) < star + after:
        return False
    middle: Value = machine.new(sequence("list", items[star : len(items) - after]), state)
    values = [*items[:star], middle, *items[len(items) - after :]]
    for inner, item in zip(pattern.patterns, values, strict=False):
        matched(machine, inner, item, None, state)
    return None
