"""The page of a soak: what was done, what the laws say, a table over time, and a picture."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.soak import laws

if TYPE_CHECKING:
    from benchmarks.soak.run import Result
    from benchmarks.soak.watch import Sample

Column = Callable[["Sample"], float]
COLUMNS: dict[str, Column] = {
    "tasks": lambda one: sum(one.shop.tasks.values()),
    "threads": lambda one: one.shop.threads,
    "descriptors": lambda one: one.shop.descriptors,
    "sockets": lambda one: one.shop.sockets,
    "server MB": lambda one: one.shop.memory,
    "workers MB": lambda one: one.shop.workers_memory,
    "sandboxes": lambda one: one.shop.sandboxes + one.other.sandboxes,
    "containers": lambda one: one.containers,
    "checkouts": lambda one: one.checkouts,
    "open reservations": lambda one: one.open_reservations,
    "store MB": lambda one: one.store,
    "log MB": lambda one: one.log,
    "cache MB": lambda one: one.cache,
}
DRAWN = {"server MB": "#1f77b4", "descriptors": "#d62728", "tasks": "#2ca02c"}
ROWS = 12
WIDTH, HEIGHT, EDGE = 720, 130, 60


def write(page: Path, result: Result) -> None:
    """Write the page, and its picture into `images/` beside it."""
    (page.parent / "images").mkdir(exist_ok=True)
    (page.parent / "images/soak.svg").write_text(picture(result))
    page.write_text(words(result))


def words(result: Result) -> str:
    """Return the page."""
    tokens, samples = result.tokens, result.samples
    faulty = sum(count for name, count in result.faults.items() if name != "none")
    backends = "bubblewrap for one repository, Docker for the other" if result.docker else "bubblewrap"
    growth = {
        "the server": laws.flatness([one.shop.memory for one in samples]),
        "its workers": laws.flatness(laws.workers_memory(samples)),
    }
    verdict = (
        "All laws hold."
        if not result.broken
        else "**Broken laws:**\n\n" + "\n".join(f"- {sentence}" for sentence in result.broken)
    )
    return f"""# A soak: half an hour of random deeds and faults

Made by `python -m benchmarks.soak --minutes {result.minutes:g} --seed {result.seed} --page docs/soak.md`. {verdict}

Two server processes over stdio, each on a git repository of its own with {backends} as the sandbox, and one terminal. The
model is the fake host that ships with Ambient; each of its {len(result.faults) - ("none" in result.faults)} faults came by chance, {faulty} times in
{sum(result.faults.values())} questions. The first server lives all the time, and the table is about it. The second one
is killed with `kill -9` now and then and started again, and so are batches in the terminal: {result.kills} times in all.

## What was done

{_count(result.deeds)}. Runs: {_count(result.runs)}. Batches by exit code (-9 was killed): {_count(result.swarms)}.
The slowest answer to a request took {result.slowest:.1f} s, on a machine with a load of {statistics.median(one.load for one in samples):.0f} on {_processors()} processors.

## The laws

| law | measured |
|---|---|
| Tasks, sockets, descriptors and children of a server at rest are as before the first deed | {_at_rest(result)} |
| Memory stays flat: the median of the last third over that of the middle third is at most {laws.FLAT} | {", ".join(f"{name} {value:.2f}" for name, value in growth.items())} |
| Every reservation is settled, released, or closed for a process that was killed | {result.after.open_reservations} open of {result.after.exchanges}; {tokens["lost"]:.0f} lost by {result.kills} kills |
| What the ledger has from the host's count is in the host's own log, answer by answer | {tokens["exact"]:.0f} of {tokens["answered"]:.0f} answers, {tokens["exact tokens"]:,.0f} tokens; 0 differ |
| What is left of the host's log is estimated in the ledger, or held in full for the killed | host {tokens["rest of the host"]:,.0f} tokens in {tokens["rest answers"]:.0f} answers; ledger {tokens["estimated tokens"]:,.0f} in {tokens["estimated"]:.0f} estimated, {tokens["lost tokens"]:,.0f} in {tokens["lost"]:.0f} lost |
| No process, mount, checkout, worktree, container or draft is left in the end | {result.after.checkouts} checkouts, {result.after.worktrees} worktrees, {result.after.containers} containers |
| No Python file is half-written; no traceback in a server's log; no request without an answer | checked in the end |

## Over time

![Memory, descriptors and tasks over time](images/soak.svg)

{_table(samples)}

Memory is PSS: pages that processes share count by their share. Workers are the three helpers of the first server (two for
analyzers, one resident ruff); they are kept and not counted as a leak. The cache holds results of checks and the host's
answers to nobody; the store holds every run and proposal of the time.
"""


def _count(counts: dict[str, int] | dict[int, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda one: -one[1])) or "none"


def _processors() -> int:
    import os

    return os.cpu_count() or 1


def _at_rest(result: Result) -> str:
    before, after = result.before.shop, result.after.shop
    pairs = {
        "tasks": (sum(before.tasks.values()), sum(after.tasks.values())),
        "sockets": (before.sockets, after.sockets),
        "descriptors": (before.descriptors, after.descriptors),
        "threads": (before.threads, after.threads),
        "children": (before.children, after.children),
    }
    return ", ".join(f"{name} {first} → {last}" for name, (first, last) in pairs.items())


def _table(samples: Sequence[Sample]) -> str:
    step = max(1, len(samples) // ROWS)
    rows = [samples[0], *samples[step:-1:step], samples[-1]]
    lines = ["| minute | deeds | questions | " + " | ".join(COLUMNS) + " |", "|--:" * (len(COLUMNS) + 3) + "|"]
    for one in rows:
        values = [f"{column(one):.1f}".removesuffix(".0") for column in COLUMNS.values()]
        lines.append(f"| {one.at / 60:.1f} | {one.deeds} | {one.asked} | " + " | ".join(values) + " |")
    return "\n".join(lines)


def picture(result: Result) -> str:
    """Return three curves, one below the other, as SVG."""
    total = (HEIGHT + 20) * len(DRAWN) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{total}" fill="white"/>',
    ]
    for row, (name, colour) in enumerate(DRAWN.items()):
        values = [COLUMNS[name](one) for one in result.samples]
        top, most = 20 + row * (HEIGHT + 20), max([*values, 1]) * 1.1
        end = max(result.samples[-1].at, 1)
        points = " ".join(
            f"{EDGE + (WIDTH - EDGE - 20) * one.at / end:.0f},{top + HEIGHT * (1 - value / most):.0f}"
            for one, value in zip(result.samples, values, strict=True)
        )
        parts += [
            f'<line x1="{EDGE}" y1="{top + HEIGHT}" x2="{WIDTH - 20}" y2="{top + HEIGHT}" stroke="#999"/>',
            f'<line x1="{EDGE}" y1="{top}" x2="{EDGE}" y2="{top + HEIGHT}" stroke="#999"/>',
            f'<text x="{EDGE + 6}" y="{top + 10}" fill="{colour}">{name}</text>',
            f'<text x="{EDGE - 6}" y="{top + 10}" text-anchor="end">{most:.0f}</text>',
            f'<text x="{EDGE - 6}" y="{top + HEIGHT}" text-anchor="end">0</text>',
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
        ]
    parts.append(f'<text x="{WIDTH - 20}" y="{total - 8}" text-anchor="end">minutes 0 to {result.samples[-1].at / 60:.0f}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
