"""Reading one file of the repository, or saying why it is left out."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

from ambient_lsp import text
from ambient_lsp.errors import ContextError

if TYPE_CHECKING:
    from pathlib import Path

    from ambient_lsp.model import Snapshot

_LFS = b"version https://git-lfs.github.com/spec/"
_PRIVATE = re.compile(r"\.env(?:\..*|)$|.*\.(?:pem|key|p12|pfx)$|id_(?:rsa|ed25519|ecdsa)|\.netrc$|\.pypirc$")


class Skipped(Exception):
    """A file is left out; the text says why, in words for the user."""


def read_bytes(root: Path, path: str, limit: int) -> bytes:
    """Return a file's bytes. Raises `Skipped`.

    Private files (`.env`, keys) are never opened. Opening does not wait on pipes, and a link may not leave the root.
    """
    if is_private(path):
        raise Skipped("It may hold secrets, so it is never read.")
    full = root / path
    try:
        if full.is_symlink() and not full.resolve(strict=True).is_relative_to(root.resolve()):
            raise Skipped("It is a link that leaves the repository.")
        handle = os.open(full, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise Skipped("There is no such file.") from None
    except (OSError, RuntimeError) as error:
        raise Skipped(f"It cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    info = os.fstat(handle)
    if not stat.S_ISREG(info.st_mode):
        os.close(handle)
        raise Skipped("It is not an ordinary file.")
    with os.fdopen(handle, "rb") as stream:
        if info.st_size > limit:
            raise Skipped(f"It has {info.st_size:,} bytes; `monitoring.max_file_bytes` is {limit:,}.")
        try:
            data = stream.read(limit + 1)
        except OSError as error:
            raise Skipped(f"It cannot be read: {error.strerror}.") from None
    if data.startswith(_LFS):
        raise Skipped("It is a Git LFS pointer, not the file itself.")
    return data


def decode(root: Path, path: str, data: bytes) -> Snapshot:
    """Return a file's text. Raises `Skipped` for what is not text."""
    try:
        return text.decode(root, path, data)
    except ContextError as error:
        raise Skipped(error.what) from None


def is_private(path: str) -> bool:
    """Whether a file is one that usually holds secrets."""
    return _PRIVATE.match(path.rpartition("/")[2].lower()) is not None
