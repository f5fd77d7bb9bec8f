"""The open buffers, and the only place where an editor's positions meet ours.

A buffer is text as the editor has it. Editors that send a byte-order mark as part of the text are met here too: the
mark stays in the buffer, because the editor counts it, and is not part of the snapshot, as in `text.decode`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lsprotocol import types

from ambient_lsp.errors import ContextError
from ambient_lsp.lsp.lines import BufferLines
from ambient_lsp.model import Snapshot, Span
from ambient_lsp.text import PositionEncoding, decode, freeze, sha256

_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Text:
    """What a text is known by. The length is compared first: hashing a long file at every key would be felt."""

    length: int
    sha256: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Return what this text is known by."""
        return cls(len(text), sha256(text))

    def is_in(self, document: Document) -> bool:
        """Whether a buffer has this text now."""
        return self.length == len(document.text) and self.sha256 == document.sha256


class Document:
    """One text with its positions. `version` is None for a text that no editor has open."""

    __slots__ = ("_lines", "_sha256", "_skip", "dirty", "encoding", "text", "uri", "version")

    def __init__(self, uri: str, text: str, encoding: PositionEncoding, version: int | None = None) -> None:
        self.uri = uri
        self.encoding = encoding
        self.version = version
        self.dirty = False
        self._lines = BufferLines(text)
        self._look()

    def _look(self) -> None:
        raw = self._lines.text
        self._skip = len(_MARK) if raw.startswith(_MARK) else 0
        self.text = raw[self._skip :]
        self._sha256 = ""

    @property
    def sha256(self) -> str:
        """The hash of the text, computed when somebody asks."""
        if not self._sha256:
            self._sha256 = sha256(self.text)
        return self._sha256

    @property
    def known_by(self) -> Text:
        """What tells this text from all others."""
        return Text(len(self.text), self.sha256)

    def reads(self, raw: str) -> bool:
        """Whether an editor that says this text has this one."""
        return raw == self._lines.text or raw.removeprefix(_MARK) == self.text

    def larger_than(self, limit: int) -> bool:
        """Whether the text has more than `limit` bytes in UTF-8."""
        # A character has one to four bytes, so most texts need not be encoded to know.
        if 4 * len(self.text) <= limit:
            return False
        return len(self.text) > limit or len(self.text.encode("utf-8", "surrogatepass")) > limit

    def freeze(self, root: Path, path: str) -> Snapshot:
        """Return the text as it is now, as a value."""
        return freeze(root, path, self.text, version=self.version)

    def position(self, offset: int) -> types.Position:
        """Return the editor's position of an offset."""
        line, column = self._lines.position(offset + self._skip)
        return types.Position(line, self._lines.to_units(line, column, self.encoding))

    def offset(self, position: types.Position) -> int:
        """Return the offset of an editor's position; one past the end of a line or text is at that end."""
        column = self._lines.from_units(position.line, position.character, self.encoding)
        return max(self._lines.offset(position.line, column) - self._skip, 0)

    def range(self, start: int, end: int) -> types.Range:
        """Return the editor's range of two offsets."""
        return types.Range(self.position(start), self.position(end))

    def offsets(self, span: Span) -> tuple[int, int]:
        """Return the offsets of a span of the text."""
        return self._offset_of(span.start_line, span.start_column), self._offset_of(span.end_line, span.end_column)

    def line_bounds(self, start: int, end: int) -> tuple[int, int]:
        """Return where the lines that hold `start` to `end` begin and end, without the last line's ending."""
        first, _ = self._lines.position(start + self._skip)
        last, column = self._lines.position(end + self._skip)
        if last > first and column == 0:
            last -= 1
        begin = self._lines.start(first)
        stop = self._lines.start(last) + len(self._lines.line(last))
        return max(begin - self._skip, 0), max(stop - self._skip, 0)

    def change(self, changes: Sequence[types.TextDocumentContentChangeEvent]) -> Iterator[tuple[int, int, int]]:
        """Make an editor's changes, in their order; after each one yield its (start, end, length of the new text).

        That is the smallest change that does the same, whatever the editor sent.
        """
        self.dirty = True
        for change in changes:
            start, end, new = 0, len(self._lines.text), change.text
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = self._raw_offsets(change.range)
            # Some editors send more than has changed: the whole text, whole lines, or all that an undo is about.
            head, tail = _in_common(self._lines.text[start:end], new)
            start, end, new = start + head, end - tail, new[head : len(new) - tail]
            mark = len(_MARK) if start == 0 and new.startswith(_MARK) else 0
            made = max(start - self._skip, 0), max(end - self._skip, 0), len(new) - mark
            self._lines.replace(start, end, new)
            self._look()
            yield made

    def with_edits(self, edits: Sequence[types.TextEdit]) -> str:
        """Return the text that an editor would have that made these edits now, whatever they were made for."""
        raw, at = self._lines.text, 0
        parts: list[str] = []
        for start, end, text in sorted((*self._raw_offsets(edit.range), edit.new_text) for edit in edits):
            parts += (raw[at : max(start, at)], text)
            at = max(end, at)
        return "".join((*parts, raw[at:]))[self._skip :]

    def _raw_offsets(self, place: types.Range) -> tuple[int, int]:
        start = self._raw_offset(place.start)
        return start, max(self._raw_offset(place.end), start)

    def _raw_offset(self, position: types.Position) -> int:
        column = self._lines.from_units(position.line, position.character, self.encoding)
        return self._lines.offset(position.line, column)

    def _offset_of(self, line: int, column: int) -> int:
        offset = self._lines.offset(line, column + (self._skip if line == 0 else 0))
        return max(offset - self._skip, 0)


class Documents:
    """All open buffers, by the URI that the editor uses."""

    def __init__(self, encoding: PositionEncoding) -> None:
        self.encoding = encoding
        self._open: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._open.values()))

    def open(self, item: types.TextDocumentItem) -> Document:
        """Keep a buffer that the editor opened."""
        document = Document(item.uri, item.text, self.encoding, item.version)
        self._open[item.uri] = document
        return document

    def close(self, uri: str) -> None:
        """Forget a buffer."""
        self._open.pop(uri, None)

    def get(self, uri: str) -> Document | None:
        """Return an open buffer."""
        return self._open.get(uri)


def read(path: Path, uri: str, encoding: PositionEncoding) -> Document | None:
    """Return a file's text, read as bytes so that its line endings stay; None where it is missing or not text.

    Blocks: call it in a thread.
    """
    try:
        snapshot = decode(path.parent, path.name, path.read_bytes())
    except (OSError, ContextError):
        return None
    return Document(uri, snapshot.text, encoding)


def _in_common(old: str, new: str) -> tuple[int, int]:
    """Return how much two texts have in common at their beginnings, and of the rest at their ends."""
    shorter = min(len(old), len(new))
    head = _common(shorter, lambda low, high: old[low:high] == new[low:high])
    return head, _common(
        shorter - head,
        lambda low, high: old[len(old) - high : len(old) - low] == new[len(new) - high : len(new) - low],
    )


def _common(limit: int, alike: Callable[[int, int], bool]) -> int:
    """Return how much two texts have in common from one end, by comparing slices: this runs at every keystroke."""
    same = 0
    while same < limit:
        middle = (same + limit + 1) // 2
        if alike(same, middle):
            same = middle
        else:
            limit = middle - 1
    return same
