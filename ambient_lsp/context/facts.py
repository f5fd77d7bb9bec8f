"""What one Python file says of itself: its imports and its definitions.

This reads with patterns, not with a parser: it must survive half-typed files and syntax newer than the interpreter
that runs us, and a cold start reads thousands of files (the standard library's `ast` takes thirty times as long, and
tree-sitter sixteen times). The price is named in the tests: an import written in a docstring counts as one, and one
that follows a semicolon does not. Both only make the impact of a change look a little larger or smaller.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# `from a import (b, c)` may hold comments; each alternative consumes something definite, so nothing backtracks twice.
_NAMES = r"(\((?:[\w\s,*]*)(?:#[^\n]*\n[\w\s,*]*)*\)|[^\n\\]*(?:\\\r?\n[^\n\\]*)*)"
_STATEMENT = rf"(?:from[ \t]*([.\w]+)[ \t]+import\b[ \t]*{_NAMES}|import[ \t]+([^\n;#]*))"
_IMPORT = re.compile(r"\n[ \t]*" + _STATEMENT)
_BY_CALL = re.compile(r"import_module\(\s*[\"']([.\w]+)[\"']")
_DOTTED = re.compile(r"[\"']([^\W\d]\w*(?:\.[^\W\d]\w*)+)[\"']")
_BLOCK = re.compile(r"\n(?:(class|def|async[ \t]+def)[ \t]+(\w+)|(?:if|try|with|for|while)\b)")
_BODY = re.compile(r"\n([ \t]+)[^\s#]")
_COMMENT = re.compile(r"#[^\n]*")


class Extracted(NamedTuple):
    """Imports as dotted names (a relative one keeps its dots) and definitions as (name, kind, line)."""

    imports: tuple[str, ...]
    symbols: tuple[tuple[str, str, int], ...]


def extract(data: bytes) -> Extracted:
    """Read the facts from a Python file's bytes. Never fails; what it cannot make out is left out.

    `from a import b` gives `a` and `a.b`, because only the repository as a whole knows whether `b` is a module.
    Symbols are top-level classes and functions, and the methods of those classes as `Class.method`; lines count from 0.
    """
    return Extracted(imports(data), symbols(data))


def imports(data: bytes) -> tuple[str, ...]:
    """Return the first half of what `extract` does."""
    return _imports("\n" + data.decode("utf-8", "replace"))


def symbols(data: bytes) -> tuple[tuple[str, str, int], ...]:
    """Return the second half of what `extract` does; a start-up asks for it only where somebody wants it."""
    return _symbols("\n" + data.decode("utf-8", "replace"))


def _imports(text: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for module, names, modules in _import_statements(text):
        if modules:
            for part in modules.split(","):
                if words := part.split():
                    found[words[0]] = None
            continue
        found[module] = None
        prefix = module if module[-1:] == "." else f"{module}."
        if "#" in names:
            names = _COMMENT.sub("", names)
        if "\\" in names:
            names = names.replace("\\", " ")
        for part in names.strip("()\r").split(","):
            if (words := part.split()) and words[0] != "*":
                found[prefix + words[0]] = None
    if "import_module(" in text:
        found.update(dict.fromkeys(_BY_CALL.findall(text)))
        # What is imported may stand in a table: `{"math": "shop.plugins.math.setup"}`.
        for name in _DOTTED.findall(text):
            if name not in found:
                found[name] = found[name.rpartition(".")[0]] = None
    return tuple(found)


def _import_statements(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (module, names, "") of each `from` import, and ("", "", modules) of each other one."""
    # Looking for the word and then back to its line takes half the time of a pattern that is tried at every line.
    at = text.find("import")
    while at >= 0:
        statement = _IMPORT.match(text, text.rfind("\n", 0, at))
        if statement is not None and statement.end() > at:
            at = statement.end()
            module, names, modules = statement.groups("")
            yield module, names, modules
        else:
            at += len("import")
        at = text.find("import", at)


def _symbols(text: str) -> tuple[tuple[str, str, int], ...]:
    symbols: list[tuple[str, str, int]] = []
    add, count = symbols.append, text.count
    blocks = list(_BLOCK.finditer(text))
    ends = [block.start() for block in blocks[1:]]
    ends.append(len(text))
    breaks, counted = 0, 0  # line breaks before `counted`; the first one is ours, not the file's
    for block, end in zip(blocks, ends, strict=False):
        kind, name = block.groups()
        if kind is None:
            continue
        start = block.end()
        breaks += count("\n", counted, start)
        counted = start
        if kind != "class":
            add((name, "function", breaks - 1))
            continue
        add((name, "class", breaks - 1))
        if body := _BODY.search(text, start, end):
            for method in _methods(body[1]).finditer(text, start, end):
                start = method.start()
                breaks += count("\n", counted, start)
                counted = start
                add((f"{name}.{method[1]}", "method", breaks - 1))
    return tuple(symbols)


@cache
def _methods(indent: str) -> re.Pattern[str]:
    # Looking back from a literal lets the search skip ahead; looking forward from each line would not.
    return re.compile(rf"def(?:(?<=\n{indent}def)|(?<=\n{indent}async def))[ \t]+(\w+)")
