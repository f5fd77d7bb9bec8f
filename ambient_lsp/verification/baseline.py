"""What is known of the unpatched tree, kept on disk by the tree's hash: it is the same for every proposal on it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from ambient_lsp.verification.testrun import TestRun

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

_KEPT = 500
"""Files kept; the oldest go first."""

_DRAFT = ".tmp"
_DRAFT_SECONDS = 600
"""A draft this old is nobody's: writing one takes milliseconds."""


class Baseline:
    """A cache of runs. Two callers that ask for the same run at the same moment share one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Each lives as long as somebody holds it or waits for it: every state of the files has names of its own.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._hung: dict[tuple[Any, ...], TestRun] = {}

    async def run(self, key: tuple[Any, ...], make: Callable[[], Awaitable[TestRun]]) -> TestRun:
        """Return the run that was kept under `key`, or make it and keep it.

        A run that did not come to its end is not kept on disk: the machine may have been busy. One that took all of
        its time is remembered until we end, for the next proposal must not wait as long to learn the same.
        """
        if key in self._hung:
            return self._hung[key]
        run = TestRun(**await self.value(key, lambda: _as_json(make), keep=lambda value: not value["problem"]))
        if run.hung:
            self._hung[key] = run
        return run

    async def value(
        self, key: tuple[Any, ...], make: Callable[[], Awaitable[Any]], keep: Callable[[Any], bool] = lambda _: True
    ) -> Any:
        """Return the JSON value that was kept under `key`, or make it and keep it."""
        name = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32]
        async with self._locks.setdefault(name, asyncio.Lock()):
            file = self._folder / f"{name}.json"
            found = await asyncio.to_thread(_load, file)
            if found is None:
                found = await make()
                if keep(found):
                    with suppress(OSError):  # a full disk: it is made again the next time
                        await asyncio.to_thread(_store, file, found)
            return found


async def _as_json(make: Callable[[], Awaitable[TestRun]]) -> Any:
    return asdict(await make())


def _load(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _store(file: Path, value: Any) -> None:
    """Write atomically: a killed process must not leave half a baseline."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}{_DRAFT}")
    try:
        draft.write_text(json.dumps(value), encoding="utf-8")
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    files = sorted(file.parent.glob("*.json"), key=lambda one: one.stat().st_mtime)
    for old in [*files[:-_KEPT], *_abandoned(file.parent)]:
        old.unlink(missing_ok=True)


def _abandoned(folder: Path) -> list[Path]:
    """Return drafts that killed processes left."""
    return [one for one in folder.glob(f"*{_DRAFT}") if time.time() - one.stat().st_mtime > _DRAFT_SECONDS]
