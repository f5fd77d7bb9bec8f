"""A tree of the project, checked out and opened in a sandbox, with a place where our scripts report to."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import itertools
import json
import shutil
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ambient_lsp import owner
from ambient_lsp.protocols import Command, CommandResult, Limits
from ambient_lsp.verification import untrusted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from ambient_lsp.model import FileEdit
    from ambient_lsp.protocols import Checkouts, Sandbox, Session

_HARNESS = Path(__file__).parent / "harness"
REPEATABLE = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "PY_COLORS": "0",
    "NO_COLOR": "1",
    "RUFF_OUTPUT_FORMAT": "concise",
    "RUFF_NO_CACHE": "true",
}
"""Environment for every run, so that two runs of the same tree say the same, a diagnostic on one line."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a script of ours reported (`records`, each with a `kind`), and what its process did."""

    records: tuple[Mapping[str, Any], ...]
    result: CommandResult

    @property
    def ended(self) -> bool:
        """Whether the script came to its own end."""
        return any(record["kind"] == "end" for record in self.records)

    def of(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """Yield the records of one kind, in order."""
        return (record for record in self.records if record["kind"] == kind)


@dataclass(frozen=True, slots=True)
class OpenTree:
    """One checkout in one running sandbox. `folder` is the checkout and `results` the report folder on the host."""

    session: Session
    folder: Path
    results: Path
    limits: Limits
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def inside(self, path: str) -> str:
        """Return where a file of the tree is inside the sandbox."""
        return f"{self.session.tree}/{path}"

    def outside(self, path: str) -> str | None:
        """Return the repo-relative path of a file inside the sandbox; None when it is not in the tree."""
        prefix = self.session.tree.rstrip("/") + "/"
        return path[len(prefix) :] if path.startswith(prefix) else None

    async def put(self, name: str, text: str) -> str:
        """Lay a file into the report folder for our scripts; return its path inside."""
        await asyncio.to_thread(untrusted.write_text, self.results, name, text)
        return f"{self.session.results}/{name}"

    async def script(
        self, argv: Sequence[str], job: Mapping[str, Any], *, env: Mapping[str, str] | None = None
    ) -> Report:
        """Run one of our scripts (`argv`: its file's name, then arguments) on the project's interpreter."""
        name, *arguments = argv
        number = next(self._numbers)
        out = f"report-{number}.jsonl"
        job_file = await self.put(f"job-{number}.json", json.dumps({**job, "out": f"{self.session.results}/{out}"}))
        result = await self.session.run(
            Command(
                (self.session.python, f"{self.session.harness}/{name}", *arguments),
                env={**REPEATABLE, "AMBIENT_JOB": job_file, **(env or {})},
                limits=self.limits,
                trusted=True,
            )
        )
        return Report(await asyncio.to_thread(_records, self.results, out), result)


@asynccontextmanager
async def open_tree(
    sandbox: Sandbox,
    checkouts: Checkouts,
    *,
    project: Path,
    cache_dir: Path,
    limits: Limits,
    tree: str,
    edits: Sequence[FileEdit] = (),
) -> AsyncIterator[OpenTree]:
    """Check `tree` out with `edits`, and open a sandbox on it. Leaving gives everything back."""
    harness = await asyncio.to_thread(stage_harness, cache_dir)
    results = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=_own("results"), dir=cache_dir))
    try:
        async with (
            checkouts.checkout(tree, edits) as folder,
            sandbox.session(folder, project=project, results=results, harness=harness) as session,
        ):
            yield OpenTree(session, folder, results, limits)
    finally:
        await asyncio.to_thread(shutil.rmtree, results, ignore_errors=True)


def stage_harness(cache_dir: Path) -> Path:
    """Lay our scripts, and a copy of coverage.py for projects that do not have it, into one folder; return it.

    The folder's name holds a hash of the scripts, so a newer Ambient never runs with older ones.
    """
    scripts = sorted(_HARNESS.glob("*.py"))
    digest = hashlib.sha256(b"".join(script.read_bytes() for script in scripts)).hexdigest()[:12]
    target = cache_dir / f"harness-{digest}"
    if target.is_dir():
        return target
    cache_dir.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=_own("staging"), dir=cache_dir))
    staging.chmod(0o755)  # the sandbox may run as another user
    for script in scripts:
        shutil.copyfile(script, staging / script.name)
    spec = importlib.util.find_spec("coverage")
    if spec is not None and spec.origin is not None:
        ignored = shutil.ignore_patterns("__pycache__", "htmlfiles")
        shutil.copytree(Path(spec.origin).parent, staging / "vendor" / "coverage", ignore=ignored)
    try:
        staging.rename(target)
    except OSError:  # another process was quicker; theirs is the same
        shutil.rmtree(staging, ignore_errors=True)
    return target


def reap(cache_dir: Path) -> None:
    """Remove the folders that killed processes left below `cache_dir`."""
    for folder in [*cache_dir.glob("results-*-*-*"), *cache_dir.glob("staging-*-*-*")]:
        _, pid, started, _ = folder.name.split("-", 3)
        if not owner.alive(f"{pid}:{started}"):
            shutil.rmtree(folder, ignore_errors=True)


def _own(kind: str) -> str:
    """Return a name that tells whose a folder is."""
    return f"{kind}-{owner.current().replace(':', '-')}-"


def _records(folder: Path, name: str) -> tuple[Mapping[str, Any], ...]:
    """Read JSON lines; the last one may be cut where the process was killed."""
    records = []
    for line in (untrusted.read_text(folder, name) or "").split("\n"):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict) and "kind" in record:
            records.append(record)
    return tuple(records)
