"""`ambient watch`: review files as they change, without an editor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import Backend, BackendOption, RootArgument, find_root, opened, run_async

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from ambient_lsp.engine.engine import Engine


BURST = 200
"""More changed files than this at once are a checkout or a build, not somebody's work: git says what differs."""


def watch(root: RootArgument = Path(), backend: BackendOption = None) -> int:
    """Review files when they change, and changed files now and then, until Ctrl-C."""
    return run_async(_watch(find_root(root), backend))


async def _watch(root: Path, backend: Backend | None) -> int:
    import asyncio

    from rich.markup import escape

    from ambient_lsp.cli.render import ERR, OUT

    async with opened(root, backend=backend) as engine:
        if not engine.config.monitoring.enabled:
            ERR.print("monitoring.enabled is false in the configuration, so there is nothing to watch.")
            return Exit.USAGE
        if not engine.leader:
            ERR.print("Another Ambient already works on this folder; its results are shown here.")
        engine.warm()
        for source in (await engine.services()).event_sources():
            engine.register_event_source(source)
        try:
            async with asyncio.TaskGroup() as group:
                ready = asyncio.Event()
                group.create_task(_show(engine))
                group.create_task(_changes(engine, ready))
                group.create_task(_now_and_then(engine))
                await ready.wait()
                OUT.print(f"Watching [bold]{escape(str(root))}[/]. Ctrl-C ends it.", soft_wrap=True)
        except BaseExceptionGroup as group_error:
            raise group_error.exceptions[0] from None
    return Exit.OK


async def _changes(engine: Engine, ready: asyncio.Event) -> None:
    from ambient_lsp.context.watch import Rescan, changes
    from ambient_lsp.model import TriggerKind

    services = await engine.services()
    quiet = engine.config.monitoring.debounce_seconds
    async for batch in changes(engine.root, debounce=quiet, ignore=services.ignored(), ready=ready):
        if isinstance(batch, Rescan) or len(batch) > BURST:
            await services.rescan()
            await _review_changed(engine)
            continue
        paths = await services.changed(sorted(batch))
        if paths:
            engine.submit(engine.trigger(TriggerKind.CHANGE, paths))


async def _now_and_then(engine: Engine) -> None:
    import asyncio

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
    from rich.markup import escape

    from ambient_lsp.cli.render import OUT, print_finding, problem_line, reason_of
    from ambient_lsp.engine.hidden import visible
    from ambient_lsp.events import FindingsReported, Problem, ProposalChanged, RunEnded, RunStarted
    from ambient_lsp.model import ProposalState
    from ambient_lsp.text import counted

    async for event in engine.events():
        if isinstance(event, RunStarted):
            OUT.print(f"[dim]reviewing {escape(_names(event.paths))}[/]", soft_wrap=True)
        elif isinstance(event, FindingsReported):
            for one in event.findings:
                if visible(one, engine.config):
                    print_finding(one)
        elif isinstance(event, ProposalChanged) and event.proposal.state is ProposalState.OFFERED:
            proposal = event.proposal
            said = f"{escape(proposal.title)}: {escape(reason_of(proposal))}"
            OUT.print(f"[bold green]proven[/] {proposal.id[:8]} {said}", soft_wrap=True)
        elif isinstance(event, Problem):
            OUT.print(problem_line(event.error), soft_wrap=True)
        elif isinstance(event, RunEnded):
            record = event.record
            counts = f"{counted(record.findings, 'finding')}, {record.offered} proven"
            OUT.print(f"[dim]{record.state} in {max(record.ended - record.started, 0):.1f} s: {counts}[/]")


def _names(paths: Sequence[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "") if paths else "everything"
