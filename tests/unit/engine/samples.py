"""A finding, a proposal and a trigger to test with."""

from __future__ import annotations

import uuid
from pathlib import Path

from ambient_lsp.identity import finding_id, fingerprint
from ambient_lsp.model import Finding, Proposal, RiskLevel, Severity, Span, Trigger, TriggerKind
from ambient_lsp.patching.edits import modify, propose
from ambient_lsp.text import freeze


def a_finding(path: str = "a.py", agent: str = "Agent", code: str = "x = 1") -> Finding:
    return Finding(
        finding_id("R1", path, code, 0), fingerprint("R1", path, code), agent, "R1", path,
        Span(0, 0, 0, 5), Severity.WARNING, "message", "sha",
    )  # fmt: skip


def a_proposal(root: Path, path: str = "a.py", text: str = "x = 1\n") -> Proposal:
    base = freeze(root, path, text)
    return propose(
        agent="Agent", title="t", description="d", rationale="r", risk_level=RiskLevel.LOW,
        edits=[modify(base, text + "y = 2\n")], bases={path: text}, findings=[a_finding(path)],
    )  # fmt: skip


def a_trigger(*paths: str, kind: TriggerKind = TriggerKind.COMMAND) -> Trigger:
    return Trigger(uuid.uuid4().hex[:12], kind, paths)
