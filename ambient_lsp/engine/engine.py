"""The one door: editors, the command line and CI submit triggers here, listen to runs, and decide about proposals."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ambient_lsp.engine import learning, risk
from ambient_lsp.engine.run import Run
from ambient_lsp.errors import AmbientError, LeaseHeld, NotAllowed, NotFound, StalePatch, WorkspaceError
from ambient_lsp.events import Problem, ProposalChanged, RunEnded, RunStarted
from ambient_lsp.model import (
    Decision,
    DecisionKind,
    Dismissal,
    Outcome,
    ProposalState,
    RunError,
    RunRecord,
    Trigger,
    TriggerKind,
)
from ambient_lsp.store import lease as leases
from ambient_lsp.store.store import dump_trigger, load_trigger, open_store
from ambient_lsp.telemetry.log import TelemetryLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
    from pathlib import Path

    from ambient_lsp.config import Config
    from ambient_lsp.engine.services import Services
    from ambient_lsp.events import Event
    from ambient_lsp.model import FileEdit, Finding, Proposal, Snapshot
    from ambient_lsp.protocols import EventSource, Readiness, Sandbox
    from ambient_lsp.store.store import SqliteStore

STATE_FOLDER = ".ambient"

_LIVE_KINDS = frozenset({TriggerKind.SAVE, TriggerKind.OPEN, TriggerKind.CHANGE})
_OUTCOME_STATES = {
    "applied": ProposalState.APPLIED,
    "partly": ProposalState.PARTLY,
    "dismissed": ProposalState.DISMISSED,
    "stale": ProposalState.STALE,
    "reverted": ProposalState.REVERTED,
}


class Engine:
    """The engine of one repository. Make one with `await Engine.open(root)`, and close it."""

    def __init__(
        self, root: Path, config: Config, store: SqliteStore, *, trusted: bool, sandbox: Sandbox | None
    ) -> None:
        self.root = root
        self.config = config
        self.trusted = trusted
        self.telemetry = TelemetryLog(root, config.telemetry)
        self._store = store
        self._sandbox = sandbox
        self._lease: leases.Lease | None = None
        self._services: Services | None = None
        self._runs: dict[str, Run] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._live: dict[str, str] = {}
        self._listeners: list[asyncio.Queue[Event]] = []
        self._background: set[asyncio.Task[None]] = set()
        self._closed = False

    @classmethod
    async def open(
        cls,
        root: Path,
        config: Config | None = None,
        *,
        trusted: bool = False,
        sandbox: Sandbox | None = None,
    ) -> Engine:
        """Open a folder. Raises `WorkspaceError`, `ConfigError` or `StoreError`.

        `trusted` allows code of the repository (custom specialists and gates) in this process. `sandbox` is used
        instead of the one that the configuration chooses.
        """
        root = await asyncio.to_thread(root.resolve)
        if not await asyncio.to_thread(root.is_dir):
            raise WorkspaceError(f"{root} is not a folder.", next_step="Name the folder of a project.")
        if config is None:
            from ambient_lsp import config_file

            config = config_file.load(root, trusted=trusted)
        engine = cls(root, config, open_store(root / STATE_FOLDER), trusted=trusted, sandbox=sandbox)
        await engine._start()
        return engine

    @property
    def leader(self) -> bool:
        """Whether this process runs the agents; else it shows what the one that does has found."""
        return self._lease is not None

    # ------------------------------------------------------------------------------------------------- runs

    def trigger(
        self,
        kind: TriggerKind,
        paths: Sequence[str] = (),
        snapshots: Sequence[Snapshot] = (),
        failing_log: str = "",
        *,
        verify: bool = True,
    ) -> Trigger:
        """Make a trigger. No `paths` means the whole repository; `snapshots` are the unsaved buffers."""
        return Trigger(uuid.uuid4().hex[:12], kind, tuple(paths), tuple(snapshots), failing_log, verify)

    def submit(self, trigger: Trigger) -> Run:
        """Start a run and return at once. A newer save of a file cancels the run of the older one."""
        if self._closed:
            raise WorkspaceError("The engine is closed.", next_step="Open the folder again.")
        record = RunRecord(trigger.id, trigger.kind, trigger.paths, time.time())
        run = Run(trigger, record, self.cancel)
        self._runs[run.id] = run
        if not self.leader:
            self._store.add_request("submit", dump_trigger(trigger), trigger.id)
            return run
        if trigger.kind in _LIVE_KINDS and len(trigger.paths) == 1:
            older = self._live.get(trigger.paths[0])
            if older is not None:
                self.cancel(older)
            self._live[trigger.paths[0]] = run.id
        self._store.save_run(record)
        self._tasks[run.id] = asyncio.create_task(self._drive(run), name=f"ambient-run-{run.id}")
        return run

    def cancel(self, run_id: str) -> None:
        """Stop a run, whoever started it. What it found so far is kept."""
        task = self._tasks.get(run_id)
        if task is not None:
            task.cancel()
        elif not self.leader:
            self._store.add_request("cancel", run_id, f"cancel-{run_id}")

    def register_event_source(self, source: EventSource, every: float = 60.0) -> None:
        """Ask `source` for triggers every so many seconds until the engine is closed, and submit what it brings."""
        from ambient_lsp.engine.sources import listen

        self._spawn(listen(source, every, self.submit, self.hear))

    def runs(self, limit: int = 20) -> list[RunRecord]:
        """Return the newest runs."""
        return self._store.runs(limit)

    async def events(self) -> AsyncIterator[Event]:
        """Yield the events of all runs from now on, until the engine is closed."""
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._listeners.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.remove(queue)

    # ------------------------------------------------------------------------------------ what was found

    def findings(self, path: str = "") -> list[Finding]:
        """Return what is known of one file, or of all; dismissed findings are left out."""
        muted = learning.by_key(self._store.dismissals(time.time()))
        return [finding for finding in self._store.findings(path=path) if not learning.is_dismissed(finding, muted)]

    def finding(self, finding_id: str) -> Finding:
        """Return one finding, by id or prefix. Raises `NotFound`."""
        return self._store.finding(finding_id)

    def proposals(
        self, states: Sequence[ProposalState] = (), paths: Sequence[str] = (), run_id: str = ""
    ) -> list[Proposal]:
        """Return the proposals that match, newest first."""
        return self._store.proposals(states=states, paths=paths, run_id=run_id)

    def proposal(self, proposal_id: str) -> Proposal:
        """Return one proposal, by id or prefix. Raises `NotFound`."""
        return self._store.proposal(proposal_id)

    def outcomes(self, proposal_id: str = "") -> list[Outcome]:
        """Return the audit log: who decided what, when, about which content."""
        return self._store.outcomes(proposal_id)

    # ------------------------------------------------------------------------------------------- deciding

    def decide(self, proposal: Proposal) -> Decision:
        """Return what the gate says now; an approval of exactly this content turns `confirm` into `allow`."""
        if proposal.state is not ProposalState.OFFERED:
            reason = proposal.verdict.reason if proposal.verdict else f"It is {proposal.state.value}."
            return Decision(DecisionKind.BLOCK, (reason,))
        decision = proposal.decision or risk.decide(proposal, self.config.risk_policy)
        content = content_of(proposal)
        if decision.kind is DecisionKind.CONFIRM and any(
            outcome.kind == "approved" and outcome.content_sha256 == content
            for outcome in self._store.outcomes(proposal.id)
        ):
            return Decision(DecisionKind.ALLOW, (*decision.reasons, "Somebody has approved it."))
        return decision

    def edits_for(self, proposal_id: str, current: Mapping[str, str | None]) -> tuple[FileEdit, ...]:
        """Return the proposal's edits for the current texts (path -> text, None where missing).

        Edits are re-anchored where typing left their place alone. Raises `StalePatch` where it did not, and
        `NotAllowed` when the proposal is not offered.
        """
        from ambient_lsp.patching.rebase import rebase
        from ambient_lsp.text import sha256

        proposal = self._store.proposal(proposal_id)
        if proposal.state is not ProposalState.OFFERED:
            raise NotAllowed(
                f"“{proposal.title}” is {proposal.state.value}, not offered.",
                untouched="Nothing was changed.",
                next_step="Save the file to have it checked again.",
            )
        moved: list[FileEdit] = []
        for edit in proposal.edits:
            text = current.get(edit.path)
            if edit.kind == "create":
                if text is not None:
                    raise _stale(edit.path)
                moved.append(edit)
            elif text is None:
                raise _stale(edit.path)
            elif sha256(text) == edit.base_sha256:
                moved.append(edit)
            else:
                anchored = rebase(edit, self._store.text(edit.base_sha256 or ""), text)
                if anchored is None:
                    raise _stale(edit.path)
                moved.append(anchored)
        return tuple(moved)

    def record(self, outcome: Outcome) -> Proposal:
        """Write down what became of a proposal, as it was observed; return it in its new state."""
        proposal = self._store.proposal(outcome.proposal_id)
        self._store.record_outcome(outcome)
        state = _OUTCOME_STATES.get(outcome.kind)
        if state is not None:
            proposal = replace(proposal, state=state)
            self._store.save_proposal(proposal)
            self._publish(ProposalChanged(proposal.run_id, proposal))
        self.telemetry.write(
            proposal.run_id,
            "apply_result" if outcome.kind in ("applied", "partly", "refused", "reverted") else "decision",
            {"proposal": proposal.id, "agent": proposal.agent, "kind": outcome.kind, "who": outcome.who,
             "ok": outcome.kind == "applied", "reason": outcome.reason, "content": outcome.content_sha256},
        )  # fmt: skip
        return proposal

    def approve(self, proposal_id: str, who: str, reason: str = "") -> Proposal:
        """Approve exactly this content. Raises `NotAllowed` when it is not offered."""
        proposal = self._store.proposal(proposal_id)
        if proposal.state is not ProposalState.OFFERED:
            raise NotAllowed(
                f"“{proposal.title}” is {proposal.state.value}; only an offered proposal can be approved.",
                untouched="Nothing was changed.",
            )
        return self.record(Outcome(proposal.id, "approved", who, time.time(), reason, content_of(proposal)))

    def dismiss(self, target_id: str, who: str, reason: str, days: int | None = None) -> None:
        """Dismiss a proposal or a finding, and remember it by structure. `days` None means as configured."""
        now = time.time()
        lasts = self.config.learning.dismissal_days if days is None else days
        expires = now + lasts * 86400 if lasts else 0.0
        try:
            proposal = self._store.proposal(target_id)
        except NotFound:
            found = [self._store.finding(target_id)]
        else:
            known = {finding.id: finding for finding in self._store.findings()}
            found = [known[one] for one in proposal.finding_ids if one in known]
            self.record(Outcome(proposal.id, "dismissed", who, now, reason, content_of(proposal)))
        for finding in found:
            self._store.dismiss(Dismissal(finding.fingerprint, finding.rule, finding.path, reason, who, now, expires))

    async def apply(self, proposal_id: str, who: str, *, approve: bool = False) -> Proposal:
        """Write a proven proposal to the user's files, all of it or nothing.

        One that has to be re-anchored, because its files changed since, is proven again first. Raises `NotAllowed`,
        `StalePatch` or `PatchError`, each with nothing written.
        """
        from ambient_lsp.engine.applying import apply_to_files

        proposal = self._store.proposal(proposal_id)
        decision = self.decide(proposal)
        if decision.kind is DecisionKind.BLOCK:
            raise NotAllowed(
                f"“{proposal.title}” is not offered: {' '.join(decision.reasons)}", untouched="Nothing was written."
            )
        if decision.kind is DecisionKind.CONFIRM:
            if not approve:
                raise NotAllowed(
                    f"“{proposal.title}” needs your approval: {' '.join(decision.reasons)}",
                    untouched="Nothing was written.",
                    next_step=f"Look at it with `ambient proposals diff {proposal.id}`, then run"
                    f" `ambient proposals approve {proposal.id}`.",
                )
            self.approve(proposal.id, who)
        await apply_to_files(self, self._store, proposal, who)
        return self.record(Outcome(proposal.id, "applied", who, time.time(), "", content_of(proposal)))

    async def undo(self, proposal_id: str, who: str) -> Proposal:
        """Take back what `apply` wrote. Raises `StalePatch` when the files have changed since."""
        from ambient_lsp.engine.applying import undo_in_files

        proposal = self._store.proposal(proposal_id)
        if proposal.state is not ProposalState.APPLIED:
            raise NotAllowed(
                f"“{proposal.title}” is {proposal.state.value}; only an applied one can be taken back.",
                untouched="Nothing was written.",
            )
        await undo_in_files(self, self._store, proposal)
        return self.record(Outcome(proposal.id, "reverted", who, time.time(), "", content_of(proposal)))

    # ------------------------------------------------------------------------------------------ life and death

    async def readiness(self) -> tuple[Readiness, ...]:
        """Say which sandboxes are ready, the chosen one first."""
        return await (await self.services()).readiness()

    async def services(self) -> Services:
        """Return the parts that do the work, made on first use: an idle engine costs nothing."""
        if self._services is None:
            from ambient_lsp.engine.services import Services

            self._services = Services(self.root, self.config, self._store, trusted=self.trusted, sandbox=self._sandbox)
        return self._services

    def warm(self) -> None:
        """Start worker processes and read the repository now, in the background, so that the first save is quick."""
        if self.leader:
            self._spawn(self._warm())

    async def close(self, grace: float = 2.0) -> None:
        """Cancel all runs, wait `grace` seconds for them, and release everything."""
        if self._closed:
            return
        self._closed = True
        tasks = [*self._tasks.values(), *self._background]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
        if self._services is not None:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._services.close(), grace + 3)
        self._store.close()
        if self._lease is not None:
            self._lease.release()

    async def _start(self) -> None:
        try:
            self._lease = leases.take(self._store.path.parent)
        except LeaseHeld:
            loop = asyncio.get_running_loop()

            def taken(lease: leases.Lease) -> None:
                if loop.is_closed():
                    lease.release()
                else:
                    loop.call_soon_threadsafe(self._promote, lease)

            leases.wait_for(self._store.path.parent, taken)
        else:
            await self._reconcile()
        from ambient_lsp.engine.mirror import follow

        self._spawn(follow(self))

    async def _reconcile(self) -> None:
        """Finish or take back what an earlier process of ours left half-done."""
        from ambient_lsp.engine.applying import recover

        found_done = recover(self.root, self._store)
        if found_done is not None:
            self.record(found_done)
        self.telemetry.drop_old()
        self._store.tidy(time.time())
        for record in self._store.runs(limit=100):
            if record.state == "running" and record.id not in self._tasks:
                error = RunError("engine", "The process that ran this ended before it was done.")
                self._store.save_run(replace(record, state="failed", ended=time.time(), errors=(*record.errors, error)))
        for proposal in self._store.proposals(states=[ProposalState.CHECKING, ProposalState.DRAFTED]):
            self._store.save_proposal(replace(proposal, state=ProposalState.STALE))
        self._spawn(self._reap())

    async def _reap(self) -> None:
        try:
            await (await self.services()).reap()
        except AmbientError as error:
            self.telemetry.write("", "error", {"where": "start-up", "message": str(error)})

    async def _warm(self) -> None:
        try:
            await (await self.services()).warm()
        except AmbientError as error:
            self.telemetry.write("", "error", {"where": "warm-up", "message": str(error)})

    def _promote(self, lease: leases.Lease) -> None:
        """Take over from a process that has ended, and what this window asked it for."""
        if self._closed:
            lease.release()
            return
        self._lease = lease
        self._spawn(self._take_over())

    async def _take_over(self) -> None:
        await self._reconcile()
        waiting = [run for run in self._runs.values() if not run.ended]
        self.serve_requests()
        for run in waiting:
            if run.id not in self._tasks:
                self._store.save_run(replace(run.record, state="running"))
                self._tasks[run.id] = asyncio.create_task(self._drive(run))

    def store_version(self) -> int:
        """Return a number that changes when another process has written to the store."""
        return self._store.changed_by_others()

    def hear(self, event: Event) -> None:
        """Pass on what another process did: to those who listen, and to the runs that this window asked for."""
        if event.run_id in self._tasks:
            return
        waiting = [run for run in self._runs.values() if run.id not in self._tasks]
        for run in waiting:
            if not isinstance(event, RunStarted | RunEnded) or event.run_id == run.id:
                run.publish(event)
        if isinstance(event, RunEnded):
            self._runs.pop(event.run_id, None)
        for queue in self._listeners:
            queue.put_nowait(event)

    def serve_requests(self) -> None:
        """Do what other windows have asked for; for the process that holds the lease."""
        for kind, request_id, value in self._store.take_requests():
            if kind == "cancel":
                self.cancel(value)
            elif kind == "submit" and request_id not in self._tasks:
                self.submit(load_trigger(value))

    async def _drive(self, run: Run) -> None:
        """Take one run from start to end, whatever happens on the way."""
        record = run.record
        self._publish(RunStarted(run.id, run.trigger.paths))
        self.telemetry.write(
            run.id, "cycle_started", {"kind": run.trigger.kind.value, "paths": list(run.trigger.paths)}
        )
        errors: list[RunError] = []
        try:
            services = await self.services()
            road = services.road(run, self._publish)
            errors = road.errors
            try:
                await services.travel(road)
            finally:
                record = replace(record, findings=road.findings, proposals=road.proposals, offered=road.offered)
            record = replace(record, state="done")
        except asyncio.CancelledError:
            record = replace(record, state="cancelled")
        except Exception as error:  # the border of a run: it ends with a sentence, and the engine goes on
            message = str(error) if isinstance(error, AmbientError) else f"{type(error).__name__}: {error}"
            errors.append(RunError("engine", message))
            self._publish(Problem(run.id, errors[-1]))
            record = replace(record, state="failed")
        record = replace(record, ended=time.time(), errors=tuple(errors))
        self._store.save_run(record)
        self.telemetry.write(
            run.id,
            "cycle_completed",
            {"status": record.state, "duration_seconds": record.ended - record.started, "findings": record.findings,
             "proposals": record.proposals, "offered": record.offered, "errors": len(errors)},
        )  # fmt: skip
        self._tasks.pop(run.id, None)
        for path in run.trigger.paths:
            if self._live.get(path) == run.id:
                del self._live[path]
        self._publish(RunEnded(run.id, record))
        self._runs.pop(run.id, None)

    def _publish(self, event: Event) -> None:
        if isinstance(event, ProposalChanged):
            self._note(event.proposal)
        run = self._runs.get(event.run_id)
        if run is not None:
            run.publish(event)
        for queue in self._listeners:
            queue.put_nowait(event)

    def _note(self, proposal: Proposal) -> None:
        """Log a proposal, and keep its patch as a file beside the state for people who like files."""
        if proposal.state in (ProposalState.CHECKING, ProposalState.DRAFTED):
            return
        verdict = proposal.verdict
        self.telemetry.write(
            proposal.run_id,
            "proposal",
            {"id": proposal.id, "agent": proposal.agent, "title": proposal.title, "risk": proposal.risk_level.value,
             "state": proposal.state.value, "files": list(proposal.files_touched), "diff": proposal.diff,
             "outcome": verdict.outcome.value if verdict else None, "reason": verdict.reason if verdict else "",
             "seconds": verdict.seconds if verdict else 0.0},
        )  # fmt: skip
        patch = self.root / STATE_FOLDER / "proposals" / f"{proposal.id}.patch"
        with suppress(OSError):  # the store has it too; a full disk must not end the run
            if proposal.state is ProposalState.OFFERED:
                patch.parent.mkdir(parents=True, exist_ok=True)
                patch.write_bytes(proposal.diff.encode("utf-8", "surrogatepass"))
            else:
                patch.unlink(missing_ok=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def content_of(proposal: Proposal) -> str:
    """Return the hash of what a person decides upon: the exact change to exactly these texts."""
    from ambient_lsp.text import sha256

    return sha256(repr(proposal.edits))


def _stale(path: str) -> StalePatch:
    return StalePatch(
        f"{path} has changed where this fix would change it.",
        untouched="Nothing was changed.",
        next_step="Save the file to have it checked again.",
        path=path,
    )
