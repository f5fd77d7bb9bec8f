"""Whether the state in a folder is ours. A repository can bring its own `.ambient`, with "proven" fixes in a store, or
a journal of bytes to be put back into files; none of that may be believed.

Every state folder has an `id`, and the user's own state folder knows the ids that were given out on this machine.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import re
import uuid
from typing import TYPE_CHECKING

from ambient_lsp.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

logger = logging.getLogger(__name__)

_ID = re.compile(r"[0-9a-f]{32}")
_BELIEVED = ("state.db", "journal", "proposals", "telemetry", "patch_debug")
"""What names of state begin with."""


def claim(folder: Path, *, trusted: bool, known: Path | None = None) -> None:
    """Make sure that what is believed in `folder` was made here, before anything of it is read.

    State from elsewhere is moved to `foreign/` in it, or adopted if the user trusts the folder. Links in it are
    removed: we write and clean up there. `known` is where the ids are kept. Raises `StoreError`.
    """
    if folder.is_symlink():
        raise StoreError(
            f"{folder} is a symbolic link, and Ambient would write wherever it leads.",
            untouched="Nothing was changed.",
            next_step="Remove the link; Ambient makes a folder.",
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone_in(folder):
            for entry in folder.iterdir():
                if entry.is_symlink():
                    entry.unlink()
            _claim(folder, known or _known(), trusted=trusted)
    except OSError as error:
        raise StoreError(
            f"The state in {folder} cannot be opened: {error}.",
            untouched="Nothing was changed.",
            next_step="Check that the folder can be written and the disk is not full.",
        ) from error


def _claim(folder: Path, known: Path, *, trusted: bool) -> None:
    mine = _read(folder / "id")
    if mine and (known / mine).is_file():
        return
    theirs = [entry for entry in folder.iterdir() if entry.name.startswith(_BELIEVED)]
    if theirs and not trusted:
        aside = folder / "foreign" / uuid.uuid4().hex[:8]
        if (folder / "foreign").is_symlink():
            (folder / "foreign").unlink()
        aside.mkdir(parents=True)
        for entry in theirs:
            entry.rename(aside / entry.name)
        logger.warning(
            "What %s held was not made by you on this machine, so it is not believed: it is in %s now."
            " `ambient trust` before the first start adopts such state.",
            folder,
            aside,
        )
    new = uuid.uuid4().hex
    with contextlib.suppress(OSError):  # a home that cannot be written: the next start will begin anew
        known.mkdir(mode=0o700, parents=True, exist_ok=True)
        (known / new).touch()
    draft = folder / f".id-{new}"
    draft.write_text(new)
    draft.replace(folder / "id")


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep another window that opens the folder at once from taking what this one begins there for foreign."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(file: Path) -> str:
    try:
        text = file.read_text("ascii", "replace")[:64].strip()
    except OSError:
        return ""
    return text if _ID.fullmatch(text) else ""


def _known() -> Path:
    from platformdirs import user_state_path

    return user_state_path("ambient", appauthor=False) / "folders"
