"""What a run tells those who listen, in the order it happens. `Run.events()` yields these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ambient_lsp.model import Finding, Proposal, RunError, RunRecord


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run has begun; `paths` are the files it will look at."""

    run_id: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingsReported:
    """One agent has looked at one file. `findings` replaces all that this agent said of the file before.

    `glance` marks a first look at the text, which sees only some of what there is: it adds to what the agent said of an
    older text, until the agent has looked. `thinking` says that a model is being asked, or soon will be: more of its
    findings may come, those that are here may be withdrawn, and what it said before holds until it has been asked.
    """

    run_id: str
    agent: str
    path: str
    sha256: str
    findings: tuple[Finding, ...]
    glance: bool = False
    thinking: bool = False


@dataclass(frozen=True, slots=True)
class ProposalChanged:
    """A proposal is new or has another state. It has been stored before this is sent."""

    run_id: str
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the run is. `done` of `total` steps; `message` is for the user ("3/5 agents · billing.py")."""

    run_id: str
    stage: str
    message: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ModelCondition:
    """How the model was when a run had asked it: it answered, nobody could be reached (or asked: a wrong key, say), or
    a limit of the budget was in the way. `message` is for the user, `setting` the limit's."""

    run_id: str
    state: Literal["answers", "unavailable", "spent"]
    message: str = ""
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of the run did not work; the rest goes on."""

    run_id: str
    error: RunError


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The last event of every run, cancelled ones too."""

    run_id: str
    record: RunRecord


Event = RunStarted | FindingsReported | ProposalChanged | Progress | ModelCondition | Problem | RunEnded
