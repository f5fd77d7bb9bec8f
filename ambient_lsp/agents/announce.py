"""Findings for proposals that come without any: what an editor shows them at, and what a dismissal is remembered by."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from ambient_lsp.analyzers import base
from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.model import Severity
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from ambient_lsp.model import FileEdit, Finding, Proposal, Snapshot


class Reads(Protocol):
    """Where the files are read: a workbench, or the repository itself."""

    async def read(self, path: str) -> Snapshot | None:
        """Return a file as it is now; None where there is none."""
        ...


class Announcer:
    """Makes the findings of one run of one specialist; two on like code get different ids."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str]] = Counter()

    async def announce(self, proposal: Proposal, bench: Reads) -> tuple[list[Finding], Proposal]:
        """Return a finding for each file that the proposal changes, and the proposal with them.

        One that names findings, or only makes new files, comes back as it is.
        """
        if proposal.finding_ids:
            return [], proposal
        found: list[Finding] = []
        for edit in proposal.edits:
            snapshot = await bench.read(edit.path) if edit.kind != "create" else None
            if snapshot is not None and snapshot.sha256 == edit.base_sha256:
                found += base.findings(proposal.agent, snapshot, [self._raw(proposal, edit, snapshot)])
        return found, replace(
            proposal,
            finding_ids=tuple(finding.id for finding in found),
            fingerprints=tuple(finding.fingerprint for finding in found),
        )

    def _raw(self, proposal: Proposal, edit: FileEdit, snapshot: Snapshot) -> RawFinding:
        lines = Lines(snapshot.text)
        line, _ = lines.position(edit.replacements[0].start if edit.replacements else 0)
        code = lines.line(line)
        before = self._seen[edit.path, code]
        self._seen[edit.path, code] += 1
        return RawFinding(
            proposal.agent,
            lines.span(lines.start(line) + len(code) - len(code.lstrip()), lines.start(line) + len(code)),
            proposal.title,
            Severity.INFORMATION,
            tags=proposal.tags,
            code=f"{code} {before}" if before else code,
        )
