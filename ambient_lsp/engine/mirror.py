"""Several windows on one repository: one process works, the others show what it finds and may ask it for more.

They meet in the store. The kernel wakes us when its log is written (no polling), and SQLite says whether that was
another process.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ambient_lsp.events import FindingsReported, ProposalChanged, RunEnded, RunStarted
from ambient_lsp.store.store import load_finding

if TYPE_CHECKING:
    from pathlib import Path

    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.events import Event
    from ambient_lsp.model import Finding, RunRecord

STEP_MS = 250
"""How often the watcher's own thread looks whether the kernel told it something. At 5 ms it took half a percent of a
processor from an idle editor; nobody sees a quarter of a second between two windows."""

_FIRST_LOOKS = (0.2, 0.8, 2.0)


async def follow(engine: Engine) -> None:
    """Watch the store for what other processes write, until the engine is closed."""
    mirror = Mirror(engine)
    async with asyncio.TaskGroup() as group:
        group.create_task(_look_soon(mirror))
        try:
            await _watch(engine.root / ".ambient", mirror, polling=False)
        except OSError:  # the system has no more watches to give
            await _watch(engine.root / ".ambient", mirror, polling=True)


async def _watch(folder: Path, mirror: Mirror, *, polling: bool) -> None:
    from watchfiles import awatch

    async for _changes in awatch(
        folder,
        watch_filter=lambda _change, path: path.endswith(("state.db", "state.db-wal")),
        debounce=STEP_MS,
        step=STEP_MS,
        recursive=False,
        rust_timeout=60_000,
        yield_on_timeout=True,
        force_polling=polling,
    ):
        mirror.look()
        await asyncio.sleep(0)


async def _look_soon(mirror: Mirror) -> None:
    """Look by ourselves at first: what is written before the kernel watches wakes nobody."""
    for pause in _FIRST_LOOKS:
        await asyncio.sleep(pause)
        mirror.look()


class Mirror:
    """Tells one engine what other processes have written."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # The number first: what is written between the two is then seen once too often, not never.
        self._version = engine.store_version()
        self._seen = _Seen(engine)

    def look(self) -> None:
        """Compare, where another process has written. What fails, a disk say, is tried again at the next writing."""
        try:
            latest = self._engine.store_version()
            if latest == self._version:
                return
            if self._engine.leader:
                self._engine.serve_requests()
            for event in self._seen.news():
                self._engine.hear(event)
            self._version = latest
        except Exception as error:  # a border: whoever stops looking never hears of another window again
            self._engine.log_error("mirror", error)


class _Seen:
    """What this window has been told, to tell it only what is new."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._proposals: dict[str, int] = {}
        engine.changed_proposals(self._proposals)
        self._kept = engine.findings_as_kept()
        self._dismissed = engine.dismissed()
        self._runs: dict[str, RunRecord] = {record.id: record for record in engine.runs()}

    def news(self) -> list[Event]:
        """Return events for everything that differs from what was seen before."""
        events: list[Event] = []
        runs = {record.id: record for record in self._engine.runs()}
        events += [RunStarted(record.id, record.paths) for record in runs.values() if record.id not in self._runs]
        latest = max(runs.values(), key=lambda record: record.started).id if runs else ""
        events += self._other_findings(latest)
        events += [ProposalChanged(one.run_id, one) for one in self._engine.changed_proposals(self._proposals)]
        for record in runs.values():
            before = self._runs.get(record.id)
            if record.state != "running" and (before is None or before.state == "running"):
                events.append(RunEnded(record.id, record))
        self._runs = runs
        return events

    def _other_findings(self, run_id: str) -> list[Event]:
        """Return events for what is kept otherwise now. Only that is read as findings: a review of a whole repository
        writes thousands of times."""
        kept, dismissed = self._engine.findings_as_kept(), self._engine.dismissed()
        before, had = self._kept, self._dismissed
        events: list[Event] = []
        for key in kept.keys() | before.keys():
            if kept.get(key, ()) == before.get(key, ()) and dismissed == had:
                continue
            then = _shown(before.get(key, ()), had)
            now = _shown(kept.get(key, ()), dismissed)
            if now != then:
                agent, path = key
                events.append(FindingsReported(run_id, agent, path, (now or then)[0].base_sha256, now))
        self._kept, self._dismissed = kept, dismissed
        return events


def _shown(kept: tuple[str, ...], dismissed: frozenset[tuple[str, str]]) -> tuple[Finding, ...]:
    found = (load_finding(value) for value in kept)
    return tuple(one for one in found if (one.rule, one.fingerprint) not in dismissed)
