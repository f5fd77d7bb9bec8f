"""Looking at one tree by itself: what its checks say, which tests are moody, and what an expression gives there."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.errors import CommandRefused, SandboxError
from ambient_lsp.model import CheckResult, VerdictOutcome
from ambient_lsp.protocols import Command, Observation
from ambient_lsp.verification import untrusted
from ambient_lsp.verification.checks import Check, find_checks, observe
from ambient_lsp.verification.testrun import FROM_THE_BACK, run_tests
from ambient_lsp.verification.trees import REPEATABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ambient_lsp.verification.testrun import TestRun
    from ambient_lsp.verification.trees import OpenTree

_OBSERVER = Path(__file__).parent.parent / "analyzers" / "harness" / "observe.py"
SECONDS_PER_CALL = 2.0
_ORDERS = (FROM_THE_BACK, 20)


async def all_checks(tree: OpenTree, lines: Mapping[str, str]) -> list[CheckResult]:
    """Run the whole suite, and the checks that the configuration and the project ask for."""
    run = await run_tests(tree, ())
    detail = run.problem or f"{len(run.passed)} passed, {len(run.bad)} failed"
    outcome = VerdictOutcome.FAILED if run.bad else VerdictOutcome.PASSED
    if run.problem or not run.outcomes:
        outcome = VerdictOutcome.FAILED if run.bad else VerdictOutcome.INCONCLUSIVE
    tests = CheckResult(
        "tests", ("pytest",), outcome, patched=dict(run.outcomes), new_failures=tuple(sorted(run.bad)),
        detail=detail, seconds=run.seconds,
    )  # fmt: skip
    checks = await find_checks(lines, tree, ["."])
    return [tests, *[result for check in checks if (result := await _check(check, tree)) is not None]]


async def expressions(tree: OpenTree, calls: Sequence[str], setup: str) -> list[Observation]:
    """Evaluate `calls` after `setup`. Raises `SandboxError` when the setup or the interpreter failed."""
    request = {"setup": setup, "calls": list(calls), "seconds": SECONDS_PER_CALL}
    script = await tree.put("observe.py", _OBSERVER.read_text(encoding="utf-8"))
    asked = await tree.put("observe.json", json.dumps(request))
    answer = f"{tree.session.results}/observed.json"
    argv = (tree.session.python, script, asked, answer)
    result = await tree.session.run(Command(argv, env=REPEATABLE, limits=tree.limits, trusted=True))
    try:
        found = await asyncio.to_thread(untrusted.read_text, tree.results, "observed.json")
        observed = json.loads(found or "")
        if observed["error"]:
            raise SandboxError(f"Nothing could be observed: {observed['error']}")
        return [Observation(**one) for one in observed["observations"]]
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise SandboxError(f"Nothing could be observed: {result.stderr[-300:] or result.killed}") from error


async def moody_tests(tree: OpenTree, paths: Sequence[str], usual: TestRun) -> dict[str, str]:
    """Run test files from back to front, and shuffled; return the tests that fail so and passed in the `usual` run.

    What fails is run in the same order once more: a test that fails there again is no accident.
    """
    files = [path for path in paths if any(test.split("::")[0] == path for test in usual.passed)]
    found: dict[str, str] = {}
    for seed in _ORDERS if files else ():
        bad = await _bad(tree, files, seed) & usual.passed
        if bad:
            again = await run_tests(tree, files, repeat=1, seed=seed)
            found.update({test: again.messages.get(test, "") for test in bad & again.bad})
    return found


async def _bad(tree: OpenTree, files: Sequence[str], seed: int) -> frozenset[str]:
    run = await run_tests(tree, files, repeat=1, seed=seed)
    return frozenset() if run.problem else run.bad


async def _check(check: Check, tree: OpenTree) -> CheckResult | None:
    try:
        seen = await observe(check, tree)
    except CommandRefused as error:
        return CheckResult(check.name, check.argv, VerdictOutcome.INCONCLUSIVE, detail=str(error))
    if seen["missing"]:
        if not check.required:
            return None
        return CheckResult(check.name, check.argv, VerdictOutcome.INCONCLUSIVE, detail="it is not in the sandbox")
    outcome = VerdictOutcome.PASSED if seen["exit"] == 0 else VerdictOutcome.FAILED
    if seen["killed"]:
        outcome = VerdictOutcome.INCONCLUSIVE
    found = seen["diagnostics"]
    return CheckResult(
        check.name, check.argv, outcome, patched=dict.fromkeys(found, "failed"), new_failures=tuple(found),
        detail=seen["killed"] or (found[0] if found else ""), seconds=seen["seconds"],
    )  # fmt: skip
