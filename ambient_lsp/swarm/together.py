"""Proving what a batch has changed: all files at once, and where that does not hold, which of them are to blame."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ambient_lsp.model import (
    DecisionKind,
    FileEdit,
    Proposal,
    ProposalState,
    RiskLevel,
    Verdict,
    VerdictOutcome,
)
from ambient_lsp.patching.edits import propose, replacements_between
from ambient_lsp.text import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ambient_lsp.engine.services import Services
    from ambient_lsp.swarm.journal import BatchRecord, FileRecord

AGENT = "Swarm"
_MOST_TRIES = 12


@dataclass(frozen=True, slots=True)
class Together:
    """What was proven. `low` may be applied without a human, `confirm` not; `blamed` maps a file to what it broke."""

    low: Proposal | None = None
    confirm: Proposal | None = None
    blamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """Both."""
        return tuple(one for one in (self.low, self.confirm) if one is not None)

    @property
    def words(self) -> str:
        """Return the verdicts in a sentence each."""
        return " ".join(one.verdict.reason for one in self.proposals if one.verdict is not None)


async def prove_together(
    services: Services, batch: BatchRecord, files: Sequence[FileRecord], *, verify: bool
) -> Together:
    """Make one proposal of the files that nobody has to look at, and one of the rest; prove each as a whole."""
    changed: dict[str, FileRecord] = {}
    bases: dict[str, str] = {}
    blamed: dict[str, str] = {}
    repository = await services.repository()
    done = [one for one in files if one.state == "success" and one.text is not None]
    for file, snapshot in zip(done, await repository.read_all([one.path for one in done]), strict=True):
        if snapshot is not None and snapshot.text == file.text:
            continue  # it was applied, and the batch has gone on
        if snapshot is None or snapshot.sha256 != file.sha256:
            blamed[file.path] = "the file has changed since it was asked about"
            continue
        changed[file.path], bases[file.path] = file, snapshot.text
    low: list[FileRecord] = []
    confirm: list[FileRecord] = []
    for path, file in changed.items():
        decision = services.gate(_proposal(batch, [file], bases), bases)
        if decision.kind is DecisionKind.BLOCK:
            blamed[path] = " ".join(decision.reasons)
        else:
            (low if decision.kind is DecisionKind.ALLOW else confirm).append(file)
    made: list[Proposal | None] = []
    for group in (low, confirm):
        proposal, broke = await _prove(services, batch, group, bases, verify=verify)
        blamed |= broke
        made.append(proposal)
    return Together(made[0], made[1], blamed)


async def _prove(
    services: Services, batch: BatchRecord, files: list[FileRecord], bases: Mapping[str, str], *, verify: bool
) -> tuple[Proposal | None, dict[str, str]]:
    if not files:
        return None, {}
    blamed: dict[str, str] = {}
    proposal = _proposal(batch, files, bases)
    verdict = await _verdict(services, proposal, bases, verify=verify)
    if verdict.outcome is VerdictOutcome.FAILED and len(files) > 1:
        blamed = await _blame(services, batch, files, bases)
        files = [one for one in files if one.path not in blamed]
        if not files:
            return None, blamed
        proposal = _proposal(batch, files, bases)
        verdict = await _verdict(services, proposal, bases, verify=verify)
    elif verdict.outcome is VerdictOutcome.FAILED:
        return None, {files[0].path: verdict.reason}
    return services.settle(replace(proposal, verdict=verdict), bases), blamed


async def _blame(
    services: Services, batch: BatchRecord, files: Sequence[FileRecord], bases: Mapping[str, str]
) -> dict[str, str]:
    """Return the files without which the rest holds, found by halves; after some tries, all that are left in doubt."""
    blamed: dict[str, str] = {}
    doubtful = [list(files)]
    tries = 0
    while doubtful:
        group = doubtful.pop()
        if len(group) == 1 or tries >= _MOST_TRIES:
            verdict = await _verdict(services, _proposal(batch, group, bases), bases, verify=True)
            tries += 1
            if verdict.outcome is VerdictOutcome.FAILED:
                blamed |= {one.path: verdict.reason for one in group}
            continue
        middle = len(group) // 2
        for half in (group[:middle], group[middle:]):
            verdict = await _verdict(services, _proposal(batch, half, bases), bases, verify=True)
            tries += 1
            if verdict.outcome is VerdictOutcome.FAILED:
                if len(half) == 1:
                    blamed[half[0].path] = verdict.reason
                else:
                    doubtful.append(half)
    return blamed


async def _verdict(services: Services, proposal: Proposal, bases: Mapping[str, str], *, verify: bool) -> Verdict:
    texts = {path: bases[path] for path in proposal.files_touched}
    verdict = await services.verify_now(proposal, texts) if verify else None
    unchecked = "It was not checked: no sandbox is ready, or none was asked for."
    return verdict or Verdict(VerdictOutcome.INCONCLUSIVE, unchecked)


def _proposal(batch: BatchRecord, files: Sequence[FileRecord], bases: Mapping[str, str]) -> Proposal:
    edits = [
        FileEdit(one.path, "modify", sha256(bases[one.path]), replacements_between(bases[one.path], one.text or ""))
        for one in files
    ]
    task = " ".join(batch.task.split())
    made = propose(
        agent=AGENT,
        title=task[:70],
        description=f"{task} ({len(files)} files)",
        rationale=task,
        risk_level=RiskLevel.LOW,
        edits=edits,
        bases={one.path: bases[one.path] for one in files},
        tags=("swarm", f"batch:{batch.id}"),
    )
    return replace(made, run_id=batch.id, created=time.time(), state=ProposalState.DRAFTED)
