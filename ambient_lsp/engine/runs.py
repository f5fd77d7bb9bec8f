"""The runs under way in this process, those that this window asked another process for, and who listens to them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.engine.run import Run
from ambient_lsp.errors import AmbientError
from ambient_lsp.events import Problem, ProposalChanged, RunEnded, RunStarted
from ambient_lsp.model import RunError, RunRecord, TriggerKind
from ambient_lsp.store.store import dump_trigger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from ambient_lsp.engine.logbook import Logbook
    from ambient_lsp.engine.services import Services
    from ambient_lsp.events import Event
    from ambient_lsp.model import Trigger
    from ambient_lsp.store.store import SqliteStore

_LIVE_KINDS = frozenset({TriggerKind.SAVE, TriggerKind.OPEN, TriggerKind.CHANGE})


class Runs:
    """Starts runs, ends them in every case with `RunEnded`, and hands events to those who listen."""

    def __init__(self, store: SqliteStore, log: Logbook, services: Callable[[], Awaitable[Services]]) -> None:
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._store = store
        self._log = log
        self._services = services
        self._runs: dict[str, Run] = {}
        self._live: dict[str, list[str]] = {}
        self._listeners: list[asyncio.Queue[Event | None]] = []
        self._asked: set[str] = set()
        self._handed_back: set[str] = set()

    def start(self, trigger: Trigger, cancel: Callable[[str], None], *, asked: bool = False) -> Run:
        """Take a trigger down the road in this process. Raises `StoreError`, with nothing started.

        `asked` marks a run that another window waits for.

        A save in an editor is written down only after the first look: each write to a busy disk would be waited for.
        """
        run = Run(trigger, RunRecord(trigger.id, trigger.kind, trigger.paths, time.time()), cancel)
        if trigger.kind not in _LIVE_KINDS:
            self._store.save_run(run.record)
        if asked:
            self._asked.add(run.id)
        self._begin(run)
        return run

    def expect(self, trigger: Trigger, cancel: Callable[[str], None]) -> Run:
        """Return a run that another process is to make; its events come by `hear`."""
        run = Run(trigger, RunRecord(trigger.id, trigger.kind, trigger.paths, time.time()), cancel)
        self._runs[run.id] = run
        return run

    def adopt(self) -> None:
        """Make the expected runs here, now that the other process is gone; those that it has ended are ended."""
        for run in self._expected():
            record = self._store.run(run.id)
            if record is not None and record.state in ("done", "cancelled"):
                self.hear(RunEnded(run.id, record))
            else:
                self._store.save_run(run.record)
                self._begin(run)

    def hand_back(self) -> None:
        """Leave the runs that other windows wait for to whoever works here next."""
        for run_id in self._asked & self.tasks.keys():
            self._store.add_request("submit", dump_trigger(self._runs[run_id].trigger), run_id)
            self._handed_back.add(run_id)

    def cancel(self, run_id: str) -> bool:
        """Stop a run of this process; False where it has none with that id."""
        task = self.tasks.get(run_id)
        if task is not None:
            task.cancel()
        return task is not None

    def publish(self, event: Event) -> None:
        """Tell what happened here."""
        if isinstance(event, ProposalChanged):
            self._log.proposal(event.proposal)
        run = self._runs.get(event.run_id)
        if run is not None:
            run.publish(event)
        self._tell(event)

    def hear(self, event: Event) -> None:
        """Pass on what another process did: to those who listen, and to the runs that are expected from it."""
        if event.run_id in self.tasks:
            return
        for run in self._expected():
            if not isinstance(event, RunStarted | RunEnded) or event.run_id == run.id:
                run.publish(event)
        if isinstance(event, RunEnded):
            self._runs.pop(event.run_id, None)
        self._tell(event)

    async def events(self) -> AsyncIterator[Event]:
        """Yield the events of all runs from now on, until `hush`."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._listeners.append(queue)
        try:
            while (event := await queue.get()) is not None:
                yield event
        finally:
            self._listeners.remove(queue)

    def hush(self) -> None:
        """End the listening."""
        for queue in self._listeners:
            queue.put_nowait(None)

    def _expected(self) -> list[Run]:
        return [run for run in self._runs.values() if run.id not in self.tasks]

    def _tell(self, event: Event) -> None:
        for queue in self._listeners:
            queue.put_nowait(event)

    def _begin(self, run: Run) -> None:
        """Start the work; the newest run of a file ends the older ones once it has had its first look."""
        trigger = run.trigger
        self._runs[run.id] = run
        if trigger.kind in _LIVE_KINDS and len(trigger.paths) == 1:
            self._live.setdefault(trigger.paths[0], []).append(run.id)
        task = self.tasks[run.id] = asyncio.create_task(self._drive(run), name=f"ambient-run-{run.id}")
        task.add_done_callback(lambda _: self._never_began(run))

    def _end_older(self, run: Run) -> None:
        """Cancel the runs that were started before this one for the same file."""
        for path in run.trigger.paths:
            alive = self._live.get(path, [])
            for older in alive[: alive.index(run.id) if run.id in alive else 0]:
                self.cancel(older)

    def _never_began(self, run: Run) -> None:
        """A task that is cancelled before its first step never gets to its own end."""
        if not run.ended:
            self._end(run, replace(run.record, state="cancelled"))

    async def _drive(self, run: Run) -> None:
        """Take one run from start to end, whatever happens on the way."""
        record = run.record
        self.publish(RunStarted(run.id, run.trigger.paths))
        errors: list[RunError] = []
        try:
            services = await self._services()
            road = services.road(run, self.publish)
            errors = road.errors
            await services.glance(road)
            await asyncio.sleep(0)  # whoever listens shows it now, before anything is written
            self._end_older(run)
            self._store.save_run(record)
            self._log.started(run)
            try:
                await services.travel(road)
            finally:
                record = replace(record, findings=road.findings, proposals=road.proposals, offered=road.offered)
            record = replace(record, state="done")
        except asyncio.CancelledError:
            record = replace(record, state="cancelled")
        except Exception as error:  # the border of a run: it ends with a sentence, and the engine goes on
            errors.append(self._problem(run, error))
            record = replace(record, state="failed")
        self._end(run, replace(record, errors=tuple(errors)))

    def _end(self, run: Run, record: RunRecord) -> None:
        self._end_older(run)  # this one may not have come as far as its first look
        record = replace(record, ended=time.time())
        self._asked.discard(run.id)
        if run.id in self._handed_back:  # it has not ended: it goes on elsewhere
            self.tasks.pop(run.id, None)
            run.publish(RunEnded(run.id, record))
            return
        try:
            self._store.save_run(record)
        except AmbientError as error:  # whoever waits for the end must hear of it all the same
            record = replace(record, state="failed", errors=(*record.errors, self._problem(run, error)))
        self._log.ended(record)
        self.tasks.pop(run.id, None)
        for path in run.trigger.paths:
            if run.id in (alive := self._live.get(path, [])):
                alive.remove(run.id)
                if not alive:
                    del self._live[path]
        self.publish(RunEnded(run.id, record))
        self._runs.pop(run.id, None)

    def _problem(self, run: Run, error: Exception) -> RunError:
        problem = RunError("engine", _words(error))
        self.publish(Problem(run.id, problem))
        return problem


def _words(error: BaseException) -> str:
    """Return an error in one sentence; of several at once, the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) if isinstance(error, AmbientError) else f"{type(error).__name__}: {error}"
