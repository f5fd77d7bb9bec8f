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
from ambient_lsp.text import counted, sha256

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ambient_lsp.engine.services import Services
    from ambient_lsp.swarm.journal import BatchRecord, FileRecord

AGENT = "Swarm"
_MOST_TRIES = 12


@dataclass(frozen=True, slots=True)
class Together:
    """What was proven. `low` may be applied without a human, `confirm` not; `unshown` could not be shown to be right.

    `blamed` maps a file to what it broke, `doubts` one to why nothing was shown. `words` say how it was checked.
    """

    low: Proposal | None = None
    confirm: Proposal | None = None
    unshown: Proposal | None = None
    blamed: Mapping[str, str] = field(default_factory=dict)
    doubts: Mapping[str, str] = field(default_factory=dict)
    words: str = ""

    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """All."""
        return tuple(one for one in (self.low, self.confirm, self.unshown) if one is not None)


async def prove_together(
    services: Services, batch: BatchRecord, files: Sequence[FileRecord], *, verify: bool
) -> Together:
    """Prove all files as one: by the whole suite, once. Files that break something are found by halves and left out.

    What holds becomes one proposal of the files that nobody has to look at, and one of the rest.
    """
    done = [one for one in files if one.state == "success" and one.text is not None]
    repository = await services.repository()
    proof = _Proof(services, batch, verify=verify)
    changed: list[FileRecord] = []
    for file, snapshot in zip(done, await repository.read_all([one.path for one in done]), strict=True):
        if snapshot is not None and snapshot.text == file.text:
            continue  # it was applied, and the batch has gone on
        if snapshot is None or snapshot.sha256 != file.sha256:
            proof.blamed[file.path] = "the file has changed since it was asked about"
            continue
        changed.append(file)
        proof.bases[file.path] = snapshot.text
    low: list[FileRecord] = []
    confirm: list[FileRecord] = []
    for file in changed:
        decision = services.gate(proof.proposal([file]), proof.bases)
        if decision.kind is DecisionKind.BLOCK:
            proof.blamed[file.path] = " ".join(decision.reasons)
        else:
            (low if decision.kind is DecisionKind.ALLOW else confirm).append(file)
    return await proof.of(low, confirm)


class _Proof:
    """Proves the files of a batch. `blamed` and `doubts` are as in `Together`; `bases` are the texts before."""

    def __init__(self, services: Services, batch: BatchRecord, *, verify: bool) -> None:
        self.bases: dict[str, str] = {}
        self.blamed: dict[str, str] = {}
        self.doubts: dict[str, str] = {}
        self._services = services
        self._batch = batch
        self._verify = verify
        self._whole = services.config.swarm.whole_suite
        self._tries = 0
        self._edits: dict[str, FileEdit] = {}

    async def of(self, low: list[FileRecord], confirm: list[FileRecord]) -> Together:
        """Prove all of them together, and each group by itself where there are two."""
        held, verdict = await self._held([*low, *confirm])
        unshown = [one for one in (*low, *confirm) if one.path in self.doubts]
        paths = {one.path for one in held}
        low, confirm = ([one for one in group if one.path in paths] for group in (low, confirm))
        verdicts = [verdict, verdict]
        if low and confirm and verdict.outcome is VerdictOutcome.PASSED:
            verdicts = [await self._verdict(group, whole=False) for group in (low, confirm)]
            if any(one.outcome is not VerdictOutcome.PASSED for one in verdicts):
                # One group needs the other: they are offered as one, with what was shown of both.
                low, confirm, verdicts = [], held, [verdict, verdict]
        words = f"{verdict.reason} ({verdict.selection})" if verdict.selection else verdict.reason
        doubt = Verdict(VerdictOutcome.INCONCLUSIVE, "No passing test runs what these files change.")
        return Together(
            self._settled(low, verdicts[0]),
            self._settled(confirm, verdicts[1]),
            self._settled(unshown, doubt),
            self.blamed,
            self.doubts,
            words if held else "",
        )

    async def _held(self, files: list[FileRecord]) -> tuple[list[FileRecord], Verdict]:
        """Return the files that hold together, and the verdict on them; what does not hold is blamed or doubted."""
        verdict = await self._verdict(files, whole=self._whole)
        if verdict.outcome is VerdictOutcome.FAILED:
            await self._blame(files, verdict)
            files = [one for one in files if one.path not in self.blamed]
            verdict = await self._verdict(files, whole=self._whole)
        if verdict.outcome is VerdictOutcome.INCONCLUSIVE and verdict.unshown:
            self.doubts |= dict.fromkeys(verdict.unshown, "no passing test runs what it changes")
            files = [one for one in files if one.path not in self.doubts]
            verdict = await self._verdict(files, whole=self._whole)
        if verdict.outcome is VerdictOutcome.FAILED:  # each half holds by itself, and all of it does not
            self.blamed |= {one.path: f"all changes together: {verdict.reason}" for one in files}
            return [], verdict
        return files, verdict

    async def _blame(self, files: Sequence[FileRecord], verdict: Verdict) -> None:
        """Find the files without which the rest holds, by halves; after some tries, all that are left in doubt."""
        # What the imports reach is quicker than the whole suite, but may not hold the test that fails.
        reached = await self._verdict(files, whole=False) if self._whole else verdict
        whole = reached.outcome is not VerdictOutcome.FAILED
        doubtful = [(list(files), verdict)]
        while doubtful:
            group, why = doubtful.pop()
            if len(group) == 1 or self._tries >= _MOST_TRIES:
                self.blamed |= {one.path: why.reason for one in group}
                continue
            middle = len(group) // 2
            for half in (group[:middle], group[middle:]):
                self._tries += 1
                verdict = await self._verdict(half, whole=whole)
                if verdict.outcome is VerdictOutcome.FAILED:
                    doubtful.append((half, verdict))

    async def _verdict(self, files: Sequence[FileRecord], *, whole: bool) -> Verdict:
        verdict: Verdict | None = None
        if files and self._verify:
            proposal = self.proposal(files)
            texts = {path: self.bases[path] for path in proposal.files_touched}
            verdict = await self._services.verify_now(proposal, texts, whole=whole)
            if whole and verdict and verdict.outcome is VerdictOutcome.INCONCLUSIVE and not verdict.unshown:
                reached = await self._services.verify_now(proposal, texts)
                if reached is not None and reached.outcome is not VerdictOutcome.INCONCLUSIVE:
                    reason = f"{reached.reason} The whole suite could not tell: {verdict.reason}"
                    verdict = replace(reached, reason=reason)
        unchecked = "It was not checked: no sandbox is ready, or none was asked for."
        return verdict or Verdict(VerdictOutcome.INCONCLUSIVE, unchecked)

    def _settled(self, files: list[FileRecord], verdict: Verdict) -> Proposal | None:
        bases = {one.path: self.bases[one.path] for one in files}
        return self._services.settle(replace(self.proposal(files), verdict=verdict), bases) if files else None

    def proposal(self, files: Sequence[FileRecord]) -> Proposal:
        """Return the changes of these files as one proposal."""
        return _proposal(self._batch, files, self.bases, [self._edit(one) for one in files])

    def _edit(self, file: FileRecord) -> FileEdit:
        if file.path not in self._edits:
            base = self.bases[file.path]
            changes = replacements_between(base, file.text or "")
            self._edits[file.path] = FileEdit(file.path, "modify", sha256(base), changes)
        return self._edits[file.path]


def _proposal(
    batch: BatchRecord, files: Sequence[FileRecord], bases: Mapping[str, str], edits: Sequence[FileEdit]
) -> Proposal:
    task = " ".join(batch.task.split())
    made = propose(
        agent=AGENT,
        title=task[:70],
        description=f"{task} ({counted(len(files), 'file')})",
        rationale=task,
        risk_level=RiskLevel.LOW,
        edits=edits,
        bases={one.path: bases[one.path] for one in files},
        tags=("swarm", f"batch:{batch.id}"),
    )
    return replace(made, run_id=batch.id, created=time.time(), state=ProposalState.DRAFTED)
