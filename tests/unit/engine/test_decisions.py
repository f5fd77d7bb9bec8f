"""A person's decision is never overwritten by a proof that ends later, and an approval is good for one time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from ambient_lsp.config import Config
from ambient_lsp.engine.decisions import Decisions, content_of
from ambient_lsp.engine.logbook import Logbook
from ambient_lsp.engine.road import Road
from ambient_lsp.model import Decision, DecisionKind, FileEdit, Outcome, Proposal, ProposalState
from ambient_lsp.store.store import SqliteStore, open_store
from ambient_lsp.telemetry.log import TelemetryLog
from tests.unit.engine.samples import a_proposal


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = open_store(tmp_path / ".ambient")
    yield store
    store.close()


@pytest.fixture
def decisions(store: SqliteStore, tmp_path: Path) -> Decisions:
    log = Logbook(TelemetryLog(tmp_path, Config().telemetry), tmp_path / "patches")
    return Decisions(store, Config(), log, lambda event: None)


def settled(store: SqliteStore, proposal: Proposal, known: Proposal | None) -> tuple[ProposalState, int]:
    told: list[object] = []
    road = dict.fromkeys(Road.__dataclass_fields__) | {"store": store, "publish": told.append}
    Road(**road | {"run": SimpleNamespace(id="r")}).settle(proposal, known)
    return store.proposal(proposal.id).state, len(told)


@pytest.mark.parametrize("decided", [ProposalState.APPLIED, ProposalState.DISMISSED, ProposalState.PARTLY])
def test_what_was_decided_while_it_was_checked_stands(store: SqliteStore, tmp_path: Path, decided: str) -> None:
    known = replace(a_proposal(tmp_path), state=ProposalState.OFFERED)
    store.save_proposal(replace(known, state=ProposalState(decided)))
    assert settled(store, replace(known, state=ProposalState.STALE), known) == (decided, 0)
    assert settled(store, known, None) == (decided, 0)


def test_what_was_decided_before_may_be_offered_again(store: SqliteStore, tmp_path: Path) -> None:
    known = replace(a_proposal(tmp_path), state=ProposalState.APPLIED)
    store.save_proposal(known)
    assert settled(store, replace(known, state=ProposalState.OFFERED), known) == (ProposalState.OFFERED, 1)


def test_what_nobody_decided_about_is_stored_and_told(store: SqliteStore, tmp_path: Path) -> None:
    offered = replace(a_proposal(tmp_path), state=ProposalState.OFFERED)
    assert settled(store, offered, None) == (ProposalState.OFFERED, 1)


ALLOW, CONFIRM = DecisionKind.ALLOW, DecisionKind.CONFIRM


@pytest.mark.parametrize(
    ("said", "gate"),
    [
        (["approved"], ALLOW),
        (["approved", "stale"], CONFIRM),
        (["approved", "refused"], CONFIRM),
        (["approved", "applied", "reverted"], CONFIRM),
        (["approved", "applied"], CONFIRM),
        (["approved", "stale", "approved"], ALLOW),
        (["refused", "approved"], ALLOW),
    ],
    ids=str,
)
def test_an_approval_is_good_until_something_else_is_said(store, decisions, tmp_path, said, gate) -> None:
    """What went stale, or was taken back, is proposed again under the same id: a person is asked again."""
    fix = replace(a_proposal(tmp_path), state=ProposalState.OFFERED, decision=Decision(CONFIRM, ("it is a lot",)))
    store.save_proposal(fix)
    for kind in said:
        decisions.record(Outcome(fix.id, kind, "me", 1.0, "", content_of(fix)))
    store.save_proposal(fix)
    assert decisions.decide(fix).kind is gate
    other = replace(fix, edits=(FileEdit("b.py", "create", text="x = 1\n"),))
    assert decisions.decide(other).kind is CONFIRM, "nobody has said anything about that change"
