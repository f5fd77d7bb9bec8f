"""RefactorArchitect: structure that is hard to change, and rewrites that measurably make it simpler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ambient_lsp.agents.base import Specialist
from ambient_lsp.agents.copies import Copies, Limits
from ambient_lsp.agents.repository_index import RepositoryIndex
from ambient_lsp.analyzers.base import findings, is_generated, is_vendored_path, pure
from ambient_lsp.analyzers.refactoring import (
    alike,
    complexity,
    deadcode,
    design,
    duplication,
    metrics,
    parameter_object,
    rewrites,
    simplify,
)
from ambient_lsp.model import ProofKind, ProofPlan, Proposal, RiskLevel
from ambient_lsp.patching import edits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from ambient_lsp.analyzers.base import RawFinding
    from ambient_lsp.analyzers.refactoring.forms import Rewrite
    from ambient_lsp.model import Context, Finding, Json, Snapshot, Span
    from ambient_lsp.protocols import Workbench


_TOKEN = 0.1
"""What a token counts beside a point of complexity."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The agent's thresholds; lines and a cognitive complexity."""

    complexity_threshold: int
    max_function_lines: int
    min_duplicate_lines: int
    line_length: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A fix before it is a proposal: the file's new text, and the number that it lowers. `gain` ranks it among its
    like: points of complexity, or lines."""

    rule: str
    span: Span
    title: str
    rationale: str
    text: str
    metric: str
    params: dict[str, Json]
    risk: RiskLevel
    gain: float


@dataclass(frozen=True, slots=True)
class Review:
    """What one look at a file gave."""

    raws: tuple[RawFinding, ...]
    drafts: tuple[Draft, ...]


class RefactorArchitect(Specialist):
    """Reports complex, long, repeated and dead code, and proposes the rewrites whose gain it has measured.

    It keeps an index of the repository between runs, by content, so a run reads only what has changed.
    """

    name = "RefactorArchitect"

    def __init__(self) -> None:
        self._index = RepositoryIndex()

    async def warm(self, context: Context, bench: Workbench) -> None:
        """Read the repository, so that the first save does not wait for it."""
        await self._index.refresh(context, bench)

    async def look(
        self, snapshot: Snapshot, context: Context, bench: Workbench, settings: Any
    ) -> AsyncIterator[Finding | Proposal]:
        """Yield the file's findings, then the proposals that lower a number."""
        if not snapshot.text.strip() or is_generated(snapshot.text) or is_vendored_path(snapshot.path):
            return
        own = _settings(settings, context)
        await self._index.refresh(context, bench)
        repeated = await self._index.clones(snapshot.path, own.min_duplicate_lines, bench)
        similar = await self._index.alike(snapshot.path, own.min_duplicate_lines, bench)
        elsewhere = self._index.used_elsewhere(snapshot)
        raws = await bench.cpu(see, snapshot.text, snapshot.path, own, tuple(repeated), elsewhere)
        raws = [*raws, *alike.found_in(snapshot.path, similar, repeated)]
        seen = findings(self.name, snapshot, raws)
        for finding in seen:
            yield finding
        # Rewriting costs more than looking, so what was seen does not wait for it.
        result = await bench.cpu(review, snapshot.text, snapshot.path, own, context.fixes)
        rewritten = findings(self.name, snapshot, result.raws)
        for finding in rewritten:
            yield finding
        if not context.fixes:
            return
        found = [*seen, *rewritten]
        drafts = [*result.drafts, *await bench.cpu(further, snapshot.text, snapshot.path, elsewhere)]
        for draft in sorted(drafts, key=_by_gain):
            yield _proposal(self.name, snapshot, draft, found)
        limits = Limits(own.min_duplicate_lines, own.line_length)
        async for proposal in Copies(self.name, snapshot, context, bench, limits).proposals(repeated, found):
            yield proposal


@pure
def see(
    text: str, path: str, settings: Settings, repeated: Sequence[duplication.Clone], used_elsewhere: frozenset[str]
) -> list[RawFinding]:
    """Return what can be seen of one text without rewriting it. `repeated`: the repetitions with a place in it;
    `used_elsewhere`: the words of other files."""
    return [
        *complexity.find(text, path, settings.complexity_threshold, settings.max_function_lines),
        *duplication.found_in(path, repeated),
        *deadcode.find(text, path, used_elsewhere),
        *design.find(text, path),
    ]


@pure
def review(text: str, path: str, settings: Settings, fixes: bool) -> Review:
    """Rewrite one text. Its findings are those that only a rewrite shows; `see` gives the others.

    Drafts hold whole texts, so there are none where nobody asks for `fixes`; those that gain most come first.
    """
    flatter = simplify.rewrites(text, path, settings.line_length, settings.complexity_threshold if fixes else None)
    plainer = rewrites.rewrites(text, path, settings.line_length)
    raws = [*simplify.findings_of(flatter), *rewrites.findings_of(plainer)]
    drafts = [*_flattening(path, flatter), *(_rewriting(path, one) for one in plainer)] if fixes else []
    return Review(tuple(raws), tuple(sorted(drafts, key=_by_gain)))


@pure
def further(text: str, path: str, used_elsewhere: frozenset[str]) -> list[Draft]:
    """Return the fixes of what `see` found. `used_elsewhere`: the words of other files."""
    return [*_removals(text, path, used_elsewhere), *_groupings(text, path, used_elsewhere)]


def _by_gain(draft: Draft) -> float:
    return -draft.gain


def _flattening(path: str, flatter: Sequence[Rewrite]) -> list[Draft]:
    """Return the rewrites worth a proposal: of a function that is flattened as a whole, not its single steps too."""
    whole = {rewrite.symbol for rewrite in flatter if rewrite.rule == simplify.FLATTEN}
    chosen = (one for one in flatter if one.rule == simplify.FLATTEN or one.symbol not in whole)
    return list({rewrite.text: _rewriting(path, rewrite) for rewrite in chosen}.values())


def _rewriting(path: str, rewrite: Rewrite) -> Draft:
    metric = rewrite.metric.replace("-", " ").capitalize()
    return Draft(
        complexity.COMPLEX if rewrite.rule == simplify.FLATTEN else rewrite.rule,
        rewrite.span,
        rewrite.title,
        f"{metric} of `{rewrite.symbol}`: {rewrite.before} → {rewrite.after}.",
        rewrite.text,
        rewrite.metric,
        {"symbol": rewrite.symbol, "path": path},
        RiskLevel.LOW,
        (rewrite.before - rewrite.after) * (1 if rewrite.metric == "cognitive-complexity" else _TOKEN),
    )


def _groupings(text: str, path: str, used_elsewhere: frozenset[str]) -> list[Draft]:
    drafts = []
    for grouped in parameter_object.group(text, path, used_elsewhere):
        params = {"path": path}
        before, after = (metrics.measure("parameters", params, {path: one}) for one in (text, grouped.text))
        if after < before:
            names = ", ".join(f"`{name}`" for name in grouped.functions)
            drafts.append(
                Draft(
                    design.CLUMP,
                    grouped.span,
                    f"Group the parameters of {names} in `{grouped.name}`",
                    f"Parameters in {path}: {before:g} → {after:g}.",
                    grouped.text,
                    "parameters",
                    dict(params),
                    RiskLevel.MEDIUM,
                    before - after,
                )
            )
    return drafts


def _removals(text: str, path: str, used_elsewhere: frozenset[str]) -> list[Draft]:
    drafts = []
    before = deadcode.dead_lines(text)
    for removal in deadcode.removals(text, path, used_elsewhere):
        after = deadcode.dead_lines(removal.text)
        if after < before:
            rationale = f"Dead lines in {path}: {before} → {after}."
            drafts.append(
                Draft(
                    removal.rule,
                    removal.span,
                    removal.title,
                    rationale,
                    removal.text,
                    "dead-lines",
                    {"path": path},
                    RiskLevel.LOW,
                    before - after,
                )
            )
    return drafts


def _proposal(agent: str, snapshot: Snapshot, draft: Draft, found: Sequence[Finding]) -> Proposal:
    mine = [finding for finding in found if (finding.rule, finding.span) == (draft.rule, draft.span)]
    return edits.propose(
        agent=agent,
        title=draft.title,
        description=f"{draft.title} ({snapshot.path}). The code does what it did before. {draft.rationale}",
        rationale=draft.rationale,
        risk_level=draft.risk,
        edits=[edits.modify(snapshot, draft.text)],
        bases={snapshot.path: snapshot.text},
        findings=mine,
        tags=("refactor", draft.rule),
        proof=ProofPlan(ProofKind.SIMPLER, {"metric": draft.metric, **draft.params}),
    )


def _settings(settings: Any, context: Context) -> Settings:
    length = context.conventions.get("line-length", 88)
    return Settings(
        int(settings.get("complexity_threshold", 15)),
        int(settings.get("max_function_lines", 100)),
        int(settings.get("min_duplicate_lines", 6)),
        length if isinstance(length, int) else 88,
    )
