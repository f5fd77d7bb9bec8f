"""Base beside patched, test by test. What the base fails too is not the patch's."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from ambient_lsp.model import CheckResult, VerdictOutcome
from ambient_lsp.verification.proof.base import Case, Proof
from ambient_lsp.verification.testrun import TestRun, run_tests

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ambient_lsp.verification.trees import OpenTree

_RERUN_BY_ID = 50
"""More new failures than this are re-run by file: a command line has an end."""
_NUMBERED = re.compile(r"(?<=[a-zA-Z_])\d+(?=[-\]])")
"""What pytest writes for a case that has no name of its own: the argument's, and the case's number (`expected4`)."""
_SLOWED = 4
"""How much longer a suite may take while its lines are measured (before Python 3.12), or beside other work."""


async def compare(tree: OpenTree, base: TestRun, patched: TestRun, case: Case, *, strict: bool) -> Proof:
    """Compare both runs; failures that are new are run once more in the patched `tree`.

    With `strict` false, tests that can be run on neither tree are a remark and no obstacle.
    """
    edited = {path for path, text in case.patched.items() if text != case.bases.get(path)}
    # Where a run broke off, the tests that it did not come to are not failures of their own.
    new = () if patched.problem or base.problem else newly_bad(base, patched, edited)
    rerun = [test for test in new if patched.outcomes.get(test) in ("failed", "error")]
    flaky = await expose_flakes(tree, rerun) if rerun else frozenset[str]()
    check = judge(base, patched, new, flaky, ("pytest", *sorted({test.split("::")[0] for test in patched.outcomes})))
    outcome = check.outcome
    if outcome is VerdictOutcome.INCONCLUSIVE and not strict:
        return Proof(VerdictOutcome.PASSED, f"tests could not be compared ({check.detail})", checks=(check,))
    return Proof(outcome, sentence(check), checks=(check,))


def newly_bad(base: TestRun, patched: TestRun, edited_tests: Collection[str]) -> tuple[str, ...]:
    """Return the tests that were good before and are not now.

    A test that was there and passed, and now is skipped or gone, counts too, unless the patch edits its own file:
    then it is a matter of `integrity`.
    """
    worse = {test for test in patched.bad if base.outcomes.get(test) not in ("failed", "error")}
    moved = _renumbered(base, patched)
    for test in base.passed - moved:
        if patched.outcomes.get(test) in (None, "skipped") and test.split("::")[0] not in edited_tests:
            worse.add(test)
    # The tests of a file that cannot be imported are all gone; the file itself is named, once.
    broken = {test for test in worse if "::" not in test}
    return tuple(sorted(test for test in worse if test in broken or test.split("::")[0] not in broken))


def _renumbered(base: TestRun, patched: TestRun) -> set[str]:
    """Return the tests that are there under another number: cases made from a set have another order in every process.

    A fixed hash seed does not help: None, classes and functions are hashed by where they lie in memory.
    """
    gone = sorted(test for test in base.passed - set(patched.outcomes) if _NUMBERED.search(test))
    new = Counter(_NUMBERED.sub("", test) for test in patched.passed - set(base.outcomes))
    lost = Counter(_NUMBERED.sub("", test) for test in gone)
    return {test for test in gone if new[_NUMBERED.sub("", test)] >= lost[_NUMBERED.sub("", test)]}


async def expose_flakes(tree: OpenTree, tests: Sequence[str]) -> frozenset[str]:
    """Run tests that failed once more, on the same tree; return those that pass now."""
    files = sorted({test.split("::")[0] for test in tests})
    again = await run_tests(tree, tests if len(tests) <= _RERUN_BY_ID else files)
    return again.passed & set(tests)


def judge(
    base: TestRun, patched: TestRun, new: Sequence[str], flaky: Collection[str], argv: Sequence[str]
) -> CheckResult:
    """Put both runs into one result."""
    real = tuple(test for test in new if test not in flaky)
    outcome = VerdictOutcome.FAILED if real else VerdictOutcome.PASSED
    detail = "; ".join(f"{test}: {patched.messages.get(test) or 'no longer runs'}" for test in real[:3])
    if base.problem:
        outcome, detail = VerdictOutcome.INCONCLUSIVE, f"without the patch, {base.problem}"
    elif patched.problem:
        # A busy machine can make a long suite too long, and only the patched run is slowed down by measuring its lines;
        # only a wide gap is the patch's doing.
        slow_machine = patched.hung and base.seconds > patched.seconds / _SLOWED
        # A suite that was red before may break off one time and fail another, whatever the patch does.
        unclear = slow_machine or not base.outcomes or base.bad
        outcome = VerdictOutcome.INCONCLUSIVE if unclear else VerdictOutcome.FAILED
        detail = f"with the patch, {patched.problem}"
    return CheckResult(
        name="tests",
        argv=tuple(argv),
        outcome=outcome,
        base=dict(base.outcomes),
        patched=dict(patched.outcomes),
        new_failures=real,
        flaky=tuple(sorted(flaky)),
        detail=detail,
        seconds=patched.seconds,
    )


def sentence(check: CheckResult) -> str:
    """Say in one clause what the tests showed."""
    if check.outcome is VerdictOutcome.INCONCLUSIVE or (
        not check.new_failures and check.outcome is VerdictOutcome.FAILED
    ):
        return check.detail
    if check.new_failures:
        first, rest = check.new_failures[0], len(check.new_failures) - 1
        also = f" and {rest} more" if rest else ""
        return f"{first}{also} passed before and not with the patch"
    if not check.base and not check.patched:
        return "no test was found to run"
    passed = {test for test, outcome in check.patched.items() if outcome == "passed"}
    known = passed & set(check.base)
    red = sum(outcome in ("failed", "error") for test, outcome in check.patched.items() if test not in check.flaky)
    fixed = sum(check.base[test] in ("failed", "error") for test in known)
    many, which = (known, "test") if known or not passed else (passed, "new test")
    parts = [f"{_count(len(many), which)} pass{'es' if len(many) == 1 else ''}"]
    if fixed:
        parts[0] += f", {fixed} of them failed before"
    elif many is known:
        parts[0] += " as before"
    if red:
        parts.append(f"{_count(red, 'failure')} {'was' if red == 1 else 'were'} there already")
    if check.flaky:
        parts.append(f"{_count(len(check.flaky), 'flaky test')} left out")
    return ", ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
