"""What the specialists of this package share: a name, findings that come first, and proposals made from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers import ruff
from ambient_lsp.errors import AmbientError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from ambient_lsp.analyzers.ruff import Report, Selection
    from ambient_lsp.model import Context, Finding, Proposal, Snapshot
    from ambient_lsp.protocols import Workbench

    Look = Callable[[Snapshot, Context, Workbench, Any], AsyncIterator[Finding | Proposal]]

PYTHON = (".py", ".pyi")
BATCH = 32


class Specialist:
    """A proposer that looks at one file after the other. Subclasses set `name` and write `look`.

    Taking no arguments, and keeping nothing between runs, is what lets one be made anew anywhere.
    """

    name = ""

    async def propose(self, context: Context, bench: Workbench) -> AsyncIterator[Finding | Proposal]:
        """Yield what is found in each Python target, then what fixes it.

        A file that fails does not stop the others; what failed is raised after the last of them.
        """
        failed: list[str] = []
        settings = bench.settings(self.name)
        python = [snapshot for snapshot in context.targets if snapshot.path.endswith(PYTHON)]
        for start in range(0, len(python), BATCH):
            batch = python[start : start + BATCH]
            look = await self.looker(batch, context, bench)
            for snapshot in batch:
                try:
                    async for item in look(snapshot, context, bench, settings):
                        yield item
                except AmbientError as error:
                    failed.append(f"{snapshot.path}: {error}")
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


def count(number: int, noun: str) -> str:
    """Return "1 finding" or "3 findings"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


async def ruff_reports(
    batch: Sequence[Snapshot], context: Context, bench: Workbench, selection: Selection
) -> dict[str, Report]:
    """Return what ruff says of many files, by path, from as few processes as can be."""
    texts = {snapshot.path: snapshot.text for snapshot in batch}
    return await bench.cpu(ruff.check_many, texts, str(context.root), selection)
