"""What the whole repository says, kept by content: each file's words, the statement runs and outlines of its code."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers import alike, deadcode, duplication
from ambient_lsp.analyzers.base import is_generated
from ambient_lsp.analyzers.syntax import is_test_path
from ambient_lsp.text import sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.model import Context, FileFacts, Snapshot
    from ambient_lsp.protocols import Workbench

_BATCH = 40
_SHARED = 3
"""A file is compared for functions that are alike when it shares this many statements with another one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its words, and its runs and outlines where it is code that may be compared."""

    words: frozenset[str]
    runs: tuple[duplication.Run, ...]
    outlines: tuple[alike.Outline, ...]


class RepositoryIndex:
    """Entries of all files that the context names; a file is read again only when its content is another."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[str, Entry]] = {}
        self._files_with: Counter[str] = Counter()
        self._beginnings: Counter[str] = Counter()
        self._places: defaultdict[str, set[str]] = defaultdict(set)
        self._outlined: defaultdict[int, set[str]] = defaultdict(set)
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
                self._keep(path, wanted[path] or sha256(text), entry)
        self._context = context

    async def clones(self, path: str, min_lines: int, bench: Workbench) -> list[duplication.Clone]:
        """Return the repetitions that have a place in `path`."""
        entry = self._entries.get(path)
        if entry is None or not entry[1].runs:
            return []
        alike = {other for digest in _digests(entry[1]) for other in self._places[digest]}
        indexes = {other: self._entries[other][1].runs for other in alike}
        return await bench.cpu(duplication.clones, indexes, [path], min_lines)

    async def alike(self, path: str, min_lines: int, bench: Workbench) -> list[alike.Pair]:
        """Return the pairs of functions that are alike of which one stands in `path`."""
        entry = self._entries.get(path)
        if entry is None or not entry[1].outlines:
            return []
        shared: Counter[str] = Counter()
        for digest in _outline_digests(entry[1]):
            others = self._outlined[digest]
            if len(others) <= alike.COMMON:
                shared.update(others)
        near = {other for other, count in shared.items() if count >= _SHARED} | {path}
        known = {other: self._entries[other][1].outlines for other in near}
        return await bench.cpu(alike.pairs, known, [path], min_lines)

    def used_elsewhere(self, snapshot: Snapshot) -> frozenset[str]:
        """Return the words of this file that another file has too, and every word that could be a name's beginning."""
        entry = self._entries.get(snapshot.path)
        own = entry[1].words if entry is not None else frozenset()
        shared = {word for word in deadcode.words(snapshot.text) if self._files_with[word] > (word in own)}
        return frozenset(shared | self._beginnings.keys())

    def _keep(self, path: str, key: str, entry: Entry) -> None:
        self._entries[path] = (key, entry)
        self._files_with.update(entry.words)
        self._beginnings.update(word for word in entry.words if word.endswith("_"))
        for digest in _digests(entry):
            self._places[digest].add(path)
        for number in _outline_digests(entry):
            self._outlined[number].add(path)

    def _forget(self, path: str) -> None:
        old = self._entries.pop(path, None)
        if old is None:
            return
        for word in old[1].words:
            for counted in (self._files_with, self._beginnings) if word.endswith("_") else (self._files_with,):
                counted[word] -= 1
                if not counted[word]:
                    del counted[word]
        for digest in _digests(old[1]):
            self._places[digest].discard(path)
        for number in _outline_digests(old[1]):
            self._outlined[number].discard(path)


def _digests(entry: Entry) -> set[str]:
    return {piece.digest for run in entry.runs for piece in run.pieces if piece.digest}


def _outline_digests(entry: Entry) -> set[int]:
    return {digest for outline in entry.outlines for digest in outline.digests}


def read_entries(texts: Sequence[tuple[str, str, bool]]) -> list[Entry]:
    """Return the entries of (path, text, whether it is code to compare)."""
    entries = []
    for _, text, comparable in texts:
        compared = comparable and not is_generated(text)
        runs, outlines = (duplication.index(text), alike.outlines(text)) if compared else ((), ())
        entries.append(Entry(frozenset(deadcode.words(text)), runs, outlines))
    return entries


def is_code(path: str, facts: FileFacts | None) -> bool:
    """Return whether a file is Python that is no test: repetition in tests is often on purpose."""
    if not path.endswith(".py"):
        return False
    return not (facts.is_test if facts is not None else is_test_path(path))
