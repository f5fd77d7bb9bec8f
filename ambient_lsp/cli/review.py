"""`ambient review`: look at files, prove fixes, and show both."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import Backend, BackendOption, find_root, opened, run_async
from ambient_lsp.cli.targets import differing, fork_point, is_inside, read_log, relative

if TYPE_CHECKING:
    from ambient_lsp.config import Config
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


_FAIL_ON = "Exit with 1 at this severity and above: hint, information, warning, error or never."


def review(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Files or folders; nothing means the whole project."),
    ] = None,
    changed: Annotated[bool, typer.Option("--changed", help="Only files that differ from HEAD, new ones too.")] = False,
    staged: Annotated[bool, typer.Option("--staged", help="Only files that are staged.")] = False,
    since: Annotated[str, typer.Option(metavar="REV", help="Only files that differ from REV.")] = "",
    new_only: Annotated[
        bool, typer.Option("--new-only", help="Only what is new, or on lines that changed, since HEAD or --since REV.")
    ] = False,
    use_baseline: Annotated[
        bool, typer.Option("--baseline/--no-baseline", help="Keep quiet about what the baseline file holds.")
    ] = True,
    output: Annotated[
        Format, typer.Option("--format", metavar="FORMAT", help="text, json, sarif or github.")
    ] = Format.TEXT,
    fail_on: Annotated[FailOn, typer.Option(metavar="LEVEL", help=_FAIL_ON)] = FailOn.NEVER,
    verify: Annotated[bool, typer.Option("--verify/--no-verify", help="Prove fixes in the sandbox.")] = True,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A failing log (pytest, ruff, mypy, a traceback).")
    ] = None,
    backend: BackendOption = None,
) -> int:
    """Look at files, prove fixes in the sandbox, and show what was found."""
    if sum([changed, staged, bool(since)]) > 1:
        raise typer.BadParameter("--changed, --staged and --since exclude each other.")
    chosen = paths or [Path.cwd()]
    root = find_root(chosen[0])
    if changed or staged or since or new_only:
        untracked = changed or (new_only and not staged)
        against = fork_point(root, since) if new_only and since else since
        targets: list[str] | None = differing(root, paths or [], staged=staged, untracked=untracked, since=against)
    else:
        targets = relative(root, paths or [])
    failing = read_log(log)
    if targets is not None and not targets:
        from ambient_lsp.cli.formats import nothing_to_do

        nothing_to_do(output)
        return Exit.OK
    view = View(since or "HEAD" if new_only else "", use_baseline)
    return run_async(_review(root, targets or [], output, fail_on, verify, failing, backend, view))


@dataclass(frozen=True, slots=True)
class View:
    """What is asked for: only what is new since a revision (empty: all), and whether the baseline counts."""

    new_since: str = ""
    baseline: bool = True

    def settings(self, config: Config) -> Config:
        """Return the settings with which the result is shown."""
        changes: dict[str, object] = {}
        if self.new_since:
            changes |= {"new_code_only": True, "new_code_since": self.new_since}
        if not self.baseline:
            changes["baseline"] = ""
        return config.model_copy(update={"agents": config.agents.model_copy(update=changes)})


async def _review(
    root: Path,
    targets: list[str],
    output: Format,
    fail_on: FailOn,
    verify: bool,
    log: str,
    backend: Backend | None,
    view: View,
) -> int:
    from ambient_lsp.model import TriggerKind

    async with opened(root, backend=backend, change=view.settings) as engine:
        trigger = engine.trigger(
            TriggerKind.COMMAND,
            targets,
            failing_log=log,
            verify=verify,
            new_since=view.new_since,
            baseline=view.baseline,
        )
        run = engine.submit(trigger)
        await follow(run)
        return report(engine, run, output, fail_on)


async def follow(run: Run) -> None:
    """Show a run's progress on a terminal until it ends; Ctrl-C cancels it and keeps what it has found."""
    import asyncio

    from ambient_lsp.cli.render import RunProgress

    try:
        with RunProgress() as progress:
            async for event in run.events():
                progress.show(event)
    except asyncio.CancelledError:
        run.cancel()
        raise


def report(engine: Engine, run: Run, output: Format, fail_on: FailOn) -> int:
    """Write the result of a run, and return the exit code."""
    from ambient_lsp.cli import formats, render, unlooked
    from ambient_lsp.cli.sarif import sarif
    from ambient_lsp.engine.hidden import visible
    from ambient_lsp.model import ProposalState, Severity

    scope = run.trigger.paths
    known = [one for one in engine.all_findings() if not scope or is_inside(one.path, scope)]
    findings = [one for one in known if visible(one, engine.config)]
    hidden = Counter(one.hidden for one in known if not visible(one, engine.config))
    proposals = [one for one in engine.proposals(run_id=run.id) if one.state is not ProposalState.STALE]
    if not run.trigger.verify:  # it makes no fixes, but some may be ready from before
        seen = {finding.id for finding in findings}
        ready = engine.proposals(states=(ProposalState.OFFERED,))
        proposals += [one for one in ready if seen & set(one.finding_ids) and one not in proposals]
    passed_over = unlooked.passed_over(engine.root, scope, run.record, known, engine.config)
    if output is not Format.TEXT:
        render.print_notes(findings, passed_over)
    if output is Format.JSON:
        formats.print_json(findings, proposals, run.record, hidden)
    elif output is Format.SARIF:
        formats.print_value(sarif(findings, proposals))
    elif output is Format.GITHUB:
        formats.print_github(findings, proposals)
    else:
        render.print_review(
            findings, proposals, run.record, hidden, [*unlooked.skipped(scope, run.record), *passed_over]
        )
    if run.record.state == "failed":
        return Exit.FAILED
    if run.record.state == "cancelled":
        return Exit.CANCELLED
    if fail_on is not FailOn.NEVER and any(one.severity.rank >= Severity(fail_on.value).rank for one in findings):
        return Exit.FOUND
    return Exit.OK
