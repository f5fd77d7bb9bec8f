"""The human gate: a person is asked about a fix, and what they say is recorded with who, when and which change.

Only "Apply" is a yes. A question that is closed, that nobody answers, or whose editor goes away meanwhile, is a no.
Editors with change annotations ask in their own preview of the edit instead, see `apply.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ambient_lsp.errors import AmbientError, NotAllowed
from ambient_lsp.lsp import pages, proof
from ambient_lsp.lsp.protocol import QUESTION_SECONDS
from ambient_lsp.lsp.session import Session
from ambient_lsp.lsp.workspaces import Workspace
from ambient_lsp.model import Proposal

if TYPE_CHECKING:
    from ambient_lsp.engine.engine import Engine

logger = logging.getLogger(__name__)

YES, SHOW, NO = "Apply", "Show the Change", "Cancel"
CLOSED = "the editor was closed before anybody answered"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question: the title that was chosen, or none and why. `unheard` tells that nobody may have seen
    it, and so does not know what came of it."""

    title: str
    why_none: str = ""
    unheard: bool = False


async def agreed(session: Session, workspace: Workspace, proposal: Proposal, reasons: Sequence[str]) -> str:
    """Show the change and ask whether it may be made. Return why not; nothing for a yes. Both are on record then.

    Raises `NotAllowed` for a yes to what is not offered any more, and `StoreError` where the change cannot be shown.
    """
    told = {"proposal_id": proposal.id, "title": proposal.title, "diff": proposal.diff}
    session.protocol.notify("ambient/preview", told)
    choices = [YES, SHOW, NO] if session.support.shows_documents else [YES, NO]
    try:
        answer = await ask(session, _question(proposal, reasons), choices)
        if answer.title == SHOW:
            await workspace.ready()
            page = pages.of_proposal(workspace, proposal)
            await pages.show(session, page, await pages.write(page))
            answer = await ask(session, _question(proposal, reasons), [YES, NO])
    except asyncio.CancelledError:
        session.record(workspace, proposal.id, "refused", CLOSED)
        raise
    except AmbientError as error:
        session.record(workspace, proposal.id, "refused", f"the change could not be shown: {error.what}")
        raise
    if answer.title == YES:
        engine = await opened(workspace)  # after a question that may have taken minutes it may be another one
        engine.approve(proposal.id, session.who, "approved in the editor")
        return ""
    session.record(workspace, proposal.id, "refused", answer.why_none or "answered no in the editor")
    if answer.unheard:
        terminal = f"`ambient proposals apply --approve {proposal.id}` does it in a terminal."
        session.tell(f"“{proposal.title}” was not applied. {answer.why_none} {terminal}", types.MessageType.Warning)
    return answer.why_none or "You answered no."


async def opened(workspace: Workspace) -> Engine:
    """Return the engine of a folder, which may just be opened again. Raises `NotAllowed` for a closed folder."""
    engine = await workspace.ready()
    if engine is None:
        raise NotAllowed("The folder of this fix is closed.", untouched="Nothing was changed.")
    return engine


async def ask(session: Session, message: str, choices: Sequence[str], *, urgent: bool = True) -> Answer:
    """Ask; the answer is known by its title, as Neovim before 0.11 drops all other fields."""
    kind = types.MessageType.Warning if urgent else types.MessageType.Info
    params = types.ShowMessageRequestParams(kind, message, [types.MessageActionItem(choice) for choice in choices])
    try:
        answer = await session.protocol.ask(types.WINDOW_SHOW_MESSAGE_REQUEST, params, QUESTION_SECONDS)
    except TimeoutError:
        return Answer("", f"Nobody answered within {QUESTION_SECONDS / 60:.0f} minutes.", unheard=True)
    except JsonRpcException as error:
        logger.info("a question could not be asked: %r", error)
        return Answer("", "The editor could not ask.", unheard=True)
    title = str(getattr(answer, "title", "") or "")
    return Answer(title) if title in choices else Answer("", "The question was closed without an answer.")


def _question(proposal: Proposal, reasons: Sequence[str]) -> str:
    why = proof.sentence(reasons) or "it needs your approval."
    size = f"{_counted(len(proposal.files_touched), 'file')}, {_counted(proposal.estimated_loc_change, 'changed line')}"
    return f"Apply “{proposal.title}”? {size}, {proposal.risk_level} risk. It asks because: {why}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
