"""How many known bugs generated tests catch: thirty classic small algorithms, each right, and with one bug.

    python -m benchmarks.bugs [--only gcd] [--unseen]

Two ways. First the specialist looks at the right version, and its tests run on both: they must be green on the right
one, and are to fail on the other. Then it looks at the version with the bug, as if nobody knew: it is to report the
bug. What it then still writes as a test must not hold the bug fast, so these tests run on the right version too. What
it reports about a right version is a false alarm.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ambient_lsp.agents.tests import TestEnhancer
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.protocols import Coverage
from benchmarks import unseen_bugs
from tests.unit.agents.observing import ask, write

ALGORITHMS = Path(__file__).parent / "algorithms"
_PATIENCE = 60
"""Seconds for one run of the tests: on a busy machine they are slow to start."""
NOTHING_RAN = Coverage(executed={}, missing={})
REPORTS = frozenset({"AMB-TEST-SUSPICIOUS", "AMB-TEST-DOCSTRING"})

BUGS = {
    "binary_search": ("while low <= high", "while low < high"),
    "merge_sort": ("return merged + left[i:] + right[j:]", "return merged + left[i:]"),
    "gcd": ("while b:", "while b > 1:"),
    "is_balanced": ("return not stack", "return True"),
    "levenshtein": ("current = [i]", "current = [0]"),
    "topological_sort": (
        "        if node in done:\n            return\n",
        "        if node in done and node not in order[-1:]:\n            return\n",
    ),
    "dijkstra": (
        "if neighbour not in distances or candidate < distances[neighbour]:",
        "if neighbour not in distances:",
    ),
    "flatten": ("result.extend(flatten(item))", "result.extend(item)"),
    "rotate": ("    steps %= len(items)\n", "    steps = min(steps, len(items))\n"),
    "to_roman": ("while number >= value", "while number > value"),
    "primes_up_to": ("range(2, int(limit**0.5) + 1)", "range(2, int(limit**0.5))"),
    "run_length": (
        "    return [(letter, len(list(run))) for letter, run in groupby(text)]",
        "    return [(letter, len(list(run))) for letter, run in groupby(sorted(text))]",
    ),
    "lru_cache": ("self._items.popitem(last=False)", "self._items.popitem()"),
    "transpose": ("range(len(matrix[0]))", "range(len(matrix))"),
    "knapsack": ("range(capacity, weight - 1, -1)", "range(weight, capacity + 1)"),
    "bfs": (
        "                seen.add(neighbour)\n                queue.append(neighbour)\n",
        "                queue.append(neighbour)\n        seen.add(node)\n",
    ),
    "quickselect": ("if k < len(smaller) + len(equal):", "if k <= len(smaller) + len(equal):"),
    "kth_largest": ("if number > heap[0]:", "if number < heap[0]:"),
    "power_set": ("subsets: list[list[int]] = [[]]", "subsets: list[list[int]] = [[items[0]]] if items else [[]]"),
    "pascal": ("zip(above, above[1:])", "zip(above[1:], above[1:])"),
    "hanoi": ("*hanoi(disks - 1, source, spare, target),", "*hanoi(disks - 1, source, target, spare),"),
    "longest_common_subsequence": ("table[i - 1][j - 1] + one", "table[i - 1][j] + one"),
    "to_base": ('return "".join(reversed(digits))', 'return "".join(digits)'),
    "group_anagrams": ('"".join(sorted(word))', '"".join(sorted(set(word)))'),
    "merge_intervals": ("max(merged[-1][1], end)", "end"),
    "moving_average": ("range(len(values) - window + 1)", "range(len(values) - window)"),
    "two_sum": (
        "        if target - number in seen:\n            return seen[target - number], place\n"
        "        seen[number] = place\n",
        "        seen[number] = place\n"
        "        if target - number in seen:\n            return seen[target - number], place\n",
    ),
    "is_palindrome": ("letters[-i - 1]", "letters[-i]"),
    "is_leap_year": ("(year % 100 != 0 or year % 400 == 0)", "year % 100 != 0"),
    "days_in_month": ("if not 1 <= month <= 12", "if not 0 <= month <= 12"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one algorithm; `caught` is None where no test was written."""

    name: str
    tests: int
    green: bool
    caught: bool | None
    reported: str
    pinned: bool
    false_alarm: str


def main() -> None:
    """Try all algorithms, or those that are named, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], help="names of algorithms")
    parser.add_argument("--show", action="store_true", help="print the tests too")
    parser.add_argument("--unseen", action="store_true", help="the thirty that the generator was not made with")
    arguments = parser.parse_args()
    folder, bugs = (unseen_bugs.ALGORITHMS, unseen_bugs.BUGS) if arguments.unseen else (ALGORITHMS, BUGS)
    chosen = {name: bugs[name] for name in arguments.only or bugs}
    print(table([asyncio.run(tried(folder / f"{name}.py", *bug, show=arguments.show)) for name, bug in chosen.items()]))


async def tried(module: Path, old: str, new: str, *, show: bool = False) -> Result:
    """Try one algorithm in both ways; the bug is `new` in place of `old`."""
    name, right = module.stem, module.read_text(encoding="utf-8")
    assert right.count(old) == 1, name
    wrong = right.replace(old, new)
    tests, alarms = await looked(name, right)
    from_wrong, reports = await looked(name, wrong)
    if show:
        print(tests, from_wrong, sep="\n# from the version with the bug\n", file=sys.stderr)
    return Result(
        name,
        tests.count("def test_"),
        passes(name, right, tests) if tests else True,
        not passes(name, wrong, tests) if tests else None,
        reports,
        bool(from_wrong) and not passes(name, right, from_wrong),
        alarms,
    )


async def looked(name: str, text: str) -> tuple[str, str]:
    """Return the tests that the specialist writes for a module, and what it reports about it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "repo"
        found, proposals = await ask(TestEnhancer(), root, {f"{name}.py": text}, coverage=NOTHING_RAN)
    texts = [text or "" for one in proposals for text in apply_edits({}, one.edits).values()]
    return "\n".join(texts), " ".join(one.message for one in found if one.rule in REPORTS)


def passes(name: str, module: str, tests: str) -> bool:
    """Return whether tests pass on a version of the module; a run that does not end fails."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), {f"{name}.py": module, "test_it.py": tests})
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "-c",
            "/dev/null",
            "test_it.py",
        ]
        environment = {**os.environ, "PYTHONPATH": folder, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def table(results: list[Result]) -> str:
    """Return the page."""
    rows = [
        f"| {one.name} | {one.tests} | {_yes(one.green)} | {_yes(one.caught)} | {one.reported or 'no'} |"
        f" {_yes(one.pinned)} | {one.false_alarm or 'none'} |"
        for one in results
    ]
    total = len(results)
    caught = sum(bool(one.caught) for one in results)
    reported = sum(bool(one.reported) for one in results)
    either = sum(bool(one.caught or one.reported) for one in results)
    return "\n".join(
        (
            "# Known bugs that generated tests catch",
            "",
            "Made by `python -m benchmarks.bugs`; see there for how. No model is asked.",
            "",
            f"- {total} algorithms; the tests are green on the right version of {sum(one.green for one in results)}.",
            f"- Tests written for the right version catch {caught} of {total} bugs.",
            f"- Looking only at the version with the bug, {reported} of {total} are reported. In either way: {either}.",
            f"- Tests written for the version with the bug hold it fast in {sum(one.pinned for one in results)} cases;"
            f" something is reported about {sum(bool(one.false_alarm) for one in results)} of the right versions.",
            "",
            "| algorithm | tests | green on the right one | catch the bug | reported on the wrong one | bug held fast |"
            " false alarm |",
            "|---|---|---|---|---|---|---|",
            *rows,
        )
    )


def _yes(value: bool | None) -> str:
    return "no test" if value is None else "yes" if value else "no"


if __name__ == "__main__":
    main()
