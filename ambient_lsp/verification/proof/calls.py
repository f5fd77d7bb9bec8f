"""Which tests call a function, and by which name its module is imported."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ambient_lsp.verification.syntax import functions

if TYPE_CHECKING:
    from ambient_lsp.verification.proof.base import Trial


def calling_tests(trial: Trial, path: str, text: str, function: str, limit: int) -> list[str]:
    """Return passing tests that run lines of the function, at most `limit`; those that run most of it first.

    Of many cases of one test, the first few stand for all: a dozen that are refused would leave no room for a good one.
    """
    node = functions(text).get(function)
    if node is None:
        return []
    lines = range(node.start_point.row + 2, node.end_point.row + 2)
    reached = {
        test: sum(line in lines for line in ran)
        for test, ran in trial.patched.lines.get(path, {}).items()
        if test in trial.patched.passed
    }
    found = sorted((test for test, count in reached.items() if count), key=lambda test: (-reached[test], test))
    nth: Counter[str] = Counter()
    rounds = []
    for test in found:
        nth[test.partition("[")[0]] += 1
        rounds.append((nth[test.partition("[")[0]], test))
    return [test for _, test in sorted(rounds, key=lambda pair: pair[0])[:limit]]


def module_name(path: str) -> str:
    """Return the name that a file is imported by, with the root and `src` on the path."""
    parts = list(PurePosixPath(path).with_suffix("").parts)
    if parts[0] == "src" and len(parts) > 1:
        parts = parts[1:]
    if parts[-1] == "__init__" and len(parts) > 1:
        parts = parts[:-1]
    return ".".join(parts)
