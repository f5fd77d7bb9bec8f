"""Warm worker processes for CPU work, so that the event loop never waits for an analyzer.

Spawned, not forked: a fork inside a running server copies locked locks and deadlocks. The workers keep stdout out of
the editor's protocol, and end with us even when we are killed.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ambient_lsp.errors import AmbientError
from ambient_lsp.text import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

MOST_SECONDS = 30.0
"""Processor time for one call."""

_AT_HAND = 2
"""Calls that a process is given at a time: it has its next one when it is done with one."""

_PR_SET_PDEATHSIG = 1  # prctl(2)


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
            self._started(lane).submit(preload)

    def line_up(self, texts: Iterable[str]) -> None:
        """Have calls about these texts made in this order, whoever asks. Calls about any other text go before them."""
        self._places = {hash(text): place for place, text in enumerate(texts, 1)}

    async def run(self, function: Callable[..., T], /, *args: Any) -> T:
        """Return `function(*args)`. Raises `AmbientError` where it took too much time, or its process down."""
        if self._deadly and _longest(args) in self._deadly:
            raise _too_much()
        lane = await self._turn(args)
        try:
            pool = self._started(lane)
            try:
                return await self._call(pool, function, args)
            except BrokenProcessPool:
                if lane.pool is pool:  # not the one that another call has started meanwhile
                    lane.pool = None
                    _end(pool)
        finally:
            self._give_back(lane)
        # With one process, all of its calls are lost; by itself, each shows whether it was the cause.
        async with self._alone:
            pool = self._new()
            try:
                return await self._call(pool, function, args)
            except BrokenProcessPool:
                self._deadly.add(_longest(args))
                raise _too_much() from None
            finally:
                _end(pool)

    def close(self) -> None:
        """End the processes; whoever waits for a call, or makes one later, is told."""
        self._closed = True
        for lane in self._lanes:
            pool, lane.pool = lane.pool, None
            if pool is not None:
                _end(pool)

    async def _call(self, pool: ProcessPoolExecutor, function: Callable[..., T], args: tuple[Any, ...]) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(pool, _bounded, self._seconds, function, args)
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

    def _started(self, lane: _Lane) -> ProcessPoolExecutor:
        if lane.pool is None:
            lane.pool = self._new()
        return lane.pool

    def _new(self) -> ProcessPoolExecutor:
        if self._closed:
            raise AmbientError("The engine is closed.", next_step="Open the folder again.")
        return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _prepare, (os.getpid(),))


class _Lane:
    """One process, and how many calls it has."""

    def __init__(self) -> None:
        self.pool: ProcessPoolExecutor | None = None
        self.load = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A call that waits for a process: `usual` is the one that knows its text, `lane` the one that it is given."""

    place: int
    usual: _Lane | None
    lane: asyncio.Future[_Lane]


def _bounded(seconds: float, function: Callable[..., T], args: tuple[Any, ...]) -> T:
    """Call `function`; the kernel ends this process when that takes more than `seconds` of a processor.

    Not by a thread of ours: a parser in another language holds the interpreter until it is done.
    """
    if sys.platform == "win32":
        return function(*args)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return function(*args)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _longest(args: tuple[Any, ...]) -> str:
    """Return the hash of the longest text among the arguments, which is the one that a parser fails on."""
    return sha256(max((arg for arg in args if isinstance(arg, str)), key=len, default=repr(args)))


def _too_much() -> AmbientError:
    return AmbientError(
        "It cannot be analyzed: the code is nested too deeply or too long in one piece, or memory ran out.",
        untouched="The file was left alone.",
        next_step="If it is generated, name it in .ambientignore.",
    )


def _end(pool: ProcessPoolExecutor) -> None:
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:  # shutdown waits for running calls; nobody wants their results any more
        process.kill()


def preload() -> bool:
    """Import what most calls need."""
    import complexipy
    import libcst
    import tree_sitter_python

    from ambient_lsp.agents import performance, refactor, security, style, tests

    gc.freeze()  # what is imported stays, so nobody need look at it again
    return all((complexipy, libcst, tree_sitter_python, performance, refactor, security, style, tests))


def _prepare(parent: int) -> None:
    # Trees are many small objects that all stay until the call ends: looking for cycles among them took a seventh.
    # Those of a speed review are cycles themselves, and live just long enough to be looked at seldom: so old objects
    # are looked at three times as often as Python would, or hundreds of thousands of them wait.
    gc.set_threshold(50_000, 5, 3)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(2, 1)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
    else:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(2)
    os._exit(0)
