"""Which lines differ between two texts, in time that stays bounded on large and repetitive files."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Block = tuple[int, int, int, int]
"""Lines `i1` to `i2` of the one are lines `j1` to `j2` of the other, and differ."""

# difflib looks at every pair of equal lines, several times over: a file of 20,000 blank lines would take hours.
_MOST_PAIRS = 100_000


def changed_blocks(before: Sequence[str], after: Sequence[str]) -> list[Block]:
    """Return the blocks that differ, in order and with at least one equal line between two of them."""
    return _joined(_blocks(before, after, 0, 0))


def _blocks(before: Sequence[str], after: Sequence[str], at: int, new_at: int) -> Iterator[Block]:
    head = _common(before, after)
    before, after, at, new_at = before[head:], after[head:], at + head, new_at + head
    tail = _common(before[::-1], after[::-1])
    before, after = before[: len(before) - tail], after[: len(after) - tail]
    if not before or not after:
        if before or after:
            yield at, at + len(before), new_at, new_at + len(after)
        return
    counts = Counter(after)
    if sum(counts[line] for line in before) <= _MOST_PAIRS:
        for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if tag != "equal":
                yield at + i1, at + i2, new_at + j1, new_at + j2
        return
    anchors = _anchors(before, after, counts)
    if not anchors:
        yield at, at + len(before), new_at, new_at + len(after)
        return
    i = j = 0
    for anchor, new_anchor in [*anchors, (len(before), len(after))]:
        yield from _blocks(before[i:anchor], after[j:new_anchor], at + i, new_at + j)
        i, j = anchor + 1, new_anchor + 1


def _anchors(before: Sequence[str], after: Sequence[str], counts: Counter[str]) -> list[tuple[int, int]]:
    """Return the longest rising row of lines that each text has once ("patience diff")."""
    mine = Counter(before)
    where = {line: j for j, line in enumerate(after) if counts[line] == 1}
    pairs = [(i, where[line]) for i, line in enumerate(before) if mine[line] == 1 and line in where]
    lowest: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, (_, j) in enumerate(pairs):
        slot = bisect_left(lowest, j)
        previous.append(ends[slot - 1] if slot else -1)
        lowest[slot : slot + 1] = [j]
        ends[slot : slot + 1] = [index]
    row: list[tuple[int, int]] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        row.append(pairs[index])
        index = previous[index]
    return row[::-1]


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _joined(blocks: Iterator[Block]) -> list[Block]:
    result: list[Block] = []
    for block in blocks:
        if result and result[-1][1] == block[0] and result[-1][3] == block[2]:
            last = result.pop()
            block = (last[0], block[1], last[2], block[3])
        result.append(block)
    return result
