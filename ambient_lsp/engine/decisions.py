"""What people decide about proposals: the gate as it stands now, approvals, dismissals, and what became of each.

A decision and the state that follows from it are stored together, so that a killed process leaves both or neither.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.engine import risk
from ambient_lsp.errors import NotAllowed, NotFound, StalePatch
from ambient_lsp.events import ProposalChanged
from ambient_lsp.model import Decision, DecisionKind, Dismissal, Outcome, ProposalState
from ambient_lsp.patching.rebase import rebase
from ambient_lsp.text import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ambient_lsp.config import Config
    from ambient_lsp.engine.logbook import Logbook
    from ambient_lsp.events import Event
    from ambient_lsp.model import FileEdit, Finding, Proposal
    from ambient_lsp.store.store import SqliteStore

_STATES = {
    "applied": ProposalState.APPLIED,
    "partly": ProposalState.PARTLY,
    "dismissed": ProposalState.DISMISSED,
    "stale": ProposalState.STALE,
    "reverted": ProposalState.REVERTED,
}

DECIDED = frozenset({ProposalState.APPLIED, ProposalState.PARTLY, ProposalState.DISMISSED, ProposalState.REVERTED})
"""States that only a person brings about."""

_WAITING = (ProposalState.OFFERED, ProposalState.FAILED, ProposalState.INCONCLUSIVE, ProposalState.BLOCKED)


class Decisions:
    """Decides about the proposals of one store, and writes down what was decided."""

    def __init__(self, store: SqliteStore, config: Config, log: Logbook, publish: Callable[[Event], None]) -> None:
        self._store = store
        self._config = config
        self._log = log
        self._publish = publish

    def decide(self, proposal: Proposal) -> Decision:
        """Return what the gate says now; see `Engine.decide`."""
        if proposal.state is not ProposalState.OFFERED:
            reason = proposal.verdict.reason if proposal.verdict else f"It is {proposal.state.value}."
            return Decision(DecisionKind.BLOCK, (reason,))
        decision = proposal.decision or risk.decide(proposal, self._config.risk_policy)
        if decision.kind is DecisionKind.CONFIRM and self._approved(proposal):
            return Decision(DecisionKind.ALLOW, (*decision.reasons, "Somebody has approved it."))
        return decision

    def _approved(self, proposal: Proposal) -> bool:
        """Tell whether the last word about exactly this content is a yes.

        A yes is good for one time: what went stale or was taken back is proposed again under the same id.
        """
        content = content_of(proposal)
        said = [one.kind for one in self._store.outcomes(proposal.id) if one.content_sha256 == content]
        return said[-1:] == ["approved"]

    def edits_for(self, proposal_id: str, current: Mapping[str, str | None]) -> tuple[FileEdit, ...]:
        """Return the proposal's edits on the current texts; see `Engine.edits_for`."""
        proposal = self._store.proposal(proposal_id)
        self.require_offered(proposal)
        return tuple(self.anchored(edit, current.get(edit.path)) for edit in proposal.edits)

    def anchored(self, edit: FileEdit, text: str | None) -> FileEdit:
        """Return an edit of a proposal for a file's current text, None where it is missing. Raises `StalePatch`."""
        if edit.kind == "create":
            if text is not None:
                raise _stale(edit.path)
            return edit
        if text is None:
            raise _stale(edit.path)
        if sha256(text) == edit.base_sha256:
            return edit
        anchored = rebase(edit, self.base_of(edit, text), text)
        if anchored is None:
            raise _stale(edit.path)
        return anchored

    def base_of(self, edit: FileEdit, text: str | None) -> str:
        """Return the text that an edit was made for, which `text` may be. Raises `NotFound` where it is not kept."""
        if text is not None and sha256(text) == edit.base_sha256:
            return text
        return self._store.text(edit.base_sha256 or "")

    def require_offered(self, proposal: Proposal) -> None:
        """Raise `NotAllowed` unless a proposal is offered."""
        if proposal.state is not ProposalState.OFFERED:
            raise NotAllowed(
                f"“{proposal.title}” is {proposal.state.value}, not offered.",
                untouched="Nothing was changed.",
                next_step="Save the file to have it checked again.",
            )

    def require_allowed(self, proposal: Proposal, who: str, *, approve: bool) -> None:
        """Raise `NotAllowed` where the gate does not let a proposal be applied; `approve` settles a `confirm`."""
        decision = self.decide(proposal)
        if decision.kind is DecisionKind.BLOCK:
            raise NotAllowed(
                f"“{proposal.title}” is not offered: {' '.join(decision.reasons)}", untouched="Nothing was written."
            )
        if decision.kind is DecisionKind.CONFIRM:
            if not approve:
                raise NotAllowed(
                    f"“{proposal.title}” needs your approval: {' '.join(decision.reasons)}",
                    untouched="Nothing was written.",
                    next_step=f"Look at it with `ambient proposals diff {proposal.id}`, then run"
                    f" `ambient proposals approve {proposal.id}`.",
                )
            self.approve(proposal.id, who)

    def record(self, outcome: Outcome) -> Proposal:
        """Write down what became of a proposal, as it was observed; return it in its new state.

        Where it is a part of another one, that one is `partly` with it, unless somebody has decided about it since.
        """
        with self._store.transaction():
            written = self._write(outcome)
        self._tell(written)
        return written[0][0]

    def _write(self, outcome: Outcome) -> list[tuple[Proposal, Outcome]]:
        proposal = self._store.proposal(outcome.proposal_id)
        self._store.record_outcome(replace(outcome, rules=proposal.rules))
        if outcome.kind in _STATES:
            proposal = replace(proposal, state=_STATES[outcome.kind])
            self._store.save_proposal(proposal)
        written = [(proposal, outcome)]
        if outcome.kind in ("applied", "partly") and (whole := self._undecided(proposal.part_of)) is not None:
            reason = f"Applied as {proposal.id}: {proposal.title}."
            content = content_of(whole)
            written += self._write(Outcome(whole.id, "partly", outcome.who, outcome.when, reason, content))
        return written

    def _undecided(self, proposal_id: str) -> Proposal | None:
        """Return a proposal that nobody has decided about; None where somebody has, and where it is not kept."""
        try:
            proposal = self._store.proposal(proposal_id)
        except NotFound:
            return None
        return None if proposal.state in DECIDED else proposal

    def _tell(self, written: Sequence[tuple[Proposal, Outcome]]) -> None:
        for proposal, outcome in written:
            if outcome.kind in _STATES:
                self._publish(ProposalChanged(proposal.run_id, proposal))
            self._log.outcome(proposal, outcome)

    def approve(self, proposal_id: str, who: str, reason: str = "") -> Proposal:
        """Approve exactly this content. Raises `NotAllowed` when it is not offered."""
        proposal = self._store.proposal(proposal_id)
        if proposal.state is not ProposalState.OFFERED:
            raise NotAllowed(
                f"“{proposal.title}” is {proposal.state.value}; only an offered proposal can be approved.",
                untouched="Nothing was changed.",
            )
        return self.record(Outcome(proposal.id, "approved", who, time.time(), reason, content_of(proposal)))

    def dismiss(self, target_id: str, who: str, reason: str, days: int | None = None) -> tuple[str, ...]:
        """Dismiss a proposal or a finding, and remember it by structure; return the ids of the findings.

        A proposal that is about nothing but dismissed findings is dismissed with them. `days` None means as configured.
        """
        now = time.time()
        lasts = self._config.learning.dismissal_days if days is None else days
        expires = now + lasts * 86400 if lasts else 0.0
        try:
            proposals = [self._store.proposal(target_id)]
        except NotFound:
            found = [self._store.finding(target_id)]
            proposals = self._about_nothing_else(found[0], now)
        else:
            known = {finding.id: finding for finding in self._store.findings()}
            found = [known[one] for one in proposals[0].finding_ids if one in known]
        with self._store.transaction():
            for one in found:
                self._store.dismiss(Dismissal(one.fingerprint, one.rule, one.path, reason, who, now, expires))
            written = [
                told
                for one in proposals
                for told in self._write(Outcome(one.id, "dismissed", who, now, reason, content_of(one)))
            ]
        self._tell(written)
        return tuple(one.id for one in found)

    def _about_nothing_else(self, finding: Finding, now: float) -> list[Proposal]:
        """Return the proposals that nobody needs when a finding is dismissed: all their findings are, then."""
        muted = {finding.fingerprint, *(one.fingerprint for one in self._store.dismissals(now))}
        waiting = self._store.proposals(states=_WAITING, paths=(finding.path,))
        return [one for one in waiting if finding.id in one.finding_ids and muted.issuperset(one.fingerprints)]


def content_of(proposal: Proposal) -> str:
    """Return the hash of what a person decides upon: the exact change to exactly these texts."""
    return sha256(repr(proposal.edits))


def _stale(path: str) -> StalePatch:
    return StalePatch(
        f"{path} has changed where this fix would change it.",
        untouched="Nothing was changed.",
        next_step="Save the file to have it checked again.",
        path=path,
    )
