"""Writing in a checkout: edits in their normal form, and the untracked files that checks need."""

from __future__ import annotations

import os
import re
import shutil
import stat
from typing import TYPE_CHECKING

from ambient_lsp.errors import UnsafePath
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.repository.content import is_git_path
from ambient_lsp.repository.secrets import is_secret
from ambient_lsp.text import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ambient_lsp.model import FileEdit, Snapshot
    from ambient_lsp.repository.git import Git
    from ambient_lsp.repository.place import Place

INCLUDE = ".worktreeinclude"
MAX_INCLUDED_BYTES = 64 << 20
"""Larger untracked files are not copied: they would cost every checkout."""
_VERSION_FILE = re.compile(
    r"""(?m)^[\w."'-]*\b(?:version[-_]file|write_to)["']?\s*=\s*["']((?:\w[\w.-]*/)*\w+\.py)["']"""
)


def patched(edits: Sequence[FileEdit], read: Callable[[str], Snapshot | None]) -> dict[str, bytes | None]:
    """Return the new bytes of each file that `edits` touch, None for one that goes; encodings and marks are kept.

    Raises `UnsafePath` and whatever `apply_edits` raises.
    """
    for path in {path for edit in edits for path in edit.paths}:
        _check(path)
    bases = {edit.path: base for edit in edits if (base := read(edit.path)) is not None}
    texts = apply_edits({path: base.text for path, base in bases.items()}, edits)
    origins = {edit.new_path: edit.path for edit in edits if edit.new_path is not None}
    result: dict[str, bytes | None] = {}
    for path, text in texts.items():
        base = bases.get(origins.get(path, path))
        if text is None:
            result[path] = None
        elif base is None:
            result[path] = encode(text)
        else:
            result[path] = encode(text, base.encoding, bom=base.bom)
    return result


def apply(folder: Path, edits: Sequence[FileEdit]) -> None:
    """Apply edits to the files in `folder`. All texts are computed before the first one is written."""

    def read(path: str) -> Snapshot | None:
        file = _resolve(folder, path)
        return decode(folder, path, file.read_bytes()) if file.is_file() else None

    modes = {edit.new_path: _mode(folder / edit.path) for edit in edits if edit.new_path is not None}
    for path, data in patched(edits, read).items():
        file = _resolve(folder, path)
        if data is None:
            file.unlink(missing_ok=True)
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        if modes.get(path):
            file.chmod(modes[path])


def version_files(folder: Path) -> list[str]:
    """Return the modules that `pyproject.toml` names for the build to write the version to (hatch-vcs, setuptools-scm).

    Git ignores them as a rule, and the package cannot be imported without.
    """
    try:
        text = (folder / "pyproject.toml").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    files = {path: folder / path for path in _VERSION_FILE.findall(text)}
    return [path for path, file in files.items() if file.is_file() and file.resolve() == folder.resolve() / path]


def copy_included(place: Place, git: Git, target: Path) -> list[str]:
    """Copy the untracked files that the patterns in `.worktreeinclude` name, ignored ones too; return notes.

    A module that the build writes is copied without being named. Files with secrets are not copied, whatever the
    patterns say: the file comes from the repository, which may narrow what Ambient does but never widen it.
    """
    names = version_files(place.top)
    if (place.top / INCLUDE).is_file():
        listed = git.run("ls-files", "--others", "--ignored", f"--exclude-from={place.top / INCLUDE}", "-z")
        names += [os.fsdecode(name) for name in listed.split(b"\0") if name]
    notes: list[str] = []
    for path in sorted(names):
        source, copy = place.top / path, target / path
        if is_secret(path) or is_git_path(path):
            notes.append(f"{path}: named in {INCLUDE}, but it may hold secrets; not copied.")
        elif source.is_symlink() or not source.is_file() or source.stat().st_size > MAX_INCLUDED_BYTES:
            notes.append(f"{path}: named in {INCLUDE}, but it is a link, special or too large; not copied.")
        elif not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copy2(source, copy)
            except PermissionError:
                notes.append(f"{path}: named in {INCLUDE}, but it cannot be read; not copied.")
    return notes


def _resolve(folder: Path, path: str) -> Path:
    """Return where a path is, refusing links on the way: an edit never leaves the checkout."""
    _check(path)
    file = folder
    for part in path.split("/"):
        file = file / part
        if file.is_symlink():
            raise UnsafePath(f"{path} goes through a link.", untouched="Nothing was written.", path=path)
    return file


def _check(path: str) -> None:
    parts = path.split("/")
    if not path or path.startswith("/") or "\0" in path or is_git_path(path) or {"", ".", ".."} & set(parts):
        raise UnsafePath(f"{path!r} is not a path inside the repository.", untouched="Nothing was written.", path=path)


def _mode(file: Path) -> int:
    try:
        return stat.S_IMODE(file.lstat().st_mode)
    except OSError:
        return 0
