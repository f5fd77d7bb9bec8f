"""The fake host itself: scripts, its command, the folder in which anyone plays the model, recordings."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from ambient_lsp.errors import AmbientError, ConfigError
from ambient_lsp.llm.client import ChatClient
from ambient_lsp.llm.fake import Answer, FakeHost, Script
from ambient_lsp.llm.fake.directory import Directory
from ambient_lsp.llm.fake.recording import Recorder
from ambient_lsp.llm.fake.script import FAULTS
from tests.unit.llm.conftest import ask

Connect = Callable[..., ChatClient]

SCRIPT = """
models: [kimi-k2.6]
pace: {piece: 7}
replies:
  - match: docstring
    reply: |
      def f():
          "Says nothing."
  - match: "(?i)security"
    file: answer.md
    usage: choices
  - reply: first
  - reply: second
    times: 2
  - third
"""


async def test_a_script_of_yaml(tmp_path: Path, connect: Connect) -> None:
    (tmp_path / "script.yml").write_text(SCRIPT)
    (tmp_path / "answer.md").write_text("# Fine\n")
    asked = ["a docstring", "b", "SECURITY", "c", "d", "e", "f", "another docstring"]
    async with FakeHost(tmp_path / "script.yml") as host:
        client = connect(host.base_url)
        replies = [(await client.complete(ask(text))).text for text in asked]
    documented = 'def f():\n    "Says nothing."\n'
    assert replies == [documented, "first", "# Fine\n", "second", "second", "third", "third", documented]
    assert [entry.text for entry in host.log] == replies


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("replies: [{repyl: x}]", "There is no `repyl` in"),
        ("replies: [{fault: tired}]", "There is no fault `tired`"),
        ("faults: {tired: 0.5}", "There is no fault `tired`"),
        ("speed: 3", "There is no `speed` in `Script`"),
        ("replies: [3]", "A reply is a text or a mapping"),
        ("7", "A script is a mapping"),
        ("a: [", "cannot be read"),
    ],
)
def test_a_wrong_script_is_told_in_words(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "script.yml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        Script.read(path)
    assert says in str(caught.value)


async def test_a_function_is_a_script(connect: Connect) -> None:
    async with FakeHost(lambda question: f"You said: {question.text}") as host:
        assert (await connect(host.base_url).complete(ask("hello"))).text == "You said: hello"


async def test_chance_does_not_depend_on_the_order() -> None:
    def drawn(texts: list[str]) -> dict[str, str]:
        script = Script(faults={"rate_limit": 0.3, "cut": 0.3}, seed=5)
        return {text: script._by_chance(question(text)) for text in texts}

    texts = [f"question {number}" for number in range(200)]
    assert drawn(texts) == drawn(texts[::-1])
    found = list(drawn(texts).values())
    assert 40 <= found.count("rate_limit") <= 80 and 40 <= found.count("cut") <= 80


async def test_anyone_plays_the_model_in_a_folder(tmp_path: Path, connect: Connect) -> None:
    script = Script(replies=Directory(tmp_path), models=(), retired={})
    async with FakeHost(script) as host:
        task = asyncio.create_task(connect(host.base_url, timeout_seconds=30).complete(ask("Is this safe?")))
        request = tmp_path / "0001.request.md"
        while not request.exists():
            await asyncio.sleep(0.01)
        assert "## user\n\nIs this safe?" in request.read_text()
        assert json.loads((tmp_path / "0001.request.json").read_text())["model"] == "kimi-k2.6"
        (tmp_path / "0001.reply.md").write_text("No.\n")
        assert (await task).text == "No.\n"
    assert Directory(tmp_path)._before == 1  # a second start does not write over what is there


async def test_a_recording_is_a_script(tmp_path: Path, connect: Connect) -> None:
    file = tmp_path / "answers.jsonl"
    real = Script([Answer("one", reasoning="Hm."), Answer("two")])
    async with FakeHost(real) as upstream:
        recorder = Recorder(upstream.base_url, file)
        async with FakeHost(Script(replies=recorder, models=(), retired={})) as host:
            client = connect(host.base_url)
            live = [(await client.complete(ask(text))).text for text in ("a", "b")]
        await recorder.close()
    async with FakeHost(file) as host:
        client = connect(host.base_url)
        replies = [await client.complete(ask(text)) for text in ("b", "a", "b")]
        with pytest.raises(AmbientError, match="no reply for this question"):
            await client.complete(ask("c"))
    assert live == ["one", "two"]
    assert [reply.text for reply in replies] == ["two", "one", "two"]
    assert replies[1].reasoning == "Hm."


def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    script, log = tmp_path / "script.json", tmp_path / "log.jsonl"
    script.write_text('{"replies": ["Fine."], "models": ["kimi-k2.6"]}')
    argv = [sys.executable, "-m", "ambient_lsp", "fake-model", "--script", str(script), "--log", str(log)]
    with subprocess.Popen(argv, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[2]
        asyncio.run(_ask_once(url, tmp_path))
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 130
    (line,) = log.read_text().splitlines()
    entry = json.loads(line)
    assert (entry["text"], entry["finished"], entry["body"]["model"]) == ("Fine.", True, "kimi-k2.6")


@pytest.mark.parametrize(
    "arguments", [["--script", "a.yml", "--directory", "b"], ["--record", "a.jsonl"], ["--upstream", "https://x/v1"]]
)
def test_options_that_do_not_go_together(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    from ambient_lsp.cli.app import run

    assert run(["fake-model", *arguments]) == 2
    assert "--record" in capsys.readouterr().err


async def test_doctor_says_which_model_answers(tmp_path: Path) -> None:
    from ambient_lsp.llm.doctor import examine
    from tests.unit.llm.conftest import settings

    async with FakeHost("Fine.") as host:
        lines = {one.what: one for one in await examine(settings(host.base_url, model_id="kimi"), state=tmp_path)}
        assert host.sums.questions == 0
    assert f"{host.base_url} answers as moonshot" in lines["model host"].found
    assert "kimi-k2.6 (kimi-k2.5 is not there); 262,144 tokens of context" in lines["model"].found
    assert "8 at once now, at most 8; the host says 200 requests" in lines["model limits"].found
    (gone,) = await examine(settings(host.base_url), state=tmp_path)
    assert gone.well is None and "Nothing answers" in gone.found and "no connection" in gone.found


async def test_doctor_says_what_to_do_where_the_configured_model_is_not_there(tmp_path: Path) -> None:
    from ambient_lsp.llm.doctor import Found, examine
    from tests.unit.llm.conftest import settings

    async def told(provider: str, kind: Literal["moonshot", "ollama"]) -> Found:
        async with FakeHost(Script([Answer("Fine.")], ("llama3:8b",), kind=kind)) as host:
            address = host.address if kind == "ollama" else host.base_url
            configured = settings(address, provider=provider, model_id="kimi-k2.5:cloud")
            (model,) = [one for one in await examine(configured, state=tmp_path) if one.what == "model"]
            return model

    not_there, not_yet = await told("moonshot", "moonshot"), await told("ollama", "ollama")
    assert not_there.well is False and not_yet.well is None
    for found in (not_there, not_yet):
        assert "has none of kimi-k2.5:cloud" in found.found and "It has llama3:8b." in found.found
        assert "Set `kimi.model_id` to one that it has" in found.next_step
    assert "may fetch it from its cloud" in not_yet.found
    assert "`ollama pull kimi-k2.5:cloud`" in not_yet.next_step and "ollama" not in not_there.next_step


async def _ask_once(url: str, state: Path) -> None:
    from tests.unit.llm.conftest import settings

    async with ChatClient.from_settings(settings(url), state=state) as client:
        assert (await client.complete(ask())).text == "Fine."


def question(text: str) -> Any:
    from ambient_lsp.llm.fake import Question

    return Question(1, "/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": text}]})


def test_the_script_in_the_documentation_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text()
    (block,) = [block.partition("```")[0] for block in page.split("```yaml\n") if block.startswith("# script.yml")]
    (tmp_path / "docstring.md").write_text("Here it is.\n")
    (tmp_path / "script.yml").write_text(block)
    script = Script.read(tmp_path / "script.yml")
    assert not callable(script.replies)
    assert script.replies[0].reply == "Here it is.\n"
    assert (script.replies[2].fault, script.pace.piece) == ("overloaded", 16)
    for fault in FAULTS:
        assert f"`{fault}`" in page
