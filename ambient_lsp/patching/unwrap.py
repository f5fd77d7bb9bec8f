"""Taking a diff out of what it came in: code fences, indentation, and line endings changed on the way."""

from __future__ import annotations

import re
from typing import NamedTuple

_FENCE = re.compile(r"( *)(`{3,}|~{3,})[^`]*$")
_START = re.compile(r" *(diff --git |--- \S|\+\+\+ \S|@@)")


class Chunk(NamedTuple):
    """Lines that hold (part of) a diff. `closed` means that a closing fence shows that they are all there."""

    lines: list[str]
    closed: bool


def unwrap(text: str) -> list[Chunk]:
    """Return the parts of a text that may be diffs, without their wrapping."""
    lines = text.removeprefix("\ufeff").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return [Chunk(_dedented(_without_returns(chunk.lines)), chunk.closed) for chunk in _chunks(lines)]


def _chunks(lines: list[str]) -> list[Chunk]:
    chunks: list[Chunk] = []
    at = 0
    while (start := _next_start(lines, at)) < len(lines):
        opening = _opening(lines[at:start])
        if opening is None:
            if not chunks:
                return [Chunk(lines, closed=False)]
            break
        fence = opening.rstrip("\r")
        end = next((n for n in range(start, len(lines)) if lines[n].rstrip() == fence), len(lines))
        chunks.append(Chunk(lines[start:end], end < len(lines)))
        at = end + 1
    return chunks


def _next_start(lines: list[str], at: int) -> int:
    return next((n for n in range(at, len(lines)) if _START.match(lines[n])), len(lines))


def _opening(before: list[str]) -> str | None:
    """Return the fence that is open after these lines, as its closing line must look."""
    fence: str | None = None
    for line in before:
        if fence is not None and line.rstrip() == fence:
            fence = None
        elif fence is None and (match := _FENCE.match(line.rstrip("\r"))):
            fence = match[1] + match[2]
    return fence


def _without_returns(lines: list[str]) -> list[str]:
    """Take the carriage returns off a diff that got them on its way: its own header lines have them too."""
    headers = [line for line in lines if line.startswith(("--- ", "+++ ", "@@", "diff --git "))]
    if headers and all(line.endswith("\r") for line in headers):
        return [line.removesuffix("\r") for line in lines]
    return lines


def _dedented(lines: list[str]) -> list[str]:
    starts = [len(match[0]) - len(match[0].lstrip(" ")) for line in lines if (match := _START.match(line))]
    indent = " " * min(starts, default=0)
    return [line.removeprefix(indent) for line in lines] if indent else lines
