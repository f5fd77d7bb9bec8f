"""Git objects without a process per object: a resident `git cat-file` to read, loose files to write."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ambient_lsp.errors import WorkspaceError
from ambient_lsp.repository.guard import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

KNOWN_TREES = 1000
"""How many parsed trees are kept in memory; they never change."""

TREE, LINK, FILE = "40000", "120000", "100644"


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a tree: its octal mode ("100644", "100755", "120000", "160000", "40000") and its object's id."""

    mode: str
    id: str


class Objects:
    """Reads and writes objects of one repository. Safe to use from several threads."""

    def __init__(self, where: Path) -> None:
        import git
        from gitdb import LooseObjectDB  # type: ignore[import-untyped]  # it publishes no types

        self._repository = git.Repo(where)
        self._repository.git.update_environment(**environment(where))
        self._loose = LooseObjectDB(str(Path(self._repository.common_dir) / "objects"))
        self._trees: dict[str, dict[bytes, Entry]] = {}
        self._lock = threading.Lock()
        self._closed = False

    def resolve(self, revision: str) -> str | None:
        """Return the id that a revision names now ("HEAD", "HEAD^{tree}"); None when there is no such thing."""
        try:
            found: str | bytes = self._ask(self._repository.git.get_object_header, revision)[0]
            return found.decode() if isinstance(found, bytes) else found
        except ValueError:
            return None

    def read(self, object_id: str) -> bytes:
        """Return an object's content. Raises `WorkspaceError` when the repository does not have it."""
        try:
            return bytes(self._ask(self._repository.git.get_object_data, object_id)[3])
        except ValueError as error:
            raise WorkspaceError(
                f"The repository has no object {object_id}.",
                untouched="Nothing was changed.",
                next_step="Run `git fsck`, or fetch what a partial clone left out.",
            ) from error

    def write(self, kind: str, data: bytes) -> str:
        """Store an object ("blob", "tree", "commit"); return its id."""
        from gitdb import IStream

        # Not through GitPython's own store, which starts a process per object.
        stored = self._loose.store(IStream(kind.encode(), len(data), io.BytesIO(data)))
        return str(stored.hexsha.decode())

    def entries(self, tree: str) -> dict[bytes, Entry]:
        """Return what one tree holds, by name. The answer is shared: do not change it."""
        if (known := self._trees.get(tree)) is not None:
            return known
        data, result, position = self.read(tree), {}, 0
        while position < len(data):
            space = data.index(b" ", position)
            end = data.index(b"\0", space)
            result[data[space + 1 : end]] = Entry(data[position:space].decode(), data[end + 1 : end + 21].hex())
            position = end + 21
        if len(self._trees) >= KNOWN_TREES:
            self._trees.clear()
        self._trees[tree] = result
        return result

    def entry(self, tree: str, path: bytes) -> Entry | None:
        """Return what is at `path` below `tree`."""
        found = Entry(TREE, tree)
        for name in path.split(b"/"):
            if found.mode != TREE:
                return None
            if (below := self.entries(found.id).get(name)) is None:
                return None
            found = below
        return found

    def edit(self, tree: str | None, changes: Mapping[bytes, Entry | None]) -> str:
        """Return the tree that `tree` becomes with `changes` (path -> entry, None to remove); all else is shared."""
        return self._edit(tree, changes) or self.write("tree", b"")

    def _edit(self, tree: str | None, changes: Mapping[bytes, Entry | None]) -> str | None:
        """The same, but None for an empty tree: git has no empty folders."""
        entries: dict[bytes, Entry | None] = {} if tree is None else dict(self.entries(tree))
        below: dict[bytes, dict[bytes, Entry | None]] = {}
        for path, entry in changes.items():
            head, _, rest = path.partition(b"/")
            if rest:
                below.setdefault(head, {})[rest] = entry
            else:
                entries[head] = entry
        for name, inner in below.items():
            old = entries.get(name)
            new = self._edit(old.id if old is not None and old.mode == TREE else None, inner)
            if new is not None or old is None or old.mode == TREE:
                entries[name] = Entry(TREE, new) if new is not None else None
        kept = [(name, entry) for name, entry in entries.items() if entry is not None]
        kept.sort(key=lambda item: item[0] + (b"/" if item[1].mode == TREE else b""))
        data = b"".join(entry.mode.encode() + b" " + name + b"\0" + bytes.fromhex(entry.id) for name, entry in kept)
        return self.write("tree", data) if kept else None

    def commit(self, tree: str, parents: Iterable[str], author: str, when: int, message: str) -> str:
        """Store a commit by `author` ("Name <mail>") at `when` (seconds since the epoch, UTC); return its id."""
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        lines += [f"{role} {author} {when} +0000" for role in ("author", "committer")]
        text = "\n".join(lines) + "\n\n" + message.rstrip("\n") + "\n"
        return self.write("commit", text.encode("utf-8", "replace"))

    def _ask(self, question: Callable[[str], tuple[Any, ...]], revision: str) -> tuple[Any, ...]:
        """Ask the resident git; once more when it was killed (GitPython then reads an empty line)."""
        with self._lock:
            if self._closed:  # a thread that nobody waits for any more must not start git anew
                raise WorkspaceError("The repository has been closed.", untouched="Nothing was changed.")
            try:
                return question(revision)
            except (BrokenPipeError, ValueError) as error:
                if isinstance(error, ValueError) and "SHA is empty" not in str(error):
                    raise
                self._repository.git.clear_cache()
                return question(revision)

    def close(self) -> None:
        """End the resident process."""
        with self._lock:
            self._closed = True
            self._repository.close()
