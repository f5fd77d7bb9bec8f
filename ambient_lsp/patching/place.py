"""Finding where the hunks of one file go: the rungs from strict to lenient, one unique place each, or a refusal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ambient_lsp.errors import AmbiguousPatch, PatchConflict
from ambient_lsp.patching.align import TooClose, align
from ambient_lsp.patching.diff import Line
from ambient_lsp.patching.likeness import RUNGS, exact, is_elision, shift_between, stripped

if TYPE_CHECKING:
    from ambient_lsp.patching.changes import Alignment
    from ambient_lsp.patching.diff import Hunk
    from ambient_lsp.patching.likeness import Key

Trace = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Placement:
    """A hunk with the file's line number for each of its old lines.

    `done` means that the file has the change; the numbers are then those of the new lines. `inserted_at` is where the
    lines of a hunk go that has no old ones.
    """

    hunk: Hunk
    alignment: Alignment
    rung: str = ""
    done: bool = False
    inserted_at: int | None = None

    @property
    def start(self) -> int:
        """The first file line that the hunk speaks of."""
        return next((place for place in self.alignment if place is not None), 0)

    @property
    def end(self) -> int:
        """The line after the last one that the hunk speaks of."""
        return next((place + 1 for place in reversed(self.alignment) if place is not None), self.start)


@dataclass
class _Open:
    """A hunk with the places where it could go, or (`done`) where it could have been applied before."""

    hunk: Hunk
    rung: str
    starts: list[int]
    done_starts: list[int] = field(default_factory=list)
    gaps: frozenset[int] = frozenset()

    def placement(self, start: int, *, done: bool) -> Placement:
        if done:
            return Placement(self.hunk, list(range(start, start + len(self.hunk.new))), "already applied", done=True)
        places = range(start, start + len(self.hunk.old))
        return Placement(self.hunk, [None if n in self.gaps else place for n, place in enumerate(places)], self.rung)


class Finder:
    """Places the hunks of one file. `lines` are without their line feeds; `trace` hears what is tried."""

    def __init__(self, lines: Sequence[str], path: str, trace: Trace, *, ended: bool = True) -> None:
        self.lines = lines
        self.ended = ended
        self.path = path
        self.trace = trace
        self._keyed: dict[Key, tuple[list[str], dict[str, list[int]]]] = {}

    def place(self, hunks: Sequence[Hunk]) -> list[Placement]:
        """Return a placement for every hunk, in the order of the diff.

        Raises `AmbiguousPatch` when a hunk fits in several places and neither its numbers nor its neighbours tell
        which is meant, and `PatchConflict` when it fits nowhere.
        """
        found: list[Placement | _Open | None] = [self._find(hunk) if hunk.old else None for hunk in hunks]
        placed = self._settle(hunks, found)
        return [
            placement or self._insert(number, hunk, placed)
            for number, (hunk, placement) in enumerate(zip(hunks, placed, strict=True), 1)
        ]

    def _find(self, hunk: Hunk) -> Placement | _Open:
        old, new = [line.text for line in hunk.old], [line.text for line in hunk.new]
        changes = any(line.mark != " " for line in hunk.lines)
        telling = self._telling(hunk)
        for name, key in RUNGS:
            if key is not exact and changes and [key(line) for line in old] == [key(line) for line in new]:
                continue  # this rung forgives the very change that the hunk makes
            starts = self._matches(old, key)
            done = [start for start in self._matches(new, key) if self._ends_as(start, hunk)] if telling else []
            done = [start for start in done if not self._still_there(start, hunk)]
            # Kept lines on one side only: what was there before the change is also there after it.
            size, new_size = len(old), len(new)
            applied = [s for s in starts if any(d <= s and s + size <= d + new_size for d in done)]
            done = [d for d in done if not any(s <= d and d + new_size < s + size for s in starts)]
            starts = [s for s in starts if s not in applied]
            self.trace(f"{name}: {len(starts)} places, already applied in {len(done)}")
            if starts or done:
                return _Open(hunk, name, starts, done)
        if starts := self._shifted(hunk.old):
            self.trace(f"with another indentation: {len(starts)} places")
            self._check_alignment(hunk, starts)
            return _Open(hunk, "with another indentation", starts)
        if starts := self._unmarked(hunk.old):
            self.trace(f"without the space of kept lines: {len(starts)} places")
            return _Open(hunk, "without the space of kept lines", starts)
        if done := self._shifted(hunk.new) if telling else []:
            return _Open(hunk, "with another indentation", [], done)
        return self._elided(hunk) or self._aligned(hunk)

    def _telling(self, hunk: Hunk) -> bool:
        """Tell whether the new side alone says enough to find it in a file."""
        added = any(line.mark == "+" and line.text.strip() for line in hunk.lines)
        return sum(bool(line.text.strip()) for line in hunk.new) >= (1 if added else 2)

    def _matches(self, wanted: Sequence[str], key: Key) -> list[int]:
        if key not in self._keyed:
            keyed = [key(line) for line in self.lines]
            index: dict[str, list[int]] = {}
            for number, line in enumerate(keyed):
                index.setdefault(line, []).append(number)
            self._keyed[key] = keyed, index
        keyed, index = self._keyed[key]
        keys = [key(line) for line in wanted]
        rarest = min(range(len(keys)), key=lambda n: len(index.get(keys[n], ())))
        return [
            place - rarest
            for place in index.get(keys[rarest], ())
            if place >= rarest and keyed[place - rarest : place - rarest + len(keys)] == keys
        ]

    def _shifted(self, wanted: Sequence[Line]) -> list[int]:
        texts = [line.text for line in wanted]
        return [
            start
            for start in self._matches(texts, stripped)
            if shift_between(list(zip(texts, self.lines[start : start + len(texts)], strict=True)))
        ]

    def _unmarked(self, wanted: Sequence[Line]) -> list[int]:
        """Find the places of a hunk whose kept lines have lost the space that marks them."""
        return [
            start
            for start in self._matches([line.text for line in wanted], stripped)
            if all(
                line.text.rstrip() == there.rstrip()
                or (line.mark == " " and f" {line.text}".rstrip() == there.rstrip())
                for line, there in zip(wanted, self.lines[start:], strict=False)
            )
        ]

    def _still_there(self, start: int, hunk: Hunk) -> bool:
        """Tell whether lines that a hunk only removes are beside the place where they would be gone."""
        removed = [stripped(line.text) for line in hunk.lines if line.mark == "-" and line.text.strip()]
        if any(line.mark == "+" for line in hunk.lines) or not removed:
            return False
        low = max(0, start - len(hunk.old) - len(hunk.new))
        near = [stripped(line) for line in self.lines[low : start + 2 * len(hunk.old)]]
        return all(line in near for line in removed)

    def _ends_as(self, start: int, hunk: Hunk) -> bool:
        """Tell whether the file ends, after a change that may be done, with a newline just where the hunk does."""
        if start + len(hunk.new) < len(self.lines) or all(line.ended for line in hunk.lines):
            return True
        return hunk.new[-1].ended == self.ended

    def _elided(self, hunk: Hunk) -> _Open | None:
        """Use the counts of the header: they tell how many lines one "..." stands for."""
        marks = [number for number, line in enumerate(hunk.old) if line.mark == " " and is_elision(line.text)]
        if len(marks) != 1 or hunk.missing is None or not hunk.missing[0] == hunk.missing[1] >= 0:
            return None
        hidden = [Line(" ", "")] * (hunk.missing[0] + 1)
        lines = [
            shown for line in hunk.lines for shown in (hidden if line.mark == " " and is_elision(line.text) else [line])
        ]
        whole = replace(hunk, lines=tuple(lines), missing=(0, 0))
        gaps = frozenset(range(marks[0], marks[0] + len(hidden)))
        texts = [line.text for line in whole.old]
        starts = [
            start
            for start in range(len(self.lines) - len(texts) + 1)
            if all(n in gaps or self.lines[start + n].rstrip() == text.rstrip() for n, text in enumerate(texts))
        ]
        self.trace(f"with elided lines: {len(starts)} places")
        return _Open(whole, "with elided lines", starts, gaps=gaps) if starts else None

    def _check_alignment(self, hunk: Hunk, starts: Sequence[int]) -> None:
        """Refuse a place by another indentation when the lines as they are fit about as well elsewhere."""
        try:
            alignment = align(hunk, self.lines)
        except TooClose:
            raise self._ambiguous(hunk) from None
        if alignment and Placement(hunk, alignment).start not in starts:
            raise self._ambiguous(hunk)

    def _aligned(self, hunk: Hunk) -> Placement:
        try:
            alignment = align(hunk, self.lines)
        except TooClose:
            raise self._ambiguous(hunk) from None
        self.trace(f"with other kept lines: {'found' if alignment else 'no place'}")
        if alignment is None:
            raise self._conflict(hunk)
        return Placement(hunk, alignment, "with other kept lines")

    def _settle(self, hunks: Sequence[Hunk], found: list[Placement | _Open | None]) -> list[Placement | None]:
        placed = [self._only_place(one) if isinstance(one, _Open) else one for one in found]
        progress = True
        while progress:
            progress = False
            for number, one in enumerate(found):
                if placed[number] is None and isinstance(one, _Open):
                    placed[number] = self._chosen(one, number, hunks, placed)
                    progress = progress or placed[number] is not None
        for placement, hunk in zip(placed, hunks, strict=True):
            if hunk.old and (placement is None or self._has_rival(placement)):
                raise self._ambiguous(hunk)
        return placed

    def _has_rival(self, placement: Placement) -> bool:
        """Tell whether all kept lines are where the numbers say, and only the removed ones are not.

        Those have then been changed since, and what was found elsewhere is a copy of them.
        """
        hunk = placement.hunk
        if placement.done or hunk.old_start is None or placement.start == hunk.old_start - 1:
            return False
        start = hunk.old_start - 1
        there = self.lines[start : start + len(hunk.old)]
        kept = [
            (line.text.strip(), text.strip()) for line, text in zip(hunk.old, there, strict=False) if line.mark == " "
        ]
        same = all(one == other for one, other in kept) and len(there) == len(hunk.old)
        return same and len(kept) < len(hunk.old) and sum(bool(one) for one, _ in kept) > 1

    def _only_place(self, one: _Open) -> Placement | None:
        if len(one.starts) == 1 and not one.done_starts:
            return one.placement(one.starts[0], done=False)
        if len(one.done_starts) == 1 and not one.starts:
            return one.placement(one.done_starts[0], done=True)
        return None

    def _chosen(
        self, one: _Open, number: int, hunks: Sequence[Hunk], placed: Sequence[Placement | None]
    ) -> Placement | None:
        options = [(start, False) for start in one.starts]
        options += [(start, True) for start in one.done_starts]
        expected = _expected(hunks[number], number, placed)
        by_number = [option for option in options if expected is not None and option[0] == expected[option[1]]]
        if len(by_number) == 1:
            return one.placement(by_number[0][0], done=by_number[0][1])
        if hunks[number].section:
            options = [option for option in options if self._is_below(option[0], hunks[number].section)]
        low, high = _bounds(hunks, number, placed, len(self.lines))
        options = [option for option in options if low <= option[0] < high]
        if len(options) == 1:
            return one.placement(options[0][0], done=options[0][1])
        return None

    def _is_below(self, start: int, section: str) -> bool:
        """Tell whether a place lies in the block that the words after `@@` begin."""
        indent = 1_000_000
        for number in range(start, -1, -1):
            line = self.lines[number]
            if line.strip() and (depth := len(line) - len(line.lstrip())) < indent:
                if number < start or line.strip().startswith(section.strip()):
                    indent = depth
                if line.strip().startswith(section.strip()):
                    return True
        return False

    def _insert(self, number: int, hunk: Hunk, placed: Sequence[Placement | None]) -> Placement:
        """Place added lines without any kept or removed one: only by numbers that other hunks vouch for."""
        near = {offset for offsets in _near_offsets(number - 1, placed) for offset in offsets}
        offset = near.pop() if len(near) == 1 else None
        at_end = not any(placed) and hunk.old_start == len(self.lines)
        kept_lines_lost = hunk.missing is not None and hunk.missing[0] > 0
        if hunk.old_start is None or kept_lines_lost or (offset is None and not at_end):
            self.trace(f"hunk {number} only adds lines, and nothing shows that its line numbers are right")
            raise self._ambiguous(hunk)
        place = hunk.old_start + (offset or 0)
        if not 0 <= place <= len(self.lines):
            raise self._conflict(hunk)
        return Placement(hunk, [], inserted_at=place)

    def _ambiguous(self, hunk: Hunk) -> AmbiguousPatch:
        return AmbiguousPatch(
            f"A change fits in more than one place of {self.path}: {_first_line(hunk)}",
            untouched="Nothing was written.",
            next_step="Ask for the change again with more of the lines around it.",
            path=self.path,
        )

    def _conflict(self, hunk: Hunk) -> PatchConflict:
        return PatchConflict(
            f"A change fits nowhere in {self.path}: {_first_line(hunk)}",
            untouched="Nothing was written.",
            next_step="Ask for the change again, made for the file as it is now.",
            path=self.path,
        )


def _first_line(hunk: Hunk) -> str:
    line = next((line for line in hunk.lines if line.mark != " "), None)
    return repr(f"{line.mark}{line.text}"[:100]) if line else "(no changed line)"


def _offsets(placement: Placement) -> tuple[int, int] | None:
    """Return how far the file's lines are from the diff's old ones before and after a hunk; None without numbers."""
    start = placement.hunk.old_start
    first = next((n for n, place in enumerate(placement.alignment) if place is not None), None)
    if start is None or first is None:
        return None
    last = next(n for n, place in enumerate(reversed(placement.alignment)) if place is not None)
    end = start - 1 + len(placement.hunk.old)
    return placement.start - first - (start - 1), placement.end + last - end


def _near_offsets(number: int, placed: Sequence[Placement | None]) -> tuple[list[int], list[int]]:
    """Return the offsets (none or one each) of the nearest placed hunks before and after one.

    Those next to it are asked first: of the others it is not known yet how much the hunks between them moved.
    """
    before = [offsets[1] for other in placed[:number] if other and (offsets := _offsets(other))][-1:]
    after = [offsets[0] for other in placed[number + 1 :] if other and (offsets := _offsets(other))][:1]
    beside = placed[number - 1] if number else None
    beyond = placed[number + 1] if number + 1 < len(placed) else None
    if beside and not beyond:
        return before, []
    if beyond and not beside:
        return [], after
    return before, after


def _expected(hunk: Hunk, number: int, placed: Sequence[Placement | None]) -> tuple[int | None, int | None] | None:
    """Return where a hunk should start by its numbers (if it is to be applied, if it was applied before).

    Neighbours that have been placed must be off by the same number of lines; alone, its own number is believed.
    """
    if hunk.old_start is None or hunk.new_start is None:
        return None
    if not any(placed):
        return hunk.old_start - 1, hunk.new_start - 1
    before, after = _near_offsets(number, placed)
    growth = len(hunk.new) - len(hunk.old)
    todo, done = {*before, *after}, {*before, *(offset - growth for offset in after)}
    return (
        hunk.old_start - 1 + todo.pop() if len(todo) == 1 else None,
        hunk.old_start - 1 + done.pop() if len(done) == 1 else None,
    )


def _bounds(hunks: Sequence[Hunk], number: int, placed: Sequence[Placement | None], size: int) -> tuple[int, int]:
    """Return between which lines a hunk must start if the diff is in order; everywhere if it is not."""
    starts = [hunk.old_start for hunk in hunks if hunk.old_start is not None]
    if starts != sorted(starts):
        return 0, size
    low = max((other.end for other in placed[:number] if other), default=0)
    high = min((other.start for other in placed[number + 1 :] if other), default=size)
    return low, high
