"""One writer for each repository: a file lock that the system gives back when its holder dies."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from ambient_lsp.errors import LeaseHeld

if TYPE_CHECKING:
    from pathlib import Path

_LOOK_SECONDS = 0.25


class Lease:
    """The right to run agents on one folder. Held until `release`, or until the process ends in any way."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def release(self) -> None:
        """Give the lease back."""
        self._file.close()


def lock(path: Path) -> Lease | None:
    """Take the lock on a file (made where it is missing), until it is released; None when somebody else has it."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return Lease(file)


def take(folder: Path) -> Lease:
    """Take the lease of the state folder. Raises `LeaseHeld`, with the holder's pid in `details`, when it is taken."""
    file = _open(folder)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _holder(file)
        file.close()
        raise LeaseHeld(
            f"Another Ambient (process {holder or 'unknown'}) works on this folder.",
            untouched="Its results are shown here; nothing runs twice.",
            pid=holder,
        ) from None
    return _sign(file)


async def wait_for(folder: Path) -> Lease:
    """Return the lease as soon as it is free.

    It is looked for four times a second. A `flock` that waits cannot be given up: for as long as another window works,
    each folder that was opened here and closed again would keep a thread and a file.
    """
    while True:
        with suppress(LeaseHeld):
            return take(folder)
        await asyncio.sleep(_LOOK_SECONDS)


def _open(folder: Path) -> TextIO:
    return os.fdopen(os.open(folder / "lease", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+")


def _sign(file: TextIO) -> Lease:
    # The signature is for people: a disk that is full must not keep us from working.
    with suppress(OSError):
        os.pwrite(file.fileno(), json.dumps({"pid": os.getpid(), "since": time.time()}).ljust(64).encode(), 0)
    return Lease(file)


def _holder(file: TextIO) -> int | None:
    try:
        return int(json.loads(file.read())["pid"])
    except (ValueError, KeyError, TypeError):
        return None
