"""The function asks the database less often in the project's own tests, and they pass as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.model import Measurement
from ambient_lsp.verification.proof.base import failed, inconclusive, passed
from ambient_lsp.verification.proof.calls import calling_tests, module_name
from ambient_lsp.verification.testrun import PYTEST, plugin_environment

if TYPE_CHECKING:
    from ambient_lsp.verification.proof.base import Case, Proof, Trial

_TESTS = 12


async def prove(case: Case, trial: Trial) -> Proof:
    """Run the tests that reach the function with the old text of its module and with the new one, and count.

    `params`: `path` and `function` (qualified name). Only queries that Django or SQLAlchemy send are counted.
    """
    path, function = str(case.params.get("path", "")), str(case.params.get("function", ""))
    old, new = case.bases.get(path), case.patched.get(path)
    reaching = calling_tests(trial, path, new, function, _TESTS) if new is not None else []
    if old is None or not reaching:
        return inconclusive(f"no test asks the database through {function}, so queries could not be counted")
    counts = {}
    for version in ("base", "patched"):
        served = {module_name(path): await trial.tree.put(f"base/{path}", old)} if version == "base" else {}
        job = {"path": trial.tree.inside(path), "function": function, "base": served, "queries": True}
        report = await trial.tree.script(
            (*PYTEST, f"--rootdir={trial.tree.session.tree}", *reaching),
            job,
            env=await plugin_environment(trial.tree),
        )
        counted = next(report.of("queries"), None)
        if counted is None:
            return inconclusive(f"the queries of {function} could not be counted")
        counts[version] = counted
    before, after = counts["base"], counts["patched"]
    if not before["calls"] or before["calls"] != after["calls"]:
        return inconclusive(f"no test calls {function} while queries are counted")
    measurement = Measurement(f"queries of {function}", before["queries"], after["queries"], "queries")
    if after["queries"] >= before["queries"]:
        return failed(f"{function} asks the database {after['queries']} times, as before", measurement)
    return passed(
        f"{function} asks the database {after['queries']} times instead of {before['queries']} in the same tests",
        measurement,
    )
