"""TestEnhancer: functions that no test runs, tests for them, and tests that prove nothing or fail by chance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from ambient_lsp.agents.base import Specialist, count
from ambient_lsp.analyzers import pinning, smells, testwriting, untested
from ambient_lsp.analyzers.base import findings, is_generated
from ambient_lsp.analyzers.syntax import is_test_path
from ambient_lsp.model import FileEdit, ProofKind, ProofPlan, Proposal, RiskLevel
from ambient_lsp.patching import edits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from ambient_lsp.analyzers.untested import Untested
    from ambient_lsp.model import Context, Finding, Snapshot
    from ambient_lsp.protocols import Coverage, Workbench

_MOST_FUNCTIONS = 4
_MOST_OBSERVED = 12
_NOTHING: frozenset[int] = frozenset()


class TestEnhancer(Specialist):
    """Reports weak tests and untested functions, and proposes tests of what was observed in the sandbox.

    Without a real run of the suite it says nothing about coverage, and without a sandbox it proposes nothing.
    """

    name = "TestEnhancer"
    at_once = 1  # what takes time is the sandbox, which answers one question after the other
    __test__ = False  # pytest would take the class for a test case

    async def propose(self, context: Context, bench: Workbench) -> AsyncIterator[Finding | Proposal]:
        """Yield findings and proposals, the prioritised paths first."""
        settings = bench.settings(self.name)
        first = tuple(str(path).rstrip("/") for path in settings.get("prioritize_paths", ()))
        ordered = sorted(context.targets, key=lambda snapshot: _rank(snapshot.path, first))
        async for item in super().propose(replace(context, targets=tuple(ordered)), bench):
            yield item

    async def look(
        self, snapshot: Snapshot, context: Context, bench: Workbench, settings: Any
    ) -> AsyncIterator[Finding | Proposal]:
        """Yield a test file's weak tests; of any other file the untested functions, then tests for them."""
        facts = context.tree.get(snapshot.path)
        if facts.is_test if facts is not None else is_test_path(snapshot.path):
            for finding in findings(self.name, snapshot, await bench.cpu(smells.find, snapshot.text, snapshot.path)):
                yield finding
            return
        if is_generated(snapshot.text) or not snapshot.path.endswith(".py"):
            return
        coverage = await bench.coverage()
        if coverage is None:
            return
        functions = await bench.cpu(untested.untested, *_covered(snapshot, coverage, settings))
        raws = await bench.cpu(untested.find, *_covered(snapshot, coverage, settings))
        found = findings(self.name, snapshot, raws)
        for finding in found:
            yield finding
        async for item in self._tests(snapshot, context, bench, settings, functions, found):
            yield item

    async def _tests(
        self,
        snapshot: Snapshot,
        context: Context,
        bench: Workbench,
        settings: Any,
        functions: Sequence[Untested],
        found: Sequence[Finding],
    ) -> AsyncIterator[Finding | Proposal]:
        chosen = [one for one in functions if one.calls or one.examples][:_MOST_OBSERVED]
        module = _module(snapshot.path, context)
        if not chosen or not module:
            return
        names = ", ".join(one.name for one in chosen)
        observed = await bench.observe(pinning.calls_of(chosen), f"from {module} import {names}")
        if observed is None:
            return
        by_call = {one.expression: one for one in observed}
        pinned = {one.name: pinning.pin(one, by_call) for one in chosen}
        odd = [raw for one in pinned.values() for raw in one.findings]
        for finding in findings(self.name, snapshot, odd):
            yield finding
        subjects = [
            testwriting.Subject(one.name, one.parameters, pinned[one.name].cases)
            for one in chosen
            if pinned[one.name].cases and not pinned[one.name].findings
        ][:_MOST_FUNCTIONS]
        if not subjects:
            return
        test_path, existing = await _test_file(snapshot.path, module, context, bench)
        use_unittest = _uses_unittest(context)
        written = await bench.cpu(_write, existing.text if existing else None, module, subjects, use_unittest)
        if written is not None:
            yield _proposal(self.name, snapshot, test_path, existing, written, subjects, found, settings)


def _write(
    existing: str | None, module: str, subjects: Sequence[testwriting.Subject], use_unittest: bool
) -> testwriting.Written | None:
    return testwriting.write(existing, module, subjects, use_unittest=use_unittest)


def _covered(
    snapshot: Snapshot, coverage: Coverage, settings: Any
) -> tuple[str, str, frozenset[int], frozenset[int], float]:
    executed = coverage.executed.get(snapshot.path, _NOTHING)
    missing = coverage.missing.get(snapshot.path, _NOTHING)
    return snapshot.text, snapshot.path, executed, missing, float(settings.get("coverage_threshold", 80))


def _rank(path: str, first: Sequence[str]) -> int:
    for position, prefix in enumerate(first):
        if path == prefix or path.startswith(prefix + "/"):
            return position
    return len(first)


def _module(path: str, context: Context) -> str:
    """Return the name that a test imports the file by; empty where there is none."""
    facts = context.tree.get(path)
    if facts is not None and facts.module:
        return facts.module
    parts = PurePosixPath(path.removeprefix("src/")).with_suffix("").parts
    parts = parts[:-1] if parts and parts[-1] == "__init__" else parts
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else ""


async def _test_file(path: str, module: str, context: Context, bench: Workbench) -> tuple[str, Snapshot | None]:
    """Return the test file of a module: the one that has its name and imports it, else a new one."""
    stem = PurePosixPath(path).stem
    names = (f"test_{stem}.py", f"{stem}_test.py")
    tests = sorted(other for other, facts in context.tree.items() if facts.is_test or is_test_path(other))
    for other in tests:
        if PurePosixPath(other).name in names:
            existing = await bench.read(other)
            if existing is not None and (module in existing.text or stem in existing.text):
                return other, existing
    taken = {PurePosixPath(other).name for other in tests}
    name = names[0] if names[0] not in taken else f"test_{module.replace('.', '_')}.py"
    folder = "test" if any(other.startswith("test/") for other in tests) else "tests"
    return f"{folder}/{name}", await bench.read(f"{folder}/{name}")


def _uses_unittest(context: Context) -> bool:
    return context.conventions.get("test-framework") == "unittest"


def _proposal(
    agent: str,
    snapshot: Snapshot,
    test_path: str,
    existing: Snapshot | None,
    written: testwriting.Written,
    subjects: Sequence[testwriting.Subject],
    found: Sequence[Finding],
    settings: Any,
) -> Proposal:
    names = [subject.name for subject in subjects]
    listed = ", ".join(f"`{name}`" for name in names)
    if existing is None:
        edit, bases = FileEdit(test_path, "create", text=written.text), {}
    else:
        edit, bases = edits.modify(existing, written.text), {test_path: existing.text}
    cases = sum(len(subject.cases) for subject in subjects)
    covered = [finding for finding in found if any(f"`{name}`" in finding.message for name in names)]
    return edits.propose(
        agent=agent,
        title=f"Add {count(len(written.tests), 'test')} of {listed}",
        description=(
            f"No test ran {listed} of {snapshot.path}. These tests keep what the code does now, in"
            f" {count(cases, 'case')}; read the expected values as you would read a snapshot."
        ),
        rationale=f"The test run recorded no line of {listed}.",
        risk_level=RiskLevel.LOW,
        edits=[edit],
        bases=bases,
        findings=covered,
        tags=("tests", "characterisation"),
        proof=ProofPlan(
            ProofKind.TESTS,
            {
                "targets": [[snapshot.path, name] for name in names],
                "test_path": test_path,
                "tests": list(written.tests),
                "repeat": int(settings.get("repeat", 10)),
            },
        ),
    )
