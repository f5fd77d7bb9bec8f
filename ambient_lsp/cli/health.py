"""`ambient doctor` and `ambient status`."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient_lsp import __version__
from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import RootArgument, find_root, opened, run_async, settings
from ambient_lsp.errors import AmbientError

if TYPE_CHECKING:
    from ambient_lsp.engine.engine import Engine

LEAST_FREE_MB = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was examined. `well` is None where it does not matter."""

    well: bool | None
    what: str
    found: str
    next_step: str = ""


def doctor(root: RootArgument = Path()) -> int:
    """Examine this machine and this project: what works, what does not, and what to do about it."""
    from rich.markup import escape

    from ambient_lsp.cli import render

    async def work() -> int:
        folder = find_root(root)
        with render.waiting("Looking around"):
            lines = [*_machine(), *_project(folder), *await _sandboxes(folder), *await _models(folder)]
        marks = {True: "[green]ok[/]", False: "[red]no[/]", None: "[dim]--[/]"}
        for line in lines:
            render.OUT.print(f"{marks[line.well]}  [bold]{line.what:13}[/]  {escape(line.found)}", soft_wrap=True)
            if line.next_step:
                render.OUT.print(f"{'':19}[dim]->[/] {escape(line.next_step)}", soft_wrap=True)
        return Exit.FOUND if any(line.well is False for line in lines) else Exit.OK

    return run_async(work())


def status(root: RootArgument = Path(), json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> int:
    """Say who works on this folder, what ran last, and what is offered."""
    from rich.markup import escape

    from ambient_lsp.cli import formats, render

    async def work() -> int:
        async with opened(find_root(root)) as engine:
            value = _status(engine)
        if json:
            formats.print_value(value)
            return Exit.OK
        for name, found in value.items():
            render.OUT.print(f"[bold]{name.replace('_', ' '):16}[/] {escape(str(found))}", soft_wrap=True)
        return Exit.OK

    return run_async(work())


def _machine() -> list[Line]:
    import platform

    lines = [Line(True, "Ambient", __version__), Line(True, "Python", platform.python_version())]
    for name, argv in (("git", ["git", "--version"]), ("ruff", [_ruff(), "--version"])):
        try:
            done = subprocess.run(
                argv, capture_output=True, text=True, timeout=10, check=True, stdin=subprocess.DEVNULL
            )
            lines.append(Line(True, name, done.stdout.strip().removeprefix(f"{name} ").removeprefix("version ")))
        except (OSError, subprocess.SubprocessError) as error:
            lines.append(Line(False, name, f"does not run: {error}", f"Install {name}, and see that it is on PATH."))
    return lines


def _project(root: Path) -> list[Line]:
    from ambient_lsp import config_file, trust

    lines = [Line(True, "project", str(root))]
    trusted = trust.is_trusted(root)
    problems = config_file.problems(root, trusted=trusted)
    errors = [one for one in problems if one.severity == "error"]
    if problems:
        worst = (errors or problems)[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        lines.append(Line(not errors, "configuration", f"{worst}{more}", "`ambient config check` shows all."))
    else:
        there = (root / config_file.FILE_NAME).is_file()
        lines.append(Line(True, "configuration", ".ambient.yml is valid" if there else "none; defaults hold"))
    lines.append(
        Line(None, "trust", "trusted" if trusted else "not trusted: no code of this repository runs in Ambient itself")
    )
    free = shutil.disk_usage(root).free >> 20
    enough = free >= LEAST_FREE_MB
    lines.append(Line(enough, "disk", f"{free:,} MB free", "" if enough else "Make room: checkouts need it."))
    writable = os.access(root, os.W_OK)
    lines.append(
        Line(True, "state", f"{root / '.ambient'}")
        if writable
        else Line(False, "state", f"{root} cannot be written", "Ambient keeps what it finds in .ambient there.")
    )
    return lines


async def _sandboxes(root: Path) -> list[Line]:
    from ambient_lsp.sandbox.doctor import doctor as examine

    try:
        wanted = settings(root).sandbox
    except AmbientError:
        return [Line(None, "sandbox", "not examined: the configuration is not valid")]
    found = await examine(wanted, root)
    usable = any(one.ok for one in found)
    lines: list[Line] = []
    for one in found:
        place = one.readiness
        broken = [check for check in one.checks if not check.ok]
        if place.ready and not broken:
            lines.append(
                Line(True, place.backend, f"{place.image}; {len(one.checks)} of {len(one.checks)} promises kept")
            )
        elif place.ready:
            names = "; ".join(check.name for check in broken)
            lines.append(Line(False, place.backend, f"broken promises: {names}", "`ambient sandbox doctor` says more."))
        else:
            lines.append(Line(None if usable else False, place.backend, place.reason, place.next_step))
    return lines


async def _models(root: Path) -> list[Line]:
    """Say which host answers, which model it would be, and its limits; Ambient works without any."""
    from ambient_lsp.llm.doctor import examine

    try:
        found = await examine(settings(root).kimi)
    except AmbientError:
        return [Line(None, "model host", "not examined: the configuration is not valid")]
    return [Line(one.well, one.what, one.found, one.next_step) for one in found]


def _status(engine: Engine) -> dict[str, object]:
    from ambient_lsp.model import DecisionKind, ProposalState
    from ambient_lsp.text import counted

    runs = engine.runs(1)
    offered = engine.proposals([ProposalState.OFFERED])
    last = runs[0] if runs else None
    return {
        "root": str(engine.root),
        "running": "nobody else" if engine.leader else "another Ambient works on this folder",
        "last_run": f"{last.state}, {counted(last.findings, 'finding')}, {last.offered} proven" if last else "none yet",
        "findings": len(engine.findings()),
        "offered": len(offered),
        "needs_approval": sum(engine.decide(one).kind is DecisionKind.CONFIRM for one in offered),
    }


def _ruff() -> str:
    from ruff.__main__ import find_ruff_bin

    return str(find_ruff_bin())
