"""What a batch has come to, file by file, in the repository's `state.db`: a killed batch goes on where it was.

An answer is written down before anything is made of it, so that nobody pays for it twice.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from ambient_lsp.errors import NotFound
from ambient_lsp.store.ledger import reading, writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

State = Literal["waiting", "answered", "success", "nothing", "failed", "skipped"]
DONE: tuple[State, ...] = ("success", "nothing", "failed", "skipped")
_WHAT = "What the batch has come to"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file of a batch. `replies` are the model's answers as they came, `text` what the file would become.

    `sha256` is of the text that was asked about. `calls` is how often a question was sent, refusals and broken answers
    included. Tokens are the host's own count, but for `guessed_prompt` and `guessed_completion` of them, where an
    answer broke off before the host had told. `cost` is in millionths of a dollar.
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
    guessed_prompt: int = 0
    guessed_completion: int = 0
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
    """The batches of one repository, on a connection that the ledger may share. Everything raises `StoreError`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._late: dict[str, tuple[str, str, str, str]] = {}

    def begin(self, batch_id: str, task: str, paths: Sequence[str]) -> BatchRecord:
        """Write a new batch down."""
        batch = BatchRecord(batch_id, task, time.time())
        with writing(self._db, _WHAT):
            self.save(batch)
            self._db.executemany(
                "INSERT INTO batch_files VALUES (?, ?, 'waiting', ?)",
                [(batch_id, path, _json(FileRecord(path))) for path in paths],
            )
        return batch

    def save(self, batch: BatchRecord) -> None:
        """Insert or replace a batch."""
        row = (batch.id, batch.started, _json(batch))
        with writing(self._db, _WHAT):
            self._db.execute("INSERT OR REPLACE INTO batches VALUES (?, ?, ?)", row)

    def keep(self, batch_id: str, file: FileRecord) -> None:
        """Replace what is known of one file."""
        self._late[file.path] = _row(batch_id, file)
        self.flush()

    def keep_late(self, batch_id: str, file: FileRecord) -> None:
        """Replace it with the next that is kept: for what could be made again of what is kept already."""
        self._late[file.path] = _row(batch_id, file)

    def flush(self) -> None:
        """Write down what is still to be kept; it still is where that fails."""
        if not self._late:
            return
        query = "UPDATE batch_files SET state = ?, value = ? WHERE batch_id = ? AND path = ?"
        with writing(self._db, _WHAT):
            self._db.executemany(query, self._late.values())
        self._late.clear()

    def batch(self, batch_id: str) -> BatchRecord:
        """Return a batch, by id or by what it begins with; the latest for "last". Raises `NotFound`."""
        if batch_id == "last":
            rows = reading(self._db, _WHAT, "SELECT value FROM batches ORDER BY started DESC LIMIT 1")
        else:
            query = "SELECT value FROM batches WHERE substr(id, 1, ?) = ?"
            rows = reading(self._db, _WHAT, query, (len(batch_id), batch_id))
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
        self.flush()
        rows = reading(self._db, _WHAT, "SELECT value FROM batch_files WHERE batch_id = ? ORDER BY path", (batch_id,))
        values = [json.loads(row[0]) for row in rows]
        return [FileRecord(**{**value, "replies": tuple(value["replies"])}) for value in values]


def _row(batch_id: str, file: FileRecord) -> tuple[str, str, str, str]:
    return file.state, _json(file), batch_id, file.path


def _json(value: FileRecord | BatchRecord) -> str:
    # `asdict` copies all that it meets, which costs more than the writing.
    return json.dumps({one.name: getattr(value, one.name) for one in fields(value)})
