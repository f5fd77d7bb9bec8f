"""The whole road with a real sandbox: found, proven, offered, applied, remembered; and what goes wrong on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ambient_lsp.engine.engine import Engine
from ambient_lsp.errors import NotAllowed, StalePatch
from ambient_lsp.events import FindingsReported, RunEnded, RunStarted
from ambient_lsp.model import DecisionKind, Outcome, ProposalState, TriggerKind, VerdictOutcome
from ambient_lsp.text import freeze
from tests.e2e import project
from tests.real import require

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project.make(tmp_path / "shop")


@pytest_asyncio.fixture
async def engine(root: Path) -> AsyncIterator[Engine]:
    opened = await open_engine(root)
    yield opened
    await opened.close()


async def open_engine(root: Path) -> Engine:
    from ambient_lsp import config_file

    config = config_file.load(root)
    sandbox = config.sandbox.model_copy(update={"backend": "bubblewrap"})
    engine = await Engine.open(root, config.model_copy(update={"sandbox": sandbox}))
    ready = await engine.readiness()
    require(any(one.ready for one in ready), f"bubblewrap is not ready: {ready[0].reason}")
    return engine


async def test_a_weak_hash_is_found_proven_approved_applied_and_taken_back(engine: Engine, root: Path) -> None:
    before = (root / "app.py").read_text()
    run = engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"]))
    events = [event async for event in run.events()]
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunEnded)
    assert run.record.state == "done"
    assert not run.record.errors
    assert (root / "app.py").read_text() == before
    assert project.git(root, "status", "--porcelain") == ""

    [proposal] = [one for one in engine.proposals([ProposalState.OFFERED]) if one.agent == "SecurityGuardian"]
    assert proposal.verdict is not None
    assert proposal.verdict.outcome is VerdictOutcome.PASSED
    assert "finding is gone" in proposal.verdict.reason
    [check] = [check for check in proposal.verdict.checks if check.name == "tests"]
    assert dict(check.base) == dict(check.patched) == {"test_app.py::test_token": "passed"}
    assert proposal.commit in project.git(root, "for-each-ref", "refs/ambient/proposals")

    with pytest.raises(NotAllowed, match="needs your approval"):
        await engine.apply(proposal.id, "me")
    assert (root / "app.py").read_text() == before
    assert engine.decide(proposal).kind is DecisionKind.CONFIRM
    engine.approve(proposal.id, "me")
    assert engine.decide(proposal).kind is DecisionKind.ALLOW
    applied = await engine.apply(proposal.id, "me")
    assert applied.state is ProposalState.APPLIED
    assert "sha256" in (root / "app.py").read_text()
    assert project.git(root, "diff", "--cached") == ""
    taken_back = await engine.undo(proposal.id, "me")
    assert taken_back.state is ProposalState.REVERTED
    assert (root / "app.py").read_text() == before
    assert [one.kind for one in engine.outcomes(proposal.id)] == ["approved", "applied", "reverted"]


async def test_what_was_dismissed_stays_away_through_edits_nearby(engine: Engine, root: Path) -> None:
    await engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"], verify=False)).wait()
    [weak] = [one for one in engine.findings("app.py") if one.rule == "AMB-SEC-WEAK-HASH"]
    engine.dismiss(weak.id, "me", "these tokens are no secret")
    (root / "app.py").write_text("'''A new line above.'''\n\n" + (root / "app.py").read_text() + "\n\nMORE = 1\n")
    await engine.submit(engine.trigger(TriggerKind.SAVE, ["app.py"], verify=False)).wait()
    assert "AMB-SEC-WEAK-HASH" not in {one.rule for one in engine.findings("app.py")}


async def test_unsaved_text_is_what_is_looked_at_and_proven(engine: Engine, root: Path) -> None:
    text = (root / "app.py").read_text().replace("import os\n", "import os\nimport sys\n")
    snapshot = freeze(root, "app.py", text, version=7)
    await engine.submit(engine.trigger(TriggerKind.SAVE, ["app.py"], [snapshot])).wait()
    offered = engine.proposals([ProposalState.OFFERED])
    assert {edit.base_sha256 for one in offered for edit in one.edits if edit.path == "app.py"} == {snapshot.sha256}
    assert "import sys" not in (root / "app.py").read_text()
    style = next(one for one in offered if one.agent == "StyleEnforcer")
    assert engine.edits_for(style.id, {"app.py": text}) == style.edits
    moved = engine.edits_for(style.id, {"app.py": "# typed above\n\n" + text})
    assert moved[0].base_sha256 != style.edits[0].base_sha256
    with pytest.raises(StalePatch):
        engine.edits_for(style.id, {"app.py": text.replace("import sys", "import sys as system")})


BIG = """def {0}(value):
    if value > {1}:
        return True
    else:
        return False


"""


async def test_what_no_test_shows_takes_no_place_from_what_can_be_proven(tmp_path: Path) -> None:
    names = ["first", "second", "third", "fourth", "fifth"]
    test = "from sizes import third, fourth, fifth\n\n\ndef test_all():\n"
    test += "".join(f"    assert {name}(99)\n    assert not {name}(1)\n" for name in names[2:])
    files = {
        "sizes.py": "".join(BIG.format(name, number + 1) for number, name in enumerate(names)).rstrip() + "\n",
        "test_sizes.py": test,
        "pyproject.toml": project.FILES["pyproject.toml"],
        ".ambient.yml": "agents:\n  max_proposals_per_file: 2\n  enabled: [RefactorArchitect]\n",
    }
    engine = await open_engine(project.make(tmp_path / "sizes", files))
    try:
        await engine.submit(engine.trigger(TriggerKind.COMMAND, ["sizes.py"])).wait()
        states = {one.title.split("`")[1]: one.state for one in engine.proposals()}
    finally:
        await engine.close()
    offered, unshown, waits = ProposalState.OFFERED, ProposalState.INCONCLUSIVE, ProposalState.CONFLICT
    assert states == {"first": unshown, "second": unshown, "third": offered, "fourth": offered, "fifth": waits}


async def test_a_patch_that_breaks_a_test_is_not_offered(tmp_path: Path) -> None:
    files = {
        **project.FILES,
        "test_app.py": 'from app import token\n\n\ndef test_token() -> None:\n    assert len(token("a")) == 32\n',
    }
    engine = await open_engine(project.make(tmp_path / "pinned", files))
    try:
        await engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"])).wait()
        [proposal] = [one for one in engine.proposals() if one.agent == "SecurityGuardian"]
        assert proposal.state is ProposalState.FAILED
        assert proposal.verdict is not None
        assert "test_app.py::test_token" in proposal.verdict.reason
        with pytest.raises(NotAllowed):
            engine.edits_for(proposal.id, {"app.py": project.FILES["app.py"]})
        with pytest.raises(NotAllowed):
            await engine.apply(proposal.id, "me", approve=True)
    finally:
        await engine.close()


async def test_with_no_sandbox_findings_are_shown_and_nothing_is_offered(root: Path) -> None:
    (root / ".ambient.yml").write_text("sandbox:\n  backend: none\n")
    engine = await Engine.open(root)
    try:
        await engine.submit(engine.trigger(TriggerKind.COMMAND)).wait()
        assert engine.findings("app.py")
        assert not engine.proposals([ProposalState.OFFERED])
        assert all(one.state is not ProposalState.OFFERED for one in engine.proposals())
        reasons = {one.verdict.reason for one in engine.proposals() if one.verdict}
        assert any("No sandbox is ready" in reason for reason in reasons)
    finally:
        await engine.close()


async def test_a_newer_save_cancels_the_run_of_the_older_one(engine: Engine, root: Path) -> None:
    older = engine.submit(engine.trigger(TriggerKind.SAVE, ["app.py"]))
    await asyncio.sleep(0.3)
    newer = engine.submit(engine.trigger(TriggerKind.SAVE, ["app.py"]))
    assert (await older.wait()).state == "cancelled"
    assert (await newer.wait()).state == "done"
    assert project.git(root, "worktree", "list").count("\n") == 1 or "ambient" in project.git(root, "worktree", "list")


async def test_a_second_window_shows_the_results_and_can_ask(root: Path) -> None:
    first = await open_engine(root)
    second = await Engine.open(root)
    try:
        assert first.leader
        assert not second.leader
        seen: list[object] = []

        async def listen() -> None:
            async for event in second.events():
                seen.append(event)

        listener = asyncio.create_task(listen())
        run = second.submit(second.trigger(TriggerKind.COMMAND, ["app.py"], verify=False))
        record = await asyncio.wait_for(run.wait(), 60)
        listener.cancel()
        assert record.state == "done"
        assert first.findings("app.py") == second.findings("app.py") != []
        assert any(isinstance(event, FindingsReported) and event.findings for event in seen)
    finally:
        await second.close()
        await first.close()


async def test_the_second_window_takes_over_when_the_first_ends(root: Path) -> None:
    first = await open_engine(root)
    second = await Engine.open(root)
    try:
        await first.close()
        for _ in range(100):
            if second.leader:
                break
            await asyncio.sleep(0.05)
        assert second.leader
        record = await second.submit(second.trigger(TriggerKind.COMMAND, ["app.py"], verify=False)).wait()
        assert record.state == "done"
    finally:
        await second.close()
        await first.close()


async def test_an_outcome_that_an_editor_observed_is_kept(engine: Engine) -> None:
    await engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"])).wait()
    first, second = engine.proposals([ProposalState.OFFERED])
    state = engine.record(Outcome(first.id, "partly", "vscode", 1.0, "only one file was changed")).state
    assert state is ProposalState.PARTLY
    engine.dismiss(second.id, "vscode", "not here")
    await engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"])).wait()
    assert engine.proposal(first.id).state is ProposalState.OFFERED  # its text is there again, so it is found again
    assert engine.proposal(second.id).state is ProposalState.DISMISSED


async def test_what_the_checkout_lacks_is_told_with_a_proof_that_did_not_hold(root: Path, tmp_path: Path) -> None:
    library = project.make(tmp_path / "library", {"lengths.py": "LENGTH = 64\n"})
    project.git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "library")
    test = "from app import token\nfrom library.lengths import LENGTH\n\n\ndef test_it() -> None:\n"
    (root / "test_app.py").write_text(test + "    assert len(token('a')) <= LENGTH\n")
    project.git(root, "commit", "-qam", "a submodule")
    engine = await open_engine(root)
    try:
        await engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"])).wait()
        weak = next(one for one in engine.proposals() if one.agent == "SecurityGuardian")
        assert weak.state is ProposalState.INCONCLUSIVE
        assert weak.verdict is not None and "Submodules: " in weak.verdict.reason
    finally:
        await engine.close()


async def test_an_untracked_file_that_worktreeinclude_names_is_there_when_tests_run(root: Path) -> None:
    (root / ".gitignore").write_text("local.json\n")
    (root / ".worktreeinclude").write_text("local.json\n")
    (root / "local.json").write_text("[1]")
    test = "import json\nfrom app import token\n\n\ndef test_it() -> None:\n    assert json.load(open('local.json'))\n"
    (root / "test_app.py").write_text(test + "    assert token('a') != token('b')\n")
    engine = await open_engine(root)
    try:
        await engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"])).wait()
        weak = next(one for one in engine.proposals() if one.agent == "SecurityGuardian")
        assert weak.state is ProposalState.OFFERED, weak.verdict
    finally:
        await engine.close()
