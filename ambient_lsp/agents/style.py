"""StyleEnforcer: one fix for a file's style, in the way that the project itself asks for."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ambient_lsp.agents.base import Specialist, ruff_reports
from ambient_lsp.agents.surroundings import Neighbours, acting_imports, code_of_importers
from ambient_lsp.analyzers.base import findings, is_generated, is_vendored_path
from ambient_lsp.analyzers.styling import style
from ambient_lsp.analyzers.styling.own_style import Surroundings
from ambient_lsp.analyzers.styling.rules import REASONS
from ambient_lsp.analyzers.styling.tidying import Review, review, with_names
from ambient_lsp.model import ProofKind, ProofPlan, Proposal, RiskLevel
from ambient_lsp.patching import edits
from ambient_lsp.text import counted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from ambient_lsp.agents.base import Look
    from ambient_lsp.analyzers.ruff import Report
    from ambient_lsp.analyzers.styling.tidying import Text
    from ambient_lsp.model import Context, Finding, Snapshot
    from ambient_lsp.protocols import Workbench

_STAR = re.compile(r"\bimport\s*\*")


class StyleEnforcer(Specialist):
    """Keeps files tidy: imports, names, docstrings, comments, spelling, blanks, and the lint rules of the project.

    At most three proposals for a file: what leaves the program's tree as it is, in one; the project's lint rules and
    how imports are written, which change the tree; and renames, which have a proof of their own.
    """

    name = "StyleEnforcer"

    def __init__(self) -> None:
        self._neighbours = Neighbours()

    async def looker(self, batch: Sequence[Snapshot], context: Context, bench: Workbench) -> Look:
        """Have ruff check the batch at once."""
        return partial(self._look, await ruff_reports(batch, context, bench, style.SELECTION))

    async def _look(
        self, reports: Mapping[str, Report], snapshot: Snapshot, context: Context, bench: Workbench, settings: Any
    ) -> AsyncIterator[Finding | Proposal]:
        if is_generated(snapshot.text) or is_vendored_path(snapshot.path) or style.is_sample(snapshot.path):
            return
        defer = bool(settings.get("defer_to_formatter", True))
        report = reports[snapshot.path]
        if not (snapshot.text.strip() or report.diagnostics):
            return
        unused = any(diagnostic.code == "F401" for diagnostic in report.diagnostics)
        facts = context.tree.get(snapshot.path)
        # What a file imports and does not use, others may import from it, and what they do of `import *`; a fix may
        # take away more.
        asked = unused or context.fixes or _STAR.search(snapshot.text) is not None
        around = Surroundings(
            await code_of_importers(snapshot, context, bench) if asked else "",
            await acting_imports(snapshot, context, bench) if unused else frozenset(),
            module=facts.module if facts is not None else "",
        )
        call = partial(bench.cpu, review, snapshot.text, snapshot.path, str(context.root), defer, report, context.fixes)
        result: Review = await call(around)
        if result.questions:
            words, offers = await self._neighbours.answer(result.questions, snapshot, context, bench)
            if words is not None or offers:
                around = replace(around, words=words, offers=offers)
                result = await call(around)
        found = findings(self.name, snapshot, result.raws)
        for finding in found:
            yield finding
        if not context.fixes:
            return
        for proposal in _proposals(snapshot, result, found):
            yield proposal
        if any(raw.data.get("part") == "rename" for raw in result.raws):
            # Scopes take longer than all the rest, so everything else is told first.
            names = await bench.cpu(with_names, snapshot.text, snapshot.path, str(context.root), around)
            if names.text != snapshot.text:
                yield _rename(snapshot, result, names, found)


def _proposals(snapshot: Snapshot, result: Review, found: Sequence[Finding]) -> Iterator[Proposal]:
    name = snapshot.path.rsplit("/", 1)[-1]
    if result.tidy.text != snapshot.text:
        codes = result.tidy.codes
        yield _proposal(
            snapshot,
            result,
            result.tidy,
            _fixed(result.tidy, found),
            title=f"Tidy {_subject(codes)} in {name} ({len(codes)})",
            promise="The program stays the same: its syntax tree does not change but for imports and docstrings.",
            proof=ProofPlan(ProofKind.SAME_TREE, {"removed_names": list(result.tidy.removed), "path": snapshot.path}),
        )
    if result.lint.text != snapshot.text:
        fixed = _fixed(result.lint, found)
        yield _proposal(
            snapshot,
            result,
            result.lint,
            fixed,
            title=f"Fix {counted(len(result.lint.codes), 'lint finding')} in {name}",
            promise="Each of these fixes leaves the code doing what it did before.",
            proof=ProofPlan(ProofKind.FINDINGS_GONE, {"finding_ids": [finding.id for finding in fixed]}),
        )


def _rename(snapshot: Snapshot, result: Review, text: Text, found: Sequence[Finding]) -> Proposal:
    names = dict(text.new_names)
    what = ", ".join(f"{old} to {new}" for old, new in list(names.items())[:2])
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return _proposal(
        snapshot,
        result,
        text,
        _fixed(text, found),
        title=f"Rename {what}{more} in {snapshot.path.rsplit('/', 1)[-1]}",
        promise="The program stays the same under other names, which nothing outside this file uses. Names are part"
        " of the syntax tree, so this is a proposal of its own.",
        proof=ProofPlan(ProofKind.SAME_TREE, {"renamed": names, "path": snapshot.path}),
    )


def _fixed(text: Text, found: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in found if (finding.rule, finding.span) in text.fixed]


def _subject(codes: Sequence[str]) -> str:
    """Return what a set of fixes is about ("imports and docstrings")."""
    subjects = (
        ("imports", ("F401", "I001", "E401", "AMB-STYLE-DUPLICATE")),
        ("docstrings", ("D1", "D2", "D3", "D4", "AMB-STYLE-STALE-PARAM")),
        ("comments", ("ERA001", "AMB-STYLE-STALE-COMMENT")),
        ("spelling", ("AMB-STYLE-TYPO",)),
        ("strings", ("F541",)),
        ("whitespace", ("W",)),
    )
    words = [word for word, prefixes in subjects if any(code.startswith(prefixes) for code in codes)]
    if len(words) > 2:
        return f"{', '.join(words[:-1])} and {words[-1]}"
    return " and ".join(words) or "layout"


def _proposal(
    snapshot: Snapshot,
    result: Review,
    text: Text,
    found: Sequence[Finding],
    *,
    title: str,
    promise: str,
    proof: ProofPlan,
) -> Proposal:
    codes = sorted(set(text.codes))
    counted = ", ".join(f"{code} × {number}" for code, number in sorted(Counter(text.codes).items()))
    return edits.propose(
        agent=StyleEnforcer.name,
        title=title,
        description=f"{promise} Rules: {counted}.",
        rationale=f"{_rationale(codes, result.asked_by_project)} ({counted}).",
        risk_level=RiskLevel.LOW,
        edits=[edits.modify(snapshot, text.text)],
        bases={snapshot.path: snapshot.text},
        findings=found,
        tags=("style", *codes),
        proof=proof,
    )


def _rationale(codes: Sequence[str], asked_by_project: frozenset[str]) -> str:
    """Return why these rules matter, without its full stop: because the project says so, or for what reason."""
    own = [REASONS[code] for code in codes if code not in asked_by_project and code in REASONS]
    asked = ["the project's own ruff settings ask for it"] if asked_by_project & set(codes) else []
    reasons = "; ".join(dict.fromkeys((*asked, *own))) or "the file's own habits ask for it"
    return f"{reasons[0].upper()}{reasons[1:]}"
