"""What the specialists of this package share: a name, findings that come first, and proposals made from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ambient_lsp.errors import AmbientError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from ambient_lsp.model import Context, Finding, Proposal, Snapshot
    from ambient_lsp.protocols import Workbench

PYTHON = (".py", ".pyi")


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
        for snapshot in context.targets:
            if not snapshot.path.endswith(PYTHON):
                continue
            try:
                async for item in self.look(snapshot, context, bench, settings):
                    yield item
            except AmbientError as error:
                failed.append(f"{snapshot.path}: {error}")
        if failed:
            raise AmbientError(
                f"{self.name} could not look at {len(failed)} of {len(context.targets)} files.",
                untouched="The others were looked at.",
                next_step=" ".join(failed[:3]),
            )

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
