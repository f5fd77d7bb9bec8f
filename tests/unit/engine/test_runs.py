"""Runs: each one ends with `RunEnded`, whatever happens, and everybody who listens hears all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ambient_lsp.config import Telemetry
from ambient_lsp.engine.logbook import Logbook
from ambient_lsp.engine.run import Run
from ambient_lsp.engine.runs import Runs
from ambient_lsp.errors import PatchError, StoreError
from ambient_lsp.events import FindingsReported, Problem, RunEnded, RunStarted
from ambient_lsp.model import TriggerKind
from ambient_lsp.store.store import SqliteStore, open_store
from ambient_lsp.telemetry.log import TelemetryLog
from tests.unit.engine.samples import a_finding, a_trigger


class Roads:
    """Services whose road is one function; everything else of a run is real."""

    def __init__(self, way: Callable[[Run], Any]) -> None:
        self._way = way

    def road(self, run: Run, publish: Callable[[Any], None]) -> SimpleNamespace:
        return SimpleNamespace(run=run, publish=publish, errors=[], findings=0, proposals=0, offered=0)

    async def glance(self, road: SimpleNamespace) -> None:
        await asyncio.sleep(0)

    async def travel(self, road: SimpleNamespace) -> None:
        await self._way(road)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = open_store(tmp_path / ".ambient")
    yield store
    store.close()


def runs_on(store: SqliteStore, way: Callable[[Any], Any]) -> Runs:
    root = store.path.parent.parent

    async def services() -> Roads:
        return Roads(way)

    return Runs(store, Logbook(TelemetryLog(root, Telemetry()), root / ".ambient" / "proposals"), services)


async def forever(_road: SimpleNamespace) -> None:
    await asyncio.Event().wait()


async def at_once(road: SimpleNamespace) -> None:
    road.findings = 1
    road.publish(FindingsReported(road.run.id, "Agent", "a.py", "sha", (a_finding(),)))


async def test_every_listener_hears_the_whole_run_however_late_it_comes(store: SqliteStore) -> None:
    runs = runs_on(store, at_once)
    run = runs.start(a_trigger("a.py"), runs.cancel)
    record = await asyncio.wait_for(run.wait(), 5)
    assert (record.state, record.findings) == ("done", 1)
    kinds = [type(event) async for event in run.events()]
    assert kinds == [RunStarted, FindingsReported, RunEnded]
    assert store.run(run.id) == record
    assert runs.tasks == {}


async def test_a_cancelled_run_ends_as_cancelled(store: SqliteStore) -> None:
    runs = runs_on(store, forever)
    run = runs.start(a_trigger("a.py"), runs.cancel)
    await asyncio.sleep(0.05)
    run.cancel()
    assert (await asyncio.wait_for(run.wait(), 5)).state == "cancelled"
    run.cancel()


async def test_a_run_that_is_cancelled_before_its_first_step_ends_too(store: SqliteStore) -> None:
    runs = runs_on(store, forever)
    older = runs.start(a_trigger("a.py", kind=TriggerKind.SAVE), runs.cancel)
    newer = runs.start(a_trigger("a.py", kind=TriggerKind.SAVE), runs.cancel)
    assert (await asyncio.wait_for(older.wait(), 5)).state == "cancelled"
    assert list(runs.tasks) == [newer.id]
    newer.cancel()
    await asyncio.wait_for(newer.wait(), 5)


async def test_runs_of_other_files_and_other_kinds_are_left_alone(store: SqliteStore) -> None:
    runs = runs_on(store, forever)
    all_of_them = [
        runs.start(a_trigger("a.py", kind=TriggerKind.SAVE), runs.cancel),
        runs.start(a_trigger("b.py", kind=TriggerKind.SAVE), runs.cancel),
        runs.start(a_trigger("a.py"), runs.cancel),
    ]
    await asyncio.sleep(0.05)
    assert list(runs.tasks) == [run.id for run in all_of_them]
    for run in all_of_them:
        run.cancel()
        await asyncio.wait_for(run.wait(), 5)


async def test_a_run_that_fails_says_why_and_ends(store: SqliteStore) -> None:
    async def fail(_road: SimpleNamespace) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(refuse())

    async def refuse() -> None:
        raise PatchError("It does not fit.", untouched="Nothing was written.")

    run = (runs := runs_on(store, fail)).start(a_trigger("a.py"), runs.cancel)
    record = await asyncio.wait_for(run.wait(), 5)
    assert record.state == "failed"
    assert [error.message for error in record.errors] == ["It does not fit. Nothing was written."]
    assert [event.error for event in [one async for one in run.events()] if isinstance(event, Problem)] == [
        *record.errors
    ]


async def test_a_disk_that_is_full_at_the_end_still_ends_the_run(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fill(_road: SimpleNamespace) -> None:
        def full(_run: object) -> None:
            raise StoreError("The disk is full.")

        monkeypatch.setattr(store, "save_run", full)

    run = (runs := runs_on(store, fill)).start(a_trigger("a.py"), runs.cancel)
    record = await asyncio.wait_for(run.wait(), 5)
    assert record.state == "failed"
    assert "The disk is full." in record.errors[0].message


async def test_listeners_of_all_runs_hear_until_the_end(store: SqliteStore) -> None:
    runs = runs_on(store, at_once)
    heard: list[object] = []

    async def listen() -> None:
        async for event in runs.events():
            heard.append(event)

    listener = asyncio.create_task(listen())
    await asyncio.sleep(0)
    await runs.start(a_trigger("a.py"), runs.cancel).wait()
    runs.hush()
    await asyncio.wait_for(listener, 5)
    assert [type(event) for event in heard] == [RunStarted, FindingsReported, RunEnded]


async def test_an_expected_run_is_made_here_when_the_other_process_is_gone(store: SqliteStore) -> None:
    runs = runs_on(store, at_once)
    run = runs.expect(a_trigger("a.py"), runs.cancel)
    runs.adopt()
    assert (await asyncio.wait_for(run.wait(), 5)).state == "done"


async def test_an_expected_run_that_the_other_process_had_ended_is_not_made_again(store: SqliteStore) -> None:
    runs = runs_on(store, forever)
    run = runs.expect(a_trigger("a.py"), runs.cancel)
    other = runs_on(store, at_once)
    await other.start(run.trigger, other.cancel).wait()
    runs.adopt()
    assert (await asyncio.wait_for(run.wait(), 5)).state == "done"
    assert runs.tasks == {}
