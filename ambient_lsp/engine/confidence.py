"""How sure we are of a finding: from its evidence, and from what people said of its rule; never from the rule itself.

Confidence is a probability. It starts with the precision of the rule in this repository (`precision.py`; 0.8 where
nobody has decided anything yet), and each kind of evidence multiplies the odds:

| evidence | odds × | where it comes from |
|---|---|---|
| a path is shown (two places or more, such as source and sink) | 3 | `Finding.evidence` |
| one other place is shown | 1.5 | `Finding.evidence` |
| it was measured or observed, not only recognised | 2 | tags such as `measured`; the proof that is planned |
| another specialist says the same | 3 each | `rationales` |
| the sandbox showed that the fix holds | 8 | `Proposal.verdict` |
| the sandbox showed that it does not | 1/20 | `Proposal.verdict` |

A proposal is as sure as its best finding. Its score, which decides what is checked first and what is kept, is the
confidence times ten, plus two for a warning and four for an error, and two less for a hint.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.model import ProofKind, Severity, VerdictOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ambient_lsp.model import Finding, Proposal

UNKNOWN = 0.8
"""What is expected of a rule that nobody has decided about."""

PATH = 3.0
PLACE = 1.5
MEASURED = 2.0
AGREEMENT = 3.0
PROVEN = 8.0
REFUTED = 1 / 20

CONFIDENCE = 10.0
"""What full confidence adds to a score."""

SEVERITY = 2.0
"""What a warning adds, an error twice, and a hint takes off: a cap must not keep the small things and drop the one that
matters."""

_MEASURED_TAGS = frozenset({"measured", "observed", "complexity", "size", "coverage"})
_MEASURED_PROOFS = frozenset({ProofKind.SIMPLER, ProofKind.FASTER, ProofKind.TESTS})


def of_finding(finding: Finding, precision: float = UNKNOWN) -> float:
    """Return how likely it is that a finding is right, from 0 to 1."""
    odds = _odds(precision)
    places = {(one.path, one.span) for one in finding.evidence} - {(finding.path, finding.span)}
    if len(places) > 1:
        odds *= PATH
    elif places:
        odds *= PLACE
    if not _MEASURED_TAGS.isdisjoint(finding.tags):
        odds *= MEASURED
    odds *= AGREEMENT ** max(len({reason.agent for reason in finding.rationales}) - 1, 0)
    return _probability(odds)


def of_proposal(proposal: Proposal, findings: Iterable[Finding], precision: float = UNKNOWN) -> float:
    """Return how likely it is that a proposal is right; `precision` is for one without findings."""
    best = max((finding.confidence or of_finding(finding) for finding in findings), default=precision)
    odds = _odds(best)
    if proposal.proof.kind in _MEASURED_PROOFS:
        odds *= MEASURED
    if proposal.verdict is not None:
        odds *= {VerdictOutcome.PASSED: PROVEN, VerdictOutcome.FAILED: REFUTED}.get(proposal.verdict.outcome, 1.0)
    return _probability(odds)


def scored(proposal: Proposal, findings: Mapping[str, Finding]) -> Proposal:
    """Return the proposal with its score, from `findings` (by id) and the evidence; what it said of itself is lost."""
    mine = [findings[one] for one in proposal.finding_ids if one in findings]
    usual = Severity.INFORMATION.rank
    worst = max((finding.severity.rank for finding in mine), default=usual) - usual
    return replace(proposal, score=CONFIDENCE * of_proposal(proposal, mine) + SEVERITY * worst)


def _odds(probability: float) -> float:
    sure = min(max(probability, 0.01), 0.99)
    return sure / (1 - sure)


def _probability(odds: float) -> float:
    return round(odds / (1 + odds), 3)
