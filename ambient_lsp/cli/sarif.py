"""Findings as SARIF 2.1.0, the format that code scanning services read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Limits that GitHub sets (25,000 results, 20 tags) are
kept. A result names its proven proposal and does not hold the change: SARIF cannot bind it to the text it was made for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ambient_lsp import __version__
from ambient_lsp.model import ProposalState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.model import Evidence, Finding, Proposal, Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 25_000
MOST_TAGS = 20

_LEVEL = {"hint": "note", "information": "note", "warning": "warning", "error": "error"}


def sarif(findings: Sequence[Finding], proposals: Sequence[Proposal]) -> dict[str, Any]:
    """Return a SARIF log with one run."""
    rules = sorted({finding.rule for finding in findings})
    number = {rule: index for index, rule in enumerate(rules)}
    fixes: dict[str, Proposal] = {}
    for proposal in proposals:
        if proposal.state is ProposalState.OFFERED:
            fixes |= dict.fromkeys(proposal.finding_ids, proposal)
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "ambient",
                        "semanticVersion": __version__,
                        "rules": [{"id": rule} for rule in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(finding, number[finding.rule], fixes.get(finding.id)) for finding in findings[:MOST_RESULTS]
                ],
            }
        ],
    }


def _result(finding: Finding, index: int, fix: Proposal | None) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVEL[finding.severity.value],
        "message": {"text": finding.message},
        "locations": [_location(finding.path, finding.span)],
        "partialFingerprints": {"primaryLocationLineHash": finding.id, "ambientStructure/v1": finding.fingerprint},
        "properties": {"tags": list(finding.tags)[:MOST_TAGS], "agent": finding.agent},
    }
    if finding.evidence:
        result["relatedLocations"] = [_evidence(number, one) for number, one in enumerate(finding.evidence)]
    if fix is not None:
        result["properties"]["ambient/proposal"] = fix.id
        result["properties"]["ambient/proof"] = fix.verdict.reason if fix.verdict else ""
    return result


def _evidence(number: int, evidence: Evidence) -> dict[str, Any]:
    return {"id": number, "message": {"text": evidence.message}, **_location(evidence.path, evidence.span)}


def _location(path: str, span: Span) -> dict[str, Any]:
    from urllib.parse import quote

    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(path), "uriBaseId": "%SRCROOT%"},
            "region": {
                "startLine": span.start_line + 1,
                "startColumn": span.start_column + 1,
                "endLine": span.end_line + 1,
                "endColumn": span.end_column + 1,
            },
        }
    }
