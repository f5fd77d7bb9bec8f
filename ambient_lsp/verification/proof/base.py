"""What every prover is given, and what it answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ambient_lsp.model import CheckResult, Measurement, VerdictOutcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from ambient_lsp.model import Proposal
    from ambient_lsp.protocols import Recheck
    from ambient_lsp.verification.selection import Selection
    from ambient_lsp.verification.testrun import TestRun
    from ambient_lsp.verification.trees import OpenTree


@dataclass(frozen=True, slots=True)
class Case:
    """A proposal in front of its prover. `bases` and `patched` map each touched path to its text, None for missing.

    `cpu` runs what parses these texts in another process: nobody knows what is in them.
    """

    proposal: Proposal
    bases: Mapping[str, str | None]
    patched: Mapping[str, str | None]
    recheck: Recheck
    settings: Mapping[str, Any]
    cpu: Callable[..., Awaitable[Any]] = asyncio.to_thread

    @property
    def params(self) -> Mapping[str, Any]:
        """What the specialist promised in detail."""
        return self.proposal.proof.params

    @property
    def targets(self) -> dict[str, tuple[str, ...]]:
        """The code that the proof is about: path -> qualified names of functions, () for all of the file.

        Read from `params["targets"]`, pairs of path and name, or from `params["path"]` and `params["functions"]`.
        """
        pairs = [(str(pair[0]), str(pair[1])) for pair in self.params.get("targets", ())]
        if path := self.params.get("path"):
            pairs += [(str(path), str(name)) for name in self.params.get("functions", ())] or [(str(path), "")]
        paths = dict.fromkeys(path for path, _ in pairs)
        return {path: tuple(name for other, name in pairs if other == path and name) for path in paths}


@dataclass(frozen=True, slots=True)
class Trial:
    """What ran in the sandbox: the patched tree, still open, and the tests on both trees."""

    tree: OpenTree
    selection: Selection
    base: TestRun
    patched: TestRun


@dataclass(frozen=True, slots=True)
class Proof:
    """A prover's answer; `reason` is a clause that ends up in the verdict's sentence ("the finding is gone")."""

    outcome: VerdictOutcome
    reason: str
    measurements: tuple[Measurement, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    unshown: tuple[str, ...] = ()


class TextProver(Protocol):
    """Shows its point on the texts alone, while the tests run."""

    async def __call__(self, case: Case) -> Proof:
        """Judge. Raises nothing on purpose."""
        ...


class SandboxProver(Protocol):
    """Shows its point by running code in the patched tree, after the tests."""

    async def __call__(self, case: Case, trial: Trial) -> Proof:
        """Judge. Raises nothing on purpose."""
        ...


def passed(reason: str, *measurements: Measurement) -> Proof:
    """Return a proof that holds."""
    return Proof(VerdictOutcome.PASSED, reason, measurements)


def failed(reason: str, *measurements: Measurement) -> Proof:
    """Return a proof that was tried and does not hold."""
    return Proof(VerdictOutcome.FAILED, reason, measurements)


def inconclusive(reason: str, *measurements: Measurement) -> Proof:
    """Return that nothing could be shown."""
    return Proof(VerdictOutcome.INCONCLUSIVE, reason, measurements)
