"""How often a rule is right in this repository, learned from what people accept and dismiss; and when it is muted.

A rule starts with two imagined decisions, 80 % of them good; real ones are added, each worth half as much for every
`half_life_days` of its age. What comes out is a Beta distribution, and a rule is muted when even the upper end of it
(90 %) is below `ANNOYING`: six dismissals in a row do it, five do not, and nobody who takes a fix now and then gets
there. Dismissing one proposal with twenty findings is one decision.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.engine.confidence import UNKNOWN
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ambient_lsp.config import Learning
    from ambient_lsp.model import Finding, Outcome
    from ambient_lsp.protocols import Store

IMAGINED = 2.0
"""How many decisions a rule starts with, `UNKNOWN` of them good."""

BY_HAND = "rules-by-hand"
"""Where the store keeps the rules that somebody muted or brought back."""

ANNOYING = 0.4
"""A rule that is surely right less often than this is muted."""

_NINETY = 1.28
_DAY = 86400.0
_GOOD = frozenset({"applied", "partly", "approved"})


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """What became of one rule's findings here. `accepted` and `dismissed` count decisions, the weights their worth now.

    `open` findings are there now. `by_hand` says that somebody muted or kept the rule: "muted", "kept", or "".
    """

    rule: str
    open: int = 0
    accepted: int = 0
    dismissed: int = 0
    good: float = 0.0
    bad: float = 0.0
    by_hand: str = ""

    @property
    def shown(self) -> int:
        """How many findings people have had before them."""
        return self.open + self.accepted + self.dismissed

    @property
    def precision(self) -> float:
        """The share of its findings that are expected to be right."""
        return (IMAGINED * UNKNOWN + self.good) / (IMAGINED + self.good + self.bad)

    @property
    def muted(self) -> bool:
        """Whether it annoys more than it helps, or somebody said so."""
        if self.by_hand:
            return self.by_hand == "muted"
        total = IMAGINED + self.good + self.bad
        spread = math.sqrt(self.precision * (1 - self.precision) / (total + 1))
        return self.precision + _NINETY * spread < ANNOYING


def records(store: Store, settings: Learning, now: float, findings: Iterable[Finding] = ()) -> dict[str, RuleRecord]:
    """Return the record of every rule that somebody has decided about, or that has one of `findings`."""
    accepted: defaultdict[str, dict[str, float]] = defaultdict(dict)
    dismissed: defaultdict[str, set[float]] = defaultdict(set)
    undone: dict[tuple[str, str], float] = {}
    for outcome in store.outcomes():
        _count_outcome(outcome, accepted, dismissed, undone, settings)
    for dismissal in store.dismissals(now):
        dismissed[dismissal.rule].add(dismissal.when)
    there: defaultdict[str, int] = defaultdict(int)
    for finding in findings:
        there[finding.rule] += 1

    def worth(times: Iterable[float]) -> float:
        half = _DAY * settings.half_life_days
        return sum(math.pow(0.5, max(now - when, 0.0) / half) for when in times)

    result = {}
    for rule in sorted({*accepted, *dismissed, *there, *store.get_value(BY_HAND).split()}):
        since, by_hand = by_hand_of(store, rule)
        good = [when for when in accepted[rule].values() if when > since]
        bad = [when for when in dismissed[rule] if when > since]
        if any(rule.startswith(name) for name in settings.never_mute):
            by_hand = "kept"
        result[rule] = RuleRecord(rule, there[rule], len(good), len(bad), worth(good), worth(bad), by_hand)
    return result


def by_hand_of(store: Store, rule: str) -> tuple[float, str]:
    """Return since when decisions about a rule count, and what somebody chose: "muted" or ""."""
    kind, _, when = store.get_value(f"rule:{rule}").partition(" ")
    return (float(when or 0.0), "muted" if kind == "muted" else "") if kind else (0.0, "")


def choose(store: Store, rule: str, *, mute: bool, now: float) -> None:
    """Mute a rule by hand; or bring it back, and forget what was decided before."""
    with store.transaction():
        store.set_value(f"rule:{rule}", f"{'muted' if mute else 'open'} {now}")
        store.set_value(f"rule-told:{rule}", "")
        store.set_value(BY_HAND, " ".join(sorted({*store.get_value(BY_HAND).split(), rule})))


def must_be_seen(finding: Finding) -> bool:
    """Whether a finding is too grave to be muted with its rule."""
    return finding.severity is Severity.ERROR or "level-critical" in finding.tags


def sentence(record: RuleRecord) -> str:
    """Return what a user is told once when a rule falls silent."""
    times = "once" if record.dismissed == 1 else f"{record.dismissed} times"
    taken = "never" if not record.accepted else "once" if record.accepted == 1 else f"{record.accepted} times"
    why = "You muted it" if record.by_hand else f"It was dismissed {times} here and accepted {taken}"
    return f"The rule {record.rule} is muted. {why}."


def _count_outcome(
    outcome: Outcome,
    accepted: dict[str, dict[str, float]],
    dismissed: dict[str, set[float]],
    undone: dict[tuple[str, str], float],
    settings: Learning,
) -> None:
    """Count one outcome. An editor's undo and redo, again and again, are one decision: the last."""
    for rule in outcome.rules:
        decided = rule, outcome.proposal_id
        if outcome.kind in _GOOD:
            accepted[rule][outcome.proposal_id] = outcome.when
            dismissed[rule].discard(undone.pop(decided, math.nan))
        elif outcome.kind == "reverted" and settings.track_revert_rate:
            accepted[rule].pop(outcome.proposal_id, None)
            dismissed[rule].discard(undone.get(decided, math.nan))
            dismissed[rule].add(outcome.when)
            undone[decided] = outcome.when
        elif outcome.kind == "dismissed":
            dismissed[rule].add(outcome.when)
