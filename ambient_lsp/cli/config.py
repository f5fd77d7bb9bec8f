"""`ambient init` and `ambient config`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ambient_lsp.cli import render
from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import find_root
from ambient_lsp.errors import WorkspaceError

app = typer.Typer(no_args_is_help=True)

NAME = ".ambient.yml"


def init(
    root: Annotated[Path, typer.Argument(help="The project's folder.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Write over the file that is there.")] = False,
) -> int:
    """Write `.ambient.yml` with every setting, its default and its meaning."""
    from ambient_lsp import config_file

    path = root / NAME
    if not root.is_dir():
        raise WorkspaceError(f"{root} is not a folder.", next_step="Name the folder of a project.")
    if path.exists() and not force:
        raise WorkspaceError(
            f"{path} is already there.", untouched="It was left alone.", next_step="Use --force to write over it."
        )
    path.write_text(config_file.template(), encoding="utf-8")
    render.OUT.print(f"Wrote {escape(str(path))}. Everything in it is a default; keep what you want to change.")
    return Exit.OK


@app.command()
def check(root: Annotated[Path, typer.Argument(help="The project's folder.")] = Path()) -> int:
    """Check `.ambient.yml`; every problem with its line."""
    from ambient_lsp import config_file

    folder = find_root(root)
    problems = config_file.problems(folder)
    for problem in problems:
        render.OUT.print(f"{escape(str(problem.path))}:{problem.line}:{problem.column}: {escape(problem.message)}")
    if problems:
        return Exit.USAGE
    there = (folder / NAME).is_file()
    render.OUT.print(f"{NAME} is valid." if there else f"There is no {NAME} in {escape(str(folder))}; defaults hold.")
    return Exit.OK


@app.command()
def schema() -> int:
    """Print the JSON schema of `.ambient.yml`, for editors that complete and check YAML."""
    from ambient_lsp import config_file

    render.print_value(config_file.schema())
    return Exit.OK


@app.command()
def explain(
    key: Annotated[str, typer.Argument(help="A setting, such as `sandbox.backend`, or a section.")],
    root: Annotated[Path, typer.Option("--root", help="The project's folder.")] = Path(),
) -> int:
    """Say what a setting means, its default, its value here, and where that was set."""
    from ambient_lsp import config_file

    render.OUT.print(escape(str(config_file.explain(key, find_root(root)))))
    return Exit.OK
