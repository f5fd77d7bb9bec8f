"""The current content of a working tree as a git tree, without touching the user's index, HEAD, stash or files.

A private copy of the user's index keeps git's stat cache, so that only files that changed are read. What cannot go
into a tree is left out (or as the index has it) with a note, and never breaks the rest.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.repository.git import GitFailed
from ambient_lsp.repository.objects import FILE, Entry
from ambient_lsp.repository.secrets import is_secret
from ambient_lsp.text import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ambient_lsp.model import Snapshot
    from ambient_lsp.repository.git import Git
    from ambient_lsp.repository.objects import Objects
    from ambient_lsp.repository.place import Place

MAX_FILE_BYTES = 10 << 20
"""Larger changed files keep the content that the index has; larger new files are left out."""

MAX_NEW_FILES = 50_000
"""In a folder with more files that git does not know and does not ignore, the rest of them is left out."""

_STATUS = ("status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=all")
_POINTER = b"version https://git-lfs.github.com/spec/"
_GONE = "0 " + "0" * 40 + "\t"


class WorkingContent:
    """Reads the working tree of one place. Not for several threads at once.

    `notes` tells, after `tree`, what was left out and why.
    """

    def __init__(self, place: Place, git: Git, objects: Objects, folder: Path, max_file_bytes: int) -> None:
        self.notes: tuple[str, ...] = ()
        self._place = place
        self._git = git
        self._objects = objects
        self._index = folder / "index"
        self._source = (place.home / "seed.index") if place.shadow else (place.git_dir / "index")
        self._copied: tuple[tuple[int, int, int] | None] | None = None
        self._last: str | None = None
        self._has_our_own = False
        self._max_file_bytes = max_file_bytes

    def tree(self, snapshots: Sequence[Snapshot] = ()) -> str:
        """Return the tree of what is on disk now, with `snapshots` on top."""
        notes: list[str] = []
        self._copy_index()
        removed, updated = self._changes(notes)
        if self._has_our_own and any(path.endswith(".gitignore") for path in (*removed, *updated)):
            self._copy_index(anew=True)  # what we took in as new before may be ignored now
            notes.clear()
            removed, updated = self._changes(notes)
        if removed or updated:
            self._update(removed, updated, notes)
            self._has_our_own = True
        saved = self._write_tree(touched=bool(removed or updated))
        changes = dict(self._buffers(saved, snapshots, notes))
        self.notes = tuple(notes)
        return self._objects.edit(saved, changes) if changes else saved

    def keep_index(self) -> None:
        """Keep the stat cache of a folder without git for the next start."""
        if self._place.shadow and self._index.exists():
            temporary = self._index.with_suffix(".seed")
            shutil.copy2(self._index, temporary)
            temporary.replace(self._source)

    def _copy_index(self, *, anew: bool = False) -> None:
        """Start again from the user's index when it changed, as it does on `git add`, commit and checkout.

        Without git there is only what we kept the last time, which `anew` does without.
        """
        current = _fingerprint(self._source)
        if self._copied == (current,) and not anew:
            return
        for leftover in (self._index, Path(f"{self._index}.lock")):
            leftover.unlink(missing_ok=True)
        self._has_our_own = self._place.shadow and current is not None and not anew
        if current is not None and not (anew and self._place.shadow):
            # With its time: git tells by it which entries were written too late to be trusted ("racily clean").
            shutil.copy2(self._source, self._index)
        self._copied = (current,)
        self._last = None

    def _changes(self, notes: list[str]) -> tuple[list[str], list[str]]:
        """Return the paths to remove from and to update in the private index."""
        removed, updated, new = [], [], 0
        if (self._place.top / ".gitmodules").exists():
            notes.append("Submodules: the tree has their recorded commits, not their files.")
        for path, untracked in _parse_status(self._git.run(*_STATUS, index=self._index)):
            new += untracked
            if untracked and new > MAX_NEW_FILES:
                continue
            kind = self._judge(path, untracked, notes)
            if kind == "remove":
                removed.append(path)
            elif kind == "update":
                updated.append(path)
        if new > MAX_NEW_FILES:
            notes.append(f"{new - MAX_NEW_FILES} new files beyond {MAX_NEW_FILES} were left out; ignore some in git.")
        return removed, self._without_lfs(updated, notes)

    def _judge(self, path: str, untracked: bool, notes: list[str]) -> str:
        full = self._place.top / path
        try:
            info = full.lstat()
            if untracked and is_secret(path):
                return "skip"
            if stat.S_ISDIR(info.st_mode):
                if untracked:
                    notes.append(f"{path}: a repository of its own; left out.")
                return "skip" if untracked else "remove"
            if stat.S_ISLNK(info.st_mode):
                if untracked and escapes(path, str(full.readlink())):
                    notes.append(f"{path}: a new link that leaves the folder; left out.")
                    return "skip"
                return "update"
            if not stat.S_ISREG(info.st_mode):
                notes.append(f"{path}: not a regular file; left out.")
                return "skip"
            if info.st_size > self._max_file_bytes:
                notes.append(f"{path}: larger than {self._max_file_bytes >> 20} MiB; its change was left out.")
                return "skip"
            with full.open("rb"):
                return "update"
        except (FileNotFoundError, NotADirectoryError):
            return "skip" if untracked else "remove"
        except OSError as error:
            notes.append(f"{path}: cannot be read ({error.strerror}); its change was left out.")
            return "skip"

    def _without_lfs(self, paths: list[str], notes: list[str]) -> list[str]:
        """Leave changed large-file content out: the tree keeps the pointer that the index has."""
        if not paths:
            return paths
        data = b"".join(os.fsencode(path) + b"\0" for path in paths)
        fields = self._git.run("check-attr", "-z", "--stdin", "filter", data=data, index=self._index).split(b"\0")
        tracked = {os.fsdecode(path) for path, value in zip(fields[::3], fields[2::3], strict=False) if value == b"lfs"}
        content = {path for path in tracked if not _is_pointer(self._place.top / path)}
        notes.extend(f"{path}: content kept by Git LFS; the tree has its pointer, if any." for path in sorted(content))
        return [path for path in paths if path not in content]

    def _update(self, removed: list[str], updated: list[str], notes: list[str]) -> None:
        if removed:
            gone = b"".join(_GONE.encode() + os.fsencode(path) + b"\0" for path in removed)
            self._git.run("update-index", "-z", "--index-info", data=gone, index=self._index)
        if not updated:
            return
        argv = ("update-index", "--add", "--remove", "--replace", "-z", "--stdin")
        try:
            self._git.run(*argv, data=b"".join(os.fsencode(path) + b"\0" for path in updated), index=self._index)
        except GitFailed:
            for path in updated:  # one that changed under us must not cost the others
                try:
                    self._git.run(*argv, data=os.fsencode(path) + b"\0", index=self._index)
                except GitFailed as error:
                    if "No space left" in str(error):
                        raise
                    notes.append(f"{path}: git could not read it; its change was left out.")

    def _write_tree(self, *, touched: bool) -> str:
        if touched or self._last is None:
            self._last = self._git.run("write-tree", index=self._index).decode().strip()
        return self._last

    def _buffers(
        self, tree: str, snapshots: Sequence[Snapshot], notes: list[str]
    ) -> Iterator[tuple[bytes, Entry | None]]:
        for snapshot in snapshots:
            path = self._place.prefix + snapshot.path
            if snapshot.path.startswith("/") or ".." in snapshot.path.split("/") or is_git_path(path):
                continue
            data = encode(snapshot.text, snapshot.encoding, bom=snapshot.bom)
            if _content(self._place.top / path) == data:
                continue
            old = self._objects.entry(tree, os.fsencode(path))
            if old is None and (is_secret(path) or self._is_ignored(path)):
                continue
            if old is not None and old.mode not in (FILE, "100755"):
                notes.append(f"{path}: the open buffer is not of a regular file; it was left out.")
                continue
            blob = self._git.run("hash-object", "-w", "--stdin", f"--path={path}", data=data, index=self._index)
            yield os.fsencode(path), Entry(old.mode if old else FILE, blob.decode().strip())

    def _is_ignored(self, path: str) -> bool:
        data = os.fsencode(path) + b"\0"
        return bool(self._git.run("check-ignore", "-z", "--stdin", data=data, index=self._index, accept=(0, 1)))


def escapes(path: str, target: str) -> bool:
    """Tell whether a link at `path` (relative to the top) that holds `target` leads out of the tree."""
    if target.startswith("/") or "\\" in target or target[1:2] == ":":
        return True
    depth = path.count("/")
    for part in target.split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            return True
    return is_git_path(os.path.normpath(f"{path}/../{target}"))


def is_git_path(path: str) -> bool:
    """Tell whether a path goes through a repository's own folder."""
    return any(part.lower() == ".git" for part in path.split("/"))


def _parse_status(output: bytes) -> Iterator[tuple[str, bool]]:
    """Yield (path, untracked) for what differs between the index and the files."""
    for record in output.split(b"\0"):
        kind = record[:2]
        if kind == b"? ":
            yield os.fsdecode(record[2:].removesuffix(b"/")), True
        elif kind == b"1 " and record[3:4] != b".":
            yield os.fsdecode(record.split(b" ", 8)[8]), False
        elif kind == b"u ":
            yield os.fsdecode(record.split(b" ", 10)[10]), False


def _fingerprint(path: Path) -> tuple[int, int, int] | None:
    try:
        info = path.stat()
    except FileNotFoundError:
        return None
    return info.st_mtime_ns, info.st_size, info.st_ino


def _is_pointer(path: Path) -> bool:
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(len(_POINTER)) == _POINTER
    return False


def _content(path: Path) -> bytes | None:
    try:
        return None if path.is_symlink() else path.read_bytes()
    except (OSError, ValueError):
        return None
