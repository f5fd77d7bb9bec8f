"""Functions and classes that no test has run, and branches that none has taken, the ones worth most first."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.refactoring.complexity import cognitive
from ambient_lsp.analyzers.spec.signatures import words_of
from ambient_lsp.analyzers.syntax import Function, Syntax, dotted, is_docstring, parse, walk
from ambient_lsp.model import Severity, Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UNTESTED = "AMB-TEST-UNTESTED"
BRANCH = "AMB-TEST-BRANCH"
RULES = frozenset({UNTESTED, BRANCH})

MOST_FINDINGS = 3
"""For one file and run: a reader can do something about a few; the first one says how many more there are."""

_SECURITY = frozenset({"auth", "authenticate", "authorize", "login", "password", "token", "secret", "permission",
                       "verify", "validate", "sanitize", "escape", "encrypt", "decrypt", "sign", "hash",
                       "session", "csrf", "cookie", "sql", "query", "allowed", "access", "credential",
                       "credentials"})  # fmt: skip
_TRIVIAL = frozenset({"__repr__", "__str__", "__init__", "__eq__", "__hash__", "__len__", "__iter__", "__enter__",
                      "__exit__", "__call__"})  # fmt: skip
_OF_WINDOWS = re.compile(
    r"^(?:import|from)[ \t]+(?:msvcrt|winreg|winsound|_winapi)\b"
    r"|^from[ \t]+ctypes[ \t]+import[^\n]*\b(?:windll|WinDLL)\b",
    re.MULTILINE,
)
_WORTH = 1.0
_MANY = 50
"""As many as the context counts."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What a run of the tests says of one file: line numbers from 1, and of each line with more than one way on,
    (ways taken, ways). All are empty for a file that no test loaded."""

    executed: frozenset[int] = frozenset()
    missing: frozenset[int] = frozenset()
    branches: Mapping[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def percent(self) -> float:
        """Percent of lines and ways that were run, as coverage.py counts them; 0 where nothing is known."""
        total = len(self.executed) + len(self.missing) + sum(ways for _, ways in self.branches.values())
        taken = len(self.executed) + sum(taken for taken, _ in self.branches.values())
        return 100 * taken / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Importance:
    """What makes a file's functions worth testing: how many files depend on it, which lines are new (from 1), and
    whether the settings prefer it."""

    imported_by: int = 0
    changed: frozenset[int] = frozenset()
    preferred: bool = False


@dataclass(frozen=True, slots=True)
class Untested:
    """A function or class that no test ran, or (`open_ways` not empty) that leaves ways untaken at these lines.

    `score` is what a test of it is worth, and `why` says so in words.
    """

    name: str
    span: Span
    lines: int
    complexity: int
    score: float
    why: tuple[str, ...] = ()
    methods: int = 0
    open_ways: tuple[int, ...] = ()


def find(
    text: str, path: str, lines: Lines, threshold: float = 80.0, importance: Importance | None = None
) -> list[RawFinding]:
    """Find the few of the untested functions that are worth most, in a file whose coverage is below `threshold`."""
    found = [one for one in untested(text, path, lines, threshold, importance) if one.score >= _WORTH]
    return [
        RawFinding(
            BRANCH if one.open_ways else UNTESTED,
            one.span,
            _sentence(one, len(found) - MOST_FINDINGS if position == 0 else 0),
            Severity.HINT,
            tags=("tests",),
            symbol=one.name,
        )
        for position, one in enumerate(found[:MOST_FINDINGS])
    ]


def _sentence(one: Untested, more: int) -> str:
    if one.open_ways:
        numbers = ", ".join(map(str, one.open_ways[:4]))
        lines = "line" if len(one.open_ways) == 1 else "lines"
        said = f"Tests run `{one.name}`, but not every way through it ({lines} {numbers})"
    elif one.methods:
        said = f"The test run recorded no line of the {one.methods} methods of `{one.name}`"
    else:
        said = f"The test run recorded no line of `{one.name}`"
    said += f": {', '.join(one.why)}." if one.why else "."
    if more > 0:
        said += f" {more} more in this file {'is' if more == 1 else 'are'} not told one by one."
    return said


def untested(
    text: str, path: str, lines: Lines, threshold: float = 80.0, importance: Importance | None = None
) -> list[Untested]:
    """Return the functions and classes without a line that ran, then those with untaken ways, the worthiest first."""
    syntax = parse(text)
    counted = bool(lines.executed or lines.missing)
    if syntax is None or (counted and lines.percent >= threshold):
        return []
    if not lines.executed and sys.platform != "win32" and _OF_WINDOWS.search(text):
        return []  # the machine that runs the tests could not load it
    complexity = cognitive(text)
    weigh = _Weigh(syntax, importance or Importance(), complexity)
    found: list[Untested] = []
    classes: dict[str, list[Function]] = {}
    for function in syntax.functions:
        if function.nested:
            continue
        body = _body_lines(syntax, function)
        if not body or not (body & lines.missing or body & set(lines.branches) or not counted):
            continue
        if lines.executed and syntax.header(function.node).start_line + 1 in lines.missing:
            continue  # for another version of Python, or another system
        unrun = not body & lines.executed
        if function.in_class and unrun:
            classes.setdefault(function.qualname.rpartition(".")[0], []).append(function)
        elif unrun and not function.node.name.value.startswith("__"):
            found.append(weigh.function(function, body))
        elif not unrun:
            ways = tuple(sorted(line for line in body if _is_open(lines, line)))
            if ways and (function.in_class or not function.node.name.value.startswith("__")):
                found.append(weigh.function(function, body, ways))
    for name, methods in classes.items():
        found += _of_class(syntax, weigh, name, methods)
    return sorted(found, key=lambda one: (-one.score, bool(one.open_ways), one.span))


def _of_class(syntax: Syntax, weigh: _Weigh, name: str, unrun: list[Function]) -> list[Untested]:
    """Return one entry for a class of which nothing ran; else one for each of its methods that did not."""
    every = [one for one in syntax.functions if one.qualname.rpartition(".")[0] == name]
    node = syntax.parent(syntax.parent(every[0].node) or every[0].node)
    own = [one for one in unrun if one.node.name.value not in _TRIVIAL]
    if len(unrun) == len(every) and len(unrun) > 1 and isinstance(node, cst.ClassDef):
        return [weigh.whole_class(name, node, every)] if own else []
    return [weigh.function(one, _body_lines(syntax, one)) for one in own]


def _is_open(lines: Lines, line: int) -> bool:
    taken, ways = lines.branches.get(line, (0, 0))
    return line in lines.executed and taken < ways


class _Weigh:
    """What tests of the functions of one module are worth."""

    def __init__(self, syntax: Syntax, importance: Importance, complexity: Mapping[str, int]) -> None:
        self._syntax = syntax
        self._importance = importance
        self._complexity = complexity
        self._exported = _exported(syntax.module)
        self._called: dict[str, int] = {}
        for node in walk(syntax.module):
            if isinstance(node, cst.Call):
                name = dotted(node.func).rpartition(".")[2]
                self._called[name] = self._called.get(name, 0) + 1

    def function(self, function: Function, body: frozenset[int], ways: tuple[int, ...] = ()) -> Untested:
        """Weigh one function."""
        name = function.qualname
        complexity = self._complexity.get(name, 0)
        score, why = self._score(name, body, complexity, len(body))
        score = score * (0.5 if ways else 1)
        return Untested(name, self._syntax.header(function.node), len(body), complexity, score, why, open_ways=ways)

    def whole_class(self, name: str, node: cst.ClassDef, methods: Sequence[Function]) -> Untested:
        """Weigh a class of which no method ran."""
        body = frozenset(line for one in methods for line in _body_lines(self._syntax, one))
        complexity = sum(self._complexity.get(one.qualname, 0) for one in methods)
        score, why = self._score(name, body, complexity, len(body))
        return Untested(name, self._syntax.header(node), len(body), complexity, score, why, methods=len(methods))

    def _score(self, name: str, body: frozenset[int], complexity: int, size: int) -> tuple[float, tuple[str, ...]]:
        last = name.rpartition(".")[2]
        public = not any(part.startswith("_") for part in name.split("."))
        score = complexity + min(size, 40) / 5
        why: list[str] = []
        if complexity >= 5:
            why.append(f"complexity {complexity}")
        if self._importance.changed & body:
            score += 8
            why.append("changed since the last commit")
        if _SECURITY & set(words_of(last)):
            score += 6
            why.append("security depends on it")
        if name in self._exported:
            score += 3
            why.append("public")
        users = self._importance.imported_by if public else 0
        if users > 1:
            score += min(users, 10) / 2
            why.append(f"{users} files depend on it" if users < _MANY else "many files depend on it")
        score += min(self._called.get(last, 0), 4) / 2 + (1 if public else -1)
        return score + (20 if self._importance.preferred else 0), tuple(why)


def _exported(module: cst.Module) -> frozenset[str]:
    """Return the names in the module's `__all__`."""
    for line in module.body:
        for small in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(small, cst.Assign) and dotted(small.targets[0].target) == "__all__":
                return frozenset(re.findall(r"['\"](\w+)['\"]", cst.Module([]).code_for_node(small.value)))
    return frozenset()


def _body_lines(syntax: Syntax, function: Function) -> frozenset[int]:
    body = function.node.body
    if not isinstance(body, cst.IndentedBlock):
        return frozenset()
    statements = [one for one in body.body if not is_docstring(one)]
    if not statements:
        return frozenset()
    first, last = syntax.span(statements[0]), syntax.span(statements[-1])
    if len(statements) == 1 and _is_refusal(statements[0]):
        return frozenset()  # who inherits has to write it
    return frozenset(range(first.start_line + 1, last.end_line + 2))


def _is_refusal(statement: cst.CSTNode) -> bool:
    """Return whether a statement is `raise NotImplementedError`."""
    only = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1 else None
    raised = only.exc if isinstance(only, cst.Raise) else None
    raised = raised.func if isinstance(raised, cst.Call) else raised
    return isinstance(raised, cst.Name) and raised.value == "NotImplementedError"
