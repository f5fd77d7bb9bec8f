"""The model half of one specialist: it asks, reads the answer while it arrives, and repairs once what did not fit."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ambient_lsp.agents.thinking import claims
from ambient_lsp.agents.thinking.prompts import prompt
from ambient_lsp.context.redact import redact
from ambient_lsp.errors import PatchError
from ambient_lsp.llm.messages import ChatRequest, Message
from ambient_lsp.llm.reply.drafts import Draft, Reading, Statement
from ambient_lsp.llm.reply.fitting import explain
from ambient_lsp.model import Finding, Proposal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from ambient_lsp.agents.thinking.asking import Ask
    from ambient_lsp.agents.thinking.briefing import Brief
    from ambient_lsp.agents.thinking.claims import Sources
    from ambient_lsp.llm.messages import Reply
    from ambient_lsp.llm.reply.drafts import Part
    from ambient_lsp.model import Severity

_MOST_DIFF = 4_000
"""Characters of another's diff that a specialist is shown."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model says of a local finding."""

    finding_id: str
    right: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unfit:
    """A proposal that could not be made out of what the model wrote, and why."""

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An own proposal that a specialist takes back; `instead` is the id of another that makes it unnecessary."""

    proposal_id: str
    reason: str
    instead: str = ""


Claim = Finding | Proposal | Judgement | Unfit


@dataclass
class ModelSpecialist:
    """One specialist in one run. `words` are its own instructions, told after what all are told.

    `known` are the local findings by id, `settings` the specialist's section of the configuration. With `rules`, by
    name, findings must be of one of them; without `may_edit`, only findings count.
    """

    agent: str
    words: str
    brief: Brief
    sources: Sources
    ask: Ask
    known: Mapping[str, Finding] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    answer_tokens: int = 8192
    model: str = ""
    rules: Mapping[str, Severity] = field(default_factory=dict)
    may_edit: bool = True
    proposed: dict[str, Proposal] = field(default_factory=dict)
    _said: list[Message] = field(default_factory=list)

    async def propose(self, started: Callable[[], None] = lambda: None) -> AsyncGenerator[Claim]:
        """Ask, and yield what is claimed as soon as it is read; `started` is called at the first piece of the answer.

        Raises a `ModelError`; what was yielded before counts.
        """
        text = f"{self.brief.text}{self.words}"
        self._said = [Message("system", prompt("system").text), Message("user", text)]
        failures: list[tuple[Draft, PatchError]] = []
        async with aclosing(self._answer(started, failures)) as claims_made:
            async for claim in claims_made:
                yield claim
        if failures:
            async with aclosing(self._repair(failures)) as repaired:
                async for claim in repaired:
                    yield claim

    async def reconsider(self, everybody: Sequence[Proposal]) -> AsyncGenerator[Claim | Withdrawal]:
        """Show the others' proposals; yield own ones that are withdrawn, and what is new.

        Asks nothing where the others have proposed nothing, or where there is no answer to go on from.
        """
        mine = any(one.id in self.proposed for one in everybody)
        others = any(one.agent != self.agent for one in everybody)
        if not mine or not others or not self._said or self._said[-1].role != "assistant":
            return
        # Their diffs are of the true texts, and hold secrets that the brief does not.
        shown, _ = redact("\n\n".join(_compressed(one, own=one.agent == self.agent) for one in everybody))
        shown = shown.replace(self.brief.mark, "MARK")  # a model that was talked into it may have written it
        marked = f"[part {self.brief.mark}: proposals]\n{shown}\n[end {self.brief.mark}]\n\n"
        self._said.append(Message("user", marked + prompt("second-round").text))
        failures: list[tuple[Draft, PatchError]] = []
        async with aclosing(self._answer(lambda: None, failures)) as claims_made:
            async for claim in claims_made:
                yield claim
        for said in self._decisions:
            key, decision = str(said.get("id", "")), str(said.get("decision", "")).lower()
            if key in self.proposed and decision in ("withdraw", "merge"):
                reason = str(said.get("reason") or "Its specialist took it back.").strip()
                yield Withdrawal(key, reason, str(said.get("with") or ""))

    # ------------------------------------------------------------------------------------------------- inside

    async def _answer(
        self, started: Callable[[], None], failures: list[tuple[Draft, PatchError]]
    ) -> AsyncGenerator[Claim]:
        reading = Reading()
        self._decisions: list[Mapping[str, Any]] = []
        request = ChatRequest(
            tuple(self._said), self.agent, model=self.model, max_tokens=self.answer_tokens, cache_key=self.brief.mark
        )
        async with self.ask(request) as stream:
            first = True
            async for delta in stream:
                if first:
                    started()
                    first = False
                for part in reading.feed(delta.text):
                    for claim in self._claims(part, failures):
                        yield claim
            reply = stream.reply
        for part in reading.close(finished=_finished(reply)):
            for claim in self._claims(part, failures):
                yield claim
        self._said.append(Message("assistant", reply.text))

    async def _repair(self, failures: list[tuple[Draft, PatchError]]) -> AsyncGenerator[Claim]:
        """Ask once more for what did not fit, with the exact failure; what does not fit then is given up."""
        told = "\n\n".join(f"“{draft.title}”: {explain(error, draft, self._peek)}" for draft, error in failures)
        self._said.append(Message("user", prompt("repair").text.replace("{failures}", redact(told)[0])))
        again: list[tuple[Draft, PatchError]] = []
        async with aclosing(self._answer(lambda: None, again)) as claims_made:
            async for claim in claims_made:
                yield claim
        for draft, error in again:
            yield Unfit(draft.title, error.what)

    def _claims(self, part: Part, failures: list[tuple[Draft, PatchError]]) -> list[Claim]:
        if isinstance(part, Draft) and not self.may_edit:
            said = {"message": part.title, **part.about}
            own = claims.finding(self.agent, said, self.sources, self.rules)
            return [] if own is None else [own]
        if isinstance(part, Draft):
            try:
                made, own = claims.proposal(self.agent, part, self.sources, self.known, self.settings, self.rules)
            except PatchError as error:
                failures.append((part, error))
                return []
            self.proposed[made.id] = made
            return [made] if own is None else [own, made]
        return self._stated(part.data) if isinstance(part, Statement) else []

    def _stated(self, said: Mapping[str, Any]) -> list[Claim]:
        self._decisions += _dicts(said.get("decisions"))
        made: list[Claim] = [
            one
            for claim in _dicts(said.get("findings")) or ([said] if "quote" in said else [])
            if (one := claims.finding(self.agent, claim, self.sources, self.rules)) is not None
        ]
        confirmed = said.get("confirmed") if isinstance(said.get("confirmed"), list) else []
        made += [Judgement(key, right=True) for key in confirmed or [] if key in self.known]
        made += [
            Judgement(str(verdict["id"]), right=False, reason=str(verdict.get("reason", "")))
            for verdict in _dicts(said.get("refuted"))
            if str(verdict.get("id")) in self.known
        ]
        return made

    def _peek(self, path: str) -> str | None:
        return self.sources.shown[path].text if path in self.sources.shown else None


def _compressed(proposal: Proposal, *, own: bool) -> str:
    diff = proposal.diff if len(proposal.diff) <= _MOST_DIFF else f"{proposal.diff[:_MOST_DIFF]}\n(cut)"
    whose = f"{proposal.agent}, which is you" if own else proposal.agent
    return f"id {proposal.id} by {whose}: {proposal.title}\n{proposal.rationale}\n{diff}"


def _finished(reply: Reply) -> bool:
    return reply.finish not in ("length", "max_tokens", "content_filter")


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
