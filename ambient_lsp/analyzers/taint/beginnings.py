"""What a check of how a text begins tells: that a path stays in its folder, or that an address stays on this host."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.containers import items_of
from ambient_lsp.analyzers.taint.knowledge import change, is_simple, within_base
from ambient_lsp.analyzers.taint.syntax import dotted, walked
from ambient_lsp.analyzers.taint.values import NO_HOST, UNKNOWN, Const, Opaque, Options, Value, cleaned, either, options

if TYPE_CHECKING:
    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.state import State

NO_DOTS = "path.dots"
NO_ROOT = "path.root"
_OWN = frozenset({"parameter", "environment", "cli"})
"""Whoever sets the folder that a path is held against is not whom the check is for."""
_WITHOUT_SLASH = frozenset("os.path.join os.path.realpath os.path.abspath os.path.normpath".split())
_TO_HOSTS = ("//", "/\\", "\\")
_WHOLE_HOST = re.compile(r"\w+://[^/?#\\@]+/|/[^/\\]")
_ADDRESS = frozenset({"ssrf", "redirect"})
_SEPARATORS = ("/", "\\")


def starts(machine: Machine, state: State, owner: ast.expr, start: ast.expr, outcome: bool) -> None:
    """Note what `owner.startswith(start)` told."""
    value = machine.evaluate(start, state) if is_simple(start) or isinstance(start, ast.Call | ast.BinOp) else UNKNOWN
    if any(taint.label not in _OWN for taint in state.taints(value)):
        return
    texts = _texts(value, state)
    if outcome:
        if len(texts) == 1 and texts[0]:
            change(machine, state, owner, lambda old: _beginning(old, texts[0]))
        elif texts and all(_WHOLE_HOST.match(text) for text in texts):
            change(machine, state, owner, lambda old: cleaned(old, _ADDRESS))
        if not _is_cut(machine, state, start, value, texts):
            within_base(machine, state, owner)
        return
    marks: set[str] = set()
    if "-" in texts:
        marks.add("argv")
    if any(text in _SEPARATORS for text in texts):
        marks.add(NO_ROOT)
    if any(text in _TO_HOSTS for text in texts):
        marks.add(NO_HOST)
    if marks:
        change(machine, state, owner, lambda old: cleaned(old, frozenset(marks)))


def first_characters(machine: Machine, state: State, node: ast.expr, value: Value) -> None:
    """Note what `target[0] == "/"`, or `target[:1] == "/"`, told of the whole."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name):
        return
    if type(value) is not Const or not isinstance(value.value, str) or not value.value:
        return
    text = value.value
    if isinstance(node.slice, ast.Slice):
        start, end = node.slice.lower, node.slice.upper
        whole = start is None or (isinstance(start, ast.Constant) and start.value == 0)
        whole = whole and isinstance(end, ast.Constant) and end.value == len(text)
    else:
        whole = isinstance(node.slice, ast.Constant) and node.slice.value == 0
    if whole:
        change(machine, state, node.value, lambda old: _beginning(old, text))


def second_character(machine: Machine, state: State, node: ast.expr, unwanted: Value) -> None:
    """Note what `target[1:2] != "/"`, or `target[1] not in "/\\\\"`, told of the whole."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Name):
        return
    place = node.slice.lower if isinstance(node.slice, ast.Slice) else node.slice
    if isinstance(node.slice, ast.Slice) and place is None:
        place = ast.Constant(0)
    about_host = isinstance(place, ast.Constant) and place.value in (0, 1)
    if about_host and any("/" in text for text in _texts(unwanted, state)):
        two = isinstance(node.slice, ast.Slice) and isinstance(place, ast.Constant) and place.value == 0
        if not two or any(text in _TO_HOSTS for text in _texts(unwanted, state)):
            change(machine, state, node.value, lambda old: cleaned(old, frozenset({NO_HOST})))


def _texts(value: Value, state: State) -> list[str]:
    """Return the texts that a value is one of, or a collection of; none where one is not known."""
    items = items_of(value, state) if not all(type(option) is Const for option in options(value)) else options(value)
    found = [item.value for item in items or () if type(item) is Const and isinstance(item.value, str)]
    return found if items is not None and len(found) == len(items) else []


def _is_cut(machine: Machine, state: State, start: ast.expr, value: Value, texts: list[str]) -> bool:
    """Whether a folder ends without a separator, so that `/srv/files-of-others` begins like `/srv/files` too."""
    if texts:
        return any(not text.endswith(_SEPARATORS) for text in texts)
    if isinstance(start, ast.Name):
        node, frame = state.frame.given.get(start.id, (start, state.frame))
        return isinstance(node, ast.Name) and _is_folder(frame.node, node.id)
    given = start.args[0] if isinstance(start, ast.Call) and len(start.args) == 1 else None
    if given is None or not is_simple(given):
        return False
    return type(folder := machine.evaluate(given, state)) is Opaque and folder.type == "pathlib.Path"


def _is_folder(function: ast.AST | None, name: str) -> bool:
    """Whether all that a function stores in a name are paths without a separator at the end."""
    values = [
        node.value
        for node in (walked(function) if function is not None else ())
        if isinstance(node, ast.Assign) and any(isinstance(each, ast.Name) and each.id == name for each in node.targets)
    ]
    calls = [value for value in values if isinstance(value, ast.Call) and dotted(value.func) in _WITHOUT_SLASH]
    ends = [call.args[-1] for call in calls if call.args and dotted(call.func) == "os.path.join"]
    open_ended = any(isinstance(end, ast.Constant) and str(end.value)[-1:] in ("", "/") for end in ends)
    return bool(values) and len(calls) == len(values) and not open_ended


def _beginning(value: Value, text: str) -> Value:
    if type(value) is Opaque:
        return Opaque(value.taints, value.type, text if len(text) > len(value.prefix) else value.prefix, value.built)
    if type(value) is Options:
        return either(_beginning(option, text) for option in value.values)
    return value
