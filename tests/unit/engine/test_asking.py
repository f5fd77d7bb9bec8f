"""Every token that the host has counted is in the ledger, also those of answers that were of no use."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ambient_lsp.config import Config
from ambient_lsp.engine.asking import Model
from ambient_lsp.errors import ModelError
from ambient_lsp.llm.fake.host import FakeHost
from ambient_lsp.llm.fake.script import Answer, Pace, Script
from ambient_lsp.llm.messages import ChatRequest, Message
from ambient_lsp.store.ledger import SqliteLedger
from ambient_lsp.store.store import open_store

REQUEST = ChatRequest((Message("user", "Is there anything wrong here? " * 20),), max_tokens=500, purpose="test")


async def ask(tmp_path: Path, host: FakeHost, seconds: float = 30.0) -> SqliteLedger:
    config = Config.model_validate(
        {"kimi": {"provider": "moonshot", "base_url": host.base_url, "model_id": "kimi-k2.6"}}
    )
    store = open_store(tmp_path)
    model = Model(config, store.path)
    try:
        async with asyncio.timeout(seconds), model.ask("run")(REQUEST) as stream:
            async for _ in stream:
                pass
    except (ModelError, TimeoutError):
        pass
    finally:
        await model.close()
        store.close()
    return SqliteLedger(store.path, config.budget)


async def test_an_empty_answer_was_paid_for_and_the_next_one_too(tmp_path: Path) -> None:
    async with FakeHost(Script([Answer(fault="empty"), Answer("All is well.")])) as host:
        ledger = await ask(tmp_path, host)
        rows = ledger.exchanges()
        assert sorted((one.prompt, one.cached, one.completion) for one in rows) == sorted(
            (one.prompt, one.cached, one.completion) for one in host.log
        )
        assert [one.state for one in rows] == ["settled", "settled"]
        assert ledger.spent("run", "run").tokens == host.sums.prompt + host.sums.completion
    ledger.close()


async def test_empty_answers_are_counted_also_where_no_other_comes(tmp_path: Path) -> None:
    async with FakeHost(Script([Answer(fault="empty")])) as host:
        ledger = await ask(tmp_path, host)
        assert len(host.log) > 1
        assert ledger.spent("run", "run").tokens == host.sums.prompt + host.sums.completion
        assert {one.state for one in ledger.exchanges()} == {"settled"}
    ledger.close()


@pytest.mark.parametrize("fault", ["cut", "error"])
async def test_what_broke_off_before_its_first_piece_is_estimated(tmp_path: Path, fault: str) -> None:
    async with FakeHost(Script([Answer("x", fault=fault, after=0), Answer("All is well.")])) as host:
        ledger = await ask(tmp_path, host)
        assert len(ledger.exchanges()) == len(host.log) == 2
        assert ledger.spent("run", "run").tokens == pytest.approx(host.sums.prompt + host.sums.completion, rel=0.3)
    ledger.close()


async def test_a_question_that_is_given_up_before_its_first_piece_counts_what_was_sent(tmp_path: Path) -> None:
    async with FakeHost(Script([Answer("x", pace=Pace(first=30))])) as host:
        ledger = await ask(tmp_path, host, seconds=0.5)
        [row] = ledger.exchanges()
        assert (row.state, row.estimated) == ("settled", 1)
        assert row.prompt == pytest.approx(host.log[0].prompt, rel=0.3)
    ledger.close()
