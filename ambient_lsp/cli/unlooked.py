"""What a review did not look at, or only in part, and why: silence about a file must not be taken for praise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.cli.targets import PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ambient_lsp.config import Config
    from ambient_lsp.model import Finding, RunRecord


def syntax_errors(findings: Iterable[Finding]) -> dict[str, str]:
    """Return what is wrong by `path:line:column`, once, though each specialist says that it cannot read the file."""
    from ambient_lsp.analyzers.rules import CANNOT_BE_PARSED

    found = {}
    for one in findings:
        if fault := one.message.partition(CANNOT_BE_PARSED)[2] if is_unread(one) else "":
            found[f"{one.path}:{one.span.start_line + 1}:{one.span.start_column + 1}"] = fault
    return found


def is_unread(finding: Finding) -> bool:
    """Whether a finding says no more than that its file cannot be parsed."""
    from ambient_lsp.analyzers.rules import CANNOT_BE_PARSED, UNREADABLE

    return CANNOT_BE_PARSED in finding.message and finding.rule in {rule.id for rule in UNREADABLE}


def skipped(named: Sequence[str], record: RunRecord) -> list[str]:
    """Return what the run itself says of named files that it could not read; notes have told it on stderr by now."""
    return [one.message for one in record.errors if one.where in named and "was skipped:" in one.message]


def passed_over(
    root: Path, named: Sequence[str], record: RunRecord, findings: Sequence[Finding], config: Config
) -> list[str]:
    """Return why nobody would look at some named files and folders: not what `skipped` tells."""
    told = {one.where for one in record.errors}
    reasons = (_why_not(root, path, findings, config) for path in named if path not in told)
    return [reason for reason in reasons if reason]


def _why_not(root: Path, path: str, findings: Sequence[Finding], config: Config) -> str:
    from ambient_lsp.agents.registry import is_built_in
    from ambient_lsp.analyzers.advisories import is_manifest

    if not all(is_built_in(name) for name in config.agents.enabled):
        return ""  # somebody's own specialist may look at anything
    if (root / path).is_dir():
        some = next((one for ending in PYTHON for one in (root / path).rglob(f"*{ending}")), None)
        return "" if some else f"{path} was not looked at: there is no Python file in it."
    if path.endswith(PYTHON) or is_manifest(path) or any(one.path == path for one in findings):
        return ""
    return f"{path} was not looked at: it is not a Python file."
