"""The function is faster on the same input, and returns the same; or it needs less memory, or fewer queries."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from ambient_lsp.model import Measurement, VerdictOutcome
from ambient_lsp.verification.proof import fewer_queries, findings_gone
from ambient_lsp.verification.proof.base import failed, inconclusive, passed
from ambient_lsp.verification.proof.calls import calling_tests, module_name
from ambient_lsp.verification.reach import unreached
from ambient_lsp.verification.testrun import PYTEST, plugin_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ambient_lsp.verification.proof.base import Case, Proof, Trial
    from ambient_lsp.verification.trees import OpenTree

_ROUNDS = 9
_SECONDS = 2.0
"""For all timed rounds; more rounds than `_ROUNDS` are run only within it."""
_CALLS = 12
_TESTS = 12
_DEFAULT_MINIMUM = 10.0
_DEARER = 25.0
"""Percent of time that saving memory may cost."""
_CLEAR = 0.75
"""The patched version must win this part of the rounds, else the difference is noise."""


async def prove(case: Case, trial: Trial) -> Proof:
    """Record inputs from the tests that reach the function, then time both versions in turns.

    `params`: `path` and `function` (qualified name); `measure` is "time", "memory", "together" (several calls of a
    coroutine at once, or if none can be made, that the blocking call is gone) or "queries"; `allowed` holds pairs of
    exceptions that count as the same. `settings["min_speedup_percent"]` is what must be gained.
    """
    if case.params.get("measure") == "queries":
        return await fewer_queries.prove(case, trial)
    path, function = str(case.params.get("path", "")), str(case.params.get("function", ""))
    text = case.patched.get(path)
    if not function or text is None or case.bases.get(path) is None:
        return inconclusive("the proposal does not say which function gets faster")
    reaching = calling_tests(trial, path, text, function, _TESTS)
    calls = await _record(trial, path, function, reaching)
    timing = await _time(case, trial.tree, path, function, calls)
    if unequal := next(timing.of("unequal"), None):
        return failed(f"`{function}` does not return the same: {unequal['message']}")
    times = next(timing.of("times"), None)
    if times is None and case.params.get("measure") == "together":
        return await _unblocked(case, trial)
    if times is None:
        unusable = "the calls that its tests make cannot be repeated" if reaching else "no input for it is known"
        why = unusable if timing.ended else timing.result.killed or _last_line(timing.result.stderr)
        return inconclusive(f"`{function}` could not be timed: {why}")
    minimum = float(case.settings.get("min_speedup_percent", _DEFAULT_MINIMUM))
    peaks = next(timing.of("peaks"), None)
    if case.params.get("measure") == "memory" and peaks is not None:
        return judge_memory(function, peaks, times["before"], times["after"], minimum)
    proof = judge(function, times["before"], times["after"], minimum)
    return replace(proof, reason=f"{proof.reason} (input {times['source']})") if proof.measurements else proof


async def _unblocked(case: Case, trial: Trial) -> Proof:
    """No call of the coroutine can be repeated here (it asks a server, say): count the blocking calls instead."""
    if missing := unreached(case.bases, case.patched, trial.patched):
        return inconclusive(missing)
    gone = await findings_gone.prove(case)
    if gone.outcome is not VerdictOutcome.PASSED:
        return gone
    count = len(case.proposal.finding_ids)
    return passed("the blocking call is gone", Measurement("blocking calls", count, 0, "calls"))


def judge_memory(
    function: str, peaks: Mapping[str, Any], before: Sequence[float], after: Sequence[float], minimum: float
) -> Proof:
    """Judge by the most bytes that are held at once; the time may grow a little for it."""
    old, new = float(peaks["before"]), float(peaks["after"])
    memory = Measurement(f"peak memory of {function}", old, new, "bytes")
    time = Measurement(f"time of {function}", median(before), median(after), "seconds")
    gain = (1 - new / old) * 100 if old > 0 else 0.0
    if gain <= 0:
        return failed(f"`{function}` does not need less memory", memory, time)
    if gain < minimum:
        return failed(f"`{function}` needs only {_below(gain)} % less memory; {minimum:g} % is asked for", memory, time)
    if time.after > time.before * (1 + _DEARER / 100):
        return failed(
            f"`{function}` needs less memory, but {(time.after / time.before - 1) * 100:.0f} % more time", memory, time
        )
    return passed(f"`{function}` needs {gain:.0f} % less memory and returns the same", memory, time)


def judge(function: str, before: Sequence[float], after: Sequence[float], minimum: float) -> Proof:
    """Judge by the medians of rounds, in seconds; `minimum` is the gain in percent that is asked for."""
    old, new = median(before), median(after)
    measurement = Measurement(f"time of {function}", old, new, "seconds")
    gain = (1 - new / old) * 100 if old > 0 else 0.0
    if gain <= 0:
        return failed(f"`{function}` is not faster ({-gain:.0f} % slower)", measurement)
    if gain < minimum:
        return failed(f"`{function}` is only {_below(gain)} % faster; {minimum:g} % is asked for", measurement)
    wins = sum(new_one < old_one for old_one, new_one in zip(before, after, strict=True))
    if wins < _CLEAR * len(before):
        return inconclusive(f"the times of `{function}` vary too much to tell", measurement)
    return passed(f"`{function}` takes {gain:.0f} % less time and returns the same", measurement)


def _below(gain: float) -> str:
    """Return a gain that is too small, rounded down: "only 10 % faster; 10 % is asked for" tells nobody why."""
    return f"{math.floor(gain * 10) / 10:g}"


async def _record(trial: Trial, path: str, function: str, reaching: Sequence[str]) -> str:
    """Run the tests that reach the function once more, and keep the arguments of its calls; return the file inside."""
    tree = trial.tree
    calls = f"{tree.session.results}/calls.jsonl"
    if reaching:
        job = {"path": tree.inside(path), "function": function, "calls": calls, "limit": _CALLS}
        await tree.script(
            (*PYTEST, f"--rootdir={tree.session.tree}", *reaching), job, env=await plugin_environment(tree)
        )
    return calls


async def _time(case: Case, tree: OpenTree, path: str, function: str, calls: str) -> Any:
    base: dict[str, str] = {}
    for touched, text in case.bases.items():
        if text is not None and touched.endswith(".py") and case.patched.get(touched) is not None:
            base[module_name(touched)] = await tree.put(f"base/{touched}", text)
    job: Mapping[str, Any] = {
        "module": module_name(path),
        "function": function,
        "base": base,
        "calls": calls,
        "rounds": _ROUNDS,
        "seconds": _SECONDS,
        "measure": case.params.get("measure", "time"),
        "allowed": case.params.get("allowed", []),
    }
    return await tree.script(("ambient_time.py",), job)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return lines[-1][:200] if lines else "the script ended early"
