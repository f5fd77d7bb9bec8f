"""What the processes of a sandbox use right now, read from `/proc`; and what they may.

Where no control group can be had, this is what stops a memory bomb that many small processes share, and it is what
stops the filling of the tree's disk on every backend: a folder has no quota of its own on most file systems.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from ambient_lsp.protocols import Limits

_PROC = Path("/proc")
# Empty files cost no bytes but a file system runs out of them too.
_MOST_NEW_FILES = 200_000
_FULLEST_PERCENT = 97


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes of private memory, bytes ever written to a disk (children that ended included; None where the system does
    not say), number of processes."""

    memory: int
    written: int | None
    processes: int


@dataclass(frozen=True, slots=True)
class Room:
    """Free bytes and free files of the file system that holds a folder; bytes of shared memory on the whole host."""

    size: int
    files: int
    shared: int = 0


def descendants(pid: int) -> list[int]:
    """Return `pid` and all that descends from it. In a pid namespace orphans go to its init, so none gets away."""
    found = [pid]
    for parent in found:
        try:
            tasks = os.listdir(f"/proc/{parent}/task")  # noqa: PTH208 - twenty times a second, names only
            found += [int(child) for task in tasks for child in _read(parent, f"task/{task}/children").split()]
        except OSError:
            continue  # it has ended
    return found


def measure(pids: list[int]) -> Usage:
    """Return what these processes use together."""
    memory = sum(_kilobytes(_read(pid, "status"), "RssAnon:") for pid in pids) * 1024
    counters = [fields for pid in pids if (fields := _counters(pid))]
    written = sum(fields["write_bytes"] - fields["cancelled_write_bytes"] for fields in counters)
    return Usage(memory, written if counters else None, len(pids))


def shared_fairly(pids: list[int]) -> int:
    """Return their memory in bytes with pages that several share counted once. Slow: only asked when it matters."""
    return sum(_kilobytes(_read(pid, "smaps_rollup"), "Pss_Anon:") for pid in pids) * 1024


def out_of_memory_kills(pid: int) -> int | None:
    """Return how many processes the kernel killed for memory in this process's control group; None if unknown."""
    for line in _read(pid, "cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "memory":
            file = Path("/sys/fs/cgroup/memory", path.lstrip("/"), "memory.oom_control")
        elif not controllers:
            file = Path("/sys/fs/cgroup", path.lstrip("/"), "memory.events")
        else:
            continue
        try:
            counts = dict(entry.split() for entry in file.read_text(encoding="ascii").splitlines())
        except OSError:
            continue
        if "oom_kill" in counts:
            return int(counts["oom_kill"])
    return None


def room(folder: Path) -> Room:
    """Return what is free where `folder` is."""
    stat = os.statvfs(folder)
    return Room(stat.f_bavail * stat.f_frsize, stat.f_favail, psutil.virtual_memory().shared if _PROC.exists() else 0)


def excess(pids: list[int], before: Room, tree: Path, limits: Limits, *, memory: bool = True) -> str:
    """Return which limit these processes broke ("memory", "pids", "disk"), or "".

    Disk means both that they wrote that much and that the disk has that much less: rewriting one small file often is
    no harm, and neither is what other programs of the host write at the same time.
    """
    usage = measure(pids)
    if memory and usage.memory > limits.memory and shared_fairly(pids) > limits.memory:
        return "memory"
    if usage.processes > 2 * limits.pids + 16:
        return "pids"
    now = room(tree)
    # A memory file is in no process's sum. Whose it is cannot be told, but `/tmp` explains no more than its size.
    if memory and now.shared - before.shared > limits.memory + limits.disk:
        return "memory"
    # Buffers in the kernel cannot be told either: before the host itself runs out, the sandbox has to go.
    if memory and psutil.virtual_memory().percent > _FULLEST_PERCENT:
        return "memory"
    if (usage.written is None or usage.written > limits.disk) and before.size - now.size > limits.disk:
        return "disk"
    if before.files - now.files > _MOST_NEW_FILES:
        return "disk"
    return ""


def _read(pid: int, name: str) -> str:
    try:
        return (_PROC / str(pid) / name).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""  # it has ended, or it hides; the other limits hold


def _counters(pid: int) -> dict[str, int]:
    pairs = (line.partition(": ") for line in _read(pid, "io").splitlines())
    return {name: int(value) for name, _, value in pairs}


def _kilobytes(text: str, key: str) -> int:
    for line in text.splitlines():
        if line.startswith(key):
            return int(line.split()[1])
    return 0
