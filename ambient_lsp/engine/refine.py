"""Many proposals into few: agreement is counted, nothing that someone said is lost, and conflicts are resolved.

Two proposals that make the same change are one, with both reasons and a higher rank. Two that change different places
of one file both survive. Of two that change the same place differently the better one goes on, and the other is set
aside with a sentence that says why.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from ambient_lsp.model import ProofKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ambient_lsp.model import FileEdit, Finding, Proposal

T = TypeVar("T")

BASE = 10.0
"""What every proposal starts with, so that what became of an agent's earlier ones has something to scale."""

AGREEMENT = 5.0
"""What each further specialist who proposes the same adds to the score."""


TURN = 2.0
"""What each better proposal of the same specialist for the same file takes off a score, as much as one level of
severity: where the cap bites, five small things of one must not push aside what the others have."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A proposal that does not go on, and why."""

    proposal: Proposal
    reason: str


@dataclass(frozen=True, slots=True)
class Refined:
    """`kept` in the order in which they should be checked, and the rest."""

    kept: tuple[Proposal, ...]
    set_aside: tuple[SetAside, ...]


def refine(
    proposals: Iterable[Proposal],
    *,
    per_file: int,
    weights: Mapping[str, float] | None = None,
    standing: Sequence[Proposal] = (),
) -> Refined:
    """Merge, rank, resolve and cap. `per_file` is the most proposals kept for one file; `weights` scale an agent's
    score by what became of its earlier proposals. Of equal ones that comes first which its specialist named first.
    Those that are `standing` already hold their lines, and count."""
    ranked = _ranked(_merge_same(proposals), weights or {})
    kept: list[Proposal] = []
    aside: list[SetAside] = []
    count = Counter(path for one in standing for path in one.files_touched)
    for proposal in ranked:
        rival = next((other for other in (*standing, *kept) if conflict(proposal, other)), None)
        if rival is not None:
            aside.append(
                SetAside(proposal, f"It changes the same lines as “{rival.title}” ({rival.id}), which ranks higher.")
            )
        elif any(count[path] >= per_file for path in proposal.files_touched):
            aside.append(
                SetAside(proposal, f"There are already {per_file} proposals for this file; save again after those.")
            )
        else:
            kept.append(proposal)
            count.update(proposal.files_touched)
    return Refined(tuple(kept), tuple(aside))


def _ranked(proposals: Sequence[Proposal], weights: Mapping[str, float]) -> list[Proposal]:
    """Return the proposals in the order in which they go on: the best first, the specialists in turns."""

    def strength(one: Proposal) -> float:
        return (BASE + one.score) * weights.get(one.agent, 1.0)

    turns: Counter[tuple[str, tuple[str, ...]]] = Counter()
    worth: list[tuple[float, Proposal]] = []
    for one in sorted(proposals, key=lambda one: -strength(one)):
        worth.append((strength(one) - TURN * turns[one.agent, one.files_touched], one))
        turns[one.agent, one.files_touched] += 1
    worth.sort(key=lambda pair: (-pair[0], pair[1].proof.kind is ProofKind.CHECKS, pair[1].risk_level.rank))
    return [one for _, one in worth]


def merge_findings(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings with those that several agents made at one place merged, and all their reasons kept."""
    merged: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        key = (finding.path, finding.span, finding.rule)
        earlier = merged.get(key)
        if earlier is None:
            merged[key] = finding
            continue
        merged[key] = replace(
            earlier,
            severity=max(earlier.severity, finding.severity, key=lambda level: level.rank),
            evidence=_unique((*earlier.evidence, *finding.evidence)),
            rationales=_unique((*earlier.rationales, *finding.rationales)),
            tags=_unique((*earlier.tags, *finding.tags)),
        )
    return list(merged.values())


def conflict(one: Proposal, other: Proposal) -> bool:
    """Tell whether the two cannot both be made, one after the other."""
    return any(_edits_conflict(left, right) for left in one.edits for right in other.edits)


def _merge_same(proposals: Iterable[Proposal]) -> list[Proposal]:
    merged: dict[tuple[FileEdit, ...], Proposal] = {}
    for proposal in proposals:
        first = merged.get(proposal.edits)
        if first is None:
            merged[proposal.edits] = proposal
            continue
        better, lesser = sorted((first, proposal), key=_strength, reverse=True)
        agents = {rationale.agent for rationale in (*first.rationales, *proposal.rationales)}
        agrees = len(agents) > len({rationale.agent for rationale in first.rationales})
        merged[proposal.edits] = replace(
            better,
            score=max(first.score, proposal.score) + (AGREEMENT if agrees else 0.0),
            risk_level=max(first.risk_level, proposal.risk_level, key=lambda level: level.rank),
            rationales=_unique((*better.rationales, *lesser.rationales)),
            finding_ids=_unique((*better.finding_ids, *lesser.finding_ids)),
            fingerprints=_unique((*better.fingerprints, *lesser.fingerprints)),
            tags=_unique((*better.tags, *lesser.tags)),
            rules=_unique((*better.rules, *lesser.rules)),
        )
    return list(merged.values())


def _strength(proposal: Proposal) -> tuple[bool, float]:
    """Of two that change the same the one that promises more goes on: the weaker promise must not stand for both."""
    return proposal.proof.kind is not ProofKind.CHECKS, proposal.score


def _edits_conflict(one: FileEdit, other: FileEdit) -> bool:
    if not set(one.paths) & set(other.paths):
        return False
    if one.kind != "modify" or other.kind != "modify":
        return True
    return any(
        left.start <= right.end and right.start <= left.end for left in one.replacements for right in other.replacements
    )


def _unique(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))
