"""New tests are worth having: they pass every time, run lines that nothing ran, and notice a mistake in the code."""

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

_MUTANTS = 8
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
    if not after - before:
        return failed(f"the tests run no line of {min(known_texts)} that was not run before", covered)
    killed = tried = 0
    for path, text in known_texts.items():
        found = await _killed(case, trial, path, text, new)
        killed, tried = killed + found[0], tried + found[1]
    measured = Measurement("mutants noticed", 0, killed, f"of {tried}")
    if not tried:
        return inconclusive("no mistake could be put into the code to try the tests on", covered, measured)
    if not killed:
        return failed(f"the tests notice none of {tried} mistakes put into the code", covered, measured)
    lines = len(after - before)
    who, runs, notices = ("test", "runs", "notices") if len(new) == 1 else ("tests", "run", "notice")
    clause = f"{len(new)} new {who} {runs} {lines} more line{'s' if lines > 1 else ''}"
    return passed(f"{clause} and {notices} {killed} of {tried} mistakes put into the code", covered, measured)


async def _unsteady(trial: Trial, tests: Sequence[str], repeat: int) -> str:
    """Run the tests `repeat` times in random order; return why they cannot be relied upon, or ""."""
    run = await run_tests(trial.tree, tests, repeat=repeat, seed=_SEED)
    if run.problem:
        return f"run {repeat} times, {run.problem}"
    if run.bad:
        return f"{min(run.bad)} does not pass every time, in random order"
    return ""


async def _killed(case: Case, trial: Trial, path: str, text: str, tests: Sequence[str]) -> tuple[int, int]:
    """Return how many mutants the tests notice, and how many could be tried."""
    tree = trial.tree
    texts = await case.cpu(mutants, text, case.targets[path], _MUTANTS)
    if not texts:
        return 0, 0
    files = [await tree.put(f"mutants/{number}.py", mutant) for number, mutant in enumerate(texts)]
    inner = await tree.put("mutants/job.json", json.dumps({"out": f"{tree.session.results}/inner.jsonl"}))
    script, *options = (*PYTEST_ALONE, "-x", f"--rootdir={tree.session.tree}")
    job = {
        "target": tree.inside(path),
        "mutants": files,
        "argv": [tree.session.python, f"{tree.session.harness}/{script}", *options, *tests],
        "inner": inner,
        "each": max(5.0, 4 * trial.patched.seconds),
        "seconds": min(_SECONDS, tree.limits.seconds * 0.8),
    }
    report = await tree.script(("ambient_mutants.py",), job, env=await plugin_environment(tree))
    results = [bool(record["killed"]) for record in report.of("mutant")]
    return sum(results), len(results)


def _ran(run: TestRun, paths: Iterable[str]) -> set[tuple[str, int]]:
    """Return the lines that a passing test ran; what runs at import is no test's merit."""
    return {
        (path, line)
        for path in paths
        for test, lines in run.lines.get(path, {}).items()
        if test in run.passed
        for line in lines
    }


def _read(trial: Trial, path: str) -> str | None:
    return untrusted.read_text(trial.tree.folder, path) if path else None
