"""Asking a host over real HTTP: what is sent, what comes back, and which model answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from ambient_lsp.errors import ModelError, ModelRefused, ModelUnavailable, ReplyBroken
from ambient_lsp.llm import endpoint
from ambient_lsp.llm.client import ChatClient, Patience
from ambient_lsp.llm.fake import Answer, FakeHost, Pace, Question, Script
from tests.unit.llm.conftest import ask

Connect = Callable[..., ChatClient]
SCHEMA = {
    "type": "object",
    "properties": {"line": {"type": "integer", "minimum": 1}, "why": {"minLength": 3}},
    "required": ["line"],
    "additionalProperties": False,
}


async def test_a_stream_gives_the_pieces_and_then_the_whole(connect: Connect) -> None:
    script = Script([Answer("def f(): ...\n" * 20, reasoning="Let me see.")], pace=Pace(piece=10))
    async with FakeHost(script) as host:
        async with connect(host.base_url).stream(ask()) as stream:
            deltas = [delta async for delta in stream]
        reply = stream.reply
    assert reply.text == "def f(): ...\n" * 20 == "".join(delta.text for delta in deltas)
    assert reply.reasoning == "Let me see." == "".join(delta.reasoning for delta in deltas)
    assert len(deltas) > 20
    (entry,) = host.log
    assert (reply.usage.prompt, reply.usage.completion) == (entry.prompt, entry.completion)
    assert (reply.usage.reasoning, reply.usage.estimated) == (entry.reasoning, False)
    assert (reply.model, reply.host, reply.finish) == ("kimi-k2.6", host.base_url, "stop")
    assert entry.finished and not entry.left


@pytest.mark.parametrize(
    ("kind", "provider", "model", "sent"),
    [
        ("moonshot", "moonshot", "kimi-k2.6", {"thinking": {"type": "disabled"}, "max_completion_tokens": 500}),
        ("vllm", "openai-compatible", "kimi-k2.6", {"chat_template_kwargs": {"thinking": False}}),
        ("ollama", "ollama", "qwen3", {"think": False}),
        ("openrouter", "openrouter", "moonshotai/kimi-k2.6", {"reasoning": {"enabled": False}, "max_tokens": 500}),
        ("plain", "openai-compatible", "other", {"max_tokens": 500}),
        ("plain", "dashscope", "qwen3", {"enable_thinking": False}),
    ],
)
async def test_every_dialect_gets_what_it_understands(
    kind: str, provider: str, model: str, sent: dict[str, object], connect: Connect
) -> None:
    async with FakeHost({"replies": ["Fine."], "kind": kind, "models": [model]}) as host:
        client = connect(host.base_url, provider=provider, model_id=model)
        reply = await client.complete(ask(thinking=False, max_tokens=500, schema=SCHEMA, temperature=0.3))
    assert reply.text == "Fine."
    body = host.log[0].body
    assert {name: body.get(name) for name in sent} == sent
    temperature = body.get("temperature", body.get("options", {}).get("temperature"))
    assert temperature == (None if "kimi" in model else 0.3)
    assert "top_p" not in body
    assert reply.usage.prompt == host.log[0].prompt and not reply.usage.estimated


async def test_ollama_is_asked_in_its_own_way(connect: Connect) -> None:
    script = Script([Answer("Fine.", reasoning="Hm.")], models=["qwen3"], kind="ollama", context=32_768)
    async with FakeHost(script) as host:
        reply = await connect(host.base_url, provider="ollama", model_id="qwen3").complete(ask(schema=SCHEMA))
    (entry,) = host.log
    assert entry.path == "/api/chat"
    assert entry.body["format"] == SCHEMA
    assert 16_384 <= entry.body["options"]["num_ctx"] <= 32_768
    assert (reply.text, reply.reasoning) == ("Fine.", "Hm.")


async def test_without_its_own_way_ollama_is_asked_like_the_others(connect: Connect) -> None:
    async with FakeHost({"replies": ["Fine."], "kind": "plain", "models": ["qwen3"]}) as host:
        await connect(host.address, provider="ollama", model_id="qwen3").complete(ask())
    assert [entry.path for entry in host.log] == ["/v1/chat/completions"]


async def test_a_schema_is_cut_down_to_what_moonshot_takes(connect: Connect) -> None:
    async with FakeHost("{}") as host:
        client = connect(host.base_url)
        await client.complete(ask(schema=SCHEMA))
        await client.complete(ask(schema={"type": "array", "items": SCHEMA}))
    shape = host.log[0].body["response_format"]["json_schema"]["schema"]
    assert shape == {
        "type": "object",
        "properties": {"line": {"type": "integer"}, "why": {"type": "string"}},
        "required": ["line"],
    }
    assert "response_format" not in host.log[1].body  # its root must be an object


async def test_the_next_model_of_the_profile_answers_and_it_is_said(connect: Connect) -> None:
    said: list[str] = []
    async with FakeHost("Fine.") as host:
        client = connect(host.base_url, model_id="kimi", notify=said.append)
        replies = [await client.complete(ask()) for _ in range(3)]
    assert {reply.model for reply in replies} == {"kimi-k2.6"}
    assert [entry.status for entry in host.log] == [200, 200, 200]
    assert len(said) == 1 and "no kimi-k2.5" in said[0] and "kimi-k2.6" in said[0]


async def test_a_model_that_goes_away_while_it_is_used_gives_way_to_the_next(connect: Connect) -> None:
    script = Script([Answer("Fine.")], models=["kimi-k2.6", "kimi-k2.7-code"])
    said: list[str] = []
    async with FakeHost(script) as host:
        client = connect(host.base_url, model_id="kimi", notify=said.append)
        await client.complete(ask())
        script.retired = {"kimi-k2.6": "kimi-k2.7-code"}
        assert (await client.complete(ask())).model == "kimi-k2.7-code"
        assert (await client.complete(ask())).model == "kimi-k2.7-code"
    assert [entry.status for entry in host.log] == [200, 404, 200, 200]  # what is gone is not asked for again
    assert "retired" in said[1]


async def test_a_model_that_was_denied_once_is_asked_for_again_later(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script([Answer(fault="no_model"), Answer("Fine.")], models=["kimi-k2.6"])
    async with FakeHost(script) as host:
        client = connect(host.base_url)
        with pytest.raises(ModelUnavailable):
            await client.complete(ask())
        with pytest.raises(ModelUnavailable):
            await client.complete(ask())
        assert len(host.log) == 1
        monkeypatch.setattr(endpoint, "_GONE_SECONDS", 0.0)
        assert (await client.complete(ask())).text == "Fine."


async def test_no_model_at_all_says_what_there_is(connect: Connect) -> None:
    async with FakeHost({"replies": ["x"], "models": ["llama4", "qwen3"]}) as host:
        with pytest.raises(ModelUnavailable, match="has none of kimi") as caught:
            await connect(host.base_url, model_id="kimi").complete(ask())
    assert "llama4, qwen3" in str(caught.value)
    assert not host.log


async def test_another_model_in_the_answer_is_told(connect: Connect) -> None:
    said: list[str] = []
    async with FakeHost([Answer("Fine.", answers_as="kimi-k3")]) as host:
        reply = await connect(host.base_url, notify=said.append).complete(ask())
    assert reply.model == "kimi-k3"
    assert said == [f"{host.base_url} answered with kimi-k3 instead of kimi-k2.6."]


async def test_the_second_host_answers_when_the_first_is_gone(connect: Connect) -> None:
    said: list[str] = []
    async with FakeHost("first") as one, FakeHost("second") as two:
        fallback = {"provider": "moonshot", "base_url": two.base_url}
        client = connect(one.base_url, fallbacks=[fallback], notify=said.append)
        assert (await client.complete(ask())).text == "first"
        one.script.replies = [Answer(fault="quota")]
        assert (await client.complete(ask())).text == "second"
    assert len(one.log) == 2 and len(two.log) == 1
    assert "nothing left to spend" in said[0] and two.base_url in said[0]


async def test_the_order_is_same_model_elsewhere_then_newer_then_second_provider(connect: Connect) -> None:
    broken = Script([Answer(fault="unavailable")], models=["kimi-k2.6", "kimi-k3"])
    other = Script([Answer(fault="unavailable")], models=["kimi-k2.6"])
    third = Script([Answer("at last")], models=["qwen3"])
    order: list[tuple[str, str]] = []

    def noted(name: str, script: Script) -> Script:
        replies = script.replies
        assert not callable(replies)

        def say(question: Question) -> Answer:
            if (name, question.model) not in order:
                order.append((name, question.model))
            return replies[0]

        script.replies = say
        return script

    async with (
        FakeHost(noted("first", broken)) as one,
        FakeHost(noted("other", other)) as two,
        FakeHost(noted("third", third)) as three,
    ):
        client = connect(
            one.base_url,
            fallbacks=[
                {"provider": "openai-compatible", "base_url": three.base_url, "model_id": "qwen3"},
                {"provider": "moonshot", "base_url": two.base_url},
            ],
        )
        assert (await client.complete(ask())).text == "at last"
    assert order == [("first", "kimi-k2.6"), ("other", "kimi-k2.6"), ("first", "kimi-k3"), ("third", "qwen3")]


async def test_nothing_answers(connect: Connect) -> None:
    async with FakeHost() as host:
        url = host.base_url
    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match="Nothing answers at http") as caught:
        await connect(url).complete(ask())
    assert time.monotonic() - began < 5
    assert "base_url" in caught.value.next_step


async def test_leaving_early_closes_the_connection(connect: Connect) -> None:
    async with FakeHost(Script([Answer("word " * 10_000)], pace=Pace(between=0.02, piece=5))) as host:
        client = connect(host.base_url)
        async with client.stream(ask()) as stream:
            async for _ in stream:
                break
        await until(lambda: host.log[0].left)
        assert client.endpoints[0].limiter.busy == 0
        with pytest.raises(ReplyBroken, match="not read to its end"):
            _ = stream.reply
    assert host.log[0].sent < 5_000


@pytest.mark.parametrize("pace", [Pace(first=30), Pace(between=0.02, piece=5)])
async def test_a_cancelled_task_closes_the_connection(pace: Pace, connect: Connect) -> None:
    async with FakeHost(Script([Answer("word " * 10_000)], pace=pace)) as host:
        client = connect(host.base_url)
        task = asyncio.create_task(client.complete(ask()))
        await until(lambda: bool(host.log))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: host.log[0].left)
        assert time.monotonic() - began < 1
        assert len(host.log) == 1
        assert client.endpoints[0].limiter.busy == 0


async def test_idle_is_no_request_at_all(connect: Connect) -> None:
    async with FakeHost("Fine.") as host:
        client = connect(host.base_url)
        await asyncio.sleep(0.3)
        assert (host.sums.questions, host.sums.other_requests) == (0, 0)
        await client.complete(ask())
        await asyncio.sleep(0.3)
        assert (host.sums.questions, host.sums.other_requests) == (1, 1)


async def test_a_host_is_looked_at_once_for_many_questions(connect: Connect) -> None:
    async with FakeHost(Script([Answer("Fine.")], pace=Pace(first=0.05))) as host:
        client = connect(host.base_url, max_concurrency=20, start=20)
        await asyncio.gather(*(client.complete(ask(str(number))) for number in range(30)))
        assert host.sums.other_requests == 1
        assert max(entry.in_flight for entry in host.log) <= 20


async def test_connections_are_kept(connect: Connect) -> None:
    async with FakeHost("Fine.") as host:
        client = connect(host.base_url)
        for _ in range(5):
            await client.complete(ask())
        assert host.connections == 1


async def test_what_a_host_does_not_know_is_left_out_from_then_on(connect: Connect) -> None:
    script = Script([Answer("Fine.")], models=["other"], refuses=["temperature", "stream_options", "max_tokens"])
    async with FakeHost(script) as host:
        client = connect(host.base_url, provider="openai-compatible", model_id="other")
        assert (await client.complete(ask(temperature=0.1))).text == "Fine."
        first = len(host.log)
        assert (await client.complete(ask(temperature=0.1))).text == "Fine."
    assert [entry.status for entry in host.log] == [400, 400, 400, 200, 200]
    assert len(host.log) == first + 1
    assert host.log[-1].body["max_completion_tokens"] == 8192


async def test_cached_tokens_are_read_in_both_places(connect: Connect) -> None:
    long = "x" * 9_000
    async with FakeHost([Answer("a"), Answer("b", usage="choices"), Answer("c")]) as host:
        client = connect(host.base_url)
        cached = [(await client.complete(ask(long))).usage.cached for _ in range(3)]
    assert cached == [0, 2048, 2048] == [entry.cached for entry in host.log]


async def test_those_who_ask_together_share_nothing_yet(connect: Connect) -> None:
    long = "x" * 9_000
    async with FakeHost(Script([Answer("a")], pace=Pace(first=0.2))) as host:
        client = connect(host.base_url)
        replies = await asyncio.gather(*(client.complete(ask(long)) for _ in range(4)))
        after = await client.complete(ask(long))
    assert [reply.usage.cached for reply in replies] == [0, 0, 0, 0]
    assert after.usage.cached == 2048


async def test_a_key_in_an_answer_is_not_repeated(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMBIENT_API_KEY", "sk-very-secret-1234567890")
    async with FakeHost(Script(key="sk-another-one")) as host:
        client = connect(host.base_url, key_hosts=[host.address.removeprefix("http://")])
        with pytest.raises(ModelRefused) as caught:
            await client.complete(ask())
    error: ModelError = caught.value
    told = f"{error} {error.details} {error!r} {client.endpoints[0].key}"
    assert "refuses the key in AMBIENT_API_KEY (401)" in told
    assert "secret" not in told


async def test_a_host_that_takes_few_at_once_gets_few(connect: Connect) -> None:
    script = Script([Answer("Fine.")], concurrency=4, pace=Pace(first=0.03))
    async with FakeHost(script) as host:
        patience = Patience(attempts=10, first_wait=0.02, longest_wait=0.5)
        client = connect(host.base_url, max_concurrency=32, start=32, patience=patience)
        replies = await asyncio.gather(*(client.complete(ask(str(number))) for number in range(60)))
    assert {reply.text for reply in replies} == {"Fine."}
    late = [entry for entry in host.log[-30:] if entry.status == 429]
    assert len(late) < 15  # it learns
    assert client.endpoints[0].limiter.limit < 16


async def test_a_proxy_is_used_for_other_machines_only(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeHost("Through the proxy.") as proxy, FakeHost("Straight.") as host:
        monkeypatch.setenv("http_proxy", proxy.address)
        assert (await connect(host.base_url).complete(ask())).text == "Straight."
        client = connect("http://llm.example.com/v1", allow_plain_http=True)
        assert (await client.complete(ask())).text == "Through the proxy."


async def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)
