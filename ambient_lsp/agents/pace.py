"""Specialists that look through the same files go side by side, so that a file is parsed once for all of them.

Each asks the worker processes about one file after the other, and one is slower than another. Left alone they are soon
hundreds of files apart, and the tree that was made for one of them is long gone when the next one comes to that file.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from ambient_lsp.protocols import Workbench


class Pace:
    """How far each of those has come who go through some files together; nobody is more than `ahead` files ahead."""

    def __init__(self, ahead: int) -> None:
        self._ahead = ahead
        self._places: dict[object, int] = {}
        self._moved = asyncio.Event()

    @contextmanager
    def joined(self) -> Iterator[Callable[[int], Awaitable[None]]]:
        """Go along from the first file on. What is given waits until one may go on to a file, told by its number."""
        own = object()

        async def come_to(place: int) -> None:
            self._places[own] = place
            self._tell()
            while place > min(self._places.values()) + self._ahead:
                await self._moved.wait()

        self._places[own] = 0
        try:
            yield come_to
        finally:
            del self._places[own]
            self._tell()

    def _tell(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


_paces: WeakKeyDictionary[Workbench, Pace] = WeakKeyDictionary()


def pace_of(bench: Workbench, ahead: int) -> Pace:
    """Return the pace of all who share a workbench: those of one run."""
    return _paces.setdefault(bench, Pace(ahead))
