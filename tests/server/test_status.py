"""What a status item and a list of fixes are told, and how often."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from ambient_lsp.events import Progress, ProposalChanged, RunStarted
from ambient_lsp.llm.messages import Usage
from ambient_lsp.llm.prices import Price
from ambient_lsp.lsp.status import INTERVAL, Seldom
from ambient_lsp.store.ledger import SqliteLedger, connect
from tests.server.stdio import talk
from tests.server.test_parts import make, offer
from tests.server.wire import Connection, settle, until

TEXT = "import hashlib\nh = hashlib.md5(b'x')\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(TEXT)
    return path


async def opened(it: Connection, uri: str) -> None:
    it.editor.open(uri, TEXT)
    await until(lambda: it.engine.runs())
    await settle()


async def test_the_status_counts_the_offers_and_says_how_far_a_run_is(file):
    async with Connection(file.parent) as it:
        await opened(it, file.as_uri())
        told = await until(lambda: [one for one in it.wire.of("ambient/status") if one["offers"] == 1])
        assert "progress" not in told[-1] or told[-1]["state"] == "working"
        it.engine.publish(RunStarted("slow", ()))
        it.engine.publish(Progress("slow", "verify", "3/12 fixes checked", 3, 12))
        await until(lambda: it.wire.of("ambient/status")[-1].get("progress"))
        last = it.wire.of("ambient/status")[-1]
        assert last["state"] == "working" and last["runs"] == ["slow"]
        assert last["progress"] == {"done": 3, "total": 12, "message": "3/12 fixes checked"}
        (fix,) = it.engine.proposals()
        await it.command("dismiss", id=fix.id)
        await it.command("cancel", run_id="slow")


async def test_a_list_is_told_at_once_and_then_not_for_each_of_a_hundred_changes(file):
    async with Connection(file.parent) as it:
        await opened(it, file.as_uri())
        (fix,) = it.engine.proposals()
        assert it.wire.of("ambient/proposals"), "the fix is new"
        loop, before = asyncio.get_running_loop(), len(it.wire.of("ambient/proposals"))
        started = loop.time()
        for number in range(100):
            it.engine.publish(ProposalChanged("run", replace(fix, score=float(number))))
        await settle(300)
        await until(lambda: len(it.wire.of("ambient/proposals")) > before)
        assert len(it.wire.of("ambient/proposals")) - before <= 1 + (loop.time() - started) / INTERVAL
        assert {one["folder"] for one in it.wire.of("ambient/proposals")} == {file.parent.as_uri()}


async def test_what_is_asked_for_often_is_done_seldom_and_the_last_time_for_certain():
    loop, done, interval = asyncio.get_running_loop(), list[float](), 0.05
    seldom = Seldom(lambda: done.append(loop.time()), interval)
    for _ in range(40):
        seldom.ask()
        await asyncio.sleep(0.005)
    asked = loop.time()
    seldom.ask()
    await until(lambda: done[-1] >= asked)
    assert all(later - earlier >= interval * 0.98 for earlier, later in itertools.pairwise(done))
    seldom.ask()
    seldom.stop()
    count = len(done)
    await asyncio.sleep(interval * 1.5)
    assert len(done) == count


@pytest.mark.real
@pytest.mark.timeout(60)
async def test_the_list_tells_what_asking_for_a_fix_has_cost(tmp_path: Path) -> None:
    from ambient_lsp.config import Budget
    from ambient_lsp.store.store import open_store

    root = make(tmp_path / "repo", backend="none")
    proposal = offer(root)
    store = open_store(root / ".ambient")
    store.save_proposal(replace(proposal, run_id="run-1"))
    store.close()
    ledger = SqliteLedger(root / ".ambient" / "state.db", Budget(), connection=connect(root / ".ambient" / "state.db"))
    price = Price(1.0, 1.0, 1.0)
    for run_id, asker in (("run-1", "RefactorGuru"), ("run-1", "refuter"), ("run-2", "RefactorGuru")):
        held = ledger.reserve(run_id, asker, "model", prompt=100, completion=100, price=price)
        ledger.settle(held, Usage(prompt=100, completion=50), "model", price)
    async with talk(root) as it:
        [listed] = (await it.wire.request("ambient/listProposals", {}))["result"]["proposals"]
        assert listed["cost"]["tokens"] == 150
        assert listed["cost"]["dollars"] == pytest.approx(150e-6)
        assert (await it.proposal(proposal.id))["cost"] == listed["cost"]
