"""One run: what was asked, what has happened so far, and a way to stop it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ambient_lsp.events import RunEnded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ambient_lsp.events import Event
    from ambient_lsp.model import RunRecord, Trigger


class Run:
    """Returned by `Engine.submit` at once; the work goes on behind it."""

    def __init__(self, trigger: Trigger, record: RunRecord, on_cancel: Callable[[str], None]) -> None:
        self.trigger = trigger
        self.record = record
        self._on_cancel = on_cancel
        self._events: list[Event] = []
        self._changed = asyncio.Event()
        self._ended = False

    @property
    def id(self) -> str:
        """The run's id, by which any window can cancel it."""
        return self.record.id

    @property
    def ended(self) -> bool:
        """Whether the last event has been sent."""
        return self._ended

    async def events(self) -> AsyncIterator[Event]:
        """Yield every event of the run from its beginning, whenever one starts to listen; ends after `RunEnded`."""
        seen = 0
        while True:
            while seen < len(self._events):
                yield self._events[seen]
                seen += 1
            if self._ended:
                return
            self._changed.clear()
            await self._changed.wait()

    def cancel(self) -> None:
        """Stop the run. What it has found so far is kept; `RunEnded` follows soon."""
        if not self._ended:
            self._on_cancel(self.id)

    async def wait(self) -> RunRecord:
        """Wait until the run has ended, in whatever way."""
        async for _event in self.events():
            pass
        return self.record

    def publish(self, event: Event) -> None:
        """Add an event; for the engine only."""
        self._events.append(event)
        if isinstance(event, RunEnded):
            self.record = event.record
            self._ended = True
        self._changed.set()
