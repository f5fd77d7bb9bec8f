"""Confidence comes from evidence: more of it never makes us less sure, and what a specialist claims changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.engine.confidence import UNKNOWN, of_finding, of_proposal, scored
from ambient_lsp.model import Evidence, ProofKind, ProofPlan, Rationale, Severity, Span, Verdict, VerdictOutcome
from tests.unit.engine.samples import a_finding, a_proposal

BARE = a_finding()
HERE = Evidence(BARE.path, BARE.span, "why it matters")
THERE = [Evidence("a.py", Span(line, 0, line, 4), "the value goes here") for line in (3, 7)]


def test_nothing_but_the_rule_is_as_sure_as_rules_are() -> None:
    assert of_finding(BARE) == UNKNOWN
    assert of_finding(replace(BARE, evidence=(HERE,))) == UNKNOWN
    assert of_finding(BARE, precision=0.3) == 0.3


def test_a_shown_path_a_measure_and_agreement_each_make_it_surer() -> None:
    one_place = replace(BARE, evidence=(HERE, THERE[0]))
    path = replace(BARE, evidence=(HERE, *THERE))
    both = replace(path, rationales=(Rationale("A", "a"), Rationale("B", "b")))
    measured = replace(both, tags=("measured",))
    sure = [of_finding(one) for one in (BARE, one_place, path, both, measured)]
    assert sure == sorted(set(sure))
    assert sure[-1] < 1


def test_one_specialist_who_says_it_twice_does_not_agree_with_itself() -> None:
    assert of_finding(replace(BARE, rationales=(Rationale("A", "a"), Rationale("A", "b")))) == UNKNOWN


def test_the_sandbox_has_the_last_word() -> None:
    proposal = a_proposal(Path("/p"))
    passed = replace(proposal, verdict=Verdict(VerdictOutcome.PASSED, ""))
    failed = replace(proposal, verdict=Verdict(VerdictOutcome.FAILED, ""))
    unchecked = replace(proposal, verdict=Verdict(VerdictOutcome.INCONCLUSIVE, ""))
    assert of_proposal(failed, [BARE]) < of_proposal(unchecked, [BARE]) == UNKNOWN < of_proposal(passed, [BARE])
    assert of_proposal(replace(proposal, proof=ProofPlan(ProofKind.FASTER)), [BARE]) > UNKNOWN


def test_what_a_specialist_says_of_itself_is_not_evidence() -> None:
    modest, loud = (replace(a_proposal(Path("/p")), score=score) for score in (0.0, 999.0))
    known = {BARE.id: BARE}
    assert scored(modest, known).score == scored(loud, known).score


def test_an_error_outranks_a_well_founded_hint() -> None:
    error = replace(BARE, severity=Severity.ERROR)
    hint = replace(BARE, severity=Severity.HINT, evidence=tuple(THERE))
    proposal = a_proposal(Path("/p"))
    assert scored(proposal, {BARE.id: error}).score > scored(proposal, {BARE.id: hint}).score


@given(st.floats(0, 1), st.integers(0, 6), st.booleans(), st.integers(1, 5))
def test_it_is_always_a_probability(precision: float, places: int, measured: bool, agents: int) -> None:
    finding = replace(
        BARE,
        evidence=tuple(Evidence("b.py", Span(n, 0, n, 1), "") for n in range(places)),
        tags=("measured",) if measured else (),
        rationales=tuple(Rationale(str(n), "") for n in range(agents)),
    )
    assert 0 < of_finding(finding, precision) <= 1
