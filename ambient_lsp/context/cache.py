"""Facts that were read once, kept by blob id, so that the next start reads only what is new.

One JSON file per repository in the user's cache folder. It holds names of modules and definitions, no code. Losing it
costs one cold start, so a damaged one is thrown away in silence.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

_VERSION = 1
_MOST = 200_000


class Entry(NamedTuple):
    """What is kept of one blob. `imports` is None for what is not Python."""

    size: int
    imports: tuple[str, ...] | None = None
    symbols: tuple[tuple[str, str, int], ...] = ()


class FactsCache:
    """Entries by blob id, of one repository."""

    def __init__(self, root: Path, folder: Path | None = None) -> None:
        if folder is None:
            from platformdirs import user_cache_path

            folder = user_cache_path("ambient", appauthor=False)
        name = hashlib.sha256(str(root.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:24]
        self._file = folder / "facts" / f"{name}.json"
        self._entries: dict[str, Entry] = {}
        self._changed = False
        self._loaded = False

    def load(self) -> None:
        """Read the file, once, if there is one."""
        if self._loaded:
            return
        self._loaded = True
        try:
            data = json.loads(self._file.read_bytes())
            if data["version"] != _VERSION:
                return
            self._entries = {blob: _unpack(packed) for blob, packed in data["blobs"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self._entries = {}

    def get(self, blob: str) -> Entry | None:
        """Return what is known of a blob."""
        return self._entries.get(blob)

    def put(self, blob: str, entry: Entry) -> None:
        """Remember a blob."""
        self._entries[blob] = entry
        self._changed = True

    def save(self) -> None:
        """Write the file if something is new. A cache that cannot be written is only a slower next start."""
        if not self._changed:
            return
        kept = list(self._entries.items())[-_MOST:]
        text = json.dumps(
            {"version": _VERSION, "blobs": {blob: _pack(entry) for blob, entry in kept}}, separators=(",", ":")
        )
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._file.parent)
            try:
                with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as stream:
                    stream.write(text)
                Path(name).replace(self._file)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
            self._changed = False


def _pack(entry: Entry) -> object:
    if entry.imports is None:
        return entry.size
    flat = "\n".join(f"{name}\t{kind}\t{line}" for name, kind, line in entry.symbols)
    return [entry.size, "\n".join(entry.imports), flat]


def _unpack(packed: Any) -> Entry:
    if isinstance(packed, int):
        return Entry(packed)
    size, imports, symbols = packed
    fields = symbols.replace("\n", "\t").split("\t") if symbols else []
    return Entry(
        size,
        tuple(imports.split("\n")) if imports else (),
        tuple(zip(fields[::3], fields[1::3], map(int, fields[2::3]), strict=True)),
    )
