"""When diagnostics go out: at once for news, and at most ten times a second per file while somebody types."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from lsprotocol import types

INTERVAL = 0.1
"""Seconds between two publications of a file that is being typed in."""


class Publisher:
    """Sends what `render` returns for a URI, unless the client has just that already."""

    def __init__(
        self,
        render: Callable[[str], Sequence[types.Diagnostic] | None],
        send: Callable[[str, Sequence[types.Diagnostic]], None],
    ) -> None:
        self._render = render
        self._send = send
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._sent: dict[str, Sequence[types.Diagnostic]] = {}

    def now(self, uri: str) -> None:
        """Publish a file."""
        if (timer := self._timers.pop(uri, None)) is not None:
            timer.cancel()
        diagnostics = self._render(uri)
        if diagnostics is not None:
            self.put(uri, diagnostics)

    def soon(self, uri: str) -> None:
        """Publish a file within `INTERVAL`, together with what happens until then."""
        if uri not in self._timers:
            self._timers[uri] = asyncio.get_running_loop().call_later(INTERVAL, self.now, uri)

    def put(self, uri: str, diagnostics: Sequence[types.Diagnostic]) -> None:
        """Publish these for a file."""
        if self._sent.get(uri, ()) != diagnostics:
            self._send(uri, diagnostics)
        if diagnostics:
            self._sent[uri] = diagnostics
        else:
            self._sent.pop(uri, None)

    def clear(self, uri: str) -> None:
        """Show nothing for a file any more."""
        if (timer := self._timers.pop(uri, None)) is not None:
            timer.cancel()
        self.put(uri, ())

    def close(self) -> None:
        """Stop the timers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
