"""Applying some pieces of a fix: the chosen ones are proven again by themselves, and then go the way of every fix."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from lsprotocol import types

from ambient_lsp.errors import AmbientError, NotAllowed
from ambient_lsp.events import Progress
from ambient_lsp.lsp import apply, proof
from ambient_lsp.lsp.session import Session
from ambient_lsp.lsp.workspaces import Workspace
from ambient_lsp.model import Proposal, ProposalState, Snapshot

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """Pieces of `whole` that somebody chose, as the proposal `part`, for the texts as they were then."""

    whole: Proposal
    part: Proposal
    texts: Mapping[str, str | None]
    unsaved: tuple[Snapshot, ...]


async def choose(session: Session, workspace: Workspace, whole: Proposal, hunks: list[str]) -> Choice:
    """Put pieces of a fix together. Raises what `Parts.take` does, each with a sentence for the user."""
    engine = workspace.engine
    if engine is None:
        raise NotAllowed("The folder of this fix is closed.", untouched="Nothing was changed.")
    texts = await session.files.texts(workspace, whole.files_touched)
    unsaved = session.files.unsaved(workspace, *whole.files_touched)
    texts |= {one.path: one.text for one in unsaved if one.path in texts}  # what is proven is what is read here
    return Choice(whole, engine.parts.take(whole.id, hunks, texts), texts, unsaved)


async def run(session: Session, workspace: Workspace, choice: Choice, run_id: str) -> None:
    """Prove the pieces, and then apply them as a job of its own: a proof can be cancelled, an edit under way cannot.

    How it ends is told as `ambient/applied`, whatever happens.
    """
    part, engine = choice.part, workspace.engine
    if engine is None:
        return
    session.report(Progress(run_id, "verify", f"checking the chosen pieces of “{choice.whole.title}”", 0, 1))
    try:
        proven = await engine.parts.prove(part, choice.texts, choice.unsaved)
    except asyncio.CancelledError:
        reason = "It was cancelled while the chosen pieces were checked. Nothing was changed."
        apply.tell_end(session, run_id, part.id, "cancelled", reason)
        raise
    except AmbientError as error:
        _unproven(session, run_id, part, str(error))
        return
    except Exception:  # a border: whoever waits for the end of it must hear of one
        logger.exception("the chosen pieces of %s could not be checked", choice.whole.id)
        _unproven(session, run_id, part, "It could not be checked. The log has the details.")
        return
    if proven.state is not ProposalState.OFFERED:
        _unproven(session, run_id, part, proof.why_not(proven) or "The fix did not hold.")
        return
    session.spawn(_apply(session, workspace, proven, run_id))


async def _apply(session: Session, workspace: Workspace, part: Proposal, run_id: str) -> None:
    result = await apply.run(session, workspace, part, run_id)
    if result.outcome not in (
        "applied",
        "partly",
        "stale",
    ):  # it was made for this one time; the fix that it is a part of is still there
        session.record(workspace, part.id, "stale", "It was not applied when it was asked for.")


def _unproven(session: Session, run_id: str, part: Proposal, reason: str) -> None:
    session.tell(f"“{part.title}” was not applied: {reason} Nothing was changed.", types.MessageType.Warning)
    apply.tell_end(session, run_id, part.id, "unproven", reason)
