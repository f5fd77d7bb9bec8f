"""Weak tests of one file: what is wrong with each, and a fix where one is certain."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import findings
from ambient_lsp.analyzers.testing import flaky, smells, void_tests
from ambient_lsp.model import ProofKind, ProofPlan, RiskLevel
from ambient_lsp.patching import edits
from ambient_lsp.text import counted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from ambient_lsp.analyzers.base import RawFinding
    from ambient_lsp.analyzers.testing.void_tests import Edit
    from ambient_lsp.model import Context, Finding, Proposal, Snapshot
    from ambient_lsp.protocols import Workbench

_TITLES = {
    void_tests.CANNOT_FAIL: "Make a test able to fail",
    void_tests.SHADOWED: "Let a test run that another one hides",
    flaky.RANDOM: "Seed the random numbers of tests",
    flaky.UNORDERED: "Compare what has no order sorted",
    flaky.TEMP_PATH: "Write to `tmp_path`",
    flaky.LEFT_BEHIND: "Put back what tests change",
}
_ALONE = frozenset({void_tests.CANNOT_FAIL, void_tests.SHADOWED})
"""A test that could not fail may fail now: then the others' fixes must not fail with it."""


async def look_at_tests(
    agent: str, snapshot: Snapshot, context: Context, bench: Workbench
) -> AsyncIterator[Finding | Proposal]:
    """Yield a test file's findings, then the proposals that fix them."""
    raws = await bench.cpu(smells.find, snapshot.text, snapshot.path)
    found = findings(agent, snapshot, raws)
    for finding in found:
        yield finding
    if not context.fixes:
        return
    by_place = {(one.rule, one.span): one for one in found}
    groups: dict[tuple[str, int], list[RawFinding]] = defaultdict(list)
    for position, raw in enumerate(raws):
        if raw.data.get("edits"):
            groups[raw.rule, position if raw.rule in _ALONE else 0].append(raw)
    for (rule, _), group in groups.items():
        fixed, text = apply(snapshot.text, group)
        if fixed:
            yield _proposal(agent, snapshot, rule, text, [by_place[raw.rule, raw.span] for raw in fixed])


async def run_shuffled(agent: str, files: Sequence[Snapshot], bench: Workbench) -> AsyncIterator[Finding]:
    """Yield a finding for each test of these files that fails when they run in random order.

    What the text alone shows about order has been told before.
    """
    moody = await bench.moody([snapshot.path for snapshot in files]) if files else None
    for snapshot in files if moody else ():
        told = {one.symbol for one in await bench.cpu(smells.find, snapshot.text, snapshot.path) if _is_order(one)}
        raws = await bench.cpu(smells.moody, snapshot.text, snapshot.path, dict(moody or {}))
        for finding in findings(agent, snapshot, [one for one in raws if one.symbol not in told]):
            yield finding


def _is_order(raw: RawFinding) -> bool:
    return raw.rule == smells.ORDER


def apply(text: str, group: Sequence[RawFinding]) -> tuple[list[RawFinding], str]:
    """Make the fixes that do not meet; return the findings that they are of, and the new text."""
    kept: set[Edit] = set()
    fixed = []
    for raw in group:
        own: set[Edit] = {(int(start), int(end), str(new)) for start, end, new in raw.data["edits"]}
        if not any(_meet(one, other) for one in own for other in kept if one != other):
            kept |= own
            fixed.append(raw)
    newline = "\r\n" if "\r\n" in text else "\n"
    for start, end, new in sorted(kept, reverse=True):
        text = text[:start] + new.replace("\n", newline) + text[end:]
    return fixed, text


def _meet(one: Edit, other: Edit) -> bool:
    return (one[0] < other[1] and other[0] < one[1]) or one[0] == other[0]


def _proposal(agent: str, snapshot: Snapshot, rule: str, text: str, found: Sequence[Finding]) -> Proposal:
    title = _TITLES[rule] if rule in _ALONE else f"{_TITLES[rule]} ({counted(len(found), 'place')})"
    lines = ", ".join(str(one.span.start_line + 1) for one in found)
    return edits.propose(
        agent=agent,
        title=f"{title} ({snapshot.path.rsplit('/', 1)[-1]}:{lines})",
        description=found[0].message,
        rationale=" ".join(_distinct(one.message for one in found)),
        risk_level=RiskLevel.LOW,
        edits=[edits.modify(snapshot, text)],
        bases={snapshot.path: snapshot.text},
        findings=found,
        tags=found[0].tags,
        proof=ProofPlan(ProofKind.FINDINGS_GONE, {"finding_ids": [one.id for one in found]}),
    )


def _distinct(messages: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(messages))
