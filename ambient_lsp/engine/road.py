"""What one run carries along the road, and how it keeps what it comes to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ambient_lsp.engine.decisions import DECIDED
from ambient_lsp.errors import AmbientError
from ambient_lsp.events import Problem, Progress, ProposalChanged
from ambient_lsp.model import RunError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from ambient_lsp.config import Config
    from ambient_lsp.engine.asking import Model
    from ambient_lsp.engine.risk import Gate
    from ambient_lsp.engine.run import Run
    from ambient_lsp.engine.workbench import EngineWorkbench
    from ambient_lsp.events import Event
    from ambient_lsp.model import Context, Finding, Proposal, Snapshot, Verdict
    from ambient_lsp.protocols import Proposer, Recheck, Store


@dataclass(slots=True)
class Road:
    """Everything that one run needs, handed in by the engine."""

    run: Run
    root: Path
    config: Config
    store: Store
    specialists: Sequence[Proposer]
    bench: EngineWorkbench
    gates: Sequence[tuple[str, Gate]]
    publish: Callable[[Event], None]
    pack: Callable[[], Awaitable[Context]]
    tree: Callable[[], Awaitable[str]]
    record: Callable[[Proposal, str], Awaitable[str]]
    verify: Callable[[Proposal, str, Mapping[str, str | None], Recheck], Awaitable[Verdict]] | None
    concerns: Callable[[Proposal, Mapping[str, str]], tuple[str, ...]]
    slots: asyncio.Semaphore
    conditions: Callable[[], Awaitable[str]] | None = None
    first_look: Callable[[Snapshot, Callable[[], object]], Awaitable[Mapping[str, Sequence[Finding]]]] | None = None
    model: Callable[[], Awaitable[Model]] | None = None
    log: Callable[[str, dict[str, Any]], None] = lambda _kind, _data: None
    errors: list[RunError] = field(default_factory=list)
    findings: int = 0
    offered: int = 0
    proposals: int = 0

    def problem(self, where: str, error: BaseException) -> None:
        """Say that a part did not work; the rest of the run goes on."""
        message = str(error) if isinstance(error, AmbientError) else f"{type(error).__name__}: {error}"
        self.errors.append(RunError(where, message))
        self.publish(Problem(self.run.id, self.errors[-1]))

    def progress(self, stage: str, message: str, done: int, total: int) -> None:
        """Say how far the run is."""
        self.publish(Progress(self.run.id, stage, message, done, total))

    def earlier(self, proposal: Proposal) -> Proposal | None:
        """Return the same proposal as it is stored; None where it is new."""
        known = self.store.proposals(paths=proposal.files_touched)
        return next((one for one in known if one.id == proposal.id), None)

    def keep(self, proposal: Proposal) -> None:
        """Store first, tell afterwards: what a listener hears of is never lost."""
        self.store.save_proposal(proposal)
        self.publish(ProposalChanged(self.run.id, proposal))

    def settle(self, proposal: Proposal, known: Proposal | None) -> None:
        """Keep a proposal unless a person, maybe in another window, has decided about it since it was `known`."""
        with self.store.transaction():
            now = self.earlier(proposal)
            if now is not None and now.state in DECIDED and (known is None or now.state is not known.state):
                return
            self.store.save_proposal(proposal)
        self.publish(ProposalChanged(self.run.id, proposal))
