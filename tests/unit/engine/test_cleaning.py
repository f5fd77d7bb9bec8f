"""What killed processes left is cleared away while the engine stays open: without a stop, and whatever goes wrong."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from ambient_lsp.config import Budget, Config, Sandbox
from ambient_lsp.engine import engine as engines
from ambient_lsp.engine.engine import Engine
from ambient_lsp.errors import StoreError
from ambient_lsp.store.ledger import SqliteLedger, connect
from tests.unit.store.test_ledger import RESERVE_AND_DIE, ROOT

pytestmark = pytest.mark.timeout(120)


@pytest_asyncio.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    monkeypatch.setattr(engines, "_CLEANING", 0.1)
    engine = await Engine.open(tmp_path, Config(sandbox=Sandbox(backend="none")))
    yield engine
    await engine.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


def log(engine: Engine) -> str:
    file = engine.root / ".ambient" / "telemetry.jsonl"
    return file.read_text() if file.exists() else ""


async def reserve_and_die(engine: Engine) -> None:
    dead = [sys.executable, "-c", RESERVE_AND_DIE, str(engine.root / ".ambient")]
    await asyncio.to_thread(subprocess.run, dead, cwd=ROOT, timeout=60, check=False)


def states(engine: Engine) -> list[str]:
    ledger = SqliteLedger(engine.root / ".ambient" / "state.db", Budget())
    try:
        return [one.state for one in ledger.exchanges()]
    finally:
        ledger.close()


async def test_the_loop_goes_on_while_the_ledger_waits_for_another_process(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[bool] = []
    transaction = SqliteLedger.transaction
    monkeypatch.setattr(SqliteLedger, "transaction", lambda self: (waiting.append(True), transaction(self))[1])
    other = connect(engine.root / ".ambient" / "state.db")
    other.execute("PRAGMA busy_timeout = 60000")
    with monkeypatch.context() as patched:
        patched.setattr(SqliteLedger, "recover", lambda _: 0)
        await reserve_and_die(engine)
        other.execute("BEGIN IMMEDIATE")
    await until(lambda: waiting)
    other.execute("COMMIT")  # a loop that stands still never comes to it
    await until(lambda: states(engine) == ["lost"])
    assert '"ledger"' not in log(engine), "it waited in vain"
    other.close()


async def test_nobody_is_waited_for_where_nothing_was_lost(engine: Engine) -> None:
    ledger = SqliteLedger(engine.root / ".ambient" / "state.db", Budget())
    other = connect(engine.root / ".ambient" / "state.db")
    other.execute("BEGIN IMMEDIATE")
    assert await asyncio.to_thread(ledger.recover) == 0
    other.close()
    ledger.close()


async def test_what_goes_wrong_once_does_not_end_the_cleaning(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(engines, "SqliteLedger", broken)
        await until(lambda: '"cleaning"' in log(engine))
    await reserve_and_die(engine)
    await until(lambda: states(engine) == ["lost"])


async def test_a_ledger_that_cannot_be_read_says_so(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_bytes(b"This is no database. " * 400)
    with pytest.raises(StoreError, match=r"cannot be read.*Check that the disk"):
        SqliteLedger(tmp_path / "other.db", Budget()).recover()
    empty = SqliteLedger(tmp_path / "empty.db", Budget(), connection=sqlite3.connect(":memory:"))
    with pytest.raises(StoreError, match="The ledger of what models cost cannot be read"):
        empty.recover()
