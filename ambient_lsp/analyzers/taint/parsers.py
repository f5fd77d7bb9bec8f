"""Configuration that stands in the program itself: what a `ConfigParser` holds after reading a dictionary or a text."""

from __future__ import annotations

import configparser
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.state import Object
from ambient_lsp.analyzers.taint.values import NONE, UNKNOWN, Const, Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State
    from ambient_lsp.analyzers.taint.values import Ref

_LONGEST = 20_000


def read_dict(
    machine: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    """Do `ConfigParser.read_dict({"section": {"option": value}})`."""
    table = state.object(args[0]) if args else None
    if table is not None and table.kind == "dict" and table.rest is None:
        for section, value in table.items.items():
            inner = state.object(value)
            if inner is not None and inner.kind == "dict":
                _fill(
                    machine, owner, str(section), {str(key).lower(): each for key, each in inner.items.items()}, state
                )
    return NONE


def read_string(
    machine: Machine, owner: Ref, held: Object, args: Sequence[Value], names: Mapping[str, Value], state: State
) -> Value:
    """Do `ConfigParser.read_string(text)`."""
    text = args[0] if args else UNKNOWN
    if type(text) is not Const or not isinstance(text.value, str) or len(text.value) > _LONGEST:
        return NONE
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text.value)
    except configparser.Error:
        return NONE
    for section in parser.sections():
        _fill(machine, owner, section, {key: Const(value) for key, value in parser.items(section)}, state)
    return NONE


def _fill(machine: Machine, owner: Ref, section: str, options: dict[str, Value], state: State) -> None:
    """Note a section both as itself, for `parser[section]`, and option by option, for `parser.get(section, option)`."""
    held = state.object(owner)
    if held is not None:
        single = {(section, key): value for key, value in options.items()}
        whole = machine.new(Object("dict", options), state)
        state.heap[owner.id] = replace(held, items={**held.items, **single, section: whole})
