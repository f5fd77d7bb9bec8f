"""When diagnostics go out: at most ten times a second for each file, and only when there is something else to see.

What was found, and what follows typing, goes out at once where nothing went out just before. How a fix fares can wait a
little: so the next save, which may come right then, is not held up by it.
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
        self._looked: dict[str, float] = {}

    def now(self, uri: str) -> None:
        """Publish a file as soon as it may be."""
        self._given.pop(uri, None)
        self._at_once(uri)

    def soon(self, uri: str) -> None:
        """Publish a file as soon as it may be, after what else has come in by now.

        It is not even looked at more often than it may be published: most keys change nothing that is shown.
        """
        self._given.pop(uri, None)
        timer, now = self._timers.get(uri), asyncio.get_running_loop().time()
        if timer is None or timer.when() > now + PATIENCE:
            self._wait(uri, max(now, self._looked.get(uri, -INTERVAL) + INTERVAL))

    def later(self, uri: str) -> None:
        """Publish a file in `INTERVAL`, with what happens until then, unless it is due before."""
        self._given.pop(uri, None)
        if uri not in self._timers:
            self._wait(uri, asyncio.get_running_loop().time() + INTERVAL)

    def after_findings(self, uri: str) -> None:
        """Publish a file with the findings that are about to come, or without them if they take long."""
        self._given.pop(uri, None)
        self._wait(uri, asyncio.get_running_loop().time() + PATIENCE)

    def put(self, uri: str, diagnostics: Sequence[types.Diagnostic]) -> None:
        """Publish these for a file, as soon as it may be."""
        self._given[uri] = diagnostics
        self._at_once(uri)

    def clear(self, uri: str) -> None:
        """Show nothing for a file any more."""
        self.put(uri, ())

    def close(self) -> None:
        """Stop the timers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _at_once(self, uri: str) -> None:
        now = asyncio.get_running_loop().time()
        if self._may_be(uri) <= now:
            if (timer := self._timers.pop(uri, None)) is not None:
                timer.cancel()
            self._publish(uri)
        else:
            self._wait(uri, now)

    def _wait(self, uri: str, until: float) -> None:
        """Publish at that time, or when it may be after it."""
        if (timer := self._timers.pop(uri, None)) is not None:
            timer.cancel()
        due = max(until, self._may_be(uri))
        self._timers[uri] = asyncio.get_running_loop().call_at(due, self._publish, uri)

    def _may_be(self, uri: str) -> float:
        """Return since when a file may be published again."""
        return self._last.get(uri, -INTERVAL) + INTERVAL

    def _publish(self, uri: str) -> None:
        self._timers.pop(uri, None)
        self._looked[uri] = asyncio.get_running_loop().time()
        given = self._given.pop(uri, None)
        diagnostics = self._render(uri) if given is None else given
        if diagnostics is None or self._sent.get(uri, []) == list(diagnostics):
            return
        self._last[uri] = self._looked[uri]
        self._send(uri, diagnostics)
        if diagnostics:
            self._sent[uri] = list(diagnostics)
        else:
            self._sent.pop(uri, None)
