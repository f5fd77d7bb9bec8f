"""What differs between two trees, and writing just that into a checkout."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.repository.content import escapes
from ambient_lsp.repository.objects import LINK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ambient_lsp.repository.git import Git

GONE = "000000"


@dataclass(frozen=True, slots=True)
class Difference:
    """What a path becomes: `mode` in octal (`GONE` when it is removed) and the id of its content."""

    path: bytes
    mode: str
    id: str


def changes_between(git: Git, before: str, after: str) -> list[Difference]:
    """Return what must be written (or removed, mode 000000) to get from one tree to another."""
    if before == after:
        return []
    fields = iter(git.run("diff-tree", "-r", "-z", "--no-renames", "--no-abbrev", before, after).split(b"\0"))
    return list(_parse_raw(fields))


def _parse_raw(fields: Iterator[bytes]) -> Iterator[Difference]:
    for field in fields:
        if field.startswith(b":"):
            _, mode, _, object_id, _ = field.decode("ascii").split(" ")
            yield Difference(next(fields), mode, object_id)


def write_changes(git: Git, admin: Path, top: Path, changes: list[Difference]) -> None:
    """Make the changes in a checkout that is registered as `admin`. Links that lead out of it are left out."""
    for change in changes:
        if change.mode == GONE:
            path = top / os.fsdecode(change.path)
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            with contextlib.suppress(OSError):  # the first folder that is not empty ends it
                for parent in path.relative_to(top).parents[:-1]:
                    (top / parent).rmdir()
    written = [change for change in changes if change.mode != GONE]
    if written:
        data = b"".join(change.path + b"\0" for change in written)
        argv = ("checkout-index", "--force", "--quiet", "-z", "--stdin")
        git.run(*argv, data=data, git_dir=admin, work_tree=top)
    for change in written:
        path = top / os.fsdecode(change.path)
        if change.mode == LINK and escapes(os.fsdecode(change.path), str(path.readlink())):
            path.unlink()
