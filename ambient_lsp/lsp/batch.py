"""A batch in the editor: one task over many files, with progress and cancel, and one review of all that holds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from ambient_lsp.errors import AmbientError, NotAllowed, NotFound, StoreError, Untrusted
from ambient_lsp.events import Progress
from ambient_lsp.lsp import apply, gate
from ambient_lsp.lsp.session import Session
from ambient_lsp.lsp.showing import show_document
from ambient_lsp.lsp.workspaces import Workspace, file_of
from ambient_lsp.model import Proposal, ProposalState
from ambient_lsp.swarm import report
from ambient_lsp.swarm.announcing import announce
from ambient_lsp.swarm.batch import BatchResult, run_batch
from ambient_lsp.swarm.choosing import choose

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient_lsp.config import Config
    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.swarm.journal import FileRecord

_REVIEW, _REPORT = "Review the Changes", "Open the Report"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants done. `workers` and `budget` 0 mean as configured; `apply_low` applies without a review what
    is proven and of low risk."""

    task: str
    folders: tuple[Path, ...]
    globs: tuple[str, ...] = ()
    only_changed: bool = False
    workers: int = 0
    budget: int = 0
    apply_low: bool = False
    resume: str = ""


def order_of(options: Mapping[str, Any], workspace: Workspace) -> Order:
    """Read the arguments of the command. Raises `NotFound` or `NotAllowed`, each with a sentence for the user."""
    engine = workspace.engine
    if engine is None:
        raise NotAllowed(workspace.problem or "Ambient is still starting.", next_step="Try again in a moment.")
    if not engine.trusted:
        raise Untrusted(
            "This folder is not trusted, and a batch sends its files to a model.",
            untouched="Nothing was sent.",
            next_step="Trust the workspace in the editor, or the folder with `ambient trust`.",
        )
    task, resume = str(options.get("task") or "").strip(), str(options.get("resume") or "")
    apply_low = str(options.get("apply") or "none")
    if not task and not resume:
        raise NotFound("There is no task.", next_step="Say in `task` what is to be done in each file.")
    if apply_low not in ("none", "low"):
        raise NotFound(f"`apply` is {apply_low!r}.", next_step="It is `none` or `low`.")
    return Order(
        task,
        tuple(_folder(workspace, one) for one in _listed(options.get("targetDir")) or [""]),
        tuple(_listed(options.get("glob"))),
        bool(options.get("changed")),
        _number(options, "maxWorkers"),
        _number(options, "budget"),
        apply_low == "low",
        resume,
    )


async def plan(workspace: Workspace, order: Order) -> dict[str, Any]:
    """Return what a batch would send, had it been meant: each file with its tokens, about. Nothing is sent."""
    from ambient_lsp.llm.tokens import Estimate

    engine = workspace.engine
    if engine is None:
        raise NotAllowed("The folder is closed.", untouched="Nothing was sent.")
    repository = await (await engine.services()).repository()
    estimate = Estimate()
    files: list[dict[str, Any]] = []
    for path in await _chosen(engine, order):
        snapshot = await repository.read(path)
        files.append({"path": path, "tokens": estimate.tokens(snapshot.text) if snapshot else 0})
    return {
        "run_id": "",
        "files": files,
        "tokens": sum(file["tokens"] for file in files),
        "workers": order.workers or engine.config.swarm.max_workers,
        "budget": order.budget or engine.config.budget.tokens_per_run,
    }


async def run(session: Session, workspace: Workspace, order: Order, run_id: str) -> None:
    """Carry a batch through, and tell the client how it ended (`ambient/swarm`), in whatever way that is."""
    engine = workspace.engine
    if engine is None:
        return
    told: dict[str, Any] = {"run_id": run_id, "batch": "", "state": "failed", "report": "", "message": ""}
    try:
        await _carry_through(session, workspace, engine, order, told)
    except asyncio.CancelledError:
        goes_on = "What is done is kept: `resume` with `last` goes on, and pays for nothing twice."
        _tell(session, told | {"state": "cancelled", "message": f"{told['message']} {goes_on}".strip()})
        raise
    except Exception as error:  # the border of the job: nobody may wait for an end that is never told
        words = str(error) if isinstance(error, AmbientError) else f"The batch failed: {type(error).__name__}: {error}"
        _tell(session, told | {"state": "failed", "message": words})
        session.tell(words, types.MessageType.Error)
        if not isinstance(error, AmbientError):
            raise


async def _carry_through(
    session: Session, workspace: Workspace, engine: Engine, order: Order, told: dict[str, Any]
) -> None:
    """Do it, and tell what came of it. `told` holds what is known by then, should it end otherwise."""

    def cancelled(result: BatchResult) -> None:
        data = report.as_data(result)
        told.update(batch=result.batch.id, message=report.summary(data), counts=data["counts"])
        told["report"] = str(report.write(result, engine.root))

    result = await _work(session, engine, order, told["run_id"], cancelled)
    if result is None:
        words = "No file to work on there; a pattern in `glob` says which files are meant."
        _tell(session, told | {"state": "done", "message": words})
        session.tell(words)
        return
    data = report.as_data(result)
    told.update(batch=result.batch.id, counts=data["counts"], proposals=data["proposals"])
    offered = await announce(engine, result)
    page, problem = await asyncio.to_thread(_written, result, engine.root)
    words = " ".join(part for part in (report.summary(data), result.stopped, problem) if part)
    state = "stopped" if result.stopped else "done"
    _tell(session, told | {"state": state, "message": words, "report": str(page or "")})
    low = result.together.low if order.apply_low and result.together else None
    session.spawn(_offer(session, workspace, offered, page, words, low=low.id if low is not None else ""))


def _written(result: BatchResult, root: Path) -> tuple[Path | None, str]:
    """Write the report; where that fails, say why. What the batch proposes is there all the same."""
    try:
        return report.write(result, root), ""
    except StoreError as error:
        return None, str(error)


async def review(session: Session, workspace: Workspace, offered: list[Proposal]) -> None:
    """Apply what a batch offers, one proposal after the other, each shown to the user first with all of its files."""
    for proposal in offered:
        await apply.run(session, workspace, proposal, f"apply-{proposal.id}", review=True)


def offered_by(workspace: Workspace, batch_id: str) -> list[Proposal]:
    """Return what a batch offers now."""
    engine = workspace.engine
    return engine.proposals((ProposalState.OFFERED,), run_id=batch_id) if engine is not None and batch_id else []


async def _work(
    session: Session, engine: Engine, order: Order, run_id: str, cancelled: Callable[[BatchResult], None]
) -> BatchResult | None:
    paths = [] if order.resume else await _chosen(engine, order)
    if not paths and not order.resume:
        return None
    counted = [0, len(paths), 0]

    def tell(words: str) -> None:
        session.report(Progress(run_id, "swarm", words, counted[0], counted[1]))

    def listen(file: FileRecord, done: int, total: int) -> None:
        counted[:] = [done, total, counted[2] + (file.state == "failed")]
        tell(f"{done} of {total} files{f', {counted[2]} failed' if counted[2] else ''} · {file.path}")

    tell(f"0 of {len(paths)} files")
    return await run_batch(
        engine,
        order.task,
        paths,
        workers=order.workers or engine.config.swarm.max_workers,
        resume=order.resume,
        config=_limited(engine.config, order.budget),
        listen=listen,
        say=tell,
        cancelled=cancelled,
    )


async def _chosen(engine: Engine, order: Order) -> list[str]:
    among = await asyncio.to_thread(_changed, engine.root) if order.only_changed else None
    return await choose(engine, order.folders, order.globs, among=among)


async def _offer(
    session: Session, workspace: Workspace, offered: list[Proposal], page: Path | None, words: str, *, low: str
) -> None:
    """Apply the proposal `low` without a review; ask what to do with the rest."""
    waiting: list[Proposal] = []
    for proposal in offered:
        if proposal.id == low:
            await apply.run(session, workspace, proposal, f"apply-{proposal.id}", review=False)
        else:
            waiting.append(proposal)
    choices = [*([_REVIEW] if waiting else []), *([_REPORT] if page else [])]
    answer = await gate.ask(session, words, choices, urgent=False)
    if answer.title == _REVIEW:
        await review(session, workspace, waiting)
    elif answer.title == _REPORT and page is not None:
        await show_document(session, page.as_uri())


def _tell(session: Session, told: dict[str, Any]) -> None:
    session.protocol.notify("ambient/swarm", told)


def _limited(config: Config, budget: int) -> Config | None:
    if not budget:
        return None
    limits = config.budget.model_copy(update={"tokens_per_run": budget})
    return config.model_copy(update={"budget": limits})


def _changed(root: Path) -> frozenset[str]:
    from ambient_lsp.context import git
    from ambient_lsp.repository.git import GitFailed

    try:
        return frozenset(git.differing(root, untracked=True))
    except (GitFailed, OSError) as error:
        raise NotFound("git cannot say what has changed.", next_step="Name a folder or a pattern instead.") from error


def _folder(workspace: Workspace, given: str) -> Path:
    named = file_of(given) if given.startswith("file:") else workspace.root / given
    path = named.resolve() if named is not None else None
    if path is None or not path.is_relative_to(workspace.root) or not path.exists():
        raise NotFound(f"{given} is not in {workspace.given.name}.", next_step="Name a folder of the project.")
    return path


def _listed(value: object) -> list[str]:
    if isinstance(value, list | tuple):
        return [str(one) for one in value if one]
    return [str(value)] if value else []


def _number(options: Mapping[str, Any], name: str) -> int:
    value = options.get(name) or 0
    if isinstance(value, int | float) and value >= 0:
        return int(value)
    raise NotFound(f"`{name}` is {value!r}.", next_step="It is a number of at least 0.")
