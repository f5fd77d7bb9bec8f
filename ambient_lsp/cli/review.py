"""`ambient review`: look at files, prove fixes, and show both."""

from __future__ import annotations

import asyncio
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import find_root, opened, run_async
from ambient_lsp.errors import WorkspaceError
from ambient_lsp.model import ProposalState, Severity, TriggerKind

if TYPE_CHECKING:
    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.engine.run import Run


class Format(StrEnum):
    """How the result is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


class FailOn(StrEnum):
    """The least severity that makes the exit code 1."""

    HINT = "hint"
    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"
    NEVER = "never"


def review(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders; nothing means the whole project.")
    ] = None,
    changed: Annotated[bool, typer.Option("--changed", help="Only files that differ from HEAD.")] = False,
    staged: Annotated[bool, typer.Option("--staged", help="Only files that are staged.")] = False,
    since: Annotated[str, typer.Option(metavar="REV", help="Only files that differ from REV.")] = "",
    output: Annotated[Format, typer.Option("--format", help="How to write the result.")] = Format.TEXT,
    fail_on: Annotated[FailOn, typer.Option(help="Exit with 1 at this severity and above.")] = FailOn.NEVER,
    verify: Annotated[bool, typer.Option("--verify/--no-verify", help="Prove fixes in the sandbox.")] = True,
    log: Annotated[Path | None, typer.Option(help="A failing log (pytest, ruff, mypy, a traceback).")] = None,
    backend: Annotated[str, typer.Option(help="Use this sandbox: auto, docker, bubblewrap or none.")] = "",
) -> int:
    """Look at files, prove fixes in the sandbox, and show what was found."""
    chosen = paths or [Path.cwd()]
    root = find_root(chosen[0])
    return run_async(
        _review(root, chosen if paths else [], changed, staged, since, output, fail_on, verify, log, backend)
    )


async def _review(
    root: Path, paths: list[Path], changed: bool, staged: bool, since: str, output: Format, fail_on: FailOn,
    verify: bool, log: Path | None, backend: str,
) -> int:  # fmt: skip
    targets = await asyncio.to_thread(_targets, root, paths, changed, staged, since)
    if targets is not None and not targets:
        from ambient_lsp.cli.render import nothing_to_do

        return nothing_to_do(output)
    text = "" if log is None else await asyncio.to_thread(log.read_text, "utf-8", "replace")
    async with opened(root, backend=backend) as engine:
        trigger = engine.trigger(TriggerKind.COMMAND, targets or (), failing_log=text, verify=verify)
        run = engine.submit(trigger)
        await follow(run, quiet=output is not Format.TEXT or not sys.stderr.isatty())
        return report(engine, run, output, fail_on)


async def follow(run: Run, *, quiet: bool) -> None:
    """Show a run's progress until it ends; Ctrl-C cancels it and keeps what it has found."""
    from ambient_lsp.cli.render import RunProgress

    try:
        with RunProgress(quiet=quiet) as progress:
            async for event in run.events():
                progress.show(event)
    except asyncio.CancelledError:
        run.cancel()
        raise


def report(engine: Engine, run: Run, output: Format, fail_on: FailOn) -> int:
    """Write the result of a run, and return the exit code."""
    from ambient_lsp.cli import render
    from ambient_lsp.cli.sarif import sarif

    scope = set(run.trigger.paths)
    findings = [one for one in engine.findings() if not scope or one.path in scope or _inside(one.path, scope)]
    proposals = [one for one in engine.proposals(run_id=run.id) if one.state is not ProposalState.STALE]
    if output is Format.JSON:
        render.print_json(findings, proposals, run.record)
    elif output is Format.SARIF:
        render.print_value(sarif(findings, proposals))
    elif output is Format.GITHUB:
        render.print_github(findings, proposals)
    else:
        render.print_review(engine.root, findings, proposals, run.record)
    if run.record.state == "failed":
        return Exit.FAILED
    if run.record.state == "cancelled":
        return Exit.CANCELLED
    if fail_on is not FailOn.NEVER and any(one.severity.rank >= Severity(fail_on.value).rank for one in findings):
        return Exit.FOUND
    return Exit.OK


def _inside(path: str, scope: set[str]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in scope)


def _targets(root: Path, paths: list[Path], changed: bool, staged: bool, since: str) -> list[str] | None:
    """Return the paths to look at, relative to the root; None for all of the project."""
    if not (changed or staged or since):
        return targets_of(root, paths)
    from ambient_lsp.context import git
    from ambient_lsp.repository.git import GitFailed

    if git.git_folder(root) is None:
        raise WorkspaceError(
            f"{root} is not a git repository, so there is nothing to compare with.", next_step="Name files instead."
        )
    try:
        names = git.differing(root, since or "HEAD", staged=staged, untracked=changed)
    except GitFailed as error:
        raise WorkspaceError(
            f"git cannot compare with {since or 'HEAD'}: {str(error.details.get('stderr', '')).strip()}",
            next_step="Name another revision.",
        ) from error
    scope = [_relative(root, path) for path in paths]
    wanted = [name for name in names if name.endswith((".py", ".pyi"))]
    return [name for name in wanted if not scope or "." in scope or name in scope or _inside(name, set(scope))]


def targets_of(root: Path, paths: list[Path]) -> list[str] | None:
    """Return the named paths relative to the root; None where they are all of the project."""
    named = [_relative(root, path) for path in paths]
    return None if not named or "." in named else named


def _relative(root: Path, path: Path) -> str:
    full = path.resolve()
    if not full.exists():
        raise WorkspaceError(f"{path} does not exist.", next_step="Name a file or folder of this project.")
    if not full.is_relative_to(root):
        raise WorkspaceError(f"{path} is not inside {root}.", next_step="Run one review for each project.")
    return full.relative_to(root).as_posix()
