"""The parts that do the work, put together for one repository, each on its first use."""

from __future__ import annotations

import asyncio
import hashlib
import os
from contextlib import AsyncExitStack, suppress
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from platformdirs import user_cache_path

from ambient_lsp.engine import extensions
from ambient_lsp.engine.cpu import CpuPool
from ambient_lsp.engine.looking import glance
from ambient_lsp.engine.memo import Memo
from ambient_lsp.engine.pipeline import travel
from ambient_lsp.engine.road import Road
from ambient_lsp.engine.workbench import EngineWorkbench, settings_of
from ambient_lsp.errors import AmbientError
from ambient_lsp.model import VerdictOutcome
from ambient_lsp.protocols import Eager
from ambient_lsp.sandbox.logged import LoggedSandbox
from ambient_lsp.store.store import OPEN_STATES
from ambient_lsp.telemetry.log import TelemetryLog
from ambient_lsp.verification import trees

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ambient_lsp.analyzers.ruff_server import RuffServer
    from ambient_lsp.config import Config
    from ambient_lsp.context.pack import Repository
    from ambient_lsp.engine.asking import Model
    from ambient_lsp.engine.risk import Gate
    from ambient_lsp.engine.run import Run
    from ambient_lsp.events import Event
    from ambient_lsp.model import Context, Decision, Finding, Proposal, Snapshot, Trigger, Verdict
    from ambient_lsp.protocols import (
        Checkouts,
        Coverage,
        EventSource,
        Observation,
        Proposer,
        Readiness,
        Recheck,
        Sandbox,
        Store,
    )
    from ambient_lsp.repository.worktrees import GitCheckouts
    from ambient_lsp.verification.verifier import Verifier


_RUN: ContextVar[str] = ContextVar("run", default="")
"""The run that this task works for; tasks that it starts work for the same."""

_NO_FILE = ".ambient/nothing"
"""A target that is never there: for a context of the repository without one."""

FIRST_LOOK = {"StyleEnforcer": "AMB-STYLE-", "SecurityGuardian": "AMB-SEC-"}
"""Whose rules the resident linter can see by itself, by the beginning of their names."""


class Services:
    """Context, specialists, checkouts, sandbox and verifier of one repository."""

    def __init__(
        self, root: Path, config: Config, store: Store, *, trusted: bool, sandbox: Sandbox | None = None
    ) -> None:
        self.root = root
        self.config = config
        self.cpu = CpuPool(min(2, os.cpu_count() or 1))
        self._baselines = user_cache_path("ambient") / "baselines"
        self._store = store
        self.store_path = store.path
        self._trusted = trusted
        self._given_sandbox = sandbox
        self._telemetry = TelemetryLog(root, config.telemetry)
        self._slots = asyncio.Semaphore(max(1, min(4, os.cpu_count() or 1)))
        self._lock = asyncio.Lock()
        self._choosing = asyncio.Lock()
        self._repository: Repository | None = None
        self._checkouts: asyncio.Future[GitCheckouts] | None = None
        self._specialists: list[Proposer] | None = None
        self._chosen: tuple[Sandbox | None, tuple[Readiness, ...]] | None = None
        self._verifier: Verifier | None = None
        self._gates: list[tuple[str, Gate]] | None = None
        self._ruff: RuffServer | None = None
        self._model: Model | None = None
        self._kept: Memo | None = None

    # ------------------------------------------------------------------------------------------------ the parts

    async def repository(self) -> Repository:
        """Return the resident model of the repository."""
        async with self._lock:
            if self._repository is None:
                from ambient_lsp.context.pack import Repository

                repository = Repository(self.root, self.config)
                await repository.open()
                self._repository = repository
            return self._repository

    async def checkouts(self) -> Checkouts:
        """Return where trees and checkouts come from."""
        if self._checkouts is None:
            from ambient_lsp.repository.worktrees import open_checkouts

            # A task of its own: a caller who is cancelled must not leave a folder behind that nobody gives back.
            self._checkouts = asyncio.ensure_future(open_checkouts(self.root))
        opening = self._checkouts
        try:
            return await asyncio.shield(opening)
        except AmbientError:
            if self._checkouts is opening:
                self._checkouts = None
            raise

    async def sandbox(self) -> Sandbox | None:
        """Return the chosen backend; None where none is ready."""
        return (await self._choice())[0]

    async def readiness(self) -> tuple[Readiness, ...]:
        """Say what was found when the sandbox was chosen."""
        return (await self._choice())[1]

    async def verifier(self) -> Verifier | None:
        """Return the verifier; None where no sandbox is ready."""
        sandbox = await self.sandbox()
        if sandbox is None:
            return None
        if self._verifier is None:
            from ambient_lsp.verification.verifier import Verifier

            repository = await self.repository()
            self._verifier = Verifier(
                sandbox,
                await self.checkouts(),
                self.config.sandbox,
                self.root,
                self._baselines,
                repository.tests_for,
                self.cpu.run,
            )
            for name, check in extensions.checks(self.config, self.root, trusted=self._trusted):
                self._verifier.register(name, check)
        return self._verifier

    def specialists(self) -> list[Proposer]:
        """Return the specialists that the configuration enables."""
        if self._specialists is None:
            from ambient_lsp.agents.registry import specialists

            self._specialists = list(specialists(self.config, self.root, self._trusted))
        return self._specialists

    def gates(self) -> list[tuple[str, Gate]]:
        """Return the custom gates; one that cannot be used here leaves the decision to a human."""
        if self._gates is None:
            self._gates = extensions.gates(self.config, self.root, trusted=self._trusted)
        return self._gates

    def event_sources(self) -> list[EventSource]:
        """Return the custom event sources; one that cannot be used here says why when it is asked."""
        return extensions.event_sources(self.config, self.root, trusted=self._trusted)

    # ------------------------------------------------------------------------------------------------- the work

    def road(self, run: Run, publish: Callable[[Event], None]) -> Road:
        """Return the road for one run; its costly parts are made when `travel` begins."""
        trigger = run.trigger
        bench = EngineWorkbench(
            agents=self.config.agents,
            cpu=self.cpu,
            memo=self._memo(),
            read=lambda path: self._read(path, trigger),
            coverage=lambda: self._coverage(trigger),
            observe=lambda calls, setup: self._observe(calls, setup, trigger),
            moody=lambda paths: self._moody(paths, trigger),
        )
        from ambient_lsp.verification.integrity import concerns

        return Road(
            run=run,
            root=self.root,
            config=self.config,
            store=self._store,
            specialists=(),
            bench=bench,
            gates=(),
            publish=publish,
            pack=lambda: self._pack(trigger),
            tree=lambda: self._tree(trigger),
            record=self._record,
            verify=None,
            concerns=concerns,
            slots=self._slots,
            model=self._opened_model if self._trusted else None,
            log=self._log,
        )

    async def glance(self, road: Road) -> None:
        """Publish what can be seen at once; see `looking.glance`."""
        road.first_look = self._first_look
        await glance(road)

    def expect(self, path: str, text: str) -> None:
        """Look ahead at a buffer that is being typed in; see `RuffServer.expect`."""
        known = self._repository
        if self._ruff is not None and path.endswith((".py", ".pyi")) and known is not None and not known.ignores(path):
            self._ruff.expect(path, text)

    async def travel(self, road: Road) -> None:
        """Take the road, with everybody in place."""
        _RUN.set(road.run.id)
        if not road.run.trigger.paths:  # the whole repository: they start while it is read
            self.cpu.warm()
        road.specialists = self.specialists()
        road.gates = self.gates()
        if road.run.trigger.verify:
            road.verify = self._verify
            road.conditions = self._conditions
        await travel(road)

    async def verify_now(
        self,
        proposal: Proposal,
        texts: Mapping[str, str | None],
        *,
        whole: bool = False,
        snapshots: Sequence[Snapshot] = (),
    ) -> Verdict | None:
        """Prove a proposal on the files on disk, but for the unsaved `snapshots`; with `whole` by the whole suite.

        None where no sandbox is ready.
        """
        from ambient_lsp.engine.proving import rechecker
        from ambient_lsp.engine.run import Run
        from ambient_lsp.model import RunRecord, Trigger, TriggerKind

        verifier = await self.verifier()
        if verifier is None:
            return None
        trigger = Trigger(proposal.run_id or "again", TriggerKind.COMMAND, proposal.files_touched, tuple(snapshots))
        road = self.road(
            Run(trigger, RunRecord(trigger.id, trigger.kind, trigger.paths, 0.0), lambda _: None), lambda _: None
        )
        road.specialists = self.specialists()
        tree = await self._tree(trigger)
        return await self._verify(proposal, tree, texts, rechecker(road, await self._pack(trigger)), whole=whole)

    async def facts(self) -> Mapping[str, Any]:
        """Return what the project's settings ask for (`line-length`, `test-framework`, ...)."""
        from ambient_lsp.model import Trigger, TriggerKind

        return (await self._pack(Trigger("facts", TriggerKind.OPEN, (_NO_FILE,)))).conventions

    def gate(self, proposal: Proposal, bases: Mapping[str, str]) -> Decision:
        """Return what the risk policy says of a proposal before it is proven."""
        from ambient_lsp.engine import risk
        from ambient_lsp.verification.integrity import concerns

        policy = self.config.risk_policy
        return risk.decide(proposal, policy, concerns=concerns(proposal, bases), gates=self.gates())

    def settle(self, proposal: Proposal, bases: Mapping[str, str]) -> Proposal:
        """Store a proposal that has its verdict, offered where it holds; return it as it is stored."""
        from ambient_lsp.engine import risk
        from ambient_lsp.model import ProposalState

        if proposal.verdict is None:
            raise ValueError("a proposal is settled with its verdict")
        states = {
            VerdictOutcome.PASSED: ProposalState.OFFERED,
            VerdictOutcome.FAILED: ProposalState.FAILED,
            VerdictOutcome.INCONCLUSIVE: ProposalState.INCONCLUSIVE,
        }
        decision = risk.with_verdict(self.gate(proposal, bases), proposal.verdict)
        settled = replace(proposal, decision=decision, state=states[proposal.verdict.outcome])
        with self._store.transaction():
            for text in bases.values():
                self._store.save_text(text)
            self._store.save_proposal(settled)
        return settled

    def keep_announced(self, proposal: Proposal, findings: Sequence[Finding]) -> None:
        """Store a proposal with the findings, one a file, that it is shown at."""
        with self._store.transaction():
            for finding in findings:
                self._store.save_findings(finding.agent, finding.path, finding.base_sha256, [finding])
            self._store.save_proposal(proposal)

    def supersede(self, run_id: str, kept: Sequence[Proposal]) -> None:
        """Make stale what a run has proposed before it went on, but for `kept`."""
        from ambient_lsp.model import ProposalState

        ids = {one.id for one in kept}
        states = [ProposalState.OFFERED, ProposalState.INCONCLUSIVE, ProposalState.FAILED, ProposalState.BLOCKED]
        with self._store.transaction():
            for one in self._store.proposals(states=states, run_id=run_id):
                if one.id not in ids:
                    self._store.save_proposal(replace(one, state=ProposalState.STALE))

    async def check_tree(self) -> Verdict | None:
        """Run the project's own checks on the files as they are now; None where no sandbox is ready."""
        verifier = await self.verifier()
        return None if verifier is None else await verifier.examine(await (await self.checkouts()).current())

    async def rescan(self) -> None:
        """Look at the list of files again, after a branch switch or a burst of changes."""
        (await self.repository()).rescan()

    async def changed(self, paths: Sequence[str]) -> list[str]:
        """Return those of the written paths that deserve a review: Python source that nobody ignores."""
        repository = await self.repository()
        repository.update(paths)
        wanted = [path for path in paths if path.endswith((".py", ".pyi"))]
        return await asyncio.to_thread(_not_ignored, self.root, wanted) if wanted else []

    async def unreviewed(self) -> list[str]:
        """Return the source files that differ from HEAD, and were not reviewed with their present text."""
        repository = await self.repository()
        paths = await asyncio.to_thread(_differing, self.root)
        result: list[str] = []
        ignored = self.ignored()
        for path in paths:
            if ignored(path):
                continue
            snapshot = await repository.read(path)
            if snapshot is not None and self._store.get_value(f"reviewed:{path}") != snapshot.sha256:
                result.append(path)
        return result

    def ignored(self) -> Callable[[str], bool]:
        """Return what tells that a path is left alone by the settings."""
        from ambient_lsp.context.tree import Ignore, watched

        settings = self.config.monitoring
        ignore = Ignore(self.root, settings.ignore_patterns)
        return lambda path: ignore(path) or not watched(path, settings.watch_paths)

    async def warm(self) -> None:
        """Do now what the first save would wait for."""
        self.cpu.warm()
        await self.repository()
        await self._warm_specialists()
        if await self.verifier() is not None:
            await (await self.checkouts()).current()

    async def _warm_specialists(self) -> None:
        """Let those who know the whole repository read it now."""
        from ambient_lsp.engine.run import Run
        from ambient_lsp.model import RunRecord, Trigger, TriggerKind

        eager = [one for one in self.specialists() if isinstance(one, Eager)]
        if eager:
            trigger = Trigger("warm-up", TriggerKind.OPEN, (_NO_FILE,))
            run = Run(trigger, RunRecord(trigger.id, trigger.kind, trigger.paths, 0.0), lambda _: None)
            bench, context = self.road(run, lambda _: None).bench, await self._pack(trigger)
            for specialist in eager:
                await specialist.warm(context, bench)

    async def reap(self) -> None:
        """Remove what killed processes of ours left behind: checkouts, commits of ended proposals, containers."""
        checkouts = await self.checkouts()
        await checkouts.reap()
        recorded = await checkouts.recorded()
        # Asked after the commits: one that is made from now on belongs to a proposal that is being checked.
        alive = {proposal.id for proposal in self._store.proposals(states=OPEN_STATES)}
        await checkouts.forget([proposal_id for proposal_id in recorded if proposal_id not in alive])
        await asyncio.to_thread(trees.reap, self._baselines)
        sandbox = await self.sandbox()
        if sandbox is not None:
            await sandbox.reap()

    async def close(self) -> None:
        """End every process and give back every checkout; one that cannot be given back does not keep the others."""
        async with AsyncExitStack() as stack:
            if self._chosen is not None and self._chosen[0] is not None:
                stack.push_async_callback(self._chosen[0].close)
            stack.push_async_callback(self._close_checkouts)
            if self._repository is not None:
                stack.push_async_callback(self._repository.close)
            if self._ruff is not None:
                stack.push_async_callback(self._ruff.close)
            if self._kept is not None:
                stack.callback(self._kept.close)
            if self._model is not None:
                stack.push_async_callback(self._model.close)
            stack.callback(self.cpu.close)

    async def _close_checkouts(self) -> None:
        if self._checkouts is not None:
            with suppress(AmbientError):  # they could not be opened
                await (await self._checkouts).close()

    async def _opened_model(self) -> Model:
        """Return what asks models, made when the first question is to be asked."""
        async with self._lock:
            if self._model is None:
                # What speaks HTTP takes a third of a second to import, and the editor must not wait for it.
                module = await asyncio.to_thread(import_module, "ambient_lsp.engine.asking")
                self._model = cast("Model", module.Model(self.config, self.store_path, notify=self._tell_model))
            return self._model

    def _tell_model(self, notice: str) -> None:
        self._log("model_notice", {"message": notice})

    async def _choice(self) -> tuple[Sandbox | None, tuple[Readiness, ...]]:
        async with self._choosing:
            if self._chosen is None:
                if (sandbox := self._given_sandbox) is not None:
                    readiness = [await sandbox.probe()]
                else:
                    from ambient_lsp.sandbox.select import choose

                    sandbox, readiness = await choose(self.config.sandbox, self.root)
                logged = None if sandbox is None else LoggedSandbox(sandbox, partial(self._log, "command_executed"))
                self._chosen = (logged, tuple(readiness))
            return self._chosen

    def _memo(self) -> Memo:
        if self._kept is None:
            name = hashlib.sha256(str(self.root).encode("utf-8", "surrogateescape")).hexdigest()[:16]
            self._kept = Memo(user_cache_path("ambient") / "analysis" / f"{name}.db")
        return self._kept

    def _log(self, kind: str, data: dict[str, Any]) -> None:
        self._telemetry.write(_RUN.get(), kind, data)

    async def _first_look(self, snapshot: Snapshot, meanwhile: Callable[[], object]) -> Mapping[str, Sequence[Finding]]:
        from ambient_lsp.analyzers import base
        from ambient_lsp.analyzers.ruff_server import RuffServer

        known = self._repository
        if not snapshot.path.endswith((".py", ".pyi")) or (known is not None and known.ignores(snapshot.path)):
            return {}
        if self._ruff is None:
            agents = self.config.agents
            self._ruff = RuffServer(
                self.root,
                threshold=agents.SecurityGuardian.severity_threshold,
                defer_to_formatter=agents.StyleEnforcer.defer_to_formatter,
            )
        raws = await self._ruff.diagnostics(snapshot.path, snapshot.text, snapshot.version or 0, meanwhile)
        enabled = set(self.config.agents.enabled)
        return {
            agent: base.findings(agent, snapshot, [raw for raw in raws if raw.rule.startswith(prefix)])
            for agent, prefix in FIRST_LOOK.items()
            if agent in enabled
        }

    async def _pack(self, trigger: Trigger) -> Context:
        return await (await self.repository()).pack(trigger)

    async def _read(self, path: str, trigger: Trigger) -> Snapshot | None:
        return await (await self.repository()).read(path, trigger)

    async def _tree(self, trigger: Trigger) -> str:
        return await (await self.checkouts()).current(trigger.snapshots)

    async def _record(self, proposal: Proposal, tree: str) -> str:
        return await (await self.checkouts()).record(proposal, tree)

    async def _verify(
        self,
        proposal: Proposal,
        tree: str,
        texts: Mapping[str, str | None],
        recheck: Recheck,
        *,
        whole: bool = False,
    ) -> Verdict:
        verifier = await self.verifier()
        if verifier is None:
            from ambient_lsp.engine.proving import no_sandbox

            return no_sandbox(await self.readiness())
        verdict = await verifier.verify(
            proposal, tree, texts, recheck, lambda agent: settings_of(self.config.agents, agent), whole=whole
        )
        notes = (await self.checkouts()).notes
        if verdict.outcome is not VerdictOutcome.PASSED and notes:
            # What the checkout lacks may be why: a submodule's code, a file that Git LFS keeps.
            return replace(verdict, reason=f"{verdict.reason} The checkout lacks something: {' '.join(notes[:3])}")
        return verdict

    async def _conditions(self) -> str:
        verifier = await self.verifier()
        return "" if verifier is None else await verifier.conditions()

    async def _coverage(self, trigger: Trigger) -> Coverage | None:
        verifier = await self.verifier()
        return None if verifier is None else await verifier.coverage(await self._tree(trigger))

    async def _moody(self, paths: Sequence[str], trigger: Trigger) -> Mapping[str, str] | None:
        verifier = await self.verifier()
        return None if verifier is None else await verifier.moody(paths, await self._tree(trigger))

    async def _observe(self, calls: Sequence[str], setup: str, trigger: Trigger) -> Sequence[Observation] | None:
        verifier = await self.verifier()
        if verifier is None or not calls:
            return None
        try:
            return await verifier.observe(calls, setup, await self._tree(trigger))
        except AmbientError:
            return None


def _not_ignored(root: Path, paths: list[str]) -> list[str]:
    """Leave out what git ignores; in a folder without git, nothing."""
    from ambient_lsp.context import git

    ignored = git.ignored(root, paths)
    return [path for path in paths if path not in ignored]


def _differing(root: Path) -> list[str]:
    """Return source files that differ from HEAD or are new; none in a folder without git."""
    from ambient_lsp.context import git
    from ambient_lsp.repository.git import GitFailed

    try:
        return [name for name in git.differing(root, untracked=True) if name.endswith((".py", ".pyi"))]
    except GitFailed:
        return []
