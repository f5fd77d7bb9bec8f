"""Two engines on one folder: what one writes the other tells, and the second takes over what the first leaves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from ambient_lsp.config import Config, Sandbox
from ambient_lsp.engine.engine import Engine
from ambient_lsp.errors import StoreError
from ambient_lsp.events import FindingsReported, ProposalChanged, RunEnded, RunStarted
from ambient_lsp.model import Outcome, ProposalState, RunRecord, TriggerKind
from ambient_lsp.store.provenance import claim
from ambient_lsp.store.store import dump_trigger, open_store
from tests.unit.engine.samples import a_finding, a_proposal, a_trigger

SETTINGS = Config(sandbox=Sandbox(backend="none"))


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Engine, Engine]]:
    first = await Engine.open(tmp_path, SETTINGS)
    second = await Engine.open(tmp_path, SETTINGS)
    yield first, second
    await second.close()
    await first.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


async def hear(engine: Engine, heard: list[object]) -> None:
    async for event in engine.events():
        heard.append(event)


async def test_what_another_process_writes_is_told_at_once_and_after_a_while(pair: tuple[Engine, Engine]) -> None:
    _, second = pair
    heard: list[object] = []
    listener = asyncio.create_task(hear(second, heard))
    await asyncio.sleep(0)
    other = open_store(second.root / ".ambient")
    try:
        run = RunRecord("r1", TriggerKind.COMMAND, ("a.py",), 1.0)
        other.save_run(run)
        other.save_findings("Agent", "a.py", "sha", [a_finding()])
        await until(lambda: any(isinstance(one, FindingsReported) and one.findings for one in heard))
        proposal = replace(a_proposal(second.root), state=ProposalState.OFFERED, run_id="r1")
        other.save_proposal(proposal)
        await until(lambda: ProposalChanged("r1", proposal) in heard)
        await asyncio.sleep(3.5)  # past the looks of the first seconds: now only the kernel wakes it
        other.save_findings("Agent", "a.py", "sha", [])
        other.save_run(replace(run, state="done", ended=2.0))
        await until(lambda: any(isinstance(one, RunEnded) for one in heard))
        assert [one.findings for one in heard if isinstance(one, FindingsReported)][-1] == ()
        assert isinstance(heard[0], RunStarted)
    finally:
        other.close()
    await second.close()
    await asyncio.wait_for(listener, 5)


async def test_the_second_asks_and_the_first_works(pair: tuple[Engine, Engine]) -> None:
    first, second = pair
    (first.root / "a.py").write_text("import hashlib\n\n\nX = hashlib.md5(b'').hexdigest()\n")
    run = second.submit(second.trigger(TriggerKind.COMMAND, ["a.py"], verify=False))
    record = await asyncio.wait_for(run.wait(), 30)
    assert record.state == "done"
    assert second.findings("a.py") == first.findings("a.py") != []


async def test_what_was_asked_for_is_done_after_the_take_over(
    pair: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair
    monkeypatch.setattr(first, "serve_requests", lambda: None)  # it is busy until its end
    (first.root / "a.py").write_text("import os\n")
    run = second.submit(second.trigger(TriggerKind.COMMAND, ["a.py"], verify=False))
    await asyncio.sleep(0.2)
    await first.close()
    record = await asyncio.wait_for(run.wait(), 30)
    assert second.leader
    assert record.state == "done"
    assert [one.state for one in second.runs()] == ["done"], "it was done once"


async def test_a_request_that_cannot_be_read_ends_with_a_sentence_and_stops_no_other(
    pair: tuple[Engine, Engine],
) -> None:
    first, second = pair
    (first.root / "a.py").write_text("import os\n")
    heard: list[object] = []
    listener = asyncio.create_task(hear(second, heard))
    newer = open_store(first.root / ".ambient")
    with newer.transaction():  # so that both are served in one look
        newer.add_request("submit", '{"id": "newer", "kind": "of-a-newer-version"}', "newer")
        run = second.trigger(TriggerKind.COMMAND, ["a.py"], verify=False)
        newer.add_request("submit", dump_trigger(run), run.id)
    await until(lambda: {one.run_id for one in heard if isinstance(one, RunEnded)} == {"newer", run.id})
    ends = {one.run_id: one.record for one in heard if isinstance(one, RunEnded)}
    assert ends[run.id].state == "done"
    assert ends["newer"].state == "failed"
    assert "in a way that is not known here" in ends["newer"].errors[0].message
    assert newer.requested() == set()
    newer.close()
    after = await asyncio.wait_for(
        second.submit(second.trigger(TriggerKind.COMMAND, ["a.py"], verify=False)).wait(), 30
    )
    assert after.state == "done", "the first serves no more"
    listener.cancel()


async def test_a_finding_that_cannot_be_read_does_not_end_the_looking(pair: tuple[Engine, Engine]) -> None:
    _, second = pair
    heard: list[object] = []
    listener = asyncio.create_task(hear(second, heard))
    other = open_store(second.root / ".ambient")
    await asyncio.sleep(0)
    with other.transaction():
        other.save_findings("Agent", "a.py", "sha", [a_finding()])
        other._db.execute("UPDATE findings SET value = '{}'")
    log = second.root / ".ambient" / "telemetry.jsonl"
    await until(lambda: log.exists() and '"mirror"' in log.read_text())
    other.save_findings("Agent", "a.py", "sha", [a_finding()])
    await until(lambda: any(isinstance(one, FindingsReported) and one.findings for one in heard))
    other.close()
    listener.cancel()


async def test_a_request_that_a_full_disk_was_in_the_way_of_is_served_later(
    pair: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair
    (first.root / "a.py").write_text("import os\n")
    tried: list[str] = []

    def full(run: RunRecord) -> None:
        tried.append(run.id)
        raise StoreError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(first._store, "save_run", full)
        run = second.submit(second.trigger(TriggerKind.COMMAND, ["a.py"], verify=False))
        await until(lambda: tried)
        assert second._store.requested() == {run.id}
    second._store.set_value("anything", "that another process writes")
    assert (await asyncio.wait_for(run.wait(), 30)).state == "done"


async def test_a_request_to_cancel_reaches_the_first(pair: tuple[Engine, Engine]) -> None:
    first, second = pair
    for number in range(30):
        (first.root / f"m{number}.py").write_text("import os\n" * 50)
    run = second.submit(second.trigger(TriggerKind.COMMAND, verify=False))
    await until(lambda: first.runs())
    run.cancel()
    assert (await asyncio.wait_for(run.wait(), 30)).state in ("cancelled", "done")


async def test_a_start_settles_what_a_killed_process_left_open(tmp_path: Path) -> None:
    claim(tmp_path / ".ambient", trusted=False)
    store = open_store(tmp_path / ".ambient")
    store.save_run(RunRecord("r1", TriggerKind.SAVE, ("a.py",), time.time()))
    checking = replace(a_proposal(tmp_path), state=ProposalState.CHECKING, run_id="r1", created=time.time())
    offered = replace(a_proposal(tmp_path, "b.py"), state=ProposalState.OFFERED, run_id="r1", created=time.time())
    store.save_proposal(checking)
    store.save_proposal(offered)
    store.close()
    patches = tmp_path / ".ambient" / "proposals"
    patches.mkdir()
    (patches / "leftover.patch").write_text("half a pa")
    engine = await Engine.open(tmp_path, SETTINGS)
    try:
        assert [(one.state, "ended before" in one.errors[0].message) for one in engine.runs()] == [("failed", True)]
        assert engine.proposal(checking.id).state is ProposalState.STALE
        assert engine.proposal(offered.id).state is ProposalState.OFFERED
        assert [path.stem for path in patches.iterdir()] == [offered.id]
    finally:
        await engine.close()


async def test_closing_twice_and_submitting_afterwards(tmp_path: Path) -> None:
    engine = await Engine.open(tmp_path, SETTINGS)
    await engine.close()
    await engine.close()
    with pytest.raises(Exception, match="closed"):
        engine.submit(a_trigger("a.py"))


async def test_an_outcome_and_its_state_are_stored_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = await Engine.open(tmp_path, SETTINGS)
    try:
        offered = replace(a_proposal(tmp_path), state=ProposalState.OFFERED, created=time.time())
        engine._store.save_proposal(offered)

        def cut_off(_proposal: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(engine._store, "save_proposal", cut_off)
            engine.record(Outcome(offered.id, "applied", "me", 1.0))
        assert engine.outcomes(offered.id) == []
        assert engine.proposal(offered.id).state is ProposalState.OFFERED
        engine.record(Outcome(offered.id, "applied", "me", 1.0))
        assert engine.proposal(offered.id).state is ProposalState.APPLIED
    finally:
        await engine.close()
