"""What belongs to this process in the cache folder, and telling the dead's belongings from the living's.

Each process has one folder, `live/<pid>-<start>/`, with everything it owns in it, and holds a lock on it for as long as
it lives. The kernel drops that lock with the process, however it ends, and also where process ids cannot be compared
(two containers with one cache folder).
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import shutil
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK, OWNER = "lock", "owner.json"


class Session:
    """This process's folder under `home`."""

    _serial = itertools.count()

    def __init__(self, home: Path, root: Path) -> None:
        pid, started = os.getpid(), start_time(os.getpid())
        self.folder = home / "live" / f"{pid}-{started}-{next(self._serial)}"
        self.folder.mkdir(mode=0o700, parents=True)
        self._lock = os.open(self.folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        owner = {"pid": pid, "started": started, "root": os.fspath(root)}
        (self.folder / OWNER).write_text(json.dumps(owner), encoding="utf-8")
        self._numbers = itertools.count()

    def new_folder(self) -> Path:
        """Make an empty folder in it."""
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        return folder

    def close(self) -> None:
        """Remove the folder."""
        remove_folder(self.folder)
        os.close(self._lock)


def is_dead(session: Path) -> bool:
    """Tell whether the process that made this session folder is gone. True for a folder that does not exist."""
    if _is_running(session.name):
        return False
    try:
        with locked(session / LOCK, create=False) as free:
            return free
    except FileNotFoundError:
        return True
    except PermissionError:
        return False  # another user's


@contextlib.contextmanager
def locked(path: Path, *, create: bool = True, shared: bool = False, wait: bool = False) -> Iterator[bool]:
    """Hold a lock file while inside; yields False when somebody else holds it and `wait` is not set."""
    descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
    try:
        yield take_lock(descriptor, shared=shared, wait=wait)
    finally:
        os.close(descriptor)


def take_lock(descriptor: int, *, shared: bool = False, wait: bool = False) -> bool:
    """Take a lock on an open file; it goes when the file is closed. False when somebody else holds it."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def start_time(pid: int) -> int:
    """Return when a process started, in a number that never changes while it runs. Raises `ProcessLookupError`."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - a constant path, read once per process
            return int(file.read().rpartition(b")")[2].split()[19])
    except FileNotFoundError:
        pass
    import psutil

    try:
        return int(psutil.Process(pid).create_time())
    except psutil.Error as error:
        raise ProcessLookupError(pid) from error


def remove_folder(folder: Path) -> None:
    """Remove a folder and all in it. A process that is just ending may still write there, so it is tried again."""
    for _ in range(5):
        shutil.rmtree(folder, onerror=_make_removable)
        if not folder.exists():
            return
        time.sleep(0.02)


def _make_removable(function: object, path: str, error: object) -> None:
    """Checks may leave folders without write permission behind."""
    with contextlib.suppress(OSError):
        os.chmod(os.path.dirname(path), 0o700)  # noqa: PTH101, PTH120 - rmtree hands out strings
        if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
            os.chmod(path, 0o700)  # noqa: PTH101
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)  # noqa: PTH108


def _is_running(name: str) -> bool:
    pid, _, rest = name.partition("-")
    if not pid.isdigit():
        return False
    try:
        return start_time(int(pid)) == int(rest.partition("-")[0])
    except (ProcessLookupError, ValueError):
        return False
