"""What programs read: JSON and GitHub's workflow commands. SARIF has a file of its own."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from ambient_lsp.cli.exits import ReaderGone
from ambient_lsp.model import ProposalState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ambient_lsp.model import Finding, Proposal, RunRecord, Verdict

_GITHUB = {"hint": "notice", "information": "notice", "warning": "warning", "error": "error"}


def print_json(
    findings: Sequence[Finding], proposals: Sequence[Proposal], record: RunRecord, hidden: Mapping[str, int]
) -> None:
    """Print one JSON object with findings, proposals, errors, and how many findings are hidden for which reason."""
    print_value(
        {
            "findings": [finding_value(one) for one in findings],
            "proposals": [proposal_value(one) for one in proposals],
            "errors": [{"where": error.where, "message": error.message} for error in record.errors],
            "hidden": dict(sorted(hidden.items())),
        }
    )


def print_value(value: object) -> None:
    """Print a value as JSON on stdout."""
    write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write(text: str) -> None:
    """Write to stdout as it is. Raises `ReaderGone`."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise ReaderGone from error


def finding_value(finding: Finding) -> dict[str, Any]:
    """Return a finding for JSON. Lines and columns count from 1, as people and editors' status bars do."""
    span = finding.span
    return {
        "id": finding.id,
        "fingerprint": finding.fingerprint,
        "agent": finding.agent,
        "rule": finding.rule,
        "path": finding.path,
        "line": span.start_line + 1,
        "column": span.start_column + 1,
        "end_line": span.end_line + 1,
        "end_column": span.end_column + 1,
        "severity": finding.severity.value,
        "message": finding.message,
        "confidence": finding.confidence,
        "tags": list(finding.tags),
        "evidence": [
            {"path": one.path, "line": one.span.start_line + 1, "message": one.message} for one in finding.evidence
        ],
    }


def proposal_value(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal for JSON."""
    verdict = proposal.verdict
    return {
        "id": proposal.id,
        "agent": proposal.agent,
        "title": proposal.title,
        "description": proposal.description,
        "rationale": proposal.rationale,
        "risk_level": proposal.risk_level.value,
        "state": proposal.state.value,
        "files_touched": list(proposal.files_touched),
        "estimated_loc_change": proposal.estimated_loc_change,
        "diff": proposal.diff,
        "tags": list(proposal.tags),
        "finding_ids": list(proposal.finding_ids),
        "decision": proposal.decision.kind.value if proposal.decision else None,
        "reasons": list(proposal.decision.reasons) if proposal.decision else [],
        "verdict": None if verdict is None else verdict_value(verdict),
    }


def verdict_value(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict for JSON."""
    return {
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "selection": verdict.selection,
        "sandbox": {"backend": verdict.sandbox, "image": verdict.image},
        "seconds": round(verdict.seconds, 3),
        "checks": [
            {
                "name": check.name,
                "argv": list(check.argv),
                "outcome": check.outcome.value,
                "base": dict(check.base),
                "patched": dict(check.patched),
                "new_failures": list(check.new_failures),
                "flaky": list(check.flaky),
                "detail": check.detail,
                "seconds": round(check.seconds, 3),
            }
            for check in verdict.checks
        ],
        "measurements": [
            {"name": one.name, "before": one.before, "after": one.after, "unit": one.unit}
            for one in verdict.measurements
        ],
    }


def print_github(findings: Sequence[Finding], proposals: Sequence[Proposal]) -> None:
    """Print workflow commands, which GitHub shows beside the lines of a pull request."""
    fixed = {finding: one for one in proposals if one.state is ProposalState.OFFERED for finding in one.finding_ids}
    for finding in sorted(findings, key=lambda one: -one.severity.rank):  # GitHub shows the first ten of each level
        span = finding.span
        message = finding.message
        if finding.id in fixed:
            message += f" A proven fix is ready: ambient proposals apply {fixed[finding.id].id[:8]}"
        write(
            f"::{_GITHUB[finding.severity.value]} file={_property(finding.path)},line={span.start_line + 1},"
            f"endLine={span.end_line + 1},col={span.start_column + 1},title={_property(finding.rule)}"
            f"::{_data(message)}\n"
        )


def nothing_to_do(output: str) -> None:
    """Say that no file matched, in the format that was asked for."""
    if output == "json":
        print_value({"findings": [], "proposals": [], "errors": [], "hidden": {}})
    elif output == "sarif":
        from ambient_lsp.cli.sarif import sarif

        print_value(sarif([], []))
    elif output == "text":
        write("No changed Python file to review.\n")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
