"""PerformanceOptimizer: slow loops, and faster ones that do the same. The sandbox measures before one is offered."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ambient_lsp.agents.base import Specialist
from ambient_lsp.analyzers.base import findings, is_generated, is_test_path, is_vendored_path
from ambient_lsp.analyzers.speed import evidence, performance, relations
from ambient_lsp.analyzers.speed.queries import has_queries
from ambient_lsp.analyzers.speed.relations import mentions_models
from ambient_lsp.analyzers.speed.speedup import SORTED, Speedup
from ambient_lsp.analyzers.styling.layout import laid_out_all
from ambient_lsp.model import ProofKind, ProofPlan, Proposal, RiskLevel
from ambient_lsp.patching import edits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from ambient_lsp.analyzers.speed.relations import Relation
    from ambient_lsp.model import Context, FileFacts, Finding, Snapshot
    from ambient_lsp.protocols import Workbench

_MOST_MODEL_FILES = 200
_MOST_TESTS = 8
_MOST_IMPORTERS = 40
_MOST_CALLERS_TEXT = 200_000
"""With more of them, nobody can tell quickly how all of them call a function; then nothing is told."""


class PerformanceOptimizer(Specialist):
    """Reports slow loops outside tests, and proposes each faster version on its own."""

    name = "PerformanceOptimizer"

    def __init__(self) -> None:
        self._tree: Mapping[str, FileFacts] | None = None
        self._models: tuple[tuple[tuple[str, str], ...], tuple[Relation, ...]] = ((), ())
        self._one_at_a_time = asyncio.Lock()

    async def look(
        self, snapshot: Snapshot, context: Context, bench: Workbench, settings: Any
    ) -> AsyncIterator[Finding | Proposal]:
        """Yield the file's findings, then one proposal for each place that has a faster version."""
        facts = context.tree.get(snapshot.path)
        is_test = (facts is not None and facts.is_test) or is_test_path(snapshot.path)
        if is_test or is_vendored_path(snapshot.path) or is_generated(snapshot.text):
            return
        known = await self._relations(snapshot, context, bench)
        callers = await self._callers(snapshot, context, bench)
        made = await bench.cpu(performance.speedups, snapshot.text, snapshot.path, known, callers)
        found = findings(self.name, snapshot, performance.findings_of(made, snapshot.path))
        for finding in found:
            yield finding
        least = float(settings.get("min_speedup_percent", 10))
        if not context.fixes:
            return
        by_text = {one.text: one for one in made[::-1] if one.text}  # of two that come to the same, the first
        texts = list(by_text)[::-1]
        laid_out = (
            await bench.cpu(laid_out_all, snapshot.text, texts, snapshot.path, str(context.root)) if texts else []
        )
        for one, text in zip((by_text[text] for text in texts), laid_out, strict=True):
            yield _proposal(self.name, snapshot, replace(one, text=text), found, least)

    async def _callers(self, snapshot: Snapshot, context: Context, bench: Workbench) -> list[tuple[str, bool]]:
        """Return (text, whether it is a test) of files that call the functions here, for those without type hints."""
        tests = context.tests.get(snapshot.path, ())
        importers = [path for path in context.impact.get(snapshot.path, ()) if path not in tests]
        if not (tests or importers) or len(importers) > _MOST_IMPORTERS:
            return []
        names = await bench.cpu(evidence.wanted, snapshot.text)
        if not names:
            return []
        found = []
        for path in (*importers, *tests[:_MOST_TESTS]):
            other = await bench.read(path)
            if other is not None and any(f"{name}(" in other.text for name in names):
                facts = context.tree.get(path)
                found.append((other.text, facts.is_test if facts is not None else is_test_path(path)))
        return found if sum(len(text) for text, _ in found) <= _MOST_CALLERS_TEXT else []

    async def _relations(self, snapshot: Snapshot, context: Context, bench: Workbench) -> tuple[Relation, ...]:
        """Return the relations of the repository's models, for a file that asks for rows of them."""
        if not has_queries(snapshot.text):
            return ()
        async with self._one_at_a_time:
            if context.tree is not self._tree:
                await self._read_models(context, bench)
                self._tree = context.tree
        # A file whose text is another than the tree says may have other models.
        own = await bench.cpu(relations.relations, [snapshot.text]) if mentions_models(snapshot.text) else []
        return tuple(dict.fromkeys((*own, *self._models[1])))

    async def _read_models(self, context: Context, bench: Workbench) -> None:
        key = tuple((path, facts.blob) for path, facts in sorted(context.tree.items()) if _may_have_models(path, facts))
        if key != self._models[0]:
            read = [await bench.read(path) for path, _ in key[:_MOST_MODEL_FILES]]
            texts = [one.text for one in read if one is not None and mentions_models(one.text)]
            self._models = (key, tuple(await bench.cpu(relations.relations, texts)))


def _may_have_models(path: str, facts: FileFacts) -> bool:
    if not path.endswith(".py") or facts.is_test or "migrations/" in path:
        return False
    return any(name.partition(".")[0] in {"django", "sqlalchemy", "flask_sqlalchemy"} for name in facts.imports)


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
            {"path": snapshot.path, "function": one.symbol, "min_speedup_percent": least, **one.proof},
        ),
    )
