"""When diagnostics go out: at most ten times a second for each file, and only when there is something else to see.

What was found goes out at once, where nothing went out just before. What follows typing waits for more of it: editors
move what they show with the text themselves, and a save shortly after is not held up by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from lsprotocol import types

INTERVAL = 0.1
"""The least seconds between two publications of a file."""

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
        self._given: dict[str, Sequence[types.Diagnostic]] = {}
        self._sent: dict[str, Sequence[types.Diagnostic]] = {}
        self._last: dict[str, float] = {}

    def now(self, uri: str) -> None:
        """Publish a file as soon as it may be."""
        self._given.pop(uri, None)
        self._at(uri, 0.0)

    def soon(self, uri: str) -> None:
        """Publish a file in `INTERVAL`, with what happens until then, unless it is due before."""
        self._given.pop(uri, None)
        if uri not in self._timers:
            self._at(uri, INTERVAL)

    def after_findings(self, uri: str) -> None:
        """Publish a file with the findings that are about to come, or without them if they take long."""
        self._given.pop(uri, None)
        self._at(uri, PATIENCE)

    def put(self, uri: str, diagnostics: Sequence[types.Diagnostic]) -> None:
        """Publish these for a file, as soon as it may be."""
        self._given[uri] = diagnostics
        self._at(uri, 0.0)

    def clear(self, uri: str) -> None:
        """Show nothing for a file any more."""
        self.put(uri, ())

    def close(self) -> None:
        """Stop the timers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _at(self, uri: str, wait: float) -> None:
        """Publish in `wait` seconds, or when it may be after that."""
        if (timer := self._timers.pop(uri, None)) is not None:
            timer.cancel()
        loop = asyncio.get_running_loop()
        due = max(loop.time() + wait, self._last.get(uri, -INTERVAL) + INTERVAL)
        if due <= loop.time():
            self._publish(uri)
        else:
            self._timers[uri] = loop.call_at(due, self._publish, uri)

    def _publish(self, uri: str) -> None:
        self._timers.pop(uri, None)
        given = self._given.pop(uri, None)
        diagnostics = self._render(uri) if given is None else given
        if diagnostics is None or self._sent.get(uri, []) == list(diagnostics):
            return
        self._last[uri] = asyncio.get_running_loop().time()
        self._send(uri, diagnostics)
        if diagnostics:
            self._sent[uri] = list(diagnostics)
        else:
            self._sent.pop(uri, None)
