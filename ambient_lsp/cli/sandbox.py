"""`ambient sandbox`: the place where checks run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ambient_lsp.cli import render
from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import find_root, run_async

app = typer.Typer(no_args_is_help=True)

Root = Annotated[Path, typer.Argument(help="The project's folder.")]


@app.command()
def build(
    root: Root = Path(),
    allow_network: Annotated[
        bool, typer.Option("--allow-network", help="Let the build fetch the project's own dependencies.")
    ] = False,
) -> int:
    """Build the Docker image in which checks run, and one with this project's dependencies if you allow it."""
    from ambient_lsp import config_file
    from ambient_lsp.sandbox import build as image

    folder = find_root(root)
    settings = config_file.load(folder).sandbox

    async def work() -> int:
        name = await image.build(
            settings, folder, allow_network=allow_network, progress=lambda line: render.ERR.print(escape(line))
        )
        render.OUT.print(f"Built [bold]{escape(name)}[/].")
        return Exit.OK

    return run_async(work())


@app.command()
def doctor(root: Root = Path()) -> int:
    """Run something in each sandbox, and say what it could and could not do there."""
    from ambient_lsp import config_file
    from ambient_lsp.sandbox.build import doctor as examine

    folder = find_root(root)
    settings = config_file.load(folder).sandbox

    async def work() -> int:
        found = await examine(settings, folder)
        for one in found:
            mark = "[green]ready[/]" if one.ready else "[red]not ready[/]"
            about = one.image if one.ready else f"{one.reason} {one.next_step}"
            render.OUT.print(f"[bold]{one.backend:12}[/] {mark}  {escape(about)}")
        return Exit.OK if any(one.ready for one in found) else Exit.FOUND

    return run_async(work())
