"""What pure analyzers returned, kept by what they were given: unchanged text under unchanged settings costs nothing.

A function marked with `analyzers.base.pure` depends on its arguments alone. What it needs to know of other files is
among them (the words that others use, the repetitions they share), so a change elsewhere that matters makes another
key, and one that does not matter spares the work. The key also holds the code of the analyzers themselves.

Kept in memory for this process, and for the next one in the user's own cache folder, never in the repository: values
are pickles, and only what this user wrote may be unpickled.
"""

from __future__ import annotations

import hashlib
import pickle
import sqlite3
import struct
import time
import zlib
from collections import OrderedDict
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ambient_lsp

if TYPE_CHECKING:
    from collections.abc import Callable

MISSING = object()
"""What `get` returns where nothing is known."""

MOST_IN_MEMORY = 4_000
LARGEST = 256_000
"""Bytes of one value; what is larger (whole rewritten files) is made again."""

_PLAIN = frozenset({int, float, bool, type(None)})
_MOST_ON_DISK = 200_000
_KEEP_DAYS = 30
_AT_ONCE = 500


class Memo:
    """Results by key. `file` is where they outlive the process; None, or a file that fails, means memory only."""

    def __init__(self, file: Path | None = None) -> None:
        self._memory: OrderedDict[bytes, bytes] = OrderedDict()
        self._fresh: dict[bytes, bytes] = {}
        self._db: sqlite3.Connection | None = None
        self._on_disk: set[bytes] | None = None
        """The keys in a file that was empty when it was opened; None for another one, which has to be asked."""
        if file is not None:
            with suppress(OSError, sqlite3.Error):
                file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._db = _opened(file)
                if self._db.execute("SELECT 1 FROM results LIMIT 1").fetchone() is None:
                    self._on_disk = set()

    def get(self, key: bytes) -> Any:
        """Return what is known, else `MISSING`."""
        packed = self._memory.get(key)
        if packed is None and self._db is not None and (self._on_disk is None or key in self._on_disk):
            with suppress(sqlite3.Error):
                row = self._db.execute("SELECT value FROM results WHERE key = ?", (key,)).fetchone()
                packed = row[0] if row is not None else None
        if packed is None:
            return MISSING
        self._remember(key, packed)
        try:
            return pickle.loads(zlib.decompress(packed))  # noqa: S301 - from this user's own cache folder
        except Exception:  # a value of an older version, or half a file: it is made again
            return MISSING

    def put(self, key: bytes, value: Any) -> None:
        """Keep a result."""
        packed = zlib.compress(pickle.dumps(value, protocol=5), 1)
        if len(packed) > LARGEST:
            return
        self._remember(key, packed)
        if self._db is not None:
            self._fresh[key] = packed
            if len(self._fresh) >= _AT_ONCE:
                self.save()

    def save(self) -> None:
        """Write what is new to disk. A disk that fails costs the next process some work, and nothing else."""
        fresh, self._fresh = self._fresh, {}
        if self._db is not None and fresh:
            now = int(time.time())
            with suppress(sqlite3.Error), self._db:
                rows = [(key, value, now) for key, value in fresh.items()]
                self._db.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)
                if self._on_disk is not None:
                    self._on_disk.update(fresh)

    def close(self) -> None:
        """Write what is new, and close the file."""
        self.save()
        if self._db is not None:
            with suppress(sqlite3.Error):
                self._db.close()
            self._db = None

    def _remember(self, key: bytes, packed: bytes) -> None:
        self._memory[key] = packed
        self._memory.move_to_end(key)
        while len(self._memory) > MOST_IN_MEMORY:
            self._memory.popitem(last=False)


def key_of(function: Callable[..., Any], args: tuple[Any, ...]) -> bytes | None:
    """Return what names a call of a pure function; None for any other, and for arguments that cannot be compared."""
    if not getattr(function, "ambient_pure", False):
        return None
    parts = [f"{_code()} {function.__module__}.{function.__qualname__}".encode()]
    try:
        _add(args, parts.append)
    except (TypeError, RecursionError):
        return None
    lengths = struct.pack(f"<{len(parts)}Q", *map(len, parts))
    return hashlib.sha256(b"".join((lengths, *parts))).digest()


def _add(value: Any, add: Callable[[bytes], object]) -> None:
    """Add bytes that are the same for equal values, in every process. Raises `TypeError` for anything unusual."""
    kind = type(value)
    if kind is str:
        add(b"s")
        add(value.encode("utf-8", "surrogatepass"))
    elif kind in _PLAIN:
        add(repr(value).encode())
    elif kind is bytes:
        add(b"b")
        add(value)
    elif kind in (set, frozenset):
        add(b"{")
        if all(type(one) is str for one in value):  # the words of a file: one piece, not one for each
            add(repr(sorted(value)).encode("utf-8", "surrogatepass"))
            return
        for one in sorted(map(_packed, value)):
            add(one)
        add(b"}")
    elif kind is dict:
        add(b"<")
        for name in sorted(value):
            _add(name, add)
            _add(value[name], add)
        add(b">")
    elif isinstance(value, tuple | list):
        add(f"({kind.__name__}".encode())
        for one in value:
            _add(one, add)
        add(b")")
    elif is_dataclass(kind):
        add(f"[{kind.__qualname__}".encode())
        for field in _fields(kind):
            _add(getattr(value, field), add)
        add(b"]")
    else:
        raise TypeError(f"{kind.__name__} is nothing that a result is kept by")


def _packed(value: Any) -> bytes:
    parts: list[bytes] = []
    _add(value, parts.append)
    return b"".join(len(part).to_bytes(8, "little") + part for part in parts)


@cache
def _fields(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _code() -> str:
    """Return what changes when the analyzers do: times and sizes of their files, which is quicker than to read them."""
    root = Path(ambient_lsp.__file__).parent
    stamps = []
    for folder in ("analyzers", "agents"):
        for file in sorted((root / folder).rglob("*.*")):
            if file.suffix != ".pyc":
                info = file.stat()
                stamps.append(f"{file.name} {info.st_mtime_ns} {info.st_size}")
    return hashlib.sha256("\n".join((ambient_lsp.__version__, *stamps)).encode()).hexdigest()


def _opened(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=1)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=OFF")
    with db:
        db.execute("CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, value BLOB, made INTEGER)")
        db.execute("DELETE FROM results WHERE made < ?", (int(time.time()) - _KEEP_DAYS * 86400,))
        count = db.execute("SELECT count(*) FROM results").fetchone()[0]
        if count > _MOST_ON_DISK:
            db.execute("DELETE FROM results")
    return db
