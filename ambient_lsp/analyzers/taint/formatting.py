"""Texts put together: formatted literals, `%`, `format` and templates."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint import folding
from ambient_lsp.analyzers.taint.values import EVERY, UNKNOWN, Const, Opaque, Options, Value, clean, either, options

if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping, Sequence

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State

_SPECIFIER = re.compile(r"%(?:\((?P<key>[^)]*)\))?[-#0 +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[hlL]?(?P<kind>[a-zA-Z%])")
_NUMBERS = frozenset("diouxXeEfFgGcn")


def is_text(value: Value) -> bool:
    """Whether a value surely is a text."""
    if type(value) is Options:
        return all(is_text(option) for option in value.values)
    if type(value) is Const:
        return isinstance(value.value, str | bytes)
    return type(value) is Opaque and (value.type in ("str", "bytes") or bool(value.prefix) or value.built)


def joined(machine: Machine, node: ast.JoinedStr, state: State) -> Value:
    """Return what a formatted literal gives."""
    import ast

    parts: list[Value] = []
    for piece in node.values:
        if not isinstance(piece, ast.FormattedValue):
            parts.append(machine.evaluate(piece, state))
            continue
        value = machine.evaluate(piece.value, state)
        spec = machine.evaluate(piece.format_spec, state) if piece.format_spec is not None else None
        if spec is None and piece.conversion == -1:
            parts.append(_shown(value, state))
        elif type(spec) is Const and isinstance(spec.value, str):
            parts.append(_spelled(value, spec.value, state))
        elif spec is None and piece.conversion in (ord("r"), ord("a")):
            parts.append(_quoted(value, state))
        else:
            parts.append(Opaque(state.taints(value), "str"))
    return folding.concatenated(parts, state.taints) if parts else Const("")


_QUOTED = frozenset({"log", "header"})
"""What `repr` makes harmless: it writes a line break as two characters."""


def _quoted(value: Value, state: State) -> Value:
    return Opaque(clean(state.taints(value), _QUOTED), "str")


def _shown(value: Value, state: State) -> Value:
    """Return a value as it looks in a text."""
    if type(value) is Const or type(value) is Options:
        return folding.text(value)
    return value if type(value) is Opaque else Opaque(state.taints(value), "str")


def _spelled(value: Value, spec: str, state: State) -> Value:
    if spec[-1:] in _NUMBERS:
        return Opaque(clean(state.taints(value), EVERY), "harmless")
    if type(value) is Const and not re.search(r"\d{4,}", spec):
        folded = folding.function(format, [value.value, spec])
        if folded is not None:
            return folded
    return Opaque(state.taints(value), "str")


def percent(template: Value, values: Value, state: State) -> Value:
    """Return what `template % values` gives."""
    if type(template) is Options:
        return either(percent(option, values, state) for option in template.values)
    if type(values) is Options and any(state.object(option) is not None for option in values.values):
        return either(percent(template, option, state) for option in values.values)
    held = state.object(values)
    if type(template) is not Const:
        taints = state.taints(template) | state.taints(values)
        prefix = template.prefix if type(template) is Opaque else ""
        return Opaque(taints, "str", prefix.split("%", 1)[0], True)
    pattern = template.value if isinstance(template.value, str) else template.value.decode("latin-1")
    known = held.sequence() if held is not None and held.kind == "tuple" else None
    parts: list[Value] = []
    end = index = 0
    for match in _SPECIFIER.finditer(pattern):
        parts.append(Const(pattern[end : match.start()]))
        end = match.end()
        if match["kind"] == "%":
            parts.append(Const("%"))
            continue
        if match["key"] is not None:
            value = held.items.get(match["key"], held.rest or UNKNOWN) if held is not None else values
        elif known is not None:
            value = known[index] if index < len(known) else UNKNOWN
            index += 1
        else:
            value = held.all() if held is not None and held.kind in ("tuple", "dict") else values
        kind = match["kind"]
        plain = match[0] == f"%{kind}" or match["key"] is not None
        if kind in "ra":
            parts.append(_quoted(value, state))
        else:
            parts.append(
                _spelled(value, kind, state)
                if kind in _NUMBERS
                else _shown(value, state)
                if plain
                else state.whole(value)
            )
    parts.append(Const(pattern[end:]))
    return folding.concatenated(parts, state.taints)


def braces(template: str, args: Sequence[Value], names: Mapping[str, Value], other: Value, state: State) -> Value:
    """Return what `template.format(...)` gives; `other` covers arguments that are not known one by one."""
    parts: list[Value] = []
    index = 0
    try:
        pieces = list(Formatter().parse(template))
    except ValueError:
        return Opaque(state.taints(other), "str", "", True)
    for literal, name, spec, conversion in pieces:
        parts.append(Const(literal))
        if name is None:
            continue
        root = re.split(r"[.\[]", name, maxsplit=1)[0]
        if root == "":
            root, index = str(index), index + 1
        position = int(root) if root.isdigit() and len(root) < 4 else -1
        value = args[position] if 0 <= position < len(args) else names.get(root, other)
        if root != name and not name.isdigit() and name:
            value = _attribute(value, name, state)
        if spec:
            parts.append(_spelled(value, spec, state))
        else:
            parts.append(_shown(value, state) if conversion not in ("r", "a") else _quoted(value, state))
    return folding.concatenated(parts, state.taints)


def _attribute(value: Value, name: str, state: State) -> Value:
    """Return what `{0.title}` takes out of an object whose fields are known; all that it holds elsewhere."""
    held = state.object(value)
    path = name.split(".")
    if held is not None and held.kind == "instance" and len(path) == 2 and path[1] in held.items:
        return held.items[path[1]]
    return Opaque(state.taints(value))


def template(text: str, names: Mapping[str, Value], other: Value, state: State) -> Value:
    """Return what `string.Template(text).substitute(...)` gives."""
    parts: list[Value] = []
    end = 0
    for match in re.finditer(r"\$(?:\$|\{(\w+)\}|(\w+))", text):
        parts.append(Const(text[end : match.start()]))
        end = match.end()
        name = match[1] or match[2]
        parts.append(Const("$") if name is None else _shown(names.get(name, other), state))
    parts.append(Const(text[end:]))
    return folding.concatenated(parts, state.taints)


def put_between(separator: Value, items: Sequence[Value], state: State) -> Value:
    """Return what `separator.join(items)` gives for items known one by one."""
    parts: list[Value] = []
    for index, item in enumerate(items):
        parts += [item] if index == 0 else [separator, item]
    return folding.concatenated([part for option in parts for part in [_shown(option, state)]], state.taints)


def texts(value: Value) -> list[str] | None:
    """Return the texts that a value can be; None where it can be something else."""
    found = [option.value for option in options(value) if type(option) is Const and isinstance(option.value, str)]
    return found if len(found) == len(options(value)) else None
