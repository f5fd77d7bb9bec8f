"""RefactorArchitect: structure that is hard to change, and rewrites that measurably make it simpler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ambient_lsp.agents.base import Specialist
from ambient_lsp.agents.repository_index import RepositoryIndex
from ambient_lsp.analyzers import complexity, deadcode, duplication, extraction, simplify, twins
from ambient_lsp.analyzers.base import findings, is_generated, pure
from ambient_lsp.model import ProofKind, ProofPlan, Proposal, RiskLevel
from ambient_lsp.patching import edits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from ambient_lsp.analyzers.base import RawFinding
    from ambient_lsp.model import Context, Finding, Json, Snapshot, Span
    from ambient_lsp.protocols import Workbench

_MOST_EXTRACTIONS = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """The agent's thresholds; lines and a cognitive complexity."""

    complexity_threshold: int
    max_function_lines: int
    min_duplicate_lines: int
    line_length: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A fix before it is a proposal: the file's new text, and the number that it lowers."""

    rule: str
    span: Span
    title: str
    rationale: str
    text: str
    metric: str
    params: dict[str, Json]
    risk: RiskLevel


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
        if is_generated(snapshot.text):
            return
        own = _settings(settings, context)
        await self._index.refresh(context, bench)
        repeated = await self._index.clones(snapshot.path, own.min_duplicate_lines, bench)
        elsewhere = self._index.used_elsewhere(snapshot)
        raws = await bench.cpu(see, snapshot.text, snapshot.path, own, tuple(repeated), elsewhere)
        seen = findings(self.name, snapshot, raws)
        for finding in seen:
            yield finding
        # Rewriting costs more than looking, so what was seen does not wait for it.
        result = await bench.cpu(review, snapshot.text, snapshot.path, own, tuple(repeated), elsewhere)
        rewritten = findings(self.name, snapshot, result.raws)
        for finding in rewritten:
            yield finding
        found = [*seen, *rewritten]
        for draft in result.drafts:
            yield _proposal(self.name, snapshot, draft, found)
        async for proposal in self._shared(snapshot, context, bench, own, repeated, found):
            yield proposal

    async def _shared(
        self,
        snapshot: Snapshot,
        context: Context,
        bench: Workbench,
        own: Settings,
        repeated: Sequence[duplication.Clone],
        found: Sequence[Finding],
    ) -> AsyncIterator[Proposal]:
        """Yield a proposal for each function that another module of the package has word for word."""
        modules = {path: facts.module for path, facts in context.tree.items() if facts.module}
        imports = {facts.module: facts.imports for facts in context.tree.values() if facts.module}
        here = modules.get(snapshot.path, "")
        others = {place.path for clone in repeated for place in clone.places} - {snapshot.path}
        seen: set[str] = set()
        for path in sorted(others):
            there = modules.get(path, "")
            if not here or not there or here.split(".")[0] != there.split(".")[0] or "." not in here:
                continue
            other = await bench.read(path)
            # The first one by name keeps the function, unless it needs the other: then nothing changes here.
            if other is None or not _keeps(there, here, imports):
                continue
            for twin in await bench.cpu(twins.merge, snapshot.text, other.text, there):
                if twin.name not in seen:
                    seen.add(twin.name)
                    yield _twin_proposal(self.name, snapshot, other, twin, own, found)


@pure
def see(
    text: str, path: str, settings: Settings, repeated: Sequence[duplication.Clone], used_elsewhere: frozenset[str]
) -> list[RawFinding]:
    """Return what can be seen of one text without rewriting it; arguments as in `review`."""
    return [
        *complexity.find(text, path, settings.complexity_threshold, settings.max_function_lines),
        *duplication.found_in(path, repeated),
        *deadcode.find(text, path, used_elsewhere),
    ]


@pure
def review(
    text: str, path: str, settings: Settings, repeated: Sequence[duplication.Clone], used_elsewhere: frozenset[str]
) -> Review:
    """Rewrite one text. `repeated`: the repetitions with a place in it; `used_elsewhere`: the words of other files.

    Its findings are those that only a rewrite shows; `see` gives the others.
    """
    rewrites = simplify.rewrites(text, path, settings.line_length, settings.complexity_threshold)
    raws = simplify.findings_of(rewrites)
    drafts = [
        *_flattening(path, rewrites),
        *_extractions(text, path, repeated, settings),
        *_removals(text, path, used_elsewhere),
    ]
    return Review(tuple(raws), tuple(drafts))


def _flattening(path: str, rewrites: Sequence[simplify.Rewrite]) -> list[Draft]:
    """Return the rewrites worth a proposal: of a function that is flattened as a whole, not its single steps too."""
    whole = {rewrite.symbol for rewrite in rewrites if rewrite.rule == simplify.FLATTEN}
    drafts: dict[str, Draft] = {}
    for rewrite in rewrites:
        if rewrite.rule == simplify.FLATTEN or rewrite.symbol not in whole:
            drafts[rewrite.text] = Draft(
                complexity.COMPLEX if rewrite.rule == simplify.FLATTEN else rewrite.rule,
                rewrite.span,
                rewrite.title,
                f"Cognitive complexity of `{rewrite.symbol}`: {rewrite.before} → {rewrite.after}.",
                rewrite.text,
                "cognitive-complexity",
                {"symbol": rewrite.symbol, "path": path},
                RiskLevel.LOW,
            )
    return list(drafts.values())


def _extractions(text: str, path: str, repeated: Sequence[duplication.Clone], settings: Settings) -> list[Draft]:
    min_lines = settings.min_duplicate_lines
    drafts: list[Draft] = []
    for clone in repeated:
        here = [place for place in clone.places if place.path == path]
        new = extraction.extract(text, here, settings.line_length) if len(here) > 1 else None
        if new is None or len(drafts) == _MOST_EXTRACTIONS:
            continue
        before = duplication.duplicated_lines({path: text}, min_lines)
        after = duplication.duplicated_lines({path: new.text}, min_lines)
        if after >= before or _code_lines(new.text) >= _code_lines(text):
            continue
        first = duplication.found_in(path, [clone])[0]
        drafts.append(
            Draft(
                duplication.DUPLICATE,
                first.span,
                f"Extract {clone.lines} lines that stand in {len(here)} places into `{new.name}`",
                f"Repeated lines in {path}: {before} → {after}.",
                new.text,
                "duplicated-lines",
                {"path": path, "min_lines": min_lines},
                RiskLevel.MEDIUM,
            )
        )
    return drafts


def _code_lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.split("\n"))


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


def _keeps(there: str, here: str, imports: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether `there` is the one to keep the function: `here` may import it, and would not be asked in turn."""
    if twins.reaches(there, here, imports):
        return False
    return there < here or twins.reaches(here, there, imports)


def _twin_proposal(
    agent: str, snapshot: Snapshot, other: Snapshot, twin: twins.Twin, own: Settings, found: Sequence[Finding]
) -> Proposal:
    before, after = (
        duplication.duplicated_lines({snapshot.path: text, other.path: other.text}, own.min_duplicate_lines)
        for text in (snapshot.text, twin.text)
    )
    mine = [
        finding
        for finding in found
        if finding.rule == duplication.DUPLICATE and any(place.path == other.path for place in finding.evidence)
    ]
    rationale = f"Repeated lines in {snapshot.path} and {other.path}: {before} → {after}."
    return edits.propose(
        agent=agent,
        title=f"Import `{twin.name}` from `{twin.kept}` in place of a copy",
        description=f"`{twin.name}` stands word for word in {other.path} as well. {rationale}",
        rationale=rationale,
        risk_level=RiskLevel.MEDIUM,
        edits=[edits.modify(snapshot, twin.text)],
        bases={snapshot.path: snapshot.text},
        findings=mine[:1],
        tags=("refactor", duplication.DUPLICATE),
        # The sandbox measures the changed file alone; there the copy is simply fewer lines.
        proof=ProofPlan(ProofKind.SIMPLER, {"metric": "function-lines", "path": snapshot.path}),
    )


def _settings(settings: Any, context: Context) -> Settings:
    length = context.conventions.get("line-length", 88)
    return Settings(
        int(settings.get("complexity_threshold", 15)),
        int(settings.get("max_function_lines", 100)),
        int(settings.get("min_duplicate_lines", 6)),
        length if isinstance(length, int) else 88,
    )
