"""The road, stage by stage; only this module knows the order.

context -> propose -> refine -> gate -> patch and verify -> gate again -> store -> surface
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ambient_lsp.engine import learning, risk
from ambient_lsp.engine.refine import merge_findings, refine, scored
from ambient_lsp.engine.workbench import PatchedWorkbench
from ambient_lsp.errors import AmbientError
from ambient_lsp.events import FindingsReported, Problem, Progress, ProposalChanged
from ambient_lsp.model import (
    Context,
    Decision,
    DecisionKind,
    Finding,
    Proposal,
    ProposalState,
    RunError,
    Snapshot,
    Verdict,
    VerdictOutcome,
)
from ambient_lsp.text import freeze

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from ambient_lsp.config import Config
    from ambient_lsp.engine.run import Run
    from ambient_lsp.engine.workbench import EngineWorkbench
    from ambient_lsp.events import Event
    from ambient_lsp.protocols import Proposer, Readiness, Recheck, Store

NOT_ASKED = "It was not checked: this run was asked for findings only."


_DECIDED = frozenset({ProposalState.APPLIED, ProposalState.PARTLY, ProposalState.DISMISSED, ProposalState.REVERTED})
"""States that only a person brings about."""


@dataclass(slots=True)
class Road:
    """Everything that one run needs, handed in by the engine."""

    run: Run
    root: Path
    config: Config
    store: Store
    specialists: Sequence[Proposer]
    bench: EngineWorkbench
    gates: Sequence[tuple[str, risk.Gate]]
    publish: Callable[[Event], None]
    pack: Callable[[], Awaitable[Context]]
    tree: Callable[[], Awaitable[str]]
    record: Callable[[Proposal, str], Awaitable[str]]
    verify: Callable[[Proposal, str, Mapping[str, str | None], Recheck], Awaitable[Verdict]] | None
    concerns: Callable[[Proposal, Mapping[str, str]], tuple[str, ...]]
    slots: asyncio.Semaphore
    conditions: Callable[[], Awaitable[str]] | None = None
    first_look: Callable[[Snapshot], Awaitable[Mapping[str, Sequence[Finding]]]] | None = None
    log: Callable[[str, dict[str, Any]], None] = lambda _kind, _data: None
    errors: list[RunError] = field(default_factory=list)
    findings: int = 0
    offered: int = 0
    proposals: int = 0

    def problem(self, where: str, error: BaseException) -> None:
        """Say that a part did not work; the rest of the run goes on."""
        message = str(error) if isinstance(error, AmbientError) else f"{type(error).__name__}: {error}"
        self.errors.append(RunError(where, message))
        self.publish(Problem(self.run.id, self.errors[-1]))

    def progress(self, stage: str, message: str, done: int, total: int) -> None:
        """Say how far the run is."""
        self.publish(Progress(self.run.id, stage, message, done, total))


async def travel(road: Road) -> None:
    """Take one trigger down the whole road; `glance` has gone before."""
    road.progress("context", "reading the repository", 0, 1)
    context = await road.pack()
    for path, reason in context.skipped.items():
        if path in road.run.trigger.paths:
            road.problem(path, AmbientError(f"{path} was skipped: {reason}"))
            forget_glance(road, path)
    forget_unasked(road, context)
    drafts = await propose(road, context)
    kept = await narrow(road, context, drafts)
    await prove(road, context, kept)
    withdraw_outdated(road, context, drafts)
    for target in context.targets:
        road.store.set_value(f"reviewed:{target.path}", target.sha256)


async def glance(road: Road) -> None:
    """Publish what the resident linter sees in the one buffer that was just saved or opened, within milliseconds.

    Each specialist's own report, a little later, takes the place of this one.
    """
    trigger = road.run.trigger
    snapshot = next((one for one in trigger.snapshots if trigger.paths == (one.path,)), None)
    if snapshot is None or road.first_look is None:
        return
    try:
        found = await road.first_look(snapshot)
    except AmbientError as error:  # the specialists look again with a process of their own
        road.problem("first look", error)
        return
    dismissed = learning.by_key(road.store.dismissals(time.time()))
    for agent, findings in found.items():
        fresh = tuple(one for one in findings if not learning.is_dismissed(one, dismissed))
        road.publish(FindingsReported(road.run.id, agent, snapshot.path, snapshot.sha256, fresh))


def forget_glance(road: Road, path: str) -> None:
    """Take back what a glance published of a file that turns out to be left alone."""
    for snapshot in road.run.trigger.snapshots:
        if snapshot.path == path:
            for agent in road.specialists:
                road.publish(FindingsReported(road.run.id, agent.name, path, snapshot.sha256, ()))


def forget_unasked(road: Road, context: Context) -> None:
    """Take back what specialists found who are not asked any more: the settings have changed since."""
    asked = {agent.name for agent in road.specialists}
    hashes = {target.path: target.sha256 for target in context.targets}
    known = road.store.findings(path=next(iter(hashes)) if len(hashes) == 1 else "")
    for agent, path in dict.fromkeys((one.agent, one.path) for one in known):
        if agent not in asked and path in hashes:
            road.store.save_findings(agent, path, hashes[path], ())
            road.publish(FindingsReported(road.run.id, agent, path, hashes[path], ()))


async def propose(road: Road, context: Context) -> list[Proposal]:
    """Ask all specialists at once. One that fails is reported; what it gave before counts, and the others go on."""
    total = len(road.specialists)
    done = 0
    dismissed = learning.by_key(road.store.dismissals(time.time()))

    async def ask(agent: Proposer) -> list[Proposal]:
        nonlocal done
        given: list[Proposal] = []
        try:
            await _listen(road, context, agent, dismissed, given)
        except Exception as error:  # a border: a specialist may be anybody's code, and must not stop the others
            road.problem(agent.name, error)
        done += 1
        road.progress("propose", f"{done}/{total} specialists", done, total)
        return given

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(agent)) for agent in road.specialists]
    drafts = [draft for task in tasks for draft in task.result()]
    return [replace(draft, run_id=road.run.id, created=time.time()) for draft in drafts]


async def _listen(
    road: Road,
    context: Context,
    agent: Proposer,
    dismissed: Mapping[tuple[str, str], object],
    drafts: list[Proposal],
) -> None:
    """Take what one specialist yields into `drafts`. Findings are published as soon as it turns to something else.

    Of one that fails, what it found is published, and files that it may not have come to keep what was known.
    """
    found: dict[str, list[Finding]] = defaultdict(list)
    known: dict[str, Finding] = {}
    muted: set[str] = set()
    hashes = {target.path: target.sha256 for target in context.targets}
    unsaid = dict.fromkeys(hashes, False)

    def report(paths: Iterable[str]) -> None:
        for path in list(paths):
            unsaid.pop(path, None)
            findings = _most_severe(merge_findings(found[path]), road.config.agents.max_findings_per_file)
            road.store.save_findings(agent.name, path, hashes[path], findings)
            road.publish(FindingsReported(road.run.id, agent.name, path, hashes[path], tuple(findings)))

    try:
        async with aclosing(agent.propose(context, road.bench)) as stream:  # type: ignore[type-var]  # every async generator can be closed
            async for item in stream:
                if isinstance(item, Finding):
                    if (item.rule, item.fingerprint) in dismissed:
                        muted.add(item.id)
                        continue
                    found[item.path].append(item)
                    known[item.id] = item
                    hashes.setdefault(item.path, item.base_sha256)
                    unsaid[item.path] = True
                    continue
                report([path for path, fresh in unsaid.items() if fresh])
                if not item.finding_ids or not muted.issuperset(item.finding_ids):
                    drafts.append(scored(item, known))
    except Exception:
        report([path for path, fresh in unsaid.items() if fresh])
        raise
    finally:
        road.findings += sum(len(findings) for findings in found.values())
    report(unsaid)
    limit = road.config.agents.max_findings_per_file
    for path, findings in found.items():
        if len(findings) > limit:
            words = f"{agent.name} found {len(findings)}; the {limit} most severe are kept"
            road.problem(path, AmbientError(f"{words} (agents.max_findings_per_file)."))


def _most_severe(findings: list[Finding], limit: int) -> list[Finding]:
    """Return at most `limit`, the most severe ones, in the order that they came in."""
    if len(findings) <= limit:
        return findings
    kept = {id(one) for one in sorted(findings, key=lambda one: -one.severity.rank)[:limit]}
    return [one for one in findings if id(one) in kept]


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
        _keep(road, replace(rest.proposal, state=ProposalState.CONFLICT, verdict=verdict))
    return list(result.kept)


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
    known = _earlier(road, proposal)
    if known is not None and _settled(road, known):
        return
    texts = {path: await _text(road, context, path) for edit in proposal.edits for path in edit.paths}
    bases = {path: text for path, text in texts.items() if text is not None}
    concerns = road.concerns(proposal, bases)
    decision = risk.decide(proposal, road.config.risk_policy, concerns=concerns, gates=road.gates, context=context)
    proposal = replace(proposal, decision=decision)
    if decision.kind is DecisionKind.BLOCK:
        _tell_gate(road, proposal, decision)
        _keep(road, replace(proposal, state=ProposalState.BLOCKED))
        return
    if known is not None and known.verdict is not None and await _still_proven(road, known, known.verdict, tree):
        road.offered += 1
        decision = risk.with_verdict(decision, known.verdict)  # the policy may be another than it was then
        _keep(road, replace(known, run_id=road.run.id, created=proposal.created, decision=decision))
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
            _settle(road, offered or replace(proposal, state=ProposalState.STALE), known)
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
        _settle(road, replace(proposal, decision=decision, state=state), known)
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
    _settle(road, offered, known)


def _tell_gate(road: Road, proposal: Proposal, decision: Decision) -> None:
    road.log(
        "risk_trigger",
        {"proposal": proposal.id, "agent": proposal.agent, "title": proposal.title,
         "risk": proposal.risk_level.value, "decision": decision.kind.value, "reasons": list(decision.reasons)},
    )  # fmt: skip


def withdraw_outdated(road: Road, context: Context, drafts: Sequence[Proposal]) -> None:
    """Mark open proposals of the files just looked at as stale where nobody proposes them any more."""
    current = {target.path: target.sha256 for target in context.targets}
    again = {draft.id for draft in drafts}
    failed = {error.where for error in road.errors}
    for proposal in road.store.proposals(states=[ProposalState.OFFERED], paths=list(current)):
        outdated = any(current.get(edit.path, edit.base_sha256) != edit.base_sha256 for edit in proposal.edits)
        if proposal.id not in again and (outdated or proposal.agent not in failed):
            _settle(road, replace(proposal, state=ProposalState.STALE), proposal)


def rechecker(road: Road, context: Context) -> Recheck:
    """Return a function that asks one specialist what it finds in patched texts."""

    async def recheck(agent: str, texts: Mapping[str, str | None]) -> list[Finding]:
        specialist = next(one for one in road.specialists if one.name == agent)
        snapshots = {path: None if text is None else freeze(road.root, path, text) for path, text in texts.items()}
        targets: tuple[Snapshot, ...] = tuple(one for one in snapshots.values() if one is not None)
        patched = replace(context, targets=targets)
        async with aclosing(specialist.propose(patched, PatchedWorkbench(road.bench, snapshots))) as stream:  # type: ignore[type-var]  # as above
            return [item async for item in stream if isinstance(item, Finding)]

    return recheck


def no_sandbox(readiness: Sequence[Readiness]) -> Verdict:
    """Return the verdict where nothing can be run: never a pass, with what to do about it."""
    why = " ".join(f"{one.backend}: {one.reason} {one.next_step}".strip() for one in readiness if not one.ready)
    return Verdict(VerdictOutcome.INCONCLUSIVE, f"No sandbox is ready, so nothing could be run. {why}".strip())


async def _text(road: Road, context: Context, path: str) -> str | None:
    target = next((target for target in context.targets if target.path == path), None)
    snapshot = target or await road.bench.read(path)
    return None if snapshot is None else snapshot.text


def _earlier(road: Road, proposal: Proposal) -> Proposal | None:
    return next((one for one in road.store.proposals(paths=proposal.files_touched) if one.id == proposal.id), None)


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


def _settle(road: Road, proposal: Proposal, known: Proposal | None) -> None:
    """Keep a proposal unless a person, maybe in another window, has decided about it since it was `known`."""
    with road.store.transaction():
        now = _earlier(road, proposal)
        if now is not None and now.state in _DECIDED and (known is None or now.state is not known.state):
            return
        road.store.save_proposal(proposal)
    road.publish(ProposalChanged(road.run.id, proposal))


def _keep(road: Road, proposal: Proposal) -> None:
    """Store first, tell afterwards: what a listener hears of is never lost."""
    road.store.save_proposal(proposal)
    road.publish(ProposalChanged(road.run.id, proposal))
