"""SecurityGuardian: weaknesses with their CWE and OWASP ids, each with a fix of its own where one is sure."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ambient_lsp.agents.base import Specialist, ruff_reports
from ambient_lsp.agents.modules import reachable_modules
from ambient_lsp.analyzers import security
from ambient_lsp.analyzers.advisories import ADVISORIES, in_dependencies, is_manifest, unchecked
from ambient_lsp.analyzers.base import RawFinding, findings
from ambient_lsp.analyzers.pins import raised
from ambient_lsp.analyzers.ruff_settings import read_settings
from ambient_lsp.analyzers.rules import RULES
from ambient_lsp.model import ProofKind, ProofPlan, Proposal, RiskLevel
from ambient_lsp.patching import edits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from ambient_lsp.agents.base import Look
    from ambient_lsp.analyzers.fixes.security import Fixed
    from ambient_lsp.analyzers.pins import Raised
    from ambient_lsp.analyzers.ruff import Report
    from ambient_lsp.analyzers.ruff_settings import RuffSettings
    from ambient_lsp.model import Context, Finding, Snapshot
    from ambient_lsp.protocols import Workbench


class SecurityGuardian(Specialist):
    """Finds security weaknesses, and fixes those whose fix is sure."""

    name = "SecurityGuardian"

    async def propose(self, context: Context, bench: Workbench) -> AsyncIterator[Finding | Proposal]:
        """Yield what is found in the targets, then in the dependencies they declare."""
        async for item in super().propose(context, bench):
            yield item
        if not bench.settings(self.name).get("scan_dependencies", True):
            return
        manifests = [snapshot for snapshot in context.targets if is_manifest(snapshot.path)]
        advisories = await bench.read(ADVISORIES) if manifests else None
        for snapshot in manifests:
            if advisories is None:
                for finding in findings(self.name, snapshot, unchecked(snapshot.text)):
                    yield finding
                continue
            raws = list(in_dependencies(snapshot.text, advisories.text))
            found = findings(self.name, snapshot, raws)
            for finding in found:
                yield finding
            for pin in raised(snapshot.path, snapshot.text, raws) if context.fixes else ():
                span = raws[pin.indexes[0]].span
                yield _pin_proposal(snapshot, pin, [finding for finding in found if finding.span == span])

    async def looker(self, batch: Sequence[Snapshot], context: Context, bench: Workbench) -> Look:
        """Have ruff check the batch at once; the settings for it are read once for each folder."""
        reports = await ruff_reports(batch, context, bench, security.SELECTION)
        first = {snapshot.path.rpartition("/")[0]: snapshot.path for snapshot in batch}
        rules = {folder: read_settings(str(context.root), path) for folder, path in first.items()}
        return partial(self._look, reports, rules)

    async def _look(
        self,
        reports: Mapping[str, Report],
        settings_in: Mapping[str, RuffSettings],
        snapshot: Snapshot,
        context: Context,
        bench: Workbench,
        settings: Any,
    ) -> AsyncIterator[Finding | Proposal]:
        threshold = settings.get("severity_threshold", "medium")
        root = str(context.root)
        report = reports[snapshot.path]
        deep = security.looks_into_modules(snapshot.path, report)
        modules = await reachable_modules(snapshot, context, bench) if deep else {}
        rules = settings_in[snapshot.path.rpartition("/")[0]]
        raws = await bench.cpu(security.weaknesses, snapshot.text, snapshot.path, report, rules, threshold, modules)
        raws = [replace(raw, evidence=(*raw.evidence, security.evidence(snapshot.path, raw))) for raw in raws]
        in_order = findings(self.name, snapshot, raws)
        for finding in in_order:
            yield finding
        if not context.fixes or not any(RULES[raw.rule].fix for raw in raws):
            return
        by_place = {(finding.rule, finding.span): finding for finding in in_order}
        found = [by_place[raw.rule, raw.span] for raw in raws]
        for fixed in await bench.cpu(fixes, snapshot.text, snapshot.path, root, raws):
            yield _proposal(snapshot, fixed, [found[index] for index in fixed.indexes])


def fixes(text: str, path: str, root: str, raws: list[RawFinding]) -> list[Fixed]:
    """Make the fixes, in a worker process."""
    # libcst is loaded only by a process that rewrites something.
    from ambient_lsp.analyzers.fixes.security import fix

    return fix(text, path, root, raws)


def _proposal(snapshot: Snapshot, fixed: Fixed, found: Sequence[Finding]) -> Proposal:
    rule = RULES[found[0].rule]
    lines = ", ".join(str(finding.span.start_line + 1) for finding in found)
    where = f"{snapshot.path.rsplit('/', 1)[-1]}:{lines}"
    ids = " and ".join(_spelled(tag) for tag in rule.tags if tag.startswith(("cwe-", "owasp-")))
    return edits.propose(
        agent=SecurityGuardian.name,
        title=f"{fixed.title} ({where})",
        description=f"{rule.title}. {fixed.reason}",
        rationale=f"{ids}: {rule.why} Found at line {lines}: {found[0].message}",
        risk_level=fixed.risk,
        edits=[edits.modify(snapshot, fixed.text)],
        bases={snapshot.path: snapshot.text},
        findings=found,
        tags=(*rule.tags, rule.id),
        proof=ProofPlan(ProofKind.FINDINGS_GONE, {"finding_ids": [finding.id for finding in found]}),
    )


def _pin_proposal(snapshot: Snapshot, pin: Raised, found: Sequence[Finding]) -> Proposal:
    rule = RULES[found[0].rule]
    ids = ", ".join(finding.tags[-1] for finding in found)
    return edits.propose(
        agent=SecurityGuardian.name,
        title=f"Raise {pin.package} to {pin.new} ({snapshot.path.rsplit('/', 1)[-1]})",
        description=f"{pin.old} is weak. {pin.new} is the first version that no advisory names.",
        rationale=f"{ids}: {found[0].message}",
        risk_level=RiskLevel.HIGH if pin.is_major else RiskLevel.MEDIUM,
        edits=[edits.modify(snapshot, pin.text)],
        bases={snapshot.path: snapshot.text},
        findings=found,
        tags=(*rule.tags, rule.id),
        proof=ProofPlan(ProofKind.FINDINGS_GONE, {"finding_ids": [finding.id for finding in found]}),
    )


def _spelled(tag: str) -> str:
    """`owasp-a03:2021` is written OWASP A03:2021."""
    return tag.upper().replace("OWASP-", "OWASP ")
