"""The seams: what the engine asks of those who do the work. Adapters implement these; nothing here does anything.

Who implements what: `agents/` the specialists (`Proposer`), `sandbox/` the backends (`Sandbox`, `Session`),
`store/` the memory (`Store`), `engine/` the workbench that specialists are handed (`Workbench`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from ambient_lsp.model import (
    Context,
    Dismissal,
    FileEdit,
    Finding,
    Outcome,
    Proposal,
    ProposalState,
    RunRecord,
    Snapshot,
    Trigger,
)

T = TypeVar("T")


# ---------------------------------------------------------------------------------------------- specialists


@runtime_checkable
class Proposer(Protocol):
    """Anything that proposes a change: the five specialists, custom ones, and later models and workers."""

    name: str

    def propose(self, context: Context, bench: Workbench) -> AsyncIterator[Finding | Proposal]:
        """Yield findings as soon as they are known, and proposals that fix them. Never writes a file."""
        ...

    async def refine(self, proposals: Sequence[Proposal], context: Context) -> Sequence[Proposal]:
        """Return this specialist's own proposals after it has seen everybody's; the same ones if nothing changes."""
        ...


@runtime_checkable
class Eager(Protocol):
    """A specialist that can do work before anybody asks: reading what it knows of the whole repository."""

    async def warm(self, context: Context, bench: Workbench) -> None:
        """Do now what the first look would wait for. `context` has no targets."""
        ...


class Workbench(Protocol):
    """What a specialist may use beside the frozen context."""

    async def read(self, path: str) -> Snapshot | None:
        """Return a file's current text, unsaved edits included; None where it is missing, binary or too large."""
        ...

    async def cpu(self, function: Callable[..., T], /, *args: Any) -> T:
        """Run a module-level function in a warm worker process. Arguments and result must pickle."""
        ...

    async def coverage(self) -> Coverage | None:
        """Return the lines that the project's tests ran, by test; None if the suite could not be run in a sandbox."""
        ...

    async def moody(self, paths: Sequence[str]) -> Mapping[str, str] | None:
        """Run test files in random order, a few times; return the tests that pass in their own order and not so.

        Maps a test's identity to what it said when it failed; None if that could not be done in a sandbox.
        """
        ...

    async def observe(self, calls: Sequence[str], setup: str) -> Sequence[Observation] | None:
        """Evaluate Python expressions in the sandbox, on the base tree, after running the source `setup`.

        Return one observation for each call, in order; None if that could not be done in a sandbox.
        """
        ...

    def settings(self, agent: str) -> Mapping[str, Any]:
        """Return the agent's own section of the configuration, defaults filled in."""
        ...


class EventSource(Protocol):
    """Something outside that knows when to look: a queue, a ticket system, a build server."""

    async def poll(self) -> Sequence[Trigger]:
        """Return what to look at since the last call; nothing most of the time."""
        ...


@dataclass(frozen=True, slots=True)
class Observation:
    """What one expression did. `exception` is the name of the exception's type, empty when it gave a value.

    `value_repr` is the value's `repr`, empty when it was too long to keep. `deterministic` says that a second run, in
    another process with another hash seed, in another order, did the same. `message` is what the exception says.
    `changed` is the first argument that is not as it was, as the call left it, and `changed_at` its place. `again` is
    what a second call in the same process gave, where that was something else. `steps` stand for the ways through the
    code that the call took.
    """

    expression: str
    value_repr: str
    type_name: str
    exception: str = ""
    deterministic: bool = True
    message: str = ""
    changed: str = ""
    changed_at: int = 0
    again: str = ""
    steps: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """A real run of the project's tests. `executed` and `missing` map a path to line numbers, counted from 1.

    `tests_by_line` maps (path, line) to the identities of the tests that ran it. `branches` maps a path to its lines
    with more than one way on, each with (ways taken, ways); `tests_by_branch` maps (path, line, next line) to tests.
    `unloaded` are test files that could not be loaded: what they would have run is not known.
    """

    executed: Mapping[str, frozenset[int]]
    missing: Mapping[str, frozenset[int]]
    tests_by_line: Mapping[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    branches: Mapping[str, Mapping[int, tuple[int, int]]] = field(default_factory=dict)
    tests_by_branch: Mapping[tuple[str, int, int], tuple[str, ...]] = field(default_factory=dict)
    unloaded: frozenset[str] = frozenset()


# -------------------------------------------------------------------------------------------------- sandbox


@dataclass(frozen=True, slots=True)
class Limits:
    """What one command may use. `memory` is bytes, `output` the bytes kept of each stream, `disk` the bytes it may
    write outside the tree (`/tmp`)."""

    seconds: float = 300.0
    memory: int = 2 << 30
    cpus: float = 2.0
    pids: int = 100
    output: int = 4 << 20
    disk: int = 512 << 20


@dataclass(frozen=True, slots=True)
class Command:
    """One command for the sandbox: argv only, never a shell line. `cwd` is relative to the tree.

    `trusted` marks Ambient's own harness scripts, which the allow-list does not judge.
    """

    argv: tuple[str, ...]
    cwd: str = "."
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command did. `exit_code` is None when it was killed; `killed` then says why ("timeout", "memory",
    "cancelled"). 126 means refused by the allow-list, 127 not found in the sandbox."""

    exit_code: int | None
    stdout: str
    stderr: str
    seconds: float
    killed: str = ""
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a backend can be used now. `image` is the image digest or the interpreter; `reason` and `next_step` are
    for the user when it is not ready."""

    ready: bool
    backend: str
    image: str = ""
    reason: str = ""
    next_step: str = ""


class Session(Protocol):
    """One tree inside one sandbox. Paths inside: the tree is at `tree`, our scripts (read-only) at `harness`, and
    `results` is a folder whose files the caller can read afterwards. `python` is the project's interpreter. `image`
    says in words what it runs on: the image's digest, or the interpreter, and whether dependencies are missing."""

    tree: str
    harness: str
    results: str
    python: str
    image: str

    async def run(self, command: Command) -> CommandResult:
        """Run a command to its end. Raises `CommandRefused`; cancelling kills every process it started."""
        ...


class Sandbox(Protocol):
    """A place where code of the repository may run: no network, no host files, limits, nothing left behind."""

    name: str

    async def probe(self) -> Readiness:
        """Say whether this backend works now, by running something in it."""
        ...

    def session(
        self, tree: Path, *, project: Path, results: Path, harness: Path
    ) -> AbstractAsyncContextManager[Session]:
        """Open a sandbox on a checkout. `tree` is mounted writable without its `.git`; `project` is the user's root,
        where a virtual environment may be (seen read-only, at its own path). Leaving ends all that runs inside."""
        ...

    async def reap(self) -> int:
        """Remove what an earlier, killed process of ours left behind; return how many things that was."""
        ...

    async def close(self) -> None:
        """Release everything."""
        ...


# ---------------------------------------------------------------------------------------------- repository


class Checkouts(Protocol):
    """Where trees come from: the repository's current content as a git tree, and checkouts of it outside the repo."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the last tree and checkout left out and why, a sentence each (submodules, files that are too large)."""
        ...

    async def current(self, snapshots: Sequence[Snapshot] = ()) -> str:
        """Return the id of a git tree that holds the current content: tracked and untracked files that are not
        ignored, uncommitted changes, and `snapshots` (unsaved buffers) on top. Never touches index, HEAD or files."""
        ...

    def checkout(self, tree: str, edits: Sequence[FileEdit] = ()) -> AbstractAsyncContextManager[Path]:
        """Open a writable folder with the tree's files and `edits` applied. Leaving it gives the folder back."""
        ...

    async def record(self, proposal: Proposal, tree: str) -> str:
        """Keep the proposal as a commit on `tree` under `refs/ambient/proposals/<id>`; return the commit's id."""
        ...

    async def recorded(self) -> list[str]:
        """Return the ids of the proposals that have a commit."""
        ...

    async def forget(self, ids: Iterable[str]) -> None:
        """Drop the references of proposals that have ended."""
        ...

    async def reap(self) -> int:
        """Remove what an earlier, killed process of ours left behind; return how many things that was."""
        ...

    async def close(self) -> None:
        """Give back everything that is still open."""
        ...


# --------------------------------------------------------------------------------------------- verification


class Recheck(Protocol):
    """Runs one specialist's analyzers again, on texts that exist only in memory."""

    async def __call__(self, agent: str, texts: Mapping[str, str | None]) -> list[Finding]:
        """Return what `agent` finds in `texts` (path -> text, None for a deleted file)."""
        ...


# ---------------------------------------------------------------------------------------------------- store


class Store(Protocol):
    """The memory of one repository. Synchronous and quick (one SQLite file: `path`); what it returned from is kept."""

    path: Path

    def transaction(self) -> AbstractContextManager[None]:
        """Make everything that is written inside durable together or not at all; nobody else writes meanwhile."""
        ...

    def save_proposal(self, proposal: Proposal) -> None:
        """Insert or replace."""
        ...

    def proposal(self, proposal_id: str) -> Proposal:
        """Return one, by id or unambiguous prefix (at least 4 characters). Raises `NotFound`."""
        ...

    def proposals(
        self, *, states: Sequence[ProposalState] = (), paths: Sequence[str] = (), run_id: str = ""
    ) -> list[Proposal]:
        """Return those that match all that is given, newest first."""
        ...

    def save_findings(self, agent: str, path: str, sha256: str, findings: Sequence[Finding]) -> None:
        """Replace what `agent` said of `path`."""
        ...

    def findings(self, *, path: str = "") -> list[Finding]:
        """Return current findings, of one file or of all."""
        ...

    def found_in(self) -> set[tuple[str, str]]:
        """Return the (agent, path) that have findings."""
        ...

    def finding(self, finding_id: str) -> Finding:
        """Return one. Raises `NotFound`."""
        ...

    def record_outcome(self, outcome: Outcome) -> None:
        """Append to the audit log; never changed afterwards."""
        ...

    def outcomes(self, proposal_id: str = "") -> list[Outcome]:
        """Return the audit log, oldest first."""
        ...

    def dismiss(self, dismissal: Dismissal) -> None:
        """Remember a dismissal."""
        ...

    def dismissals(self, now: float) -> list[Dismissal]:
        """Return those that have not expired."""
        ...

    def save_run(self, run: RunRecord) -> None:
        """Insert or replace."""
        ...

    def runs(self, limit: int = 20) -> list[RunRecord]:
        """Return the newest runs."""
        ...

    def save_text(self, text: str) -> str:
        """Keep the text that an edit is bound to; return its sha256."""
        ...

    def text(self, sha256: str) -> str:
        """Return a kept text. Raises `NotFound`."""
        ...

    def set_value(self, key: str, value: str) -> None:
        """Keep a small fact (a cache key, a counter)."""
        ...

    def get_value(self, key: str, default: str = "") -> str:
        """Return a small fact."""
        ...

    def close(self) -> None:
        """Flush and close."""
        ...
