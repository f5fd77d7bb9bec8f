"""Small projects to verify patches of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ambient_lsp.config import Resources, Sandbox
from ambient_lsp.model import FileEdit, Finding, ProofKind, ProofPlan, Proposal, RiskLevel
from ambient_lsp.patching.edits import modify, propose
from ambient_lsp.text import freeze, sha256
from ambient_lsp.verification.selection import has_tests
from ambient_lsp.verification.verifier import Verifier
from tests.fakes.checkouts import PlainCheckouts
from tests.fakes.sandbox import HostSandbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ambient_lsp.model import Verdict
    from ambient_lsp.protocols import Recheck


async def nothing_found(agent: str, texts: Mapping[str, str | None]) -> list[Finding]:
    return []


@dataclass
class Project:
    """A folder with files, and a verifier on it. Every test file reaches every module."""

    root: Path
    verifier: Verifier
    sandbox: HostSandbox
    checkouts: PlainCheckouts

    def text(self, path: str) -> str:
        return (self.root / path).read_text()

    def proposal(
        self,
        changes: Mapping[str, str | None],
        kind: ProofKind = ProofKind.CHECKS,
        params: Mapping[str, Any] | None = None,
        findings: Sequence[Finding] = (),
        agent: str = "RefactorArchitect",
    ) -> Proposal:
        """A proposal that leaves `changes` (path -> new text, None to delete)."""
        edits = []
        bases = {path: self.text(path) for path in changes if (self.root / path).exists()}
        for path, text in changes.items():
            if path not in bases:
                edits.append(FileEdit(path, "create", text=text))
            elif text is None:
                edits.append(FileEdit(path, "delete", sha256(bases[path])))
            else:
                edits.append(modify(freeze(self.root, path, bases[path]), text))
        return propose(
            agent=agent,
            title="t",
            description="d",
            rationale="r",
            risk_level=RiskLevel.LOW,
            edits=edits,
            bases=bases,
            findings=findings,
            proof=ProofPlan(kind, params or {}),
        )

    async def verify(
        self, proposal: Proposal, recheck: Recheck = nothing_found, settings: Mapping[str, Any] | None = None
    ) -> Verdict:
        tree = await self.checkouts.current()
        paths = {path for edit in proposal.edits for path in edit.paths}
        texts = {path: self.text(path) if (self.root / path).exists() else None for path in paths}
        return await self.verifier.verify(proposal, tree, texts, recheck, lambda agent: settings or {})

    async def judge(
        self, changes: Mapping[str, str | None], kind: ProofKind = ProofKind.CHECKS, **params: Any
    ) -> Verdict:
        return await self.verify(self.proposal(changes, kind, params))


def make_project(
    folder: Path,
    files: Mapping[str, str],
    *,
    seconds: float = 20,
    checks: Mapping[str, str] | None = None,
    allowed: Sequence[str] | None = None,
    without_sandbox: bool = False,
) -> Project:
    root = folder / "project"
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    settings = Sandbox(resources=Resources(timeout_seconds=seconds), checks=dict(checks or {}))
    if allowed is not None:
        settings = settings.model_copy(update={"allowed_commands": list(allowed)})
    sandbox, checkouts = HostSandbox(), PlainCheckouts(root, folder / "trees")

    def tests_for(paths: Sequence[str]) -> tuple[str, ...]:
        found = sorted(str(file.relative_to(root)) for file in root.rglob("*.py"))
        return tuple(path for path in found if has_tests(path))

    verifier = Verifier(None if without_sandbox else sandbox, checkouts, settings, root, folder / "cache", tests_for)
    return Project(root, verifier, sandbox, checkouts)


def finding(path: str, message: str = "bad", name: str = "f1") -> Finding:
    from ambient_lsp.model import Severity, Span

    return replace(
        Finding("", "", "SecurityGuardian", "R1", path, Span(0, 0, 0, 1), Severity.WARNING, message, ""),
        id=name,
        fingerprint=f"fp-{name}",
    )
