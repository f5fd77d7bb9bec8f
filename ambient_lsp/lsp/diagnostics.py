"""The one owner of what the editor shows as problems.

VS Code ignores the version of published diagnostics (`versionSupport` is false in its client.ts), so a late result
would land on newer text; results are therefore matched by the hash of the text. What becomes of a finding while
somebody types is in `following.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from lsprotocol import types

import ambient_lsp
from ambient_lsp.analyzers.aliases import repeats
from ambient_lsp.engine.hidden import visible
from ambient_lsp.lsp.documents import Document, Text
from ambient_lsp.lsp.fixes import Fixes
from ambient_lsp.lsp.following import Placed
from ambient_lsp.lsp.workspaces import Workspace
from ambient_lsp.model import Finding, ProposalState, Severity

CAP = 100
"""Most diagnostics in one file: a thousand take 30 ms on the event loop."""

_LEVELS = {
    Severity.HINT: types.DiagnosticSeverity.Hint,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.ERROR: types.DiagnosticSeverity.Error,
}
_SHORT = 100


class _Part(Enum):
    """What an agent says: after a look, after a glance, what its model says now, and what it said when last asked."""

    LOCAL = auto()
    GLANCE = auto()
    SAID = auto()
    SAID_BEFORE = auto()


@dataclass(slots=True)
class Result:
    """What one agent said of one text."""

    text: Text | None
    """The text that it is about; None for any but the present one."""
    run_id: str
    placed: list[Placed]
    moved: bool = False
    thinking: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding that is to be seen now, at offsets of the current text."""

    finding: Finding
    run_id: str
    start: int
    end: int
    evidence: Sequence[tuple[int, int] | None]
    """Where each piece of its evidence is in this text; None for one in another file."""
    fresh: bool
    """Whether it was found in just this text."""
    edited: bool = False
    """Whether its lines have changed since, so that it may not hold any more."""
    thinking: bool = False
    """Whether a model said it that is still being asked, so that it may be withdrawn."""


class DiagnosticsBook:
    """All results, by file and agent, moved along with the text."""

    def __init__(self) -> None:
        self._results: dict[str, dict[tuple[str, _Part], Result]] = {}
        """By URI, then by agent and part of what it says."""

    def report(
        self,
        document: Document,
        agent: str,
        sha256: str,
        findings: Sequence[Finding],
        run_id: str,
        *,
        glance: bool = False,
        thinking: bool = False,
    ) -> bool:
        """Replace what `agent` said of the file, or what it saw at a glance. False, and nothing is changed, when it is
        about another text, or a glance at one that the agent has looked at already.

        While a model is `thinking`, what it said before stays until it says it again or has come to its end.
        """
        results = self._results.setdefault(document.uri, {})
        known = results.get((agent, _Part.LOCAL))
        text = document.known_by
        if sha256 != text.sha256 or (glance and known is not None and known.text == text):
            return False
        results.pop((agent, _Part.GLANCE), None)
        placed = [Placed.at(document, finding) for finding in findings]
        if glance:
            results[agent, _Part.GLANCE] = Result(text, run_id, placed)
            return True
        own, said = [one for one in placed if not _is_said(one)], [one for one in placed if _is_said(one)]
        before = results.pop((agent, _Part.SAID_BEFORE), None)
        latest = results.pop((agent, _Part.SAID), None)
        results[agent, _Part.LOCAL] = Result(text, run_id, own)
        earlier = [*(before.placed if before else ()), *(latest.placed if latest and latest.run_id != run_id else ())]
        if thinking and earlier:
            kept = {one.finding.id: one for one in earlier}
            for one in said:
                kept.pop(one.finding.id, None)
            results[agent, _Part.SAID_BEFORE] = Result(None, run_id, list(kept.values()))
        if said:
            results[agent, _Part.SAID] = Result(text, run_id, said, thinking=thinking)
        return True

    def shift(self, document: Document, start: int, end: int, length: int) -> None:
        """Follow one change: `start` to `end` of the text before became `length` characters."""
        for result in self._results.get(document.uri, {}).values():
            result.moved = True
            for placed in result.placed:
                placed.follow(document, start, end, length)

    def shown(self, document: Document) -> Iterator[Shown]:
        """Yield the findings that hold for the current text, sorted by place."""
        found: list[Shown] = []
        seen_again: set[tuple[str, int]] = set()
        for (_, part), result in self._results.get(document.uri, {}).items():
            fresh = result.text is not None and result.text.is_in(document)
            if fresh and result.moved:
                result.placed = [Placed.at(document, placed.finding) for placed in result.placed]
                result.moved = False
            if fresh and part is _Part.GLANCE:
                seen_again.update((placed.finding.rule, placed.start) for placed in result.placed)
            found += (
                Shown(
                    placed.finding,
                    result.run_id,
                    placed.start,
                    placed.end,
                    placed.evidence,
                    fresh,
                    placed.edited,
                    result.thinking,
                )
                for placed in result.placed
                if placed.holds
            )
        found = [one for one in found if one.fresh or (one.finding.rule, one.start) not in seen_again]
        return iter(sorted(found, key=lambda shown: (shown.start, shown.end, shown.finding.rule, shown.finding.id)))

    def knows(self, uri: str) -> bool:
        """Whether there is any result for a file."""
        return uri in self._results

    def uris(self) -> list[str]:
        """Return the files with results."""
        return list(self._results)

    def with_findings(self, finding_ids: Sequence[str]) -> list[str]:
        """Return the files in which any of these findings is."""
        wanted = set(finding_ids)
        return [
            uri
            for uri, results in self._results.items()
            if any(placed.finding.id in wanted for result in results.values() for placed in result.placed)
        ]

    def keep(self, uri: str, text: Text) -> None:
        """Drop the results for a file that are about another text."""
        results = self._results.get(uri, {})
        for agent in [agent for agent, result in results.items() if result.text != text]:
            del results[agent]

    def forget(self, uri: str) -> None:
        """Drop all results for a file."""
        self._results.pop(uri, None)

    def fixed(self, finding_ids: Sequence[str], *, fixed: bool) -> None:
        """Take findings off whose fix was made, or put them back when it was undone."""
        for results in self._results.values():
            for result in results.values():
                for placed in result.placed:
                    if placed.finding.id in finding_ids:
                        placed.fixed = fixed

    def dismiss(self, finding_id: str) -> list[str]:
        """Drop one finding, and return the files that it was shown in."""
        touched: list[str] = []
        for uri, results in self._results.items():
            for result in results.values():
                kept = [placed for placed in result.placed if placed.finding.id != finding_id]
                if len(kept) != len(result.placed):
                    result.placed = kept
                    touched.append(uri)
        return touched


def render(
    shown: Sequence[Shown], document: Document, workspace: Workspace, fixes: Fixes, *, extra: Sequence[types.Diagnostic]
) -> list[types.Diagnostic]:
    """Return the diagnostics to publish, at most `CAP`, the most severe ones first to stay."""
    room = max(CAP - len(extra), 0)
    shown = [item for item in shown if is_seen(item.finding, workspace)]
    if len(shown) > room:
        keep = sorted(shown, key=lambda item: -item.finding.severity.rank)[:room]
        shown = sorted(keep, key=lambda item: (item.start, item.end, item.finding.rule, item.finding.id))
    return [*extra, *(_diagnostic(item, document, workspace, fixes) for item in shown)]


def is_seen(finding: Finding, workspace: Workspace) -> bool:
    """Whether a finding is shown as a problem; one that another tool shows already only has its fix offered there."""
    if workspace.engine is not None and not visible(finding, workspace.engine.config):
        return False
    return not workspace.told_elsewhere or workspace.told_elsewhere.isdisjoint(
        repeats(finding.rule, finding.origin).noqa
    )


def note(message: str) -> types.Diagnostic:
    """Return a remark about a whole file, shown at its first line."""
    return types.Diagnostic(
        range=types.Range(types.Position(0, 0), types.Position(0, 0)),
        message=message,
        severity=types.DiagnosticSeverity.Information,
        source="ambient",
        code="note",
    )


def _diagnostic(item: Shown, document: Document, workspace: Workspace, fixes: Fixes) -> types.Diagnostic:
    finding = item.finding
    proposals = [] if item.edited else fixes.of_finding(workspace, finding.id)
    best = next((fix for fix in proposals if fix.state is ProposalState.OFFERED), proposals[0] if proposals else None)
    level = min(finding.severity, workspace.settings.severity, key=lambda severity: severity.rank)
    href = rule_page(finding.rule)
    here = document.range(item.start, item.end)
    data: dict[str, str | bool] = {"finding_id": finding.id, "run_id": item.run_id, "sha256": finding.base_sha256}
    if item.thinking:
        data["state"] = "thinking"
    if item.edited:
        data["maybe_stale"] = True
    if best is not None:
        data |= {"proposal_id": best.id, "state": str(best.state)}
    return types.Diagnostic(
        range=here,
        message=finding.message + _suffix(item, best.state if best else None),
        severity=_LEVELS[level],
        source="ambient",
        code=finding.rule,
        code_description=types.CodeDescription(href) if href else None,
        tags=[types.DiagnosticTag.Unnecessary] if "unnecessary" in finding.tags else None,
        related_information=_related(item, here, document, workspace) or None,
        data=data,
    )


def _suffix(item: Shown, state: ProposalState | None) -> str:
    if item.edited:
        return " (maybe stale: its lines have changed)"
    if len(item.finding.message) > _SHORT:
        return ""
    if state in (ProposalState.DRAFTED, ProposalState.CHECKING):
        return " (checking a fix)"
    if state is ProposalState.OFFERED:
        return " (fix proven)"
    return " (the model is still thinking)" if item.thinking else ""


def _related(
    item: Shown, itself: types.Range, document: Document, workspace: Workspace
) -> list[types.DiagnosticRelatedInformation]:
    related: list[types.DiagnosticRelatedInformation] = []
    for evidence, here in zip(item.finding.evidence, item.evidence, strict=True):
        if here is not None:
            uri, place = document.uri, itself if here == (item.start, item.end) else document.range(*here)
        else:
            # Another file's columns would need its text; whole lines are right in every encoding.
            span = evidence.span
            uri = workspace.uri_of(evidence.path)
            place = types.Range(types.Position(span.start_line, 0), types.Position(span.end_line, 0))
        related.append(types.DiagnosticRelatedInformation(types.Location(uri, place), evidence.message))
    return related


def _is_said(placed: Placed) -> bool:
    return "model" in placed.finding.tags


def rule_page(rule: str) -> str:
    """Return the URI of a rule's page, on this machine and of this version; empty where there is none.

    A rule that is one of many, such as `AMB-STYLE-F401`, has their common page.
    """
    pages, name = _rule_pages(), rule
    while name and name not in pages:
        name = name.rpartition("-")[0]
    return pages.get(name, "")


@functools.cache
def _rule_pages() -> dict[str, str]:
    """Return the URI of every page, by its rule."""
    packaged = Path(ambient_lsp.__file__).parent / "data" / "rules"
    folder = packaged if packaged.exists() else Path(ambient_lsp.__file__).parents[1] / "docs" / "rules"
    return {page.stem: page.as_uri() for page in folder.glob("AMB-*.md")}
