"""The folders that a sandbox may write: whose they are while it runs, and what must not come back out of it."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Root must not run foreign code as root. This id belongs to no account: not 65534, which other things run as.
UNPRIVILEGED = 65533


def sandbox_ids() -> tuple[int, int]:
    """Return the user and group that code in a sandbox has: the caller's own, or an unused one if that is root."""
    if os.geteuid() == 0:
        return UNPRIVILEGED, UNPRIVILEGED
    return os.geteuid(), os.getegid()


def give(folder: Path) -> None:
    """Let the sandbox's user write in `folder`, which must be ours alone: only root has to do anything for it.

    Files get the owner; the folder itself only the group, because git refuses a checkout whose top belongs to
    somebody else. Files with several hard links are left alone: the other name may be the user's own file.
    """
    if os.geteuid() != 0:
        return
    os.chown(folder, -1, UNPRIVILEGED, follow_symlinks=False)
    folder.chmod(stat.S_IMODE(folder.lstat().st_mode) | stat.S_IRWXG)
    for entry in _entries(folder, skip=".git"):
        info = entry.stat(follow_symlinks=False)
        if info.st_uid != UNPRIVILEGED and (info.st_nlink == 1 or stat.S_ISDIR(info.st_mode)):
            os.chown(entry.path, UNPRIVILEGED, UNPRIVILEGED, follow_symlinks=False)


@contextmanager
def without_git(tree: Path) -> Iterator[bool]:
    """Make sure that `tree/.git` exists, so that something can be mounted over it; yield whether it is a folder.

    It is covered even where there was none: a program that could make a `.git` with a hook or a setting in it would
    have our next git command run its code outside.
    """
    git = tree / ".git"
    if git.is_symlink():
        raise SandboxError(
            "The checkout's .git is a symbolic link.",
            untouched="Nothing was run.",
            next_step="Remove the checkout; Ambient makes a new one.",
        )
    placed = not git.exists()
    if placed:
        git.mkdir()
    try:
        yield git.is_dir()
    finally:
        if placed:
            git.rmdir()


def keep_plain_files(folder: Path) -> None:
    """Remove from `folder` what is neither a file nor a folder: the caller reads these names outside the sandbox, and
    a link would lead it to any file of the host, a pipe would have it wait for ever."""
    for entry in _entries(folder):
        info = entry.stat(follow_symlinks=False)
        if not (stat.S_ISREG(info.st_mode) or stat.S_ISDIR(info.st_mode)):
            Path(entry.path).unlink()


def _entries(folder: Path, skip: str = "") -> Iterator[os.DirEntry[str]]:
    pending = [str(folder)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.name == skip:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                yield entry
