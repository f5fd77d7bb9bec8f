"""Several files are looked at at once; what comes of them comes in their order, and one that fails stops no other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ambient_lsp.agents.base import Specialist
from ambient_lsp.analyzers.base import RawFinding, findings
from ambient_lsp.errors import AmbientError
from ambient_lsp.model import Context, Severity, Span
from ambient_lsp.text import freeze
from tests.unit.agents.bench import Bench


class Slow(Specialist):
    name = "Slow"

    def __init__(self) -> None:
        self.running = self.most = 0

    async def look(self, snapshot, context, bench, settings):
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(0.05 if snapshot.path == "f0.py" else 0.01)
            for finding in findings(self.name, snapshot, [RawFinding("R", Span(0, 0, 0, 1), "m", Severity.HINT)]):
                yield finding
            if snapshot.path == "f3.py":
                raise AmbientError("It broke.")
        finally:
            self.running -= 1


def context_of(count: int) -> Context:
    return Context(Path("/p"), "", tuple(freeze(Path("/p"), f"f{number}.py", "x = 1\n") for number in range(count)))


async def test_several_at_once_in_order_and_none_stops_another() -> None:
    slow = Slow()
    seen = []
    with pytest.raises(AmbientError, match=r"1 of 40 files.*f3\.py: It broke"):
        async for finding in slow.propose(context_of(40), Bench(Path("/p"))):
            seen.append(finding.path)
    assert seen == [f"f{number}.py" for number in range(40)]
    assert slow.most == slow.at_once


async def test_who_stops_listening_stops_the_work() -> None:
    slow = Slow()
    stream = slow.propose(context_of(10), Bench(Path("/p")))
    async for _ in stream:
        break
    await stream.aclose()
    await asyncio.sleep(0.05)
    assert slow.running == 0
