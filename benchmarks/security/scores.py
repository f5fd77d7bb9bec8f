"""Counts: how many vulnerable programs a tool names, and how many safe twins it blames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.security.corpus import Case
    from benchmarks.security.peers import Report


@dataclass(frozen=True, slots=True)
class Score:
    """One tool on some cases. A hit or an alarm has the right family; `noise` is a safe twin with any finding."""

    vulnerable: int
    safe: int
    hits: int
    placed: int
    alarms: int
    noise: int

    @property
    def recall(self) -> float:
        return self.hits / self.vulnerable

    @property
    def false_alarms(self) -> float:
        return self.alarms / self.safe

    @property
    def youden(self) -> float:
        return self.recall - self.false_alarms


def score(report: Report, cases: Iterable[Case]) -> Score:
    """Count one tool's report on `cases`."""
    bad = good = hits = placed = alarms = noise = 0
    for case in cases:
        found = report.found.get(case.name, [])
        right = [one for one in found if case.category in one.categories]
        if case.vulnerable:
            bad += 1
            hits += bool(right)
            placed += any((one.path, one.line) in case.blamed for one in right)
        else:
            good += 1
            alarms += bool(right)
            noise += bool(found)
    return Score(bad, good, hits, placed, alarms, noise)


def failures(report: Report, cases: Iterable[Case]) -> list[tuple[Case, str]]:
    """Return what a tool got wrong: each case with the words "missed" or the rules that blamed the safe twin."""
    wrong = []
    for case in cases:
        right = [one for one in report.found.get(case.name, []) if case.category in one.categories]
        if case.vulnerable and not right:
            wrong.append((case, "missed"))
        elif not case.vulnerable and right:
            wrong.append((case, "false alarm: " + ", ".join(sorted({one.rule for one in right}))))
    return wrong
