"""Code of a repository's own on the whole road, with a real sandbox: the examples of docs/extending.md, as printed."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from ambient_lsp.engine.engine import Engine
from ambient_lsp.errors import NotAllowed, Untrusted
from ambient_lsp.events import Problem
from ambient_lsp.model import DecisionKind, Proposal, ProposalState, TriggerKind, VerdictOutcome
from tests.e2e import project
from tests.real import require

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

DOCS = Path(__file__).parents[2] / "docs"

SPECIALIST = '''
class Tidy:
    """Proposes one diff that fits, and one that fits nowhere."""

    async def propose(self, context, bench):
        word = bench.settings("Tidy")["word"]
        for file in context.targets:
            if file.path != "app.py":
                continue
            yield {"title": "fits nowhere", "diff": "--- a/app.py\\n+++ b/app.py\\n@@ -1 +1 @@\\n-no such line\\n+x\\n"}
            yield {"title": "Say it better", "risk_level": "low", "rationale": "clearer",
                   "diff": f"--- a/app.py\\n+++ b/app.py\\n@@ -1 +1 @@\\n-LIMIT = 10\\n+LIMIT = {word}\\n"}
'''
FILES = {
    "app.py": "LIMIT = 10\n\n\ndef limit() -> int:\n    return LIMIT\n",
    "test_app.py": "from app import limit\n\n\ndef test_limit() -> None:\n    assert limit() > 5\n",
    "pyproject.toml": project.FILES["pyproject.toml"],
    "tools/tidy.py": SPECIALIST,
}
SETTINGS = {
    "agents": {"enabled": ["Tidy"], "custom": {"Tidy": "tools/tidy.py:Tidy"}, "Tidy": {"word": "20"}},
    "sandbox": {"backend": "bubblewrap"},
}

Open = Callable[..., AbstractAsyncContextManager[Engine]]


def example(file: str) -> str:
    """Return the block that follows the file's name in the documentation."""
    found = re.search(rf"`{re.escape(file)}`:\n\n```python\n(.*?)```", (DOCS / "extending.md").read_text(), re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    @asynccontextmanager
    async def make(
        files: dict[str, str] | None = None, *, trusted: bool = True, **sections: object
    ) -> AsyncIterator[Engine]:
        settings = json.dumps({**SETTINGS, **sections})  # JSON is YAML
        root = project.make(tmp_path / "repo", {**FILES, **(files or {}), ".ambient.yml": settings})
        engine = await Engine.open(root, trusted=trusted)
        try:
            ready = await engine.readiness()
            require(any(one.ready for one in ready), f"bubblewrap is not ready: {ready[0].reason}")
            yield engine
        finally:
            await engine.close()

    return make


async def reviewed(engine: Engine) -> list[Proposal]:
    record = await engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"])).wait()
    assert record.state == "done", record.errors
    return engine.proposals()


def telemetry(engine: Engine, kind: str) -> list[dict[str, object]]:
    return [event for event in engine.telemetry.read() if event["type"] == kind]


async def test_a_specialist_in_a_file_is_proven_offered_and_applied(opened: Open) -> None:
    async with opened() as engine:
        [proposal] = await reviewed(engine)
        assert (proposal.agent, proposal.state) == ("Tidy", ProposalState.OFFERED)
        assert proposal.verdict is not None
        assert [check.name for check in proposal.verdict.checks] == ["tests"]
        [finding] = engine.findings("app.py")  # what the editor shows the fix at
        assert proposal.finding_ids == (finding.id,)
        assert (finding.message, finding.span.start_line) == ("Say it better", 0)
        [record] = engine.runs()
        assert "Tidy" in record.errors[0].where  # the diff that fits nowhere is told, and kept for its author
        assert len(list((engine.root / ".ambient" / "patch_debug").iterdir())) == 1

        patch = engine.root / ".ambient" / "proposals" / f"{proposal.id}.patch"
        subprocess.run(["git", "apply", "--check", str(patch)], cwd=engine.root, check=True)
        shown = project.git(engine.root, "show", "--format=%B", f"refs/ambient/proposals/{proposal.id}")
        assert shown.startswith("Say it better") and "+LIMIT = 20" in shown and "Ambient-Proven: yes" in shown
        assert project.git(engine.root, "diff", "--name-only", f"HEAD..{proposal.commit}") == "app.py\n"
        await engine.apply(proposal.id, "me")
        assert (engine.root / "app.py").read_text().startswith("LIMIT = 20\n")
        [event, *_] = telemetry(engine, "command_executed")
        assert event["run_id"] == proposal.run_id


async def test_its_proposal_that_breaks_a_test_is_refused(opened: Open) -> None:
    agents = {**SETTINGS["agents"], "Tidy": {"word": "1"}}
    async with opened(agents=agents) as engine:
        [proposal] = await reviewed(engine)
        assert proposal.state is ProposalState.FAILED
        assert proposal.verdict is not None and "test_limit" in proposal.verdict.reason


async def test_an_installed_specialist_needs_no_trust(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    (site / "tidy-1.dist-info").mkdir(parents=True)
    (site / "tidy_installed.py").write_text(SPECIALIST)
    (site / "tidy-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: tidy\nVersion: 1\n")
    (site / "tidy-1.dist-info" / "entry_points.txt").write_text("[ambient.specialists]\nTidy = tidy_installed:Tidy\n")
    monkeypatch.syspath_prepend(str(site))
    async with opened(agents={"enabled": ["Tidy"], "Tidy": {"word": "20"}}, trusted=False) as engine:
        [proposal] = await reviewed(engine)
        assert proposal.state is ProposalState.OFFERED


async def test_a_gate_makes_a_human_decide_and_says_so(opened: Open) -> None:
    files = {"tools/gates.py": example("tools/gates.py").replace("__init__.py", "app.py")}
    async with opened(files, risk_policy={"custom_gates": ["tools/gates.py:public_api"]}) as engine:
        [proposal] = await reviewed(engine)
        decision = engine.decide(proposal)
        assert (proposal.state, decision.kind) == (ProposalState.OFFERED, DecisionKind.CONFIRM)
        with pytest.raises(NotAllowed, match="public_api asks for approval"):
            await engine.apply(proposal.id, "me")
        [event] = telemetry(engine, "risk_trigger")
        assert event["data"]["reasons"] == list(decision.reasons)  # type: ignore[index]


async def test_a_gate_that_may_not_run_leaves_it_to_a_human_and_the_review_goes_on(opened: Open) -> None:
    files = {"tools/gates.py": "raise SystemExit('was run')", "app.py": "import os\n\n" + FILES["app.py"]}
    settings = {
        "risk_policy": {"custom_gates": ["tools/gates.py:public_api"]},
        "agents": {"enabled": ["StyleEnforcer"]},
    }
    async with opened(files, trusted=False, **settings) as engine:
        [proposal, *_] = await reviewed(engine)
        assert proposal.state is ProposalState.OFFERED
        assert proposal.decision is not None and proposal.decision.kind is DecisionKind.CONFIRM
        assert "not trusted" in " ".join(proposal.decision.reasons)


async def test_a_check_in_python_judges_in_the_sandbox(opened: Open) -> None:
    agents = {**SETTINGS["agents"], "Tidy": {"word": "20; import sqlite3"}}
    sandbox = {"backend": "bubblewrap", "python_checks": ["tools/checks.py:layers"]}
    files = {"tools/checks.py": example("tools/checks.py")}
    async with opened(files, sandbox=sandbox, agents=agents) as engine:
        [proposal] = await reviewed(engine)
        assert proposal.state is ProposalState.FAILED
        assert proposal.verdict is not None
        assert "Layers complains: only db.py may talk to the database, not app.py" in proposal.verdict.reason
        verdict = await (await engine.services()).check_tree()
        assert verdict is not None and [one.name for one in verdict.checks][-1] == "layers"
        assert verdict.outcome is VerdictOutcome.PASSED


async def test_a_check_that_may_not_run_is_never_a_pass(opened: Open) -> None:
    files = {"tools/checks.py": "raise SystemExit('was run')", "app.py": "import os\n\n" + FILES["app.py"]}
    sandbox = {"backend": "bubblewrap", "python_checks": ["tools/checks.py:layers"]}
    async with opened(files, trusted=False, sandbox=sandbox, agents={"enabled": ["StyleEnforcer"]}) as engine:
        proposals = await reviewed(engine)
        assert proposals and all(one.state is ProposalState.INCONCLUSIVE for one in proposals)
        assert proposals[0].verdict is not None and "not trusted" in proposals[0].verdict.reason


async def test_an_event_source_brings_triggers_and_one_that_fails_is_told_once(opened: Open) -> None:
    class Broken:
        async def poll(self) -> list[object]:
            raise ConnectionError("no network")

    files = {"tools/failures.py": example("tools/failures.py")}
    async with opened(files, monitoring={"event_sources": ["tools/failures.py:Failures"]}) as engine:
        (engine.root / "tools" / "failures.log").write_text("app.py:1: something is wrong\n")
        problems: list[str] = []

        async def listen() -> None:
            async for event in engine.events():
                if isinstance(event, Problem):
                    problems.append(str(event.error))

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0)
        [source] = (await engine.services()).event_sources()
        engine.register_event_source(Broken(), every=0.01)  # type: ignore[arg-type]
        engine.register_event_source(source, every=0.01)
        async with asyncio.timeout(30):
            while not (engine.runs() and engine.runs()[0].state == "done"):
                await asyncio.sleep(0.05)
        listening.cancel()
        [record] = engine.runs()
        assert (record.trigger, record.paths) == (TriggerKind.WEBHOOK, ("app.py",))
        assert [one for one in problems if "Broken" in one] == [one for one in problems if "no network" in one]
        assert sum("Broken" in one for one in problems) == 1


async def test_an_event_source_of_a_folder_that_is_not_trusted_is_not_run(opened: Open) -> None:
    files = {"tools/failures.py": "raise SystemExit('was run')"}
    settings = {"event_sources": ["tools/failures.py:Failures"]}
    async with opened(files, trusted=False, monitoring=settings, agents={"enabled": ["StyleEnforcer"]}) as engine:
        [source] = (await engine.services()).event_sources()
        with pytest.raises(Untrusted):
            await source.poll()


async def test_two_specialists_who_agree_are_one_proposal_with_both_reasons(opened: Open) -> None:
    text = "import os\n\n" + FILES["app.py"]
    agrees = SPECIALIST.replace("-LIMIT = 10\\n+LIMIT = {word}\\n", "-import os\\n-\\n")
    agrees = agrees.replace("@@ -1 +1 @@\\n-import", "@@ -1,2 +0,0 @@\\n-import")
    agents = {**SETTINGS["agents"], "enabled": ["StyleEnforcer", "Tidy"]}
    async with opened({"app.py": text, "tools/tidy.py": agrees}, agents=agents) as engine:
        offered = [one for one in await reviewed(engine) if one.state is ProposalState.OFFERED]
        [proposal] = offered
        assert [one.agent for one in proposal.rationales] == ["StyleEnforcer", "Tidy"]
        assert proposal.score > 0
