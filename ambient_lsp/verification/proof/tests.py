"""New tests are worth having: they pass every time, run what nothing ran, and each notices a mistake in the code."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from ambient_lsp.model import Measurement
from ambient_lsp.verification import untrusted
from ambient_lsp.verification.mutants import mutants
from ambient_lsp.verification.proof.base import failed, inconclusive, passed
from ambient_lsp.verification.testrun import PYTEST_ALONE, plugin_environment, run_tests

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ambient_lsp.verification.proof.base import Case, Proof, Trial
    from ambient_lsp.verification.testrun import TestRun

_MUTANTS = 6
"""For one function."""
_SECONDS = 120.0
_DEFAULT_REPEAT = 10
_SEED = 20


async def prove(case: Case, trial: Trial) -> Proof:
    """Judge the tests that the patch adds to `case.targets`; `settings["repeat"]` is how often they must pass."""
    known = trial.base.outcomes
    new = sorted(test for test in trial.patched.passed if test not in known and case.patched.get(test.split("::")[0]))
    if not new:
        return failed("the patch adds no test that passes")
    if unsteady := await _unsteady(trial, new, int(case.settings.get("repeat", _DEFAULT_REPEAT))):
        return failed(unsteady)
    texts = {path: case.patched.get(path) or await asyncio.to_thread(_read, trial, path) for path in case.targets}
    known_texts = {path: text for path, text in texts.items() if text is not None}
    if not known_texts:
        return inconclusive("the proposal does not say which code the tests are for")
    before, after = _ran(trial.base, known_texts), _ran(trial.patched, known_texts)
    covered = Measurement("lines covered", len(before), len(after), "lines")
    ways = len(_ways(trial.patched, known_texts) - _ways(trial.base, known_texts))
    if not after - before and not ways:
        return failed(f"the tests run no line or branch of {min(known_texts)} that was not run before", covered)
    noticed: list[frozenset[str]] = []
    for path, text in known_texts.items():
        noticed += await _noticed(case, trial, path, text, new)
    killed, tried = sum(map(bool, noticed)), len(noticed)
    measured = Measurement("mutants noticed", 0, killed, f"of {tried}")
    if not tried:
        return inconclusive("no mistake could be put into the code to try the tests on", covered, measured)
    if not killed:
        return failed(f"the tests notice none of {tried} mistakes put into the code", covered, measured)
    if blind := sorted({_name(test) for test in new} - {_name(test) for tests in noticed for test in tests}):
        return failed(f"{blind[0]} notices none of {tried} mistakes put into the code", covered, measured)
    lines = len(after - before)
    who, runs, notices = ("test", "runs", "notices") if len(new) == 1 else ("tests", "run", "notice")
    more = f"{lines} more line{'s' if lines > 1 else ''}" if lines else f"{ways} more way{'s' if ways > 1 else ''}"
    clause = f"{len(new)} new {who} {runs} {more} and {notices} {killed} of {tried} mistakes put into the code"
    return passed(clause, covered, measured)


async def _unsteady(trial: Trial, tests: Sequence[str], repeat: int) -> str:
    """Run the tests `repeat` times in random order; return why they cannot be relied upon, or ""."""
    run = await run_tests(trial.tree, tests, repeat=repeat, seed=_SEED)
    if run.problem:
        return f"run {repeat} times, {run.problem}"
    if run.bad:
        return f"{min(run.bad)} does not pass every time, in random order"
    return ""


async def _noticed(case: Case, trial: Trial, path: str, text: str, tests: Sequence[str]) -> list[frozenset[str]]:
    """Return for each mutant that could be tried the tests that notice it."""
    tree = trial.tree
    texts = await case.cpu(mutants, text, case.targets[path], _MUTANTS)
    if not texts:
        return []
    files = [await tree.put(f"mutants/{number}.py", mutant) for number, mutant in enumerate(texts)]
    inner = await tree.put("mutants/job.json", json.dumps({"out": f"{tree.session.results}/inner.jsonl"}))
    _, *options = (*PYTEST_ALONE, f"--rootdir={tree.session.tree}")
    job = {
        "target": tree.inside(path),
        "mutants": files,
        "argv": [*options, *tests],
        "inner": inner,
        "each": max(5.0, 4 * trial.patched.seconds),
        "seconds": min(_SECONDS, tree.limits.seconds * 0.8),
    }
    report = await tree.script(("ambient_mutants.py",), job, env=await plugin_environment(tree))
    # Which tests would have noticed one that hangs is not known, so it counts for all.
    everyone = frozenset(tests)
    return [everyone if one["hung"] else frozenset(map(str, one["noticed"])) for one in report.of("mutant")]


def _name(test: str) -> str:
    """Return a test without its parameters: a table of cases is one test."""
    return test.partition("[")[0]


def _ran(run: TestRun, paths: Iterable[str]) -> set[tuple[str, int]]:
    """Return the lines that a passing test ran; what runs at import is no test's merit."""
    return {
        (path, line)
        for path in paths
        for test, lines in run.lines.get(path, {}).items()
        if test in run.passed
        for line in lines
    }


def _ways(run: TestRun, paths: Iterable[str]) -> set[tuple[str, int, int]]:
    """Return the steps from one place of the code to the next that a passing test made."""
    return {
        (path, *way)
        for path in paths
        for test, ways in run.branches.get(path, {}).items()
        if test in run.passed
        for way in ways
    }


def _read(trial: Trial, path: str) -> str | None:
    return untrusted.read_text(trial.tree.folder, path) if path else None
