"""Checkouts of a plain folder: a tree is a copy of it, named by a hash of its content."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.patching.edits import apply_edits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from ambient_lsp.model import FileEdit, Proposal, Snapshot


class PlainCheckouts:
    """Copies `root` for every checkout."""

    notes: tuple[str, ...] = ()

    def __init__(self, root: Path, cache: Path) -> None:
        self.root, self.cache = root, cache
        self.cache.mkdir(parents=True, exist_ok=True)

    async def current(self, snapshots: Sequence[Snapshot] = ()) -> str:
        digest = hashlib.sha256()
        for path in sorted(file for file in self.root.rglob("*") if file.is_file()):
            digest.update(str(path.relative_to(self.root)).encode() + b"\0" + path.read_bytes() + b"\0")
        tree = digest.hexdigest()[:20]
        if not (self.cache / tree).exists():
            shutil.copytree(self.root, self.cache / tree)
        return tree

    @asynccontextmanager
    async def checkout(self, tree: str, edits: Sequence[FileEdit] = ()) -> AsyncIterator[Path]:
        with tempfile.TemporaryDirectory(dir=self.cache) as name:
            folder = Path(name) / "tree"
            shutil.copytree(self.cache / tree, folder)
            paths = {path for edit in edits for path in edit.paths}
            bases = {path: (folder / path).read_text() for path in paths if (folder / path).exists()}
            for path, text in apply_edits(bases, edits).items():
                target = folder / path
                if text is None:
                    target.unlink()
                else:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(text)
            yield folder

    async def record(self, proposal: Proposal, tree: str) -> str:
        return f"{tree}-{proposal.id}"

    async def reap(self) -> int:
        return 0

    async def close(self) -> None:
        return None
