"""Proposals that put one function in place of copies: in one file, or in several files of one package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.agents.known_modules import known_modules
from ambient_lsp.analyzers.refactoring import duplication, extraction, twins
from ambient_lsp.analyzers.refactoring.modules import is_near, reaches
from ambient_lsp.model import ProofKind, ProofPlan, Proposal, RiskLevel
from ambient_lsp.patching import edits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from ambient_lsp.model import Context, Finding, Snapshot
    from ambient_lsp.protocols import Workbench

_MOST = 3
_MOST_FILES = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a repetition must be to count, and how long a line may be."""

    min_lines: int
    line_length: int


@dataclass(frozen=True, slots=True)
class Once:
    """The new texts by path, the function's name, and the repeated lines of those files before and after."""

    texts: Mapping[str, str]
    name: str
    before: int
    after: int


class Copies:
    """The copies that one file has a part in, seen with the modules of its repository."""

    def __init__(self, agent: str, snapshot: Snapshot, context: Context, bench: Workbench, limits: Limits) -> None:
        self._agent, self._snapshot, self._bench, self._limits = agent, snapshot, bench, limits
        known = known_modules(context.tree)
        self._modules, self._imports = known.modules, known.imports

    async def proposals(
        self, repeated: Sequence[duplication.Clone], found: Sequence[Finding]
    ) -> AsyncIterator[Proposal]:
        """Yield a proposal for each repetition that can become one function; `found` are the file's findings."""
        merged: set[str] = set()
        async for proposal, name in self._twins(repeated, found):
            merged.add(name)
            yield proposal
        made = 0
        for clone in repeated:
            if made == _MOST or {place.symbol for place in clone.places} <= merged:
                continue
            extracted = await self._extraction(clone, found)
            if extracted is not None:
                made += 1
                yield extracted

    async def _extraction(self, clone: duplication.Clone, found: Sequence[Finding]) -> Proposal | None:
        here = [place for place in clone.places if place.path == self._snapshot.path]
        paths = sorted({place.path for place in clone.places})
        keeper = self._keeper(paths)
        if keeper is None or len({place.symbol.rpartition(".")[2] for place in clone.places}) == 1:
            places, keeper = here, self._snapshot.path
        else:
            places = list(clone.places)
        if len(places) < 2:
            return None
        bases = await self._read({place.path for place in places})
        if bases is None:
            return None
        texts = {path: base.text for path, base in bases.items()}
        modules = {path: self._modules.get(path, "") for path in texts}
        once = await self._bench.cpu(extract, texts, tuple(places), modules, keeper, self._limits)
        if once is None:
            return None
        where = f"{len(places)} places" if len(texts) == 1 else f"{len(places)} places of {len(texts)} files"
        return self._proposal(
            f"Extract {clone.lines} lines that stand in {where} into `{once.name}`",
            f"Repeated lines in {' and '.join(sorted(texts))}: {once.before} → {once.after}.",
            {path: (bases[path], text) for path, text in once.texts.items()},
            [one for one in found if one.rule == duplication.DUPLICATE and one.span == duplication.span(here[0])],
            {"metric": "duplicated-lines", "min_lines": self._limits.min_lines},
        )

    def _keeper(self, paths: Sequence[str]) -> str | None:
        """Return the file that the others can import from without a cycle; None where they do not belong together."""
        if len(paths) == 1:
            return paths[0]
        modules = [self._modules.get(path, "") for path in paths]
        packages = {module.split(".")[0] for module in modules if "." in module}
        if len(paths) > _MOST_FILES or len(packages) != 1 or not all("." in module for module in modules):
            return None
        for path, module in zip(paths, modules, strict=True):
            others = [other for other in modules if other != module]
            if all(
                is_near(module, other, self._imports) and not reaches(module, other, self._imports) for other in others
            ):
                return path
        return None

    async def _read(self, paths: set[str]) -> dict[str, Snapshot] | None:
        bases: dict[str, Snapshot] = {}
        for path in paths:
            base = self._snapshot if path == self._snapshot.path else await self._bench.read(path)
            if base is None:
                return None
            bases[path] = base
        return bases

    async def _twins(
        self, repeated: Sequence[duplication.Clone], found: Sequence[Finding]
    ) -> AsyncIterator[tuple[Proposal, str]]:
        """Yield a proposal for each function that another module of the package has word for word."""
        here = self._modules.get(self._snapshot.path, "")
        others = {place.path for clone in repeated for place in clone.places} - {self._snapshot.path}
        seen: set[str] = set()
        for path in sorted(others):
            there = self._modules.get(path, "")
            if not here or not there or here.split(".")[0] != there.split(".")[0] or "." not in here:
                continue
            other = await self._bench.read(path)
            # The first one by name keeps the function, unless it needs the other: then nothing changes here.
            if other is None or not self._keeps(there, here):
                continue
            for twin in await self._bench.cpu(twins.merge, self._snapshot.text, other.text, there):
                proposal = self._twin(other, twin, found) if twin.name not in seen else None
                if proposal is not None:
                    seen.add(twin.name)
                    yield proposal, twin.name

    def _keeps(self, there: str, here: str) -> bool:
        """Return whether `there` keeps the function: `here` may import it, and would not be asked in turn."""
        if reaches(there, here, self._imports) or not is_near(there, here, self._imports):
            return False
        return there < here or reaches(here, there, self._imports)

    def _twin(self, other: Snapshot, twin: twins.Twin, found: Sequence[Finding]) -> Proposal | None:
        path = self._snapshot.path
        before, after = (
            duplication.duplicated_lines({path: text, other.path: other.text}, self._limits.min_lines)
            for text in (self._snapshot.text, twin.text)
        )
        if after >= before:
            return None  # too short to count as a repetition
        mine = [
            one
            for one in found
            if one.rule == duplication.DUPLICATE and any(place.path == other.path for place in one.evidence)
        ]
        return self._proposal(
            f"Import `{twin.name}` from `{twin.kept}` in place of a copy",
            f"Repeated lines in {path} and {other.path}: {before} → {after}.",
            {path: (self._snapshot, twin.text)},
            mine[:1],
            # The sandbox measures the changed file alone; there the copy is simply fewer lines.
            {"metric": "function-lines", "path": path},
        )

    def _proposal(
        self,
        title: str,
        rationale: str,
        changed: Mapping[str, tuple[Snapshot, str]],
        found: Sequence[Finding],
        promise: Mapping[str, object],
    ) -> Proposal:
        return edits.propose(
            agent=self._agent,
            title=title,
            description=f"{title}. The code does what it did before. {rationale}",
            rationale=rationale,
            risk_level=RiskLevel.MEDIUM,
            edits=[edits.modify(base, text) for _, (base, text) in sorted(changed.items())],
            bases={path: base.text for path, (base, _) in changed.items()},
            findings=found,
            tags=("refactor", duplication.DUPLICATE),
            proof=ProofPlan(ProofKind.SIMPLER, dict(promise)),
        )


def extract(
    texts: Mapping[str, str],
    places: Sequence[duplication.Place],
    modules: Mapping[str, str],
    keeper: str,
    limits: Limits,
) -> Once | None:
    """Extract the code at `places`; None where that is not certain, or makes the code no shorter."""
    new = extraction.extract(texts, places, modules, keeper, limits.line_length)
    if new is None:
        return None
    before, after = (duplication.duplicated_lines(one, limits.min_lines) for one in (texts, new.texts))
    if after >= before or _code_lines(new.texts) >= _code_lines(texts):
        return None
    return Once(new.texts, new.name, before, after)


def _code_lines(texts: Mapping[str, str]) -> int:
    return sum(bool(line.strip()) for text in texts.values() for line in text.split("\n"))
