"""Code that nothing reaches: statements after a return, and private definitions that no text of the repository names.

vulture finds the candidates; a name that stands anywhere else, be it in a string, a comment or a config file, counts as
used, as `getattr` and entry points look like that. Vulture reads what the host's Python can parse; other files still
count as places of use.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.syntax import REMOVE, Function, Syntax, is_test_path, leaves, parse, walk
from ambient_lsp.model import Severity, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

UNREACHABLE = "AMB-REF-UNREACHABLE"
UNUSED = "AMB-REF-UNUSED"

_WORD = re.compile(r"[^\W\d]\w*")
_DYNAMIC = frozenset({"getattr", "globals", "locals", "vars", "__dict__", "eval", "exec", "__getattr__"})


@dataclass(frozen=True, slots=True)
class Removal:
    """The module's text without a dead piece of it. `lines` is how many lines that takes away."""

    rule: str
    title: str
    symbol: str
    span: Span
    text: str
    lines: int


def words(text: str) -> Counter[str]:
    """Return every name-like word of a text, code or not, with how often it stands there."""
    return Counter(_WORD.findall(text))


def find(text: str, path: str, used_elsewhere: frozenset[str] = frozenset()) -> list[RawFinding]:
    """Find dead code. `used_elsewhere` holds the words of all other files of the repository."""
    syntax = parse(text)
    if syntax is None:
        return []
    found = []
    for dead in _unreachable(syntax):
        span = Span(*_start(syntax, dead[0]), *_end(syntax, dead[-1]))
        found.append(
            RawFinding(UNREACHABLE, span, "Nothing reaches this code.", Severity.WARNING, tags=("unnecessary",))
        )
    for function in _unused(syntax, path, used_elsewhere):
        message = f"Nothing in this repository uses `{function.qualname}`."
        place = syntax.header(function.node)
        found.append(RawFinding(UNUSED, place, message, Severity.HINT, tags=("unnecessary",), symbol=function.qualname))
    return found


def removals(text: str, path: str, used_elsewhere: frozenset[str] = frozenset()) -> list[Removal]:
    """Return what can be taken out for sure, each on its own."""
    syntax = parse(text)
    if syntax is None:
        return []
    made = []
    for dead in _unreachable(syntax):
        if _safe_to_remove(syntax, dead):
            span = Span(*_start(syntax, dead[0]), *_end(syntax, dead[-1]))
            symbol = syntax.symbol(dead[0])
            title = f"Remove code that nothing reaches in `{symbol}`"
            made.append(_removal(syntax, UNREACHABLE, title, symbol, span, dead))
    for function in _unused(syntax, path, used_elsewhere):
        dynamic = any(isinstance(node, cst.Name) and node.value in _DYNAMIC for node in walk(syntax.module))
        if not function.in_class and not dynamic and _has_company(syntax, function.node):
            title = f"Remove `{function.qualname}`, which nothing uses"
            span = syntax.header(function.node)
            made.append(_removal(syntax, UNUSED, title, function.qualname, span, [function.node]))
    return made


def dead_lines(text: str) -> int:
    """Return how many lines of a module are dead, judged by this module alone."""
    syntax = parse(text)
    if syntax is None:
        return 0
    unreachable = sum(syntax.lines(statement) for dead in _unreachable(syntax) for statement in dead)
    return unreachable + sum(syntax.lines(function.node) for function in _unused(syntax, "module.py", frozenset()))


def _removal(
    syntax: Syntax, rule: str, title: str, symbol: str, span: Span, dead: Sequence[cst.BaseStatement]
) -> Removal:
    text = syntax.rewritten(dict.fromkeys(dead, REMOVE))
    return Removal(rule, title, symbol, span, text, sum(map(syntax.lines, dead)))


def _unreachable(syntax: Syntax) -> Iterator[list[cst.BaseStatement]]:
    for node in walk(syntax.module):
        if not isinstance(node, cst.IndentedBlock):
            continue
        for index, statement in enumerate(node.body[:-1]):
            if leaves(statement):
                dead = list(node.body[index + 1 :])
                # A `yield` after a return or raise is how one writes an empty generator.
                if not any(isinstance(part, cst.Yield) for following in dead for part in walk(following)):
                    yield dead
                break


def _safe_to_remove(syntax: Syntax, dead: Sequence[cst.BaseStatement]) -> bool:
    """Dead code still has a say in one thing: a binding makes a name local to its function."""
    function = syntax.function_of(dead[0])
    if function is None:
        return False
    bound: set[str] = set()
    for statement in dead:
        for node in walk(statement):
            if isinstance(node, cst.Await | cst.Global | cst.Nonlocal | cst.Import | cst.ImportFrom):
                return False
            if isinstance(node, cst.FunctionDef | cst.ClassDef | cst.NameItem):
                bound.add(node.name.value)
            elif isinstance(node, cst.AssignTarget | cst.AnnAssign | cst.AugAssign | cst.For | cst.CompFor):
                bound.update(_names(node.target))
            elif isinstance(node, cst.NamedExpr):
                bound.update(_names(node.target))
            elif isinstance(node, cst.AsName):
                bound.update(_names(node.name))
            elif isinstance(node, cst.Match | cst.Del):
                return False
    inside = {id(node) for statement in dead for node in walk(statement)}
    alive = {node.value for node in walk(function.node) if isinstance(node, cst.Name) and id(node) not in inside}
    return not bound & alive


def _unused(syntax: Syntax, path: str, used_elsewhere: frozenset[str]) -> Iterator[Function]:
    """Yield private functions that vulture calls unused and whose name stands nowhere else in any text."""
    counted = words(syntax.text)
    prefixes = tuple(word for word in (*used_elsewhere, *counted) if word.endswith("_") and len(word.strip("_")) > 1)
    candidates = None
    for function in syntax.functions:
        name = function.node.name.value
        private = name.startswith("_") or (function.nested and not function.in_class)
        if not private or name.strip("_") == "" or name.endswith("__") or function.node.decorators:
            continue
        if is_test_path(path) and name.startswith("_test"):
            continue  # a test that somebody has switched off, to come back to it
        if counted[name] > 1 or name in used_elsewhere or name.startswith(prefixes or ("\0",)):
            continue
        if candidates is None:
            candidates = _vulture(syntax.text, path)
        if candidates is None or name in candidates:
            yield function


def _vulture(text: str, path: str) -> frozenset[str] | None:
    """Return the names that vulture calls unused; None when the host's Python cannot read the file."""
    import vulture
    from vulture.utils import ExitCode

    scanner = vulture.Vulture()
    # vulture prints a syntax error to stderr, which is the language server's log; ask quietly first.
    try:
        compile(text, path, "exec", flags=0x400, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    scanner.scan(text, filename=path)
    if scanner.exit_code == ExitCode.InvalidInput:
        return None
    return frozenset(str(item.name) for item in scanner.get_unused_code(min_confidence=60))


def _has_company(syntax: Syntax, node: cst.CSTNode) -> bool:
    """Return whether the block still has a statement when this one is gone."""
    block = syntax.parent(node)
    return isinstance(block, cst.Module | cst.IndentedBlock) and len(block.body) > 1


def _names(node: cst.CSTNode) -> Iterable[str]:
    return (part.value for part in walk(node) if isinstance(part, cst.Name))


def _start(syntax: Syntax, node: cst.CSTNode) -> tuple[int, int]:
    span = syntax.span(node)
    return span.start_line, span.start_column


def _end(syntax: Syntax, node: cst.CSTNode) -> tuple[int, int]:
    span = syntax.span(node)
    return span.end_line, span.end_column
