"""Cutting the text of a reply into its parts while it arrives: prose, search/replace blocks, files, diffs, JSON.

Models are asked for search/replace blocks in fences, and write what they like. Nothing is judged here: a part says
what it looks like, and whether its end was seen. What a model thinks aloud (`<think>`) is not part of its answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.llm.reply.paths import path_in, path_in_info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_CHARACTERS = 4_000_000
"""Replies are read up to here: nobody writes that much code at once."""

_SEARCH = re.compile(r"(\s*)(?:[-*]\s+)?<{5,10}\s*(?:SEARCH|ORIGINAL|OLD|BEFORE|HEAD)?\b[^<>]*$", re.IGNORECASE)
_DIVIDER = re.compile(r"\s*={5,10}\s*$")
_REPLACE = re.compile(r"\s*>{5,10}\s*(?:(?:REPLACE|UPDATED|NEW|AFTER)\b[^<>]*)?$", re.IGNORECASE)
_FENCE = re.compile(r"(\s*)(?:[-*]\s+)?(`{3,}|~{3,})\s*([^`]*)$")
_HEADING = re.compile(r"#{1,5}\s+\S|\*\*[^*]+\*\*:?\s*$")
_DIFF_START = re.compile(r"(diff --git \S|--- \S|Index: \S)")
_DIFF_INFO = ("diff", "patch", "udiff")
_JSON_INFO = ("json", "jsonc", "json5")


@dataclass(frozen=True, slots=True)
class Prose:
    """One line of ordinary text. `heading` tells that it looks like the title of what follows."""

    text: str
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """What to look for and what to put there. `dividers` are the numbers of those `lines` that may part the two.

    `path` is empty where none was named just before. `closed` means that the end was seen.
    """

    path: str
    lines: tuple[str, ...]
    dividers: tuple[int, ...]
    closed: bool = True


@dataclass(frozen=True, slots=True)
class WholeFile:
    """A fence that a path was named for: the text that the file shall have."""

    path: str
    text: str
    closed: bool = True


@dataclass(frozen=True, slots=True)
class DiffText:
    """A unified diff with its wrapping."""

    text: str
    closed: bool = True


@dataclass(frozen=True, slots=True)
class JsonText:
    """Something that looks like JSON. `closed` means that its end was seen."""

    text: str
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Forget:
    """All before this was thinking aloud, which a host passed on as if it were the answer."""


Segment = Prose | Block | WholeFile | DiffText | JsonText | Forget


class Scanner:
    """Takes the text of one reply piece by piece and yields its parts as soon as they are whole."""

    def __init__(self) -> None:
        self._rest = ""
        self._taken = 0
        self._thinking = False
        self._start_anew()

    def feed(self, piece: str) -> Iterator[Segment]:
        """Take the next piece of the text."""
        piece = piece[: max(0, MOST_CHARACTERS - self._taken)]
        self._taken += len(piece)
        *lines, self._rest = (self._rest + piece).split("\n")
        for line in lines:
            yield from self._without_thoughts(line.removesuffix("\r"))

    def close(self) -> Iterator[Segment]:
        """Take the end of the text; parts whose end was not seen say so."""
        if self._rest:
            yield from self._without_thoughts(self._rest.removesuffix("\r"))
            self._rest = ""
        yield from self._finish(closed=False)

    # ----------------------------------------------------------------------------------------- one line at a time

    def _start_anew(self) -> None:
        self._read: Callable[[str], Iterator[Segment]] = self._prose
        self._lines: list[str] = []
        self._dividers: list[int] = []
        self._path = ""
        self._fence = ""
        self._info = ""
        self._nested = 0
        self._had_block = False
        self._brackets = _Brackets()

    def _without_thoughts(self, line: str) -> Iterator[Segment]:
        if "</think>" in line:
            before, _, after = line.partition("</think>")
            if not self._thinking and "<think>" not in before:
                self._start_anew()
                yield Forget()
            self._thinking = False
            line = before.partition("<think>")[0] + after if "<think>" in before else after
            if not line.strip():
                return
        if self._thinking:
            return
        if line.lstrip().startswith("<think>"):
            self._thinking = True
            return
        yield from self._read(line)

    def _prose(self, line: str) -> Iterator[Segment]:
        if _SEARCH.match(line):
            self._begin_block(line)
        elif match := _FENCE.match(line):
            self._fence, self._info, self._lines = match[2], match[3].strip(), []
            self._nested, self._had_block = 0, False
            if named := path_in_info(self._info):
                self._path = named
            self._read = self._fenced
        elif _DIFF_START.match(line):
            self._lines = [line]
            self._read = self._diff
        elif line[:1] in ("[", "{") and not path_in(line):
            self._lines, self._brackets = [], _Brackets()
            self._read = self._json
            yield from self._json(line)
        elif found := path_in(line):
            self._path = found
            yield Prose(line)
        else:
            if line.strip():
                self._path = ""
            yield Prose(line, heading=bool(_HEADING.match(line.strip())))

    def _begin_block(self, line: str) -> None:
        match = _SEARCH.match(line)
        self._indent = match[1] if match else ""
        self._lines, self._dividers = [], []
        self._read = self._block

    def _block(self, line: str) -> Iterator[Segment]:
        if _REPLACE.match(line) and self._dividers:
            yield from self._finish(closed=True)
            return
        if _SEARCH.match(line):
            yield from self._finish(closed=False)
            self._begin_block(line)
            return
        if _DIVIDER.match(line):
            self._dividers.append(len(self._lines))
        self._lines.append(line)

    def _fenced(self, line: str) -> Iterator[Segment]:
        if _SEARCH.match(line):
            self._path = next((found for one in reversed(self._lines) if (found := path_in(one))), self._path)
            self._had_block = True
            self._begin_block(line)
            return
        match = _FENCE.match(line)
        if match and match[2][0] == self._fence[0] and len(match[2]) >= len(self._fence):
            if match[3].strip() and not self._had_block:
                self._nested += 1  # code that shows code: its own fence closes before ours
            elif self._nested:
                self._nested -= 1
            else:
                yield from self._finish(closed=True)
                return
        self._lines.append(line)

    def _diff(self, line: str) -> Iterator[Segment]:
        if _SEARCH.match(line) or _FENCE.match(line) or line.startswith("## "):
            yield from self._finish(closed=True)
            yield from self._prose(line)
            return
        self._lines.append(line)

    def _json(self, line: str) -> Iterator[Segment]:
        self._lines.append(line)
        self._brackets.take(line)
        if self._brackets.balanced:
            yield from self._finish(closed=True)

    # ------------------------------------------------------------------------------------------- the end of a part

    def _finish(self, *, closed: bool) -> Iterator[Segment]:
        """Yield the part that was being read, and go on with what it was in."""
        reader, lines = self._read, self._lines
        self._read, self._lines = self._prose, []
        if reader == self._block:
            if self._had_block:  # within a fence, which is still open
                self._read = self._fenced
            yield Block(self._path, tuple(_dedented(lines, self._indent)), tuple(self._dividers), closed)
        elif reader == self._diff:
            yield DiffText("\n".join(lines), closed)
        elif reader == self._json:
            yield JsonText("\n".join(lines), closed)
        elif reader == self._fenced and not self._had_block:
            yield from self._from_fence(lines, closed)
        if reader == self._fenced:
            self._had_block = False

    def _from_fence(self, lines: list[str], closed: bool) -> Iterator[Segment]:
        first = next((line for line in lines if line.strip()), "")
        info = self._info.split(" ")[0].lower()
        text = "\n".join(lines)
        if info in _DIFF_INFO or _DIFF_START.match(first) or first.startswith("@@"):
            named = "" if any(_DIFF_START.match(line) for line in lines) or not self._path else self._path
            header = f"--- {named}\n+++ {named}\n" if named else ""
            # The closing fence shows that nothing was cut off, so it stays with the diff.
            fences = (f"{self._fence}diff\n", f"\n{self._fence}\n") if closed else ("", "")
            yield DiffText(f"{fences[0]}{header}{text}{fences[1]}", closed)
        elif info in _JSON_INFO or (not self._path and first[:1] in ("[", "{")):
            yield JsonText(text, closed)
        elif self._path:
            yield WholeFile(self._path, text + "\n" if text else "", closed)
            self._path = ""
        else:
            for line in lines:
                yield Prose(line)


class _Brackets:
    """Counts the brackets of JSON as lines come in."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False

    def take(self, line: str) -> None:
        escaped = False
        for char in line:
            if escaped:
                escaped = False
            elif self._in_string:
                escaped = char == "\\"
                self._in_string = char != '"'
            elif char == '"':
                self._in_string = True
            else:
                self._depth += (char in "[{") - (char in "]}")

    @property
    def balanced(self) -> bool:
        return self._depth <= 0 and not self._in_string


def _dedented(lines: list[str], indent: str) -> list[str]:
    """Take off the indentation that the marker itself has, as in a list, where every line has it."""
    if indent and all(line.startswith(indent) or not line.strip() for line in lines):
        return [line[len(indent) :] for line in lines]
    return lines
