"""`ambient doctor` and `ambient status`."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ambient_lsp import __version__
from ambient_lsp.cli import render
from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import find_root, opened, run_async
from ambient_lsp.errors import AmbientError
from ambient_lsp.model import ProposalState

if TYPE_CHECKING:
    from ambient_lsp.engine.engine import Engine

Root = Annotated[Path, typer.Argument(help="The project's folder.")]


def doctor(root: Root = Path()) -> int:
    """Examine this machine and this project: what works, what does not, and what to do about it."""

    async def work() -> int:
        folder = find_root(root)
        table = Table(box=None, pad_edge=False)
        for name in ("", "what", "found", "what to do"):
            table.add_column(name, overflow="fold")
        bad = 0
        for good, what, found, todo in [*_machine(), *_settings(folder), *await _sandboxes(folder)]:
            bad += good is False
            mark = {True: "[green]ok[/]", False: "[red]no[/]", None: "[dim]--[/]"}[good]
            table.add_row(mark, what, escape(found), escape(todo))
        render.OUT.print(table)
        return Exit.FOUND if bad else Exit.OK

    return run_async(work())


def status(root: Root = Path(), json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> int:
    """Say who works on this folder, what ran last, and what is offered."""

    async def work() -> int:
        async with opened(find_root(root)) as engine:
            value = _status(engine)
        if json:
            render.print_value(value)
            return Exit.OK
        for name, found in value.items():
            render.OUT.print(f"[bold]{name.replace('_', ' '):16}[/] {escape(str(found))}")
        return Exit.OK

    return run_async(work())


Line = tuple[bool | None, str, str, str]
"""(whether it is well, None where it does not matter; what; what was found; what to do)."""


def _machine() -> list[Line]:
    lines: list[Line] = [(True, "Ambient", __version__, ""), (True, "Python", platform.python_version(), "")]
    for name, argv, needed in (("git", ["git", "--version"], True), ("ruff", [_ruff(), "--version"], True)):
        try:
            found = subprocess.run(
                argv, capture_output=True, text=True, timeout=10, check=True, stdin=subprocess.DEVNULL
            )
            lines.append((True, name, found.stdout.strip(), ""))
        except (OSError, subprocess.SubprocessError) as error:
            lines.append((False if needed else None, name, f"does not run: {error}", f"Install {name}."))
    return lines


def _settings(root: Path) -> list[Line]:
    from ambient_lsp import config_file, trust

    lines: list[Line] = []
    problems = config_file.problems(root)
    if problems:
        first = problems[0]
        lines.append((False, "configuration", f"{first.path}:{first.line}: {first.message}", "`ambient config check`"))
    else:
        there = (root / ".ambient.yml").is_file()
        lines.append((True, "configuration", ".ambient.yml is valid" if there else "none; defaults hold", ""))
    trusted = trust.is_trusted(root)
    lines.append(
        (
            None,
            "trust",
            "trusted" if trusted else "not trusted: no code of this repository runs outside the sandbox",
            "",
        )
    )
    free = shutil.disk_usage(root).free >> 20
    lines.append((free > 500, "disk", f"{free} MB free", "" if free > 500 else "Make room: checkouts need it."))
    return lines


async def _sandboxes(root: Path) -> list[Line]:
    from ambient_lsp import config_file
    from ambient_lsp.sandbox.build import doctor as examine

    try:
        settings = config_file.load(root).sandbox
    except AmbientError:
        return [(None, "sandbox", "not examined: the configuration is not valid", "")]
    found = await examine(settings, root)
    ready = any(one.ready for one in found)
    return [
        (
            one.ready if one.ready or not ready else None,
            f"sandbox: {one.backend}",
            one.image if one.ready else one.reason,
            one.next_step,
        )
        for one in found
    ]


def _status(engine: Engine) -> dict[str, object]:
    runs = engine.runs(1)
    offered = engine.proposals([ProposalState.OFFERED])
    last = runs[0] if runs else None
    return {
        "root": str(engine.root),
        "running": "nobody else" if engine.leader else "another Ambient works on this folder",
        "last_run": f"{last.state}, {last.findings} findings, {last.offered} proven" if last else "none yet",
        "findings": len(engine.findings()),
        "offered": len(offered),
        "needs_approval": sum(bool(one.decision and one.decision.kind.value == "confirm") for one in offered),
    }


def _ruff() -> str:
    from ruff.__main__ import find_ruff_bin

    return str(find_ruff_bin())
