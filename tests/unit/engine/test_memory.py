"""What the engine remembers of decisions and writes down of its work. Checks run on this machine, without a sandbox."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ambient_lsp.config import Learning
from ambient_lsp.engine import learning
from ambient_lsp.engine.engine import Engine
from ambient_lsp.model import Outcome, Proposal, ProposalState, RiskLevel, TriggerKind
from tests.e2e import project
from tests.fakes.sandbox import HostSandbox

FILES = {**project.FILES, ".ambient.yml": "agents:\n  enabled: [StyleEnforcer, SecurityGuardian]\n"}


@pytest_asyncio.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    opened = await Engine.open(project.make(tmp_path / "shop", FILES), sandbox=HostSandbox())
    yield opened
    await opened.close()


async def review(engine: Engine) -> dict[str, Proposal]:
    record = await engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"])).wait()
    assert record.state == "done" and not record.errors
    return {one.agent: one for one in engine.proposals()}


async def test_a_dismissal_with_days_ends_and_the_fix_comes_back(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = (await review(engine))["SecurityGuardian"]
    engine.dismiss(weak.id, "me", "not now", days=7)
    assert (await review(engine))["SecurityGuardian"].state is ProposalState.DISMISSED
    assert "AMB-SEC-WEAK-HASH" not in {one.rule for one in engine.findings()}
    import time

    later = time.time() + 8 * 86400
    monkeypatch.setattr(time, "time", lambda: later)
    assert (await review(engine))["SecurityGuardian"].state is ProposalState.OFFERED
    assert "AMB-SEC-WEAK-HASH" in {one.rule for one in engine.findings()}


async def test_the_log_tells_of_every_step(engine: Engine) -> None:
    proposals = await review(engine)
    await engine.apply(proposals["StyleEnforcer"].id, "me")
    events = list(engine.telemetry.read())
    kinds = [event["type"] for event in events]
    assert {"cycle_started", "command_executed", "risk_trigger", "proposal", "cycle_completed", "apply_result"} == set(
        kinds
    )
    assert kinds[0] == "cycle_started" and kinds.index("cycle_completed") > kinds.index("proposal")
    run_id = events[0]["run_id"]
    assert {event["run_id"] for event in events} == {run_id}
    [gate] = [event["data"] for event in events if event["type"] == "risk_trigger"]
    assert (gate["agent"], gate["decision"]) == ("SecurityGuardian", "confirm") and gate["reasons"]
    assert next(event for event in events if event["type"] == "apply_result")["data"]["ok"] is True
    assert "diff" not in json.dumps(events)


async def test_specialists_that_are_switched_off_leave_nothing_behind(tmp_path: Path) -> None:
    root = project.make(tmp_path / "shop", FILES)
    for enabled, agents in (
        ("StyleEnforcer, SecurityGuardian", {"StyleEnforcer", "SecurityGuardian"}),
        ("StyleEnforcer", {"StyleEnforcer"}),
    ):
        (root / ".ambient.yml").write_text(f"agents:\n  enabled: [{enabled}]\n")
        opened = await Engine.open(root, sandbox=HostSandbox())
        await review(opened)
        assert {one.agent for one in opened.findings()} == agents
        assert {one.agent for one in opened.proposals([ProposalState.OFFERED])} == agents
        await opened.close()


@pytest.mark.parametrize(
    ("settings", "kinds", "more"),
    [
        (Learning(), ["applied"], None),
        (Learning(enabled=True), ["applied", "approved"], True),
        (Learning(enabled=True), ["dismissed"], False),
        (Learning(enabled=True), ["reverted"], False),
        (Learning(enabled=True, track_revert_rate=False), ["reverted"], None),
        (Learning(enabled=True, track_agent_success=False), ["applied", "dismissed"], None),
    ],
)
def test_outcomes_move_a_specialists_weight(settings: Learning, kinds: list[str], more: bool | None) -> None:
    proposal = Proposal("p", "A", "t", "", "", RiskLevel.LOW, (), "", (), 0)
    outcomes = [Outcome("p", kind, "me", 0.0) for kind in kinds]  # type: ignore[arg-type]
    weight = learning.weights(settings, [proposal], outcomes).get("A", 1.0)
    assert (weight > 1) is (more is True) and (weight < 1) is (more is False)
    assert 0.5 <= weight <= 1.5


async def test_a_cap_on_findings_keeps_the_most_severe_and_says_so(tmp_path: Path) -> None:
    settings = "agents:\n  enabled: [SecurityGuardian]\n  max_findings_per_file: 1\n"
    text = project.FILES["app.py"].replace("import os", "TOKEN = eval(input())")
    root = project.make(tmp_path / "shop", {"app.py": text, ".ambient.yml": settings})
    opened = await Engine.open(root, sandbox=HostSandbox())
    try:
        record = await opened.submit(opened.trigger(TriggerKind.COMMAND, verify=False)).wait()
        [kept] = opened.findings("app.py")
        assert record.findings == 2
        assert "the 1 most severe are kept" in record.errors[0].message
        assert kept.severity.rank >= 1
    finally:
        await opened.close()


async def test_a_run_for_findings_alone_finds_the_same_and_proposes_nothing(engine: Engine) -> None:
    run = engine.trigger(TriggerKind.COMMAND, ["app.py"], verify=False)
    record = await engine.submit(run).wait()
    found = engine.findings()
    assert found and record.proposals == 0 and not engine.proposals()
    await review(engine)
    offered = engine.proposals([ProposalState.OFFERED])
    assert engine.findings() == found and offered
    await engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"], verify=False)).wait()
    assert engine.proposals([ProposalState.OFFERED]) == offered, "nobody looked for fixes, so none is outdated"
    (engine.root / "app.py").write_text((engine.root / "app.py").read_text() + "\n\nMORE = 1\n")
    await engine.submit(engine.trigger(TriggerKind.COMMAND, ["app.py"], verify=False)).wait()
    assert not engine.proposals([ProposalState.OFFERED]), "they were for another text"
