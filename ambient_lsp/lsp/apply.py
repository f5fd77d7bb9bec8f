"""Applying a fix through the client, with the risk gate before and a look at every file after.

The client's `applied` is not believed: Neovim says it when it skipped an old version, and VS Code when the user left
all boxes of its preview unticked. What counts is the text of every target afterwards.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ambient_lsp.errors import AmbientError, NotAllowed, StalePatch
from ambient_lsp.lsp import gate, workspace_edit
from ambient_lsp.lsp.documents import Document, Text
from ambient_lsp.lsp.observed import Expectation, holds
from ambient_lsp.lsp.protocol import QUESTION_SECONDS
from ambient_lsp.lsp.session import Session
from ambient_lsp.lsp.showing import show_document
from ambient_lsp.lsp.workspaces import Workspace
from ambient_lsp.model import DecisionKind, FileEdit, Proposal, TriggerKind
from ambient_lsp.patching.edits import apply_edits, replacements_between
from ambient_lsp.text import sha256

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


@dataclass(frozen=True, slots=True)
class Applied:
    """What was seen. `changed` and `unchanged` are paths; `reason` is for the user."""

    outcome: Literal["applied", "partly", "refused", "stale", "blocked"]
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    reason: str = ""


async def apply_fix(
    session: Session, workspace: Workspace, proposal: Proposal, *, review: bool | None = None
) -> Applied:
    """Carry one proposal through: read the targets, ask the gate and the user, send the edit, look, record.

    What a batch made is shown to the user first, whatever the gate says: it is many files. `review` says otherwise.
    """
    engine = workspace.engine
    if engine is None:
        raise NotAllowed("The folder of this fix is closed.", untouched="Nothing was changed.")
    decision = engine.decide(proposal)
    if decision.kind is DecisionKind.BLOCK:
        reason = "The risk policy forbids this fix: " + "; ".join(decision.reasons)
        session.tell(f"{reason} Nothing was changed.", types.MessageType.Warning)
        return Applied("blocked", reason=reason)
    batch = BATCH in proposal.tags
    if batch and review is False:
        engine.approve(proposal.id, session.who, "the batch was told to apply what is of low risk")
    asks = (decision.kind is DecisionKind.CONFIRM or batch) if review is None else review
    reasons = decision.reasons or (f"it changes {len(proposal.files_touched)} files",)
    previewed = asks and session.support.confirms_edits
    if asks and not previewed and (why := await gate.agreed(session, workspace, proposal, reasons)):
        return Applied("refused", reason=why)
    # After the question, which may have taken minutes: what counts is the text that the edit is made for.
    current = {path: await session.files.read(workspace, path) for path in proposal.files_touched}
    before = {path: document.sha256 if document else None for path, document in current.items()}
    texts = {path: document.text if document else None for path, document in current.items()}
    try:
        edits = engine.edits_for(proposal.id, texts)
        expected = apply_edits({path: text for path, text in texts.items() if text is not None}, edits)
    except StalePatch as error:
        session.record(workspace, proposal.id, "stale", error.what)
        session.submit(workspace, TriggerKind.CHANGE, proposal.files_touched)
        session.tell(f"{error} It is being checked again.", types.MessageType.Warning)
        return Applied("stale", reason=str(error))
    confirm = (proposal.title, "; ".join(reasons)) if previewed else None
    edit = workspace_edit.build(
        edits,
        {path: document for path, document in current.items() if document is not None},
        {path: document.uri if document else workspace.uri_of(path) for path, document in current.items()},
        session.support,
        confirm=confirm,
    )
    closed = any(document is None or document.version is None for document in current.values())
    session.observed.drop(proposal.id)  # what it does from here is looked at below
    try:
        refusal = await _send(session, proposal.title, edit, QUESTION_SECONDS if confirm else _ANSWER, closed=closed)
    except asyncio.CancelledError:
        if previewed:
            session.record(workspace, proposal.id, "refused", gate.CLOSED)
        raise
    seen = await _look(session, workspace, expected)
    seen |= await _beside_others(session, workspace, edits, texts, expected, seen)
    result = _judge(expected, before, seen, refusal)
    if previewed and result.outcome != "refused":
        session.record(workspace, proposal.id, "approved", "confirmed in the editor's preview")
    session.record(workspace, proposal.id, "refused" if result.outcome == "blocked" else result.outcome, result.reason)
    _watch(session, workspace, proposal.id, result.outcome, texts, expected)
    if all(document is None or document.version is None for document in current.values()):
        session.spawn(_show(session, workspace, [edit for edit in edits if edit.path in result.changed], expected))
    if result.outcome == "partly" and batch:  # whoever leaves boxes unticked in a review of many files means it
        session.tell(f"{result.reason} It was proven as a whole.", types.MessageType.Warning)
    elif result.outcome == "partly":
        await _offer_undo(session, workspace, result, texts, expected)
    elif result.outcome == "stale":
        words = "It may be in the wrong place: look at it, or undo it and save the file."
        session.tell(f"{result.reason} “{proposal.title}” was made for the text before. {words}", _WARNING)
    elif result.outcome == "refused":
        session.tell(f"“{proposal.title}” was not applied. {result.reason}", types.MessageType.Warning)
    return result


async def _send(
    session: Session, label: str, edit: types.WorkspaceEdit, seconds: float, *, closed: bool = False
) -> str:
    """Send an edit; return the client's reason against it, which is only used to explain.

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
    return str(getattr(answer, "failure_reason", None) or "")


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


async def _look(session: Session, workspace: Workspace, expected: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the hash of every target once all are as expected, or as they are after `SETTLE` seconds."""
    wanted = {path: None if text is None else sha256(text) for path, text in expected.items()}
    deadline = asyncio.get_running_loop().time() + SETTLE + _SETTLE_EACH * len(expected)
    while True:
        documents = {path: await session.files.read(workspace, path) for path in expected}
        seen = {path: document.sha256 if document else None for path, document in documents.items()}
        if seen == wanted or asyncio.get_running_loop().time() >= deadline:
            return seen
        await asyncio.sleep(_LOOK)


async def _beside_others(
    session: Session,
    workspace: Workspace,
    edits: Sequence[FileEdit],
    before: Mapping[str, str | None],
    expected: Mapping[str, str | None],
    seen: Mapping[str, str | None],
) -> dict[str, str | None]:
    """Return the files that have the fix, and somebody's other edit too, as if they had the fix alone."""
    found: dict[str, str | None] = {}
    for edit in edits:
        old, new, now = before.get(edit.path), expected.get(edit.path), seen.get(edit.path)
        if edit.kind != "modify" or old is None or new is None or now in (None, sha256(old), sha256(new)):
            continue
        document = await session.files.read(workspace, edit.path)
        if document is not None and holds(edit, old, document.text):
            found[edit.path] = sha256(new)
    return found


def _judge(
    expected: Mapping[str, str | None],
    before: Mapping[str, str | None],
    seen: Mapping[str, str | None],
    refusal: str,
) -> Applied:
    done = tuple(path for path, text in expected.items() if seen[path] == (None if text is None else sha256(text)))
    if len(done) == len(expected):
        return Applied("applied", done)
    changed = tuple(path for path in expected if path in done or seen[path] != before.get(path))
    rest = tuple(path for path in expected if path not in changed)
    if done:
        return Applied(
            "partly", changed, rest, f"Changed: {', '.join(done)}. Not changed: {', '.join(rest) or 'none'}."
        )
    if changed and not refusal:
        return Applied("stale", changed, rest, f"Something else changed {', '.join(changed)} in the same moment.")
    return Applied("refused", (), tuple(expected), refusal or "The editor did not make the change.")


def _watch(
    session: Session,
    workspace: Workspace,
    proposal_id: str,
    outcome: Literal["applied", "partly", "refused", "stale", "blocked"],
    before: Mapping[str, str | None],
    expected: Mapping[str, str | None],
) -> None:
    """Notice an undo, and an editor that makes the edit after all when nobody waits for it any more."""
    texts: dict[str, tuple[Text, Text]] = {}
    made: set[str] = set()
    for path, new in expected.items():
        document, old = session.files.buffer(workspace, path), before.get(path)
        if document is not None and old is not None and new is not None and old != new:
            texts[document.uri] = Text.of(old), Text.of(new)
            if texts[document.uri][1].is_in(document):
                made.add(document.uri)
    told = "refused" if outcome == "blocked" else outcome
    session.observed.expect(Expectation(workspace, proposal_id, texts, told, made))


async def _offer_undo(
    session: Session,
    workspace: Workspace,
    result: Applied,
    before: Mapping[str, str | None],
    expected: Mapping[str, str | None],
) -> None:
    """Offer to take back the files that did change, as far as they are just as the fix left them."""
    message = f"The fix was applied only in part. {result.reason}"
    if (await gate.ask(session, message, [_UNDO, "Keep"])).title != _UNDO:
        return
    edits: list[FileEdit] = []
    documents: dict[str, Document] = {}
    for path in result.changed:
        old, new, document = before.get(path), expected[path], await session.files.read(workspace, path)
        if old is not None and new is not None and document is not None and document.text == new:
            documents[path] = document
            edits.append(FileEdit(path, "modify", document.sha256, replacements_between(new, old)))
    if edits:
        uris = {path: document.uri for path, document in documents.items()}
        edit = workspace_edit.build(edits, documents, uris, session.support)
        await _send(session, "take back a fix that was applied in part", edit, _ANSWER)


async def run(
    session: Session, workspace: Workspace, proposal: Proposal, run_id: str, *, review: bool | None = None
) -> Applied:
    """Apply a proposal as a job of its own, tell the client how it ended (`ambient/applied`), and return it."""
    try:
        result = await apply_fix(session, workspace, proposal, review=review)
    except AmbientError as error:
        session.tell(str(error), types.MessageType.Error)
        result = Applied("refused", reason=str(error))
    tell_end(session, run_id, proposal.id, result.outcome, result.reason, result.changed, result.unchanged)
    return result


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
