"""What is written down for people: the local log, and a patch file for each fix that is offered."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ambient_lsp.context.redact import redact
from ambient_lsp.model import ProposalState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ambient_lsp.engine.run import Run
    from ambient_lsp.model import Outcome, Proposal, RunRecord
    from ambient_lsp.telemetry.log import TelemetryLog

_UNFINISHED = (ProposalState.CHECKING, ProposalState.DRAFTED)


class Logbook:
    """Logs the life of runs and proposals. Nothing here ever ends a run: the store has all of it too."""

    def __init__(self, telemetry: TelemetryLog, patches: Path) -> None:
        self._telemetry = telemetry
        self._patches = patches

    def started(self, run: Run) -> None:
        """Log the start of a run."""
        trigger = run.trigger
        self._telemetry.write(run.id, "cycle_started", {"kind": trigger.kind.value, "paths": list(trigger.paths)})

    def ended(self, record: RunRecord) -> None:
        """Log the end of a run."""
        self._telemetry.write(
            record.id,
            "cycle_completed",
            {"status": record.state, "duration_seconds": record.ended - record.started, "findings": record.findings,
             "proposals": record.proposals, "offered": record.offered, "errors": len(record.errors)},
        )  # fmt: skip

    def proposal(self, proposal: Proposal) -> None:
        """Log a proposal that has been judged, and keep its patch file while it is offered."""
        if proposal.state in _UNFINISHED:
            return
        verdict = proposal.verdict
        self._telemetry.write(
            proposal.run_id,
            "proposal",
            {"id": proposal.id, "agent": proposal.agent, "title": proposal.title, "risk": proposal.risk_level.value,
             "state": proposal.state.value, "files": list(proposal.files_touched), "diff": proposal.diff,
             "outcome": verdict.outcome.value if verdict else None, "reason": verdict.reason if verdict else "",
             "seconds": verdict.seconds if verdict else 0.0},
        )  # fmt: skip
        patch = self._patches / f"{proposal.id}.patch"
        with suppress(OSError):
            if proposal.state is ProposalState.OFFERED and not _shows_a_secret(proposal):
                _lay(patch, proposal)
            else:
                patch.unlink(missing_ok=True)

    def outcome(self, proposal: Proposal, outcome: Outcome) -> None:
        """Log what became of a proposal."""
        self._telemetry.write(
            proposal.run_id,
            "apply_result" if outcome.kind in ("applied", "partly", "refused", "reverted") else "decision",
            {"proposal": proposal.id, "agent": proposal.agent, "kind": outcome.kind, "who": outcome.who,
             "ok": outcome.kind == "applied", "reason": outcome.reason, "content": outcome.content_sha256},
        )  # fmt: skip

    def error(self, where: str, error: BaseException) -> None:
        """Log what went wrong outside a run."""
        self._telemetry.write("", "error", {"where": where, "message": str(error) or type(error).__name__})

    def tidy(self, offered: Iterable[Proposal]) -> None:
        """Have patch files of these proposals and no others: a killed process may have left or not made some."""
        wanted = {f"{one.id}.patch": one for one in offered if not _shows_a_secret(one)}
        with suppress(OSError):
            for file in list(self._patches.iterdir()):
                if file.name not in wanted:
                    file.unlink(missing_ok=True)
            for name, proposal in wanted.items():
                if not (self._patches / name).exists():
                    _lay(self._patches / name, proposal)


def _shows_a_secret(proposal: Proposal) -> bool:
    """Tell whether a diff has a secret in it, if only in a line beside the change: no copy of those is laid about."""
    return redact(proposal.diff)[1] > 0


def _lay(patch: Path, proposal: Proposal) -> None:
    """Write a patch file as a whole: half a patch is worse than none."""
    patch.parent.mkdir(parents=True, exist_ok=True)
    draft = patch.with_suffix(".tmp")
    draft.write_bytes(proposal.diff.encode("utf-8", "surrogatepass"))
    draft.replace(patch)
