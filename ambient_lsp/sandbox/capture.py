"""What a command prints: the first bytes are kept, the rest is read and thrown away, so that nothing grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio


class Capture:
    """Keeps the first `limit` bytes of one stream."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self.truncated = False

    def feed(self, data: bytes) -> None:
        """Take what came next."""
        room = self._limit - len(self._kept)
        self._kept += data[:room]
        self.truncated = self.truncated or len(data) > room

    async def drain(self, stream: asyncio.StreamReader) -> None:
        """Take all of `stream`, to its end."""
        while data := await stream.read(1 << 16):
            self.feed(data)

    @property
    def text(self) -> str:
        """The bytes kept, as text; bytes that are not UTF-8 are replaced."""
        return self._kept.decode("utf-8", errors="replace")
