"""Choosing what a model is told of a repository: what matters most, within a budget, secrets taken out.

The text is the same, byte for byte, for all specialists of a run, and what changes least comes first, so that a host
that keeps the beginning of a prompt has it for the next specialist, and most of it for the next save.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pathspec

from ambient_lsp.context.redact import redact
from ambient_lsp.errors import UnsafePath
from ambient_lsp.llm.tokens import Estimate
from ambient_lsp.patching.paths import check

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
    from typing import TypeAlias

    from ambient_lsp.model import Context, Finding, Snapshot

    Read: TypeAlias = Callable[[str], Awaitable[Snapshot | None]]

INSTRUCTIONS = ("AGENTS.md", "CONTRIBUTING.md", "CLAUDE.md", ".github/copilot-instructions.md")
"""Files in which a project says how it wants to be worked on."""

_MOST_OF_A_GUIDE = 12_000
_MOST_OF_A_LOG = 12_000
_MOST_PATHS = 300
_NEAREST = 12
_MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class Part:
    """One marked part of a brief. `kind` says in words what it is, `path` is empty where it is of no file."""

    kind: str
    text: str
    path: str = ""
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Brief:
    """What is told. `files` are the paths that can be changed; `left_out` says of others why they are not there."""

    text: str
    parts: tuple[Part, ...]
    files: tuple[str, ...]
    left_out: Mapping[str, str]
    redacted: int
    tokens: int
    mark: str


class NeverSend:
    """The files that must not leave the machine: those of the settings, and those that no fix may touch either."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = pathspec.GitIgnoreSpec.from_lines(patterns)

    def __call__(self, path: str) -> bool:
        """Tell whether a path is one of them."""
        try:
            check(path)
        except UnsafePath:
            return True
        return self._patterns.match_file(path)


async def brief(
    context: Context,
    findings: Sequence[Finding],
    read: Read,
    *,
    budget: int,
    never: NeverSend,
    estimate: Estimate | None = None,
    model: str = "",
) -> Brief:
    """Return what to tell of a run, in at most about `budget` tokens.

    The files to look at go first into the budget, then what analyzers found, what failed, the project's own guides, the
    tests that reach the files, and the files that import them, nearest first.
    """
    chosen = _Choice(budget, never, estimate or Estimate(), model)
    for target in context.targets:
        chosen.add("file to look at", target.text, target.path)
    if findings:
        chosen.add("findings of local analyzers", _findings(findings, never))
    private = frozenset(path for path in context.tree if never(path))
    if named := next((path for path in sorted(private) if path in context.failing_log), ""):
        chosen.leave_out("log of a failure", f"it may quote {named}, which must never be sent")
    elif context.failing_log:
        chosen.add("log of a failure", context.failing_log[-_MOST_OF_A_LOG:])
    if context.diff and len(context.targets) <= _NEAREST:
        chosen.add("changes that are not committed", _diff_without(context.diff, never))
    chosen.add("what the project's settings ask for", _lines(context.conventions))
    for path in INSTRUCTIONS:
        text = context.important_files.get(path) or await _text(read, path, never)
        chosen.add("guide for those who work on it", text[:_MOST_OF_A_GUIDE], path)
    paths = [target.path for target in context.targets]
    for path in _nearest(context.tests, paths):
        chosen.add("tests that reach it", await _text(read, path, never), path)
    for path in _nearest(context.impact, paths):
        chosen.add("file that uses it", await _text(read, path, never), path)
    chosen.add("files of the repository", _tree(context, private))
    return chosen.brief()


_ORDER = (
    "what the project's settings ask for",
    "guide for those who work on it",
    "tests that reach it",
    "file that uses it",
    "files of the repository",
    "file to look at",
    "log of a failure",
    "changes that are not committed",
    "findings of local analyzers",
)
"""The order in which parts are told: what changes least comes first, and what the budget may push out behind it."""


class _Choice:
    def __init__(self, budget: int, never: NeverSend, estimate: Estimate, model: str) -> None:
        self._left = budget
        self._never = never
        self._estimate = estimate
        self._model = model
        self._parts: list[Part] = []
        self._left_out: dict[str, str] = {}
        self._redacted = 0

    def add(self, kind: str, text: str, path: str = "") -> None:
        if not text.strip() or any(path and part.path == path for part in self._parts):
            return
        name = path or kind
        if path and self._never(path):
            self._left_out[name] = "it must never be sent"
            return
        text, secrets = redact(text)
        tokens = self._estimate.tokens(text, self._model) + 20
        if tokens > self._left:
            self._left_out[name] = f"about {tokens} tokens, and {max(0, self._left)} are left of the budget"
            return
        self._left -= tokens
        self._redacted += secrets
        self._parts.append(Part(kind, text, path, tokens))

    def leave_out(self, name: str, reason: str) -> None:
        self._left_out[name] = reason

    def brief(self) -> Brief:
        # Of one kind the nearest comes first, so that the one at the edge of the budget, which the next save may push
        # out, is the last of them.
        parts = tuple(sorted(self._parts, key=lambda part: _ORDER.index(part.kind)))
        mark = new_mark(f"{part.path}\0{part.text}" for part in parts)
        text = "".join(marked(mark, f"{part.kind} {part.path}".strip(), part.text) for part in parts)
        return Brief(
            text=text,
            parts=parts,
            files=tuple(part.path for part in parts if part.path),
            left_out=dict(self._left_out),
            redacted=self._redacted,
            tokens=self._estimate.tokens(text, self._model),
            mark=mark,
        )


_UNKNOWN_TO_FILES = secrets.token_hex(16)


def new_mark(texts: Iterable[str]) -> str:
    """Return a mark that is in none of the texts, and that nobody who writes a file can know beforehand.

    It is the same for every question of this process, so that a host finds the beginning of the last one again when
    only the end has changed. Where a text holds it nevertheless (a model may have repeated it), another is taken.
    """
    told = tuple(texts)
    for number in itertools.count():
        mark = hashlib.sha256(f"{_UNKNOWN_TO_FILES}{number}".encode()).hexdigest()[:10]
        if not any(mark in text for text in told):
            return mark
    raise AssertionError("there is always another number")


def marked(mark: str, name: str, text: str) -> str:
    """Return a part as it is told: data between two lines that it cannot contain."""
    ending = "" if text.endswith("\n") else "\n"
    return f"[part {mark}: {name}]\n{text}{ending}[end {mark}]\n\n"


def _findings(findings: Sequence[Finding], never: NeverSend) -> str:
    shown = sorted(findings, key=lambda one: (-one.severity.rank, one.path, one.span, one.rule))
    lines = [
        f"- id {one.id}: {one.path} line {one.span.start_line + 1}: {one.rule}: {' '.join(one.message.split())}"
        for one in shown
        if not never(one.path)
    ]
    more = len(lines) - _MOST_FINDINGS
    return "\n".join([*lines[:_MOST_FINDINGS], *([f"- and {more} more"] if more > 0 else [])])


def _diff_without(diff: str, never: NeverSend) -> str:
    """Return the diff without the files that must not be sent."""
    # The lines of a file begin with a sign, so that none of them can look like the next file's header.
    parts = re.split(r"(?m)^diff --git ", diff)
    return "".join(f"diff --git {part}" for part in parts[1:] if not any(never(one) for one in _both_names(part)))


def _both_names(part: str) -> tuple[str, str]:
    """Return the two names of `a/old b/new`, which may have spaces in them; they are equal but for renamed files."""
    header = part.split("\n", 1)[0]
    middle = len(header) // 2
    if header[2:middle] != header[middle + 3 :]:
        middle = header.find(" b/")
    return header[2:middle], header[middle + 3 :]


def _lines(conventions: Mapping[str, object]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in sorted(conventions.items()) if value not in (None, "", ()))


def _tree(context: Context, private: Collection[str]) -> str:
    paths = [path for path in sorted(context.tree) if path not in private]
    more = len(paths) - _MOST_PATHS
    return "\n".join([*paths[:_MOST_PATHS], *([f"and {more} more"] if more > 0 else [])])


def _nearest(near: Mapping[str, tuple[str, ...]], targets: Sequence[str]) -> list[str]:
    found = dict.fromkeys(path for target in targets for path in near.get(target, ())[:_NEAREST] if path not in targets)
    return list(found)[:_NEAREST]


async def _text(read: Read, path: str, never: NeverSend) -> str:
    if never(path):
        return ""
    snapshot = await read(path)
    return snapshot.text if snapshot is not None else ""
