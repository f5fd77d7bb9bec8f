"""`ambient sandbox`: the place where checks run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import RootArgument, find_root, run_async, settings

if TYPE_CHECKING:
    from ambient_lsp.sandbox.doctor import Diagnosis

app = typer.Typer(no_args_is_help=True)


@app.command()
def build(
    root: RootArgument = Path(),
    allow_network: Annotated[
        bool, typer.Option("--allow-network", help="Let the build fetch the project's own dependencies.")
    ] = False,
    renew: Annotated[bool, typer.Option("--renew", help="Build Ambient's own image again, too.")] = False,
) -> int:
    """Build the Docker image in which checks run, and one with this project's dependencies if you allow it."""
    from rich.markup import escape

    from ambient_lsp.cli import render
    from ambient_lsp.sandbox import build as images
    from ambient_lsp.sandbox.docker import Docker

    folder = find_root(root)
    wanted = settings(folder).sandbox

    async def work() -> int:
        backend = Docker(wanted)
        try:
            name = await images.build(
                backend,
                wanted,
                folder,
                lambda line: render.ERR.print(escape(line), style="dim", soft_wrap=True),
                allow_network=allow_network or wanted.build_network,
                renew=renew,
            )
        finally:
            await backend.close()
        render.OUT.print(f"Checks of this project run in [bold]{escape(name)}[/].")
        return Exit.OK

    return run_async(work())


@app.command()
def doctor(root: RootArgument = Path(), json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> int:
    """Try out in each sandbox what it promises: no network, no writing elsewhere, limits that hold."""
    from rich.markup import escape

    from ambient_lsp.cli import formats, render
    from ambient_lsp.sandbox.doctor import doctor as examine

    folder = find_root(root)
    wanted = settings(folder).sandbox

    async def work() -> int:
        with render.waiting("Trying out the sandboxes"):
            found = await examine(wanted, folder)
        if json:
            formats.print_value([_value(one) for one in found])
        for one in [] if json else found:
            place = one.readiness
            mark = "[green]ready[/]" if place.ready else "[yellow]not ready[/]"
            about = place.image if place.ready else f"{place.reason} {place.next_step}"
            render.OUT.print(f"[bold]{place.backend}[/] {mark}  {escape(about)}", soft_wrap=True)
            for check in one.checks:
                sign = "[green]ok[/]" if check.ok else "[red]no[/]"
                render.OUT.print(f"  {sign}  {escape(check.name)}  [dim]{escape(check.detail)}[/]", soft_wrap=True)
        usable = any(one.readiness.ready for one in found)
        return Exit.OK if usable and all(one.ok for one in found if one.readiness.ready) else Exit.FOUND

    return run_async(work())


def _value(found: Diagnosis) -> dict[str, Any]:
    place = found.readiness
    return {
        "backend": place.backend,
        "ready": place.ready,
        "image": place.image,
        "reason": place.reason,
        "next_step": place.next_step,
        "checks": [{"name": one.name, "ok": one.ok, "detail": one.detail} for one in found.checks],
    }
