"""Checkouts of a folder: its current content as a tree, writable copies outside it, and proposals as commits.

The asynchronous border of this package: what is below it is synchronous and runs in threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ambient_lsp.errors import AmbientError, WorkspaceError
from ambient_lsp.repository import files, overlay, place, reconcile, record
from ambient_lsp.repository.bases import Bases
from ambient_lsp.repository.content import MAX_FILE_BYTES, WorkingContent
from ambient_lsp.repository.git import Git
from ambient_lsp.repository.objects import Objects
from ambient_lsp.repository.refs import Refs
from ambient_lsp.repository.session import Session
from ambient_lsp.repository.strategies import Overlay, Plain, Pool, Want

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence

    from ambient_lsp.model import FileEdit, Proposal, Snapshot
    from ambient_lsp.protocols import Checkouts
    from ambient_lsp.repository.strategies import Lease, Strategy

T = TypeVar("T")
KNOWN_COMMITS = 16
"""How many trees keep their commit, so that all that is made for one tree has one parent."""
STRATEGIES = ("overlay", "pool", "plain")


async def open_checkouts(
    root: Path,
    cache: Path | None = None,
    *,
    strategies: Sequence[str] = STRATEGIES,
    max_file_bytes: int = MAX_FILE_BYTES,
    clock: Callable[[], float] = time.time,
) -> GitCheckouts:
    """Open the checkouts of `root`: a folder in a git repository, or a plain folder.

    `cache` is where checkouts live (the user's cache folder if None); it must be outside the repository. Of
    `strategies`, those that work here are used, in that order. Raises `WorkspaceError`.
    """
    return await asyncio.to_thread(_open, root, cache, tuple(strategies), max_file_bytes, clock)


def _open(
    root: Path, cache: Path | None, strategies: Sequence[str], max_file_bytes: int, clock: Callable[[], float]
) -> GitCheckouts:
    where = place.find(root, cache or _default_cache(root))
    if where.home.is_relative_to(where.top):
        raise WorkspaceError(
            f"The cache folder {where.home} is inside the repository {where.top}.",
            untouched="Your files were left alone.",
            next_step="Choose a cache folder outside it.",
        )
    try:
        return GitCheckouts(where, strategies, max_file_bytes, clock)
    except OSError as error:
        raise _cannot_write(where, error) from error


class GitCheckouts:
    """Implements `Checkouts`. Make one with `open_checkouts`; `close` gives everything back.

    `notes` tells what the last `current` and `checkout` left out and why; `strategy` names the way that checkouts are
    made first ("overlay", "pool" or "plain").
    """

    def __init__(
        self, where: place.Place, strategies: Sequence[str], max_file_bytes: int, clock: Callable[[], float]
    ) -> None:
        self.place = where
        self._clock = clock
        self._git = Git(where.git_dir, where.top)
        self._session = Session(where.home, where.root)
        self._objects = Objects(where.git_dir if where.shadow else where.top)
        self._refs = Refs(self._git)
        self._bases = Bases(where.home / "bases", self._git)
        self._pool = Pool(where, self._git)
        self._content = WorkingContent(where, self._git, self._objects, self._session.folder, max_file_bytes)
        self._strategies = self._choose(strategies)
        self.strategy = next(iter(self._strategies))
        self._included: list[str] = []
        self._reading = asyncio.Lock()
        self._open: dict[int, Lease] = {}
        self._pending: set[asyncio.Task[Any]] = set()
        self._commits: dict[tuple[str | None, str], str] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out of the last tree and of the last checkout, a sentence each."""
        return (*self._content.notes, *self._included)

    async def current(self, snapshots: Sequence[Snapshot] = ()) -> str:
        """Return the tree of the current content; see `Checkouts.current`."""
        await self._reading.acquire()
        # A thread cannot be cancelled: whoever reads next waits for its end, though nobody wants its result any more.
        reading = self._to_its_end(self._thread(lambda: self._content.tree(snapshots)))
        reading.add_done_callback(lambda _: self._reading.release())
        return await asyncio.shield(reading)

    @contextlib.asynccontextmanager
    async def checkout(self, tree: str, edits: Sequence[FileEdit] = ()) -> AsyncIterator[Path]:
        """Open a writable checkout; see `Checkouts.checkout`. Raises `PatchError` when an edit does not fit."""
        opening = asyncio.ensure_future(self._thread(lambda: self._materialise(tree, edits)))
        try:
            lease = await asyncio.shield(opening)
        except asyncio.CancelledError:
            self._later(self._abandon(opening))
            raise
        try:
            yield lease.top / self.place.prefix
        finally:
            await self._later(self._thread(lambda: self._release(lease)))

    async def record(self, proposal: Proposal, tree: str) -> str:
        """Keep a proposal as a commit under `refs/ambient/proposals/<id>`; return the commit's id."""
        return await self._thread(lambda: self._record(proposal, tree))

    async def recorded(self) -> list[str]:
        """Return the ids of the proposals that have a commit."""
        argv = ("for-each-ref", "--format=%(refname)", record.REFS)
        names = (await self._thread(lambda: self._git.run(*argv))).decode().split()
        return [name.removeprefix(record.REFS) for name in names]

    async def forget(self, ids: Iterable[str]) -> None:
        """Drop the references of proposals that have ended; git removes their commits in its own time."""
        names = [record.REFS + proposal_id for proposal_id in ids]
        if names:
            await self._thread(lambda: self._refs.update(dict.fromkeys(names)))

    async def reap(self) -> int:
        """Remove what dead processes left behind; return how many things that was."""
        return await self._thread(lambda: reconcile.reap(self.place, self._bases))

    async def close(self) -> None:
        """Give back what is still open, wait for cleaning to end, and remove what belongs to this process."""
        while self._pending:
            await asyncio.wait(self._pending)
        await asyncio.to_thread(self._close)

    # ------------------------------------------------------------------------------------ in threads, from here on

    def _choose(self, names: Sequence[str]) -> dict[str, Strategy]:
        chosen: dict[str, Strategy] = {}
        for name in names:
            if name == "overlay" and (options := overlay.probe(self._session.folder)) is not None:
                chosen[name] = Overlay(self.place, self._git, self._session, self._bases, options)
            elif name == "pool":
                chosen[name] = self._pool
            elif name == "plain":
                chosen[name] = Plain(self.place, self._git, self._session)
        return chosen or {"plain": Plain(self.place, self._git, self._session)}

    def _materialise(self, tree: str, edits: Sequence[FileEdit]) -> Lease:
        want = Want(tree, self._commit_of(tree))
        lease = self._first_that_works(want, None if self.place.shadow else self._objects.resolve("HEAD^{tree}"))
        try:
            self._included = files.copy_included(self.place, self._git, lease.top)
            files.apply(lease.top / self.place.prefix, edits)
        except BaseException:
            lease.release()
            raise
        self._open[id(lease)] = lease
        return lease

    def _first_that_works(self, want: Want, anchor: str | None) -> Lease:
        problem: Exception | None = None
        for strategy in self._strategies.values():
            try:
                if (lease := strategy.open(want, anchor)) is not None:
                    return lease
            except (OSError, AmbientError) as error:
                problem = error
        raise WorkspaceError(
            f"No checkout could be made: {problem}",
            untouched="Your files were left alone, and nothing was left behind.",
            next_step=f"Look at the free space and the rights of {self.place.home}.",
        ) from problem

    def _release(self, lease: Lease) -> None:
        if self._open.pop(id(lease), None) is not None:
            lease.release()
            self._bases.evict()

    def _commit_of(self, tree: str) -> str:
        """Return a commit with this tree: HEAD when it has it, else one on top of HEAD that no reference names."""
        head = self._objects.resolve("HEAD")
        if head is not None and self._objects.resolve("HEAD^{tree}") == tree:
            return head
        if (head, tree) not in self._commits:
            parents = [] if head is None else [head]
            when, text = int(self._clock()), "The current content of the folder, as Ambient saw it"
            commit = self._objects.commit(tree, parents, "Ambient <ambient@localhost>", when, text)
            while len(self._commits) >= KNOWN_COMMITS:
                del self._commits[next(iter(self._commits))]
            self._commits[head, tree] = commit
        return self._commits[head, tree]

    def _record(self, proposal: Proposal, tree: str) -> str:
        patched = record.patched_tree(self.place, self._git, self._objects, tree, proposal.edits)
        when = int(proposal.created or self._clock())
        parents = [self._commit_of(tree)]
        commit = self._objects.commit(patched, parents, record.author(proposal), when, record.message(proposal))
        self._refs.update({record.REFS + proposal.id: commit})
        return commit

    def _close(self) -> None:
        with contextlib.ExitStack() as stack:
            for step in (self._git.close, self._session.close, self._objects.close, self._refs.close):
                stack.callback(step)
            stack.callback(self._content.keep_index)
            stack.callback(self._pool.wait)
            for lease in list(self._open.values()):
                stack.callback(self._release, lease)

    # ------------------------------------------------------------------------------------------------- on the loop

    async def _thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            raise _cannot_write(self.place, error) from error

    async def _abandon(self, opening: asyncio.Future[Lease]) -> None:
        """Give back a checkout that nobody waits for any more."""
        with contextlib.suppress(AmbientError):
            lease = await opening
            await self._thread(lambda: self._release(lease))

    def _later(self, work: Coroutine[None, None, None]) -> asyncio.Future[None]:
        """Run to the end what must not be cut short by a cancellation; `close` waits for it."""
        return asyncio.shield(self._to_its_end(work))

    def _to_its_end(self, work: Coroutine[None, None, T]) -> asyncio.Task[T]:
        task = asyncio.ensure_future(work)
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)
        return task


def _default_cache(root: Path) -> Path:
    from platformdirs import user_cache_path

    cache = user_cache_path("ambient")
    if not cache.is_relative_to(root.resolve()):
        return cache
    return Path(tempfile.gettempdir()) / f"ambient-{os.getuid()}"  # the folder is the home folder, or holds it


def _cannot_write(where: place.Place, error: OSError) -> WorkspaceError:
    return WorkspaceError(
        f"The cache folder {where.home} cannot be used: {error}.",
        untouched="Your files were left alone.",
        next_step="Free some disk space, or point XDG_CACHE_HOME to a larger disk.",
    )


if TYPE_CHECKING:
    _implements: type[Checkouts] = GitCheckouts
