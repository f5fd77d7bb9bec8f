"""Proposals, runs and readiness as JSON for editors. `editors/protocol.md` shows the shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ambient_lsp.errors import AmbientError, NotAllowed
from ambient_lsp.lsp import proof
from ambient_lsp.lsp.fixes import with_approval
from ambient_lsp.lsp.session import Session
from ambient_lsp.lsp.workspaces import Workspace
from ambient_lsp.model import Outcome, Proposal, ProposalState, RunRecord

if TYPE_CHECKING:
    from ambient_lsp.engine.parts import Hunk
    from ambient_lsp.protocols import Readiness

_NONE = "None since the server was started."


def proposals(workspace: Workspace, items: Sequence[Proposal]) -> list[dict[str, Any]]:
    """Return proposals for a list."""
    engine = workspace.engine
    if engine is None:
        return []
    spent = engine.spent(items)
    return [_proposal(workspace, with_approval(engine, item), *spent[item.id]) for item in items]


def _proposal(workspace: Workspace, item: Proposal, tokens: int, millionths: int) -> dict[str, Any]:
    return {
        "id": item.id,
        "title": item.title,
        "label": proof.in_title(item),
        "agent": item.agent,
        "state": str(item.state),
        "risk": str(item.risk_level),
        "proven": item.proven,
        "why_not": proof.why_not(item),
        "reasons": list(item.decision.reasons) if item.decision else [],
        "files": list(item.files_touched),
        "uris": [workspace.uri_of(path) for path in item.files_touched],
        "changed_lines": item.estimated_loc_change,
        "finding_ids": list(item.finding_ids),
        "run_id": item.run_id,
        "created": item.created,
        "cost": {"tokens": tokens, "dollars": millionths / 1e6},
        "folder": workspace.uri,
    }


async def whole_proposal(session: Session, workspace: Workspace, item: Proposal) -> dict[str, Any]:
    """Return a proposal with its diff, its pieces, its proof and its history, and each file before and after (null
    where it does not exist)."""
    engine = workspace.engine
    if engine is None:
        raise NotAllowed("The folder of this fix is closed.", next_step="Open it again.")
    current = await session.files.texts(workspace, item.files_touched)
    files: list[dict[str, Any]] = []
    stale = ""
    try:
        files = _files(workspace, item, current)
    except AmbientError as error:
        stale = str(error)
    [listed] = proposals(workspace, [item])
    return listed | {
        "description": item.description,
        "rationale": item.rationale,
        "diff": item.diff,
        "proof": verdict(item),
        "texts": files,
        "hunks": [_hunk(workspace, one) for one in engine.parts.hunks(item, current)],
        "history": [_event(one) for one in engine.outcomes(item.id)],
        "stale": stale,
    }


def _hunk(workspace: Workspace, hunk: Hunk) -> dict[str, Any]:
    return {
        "id": hunk.id,
        "kind": hunk.edit.kind,
        "path": hunk.edit.path,
        "uri": workspace.uri_of(hunk.edit.path),
        "first": hunk.first,
        "last": hunk.last,
        "before": hunk.before,
        "after": hunk.after,
    }


def _event(outcome: Outcome) -> dict[str, Any]:
    return {
        "when": outcome.when,
        "what": outcome.kind,
        "who": outcome.who,
        "why": outcome.reason,
        "sha256": outcome.content_sha256,
    }


def verdict(item: Proposal) -> dict[str, Any] | None:
    """Return what the sandbox showed."""
    shown = item.verdict
    if shown is None:
        return None
    return {
        "outcome": str(shown.outcome),
        "reason": shown.reason,
        "sandbox": shown.sandbox,
        "image": shown.image,
        "selection": shown.selection,
        "seconds": shown.seconds,
        "checks": [
            {
                "name": check.name,
                "argv": list(check.argv),
                "outcome": str(check.outcome),
                "base": dict(check.base),
                "patched": dict(check.patched),
                "new_failures": list(check.new_failures),
                "detail": check.detail,
            }
            for check in shown.checks
        ],
        "measurements": [
            {"name": number.name, "before": number.before, "after": number.after, "unit": number.unit}
            for number in shown.measurements
        ],
    }


def run(workspace: Workspace, record: RunRecord) -> dict[str, Any]:
    """Return a run."""
    return {
        "id": record.id,
        "state": record.state,
        "folder": workspace.uri,
        "trigger": str(record.trigger),
        "paths": list(record.paths),
        "started": record.started,
        "ended": record.ended,
        "findings": record.findings,
        "proposals": record.proposals,
        "offered": record.offered,
        "errors": [{"where": error.where, "message": error.message} for error in record.errors],
    }


def readiness(item: Readiness) -> dict[str, Any]:
    """Return whether a sandbox backend works."""
    return {
        "ready": item.ready,
        "backend": item.backend,
        "image": item.image,
        "reason": item.reason,
        "next_step": item.next_step,
    }


def report(session: Session) -> str:
    """Return the runs and proposals of this session as Markdown."""
    lines = ["# Ambient", "", *(f"- {_condition(folder)}" for folder in session.status.value()["folders"]), ""]
    lines += ["## Runs", ""]
    for run_id, (workspace, record) in reversed(session.runs.items()):
        state = record.state if record else "running"
        counts = f", findings: {record.findings}, fixes offered: {record.offered}" if record else ""
        lines.append(f"- run `{run_id}` in {workspace.given.name}: {state}{counts}")
        lines += [f"  - {proof.plain(f'{one.where}: {one.message}')}" for one in (record.errors if record else ())]
    if not session.runs:
        lines.append(_NONE)
    lines += ["", "## Fixes", ""]
    fixes = [
        f"- {proof.plain(proof.in_title(item))} ({item.state}): {proof.plain(', '.join(item.files_touched))}"
        for item in session.board.fixes
    ]
    lines += fixes or [_NONE]
    return "\n".join(lines) + "\n"


def _condition(folder: Mapping[str, Any]) -> str:
    """Return in a line how things are in a folder, as the status tells it."""
    sandbox = f"sandbox: {folder['sandbox']}" if folder["sandbox"] else "no sandbox works, so no fix is offered"
    model = " ".join(part for part in (folder["model"] or "not asked yet", folder["model_message"]) if part)
    parts = [folder["problem"] or "ready", sandbox, f"model: {model}"]
    return f"{folder['uri']}: " + ", ".join(parts)


def _files(workspace: Workspace, item: Proposal, current: Mapping[str, str | None]) -> list[dict[str, Any]]:
    from ambient_lsp.patching.edits import apply_edits  # loads difflib: not before `initialize` is answered

    engine, edits = workspace.engine, item.edits
    if engine is not None and item.state is ProposalState.OFFERED:
        edits = engine.edits_for(item.id, current)  # at the place that it would be made at now
    before = {path: text for path, text in current.items() if text is not None}
    after = apply_edits(before, edits)
    return [
        {"path": path, "uri": workspace.uri_of(path), "before": before.get(path), "after": text}
        for path, text in after.items()
    ]
