"""What models have used and may still use, in the repository's `state.db`: reserved before a call, settled after it.

Every process and every mode of a repository writes to the same ledger, and a reservation is one transaction, so that
two of them cannot spend the same allowance. Money is in millionths of a US dollar.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from ambient_lsp import owner
from ambient_lsp.errors import BudgetExhausted, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ambient_lsp.config import Budget
    from ambient_lsp.llm.messages import Usage
    from ambient_lsp.llm.prices import Price

MILLION = 1_000_000

Column = Literal["run_id", "day", "purpose", "model"]
"""What calls can be put together by."""

_WHAT = "The ledger of what models cost"
_EVER = "ever"
_SPENT = (
    "SELECT scope, tokens, cost FROM spent"
    " WHERE (scope = 'run' AND key = ?) OR (scope = 'day' AND key = ?) OR (scope = 'repo' AND key = ?)"
)


@dataclass(frozen=True, slots=True)
class Reservation:
    """Allowance that is held for one call: the most `tokens` and `cost` that it can come to."""

    id: str
    tokens: int
    cost: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used, reservations that are still open included."""

    tokens: int = 0
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call as the ledger keeps it. `state` is "open", "settled", or "lost": its process ended before the answer,
    and what it had reserved counts as used. `estimated` is 1 where the host has not counted, and `unpriced` where the
    model's price is not known; `cost` is 0 then."""

    id: str
    run_id: str
    day: str
    purpose: str
    model: str
    state: Literal["open", "settled", "lost"]
    tokens: int
    cost: int
    prompt: int
    cached: int
    completion: int
    reasoning: int
    estimated: int
    unpriced: int


@dataclass(frozen=True, slots=True)
class Used:
    """The calls with one `name` together. `prompt`, `cached` and `completion` are of settled calls; `tokens` and `cost`
    hold the reservations of the `unsettled` ones too. What the `unpriced` ones cost is not known, and not in `cost`."""

    name: str
    calls: int
    prompt: int
    cached: int
    completion: int
    tokens: int
    cost: int
    unsettled: int
    unpriced: int


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection to a repository's `state.db`, which exists. Raises `StoreError`."""
    try:
        db = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        db.execute("PRAGMA synchronous=NORMAL")
    except sqlite3.Error as error:
        raise unusable(f"The state in {path}", "read", error) from error
    return db


def unusable(what: str, done: str, error: sqlite3.Error) -> StoreError:
    """Return the error to raise where something of the file cannot be "read" or "written"."""
    return StoreError(
        f"{what} cannot be {done}: {error}.",
        untouched="What was written before is still there.",
        next_step="Check that the disk is not full and `.ambient/` can be written, then try again.",
    )


@contextmanager
def writing(db: sqlite3.Connection, what: str) -> Iterator[None]:
    """Make what the block writes one commit, with whatever is under way on the connection. Raises `StoreError`."""
    if db.in_transaction:
        yield
        return
    try:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("COMMIT")
    except BaseException as error:
        with suppress(sqlite3.Error):  # it was never begun, or a full disk has taken it back already
            db.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            raise unusable(what, "written", error) from error
        raise


def reading(db: sqlite3.Connection, what: str, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Return the rows of a query. Raises `StoreError`."""
    try:
        return db.execute(query, values).fetchall()
    except sqlite3.Error as error:
        raise unusable(what, "read", error) from error


class SqliteLedger:
    """The ledger of one repository. Quick and synchronous, like the store, whose file it shares."""

    def __init__(
        self,
        path: Path,
        budget: Budget,
        clock: Callable[[], float] = time.time,
        *,
        connection: sqlite3.Connection | None = None,
    ) -> None:
        self._budget = budget
        self._limits = [limit for limit in _limits(budget) if limit.tokens or limit.dollars]
        self._clock = clock
        self._holder = owner.current()
        self._db = connection or connect(path)
        self._owned = connection is None

    def reserve(
        self, run_id: str, purpose: str, model: str, *, prompt: int, completion: int, price: Price | None
    ) -> Reservation:
        """Hold what a call of at most that many tokens may cost; `price` None means that it is not known.

        Raises `BudgetExhausted`, and holds nothing, where a limit of the run, the day or the repository is in the way.
        """
        if price is None and any((self._budget.cost_per_run, self._budget.cost_per_day, self._budget.cost_per_repo)):
            raise BudgetExhausted(
                f"What {model} costs is not known, so a limit in money cannot be kept.",
                untouched="Nothing was sent.",
                next_step="Set `kimi.price`, or set the `budget.cost_...` limits to 0 and limit tokens instead.",
            )
        reservation = Reservation(
            uuid.uuid4().hex, prompt + completion, 0 if price is None else price.at_most(prompt, completion)
        )
        now = self._clock()
        day = _day(now)
        with self.transaction():
            if self._limits:
                rows = self._db.execute(_SPENT, (run_id, day, _EVER))
                spent = {scope: Spent(tokens, cost) for scope, tokens, cost in rows}
                for limit in self._limits:
                    limit.check(spent.get(limit.scope, Spent()), reservation)
            self._add(run_id, day, reservation.tokens, reservation.cost)
            self._db.execute(
                "INSERT INTO exchanges VALUES (?, ?, ?, ?, ?, 'open', ?, ?, 0, ?, ?, 0, 0, 0, 0, 0, ?)",
                (
                    reservation.id,
                    run_id,
                    day,
                    purpose,
                    model,
                    self._holder,
                    now,
                    reservation.tokens,
                    reservation.cost,
                    price is None,
                ),
            )
        return reservation

    def settle(self, reservation: Reservation, usage: Usage, model: str, price: Price | None) -> None:
        """Replace what was held by what was used, as the host counts it. A second time changes nothing."""
        cost = 0 if price is None else price.of(usage)
        with self.transaction():
            row = self._open(reservation.id)
            if row is None:
                return
            run_id, day, tokens, held = row
            self._add(run_id, day, usage.total - tokens, cost - held)
            self._db.execute(
                "UPDATE exchanges SET state = 'settled', model = ?, ended = ?, tokens = ?, cost = ?, prompt = ?,"
                " cached = ?, completion = ?, reasoning = ?, estimated = ?, unpriced = ? WHERE id = ?",
                (
                    model,
                    self._clock(),
                    usage.total,
                    cost,
                    usage.prompt,
                    usage.cached,
                    usage.completion,
                    usage.reasoning,
                    usage.estimated,
                    price is None,
                    reservation.id,
                ),
            )

    def release(self, reservation: Reservation) -> None:
        """Give back what was held for a call that the host did not answer; it costs nothing."""
        with self.transaction():
            row = self._open(reservation.id)
            if row is not None:
                run_id, day, tokens, cost = row
                self._add(run_id, day, -tokens, -cost)
                self._db.execute("DELETE FROM exchanges WHERE id = ?", (reservation.id,))

    def recover(self) -> int:
        """Close the reservations of processes that are gone; return how many.

        Nobody knows what the host has counted for them, so all that was held counts as used. Where there are none,
        nobody who writes is waited for.
        """
        rows = self._rows("SELECT id, holder FROM exchanges WHERE state = 'open'")
        lost = [(self._clock(), key) for key, holder in rows if not owner.alive(holder)]
        if lost:
            query = "UPDATE exchanges SET state = 'lost', estimated = 1, ended = ? WHERE id = ? AND state = 'open'"
            with self.transaction():
                self._db.executemany(query, lost)
        return len(lost)

    def spent(self, scope: Literal["run", "day", "repo"], key: str = "") -> Spent:
        """Return what a run (its id), a day (`2026-11-20`, empty for today) or the repository has used."""
        if scope == "repo":
            key = _EVER
        elif scope == "day" and not key:
            key = _day(self._clock())
        return self._spent(scope, key)

    def exchanges(self, *, run_id: str = "", since: float = 0.0) -> list[Exchange]:
        """Return the calls of a run, or of all, since a moment; oldest first."""
        rows = self._rows(
            "SELECT id, run_id, day, purpose, model, state, tokens, cost, prompt, cached, completion, reasoning,"
            " estimated, unpriced FROM exchanges WHERE (? = '' OR run_id = ?) AND created >= ? ORDER BY created, id",
            (run_id, run_id, since),
        )
        return [Exchange(*row) for row in rows]

    def used(self, by: Column, *, run_id: str = "", since: float = 0) -> list[Used]:
        """Return what was used for each run, day, purpose or model, the latest last."""
        rows = self._rows(
            f"SELECT {by}, count(*), sum(prompt), sum(cached), sum(completion), sum(tokens), sum(cost),"  # noqa: S608 - a column of ours
            " sum(state != 'settled'), sum(unpriced) FROM exchanges WHERE (? = '' OR run_id = ?) AND created >= ?"
            f" GROUP BY {by} ORDER BY max(created), {by}",
            (run_id, run_id, since),
        )
        return [Used(*row) for row in rows]

    def close(self) -> None:
        """Close the file, unless the connection belongs to somebody else."""
        if self._owned:
            self._db.close()

    # ------------------------------------------------------------------------------------------------- inside

    def _spent(self, scope: str, key: str) -> Spent:
        row = self._db.execute("SELECT tokens, cost FROM spent WHERE scope = ? AND key = ?", (scope, key)).fetchone()
        return Spent(*row) if row else Spent()

    def _add(self, run_id: str, day: str, tokens: int, cost: int) -> None:
        self._db.execute(
            "INSERT INTO spent VALUES ('run', ?1, ?4, ?5), ('day', ?2, ?4, ?5), ('repo', ?3, ?4, ?5)"
            " ON CONFLICT (scope, key) DO UPDATE SET tokens = tokens + excluded.tokens, cost = cost + excluded.cost",
            (run_id, day, _EVER, tokens, cost),
        )

    def _open(self, key: str) -> tuple[str, str, int, int] | None:
        query = "SELECT run_id, day, tokens, cost FROM exchanges WHERE id = ? AND state = 'open'"
        row: tuple[str, str, int, int] | None = self._db.execute(query, (key,)).fetchone()
        return row

    def transaction(self) -> AbstractContextManager[None]:
        """Make what the block writes one commit, with whatever the connection's owner writes in it."""
        return writing(self._db, _WHAT)

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return reading(self._db, _WHAT, query, values)


@dataclass(frozen=True, slots=True)
class _Limit:
    """One limit. `words` say of what; 0 means none."""

    scope: Literal["run", "day", "repo"]
    words: str
    tokens: int
    dollars: float

    def check(self, spent: Spent, wanted: Reservation) -> None:
        cost = round(self.dollars * MILLION)
        if self.tokens and spent.tokens + wanted.tokens > self.tokens:
            used, limit, setting = f"{spent.tokens:,}", f"{self.tokens:,} tokens", f"tokens_per_{self.scope}"
            need = f"{wanted.tokens:,}"
        elif cost and spent.cost + wanted.cost > cost:
            used, limit, setting = _dollars(spent.cost), _dollars(cost), f"cost_per_{self.scope}"
            need = _dollars(wanted.cost)
        else:
            return
        raise BudgetExhausted(
            f"The limit for {self.words} is {limit}; {used} are used or reserved, and the next call may need {need}.",
            untouched="Nothing was sent.",
            next_step=f"`ambient cost` shows what was used; `budget.{setting}` sets the limit.",
            setting=f"budget.{setting}",
        )


def _limits(budget: Budget) -> Sequence[_Limit]:
    return (
        _Limit("run", "this run", budget.tokens_per_run, budget.cost_per_run),
        _Limit("day", "today", budget.tokens_per_day, budget.cost_per_day),
        _Limit("repo", "this repository", budget.tokens_per_repo, budget.cost_per_repo),
    )


def _dollars(cost: int) -> str:
    return f"${cost / MILLION:.4f}"


def _day(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).date().isoformat()
