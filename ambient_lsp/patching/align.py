"""Fitting a hunk whose kept lines are not all in the file: some were dropped, paraphrased, invented or elided.

The best alignment is found by dynamic programming over the whole file, with every removed line matched. It counts
only when no other alignment that puts the change elsewhere is nearly as good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.patching.changes import Alignment, UnclearError, changes
from ambient_lsp.patching.likeness import is_elision, squeezed, without_trailing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.patching.diff import Hunk, Line

_NEVER = float("-inf")
_SKIPPED_FILE_LINE = -1.0
_SKIPPED_OLD_LINE = -0.6
_PARAPHRASED = -0.8
_MARGIN = 0.75
_LEAST = 3.0
_MOST_CELLS = 1_000_000
_MOST_WORK = 5_000_000


class TooClose(Exception):
    """Two alignments are about as good."""


def align(hunk: Hunk, lines: Sequence[str]) -> Alignment | None:
    """Return the one good alignment, None when there is none. Raises `TooClose` when there are several."""
    old = hunk.old
    if not old or len(old) * len(lines) > _MOST_CELLS:
        return None
    grid = _Grid(old, lines)
    best, alignment = grid.best(frozenset())
    if best < _LEAST or not _good_enough(old, alignment):
        return None
    spots, sites = _spots(hunk, alignment, len(lines)), _sites(hunk, alignment)
    if len(old) * len(lines) * len(sites) > _MOST_WORK:
        return None
    for pair in sites:
        score, other = grid.best(frozenset([pair]))
        if score > best - _MARGIN and (spots is None or _spots(hunk, other, len(lines)) != spots):
            raise TooClose
    if _has_rival(old, lines, best, alignment):
        raise TooClose
    return alignment


def _has_rival(old: Sequence[Line], lines: Sequence[str], best: float, alignment: Alignment) -> bool:
    """Tell whether the kept lines alone fit elsewhere as well.

    The removed lines of that place may have been changed since, and the ones found here may be a copy of them.
    """
    grid = _Grid(old, lines, by_kept_lines=True)
    found = frozenset((index, place) for index, place in enumerate(alignment) if place is not None)
    removed = sum(_weight(line) for line in old if line.mark == "-")
    return grid.best(found)[0] > best - removed - _MARGIN


def _spots(hunk: Hunk, alignment: Alignment, size: int) -> list[tuple[int, int]] | None:
    try:
        return [change[:2] for change in changes(hunk, alignment, size)]
    except UnclearError:
        return None


def _good_enough(old: Sequence[Line], alignment: Alignment) -> bool:
    telling = [
        place is not None
        for line, place in zip(old, alignment, strict=True)
        if line.text.strip() and line.mark == " " and not is_elision(line.text)
    ]
    missing = telling.count(False)
    return missing <= max(1, len(telling) // 2) and (any(telling) or not telling)


def _sites(hunk: Hunk, alignment: Alignment) -> list[tuple[int, int]]:
    """Return the pairs (old line, file line) that fix where the changes go.

    They are the first removed line of each run of changes, or the kept lines around one that starts with an addition.
    """
    wanted: list[int] = []
    at = 0
    for number, line in enumerate(hunk.lines):
        starts = line.mark != " " and (number == 0 or hunk.lines[number - 1].mark == " ")
        if starts and line.mark == "-":
            wanted.append(at)
        elif starts:
            wanted += (at - 1, at)
        at += line.mark != "+"
    return [
        (index, place)
        for index in dict.fromkeys(wanted)
        if 0 <= index < len(alignment) and (place := alignment[index]) is not None
    ]


class _Grid:
    def __init__(self, old: Sequence[Line], lines: Sequence[str], *, by_kept_lines: bool = False) -> None:
        self.old = old
        self.by_kept_lines = by_kept_lines
        self.size = len(lines)
        loose: dict[str, list[int]] = {}
        strict: dict[str, list[int]] = {}
        for number, line in enumerate(lines):
            loose.setdefault(squeezed(line), []).append(number)
            strict.setdefault(without_trailing(line), []).append(number)
        self.places = [
            strict.get(without_trailing(line.text), []) if line.mark == "-" else loose.get(squeezed(line.text), [])
            for line in old
        ]
        self.weights = [0.0 if by_kept_lines and line.mark == "-" else _weight(line) for line in old]

    def best(self, forbidden: frozenset[tuple[int, int]]) -> tuple[float, Alignment]:
        """Return the highest score without the forbidden pairs, and its alignment."""
        row = [0.0] * (self.size + 1)
        came: list[list[int]] = []
        for index, line in enumerate(self.old):
            row, how = self._step(index, line, row, forbidden)
            came.append(how)
        end = max(range(self.size + 1), key=lambda j: row[j])
        if row[end] == _NEVER:
            return _NEVER, []
        return row[end], self._trace(came, end)

    def _step(
        self, index: int, line: Line, row: list[float], forbidden: frozenset[tuple[int, int]]
    ) -> tuple[list[float], list[int]]:
        """Return the scores after this old line, and how each came.

        1: matched, 3: paraphrased, 0: left out, 2: as the field before, with one more line of the file.
        """
        elided = line.mark == " " and is_elision(line.text)
        free = elided or (self.by_kept_lines and line.mark == "-")
        leave = 0.0 if free else _NEVER if line.mark == "-" else _SKIPPED_OLD_LINE
        fresh = [score + leave for score in row]
        how = [0] * len(row)
        weight = self.weights[index]
        if leave != _NEVER and not elided:
            paraphrased = 0.0 if free else _PARAPHRASED
            for j in range(1, len(fresh)):
                if row[j - 1] + paraphrased > fresh[j]:
                    fresh[j] = row[j - 1] + paraphrased
                    how[j] = 3
        for place in self.places[index]:
            if row[place] + weight > fresh[place + 1] and (index, place) not in forbidden:
                fresh[place + 1] = row[place] + weight
                how[place + 1] = 1
        if index + 1 < len(self.old):
            skip = 0.0 if elided else _SKIPPED_FILE_LINE
            for j in range(1, len(fresh)):
                if fresh[j - 1] + skip > fresh[j]:
                    fresh[j] = fresh[j - 1] + skip
                    how[j] = 2
        return fresh, how

    def _trace(self, came: list[list[int]], end: int) -> Alignment:
        alignment: Alignment = [None] * len(self.old)
        j = end
        for index in range(len(self.old) - 1, -1, -1):
            while came[index][j] == 2:
                j -= 1
            if came[index][j] in (1, 3):
                j -= 1
                if came[index][j + 1] == 1:
                    alignment[index] = j
        return alignment


def _weight(line: Line) -> float:
    size = len(line.text.strip())
    if size == 0:
        return 0.5
    return 3.0 if line.mark == "-" else 1.0 if size < 4 else 2.0
