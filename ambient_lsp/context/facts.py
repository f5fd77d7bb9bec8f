"""What one Python file says of itself: its imports and its definitions.

This reads with patterns, not with a parser: it must survive half-typed files and syntax newer than the interpreter
that runs us, and a cold start reads thousands of files (the standard library's `ast` takes thirty times as long, and
tree-sitter sixteen times). The price is named in the tests: an import written in a docstring counts as one, and one
that follows a semicolon does not. Both only make the impact of a change look a little larger or smaller.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

_NAME = rb"[\w\x80-\xff]"
# `from a import (b, c)` may hold comments; each alternative consumes something definite, so nothing backtracks twice.
_NAMES = rb"(\((?:[\w\s,*\x80-\xff]*)(?:#[^\n]*\n[\w\s,*\x80-\xff]*)*\)|[^\n\\]*(?:\\\r?\n[^\n\\]*)*)"  # fmt: skip
_STATEMENT = rb"(?:from[ \t]*([.\w\x80-\xff]+)[ \t]+import\b[ \t]*" + _NAMES + rb"|import[ \t]+([^\n;#]*))"
_IMPORT_AT_MARGIN = re.compile(rb"\n" + _STATEMENT)
_IMPORT_ANYWHERE = re.compile(rb"\n[ \t]*" + _STATEMENT)
_INDENTED = (b" from ", b"  import ", b"\tfrom ", b"\timport ")
_BY_CALL = re.compile(rb"import_module\(\s*[\"']([.\w]+)[\"']")
_BLOCK = re.compile(rb"\n(?:(class|def|async[ \t]+def)[ \t]+(" + _NAME + rb"+)|(?:if|try|with|for|while)\b)")
_BODY = re.compile(rb"\n([ \t]+)[^\s#]")
_COMMENT = re.compile(rb"#[^\n]*")


class Extracted(NamedTuple):
    """Imports as dotted names (a relative one keeps its dots) and definitions as (name, kind, line)."""

    imports: tuple[str, ...]
    symbols: tuple[tuple[str, str, int], ...]


def extract(data: bytes) -> Extracted:
    """Read the facts from a Python file's bytes. Never fails; what it cannot make out is left out.

    `from a import b` gives `a` and `a.b`, because only the repository as a whole knows whether `b` is a module.
    Symbols are top-level classes and functions, and the methods of those classes as `Class.method`; lines count from 0.
    """
    text = b"\n" + data
    return Extracted(_imports(text), _symbols(text))


def _imports(text: bytes) -> tuple[str, ...]:
    pattern = _IMPORT_ANYWHERE if any(sign in text for sign in _INDENTED) else _IMPORT_AT_MARGIN
    found: dict[bytes, None] = {}
    for module, names, modules in pattern.findall(text):
        if modules:
            for part in modules.split(b","):
                if words := part.split():
                    found[words[0]] = None
            continue
        found[module] = None
        dot = b"" if module[-1:] == b"." else b"."
        if b"#" in names:
            names = _COMMENT.sub(b"", names)
        if b"\\" in names:
            names = names.replace(b"\\", b" ")
        for part in names.strip(b"()\r").split(b","):
            if (words := part.split()) and words[0] != b"*":
                found[module + dot + words[0]] = None
    if b"import_module(" in text:
        found.update(dict.fromkeys(_BY_CALL.findall(text)))
    return tuple(name.decode("utf-8", "replace") for name in found)


def _symbols(text: bytes) -> tuple[tuple[str, str, int], ...]:
    symbols: list[tuple[str, str, int]] = []
    blocks = list(_BLOCK.finditer(text))
    line, counted = 0, 0
    for index, block in enumerate(blocks):
        kind, name = block.groups()
        if kind is None:
            continue
        start = block.start()
        line += text.count(b"\n", counted, start)
        counted = start
        if kind != b"class":
            symbols.append((name.decode("utf-8", "replace"), "function", line))
            continue
        owner = name.decode("utf-8", "replace")
        symbols.append((owner, "class", line))
        end = blocks[index + 1].start() if index + 1 < len(blocks) else len(text)
        if body := _BODY.search(text, block.end(), end):
            for method in _methods(body[1]).finditer(text, block.end(), end):
                line += text.count(b"\n", counted, method.start())
                counted = method.start()
                symbols.append((f"{owner}.{method[1].decode('utf-8', 'replace')}", "method", line))
    return tuple(symbols)


@cache
def _methods(indent: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"\n" + re.escape(indent) + rb"(?:async[ \t]+)?def[ \t]+(" + _NAME + rb"+)")
