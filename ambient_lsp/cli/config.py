"""`ambient init` and `ambient config`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ambient_lsp.cli.exits import Exit, NoSuchPath
from ambient_lsp.cli.session import RootArgument, RootOption, find_root
from ambient_lsp.errors import WorkspaceError

app = typer.Typer(no_args_is_help=True)

NAME = ".ambient.yml"


def init(
    root: RootArgument = Path(),
    force: Annotated[bool, typer.Option("--force", help="Write over the file that is there.")] = False,
) -> int:
    """Write `.ambient.yml` with every setting, its default and its meaning."""
    from rich.markup import escape

    from ambient_lsp import config_file
    from ambient_lsp.cli import render

    path = root / NAME
    if not root.is_dir():
        raise NoSuchPath(
            f"{root} is not a folder.",
            untouched="Nothing was written.",
            next_step="Name the folder of a project.",
        )
    if path.exists() and not force:
        raise WorkspaceError(
            f"{path} is already there.", untouched="It was left alone.", next_step="Use --force to write over it."
        )
    _write_schema(root / ".ambient")
    _write(path, config_file.template())
    render.OUT.print(f"Wrote {escape(str(path))}. Everything in it is a default; keep what you want to change.")
    return Exit.OK


def _write_schema(folder: Path) -> None:
    """Put the schema where the file's first line tells editors to look for it."""
    import json

    from ambient_lsp import config_file

    if not folder.exists():
        folder.mkdir()
    ignore = folder / ".gitignore"
    if not ignore.exists():
        _write(ignore, "*\n")
    _write(folder / config_file.SCHEMA_NAME, json.dumps(config_file.schema(), indent=2) + "\n")


def _write(path: Path, text: str) -> None:
    """Write the whole file or, on a full disk, nothing."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise WorkspaceError(
            f"{path} cannot be written: {error.strerror}.",
            untouched="It is as it was before.",
            next_step="Check the folder's permissions and the free space.",
        ) from error


@app.command()
def check(root: RootArgument = Path()) -> int:
    """Check `.ambient.yml`; every problem with its line."""
    from rich.markup import escape

    from ambient_lsp import config_file, trust
    from ambient_lsp.cli import render

    folder = find_root(root)
    problems = config_file.problems(folder, trusted=trust.is_trusted(folder))
    for problem in problems:
        where = f"{problem.path}:{problem.line}:{problem.column}"
        render.OUT.print(escape(f"{where}: {problem.severity}: {problem.message}"), soft_wrap=True)
    if any(problem.severity == "error" for problem in problems):
        return Exit.USAGE
    there = (folder / NAME).is_file()
    render.OUT.print(f"{NAME} is valid." if there else f"There is no {NAME} in {escape(str(folder))}; defaults hold.")
    return Exit.OK


@app.command()
def schema() -> int:
    """Print the JSON schema of `.ambient.yml`, for editors that complete and check YAML."""
    from ambient_lsp import config_file
    from ambient_lsp.cli import formats

    formats.print_value(config_file.schema())
    return Exit.OK


@app.command()
def explain(
    key: Annotated[str, typer.Argument(help="A setting, such as `sandbox.backend`, or a section.")],
    root: RootOption = Path(),
) -> int:
    """Say what a setting means, its default, its value here, and where that was set."""
    from rich.markup import escape

    from ambient_lsp import config_file, trust
    from ambient_lsp.cli import render

    folder = find_root(root)
    found = config_file.explain(key, folder, trusted=trust.is_trusted(folder))
    render.OUT.print(escape(str(found)), soft_wrap=True)
    return Exit.OK
