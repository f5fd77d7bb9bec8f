"""P2: how long after a save the findings of every local analyzer are out, beside the slowest of them on its own.

    python benchmarks/findings.py [--rounds 20]

Each round has a text that nobody has seen before. "All findings" is the last report of any specialist in a run of the
real engine, without a sandbox; "alone" is what each specialist takes by itself, with the same warm workers, until its
last finding is there, and the slowest of them is the yardstick. Both take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from contextlib import aclosing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lsp import BAD, GOOD, project

from ambient_lsp.engine.engine import Engine
from ambient_lsp.engine.run import Run
from ambient_lsp.events import FindingsReported
from ambient_lsp.model import Finding, RunRecord, TriggerKind
from ambient_lsp.text import freeze

TARGET = 2.0


async def all_findings(engine: Engine, text: str) -> dict[str, float]:
    """Return the milliseconds until each specialist's last report."""
    started = time.perf_counter()
    snapshot = freeze(engine.root, "sample.py", text)
    run = engine.submit(engine.trigger(TriggerKind.SAVE, ("sample.py",), (snapshot,), verify=False))
    last: dict[str, float] = {}
    seen: dict[str, object] = {}
    async for event in run.events():
        if isinstance(event, FindingsReported) and seen.get(event.agent) != event.findings:
            last[event.agent] = (time.perf_counter() - started) * 1e3
            seen[event.agent] = event.findings
    return last


async def alone(engine: Engine, text: str) -> dict[str, float]:
    """Return the milliseconds that each specialist takes for its findings when nothing else runs."""
    services = await engine.services()
    trigger = engine.trigger(TriggerKind.SAVE, ("sample.py",), (freeze(engine.root, "sample.py", text),), verify=False)
    context = await (await services.repository()).pack(trigger)
    record = RunRecord(trigger.id, trigger.kind, trigger.paths, 0.0)
    road = services.road(Run(trigger, record, lambda _: None), lambda _: None)
    taken: dict[str, float] = {}
    for specialist in services.specialists():
        started = time.perf_counter()
        async with aclosing(specialist.propose(context, road.bench)) as stream:
            async for item in stream:
                if not isinstance(item, Finding):
                    break  # what fixes it comes after all findings
        taken[specialist.name] = (time.perf_counter() - started) * 1e3
    return taken


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    together: list[float] = []
    slowest: list[float] = []
    each: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        engine = await Engine.open(await asyncio.to_thread(project, Path(folder), "project"))
        services = await engine.services()
        services.cpu.warm()

        async def nothing() -> None:
            """Stand for a sandbox that is not there."""

        services.verifier = nothing  # type: ignore[method-assign,assignment]
        try:
            for number in range(options.rounds + 3):
                text = f"{BAD if number % 2 else GOOD}\n# {number}\n"
                both = await all_findings(engine, text), await alone(engine, f"{text}# again\n")
                if number < 3:  # imports, caches
                    continue
                together.append(max(both[0].values(), default=0.0))
                slowest.append(max(both[1].values()))
                for name, taken in both[1].items():
                    each.setdefault(name, []).append(taken)
        finally:
            await engine.close()
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; medians of {options.rounds}, in milliseconds\n"
    )
    for name, values in each.items():
        print(f"  alone  {name:<24} {statistics.median(values):8.1f}")
    middle, yardstick = statistics.median(together), statistics.median(slowest)
    ratio = middle / yardstick
    verdict = "yes" if ratio <= TARGET else "NO"
    print(f"\nall findings {middle:.1f}, slowest alone {yardstick:.1f}, ratio {ratio:.2f} (target {TARGET}): {verdict}")


if __name__ == "__main__":
    asyncio.run(main())
