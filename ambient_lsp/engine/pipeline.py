"""The road, stage by stage; only this module knows the order.

context -> propose -> refine -> gate -> patch and verify -> gate again -> store -> surface
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.engine import learning
from ambient_lsp.engine.looking import forget_glance, forget_unasked, propose
from ambient_lsp.engine.proving import prove
from ambient_lsp.engine.refine import refine
from ambient_lsp.errors import AmbientError
from ambient_lsp.model import ProposalState, Verdict, VerdictOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.engine.road import Road
    from ambient_lsp.model import Context, Proposal


async def travel(road: Road) -> None:
    """Take one trigger down the whole road; `glance` has gone before."""
    road.progress("context", "reading the repository", 0, 1)
    context = await road.pack()
    road.bench.know(context.targets)
    for path, reason in context.skipped.items():
        if path in road.run.trigger.paths:
            road.problem(path, AmbientError(f"{path} was skipped: {reason}"))
            forget_glance(road, path)
    forget_unasked(road, context)
    drafts = await propose(road, context)
    kept = await narrow(road, context, drafts)
    await prove(road, context, kept)
    withdraw_outdated(road, context, drafts)
    with road.store.transaction():
        for target in context.targets:
            road.store.set_value(f"reviewed:{target.path}", target.sha256)


async def narrow(road: Road, context: Context, drafts: Sequence[Proposal]) -> list[Proposal]:
    """Let the specialists see each other's proposals, then merge, rank and cap them."""
    refined: list[Proposal] = []
    known = {agent.name for agent in road.specialists}
    for agent in road.specialists:
        try:
            refined += await agent.refine(drafts, context)
        except Exception as error:  # a border, as above: its drafts go on as they were
            road.problem(agent.name, error)
            refined += [draft for draft in drafts if draft.agent == agent.name]
    refined += [draft for draft in drafts if draft.agent not in known]
    history = road.store.proposals() if road.config.learning.enabled else []
    weights = learning.weights(road.config.learning, history, road.store.outcomes())
    result = refine(refined, per_file=road.config.agents.max_proposals_per_file, weights=weights)
    for rest in result.set_aside:
        verdict = Verdict(VerdictOutcome.INCONCLUSIVE, rest.reason)
        road.keep(replace(rest.proposal, state=ProposalState.CONFLICT, verdict=verdict))
    return list(result.kept)


def withdraw_outdated(road: Road, context: Context, drafts: Sequence[Proposal]) -> None:
    """Mark open proposals of the files just looked at as stale where nobody proposes them any more."""
    current = {target.path: target.sha256 for target in context.targets}
    again = {draft.id for draft in drafts}
    failed = {error.where for error in road.errors}
    for proposal in road.store.proposals(states=[ProposalState.OFFERED], paths=list(current)):
        outdated = any(current.get(edit.path, edit.base_sha256) != edit.base_sha256 for edit in proposal.edits)
        looked_for = context.fixes and proposal.agent not in failed
        if proposal.id not in again and (outdated or looked_for):
            road.settle(replace(proposal, state=ProposalState.STALE), proposal)
