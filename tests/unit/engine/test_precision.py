"""Rules that annoy fall silent and say so; a few decisions swing nothing, and time forgives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.config import Learning
from ambient_lsp.engine import precision
from ambient_lsp.engine.precision import RuleRecord
from ambient_lsp.model import Dismissal, Outcome, Severity
from ambient_lsp.store.store import SqliteStore, open_store
from tests.unit.engine.samples import a_finding

NOW = 1_800_000_000.0
DAY = 86400.0
SETTINGS = Learning()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = open_store(tmp_path / ".ambient")
    yield opened
    opened.close()


def dismissed(store: SqliteStore, times: int, *, rule: str = "R", when: float = NOW) -> None:
    for number in range(times):
        store.dismiss(Dismissal(f"{rule}{when}{number}", rule, "a.py", "no", "me", when + number))


def accepted(store: SqliteStore, times: int, kind: str = "applied") -> None:
    for number in range(times):
        store.record_outcome(Outcome(f"p{number}", kind, "me", NOW, rules=("R",)))  # type: ignore[arg-type]


def record(store: SqliteStore, settings: Learning = SETTINGS, now: float = NOW) -> RuleRecord:
    return precision.records(store, settings, now)["R"]


def test_six_dismissals_in_a_row_mute_a_rule_and_five_do_not(store: SqliteStore) -> None:
    dismissed(store, 5)
    assert not record(store).muted
    dismissed(store, 1, when=NOW - 60)
    assert record(store).muted
    assert record(store).dismissed == 6


def test_who_takes_a_fix_now_and_then_keeps_the_rule(store: SqliteStore) -> None:
    dismissed(store, 6)
    accepted(store, 3)
    assert not record(store).muted


def test_dismissing_one_proposal_with_many_findings_is_one_decision(store: SqliteStore) -> None:
    for number in range(20):
        store.dismiss(Dismissal(f"f{number}", "R", "a.py", "no", "me", NOW))
    assert record(store).dismissed == 1 and not record(store).muted


def test_approving_and_applying_one_proposal_is_one_decision_and_taking_it_back_undoes_it(store: SqliteStore) -> None:
    for kind in ("approved", "applied"):
        store.record_outcome(Outcome("p", kind, "me", NOW, rules=("R",)))  # type: ignore[arg-type]
    assert record(store).accepted == 1
    store.record_outcome(Outcome("p", "reverted", "me", NOW + 1, rules=("R",)))
    assert (record(store).accepted, record(store).dismissed) == (0, 1)


def test_undo_and_redo_again_and_again_are_one_decision(store: SqliteStore) -> None:
    for number in range(9):
        kind = "reverted" if number % 2 else "applied"
        store.record_outcome(Outcome("p", kind, "me", NOW + number, rules=("R",)))
    assert (record(store, now=NOW + 9).accepted, record(store, now=NOW + 9).dismissed) == (1, 0)
    store.record_outcome(Outcome("p", "reverted", "me", NOW + 9, rules=("R",)))
    assert (record(store, now=NOW + 9).accepted, record(store, now=NOW + 9).dismissed) == (0, 1)


def test_a_muted_rule_comes_back_with_time(store: SqliteStore) -> None:
    dismissed(store, 7)
    assert record(store).muted
    assert not record(store, now=NOW + 365 * DAY).muted


def test_by_hand_a_rule_is_muted_brought_back_and_its_past_forgotten(store: SqliteStore) -> None:
    dismissed(store, 8)
    precision.choose(store, "R", mute=False, now=NOW + 100)
    assert not record(store, now=NOW + 100).muted
    assert record(store, now=NOW + 100).dismissed == 0
    precision.choose(store, "R", mute=True, now=NOW + 200)
    assert record(store, now=NOW + 200).by_hand == "muted"


def test_settings_keep_rules(store: SqliteStore) -> None:
    dismissed(store, 9)
    kept = record(store, Learning(never_mute=["R"]))
    assert (kept.muted, kept.by_hand) == (False, "kept")


def test_what_is_grave_is_seen_although_its_rule_is_muted() -> None:
    finding = a_finding()
    assert not precision.must_be_seen(finding)
    assert precision.must_be_seen(replace(finding, severity=Severity.ERROR))
    assert precision.must_be_seen(replace(finding, tags=("level-critical",)))


@given(st.floats(0, 50), st.floats(0, 50))
def test_acceptance_never_mutes_and_dismissal_never_raises(good: float, bad: float) -> None:
    one = RuleRecord("R", good=good, bad=bad)
    assert 0 < one.precision < 1
    assert replace(one, good=good + 1).precision >= one.precision >= replace(one, bad=bad + 1).precision
    assert not (one.muted and good >= bad)
