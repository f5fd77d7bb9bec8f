"""What the whole repository says, kept by content: the words of every file, and the statement runs of its code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers import deadcode, duplication
from ambient_lsp.analyzers.base import is_generated
from ambient_lsp.analyzers.syntax import is_test_path
from ambient_lsp.text import sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.model import Context, FileFacts, Snapshot
    from ambient_lsp.protocols import Workbench

_BATCH = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its words, and its runs where it is code that may be compared."""

    words: frozenset[str]
    runs: tuple[duplication.Run, ...]


class RepositoryIndex:
    """Entries of all files that the context names; a file is read again only when its content is another."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[str, Entry]] = {}
        self._files_with: Counter[str] = Counter()
        self._context: Context | None = None

    async def refresh(self, context: Context, bench: Workbench) -> None:
        """Bring the index up to the context. Unsaved targets count with the text they have."""
        if context is self._context:
            return
        unsaved = {snapshot.path: snapshot for snapshot in context.targets}
        wanted = {path: facts.blob for path, facts in context.tree.items()}
        wanted |= {path: snapshot.sha256 for path, snapshot in unsaved.items()}
        # A context without a tree (a recheck of one text) says nothing of what is gone.
        for path in self._entries.keys() - wanted.keys() if context.tree else ():
            self._forget(path)
        stale = [path for path, key in wanted.items() if not key or self._entries.get(path, ("", None))[0] != key]
        for start in range(0, len(stale), _BATCH):
            texts: list[tuple[str, str, bool]] = []
            for path in stale[start : start + _BATCH]:
                snapshot = unsaved.get(path) or await bench.read(path)
                text = snapshot.text if snapshot is not None else ""
                texts.append((path, text, is_code(path, context.tree.get(path))))
            for (path, text, _), entry in zip(texts, await bench.cpu(read_entries, texts), strict=True):
                self._forget(path)
                self._entries[path] = (wanted[path] or sha256(text), entry)
                self._files_with.update(entry.words)
        self._context = context

    def clones(self, path: str, min_lines: int) -> list[duplication.Clone]:
        """Return the repetitions that have a place in `path`."""
        entry = self._entries.get(path)
        if entry is None or not entry[1].runs:
            return []
        digests = {piece.digest for run in entry[1].runs for piece in run.pieces if piece.digest}
        indexes = {
            other: kept.runs
            for other, (_, kept) in self._entries.items()
            if any(piece.digest in digests for run in kept.runs for piece in run.pieces)
        }
        return duplication.clones(indexes, [path], min_lines)

    def used_elsewhere(self, snapshot: Snapshot) -> frozenset[str]:
        """Return the words of this file that another file has too, and every word that could be a name's beginning."""
        entry = self._entries.get(snapshot.path)
        own = entry[1].words if entry is not None else frozenset()
        shared = {word for word in deadcode.words(snapshot.text) if self._files_with[word] > (word in own)}
        return frozenset(shared | {word for word in self._files_with if word.endswith("_")})

    def _forget(self, path: str) -> None:
        old = self._entries.pop(path, None)
        if old is not None:
            self._files_with.subtract(old[1].words)
            self._files_with += Counter()


def read_entries(texts: Sequence[tuple[str, str, bool]]) -> list[Entry]:
    """Return the entries of (path, text, whether it is code to compare)."""
    return [
        Entry(
            frozenset(deadcode.words(text)),
            duplication.index(text) if comparable and not is_generated(text) else (),
        )
        for _, text, comparable in texts
    ]


def is_code(path: str, facts: FileFacts | None) -> bool:
    """Return whether a file is Python that is no test: repetition in tests is often on purpose."""
    if not path.endswith(".py"):
        return False
    return not (facts.is_test if facts is not None else is_test_path(path))
