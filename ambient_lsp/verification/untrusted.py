"""Files that code in a sandbox could have put where we read and write outside of it: the report folder, the checkout.

A link there would lead us to any file of the host, a pipe would have us wait for ever, a huge file would fill our
memory. What is none of these is read; all else counts as missing.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from ambient_lsp.errors import SandboxError

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 64 << 20


def read_text(folder: Path, name: str, limit: int = MOST_BYTES) -> str | None:
    """Return the text of an ordinary file below `folder`; None where there is none, or a larger one."""
    place = folder / name
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        if place.parent.resolve() != (folder.resolve() / name).parent:
            return None  # through a linked folder
        handle = os.open(place, flags)
    except (OSError, ValueError):
        return None
    try:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode) or info.st_size > limit:
            return None
        with os.fdopen(handle, "rb", closefd=False) as stream:
            data = stream.read(limit + 1)
    finally:
        os.close(handle)
    return data.decode("utf-8", "replace") if len(data) <= limit else None


def write_text(folder: Path, name: str, text: str) -> None:
    """Write a new file below `folder`, in place of whatever has its name. Raises `SandboxError`."""
    place = folder / name
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.parent.resolve() != (folder.resolve() / name).parent:
            raise SandboxError(f"{name} leads out of the report folder.", untouched="Nothing was written.")
        with contextlib.suppress(FileNotFoundError):
            place.unlink()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(place, flags, 0o666), "wb") as stream:
            stream.write(text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise SandboxError(f"{name} could not be written for the sandbox: {error}.") from error
