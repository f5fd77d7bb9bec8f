"""What the whole repository says, kept by content: each file's words, the statement runs and outlines of its code."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import is_example_path, is_generated, is_test_path, is_vendored_path
from ambient_lsp.analyzers.refactoring import alike, deadcode, duplication
from ambient_lsp.context.resident import blob_id
from ambient_lsp.text import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ambient_lsp.model import Context, FileFacts, Snapshot
    from ambient_lsp.protocols import Workbench

_BATCH = 40
_AT_ONCE = 4
_NO_CODE = (".po", ".pot", ".svg", ".css", ".lock", ".map", ".geojson")
"""Files whose words are no names of code: translations, drawings, made files."""
_SHA256 = 64
_UNDERSCORE = re.compile("_")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its words, and its runs and outlines where it is code that may be compared.

    Words and runs are packed, because a repository has millions. `digests` are those of each run's statements, in eight
    bytes each.
    """

    words: bytes
    runs: tuple[bytes, ...]
    digests: tuple[bytes, ...]
    outlines: tuple[alike.Outline, ...]


class RepositoryIndex:
    """Entries of all files that the context names; a file is read again only when its content is another."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[str, Entry]] = {}
        self._files_with: Counter[str] = Counter()
        self._beginnings: Counter[str] = Counter()
        # The numbers of the runs with a statement; most stand once, and a list for each would be the most of all.
        self._places: dict[int, int | list[int]] = {}
        self._homes: dict[int, tuple[str, int]] = {}
        self._numbers: dict[str, range] = {}
        self._next = 0
        self._outlined: dict[int, tuple[tuple[str, int], ...]] = {}
        self._context: Context | None = None
        self._one_at_a_time = asyncio.Lock()

    async def refresh(self, context: Context, bench: Workbench) -> None:
        """Bring the index up to the context. Unsaved targets count with the text they have."""
        async with self._one_at_a_time:
            if context is not self._context:
                await self._refresh(context, bench)
                self._context = context

    async def _refresh(self, context: Context, bench: Workbench) -> None:
        unsaved = {snapshot.path: snapshot for snapshot in context.targets}
        wanted = {path: facts.blob for path, facts in context.tree.items() if not path.endswith(_NO_CODE)}
        wanted |= {path: _key(snapshot, wanted.get(path, "")) for path, snapshot in unsaved.items()}
        # A context without a tree (a recheck of one text) says nothing of what is gone.
        for path in self._entries.keys() - wanted.keys() if context.tree else ():
            self._forget(path)
        stale = [path for path, key in wanted.items() if not key or self._entries.get(path, ("", None))[0] != key]
        batches = [stale[start : start + _BATCH] for start in range(0, len(stale), _BATCH)]

        async def read(batch: Sequence[str]) -> None:
            texts: list[tuple[str, str, bool]] = []
            for path in batch:
                snapshot = unsaved.get(path) or await bench.read(path)
                text = snapshot.text if snapshot is not None else ""
                texts.append((path, text, is_code(path, context.tree.get(path))))
            for (path, text, _), entry in zip(texts, await bench.cpu(read_entries, texts), strict=True):
                self._forget(path)
                self._keep(path, wanted[path] or sha256(text), entry)

        for start in range(0, len(batches), _AT_ONCE):
            await asyncio.gather(*map(read, batches[start : start + _AT_ONCE]))

    async def clones(self, path: str, min_lines: int, bench: Workbench) -> list[duplication.Clone]:
        """Return the repetitions that have a place in `path`."""
        entry = self._entries.get(path)
        if entry is None or not entry[1].runs:
            return []
        # What stands everywhere (`return None`) begins no repetition, and would bring the whole repository along.
        matching: defaultdict[str, set[int]] = defaultdict(set)
        for digest in _digests(entry[1]):
            places = self._places[digest]
            if not isinstance(places, int) and len(places) <= duplication.COMMON:
                for other, number in map(self._homes.__getitem__, places):
                    matching[other].add(number)
        if not matching:
            return []
        indexes = {
            other: tuple(self._entries[other][1].runs[number] for number in sorted(numbers))
            for other, numbers in matching.items()
        }
        return await bench.cpu(duplication.packed_clones, indexes, [path], min_lines)

    async def alike(self, path: str, min_lines: int, bench: Workbench) -> list[alike.Pair]:
        """Return the pairs of functions that are alike of which one stands in `path`."""
        entry = self._entries.get(path)
        if entry is None or not entry[1].outlines:
            return []
        near: set[tuple[str, int]] = set()
        for number, outline in enumerate(entry[1].outlines):
            others = {*alike.candidates(self._outlined, outline)} - {(path, number)}
            if others:
                near |= {(path, number), *others}
        if not near:
            return []
        known: defaultdict[str, list[alike.Outline]] = defaultdict(list)
        for other, number in sorted(near):
            known[other].append(self._entries[other][1].outlines[number])
        return await bench.cpu(alike.pairs, dict(known), [path], min_lines)

    def used_elsewhere(self, snapshot: Snapshot) -> frozenset[str]:
        """Return the words of this file that another file has too, and the beginnings of its words that stand anywhere:
        `getattr(self, "_on_" + name)` uses all that begins so."""
        entry = self._entries.get(snapshot.path)
        own = set(_unpacked(entry[1].words)) if entry is not None else set()
        is_known = entry is not None and entry[0] == _key(snapshot, entry[0])
        words = own if is_known else deadcode.words(snapshot.text)
        files_with = self._files_with
        shared = {word for word in words if files_with[word] > (word in own)}
        begun = {word[: match.end()] for word in words if "_" in word for match in _UNDERSCORE.finditer(word)}
        return frozenset(shared | (begun & self._beginnings.keys()))

    def _keep(self, path: str, key: str, entry: Entry) -> None:
        self._entries[path] = (key, entry)
        words = _unpacked(entry.words)
        self._files_with.update(words)
        self._beginnings.update([word for word in words if word[-1] == "_"])
        numbers = self._numbers[path] = range(self._next, self._next + len(entry.runs))
        self._next = numbers.stop
        self._homes.update((number, (path, at)) for at, number in enumerate(numbers))
        for number, digests in zip(numbers, entry.digests, strict=True):
            for digest in _each(digests):
                places = self._places.get(digest)
                if places is None:
                    self._places[digest] = number
                elif isinstance(places, int):
                    self._places[digest] = [places, number]
                else:
                    places.append(number)
        for place, outlined in _outline_digests(path, entry):
            known = self._outlined.get(outlined, ())
            if not known or known[-1] != place:
                self._outlined[outlined] = (*known, place)

    def _forget(self, path: str) -> None:
        old = self._entries.pop(path, None)
        if old is None:
            return
        for word in _unpacked(old[1].words):
            for counted in (self._files_with, self._beginnings) if word.endswith("_") else (self._files_with,):
                counted[word] -= 1
                if not counted[word]:
                    del counted[word]
        numbers = self._numbers.pop(path)
        for number in numbers:
            del self._homes[number]
        for digest in _digests(old[1]):
            places = self._places.pop(digest)
            left = [] if isinstance(places, int) else [number for number in places if number not in numbers]
            if left:
                self._places[digest] = left[0] if len(left) == 1 else left
        for _, outlined in _outline_digests(path, old[1]):
            others = tuple(place for place in self._outlined.pop(outlined, ()) if place[0] != path)
            if others:
                self._outlined[outlined] = others


def _key(snapshot: Snapshot, blob: str) -> str:
    """Return git's id of a target where that is the text it has; else the hash of its text (a recheck, an encoding)."""
    data = snapshot.text.encode("utf-8", "surrogatepass")
    return blob if blob and blob_id(data, sha256=len(blob) == _SHA256) == blob else snapshot.sha256


def _digests(entry: Entry) -> set[int]:
    return {digest for digests in entry.digests for digest in _each(digests)}


def _each(digests: bytes) -> memoryview:
    return memoryview(digests).cast("Q")


def _unpacked(words: bytes) -> list[str]:
    return zlib.decompress(words).decode("utf-8", "surrogatepass").split() if words else []


def _outline_digests(path: str, entry: Entry) -> Iterator[tuple[tuple[str, int], int]]:
    """Yield each function of a file by its number, with the digest of each of its statements."""
    for number, outline in enumerate(entry.outlines):
        place = (path, number)
        for digest in outline.digests:
            yield place, digest


def read_entries(texts: Sequence[tuple[str, str, bool]]) -> list[Entry]:
    """Return the entries of (path, text, whether it is code to compare)."""
    entries = []
    for _, text, comparable in texts:
        words = zlib.compress(" ".join(deadcode.words(text)).encode("utf-8", "surrogatepass"), 1)
        compared = comparable and not is_generated(text)
        runs = duplication.index(text) if compared else ()
        digests = tuple(bytes.fromhex("".join(piece.digest for piece in run.pieces)) for run in runs)
        outlines = alike.outlines(text) if compared else ()
        entries.append(Entry(words, tuple(map(duplication.packed, runs)), digests, outlines))
    return entries


def is_code(path: str, facts: FileFacts | None) -> bool:
    """Return whether a file is Python whose repetition is a burden: in tests and examples it is often on purpose, and
    somebody else's code is not ours to change."""
    if not path.endswith(".py") or is_example_path(path) or is_vendored_path(path):
        return False
    return not (facts.is_test if facts is not None else is_test_path(path))
