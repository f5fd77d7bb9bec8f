"""The one door: editors, the command line and CI submit triggers here, listen to runs, and decide about proposals."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ambient_lsp.engine import costs, learning, precision
from ambient_lsp.engine.applying import Applying
from ambient_lsp.engine.decisions import Decisions
from ambient_lsp.engine.hidden import visible
from ambient_lsp.engine.logbook import Logbook
from ambient_lsp.engine.parts import Parts
from ambient_lsp.engine.runs import Runs
from ambient_lsp.errors import AmbientError, LeaseHeld, NotAllowed, StoreError, WorkspaceError
from ambient_lsp.model import (
    Decision,
    Outcome,
    ProposalState,
    RunError,
    RunRecord,
    Trigger,
    TriggerKind,
)
from ambient_lsp.store import lease as leases
from ambient_lsp.store.ledger import SqliteLedger
from ambient_lsp.store.provenance import claim
from ambient_lsp.store.store import dump_trigger, load_trigger, open_store
from ambient_lsp.telemetry.log import TelemetryLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from ambient_lsp.config import Config
    from ambient_lsp.engine.precision import RuleRecord
    from ambient_lsp.engine.run import Run
    from ambient_lsp.engine.services import Services
    from ambient_lsp.events import Event
    from ambient_lsp.model import FileEdit, Finding, Proposal, Snapshot, Verdict
    from ambient_lsp.protocols import EventSource, Readiness, Sandbox
    from ambient_lsp.store.store import SqliteStore

STATE_FOLDER = ".ambient"
_CLEANING = 30.0
"""Seconds between two looks for what others left that were killed. A look reads two folders."""
_REAPING = 8.0
"""Seconds beyond the grace: on a machine that is busy, even a short clean-up waits for its turn."""


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
        self._log = Logbook(self.telemetry, store.path.parent / "proposals")
        self._runs = Runs(store, self._log, self.services)
        self._decisions = Decisions(store, config, self._log, self._runs.publish)
        self._applying = Applying(root, store, self._decisions)
        self.parts = Parts(store, self._decisions, self.services, self._runs.publish)
        self._services: Services | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._reaping: asyncio.Task[None] | None = None
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
        await asyncio.to_thread(claim, root / STATE_FOLDER, trusted=trusted)
        store = await asyncio.to_thread(open_store, root / STATE_FOLDER)
        engine = cls(root, config, store, trusted=trusted, sandbox=sandbox)
        try:
            await engine._start()
        except BaseException:
            await engine.close()
            raise
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
        new_since: str = "",
        baseline: bool = True,
    ) -> Trigger:
        """Make a trigger. No `paths` means the whole repository; `snapshots` are the unsaved buffers.

        `new_since` asks for what is new since a revision; `baseline` False for what the baseline file holds too.
        """
        run_id = uuid.uuid4().hex[:12]
        return Trigger(run_id, kind, tuple(paths), tuple(snapshots), failing_log, verify, new_since, baseline)

    def submit(self, trigger: Trigger) -> Run:
        """Start a run and return at once. A newer save of a file cancels the run of the older one.

        Raises `StoreError`, with nothing started, where the state cannot be written.
        """
        if self._closed:
            raise WorkspaceError("The engine is closed.", next_step="Open the folder again.")
        if self.leader:
            return self._runs.start(trigger, self.cancel)
        self._store.add_request("submit", dump_trigger(trigger), trigger.id)
        return self._runs.expect(trigger, self.cancel)

    def expect(self, path: str, text: str) -> None:
        """Hear of a buffer that is being typed in: it will probably be saved, so what can be known is prepared."""
        if self.leader and self._services is not None:
            self._services.expect(path, text)

    def cancel(self, run_id: str) -> None:
        """Stop a run, whoever started it. What it found so far is kept."""
        if not self._runs.cancel(run_id) and not self.leader:
            self._store.add_request("cancel", run_id, f"cancel-{run_id}")

    def register_event_source(self, source: EventSource, every: float = 60.0) -> None:
        """Ask `source` for triggers every so many seconds until the engine is closed, and submit what it brings."""
        from ambient_lsp.engine.sources import listen

        self._spawn("event source", lambda: listen(source, every, self.submit, self.hear))

    def runs(self, limit: int = 20) -> list[RunRecord]:
        """Return the newest runs."""
        return self._store.runs(limit)

    def events(self) -> AsyncIterator[Event]:
        """Yield the events of all runs from now on, until the engine is closed."""
        return self._runs.events()

    # ------------------------------------------------------------------------------------ what was found

    def findings(self, path: str = "") -> list[Finding]:
        """Return what is to be seen of one file, or of all."""
        return [finding for finding in self.all_findings(path) if visible(finding, self.config)]

    def all_findings(self, path: str = "") -> list[Finding]:
        """Return what is known of one file, or of all, hidden findings too (see `showing.py`); not dismissed ones."""
        muted = learning.by_key(self._store.dismissals(time.time()))
        return [finding for finding in self._store.findings(path=path) if not learning.is_dismissed(finding, muted)]

    def findings_as_kept(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Return all findings, dismissed ones too, by agent and path, as text that is quick to compare."""
        return self._store.findings_as_kept()

    def dismissed(self) -> frozenset[tuple[str, str]]:
        """Return the rule and fingerprint of everything that is dismissed now."""
        return frozenset(learning.by_key(self._store.dismissals(time.time())))

    def finding(self, finding_id: str) -> Finding:
        """Return one finding, by id or prefix. Raises `NotFound`."""
        return self._store.finding(finding_id)

    def proposals(
        self, states: Sequence[ProposalState] = (), paths: Sequence[str] = (), run_id: str = ""
    ) -> list[Proposal]:
        """Return the proposals that match, newest first."""
        return self._store.proposals(states=states, paths=paths, run_id=run_id)

    def changed_proposals(self, seen: dict[str, int]) -> list[Proposal]:
        """Return the proposals that are not as in `seen`, newest first, and bring it up to date."""
        return self._store.changed_proposals(seen)

    def proposal(self, proposal_id: str) -> Proposal:
        """Return one proposal, by id or prefix. Raises `NotFound`."""
        return self._store.proposal(proposal_id)

    def offers(self) -> int:
        """Return how many proposals are offered now."""
        return self._store.count(ProposalState.OFFERED)

    def spent(self, proposals: Sequence[Proposal]) -> dict[str, tuple[int, int]]:
        """Return the tokens and millionths of a dollar that went into proposals, by id; see `costs.spent`."""
        return costs.spent(self._store, proposals)

    def outcomes(self, proposal_id: str = "") -> list[Outcome]:
        """Return the audit log: who decided what, when, about which content."""
        return self._store.outcomes(proposal_id)

    # ------------------------------------------------------------------------------------------- deciding

    def decide(self, proposal: Proposal) -> Decision:
        """Return what the gate says now; an approval of exactly this content turns `confirm` into `allow`."""
        return self._decisions.decide(proposal)

    def edits_for(self, proposal_id: str, current: Mapping[str, str | None]) -> tuple[FileEdit, ...]:
        """Return the proposal's edits for the current texts (path -> text, None where missing).

        Edits are re-anchored where typing left their place alone. Raises `StalePatch` where it did not, and
        `NotAllowed` when the proposal is not offered.
        """
        return self._decisions.edits_for(proposal_id, current)

    def record(self, outcome: Outcome) -> Proposal:
        """Write down what became of a proposal, as it was observed; return it in its new state."""
        return self._decisions.record(outcome)

    def approve(self, proposal_id: str, who: str, reason: str = "") -> Proposal:
        """Approve exactly this content. Raises `NotAllowed` when it is not offered."""
        return self._decisions.approve(proposal_id, who, reason)

    def dismiss(self, target_id: str, who: str, reason: str, days: int | None = None) -> tuple[str, ...]:
        """Dismiss a proposal or a finding, and remember it by structure; return the ids of the findings.

        A proposal that is about nothing but dismissed findings is dismissed with them. `days` None means as configured.
        """
        return self._decisions.dismiss(target_id, who, reason, days)

    def rules(self) -> list[RuleRecord]:
        """Return what became of each rule's findings here, and which rules are muted."""
        found = precision.records(self._store, self.config.learning, time.time(), self.all_findings())
        return list(found.values())

    def mute(self, rule: str, *, mute: bool = True) -> None:
        """Mute a rule here; or bring it back, and forget what was decided about it before."""
        precision.choose(self._store, rule, mute=mute, now=time.time())

    async def apply(self, proposal_id: str, who: str, *, approve: bool = False) -> Proposal:
        """Write a proven proposal to the user's files, all of it or nothing.

        One that has to be re-anchored, because its files changed since, is proven again first. Raises `NotAllowed`,
        `StalePatch` or `PatchError`, each with nothing written.
        """
        proposal = self._store.proposal(proposal_id)
        self._decisions.require_allowed(proposal, who, approve=approve)

        async def verify(again: Proposal, texts: Mapping[str, str | None]) -> Verdict | None:
            return await (await self.services()).verify_now(again, texts)

        return await self._applying.apply(proposal, who, verify)

    async def undo(self, proposal_id: str, who: str) -> Proposal:
        """Take back what `apply` wrote. Raises `StalePatch` when the files have changed since."""
        proposal = self._store.proposal(proposal_id)
        if proposal.state is not ProposalState.APPLIED:
            raise NotAllowed(
                f"“{proposal.title}” is {proposal.state.value}; only an applied one can be taken back.",
                untouched="Nothing was written.",
            )
        return await self._applying.undo(proposal, who)

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
            self._spawn("warm-up", self._warm)

    async def close(self, grace: float = 2.0) -> None:
        """Cancel all runs, wait `grace` seconds for them, and release everything."""
        if self._closed:
            return
        self._closed = True
        if self._reaping is not None:  # cleaning up after the dead is short, and nobody else may come to do it
            await asyncio.wait({self._reaping}, timeout=grace + _REAPING)
        if self.leader:
            with suppress(AmbientError):  # a full disk, say: then those windows hear that the run was cancelled
                self._runs.hand_back()
        tasks = {*self._runs.tasks.values(), *self._background}
        for task in tasks:
            task.cancel()
        if tasks:
            _, tasks = await asyncio.wait(tasks, timeout=grace)
        if self._services is not None:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._services.close(), grace + 3)
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
        self._runs.hush()
        self._store.close()
        if self._lease is not None:
            self._lease.release()

    async def _start(self) -> None:
        await self._applying.recover()
        try:
            self._lease = leases.take(self._store.path.parent)
        except LeaseHeld:
            self._spawn("lease", self._succeed)
        else:
            self._reconcile()
        from ambient_lsp.engine.mirror import follow

        self._spawn("mirror", lambda: follow(self))

    def _reconcile(self) -> None:
        """Settle what an earlier process of ours left half-done; what takes longer goes on in the background."""
        self._store.tidy(time.time())
        requested = self._store.requested()
        for record in self._store.runs(limit=100):
            if record.state == "running" and record.id not in self._runs.tasks and record.id not in requested:
                error = RunError("engine", "The process that ran this ended before it was done.")
                self._store.save_run(replace(record, state="failed", ended=time.time(), errors=(*record.errors, error)))
        for proposal in self._store.proposals(states=[ProposalState.CHECKING, ProposalState.DRAFTED]):
            self._store.save_proposal(replace(proposal, state=ProposalState.STALE))
        self._log.tidy(self._store.proposals(states=[ProposalState.OFFERED]))
        self._reaping = self._spawn("start-up", self._reap)
        self._spawn("cleaning", self._keep_clean)

    async def _reap(self) -> None:
        await asyncio.to_thread(self.telemetry.drop_old)
        await self._close_reservations()
        await (await self.services()).reap()

    async def _keep_clean(self) -> None:
        """Clear away what a batch in a terminal left that was killed: an editor may stay open for days after it."""
        while True:
            await asyncio.sleep(_CLEANING)
            try:
                await self._close_reservations()
                services = await self.services()
                if await (await services.checkouts()).reap():
                    await services.reap()
            except Exception as error:  # a border: what cannot be cleared away now can be at the next look
                self._log.error("cleaning", error)

    async def _close_reservations(self) -> None:
        """Close what killed processes had reserved for questions; see `SqliteLedger.recover`."""

        def close() -> None:
            ledger = SqliteLedger(self._store.path, self.config.budget)
            try:
                ledger.recover()
            finally:
                ledger.close()

        try:
            await asyncio.to_thread(close)  # it may have to wait for another process that writes
        except StoreError as error:
            self._log.error("ledger", error)

    async def _warm(self) -> None:
        await (await self.services()).warm()

    async def _succeed(self) -> None:
        self._promote(await leases.wait_for(self._store.path.parent))

    def _promote(self, lease: leases.Lease) -> None:
        """Take over from a process that has ended, and what this window asked it for."""
        if self._closed:
            lease.release()
            return
        self._lease = lease
        self._spawn("recovery", self._applying.recover)
        try:
            self._reconcile()
            self._runs.adopt()
            self.serve_requests()
        except AmbientError as error:
            self._log.error("take-over", error)

    def store_version(self) -> int:
        """Return a number that changes when another process has written to the store."""
        return self._store.changed_by_others()

    def hear(self, event: Event) -> None:
        """Pass on what another process did."""
        self._runs.hear(event)

    def serve_requests(self) -> None:
        """Do what other windows have asked for; for the process that holds the lease.

        Raises `StoreError`: what has not been started then can be served later.
        """
        for kind, request_id, value in self._store.requests():
            try:
                with self._store.transaction():
                    self._store.drop_request(request_id)
                    self._serve(kind, request_id, value)
            except StoreError:
                raise
            except Exception as error:  # a border: one that nobody can read must not stop the others
                self.log_error("request", error)
                self._refuse(request_id)

    def _serve(self, kind: str, request_id: str, value: str) -> None:
        if kind == "cancel":
            self.cancel(value)
        elif kind == "submit" and request_id not in self._runs.tasks:
            self._runs.start(load_trigger(value), self.cancel, asked=True)

    def _refuse(self, request_id: str) -> None:
        """Have the run that another window waits for end, with a sentence."""
        error = RunError(
            "engine", "Another window asked for this in a way that is not known here. Restart the older one."
        )
        now = time.time()
        with self._store.transaction():
            self._store.drop_request(request_id)
            self._store.save_run(RunRecord(request_id, TriggerKind.COMMAND, (), now, "failed", now, errors=(error,)))

    def log_error(self, where: str, error: Exception) -> None:
        """Write down what went wrong outside a run."""
        self._log.error(where, error)

    def _spawn(self, name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        async def watched() -> None:
            try:
                await work()
            except Exception as error:  # the border of a background task: nobody else would ever see it
                self._log.error(name, error)

        task = asyncio.create_task(watched(), name=f"ambient-{name}")
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task
