"""Overlay mounts: a writable view of a folder that costs two system calls instead of a copy (Linux, needs the right to
mount in this mount namespace, which unprivileged users do not have; then the pool is used).

https://docs.kernel.org/filesystems/overlayfs.html
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.repository.session import remove_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_DETACH = 2
_NOSUID_NODEV = 2 | 4
_OPTION_SETS = ("redirect_dir=on,index=off,metacopy=off,volatile", "index=off", "")
"""Tried in order. `redirect_dir` lets a check rename folders, `volatile` spares a sync of the disk on unmount."""


def mount(lower: Path, upper: Path, work: Path, target: Path, options: str) -> None:
    """Mount `lower` at `target` with writes going to `upper`; `work` is scratch. Raises `OSError`."""
    layers = f"lowerdir={lower},upperdir={upper},workdir={work}"
    data = f"{layers},{options}" if options else layers
    if _libc().mount(b"overlay", os.fsencode(target), b"overlay", _NOSUID_NODEV, os.fsencode(data)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot mount an overlay: {os.strerror(number)}", os.fspath(target))


def unmount(target: Path) -> None:
    """Take a mount away, also while a process still has a file open in it."""
    if _libc().umount2(os.fsencode(target), _DETACH) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), os.fspath(target))


def mounts_below(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield (mount point, options) of every mount at or below `folder`, innermost first."""
    try:
        lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return
    for line in reversed(lines):
        before, _, after = line.partition(b" - ")
        point = Path(os.fsdecode(_unescape(before.split(b" ")[4])))
        if point.is_relative_to(folder):
            yield point, os.fsdecode(_unescape(after))


def probe(folder: Path) -> str | None:
    """Return the mount options that work below `folder`, by mounting and writing there; None when none do."""
    if not sys.platform.startswith("linux") or any(char in os.fspath(folder) for char in ":,\\\n"):
        return None
    for number, options in enumerate(_OPTION_SETS):
        place = folder / f"probe-{number}"
        if _works(place, options):
            return options
    return None


def _works(place: Path, options: str) -> bool:
    lower, upper, work, target = (place / name for name in ("lower", "upper", "work", "target"))
    try:
        for folder in (lower, upper, work, target):
            folder.mkdir(parents=True)
        (lower / "file").write_bytes(b"lower")
        mount(lower, upper, work, target, options)
        try:
            (target / "file").write_bytes(b"upper")
            return (target / "file").read_bytes() == b"upper" and (lower / "file").read_bytes() == b"lower"
        finally:
            unmount(target)
    except OSError:
        return False
    finally:
        remove_folder(place)


def _unescape(field: bytes) -> bytes:
    return re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8)]), field)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
