"""Writing a proven proposal to the user's own files, when the user says so on the command line, and taking it back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.errors import ContextError, NotAllowed, StalePatch
from ambient_lsp.model import VerdictOutcome
from ambient_lsp.patching import apply as files
from ambient_lsp.patching import edits, paths
from ambient_lsp.text import decode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.model import FileEdit, Proposal

JOURNAL = ".ambient/journal"


async def apply_to_files(engine: Engine, proposal: Proposal) -> None:
    """Write the proposal, proving it again first where its files have changed since. All or nothing."""
    current = await asyncio.to_thread(_texts, engine.root, proposal.edits)
    moved = engine.edits_for(proposal.id, current)
    if moved != proposal.edits:
        await _prove_again(engine, proposal, moved, current)
    await asyncio.to_thread(files.write, engine.root, moved, engine.root / JOURNAL / proposal.id)


async def undo_in_files(engine: Engine, proposal: Proposal) -> None:
    """Put back what the files held before the proposal. Raises `StalePatch` when they were changed since."""
    await asyncio.to_thread(files.undo, engine.root, engine.root / JOURNAL / proposal.id)


def recover(root: Path) -> None:
    """Finish or take back an apply that was killed half-way."""
    journals = root / JOURNAL
    if journals.is_dir():
        for journal in sorted(journals.iterdir()):
            files.recover(root, journal)


async def _prove_again(
    engine: Engine, proposal: Proposal, moved: Sequence[FileEdit], current: dict[str, str | None]
) -> None:
    bases = {path: text for path, text in current.items() if text is not None}
    again = replace(proposal, edits=tuple(moved), diff=edits.render(moved, bases))
    verdict = await (await engine.services()).verify_now(again, current)
    if verdict is None or verdict.outcome is not VerdictOutcome.PASSED:
        reason = verdict.reason if verdict else "no sandbox is ready"
        raise StalePatch(
            f"The files have changed since “{proposal.title}” was proven, and it could not be proven again: {reason}.",
            untouched="Nothing was written.",
            next_step="Run `ambient review` on these files for fresh proposals.",
        )


def _texts(root: Path, changes: Sequence[FileEdit]) -> dict[str, str | None]:
    texts: dict[str, str | None] = {}
    for change in changes:
        for path in change.paths:
            try:
                texts[path] = decode(root, path, paths.resolve(root, path).read_bytes()).text
            except FileNotFoundError:
                texts[path] = None
            except (OSError, ContextError) as error:
                raise NotAllowed(f"{path} cannot be read: {error}.", untouched="Nothing was written.") from error
    return texts
