"""What is there at one moment: processes, memory, descriptors, tasks, checkouts, reservations, sizes of files."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.soak.editor import Gone, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.soak.desk import Desk
    from benchmarks.soak.editor import Editor

_WORKER = "ambient_lsp.engine.serving"
"""What stands in the command of a worker process."""


@dataclass(slots=True)
class Server:
    """One server and its helpers. Memory is PSS in MB: pages that are shared count by their share."""

    pid: int = 0
    tasks: dict[str, int] = field(default_factory=dict)
    threads: int = 0
    descriptors: int = 0
    sockets: int = 0
    memory: float = 0.0
    resident: float = 0.0
    workers: int = 0
    workers_memory: float = 0.0
    sandboxes: int = 0
    children: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    blocks: int = 0
    objects: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Sample:
    """Everything at `at` seconds after the start. Sizes are in MB."""

    at: float
    shop: Server
    other: Server
    deeds: int = 0
    asked: int = 0
    connections: int = 0
    open_reservations: int = 0
    lost_reservations: int = 0
    exchanges: int = 0
    checkouts: int = 0
    worktrees: int = 0
    containers: int = 0
    store: float = 0.0
    log: float = 0.0
    cache: float = 0.0
    objects: int = 0
    memory_available: float = 0.0
    load: float = 0.0


async def server(editor: Editor, *, objects: bool = False) -> Server:
    """Look at one server; an empty one where none runs or it ends meanwhile."""
    seen = Server(editor.pid)
    if not seen.pid:
        return seen
    with suppress(Gone, Refusal, TimeoutError):
        told = await editor.request("ambient/inside", {"objects": objects}, 30)
        seen.tasks, seen.blocks, seen.objects = told["tasks"], told["blocks"], told.get("objects", {})
    with suppress(psutil.Error, OSError):
        process = psutil.Process(seen.pid)
        seen.threads = process.num_threads()
        full = process.memory_full_info()
        seen.memory, seen.resident = full.pss / 1e6, full.rss / 1e6
        kinds = descriptors(seen.pid, process.children(recursive=True) if objects else ())
        seen.kinds = dict(kinds)
        seen.descriptors, seen.sockets = sum(kinds.values()), kinds["socket"]
        for child in process.children(recursive=True):
            _count(seen, child)
    return seen


def _count(seen: Server, child: psutil.Process) -> None:
    with suppress(psutil.Error):
        words = " ".join(child.cmdline())
        if child.status() == psutil.STATUS_ZOMBIE:
            return
        seen.children += 1
        if "bwrap" in words or "/harness/" in words:
            seen.sandboxes += 1
        elif _WORKER in words or "ruff" in words:
            seen.workers += 1
            seen.workers_memory += child.memory_full_info().pss / 1e6


def descriptors(pid: int, children: Sequence[psutil.Process] = ()) -> Counter[str]:
    """Return the open descriptors of a process by kind; with `children`, pipes by who has their other end."""
    found: Counter[str] = Counter()
    ends: dict[str, str] = {}
    for child in children:
        with suppress(psutil.Error, OSError):
            name = "workers" if _WORKER in " ".join(child.cmdline()) else child.name()
            for entry in os.scandir(f"/proc/{child.pid}/fd"):
                ends.setdefault(str(Path(entry.path).readlink()), name)
    for entry in os.scandir(f"/proc/{pid}/fd"):
        with suppress(OSError):
            target = str(Path(entry.path).readlink())
            kind, _, rest = target.partition(":")
            if kind == "pipe" and children:
                kind = f"pipe to {ends.get(target, 'itself')}"
            found[kind if rest else Path(target).name] += 1
    return found


def reservations(*roots: Path) -> dict[str, int]:
    """Return how many exchanges are in which state in the ledgers."""
    found: Counter[str] = Counter()
    for root in roots:
        for state, count in rows(root, "SELECT state, count(*) FROM exchanges GROUP BY state"):
            found[state] += count
    return found


def rows(root: Path, query: str) -> list[tuple[Any, ...]]:
    """Ask a repository's state, without Ambient's help."""
    file = root / ".ambient/state.db"
    if not file.exists():
        return []
    db = sqlite3.connect(file, timeout=20)
    try:
        return db.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []
    finally:
        db.close()


def checkouts(desk: Desk) -> list[Path]:
    """Return the checkouts that are open: the numbered folders of each session, and leased slots of the pool."""
    return [one for one in desk.cache.glob("ambient/*/live/*/*") if one.name.isdigit()]


def worktrees(desk: Desk) -> list[str]:
    """Return what git takes for worktrees, beside the repositories themselves."""
    found = []
    for root in (desk.shop, desk.other):
        listed = desk.git(root, "worktree", "list", "--porcelain").splitlines()
        found += [line for line in listed if line.startswith("worktree ")][1:]
    return found


def containers(docker: bool) -> int:
    """Return how many containers of ours the engine has."""
    if not docker:
        return 0
    listed = subprocess.run(["docker", "ps", "-aq"], capture_output=True, text=True)
    return len(listed.stdout.split())


def relatives(desk: Desk) -> list[str]:
    """Return all processes of the desk: they have its mark, name its folder, or work in it."""
    found = []
    ours = {os.getpid(), *(one.pid for one in psutil.Process().parents())}
    for one in psutil.process_iter(["cmdline", "cwd", "status"]):
        if one.info["status"] == psutil.STATUS_ZOMBIE or one.pid in ours:
            continue
        words = [*(one.info["cmdline"] or ()), one.info["cwd"] or ""]
        with suppress(psutil.Error):
            words.append(one.environ().get("AMBIENT_SOAK", ""))
        if any(str(desk.base) in word for word in words):
            found.append(f"{one.pid} {' '.join(words)[:160]}")
    return found


def files(folder: Path) -> Iterator[Path]:
    """Give every file below a folder; what is taken away meanwhile is passed over."""
    for parent, _, names in os.walk(folder):
        for name in names:
            yield Path(parent, name)


def size(*places: Path) -> float:
    """Return the MB of files and folders."""
    total = 0
    for place in places:
        for path in files(place) if place.is_dir() else [place]:
            with suppress(OSError):
                total += path.lstat().st_size
    return total / 1e6


def sizes(desk: Desk) -> dict[str, float]:
    """Return the sizes of store, log and cache."""
    state = desk.shop / ".ambient"
    return {
        "store": size(*state.glob("state.db*")),
        "log": size(*state.glob("*.jsonl*")),
        "cache": size(desk.cache),
    }
