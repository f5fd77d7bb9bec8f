"""The page of a soak: what was done, what the laws say, a table over time, and a picture."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from benchmarks.soak import laws

if TYPE_CHECKING:
    from pathlib import Path

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
    verdict = "All laws hold."
    if result.broken:
        verdict = "**Broken laws:**\n\n" + "\n".join(f"- {sentence}" for sentence in result.broken)
    asked, kinds = sum(result.faults.values()), [name for name in result.faults if name != "none"]
    faulty = asked - result.faults.get("none", 0)
    backends = "bubblewrap for one and Docker for the other" if result.docker else "bubblewrap for both"
    load = statistics.median(one.load for one in result.samples)
    return f"""# A soak: random deeds and faults for {result.minutes:g} minutes

Made by `python -m benchmarks.soak --minutes {result.minutes:g} --seed {result.seed} --page docs/soak.md`.

{verdict}

Two server processes over stdio, as editors start them, each on a git repository of its own, and a terminal beside them.
The sandbox is {backends}. The model is the fake host that ships with Ambient; {len(kinds)} kinds of
faults came by chance, {faulty} times in {asked} questions. The first server lives all the time, and the tables are
about it. The second one is killed with `kill -9` now and then and started again, and so are batches in the terminal:
{result.kills} times in all.

## What was done

- Deeds: {_count(result.deeds)}.
- Runs: {_count(result.runs)}.
- Faults: {_count(result.faults)}.
- Batches by exit code (-9 was killed): {_count(result.swarms)}.
- The slowest answer to a request of an editor took {result.slowest:.1f} s,
  at a load of {load:.0f} on {os.cpu_count()} processors, which others used too.

## The laws

| law | measured |
|---|---|
{_rows(result)}

The host counts a reply of 10 MB that was broken off as it sent it, and the ledger as it read it; such replies are not
in the host's sum where both are compared.

## Over time

![Memory, descriptors and tasks over time](images/soak.svg)

{_table(result.samples)}

Memory is PSS: pages that processes share count by their share. Workers are the helpers of the first server: two for
analyzers, a resident ruff, and what Python keeps beside them.
"""


def _rows(result: Result) -> str:
    tokens, after = result.tokens, result.after
    growth = {
        "the server": laws.flatness([one.shop.memory for one in result.samples]),
        "its workers": laws.flatness(laws.workers_memory(result.samples)),
    }
    rows = {
        "At rest, a server holds what it held before the first deed": _at_rest(result),
        f"Memory: the median of the last third over that of the middle third is at most {laws.FLAT}": ", ".join(
            f"{name} {value:.2f}" for name, value in growth.items()
        ),
        "Every reservation is settled or released; those of killed processes are closed": (
            f"{after.open_reservations} open of {after.exchanges}; {tokens['lost']:.0f} closed, {result.kills} kills"
        ),
        "What the ledger has as the host's own count is in the host's log, answer by answer": (
            f"{tokens['exact']:.0f} of {tokens['answered']:.0f} answers, {tokens['exact tokens']:,.0f} tokens, equal"
        ),
        "Every other answer of the host is estimated in the ledger, or held in full for a killed process": (
            f"host {tokens['rest answers']:.0f} answers, {tokens['rest of the host']:,.0f} tokens; ledger"
            f" {tokens['estimated']:.0f} estimated with {tokens['estimated tokens']:,.0f} and {tokens['lost']:.0f} lost"
            f" with {tokens['lost tokens']:,.0f}"
        ),
        "No process, mount, checkout, worktree, container, lock or draft is left": (
            f"{after.checkouts} checkouts, {after.worktrees} worktrees, {after.containers} containers at rest;"
            " after the end looked for once more"
        ),
        "No Python file is half-written, no server wrote a traceback, no request went unanswered": (
            "checked; what is broken is named above"
        ),
    }
    return "\n".join(f"| {law} | {measured} |" for law, measured in rows.items())


def _count(counts: dict[str, int] | dict[int, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda one: -one[1])) or "none"


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
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}"'
        ' font-family="sans-serif" font-size="12">',
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
    last = f"minutes 0 to {result.samples[-1].at / 60:.0f}"
    parts.append(f'<text x="{WIDTH - 20}" y="{total - 8}" text-anchor="end">{last}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
