"""What one repository remembers, in one SQLite file: `.ambient/state.db`.

Write-ahead logging lets other windows and the command line read while one process writes. A commit survives a killed
process; only a power cut may lose the last ones (`synchronous=NORMAL`).
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import TypeAdapter

from ambient_lsp.errors import NotFound, StoreError
from ambient_lsp.model import Dismissal, Finding, Outcome, Proposal, ProposalState, RunRecord, Trigger
from ambient_lsp.store.migrations import migrate
from ambient_lsp.text import sha256 as sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

T = TypeVar("T")

SHORTEST_PREFIX = 4


def open_store(folder: Path) -> SqliteStore:
    """Open (or make) the store in `folder`, the repository's `.ambient`. Raises `StoreError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            # Specialists and rules in Markdown are the project's own, and belong into its history.
            ignore.write_text("*\n!/agents/\n!/agents/*.md\n!/rules/\n!/rules/*.md\n")
        return SqliteStore(folder / "state.db")
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"The state in {folder} cannot be opened: {error}.",
            untouched="Nothing was changed.",
            next_step="Check that the folder can be written and the disk is not full.",
        ) from error


class SqliteStore:
    """The `Store` of the engine. Not thread-safe: it belongs to the event loop's thread."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        try:
            _use_wal(self._db)
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("PRAGMA foreign_keys=ON")
            migrate(self._db)
        except BaseException:
            self._db.close()
            raise

    # proposals

    def save_proposal(self, proposal: Proposal) -> None:
        """Insert or replace."""
        with self.transaction():
            self._db.execute("DELETE FROM proposals WHERE id = ?", (proposal.id,))
            self._db.execute(
                "INSERT INTO proposals VALUES (?, ?, ?, ?, ?, ?)",
                (proposal.id, proposal.agent, proposal.state, proposal.run_id, proposal.created, _dump(proposal)),
            )
            self._db.executemany(
                "INSERT INTO proposal_paths VALUES (?, ?)",
                [(path, proposal.id) for path in dict.fromkeys(proposal.files_touched)],
            )

    def proposal(self, proposal_id: str) -> Proposal:
        """Return one, by id or unambiguous prefix (at least 4 characters). Raises `NotFound`."""
        if len(proposal_id) < SHORTEST_PREFIX:
            raise NotFound(f"{proposal_id!r} is too short; give at least {SHORTEST_PREFIX} characters of the id.")
        rows = self._values(
            Proposal, "SELECT value FROM proposals WHERE substr(id, 1, ?) = ?", len(proposal_id), proposal_id
        )
        if len(rows) > 1:
            raise NotFound(f"{proposal_id!r} fits {len(rows)} proposals; give more characters of the id.")
        if not rows:
            raise NotFound(
                f"There is no proposal {proposal_id!r}.", next_step="`ambient proposals list` shows what there is."
            )
        return rows[0]

    def proposals(
        self, *, states: Sequence[ProposalState] = (), paths: Sequence[str] = (), run_id: str = ""
    ) -> list[Proposal]:
        """Return those that match all that is given, newest first."""
        where, values = ["1"], list[Any]()
        if states:
            where.append(f"state IN ({_marks(states)})")
            values += states
        if paths:
            where.append(f"id IN (SELECT proposal_id FROM proposal_paths WHERE path IN ({_marks(paths)}))")  # noqa: S608 - marks only
            values += paths
        if run_id:
            where.append("run_id = ?")
            values.append(run_id)
        conditions = " AND ".join(where)
        query = f"SELECT value FROM proposals WHERE {conditions} ORDER BY created DESC, id"  # noqa: S608 - marks only
        return self._values(Proposal, query, *values)

    def count(self, state: ProposalState) -> int:
        """Return how many are in a state."""
        return int(self._rows("SELECT count(*) FROM proposals WHERE state = ?", state)[0][0])

    def asked(self, run_ids: Iterable[str]) -> dict[tuple[str, str], tuple[int, int]]:
        """Return the tokens and millionths of a dollar that runs used of models, by run and purpose."""
        ids = list(run_ids)
        query = (
            "SELECT run_id, purpose, sum(tokens), sum(cost) FROM exchanges"  # noqa: S608 - marks only
            f" WHERE run_id IN ({_marks(ids)}) GROUP BY run_id, purpose"
        )
        return {(run, purpose): (tokens, cost) for run, purpose, tokens, cost in self._rows(query, *ids)}

    def changed_proposals(self, seen: dict[str, int]) -> list[Proposal]:
        """Return the proposals that are not as in `seen`, newest first, and bring it up to date.

        It holds a number for each, of the text that it is kept as: a window asks whenever another process writes, and
        there are those of thirty days.
        """
        kept = dict(self._rows("SELECT id, value FROM proposals ORDER BY created DESC, id"))
        now = {key: hash(value) for key, value in kept.items()}
        changed = [_adapter(Proposal).validate_json(kept[key]) for key, mark in now.items() if seen.get(key) != mark]
        seen.clear()
        seen.update(now)
        return changed

    # findings

    def save_findings(self, agent: str, path: str, sha256: str, findings: Sequence[Finding]) -> None:
        """Replace what `agent` said of `path`."""
        with self.transaction():
            self._db.execute("DELETE FROM findings WHERE agent = ? AND path = ?", (agent, path))
            self._db.executemany(
                "INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?)",
                [(one.id, agent, path, sha256, number, _dump(one)) for number, one in enumerate(findings)],
            )

    def findings(self, *, path: str = "") -> list[Finding]:
        """Return current findings, of one file or of all, in the order of the text."""
        found = (
            self._values(Finding, "SELECT value FROM findings WHERE path = ?", path)
            if path
            else self._values(Finding, "SELECT value FROM findings")
        )
        return sorted(found, key=lambda finding: (finding.path, finding.span, finding.rule))

    def findings_as_kept(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Return all current findings by agent and path, as the text that they are kept as: quick to compare."""
        kept: dict[tuple[str, str], list[str]] = {}
        for agent, path, value in self._rows("SELECT agent, path, value FROM findings ORDER BY agent, path, position"):
            kept.setdefault((agent, path), []).append(value)
        return {key: tuple(values) for key, values in kept.items()}

    def found_in(self) -> set[tuple[str, str]]:
        """Return the (agent, path) that have findings."""
        return {(agent, path) for agent, path in self._rows("SELECT DISTINCT agent, path FROM findings")}

    def finding(self, finding_id: str) -> Finding:
        """Return one, by id or unambiguous prefix. Raises `NotFound`."""
        rows = self._values(
            Finding, "SELECT value FROM findings WHERE substr(id, 1, ?) = ?", max(len(finding_id), 1), finding_id
        )
        if not rows or len(finding_id) < SHORTEST_PREFIX:
            raise NotFound(
                f"There is no finding {finding_id!r}.", next_step="Review the file again to see what it has."
            )
        if (count := len({one.id for one in rows})) > 1:
            raise NotFound(f"{finding_id!r} fits {count} findings; give more characters of the id.")
        return rows[0]

    # what people decided

    def record_outcome(self, outcome: Outcome) -> None:
        """Append to the audit log; never changed afterwards."""
        with self.transaction():
            self._db.execute(
                "INSERT INTO outcomes (proposal_id, value) VALUES (?, ?)", (outcome.proposal_id, _dump(outcome))
            )

    def outcomes(self, proposal_id: str = "") -> list[Outcome]:
        """Return the audit log, oldest first."""
        if proposal_id:
            return self._values(
                Outcome, "SELECT value FROM outcomes WHERE proposal_id = ? ORDER BY number", proposal_id
            )
        return self._values(Outcome, "SELECT value FROM outcomes ORDER BY number")

    def dismiss(self, dismissal: Dismissal) -> None:
        """Remember a dismissal; a newer one of the same finding replaces it."""
        with self.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO dismissals VALUES (?, ?, ?, ?, ?)",
                (dismissal.fingerprint, dismissal.rule, dismissal.path, dismissal.expires, _dump(dismissal)),
            )

    def dismissals(self, now: float) -> list[Dismissal]:
        """Return those that have not expired."""
        return self._values(Dismissal, "SELECT value FROM dismissals WHERE expires = 0 OR expires > ?", now)

    # runs

    def save_run(self, run: RunRecord) -> None:
        """Insert or replace."""
        with self.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)", (run.id, run.started, run.state, _dump(run))
            )

    def run(self, run_id: str) -> RunRecord | None:
        """Return one run, None where nobody has started it yet."""
        return next(iter(self._values(RunRecord, "SELECT value FROM runs WHERE id = ?", run_id)), None)

    def runs(self, limit: int = 20) -> list[RunRecord]:
        """Return the newest runs."""
        return self._values(RunRecord, "SELECT value FROM runs ORDER BY started DESC LIMIT ?", limit)

    # texts and facts

    def save_text(self, text: str) -> str:
        """Keep the text that an edit is bound to; return its sha256."""
        digest = sha256_of(text)
        with self.transaction():
            self._db.execute(
                "INSERT INTO texts VALUES (?, ?, ?) ON CONFLICT (sha256) DO UPDATE SET used = excluded.used",
                (digest, zlib.compress(text.encode("utf-8", "surrogatepass"), 1), time.time()),
            )
        return digest

    def text(self, sha256: str) -> str:
        """Return a kept text. Raises `NotFound`."""
        row = self._db.execute("SELECT text FROM texts WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            raise NotFound(f"The text {sha256[:12]} is not kept any more.", next_step="Review the file again.")
        return zlib.decompress(row[0]).decode("utf-8", "surrogatepass")

    def set_value(self, key: str, value: str) -> None:
        """Keep a small fact (a cache key, a counter)."""
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (key, value))

    def get_value(self, key: str, default: str = "") -> str:
        """Return a small fact."""
        row = self._db.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
        return default if row is None else str(row[0])

    # requests from windows that do not hold the lease

    def add_request(self, kind: str, value: str, request_id: str) -> None:
        """Ask the process that holds the lease for something."""
        with self.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?)", (request_id, kind, value, time.time())
            )

    def requested(self) -> set[str]:
        """Return the ids of what other windows have asked for and nobody has taken."""
        return {str(key) for (key,) in self._db.execute("SELECT id FROM requests")}

    def requests(self) -> list[tuple[str, str, str]]:
        """Return all requests as (kind, id, value), oldest first."""
        rows = self._rows("SELECT kind, id, value FROM requests ORDER BY rowid")
        return [(str(kind), str(key), str(value)) for kind, key, value in rows]

    def drop_request(self, request_id: str) -> None:
        """Remove a request that is taken."""
        with self.transaction():
            self._db.execute("DELETE FROM requests WHERE id = ?", (request_id,))

    # the file itself

    def changed_by_others(self) -> int:
        """Return a number that changes when another process has written."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def tidy(self, now: float, *, keep_days: float = 30) -> None:
        """Drop what nobody needs: old runs, ended proposals, expired dismissals, texts that no proposal is bound to."""
        oldest = now - keep_days * 86400
        ended = [state for state in ProposalState if state not in OPEN_STATES]
        with self.transaction():
            self._db.execute("DELETE FROM runs WHERE started < ?", (oldest,))
            self._db.execute("DELETE FROM dismissals WHERE expires != 0 AND expires < ?", (now,))
            self._db.execute(
                f"DELETE FROM proposals WHERE created < ? AND state IN ({_marks(ended)})",  # noqa: S608 - marks only
                (oldest, *ended),
            )
            bound = {edit.base_sha256 for proposal in self.proposals(states=OPEN_STATES) for edit in proposal.edits}
            old = self._db.execute("SELECT sha256 FROM texts WHERE used < ?", (oldest,)).fetchall()
            self._db.executemany("DELETE FROM texts WHERE sha256 = ?", [row for row in old if row[0] not in bound])
            self._db.execute(
                "DELETE FROM facts WHERE key LIKE 'applied:%' AND substr(key, 9) NOT IN (SELECT id FROM proposals)"
            )

    def close(self) -> None:
        """Flush and close."""
        self._db.close()

    def _values(self, kind: type[T], query: str, *values: Any) -> list[T]:
        return [_adapter(kind).validate_json(value) for (value,) in self._rows(query, *values)]

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(
                f"The state in {self.path} cannot be read: {error}.", next_step="Check the disk, then try again."
            ) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything that is written inside durable together or not at all. May be nested. Raises `StoreError`."""
        if self._db.in_transaction:
            yield
            return
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except BaseException as error:
            with suppress(sqlite3.Error):  # a full disk has taken it back already
                self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise StoreError(
                    f"The state in {self.path} cannot be written: {error}.",
                    untouched="What was stored before is still there.",
                    next_step="Check that the disk is not full, then try again.",
                ) from error
            raise


OPEN_STATES = (
    ProposalState.OFFERED,
    ProposalState.CHECKING,
    ProposalState.DRAFTED,
)


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _use_wal(db: sqlite3.Connection) -> None:
    """Switch to write-ahead logging. SQLite does not wait for others who do the same at the same moment."""
    deadline = time.monotonic() + 10
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def dump_trigger(trigger: Trigger) -> str:
    """Return a trigger as JSON, for a request."""
    return _dump(trigger)


def load_trigger(value: str) -> Trigger:
    """Return the trigger that `dump_trigger` wrote."""
    return _adapter(Trigger).validate_json(value)


def load_finding(value: str) -> Finding:
    """Return the finding that a text of `findings_as_kept` stands for."""
    return _adapter(Finding).validate_json(value)


def _dump(value: Any) -> str:
    return _adapter(type(value)).dump_json(value).decode()


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return cast("TypeAdapter[T]", _ADAPTERS[kind])


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)
