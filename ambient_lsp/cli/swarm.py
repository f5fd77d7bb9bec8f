"""`ambient swarm`: one task, many files, a few at a time."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient_lsp import user
from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import BackendOption, RootOption, find_root, opened, run_async
from ambient_lsp.errors import AmbientError, StoreError

if TYPE_CHECKING:
    from ambient_lsp.config import Config
    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.swarm.batch import BatchResult

HERE = Path()
_ALL = "All files that are source code, by their endings, unless --glob is given."


class Apply(StrEnum):
    """What is written to your files at the end."""

    NONE = "none"
    LOW = "low"


class Output(StrEnum):
    """How the report is shown."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def swarm(
    task: Annotated[str, typer.Option(metavar="TEXT", help="What to do in each file.")] = "",
    target_dir: Annotated[
        list[Path] | None, typer.Option("--target-dir", "--target_dir", metavar="FOLDER", help="Where. " + _ALL)
    ] = None,
    glob: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Only files like `*.py`; repeatable.")
    ] = None,
    changed: Annotated[bool, typer.Option("--changed", help="Only files that differ from HEAD, new ones too.")] = False,
    max_workers: Annotated[int, typer.Option(min=0, metavar="N", help="Files at once; 0: as configured (3).")] = 0,
    budget: Annotated[
        int, typer.Option(min=0, metavar="TOKENS", help="Most tokens of this batch; 0: as configured.")
    ] = 0,
    apply: Annotated[
        Apply, typer.Option(metavar="WHAT", help="none, or low: write what is proven and of low risk to your files.")
    ] = Apply.NONE,
    resume: Annotated[str, typer.Option(metavar="ID", help="Go on with an earlier batch (or `last`).")] = "",
    verify: Annotated[bool, typer.Option("--verify/--no-verify", help="Check all changes together.")] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say which files, and about how many tokens.")
    ] = False,
    output: Annotated[Output, typer.Option("--format", metavar="FORMAT", help="text, markdown or json.")] = Output.TEXT,
    backend: BackendOption = None,
    root: RootOption = HERE,
) -> int:
    """Have a model do one task in many files; check all of it together; offer it as a proposal."""
    if not task and not resume:
        raise typer.BadParameter("Say what to do with --task, or go on with --resume.")
    from ambient_lsp.cli.targets import changed as differing
    from ambient_lsp.swarm.choosing import choose

    start = (target_dir or [root])[0]
    folder = find_root(root if root != HERE else start)
    folders = [path.resolve() for path in target_dir or [folder]]

    def limited(config: Config) -> Config:
        if not budget:
            return config
        limits = config.budget.model_copy(update={"tokens_per_run": budget})
        return config.model_copy(update={"budget": limits})

    async def work() -> int:
        async with opened(folder, backend=backend, change=limited) as engine:
            among = differing(engine.root) if changed and not resume else None
            paths = [] if resume else await choose(engine, folders, glob or [], among=among)
            return await _run(engine, task, paths, max_workers, budget, resume, apply, verify, dry_run, output)

    return run_async(work())


async def _run(
    engine: Engine,
    task: str,
    paths: list[str],
    max_workers: int,
    budget: int,
    resume: str,
    apply: Apply,
    verify: bool,
    dry_run: bool,
    output: Output,
) -> int:
    from rich.markup import escape

    from ambient_lsp.cli import formats, render
    from ambient_lsp.cli.swarm_view import Live
    from ambient_lsp.swarm import report
    from ambient_lsp.swarm.batch import run_batch

    if not paths and not resume:
        render.ERR.print("No file to work on there; --glob says which files are meant.")
        return Exit.OK
    if dry_run:
        return await _preview(engine, paths)

    def cancelled(result: BatchResult) -> None:
        render.ERR.print(escape(report.summary(report.as_data(result))), soft_wrap=True)
        page = report.write(result, engine.root)
        render.ERR.print(f"Report: {escape(str(page))} (also .json and .html)", soft_wrap=True)

    with Live(len(paths), quiet=output is not Output.TEXT) as live:
        try:
            result = await run_batch(
                engine,
                task,
                paths,
                workers=max_workers or engine.config.swarm.max_workers,
                resume=resume,
                verify=verify,
                listen=live.file,
                say=live.say,
                cancelled=cancelled,
            )
        except asyncio.CancelledError:
            render.ERR.print("`ambient swarm --resume last` goes on; what was answered is not asked again.")
            raise
    page, unwritten = None, None
    try:
        page = report.write(result, engine.root)
    except StoreError as error:  # what was paid for is shown, and applied, all the same
        unwritten = error
    if output is Output.JSON:
        formats.print_value({**report.as_data(result), "report": str(page or "")})
    elif output is Output.MARKDOWN:
        formats.write(report.as_markdown(result))
    else:
        render.OUT.print(live.table(result))
        render.OUT.print(f"\n{escape(report.summary(report.as_data(result)))}", soft_wrap=True)
        if page is not None:
            render.OUT.print(f"Report: {escape(str(page))} (also .json and .html)", soft_wrap=True)
    if result.ended_by is not None:
        render.ERR.print(f"[bold red]stopped:[/] {escape(_why(result, result.ended_by, budget))}", soft_wrap=True)
    code = await _finish(engine, result, apply, quiet=output is not Output.TEXT)
    if unwritten is not None:
        raise unwritten
    return code


def _why(result: BatchResult, error: AmbientError, budget: int) -> str:
    """Return why a batch ended early, and how it goes on; a limit is named as it was given."""
    go_on = f"`ambient swarm --resume {result.batch.id}"
    if budget and error.details.get("setting") == "budget.tokens_per_run":
        return f"{error.what} `--budget {budget}` set it.\n  {go_on} --budget N` goes on, with a higher limit."
    return f"{error}\n  {go_on}` goes on."


async def _finish(engine: Engine, result: BatchResult, apply: Apply, *, quiet: bool) -> int:
    """Apply what may be applied, and say what is there to be looked at."""
    from rich.markup import escape

    from ambient_lsp.cli import render
    from ambient_lsp.model import ProposalState
    from ambient_lsp.text import counted

    proposals = result.together.proposals if result.together else ()
    if result.together and len(proposals) > 1 and not quiet:
        render.OUT.print(f"All changes together: {escape(result.together.words)}", soft_wrap=True)
    for one in proposals:
        files = counted(len(one.files_touched), "file")
        if not quiet and one.verdict is not None:
            ran = f" ({one.verdict.selection})" if one.verdict.selection else ""
            words = f"{files}, {one.state.value}: {one.verdict.reason}{ran}"
            render.OUT.print(escape(words), soft_wrap=True)
        if one.state is not ProposalState.OFFERED or result.together is None:
            continue
        if apply is Apply.LOW and one is result.together.low:
            # Who says `--apply low` has decided about exactly that: however many files of low risk there are.
            await engine.apply(one.id, user.name(), approve=True)
            words = f"Applied to {files}; [bold]ambient proposals undo {one.id}[/] takes it back."
        else:
            words = f"[bold]ambient proposals apply {one.id}[/] writes it to your {files}."
        if not quiet:
            render.OUT.print(words, soft_wrap=True)
    failed = result.count("failed") or result.stopped
    return Exit.FOUND if failed else Exit.OK


async def _preview(engine: Engine, paths: list[str]) -> int:
    from ambient_lsp.cli import formats
    from ambient_lsp.llm.tokens import Estimate
    from ambient_lsp.text import counted

    repository = await (await engine.services()).repository()
    estimate, total = Estimate(), 0
    for path in paths:
        snapshot = await repository.read(path)
        tokens = estimate.tokens(snapshot.text) if snapshot else 0
        total += tokens
        formats.write(f"{path}  about {tokens:,} tokens\n")
    formats.write(f"{counted(len(paths), 'file')}, about {total:,} tokens; nothing was sent.\n")
    return Exit.OK
