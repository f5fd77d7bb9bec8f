"""Some pieces of a proposal as a proposal of their own: chosen by a person, and proven again by itself."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ambient_lsp.engine.decisions import DECIDED
from ambient_lsp.errors import AmbientError, NotAllowed, NotFound
from ambient_lsp.events import ProposalChanged
from ambient_lsp.model import PART, DecisionKind, ProposalState, Verdict, VerdictOutcome
from ambient_lsp.patching.edits import propose
from ambient_lsp.patching.pieces import lines_of, pieces_of, together

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence

    from ambient_lsp.engine.decisions import Decisions
    from ambient_lsp.engine.services import Services
    from ambient_lsp.events import Event
    from ambient_lsp.model import FileEdit, Finding, Proposal, Snapshot
    from ambient_lsp.patching.pieces import Piece
    from ambient_lsp.store.store import SqliteStore


@dataclass(frozen=True, slots=True)
class Hunk:
    """A piece as people see it: the lines `first` to `last` of a file, counted from 1, before and after. `last` is one
    less than `first` where lines are only added."""

    id: str
    edit: FileEdit
    first: int
    last: int
    before: str
    after: str


class Parts:
    """Takes the proposals of one store apart, and proves what was chosen of them."""

    def __init__(
        self,
        store: SqliteStore,
        decisions: Decisions,
        services: Callable[[], Awaitable[Services]],
        publish: Callable[[Event], None],
    ) -> None:
        self._store = store
        self._decisions = decisions
        self._services = services
        self._publish = publish

    def hunks(self, proposal: Proposal, current: Mapping[str, str | None]) -> tuple[Hunk, ...]:
        """Return the pieces of a proposal at the lines where they would be made in the `current` texts; where a text
        has changed too much, at the lines of the text that they were made for. None where that text is not kept."""
        try:
            bases = self._bases(proposal, current)
        except NotFound:
            return ()
        pieces = pieces_of(proposal.edits, bases)
        return tuple(
            hunk
            for whole in together(pieces)
            for hunk in self._hunks([one for one in pieces if one.edit.path == whole.path], whole, bases, current)
        )

    def take(self, proposal_id: str, hunks: Collection[str], current: Mapping[str, str | None]) -> Proposal:
        """Return the pieces with these ids as a drafted proposal for the `current` texts; the whole one for all ids.

        Nothing is stored. Raises `NotFound` for an id that is none, `NotAllowed` where the proposal is not offered or
        no piece is chosen, and `StalePatch` where the texts have changed too much.
        """
        whole = self._store.proposal(proposal_id)
        self._decisions.require_offered(whole)
        bases = self._bases(whole, current)
        pieces = pieces_of(whole.edits, bases)
        wanted = set(hunks)
        if unknown := wanted - {piece.id for piece in pieces}:
            raise NotFound(
                f"“{whole.title}” has no piece {', '.join(sorted(unknown))}.", next_step="Look at the fix again."
            )
        if not wanted:
            raise NotAllowed("No piece of the fix was chosen.", untouched="Nothing was changed.")
        chosen = [piece for piece in pieces if piece.id in wanted]
        if len(chosen) == len(pieces):
            return whole
        part = propose(
            agent=whole.agent,
            title=f"{whole.title} ({len(chosen)} of {len(pieces)} pieces)",
            description=whole.description,
            rationale=whole.rationale,
            risk_level=whole.risk_level,
            edits=[self._decisions.anchored(edit, current.get(edit.path)) for edit in together(chosen)],
            bases={path: text for path, text in current.items() if text is not None},
            tags=(*whole.tags, PART),
            proof=whole.proof,
            score=whole.score,
        )
        part = replace(part, rationales=whole.rationales, run_id=whole.run_id, created=time.time(), part_of=whole.id)
        return self._answering(part, whole, chosen, pieces, bases)

    async def prove(
        self, part: Proposal, current: Mapping[str, str | None], snapshots: Sequence[Snapshot] = ()
    ) -> Proposal:
        """Prove a part on the `current` texts, of which `snapshots` are the unsaved buffers, and store what came of it.

        Only one that held is `offered`, like any proposal. When this is cancelled, nothing of it is offered. Raises
        `NotAllowed` where the whole is not offered any more, at the beginning or at the end.

        Equal pieces are one proposal, which may be proven twice at once: the proof that ends later leaves alone what
        a person has decided after the other one, and raises `NotAllowed`.
        """
        services = await self._services()
        texts = {path: current.get(path) for path in part.files_touched}
        bases = {path: text for path, text in texts.items() if text is not None}
        part = replace(part, decision=services.gate(part, bases))
        self._begin(part)
        try:
            if part.decision is not None and part.decision.kind is DecisionKind.BLOCK:
                blocked = replace(part, state=ProposalState.BLOCKED)
                return self._end(part, lambda: self._store.save_proposal(blocked))
            proven = replace(part, verdict=await _verdict(services, part, texts, snapshots))
            return self._end(part, lambda: services.settle(proven, bases))
        except BaseException:
            self._give_up(part)
            raise

    def _begin(self, part: Proposal) -> None:
        """Store that a part is being checked; one that is offered already stays so until there is a new verdict."""
        with self._store.transaction():
            self._decisions.require_offered(self._store.proposal(part.part_of))
            known = self._stored(part)
            if known is not None and known.state is ProposalState.OFFERED:
                return
            self._store.save_proposal(replace(part, state=ProposalState.CHECKING))
        self._tell(part)

    def _end(self, part: Proposal, settle: Callable[[], object]) -> Proposal:
        """Store what came of a proof, unless a person has decided meanwhile; return the part as it is stored."""
        with self._store.transaction():
            self._decisions.require_offered(self._store.proposal(part.part_of))
            known = self._stored(part)
            if known is not None and known.state in DECIDED:
                self._decisions.require_offered(known)
            settle()
        return self._tell(part)

    def _give_up(self, part: Proposal) -> None:
        """Leave no part behind that nobody checks; what else became of it stays."""
        with self._store.transaction():
            known = self._stored(part)
            if known is None or known.state is not ProposalState.CHECKING:
                return
            self._store.save_proposal(replace(part, state=ProposalState.STALE))
        self._tell(part)

    def _stored(self, part: Proposal) -> Proposal | None:
        try:
            return self._store.proposal(part.id)
        except NotFound:
            return None

    def _tell(self, part: Proposal) -> Proposal:
        """Tell how a part is stored: what a listener hears of is never lost."""
        stored = self._store.proposal(part.id)
        self._publish(ProposalChanged(stored.run_id, stored))
        return stored

    def _bases(self, proposal: Proposal, current: Mapping[str, str | None]) -> dict[str, str]:
        """Return the texts that a proposal was made for. Raises `NotFound` where one is not kept."""
        return {
            edit.path: self._decisions.base_of(edit, current.get(edit.path))
            for edit in proposal.edits
            if edit.kind != "create"
        }

    def _hunks(
        self, pieces: Sequence[Piece], whole: FileEdit, bases: Mapping[str, str], current: Mapping[str, str | None]
    ) -> Iterator[Hunk]:
        """Yield the pieces of one file. They move all at once: looking at how a text has changed takes its time."""
        text = current.get(whole.path)
        edits = [piece.edit for piece in pieces]
        try:
            moved = self._decisions.anchored(whole, text)
        except AmbientError:
            text = bases.get(whole.path)
        else:
            one_by_one = [replace(moved, replacements=(change,)) for change in moved.replacements]
            edits = one_by_one if moved.kind == "modify" else [moved]
        for piece, edit in zip(pieces, edits, strict=True):
            yield Hunk(piece.id, edit, *lines_of(edit, text or ""))

    def _answering(
        self,
        part: Proposal,
        whole: Proposal,
        chosen: Sequence[Piece],
        pieces: Sequence[Piece],
        bases: Mapping[str, str],
    ) -> Proposal:
        """Return a part with the findings that it says to be rid of: all but those that only other pieces are about.

        One that is not known any more, as its file was looked at again, is among them: nobody can tell where it was. A
        part that is about none of them is not a fix by itself, so it is held to all.
        """
        found = [one for one in self._store.findings() if one.id in whole.finding_ids]
        others = [piece for piece in pieces if piece not in chosen]
        kept = [one for one in found if _about(one, chosen, bases) or not _about(one, others, bases)]
        left = [one for one in found if one not in kept]
        answered = tuple(one for one in whole.finding_ids if one not in {finding.id for finding in left})
        if not answered:
            kept, left, answered = found, [], whole.finding_ids
        spared = {one.fingerprint for one in left} - {one.fingerprint for one in kept}
        all_known = {one.id for one in found}.issuperset(whole.finding_ids)
        return replace(
            part,
            finding_ids=answered,
            fingerprints=tuple(one for one in whole.fingerprints if one not in spared),
            rules=tuple(dict.fromkeys(one.rule for one in kept)) if all_known else whole.rules,
        )


async def _verdict(
    services: Services, part: Proposal, texts: Mapping[str, str | None], snapshots: Sequence[Snapshot]
) -> Verdict:
    from ambient_lsp.engine.proving import no_sandbox

    # What a batch made was proven by the whole suite, where that is configured; so is a part of it.
    suite = "swarm" in part.tags and services.config.swarm.whole_suite
    try:
        verdict = await services.verify_now(part, texts, whole=suite, snapshots=snapshots)
    except AmbientError as error:
        return Verdict(VerdictOutcome.INCONCLUSIVE, f"It could not be checked. {error}")
    return no_sandbox(await services.readiness()) if verdict is None else verdict


def _about(finding: Finding, pieces: Sequence[Piece], bases: Mapping[str, str]) -> bool:
    """Tell whether one of the pieces changes lines of a finding."""
    for piece in pieces:
        if piece.edit.path == finding.path and piece.edit.kind != "create":
            first, last, _, _ = lines_of(piece.edit, bases[finding.path])
            if first - 1 <= finding.span.end_line and max(last, first) - 1 >= finding.span.start_line:
                return True
    return False
