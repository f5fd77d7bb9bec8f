"""How many questions are under way at one host: adapts to what the host takes, over all processes of this user.

More is tried while answers come, doubling at first and then by one a round; when the host says that it is too much,
half of it. What a busy host has taught is kept for an hour, in one small file for each host, in the user's state
folder. In it every question under way holds a lock on one byte, so that the system gives the place back whenever a
process ends.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import random
import struct
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_LEARNED = struct.Struct("<ddd")  # limit, not before, when
_KEPT_SECONDS = 3600.0
_LONGEST_PAUSE = 30.0  # whoever is told to wait longer gives up instead; the next one may find out anew
_TURN = 1024  # the byte that whoever waits for a place holds, so that the others let it go first
_FIRST = 1025
_POLL_SECONDS = 0.05


def slots_file(folder: Path, host: str) -> Path:
    """Return where the places at a host are counted, below the user's state folder."""
    return folder / "hosts" / f"{hashlib.sha256(host.encode()).hexdigest()[:16]}.slots"


@dataclass(slots=True)
class _Shared:
    """The places that this process holds in one file; all limiters of the process share it.

    Places below `lowest` are most likely taken.
    """

    fd: int
    held: set[int] = field(default_factory=set)
    lowest: int = 0
    users: int = 0


# The system counts such locks for a whole process, and closing any descriptor of the file gives them all back.
_OPEN: dict[Path, _Shared] = {}


class Limiter:
    """At most so many at a time, and fewer when the host is busy. Use one for each host, on one event loop."""

    def __init__(self, *, start: int = 8, most: int = 8, file: Path | None = None) -> None:
        self._most = most
        self._limit = float(min(start, most))
        self._not_before = 0.0
        self._doubling = True
        self._slowed_at = 0.0
        self._busy = 0
        self._turn = asyncio.Lock()
        self._freed = asyncio.Event()
        self._file = file
        self._shared = self._open(file) if file else None
        if learned := self._fresh():
            limit, self._not_before = learned
            self._limit, self._doubling = min(max(limit, 1.0), float(most)), False

    @property
    def limit(self) -> int:
        """How many may be under way now."""
        return max(1, min(int(self._limit), self._most))

    @property
    def busy(self) -> int:
        """How many of this limiter are under way."""
        return self._busy

    @asynccontextmanager
    async def place(self) -> AsyncIterator[float]:
        """Hold a place while the block runs; gives when it was taken. Waiting costs nothing but a look now and then."""
        slot = await self._take()
        self._busy += 1
        try:
            yield time.monotonic()
        finally:
            self._busy -= 1
            self._give_back(slot)

    def faster(self) -> None:
        """Tell that an answer came: more may be tried, if the places are in use."""
        if self._busy * 2 < self.limit and not self._turn.locked():
            return
        before = self.limit
        self._limit = min(self._limit + (1.0 if self._doubling else 1.0 / self._limit), float(self._most))
        if self.limit != before:
            self._freed.set()
            # Only what a busy host has taught is kept: a process that asks little says nothing of what it would take.
            known = self._fresh()
            if known is not None and known[0] < self._limit:  # another process may be allowed more than this one
                self._tell()

    def slower(self, since: float, wait: float | None = None) -> None:
        """Tell that the host was busy, for a question that began at `since`; `wait` is how long it asks to wait.

        A crowd that is turned away together counts once.
        """
        if wait:
            self._not_before = max(self._not_before, time.time() + min(wait, _LONGEST_PAUSE))
        if since >= self._slowed_at:
            self._slowed_at = time.monotonic()
            self._doubling = False
            self._limit = max(1.0, self._limit / 2)
        self._tell()

    def close(self) -> None:
        """Give everything back."""
        if self._file and self._shared:
            self._shared.users -= 1
            if not self._shared.users:
                os.close(self._shared.fd)
                _OPEN.pop(self._file, None)
            self._shared = None

    # ------------------------------------------------------------------------------------------------ places

    async def _take(self) -> int:
        async with self._turn:  # first come, first served, within the process
            slot = self._try()
            if slot is None:
                slot = await self._wait()
        return slot

    async def _wait(self) -> int:
        mine = False
        try:
            while True:
                if pause := self._pause():
                    await asyncio.sleep(pause)
                mine = mine or self._lock(_TURN)
                if mine and (slot := self._try(mine)) is not None:
                    return slot
                self._freed.clear()
                with suppress(TimeoutError):
                    # Another place of ours wakes us at once; that of another process is looked for.
                    async with asyncio.timeout(_POLL_SECONDS * random.uniform(0.5, 1)):  # noqa: S311 - not a secret
                        await self._freed.wait()
        finally:
            if mine:
                self._unlock(_TURN)

    def _try(self, mine: bool = False) -> int | None:
        """Take a place if there is one, and if nobody else waits for it."""
        if self._shared is None:
            return 0 if self._busy < self.limit and not self._pause() else None
        self._learn()
        if self._pause() or (not mine and not self._lock(_TURN)):
            return None
        try:
            lowest = min(self._shared.lowest, self.limit)
            for slot in chain(range(lowest, self.limit), range(lowest)):
                if slot not in self._shared.held and self._lock(_FIRST + slot):
                    self._shared.held.add(slot)
                    self._shared.lowest = slot + 1
                    return slot
            return None
        finally:
            if not mine:
                self._unlock(_TURN)

    def _give_back(self, slot: int) -> None:
        if self._shared is not None:
            self._shared.held.discard(slot)
            self._shared.lowest = min(self._shared.lowest, slot)
            self._unlock(_FIRST + slot)
        self._freed.set()

    def _pause(self) -> float:
        return max(0.0, self._not_before - time.time())

    # ---------------------------------------------------------------------------------------------- the file

    @staticmethod
    def _open(file: Path) -> _Shared | None:
        if (shared := _OPEN.get(file)) is None:
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _TURN - 1)  # some file systems have no locks
                fcntl.lockf(fd, fcntl.LOCK_UN, 1, _TURN - 1)
            except BlockingIOError:
                pass
            except OSError:
                return None
            shared = _OPEN[file] = _Shared(fd)
        shared.users += 1
        return shared

    def _lock(self, byte: int) -> bool:
        if self._shared is None:
            return True
        try:
            fcntl.lockf(self._shared.fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except OSError:
            return False
        return True

    def _unlock(self, byte: int) -> None:
        if self._shared is not None:
            with suppress(OSError):
                fcntl.lockf(self._shared.fd, fcntl.LOCK_UN, 1, byte)

    def _fresh(self) -> tuple[float, float] | None:
        """Return what a process wrote last, limit and not before when, unless that was long ago."""
        if self._shared is None:
            return None
        try:
            data = os.pread(self._shared.fd, _LEARNED.size, 0)
        except OSError:
            return None
        if len(data) < _LEARNED.size:
            return None
        limit, not_before, when = _LEARNED.unpack(data)
        fresh = 0 <= time.time() - when < _KEPT_SECONDS
        return (limit, min(not_before, when + _LONGEST_PAUSE)) if fresh else None

    def _learn(self) -> None:
        """Follow what another process wrote last."""
        if learned := self._fresh():
            limit, not_before = learned
            self._not_before = max(self._not_before, not_before)
            if int(limit) < int(self._limit):
                self._limit, self._doubling = max(1.0, limit), False
            elif int(limit) > int(self._limit):
                self._limit = min(limit, float(self._most))

    def _tell(self) -> None:
        if self._shared is not None:
            with suppress(OSError):  # a full disk must not keep us from asking
                os.pwrite(self._shared.fd, _LEARNED.pack(self._limit, self._not_before, time.time()), 0)
