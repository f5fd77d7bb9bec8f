"""One task over many files from the editor: the real engine and wire, and the fake host as the model."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from ambient_lsp.engine.engine import Engine
from ambient_lsp.llm.fake.host import FakeHost
from ambient_lsp.llm.fake.script import Answer, Pace, Question, Script, filler
from ambient_lsp.model import ProposalState
from tests.e2e import project
from tests.e2e.test_batch import TASK, docstrings, make
from tests.real import require
from tests.server.wire import Connection, until

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]


async def open_engine(folder: Path, trusted: bool) -> Engine:
    return await Engine.open(folder, trusted=trusted)


def connection(root: Path, host: FakeHost, *, client: str = "vscode_1.139", backend: str = "bubblewrap") -> Connection:
    """Connect an editor whose project has the fake host as its model."""
    kimi = f"kimi:\n  provider: moonshot\n  base_url: {host.base_url}\n  model_id: kimi-k2.6\n"
    (root / ".ambient.yml").write_text(f"{kimi}sandbox:\n  backend: {backend}\n")
    return Connection(root, client=client, options={"trusted": True}, open_engine=open_engine)


async def ended(it: Connection) -> dict:
    await until(lambda: it.wire.of("ambient/swarm"), 90)
    return it.wire.of("ambient/swarm")[-1]


def progress(it: Connection, kind: str) -> list[dict]:
    return [one["value"] for one in it.wire.of("$/progress") if one["value"]["kind"] == kind]


async def test_a_batch_is_counted_proven_shown_in_each_file_and_applied_in_one_review(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 4)
    slowly = Pace(first=0.8)
    async with (
        FakeHost(Script(lambda question: Answer(docstrings(question), pace=slowly))) as host,
        connection(root, host) as it,
    ):
        engine = next(iter(it.server.session.workspaces)).engine
        require(any(one.ready for one in await engine.readiness()), "bubblewrap is not ready")
        it.editor.chosen = "Review the Changes"
        uri = (root / "agents/m00.py").as_uri()
        it.editor.open(uri, (root / "agents/m00.py").read_text())
        answer = await it.command("swarm", task=TASK, targetDir="agents", glob=["m*.py"], maxWorkers=2)
        run_id = answer["result"]["run_id"]
        assert run_id in it.server.session.status.value()["runs"]
        told = await ended(it)
        assert (told["state"], told["counts"]) == ("done", {"success": 4})
        assert told["message"].startswith("4 files: 4 changed.")
        assert Path(told["report"]).read_text().startswith("# Swarm report")
        messages = [one.get("message", "") for one in (*progress(it, "begin"), *progress(it, "report"))]
        assert any(re.match(r"[1-4] of 4 files · agents/m0\d\.py", one) for one in messages), messages

        [question] = await until(lambda: it.wire.of("window/showMessageRequest"))
        assert [one["title"] for one in question["actions"]] == ["Review the Changes", "Open the Report"]
        applied = await it.applied()
        assert (applied["outcome"], len(applied["changed"])) == ("applied", 4)
        [edit] = it.editor.edits
        assert len(edit["documentChanges"]) == 4
        assert all(one["needsConfirmation"] for one in edit["changeAnnotations"].values())
        assert all("Return the area." in text for text in it.editor.texts.values())
        assert [one.state for one in engine.proposals(run_id=told["batch"])] == [ProposalState.APPLIED]
        assert run_id not in it.server.session.status.value()["runs"]
    assert "Return the area." not in (root / "agents/m01.py").read_text(), "only the editor writes the files"


async def test_a_file_of_a_batch_has_a_finding_with_the_fix_of_all_which_outlives_a_save(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 3)
    async with FakeHost(Script(docstrings)) as host, connection(root, host) as it:
        engine = next(iter(it.server.session.workspaces)).engine
        require(any(one.ready for one in await engine.readiness()), "bubblewrap is not ready")
        it.editor.chosen = "nothing of these"
        uri = (root / "agents/m00.py").as_uri()
        it.editor.open(uri, (root / "agents/m00.py").read_text())
        await it.command("swarm", task=TASK, targetDir="agents", glob="m*.py")
        told = await ended(it)

        def shown() -> list[dict]:
            return [one for one in it.editor.diagnostics.get(uri, []) if one["code"] == "Swarm"]

        await until(lambda: [one["message"] for one in shown()] == [f"{TASK} (fix proven)"])
        closed = (root / "agents/m01.py").as_uri()
        await until(lambda: any(one["code"] == "Swarm" for one in it.editor.diagnostics.get(closed, [])))
        it.editor.save(uri)
        saved = ("save", "done")
        await until(lambda: saved in [(one.trigger.value, one.state) for one in engine.runs()], 60)
        [proposal] = engine.proposals((ProposalState.OFFERED,), run_id=told["batch"])
        assert shown()
        actions = await it.actions(uri, shown()[0]["range"]["start"]["line"], only=["quickfix"])
        [fix] = [one for one in actions if one["title"].startswith(TASK)]
        assert "proven: 6 tests pass as before" in fix["title"]
        assert fix["command"]["arguments"][0]["proposal_id"] == proposal.id

        answer = await it.command("applyBatch", batch=told["batch"])
        assert answer["result"] == {"proposals": [proposal.id]}
        assert (await it.applied())["outcome"] == "applied"
        again = await it.command("applyBatch", batch=told["batch"])
        assert "offers nothing to apply" in again["error"]["message"]


async def test_some_files_of_a_batch_are_proven_again_and_applied_by_themselves(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 3)
    async with FakeHost(Script(docstrings)) as host, connection(root, host) as it:
        engine = next(iter(it.server.session.workspaces)).engine
        require(any(one.ready for one in await engine.readiness()), "bubblewrap is not ready")
        it.editor.chosen = "nothing of these"
        await it.command("swarm", task=TASK, targetDir="agents", glob="m*.py")
        told = await ended(it)
        [whole] = engine.proposals((ProposalState.OFFERED,), run_id=told["batch"])
        hunks = (await it.wire.request("ambient/getProposal", {"id": whole.id}))["result"]["hunks"]
        assert {one["path"] for one in hunks} == {"agents/m00.py", "agents/m01.py", "agents/m02.py"}
        wanted = [one["id"] for one in hunks if one["path"] != "agents/m01.py"]
        answer = await it.command("applyPart", proposal_id=whole.id, hunks=wanted)
        await until(lambda: it.wire.of("ambient/applied"), 60)
        done = it.wire.of("ambient/applied")[-1]
        assert (done["outcome"], done["proposal_id"]) == ("applied", answer["result"]["proposal_id"]), done
        assert sorted(done["changed"]) == ["agents/m00.py", "agents/m02.py"]
        [edit] = it.editor.edits
        assert all(one["needsConfirmation"] for one in edit["changeAnnotations"].values()), "it is many files"
        await until(lambda: engine.proposal(whole.id).state is ProposalState.PARTLY)


async def test_cancelling_the_progress_stops_a_batch_at_once_and_it_can_go_on(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 6)
    pace = Pace(between=0.1, piece=64)

    def dripping(question: Question) -> Answer:
        return Answer(docstrings(question) + filler(64 * 600), pace=pace)  # a minute

    script = Script(dripping)
    async with FakeHost(script) as host, connection(root, host, backend="none") as it:
        answer = await it.command("swarm", task=TASK, targetDir="agents", glob="m*.py", maxWorkers=3)
        await until(lambda: progress(it, "begin") and len(host.log) == 3, 30)
        token = it.wire.of("window/workDoneProgress/create")[-1]["token"]
        assert progress(it, "begin")[0]["cancellable"]
        began = asyncio.get_running_loop().time()
        it.wire.notify("window/workDoneProgress/cancel", {"token": token})
        told = await ended(it)
        assert (told["state"], told["run_id"]) == ("cancelled", answer["result"]["run_id"])
        assert sum(told["counts"].values()) == 6
        assert "It was cancelled." in Path(told["report"]).read_text(encoding="utf-8")
        await until(lambda: all(one.left for one in host.log), 5)
        assert asyncio.get_running_loop().time() - began < 5
        assert len(progress(it, "end")) == 1
        assert it.server.session.status.value()["runs"] == []
        assert len(host.log) == 3, "it asked on"

        script.replies = docstrings
        it.editor.chosen = "nothing of these"
        await it.command("swarm", resume="last")
        await until(lambda: len(it.wire.of("ambient/swarm")) == 2, 60)
        assert it.wire.of("ambient/swarm")[-1]["counts"] == {"success": 6}


async def test_what_is_of_low_risk_is_applied_unasked_where_that_was_asked_for(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 2)
    async with FakeHost(Script(docstrings)) as host, connection(root, host, client="neovim_0.12") as it:
        engine = next(iter(it.server.session.workspaces)).engine
        require(any(one.ready for one in await engine.readiness()), "bubblewrap is not ready")
        await it.command("swarm", task=TASK, targetDir="agents", glob="m*.py", apply="low")
        assert (await ended(it))["state"] == "done"
        assert (await it.applied())["outcome"] == "applied"
        await until(lambda: it.wire.of("window/showMessageRequest"))
        [question] = it.wire.of("window/showMessageRequest")
        assert [one["title"] for one in question["actions"]] == ["Open the Report"]


async def test_a_spent_budget_ends_a_batch_with_the_limit_in_its_words(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", 3)
    async with FakeHost(Script(docstrings)) as host, connection(root, host, backend="none") as it:
        it.editor.chosen = "nothing of these"
        await it.command("swarm", task=TASK, targetDir="agents", budget=100)
        told = await ended(it)
        assert told["state"] == "stopped"
        assert "100 tokens" in told["message"]
    assert not host.log


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "There is no task."),
        ({"task": TASK, "targetDir": ".."}, "not in"),
        ({"task": TASK, "targetDir": "nowhere"}, "not in"),
        ({"task": TASK, "apply": "all"}, "`none` or `low`"),
        ({"task": TASK, "maxWorkers": "many"}, "a number"),
        ({"task": TASK, "glob": "*.rb"}, ""),
    ],
    ids=["no task", "outside", "missing", "apply", "workers", "no file"],
)
async def test_an_order_that_cannot_be_carried_out_is_refused_in_words(
    tmp_path: Path, options: dict, words: str
) -> None:
    root = project.make(tmp_path / "repo", {"a.py": "x = 1\n"})
    async with FakeHost(Script(docstrings)) as host, connection(root, host, backend="none") as it:
        answer = await it.command("swarm", **options)
        if words:
            assert words in answer["error"]["message"]
        else:
            assert "No file to work on" in (await ended(it))["message"]
    assert not host.log
