"""StyleEnforcer: one fix for a file's style, in the way that the project itself asks for."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ambient_lsp.agents.base import Specialist, ruff_reports
from ambient_lsp.analyzers import ruff, style
from ambient_lsp.analyzers.base import RawFinding, findings, is_generated
from ambient_lsp.analyzers.ruff_settings import RuffSettings, read_settings
from ambient_lsp.context.facts import extract
from ambient_lsp.model import ProofKind, ProofPlan, Proposal, RiskLevel
from ambient_lsp.patching import edits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from ambient_lsp.agents.base import Look
    from ambient_lsp.analyzers.ruff import Report
    from ambient_lsp.model import Context, Finding, Snapshot
    from ambient_lsp.protocols import Workbench

_MOST_IMPORTERS = 50
_ACTS = re.compile(
    r"^(?!(?:if|elif|while|for|with|assert|not|del|raise|class|def|async|import|from|return|print|logging|warnings)\b)"
    r"[A-Za-z_][\w.]*\("
    r"|^@(?!(?:[\w.]*\.)?(?:dataclass|cache|lru_cache|total_ordering|contextmanager|asynccontextmanager|overload|final"
    r"|runtime_checkable|unique|fixture|wraps|define|frozen)\b)",
    re.MULTILINE,
)
"""A call or a decorator at the top of a module; those that only shape what they decorate are left out."""
_REASONS = {
    "F401": "nothing uses what is imported here",
    "F541": "an f-string without a placeholder is a plain string",
    "I001": "the other imports here are in order",
    "W291": "blanks at line ends show up in later diffs",
    "W292": "the file does not end with a newline",
    "W293": "blanks at line ends show up in later diffs",
}
"""Why a rule of `style.QUIET` is worth a fix where no rule of the project asks for it."""


@dataclass(frozen=True, slots=True)
class Review:
    """What one look at a file gave. `tidy` keeps the tree; `lint` is more, and only in projects that select rules.

    Both are new texts, equal to the old one where there is nothing to do, with the codes of the rules they fix.
    `by_project` tells whether the project selected those rules itself.
    """

    raws: tuple[RawFinding, ...]
    tidy: str
    tidy_codes: tuple[str, ...]
    lint: str
    lint_codes: tuple[str, ...]
    removed_names: tuple[str, ...]
    by_project: bool = False


class StyleEnforcer(Specialist):
    """Keeps files tidy: imports, blanks, docstring layout, and the lint rules that the project selects."""

    name = "StyleEnforcer"

    async def looker(self, batch: Sequence[Snapshot], context: Context, bench: Workbench) -> Look:
        """Have ruff check the batch at once."""
        return partial(self._look, await ruff_reports(batch, context, bench, style.SELECTION))

    async def _look(
        self, reports: Mapping[str, Report], snapshot: Snapshot, context: Context, bench: Workbench, settings: Any
    ) -> AsyncIterator[Finding | Proposal]:
        if is_generated(snapshot.text):
            return
        defer = bool(settings.get("defer_to_formatter", True))
        used = await _used_elsewhere(snapshot, context, bench)
        report = reports[snapshot.path]
        unused = any(diagnostic.code == "F401" for diagnostic in report.diagnostics)
        acting = await _acting(snapshot, context, bench) if unused else frozenset[str]()
        result = await bench.cpu(review, snapshot.text, snapshot.path, str(context.root), defer, used, report, acting)
        found = findings(self.name, snapshot, result.raws)
        for finding in found:
            yield finding
        if result.tidy != snapshot.text:
            yield _tidy_proposal(snapshot, result, _fixed(result, found, result.tidy_codes))
        if result.lint != snapshot.text:
            yield _lint_proposal(snapshot, result, _fixed(result, found, result.lint_codes))


def review(
    text: str,
    path: str,
    root: str,
    defer_to_formatter: bool,
    used_elsewhere: str,
    report: Report,
    acting: frozenset[str] = frozenset(),
) -> Review:
    """Judge what ruff reported and make the fixed texts.

    `used_elsewhere` is the code of files that import this one; `acting` are the imports, as written, that do something.
    """
    settings = read_settings(root, path)
    raws = tuple(style.raw_findings(text, path, report, settings, defer_to_formatter=defer_to_formatter))
    if report.syntax_error is not None:
        return Review(raws, text, (), text, (), ())
    asked = style.wanted(text, path, report, settings, defer_to_formatter=defer_to_formatter)
    # Ruff fixes a rule everywhere in a file, so a rule that must be left alone in one place is left alone in all.
    spared = {
        found.code
        for found in report.diagnostics
        if found.safe and (found not in asked or not style.may_be_fixed(text, found))
    }
    fixable = [diagnostic for diagnostic in asked if diagnostic.safe and diagnostic.code not in spared]
    lint_codes = tuple(found.code for found in fixable if not style.keeps_tree(found.code))
    tidy_codes = tuple(found.code for found in fixable if style.keeps_tree(found.code))
    tidy = _fix(text, path, root, settings, tidy_codes)
    removed = set(style.imported_names(text) - style.imported_names(tidy))
    lost = set(extract(text.encode("utf-8", "replace")).imports) - set(extract(tidy.encode("utf-8", "replace")).imports)
    if lost & acting or any(_imported_from(path, name, used_elsewhere) for name in removed):
        removed = set()
        tidy_codes = tuple(code for code in tidy_codes if code != "F401")
        tidy = _fix(text, path, root, settings, tidy_codes)
    if removed and "I001" not in tidy_codes and _now_nearly_sorted(tidy, path, root, report, settings):
        tidy_codes = (*tidy_codes, "I001")
        tidy = _fix(tidy, path, root, settings, ("I001",))
    lint = _fix(text, path, root, settings, lint_codes)
    return Review(raws, tidy, tidy_codes, lint, lint_codes, tuple(sorted(removed)), bool(settings.selected))


def _now_nearly_sorted(tidy: str, path: str, root: str, report: Report, settings: RuffSettings) -> bool:
    """Whether imports that were in too little order to be sorted are in enough, now that unused ones are gone.

    Else the fix itself would bring a new finding.
    """
    if not any(found.code == "I001" for found in report.diagnostics):
        return False
    again = ruff.check(tidy, path, root, ruff.Selection(select=("I001",)))
    return bool(style.wanted(tidy, path, again, settings, defer_to_formatter=True))


def _fix(text: str, path: str, root: str, settings: RuffSettings, codes: Sequence[str]) -> str:
    if not codes:
        return text
    new_text = ruff.fixed(text, path, root, ruff.Selection(select=tuple(sorted(set(codes)))))
    if not text.startswith(("\n", "\r")):
        # Where all imports at the top go, ruff leaves the blank lines that were below them.
        new_text = new_text.lstrip("\r\n")
    if new_text != text and settings.formatter == "ruff" and ruff.formatted(text, path, root) == text:
        return ruff.formatted(new_text, path, root) or new_text
    return new_text


async def _used_elsewhere(snapshot: Snapshot, context: Context, bench: Workbench) -> str:
    """Return the code of the files that import this one, where a name it imports may be used as its own."""
    stem = _module_name(snapshot.path)
    texts = []
    for path in context.impact.get(snapshot.path, ())[:_MOST_IMPORTERS]:
        other = await bench.read(path)
        if other is not None and stem in other.text:
            texts.append(other.text)
    return "\n".join(texts)


async def _acting(snapshot: Snapshot, context: Context, bench: Workbench) -> frozenset[str]:
    """Return the imports of this file, as written, of this repository's modules that do something when imported.

    Nothing need use the name: that the module registers itself somewhere is what it is imported for.
    """
    wanted = {name: name.lstrip(".") for name in extract(snapshot.text.encode("utf-8", "replace")).imports}
    found: set[str] = set()
    for path, facts in context.tree.items():
        module = facts.module
        names = [name for name, plain in wanted.items() if plain and (module == plain or module.endswith(f".{plain}"))]
        if module and names and path != snapshot.path:
            other = await bench.read(path)
            if other is not None and _ACTS.search(other.text):
                found.update(names)
    return frozenset(found)


def _imported_from(path: str, name: str, code: str) -> bool:
    module, name = re.escape(_module_name(path)), re.escape(name)
    imported = rf"from\s+[\w.]*\b{module}\s+import\s*(\([^)]*\b{name}\b|[^\n(]*\b{name}\b|\*)"
    named = "|".join((module, *(re.escape(alias) for alias in re.findall(rf"\b{module}\s+as\s+(\w+)", code))))
    return re.search(rf"{imported}|\b(?:{named})\.{name}\b", code) is not None


def _module_name(path: str) -> str:
    parts = path.rsplit(".", 1)[0].split("/")
    return parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1]


def _fixed(result: Review, found: Sequence[Finding], codes: Sequence[str]) -> list[Finding]:
    """Return the findings that the fixes for `codes` are for: those that ruff can fix safely."""
    safe = {(raw.rule, raw.span) for raw in result.raws if raw.data.get("safe") and raw.data.get("code") in codes}
    return [finding for finding in found if (finding.rule, finding.span) in safe]


def _tidy_proposal(snapshot: Snapshot, result: Review, found: Sequence[Finding]) -> Proposal:
    what = " and ".join(
        word
        for word, codes in (("imports", ("F401", "I001", "E401")), ("docstrings", ("D",)), ("whitespace", ("W",)))
        if any(code.startswith(codes) for code in result.tidy_codes)
    )
    return _proposal(
        snapshot,
        result.tidy,
        result.tidy_codes,
        found,
        title=f"Tidy {what or 'layout'} in {_name(snapshot)} ({len(result.tidy_codes)})",
        promise="The program stays the same: its syntax tree does not change but for imports and docstrings.",
        by_project=result.by_project,
        proof=ProofPlan(ProofKind.SAME_TREE, {"removed_names": list(result.removed_names), "path": snapshot.path}),
    )


def _lint_proposal(snapshot: Snapshot, result: Review, found: Sequence[Finding]) -> Proposal:
    return _proposal(
        snapshot,
        result.lint,
        result.lint_codes,
        found,
        title=f"Fix {len(result.lint_codes)} lint findings in {_name(snapshot)}",
        promise="Ruff marks each of these fixes as safe: the code does what it did before.",
        by_project=result.by_project,
        proof=ProofPlan(ProofKind.FINDINGS_GONE, {"finding_ids": [finding.id for finding in found]}),
    )


def _proposal(
    snapshot: Snapshot,
    new_text: str,
    codes: Sequence[str],
    found: Sequence[Finding],
    *,
    title: str,
    promise: str,
    by_project: bool,
    proof: ProofPlan,
) -> Proposal:
    counted = ", ".join(f"{code} × {number}" for code, number in sorted(Counter(codes).items()))
    return edits.propose(
        agent=StyleEnforcer.name,
        title=title,
        description=f"{promise} Rules: {counted}.",
        rationale=_rationale(codes, by_project=by_project),
        risk_level=RiskLevel.LOW,
        edits=[edits.modify(snapshot, new_text)],
        bases={snapshot.path: snapshot.text},
        findings=found,
        tags=("style", *sorted(set(codes))),
        proof=proof,
    )


def _rationale(codes: Sequence[str], *, by_project: bool) -> str:
    counted = ", ".join(f"{code} × {number}" for code, number in sorted(Counter(codes).items()))
    if by_project:
        return f"The project's own ruff settings ask for it ({counted})."
    reasons = "; ".join(dict.fromkeys(_REASONS[code] for code in sorted(codes)))
    return f"{reasons[0].upper()}{reasons[1:]} ({counted})."


def _name(snapshot: Snapshot) -> str:
    return snapshot.path.rsplit("/", 1)[-1]
