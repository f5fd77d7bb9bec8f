"""One visit of a person to an editor: the fixes of a few problems are taken, one after the other, in one project."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from ambient_lsp.model import ProposalState, Verdict, VerdictOutcome
from ambient_lsp.store.store import open_store
from tests.e2e import project
from tests.editors import honours, scenarios, wire
from tests.editors.scenarios import TYPED, Scenario


@dataclass(frozen=True, slots=True)
class Visit:
    """What an editor left. `titles` are those of the fixes that were taken, by scenario.

    `failure` is what the editor printed, where it did not come to its end; in `log` is what it and the server said.
    """

    root: Path
    scenarios: Sequence[Scenario]
    titles: dict[str, str]
    failure: str
    log: Path

    def check(self, scenario: Scenario) -> None:
        """Assert that a fix is on the disk, and that it had been proven when it was taken."""
        if scenario.name not in self.titles:
            first = next(one.name for one in self.scenarios if one.name not in self.titles)
            pytest.fail(self.failure if scenario.name == first else f"not reached: see {first}", pytrace=False)
        title = self.titles[scenario.name]
        assert re.search(f"^{re.escape(scenario.action)}.* · proven: .*{scenario.proof}", title), title
        assert title.endswith("needs your approval") == scenario.asks, title
        assert TYPED in self._text(scenario.file)
        text = self._text(scenario.fixed)
        for part in scenario.there:
            assert part in text, text
        for part in scenario.gone:
            assert part not in text, text
        verdict = self._verdict(scenario)
        assert (verdict.outcome, verdict.sandbox) == (VerdictOutcome.PASSED, "bubblewrap")
        if scenario.measured is not None:
            name, holds = scenario.measured
            (measured,) = [one for one in verdict.measurements if one.name == name]
            assert holds(measured.before, measured.after), measured

    def check_the_rest(self) -> None:
        """Assert that the editor came to its end, nothing but the fixes was changed, and the project's tests pass.

        An editor with a plugin of ours must also have done what the page says that it honours.
        """
        assert not self.failure, "the editor did not come to its end"
        changed = {path for scenario in self.scenarios for path in (scenario.file, scenario.fixed)}
        status = project.git(self.root, "status", "--porcelain", "--untracked-files=all").splitlines()
        assert sorted(line[3:] for line in status) == sorted(changed), status
        argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        tests = subprocess.run(argv, cwd=self.root, capture_output=True, text=True, check=False)
        assert tests.returncode == 0, tests.stdout
        honours.check_plugin(wire.read(self.log))

    def _text(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def _verdict(self, scenario: Scenario) -> Verdict:
        """Return the proof of the one proposal that was applied to a scenario's file."""
        store = open_store(self.root / ".ambient")
        try:
            (applied,) = store.proposals(states=(ProposalState.APPLIED,), paths=(scenario.fixed,))
        finally:
            store.close()
        assert applied.verdict is not None
        return applied.verdict


def pay(folder: Path, problems: Sequence[Scenario], run: Callable[[Path, dict[str, str]], None]) -> Visit:
    """Make the project below `folder`, and call `run` with its root and the environment for a test script.

    The script takes one fix after the other, and adds a line of JSON to a file for each: its `name` and `title`.
    """
    root = scenarios.make(folder / "shop", problems)
    report = folder / "taken.jsonl"
    report.touch()
    facts = json.dumps([scenario.facts(root) for scenario in problems])
    failure, log = "", folder / "wire.jsonl"
    try:
        run(root, {"AMBIENT_SCENARIOS": facts, "AMBIENT_REPORT": str(report), "AMBIENT_WIRE": str(log)})
    except AssertionError as error:  # the fixes before the one that failed are looked at all the same
        failure = str(error)
    taken = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    return Visit(root, problems, {one["name"]: one["title"] for one in taken}, failure, log)
