"""The lines of a buffer that is typed in: a key does not split a file of 20,000 lines anew.

Where lines start is kept as a list of which the part behind the last change is off by one number for all, so that
typing on at a place costs as much in a long file as in a short one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import overload

from ambient_lsp.text import Lines, PositionEncoding

_LINE_END = re.compile(r"\r\n|\n|\r")


class BufferLines(Lines):
    """Lines that follow changes; what they answer is what `Lines` of the same text would."""

    __slots__ = ()

    _starts: _Starts

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._starts = _Starts(self._starts)

    def position(self, offset: int) -> tuple[int, int]:
        """Return the (line, column) of an offset."""
        offset = min(max(offset, 0), len(self.text))
        line = self._starts.last_up_to(offset)
        return line, offset - self._starts[line]

    def to_units(self, line: int, column: int, encoding: PositionEncoding) -> int:
        """Return a column in an editor's units."""
        if not self.text.isascii():  # which Python knows without a look
            return super().to_units(line, column, encoding)
        at = self._starts[line] + column
        return column - (self.text[at - 1 : at + 1] == "\r\n")  # no editor stands inside a line ending

    def replace(self, start: int, end: int, new: str) -> None:
        """Put `new` where `start` to `end` of the text is."""
        text = self.text
        # From the line of the character before, which may be half of a line ending that is made or parted here.
        first, last = self.position(start - 1)[0], self.position(end)[0]
        low, high = self._starts[first], self.start(last + 1)
        touched = text[low:start] + new + text[end:high]
        starts = [low, *(low + match.end() for match in _LINE_END.finditer(touched))]
        if last + 1 < len(self._starts):
            del starts[-1]  # that of the next line, which is known
        self.text = text[:start] + new + text[end:]
        self._starts.replace(first, last + 1, starts, len(new) - (end - start))


class _Starts(Sequence[int]):
    """Rising offsets; those from `_at` on are `_by` more than the list says."""

    __slots__ = ("_at", "_by", "_list")

    def __init__(self, starts: Iterable[int]) -> None:
        self._list = list(starts)
        self._at, self._by = len(self._list), 0

    def __len__(self) -> int:
        return len(self._list)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        return self._list[index] + self._by if index >= self._at else self._list[index]

    def last_up_to(self, offset: int) -> int:
        """Return the index of the last start that is not behind an offset."""
        if self._at < len(self._list) and offset >= self._list[self._at] + self._by:
            return bisect_right(self._list, offset - self._by, self._at) - 1
        return bisect_right(self._list, offset, 0, self._at) - 1

    def replace(self, first: int, last: int, starts: Sequence[int], by: int) -> None:
        """Put `starts` where `first` to `last` are; what comes after moves by `by`."""
        if self._by:
            low, high, sign = (self._at, last, 1) if last > self._at else (last, self._at, -1)
            step = sign * self._by
            self._list[low:high] = [start + step for start in self._list[low:high]]
        self._list[first:last] = starts
        self._at = first + len(starts)
        self._by += by
