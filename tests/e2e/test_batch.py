"""A batch over many files: real HTTP, a real sandbox, faults as hosts have them, and a kill in the middle."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ambient_lsp.config import Config
from ambient_lsp.engine.engine import Engine
from ambient_lsp.errors import Untrusted
from ambient_lsp.llm.fake.host import FakeHost
from ambient_lsp.llm.fake.script import Answer, Question, Script
from ambient_lsp.model import ProposalState
from ambient_lsp.store.ledger import SqliteLedger
from ambient_lsp.store.store import open_store
from ambient_lsp.swarm import report
from ambient_lsp.swarm.batch import BatchResult, run_batch
from ambient_lsp.trust import trust
from tests.e2e import project
from tests.real import require

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

TASK = "Add a docstring to every function"
MODULE = '''"""Module {0}."""


def twice(value: int) -> int:
    return 2 * value


def area(width: int, height: int) -> int:
    return width * height
'''
TEST = """from agents.m{0:02} import area, twice


def test_twice() -> None:
    assert twice(3) == 6


def test_area() -> None:
    assert area(2, 3) == 6
"""
SEARCH = "<<<<<<< SEARCH\n"
FILE = re.compile(r"file to work on: (\S+)\]")


def make(folder: Path, count: int) -> Path:
    files = {f"agents/m{number:02}.py": MODULE.format(number) for number in range(count)}
    files |= {f"tests/test_m{number:02}.py": TEST.format(number) for number in range(count)}
    settings = '[tool.pytest.ini_options]\npythonpath = ["."]\n'
    return project.make(folder, {**files, "agents/__init__.py": "", "pyproject.toml": settings})


def docstrings(question: Question) -> str:
    """Answer as a good model would: a block for each function."""
    if not FILE.search(question.prompt):  # a specialist asks, where an editor saves a file
        return '```json\n{"findings": []}\n```\n'
    path = FILE.findall(question.prompt)[-1]
    return f"""Docstrings for both.

{path}
````python
<<<<<<< SEARCH
def twice(value: int) -> int:
    return 2 * value
=======
def twice(value: int) -> int:
    \"\"\"Return the double.\"\"\"
    return 2 * value
>>>>>>> REPLACE

<<<<<<< SEARCH
def area(width: int, height: int) -> int:
    return width * height
=======
def area(width: int, height: int) -> int:
    \"\"\"Return the area.\"\"\"
    return width * height
>>>>>>> REPLACE
````
"""


async def batch(root: Path, host: FakeHost, paths: list[str] | None = None, **options: object) -> BatchResult:
    config = Config.model_validate(
        {
            "kimi": {"provider": "moonshot", "base_url": host.base_url, "model_id": "kimi-k2.6"},
            "sandbox": {"backend": options.pop("backend", "bubblewrap")},
            **options.pop("settings", {}),  # type: ignore[dict-item]
        }
    )
    engine = await Engine.open(root, config, trusted=bool(options.pop("trusted", True)))
    try:
        names = paths or sorted(path.relative_to(root).as_posix() for path in root.glob("agents/m*.py"))
        return await run_batch(engine, TASK, names, workers=4, **options)  # type: ignore[arg-type]
    finally:
        await engine.close()


async def test_every_file_is_done_and_all_of_it_is_proven_together(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 6)
    async with FakeHost(Script(docstrings)) as host:
        result = await batch(root, host)
    require(result.together is not None and result.together.low is not None, "bubblewrap is not ready")
    assert result.count("success") == 6
    assert result.together is not None
    low = result.together.low
    assert low is not None
    assert low.state is ProposalState.OFFERED, low.verdict
    assert len(low.files_touched) == 6
    assert "Return the double" not in (root / "agents/m00.py").read_text(), "a file was written"
    assert sum(one.prompt for one in result.files) == host.sums.prompt
    assert sum(one.completion for one in result.files) == host.sums.completion


async def test_faults_of_some_files_are_told_truthfully_and_a_second_run_goes_on(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 12)
    broken = {"agents/m01.py": "cut", "agents/m02.py": "empty", "agents/m03.py": "bad_request"}

    def faulty(question: Question) -> Answer:
        path = FILE.findall(question.prompt)[-1]
        return Answer(docstrings(question), fault=broken.get(path, ""))

    async with FakeHost(Script(faulty)) as host:
        first = await batch(root, host, backend="none")
        assert {one.path for one in first.files if one.state == "failed"} == set(broken)
        assert all(one.reason for one in first.files if one.state == "failed")
        asked = len(host.log)
        broken.clear()
        second = await batch(root, host, backend="none", resume=first.batch.id)
        assert second.count("success") == 12
        assert len(host.log) - asked == 3, "what was paid for was asked again"
        assert second.together is not None
        stored = open_store(root / ".ambient")
        states = {one.id: one.state for one in stored.proposals(run_id=first.batch.id)}
        stored.close()
        kept = {one.id for one in second.together.proposals}
        assert {states[one] for one in states.keys() - kept} == {ProposalState.STALE}, (
            "what was overtaken is still there"
        )
        config = Config()
    ledger = SqliteLedger(root / ".ambient" / "state.db", config.budget)
    assert {one.state for one in ledger.exchanges()} == {"settled"}
    ledger.close()


async def test_a_change_that_breaks_a_test_is_found_and_the_rest_is_offered(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 5)

    def one_is_wrong(question: Question) -> str:
        reply = docstrings(question)
        return reply.replace('double."""\n    return 2 *', 'double."""\n    return 3 *') if "m03" in reply else reply

    async with FakeHost(Script(one_is_wrong)) as host:
        result = await batch(root, host)
    assert result.together is not None
    assert result.together.low is not None
    require(result.together.low.verdict is not None, "no sandbox")
    assert [one.path for one in result.files if one.state == "failed"] == ["agents/m03.py"]
    assert "agents/m03.py" not in result.together.low.files_touched
    assert result.together.low.state is ProposalState.OFFERED
    assert "test_twice" in next(one.reason for one in result.files if one.state == "failed")


async def test_a_test_that_no_import_reaches_is_run_too_and_finds_its_file(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 4)
    looks = "from pathlib import Path\n\n\ndef test_texts() -> None:\n"
    looks += '    assert "double" not in Path("agents/m02.py").read_text()\n'
    (root / "tests/test_texts.py").write_text(looks)
    async with FakeHost(Script(docstrings)) as host:
        result = await batch(root, host)
        few = await batch(root, host, settings={"swarm": {"whole_suite": False}})
    assert result.together is not None and few.together is not None
    require(result.together.low is not None and result.together.low.verdict is not None, "no sandbox")
    assert result.together.low is not None and few.together.low is not None
    assert {one.path: "test_texts" in one.reason for one in result.files if one.state == "failed"} == {
        "agents/m02.py": True
    }
    assert result.together.low.state is ProposalState.OFFERED
    assert result.together.low.verdict is not None and result.together.low.verdict.selection == "the whole suite"
    assert len(result.together.low.files_touched) == 3
    assert len(few.together.low.files_touched) == 4, "only what the imports reach was asked for"


async def test_what_no_test_runs_does_not_hold_up_the_rest(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 3)
    (root / "tests/test_m01.py").unlink()

    def faster(question: Question) -> str:
        return docstrings(question).replace('double."""\n    return 2 * value', 'double."""\n    return value + value')

    async with FakeHost(Script(faster)) as host:
        result = await batch(root, host)
    together = result.together
    assert together is not None
    require(together.low is not None and together.low.verdict is not None, "no sandbox")
    assert together.low is not None and together.unshown is not None
    assert together.low.state is ProposalState.OFFERED, together.low.verdict
    assert together.low.files_touched == ("agents/m00.py", "agents/m02.py")
    assert (together.unshown.state, together.unshown.files_touched) == (
        ProposalState.INCONCLUSIVE, ("agents/m01.py",)
    )  # fmt: skip
    assert "no passing test" in next(one.reason for one in result.files if one.path == "agents/m01.py")
    assert result.count("success") == 3


@pytest.mark.parametrize(
    ("reply", "state", "words"),
    [
        ("NOTHING TO DO: both have one.", "nothing", "nothing to do"),
        ("I cannot help with that.", "failed", "no edit"),
        (
            "agents/m00.py\n```\n<<<<<<< SEARCH\nno such line\n=======\nx\n>>>>>>> REPLACE\n```\n",
            "failed",
            "fits nowhere",
        ),
        ("agents/m01.py\n```\n<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE\n```\n", "failed", "not the file"),
    ],
)
async def test_what_an_answer_means_is_said_in_the_report(tmp_path: Path, reply: str, state: str, words: str) -> None:
    root = make(tmp_path / "repo", 1)
    async with FakeHost(Script([Answer(reply, match=".")])) as host:
        result = await batch(root, host, backend="none")
    [file] = result.files
    assert (file.state, words in file.reason) == (state, True), file.reason
    page = report.as_markdown(result)
    assert f"| `agents/m00.py` | {report.WORDS[state]} |" in page
    assert "<script" not in report.as_html(result)
    assert json.dumps(report.as_data(result))


async def test_a_file_whose_answers_did_not_fit_is_asked_about_anew_when_the_batch_goes_on(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 1)
    good = False

    def answer(question: Question) -> str:
        return docstrings(question) if good else f"agents/m00.py\n{SEARCH}no such line\n=======\nx\n>>>>>>> REPLACE\n"

    async with FakeHost(Script(answer)) as host:
        first = await batch(root, host, backend="none")
        assert (first.count("failed"), len(host.log)) == (1, 2)
        good = True
        second = await batch(root, host, backend="none", resume=first.batch.id)
        assert (second.count("success"), len(host.log)) == (1, 3)
        assert sum(one.prompt for one in second.files) == host.sums.prompt, "what the failure cost was forgotten"


@pytest.mark.parametrize("small_model", [False, True])
async def test_a_long_file_is_done_piece_by_piece(tmp_path: Path, small_model: bool) -> None:
    functions = "".join(f"\n\ndef f{number}(a: int) -> int:\n    return a + {number}\n" for number in range(120))
    root = project.make(tmp_path / "repo", {"agents/m00.py": f'"""Long."""\n{functions}'})

    def answer(question: Question) -> str:
        text = question.messages[1][1].rpartition("of the file to work on")[2]
        names = re.findall(r"^def (f\d+)", text, re.MULTILINE)
        parts = [
            f"{SEARCH}def {name}(a: int) -> int:\n=======\ndef {name}(a: int) -> int:\n    # {name}\n>>>>>>> REPLACE"
            for name in names
        ]
        return "agents/m00.py\n````\n" + "\n".join(parts) + "\n````\n"

    small = Script(answer, kind="ollama", models=("small",), context=4096)
    async with FakeHost(small if small_model else Script(answer)) as host:
        settings: dict[str, object] = {"swarm": {"context_tokens": 1000}}
        if small_model:
            settings = {"kimi": {"provider": "ollama", "base_url": host.address, "model_id": "small"}}
        result = await batch(root, host, backend="none", settings=settings)
    [file] = result.files
    assert max(one.prompt for one in host.log) < 4096
    assert file.state == "success", file.reason
    assert file.calls >= 2
    assert all(f"    # f{number}\n" in (file.text or "") for number in range(120))


async def test_nothing_is_sent_from_a_folder_that_is_not_trusted(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 1)
    async with FakeHost(Script(docstrings)) as host:
        with pytest.raises(Untrusted, match="Nothing was sent"):
            await batch(root, host, backend="none", trusted=False)
        assert not host.log


async def test_what_must_never_be_sent_is_skipped_and_secrets_are_taken_out(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 2)
    secret = "ghp_" + "a1B2" * 9
    (root / "agents/m01.py").write_text(MODULE.format(1) + f'\nTOKEN = "{secret}"\n')
    async with FakeHost(Script(docstrings)) as host:
        never = {"swarm": {"never_send": ["m00.py"]}}
        result = await batch(root, host, backend="none", settings=never)
        sent = json.dumps([one.body for one in host.log])
    assert [one.state for one in result.files] == ["skipped", "success"]
    assert secret not in sent
    assert secret in (result.files[1].text or ""), "the file has lost its own text"


async def test_a_budget_stops_the_batch_and_the_rest_can_be_done_later(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 8)
    async with FakeHost(Script(docstrings)) as host:
        result = await batch(root, host, backend="none", settings={"budget": {"tokens_per_run": 10_500}})
        assert "budget.tokens_per_run" in result.stopped
        # Four at once would hold four times what one call can come to; what they need in the end is a twentieth.
        assert 2 <= result.count("success") < 8
        assert host.sums.prompt + host.sums.completion <= 10_500
        again = await batch(root, host, backend="none", resume=result.batch.id)
        assert again.count("success") == 8


async def test_a_spent_budget_is_named_as_it_was_given(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 8)
    async with FakeHost(Script(docstrings)) as host:
        (root / ".ambient.yml").write_text(
            f"kimi:\n  provider: moonshot\n  base_url: {host.base_url}\n  model_id: kimi-k2.6\n"
            "sandbox:\n  backend: none\n"
        )
        trust(root)

        async def swarm(*arguments: str) -> str:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ambient_lsp", "swarm", "--root", str(root), *arguments),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            _, said = await process.communicate()
            return said.decode()

        said = await swarm("--task", TASK, "--target-dir", str(root / "agents"), "--budget", "10500")
        assert "`--budget 10500` set it." in said
        assert "budget.tokens_per_run" not in said
        [go_on] = re.findall(r"`ambient swarm (--resume \w+) --budget N` goes on", said)
        assert "stopped:" not in await swarm(*go_on.split(), "--budget", "1000000")


async def test_a_batch_that_is_stopped_with_ctrl_c_leaves_its_report(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 4)
    async with FakeHost(Script(_slowly)) as host:
        (root / ".ambient.yml").write_text(
            f"kimi:\n  provider: moonshot\n  base_url: {host.base_url}\n  model_id: kimi-k2.6\n"
        )
        trust(root)
        ours = [sys.executable, "-m", "ambient_lsp", "swarm", "--task", TASK, "--target-dir", str(root / "agents")]
        process = await asyncio.create_subprocess_exec(
            *ours, "--max-workers", "1", stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        async with asyncio.timeout(60):
            while sum(one.finished for one in host.log) < 2:
                await asyncio.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = await process.communicate()
    assert process.returncode == 130
    [report] = (root / ".ambient/swarm").glob("*/report.md")
    assert "It was cancelled." in report.read_text(encoding="utf-8")
    assert "| not asked yet |" in report.read_text(encoding="utf-8")
    assert str(report) in "".join(said.decode().split("\n")) and "--resume last" in said.decode()


def test_a_killed_batch_goes_on_without_paying_twice(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 10)
    log = tmp_path / "log.jsonl"

    async def scene() -> None:
        with log.open("w") as file:
            slow = Script(lambda question: _slowly(question))
            async with FakeHost(slow, log_file=file) as host:
                settings = f"kimi:\n  provider: moonshot\n  base_url: {host.base_url}\n  model_id: kimi-k2.6\n"
                (root / ".ambient.yml").write_text(settings + "sandbox:\n  backend: none\n")
                command = [
                    sys.executable,
                    "-m",
                    "ambient_lsp",
                    "swarm",
                    "--task",
                    TASK,
                    "--target-dir",
                    str(root / "agents"),
                ]
                trust = await asyncio.create_subprocess_exec(sys.executable, "-m", "ambient_lsp", "trust", str(root))
                assert await trust.wait() == 0
                first = await asyncio.create_subprocess_exec(
                    *command, "--glob", "m*.py", "--max-workers", "2", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
                )
                deadline = time.monotonic() + 60
                while sum(one.finished for one in host.log) < 5 and time.monotonic() < deadline:
                    await asyncio.sleep(0.01)
                first.send_signal(signal.SIGKILL)
                await first.wait()
                await asyncio.sleep(0.2)
                before = len(host.log)
                known = {FILE.findall(json.dumps(one.body))[-1] for one in host.log if one.finished}
                second = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "ambient_lsp", "swarm", "--resume", "last", "--format", "json",
                    "--root", str(root), stdout=subprocess.PIPE,
                )  # fmt: skip
                out, _ = await second.communicate()
                data = json.loads(out)
                assert data["counts"] == {"success": 10}
                # A worker may be killed after it wrote down what it asks, and before the host hears of it.
                unheard = data["calls"] + data["lost"]["calls"] - len(host.log)
                assert 0 <= unheard <= 2, "the report has other calls than the host"
                finished = sum(one.prompt for one in host.log if one.told)
                assert (
                    0
                    <= finished - data["tokens"]["prompt"] + data["tokens"]["guessed_prompt"]
                    <= 2 * host.log[0].prompt
                )
                again = [FILE.findall(json.dumps(one.body))[-1] for one in host.log[before:]]
                # The last answers may have arrived in the very moment of the kill, before they were written down.
                assert len(set(again) & known) <= 2
                assert len(again) <= 10 - len(known) + 2
                assert all(MODULE.format(n) == (root / f"agents/m{n:02}.py").read_text() for n in range(10))

    asyncio.run(scene())


async def _slowly(question: Question) -> str:
    await asyncio.sleep(0.2)
    return docstrings(question)
