"""Weak tests of one file: what is wrong with each, and a fix where one is certain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers import smells
from ambient_lsp.analyzers.base import findings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ambient_lsp.model import Finding, Proposal, Snapshot
    from ambient_lsp.protocols import Workbench


async def look_at_tests(agent: str, snapshot: Snapshot, bench: Workbench) -> AsyncIterator[Finding | Proposal]:
    """Yield a test file's findings, then the proposals that fix them."""
    for finding in findings(agent, snapshot, await bench.cpu(smells.find, snapshot.text, snapshot.path)):
        yield finding
