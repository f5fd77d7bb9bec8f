"""Which findings a part of a proposal answers for, and what taking or dismissing does to the store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ambient_lsp.config import Config
from ambient_lsp.engine.decisions import Decisions, content_of
from ambient_lsp.engine.logbook import Logbook
from ambient_lsp.engine.parts import Parts
from ambient_lsp.engine.services import Services
from ambient_lsp.errors import NotAllowed, NotFound, StalePatch
from ambient_lsp.model import (
    PART,
    Decision,
    DecisionKind,
    Finding,
    Outcome,
    Proposal,
    ProposalState,
    RiskLevel,
    Span,
    Verdict,
    VerdictOutcome,
)
from ambient_lsp.patching.edits import apply_edits, modify, propose
from ambient_lsp.store.store import SqliteStore, open_store
from ambient_lsp.telemetry.log import TelemetryLog
from ambient_lsp.text import freeze
from tests.unit.engine.samples import a_finding

TEXT = "".join(f"line {number}\n" for number in range(20))
FIXED = TEXT.replace("line 3\n", "three\n").replace("line 9\n", "nine\n").replace("line 15\n", "fifteen\n")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = open_store(tmp_path / ".ambient")
    yield store
    store.close()


@pytest.fixture
def decisions(store: SqliteStore, tmp_path: Path) -> Decisions:
    log = Logbook(TelemetryLog(tmp_path, Config().telemetry), tmp_path / "patches")
    return Decisions(store, Config(), log, lambda event: None)


@pytest.fixture
def parts(store: SqliteStore, decisions: Decisions) -> Parts:
    return Parts(store, decisions, NotImplemented, lambda event: None)


def at(line: int) -> Finding:
    code = {3: "three(3)", 9: "nine = [9, 9]"}[line]
    return replace(a_finding(code=code), span=Span(line, 0, line, 4))


@pytest.fixture
def whole(store: SqliteStore, tmp_path: Path) -> Proposal:
    """A proposal of three pieces, with findings at the first two of them."""
    findings = [at(3), at(9)]
    proposal = propose(
        agent="Agent", title="Words", description="", rationale="", risk_level=RiskLevel.LOW,
        edits=[modify(freeze(tmp_path, "a.py", TEXT), FIXED)], bases={"a.py": TEXT}, findings=findings,
    )  # fmt: skip
    proposal = replace(proposal, state=ProposalState.OFFERED)
    store.save_text(TEXT)
    store.save_findings("Agent", "a.py", "sha", findings)
    store.save_proposal(proposal)
    return proposal


def ids(parts: Parts, whole: Proposal) -> list[str]:
    return [one.id for one in parts.hunks(whole, {"a.py": TEXT})]


@pytest.mark.parametrize(
    ("chosen", "answers_for"),
    [((0,), {3}), ((1,), {9}), ((0, 2), {3}), ((0, 1), {3, 9}), ((2,), {3, 9})],
    ids=["first", "second", "first and last", "both", "about none of them"],
)
def test_a_part_answers_for_the_findings_that_it_is_about(parts, whole, chosen, answers_for) -> None:
    hunks = ids(parts, whole)
    part = parts.take(whole.id, [hunks[one] for one in chosen], {"a.py": TEXT})
    assert set(part.finding_ids) == {at(line).id for line in answers_for}
    assert set(part.fingerprints) == {at(line).fingerprint for line in answers_for}
    assert PART in part.tags and part.id != whole.id
    words = [("line 3", "three"), ("line 9", "nine"), ("line 15", "fifteen")]
    expected = TEXT
    for old, new in (words[one] for one in chosen):
        expected = expected.replace(f"{old}\n", f"{new}\n")
    assert apply_edits({"a.py": TEXT}, part.edits) == {"a.py": expected}


def test_a_part_answers_for_findings_that_were_replaced_since(store, parts, whole) -> None:
    """Their file was looked at again: nobody can tell where they were."""
    store.save_findings("Agent", "a.py", "sha", [])
    part = parts.take(whole.id, ids(parts, whole)[:1], {"a.py": TEXT})
    assert (part.finding_ids, part.fingerprints, part.rules) == (whole.finding_ids, whole.fingerprints, whole.rules)
    store.save_findings("Agent", "a.py", "sha", [at(9)])
    part = parts.take(whole.id, ids(parts, whole)[:1], {"a.py": TEXT})
    assert part.finding_ids == (at(3).id,) and part.fingerprints == (at(3).fingerprint,), "the other piece is about 9"
    assert part.rules == whole.rules


def test_a_part_answers_for_a_finding_in_a_file_that_the_fix_does_not_change(store, parts, whole) -> None:
    """As new tests do."""
    elsewhere = replace(at(3), id="0123456789abcdef", fingerprint="of-another-file", rule="R2", path="src.py")
    store.save_findings("TestGen", "src.py", "sha", [elsewhere])
    tests = replace(
        whole,
        finding_ids=(*whole.finding_ids, elsewhere.id),
        fingerprints=(*whole.fingerprints, elsewhere.fingerprint),
        rules=(*whole.rules, "R2"),
    )
    store.save_proposal(tests)
    part = parts.take(whole.id, ids(parts, whole)[1:2], {"a.py": TEXT})
    assert part.finding_ids == (at(9).id, elsewhere.id)
    assert part.fingerprints == (at(9).fingerprint, elsewhere.fingerprint) and part.rules == ("R1", "R2")


def test_pieces_are_shown_where_they_would_be_made_now(parts, whole) -> None:
    hunks = parts.hunks(whole, {"a.py": TEXT})
    moved = parts.hunks(whole, {"a.py": "new\n" + TEXT})
    assert [one.id for one in moved] == [one.id for one in hunks]
    assert [(one.first, one.last) for one in hunks] == [(4, 4), (10, 10), (16, 16)]
    assert [(one.first, one.last) for one in moved] == [(5, 5), (11, 11), (17, 17)]
    spoiled = parts.hunks(whole, {"a.py": TEXT.replace("line 9", "mine")})
    assert [one.first for one in spoiled] == [4, 10, 16]


def test_nobody_takes_what_is_not_there(parts, whole, store) -> None:
    hunks = ids(parts, whole)
    with pytest.raises(NotFound, match="has no piece nosuch"):
        parts.take(whole.id, ["nosuch"], {"a.py": TEXT})
    with pytest.raises(NotAllowed):
        parts.take(whole.id, [], {"a.py": TEXT})
    with pytest.raises(StalePatch):
        parts.take(whole.id, hunks[1:2], {"a.py": TEXT.replace("line 9", "mine")})
    assert parts.take(whole.id, hunks[:1], {"a.py": TEXT.replace("line 9", "mine")}), "only that piece is in the way"
    assert parts.take(whole.id, hunks, {"a.py": TEXT}) == whole
    store.save_proposal(replace(whole, state=ProposalState.APPLIED))
    with pytest.raises(NotAllowed, match="applied, not offered"):
        parts.take(whole.id, hunks[:1], {"a.py": TEXT})


def test_of_a_text_that_is_not_kept_nothing_can_be_shown(parts, whole) -> None:
    forgotten = replace(whole, edits=tuple(replace(one, base_sha256="0" * 64) for one in whole.edits))
    assert parts.hunks(forgotten, {"a.py": TEXT}) == ()


def test_a_proposal_is_dismissed_with_the_last_finding_that_it_is_about(decisions, whole, store) -> None:
    alone = replace(whole, id="0123456789ab", finding_ids=(at(3).id,), fingerprints=(at(3).fingerprint,))
    store.save_proposal(alone)
    assert decisions.dismiss(at(3).id, "me", "wanted") == (at(3).id,)
    assert store.proposal(alone.id).state is ProposalState.DISMISSED
    assert store.proposal(whole.id).state is ProposalState.OFFERED, "it is about another one too"
    decisions.dismiss(at(9).id, "me", "wanted too")
    assert store.proposal(whole.id).state is ProposalState.DISMISSED
    assert set(decisions.dismiss(whole.id, "me", "again")) == {at(3).id, at(9).id}
    assert [(one.kind, one.who) for one in store.outcomes(alone.id)] == [("dismissed", "me")]


class Slow:
    """Services whose proofs end when somebody says so."""

    def __init__(self, store: SqliteStore, verdict: Verdict | None) -> None:
        self._store = store
        self._verdict = verdict
        self.config = Config()
        self.proofs: list[asyncio.Event] = []
        self.looking = asyncio.Event()

    def gate(self, part: Proposal, bases: object) -> Decision:
        return Decision(DecisionKind.ALLOW)

    async def verify_now(self, part: Proposal, texts: object, **how: object) -> Verdict | None:
        self.proofs.append(done := asyncio.Event())
        await done.wait()
        return self._verdict

    async def readiness(self) -> tuple[()]:
        self.looking.set()
        await asyncio.Event().wait()
        return ()

    settle = Services.settle

    async def begun(self, count: int) -> None:
        while len(self.proofs) < count:
            await asyncio.sleep(0)


class Proving:
    """The first piece of a fix, chosen once or more."""

    def __init__(
        self, store: SqliteStore, decisions: Decisions, whole: Proposal, *, verdict: VerdictOutcome | None
    ) -> None:
        self.services = Slow(store, verdict and Verdict(verdict, "It was run."))

        async def services() -> Services:
            return self.services  # type: ignore[return-value]

        self._parts = Parts(store, decisions, services, lambda event: None)
        self.part = self._parts.take(whole.id, ids(self._parts, whole)[:1], {"a.py": TEXT})

    async def start(self) -> asyncio.Task[Proposal]:
        task = asyncio.create_task(self._parts.prove(self.part, {"a.py": TEXT}))
        await self.services.begun(len(self.services.proofs) + 1)
        return task


PASSED = VerdictOutcome.PASSED


@pytest.mark.parametrize("how", ["ends", "is cancelled"])
async def test_what_a_person_did_with_the_pieces_outlives_a_second_proof_of_them(store, decisions, whole, how) -> None:
    proving = Proving(store, decisions, whole, verdict=PASSED)
    first, second = await proving.start(), await proving.start()
    proving.services.proofs[0].set()
    assert (await first).state is ProposalState.OFFERED
    decisions.record(Outcome(proving.part.id, "applied", "me", 1.0, "", content_of(proving.part)))
    if how == "ends":
        proving.services.proofs[1].set()
    else:
        second.cancel()
    with pytest.raises(NotAllowed) if how == "ends" else pytest.raises(asyncio.CancelledError):
        await second
    assert store.proposal(proving.part.id).state is ProposalState.APPLIED
    assert store.proposal(whole.id).state is ProposalState.PARTLY


async def test_pieces_that_somebody_is_asked_about_stay_offered_while_they_are_proven_again(
    store, decisions, whole
) -> None:
    proving = Proving(store, decisions, whole, verdict=PASSED)
    first = await proving.start()
    proving.services.proofs[0].set()
    await first
    second = await proving.start()
    assert store.proposal(proving.part.id).state is ProposalState.OFFERED
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert store.proposal(proving.part.id).state is ProposalState.OFFERED


async def test_pieces_of_a_fix_that_was_dismissed_while_they_were_proven_are_not_offered(
    store, decisions, whole
) -> None:
    proving = Proving(store, decisions, whole, verdict=PASSED)
    proof = await proving.start()
    decisions.dismiss(whole.id, "me", "not that")
    proving.services.proofs[0].set()
    with pytest.raises(NotAllowed, match="dismissed, not offered"):
        await proof
    assert store.proposal(proving.part.id).state is ProposalState.STALE
    assert store.proposal(whole.id).state is ProposalState.DISMISSED


async def test_pieces_whose_proof_is_cancelled_at_its_very_end_are_not_left_being_checked(
    store, decisions, whole
) -> None:
    proving = Proving(store, decisions, whole, verdict=None)
    proof = await proving.start()
    proving.services.proofs[0].set()
    await proving.services.looking.wait()
    proof.cancel()
    with suppress(asyncio.CancelledError):
        await proof
    assert store.proposal(proving.part.id).state is ProposalState.STALE


@pytest.mark.parametrize("state", [ProposalState.OFFERED, ProposalState.DISMISSED])
def test_a_fix_is_partly_with_its_part_unless_somebody_has_dismissed_it(store, decisions, parts, whole, state) -> None:
    part = replace(parts.take(whole.id, ids(parts, whole)[:1], {"a.py": TEXT}), state=ProposalState.OFFERED)
    store.save_proposal(part)
    store.save_proposal(replace(whole, state=state))
    decisions.record(Outcome(part.id, "applied", "me", 1.0, "", content_of(part)))
    dismissed = state is ProposalState.DISMISSED
    assert store.proposal(whole.id).state is (ProposalState.DISMISSED if dismissed else ProposalState.PARTLY)
    told = [(one.kind, one.who, part.id in one.reason) for one in store.outcomes(whole.id)]
    assert told == ([] if dismissed else [("partly", "me", True)])
