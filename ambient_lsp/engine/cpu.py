"""Warm worker processes for CPU work, so that the event loop never waits for an analyzer.

Spawned, not forked: a fork inside a running server copies locked locks and deadlocks. The workers keep stdout out of
the editor's protocol, and end with us even when we are killed.
"""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any, TypeVar

from ambient_lsp.errors import AmbientError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_ATTEMPTS = 3
"""Two calls may share a worker, and the one that is not at fault must survive the other's second try."""

_PR_SET_PDEATHSIG = 1  # prctl(2)


class CpuPool:
    """Runs module-level functions in a few warm processes."""

    def __init__(self, workers: int = 2) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._closed = False

    def warm(self) -> None:
        """Start the processes and their imports now, so that the first save does not wait for them."""
        pool = self._started()
        for _ in range(self._workers):
            pool.submit(preload)

    async def run(self, function: Callable[..., T], /, *args: Any) -> T:
        """Return `function(*args)`. A worker that died (out of memory, say) is replaced, and the call tried again.

        Raises `AmbientError` when it dies of the same call again, or after `close`.
        """
        loop = asyncio.get_running_loop()
        for _ in range(_ATTEMPTS):
            pool = self._started()
            try:
                return await loop.run_in_executor(pool, function, *args)
            except BrokenProcessPool:
                if self._pool is pool:  # else another call, which failed with the same worker, has replaced it already
                    self._pool = None
                    _end(pool)
        raise AmbientError(
            "A worker process ended in the middle of its work, more than once.",
            untouched="Nothing was changed.",
            next_step="Look at the memory of this machine; then save the file to try again.",
        )

    def close(self) -> None:
        """End the processes."""
        self._closed = True
        pool, self._pool = self._pool, None
        if pool is not None:
            _end(pool)

    def _started(self) -> ProcessPoolExecutor:
        if self._closed:
            raise AmbientError("The engine is closed.", next_step="Open the folder again.")
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._workers, multiprocessing.get_context("spawn"), _prepare, (os.getpid(),)
            )
        return self._pool


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
    import vulture

    return all((complexipy, libcst, tree_sitter_python, vulture))


def _prepare(parent: int) -> None:
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
