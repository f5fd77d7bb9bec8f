"""When diagnostics go out: new findings at once; what follows typing and checks at most ten times a second per file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from lsprotocol import types

INTERVAL = 0.1
"""Seconds between two publications of a file, but for new findings and saves."""

PATIENCE = 0.03
"""Seconds that a saved file waits for new findings before it is published with what holds of the old ones."""


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
        self._last: dict[str, float] = {}

    def now(self, uri: str) -> None:
        """Publish a file."""
        if (timer := self._timers.pop(uri, None)) is not None:
            timer.cancel()
        self._last[uri] = asyncio.get_running_loop().time()
        diagnostics = self._render(uri)
        if diagnostics is not None:
            self.put(uri, diagnostics)

    def soon(self, uri: str) -> None:
        """Publish a file as soon as `INTERVAL` has passed since the last time, with what happens until then."""
        if uri not in self._timers:
            loop = asyncio.get_running_loop()
            due = self._last.get(uri, -INTERVAL) + INTERVAL
            self._timers[uri] = loop.call_at(max(due, loop.time()), self.now, uri)

    def after_findings(self, uri: str) -> None:
        """Publish a file with the findings that are about to come, or without them if they take long."""
        if (timer := self._timers.pop(uri, None)) is not None:
            timer.cancel()
        self._timers[uri] = asyncio.get_running_loop().call_later(PATIENCE, self.now, uri)

    def put(self, uri: str, diagnostics: Sequence[types.Diagnostic]) -> None:
        """Publish these for a file."""
        diagnostics = list(diagnostics)
        if self._sent.get(uri, []) != diagnostics:
            self._send(uri, diagnostics)
        if diagnostics:
            self._sent[uri] = diagnostics
        else:
            self._sent.pop(uri, None)

    def clear(self, uri: str) -> None:
        """Show nothing for a file any more."""
        if (timer := self._timers.pop(uri, None)) is not None:
            timer.cancel()
        self._last.pop(uri, None)
        self.put(uri, ())

    def close(self) -> None:
        """Stop the timers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
