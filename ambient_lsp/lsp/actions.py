"""Code actions: a look-up in what is known already. Edits are built when the user picks one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from ambient_lsp.errors import NotAllowed, NotFound, PatchError, StalePatch
from ambient_lsp.lsp import proof, workspace_edit
from ambient_lsp.lsp.diagnostics import Shown, is_seen
from ambient_lsp.lsp.documents import Document
from ambient_lsp.lsp.fixes import harmless
from ambient_lsp.lsp.session import Session
from ambient_lsp.lsp.workspaces import Workspace
from ambient_lsp.model import FileEdit, ProofKind, Proposal, ProposalState, Replacement, TriggerKind

if TYPE_CHECKING:
    from ambient_lsp.engine.engine import Engine

QUICKFIX = "quickfix.ambient"
REFACTOR = "refactor.ambient"
FIX_ALL = "source.fixAll.ambient"
REVIEW = "source.ambient.review"
REPORT = "source.ambient.report"
KINDS = (QUICKFIX, REFACTOR, FIX_ALL, REVIEW, REPORT)

_EDITED = "Its lines have changed since it was proven. Save the file to have it looked at again."

Action = types.CodeAction | types.Command


def look_up(session: Session, params: types.CodeActionParams) -> list[Action]:
    """Return what can be done at a place. No engine, disk or model is asked."""
    uri = params.text_document.uri
    place = session.workspaces.of(uri)
    document = session.documents.get(uri)
    if place is None or document is None:
        return []
    workspace, path = place
    only = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
    session.board.told_elsewhere(workspace, document, _codes_of_others(params.context.diagnostics))
    shown = _findings_at(session, document, params)
    actions: list[Action] = []
    seen: set[str] = set()
    for item in shown:
        for proposal in session.board.fixes.of_finding(workspace, item.finding.id):
            if proposal.id not in seen:
                seen.add(proposal.id)
                actions += _fix(session, workspace, uri, proposal, shown, params.context.diagnostics, only)
    if asks_for(QUICKFIX, only):
        actions += _more(session, workspace, shown, params.context.diagnostics)
        seen_here = [item for item in shown if is_seen(item.finding, workspace)]
        actions += [_dismiss(session, item, params.context.diagnostics) for item in seen_here]
        if session.support.resolves_edits and session.support.action_literals:
            actions += [_silence(item, uri, params.context.diagnostics) for item in seen_here]
    if only and asks_for(FIX_ALL, only) and workspace.settings.fix_all:
        actions += _fix_all(session, workspace, document, path)
    if only and asks_for(REVIEW, only):
        command = _command("Ambient: review this file", "reviewFile", uri=uri)
        actions.append(_action(session, types.CodeAction(command.title, kind=REVIEW, command=command)))
    if only and asks_for(REPORT, only):
        command = _command("Ambient: show the report", "show", uri=uri)
        actions.append(_action(session, types.CodeAction(command.title, kind=REPORT, command=command)))
    return actions


def resolve(session: Session, action: types.CodeAction) -> types.CodeAction:
    """Return the action with its edit, made for the text that the editor has now; one with a command as it is.

    Raises `StalePatch` when the user's typing is in the way, `NotAllowed` when the gate says no.
    """
    data: dict[str, Any] = action.data if isinstance(action.data, dict) else {}
    if action.command is not None:
        # VS Code asks for the edit of every action that has none, of those with a command too.
        return action
    uri = str(data.get("uri", ""))
    place, document = session.workspaces.of(uri), session.documents.get(uri)
    engine = place[0].engine if place else None
    if place is None or document is None or engine is None:
        raise StalePatch(
            "The file of this fix is no longer open.", untouched="Nothing was changed.", next_step="Open it again."
        )
    workspace, path = place
    if "silence" in data:
        return _with_comment(session, action, document, path, str(data["silence"]))
    changes: dict[str, list[Replacement]] = {}
    fixes: list[Proposal] = []
    for proposal_id in dict.fromkeys(map(str, data.get("proposal_ids", ()))):
        try:
            fix = _allowed(engine, proposal_id, path)
            edits = engine.edits_for(fix.id, {path: document.text})
        except (PatchError, NotAllowed, NotFound):
            # One fix among many that no longer fits is left out; the one that was asked for is an error to be told.
            if data.get("all"):
                continue
            session.submit(workspace, TriggerKind.CHANGE, (path,))
            raise
        changes[fix.id] = [change for edit in edits if edit.path == path for change in edit.replacements]
        fixes.append(fix)
    replacements: list[Replacement] = []
    included: list[str] = []
    for fix in _together(fixes):
        if _apart(changes[fix.id], replacements):
            replacements += changes[fix.id]
            included.append(fix.id)
    combined = FileEdit(path, "modify", document.sha256, tuple(sorted(replacements)))
    action.edit = workspace_edit.build([combined], {path: document}, {path: uri}, session.support)
    if included:
        session.observed.hand_out(workspace, included, document, combined)
    return action


def _allowed(engine: Engine, proposal_id: str, path: str) -> Proposal:
    """Return a fix that may be applied by itself: its id comes from the client, who may have kept it for long.

    Raises `NotFound` and `NotAllowed`. One that is not offered is left to `edits_for`, which has the words for it.
    """
    proposal = engine.proposal(proposal_id)
    proposal = replace(proposal, decision=engine.decide(proposal))
    if proposal.state is ProposalState.OFFERED and not (harmless(proposal) and path in proposal.files_touched):
        raise NotAllowed(
            f"“{proposal.title}” is not to be applied without a question.",
            untouched="Nothing was changed.",
            next_step="Choose it again in the editor.",
        )
    return proposal


def asks_for(kind: str, only: Sequence[str]) -> bool:
    """Whether a filter lets a kind through: `quickfix` lets `quickfix.ambient` through, `quick` does not."""
    return not only or any(kind == wanted or kind.startswith(wanted + ".") or not wanted for wanted in only)


def _findings_at(session: Session, document: Document, params: types.CodeActionParams) -> list[Shown]:
    """Return the findings on the asked lines, and those whose diagnostics the client sent along.

    By place too, because some clients send no diagnostics (Neovim and eglot at a bare cursor).
    """
    named = {
        str(diagnostic.data.get("finding_id"))
        for diagnostic in params.context.diagnostics
        if isinstance(diagnostic.data, dict)
    }
    low = document.offset(types.Position(params.range.start.line, 0))
    _, high = document.line_bounds(*[document.offset(types.Position(params.range.end.line, 0))] * 2)
    return [
        item
        for item in session.board.shown(document)
        if item.finding.id in named or (item.start <= high and item.end >= low)
    ]


def _fix(
    session: Session,
    workspace: Workspace,
    uri: str,
    proposal: Proposal,
    shown: Sequence[Shown],
    diagnostics: Sequence[types.Diagnostic],
    only: Sequence[str],
) -> list[Action]:
    kinds = [QUICKFIX, REFACTOR] if proposal.proof.kind is ProofKind.SIMPLER else [QUICKFIX]
    kind = next((kind for kind in kinds if asks_for(kind, only)), None)
    if kind is None:
        return []
    ids = {item.finding.id for item in shown} & set(proposal.finding_ids)
    action = types.CodeAction(
        title=proof.in_title(proposal, since=_moved_on(session, uri, proposal)),
        kind=kind,
        diagnostics=[item for item in diagnostics if _finding_id(item) in ids] or None,
    )
    edited = any(item.edited for item in shown if item.finding.id in ids)
    if reason := proof.why_not(proposal) or (_EDITED if edited else ""):
        if not session.support.disabled_actions:
            return []
        action.disabled = types.CodeActionDisabled(reason)
        return [_action(session, action)]
    if proposal.state is not ProposalState.OFFERED:
        return []
    # ALE of Vim resolves nothing, and lets no server edit: there the edit comes at once, or never.
    at_once = not session.support.resolves_edits and not session.support.applies_edits
    literal = session.support.action_literals and (session.support.resolves_edits or at_once)
    # A fix of another file, such as a new test in an existing one, is not for this document's edit.
    if literal and harmless(proposal) and _path(session, uri) in proposal.files_touched:
        action.data = {"uri": uri, "proposal_ids": [proposal.id]}
        rivals = [
            rival
            for finding_id in proposal.finding_ids
            for rival in session.board.fixes.of_finding(workspace, finding_id)
            if rival.id != proposal.id and not proof.why_not(rival)
        ]
        if session.support.preferred_actions and not rivals:
            action.is_preferred = True
        if at_once:
            try:
                resolve(session, action)
            except (PatchError, NotAllowed):
                return []
    else:
        action.command = _command(action.title, "applyFix", proposal_id=proposal.id, uri=uri)
    return [_action(session, action)]


def _path(session: Session, uri: str) -> str:
    place = session.workspaces.of(uri)
    return place[1] if place is not None else ""


def _moved_on(session: Session, uri: str, proposal: Proposal) -> bool:
    """Whether the open text is another than the one that the proof is about."""
    document, path = session.documents.get(uri), _path(session, uri)
    return document is not None and any(
        edit.path == path and edit.base_sha256 not in (None, document.sha256) for edit in proposal.edits
    )


def _more(
    session: Session, workspace: Workspace, shown: Sequence[Shown], diagnostics: Sequence[types.Diagnostic]
) -> list[Action]:
    """Return one entry that says more, whatever the number of findings here: what the best fix changes and what was
    shown of it; where there is none, why."""
    if not shown:
        return []
    still = [item for item in shown if not item.edited]
    fixes = [fix for item in still for fix in session.board.fixes.of_finding(workspace, item.finding.id)]
    best = next((fix for fix in fixes if fix.state is ProposalState.OFFERED), None)
    seen = next((item for item in shown if is_seen(item.finding, workspace)), None)
    if best is not None:
        command = _command("Ambient: show the change and its proof", "show", id=best.id)
        ids = set(best.finding_ids)
    elif seen is not None:
        command = _command("Ambient: why is no fix offered here?", "why", id=seen.finding.id)
        ids = {seen.finding.id}
    else:
        return []
    own = [diagnostic for diagnostic in diagnostics if _finding_id(diagnostic) in ids]
    return [_action(session, types.CodeAction(command.title, kind=QUICKFIX, diagnostics=own or None, command=command))]


def _dismiss(session: Session, item: Shown, diagnostics: Sequence[types.Diagnostic]) -> Action:
    title = f"Ambient: never mind “{item.finding.rule}” here"
    command = _command(title, "dismiss", id=item.finding.id, reason="dismissed in the editor")
    own = [diagnostic for diagnostic in diagnostics if _finding_id(diagnostic) == item.finding.id]
    return _action(session, types.CodeAction(title, kind=QUICKFIX, diagnostics=own or None, command=command))


def _silence(item: Shown, uri: str, diagnostics: Sequence[types.Diagnostic]) -> Action:
    own = [diagnostic for diagnostic in diagnostics if _finding_id(diagnostic) == item.finding.id]
    title = f"Ambient: ignore “{item.finding.rule}” here, with a comment"
    data = {"uri": uri, "silence": item.finding.id}
    return types.CodeAction(title, kind=QUICKFIX, diagnostics=own or None, data=data)


def _with_comment(
    session: Session, action: types.CodeAction, document: Document, path: str, finding_id: str
) -> types.CodeAction:
    """Return the action with the edit that adds a comment for a finding, at the place that it has now."""
    from ambient_lsp.analyzers.silencing import silence

    item = next((one for one in session.board.shown(document) if one.finding.id == finding_id), None)
    line = document.range(item.start, item.end).start.line if item is not None else -1
    change = silence(document.text, path, item.finding.rule, line) if item is not None else None
    if change is None:
        raise StalePatch(
            "There is no place for a comment at this finding now.",
            untouched="Nothing was changed.",
            next_step="Save the file to have it looked at again, or dismiss the finding instead.",
        )
    edit = FileEdit(path, "modify", document.sha256, (change,))
    action.edit = workspace_edit.build([edit], {path: document}, {path: document.uri}, session.support)
    return action


def _codes_of_others(diagnostics: Sequence[types.Diagnostic]) -> set[str]:
    """Return the rules that other tools are seen to show here."""
    return {str(one.code) for one in diagnostics if one.code and (one.source or "").lower() != "ambient"}


def _fix_all(session: Session, workspace: Workspace, document: Document, path: str) -> list[Action]:
    ids = [fix.id for fix in _together([fix for fix in session.board.fixes.of_path(workspace, path) if harmless(fix)])]
    if not ids or not session.support.resolves_edits:
        return []
    data = {"uri": document.uri, "proposal_ids": ids, "all": True}
    return [types.CodeAction("Ambient: apply all proven low-risk fixes", kind=FIX_ALL, data=data)]


def _together(fixes: Sequence[Proposal]) -> Sequence[Proposal]:
    """Return those that are proven together too: each was tried by itself, and two may break what neither breaks.

    Fixes that leave the program as it is can be put on top of each other. Of others, the best goes alone.
    """
    same = [fix for fix in fixes if fix.proof.kind is ProofKind.SAME_TREE]
    return same or sorted(fixes, key=lambda fix: -fix.score)[:1]


def _apart(new: Sequence[Replacement], taken: Sequence[Replacement]) -> bool:
    """Whether no replacement touches one that is taken already."""
    return all(one.end < other.start or one.start > other.end for one in new for other in taken)


def _finding_id(diagnostic: types.Diagnostic) -> str:
    return str(diagnostic.data.get("finding_id", "")) if isinstance(diagnostic.data, dict) else ""


def _command(title: str, name: str, **options: str) -> types.Command:
    return types.Command(title=title, command=f"ambient.server.{name}", arguments=[options])


def _action(session: Session, action: types.CodeAction) -> Action:
    """Return a bare command to clients that know no action literals."""
    if session.support.action_literals or action.command is None:
        return action
    return action.command
