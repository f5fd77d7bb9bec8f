"""Writing a proven proposal to the user's own files, when the user says so on the command line, and taking it back.

Three things are durable, in this order: what is about to be written (a fact in the store), the journal with the old
bytes (`patching.apply`), and the outcome. Killed between any two of them, the next start finds out what happened.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.errors import ContextError, NotAllowed, NotFound, StalePatch
from ambient_lsp.model import Outcome, VerdictOutcome
from ambient_lsp.patching import apply as files
from ambient_lsp.patching import edits, paths
from ambient_lsp.patching.journal import Applied
from ambient_lsp.text import decode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.model import FileEdit, Proposal
    from ambient_lsp.store.store import SqliteStore

JOURNAL = ".ambient/journal"
UNDER_WAY = "apply-under-way"


async def apply_to_files(engine: Engine, store: SqliteStore, proposal: Proposal, who: str) -> None:
    """Write the proposal, proving it again first where its files have changed since. All or nothing."""
    current = await asyncio.to_thread(_texts, engine.root, proposal.edits)
    moved = engine.edits_for(proposal.id, current)
    if moved != proposal.edits:
        await _prove_again(engine, proposal, moved, current)
    planned = await asyncio.to_thread(files.plan, engine.root, moved)
    store.set_value(f"applied:{proposal.id}", planned.dumps())
    store.set_value(UNDER_WAY, f"{proposal.id} {who}")
    try:
        await asyncio.to_thread(files.write, engine.root, moved, engine.root / JOURNAL)
    finally:
        store.set_value(UNDER_WAY, "")


async def undo_in_files(engine: Engine, store: SqliteStore, proposal: Proposal) -> None:
    """Put back what the files held before the proposal. Raises `StalePatch` when they were changed since."""
    record = store.get_value(f"applied:{proposal.id}")
    if not record:
        raise NotAllowed(
            f"“{proposal.title}” was applied in an editor.",
            untouched="Nothing was written.",
            next_step="Undo it there, or with git.",
        )
    await asyncio.to_thread(files.undo, engine.root, Applied.loads(record), engine.root / JOURNAL)


def recover(root: Path, store: SqliteStore) -> Outcome | None:
    """Finish or take back an apply that was killed half-way; return its outcome when it turns out to be done."""
    files.recover(root, root / JOURNAL)
    proposal_id, _, who = store.get_value(UNDER_WAY).partition(" ")
    if not proposal_id:
        return None
    store.set_value(UNDER_WAY, "")
    try:
        store.proposal(proposal_id)
    except NotFound:
        return None
    if files.is_done(root, Applied.loads(store.get_value(f"applied:{proposal_id}"))):
        return Outcome(proposal_id, "applied", who, time.time(), "It was found done after a restart.")
    return None


async def _prove_again(
    engine: Engine, proposal: Proposal, moved: Sequence[FileEdit], current: dict[str, str | None]
) -> None:
    bases = {path: text for path, text in current.items() if text is not None}
    again = replace(proposal, edits=tuple(moved), diff=edits.render(moved, bases))
    verdict = await (await engine.services()).verify_now(again, current)
    if verdict is None or verdict.outcome is not VerdictOutcome.PASSED:
        reason = verdict.reason if verdict else "no sandbox is ready"
        raise StalePatch(
            f"The files have changed since “{proposal.title}” was proven, and it could not be proven again: {reason}",
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
                raise NotAllowed(f"{path} cannot be read: {error}", untouched="Nothing was written.") from error
    return texts
