"""What a batch has come to, file by file, in the repository's `state.db`: a killed batch goes on where it was.

An answer is written down before anything is made of it, so that nobody pays for it twice.
"""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

from ambient_lsp.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

State = Literal["waiting", "answered", "success", "nothing", "failed", "skipped"]
DONE: tuple[State, ...] = ("success", "nothing", "failed", "skipped")


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file of a batch. `replies` are the model's answers as they came, `text` what the file would become.

    `sha256` is of the text that was asked about. Tokens are the host's own count, `cost` millionths of a dollar.
    """

    path: str
    state: State = "waiting"
    reason: str = ""
    sha256: str = ""
    replies: tuple[str, ...] = ()
    text: str | None = None
    model: str = ""
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    cost: int = 0
    calls: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """One batch. `ended` is 0 while it runs, or was broken off."""

    id: str
    task: str
    started: float
    ended: float = 0.0
    proposals: tuple[str, ...] = ()
    verdict: str = ""


class Journal:
    """The batches of one repository."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        self._db.execute("PRAGMA synchronous=NORMAL")

    def begin(self, batch_id: str, task: str, paths: Sequence[str]) -> BatchRecord:
        """Write a new batch down."""
        batch = BatchRecord(batch_id, task, time.time())
        self._db.execute("BEGIN IMMEDIATE")
        self.save(batch)
        self._db.executemany(
            "INSERT INTO batch_files VALUES (?, ?, 'waiting', ?)",
            [(batch_id, path, json.dumps(asdict(FileRecord(path)))) for path in paths],
        )
        self._db.execute("COMMIT")
        return batch

    def save(self, batch: BatchRecord) -> None:
        """Insert or replace a batch."""
        self._db.execute(
            "INSERT OR REPLACE INTO batches VALUES (?, ?, ?)", (batch.id, batch.started, json.dumps(asdict(batch)))
        )

    def keep(self, batch_id: str, file: FileRecord) -> None:
        """Replace what is known of one file."""
        self._db.execute(
            "UPDATE batch_files SET state = ?, value = ? WHERE batch_id = ? AND path = ?",
            (file.state, json.dumps(asdict(file)), batch_id, file.path),
        )

    def batch(self, batch_id: str) -> BatchRecord:
        """Return a batch, by id or by what it begins with; the latest for "last". Raises `NotFound`."""
        if batch_id == "last":
            rows = self._db.execute("SELECT value FROM batches ORDER BY started DESC LIMIT 1").fetchall()
        else:
            query = "SELECT value FROM batches WHERE substr(id, 1, ?) = ?"
            rows = self._db.execute(query, (len(batch_id), batch_id)).fetchall()
        if len(rows) != 1:
            raise NotFound(
                f"There is no batch {batch_id!r}." if not rows else f"{batch_id!r} fits {len(rows)} batches.",
                untouched="Nothing was asked.",
                next_step="The report of a batch names it; `--resume last` takes the latest.",
            )
        value = json.loads(rows[0][0])
        return BatchRecord(**{**value, "proposals": tuple(value["proposals"])})

    def files(self, batch_id: str) -> list[FileRecord]:
        """Return the files of a batch, by path."""
        rows = self._db.execute("SELECT value FROM batch_files WHERE batch_id = ? ORDER BY path", (batch_id,))
        values = [json.loads(row[0]) for row in rows]
        return [replace(FileRecord(**value), replies=tuple(value["replies"])) for value in values]

    def close(self) -> None:
        """Close the file."""
        self._db.close()
