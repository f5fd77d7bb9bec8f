"""One soak from beginning to end: warm up, live, be quiet, look, end, look again."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

from benchmarks.soak import laws, watch
from benchmarks.soak.deeds import Life
from benchmarks.soak.desk import MODULE, Desk, spoiled
from benchmarks.soak.editor import Editor
from benchmarks.soak.model import Host
from benchmarks.soak.watch import Sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUIET = 300.0
"""Seconds that everything gets to come to rest."""


@dataclass(slots=True)
class Result:
    """What was seen. `broken` are the laws that do not hold."""

    seed: int
    minutes: float
    docker: bool
    before: Sample
    after: Sample
    samples: list[Sample] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    tokens: dict[str, float] = field(default_factory=dict)
    deeds: dict[str, int] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    runs: dict[str, int] = field(default_factory=dict)
    kills: int = 0
    swarms: dict[int, int] = field(default_factory=dict)
    slowest: float = 0.0


async def soak(base: Path, *, minutes: float, seed: int, every: float, say: Callable[[str], None] = print) -> Result:
    """Soak for so many minutes in an empty folder."""
    docker = "DOCKER_HOST" in os.environ
    desk, host = Desk(base), Host(seed)
    await host.come()
    await asyncio.to_thread(desk.make, host.url, docker)
    shop, other = (
        Editor(root.name, root, environment=desk.environment, log=base / f"{root.name}.log")
        for root in (desk.shop, desk.other)
    )
    life = Life(desk, shop, other, host, seed)
    began = time.monotonic()

    async def look(*, objects: bool = False) -> Sample:
        counts = await asyncio.to_thread(watch.reservations, desk.shop, desk.other)
        return Sample(
            at=time.monotonic() - began,
            shop=await watch.server(shop, objects=objects),
            other=await watch.server(other),
            deeds=life.counts.total(),
            asked=host.log.questions,
            connections=host.connections,
            open_reservations=counts.get("open", 0),
            lost_reservations=counts.get("lost", 0),
            exchanges=sum(counts.values()),
            checkouts=len(watch.checkouts(desk)),
            worktrees=len(await asyncio.to_thread(watch.worktrees, desk)),
            containers=await asyncio.to_thread(watch.containers, docker),
            memory_available=psutil.virtual_memory().available / 1e6,
            load=os.getloadavg()[0],
            objects=await asyncio.to_thread(lambda: sum(1 for _ in watch.files(desk.shop / ".git/objects"))),
            **await asyncio.to_thread(watch.sizes, desk),
        )

    async def rest() -> Sample:
        """Close all tabs, let everything end, and let connections go."""
        while life.swarms:
            await asyncio.wait(life.swarms, timeout=QUIET)
        for editor in (shop, other):
            for path in list(editor.texts):
                await editor.close(path)
        for editor in (shop, other):
            with suppress(TimeoutError):
                await editor.until(editor.idle, QUIET)
        await host.end()
        await asyncio.sleep(3)  # runs that were cancelled give back their checkouts
        return await look(objects=True)

    try:
        for editor in (shop, other):
            await editor.start()
        await _warm(life)
        before = await rest()
        say(f"warm after {before.at:.0f} s: {before.shop.tasks}, {before.shop.kinds}")
        await host.come()
        host.spoil()
        began = time.monotonic()
        result = Result(seed, minutes, docker, before, before)

        async def keep_looking() -> None:
            while True:
                result.samples.append(await look())
                say(line(result.samples[-1]))
                await asyncio.sleep(max(0.1, every - (time.monotonic() - began) % every))

        looking = asyncio.create_task(keep_looking())
        try:
            await life.live(minutes * 60)
        finally:
            ended = looking.done()
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=not ended)
        await host.end()
        await host.come()
        host.spoil(0.0)
        after = result.after = await rest()
        for _ in range(40):  # what killed batches left is looked for every half a minute
            if not [*laws.idle(before.shop, after.shop, "shop", whole=True), *laws.nothing_held(after)]:
                break
            await asyncio.sleep(1.5)
            after = result.after = await look(objects=True)
        say(f"at rest: {line(after)}")
        grown = Counter(after.shop.objects) - Counter(before.shop.objects)
        say(f"objects that became more: {dict(grown.most_common(20))}")
        result.broken += laws.idle(before.shop, after.shop, "shop", whole=True)
        result.broken += laws.idle(before.other, after.other, "other", whole=False, docker=docker)
        result.broken += laws.nothing_held(after)
        result.broken += laws.memory(result.samples, minutes)
        for editor in (shop, other):  # twice: who starts after a crash clears away what it left
            for _ in range(2):
                if not editor.pid:
                    await editor.start()
                if code := await editor.stop():
                    result.broken.append(f"The server of {editor.name} ended with {code}.")
        await asyncio.sleep(1)
        result.broken += laws.afterwards(desk)
        result.broken += laws.half_written(desk)
        result.broken += laws.logs(desk, life)
        broken, result.tokens = laws.ledger(host, desk, life.kills)
        result.broken += broken
        return _told(result, desk, host, life)
    finally:
        for editor in (shop, other):
            if editor.pid:
                await editor.kill()
        for task in life.swarms:
            task.cancel()
        await asyncio.gather(*life.swarms, return_exceptions=True)
        await host.end()


async def _warm(life: Life) -> None:
    """Do everything once that makes something which then stays: workers, connections, the first proofs."""
    for text in (lambda number: spoiled(MODULE.format(number), life.rng), MODULE.format):
        for editor in (life.shop, life.other):
            for number in range(2):
                await life.write(editor, life.desk.module(editor.roots[0], number), text(number))
        for editor in (life.shop, life.other):
            await asyncio.sleep(1)
            await editor.until(editor.idle, QUIET)


def _told(result: Result, desk: Desk, host: Host, life: Life) -> Result:
    result.deeds, result.refusals = dict(life.counts), dict(life.refusals)
    for entry in host.log.entries:
        result.faults[entry.fault or "none"] = result.faults.get(entry.fault or "none", 0) + 1
    for root in (desk.shop, desk.other):
        for state, count in watch.rows(root, "SELECT state, count(*) FROM runs GROUP BY state"):
            result.runs[state] = result.runs.get(state, 0) + count
    result.kills, result.swarms = life.kills, dict(life.swarm_codes)
    result.slowest = max(life.shop.slowest, life.other.slowest)
    return result


def line(one: Sample) -> str:
    """Return a sample as one line."""
    seen = one.shop
    return (
        f"{one.at:5.0f} s  deeds {one.deeds:4}  asked {one.asked:5}  tasks {sum(seen.tasks.values()):3}"
        f"  threads {seen.threads:3}  fds {seen.descriptors:3}  sockets {seen.sockets:2}  server {seen.memory:4.0f} MB"
        f" {seen.blocks // 1000:4} k blocks"
        f"  workers {seen.workers} {seen.workers_memory:4.0f} MB  sandboxes {seen.sandboxes}"
        f"  open {one.open_reservations} lost {one.lost_reservations}  checkouts {one.checkouts}"
        f"  store {one.store:.1f} log {one.log:.1f} cache {one.cache:.1f} MB"
        f"  objects {one.objects}  load {one.load:.1f}"
    )
