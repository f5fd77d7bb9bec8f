"""Where the changes of a hunk go, once it is known which line of the file each of its old lines is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ambient_lsp.patching.likeness import is_elision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.patching.diff import Hunk, Line

Alignment = list[int | None]
"""For each old line of a hunk the number of its line in the file, None for a kept line that is not there."""


class Change(NamedTuple):
    """The file's lines `start` to `end`, which are `removed`, become `added`."""

    start: int
    end: int
    added: tuple[Line, ...]
    removed: tuple[Line, ...]


class UnclearError(Exception):
    """The diff does not show enough to tell where lines are to be added."""


def changes(hunk: Hunk, alignment: Alignment, size: int) -> list[Change]:
    """Return the changes of a hunk, in order, for a file of `size` lines.

    Raises `UnclearError` where lines of the file that the hunk does not show lie just where lines are to be added: they
    could belong on either side.
    """
    runs: list[Change] = []
    at = index = 0
    lines = hunk.lines
    while at < len(lines):
        if lines[at].mark == " ":
            index, at = index + 1, at + 1
            continue
        begin = at
        while at < len(lines) and lines[at].mark != " ":
            at += 1
        run = lines[begin:at]
        count = sum(line.mark == "-" for line in run)
        runs.append(_run(hunk, alignment, run, index, size))
        index += count
    return runs


def _run(hunk: Hunk, alignment: Alignment, run: Sequence[Line], index: int, size: int) -> Change:
    added = tuple(line for line in run if line.mark == "+")
    removed = tuple(line for line in run if line.mark == "-")
    places = [place for place in alignment[index : index + len(removed)] if place is not None]
    if not places:
        place = _insertion(alignment, index, hunk, size)
        return Change(place, place, added, ())
    if places != list(range(places[0], places[0] + len(removed))):
        raise UnclearError
    if added and run[0].mark == "+":
        _check_gap(alignment, index, hunk, size, before=True)
    if added and run[-1].mark == "+":
        _check_gap(alignment, index + len(removed) - 1, hunk, size, before=False)
    return Change(places[0], places[-1] + 1, added, removed)


def _check_gap(alignment: Alignment, index: int, hunk: Hunk, size: int, *, before: bool) -> None:
    """Refuse lines that are not shown between a removed line and its neighbour, where lines are added."""
    place = alignment[index]
    step = -1 if before else 1
    between = 0
    index += step
    if 0 <= index < len(alignment) and alignment[index] is None and is_elision(hunk.old[index].text):
        return
    while 0 <= index < len(alignment) and alignment[index] is None:
        index, between = index + step, between + 1
    neighbour = alignment[index] if 0 <= index < len(alignment) else None
    if place is None or neighbour is None:
        if (between or _lacks_kept_lines(hunk)) and place != (0 if before else size - 1):
            raise UnclearError
    elif abs(neighbour - place) - 1 not in (0, between):
        raise UnclearError


def _insertion(alignment: Alignment, index: int, hunk: Hunk, size: int) -> int:
    """Return the line before which lines are added that come after old line `index - 1` of the hunk."""
    old = hunk.old
    if 0 < index < len(old):
        # Lines that are elided on one side do not matter where the other side is shown.
        above, below = alignment[index - 1], alignment[index]
        if below is not None and above is None and is_elision(old[index - 1].text):
            return below
        if above is not None and below is None and is_elision(old[index].text):
            return above + 1
    left, right = index - 1, index
    while left >= 0 and alignment[left] is None:
        left -= 1
    while right < len(alignment) and alignment[right] is None:
        right += 1
    unmatched_left, unmatched_right = index - 1 - left, right - index
    before = alignment[left] if left >= 0 else None
    after = alignment[right] if right < len(alignment) else None
    if before is not None and after is not None:
        gap = after - before - 1
        if gap == unmatched_left + unmatched_right:
            return before + 1 + unmatched_left
        if gap == 0:
            return after
    elif before is not None and not unmatched_left and not unmatched_right:
        if before == size - 1 or not _lacks_kept_lines(hunk):
            return before + 1
    elif (
        after is not None and not unmatched_left and not unmatched_right and (after == 0 or not _lacks_kept_lines(hunk))
    ):
        return after
    raise UnclearError


def _lacks_kept_lines(hunk: Hunk) -> bool:
    """Tell whether the header promises more kept lines than there are: one at the edge may have been dropped."""
    return hunk.missing is not None and hunk.missing[0] > 0 and hunk.missing[1] > 0
