"""Applying a fix through the client, with the risk gate before and a look at every file after.

The client's `applied` is not believed: Neovim says it when it skipped an old version, and VS Code when the user left
all boxes of its preview unticked. What counts is the text of every target afterwards.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ambient_lsp.errors import AmbientError, StalePatch
from ambient_lsp.lsp import documents, gate, workspace_edit
from ambient_lsp.lsp.documents import Document, Text
from ambient_lsp.lsp.observed import Expectation, holds
from ambient_lsp.lsp.protocol import QUESTION_SECONDS
from ambient_lsp.lsp.session import Session
from ambient_lsp.lsp.showing import show_document
from ambient_lsp.lsp.workspaces import Workspace
from ambient_lsp.model import DecisionKind, FileEdit, Proposal, TriggerKind
from ambient_lsp.patching.edits import apply_edits, has_some, replacements_between

logger = logging.getLogger(__name__)

SETTLE = 2.0
"""Seconds that the editor gets to show the result of an edit."""

_SETTLE_EACH = 0.05
"""Seconds more for each file."""

BATCH = "swarm"
"""The tag of what a batch made."""

_ANSWER = 30.0
_LOOK = 0.05
_WARNING = types.MessageType.Warning
_UNDO = "Undo"
_NOT_MADE = "The editor did not make the change."
_NOT_TAKEN = "Its preview was discarded, or nothing in it was ticked."


@dataclass(frozen=True, slots=True)
class Applied:
    """What was seen. `changed` and `unchanged` are paths; `reason` is for the user."""

    outcome: Literal["applied", "partly", "refused", "stale", "blocked"]
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Consent:
    """What the gate asks for, and whether it is asked in the editor's own preview of the edit."""

    reasons: Sequence[str]
    preview: bool


@dataclass(frozen=True, slots=True)
class _Change:
    """A fix for the texts of this moment: its edits, and the text of each file before and after. `opened` and `closed`
    tell whether files are among them that are open in the editor, and that are not."""

    edits: Mapping[str, FileEdit]
    before: Mapping[str, str | None]
    after: Mapping[str, str | None]
    sent: types.WorkspaceEdit
    opened: bool
    closed: bool

    def is_in(self, path: str, now: str | None) -> bool:
        """Whether a file has the fix, be it beside somebody's other edit."""
        old, new, edit = self.before.get(path), self.after[path], self.edits.get(path)
        if now == new:
            return True
        if edit is None or edit.kind != "modify" or old is None or new is None or now is None or now == old:
            return False
        return holds(edit, old, now)

    def is_in_part(self, path: str, now: str | None) -> bool:
        """Whether a file has some of the places of the fix and nothing else: VS Code has a box for each of them."""
        old, edit = self.before.get(path), self.edits.get(path)
        if edit is None or edit.kind != "modify" or old is None or now is None or now in (old, self.after[path]):
            return False
        return has_some(old, edit.replacements, now)


async def apply_fix(
    session: Session, workspace: Workspace, proposal: Proposal, *, review: bool | None = None
) -> Applied:
    """Carry one proposal through: ask the gate and the user, then read the targets, send the edit, look, record.

    What a batch made is shown to the user first, whatever the gate says: it is many files. `review` says otherwise.
    """
    consent = await _consent(session, workspace, proposal, review)
    if isinstance(consent, Applied):
        return consent
    async with _alone(session, workspace, proposal, consent):
        # After the question, which may have taken minutes: what counts is the text that the edit is made for.
        try:
            change = await _prepare(session, workspace, proposal, consent)
        except StalePatch as error:
            session.record(workspace, proposal.id, "stale", error.what)
            session.submit(workspace, TriggerKind.CHANGE, proposal.files_touched)
            session.tell(f"{error} It is being checked again.", _WARNING)
            return Applied("stale", reason=str(error))
        result = await _make(session, workspace, proposal, change, consent)
    await _conclude(session, workspace, proposal, change, result)
    return result


async def _consent(
    session: Session, workspace: Workspace, proposal: Proposal, review: bool | None
) -> _Consent | Applied:
    """Ask the gate, and the user where it says so; return how it ended when it ends there."""
    engine = await gate.opened(workspace)
    decision = engine.decide(proposal)
    if decision.kind is DecisionKind.BLOCK:
        reason = "The risk policy forbids this fix: " + "; ".join(decision.reasons)
        session.tell(f"{reason} Nothing was changed.", _WARNING)
        return Applied("blocked", reason=reason)
    batch = BATCH in proposal.tags
    if batch and review is False:
        engine.approve(proposal.id, session.who, "the batch was told to apply what is of low risk")
    asks = (decision.kind is DecisionKind.CONFIRM or batch) if review is None else review
    reasons = decision.reasons or (f"it changes {len(proposal.files_touched)} files",)
    preview = asks and session.support.confirms_edits
    if asks and not preview and (why := await gate.agreed(session, workspace, proposal, reasons)):
        return Applied("refused", reason=why)
    return _Consent(reasons, preview)


@asynccontextmanager
async def _alone(session: Session, workspace: Workspace, proposal: Proposal, consent: _Consent) -> AsyncIterator[None]:
    """Wait until no other fix of the folder is being made: two edits for the same text would land on each other."""
    if workspace.previewed:
        waits = f"“{workspace.previewed}” waits for your answer in the preview"
        session.tell(f"“{proposal.title}” comes next: {waits}.")
    async with workspace.editing:
        workspace.previewed = proposal.title if consent.preview else ""
        try:
            yield
        finally:
            workspace.previewed = ""


async def _prepare(session: Session, workspace: Workspace, proposal: Proposal, consent: _Consent) -> _Change:
    """Fit the fix to the texts of this moment. Raises `StalePatch`, and `NotAllowed` when it is not offered now."""
    current = {path: await session.files.read(workspace, path) for path in proposal.files_touched}
    engine = await gate.opened(workspace)
    texts = {path: document.text if document else None for path, document in current.items()}
    edits = engine.edits_for(proposal.id, texts)
    after = apply_edits({path: text for path, text in texts.items() if text is not None}, edits)
    sent = workspace_edit.build(
        edits,
        {path: document for path, document in current.items() if document is not None},
        {path: document.uri if document else workspace.uri_of(path) for path, document in current.items()},
        session.support,
        confirm=(proposal.title, "; ".join(consent.reasons)) if consent.preview else None,
    )
    opened = [document is not None and document.version is not None for document in current.values()]
    return _Change({edit.path: edit for edit in edits}, texts, after, sent, any(opened), not all(opened))


async def _make(
    session: Session, workspace: Workspace, proposal: Proposal, change: _Change, consent: _Consent
) -> Applied:
    """Send the edit, look at what came of it, and record that, also when the editor goes away meanwhile."""
    session.observed.drop(proposal.id)  # what it does from here is looked at below
    refusal = gate.CLOSED
    try:
        seconds = QUESTION_SECONDS if consent.preview else _ANSWER
        refusal = await _send(session, proposal.title, change.sent, seconds, closed=change.closed)
        seen = await _look(session, workspace, change.after)
    except asyncio.CancelledError:
        result = _judge(change, _seen(session, workspace, change.after), refusal, consent)
        if consent.preview or result.outcome != "refused":  # an editor that just went away has refused nothing
            _record(session, workspace, proposal, consent, result)
        raise
    result = _judge(change, seen, refusal, consent)
    _record(session, workspace, proposal, consent, result)
    _watch(session, workspace, proposal, result, change)
    return result


def _record(session: Session, workspace: Workspace, proposal: Proposal, consent: _Consent, result: Applied) -> None:
    if consent.preview and result.outcome in ("applied", "partly"):
        session.record(workspace, proposal.id, "approved", "confirmed in the editor's preview")
    session.record(workspace, proposal.id, _recorded(result), result.reason)


def _recorded(result: Applied) -> Literal["applied", "partly", "refused", "stale"]:
    return "refused" if result.outcome == "blocked" else result.outcome


async def _conclude(
    session: Session, workspace: Workspace, proposal: Proposal, change: _Change, result: Applied
) -> None:
    """Show what changed where nothing of it is open, and tell of what did not go as it should."""
    if not change.opened:
        edits = [edit for path, edit in change.edits.items() if path in result.changed]
        session.spawn(_show(session, workspace, edits, change.after))
    if result.outcome == "partly" and BATCH in proposal.tags:  # whoever leaves boxes of many unticked means it
        session.tell(f"{result.reason} It was proven as a whole.", _WARNING)
    elif result.outcome == "partly":
        await _offer_undo(session, workspace, result, change)
    elif result.outcome == "stale":
        words = "It may be in the wrong place: look at it, or undo it and save the file."
        session.tell(f"{result.reason} “{proposal.title}” was made for the text before. {words}", _WARNING)
    elif result.outcome == "refused":
        session.tell(f"“{proposal.title}” was not applied. {result.reason}", _WARNING)


async def _send(
    session: Session, label: str, edit: types.WorkspaceEdit, seconds: float, *, closed: bool = False
) -> str:
    """Send an edit; return why the client did not make it, as far as it says so: not all give a reason.

    `closed` tells that it changes or makes files that are not open.
    """
    metadata = None
    if closed and session.support.knows_refactorings:
        # VS Code saves what a refactoring changes, as its user set it (`files.refactoring.autoSave`). Else a new file
        # would be empty on the disk, and its text in a tab that nobody opened.
        metadata = types.WorkspaceEditMetadata(is_refactoring=True)
    try:
        params = types.ApplyWorkspaceEditParams(edit, f"Ambient: {label}", metadata)
        answer = await session.protocol.ask(types.WORKSPACE_APPLY_EDIT, params, seconds)
    except TimeoutError:
        return "The editor did not answer."
    except JsonRpcException as error:
        return f"The editor answered with an error: {error.message}"
    reason = str(getattr(answer, "failure_reason", None) or "")
    return reason if getattr(answer, "applied", False) else reason or _NOT_MADE


async def _show(
    session: Session, workspace: Workspace, edits: Sequence[FileEdit], after: Mapping[str, str | None]
) -> None:
    """Open the first of the files that a fix changed: none of them is open, so it would look as if nothing happened."""
    edit = next((edit for edit in edits if edit.kind in {"create", "modify"}), None)
    text = after.get(edit.path) if edit is not None else None
    if edit is None or text is None:
        return
    uri, start = workspace.uri_of(edit.path), workspace_edit.landing(edit)
    place = Document(uri, text, session.support.encoding).range(start, start)
    await show_document(session, uri, place)


async def _look(session: Session, workspace: Workspace, wanted: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the text of every target once all are as wanted, or as they are after `SETTLE` seconds."""
    deadline = asyncio.get_running_loop().time() + SETTLE + _SETTLE_EACH * len(wanted)
    while True:
        seen = await session.files.texts(workspace, wanted)
        if seen == wanted or asyncio.get_running_loop().time() >= deadline:
            return seen
        await asyncio.sleep(_LOOK)


def _seen(session: Session, workspace: Workspace, paths: Iterable[str]) -> dict[str, str | None]:
    """Return the texts as they are now, for one who cannot wait for them any more."""
    found: dict[str, str | None] = {}
    for path in paths:
        document = session.files.buffer(workspace, path) or documents.read(
            workspace.root / path, workspace.uri_of(path), session.support.encoding
        )
        found[path] = document.text if document is not None else None
    return found


def _judge(change: _Change, seen: Mapping[str, str | None], refusal: str, consent: _Consent) -> Applied:
    done = tuple(path for path in change.after if change.is_in(path, seen[path]))
    if len(done) == len(change.after):
        return Applied("applied", done)
    changed = tuple(path for path in change.after if path in done or seen[path] != change.before.get(path))
    rest = tuple(path for path in change.after if path not in changed)
    parts = tuple(path for path in changed if path not in done and change.is_in_part(path, seen[path]))
    if done or (parts and parts == changed):
        told = {"Changed": done, "Changed in some places only": parts, "Not changed": rest}
        return Applied(
            "partly", changed, rest, " ".join(f"{words}: {', '.join(paths)}." for words, paths in told.items() if paths)
        )
    if changed and not refusal:
        return Applied("stale", changed, rest, f"Something else changed {', '.join(changed)} in the same moment.")
    if consent.preview and refusal in ("", _NOT_MADE):
        refusal = _NOT_TAKEN
    return Applied("refused", (), tuple(change.after), refusal or _NOT_MADE)


def _watch(session: Session, workspace: Workspace, proposal: Proposal, result: Applied, change: _Change) -> None:
    """Notice an undo, and an editor that makes the edit after all when nobody waits for it any more."""
    texts: dict[str, tuple[Text, Text]] = {}
    made: set[str] = set()
    for path, new in change.after.items():
        document, old = session.files.buffer(workspace, path), change.before.get(path)
        if document is not None and old is not None and new is not None and old != new:
            texts[document.uri] = Text.of(old), Text.of(new)
            if texts[document.uri][1].is_in(document):
                made.add(document.uri)
    session.observed.expect(Expectation(workspace, proposal.id, texts, _recorded(result), made))


async def _offer_undo(session: Session, workspace: Workspace, result: Applied, change: _Change) -> None:
    """Offer to take back the files that did change, as far as they have nothing but the fix."""
    message = f"The fix was applied only in part, and it was proven as a whole. {result.reason}"
    if (await gate.ask(session, message, [_UNDO, "Keep"])).title != _UNDO:
        return
    async with workspace.editing:
        edits: list[FileEdit] = []
        current: dict[str, Document] = {}
        for path in result.changed:
            old, new, document = change.before.get(path), change.after[path], await session.files.read(workspace, path)
            if old is None or new is None or document is None:
                continue
            if document.text == new or change.is_in_part(path, document.text):
                current[path] = document
                edits.append(FileEdit(path, "modify", document.sha256, replacements_between(document.text, old)))
        if edits:
            uris = {path: document.uri for path, document in current.items()}
            edit = workspace_edit.build(edits, current, uris, session.support)
            await _send(session, "take back a fix that was applied in part", edit, _ANSWER)


async def run(
    session: Session, workspace: Workspace, proposal: Proposal, run_id: str, *, review: bool | None = None
) -> Applied:
    """Apply a proposal as a job of its own, tell the client how it ended (`ambient/applied`), and return it.

    One that is under way is not begun again: whoever asks for it twice hears the same end twice.
    """
    work = workspace.applying.get(proposal.id)
    if work is None:
        work = workspace.applying[proposal.id] = asyncio.create_task(_carry(session, workspace, proposal, review))
        work.add_done_callback(lambda _: workspace.applying.pop(proposal.id))
    result = await work
    tell_end(session, run_id, proposal.id, result.outcome, result.reason, result.changed, result.unchanged)
    return result


async def _carry(session: Session, workspace: Workspace, proposal: Proposal, review: bool | None) -> Applied:
    try:
        return await apply_fix(session, workspace, proposal, review=review)
    except AmbientError as error:
        session.tell(str(error), types.MessageType.Error)
        return Applied("refused", reason=str(error))


def tell_end(
    session: Session,
    run_id: str,
    proposal_id: str,
    outcome: str,
    reason: str,
    changed: Sequence[str] = (),
    unchanged: Sequence[str] = (),
) -> None:
    """Tell the client how the applying of a proposal ended."""
    told = {"run_id": run_id, "proposal_id": proposal_id, "outcome": outcome, "reason": reason}
    session.protocol.notify("ambient/applied", told | {"changed": list(changed), "unchanged": list(unchanged)})
