"""Agreement counts, nothing said is lost, disjoint edits survive, conflicts go to the better one."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.engine.confidence import scored
from ambient_lsp.engine.refine import AGREEMENT, conflict, merge_findings, refine
from ambient_lsp.model import (
    FileEdit,
    Finding,
    ProofKind,
    ProofPlan,
    Proposal,
    Rationale,
    Replacement,
    RiskLevel,
    Severity,
    Span,
)


def draft(name: str, start: int, end: int, *, agent: str = "A", path: str = "a.py", score: float = 1.0) -> Proposal:
    return Proposal(
        id=name, agent=agent, title=name, description="", rationale=f"{agent} says so", risk_level=RiskLevel.LOW,
        edits=(FileEdit(path, "modify", "sha", (Replacement(start, end, "new"),)),), diff="", files_touched=(path,),
        estimated_loc_change=1, rationales=(Rationale(agent, f"{agent} says so"),), score=score,
        finding_ids=(f"f-{name}",), tags=(agent,),
    )  # fmt: skip


def test_the_same_change_by_two_agents_is_one_with_both_reasons_and_a_higher_rank() -> None:
    one, other = draft("one", 0, 5, agent="A", score=2), draft("two", 0, 5, agent="B", score=3)
    kept = refine([one, other], per_file=5).kept
    assert len(kept) == 1
    assert {reason.agent for reason in kept[0].rationales} == {"A", "B"}
    assert set(kept[0].finding_ids) == {"f-one", "f-two"}
    assert set(kept[0].tags) == {"A", "B"}
    assert kept[0].score == 3 + AGREEMENT


def test_an_agent_that_repeats_itself_does_not_count_as_agreement() -> None:
    kept = refine([draft("one", 0, 5), draft("two", 0, 5)], per_file=5).kept
    assert kept[0].score == 1.0


def test_disjoint_edits_of_one_file_both_survive() -> None:
    assert len(refine([draft("one", 0, 5), draft("two", 10, 15)], per_file=5).kept) == 2


def test_of_two_on_the_same_place_the_better_goes_on_and_the_other_says_why() -> None:
    result = refine([draft("weak", 0, 5, score=1), draft("strong", 3, 8, score=2)], per_file=5)
    assert [one.id for one in result.kept] == ["strong"]
    assert "strong" in result.set_aside[0].reason


def test_an_insertion_at_an_edit_conflicts() -> None:
    assert conflict(draft("edit", 0, 5), draft("insertion", 5, 5))


def test_a_deleted_file_conflicts_with_every_edit_of_it() -> None:
    gone = replace(draft("gone", 0, 0), edits=(FileEdit("a.py", "delete", "sha"),))
    assert conflict(gone, draft("edit", 90, 95))
    assert not conflict(gone, draft("edit", 90, 95, path="b.py"))


def test_the_cap_per_file_keeps_the_best() -> None:
    drafts = [draft(f"p{n}", n * 10, n * 10 + 5, score=n) for n in range(8)]
    result = refine(drafts, per_file=3)
    assert [one.id for one in result.kept] == ["p7", "p6", "p5"]
    assert len(result.set_aside) == 5


def test_those_that_stand_already_hold_their_lines_and_count() -> None:
    standing = [draft("first", 0, 5), draft("second", 10, 15)]
    drafts = [draft("rival", 3, 8, score=9), draft("free", 20, 25), draft("one too many", 30, 35, score=0)]
    result = refine(drafts, per_file=3, standing=standing)
    assert [one.id for one in result.kept] == ["free"]
    assert {rest.proposal.id for rest in result.set_aside} == {"rival", "one too many"}


def test_weights_change_the_rank() -> None:
    liked, disliked = draft("liked", 0, 5, agent="A", score=2), draft("disliked", 0, 6, agent="B", score=3)
    result = refine([liked, disliked], per_file=5, weights={"A": 1.5, "B": 0.5})
    assert result.kept[0].id == "liked"


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6), st.sampled_from("ABC"), st.floats(0, 9)), max_size=12))
def test_nothing_is_lost_and_nothing_kept_conflicts(raw: list[tuple[int, int, str, float]]) -> None:
    drafts = [
        draft(f"p{n}", start, start + length, agent=agent, score=score)
        for n, (start, length, agent, score) in enumerate(raw)
    ]
    result = refine(drafts, per_file=4)
    named = {finding for one in result.kept for finding in one.finding_ids}
    named |= {finding for rest in result.set_aside for finding in rest.proposal.finding_ids}
    assert named == {f"f-p{n}" for n in range(len(raw))}
    assert not any(conflict(one, other) for one in result.kept for other in result.kept if one is not other)
    assert len(result.kept) <= 4


def test_findings_of_several_agents_at_one_place_are_merged() -> None:
    base = Finding("i", "f", "A", "R", "a.py", Span(0, 0, 0, 1), Severity.HINT, "m", "s", (), (Rationale("A", "a"),))
    other = replace(base, agent="B", severity=Severity.ERROR, rationales=(Rationale("B", "b"),))
    merged = merge_findings([base, other, replace(base, rule="R2")])
    assert len(merged) == 2
    assert merged[0].severity is Severity.ERROR
    assert [reason.agent for reason in merged[0].rationales] == ["A", "B"]


def test_of_two_who_agree_the_one_with_the_stronger_proof_speaks_for_both() -> None:
    loose = draft("one", 0, 5, agent="Custom", score=9)
    strict = replace(draft("two", 0, 5, agent="B", score=1), proof=ProofPlan(ProofKind.FINDINGS_GONE))
    for pair in ([loose, strict], [strict, loose]):
        [kept] = refine(pair, per_file=5).kept
        assert (kept.agent, kept.proof.kind) == ("B", ProofKind.FINDINGS_GONE)
        assert kept.score == 9 + AGREEMENT
        assert {reason.agent for reason in kept.rationales} == {"Custom", "B"}


def test_what_became_of_earlier_proposals_decides_between_equals() -> None:
    one, other = draft("one", 0, 5, agent="A", score=0), draft("two", 3, 8, agent="B", score=0)
    for weights, winner in (({"A": 0.5, "B": 1.5}, "two"), ({"A": 1.5, "B": 0.5}, "one")):
        assert [kept.id for kept in refine([one, other], per_file=5, weights=weights).kept] == [winner]


def test_a_cap_keeps_what_matters_most() -> None:
    grave = Finding("f-grave", "f", "A", "R", "a.py", Span(0, 0, 0, 1), Severity.ERROR, "m", "s")
    small = [draft(f"small{n}", 10 * n, 10 * n + 1, score=0) for n in range(5)]
    risky = replace(draft("grave", 90, 95, score=0), risk_level=RiskLevel.HIGH)
    kept = refine([*small, scored(risky, {"f-grave": grave})], per_file=2).kept
    assert kept[0].id == "grave"


def test_where_the_cap_bites_the_specialists_take_turns() -> None:
    many = [draft(f"a{n}", 10 * n, 10 * n + 1, agent="A", score=9) for n in range(6)]
    others = [draft(f"b{n}", 100 + 10 * n, 101 + 10 * n, agent="B", score=8) for n in range(2)]
    result = refine([*many, *others], per_file=4)
    assert sorted(one.id for one in result.kept) == ["a0", "a1", "b0", "b1"]


def test_a_grave_thing_goes_before_the_first_small_one_of_another() -> None:
    def of(name: str, agent: str, at: int, severity: Severity) -> Proposal:
        finding = Finding(f"f-{name}", "f", agent, "R", "a.py", Span(0, 0, 0, 1), severity, "m", "s", (), ())
        return scored(draft(name, at, at + 1, agent=agent, score=0), {finding.id: finding})

    grave = [of(f"grave{n}", "A", 10 * n, Severity.ERROR) for n in range(3)]
    taste = [of(f"taste{n}", "B", 100 + 10 * n, Severity.HINT) for n in range(3)]
    assert {one.id for one in refine([*taste, *grave], per_file=3).kept} == {"grave0", "grave1", "grave2"}
    plain = of("plain", "B", 200, Severity.INFORMATION)
    assert next(one.id for one in refine([*taste, plain], per_file=1).kept) == "plain"
