"""Running the project's tests in an opened tree, and what came of it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ambient_lsp.verification import untrusted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from ambient_lsp.verification.trees import OpenTree, Report

_CONFIG_FILES = ("pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", "setup.py", "Pipfile", "environment.yml")
_CONFTESTS = ("conftest.py", "tests/conftest.py")
_PLUGIN = re.compile(r"pytest[-_][a-z]|asyncio_mode|\banyio\b|\bsyrupy\b|\brespx\b|\bdjango\b", re.IGNORECASE)

PYTEST_ALONE = ("ambient_pytest.py", "-p", "no:cacheprovider", "-q", "--tb=short")
PYTEST = (*PYTEST_ALONE, "--maxfail=0", "--continue-on-collection-errors")
"""One failure must not hide the others: a red base is compared test by test."""

FROM_THE_BACK = -1
"""A seed that stands for the last test first: that turns round every pair of tests, which a shuffle may miss."""

_USAGE_ERROR = 4
NO_TESTS = 5
"""pytest's exit code when it has collected nothing."""


@dataclass(frozen=True, slots=True)
class TestRun:
    """One run of tests. `outcomes` maps a test's identity to "passed", "failed", "error" or "skipped".

    `lines` maps a path to the lines that each test ran; the test "" stands for what ran at import. `branches` maps it
    to the steps (from, to) that each test made where there is more than one way: lines, where the whole tree was
    measured (then `exits` says how many ways a line has), else marks that can only be compared. `statements` holds
    the lines of a file that can run, where the whole tree was measured. `uncompiled` maps a path to the error that the
    project's interpreter has with it. `problem` is a sentence when the run did not come to its end, else empty; `hung`
    tells whether that was a lack of time.
    """

    __test__ = False  # pytest must not take it for a test

    outcomes: Mapping[str, str] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)
    statements: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    branches: Mapping[str, Mapping[str, tuple[tuple[int, int], ...]]] = field(default_factory=dict)
    exits: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    uncompiled: Mapping[str, str] = field(default_factory=dict)
    repeats: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""
    hung: bool = False
    seconds: float = 0.0

    @property
    def passed(self) -> frozenset[str]:
        """The tests that passed."""
        return frozenset(test for test, outcome in self.outcomes.items() if outcome == "passed")

    @property
    def bad(self) -> frozenset[str]:
        """The tests that failed or could not be run."""
        return frozenset(test for test, outcome in self.outcomes.items() if outcome in ("failed", "error"))


async def run_tests(
    tree: OpenTree,
    tests: Sequence[str],
    *,
    compile_paths: Iterable[str] = (),
    cover: Iterable[str] = (),
    repeat: int = 0,
    seed: int = 0,
) -> TestRun:
    """Run test files or test ids (none: the whole suite) in one pytest process.

    `cover` names the files whose lines are measured; `("*",)` measures the whole tree. With `repeat`, every test runs
    that often, in an order shuffled by `seed`, or from the last to the first.
    """
    measured = list(cover)
    job = {
        "compile": [tree.inside(path) for path in compile_paths],
        "cover": measured if measured == ["*"] else [tree.inside(path) for path in measured],
        "repeat": repeat,
        "seed": seed,
    }
    env = await plugin_environment(tree)
    argv = (*PYTEST, f"--rootdir={tree.session.tree}", *tests)
    report = await tree.script(argv, job, env=env)
    if env and report.result.exit_code == _USAGE_ERROR:
        report = await tree.script(argv, job)  # an option of a plugin that the configuration does not name
    return _read(tree, report)


async def run_files(tree: OpenTree, paths: Sequence[str]) -> TestRun:
    """Run those of these test files that the tree has, in their own order."""
    there = await asyncio.to_thread(lambda: [path for path in paths if (tree.folder / path).is_file()])
    return await run_tests(tree, there) if there else TestRun()


async def compile_files(tree: OpenTree, paths: Sequence[str]) -> TestRun:
    """Only compile files, on the project's interpreter."""
    job = {"compile": [tree.inside(path) for path in paths]}
    return _read(tree, await tree.script(("ambient_compile.py",), job))


async def plugin_environment(tree: OpenTree) -> dict[str, str]:
    """Return what keeps pytest from loading every plugin that is installed, where the project declares none.

    Loading them takes longer than most tests do.
    """
    needed = await asyncio.to_thread(needs_plugins, tree.folder)
    return {} if needed else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def needs_plugins(folder: Path) -> bool:
    """Return whether the project's configuration names pytest plugins."""
    listed = [*folder.glob("requirements*.txt"), *folder.glob("requirements/*.txt")]
    names = (*_CONFIG_FILES, *(file.relative_to(folder).as_posix() for file in listed))
    if any("pytest_plugins" in (untrusted.read_text(folder, name) or "") for name in _CONFTESTS):
        return True
    return any(_PLUGIN.search(untrusted.read_text(folder, name) or "") for name in names)


def _read(tree: OpenTree, report: Report) -> TestRun:
    outcomes: dict[str, str] = {}
    messages: dict[str, str] = {}
    repeats: dict[str, int] = {}
    for record in report.of("test"):
        test, outcome = str(record["id"]), str(record["outcome"])
        repeats[test] = repeats.get(test, 0) + 1
        if outcomes.get(test) not in ("failed", "error"):  # of many rounds, a bad one is the one that counts
            outcomes[test] = outcome
            messages[test] = str(record["message"])
    lines: dict[str, Mapping[str, tuple[int, ...]]] = {}
    statements: dict[str, tuple[int, ...]] = {}
    branches: dict[str, Mapping[str, tuple[tuple[int, int], ...]]] = {}
    exits: dict[str, Mapping[int, int]] = {}
    for record in report.of("lines"):
        if (path := tree.outside(record["path"])) is not None:
            lines[path] = {test: tuple(numbers) for test, numbers in record["tests"].items()}
            statements[path] = tuple(record["statements"])
            branches[path] = {
                test: tuple((int(start), int(end)) for start, end in steps)
                for test, steps in record["branches"].items()
            }
            exits[path] = {int(line): int(ways) for line, ways in record["exits"].items()}
    return TestRun(
        outcomes=outcomes,
        messages={test: message for test, message in messages.items() if message},
        lines=lines,
        statements=statements,
        branches=branches,
        exits=exits,
        uncompiled={
            tree.outside(record["path"]) or record["path"]: record["message"] for record in report.of("uncompiled")
        },
        repeats=repeats,
        problem=_problem(report, outcomes),
        hung=report.result.killed == "timeout",
        seconds=report.result.seconds,
    )


def _problem(report: Report, outcomes: Mapping[str, str]) -> str:
    """Say why the run did not come to its end; "" when it did."""
    result = report.result
    if report.ended:
        exits = [int(record["exit"]) for record in report.of("end")]
        # A run that says it failed and shows no failure (an internal error, a plugin's veto) proves nothing.
        clean = all(outcome in ("passed", "skipped") for outcome in outcomes.values())
        if exits[-1] not in (0, NO_TESTS) and clean:
            return f"pytest stopped with code {exits[-1]}: {_last_line(result.stdout, result.stderr)}"
        return ""
    where = _unfinished(report)
    if result.killed == "timeout":
        return f"the tests did not end within their time{where}"
    if result.killed:
        return f"the tests were stopped by a limit of the sandbox ({result.killed}){where}"
    if any(report.of("no-pytest")):
        return "pytest is not installed in the project's environment"
    if result.exit_code == 127:
        return "the project's Python was not found in the sandbox"
    if where:
        return f"the test process died{where}"
    return f"pytest could not start: {_last_line(result.stdout, result.stderr)}"


def _unfinished(report: Report) -> str:
    """Name the test that was running last."""
    running = ""
    for record in report.records:
        if record["kind"] == "start":
            running = record["id"]
        elif record["kind"] == "test" and record["id"] == running:
            running = ""
    return f" in {running}" if running else ""


def _last_line(*texts: str) -> str:
    lines = [line.strip() for text in texts for line in text.split("\n") if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"
