"""Reading unified diffs, as tools write them and as people and models garble them.

Nothing is guessed about files here: `parse` only finds out which lines are removed, added or kept, and notes what
speaks for or against the diff being whole. Lines are those between line feeds; a carriage return stays in its line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ambient_lsp.errors import MalformedDiff
from ambient_lsp.patching.unwrap import Chunk, unwrap

if TYPE_CHECKING:
    from collections.abc import Sequence

Mark = Literal[" ", "-", "+"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a hunk without its line feed. `ended` is False before "No newline at end of file"."""

    mark: Mark
    text: str
    ended: bool = True


@dataclass(frozen=True, slots=True)
class Hunk:
    """Neighbouring changes. Starts count from 1 and are None where the diff has no numbers.

    `missing` is how many old and new lines the header promises beyond those that are here, None without counts.
    `unsealed` means that nothing follows that would show that the diff goes on or was meant to end here.
    """

    lines: tuple[Line, ...]
    old_start: int | None = None
    new_start: int | None = None
    section: str = ""
    missing: tuple[int, int] | None = None
    unsealed: bool = False

    @property
    def old(self) -> list[Line]:
        """The kept and removed lines."""
        return [line for line in self.lines if line.mark != "+"]

    @property
    def new(self) -> list[Line]:
        """The kept and added lines."""
        return [line for line in self.lines if line.mark != "-"]


@dataclass(frozen=True, slots=True)
class FileDiff:
    """The hunks of one file. A path is None where the file does not exist on that side, or none was named."""

    old_path: str | None
    new_path: str | None
    kind: Literal["modify", "create", "delete", "rename"] = "modify"
    hunks: tuple[Hunk, ...] = ()


_HUNK = re.compile(r"@@\s*(?:-(\d+)(?:,(\d+))?\s+\+(\d+)(?:,(\d+))?)?\s*(?:@@)?\s?(.*)$", re.DOTALL)
_DATE = re.compile(r"(\t.*|\s+\d{4}-\d\d-\d\d[ T].*)$", re.DOTALL)
_GIT_NAMES = re.compile(r'("(?:[^"\\]|\\.)*"|.+?) ("(?:[^"\\]|\\.)*"|.+)$')
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_UNESCAPED = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
_BULLET = re.compile(r"[-*+] \S")
_VERSION = re.compile(r"\d+\.\d+")
_BINARY = ("GIT binary patch", "Binary files ")


def parse(diff: str) -> tuple[FileDiff, ...]:
    """Return the files that a unified diff changes, in its order.

    Code fences, prose around the diff, missing or wrong counts and missing path prefixes are tolerated. Raises
    `MalformedDiff` when there is no diff in the text, or one of binary files.
    """
    files = [file for chunk in unwrap(diff) for file in _Reader(chunk).read()]
    if not files:
        raise malformed("There is no unified diff in this text.")
    return tuple(files)


def malformed(what: str) -> MalformedDiff:
    """Return the error for a diff that cannot be used."""
    return MalformedDiff(
        what, untouched="Nothing was written.", next_step="Ask for the whole change again, as a unified diff."
    )


@dataclass
class _Draft:
    """What is known so far about one file of the diff."""

    old: str | None = None
    new: str | None = None
    kind: Literal["modify", "create", "delete", "rename"] = "modify"
    named: bool = False
    git: bool = False
    hunks: list[Hunk] = field(default_factory=list)

    def finished(self) -> FileDiff:
        old, new, kind = self.old, self.new, self.kind
        if kind != "rename":
            old, new = _without_prefixes(old, new)
            if kind == "modify" and self.named and (old is None or new is None):
                kind = "create" if old is None else "delete"
        return FileDiff(None if kind == "create" else old, None if kind == "delete" else new, kind, tuple(self.hunks))


class _Reader:
    def __init__(self, chunk: Chunk) -> None:
        self.lines = chunk.lines
        self.closed = chunk.closed
        self.at = 0
        self.drafts: list[_Draft] = []

    def read(self) -> list[FileDiff]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.startswith(_BINARY):
                raise malformed("The diff changes a binary file.")
            if line.startswith("diff --git "):
                self._git_header(line.removeprefix("diff --git "))
            elif is_header(self.lines, self.at):
                self._header()
            elif line.startswith("@@@"):
                raise malformed("The diff is a combined one, of a merge with several parents.")
            elif line.startswith("@@") or self._starts_without_a_hunk_line():
                self._hunk()
            else:
                if self.drafts and not self.drafts[-1].hunks:
                    self._extended_header(self.drafts[-1], line)
                self.at += 1
        return [draft.finished() for draft in self.drafts if draft.hunks or (draft.git and draft.kind != "modify")]

    def _git_header(self, names: str) -> None:
        draft = _Draft(git=True)
        half = len(names) // 2
        alike = names[half : half + 1] == " " and names[2:half] == names[half + 3 :]
        if alike and not names.startswith('"'):
            draft.old, draft.new = names[:half], names[half + 1 :]
        elif match := _GIT_NAMES.match(names):
            draft.old, draft.new = _path(match[1]), _path(match[2])
        self.drafts.append(draft)
        self.at += 1

    def _header(self) -> None:
        if not self.drafts or self.drafts[-1].named or self.drafts[-1].hunks:
            self.drafts.append(_Draft())
        draft = self.drafts[-1]
        draft.named = True
        old = new = ""
        if self.lines[self.at].startswith("--- "):
            old = self.lines[self.at][4:]
            self.at += 1
        if self.at < len(self.lines) and self.lines[self.at].startswith("+++ "):
            new = self.lines[self.at][4:]
            self.at += 1
        if draft.kind != "rename":
            draft.old, draft.new = _path(old or new), _path(new or old)

    def _extended_header(self, draft: _Draft, line: str) -> None:
        if line.startswith("new file mode"):
            draft.kind = "create"
        elif line.startswith("deleted file mode"):
            draft.kind = "delete"
        elif line.startswith("rename from "):
            draft.kind, draft.old = "rename", _path(line.removeprefix("rename from "))
        elif line.startswith("rename to "):
            draft.kind, draft.new = "rename", _path(line.removeprefix("rename to "))
        elif line.startswith("copy from "):
            raise malformed("The diff copies a file, which is not supported.")

    def _starts_without_a_hunk_line(self) -> bool:
        return (
            bool(self.drafts)
            and self.drafts[-1].named
            and not self.drafts[-1].hunks
            and self.lines[self.at - 1].startswith(("+++ ", "--- "))
            and self.lines[self.at][:1] in ("+", "-", " ")
        )

    def _hunk(self) -> None:
        if not self.drafts:
            self.drafts.append(_Draft())
        match = _HUNK.match(self.lines[self.at])
        old_start, old_count, new_start, new_count, section = match.groups() if match else (None,) * 5
        self.at += self.lines[self.at].startswith("@@")
        declared: tuple[int, int] | None = None
        if old_start is not None and new_start is not None:
            declared = int(old_count or 1), int(new_count or 1)
        limit = next((n for n in range(self.at, len(self.lines)) if is_boundary(self.lines, n)), len(self.lines))
        end = _end_by_counts(self.lines[self.at : limit], declared)
        body = self.lines[self.at : self.at + end] if end else _without_prose(self.lines[self.at : limit], self.closed)
        lines = _marked(body)
        tail = self.lines[self.at + len(body) : limit]
        self.at = limit
        hunk = Hunk(
            tuple(lines),
            None if old_start is None else int(old_start),
            None if new_start is None else int(new_start),
            (section or "").removesuffix("@@").strip(" ."),
            unsealed=limit == len(self.lines) and not self.closed and not any(line.strip() for line in tail),
        )
        if declared is not None:
            missing = declared[0] - len(hunk.old), declared[1] - len(hunk.new)
            hunk = Hunk(hunk.lines, hunk.old_start, hunk.new_start, hunk.section, missing, hunk.unsealed)
        self.drafts[-1].hunks.append(hunk)


def is_header(lines: Sequence[str], at: int) -> bool:
    """Tell whether the names of a file begin at this line; one of the two may be missing."""
    line = lines[at]
    following = lines[at + 1] if at + 1 < len(lines) else ""
    if line.startswith("--- "):
        return following.startswith("+++ ") or following.startswith("@@")
    return line.startswith("+++ ") and following.startswith("@@")


def is_boundary(lines: Sequence[str], at: int) -> bool:
    """Tell whether a hunk cannot go on at this line.

    A removed `-- x` before an added `++ y` looks like the names of a file, but a hunk follows only on real ones.
    """
    if lines[at].startswith("--- "):
        names = [line[:4] for line in lines[at : at + 2]]
        return names == ["--- ", "+++ "] and at + 2 < len(lines) and lines[at + 2].startswith("@@")
    return lines[at].startswith(("@@", "diff --git ", "Index: ", *_BINARY))


def _end_by_counts(lines: Sequence[str], declared: tuple[int, int] | None) -> int:
    """Return where a hunk ends if its counts are right and only prose follows, else 0."""
    if declared is None:
        return 0
    old, new = declared
    at = 0
    while at < len(lines) and (old > 0 or new > 0):
        mark = lines[at][:1] or " "
        if mark not in " -+\\":
            return 0
        old -= mark in " -"
        new -= mark in " +"
        at += 1
    while at < len(lines) and lines[at].startswith("\\"):
        at += 1
    return at if (old, new) == (0, 0) and not _goes_on(lines[at:]) else 0


def _goes_on(tail: Sequence[str]) -> bool:
    """Tell whether what follows the promised lines looks like more of the hunk rather than like prose."""
    apart = False
    for number, line in enumerate(tail):
        if line == "-- " and number + 1 < len(tail) and _VERSION.match(tail[number + 1]):
            return False  # the signature of `git format-patch`
        if not line.strip() or (line[0] not in " +-"):
            apart = True
        elif not (apart and (_BULLET.match(line) or line[0] == " ")):
            return True
    return False


def _without_prose(body: Sequence[str], closed: bool) -> Sequence[str]:
    """Leave out what follows a hunk and is not of it. In a fence there is no prose, but kept lines without a mark."""
    for number, line in enumerate(body[:-1]):
        if line == "-- " and _VERSION.match(body[number + 1]):
            body = body[:number]
            break
    end = len(body)
    while end and (not body[end - 1] or (body[end - 1][0] not in " +-\\" and not closed)):
        end -= 1
    return body[:end]


def _marked(body: Sequence[str]) -> list[Line]:
    lines: list[Line] = []
    for line in body:
        if line.startswith("\\"):
            if lines:
                lines[-1] = Line(lines[-1].mark, lines[-1].text, ended=False)
        elif line.startswith("-"):
            lines.append(Line("-", line[1:]))
        elif line.startswith("+"):
            lines.append(Line("+", line[1:]))
        else:
            # Editors strip the lone space of an empty kept line, and models forget the space of others.
            lines.append(Line(" ", line.removeprefix(" ")))
    return lines


def _path(name: str) -> str | None:
    name = name.strip(" \r") if not name.startswith('"') else name
    if name.startswith('"') and (end := name.rfind('"')) > 0:
        raw = name[1:end].encode("utf-8", "surrogatepass")
        return _ESCAPE.sub(_unescape, raw).decode("utf-8", "replace")
    name = _DATE.sub("", name).strip().strip("`")
    return None if name in ("/dev/null", "nul", "") else name


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8) & 255]) if len(code) == 3 else _UNESCAPED.get(code, code)


def _without_prefixes(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    if (old is None or old.startswith("a/")) and (new is None or new.startswith("b/")):
        return old and old[2:], new and new[2:]
    return old, new
