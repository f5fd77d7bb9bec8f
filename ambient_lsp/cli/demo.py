"""`ambient demo`: the whole road on a small real project, in a minute or so."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import Backend, BackendOption, opened, run_async
from ambient_lsp.errors import SandboxUnavailable, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.model import Proposal

SAMPLE = Path(__file__).parent.parent / "data" / "demo"


def demo(
    folder: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Make the project here and keep it.")] = None,
    backend: BackendOption = None,
) -> int:
    """Make a small project with planted problems, prove fixes for all five kinds, and apply one."""
    if folder is not None:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise WorkspaceError(
                f"{folder} is already there.",
                untouched="It was left alone.",
                next_step="Name a folder that is new or empty.",
            )
        return run_async(_demo(folder.resolve(), backend))
    with tempfile.TemporaryDirectory(prefix="ambient-demo-") as temporary:
        return run_async(_demo(Path(temporary) / "shop", backend))


async def _demo(folder: Path, backend: Backend | None) -> int:
    import asyncio

    from rich.markup import escape

    from ambient_lsp.cli import render
    from ambient_lsp.config import SPECIALISTS
    from ambient_lsp.model import DecisionKind

    await asyncio.to_thread(make_project, folder)
    out = render.OUT
    out.print(f"[bold]1.[/] A git repository with planted problems and a test suite: {escape(str(folder))}")
    async with opened(folder, backend=backend) as engine:
        await _say_where(engine)
        out.print("[bold]2.[/] Five specialists look at it, and every fix is proven in the sandbox.\n")
        proven = await _review(engine)
        out.print("\n[bold]3.[/] The proof of each kind:")
        for one in _one_of_each(proven):
            out.print(f"\n[bold]{escape(one.agent)}[/] · {escape(one.title)} [dim]({one.id[:8]})[/]")
            if one.verdict is not None:
                out.print(render.proof_table(one.verdict))
        lacking = [name for name in SPECIALISTS if name not in {one.agent for one in proven}]
        if lacking:
            out.print(f"\n[red]No proven proposal from {', '.join(lacking)}.[/]")
            return Exit.NOT_PROVEN
        free = [one for one in proven if one.decision and one.decision.kind is DecisionKind.ALLOW]
        chosen = next((one for one in free if all(edit.kind == "modify" for edit in one.edits)), proven[0])
        out.print(f"\n[bold]4.[/] One of them is applied: {escape(chosen.title)}")
        await engine.apply(chosen.id, "demo", approve=True)
    changed = await asyncio.to_thread(_git, folder, "diff")
    out.print("\n[bold]5.[/] What `git diff` says now:\n")
    render.print_patch(changed)
    return Exit.OK


async def _say_where(engine: Engine) -> None:
    from rich.markup import escape

    from ambient_lsp.cli import render

    places = await engine.readiness()
    for place in places:
        about = f"ready · {place.image}" if place.ready else f"not ready: {place.reason} {place.next_step}"
        render.OUT.print(f"   sandbox {place.backend}: {escape(about)}", soft_wrap=True)
    if not any(place.ready for place in places):
        raise SandboxUnavailable(
            "No sandbox is ready, and without one nothing can be proven.",
            untouched="Nothing was run.",
            next_step="`ambient doctor` says what is missing.",
        )


async def _review(engine: Engine) -> list[Proposal]:
    """Show a whole review, and return what was proven."""
    from ambient_lsp.cli import render
    from ambient_lsp.cli.review import follow
    from ambient_lsp.model import ProposalState, TriggerKind

    run = engine.submit(engine.trigger(TriggerKind.COMMAND))
    await follow(run)
    proposals = engine.proposals(run_id=run.id)
    render.print_review(engine.findings(), proposals, run.record)
    return [one for one in proposals if one.state is ProposalState.OFFERED]


def make_project(folder: Path) -> None:
    """Write the sample project to `folder` and commit it."""
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "A small shop")


def _one_of_each(proposals: Sequence[Proposal]) -> list[Proposal]:
    from ambient_lsp.config import SPECIALISTS

    first: dict[str, Proposal] = {}
    for proposal in proposals:
        first.setdefault(proposal.agent, proposal)
    return [first[name] for name in SPECIALISTS if name in first]


def _git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ambient demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    return done.stdout
