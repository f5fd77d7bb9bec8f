"""The proposals that the engines told of, found by id, by finding and by file. A cache: the store is the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.lsp.workspaces import Workspace
from ambient_lsp.model import PART, DecisionKind, Proposal, ProposalState, RiskLevel

if TYPE_CHECKING:
    from ambient_lsp.engine.engine import Engine

_GONE = frozenset(
    {
        ProposalState.APPLIED,
        ProposalState.PARTLY,
        ProposalState.DISMISSED,
        ProposalState.STALE,
        ProposalState.REVERTED,
    }
)

_ALIVE = frozenset({ProposalState.DRAFTED, ProposalState.CHECKING, ProposalState.OFFERED})

MOST_HINTS = 200
"""Proposals kept that only say why there is no fix; each save may bring more, and nobody withdraws them."""


def needs_approval(proposal: Proposal) -> bool:
    """Whether a person has to agree before the proposal may be applied."""
    asks = proposal.decision is not None and proposal.decision.kind is DecisionKind.CONFIRM
    return proposal.state is ProposalState.OFFERED and asks


def with_approval(engine: Engine, proposal: Proposal) -> Proposal:
    """Return a proposal with what the gate says of it now: approvals are kept beside it, not in it."""
    if not needs_approval(proposal):
        return proposal
    return replace(proposal, decision=engine.decide(proposal))


class Fixes:
    """Proposals that may still be of use."""

    def __init__(self) -> None:
        self._proposals: dict[tuple[Workspace, str], Proposal] = {}
        self._by_finding: dict[tuple[Workspace, str], dict[str, None]] = {}

    def put(self, workspace: Workspace, proposal: Proposal) -> None:
        """Keep a proposal's newest state; forget it when there is nothing left to offer.

        Pieces of a fix that did not hold are no news at the finding: the fix itself is still there.
        """
        self._forget(workspace, proposal)
        if proposal.state in _GONE or (PART in proposal.tags and proposal.state is not ProposalState.OFFERED):
            return
        self._proposals[workspace, proposal.id] = proposal
        for finding_id in proposal.finding_ids:
            self._by_finding.setdefault((workspace, finding_id), {})[proposal.id] = None
        if proposal.state not in _ALIVE:
            hints = [(owner, one) for (owner, _), one in self._proposals.items() if one.state not in _ALIVE]
            for owner, oldest in hints[:-MOST_HINTS]:
                self._forget(owner, oldest)

    def _forget(self, workspace: Workspace, proposal: Proposal) -> None:
        self._proposals.pop((workspace, proposal.id), None)
        for finding_id in proposal.finding_ids:
            ids = self._by_finding.get((workspace, finding_id), {})
            ids.pop(proposal.id, None)
            if not ids:
                self._by_finding.pop((workspace, finding_id), None)

    def of_finding(self, workspace: Workspace, finding_id: str) -> list[Proposal]:
        """Return the proposals for a finding, best first."""
        ids = self._by_finding.get((workspace, finding_id), {})
        return sorted((self._proposals[workspace, key] for key in ids), key=lambda proposal: -proposal.score)

    def of_path(self, workspace: Workspace, path: str) -> list[Proposal]:
        """Return the proposals that touch a file."""
        return [
            item for (owner, _), item in self._proposals.items() if owner is workspace and path in item.files_touched
        ]

    def find(self, proposal_id: str) -> tuple[Workspace, Proposal] | None:
        """Return a proposal and its folder."""
        for (workspace, key), proposal in self._proposals.items():
            if key == proposal_id:
                return workspace, proposal
        return None

    def drop(self, workspace: Workspace) -> None:
        """Forget a folder."""
        for table in (self._proposals, self._by_finding):
            for key in [key for key in table if key[0] is workspace]:
                del table[key]

    def __iter__(self) -> Iterator[Proposal]:
        return iter(list(self._proposals.values()))


def harmless(proposal: Proposal) -> bool:
    """Whether a proposal may be taken with one key press: proven, allowed, low risk, one existing file."""
    return (
        proposal.state is ProposalState.OFFERED
        and proposal.decision is not None
        and proposal.decision.kind is DecisionKind.ALLOW
        and proposal.proven
        and proposal.risk_level is RiskLevel.LOW
        and len(proposal.edits) == 1
        and proposal.edits[0].kind == "modify"
    )
