"""The benchmark of spoiled diffs, small: the standard library's files with random edits."""

from __future__ import annotations

import sysconfig
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from benchmarks.diffs import cases, judge, ours
from benchmarks.spoil import SPOILERS, Change, plain_diff

MODULES = [
    "textwrap",
    "shlex",
    "csv",
    "bisect",
    "calendar",
    "cmd",
    "copy",
    "fnmatch",
    "glob",
    "heapq",
    "queue",
    "sched",
    "stat",
]
CASES = 8


def edited(random: Random, text: str) -> str:
    lines = text.split("\n")
    code = [n for n, line in enumerate(lines) if line.strip() and not line.rstrip().endswith((":", "(", ",", "\\"))]
    for n in sorted(random.sample(code, min(len(code), random.randint(1, 4))), reverse=True):
        indent = lines[n][: len(lines[n]) - len(lines[n].lstrip())]
        kind = random.choice(["change", "change", "insert", "remove", "grow"])
        if kind == "change":
            lines[n] += f"  # changed {random.randint(0, 999)}"
        elif kind == "insert":
            lines.insert(n, f"{indent}# a remark {random.randint(0, 999)}")
        elif kind == "grow":
            lines[n : n + 1] = [f"{indent}# why {random.randint(0, 999)}", lines[n], f"{indent}# and more"]
        elif lines[n].lstrip().startswith("#"):
            del lines[n]
    return "\n".join(lines)


def pool() -> list[Change]:
    random = Random(11)
    found = []
    for name in MODULES:
        text = Path(sysconfig.get_path("stdlib"), f"{name}.py").read_text("utf-8")
        for number in range(3):
            change = Change(f"src/part{number}/{name}.py", text, edited(random, text))
            if change.before != change.after and plain_diff(change):
                found.append(change)
    return found


@pytest.mark.slow
def test_none_of_the_spoiled_diffs_is_applied_wrongly_and_nearly_all_are_applied() -> None:
    changes = pool()
    verdicts: Counter[str] = Counter()
    failures = []
    for name in SPOILERS:
        found = cases(name, changes, CASES)
        assert found, f"no case of {name!r}"
        for number, spoiled in enumerate(found):
            verdict = judge(ours(spoiled), spoiled)
            if spoiled.expected is not None:
                verdicts[verdict] += 1
            if verdict != "right":
                failures.append(f"{verdict}: {name} #{number}")
    assert not [failure for failure in failures if failure.startswith("wrong")], failures
    assert verdicts["right"] >= 0.99 * verdicts.total(), failures
