"""The road, stage by stage; only this module knows the order.

context -> propose -> refine -> gate -> patch and verify -> gate again -> store -> surface

What the local analyzers propose is proven while the model is still being asked; what the model adds goes the same way
after it, side by side with the rest.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.engine import learning
from ambient_lsp.engine.looking import forget_glance, forget_unasked, propose
from ambient_lsp.engine.proving import prove
from ambient_lsp.engine.refine import refine
from ambient_lsp.engine.thinking import think
from ambient_lsp.errors import AmbientError
from ambient_lsp.model import ProposalState, Verdict, VerdictOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.engine.refine import Refined
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
    thinking = asyncio.create_task(think(road, context, drafts))
    try:
        await prove_best(road, context, drafts)
        deeper = await thinking
    finally:
        thinking.cancel()
        await asyncio.gather(thinking, return_exceptions=True)
    if deeper:
        drafts = [*drafts, *deeper]
        await prove_best(road, context, drafts)
    withdraw_outdated(road, context, drafts)
    with road.store.transaction():
        for target in context.targets:
            road.store.set_value(f"reviewed:{target.path}", target.sha256)


async def prove_best(road: Road, context: Context, drafts: Sequence[Proposal]) -> None:
    """Prove the best proposals; where some do not hold, those that had to stand back for them have their turn, once."""
    best = narrow(road, await look_at_each_other(road, context, drafts))
    await prove(road, context, best.kept)
    if road.verify is None or not best.set_aside:
        return
    offered = {one.id for one in road.store.proposals(states=[ProposalState.OFFERED])}
    standing = [one for one in best.kept if one.id in offered]
    free = {path for one in best.kept if one.id not in offered for path in one.files_touched}
    second = [rest.proposal for rest in best.set_aside if free.intersection(rest.proposal.files_touched)]
    await prove(road, context, narrow(road, second, standing).kept)


async def look_at_each_other(road: Road, context: Context, drafts: Sequence[Proposal]) -> list[Proposal]:
    """Let the specialists see each other's proposals; return what they make of them."""
    refined: list[Proposal] = []
    known = {agent.name for agent in road.specialists}
    for agent in road.specialists:
        try:
            refined += await agent.refine(drafts, context)
        except Exception as error:  # a border, as above: its drafts go on as they were
            road.problem(agent.name, error)
            refined += [draft for draft in drafts if draft.agent == agent.name]
    return refined + [draft for draft in drafts if draft.agent not in known]


def narrow(road: Road, proposals: Sequence[Proposal], standing: Sequence[Proposal] = ()) -> Refined:
    """Merge, rank and cap; those that do not go on are stored with the reason."""
    settings = road.config.learning
    weights = learning.weights(settings, road.store.proposals(), road.store.outcomes()) if settings.enabled else {}
    most = road.config.agents.max_proposals_per_file
    result = refine(proposals, per_file=most, weights=weights, standing=standing)
    for rest in result.set_aside:
        verdict = Verdict(VerdictOutcome.INCONCLUSIVE, rest.reason)
        road.keep(replace(rest.proposal, state=ProposalState.CONFLICT, verdict=verdict))
    return result


def withdraw_outdated(road: Road, context: Context, drafts: Sequence[Proposal]) -> None:
    """Mark open proposals of the files just looked at as stale where nobody proposes them any more."""
    current = {target.path: target.sha256 for target in context.targets}
    again = {draft.id for draft in drafts}
    failed = {error.where for error in road.errors}
    for proposal in road.store.proposals(states=[ProposalState.OFFERED], paths=list(current)):
        if "swarm" in proposal.tags:  # of many files: applying it looks at each, and one that changed is not the rest
            continue
        outdated = any(current.get(edit.path, edit.base_sha256) != edit.base_sha256 for edit in proposal.edits)
        # What a model proposed holds until the text changes: it is not asked every time.
        looked_for = context.fixes and proposal.agent not in failed and "model" not in proposal.tags
        if proposal.id not in again and (outdated or looked_for):
            road.settle(replace(proposal, state=ProposalState.STALE), proposal)
