"""What the specialists of this package share: a name, findings that come first, and proposals made from them."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import aclosing
from itertools import islice
from typing import TYPE_CHECKING, Any

from ambient_lsp.agents.pace import Pace, pace_of
from ambient_lsp.analyzers import ruff
from ambient_lsp.errors import AmbientError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

    from ambient_lsp.analyzers.ruff import Report, Selection
    from ambient_lsp.model import Context, Finding, Proposal, Snapshot
    from ambient_lsp.protocols import Workbench

    Look = Callable[[Snapshot, Context, Workbench, Any], AsyncIterator[Finding | Proposal]]

PYTHON = (".py", ".pyi")
BATCH = 32


class Specialist:
    """A proposer that looks at each file by itself. Subclasses set `name` and write `look`.

    Taking no arguments, and keeping nothing between runs, is what lets one be made anew anywhere. `at_once` is how many
    files are looked at at the same time, so that no worker process waits. Those that are `side_by_side` stay near each
    other where only findings are asked for; a fix may wait for a sandbox, and nobody should wait with it.
    """

    name = ""
    at_once = 8
    side_by_side = True

    async def propose(self, context: Context, bench: Workbench) -> AsyncIterator[Finding | Proposal]:
        """Yield what is found in each Python target, then what fixes it.

        A file that fails does not stop the others; what failed is raised after the last of them.
        """
        failed: list[str] = []
        settings = bench.settings(self.name)
        python = [snapshot for snapshot in context.targets if snapshot.path.endswith(PYTHON)]
        pace = pace_of(bench, BATCH) if self.side_by_side and not context.fixes else Pace(BATCH)
        with pace.joined() as come_to:
            for start in range(0, len(python), BATCH):
                await come_to(start)
                batch = python[start : start + BATCH]
                look = await self.looker(batch, context, bench)
                if len(batch) == 1:
                    try:
                        async for item in look(batch[0], context, bench, settings):
                            yield item  # as soon as it is known
                    except AmbientError as error:
                        failed.append(f"{batch[0].path}: {error}")
                    continue
                async with aclosing(_several(look, batch, context, bench, settings, self.at_once)) as looks:
                    async for snapshot, items, problem in looks:
                        for item in items:
                            yield item
                        if problem is not None:
                            failed.append(f"{snapshot.path}: {problem}")
        if failed:
            raise AmbientError(
                f"{self.name} could not look at {len(failed)} of {len(context.targets)} files.",
                untouched="The others were looked at.",
                next_step=" ".join(failed[:3]),
            )

    async def looker(self, batch: Sequence[Snapshot], context: Context, bench: Workbench) -> Look:
        """Return what looks at one file of `batch`. Override it to do at once what is cheaper at once."""
        return self.look

    def look(
        self, snapshot: Snapshot, context: Context, bench: Workbench, settings: Any
    ) -> AsyncIterator[Finding | Proposal]:
        """Yield the findings of one file, then the proposals that fix them."""
        raise NotImplementedError

    async def refine(self, proposals: Sequence[Proposal], context: Context) -> Sequence[Proposal]:
        """Keep to what was proposed: local analyzers learn nothing from others."""
        return [proposal for proposal in proposals if proposal.agent == self.name]


async def _several(
    look: Look, batch: Sequence[Snapshot], context: Context, bench: Workbench, settings: Any, at_once: int
) -> AsyncGenerator[tuple[Snapshot, list[Finding | Proposal], AmbientError | None], None]:
    """Look at a few files at the same time; yield what came of each, in order."""

    async def one(snapshot: Snapshot) -> tuple[Snapshot, list[Finding | Proposal], AmbientError | None]:
        items: list[Finding | Proposal] = []
        try:
            async for item in look(snapshot, context, bench, settings):
                items.append(item)  # noqa: PERF401 - what came before an error counts
        except AmbientError as error:
            return snapshot, items, error
        return snapshot, items, None

    waiting = iter(batch)
    tasks = deque(asyncio.create_task(one(snapshot)) for snapshot in islice(waiting, at_once))
    try:
        while tasks:
            done = await tasks[0]
            tasks.popleft()
            tasks.extend(asyncio.create_task(one(snapshot)) for snapshot in islice(waiting, 1))
            yield done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def ruff_reports(
    batch: Sequence[Snapshot], context: Context, bench: Workbench, selection: Selection
) -> dict[str, Report]:
    """Return what ruff says of many files, by path, from as few processes as can be."""
    texts = {snapshot.path: snapshot.text for snapshot in batch}
    return await bench.cpu(ruff.check_many, texts, str(context.root), selection)
