"""The values that travel along the road: frozen, comparable, and free of behaviour beyond derived facts.

Units used everywhere:

* A *path* is relative to the repository root, with forward slashes (`src/app.py`).
* An *offset* counts code points from the start of a file's text. A *line* and a *column* count from 0; a column is in
  code points too. Only `text.py` knows how editors count.
* A file's *text* has its byte-order mark taken off and its line endings kept as they are.
* A *sha256* is the hash of that text in UTF-8, so a buffer and the file it came from have the same one.
* Times are seconds since the epoch; durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

Json = Any
"""A value made of dict, list, str, int, float, bool and None."""


class TriggerKind(StrEnum):
    """What woke the engine."""

    OPEN = "open"
    SAVE = "save"
    CHANGE = "change"
    COMMAND = "command"
    SCHEDULE = "schedule"
    GIT_HOOK = "git-hook"
    WEBHOOK = "webhook"
    MISSION = "mission"


class Severity(StrEnum):
    """How much a finding matters; the order is that of the editors' own levels."""

    HINT = "hint"
    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for a hint up to 3 for an error."""
        return list(Severity).index(self)


class RiskLevel(StrEnum):
    """How much harm a proposal could do."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low up to 3 for critical."""
        return list(RiskLevel).index(self)


class ProposalState(StrEnum):
    """Where a proposal stands on the road."""

    DRAFTED = "drafted"
    CHECKING = "checking"
    OFFERED = "offered"
    BLOCKED = "blocked"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    CONFLICT = "conflict"
    APPLIED = "applied"
    PARTLY = "partly"
    DISMISSED = "dismissed"
    STALE = "stale"
    REVERTED = "reverted"


class ProofKind(StrEnum):
    """What must be shown, beside the project's own checks, before a proposal is offered."""

    FINDINGS_GONE = "findings-gone"
    SAME_TREE = "same-tree"
    SIMPLER = "simpler"
    FASTER = "faster"
    TESTS = "tests"
    CHECKS = "checks"


class VerdictOutcome(StrEnum):
    """`INCONCLUSIVE` means that it could not be checked; it is never a pass."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


class DecisionKind(StrEnum):
    """What the risk policy says; later ones are stricter."""

    ALLOW = "allow"
    CONFIRM = "confirm"
    BLOCK = "block"

    @property
    def rank(self) -> int:
        """0 for allow, 1 for confirm, 2 for block."""
        return list(DecisionKind).index(self)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of text between two (line, column) points; the end is not part of it."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One file's text, frozen at one moment.

    `version` is the editor's number for an open buffer and None for text read from disk. `encoding` is the Python
    codec name; `newline` is the ending that most lines have; `bom` tells whether the bytes start with a mark.
    """

    root: Path
    path: str
    text: str
    sha256: str
    newline: str = "\n"
    encoding: str = "utf-8"
    bom: bool = False
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """A reason to look at some files. No `paths` means the whole repository.

    `snapshots` hold the unsaved buffers at that moment, of any file of the repository, not only of `paths`.
    `new_since` asks for new code only, and names the revision that it is compared with; `baseline` False asks for
    fixes of what the baseline file holds too.
    """

    id: str
    kind: TriggerKind
    paths: tuple[str, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    failing_log: str = ""
    verify: bool = True
    new_since: str = ""
    baseline: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place that supports a finding, with a sentence that says how."""

    path: str
    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Rationale:
    """One specialist's reason. A merged finding or proposal keeps every reason."""

    agent: str
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth telling, at a place in a file.

    `id` is exact: rule, path, normalised code and occurrence; never a line number or an absolute path.
    `fingerprint` is structural: it survives edits nearby, moves and renamed variables, and is used to remember.
    `base_sha256` is the text it was found in. `origin` is the rule of another tool that it was made from (ruff's
    `S608`). `confidence` (0 to 1) follows from the evidence, see `engine/confidence.py`; 0 where nobody has judged it.
    `hidden` says why it is kept but not shown, see `engine/showing.py`.
    """

    id: str
    fingerprint: str
    agent: str
    rule: str
    path: str
    span: Span
    severity: Severity
    message: str
    base_sha256: str
    evidence: tuple[Evidence, ...] = ()
    rationales: tuple[Rationale, ...] = ()
    tags: tuple[str, ...] = ()
    origin: str = ""
    confidence: float = 0.0
    hidden: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Replacement:
    """Offsets `start` to `end` of the base text become `text`. An insertion has `start == end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class FileEdit:
    """The one normal form of a change to one file, bound to the text it was made for.

    kind      what is set
    modify    `base_sha256`, `replacements` (sorted, not overlapping)
    create    `text`; the file must not exist
    delete    `base_sha256`
    rename    `base_sha256`, `new_path`, and `replacements` if the text changes too
    """

    path: str
    kind: Literal["modify", "create", "delete", "rename"] = "modify"
    base_sha256: str | None = None
    replacements: tuple[Replacement, ...] = ()
    text: str | None = None
    new_path: str | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that this edit reads or writes."""
        return (self.path,) if self.new_path is None else (self.path, self.new_path)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number before and after a change, in `unit`; `name` says of what."""

    name: str
    before: float
    after: float
    unit: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check on the base and on the patched tree.

    `base` and `patched` map a test's identity (`tests/test_a.py::test_b`, or a diagnostic's text) to its outcome
    ("passed", "failed", "error", "skipped"). Only `new_failures` count against a patch; `flaky` ones failed and then
    passed on the same text, so they count neither way.
    """

    name: str
    argv: tuple[str, ...]
    outcome: VerdictOutcome
    base: Mapping[str, str] = field(default_factory=dict)
    patched: Mapping[str, str] = field(default_factory=dict)
    new_failures: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the sandbox showed. `sandbox` names the backend and `image` the digest or interpreter it ran on.

    `selection` says which tests ran ("3 of 41 test files, reached by imports"). `reason` is one plain sentence.
    `unshown` are the files with a change that no passing test runs.
    `conditions` is a hash of what the result depends on beside the tree and the image.
    """

    outcome: VerdictOutcome
    reason: str
    checks: tuple[CheckResult, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    sandbox: str = ""
    image: str = ""
    selection: str = ""
    tree: str = ""
    seconds: float = 0.0
    conditions: str = ""
    unshown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What the risk policy says about a proposal, and why, in words that a user reads."""

    kind: DecisionKind
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProofPlan:
    """What a specialist promises about its proposal; `params` are for the prover (see `verification/proof/`)."""

    kind: ProofKind
    params: Mapping[str, Json] = field(default_factory=dict)


PART = "part"
"""The tag of a proposal that is some pieces of another one, chosen by a person."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that somebody proposes, with everything that is known about it.

    `diff`, `files_touched` and `estimated_loc_change` are computed from `edits`, never taken from a model; make one
    with `patching.edits.propose`. `rules` are those of its findings, `part_of` is the proposal
    that it is some pieces of.
    """

    id: str
    agent: str
    title: str
    description: str
    rationale: str
    risk_level: RiskLevel
    edits: tuple[FileEdit, ...]
    diff: str
    files_touched: tuple[str, ...]
    estimated_loc_change: int
    tags: tuple[str, ...] = ()
    finding_ids: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    proof: ProofPlan = ProofPlan(ProofKind.CHECKS)
    rationales: tuple[Rationale, ...] = ()
    score: float = 0.0
    state: ProposalState = ProposalState.DRAFTED
    decision: Decision | None = None
    verdict: Verdict | None = None
    commit: str = ""
    run_id: str = ""
    created: float = 0.0
    rules: tuple[str, ...] = ()
    part_of: str = ""

    @property
    def proven(self) -> bool:
        """Whether the sandbox showed that it holds."""
        return self.verdict is not None and self.verdict.outcome is VerdictOutcome.PASSED


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a proposal. `who` is a user or a client's name, `content_sha256` what they decided upon, `rules`
    those of the proposal's findings."""

    proposal_id: str
    kind: Literal["applied", "partly", "approved", "dismissed", "stale", "reverted", "refused"]
    who: str
    when: float
    reason: str = ""
    content_sha256: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dismissal:
    """A finding that nobody wants to see again, remembered by structure. `expires` 0 means never."""

    fingerprint: str
    rule: str
    path: str
    reason: str
    who: str
    when: float
    expires: float = 0.0


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known about one tracked file without reading it again. `blob` is git's id of the content.

    `imports` are module names as written; `symbols` are (name, kind, line) of top-level and class-level definitions.
    """

    path: str
    size: int
    blob: str
    module: str = ""
    imports: tuple[str, ...] = ()
    symbols: tuple[tuple[str, str, int], ...] = ()
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What a specialist is told about the repository, frozen for one run.

    `targets` are the files to look at. `tree` maps every file worth knowing to its facts. `impact` maps a target to
    the files that import it (radius 2, nearest first) and `tests` to the test files that reach it. `conventions` holds
    what config files ask for (`line-length`, `test-framework`, ...). `hot_paths` come from failing logs, most often
    named first. `skipped` maps a path to the reason it was left out. Where findings alone are asked for, `fixes` is
    False, and a specialist spares the work of proposing.
    """

    root: Path
    head: str
    targets: tuple[Snapshot, ...]
    tree: Mapping[str, FileFacts] = field(default_factory=dict)
    conventions: Mapping[str, Json] = field(default_factory=dict)
    diff: str = ""
    hot_paths: tuple[str, ...] = ()
    impact: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    important_files: Mapping[str, str] = field(default_factory=dict)
    failing_log: str = ""
    skipped: Mapping[str, str] = field(default_factory=dict)
    fixes: bool = True


@dataclass(frozen=True, slots=True)
class RunError:
    """A part of a run that did not work, in words for the user. `where` names the agent, check or file."""

    where: str
    message: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a run did. `state` is "running", "done", "cancelled" or "failed"; `ended` is 0 while it runs."""

    id: str
    trigger: TriggerKind
    paths: tuple[str, ...]
    started: float
    state: Literal["running", "done", "cancelled", "failed"] = "running"
    ended: float = 0.0
    findings: int = 0
    proposals: int = 0
    offered: int = 0
    errors: tuple[RunError, ...] = ()
