"""What decisions teach: dismissed findings stay away, and specialists who were right before rank higher."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ambient_lsp.config import Learning
    from ambient_lsp.model import Dismissal, Finding, Outcome, Proposal

PRIOR = 4.0
"""How many imagined decisions, half of them good, a specialist starts with: a few real ones must not swing its rank."""


def is_dismissed(finding: Finding, dismissals: Mapping[tuple[str, str], Dismissal]) -> bool:
    """Tell whether somebody has said that they do not want to see this finding again."""
    return (finding.rule, finding.fingerprint) in dismissals


def by_key(dismissals: Iterable[Dismissal]) -> dict[tuple[str, str], Dismissal]:
    """Return the dismissals by what they are looked up with."""
    return {(dismissal.rule, dismissal.fingerprint): dismissal for dismissal in dismissals}


def weights(settings: Learning, proposals: Iterable[Proposal], outcomes: Iterable[Outcome]) -> dict[str, float]:
    """Return a factor for each agent's scores, 0.5 (never accepted) to 1.5 (always); empty when learning is off."""
    if not settings.enabled:
        return {}
    agent_of = {proposal.id: proposal.agent for proposal in proposals}
    good: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    for outcome in outcomes:
        agent = agent_of.get(outcome.proposal_id)
        if agent is None:
            continue
        if settings.track_agent_success and outcome.kind in ("applied", "approved"):
            good[agent] += 1
        elif settings.track_agent_success and outcome.kind == "dismissed":
            bad[agent] += 1
        elif settings.track_revert_rate and outcome.kind == "reverted":
            bad[agent] += 2
    return {
        agent: 0.5 + (good[agent] + PRIOR / 2) / (good[agent] + bad[agent] + PRIOR) for agent in set(agent_of.values())
    }
