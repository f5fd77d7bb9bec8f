"""What `apply` writes down before it touches a file, and writing that survives a power cut."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from ambient_lsp.errors import PatchError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_VERSION = 1


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file's bytes before and after; None where it does not exist. `mode` are its permission bits.

    `folders` did not exist before, the innermost first. `undoes` tells that they may go when the file goes.
    """

    path: str
    before: bytes | None
    after: bytes | None
    mode: int | None = None
    folders: tuple[str, ...] = ()
    undoes: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """What was written: enough to undo it, in this process or, by `dumps` and `loads`, in another one."""

    changes: tuple[FileChange, ...]

    def dumps(self) -> str:
        """Return it as JSON."""
        files = [
            asdict(change) | {"before": _text(change.before), "after": _text(change.after)} for change in self.changes
        ]
        body = json.dumps(files)
        return json.dumps({"version": _VERSION, "sha256": digest(body.encode()), "files": body})

    @classmethod
    def loads(cls, text: str) -> Applied:
        """Read what `dumps` wrote. Raises `ValueError` when it is anything else."""
        record = json.loads(text)
        if record["version"] != _VERSION or digest(record["files"].encode()) != record["sha256"]:
            raise ValueError("This is not a record of applied changes, or it is damaged.")
        return cls(
            tuple(
                FileChange(
                    file["path"],
                    _bytes(file["before"]),
                    _bytes(file["after"]),
                    file["mode"],
                    tuple(file["folders"]),
                    file["undoes"],
                )
                for file in json.loads(record["files"])
            )
        )


@dataclass(frozen=True, slots=True)
class Recovered:
    """What `recover` did. `left` are files that somebody changed since, which stayed as they are."""

    outcome: Literal["nothing", "finished", "put back"]
    left: tuple[str, ...] = ()


def read_journal(journal: Path) -> tuple[FileChange, ...] | None:
    """Return what a journal says, None where there is none. Raises `PatchError` when it cannot be read."""
    draft_name(journal).unlink(missing_ok=True)
    data = read_bytes(journal)
    if data is None:
        return None
    try:
        return Applied.loads(data.decode()).changes
    except (ValueError, KeyError, TypeError) as error:
        raise PatchError(
            f"The journal {journal.name} of a change that was cut off is damaged.",
            untouched="No file was changed.",
            next_step="Compare your files with your last commit, then delete the journal.",
        ) from error


def write_durably(
    file: Path, data: bytes, mode: int | None = None, *, rename: bool = True, step: Callable[[str], None] | None = None
) -> None:
    """Write a file so that it has all of `data` or is as before, also after a power cut.

    Without `rename` it is written in place, for files that nobody reads yet.
    """
    draft = draft_name(file) if rename else file
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o666)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        if step is not None:
            step("before the journal is durable")
        if mode is not None:
            draft.chmod(mode)
        os.fsync(stream.fileno())
    if rename:
        if step is not None:
            step("before the journal has its name")
        draft.replace(file)
        sync_folder(file.parent)


def remove_durably(file: Path) -> None:
    """Remove a file so that it stays removed after a power cut."""
    file.unlink(missing_ok=True)
    if file.parent.exists():
        sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    with contextlib.suppress(OSError):  # Windows cannot open folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_bytes(file: Path) -> bytes | None:
    """Return a file's bytes, None where there is no file."""
    try:
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def digest(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def draft_name(file: Path) -> Path:
    """Return where a file's new bytes lie until they are whole."""
    return file.with_name(f".{file.name}.ambient-draft")


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
