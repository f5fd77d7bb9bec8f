"""Thinking: the specialists ask the model, see each other's proposals, and have their claims attacked.

One request leads, and the others follow at its first piece, when the host has kept the beginning that they share. A
specialist that fails is reported, and the others go on. Where no model answers, nothing happens: the local analyzers
have done their part by then.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from ambient_lsp.agents.thinking.briefing import NeverSend, brief
from ambient_lsp.agents.thinking.claims import Sources
from ambient_lsp.agents.thinking.markdown import load
from ambient_lsp.agents.thinking.prompts import SPECIALISTS, specialist_prompt
from ambient_lsp.agents.thinking.refuter import refute
from ambient_lsp.agents.thinking.specialist import Judgement, ModelSpecialist, Unfit, Withdrawal
from ambient_lsp.engine import learning
from ambient_lsp.engine.confidence import scored
from ambient_lsp.engine.showing import Showing
from ambient_lsp.errors import (
    AmbientError,
    BudgetExhausted,
    ModelError,
    ModelRefused,
    ModelUnavailable,
    QuotaExhausted,
)
from ambient_lsp.events import FindingsReported, ModelCondition
from ambient_lsp.model import Finding, Proposal, ProposalState, Rationale, Verdict, VerdictOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ambient_lsp.agents.thinking.briefing import Brief, Read
    from ambient_lsp.config import Config
    from ambient_lsp.engine.asking import Model
    from ambient_lsp.engine.road import Road
    from ambient_lsp.llm.tokens import Estimate
    from ambient_lsp.model import Context, Snapshot

_MOST_TARGETS = 8
"""More files at once are a review of the repository: that is what a batch run or a mission is for."""


async def think(road: Road, context: Context, drafts: Sequence[Proposal]) -> list[Proposal]:
    """Return what the specialists propose with a model; nothing where none answers or none may be asked.

    Findings are published as soon as they are read. Whatever goes wrong is told, and the run goes on.
    """
    if road.model is None or not will_think(road, context):
        return []
    try:
        thought = await _Thought.begin(road, context, await road.model(), drafts)
        await thought.think()
    except Exception as error:  # a border: what a model's answer trips over must not stop the road
        road.problem("model", error)
        return []
    finally:
        _settled(road, context)
    now = time.time()
    return [replace(one, run_id=road.run.id, created=now) for one in thought.proposals.values()]


def will_think(road: Road, context: Context) -> bool:
    """Tell whether the model is asked in this run, as far as that can be known beforehand."""
    return (
        road.model is not None
        and context.fixes
        and 0 < len(context.targets) <= _MOST_TARGETS
        and road.run.trigger.kind.value in road.config.swarm.triggers
    )


def _settled(road: Road, context: Context) -> None:
    """Tell that no more of the model is coming: what is kept now holds, and what it said of older texts does not."""
    dismissed = learning.by_key(road.store.dismissals(time.time()))
    for target in context.targets:
        kept = [one for one in road.store.findings(path=target.path) if not learning.is_dismissed(one, dismissed)]
        agents = dict.fromkeys((*(one.name for one in road.specialists), *(one.agent for one in kept)))
        for agent in agents:
            own = tuple(one for one in kept if one.agent == agent and one.base_sha256 == target.sha256)
            road.publish(FindingsReported(road.run.id, agent, target.path, target.sha256, own))


async def told_to_all(
    context: Context,
    findings: Iterable[Finding],
    read: Read,
    config: Config,
    estimate: Estimate | None = None,
    most: int = 0,
) -> Brief:
    """Return what every specialist of a run is told, in `most` tokens or as many as are configured; nothing is sent."""
    return await brief(
        context,
        [one for one in findings if not one.hidden and "model" not in one.tags],
        read,
        budget=most or config.swarm.context_tokens,
        never=NeverSend(config.swarm.never_send),
        estimate=estimate,
        model=config.kimi.model_id,
    )


@dataclass
class _Thought:
    """What is known of one run's thinking so far."""

    road: Road
    context: Context
    model: Model
    local: Sequence[Proposal]
    specialists: list[ModelSpecialist]
    sources: Sources
    brief: Brief
    showing: Showing
    earlier: dict[tuple[str, str], list[Finding]]
    """What was said of the same texts when the model was asked before, by agent and path: shown until it has answered.
    """
    proposals: dict[str, Proposal] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    _done: int = 0
    _led: bool = False
    _answered: bool = False
    _trouble: ModelError | None = None

    @classmethod
    async def begin(cls, road: Road, context: Context, model: Model, drafts: Sequence[Proposal]) -> _Thought:
        known = [one for target in context.targets for one in road.store.findings(path=target.path) if not one.hidden]
        swarm = road.config.swarm
        most = await model.room()
        told = await told_to_all(context, known, road.bench.read, road.config, model.estimate, most)
        if await model.learn(told.text):
            told = await told_to_all(context, known, road.bench.read, road.config, model.estimate, most)
        shown: dict[str, Snapshot] = {}
        for path in told.files:
            if (snapshot := await road.bench.read(path)) is not None:
                shown[path] = snapshot
        targets = [target.path for target in context.targets if target.path in shown]
        sources = Sources(shown, frozenset(context.tree) - shown.keys())
        specialists = [
            ModelSpecialist(
                agent=one.name,
                words=specialist_prompt(one.name, targets),
                brief=told,
                sources=sources,
                ask=model.ask(road.run.id),
                known={finding.id: finding for finding in known},
                settings=road.bench.settings(one.name),
                answer_tokens=swarm.answer_tokens,
            )
            for one in road.specialists
            if one.name in SPECIALISTS and targets
        ]
        written = await asyncio.to_thread(load, road.root, [one.name for one in road.specialists])
        for warning in written.warnings:
            road.problem("specialists in Markdown", AmbientError(warning))
        specialists += [
            ModelSpecialist(
                agent=agent.name,
                words=agent.words,
                brief=told,
                sources=sources,
                ask=model.ask(road.run.id),
                known={finding.id: finding for finding in known},
                answer_tokens=swarm.answer_tokens,
                rules=agent.rules,
                may_edit=agent.may_edit,
            )
            for agent in written.agents
            if any(agent.looks_at(path) for path in targets)
        ]
        never = NeverSend(swarm.never_send)
        local = [one for one in drafts if not any(never(path) for path in one.files_touched)]
        showing = Showing.open(road.root, road.config, road.store, road.run.trigger)
        earlier: dict[tuple[str, str], list[Finding]] = defaultdict(list)
        for one in known:
            if "model" in one.tags and one.path in shown and one.base_sha256 == shown[one.path].sha256:
                earlier[one.agent, one.path].append(one)
        return cls(road, context, model, local, specialists, sources, told, showing, earlier)

    async def think(self) -> None:
        """Go through the rounds."""
        if not self.specialists:
            return
        await self.first_round()
        for _ in range(self.road.config.swarm.rounds - 1):
            if self._spent or not await self.another_round():
                break
        if self.road.config.swarm.refuter and not self._spent:
            await self.attack()
        self._tell_condition()

    @property
    def _spent(self) -> bool:
        return isinstance(self._trouble, BudgetExhausted)

    def _tell_condition(self) -> None:
        """Say how the model was, so that an editor can show it where it is looked for."""
        trouble = self._trouble
        if trouble is not None and (self._spent or not self._answered):
            state: Literal["spent", "unavailable"] = "spent" if self._spent else "unavailable"
            setting = str(trouble.details.get("setting", ""))
            self.road.publish(ModelCondition(self.road.run.id, state, trouble.what, setting))
        elif self._answered:
            self.road.publish(ModelCondition(self.road.run.id, "answers"))

    async def first_round(self) -> None:
        """Let one lead, and the others follow at its first piece, when the host has kept what all of them are told.

        Where the leader fails before that, the next one leads, unless it would fare no better.
        """
        waiting = deque(self.specialists)
        async with asyncio.TaskGroup() as group:
            while waiting and not self._led:
                leader, started = waiting.popleft(), asyncio.Event()
                leading = group.create_task(self._first_answer(leader, started))
                first_piece = group.create_task(started.wait())
                await asyncio.wait({leading, first_piece}, return_when=asyncio.FIRST_COMPLETED)
                first_piece.cancel()
                if leading.done() and leading.result():
                    return
                self._led = started.is_set()
            for one in () if self._spent else waiting:
                group.create_task(self._first_answer(one, asyncio.Event()))

    async def _first_answer(self, one: ModelSpecialist, started: asyncio.Event) -> bool:
        """Have one specialist ask; tell whether it failed so that nobody who has not asked yet need try."""
        try:
            async with aclosing(one.propose(started.set)) as said:
                async for claim in said:
                    self._take(one.agent, claim)
            self._answered = True
        except Exception as error:  # a border: what one specialist trips over is not the others' business
            hopeless = not self._led and not started.is_set() and _is_hopeless(error)
            self._failed(one.agent, error, alone=not hopeless)
            if hopeless:
                return True
        self._done += 1
        words = f"{self._done}/{len(self.specialists)} specialists have asked the model"
        self.road.progress("think", words, self._done, len(self.specialists))
        return False

    async def another_round(self) -> bool:
        """Let each see what all have proposed; tell whether anything has changed."""
        everybody = (*self.local, *self.proposals.values())
        changed = False

        async def ask(one: ModelSpecialist) -> None:
            nonlocal changed
            try:
                async with aclosing(one.reconsider(everybody)) as said:
                    async for claim in said:
                        changed = True
                        if isinstance(claim, Withdrawal):
                            self._take_back(one.agent, claim)
                        else:
                            self._take(one.agent, claim)
            except Exception as error:  # a border, as above
                self._failed(one.agent, error, alone=True)

        self.road.progress("think", "the specialists look at each other's proposals", 0, 1)
        async with asyncio.TaskGroup() as group:
            for one in self.specialists:
                group.create_task(ask(one))
        return changed

    async def attack(self) -> None:
        """Have every claim of the model attacked; drop those that code refutes."""
        if not self.proposals and not self.findings:
            return
        self.road.progress("think", "looking for what speaks against the claims", 0, 1)
        claims: dict[str, Finding | Proposal] = {**self.findings, **self.proposals}
        try:
            ask = self.model.ask(self.road.run.id)
            most = self.road.config.swarm.answer_tokens
            refuted = await refute(claims, self.brief, self.sources, ask, max_tokens=most)
        except Exception as error:  # a border, as above
            self._failed("refuter", error, alone=True)
            return
        for key, reason in refuted.items():
            self._set_aside(key, f"It was refuted: {reason}")
            self._forget(key)

    # ------------------------------------------------------------------------------------------------- inside

    def _take(self, agent: str, claim: Finding | Proposal | Judgement | Unfit) -> None:
        if isinstance(claim, Finding):
            for one in self.showing.judge(claim.path, self.sources.shown[claim.path].text, [claim]):
                self.findings[one.id] = one
                self._publish(agent, one.path)
        elif isinstance(claim, Proposal):
            if not self.showing.wants(claim):
                return
            kept = [one for target in self.context.targets for one in self.road.store.findings(path=target.path)]
            self.proposals[claim.id] = scored(claim, {**{one.id: one for one in kept}, **self.findings})
        elif isinstance(claim, Judgement):
            self._judge(agent, claim)
        else:
            self.road.log("model_unfit", {"agent": agent, "title": claim.title, "reason": claim.reason})

    def _publish(self, agent: str, path: str) -> None:
        """Tell all that a specialist says of a file: what its analyzers found, and what the model did."""
        snapshot = self.sources.shown.get(path)
        if snapshot is None:
            return
        kept = [one for one in self.road.store.findings(path=path) if one.agent == agent and "model" not in one.tags]
        mine = [one for one in self.findings.values() if one.agent == agent and one.path == path]
        self.road.store.save_findings(agent, path, snapshot.sha256, [*kept, *mine])
        again = {one.id for one in mine}
        told = (*kept, *mine, *(one for one in self.earlier.get((agent, path), ()) if one.id not in again))
        self.road.publish(FindingsReported(self.road.run.id, agent, path, snapshot.sha256, told, thinking=True))

    def _judge(self, agent: str, judgement: Judgement) -> None:
        """Write down what a model says of a local finding. It changes no rank: a text could have told it to say so."""
        doubt = f"The model doubts it: {judgement.reason or 'it gave no reason'}"
        words = "The model agrees." if judgement.right else doubt
        for target in self.context.targets:
            found = self.road.store.findings(path=target.path)
            if (one := next((one for one in found if one.id == judgement.finding_id), None)) is not None:
                noted = replace(one, rationales=(*one.rationales, Rationale(f"{agent} (model)", words)))
                own = [noted if other.id == one.id else other for other in found if other.agent == one.agent]
                self.road.store.save_findings(one.agent, target.path, target.sha256, own)
                told = (self.road.run.id, one.agent, target.path, target.sha256, tuple(own))
                self.road.publish(FindingsReported(*told, thinking=True))

    def _take_back(self, agent: str, taken: Withdrawal) -> None:
        """Set aside what its specialist no longer stands for; what makes it unnecessary gets its reasons.

        Two that stand back for each other at once would both be lost: then the second stays.
        """
        dropped, better = self.proposals.get(taken.proposal_id), self.proposals.get(taken.instead)
        if taken.instead and better is None and all(one.id != taken.instead for one in self.local):
            return
        if dropped is not None and better is not None:
            reasons = dict.fromkeys((*better.rationales, *dropped.rationales))
            self.proposals[better.id] = replace(better, rationales=tuple(reasons))
        instead = f" ({taken.instead})" if taken.instead else ""
        self._set_aside(taken.proposal_id, f"{agent} took it back: {taken.reason}{instead}")

    def _set_aside(self, key: str, reason: str) -> None:
        if (dropped := self.proposals.pop(key, None)) is None:
            return
        verdict = Verdict(VerdictOutcome.INCONCLUSIVE, reason)
        self.road.keep(replace(dropped, state=ProposalState.CONFLICT, verdict=verdict, run_id=self.road.run.id))
        for finding_id in dropped.finding_ids:  # what was found only to be changed goes with its change
            if not any(finding_id in one.finding_ids for one in self.proposals.values()):
                self._forget(finding_id)

    def _forget(self, finding_id: str) -> None:
        """Take a finding of the model back."""
        if (finding := self.findings.pop(finding_id, None)) is not None:
            self._publish(finding.agent, finding.path)

    def _failed(self, agent: str, error: Exception, *, alone: bool) -> None:
        """Say that a specialist's question failed. Nobody there, where nobody was promised, is no failure; that a limit
        is reached is said once."""
        if self._spent and isinstance(error, BudgetExhausted):
            return
        if isinstance(error, BudgetExhausted) or (self._trouble is None and isinstance(error, ModelError)):
            self._trouble = error
        default = type(self.road.config.kimi)()
        if isinstance(error, ModelUnavailable) and self.road.config.kimi.base_url == default.base_url:
            return
        where = "budget" if isinstance(error, BudgetExhausted) else f"{agent} (model)" if alone else "model"
        self.road.problem(where, error)


def _is_hopeless(error: Exception) -> bool:
    """Tell whether a question that failed before its answer began says that no other would be answered either."""
    if isinstance(error, ModelRefused):
        return error.details.get("status") in (401, 403)
    return isinstance(error, BudgetExhausted | ModelUnavailable | QuotaExhausted)
