"""Facts that were read once, kept by blob id, so that the next start reads only what is new.

One file per repository in the user's cache folder. It holds names of modules and definitions, no code. Losing it costs
one cold start, so a damaged one is thrown away in silence. It is written with `marshal`, a third of the time of JSON to
read; that trusts what it reads, so a checksum comes first, and each version of Python has a file of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from ambient_lsp.context import facts

_VERSION = 4
_MOST = 200_000
_DIGEST = 20


class Entry(NamedTuple):
    """What is known of one blob of Python. `source` is there until the entry is kept, so that its definitions need not
    be looked for while everybody waits for the start."""

    size: int
    imports: tuple[str, ...] = ()
    source: bytes = b""

    @property
    def symbols(self) -> tuple[tuple[str, str, int], ...]:
        """Definitions as (name, kind, line)."""
        return facts.symbols(self.source)

    def kept(self) -> Kept:
        """Return it without the source."""
        return Kept(self.size, marshal.dumps((self.imports, self.symbols)))


class Kept(NamedTuple):
    """An entry as it is in the file. Most are never asked for more than their size."""

    size: int
    packed: bytes

    @property
    def imports(self) -> tuple[str, ...]:
        """Modules by name."""
        imports: tuple[str, ...] = marshal.loads(self.packed)[0]  # noqa: S302 - behind the checksum
        return imports

    @property
    def symbols(self) -> tuple[tuple[str, str, int], ...]:
        """Definitions as (name, kind, line)."""
        symbols: tuple[tuple[str, str, int], ...] = marshal.loads(self.packed)[1]  # noqa: S302 - as above
        return symbols


class FactsCache:
    """Entries by blob id, of one repository, and the import graph of one state of it."""

    def __init__(self, root: Path, folder: Path | None = None) -> None:
        if folder is None:
            from platformdirs import user_cache_path

            folder = user_cache_path("ambient", appauthor=False)
        name = hashlib.sha256(str(root.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:24]
        self._file = folder / "facts" / f"{name}.{sys.implementation.cache_tag}"
        self._kept: dict[str, tuple[int, bytes]] = {}  # plain tuples in the file
        self._new: dict[str, Entry] = {}
        self._graph: tuple[str, Any] = ("", None)
        self._changed = False
        self._loaded = False

    def load(self) -> None:
        """Read the file, once, if there is one."""
        if self._loaded:
            return
        self._loaded = True
        with contextlib.suppress(OSError, ValueError, EOFError, TypeError):
            data = self._file.read_bytes()
            if _digest(data[_DIGEST:]) == data[:_DIGEST]:
                version, kept, graph = marshal.loads(data[_DIGEST:])  # noqa: S302 - as above
                if version == _VERSION:
                    self._kept, self._graph = kept, graph

    def get(self, blob: str) -> Entry | Kept | None:
        """Return what is known of a blob."""
        if (entry := self._new.get(blob)) is not None:
            return entry
        kept = self._kept.get(blob)
        return None if kept is None else Kept(*kept)

    def put(self, blob: str, entry: Entry) -> None:
        """Remember a blob."""
        self._new[blob] = entry
        self._changed = True

    def forget(self, blob: str) -> None:
        """Let go of a blob that nobody will ask for again."""
        self._new.pop(blob, None)
        self._kept.pop(blob, None)

    def settle(self) -> None:
        """Let go of the sources."""
        self._kept |= {blob: entry.kept() for blob, entry in self._new.items()}
        self._new.clear()

    def graph(self, key: str) -> Any:
        """Return the import graph that was kept under `key`; None if it was another one's."""
        return self._graph[1] if key and self._graph[0] == key else None

    def put_graph(self, key: str, state: Any) -> None:
        """Remember the import graph of one state of the files, in place of the one before."""
        if self._graph[0] != key:
            self._graph = (key, state)
            self._changed = True

    def save(self) -> None:
        """Write the file if something is new. A cache that cannot be written is only a slower next start."""
        if not self._changed:
            return
        self.settle()
        kept = {blob: tuple(entry) for blob, entry in list(self._kept.items())[-_MOST:]}
        data = marshal.dumps((_VERSION, kept, self._graph))
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._file.parent)
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(_digest(data) + data)
                Path(name).replace(self._file)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
            self._changed = False


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST).digest()
