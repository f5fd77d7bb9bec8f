"""Reading one file of the repository, or saying why it is left out."""

from __future__ import annotations

import errno
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
    if not _is_text(path):
        raise Skipped("Its name is not UTF-8 text.")
    try:
        handle = _open(root, path)
    except FileNotFoundError:
        raise Skipped("There is no such file.") from None
    except (OSError, RuntimeError, ValueError) as error:
        raise Skipped(f"It cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    try:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode):
            raise Skipped("It is not an ordinary file.")
        if info.st_size > limit:
            raise Skipped(f"It has {info.st_size:,} bytes; `monitoring.max_file_bytes` is {limit:,}.")
        data = b""
        while piece := os.read(handle, info.st_size + 1 - len(data) if len(data) <= info.st_size else 1 << 16):
            data += piece
            if len(data) > limit:
                raise Skipped(f"It grows while it is read; `monitoring.max_file_bytes` is {limit:,}.")
    except OSError as error:
        raise Skipped(f"It cannot be read: {error.strerror}.") from None
    finally:
        os.close(handle)
    if data.startswith(_LFS):
        raise Skipped("It is a Git LFS pointer, not the file itself.")
    return data


def _open(root: Path, path: str) -> int:
    # A cold start opens thousands of files, so the ordinary one costs a single call; O_NONBLOCK is for pipes.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        return os.open(f"{root}/{path}", flags | getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
    if leaves(root, path):
        raise Skipped("It is a link that leaves the repository.")
    return os.open(f"{root}/{path}", flags)


def leaves(root: Path, path: str) -> bool:
    """Whether a path leads out of the repository through links."""
    try:
        return not (root / path).resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links
        return True


def decode(root: Path, path: str, data: bytes) -> Snapshot:
    """Return a file's text. Raises `Skipped` for what is not text."""
    try:
        return text.decode(root, path, data)
    except ContextError as error:
        raise Skipped(error.what) from None


def _is_text(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:  # how Python holds bytes of a name that it could not decode
        return False
    return True


def is_private(path: str) -> bool:
    """Whether a file is one that usually holds secrets."""
    return _PRIVATE.match(path.rpartition("/")[2].lower()) is not None
