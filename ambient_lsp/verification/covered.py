"""What a run of the whole suite covers, by line and by way."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ambient_lsp.protocols import Coverage

if TYPE_CHECKING:
    from ambient_lsp.verification.testrun import TestRun


def coverage_of(run: TestRun) -> Coverage:
    """Put the lines that a run of the whole suite reports by file the other way round."""
    executed: dict[str, frozenset[int]] = {}
    missing: dict[str, frozenset[int]] = {}
    by_line: dict[tuple[str, int], list[str]] = {}
    for path, tests in run.lines.items():
        statements = frozenset(run.statements.get(path, ()))
        ran = frozenset(line for lines in tests.values() for line in lines)
        executed[path] = ran & statements if statements else ran
        missing[path] = statements - ran
        for test, lines in tests.items():
            for line in lines if test else ():
                by_line.setdefault((path, line), []).append(test)
    branches, by_way = _branches_of(run)
    # A test file that cannot be loaded is one bad outcome of the whole file.
    unloaded = frozenset(test.partition("::")[0] for test in run.bad if "::" not in test)
    by_place = {place: tuple(sorted(tests)) for place, tests in by_line.items()}
    return Coverage(executed, missing, by_place, branches, by_way, unloaded)


def _branches_of(
    run: TestRun,
) -> tuple[dict[str, dict[int, tuple[int, int]]], dict[tuple[str, int, int], tuple[str, ...]]]:
    """Return of each file's lines with several ways on (ways taken, ways), and the tests that took each way."""
    by_way: dict[tuple[str, int, int], list[str]] = {}
    for path, tests in run.branches.items():
        for test, ways in tests.items():
            for start, end in ways:
                by_way.setdefault((path, start, end), []).append(test)
    taken = Counter((path, start) for path, start, _ in by_way)
    branches = {
        path: {int(line): (min(taken[path, int(line)], total), total) for line, total in exits.items()}
        for path, exits in run.exits.items()
    }
    return branches, {way: tuple(sorted(tests)) for way, tests in by_way.items()}
