"""Proving: the gate, the sandbox, the gate again, and what became of each proposal."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.engine import learning, risk
from ambient_lsp.engine.workbench import PatchedWorkbench
from ambient_lsp.errors import AmbientError
from ambient_lsp.events import ProposalChanged
from ambient_lsp.model import DecisionKind, Finding, ProposalState, Snapshot, Verdict, VerdictOutcome
from ambient_lsp.text import freeze

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ambient_lsp.engine.road import Road
    from ambient_lsp.model import Context, Decision, Proposal
    from ambient_lsp.protocols import Readiness, Recheck

NOT_ASKED = "It was not checked: this run was asked for findings only."


async def prove(road: Road, context: Context, proposals: Sequence[Proposal]) -> None:
    """Gate, verify, gate again, and store, as many at a time as the machine has room for."""
    road.proposals = len(proposals)
    if not proposals:
        return
    tree = await road.tree()
    done = 0
    road.progress("verify", f"0/{len(proposals)} fixes checked", 0, len(proposals))

    async def check(proposal: Proposal) -> None:
        nonlocal done
        async with road.slots:
            await _check(road, context, tree, proposal)
        done += 1
        road.progress("verify", f"{done}/{len(proposals)} fixes checked", done, len(proposals))

    async with asyncio.TaskGroup() as group:
        for proposal in proposals:
            group.create_task(check(proposal))


async def _check(road: Road, context: Context, tree: str, proposal: Proposal) -> None:
    known = road.earlier(proposal)
    if known is not None and _settled(road, known):
        return
    texts = {path: await _text(road, context, path) for edit in proposal.edits for path in edit.paths}
    bases = {path: text for path, text in texts.items() if text is not None}
    concerns = road.concerns(proposal, bases)
    decision = risk.decide(proposal, road.config.risk_policy, concerns=concerns, gates=road.gates, context=context)
    proposal = replace(proposal, decision=decision)
    if decision.kind is DecisionKind.BLOCK:
        _tell_gate(road, proposal, decision)
        road.keep(replace(proposal, state=ProposalState.BLOCKED))
        return
    if known is not None and known.verdict is not None and await _still_proven(road, known, known.verdict, tree):
        road.offered += 1
        decision = risk.with_verdict(decision, known.verdict)  # the policy may be another than it was then
        road.keep(replace(known, run_id=road.run.id, created=proposal.created, decision=decision))
        return
    if road.verify is None:
        verdict = Verdict(VerdictOutcome.INCONCLUSIVE, NOT_ASKED)
    else:
        # One that is offered stays stored with its earlier proof until there is a new verdict: a process that is killed
        # meanwhile must not lose it.
        offered = known if known is not None and known.state is ProposalState.OFFERED else None
        checking = replace(proposal, state=ProposalState.CHECKING)
        if offered is None:
            road.store.save_proposal(checking)
        road.publish(ProposalChanged(road.run.id, checking))
        try:
            verdict = await road.verify(proposal, tree, texts, rechecker(road, context))
        except Exception as error:  # a border: what the proof of one fix trips over must not stop the others
            road.problem(f"checking “{proposal.title}”", error)
            verdict = Verdict(VerdictOutcome.INCONCLUSIVE, f"It could not be checked. {error}")
        except asyncio.CancelledError:
            road.settle(offered or replace(proposal, state=ProposalState.STALE), known)
            raise
    await _conclude(road, replace(proposal, verdict=replace(verdict, tree=tree)), bases, tree, known)


async def _conclude(
    road: Road, proposal: Proposal, bases: Mapping[str, str], tree: str, known: Proposal | None
) -> None:
    if proposal.verdict is None or proposal.decision is None:
        return
    outcome = proposal.verdict.outcome
    decision = risk.with_verdict(proposal.decision, proposal.verdict)
    if outcome is not VerdictOutcome.PASSED:
        state = ProposalState.FAILED if outcome is VerdictOutcome.FAILED else ProposalState.INCONCLUSIVE
        road.settle(replace(proposal, decision=decision, state=state), known)
        return
    if decision.kind is not DecisionKind.ALLOW:
        _tell_gate(road, proposal, decision)
    for text in bases.values():
        road.store.save_text(text)
    offered = replace(proposal, decision=decision, state=ProposalState.OFFERED)
    try:
        offered = replace(offered, commit=await road.record(offered, tree))
    except AmbientError as error:  # the commit is for people who look with git; the fix is whole without it
        road.problem(f"recording “{proposal.title}”", error)
    road.offered += 1
    road.settle(offered, known)


def _tell_gate(road: Road, proposal: Proposal, decision: Decision) -> None:
    road.log(
        "risk_trigger",
        {"proposal": proposal.id, "agent": proposal.agent, "title": proposal.title,
         "risk": proposal.risk_level.value, "decision": decision.kind.value, "reasons": list(decision.reasons)},
    )  # fmt: skip


async def _text(road: Road, context: Context, path: str) -> str | None:
    target = next((target for target in context.targets if target.path == path), None)
    snapshot = target or await road.bench.read(path)
    return None if snapshot is None else snapshot.text


async def _still_proven(road: Road, known: Proposal, verdict: Verdict, tree: str) -> bool:
    """Whether an earlier proof holds: on this very tree, with the same settings and packages, or unless a new one is
    asked for."""
    if known.state is not ProposalState.OFFERED:
        return False
    if road.verify is None:
        return True
    return verdict.tree == tree and (road.conditions is None or await road.conditions() == verdict.conditions)


def _settled(road: Road, known: Proposal) -> bool:
    """Tell whether a person has decided about it, and finding the same again must not undo that.

    A dismissal is remembered at the findings, which have been left out by now if it still holds; a proposal without
    any has only its own state. One that was applied is found again only if the text is as it was before, and then it
    is offered again.
    """
    if known.state is not ProposalState.DISMISSED:
        return False
    muted = {key[1] for key in learning.by_key(road.store.dismissals(time.time()))}
    return not known.fingerprints or not muted.isdisjoint(known.fingerprints)


def rechecker(road: Road, context: Context) -> Recheck:
    """Return a function that asks one specialist what it finds in patched texts."""

    async def recheck(agent: str, texts: Mapping[str, str | None]) -> list[Finding]:
        specialist = next(one for one in road.specialists if one.name == agent)
        snapshots = {path: None if text is None else freeze(road.root, path, text) for path, text in texts.items()}
        targets: tuple[Snapshot, ...] = tuple(one for one in snapshots.values() if one is not None)
        patched = replace(context, targets=targets, fixes=False)
        async with aclosing(specialist.propose(patched, PatchedWorkbench(road.bench, snapshots))) as stream:  # type: ignore[type-var]  # as above
            return [item async for item in stream if isinstance(item, Finding)]

    return recheck


def no_sandbox(readiness: Sequence[Readiness]) -> Verdict:
    """Return the verdict where nothing can be run: never a pass, with what to do about it."""
    why = " ".join(f"{one.backend}: {one.reason} {one.next_step}".strip() for one in readiness if not one.ready)
    return Verdict(VerdictOutcome.INCONCLUSIVE, f"No sandbox is ready, so nothing could be run. {why}".strip())
