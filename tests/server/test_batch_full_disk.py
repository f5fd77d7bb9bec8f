"""A batch on a disk that is full: every job's end is told, in words, and what was answered before is kept.

The disk is SQLite's own limit of a file's pages, and a file where a folder of reports should be.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from ambient_lsp.cli.app import run as ambient
from ambient_lsp.errors import StoreError
from ambient_lsp.llm.fake.host import FakeHost
from ambient_lsp.llm.fake.script import Answer, Pace, Question, Script
from ambient_lsp.model import ProposalState
from ambient_lsp.store.ledger import connect
from ambient_lsp.store.store import open_store
from ambient_lsp.swarm import batch
from ambient_lsp.swarm.journal import FileRecord, Journal
from ambient_lsp.trust import trust
from tests.e2e import project
from tests.e2e.test_batch import TASK, docstrings, make
from tests.server.test_batch import connection, ended
from tests.server.wire import until

pytestmark = pytest.mark.timeout(120)

LONG = "Add a docstring. " * 20_000
FULL = "cannot be written: database or disk is full."


def without_room(path: Path) -> sqlite3.Connection:
    """Return a connection on which the database can grow no more."""
    db = connect(path)
    [pages] = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")
    return db


def at_length(question: Question) -> str:
    """Answer with more than such a disk has room for."""
    return LONG[:20_000] + docstrings(question)


async def test_a_full_disk_ends_a_batch_in_words_and_it_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make(tmp_path / "repo", 3)
    async with FakeHost(Script(at_length)) as host, connection(root, host, backend="none") as it:
        with monkeypatch.context() as patched:
            patched.setattr(batch, "connect", without_room)
            await it.command("swarm", task=TASK, targetDir="agents", glob="m*.py")
            told = await ended(it)
        assert told["state"] == "failed", told
        assert FULL in told["message"] and "Check that the disk is not full" in told["message"]
        [shown] = [one["message"] for one in it.wire.of("window/showMessage") if FULL in one["message"]]
        assert shown == told["message"]
        await it.command("swarm", resume="last")
        await until(lambda: len(it.wire.of("ambient/swarm")) == 2, 60)
        assert it.wire.of("ambient/swarm")[-1]["counts"] == {"success": 3}


async def test_a_batch_that_cannot_even_be_begun_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(tmp_path / "repo", 1)
    monkeypatch.setattr(batch, "connect", without_room)
    async with FakeHost(Script(docstrings)) as host, connection(root, host, backend="none") as it:
        await it.command("swarm", task=LONG)
        told = await ended(it)
        assert (told["state"], told["batch"]) == ("failed", "")
        assert FULL in told["message"]
        assert not host.log


async def test_a_report_that_cannot_be_written_hides_nothing_else(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 1)
    async with FakeHost(Script(docstrings)) as host, connection(root, host, backend="none") as it:
        (root / ".ambient" / "swarm").write_text("in the way")
        await it.command("swarm", task=TASK, targetDir="agents", glob="m*.py")
        told = await ended(it)
        assert (told["state"], told["report"], told["counts"]) == ("done", "", {"success": 1})
        assert "1 changed" in told["message"] and "The report of the batch cannot be written" in told["message"]
        [engine] = [one.engine for one in it.server.session.workspaces]
        assert engine.proposals(tuple(ProposalState), run_id=told["batch"])


async def test_a_cancelled_batch_counts_as_cancelled_where_its_report_cannot_be_written(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 2)
    slowly = Pace(first=60)
    async with (
        FakeHost(Script(lambda question: Answer(docstrings(question), pace=slowly))) as host,
        connection(root, host, backend="none") as it,
    ):
        (root / ".ambient" / "swarm").write_text("in the way")
        run_id = (await it.command("swarm", task=TASK, targetDir="agents", glob="m*.py"))["result"]["run_id"]
        await until(lambda: host.log)
        await it.command("cancel", run_id=run_id)
        told = await ended(it)
        assert (told["state"], told["counts"]) == ("cancelled", {"waiting": 2})
        assert "What is done is kept" in told["message"]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


def test_the_command_says_so_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project.make(tmp_path / "repo", {"a.py": "x = 1\n"})
    trust(root)
    monkeypatch.setattr(batch, "connect", without_room)
    assert ambient(["swarm", "--task", LONG, "--root", str(root)]) == 3
    words = said(capsys)
    assert FULL in words and "What was written before is still there." in words and "disk is not full" in words


def test_the_command_shows_what_came_of_it_before_it_says_that_there_is_no_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project.make(tmp_path / "repo", {"a.py": "x = 1\n"})
    trust(root)
    open_store(root / ".ambient").close()
    (root / ".ambient" / "swarm").write_text("in the way")
    db = connect(root / ".ambient" / "state.db")
    journal = Journal(db)
    journal.begin("b1", TASK, ["a.py"])
    journal.keep("b1", FileRecord("a.py", "nothing"))
    db.close()
    assert ambient(["swarm", "--resume", "b1", "--root", str(root)]) == 3
    shown = capsys.readouterr()
    assert "1 nothing to do" in " ".join(shown.out.split())
    assert "The report of the batch cannot be written" in " ".join(shown.err.split())


async def test_what_could_not_be_written_is_written_with_the_next(tmp_path: Path) -> None:
    await asyncio.to_thread(lambda: open_store(tmp_path).close())
    db = without_room(tmp_path / "state.db")
    journal = Journal(db)
    journal.begin("b1", TASK, ["a.py", "b.py"])
    with pytest.raises(StoreError, match=FULL):
        journal.keep("b1", FileRecord("a.py", "success", text=LONG))
    db.execute("PRAGMA max_page_count = 100000")
    journal.keep("b1", FileRecord("b.py", "nothing"))
    assert [one.state for one in journal.files("b1")] == ["success", "nothing"]
    db.close()
