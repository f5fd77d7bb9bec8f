"""Proposals, runs and readiness as JSON for editors. `editors/protocol.md` shows the shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ambient_lsp.errors import AmbientError
from ambient_lsp.lsp import proof
from ambient_lsp.lsp.documents import Document
from ambient_lsp.lsp.fixes import with_approval
from ambient_lsp.lsp.session import Session
from ambient_lsp.lsp.workspaces import Workspace
from ambient_lsp.model import Proposal, RunRecord

if TYPE_CHECKING:
    from ambient_lsp.protocols import Readiness


def proposal(workspace: Workspace, item: Proposal) -> dict[str, Any]:
    """Return a proposal for a list."""
    if workspace.engine is not None:
        item = with_approval(workspace.engine, item)
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
        "folder": workspace.uri,
    }


async def whole_proposal(session: Session, workspace: Workspace, item: Proposal) -> dict[str, Any]:
    """Return a proposal with its diff, its proof, and each file before and after (null where it does not exist)."""
    current = {path: await session.files.read(workspace, path) for path in item.files_touched}
    files: list[dict[str, Any]] = []
    stale = ""
    try:
        files = _files(workspace, item, current)
    except AmbientError as error:
        stale = str(error)
    return proposal(workspace, item) | {
        "description": item.description,
        "rationale": item.rationale,
        "diff": item.diff,
        "proof": verdict(item),
        "texts": files,
        "stale": stale,
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
    lines = ["# Ambient", ""]
    for run_id, (workspace, record) in reversed(session.runs.items()):
        state = record.state if record else "running"
        counts = f", {record.findings} findings, {record.offered} fixes offered" if record else ""
        lines.append(f"- run `{run_id}` in {workspace.given.name}: {state}{counts}")
        lines += [f"  - {error.where}: {error.message}" for error in (record.errors if record else ())]
    lines += ["", "## Fixes", ""]
    lines += [
        f"- {proof.in_title(item)} ({item.state}): {', '.join(item.files_touched)}" for item in session.board.fixes
    ]
    return "\n".join(lines) + "\n"


def _files(workspace: Workspace, item: Proposal, current: Mapping[str, Document | None]) -> list[dict[str, Any]]:
    from ambient_lsp.patching.edits import apply_edits  # loads difflib: not before `initialize` is answered

    before = {path: document.text for path, document in current.items() if document is not None}
    after = apply_edits(before, item.edits)
    return [
        {"path": path, "uri": workspace.uri_of(path), "before": before.get(path), "after": text}
        for path, text in after.items()
    ]
