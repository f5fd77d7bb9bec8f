"""Pages in Markdown about fixes and about the session, for every editor that can open a file.

They are written to `.ambient/pages`, which git ignores, when somebody asks for one; the newest few are kept.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.errors import NotAllowed, StoreError
from ambient_lsp.lsp import proof, views
from ambient_lsp.lsp.fixes import needs_approval, with_approval
from ambient_lsp.lsp.showing import show_document
from ambient_lsp.model import Finding, Proposal, ProposalState

if TYPE_CHECKING:
    from ambient_lsp.lsp.session import Session
    from ambient_lsp.lsp.workspaces import Workspace

_MOST = 20
"""Pages that are kept."""

_FENCE = re.compile(r"`{3,}")


@dataclass(frozen=True, slots=True)
class Page:
    """A page: `name` of its file, and the same in one sentence for editors that open nothing for a server."""

    folder: Path
    name: str
    text: str
    short: str


async def write(page: Page) -> Path:
    """Write a page; return where its file is. Raises `StoreError` where that cannot be."""
    try:
        return await asyncio.to_thread(_write, page)
    except OSError as error:
        raise StoreError(
            f"The page cannot be written: {error}.",
            untouched="Nothing was changed.",
            next_step="Check that `.ambient` can be written and the disk is not full.",
        ) from error


async def show(session: Session, page: Page, path: Path) -> None:
    """Open a page that was written to `path`, or say the short of it where the editor does not do that."""
    if not await show_document(session, path.as_uri()):
        session.tell(f"{page.short} The whole of it is in {path}.")


def of_proposal(workspace: Workspace, item: Proposal) -> Page:
    """Return the page about a proposal: what it changes and why, what was shown of it, and what people decided."""
    engine = workspace.engine
    if engine is None:
        raise NotAllowed("The folder of this fix is closed.", next_step="Open it again.")
    item = with_approval(engine, item)
    parts = [f"# {proof.plain(item.title)}", _standing(item)]
    parts += [proof.plain(text) for text in dict.fromkeys((item.description, item.rationale)) if text]
    if item.decision is not None and item.decision.reasons:
        parts.append("Why it asks: " + proof.plain(proof.sentence(item.decision.reasons)))
    parts += ["## What it changes", _fenced(item.diff, "diff"), "## What was shown"]
    parts.append(proof.of_verdict(item.verdict) if item.verdict is not None else "Nothing was checked yet.")
    if outcomes := engine.outcomes(item.id):
        parts += ["## What became of it", "\n".join(map(proof.history_line, outcomes))]
    if item.state is ProposalState.OFFERED:
        approving = "--approve " if needs_approval(item) else ""
        terminal = f"`ambient proposals apply {approving}{item.id}`"
        parts.append(f"It is applied with its code action, or in a terminal with {terminal}.")
    short = f"{proof.in_title(item)}. {item.estimated_loc_change} changed lines in {', '.join(item.files_touched)}."
    return Page(workspace.root, f"{item.id}.md", "\n\n".join(parts) + "\n", short)


def of_session(session: Session, workspace: Workspace) -> Page:
    """Return the page about this session: how things are here, the runs, and the fixes."""
    text = views.report(session)
    offers = session.status.value()["offers"]
    return Page(
        workspace.root, "report.md", text, f"Ambient has {offers} proven fix{'es' if offers != 1 else ''} here."
    )


def why_no_fix(session: Session, workspace: Workspace, finding: Finding) -> str:
    """Return in a sentence or two why no fix is offered for a finding."""
    document = session.files.buffer(workspace, finding.path)
    here = session.board.shown(document) if document is not None else []
    if any(item.edited for item in here if item.finding.id == finding.id):
        return "Its lines have changed since it was found. Save the file to have it checked again."
    found = session.board.fixes.of_finding(workspace, finding.id)
    if any(one.state is ProposalState.OFFERED for one in found):
        return "A proven fix is offered for it."
    if found:
        return " ".join(f"“{one.title}”: {proof.why_not(one)}" for one in found)
    if any(record is None for _, record in session.runs.values()):
        return "It is still being looked at."
    return "Nobody has proposed a change for it. Its rule only tells; what to do about it is for a person to decide."


def _standing(item: Proposal) -> str:
    why = proof.why_not(item)
    label = proof.in_title(item).removeprefix(item.title).removeprefix(" · ")
    words = [f"By {item.agent}", f"{item.risk_level} risk", str(item.state), label]
    return " · ".join(proof.plain(word) for word in words if word) + (f"\n\n{proof.plain(why)}" if why else "")


def _fenced(text: str, language: str) -> str:
    longest = max((len(run) for run in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _write(page: Page) -> Path:
    from ambient_lsp.context.redact import redact  # loads what knows secrets: not before `initialize` is answered

    folder = page.folder / ".ambient" / "pages"
    if folder.is_symlink():
        folder.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / page.name
    # A new file that takes the place of an old one: the repository may have brought a link of that name.
    number, draft = tempfile.mkstemp(dir=folder)
    with os.fdopen(number, "w", encoding="utf-8", errors="replace") as file:
        file.write(redact(page.text)[0])
    Path(draft).replace(path)
    for old in sorted(folder.glob("*.md"), key=lambda one: one.stat().st_mtime, reverse=True)[_MOST:]:
        old.unlink(missing_ok=True)
    return path
