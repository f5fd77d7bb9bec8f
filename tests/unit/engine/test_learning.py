"""What decisions teach: who was right ranks higher, and a dismissed finding stays away."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.config import Learning
from ambient_lsp.engine import learning
from ambient_lsp.model import Dismissal, Outcome
from tests.unit.engine.samples import a_finding, a_proposal

KINDS = st.sampled_from(["applied", "approved", "dismissed", "reverted", "stale", "partly"])


def outcomes(*kinds: str) -> list[Outcome]:
    return [Outcome("p", kind, "me", 1.0) for kind in kinds]


def weight(*kinds: str, settings: Learning | None = None) -> float:
    proposal = replace(a_proposal(Path("/p")), id="p", agent="A")
    return learning.weights(settings or Learning(enabled=True), [proposal], outcomes(*kinds))["A"]


def test_nobody_is_known_at_first() -> None:
    assert weight() == 1.0
    assert learning.weights(Learning(enabled=True), [], outcomes("applied")) == {}


def test_accepted_ranks_higher_dismissed_lower_and_reverted_lowest() -> None:
    assert weight("reverted") < weight("dismissed") < weight() < weight("applied") < weight("applied", "applied")


def test_settings_say_what_counts() -> None:
    assert weight("applied", "dismissed", settings=Learning(enabled=True, track_agent_success=False)) == 1.0
    assert weight("reverted", settings=Learning(enabled=True, track_revert_rate=False)) == 1.0
    proposal = a_proposal(Path("/p"))
    assert learning.weights(Learning(enabled=False), [proposal], outcomes("applied")) == {}


@given(st.lists(KINDS, max_size=60))
def test_a_weight_never_leaves_its_bounds(kinds: list[str]) -> None:
    assert 0.5 < weight(*kinds) < 1.5


def test_a_dismissal_is_of_a_rule_and_a_structure_not_of_a_line() -> None:
    finding = a_finding()
    muted = learning.by_key([Dismissal(finding.fingerprint, finding.rule, finding.path, "no", "me", time.time(), 0.0)])
    assert learning.is_dismissed(replace(finding, id="other", path="moved.py"), muted)
    assert not learning.is_dismissed(replace(finding, rule="R2"), muted)
    assert not learning.is_dismissed(replace(finding, fingerprint="other"), muted)
