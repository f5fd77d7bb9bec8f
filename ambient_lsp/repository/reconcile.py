"""After a crash: finding what processes that are gone left behind, and removing that and nothing else.

Whether a process is gone is told by its lock and its start time, never by its age. Everything it can leave is below its
own folder, is named after it, or is guarded by a lock that went with it, at whatever point it was killed.
"""

from __future__ import annotations

import contextlib
import re
import time
from typing import TYPE_CHECKING

from ambient_lsp.repository import overlay
from ambient_lsp.repository.registration import registrations, unregister
from ambient_lsp.repository.session import is_dead, locked, remove_folder

if TYPE_CHECKING:
    from pathlib import Path

    from ambient_lsp.repository.bases import Bases
    from ambient_lsp.repository.place import Place

STALE_SECONDS = 600
"""A lock file of git's own, below refs/ambient, is given up after this long; git holds one for milliseconds."""

_NAME = re.compile(r"ambient-(?P<home>[0-9a-f]{16})-(?P<session>\d+-\d+-\d+)-\d+")


def reap(place: Place, bases: Bases) -> int:
    """Remove what dead processes left of this folder's checkouts; return how many things that was."""
    return _sessions(place) + _registrations(place) + bases.reap() + _leftover_files(place)


def _sessions(place: Place) -> int:
    count = 0
    for session in sorted((place.home / "live").glob("*")):
        if not is_dead(session):
            continue
        for point, _ in overlay.mounts_below(session):
            with contextlib.suppress(OSError):  # another process reaps at the same moment
                overlay.unmount(point)
                count += 1
        remove_folder(session)
        count += 1
    return count


def _registrations(place: Place) -> int:
    count = 0
    for admin, tree in registrations(place.common_dir):
        if _belongs_to_nobody(place, admin.name, tree):
            unregister(admin)
            count += 1
    return count


def _belongs_to_nobody(place: Place, name: str, tree: Path | None) -> bool:
    match = _NAME.fullmatch(name)
    if match:
        home = place.home if tree is None else tree.parents[3] if len(tree.parents) > 3 else place.home
        same = home.name == match["home"]
        return same and is_dead(home / "live" / match["session"])
    prefix = f"ambient-{place.home.name}-pool-"
    if not name.startswith(prefix):
        return False
    try:
        with locked(place.home / "pool" / name.removeprefix(prefix) / "lock", create=False) as free:
            return free
    except FileNotFoundError:
        return True


def _leftover_files(place: Place) -> int:
    """Files that git or GitPython were writing: reference locks of ours, and unnamed loose objects."""
    now, count = time.time(), 0
    candidates = [*(place.common_dir / "refs" / "ambient").rglob("*.lock")]
    candidates += [path for path in (place.common_dir / "objects").glob("obj*") if path.is_file()]
    for path in candidates:
        with contextlib.suppress(FileNotFoundError):
            if now - path.stat().st_mtime > STALE_SECONDS:
                path.unlink()
                count += 1
    return count
