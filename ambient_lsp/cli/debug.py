"""`ambient debug`: what the specialists are told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import find_root, opened, run_async

if TYPE_CHECKING:
    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.model import Context

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
    as_sent: Annotated[
        bool, typer.Option("--as-sent", help="The very text that a model would be sent, and what is kept back.")
    ] = False,
) -> int:
    """Print the context of a review as JSON, secrets already taken out; nothing is sent."""
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
            if as_sent:
                await print_as_sent(engine, pack)
                return Exit.OK
            # Its mappings are read-only ones, which pydantic writes only if told how, and never without a warning.
            value = TypeAdapter(Context).dump_python(pack, mode="json", fallback=dict, warnings=False)
            for target in value["targets"]:
                target["text"] = redact(target["text"])[0] if texts else f"({len(target['text'])} characters)"
            for name in ("failing_log", "diff"):
                value[name] = redact(value[name])[0]
            value["important_files"] = {path: redact(text)[0] for path, text in value["important_files"].items()}
        formats.print_value(value)
        return Exit.OK

    return run_async(work())


async def print_as_sent(engine: Engine, pack: Context) -> None:
    """Print what is told to all specialists and what each is told besides, then what is left out and why."""
    from ambient_lsp.agents.thinking.markdown import load
    from ambient_lsp.agents.thinking.prompts import SPECIALISTS, prompt, specialist_prompt
    from ambient_lsp.cli import formats, render
    from ambient_lsp.engine.thinking import told_to_all

    repository = await (await engine.services()).repository()
    known = [one for target in pack.targets for one in engine.findings(target.path)]
    told = await told_to_all(pack, known, repository.read, engine.config)
    formats.write(f"==== system ====\n{prompt('system').text}\n==== user, the same for all ====\n{told.text}")
    shown = [target.path for target in pack.targets if target.path in told.files]
    enabled = engine.config.agents.enabled
    words = {agent: specialist_prompt(agent, shown) for agent in enabled if agent in SPECIALISTS and shown}
    if engine.trusted:
        written = load(engine.root, enabled).agents
        words |= {one.name: one.words for one in written if any(one.looks_at(path) for path in shown)}
    for name, text in words.items():
        formats.write(f"==== user, goes on for {name} ====\n{text}")
    summary = f"about {told.tokens:,} tokens for all; {told.redacted} secrets taken out; nothing was sent"
    render.ERR.print(
        summary, *(f"{name}: left out, {why}" for name, why in told.left_out.items()), sep="\n", markup=False
    )
