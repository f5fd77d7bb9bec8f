"""Warm worker processes for CPU work, so that the event loop never waits for an analyzer."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ambient_lsp.engine.serving import preload
from ambient_lsp.engine.worker import Worker, WorkerEnded
from ambient_lsp.errors import AmbientError
from ambient_lsp.text import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

MOST_SECONDS = 30.0
"""Processor time for one call."""

_AT_HAND = 2
"""Calls that a process is given at a time: it has its next one when it is done with one."""


class CpuPool:
    """Runs module-level functions in a few warm processes.

    A text can be made to crash a parser (brackets 3,000 deep) or to keep it busy for hours. Such a call costs its own
    answer, an `AmbientError`, and never that of another, nor this process.

    Calls about one text go to one process, which has parsed it already, unless another one would have nothing to do. Of
    the texts that are `line_up`, those in front go first, so that all that is asked about one is asked at one time.
    """

    def __init__(self, workers: int = 2, seconds: float = MOST_SECONDS) -> None:
        self._lanes = [_Lane() for _ in range(workers)]
        self._waiting: list[_Waiting] = []
        self._places: dict[int, int] = {}
        self._seconds = seconds
        self._alone = asyncio.Lock()
        self._deadly: set[str] = set()
        self._closed = False

    def warm(self) -> None:
        """Start the processes and their imports now, so that the first save does not wait for them."""
        for lane in self._lanes:
            self._started(lane).warm(preload)

    def line_up(self, texts: Iterable[str]) -> None:
        """Have calls about these texts made in this order, whoever asks. Calls about any other text go before them."""
        self._places = {hash(text): place for place, text in enumerate(texts, 1)}

    async def run(self, function: Callable[..., T], /, *args: Any) -> T:
        """Return `function(*args)`. Raises `AmbientError` where it took too much time, or its process down."""
        if self._deadly and _longest(args) in self._deadly:
            raise _too_much()
        lane = await self._turn(args)
        try:
            with suppress(WorkerEnded):
                return await self._call(self._started(lane), function, args)
        finally:
            self._give_back(lane)
        # With one process, all of its calls are lost; by itself, each shows whether it was the cause.
        async with self._alone:
            worker = self._new()
            try:
                return await self._call(worker, function, args)
            except WorkerEnded:
                self._deadly.add(_longest(args))
                raise _too_much() from None
            finally:
                worker.end()

    def close(self) -> None:
        """End the processes; whoever waits for a call, or makes one later, is told."""
        self._closed = True
        for lane in self._lanes:
            worker, lane.worker = lane.worker, None
            if worker is not None:
                worker.end()

    async def _call(self, worker: Worker, function: Callable[..., T], args: tuple[Any, ...]) -> T:
        try:
            return await worker.call(function, args, self._seconds)
        except RecursionError:
            raise _too_much() from None

    async def _turn(self, args: tuple[Any, ...]) -> _Lane:
        """Wait for a process, and return it."""
        text = next((arg for arg in args if isinstance(arg, str)), None)
        usual = None if text is None else self._lanes[hash(text) % len(self._lanes)]
        waiting = _Waiting(self._places.get(hash(text), 0), usual, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._hand_out()
        try:
            return await waiting.lane
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            elif not waiting.lane.cancelled():  # it was given one in the very moment
                self._give_back(waiting.lane.result())
            raise

    def _hand_out(self) -> None:
        """Give what is free to those who wait."""
        for lane in sorted(self._lanes, key=lambda lane: lane.load):
            while lane.load < _AT_HAND and self._waiting:
                own = [one for one in self._waiting if one.usual is lane or one.usual is None]
                chosen = min(own or self._waiting, key=lambda one: one.place)
                self._waiting.remove(chosen)
                if not chosen.lane.done():
                    lane.load += 1
                    chosen.lane.set_result(lane)

    def _give_back(self, lane: _Lane) -> None:
        lane.load -= 1
        self._hand_out()

    def _started(self, lane: _Lane) -> Worker:
        if lane.worker is None or lane.worker.has_ended:
            lane.worker = self._new()
        return lane.worker

    def _new(self) -> Worker:
        if self._closed:
            raise AmbientError("The engine is closed.", next_step="Open the folder again.")
        return Worker()


class _Lane:
    """One process, and how many calls it has."""

    def __init__(self) -> None:
        self.worker: Worker | None = None
        self.load = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A call that waits for a process: `usual` is the one that knows its text, `lane` the one that it is given."""

    place: int
    usual: _Lane | None
    lane: asyncio.Future[_Lane]


def _longest(args: tuple[Any, ...]) -> str:
    """Return the hash of the longest text among the arguments, which is the one that a parser fails on."""
    return sha256(max((arg for arg in args if isinstance(arg, str)), key=len, default=repr(args)))


def _too_much() -> AmbientError:
    return AmbientError(
        "It cannot be analyzed: the code is nested too deeply or too long in one piece, or memory ran out.",
        untouched="The file was left alone.",
        next_step="If it is generated, name it in .ambientignore.",
    )
