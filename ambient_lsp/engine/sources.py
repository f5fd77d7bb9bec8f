"""Custom event sources: each is asked now and then, and what it brings is submitted like any other trigger."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ambient_lsp.errors import AmbientError
from ambient_lsp.events import Problem
from ambient_lsp.model import RunError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient_lsp.events import Event
    from ambient_lsp.model import Trigger
    from ambient_lsp.protocols import EventSource

LONGEST_PAUSE = 3600.0


async def listen(
    source: EventSource, every: float, submit: Callable[[Trigger], object], tell: Callable[[Event], None]
) -> None:
    """Poll `source` every so many seconds until cancelled.

    One that fails is asked again, each time after twice as long, up to an hour; its first failure in a row is told.
    """
    name, failures = getattr(source, "name", type(source).__name__), 0
    while True:
        try:
            for trigger in await source.poll():
                submit(trigger)
            failures = 0
        except Exception as error:  # a border: a source is somebody else's code, and its network may be down
            failures += 1
            if failures == 1:
                reason = str(error) if isinstance(error, AmbientError) else f"{type(error).__name__}: {error}"
                tell(Problem("", RunError(name, f"It could not be asked: {reason}. It will be asked again.")))
        await asyncio.sleep(min(every * 2**failures, LONGEST_PAUSE))
