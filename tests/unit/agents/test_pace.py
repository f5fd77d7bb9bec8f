"""Specialists of one run look at the same files at about the same time, however slow one of them is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from ambient_lsp.agents.base import BATCH, Specialist
from ambient_lsp.agents.pace import Pace
from ambient_lsp.analyzers.base import RawFinding, findings
from ambient_lsp.model import Context, Severity, Span
from ambient_lsp.text import freeze
from tests.unit.agents.bench import Bench

FILES = 6 * BATCH


class Looking(Specialist):
    name = "Looking"

    def __init__(self, seconds: float, seen: list[tuple[str, int]], who: str) -> None:
        self.seconds, self.seen, self.who = seconds, seen, who

    async def look(self, snapshot, context, bench, settings):
        await asyncio.sleep(self.seconds)
        self.seen.append((self.who, int(snapshot.path.removesuffix(".py"))))
        for finding in findings(self.name, snapshot, [RawFinding("R", Span(0, 0, 0, 1), "m", Severity.HINT)]):
            yield finding


class Alone(Looking):
    side_by_side = False


async def drift(*pair: Looking, fixes: bool = False) -> int:
    """Return by how many files one was ahead of the other at most."""
    targets = tuple(freeze(Path("/p"), f"{number}.py", "x = 1\n") for number in range(FILES))
    context, bench = replace(Context(Path("/p"), "", targets), fixes=fixes), Bench(Path("/p"))

    async def all_of(one: Looking) -> None:
        assert len([item async for item in one.propose(context, bench)]) == FILES

    await asyncio.gather(*map(all_of, pair))
    furthest = {one.who: 0 for one in pair}
    apart = 0
    for who, number in pair[0].seen:
        furthest[who] = max(furthest[who], number)
        apart = max(apart, furthest["quick"] - furthest["slow"])
    return apart


async def test_a_quick_one_stays_near_a_slow_one() -> None:
    seen: list[tuple[str, int]] = []
    assert await drift(Looking(0, seen, "quick"), Looking(0.002, seen, "slow")) < 3 * BATCH


async def test_nobody_waits_for_one_that_may_take_minutes() -> None:
    seen: list[tuple[str, int]] = []
    assert await drift(Looking(0, seen, "quick"), Alone(0.002, seen, "slow")) > 4 * BATCH
    seen = []
    assert await drift(Looking(0, seen, "quick"), Looking(0.002, seen, "slow"), fixes=True) > 4 * BATCH


async def test_one_that_leaves_holds_nobody_up() -> None:
    pace = Pace(10)
    with pace.joined() as come_to:
        with pace.joined():
            waiting = asyncio.create_task(come_to(11))
            await asyncio.sleep(0)
            assert not waiting.done()
        await asyncio.wait_for(waiting, 1)
