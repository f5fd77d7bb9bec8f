"""An engine that finds `md5` in texts: the interface of `ambient_lsp.engine.engine.Engine`, with nothing behind it.

Words on the line of an `md5` say what becomes of it: `risky` needs approval, `medium` has more risk, `failing`,
`unsure` and `checking` stay without a proven fix, `alone` has a fix that is not proven to go with others, `pair`
changes `other.py` too, `makes` creates a file, `elsewhere` leaves the file with the `md5` itself as it is, and
`slow` in the text makes the run take until it is cancelled.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ambient_lsp.config import Config
from ambient_lsp.errors import NotAllowed, NotFound, StalePatch
from ambient_lsp.events import Event, FindingsReported, Progress, ProposalChanged, RunEnded, RunStarted
from ambient_lsp.identity import finding_id, fingerprint
from ambient_lsp.model import (
    CheckResult,
    Decision,
    DecisionKind,
    Evidence,
    FileEdit,
    Finding,
    Outcome,
    ProofKind,
    ProofPlan,
    Proposal,
    ProposalState,
    Replacement,
    RiskLevel,
    RunRecord,
    Severity,
    Snapshot,
    Trigger,
    TriggerKind,
    Verdict,
    VerdictOutcome,
)
from ambient_lsp.patching.edits import propose
from ambient_lsp.patching.rebase import rebase
from ambient_lsp.protocols import Readiness
from ambient_lsp.text import Lines, decode, sha256

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

_STATES = {
    "applied": ProposalState.APPLIED,
    "partly": ProposalState.PARTLY,
    "dismissed": ProposalState.DISMISSED,
    "stale": ProposalState.STALE,
    "reverted": ProposalState.REVERTED,
}
_PASSED = Verdict(
    VerdictOutcome.PASSED,
    "The finding is gone and 2 tests pass as before.",
    checks=(
        CheckResult(
            "pytest",
            ("pytest",),
            VerdictOutcome.PASSED,
            {"t::a": "passed", "t::b": "passed"},
            {"t::a": "passed", "t::b": "passed"},
        ),
    ),
    sandbox="bubblewrap",
)


class FakeRun:
    def __init__(self, engine: FakeEngine, trigger: Trigger) -> None:
        self.id = trigger.id
        self.trigger = trigger
        self.record = RunRecord(trigger.id, trigger.kind, trigger.paths, time.time())
        self._engine = engine

    def cancel(self) -> None:
        self._engine.cancel(self.id)


class NoParts:
    """Proposals here are in one piece."""

    def hunks(self, proposal: Proposal, current: Mapping[str, str | None]) -> tuple[()]:
        return ()


class FakeEngine:
    """Made with `await FakeEngine.open(root)`; `opened` holds all of them."""

    opened: ClassVar[list[FakeEngine]] = []
    leads = True

    def __init__(self, root: Path, config: Config, *, trusted: bool) -> None:
        self.root, self.config, self.trusted = root, config, trusted
        self.leader = self.leads
        self.triggers: list[Trigger] = []
        self.expected: tuple[str, str] | None = None
        self.recorded: list[Outcome] = []
        self.kept: dict[str, Proposal] = {}
        self.found: dict[tuple[str, str], list[Finding]] = {}
        self.texts: dict[str, str] = {}
        self.dismissed_ids: list[tuple[str, str, int | None]] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.closed = False
        self.delay = 0.0
        self._ids = itertools.count(1)
        self._records: list[RunRecord] = []
        self._listeners: list[asyncio.Queue[Event]] = []
        self.parts = NoParts()

    @classmethod
    async def open(cls, root: Path, config: Config | None = None, *, trusted: bool = False) -> FakeEngine:
        engine = cls(root, config or Config(), trusted=trusted)
        cls.opened.append(engine)
        return engine

    def trigger(
        self,
        kind: TriggerKind,
        paths: Sequence[str] = (),
        snapshots: Sequence[Snapshot] = (),
        failing_log: str = "",
        *,
        verify: bool = True,
    ) -> Trigger:
        return Trigger(f"run-{next(self._ids)}", kind, tuple(paths), tuple(snapshots), failing_log, verify)

    def submit(self, trigger: Trigger) -> FakeRun:
        self.triggers.append(trigger)
        run = FakeRun(self, trigger)
        if self.leader:
            self.tasks[run.id] = asyncio.create_task(self._drive(run))
        return run

    def expect(self, path: str, text: str) -> None:
        self.expected = path, text

    def cancel(self, run_id: str) -> None:
        if task := self.tasks.get(run_id):
            task.cancel()

    def runs(self, limit: int = 20) -> list[RunRecord]:
        return self._records[-limit:][::-1]

    async def events(self) -> AsyncIterator[Event]:
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._listeners.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.remove(queue)

    def publish(self, event: Event) -> None:
        if isinstance(event, ProposalChanged):
            self.kept[event.proposal.id] = event.proposal
        if isinstance(event, FindingsReported):
            self.found[event.agent, event.path] = list(event.findings)
        for queue in self._listeners:
            queue.put_nowait(event)

    def findings(self, path: str = "") -> list[Finding]:
        return [item for found in self.found.values() for item in found if not path or item.path == path]

    def proposals(
        self, states: Sequence[ProposalState] = (), paths: Sequence[str] = (), run_id: str = ""
    ) -> list[Proposal]:
        return [
            item
            for item in self.kept.values()
            if (not states or item.state in states) and (not paths or set(paths) & set(item.files_touched))
        ]

    def proposal(self, proposal_id: str) -> Proposal:
        for key, item in self.kept.items():
            if key.startswith(proposal_id):
                return item
        raise NotFound(f"There is no proposal {proposal_id!r}.")

    def offers(self) -> int:
        return len(self.proposals((ProposalState.OFFERED,)))

    def spent(self, proposals: Sequence[Proposal]) -> dict[str, tuple[int, int]]:
        return {one.id: (0, 0) for one in proposals}

    def outcomes(self, proposal_id: str = "") -> list[Outcome]:
        return [one for one in self.recorded if one.proposal_id == proposal_id]

    def decide(self, proposal: Proposal) -> Decision:
        if proposal.state is not ProposalState.OFFERED:
            return Decision(DecisionKind.BLOCK, (f"It is {proposal.state}.",))
        decision = proposal.decision or Decision(DecisionKind.ALLOW)
        if any(item.kind == "approved" and item.proposal_id == proposal.id for item in self.recorded):
            return Decision(DecisionKind.ALLOW, decision.reasons)
        return decision

    def edits_for(self, proposal_id: str, current: Mapping[str, str | None]) -> tuple[FileEdit, ...]:
        proposal = self.proposal(proposal_id)
        if proposal.state is not ProposalState.OFFERED:
            raise NotAllowed(f"{proposal.title} is {proposal.state}.", untouched="Nothing was changed.")
        return tuple(self._moved(edit, current.get(edit.path)) for edit in proposal.edits)

    def _moved(self, edit: FileEdit, text: str | None) -> FileEdit:
        if edit.kind == "create":
            if text is not None:
                raise StalePatch(f"{edit.path} exists.", untouched="Nothing was changed.")
            return edit
        if text is not None and sha256(text) == edit.base_sha256:
            return edit
        moved = rebase(edit, self.texts[edit.base_sha256 or ""], text) if text is not None else None
        if moved is None:
            raise StalePatch(
                f"{edit.path} has changed where this fix would change it.", untouched="Nothing was changed."
            )
        return moved

    def record(self, outcome: Outcome) -> Proposal:
        self.recorded.append(outcome)
        proposal = self.proposal(outcome.proposal_id)
        if state := _STATES.get(outcome.kind):
            proposal = replace(proposal, state=state)
            self.publish(ProposalChanged(proposal.run_id, proposal))
        return proposal

    def approve(self, proposal_id: str, who: str, reason: str = "") -> Proposal:
        return self.record(Outcome(proposal_id, "approved", who, time.time(), reason))

    def finding(self, finding_id: str) -> Finding:
        for item in self.findings():
            if item.id == finding_id:
                return item
        raise NotFound(f"There is no finding {finding_id!r}.")

    def dismiss(self, target_id: str, who: str, reason: str, days: int | None = None) -> tuple[str, ...]:
        if not any(item.id == target_id for item in self.findings()) and target_id not in self.kept:
            raise NotFound(f"There is no finding {target_id!r}.")
        self.dismissed_ids.append((target_id, reason, days))
        return self.kept[target_id].finding_ids if target_id in self.kept else (target_id,)

    async def readiness(self) -> tuple[Readiness, ...]:
        return (Readiness(True, "fake"),)

    def warm(self) -> None:
        pass

    async def close(self, grace: float = 2.0) -> None:
        self.closed = True
        tasks = list(self.tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace)

    async def _drive(self, run: FakeRun) -> None:
        self.publish(RunStarted(run.id, run.trigger.paths))
        state = "done"
        try:
            await asyncio.sleep(self.delay)
            for path in run.trigger.paths or [item.name for item in sorted(self.root.glob("*.py"))]:
                await self._review(run, path)
        except asyncio.CancelledError:
            state = "cancelled"
        record = replace(run.record, state=state, ended=time.time())  # type: ignore[arg-type]
        self._records.append(record)
        self.publish(RunEnded(run.id, record))

    async def _review(self, run: FakeRun, path: str) -> None:
        unsaved = {item.path: item for item in run.trigger.snapshots}
        if path not in unsaved and not (self.root / path).is_file():
            return
        base = unsaved.get(path) or decode(self.root, path, (self.root / path).read_bytes())
        found, proposals = self.look(base, run.id)
        self.publish(FindingsReported(run.id, "SecurityGuardian", path, base.sha256, tuple(found)))
        self.publish(Progress(run.id, "propose", f"1/2 agents · {path}", 1, 2))
        for proposal in proposals:
            self.publish(ProposalChanged(run.id, replace(proposal, state=ProposalState.CHECKING, verdict=None)))
        await asyncio.sleep(0)
        step = 0
        while "slow" in base.text:
            await asyncio.sleep(0.05)
            step = min(step + 1, 99)
            self.publish(Progress(run.id, "verify", f"checking {path}", step, 100))
        for proposal in proposals:
            self.publish(ProposalChanged(run.id, proposal))

    def look(self, base: Snapshot, run_id: str = "") -> tuple[list[Finding], list[Proposal]]:
        """Return what there is to say of a text, and keep the text."""
        self.texts[base.sha256] = base.text
        lines, start, found, proposals = Lines(base.text), 0, [], []
        while (start := base.text.find("md5", start)) >= 0:
            span = lines.span(start, start + 3)
            line = lines.line(span.start_line)
            finding = Finding(
                finding_id("AMB-SEC-MD5", base.path, line, len(found)),
                fingerprint("AMB-SEC-MD5", base.path, line),
                "SecurityGuardian",
                "AMB-SEC-MD5",
                base.path,
                span,
                Severity.WARNING,
                "md5 is broken",
                base.sha256,
                evidence=(Evidence(base.path, span, "used here"),),
                origin="S324",
            )
            found.append(finding)
            proposals.append(self._propose(base, finding, start, line, run_id))
            start += 3
        return found, proposals

    def _propose(self, base: Snapshot, finding: Finding, start: int, line: str, run_id: str) -> Proposal:
        edits = [FileEdit(base.path, "modify", base.sha256, (Replacement(start, start + 3, "sha256"),))]
        bases = {base.path: base.text}
        if "pair" in line:
            other = decode(self.root, "other.py", (self.root / "other.py").read_bytes())
            self.texts[other.sha256] = bases["other.py"] = other.text
            edits.append(FileEdit("other.py", "modify", other.sha256, (Replacement(0, 0, "# sha256 now\n"),)))
        if "makes" in line:
            edits.append(FileEdit("made.py", "create", text="made = True\n"))
        if "elsewhere" in line:
            del edits[0], bases[base.path]
        proposal = propose(
            agent="SecurityGuardian",
            title="Use sha256",
            description="md5 → sha256",
            rationale="md5 is broken.",
            risk_level=RiskLevel.MEDIUM if "medium" in line else RiskLevel.LOW,
            edits=edits,
            bases=bases,
            findings=[finding],
            proof=ProofPlan(ProofKind.CHECKS if "alone" in line else ProofKind.SAME_TREE),
        )
        decision, state, verdict = Decision(DecisionKind.ALLOW), ProposalState.OFFERED, _PASSED
        if "risky" in line:
            decision = Decision(DecisionKind.CONFIRM, ("it is about security",))
        if "failing" in line:
            state, verdict = ProposalState.FAILED, Verdict(VerdictOutcome.FAILED, "2 new failures.")
        if "unsure" in line:
            state, verdict = ProposalState.INCONCLUSIVE, Verdict(VerdictOutcome.INCONCLUSIVE, "No sandbox answers.")
        if "checking" in line:
            return replace(proposal, state=ProposalState.CHECKING, run_id=run_id)
        return replace(proposal, state=state, verdict=verdict, decision=decision, run_id=run_id)
