"""Questions that a host reads only in part, tools that nobody offered, and hosts that count without answering."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ambient_lsp.errors import ReplyBroken
from ambient_lsp.llm.client import ChatClient
from ambient_lsp.llm.fake import Answer, FakeHost, Script
from tests.unit.llm.conftest import ask

Connect = Callable[..., ChatClient]
LONG = "def f(value):\n    return value + 1\n" * 2000


@pytest.mark.parametrize("provider", ["ollama", "openai-compatible"])
async def test_a_question_that_was_cut_off_is_noticed_said_once_and_remembered(connect: Connect, provider: str) -> None:
    told: list[str] = []
    async with FakeHost(Script(kind="ollama", models=("small",), context=4096)) as host:
        client = connect(host.base_url, provider=provider, model_id="small", notify=told.append)
        for _ in range(2):
            await client.complete(ask(LONG))
        assert await client.context() == 4096
    [words] = told
    assert "read only 4,096 tokens" in words
    assert ("kept shorter" in words) == (provider == "ollama")


async def test_a_question_that_was_read_is_not_complained_of(connect: Connect) -> None:
    told: list[str] = []
    async with FakeHost(Script(kind="ollama", models=("large",), context=131_072)) as host:
        client = connect(host.address, provider="ollama", model_id="large", notify=told.append)
        reply = await client.complete(ask(LONG))
    assert reply.usage.prompt > len(LONG) // 5
    assert not told


@pytest.mark.parametrize("kind", ["moonshot", "ollama"])
async def test_a_model_that_wants_a_tool_is_asked_once_and_said_so(connect: Connect, kind: str) -> None:
    provider = "ollama" if kind == "ollama" else "moonshot"
    async with FakeHost(Script((Answer(tool="read_file", finish="tool_calls"),), kind=kind)) as host:
        client = connect(host.base_url, provider=provider)
        with pytest.raises(ReplyBroken, match=r"call of a tool \(read_file\)"):
            await client.complete(ask())
        assert len(host.log) == 1, "it was paid for again"


async def test_text_beside_a_call_of_a_tool_is_an_answer(connect: Connect) -> None:
    async with FakeHost(Script((Answer("Fine.", tool="read_file"),))) as host:
        assert (await connect(host.base_url).complete(ask())).text == "Fine."


@pytest.mark.parametrize(("kind", "counted"), [("moonshot", True), ("vllm", False)])
async def test_a_host_counts_where_it_offers_to(connect: Connect, kind: str, counted: bool) -> None:
    async with FakeHost(Script(kind=kind)) as host:
        found = await connect(host.base_url).count(LONG)
        assert (found == len(LONG) // 4) if counted else found is None
        assert not host.log
