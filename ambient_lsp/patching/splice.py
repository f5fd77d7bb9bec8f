"""Turning placed hunks into replacements: kept text is the file's own, added lines are written as the file writes."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ambient_lsp.errors import AmbiguousPatch, PatchConflict
from ambient_lsp.patching.likeness import LOOKALIKES, indent_of, is_elision, shift_between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.patching.diff import Hunk, Line
    from ambient_lsp.patching.place import Placement

Pair = tuple[str, str]
"""A line as the diff has it, and as the file has it."""


def splice(lines: Sequence[str], placements: Sequence[Placement], path: str) -> str:
    """Return the new text of a file with these lines (each with its ending) and the placements applied."""
    bare = [line.removesuffix("\n") for line in lines]
    pairs = [pair for placement in placements for pair in _pairs(placement, bare)]
    changes: list[tuple[int, int, list[str]]] = []
    for placement in placements:
        if not placement.done:
            writer = _Writer(lines, bare, placement, pairs)
            changes += (
                (start, end, writer.written(added, removed, start, end))
                for start, end, added, removed in _changes(placement, len(lines), path)
            )
    parts: list[str] = []
    at = 0
    for start, end, added in sorted(changes, key=lambda change: change[:2]):
        if start < at:
            raise PatchConflict(
                f"Two changes of {path} overlap.",
                untouched="Nothing was written.",
                next_step="Ask for the whole change again.",
                path=path,
            )
        parts += (*lines[at:start], *added)
        at = end
    return _joined(
        [*parts, *lines[at:]], "\r\n" if sum(line.endswith("\r\n") for line in lines) > len(lines) / 2 else "\n"
    )


def _joined(parts: list[str], newline: str) -> str:
    """Join lines; only the last may lack an ending."""
    return "".join(
        part if part.endswith("\n") or number == len(parts) - 1 else part + newline for number, part in enumerate(parts)
    )


def _pairs(placement: Placement, bare: Sequence[str]) -> list[Pair]:
    side = placement.hunk.new if placement.done else placement.hunk.old
    return [
        (line.text, bare[place]) for line, place in zip(side, placement.alignment, strict=False) if place is not None
    ]


def _changes(placement: Placement, size: int, path: str) -> list[tuple[int, int, list[Line], list[tuple[Line, int]]]]:
    """Return (start, end, added lines, removed lines with their numbers) for each run of changes in a hunk."""
    if placement.rung.startswith("insert:"):
        place = int(placement.rung.removeprefix("insert:"))
        return [(place, place, list(placement.hunk.lines), [])]
    runs: list[tuple[int, int, list[Line], list[tuple[Line, int]]]] = []
    at = index = 0
    lines = placement.hunk.lines
    while at < len(lines):
        if lines[at].mark == " ":
            index, at = index + 1, at + 1
            continue
        begin = at
        while at < len(lines) and lines[at].mark != " ":
            at += 1
        run = lines[begin:at]
        count = sum(line.mark == "-" for line in run)
        runs.append(_run(placement, run, index, count, size, path))
        index += count
    return runs


def _run(
    placement: Placement, run: Sequence[Line], index: int, count: int, size: int, path: str
) -> tuple[int, int, list[Line], list[tuple[Line, int]]]:
    hunk, alignment = placement.hunk, placement.alignment
    added = [line for line in run if line.mark == "+"]
    removed = [line for line in run if line.mark == "-"]
    places = [place for place in alignment[index : index + count] if place is not None]
    if places and places != list(range(places[0], places[0] + count)):
        raise _unclear(hunk, path)
    leads = bool(added) and run[0].mark == "+"
    trails = bool(added) and run[-1].mark == "+"
    if places:
        if leads:
            _gap(alignment, index, places[0], hunk, size, path, before=True)
        if trails:
            _gap(alignment, index + count - 1, places[-1], hunk, size, path, before=False)
        return places[0], places[-1] + 1, added, list(zip(removed, places, strict=True))
    place = _insertion(alignment, index, hunk, size, path)
    return place, place, added, []


def _gap(
    alignment: Sequence[int | None], index: int, place: int, hunk: Hunk, size: int, path: str, *, before: bool
) -> None:
    """Refuse when lines that the hunk does not show lie between a removed line and its neighbour.

    Added lines could then belong on either side of them.
    """
    step = -1 if before else 1
    between = 0
    index += step
    if 0 <= index < len(alignment) and alignment[index] is None and is_elision(hunk.old[index].text):
        return
    while 0 <= index < len(alignment) and alignment[index] is None:
        index, between = index + step, between + 1
    if not 0 <= index < len(alignment):
        at_edge = place == (0 if before else size - 1)
        if (between or _short(hunk)) and not at_edge:
            raise _unclear(hunk, path)
        return
    neighbour = alignment[index]
    gap = abs((neighbour if neighbour is not None else place) - place) - 1
    if gap not in (0, between) or (gap == 0 and between):
        raise _unclear(hunk, path)


def _insertion(alignment: Sequence[int | None], index: int, hunk: Hunk, size: int, path: str) -> int:
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
        if before == size - 1 or not _short(hunk):
            return before + 1
    elif after is not None and not unmatched_left and not unmatched_right and (after == 0 or not _short(hunk)):
        return after
    raise _unclear(hunk, path)


def _short(hunk: Hunk) -> bool:
    """Tell whether the header promises more kept lines than there are: one at the edge may have been dropped."""
    return hunk.missing is not None and hunk.missing[0] > 0 and hunk.missing[1] > 0


def _unclear(hunk: Hunk, path: str) -> AmbiguousPatch:
    line = next((line for line in hunk.lines if line.mark == "+"), None)
    return AmbiguousPatch(
        f"{path} has lines, just where a change goes, that the diff does not show"
        + (f": it is not clear on which side {line.text.strip()[:80]!r} belongs." if line else "."),
        untouched="Nothing was written.",
        next_step="Ask for the change again, made for the file as it is now.",
        path=path,
    )


class _Writer:
    """Writes added lines as the file would have them, by how the hunk's other lines differ from the file's."""

    def __init__(
        self, lines: Sequence[str], bare: Sequence[str], placement: Placement, all_pairs: Sequence[Pair]
    ) -> None:
        self.lines = lines
        self.bare = bare
        self.pairs = _pairs(placement, bare)
        everywhere = all_pairs or self.pairs
        self.returns = any(one.endswith("\r") != other.endswith("\r") for one, other in everywhere)
        self.trailing = any(_tail(one) and not _tail(other) for one, other in everywhere)
        self.characters = _characters(everywhere)
        self.text = "".join(bare)
        self.indents = {indent_of(one): indent_of(other) for one, other in [*everywhere, *self.pairs] if one.strip()}
        changed = {one: other for one, other in self.indents.items() if one != other}
        self.tabs = any("\t" in one + other and one.expandtabs(8) != "" for one, other in changed.items())
        self.shift = None if self.tabs or not changed else shift_between([p for p in self.pairs if p[0].strip()])

    def written(self, added: Sequence[Line], removed: Sequence[tuple[Line, int]], start: int, end: int) -> list[str]:
        result = [self._line(line, removed, start) for line in added]
        if result and end == len(self.lines) and self.lines and not self.lines[-1].endswith("\n"):
            told = any(not line.ended for line, _ in removed) or any(not line.ended for line in added)
            if not told:
                result[-1] = result[-1].removesuffix("\n").removesuffix("\r")
        return result

    def _line(self, line: Line, removed: Sequence[tuple[Line, int]], start: int) -> str:
        text = line.text
        if self.characters:
            text = self._characters_restored(text, removed)
        text = self._indented(text)
        if self.trailing:
            text = text.rstrip() + ("\r" if text.endswith("\r") else "")
        if self.returns:
            near = self.lines[start] if removed or start < len(self.lines) else self.lines[start - 1]
            if not near.endswith("\n") and start:
                near = self.lines[start - 1]
            text = text.removesuffix("\r") + ("\r" if near.endswith("\r\n") else "")
        return text + "\n" if line.ended else text

    def _indented(self, text: str) -> str:
        if not text.strip():
            return text
        indent = indent_of(text)
        rest = text[len(indent) :]
        if self.shift:
            off, on = self.shift
            if indent.startswith(off):
                return on + indent[len(off) :] + rest
        elif self.tabs:
            return self._retabbed(indent) + rest
        return text

    def _retabbed(self, indent: str) -> str:
        if indent in self.indents:
            return self.indents[indent]
        known = [(one, other) for one, other in self.indents.items() if one and other]
        if any("\t" in other for _, other in known):
            width = next((w for w in (4, 8, 2) if all(o.expandtabs(w) == i for i, o in known)), 4)
            size = len(indent.expandtabs(width))
            return "\t" * (size // width) + " " * (size % width)
        width = next((w for w in (4, 8, 2) if all(i.expandtabs(w) == o for i, o in known)), 4)
        return indent.expandtabs(width)

    def _characters_restored(self, text: str, removed: Sequence[tuple[Line, int]]) -> str:
        similar = max(
            ((line.text, self.bare[place]) for line, place in removed if len(line.text) == len(self.bare[place])),
            key=lambda pair: difflib.SequenceMatcher(None, pair[0], text).ratio(),
            default=None,
        )
        kept: dict[int, str] = {}
        if similar:
            for a, b, size in difflib.SequenceMatcher(None, similar[0], text).get_matching_blocks():
                kept.update((b + n, similar[1][a + n]) for n in range(size))
        return "".join(kept.get(n, self._character(char)) for n, char in enumerate(text))

    def _character(self, char: str) -> str:
        if char in self.characters:
            return self.characters[char]
        return LOOKALIKES[char] if char in LOOKALIKES and char not in self.text else char


def _tail(line: str) -> bool:
    line = line.removesuffix("\r")
    return line != line.rstrip()


def _characters(pairs: Sequence[Pair]) -> dict[str, str]:
    """Return which character of the diff stands for which of the file, where that is always the same one."""
    seen: dict[str, set[str]] = {}
    for one, other in pairs:
        if one.rstrip() != other.rstrip() and not (one.isascii() and other.isascii()):
            for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
                if tag == "replace" and i2 - i1 == j2 - j1:
                    for a, b in zip(one[i1:i2], other[j1:j2], strict=True):
                        seen.setdefault(a, set()).add(b)
                elif tag == "replace" and i2 - i1 == 1:
                    seen.setdefault(one[i1], set()).add(other[j1:j2])
    whole = "".join(other for _, other in pairs)
    return {
        char: next(iter(others))
        for char, others in seen.items()
        if len(others) == 1 and char not in whole and not char.isalnum()
    }
