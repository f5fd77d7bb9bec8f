"""Event streams and lines of JSON, cut into payloads while the bytes arrive.

However the bytes are cut into pieces, the payloads are the same. Memory is bounded by the largest event allowed.
"""

from __future__ import annotations

from typing import Protocol

from ambient_lsp.errors import ReplyBroken

_BOM = b"\xef\xbb\xbf"


class Payloads(Protocol):
    """Cuts a stream of bytes into payloads."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next piece and return the payloads that it completes."""

    def close(self) -> list[bytes]:
        """Return what the end of the stream completes."""


class JsonLines:
    """One payload a line; empty lines are skipped."""

    def __init__(self, max_bytes: int = 8 << 20) -> None:
        self._max = max_bytes
        self._rest: list[bytes] = []
        self._size = 0
        self._after_cr = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next piece and return the payloads that it completes."""
        return [line for line in self._lines(data) if line]

    def close(self) -> list[bytes]:
        """Return the last line, if nothing ended it."""
        last = b"".join(self._rest)
        self._rest, self._size = [], 0
        return [last] if last else []

    def _lines(self, data: bytes) -> list[bytes]:
        r"""Return the lines that end in this piece. `\n`, `\r\n` and `\r` end a line, also when cut in two."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in data:
            self._after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = b"".join((*self._rest, lines[0]))
            self._rest, self._size = [], 0
        if rest:
            self._rest.append(rest)
            self._size += len(rest)
            if self._size > self._max:
                raise ReplyBroken(f"One event of the stream is larger than {self._max:,} bytes.")
        return lines


class EventStream(JsonLines):
    """The `data` of each event, as in the HTML standard. Comments and other fields are skipped.

    An event that the end of the stream cuts off is handed out too: hosts leave out the last empty line.
    """

    def __init__(self, max_bytes: int = 8 << 20) -> None:
        super().__init__(max_bytes)
        self._data: list[bytes] = []
        self._data_size = 0
        self._start = b""
        self._started = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next piece and return the payloads that it completes."""
        if not self._started:
            data = self._start = self._start + data
            if len(data) < len(_BOM) and _BOM.startswith(data):
                return []
            self._started, self._start = True, b""
            data = data.removeprefix(_BOM)
        return self._events(self._lines(data))

    def close(self) -> list[bytes]:
        """Return the event that nothing ended."""
        return self._events([self._start, *super().close(), b""])

    def _events(self, lines: list[bytes]) -> list[bytes]:
        events = []
        for line in lines:
            if line.startswith(b"data:"):
                value = line[6:] if line[5:6] == b" " else line[5:]
                self._data.append(value)
                self._data_size += len(value)
                if self._data_size > self._max:
                    raise ReplyBroken(f"One event of the stream is larger than {self._max:,} bytes.")
            elif line == b"data":
                self._data.append(b"")
            elif not line and self._data:
                events.append(b"\n".join(self._data))
                self._data, self._data_size = [], 0
        return events


class Whole(JsonLines):
    """Everything as one payload: from hosts that do not stream although they were asked to."""

    def feed(self, data: bytes) -> list[bytes]:
        """Keep the piece."""
        self._rest.append(data)
        self._size += len(data)
        if self._size > self._max:
            raise ReplyBroken(f"The answer is larger than {self._max:,} bytes.")
        return []
