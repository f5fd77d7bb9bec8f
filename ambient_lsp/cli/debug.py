"""`ambient debug`: what the specialists are told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import find_root, opened, run_async

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """See what Ambient sees."""


@app.command()
def context(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH", help="Files to look at; nothing means all.")
    ] = None,
    log: Annotated[Path | None, typer.Option(metavar="FILE", help="A failing log.")] = None,
    texts: Annotated[bool, typer.Option("--texts", help="With the texts of the files.")] = False,
) -> int:
    """Print the context of a review as JSON, secrets already taken out."""
    from pydantic import TypeAdapter

    from ambient_lsp.cli import formats
    from ambient_lsp.cli.targets import read_log, relative
    from ambient_lsp.context.redact import redact
    from ambient_lsp.model import Context, Trigger, TriggerKind

    chosen = paths or [Path.cwd()]
    root = find_root(chosen[0])
    wanted = tuple(relative(root, paths or []) or ())
    failing = read_log(log)

    async def work() -> int:
        async with opened(root) as engine:
            trigger = Trigger("debug", TriggerKind.COMMAND, wanted, failing_log=failing)
            repository = await (await engine.services()).repository()
            pack = await repository.pack(trigger)
            # Its mappings are read-only ones, which pydantic writes only if told how, and never without a warning.
            value = TypeAdapter(Context).dump_python(pack, mode="json", fallback=dict, warnings=False)
            for target in value["targets"]:
                target["text"] = redact(target["text"])[0] if texts else f"({len(target['text'])} characters)"
            value["failing_log"] = redact(value["failing_log"])[0]
        formats.print_value(value)
        return Exit.OK

    return run_async(work())
