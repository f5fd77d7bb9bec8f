"""A pause after each answer, for a client that loses what it reads together with one.

lsp-mode of Emacs leaves the loop over what it has read when an answer comes that somebody waits for, and drops the
messages behind it: a question then is never asked, an edit never made (emacs-lsp/lsp-mode#4323).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Protocol


class Writer(Protocol):
    """What takes the bytes of a message."""

    def write(self, data: bytes) -> Any:
        """Send `data` soon."""

    def close(self) -> Any:
        """Send what is left, and end."""


class PacedWriter:
    """Hands messages on in their order; what comes less than `seconds` after an answer waits until then."""

    def __init__(self, writer: Writer, seconds: float) -> None:
        self._writer = writer
        self._seconds = seconds
        self._waiting: deque[tuple[bytes, bool]] = deque()
        self._held = False

    def write(self, data: bytes) -> Any:
        """Send `data` now, or when its time has come."""
        if not self._held:
            return self._writer.write(data)
        self._waiting.append((data, False))
        return None

    def answered(self) -> None:
        """Note that the last message was an answer."""
        if self._waiting:
            self._waiting.append((self._waiting.pop()[0], True))
        else:
            self._hold()

    def close(self) -> Any:
        """Send what is left, and end."""
        while self._waiting:
            self._writer.write(self._waiting.popleft()[0])
        return self._writer.close()

    def _hold(self) -> None:
        self._held = True
        asyncio.get_running_loop().call_later(self._seconds, self._go_on)

    def _go_on(self) -> None:
        self._held = False
        while self._waiting and not self._held:
            data, is_answer = self._waiting.popleft()
            self._writer.write(data)
            if is_answer:
                self._hold()
