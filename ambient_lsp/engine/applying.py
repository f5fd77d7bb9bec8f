"""Writing a proven proposal to the user's own files, when the user says so on the command line, and taking it back.

Three things are durable, in this order: what is about to be written (a fact in the store), the journal with the old
bytes (`patching.apply`), and the outcome. Killed between any two of them, the next start finds out what happened. Only
one process writes at a time, which a file lock sees to that ends with its holder.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from ambient_lsp.engine.decisions import content_of
from ambient_lsp.errors import ContextError, NotAllowed, NotFound, StalePatch
from ambient_lsp.model import Outcome, VerdictOutcome
from ambient_lsp.patching import apply as files
from ambient_lsp.patching import edits, paths
from ambient_lsp.patching.journal import Applied
from ambient_lsp.store.lease import lock
from ambient_lsp.text import decode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ambient_lsp.engine.decisions import Decisions
    from ambient_lsp.model import FileEdit, Proposal, Verdict
    from ambient_lsp.store.store import SqliteStore

    Verify = Callable[[Proposal, Mapping[str, str | None]], Awaitable[Verdict | None]]

Kind = Literal["applied", "reverted"]

UNDER_WAY = "apply-under-way"
PATIENCE = 10.0
"""Seconds to wait for another process that is writing."""

GRACE = 2.0
"""Seconds that a start waits for one: writing takes milliseconds, proving is done before it."""

_POLL = 0.05


class Applying:
    """Writes proposals to the files below `root`, and finds out what became of a writing that was cut off."""

    def __init__(self, root: Path, store: SqliteStore, decisions: Decisions) -> None:
        self._root = root
        self._store = store
        self._decisions = decisions
        self._journal = store.path.parent / "journal"
        self._lock = store.path.parent / "journal.lock"

    async def apply(self, proposal: Proposal, who: str, verify: Verify) -> Proposal:
        """Write the proposal, proving it again first where its files have changed since. All or nothing."""
        async with self._alone():
            current = await asyncio.to_thread(_texts, self._root, proposal.edits)
            moved = self._decisions.edits_for(proposal.id, current)
            if moved != proposal.edits:
                await _prove_again(proposal, moved, current, verify)
            planned = await asyncio.to_thread(files.plan, self._root, moved)
            self._announce("applied", proposal, who, planned)
            return await self._write("applied", proposal, who, lambda: files.write(self._root, moved, self._journal))

    async def undo(self, proposal: Proposal, who: str) -> Proposal:
        """Put back what the files held before the proposal. Raises `StalePatch` when they were changed since."""
        async with self._alone():
            record = self._store.get_value(f"applied:{proposal.id}")
            if not record:
                raise NotAllowed(
                    f"“{proposal.title}” was applied in an editor.",
                    untouched="Nothing was written.",
                    next_step="Undo it there, or with git.",
                )
            applied = Applied.loads(record)
            self._announce("reverted", proposal, who, applied)
            return await self._write("reverted", proposal, who, lambda: files.undo(self._root, applied, self._journal))

    async def recover(self) -> None:
        """Finish or take back a writing that was cut off. Raises `PatchError`.

        One that a living process is at is left to it, after a short wait: the lock of a process that was just killed
        may be held for some milliseconds by a child that it was about to start.
        """
        deadline = time.monotonic() + GRACE
        while self._journal.exists() or self._store.get_value(UNDER_WAY):
            with self._try() as mine:
                if mine:
                    self._recover()
                    return
            if time.monotonic() > deadline:
                return
            await asyncio.sleep(_POLL)

    def _recover(self) -> None:
        files.recover(self._root, self._journal)
        under_way = self._store.get_value(UNDER_WAY)
        if not under_way:
            return
        kind, proposal_id, who = json.loads(under_way)
        with suppress(NotFound):
            proposal = self._store.proposal(proposal_id)
            applied = Applied.loads(self._store.get_value(f"applied:{proposal_id}"))
            if proposal.state.value != kind and self._stands(kind, applied):
                self._decisions.record(_outcome(kind, proposal, who, "It was found done after a restart."))
        self._store.set_value(UNDER_WAY, "")

    def _stands(self, kind: Kind, applied: Applied) -> bool:
        if kind == "reverted":
            applied = Applied(tuple(replace(one, before=one.after, after=one.before) for one in applied.changes))
        return files.is_done(self._root, applied)

    def _announce(self, kind: Kind, proposal: Proposal, who: str, planned: Applied) -> None:
        with self._store.transaction():
            self._store.set_value(f"applied:{proposal.id}", planned.dumps())
            self._store.set_value(UNDER_WAY, json.dumps([kind, proposal.id, who]))

    async def _write(self, kind: Kind, proposal: Proposal, who: str, act: Callable[[], object]) -> Proposal:
        """Write and record the outcome, to the end: a thread that writes files cannot be called back half-way."""

        async def work() -> Proposal:
            try:
                await asyncio.to_thread(act)
            except BaseException:
                if not self._journal.exists():  # else the files are not as they were, and `recover` will see to them
                    self._store.set_value(UNDER_WAY, "")
                raise
            recorded = self._decisions.record(_outcome(kind, proposal, who))
            self._store.set_value(UNDER_WAY, "")
            return recorded

        task = asyncio.ensure_future(work())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task})
            raise

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        deadline = time.monotonic() + PATIENCE
        while True:
            with self._try() as mine:
                if mine:
                    self._recover()
                    yield
                    return
            if time.monotonic() > deadline:
                raise NotAllowed(
                    "Another Ambient is writing to this folder's files at this moment.",
                    untouched="Nothing was written.",
                    next_step="Try again when it is done.",
                )
            await asyncio.sleep(_POLL)

    @contextmanager
    def _try(self) -> Iterator[bool]:
        held = lock(self._lock)
        try:
            yield held is not None
        finally:
            if held is not None:
                held.release()


def _outcome(kind: Kind, proposal: Proposal, who: str, reason: str = "") -> Outcome:
    return Outcome(proposal.id, kind, who, time.time(), reason, content_of(proposal))


async def _prove_again(
    proposal: Proposal, moved: Sequence[FileEdit], current: dict[str, str | None], verify: Verify
) -> None:
    bases = {path: text for path, text in current.items() if text is not None}
    again = replace(proposal, edits=tuple(moved), diff=edits.render(moved, bases))
    verdict = await verify(again, current)
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
