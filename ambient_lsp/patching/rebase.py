"""The same edit on text that has moved on."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

from ambient_lsp.model import Replacement
from ambient_lsp.patching.compare import changed_blocks
from ambient_lsp.patching.edits import apply_replacements
from ambient_lsp.text import sha256, split_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.model import FileEdit
    from ambient_lsp.patching.compare import Block

_NAME = re.compile(r"[^\W\d]\w*")
_DISTANCE = 1
"""How many lines around a replaced region must be untouched as well."""


def rebase(edit: FileEdit, old_text: str, new_text: str) -> FileEdit | None:
    """Return `edit`, which was made for `old_text`, for `new_text`.

    None where the new text changes a line that the edit replaces or one directly beside it, where the place could be
    another one as well, where the new text uses anew a name that the edit takes out of the file (an import that nothing
    used, say), or where the edit creates a file. A deletion holds only for the very text it was made for.
    """
    if old_text == new_text:
        return edit
    if edit.base_sha256 != sha256(old_text) or edit.kind not in ("modify", "rename"):
        return None
    if _wanted_again(edit, old_text, new_text):
        return None
    old, new = split_lines(old_text), split_lines(new_text)
    starts, new_starts = [0, *accumulate(map(len, old))], [0, *accumulate(map(len, new))]
    blocks = changed_blocks(old, new)
    moved: list[Replacement] = []
    for change in edit.replacements:
        first, last = _lines_of(change, starts)
        low, high = max(0, first - _DISTANCE), min(len(old), last + _DISTANCE)
        if any((i1 < high and i2 > low) or i1 == i2 in _open_ends(first, last, low, high) for i1, i2, _, _ in blocks):
            return None
        shift = sum((j2 - j1) - (i2 - i1) for i1, i2, j1, j2 in blocks if i2 <= low)
        if not _only_place(old[low:high], low + shift, old, new, blocks):
            return None
        by = new_starts[low + shift] - starts[low]
        moved.append(Replacement(change.start + by, change.end + by, change.text))
    return replace(edit, base_sha256=sha256(new_text), replacements=tuple(moved))


def _wanted_again(edit: FileEdit, old_text: str, new_text: str) -> bool:
    before = Counter(_NAME.findall(old_text))
    taken = before.keys() - set(_NAME.findall(apply_replacements(old_text, edit.replacements)))
    now = Counter(word for word in _NAME.findall(new_text) if word in taken)
    return any(now[word] > before[word] for word in now)


def _lines_of(change: Replacement, starts: Sequence[int]) -> tuple[int, int]:
    """Return the lines that a replacement touches; none for whole lines inserted between two."""
    first = bisect_right(starts, change.start) - 1
    last = bisect_right(starts, max(change.start, change.end - 1)) - 1
    if change.start == change.end and change.start == starts[first]:
        return first, first
    return first, min(last + 1, len(starts) - 1)


def _open_ends(first: int, last: int, low: int, high: int) -> set[int]:
    """Return where the region has no neighbour, so that text added just there touches it."""
    return {line for line, edge in ((first, low), (last, high)) if line == edge}


def _only_place(
    region: Sequence[str], at: int, old: Sequence[str], new: Sequence[str], blocks: Sequence[Block]
) -> bool:
    """Tell whether the comparison of the texts could not have taken a copy for the region itself.

    A copy that no change touched is no danger. Of one that was added or taken away, it is anybody's guess whether it
    or the region is the one that stayed.
    """
    return not any(
        _copy_within(region, new, j1, j2, at) or _copy_within(region, old, i1, i2, None) for i1, i2, j1, j2 in blocks
    )


def _copy_within(region: Sequence[str], lines: Sequence[str], start: int, end: int, but: int | None) -> bool:
    size = len(region)
    return any(
        number != but and lines[number : number + size] == region
        for number in range(max(0, start - size + 1), min(end, len(lines) - size + 1))
    )
