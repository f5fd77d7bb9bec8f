"""`ambient watch`: review files as they change, without an editor."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import find_root, opened, run_async

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.engine.engine import Engine


BURST = 200
"""More changed files than this at once are a checkout or a build, not somebody's work: git says what differs."""


def watch(
    root: Annotated[Path, typer.Argument(help="The project's folder.")] = Path(),
    backend: Annotated[str, typer.Option(help="Use this sandbox: auto, docker, bubblewrap or none.")] = "",
) -> int:
    """Review files when they change, and changed files now and then, until Ctrl-C."""
    return run_async(_watch(find_root(root), backend))


async def _watch(root: Path, backend: str) -> int:
    from ambient_lsp.cli.render import ERR, OUT

    async with opened(root, backend=backend) as engine:
        if not engine.config.monitoring.enabled:
            ERR.print("monitoring.enabled is false in the configuration, so there is nothing to watch.")
            return Exit.USAGE
        if not engine.leader:
            ERR.print("Another Ambient already watches this folder; its results are shown here.")
        engine.warm()
        for source in (await engine.services()).event_sources():
            engine.register_event_source(source)
        OUT.print(f"Watching [bold]{escape(str(root))}[/]. Ctrl-C ends it.")
        async with asyncio.TaskGroup() as group:
            group.create_task(_show(engine))
            group.create_task(_changes(engine))
            group.create_task(_now_and_then(engine))
    return Exit.OK


async def _changes(engine: Engine) -> None:
    from ambient_lsp.context.watch import Rescan, changes
    from ambient_lsp.model import TriggerKind

    services = await engine.services()
    quiet = engine.config.monitoring.debounce_seconds
    async for batch in changes(engine.root, debounce=quiet, ignore=services.ignored()):
        if isinstance(batch, Rescan) or len(batch) > BURST:
            await services.rescan()
            await _review_changed(engine)
            continue
        paths = await services.changed(sorted(batch))
        if paths:
            engine.submit(engine.trigger(TriggerKind.CHANGE, paths))


async def _now_and_then(engine: Engine) -> None:
    pause = engine.config.monitoring.check_interval_seconds
    while pause:
        await asyncio.sleep(pause)
        await _review_changed(engine)


async def _review_changed(engine: Engine) -> None:
    """Review what differs from HEAD and was not reviewed in this state before."""
    from ambient_lsp.model import TriggerKind

    paths = await (await engine.services()).unreviewed()
    if paths:
        engine.submit(engine.trigger(TriggerKind.SCHEDULE, paths))


async def _show(engine: Engine) -> None:
    from ambient_lsp.cli.render import OUT, reason_of
    from ambient_lsp.events import FindingsReported, Problem, ProposalChanged, RunStarted
    from ambient_lsp.model import ProposalState

    async for event in engine.events():
        if isinstance(event, RunStarted):
            OUT.print(f"[dim]reviewing {escape(_names(event.paths))}[/]")
        elif isinstance(event, FindingsReported):
            for one in event.findings:
                OUT.print(f"{escape(one.path)}:{one.span.start_line + 1}: {one.rule} {escape(one.message)}")
        elif isinstance(event, ProposalChanged) and event.proposal.state is ProposalState.OFFERED:
            proposal = event.proposal
            OUT.print(
                f"[bold green]proven[/] {proposal.id[:8]} {escape(proposal.title)}: {escape(reason_of(proposal))}"
            )
        elif isinstance(event, Problem):
            OUT.print(f"[yellow]note:[/] {escape(event.error.where)}: {escape(event.error.message)}")


def _names(paths: Sequence[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "") if paths else "everything"
