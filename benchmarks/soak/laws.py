"""What must be true in the end; each law that is broken says so in a sentence."""

from __future__ import annotations

import ast
import re
import statistics
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.sandbox.docker import KEPT_CONNECTIONS
from benchmarks.soak import watch
from benchmarks.soak.desk import HALF

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.soak.deeds import Life
    from benchmarks.soak.desk import Desk
    from benchmarks.soak.model import Host
    from benchmarks.soak.watch import Sample, Server

FLAT = 1.1
"""The median of the last third of the time, over that of the middle third. The first third is for warming up."""

LEAST_MINUTES = 10
"""A shorter time says nothing of memory."""

SLACK = 4
"""Descriptors that may be more: helpers such as `git cat-file` start when they are needed, with two or three pipes."""

HELPERS = 2
"""Children that may be more: there are three kinds of `git cat-file`, of which the warm-up needs at least one."""

POOL = 6
"""Threads that Python keeps for `to_thread` on two processors; they are started when they are first needed."""


def flatness(values: Sequence[float]) -> float:
    """Return by how much the last third is above the middle third."""
    third = len(values) // 3
    if not third:
        return 1.0
    return statistics.median(values[-third:]) / max(statistics.median(values[third:-third]), 0.1)


def workers_memory(samples: Sequence[Sample]) -> list[float]:
    """Return the memory of the helpers, without the moments at which one of them was missing."""
    usual = statistics.mode(one.shop.workers for one in samples)
    return [one.shop.workers_memory for one in samples if one.shop.workers == usual]


def memory(samples: Sequence[Sample], minutes: float) -> Iterator[str]:
    """The memory of the server that was never killed stays flat, and that of its workers too."""
    if minutes < LEAST_MINUTES:
        return
    for words, values in (
        ("the server", [one.shop.memory for one in samples]),
        ("its workers", workers_memory(samples)),
    ):
        if (growth := flatness(values)) > FLAT:
            yield f"The memory of {words} grew: {growth:.2f} times from the middle third to the last."


def idle(before: Server, after: Server, name: str, *, whole: bool, docker: bool = False) -> Iterator[str]:
    """A server that has nothing to do holds what it held before; `whole` for one that lived all the time.

    With `docker` it keeps connections to the engine too.
    """
    kept = KEPT_CONNECTIONS if docker else 0
    if not after.tasks:
        yield f"The server of {name} did not answer in the end."
    if more := {task: count for task, count in after.tasks.items() if count > before.tasks.get(task, 0)}:
        yield f"Tasks of {name} are left: {more}."
    if after.sockets > max(before.sockets, kept):
        yield f"Sockets of {name} are left: {after.sockets}, at first {before.sockets}."
    nobody = "pipe to itself"  # one end is enough for what has no other one any more
    if after.descriptors > before.descriptors + SLACK + max(0, kept - before.sockets) or after.kinds.get(
        nobody, 0
    ) > before.kinds.get(nobody, 0):
        yield f"Descriptors of {name} are left: {after.kinds}, at first {before.kinds}."
    if after.threads > before.threads + (POOL if whole else 2 * POOL):
        yield f"Threads of {name} are left: {after.threads}, at first {before.threads}."
    if after.sandboxes or after.children > before.children + HELPERS:
        yield f"Children of {name}: {after.children}, {after.sandboxes} in sandboxes, at first {before.children}."


def nothing_held(after: Sample) -> Iterator[str]:
    """Reservations are settled, and nothing is checked out."""
    for words, count in (
        ("reservations are open", after.open_reservations),
        ("checkouts are left", after.checkouts),
        ("worktrees are left", after.worktrees),
        ("containers are left", after.containers),
        ("connections to the host are open", after.connections),
    ):
        if count:
            yield f"{count} {words}."


def ledger(host: Host, desk: Desk, kills: int) -> tuple[list[str], dict[str, float]]:
    """What the ledger has from the host's own counts is in the host's log, answer by answer, and nothing is missing.

    The rest, estimated where an answer broke off and held in full where a process was killed, is compared in sum.
    """
    query = "SELECT state, estimated, prompt, cached, completion, tokens FROM exchanges"
    rows = [row for root in (desk.shop, desk.other) for row in watch.rows(root, query)]
    exact = Counter(row[2:5] for row in rows if row[0] == "settled" and not row[1])
    guessed = [row for row in rows if row[0] == "settled" and row[1]]
    lost = [row for row in rows if row[0] == "lost"]
    answered = Counter((one.prompt, one.cached, one.completion) for one in host.log.entries if one.prompt)
    broken = []
    if invented := exact - answered:
        broken.append(f"The ledger has {invented.total()} answers that the host does not know: {list(invented)[:3]}.")
    if len(lost) and not kills:
        broken.append(f"{len(lost)} reservations were lost, and nobody was killed.")
    rest = answered - exact
    if rest.total() > len(guessed) + len(lost):
        missing = rest.total() - len(guessed) - len(lost)
        broken.append(f"{missing} answers of the host are in the ledger neither exactly nor estimated.")
    huge = sum(one.completion for one in host.log.entries if one.fault == "huge")
    numbers = {
        "asked": len(host.log.entries),
        "answered": answered.total(),
        "exact": exact.total(),
        "estimated": len(guessed),
        "lost": len(lost),
        "host tokens": host.log.prompt + host.log.completion,
        "ledger tokens": sum(row[5] for row in rows),
        "exact tokens": sum((prompt + completion) * n for (prompt, _, completion), n in exact.items()),
        "rest of the host": sum((prompt + completion) * n for (prompt, _, completion), n in rest.items()) - huge,
        "rest answers": rest.total(),
        "estimated tokens": sum(row[5] for row in guessed),
        "lost tokens": sum(row[5] for row in lost),
    }
    return broken, numbers


def afterwards(desk: Desk) -> Iterator[str]:
    """Of processes that have ended nothing is left, on the disk either."""
    if alive := watch.relatives(desk):
        yield f"{len(alive)} processes are left: {alive[:3]}."
    if str(desk.base) in Path("/proc/self/mounts").read_text():
        yield "Mounts are left."
    ours = desk.cache / "ambient"
    left = [*ours.glob("*/live/*"), *ours.glob("*/bases/building-*"), *ours.glob("*/bases/gone-*")]
    left += [*ours.glob("baselines/results-*"), *ours.glob("baselines/staging-*")]
    for root in (desk.shop, desk.other, desk.plain):
        left += [*root.glob(".ambient/journal"), *root.glob(".ambient/proposals/*.tmp"), *root.rglob("*draft*")]
        left += [one for one in (root / ".git").rglob("*.lock") if "ambient" not in one.name]
    if left:
        yield f"{len(left)} files are left: {[str(one.relative_to(desk.base)) for one in left[:4]]}."
    for root in (desk.shop, desk.other):
        if watch.rows(root, "PRAGMA integrity_check") != [("ok",)]:
            yield f"The state of {root.name} is broken."
        if waiting := watch.rows(root, "SELECT id FROM proposals WHERE state IN ('checking', 'drafted')"):
            yield f"{len(waiting)} proposals are still being checked."


def half_written(desk: Desk) -> Iterator[str]:
    """Every Python file is whole: it ends as files do, and parses, unless somebody typed a half of a statement."""
    halves = tuple(word.strip() for word in HALF)
    for root in (desk.shop, desk.other, desk.plain):
        for path in root.rglob("*.py"):
            text = path.read_text()
            if any(half in text for half in halves):
                continue
            try:
                ast.parse(text)
            except SyntaxError as error:
                yield f"{path.relative_to(desk.base)} is broken in line {error.lineno}."
            if text and not text.endswith("\n"):
                yield f"{path.relative_to(desk.base)} is cut off."


def logs(desk: Desk, life: Life) -> Iterator[str]:
    """No server writes of faults in itself, none gets stuck, and none ends by itself."""
    for log in desk.base.glob("*.log"):
        text = log.read_text(errors="replace")
        if found := re.findall(r"^(?:\w+\.)*\w*(?:Error|Exception|ExceptionGroup)\b.*", text, re.MULTILINE):
            if "Traceback" in text:
                yield f"{log.name} has {text.count('Traceback')} tracebacks; the first ends: {found[0][:200]}"
        if "never retrieved" in text or "was destroyed but" in text:
            yield f"{log.name} tells of tasks that nobody waits for."
    for sentence in life.stuck:
        yield f"Stuck: {sentence}."
    if bad := {code: count for code, count in life.swarm_codes.items() if code not in (0, 1, 2, 3, 4, -9)}:
        yield f"A batch ended with {bad}."
