"""What is stored is there afterwards, in this process, in another, and after a killed one."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.errors import LeaseHeld, NotFound, StoreError
from ambient_lsp.identity import finding_id, fingerprint
from ambient_lsp.model import (
    Dismissal,
    Evidence,
    Finding,
    Outcome,
    Proposal,
    ProposalState,
    Rationale,
    RiskLevel,
    RunRecord,
    Severity,
    Span,
    TriggerKind,
)
from ambient_lsp.patching.edits import modify, propose
from ambient_lsp.store import lease
from ambient_lsp.store.migrations import MIGRATIONS
from ambient_lsp.store.store import SqliteStore, open_store
from ambient_lsp.text import freeze


def a_finding(path: str = "a.py", line: int = 0) -> Finding:
    return Finding(
        finding_id("R1", path, "x = 1", line), fingerprint("R1", path, "x = 1"), "Agent", "R1", path,
        Span(line, 0, line, 5), Severity.WARNING, "message", "sha", (Evidence(path, Span(0, 0, 0, 1), "because"),),
        (Rationale("Agent", "why"),), ("tag",),
    )  # fmt: skip


def a_proposal(root: Path, path: str = "a.py", text: str = "x = 1\n") -> Proposal:
    base = freeze(root, path, text)
    return propose(
        agent="Agent", title="t", description="d", rationale="r", risk_level=RiskLevel.LOW,
        edits=[modify(base, text + "y = 2\n")], bases={path: text}, findings=[a_finding(path)],
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return open_store(tmp_path / ".ambient")


def test_a_proposal_comes_back_as_it_was(store: SqliteStore, tmp_path: Path) -> None:
    proposal = a_proposal(tmp_path)
    store.save_proposal(proposal)
    assert store.proposal(proposal.id[:6]) == proposal
    assert store.proposals(paths=["a.py"]) == [proposal]
    assert store.proposals(paths=["b.py"]) == []
    assert store.proposals(states=[ProposalState.OFFERED]) == []
    store.save_proposal(replace(proposal, state=ProposalState.OFFERED))
    assert [one.id for one in store.proposals(states=[ProposalState.OFFERED])] == [proposal.id]


def test_ids_that_are_short_unknown_or_shared_are_explained(store: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="at least 4"):
        store.proposal("abc")
    with pytest.raises(NotFound, match="There is no proposal"):
        store.proposal("abcdef")
    proposal = a_proposal(tmp_path)
    store.save_proposal(replace(proposal, id="aaaa1"))
    store.save_proposal(replace(proposal, id="aaaa2"))
    with pytest.raises(NotFound, match="fits 2"):
        store.proposal("aaaa")


def test_an_ambiguous_prefix_of_a_finding_is_refused_and_one_that_two_agents_have_is_not(store: SqliteStore) -> None:
    first, second = replace(a_finding(), id="bbbb1"), replace(a_finding(), id="bbbb2")
    store.save_findings("Agent", "a.py", "sha", [first, second])
    store.save_findings("Other", "a.py", "sha", [first])
    with pytest.raises(NotFound, match="fits 2"):
        store.finding("bbbb")
    assert store.finding("bbbb1") == first


def test_percent_signs_in_an_id_match_nothing(store: SqliteStore, tmp_path: Path) -> None:
    store.save_proposal(a_proposal(tmp_path))
    with pytest.raises(NotFound):
        store.proposal("%%%%")


def test_findings_of_an_agent_and_file_are_replaced_as_a_whole(store: SqliteStore) -> None:
    store.save_findings("Agent", "a.py", "sha", [a_finding(line=3), a_finding(line=1)])
    assert [one.span.start_line for one in store.findings(path="a.py")] == [1, 3]
    store.save_findings("Other", "a.py", "sha", [a_finding(line=2)])
    store.save_findings("Agent", "a.py", "sha", [])
    assert [one.span.start_line for one in store.findings()] == [2]


def test_dismissals_expire(store: SqliteStore) -> None:
    store.dismiss(Dismissal("f1", "R1", "a.py", "no", "me", 100.0, expires=200.0))
    store.dismiss(Dismissal("f2", "R1", "a.py", "no", "me", 100.0))
    assert {one.fingerprint for one in store.dismissals(150.0)} == {"f1", "f2"}
    assert {one.fingerprint for one in store.dismissals(250.0)} == {"f2"}


def test_the_audit_log_keeps_its_order(store: SqliteStore) -> None:
    for number in range(3):
        store.record_outcome(Outcome("p", "approved", f"user {number}", float(number)))
    assert [one.who for one in store.outcomes("p")] == ["user 0", "user 1", "user 2"]


@given(st.text())
def test_any_text_is_kept(text: str) -> None:
    store = SqliteStore(":memory:")
    assert store.text(store.save_text(text)) == text
    store.close()


def test_the_state_is_kept_out_of_git(tmp_path: Path) -> None:
    open_store(tmp_path / ".ambient").close()
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    status = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert status.stdout == ""


def test_a_broken_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(tmp_path)


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        open_store(tmp_path / "file" / ".ambient")


def test_another_process_is_noticed(tmp_path: Path) -> None:
    one, other = open_store(tmp_path), open_store(tmp_path)
    before = one.changed_by_others()
    one.set_value("k", "1")
    assert one.changed_by_others() == before
    other.set_value("k", "2")
    assert one.changed_by_others() != before
    assert one.get_value("k") == "2"


def test_a_request_stays_until_it_is_taken(store: SqliteStore) -> None:
    store.add_request("submit", "value", "id1")
    store.add_request("cancel", "id1", "id2")
    assert store.requests() == [("submit", "id1", "value"), ("cancel", "id2", "id1")]
    store.drop_request("id1")
    assert store.requests() == [("cancel", "id2", "id1")]


def test_tidying_keeps_what_is_open(store: SqliteStore, tmp_path: Path) -> None:
    offered = replace(a_proposal(tmp_path), state=ProposalState.OFFERED, created=1.0)
    store.save_proposal(offered)
    store.save_proposal(replace(offered, id="other", state=ProposalState.STALE))
    store.save_run(RunRecord("run", TriggerKind.SAVE, (), 1.0))
    store.tidy(now=1e9)
    assert [one.id for one in store.proposals()] == [offered.id]
    assert store.runs() == []


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import sys, pathlib
        from ambient_lsp.store.store import open_store
        store = open_store(pathlib.Path(sys.argv[1]))
        for number in range(100_000):
            store.set_value(f"k{number}", "v")
            print(number, flush=True)
        """
    )
    child = subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    acknowledged = [int(child.stdout.readline()) for _ in range(50)]
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    store = open_store(tmp_path)
    assert all(store.get_value(f"k{number}") == "v" for number in acknowledged)


def test_a_migration_is_done_once(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    open_store(tmp_path).close()
    with sqlite3.connect(tmp_path / "state.db") as db:
        assert db.execute("SELECT count(*) FROM migrations").fetchone() == (len(MIGRATIONS),)
    db.close()


def test_the_lease_has_one_holder_and_comes_back_when_it_dies(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import sys, pathlib, time
        from ambient_lsp.store import lease
        held = lease.take(pathlib.Path(sys.argv[1]))
        print("held", flush=True)
        time.sleep(60)
        """
    )
    child = subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    with pytest.raises(LeaseHeld) as held:
        lease.take(tmp_path)
    assert held.value.details["pid"] == child.pid
    child.kill()
    child.wait()
    child.stdout.close()
    lease.take(tmp_path).release()


def test_a_transaction_is_all_or_nothing_and_may_be_nested(store: SqliteStore) -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop), store.transaction():
        store.set_value("a", "1")
        with store.transaction():
            store.set_value("b", "1")
        raise Stop
    assert (store.get_value("a"), store.get_value("b")) == ("", "")
    with store.transaction():
        store.set_value("a", "1")
    assert store.get_value("a") == "1"


def test_several_processes_may_make_the_store_at_the_same_moment(tmp_path: Path) -> None:
    code = "import sys, pathlib; from ambient_lsp.store.store import open_store; open_store(pathlib.Path(sys.argv[1]))"
    folder = str(tmp_path / ".ambient")
    opening = [subprocess.Popen([sys.executable, "-c", code, folder], stderr=subprocess.PIPE) for _ in range(4)]
    for process in opening:
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors


def test_texts_of_open_proposals_outlive_the_tidying(store: SqliteStore, tmp_path: Path) -> None:
    offered = replace(a_proposal(tmp_path), state=ProposalState.OFFERED)
    store.save_proposal(offered)
    bound, free = store.save_text("x = 1\n"), store.save_text("nobody's\n")
    store.set_value(f"applied:{offered.id}", "kept")
    store.set_value("applied:gone", "dropped")
    store.tidy(1e12)
    assert store.text(bound) == "x = 1\n"
    with pytest.raises(NotFound):
        store.text(free)
    assert (store.get_value(f"applied:{offered.id}"), store.get_value("applied:gone")) == ("kept", "")


async def test_a_lease_that_is_waited_for_comes_when_its_holder_lets_go(tmp_path: Path) -> None:
    held = lease.take(tmp_path)
    waiting = asyncio.create_task(lease.wait_for(tmp_path))
    assert not (await asyncio.wait({waiting}, timeout=0.4))[0]
    held.release()
    got = await asyncio.wait_for(waiting, 5)
    with pytest.raises(LeaseHeld) as caught:
        lease.take(tmp_path)
    assert caught.value.details["pid"] == os.getpid()
    got.release()
    lease.take(tmp_path).release()


async def test_a_lease_that_nobody_waits_for_any_more_keeps_no_file_and_no_thread(tmp_path: Path) -> None:
    held = lease.take(tmp_path)
    before = (len([*Path("/proc/self/fd").iterdir()]), threading.active_count())
    waiting = [asyncio.create_task(lease.wait_for(tmp_path)) for _ in range(5)]
    await asyncio.sleep(0.1)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)
    files, threads = len([*Path("/proc/self/fd").iterdir()]), threading.active_count()
    assert files <= before[0] and threads <= before[1]
    held.release()


def test_findings_as_they_are_kept_are_grouped_in_order_and_come_back_the_same(store: SqliteStore) -> None:
    from ambient_lsp.store.store import load_finding

    found = [a_finding(line=3), a_finding(line=1)]
    store.save_findings("Agent", "a.py", "sha", found)
    [(key, kept)] = store.findings_as_kept().items()
    assert key == ("Agent", "a.py") and [load_finding(one) for one in kept] == found
    assert store.found_in() == {("Agent", "a.py")}
