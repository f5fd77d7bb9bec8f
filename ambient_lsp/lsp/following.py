"""What becomes of a finding while somebody types: it moves, is marked as maybe stale, goes, and comes back.

Nobody looks at the code again before it is saved, so this goes by what was touched:

- Other lines changed: the finding moves with its own, and is shown as before.
- Its own lines changed, beside the code that it marks: it stays there, marked as *maybe stale*.
- The code that it marks changed, on one line: it goes. It was mended by hand, or the next save finds it anew. A finding
  that marks several lines is about them as a whole: it stays, as maybe stale, until all of them are gone.
- Its lines read as they did again, by undo or by hand: it is back as it was.
- Its lines were taken out as a whole: only an undo of everything brings it back (`diagnostics.py`), as the same lines
  elsewhere may be others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Self

from ambient_lsp.lsp.documents import Document
from ambient_lsp.model import Finding


class _Touch(Enum):
    """What typing did to the lines of a finding: nothing, something beside the marked code, to that code, or to all."""

    NONE = auto()
    BESIDE = auto()
    CODE = auto()
    GONE = auto()


@dataclass(slots=True)
class Placed:
    """A finding and where it is now: `start` to `end` are offsets, `hull` bounds its whole lines."""

    finding: Finding
    start: int
    end: int
    hull: tuple[int, int]
    lines: str
    """Its lines as they were when it was found."""
    inset: tuple[int, int]
    """Where in these it starts and ends."""
    evidence: list[tuple[int, int] | None]
    """Where each piece of its evidence is; None for one in another file."""
    touched: _Touch = _Touch.NONE
    across: bool = False
    """Whether a change went over the edges of its lines, so that those of others may be among them."""
    fixed: bool = False
    """Whether its fix was made. It is taken off, wherever that was: a new test in another file mends a finding here."""

    @classmethod
    def at(cls, document: Document, finding: Finding) -> Self:
        """Place a finding in the text that it was found in."""
        start, end = document.offsets(finding.span)
        end = max(start, end)
        hull = document.line_bounds(start, end)
        inset = start - hull[0], end - hull[0]
        evidence = [document.offsets(one.span) if one.path == finding.path else None for one in finding.evidence]
        return cls(finding, start, end, hull, document.text[slice(*hull)], inset, evidence)

    @property
    def holds(self) -> bool:
        """Whether it is to be shown."""
        return self.touched in (_Touch.NONE, _Touch.BESIDE) and not self.fixed

    @property
    def edited(self) -> bool:
        """Whether its lines have changed, so that it is maybe stale."""
        return self.touched is not _Touch.NONE

    def follow(self, document: Document, start: int, end: int, length: int) -> None:
        """Follow one change: `start` to `end` of the text before became `length` characters of `document`."""
        self.evidence = [one and _after(*one, start, end, length) for one in self.evidence]
        first, last = self.hull
        if start > last or self.touched is _Touch.GONE:
            return
        delta = length - (end - start)
        if end < first:
            self.start, self.end, self.hull = self.start + delta, self.end + delta, (first + delta, last + delta)
            return
        touched = self.touched = self._touched_by(document.text, start, end, length)
        hull = _after(*self.hull, start, end, length)
        self.start, self.end = _after(self.start, self.end, start, end, length)
        # The lines around what it marks: a line that was joined to it, and parted again, is not one of them.
        self.hull = document.line_bounds(*(hull if touched is _Touch.CODE else (self.start, self.end)))
        if touched is not _Touch.GONE and document.text[slice(*self.hull)] == self.lines:
            self.touched, self.across = _Touch.NONE, False
            self.start, self.end = self.hull[0] + self.inset[0], self.hull[0] + self.inset[1]

    def _touched_by(self, text: str, start: int, end: int, length: int) -> _Touch:
        """Return what has been done to it after a change on its lines, or beside them. `text` is the one after it."""
        first, last = self.hull
        self.across = self.across or start < first or end > last
        if start <= first and end >= last and end > start:
            return _Touch.GONE
        if self.touched is _Touch.CODE or self._hits_code(text, start, end, length):
            return _Touch.GONE if self.across else _Touch.CODE
        return _Touch.BESIDE

    def _hits_code(self, text: str, start: int, end: int, length: int) -> bool:
        if self.start == self.end:
            return start < self.start < end
        if end <= self.start:
            return end == self.start and _goes_on(text, start + length)
        if start >= self.end:
            return start == self.end and _goes_on(text, start)
        several = "\n" in self.lines or "\r" in self.lines
        return not several or (start <= self.start and end >= self.end)


def _after(low: int, high: int, start: int, end: int, length: int) -> tuple[int, int]:
    """Return where a piece of the text is after a change, with what of the change is inside of it."""
    delta = length - (end - start)
    if end <= low and start < high:
        return low + delta, high + delta
    if start >= high:
        return low, high
    return min(low, start), max(high, end) + delta


def _goes_on(text: str, at: int) -> bool:
    """Whether a name goes on across an offset."""
    return 0 < at < len(text) and _of_name(text[at - 1]) and _of_name(text[at])


def _of_name(character: str) -> bool:
    return character == "_" or character.isalnum()
