"""`ambient demo`: the whole road on a small real project, in a minute or so."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from ambient_lsp.cli import render
from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import opened, run_async
from ambient_lsp.config import SPECIALISTS
from ambient_lsp.model import DecisionKind, ProposalState, TriggerKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.model import Proposal

SAMPLE = Path(__file__).parent.parent / "data" / "demo"


def demo(
    folder: Annotated[Path | None, typer.Option(help="Make the project here and keep it.")] = None,
    backend: Annotated[str, typer.Option(help="Use this sandbox: auto, docker or bubblewrap.")] = "auto",
) -> int:
    """Make a small project with planted problems, prove fixes for all five kinds, and apply one."""
    if folder is not None:
        return run_async(_demo(folder, backend))
    with tempfile.TemporaryDirectory(prefix="ambient-demo-") as temporary:
        return run_async(_demo(Path(temporary) / "shop", backend))


async def _demo(folder: Path, backend: str) -> int:
    from ambient_lsp.cli.review import follow

    await asyncio.to_thread(make_project, folder)
    out = render.OUT
    out.print(f"[bold]1.[/] A git repository with planted problems and a test suite: {escape(str(folder))}")
    async with opened(folder, backend=backend) as engine:
        for place in await engine.readiness():
            about = f"ready · {place.image}" if place.ready else f"not ready: {place.reason} {place.next_step}"
            out.print(f"   sandbox {place.backend}: {escape(about)}")
        out.print("[bold]2.[/] Five specialists look at it, and every fix is proven in the sandbox.")
        run = engine.submit(engine.trigger(TriggerKind.COMMAND))
        await follow(run, quiet=not render.ERR.is_terminal)
        proposals = engine.proposals(run_id=run.id)
        render.print_review(folder, engine.findings(), proposals, run.record)
        proven = [one for one in proposals if one.state is ProposalState.OFFERED]
        out.print("\n[bold]3.[/] The proof of each kind:")
        for one in _one_of_each(proven):
            out.print(f"\n[bold]{escape(one.agent)}[/] · {escape(one.title)} [dim]({one.id[:8]})[/]")
            if one.verdict is not None:
                out.print(render.verdict_table(one.verdict))
        lacking = [name for name in SPECIALISTS if name not in {one.agent for one in proven}]
        if lacking:
            out.print(f"[red]No proven proposal from {', '.join(lacking)}.[/]")
            return Exit.NOT_PROVEN
        free = [one for one in proven if one.decision and one.decision.kind is DecisionKind.ALLOW]
        chosen = next((one for one in free if all(edit.kind == "modify" for edit in one.edits)), proven[0])
        out.print(f"\n[bold]4.[/] One of them is applied: {escape(chosen.title)}")
        await engine.apply(chosen.id, "demo", approve=True)
    changed = await asyncio.to_thread(_git, folder, "diff", "--stat", "--patch")
    out.print("\n[bold]5.[/] What `git diff` says now:\n")
    out.print(escape(changed))
    return Exit.OK


def make_project(folder: Path) -> None:
    """Write the sample project to `folder` and commit it."""
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "A small shop")


def _one_of_each(proposals: Sequence[Proposal]) -> list[Proposal]:
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
