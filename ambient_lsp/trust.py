"""Which folders may run code of their own inside our process (custom specialists, custom gates).

A folder is trusted because its user said so on this machine, never because of a file inside it. The list is one JSON
file in the user's state folder. Trusting a folder trusts what is below it; a neighbour or a parent is not.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator


def trust_file() -> Path:
    """Return where the list is kept."""
    from platformdirs import user_state_path

    return user_state_path("ambient", appauthor=False) / "trusted.json"


def is_trusted(root: Path, file: Path | None = None) -> bool:
    """Whether the user trusted this folder, or one above it. A list that cannot be read trusts nothing."""
    try:
        folders = set(_read(file or trust_file()))
    except StoreError:
        return False
    resolved = root.resolve()
    return any(str(folder) in folders for folder in (resolved, *resolved.parents))


def trust(root: Path, file: Path | None = None) -> None:
    """Trust a folder and all below it. Raises `StoreError` when the list cannot be read or written."""
    with _updating(file or trust_file()) as folders:
        folders.add(str(root.resolve()))


def untrust(root: Path, file: Path | None = None) -> None:
    """Take trust back from exactly this folder; a trusted parent still counts. Raises `StoreError`."""
    with _updating(file or trust_file()) as folders:
        folders.discard(str(root.resolve()))


def trusted_folders(file: Path | None = None) -> list[Path]:
    """Return the folders that were trusted, sorted. Raises `StoreError`."""
    return [Path(folder) for folder in sorted(_read(file or trust_file()))]


def _read(file: Path) -> list[str]:
    try:
        folders = json.loads(file.read_text("utf-8"))["folders"]
        if not all(isinstance(folder, str) for folder in folders):
            raise TypeError("a folder is a string")
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"The list of trusted folders in {file} cannot be read ({error}).",
            untouched="It was left as it is, and nothing is trusted until then.",
            next_step="Repair or delete that file.",
        ) from error
    return list(folders)


@contextlib.contextmanager
def _updating(file: Path) -> Iterator[set[str]]:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(file.with_suffix(".lock")):
            folders = set(_read(file))
            yield folders
            _replace(file, json.dumps({"version": 1, "folders": sorted(folders)}, indent=2) + "\n")
    except OSError as error:
        raise StoreError(
            f"The list of trusted folders in {file} cannot be written ({error}).",
            untouched="The list is as it was before.",
            next_step="Check that this folder is writable.",
        ) from error


def _replace(file: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:  # Windows: two windows that trust folders in the same millisecond may lose one
        yield
        return
    with file.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
