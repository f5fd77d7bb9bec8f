"""Registering a folder as a worktree of a repository, so that `git status`, `diff` and `commit` work inside it.

`git worktree add` would do it too, but it takes tens of milliseconds once many worktrees exist, and it checks files
out. The layout is documented in gitrepository-layout(5) and git-worktree(1), "DETAILS".
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.repository.session import remove_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_REASON = "Ambient checkout at "
_NAME = re.compile(r"ambient-[0-9a-f]{16}-[\w-]+")
_ATTEMPTS = 100


def register(common_dir: Path, name: str, tree: Path, dot_git: Path, commit: str) -> Path:
    """Register `tree` as a locked worktree at a detached `commit`; return its folder in the repository.

    `dot_git` is where the `.git` file is written: in `tree`, or in what will be mounted there. The lock comes first, so
    that `git worktree prune` leaves a half-made registration alone and we can tell whose it is.
    """
    admin = common_dir / "worktrees" / name
    _make(admin)
    try:
        (admin / "locked").write_bytes(os.fsencode(f"{_REASON}{tree}"))
        (admin / "gitdir").write_bytes(os.fsencode(tree / ".git") + b"\n")
        (admin / "commondir").write_bytes(b"../..\n")
        (admin / "HEAD").write_bytes(commit.encode() + b"\n")
        dot_git.write_bytes(b"gitdir: " + os.fsencode(admin) + b"\n")
    except OSError:
        unregister(admin)
        raise
    return admin


def _make(admin: Path) -> None:
    """Make a registration's folder, though the last one of others may be going, and `worktrees` with it."""
    for _ in range(_ATTEMPTS):
        # Pathlib says that a folder exists when it was there, and is gone when it looks what it was.
        with suppress(FileNotFoundError, FileExistsError):
            admin.mkdir(parents=True, exist_ok=True)
            return
    admin.mkdir(parents=True, exist_ok=True)


def unregister(admin: Path) -> None:
    """Forget a worktree; the folder `worktrees` goes with the last one, as git does it."""
    remove_folder(admin)
    try:
        admin.parent.rmdir()
    except OSError:
        return


def registrations(common_dir: Path) -> Iterator[tuple[Path, Path | None]]:
    """Yield (registration, its tree) of every one that `register` made or began; the tree is None if not written."""
    try:
        candidates = sorted((common_dir / "worktrees").iterdir())
    except FileNotFoundError:
        return
    for admin in candidates:
        if not _NAME.fullmatch(admin.name):
            continue
        try:
            reason = os.fsdecode((admin / "locked").read_bytes())
        except OSError:
            reason = ""
        if reason.startswith(_REASON):
            yield admin, Path(reason.removeprefix(_REASON))
        elif not reason and not (admin / "gitdir").exists():
            yield admin, None
