"""Text as editors and files have it: bytes to text and back, lines, and positions in UTF-8, UTF-16 and UTF-32 units.

This is the only module that knows how lines end. The Language Server Protocol ends a line at `\\r\\n`, `\\n` or `\\r`
and nowhere else; `str.splitlines` also splits at form feeds and U+2028, so it is never used on source text.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Literal

from ambient_lsp.errors import ContextError
from ambient_lsp.model import Snapshot, Span

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PositionEncoding = Literal["utf-8", "utf-16", "utf-32"]

_LINE_END = re.compile(r"\r\n|\n|\r")
_BYTE_LINE_END = re.compile(rb"\r\n|\n|\r")
_LONGEST_HEAD = 4096
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: "1 file", "2 files"; `many` where that is not `one` and an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def sha256(text: str) -> str:
    """Return the hash by which an edit is bound to `text`. Lone surrogates, which editors can send, are allowed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def freeze(root: Path, path: str, text: str, *, version: int | None = None) -> Snapshot:
    """Make a snapshot of text that is at hand, such as an editor's buffer."""
    return Snapshot(root, path, text, sha256(text), newline_of(text), version=version)


def decode(root: Path, path: str, data: bytes) -> Snapshot:
    """Make a snapshot of a file's bytes.

    A byte-order mark decides the encoding, else (in Python files and scripts) a PEP 263 coding line, else UTF-8.
    Raises `ContextError` when the bytes are not text in that encoding, when `encode` could not give the same bytes
    again, or when they hold a NUL as binary files do.
    """
    may_declare = path.endswith((".py", ".pyi", ".pyw")) or data.startswith(b"#!")
    encoding, bom = _encoding_of(data, may_declare=may_declare)
    try:
        text = data[len(bom) :].decode(encoding)
        if encoding != "utf-8" and encode(text, encoding, bom=bool(bom)) != data:
            # Such as utf-7, where one text has many spellings: writing it back would change lines nobody edited.
            raise UnicodeError
    except (UnicodeError, LookupError) as error:
        raise ContextError(
            f"{path} is not valid {encoding} text.",
            untouched="The file was left alone.",
            next_step="Save it as UTF-8, or add a coding line (PEP 263) that names its encoding.",
            path=path,
        ) from error
    if "\0" in text:
        raise ContextError(f"{path} is a binary file.", untouched="The file was left alone.", path=path)
    return Snapshot(root, path, text, sha256(text), newline_of(text), encoding, bool(bom))


def encode(text: str, encoding: str = "utf-8", *, bom: bool = False) -> bytes:
    """Return the bytes that a file with this text has. The inverse of `decode` for the snapshot's own fields."""
    mark = next((mark for mark, name in _BOMS if name == encoding), b"") if bom else b""
    return mark + text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "strict")


def newline_of(text: str) -> str:
    """Return the line ending that most lines have; a line feed when there is none or a tie."""
    crlf = text.count("\r\n")
    counts = {"\n": text.count("\n") - crlf, "\r\n": crlf, "\r": text.count("\r") - crlf}
    return max(counts, key=lambda ending: counts[ending])


def split_lines(text: str) -> list[str]:
    """Return the lines with their endings; joined they are `text`. No text has no lines."""
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    if starts[-1] != len(text):
        starts.append(len(text))
    return [text[start:end] for start, end in pairwise(starts)]


@lru_cache(maxsize=16)
def _line_starts(text: str) -> tuple[int, ...]:
    """Return the offset at which each line starts. Kept, because everybody who looks at a saved text asks for it."""
    if "\r" in text:
        return (0, *(match.end() for match in _LINE_END.finditer(text)))
    return (0, *accumulate(len(line) + 1 for line in text.split("\n")[:-1]))


class Lines:
    """The lines of one text, indexed once. Lines and columns count from 0; columns are code points."""

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: Sequence[int] = _line_starts(text)

    def __len__(self) -> int:
        return len(self._starts)

    def start(self, line: int) -> int:
        """Return the offset of a line's first character; lines past the end are at the end of the text."""
        return self._starts[line] if line < len(self._starts) else len(self.text)

    def line(self, line: int) -> str:
        """Return a line without its ending."""
        return self.text[self.start(line) : self.start(line + 1)].rstrip("\r\n")

    def position(self, offset: int) -> tuple[int, int]:
        """Return the (line, column) of an offset."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, offset) - 1
        return line, offset - self._starts[line]

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a (line, column); a column past the end of the line is at the end of the line."""
        if line >= len(self._starts):
            return len(self.text)
        return self._starts[line] + min(column, len(self.line(line)))

    def span(self, start: int, end: int) -> Span:
        """Return the span between two offsets."""
        return Span(*self.position(start), *self.position(end))

    def offsets(self, span: Span) -> tuple[int, int]:
        """Return the offsets that a span covers."""
        return self.offset(span.start_line, span.start_column), self.offset(span.end_line, span.end_column)

    def slice(self, span: Span) -> str:
        """Return the text in a span."""
        start, end = self.offsets(span)
        return self.text[start:end]

    def to_units(self, line: int, column: int, encoding: PositionEncoding) -> int:
        """Return a column in an editor's units."""
        return units(self.line(line)[:column], encoding)

    def from_units(self, line: int, character: int, encoding: PositionEncoding) -> int:
        """Return the column of an editor's position. One inside a character counts as before that character."""
        text = self.line(line)
        if encoding == "utf-32" or text.isascii():
            return min(character, len(text))
        used = 0
        for column, char in enumerate(text):
            used += units(char, encoding)
            if used > character:
                return column
        return len(text)


def units(text: str, encoding: PositionEncoding) -> int:
    """Return how many units of an encoding a piece of one line takes."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-16":
        return len(text) + sum(char > "\uffff" for char in text)
    return len(text.encode("utf-8", "surrogatepass"))


def _plain(encoding: str) -> str:
    """Return Python's own name for a codec, and plain UTF-8 for the one that adds a mark of its own."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        return encoding
    return "utf-8" if name == "utf-8-sig" else name


def _encoding_of(data: bytes, *, may_declare: bool) -> tuple[str, bytes]:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, mark
    for line in _BYTE_LINE_END.split(data[:_LONGEST_HEAD], 2)[:2] if may_declare else ():
        if match := _CODING.match(line):
            return _plain(match[1].decode("ascii", "replace")), b""
        if line.strip() and not line.lstrip().startswith(b"#"):
            break
    return "utf-8", b""
