"""PerformanceOptimizer: slow loops, and faster ones that do the same. The sandbox measures before one is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ambient_lsp.agents.base import Specialist
from ambient_lsp.analyzers import performance
from ambient_lsp.analyzers.base import findings, is_generated
from ambient_lsp.analyzers.speedup import SORTED, Speedup
from ambient_lsp.analyzers.syntax import is_test_path
from ambient_lsp.model import ProofKind, ProofPlan, Proposal, RiskLevel
from ambient_lsp.patching import edits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from ambient_lsp.model import Context, Finding, Snapshot
    from ambient_lsp.protocols import Workbench


class PerformanceOptimizer(Specialist):
    """Reports slow loops outside tests, and proposes each faster version on its own."""

    name = "PerformanceOptimizer"

    async def look(
        self, snapshot: Snapshot, context: Context, bench: Workbench, settings: Any
    ) -> AsyncIterator[Finding | Proposal]:
        """Yield the file's findings, then one proposal for each place that has a faster version."""
        facts = context.tree.get(snapshot.path)
        is_test = facts.is_test if facts is not None else is_test_path(snapshot.path)
        if is_test or is_generated(snapshot.text):
            return
        made = await bench.cpu(performance.speedups, snapshot.text, snapshot.path)
        found = findings(self.name, snapshot, performance.findings_of(made, snapshot.path))
        for finding in found:
            yield finding
        least = float(settings.get("min_speedup_percent", 10))
        seen: set[str] = set()
        for one in made:
            if one.text and one.text not in seen:
                seen.add(one.text)
                yield _proposal(self.name, snapshot, one, found, least)


def _proposal(agent: str, snapshot: Snapshot, one: Speedup, found: Sequence[Finding], least: float) -> Proposal:
    note = " On an empty input it raises ValueError, where it was IndexError." if one.rule == SORTED else ""
    return edits.propose(
        agent=agent,
        title=one.title,
        description=f"{one.message}{note} Offered only if it is at least {least:g} % faster with the same results.",
        rationale=one.message,
        risk_level=RiskLevel.MEDIUM,
        edits=[edits.modify(snapshot, one.text)],
        bases={snapshot.path: snapshot.text},
        findings=[finding for finding in found if (finding.rule, finding.span) == (one.rule, one.span)],
        tags=("performance", one.rule),
        proof=ProofPlan(
            ProofKind.FASTER,
            {"path": snapshot.path, "function": one.symbol, "min_speedup_percent": least},
        ),
    )
