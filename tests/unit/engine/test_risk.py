"""The gate, as a table: what goes on, what a human decides, what is never run, and the words for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ambient_lsp.config import RiskPolicy
from ambient_lsp.engine.risk import decide, with_verdict
from ambient_lsp.model import (
    CheckResult,
    Context,
    Decision,
    DecisionKind,
    FileEdit,
    Proposal,
    RiskLevel,
    Verdict,
    VerdictOutcome,
)

PLAIN = Proposal(
    id="p", agent="a", title="t", description="", rationale="", risk_level=RiskLevel.LOW,
    edits=(FileEdit("src/app.py"),), diff="", files_touched=("src/app.py",), estimated_loc_change=3,
)  # fmt: skip
CONTEXT = Context(Path(), "", ())


@pytest.mark.parametrize(
    ("change", "kind", "word"),
    [
        ({}, DecisionKind.ALLOW, ""),
        ({"risk_level": RiskLevel.MEDIUM}, DecisionKind.ALLOW, ""),
        ({"risk_level": RiskLevel.HIGH}, DecisionKind.CONFIRM, "risk is high"),
        ({"risk_level": RiskLevel.CRITICAL}, DecisionKind.CONFIRM, "risk is critical"),
        ({"tags": ("security",)}, DecisionKind.CONFIRM, "about security"),
        ({"estimated_loc_change": 500}, DecisionKind.ALLOW, ""),
        ({"estimated_loc_change": 501}, DecisionKind.CONFIRM, "501 lines"),
        ({"files_touched": tuple(f"f{n}.py" for n in range(10))}, DecisionKind.ALLOW, ""),
        ({"files_touched": tuple(f"f{n}.py" for n in range(11))}, DecisionKind.CONFIRM, "11 files"),
        ({"files_touched": ("src/Payment/a.py",)}, DecisionKind.CONFIRM, '"payment"'),
        ({"files_touched": ("../x.py",)}, DecisionKind.BLOCK, "../x.py"),
        ({"files_touched": (".git/config",)}, DecisionKind.BLOCK, ".git"),
        ({"files_touched": ("src/.env.local",)}, DecisionKind.BLOCK, ".env"),
    ],
)
def test_policy(change: dict[str, object], kind: DecisionKind, word: str) -> None:
    decision = decide(replace(PLAIN, **change), RiskPolicy())  # type: ignore[arg-type]
    assert decision.kind is kind
    assert word in " ".join(decision.reasons)
    assert bool(decision.reasons) is (kind is not DecisionKind.ALLOW)


def test_a_level_that_nobody_lists_needs_a_human() -> None:
    policy = RiskPolicy(auto_apply=["low"], require_approval=["critical"])
    assert decide(replace(PLAIN, risk_level=RiskLevel.MEDIUM), policy).kind is DecisionKind.CONFIRM


def test_forbidden_paths_are_never_run() -> None:
    decision = decide(PLAIN, RiskPolicy(forbidden_paths=["src/*.py"]))
    assert decision.kind is DecisionKind.BLOCK
    assert "forbidden_paths" in decision.reasons[0]


def test_signs_of_gaming_need_a_human() -> None:
    decision = decide(PLAIN, RiskPolicy(), concerns=["It skips a test."])
    assert decision == Decision(DecisionKind.CONFIRM, ("It skips a test.",))


def test_custom_gates_can_ask_and_a_broken_one_asks_too() -> None:
    def broken(_proposal: Proposal, _context: Context) -> bool:
        raise ValueError("boom")

    gates = [("asks", lambda _p, _c: True), ("silent", lambda _p, _c: False), ("broken", broken)]
    decision = decide(PLAIN, RiskPolicy(), gates=gates, context=CONTEXT)
    assert decision.kind is DecisionKind.CONFIRM
    assert "asks" in decision.reasons[0]
    assert "boom" in decision.reasons[1]


@pytest.mark.parametrize("before", list(DecisionKind))
@pytest.mark.parametrize("outcome", list(VerdictOutcome))
def test_a_verdict_never_makes_the_gate_milder(before: DecisionKind, outcome: VerdictOutcome) -> None:
    after = with_verdict(Decision(before, ("why",)), Verdict(outcome, "because"))
    assert after.kind.rank >= before.rank
    if outcome is not VerdictOutcome.PASSED:
        assert after.kind is DecisionKind.BLOCK


def test_flaky_tests_ask_for_a_human() -> None:
    check = CheckResult("pytest", (), VerdictOutcome.PASSED, flaky=("tests/a.py::t",))
    after = with_verdict(Decision(DecisionKind.ALLOW), Verdict(VerdictOutcome.PASSED, "", (check,)))
    assert after.kind is DecisionKind.CONFIRM
    assert "tests/a.py::t" in after.reasons[0]
