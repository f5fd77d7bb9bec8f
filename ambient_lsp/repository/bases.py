"""Clean checkouts of one tree each, shared by all processes as the lower layer of overlays. Nothing writes in them.

A base is used under a shared lock, built and removed under an exclusive one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.repository.content import escapes
from ambient_lsp.repository.git import GitFailed
from ambient_lsp.repository.overlay import mounts_below
from ambient_lsp.repository.session import locked, remove_folder, take_lock
from ambient_lsp.sandbox.checkout import give

if TYPE_CHECKING:
    from pathlib import Path

    from ambient_lsp.repository.git import Git

_FULL = 1 << 20
KEEP = 2
"""How many bases stay for the next time: the one in use and the one before it."""


@dataclass(slots=True)
class Base:
    """A base that is being used; `release` gives it back."""

    files: Path
    index: Path
    _lock: int

    def release(self) -> None:
        """Let others remove it."""
        os.close(self._lock)


class Bases:
    """The bases in one folder."""

    def __init__(self, folder: Path, git: Git) -> None:
        self.folder = folder
        self._git = git
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def acquire(self, tree: str) -> Base:
        """Return the base of `tree`, built now if it does not exist; waits for another process that builds it."""
        place, lock_file = self.folder / tree, self.folder / f"{tree}.lock"
        while True:
            lock = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                take_lock(lock, shared=True, wait=True)
                if not place.exists():
                    take_lock(lock, wait=True)
                    if not place.exists():
                        self._build(tree, place)
                    take_lock(lock, shared=True, wait=True)
                if place.exists() and _same_file(lock, lock_file):
                    os.utime(place)
                    return Base(place / "files", place / "index", lock)
            except BaseException:
                os.close(lock)
                raise
            os.close(lock)  # it was removed between our two looks

    def newest(self) -> str | None:
        """Return the tree of the base that was used last."""
        return next((place.name for place in self._by_use()), None)

    def evict(self, keep: int = KEEP) -> int:
        """Remove bases that nobody uses, but for the `keep` used last; return how many."""
        return sum(self._remove(place) for place in self._by_use()[keep:])

    def reap(self) -> int:
        """Remove what a killed process was building; return how many things that was."""
        count = 0
        for leftover in [*self.folder.glob("building-*"), *self.folder.glob("gone-*")]:
            with locked(self.folder / f"{leftover.name.partition('-')[2]}.lock") as free:
                if free:
                    remove_folder(leftover)
                    count += 1
        return count

    def _build(self, tree: str, place: Path) -> None:
        building = self.folder / f"building-{tree}"
        remove_folder(building)
        try:
            files, index = building / "files", building / "index"
            materialise(self._git, tree, files, index)
            if os.geteuid() == 0:
                # A sandbox run by root gives the checkout to another user. Done in an overlay, that would copy every
                # file up, each time.
                give(files)
                self._git.run("update-index", "-q", "--refresh", index=index, work_tree=files)
            building.rename(place)
        except BaseException:
            remove_folder(building)
            raise

    def _by_use(self) -> list[Path]:
        places = [place for place in self.folder.iterdir() if place.is_dir() and "-" not in place.name]
        return sorted(places, key=_last_use, reverse=True)

    def _remove(self, place: Path) -> bool:
        with locked(self.folder / f"{place.name}.lock") as free:
            if not free or any(f"{place}/" in options for _, options in mounts_below(self.folder.parent)):
                return False  # in use, or still below a mount that a killed process left
            gone = place.with_name(f"gone-{place.name}")
            with contextlib.suppress(FileNotFoundError):
                place.rename(gone)
            remove_folder(gone)
            (self.folder / f"{place.name}.lock").unlink(missing_ok=True)
            return True


def materialise(git: Git, tree: str, files: Path, index: Path, git_dir: Path | None = None) -> None:
    """Check a tree out in full, with an index that has fresh stat data.

    Links that lead out of the tree are left out and marked skip-worktree, so that git does not miss them: code that
    runs in a checkout must not find its way to the user's own files.
    """
    files.mkdir(parents=True, exist_ok=True)
    git.run("read-tree", tree, index=index, git_dir=git_dir, work_tree=files)
    try:
        git.run(
            "checkout-index", "--all", "--force", "--index", "--quiet", index=index, git_dir=git_dir, work_tree=files
        )
    except GitFailed as error:
        if shutil.disk_usage(files).free < _FULL:  # git says only that it could not write
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(files)) from error
        raise
    hide_escaping_links(git, files, index, git_dir)


def hide_escaping_links(git: Git, files: Path, index: Path, git_dir: Path | None = None) -> None:
    """Remove the links in a checkout that lead out of it, and tell its index so."""
    hidden = []
    for record in git.run("ls-files", "--stage", "-z", index=index, git_dir=git_dir, work_tree=files).split(b"\0"):
        if record.startswith(b"120000 "):
            path = os.fsdecode(record.partition(b"\t")[2])
            link = files / path
            if link.is_symlink() and escapes(path, str(link.readlink())):
                link.unlink()
                hidden.append(os.fsencode(path) + b"\0")
    if hidden:
        argv = ("update-index", "--skip-worktree", "-z", "--stdin")
        git.run(*argv, data=b"".join(hidden), index=index, git_dir=git_dir, work_tree=files)


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _last_use(place: Path) -> float:
    try:
        return place.stat().st_mtime
    except FileNotFoundError:
        return 0.0
