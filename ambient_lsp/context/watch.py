"""Tells which files of a folder change, once they have come to rest.

Each path has its own trailing wait: a newer write starts it again, so the last one always counts, and a log file that
never rests holds nobody up. A branch switch, or a burst too large to be worth telling path by path, becomes one
`Rescan`: ask git then, and do not trust events (the kernel drops them when its queue is full).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from watchfiles import Change

BURST = 5_000
STEP_MS = 10  # how often the watcher's own thread looks; shorter costs CPU while nothing happens
_GATHER_MS = 50
_HEAD_FILES = frozenset({"HEAD", "logs/HEAD"})


@dataclass(frozen=True, slots=True)
class Rescan:
    """Look at everything again; `reason` is for the log."""

    reason: str


async def changes(
    root: Path,
    *,
    debounce: float,
    ignore: Callable[[str], bool] = lambda path: False,
    stop: asyncio.Event | None = None,
    git_folder: Path | None = None,
    clock: Callable[[], float] = time.monotonic,
    ready: asyncio.Event | None = None,
) -> AsyncIterator[frozenset[str] | Rescan]:
    """Yield batches of repo-relative paths that were written, made or removed, `debounce` seconds after the last time.

    `ignore` says which paths never count. What git and Ambient keep for themselves (`.git`, `.ambient`) never counts
    either, but a change of HEAD does, as a `Rescan`; `git_folder` is where HEAD is if that is not `.git`. `ready` is
    set when no change can be missed any more. Ends when `stop` is set.
    """
    root, head_folder = await asyncio.to_thread(lambda: (root.resolve(), (git_folder or root / ".git").resolve()))
    queue: asyncio.Queue[set[str] | Rescan | None] = asyncio.Queue()
    watcher = asyncio.create_task(_watch(root, head_folder, ignore, stop or asyncio.Event(), queue, ready))
    try:
        async for batch in _rested(queue, debounce, clock):
            yield batch
        await watcher  # tells why it ended, if that was an error
    finally:
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher


async def _watch(
    root: Path,
    head_folder: Path,
    ignore: Callable[[str], bool],
    stop: asyncio.Event,
    queue: asyncio.Queue[set[str] | Rescan | None],
    ready: asyncio.Event | None,
) -> None:
    from watchfiles import awatch

    prefix, head_prefix = f"{root}/", f"{head_folder}/"
    heads = {f"{head_folder}/{name}" for name in _HEAD_FILES}

    def wanted(_: Change, full: str) -> bool:
        full = full.replace("\\", "/")
        if full in heads:
            return True
        if full.startswith(head_prefix) or not full.startswith(prefix):
            return False
        path = full[len(prefix) :]
        return not path.startswith((".git/", ".ambient/")) and path not in (".git", ".ambient") and not ignore(path)

    elsewhere = not head_folder.is_relative_to(root) and await asyncio.to_thread(head_folder.is_dir)
    folders = [root, head_folder] if elsewhere else [root]
    watching = awatch(
        *folders,
        watch_filter=wanted,
        debounce=_GATHER_MS,
        step=STEP_MS,
        stop_event=stop,
        rust_timeout=60_000,
        yield_on_timeout=True,
        ignore_permission_denied=True,
    )
    try:
        if ready is not None:
            asyncio.get_running_loop().call_soon(ready.set)
        async for found in watching:
            paths = {full.replace("\\", "/") for _, full in found}
            if paths & heads:
                queue.put_nowait(Rescan("HEAD has moved"))
            if files := {path[len(prefix) :] for path in paths - heads}:
                queue.put_nowait(files)
    finally:
        queue.put_nowait(None)


async def _rested(
    queue: asyncio.Queue[set[str] | Rescan | None], debounce: float, clock: Callable[[], float]
) -> AsyncIterator[frozenset[str] | Rescan]:
    due: dict[str, float] = {}
    rescan: tuple[Rescan, float] | None = None
    while True:
        waits = [rescan[1]] if rescan else list(due.values())
        timeout = max(min(waits) - clock(), 0) if waits else None
        try:
            async with asyncio.timeout(timeout):
                news = await queue.get()
        except TimeoutError:
            news = set()
        if news is None:
            return
        now = clock()
        if isinstance(news, Rescan):
            rescan = (news, now + debounce)
        elif rescan is not None:
            rescan = (rescan[0], now + debounce if news else rescan[1])
        else:
            due.update(dict.fromkeys(news, now + debounce))
            if len(due) > BURST:
                rescan = (Rescan(f"more than {BURST:,} files changed at once"), now + debounce)
        if rescan is not None:
            due.clear()
            if now >= rescan[1]:
                reason, rescan = rescan[0], None
                yield reason
        elif rested := frozenset(path for path, when in due.items() if when <= now):
            for path in rested:
                del due[path]
            yield rested
