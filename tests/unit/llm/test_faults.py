"""Everything that goes wrong at a host, over real HTTP: what is tried again, what is not, and what is said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from ambient_lsp.errors import (
    ModelError,
    ModelOverloaded,
    ModelRefused,
    ModelUnavailable,
    QuotaExhausted,
    ReplyBroken,
)
from ambient_lsp.llm.client import ChatClient, Patience
from ambient_lsp.llm.fake import Answer, FakeHost, Pace, Script
from ambient_lsp.llm.fake.script import HUGE
from tests.unit.llm.conftest import QUICK, ask

Connect = Callable[..., ChatClient]
KINDS = pytest.mark.parametrize("kind", ["moonshot", "ollama"])


def host_that(*answers: Answer, kind: str = "moonshot", **more: object) -> FakeHost:
    return FakeHost(Script(answers, kind=kind, models=["kimi-k2.6"], **more))  # type: ignore[arg-type]


def connected(connect: Connect, host: FakeHost, kind: str = "moonshot", **more: object) -> ChatClient:
    return connect(host.base_url, provider=kind, **more)


async def failure(client: ChatClient, **more: object) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await client.complete(ask(**more))
    return caught.value


@KINDS
@pytest.mark.parametrize(
    "fault",
    ["rate_limit", "overloaded", "server_error", "bad_gateway", "unavailable", "gateway_timeout", "cut", "error"],
)
async def test_a_passing_fault_is_tried_again(fault: str, kind: str, connect: Connect) -> None:
    async with host_that(Answer(fault=fault, after=0), Answer("Fine."), kind=kind) as host:
        client = connected(connect, host, kind)
        async with client.stream(ask()) as stream:
            assert [delta.text async for delta in stream] == ["Fine."]
        assert len(stream.failures) == 1
    assert [entry.fault for entry in host.log] == [fault, ""]


@KINDS
@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ("bad_request", ModelRefused, "refuses the request (400)"),
        ("too_long", ModelRefused, "the question is too long (400)"),
        ("content_filter", ModelRefused, "does not want to answer"),
        ("unauthorized", ModelRefused, "wants a key (401)"),
        ("forbidden", ModelRefused, "(403)"),
        ("no_model", ModelUnavailable, "does not have the model"),
        ("quota", QuotaExhausted, "nothing left to spend (429)"),
        ("redirect", ModelRefused, "sends to another address (307)"),
    ],
)
async def test_a_lasting_fault_is_told_at_once(
    fault: str, error: type[ModelError], says: str, kind: str, connect: Connect
) -> None:
    async with host_that(Answer(fault=fault), kind=kind) as host:
        raised = await failure(connected(connect, host, kind))
    assert isinstance(raised, error)
    assert says in str(raised)
    assert raised.next_step
    assert len(host.log) == 1


async def test_the_attempts_end(connect: Connect) -> None:
    async with host_that(Answer(fault="unavailable")) as host:
        raised = await failure(connected(connect, host))
    assert isinstance(raised, ModelOverloaded)
    assert len(host.log) == QUICK.attempts


async def test_the_host_says_how_long_to_wait(connect: Connect) -> None:
    async with host_that(Answer(fault="rate_limit", retry_after=0.6), Answer("Fine.")) as host:
        client = connected(connect, host)
        await client.look()
        began = time.monotonic()
        await client.complete(ask())
        assert 0.6 <= time.monotonic() - began < 3
        assert host.log[1].at - host.log[0].at >= 0.6


async def test_too_long_a_wait_is_told_and_not_waited_for(connect: Connect) -> None:
    async with host_that(Answer(fault="overloaded", retry_after=600)) as host:
        began = time.monotonic()
        client = connected(connect, host)
        raised = await failure(client)
        assert time.monotonic() - began < 2
        assert raised.details["retry_after"] == 600
        assert len(host.log) == 1
        await failure(client)  # nor is it kept for those who come after
        assert time.monotonic() - began < 4


async def test_all_others_wait_too_when_one_is_told_to(connect: Connect) -> None:
    async with host_that(Answer(fault="rate_limit", retry_after=0.5), Answer("Fine.")) as host:
        client = connected(connect, host)
        first = asyncio.create_task(client.complete(ask("one")))
        while not host.log or not host.log[0].seconds:
            await asyncio.sleep(0.01)
        await asyncio.gather(first, *(client.complete(ask(str(number))) for number in range(3)))
        assert all(entry.at - host.log[0].at >= 0.45 for entry in host.log[1:])


@KINDS
@pytest.mark.parametrize(("fault", "says"), [("cut", "was cut off"), ("error", "stopped in the middle")])
async def test_what_breaks_after_the_first_piece_is_not_tried_again(
    fault: str, says: str, kind: str, connect: Connect
) -> None:
    script = Script([Answer("0123456789" * 9, fault=fault)], kind=kind, models=["kimi-k2.6"], pace=Pace(0, 0.03, 10))  # type: ignore[arg-type]
    async with FakeHost(script) as host:
        got = ""
        with pytest.raises(ReplyBroken, match=says) as caught:
            async with connected(connect, host, kind).stream(ask()) as stream:
                async for delta in stream:
                    got += delta.text
    assert got == "0123456789" * 2 == caught.value.details["text"]
    assert caught.value.details["usage"].estimated
    assert len(host.log) == 1


@KINDS
async def test_an_empty_answer_is_asked_for_again_but_not_for_long(kind: str, connect: Connect) -> None:
    async with host_that(Answer(fault="empty"), kind=kind) as host:
        raised = await failure(connected(connect, host, kind))
    assert isinstance(raised, ReplyBroken) and "is empty" in str(raised)
    assert len(host.log) == 3


async def test_thinking_that_eats_all_tokens_is_said(connect: Connect) -> None:
    async with host_that(Answer("", reasoning="Hm. " * 20, finish="length")) as host:
        raised = await failure(connected(connect, host), max_tokens=20)
    assert "All 20 tokens went into thinking" in str(raised)
    assert raised.details["usage"].completion == 20
    assert len(host.log) == 1


async def test_no_end_mark_is_no_fault_when_the_finish_was_told(connect: Connect) -> None:
    async with host_that(Answer("Fine.", done=False)) as host:
        assert (await connected(connect, host).complete(ask())).text == "Fine."


async def test_without_usage_it_is_estimated(connect: Connect) -> None:
    async with host_that(Answer("Fine. " * 100, usage="none")) as host:
        usage = (await connected(connect, host).complete(ask("word " * 200))).usage
    assert usage.estimated
    assert host.log[0].prompt * 0.7 < usage.prompt < host.log[0].prompt * 1.5
    assert host.log[0].completion * 0.7 < usage.completion < host.log[0].completion * 1.5


async def test_both_names_of_the_reasoning_are_read(connect: Connect) -> None:
    answers = (Answer("a", reasoning="one"), Answer("b", reasoning="two", reasoning_field="reasoning"))
    async with host_that(*answers) as host:
        client = connected(connect, host)
        assert [(await client.complete(ask())).reasoning for _ in answers] == ["one", "two"]


@KINDS
async def test_a_host_that_does_not_stream_is_read_too(kind: str, connect: Connect) -> None:
    async with host_that(Answer("Fine.\n" * 50, reasoning="Hm.", stream=False), kind=kind) as host:
        reply = await connected(connect, host, kind).complete(ask())
    assert (reply.text, reply.reasoning) == ("Fine.\n" * 50, "Hm.")
    assert reply.usage.prompt == host.log[0].prompt


@KINDS
async def test_ten_megabytes_are_not_read(kind: str, connect: Connect) -> None:
    async with host_that(Answer(fault="huge"), kind=kind) as host:
        raised = await failure(connected(connect, host, kind), max_tokens=1000)
        assert isinstance(raised, ReplyBroken) and "far more than the 1,000 tokens" in str(raised)
        while not host.log[0].seconds:
            await asyncio.sleep(0.01)
        assert len(host.log) == 1  # a part of it was there already
    assert host.log[0].left or host.log[0].sent < HUGE


async def test_a_stream_that_stops_is_given_up(connect: Connect) -> None:
    async with FakeHost(Script([Answer("x" * 900, fault="stall")], pace=Pace(piece=10, between=0.001))) as host:
        raised = await failure(connected(connect, host))
        assert "nothing came for too long" in str(raised)
        assert len(raised.details["text"]) == 20


async def test_an_endless_drip_is_given_up(connect: Connect) -> None:
    script = Script([Answer("word " * 10_000)], pace=Pace(piece=5, between=0.05))
    async with FakeHost(script) as host:
        began = time.monotonic()
        patience = Patience(attempts=2, first_wait=0.01, idle_seconds=0.5, reply_seconds=1.0)
        raised = await failure(connected(connect, host, patience=patience))
        assert "took longer than" in str(raised)
        assert time.monotonic() - began < 3
        while not host.log[0].left:
            await asyncio.sleep(0.01)


async def test_a_web_page_is_no_answer(connect: Connect) -> None:
    async with host_that(Answer(fault="page")) as host:
        raised = await failure(connected(connect, host))
    assert "web page" in str(raised) and "base_url" in str(raised)
    assert len(host.log) == 1


async def test_sampling_is_never_sent_to_a_model_that_fixes_it(connect: Connect) -> None:
    async with host_that(Answer("Fine.")) as host:
        await connected(connect, host, temperature=0.7).complete(ask(temperature=0.2))
    assert [entry.status for entry in host.log] == [200]


async def test_faults_by_chance_are_survived_and_the_books_agree(connect: Connect) -> None:
    faults = dict.fromkeys(("rate_limit", "overloaded", "bad_gateway", "unavailable", "empty"), 0.08)
    async with FakeHost(Script([Answer("Fine. " * 30)], faults=faults, seed=7)) as host:
        patience = Patience(attempts=8, first_wait=0.01, longest_wait=0.1, idle_seconds=2, reply_seconds=20)
        client = connect(host.base_url, max_concurrency=20, start=20, patience=patience)
        replies = await asyncio.gather(*(client.complete(ask(f"{number} " * 50)) for number in range(60)))
    well = [entry for entry in host.log if entry.finished and entry.text]
    assert len(well) == len(replies) == 60
    assert sum(reply.usage.completion for reply in replies) == sum(entry.completion for entry in well)
    assert sum(reply.usage.prompt for reply in replies) == sum(entry.prompt for entry in well)
    assert {entry.fault for entry in host.log} >= {"", "rate_limit", "bad_gateway"}
    assert client.endpoints[0].limiter.busy == 0
