"""`ambient fake-model`: a model host on this machine that plays a script, a folder or a recording."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.session import run_async
from ambient_lsp.errors import AmbientError

if TYPE_CHECKING:
    from ambient_lsp.llm.fake import Script
    from ambient_lsp.llm.fake.recording import Recorder


def fake_model(
    script: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What to say: YAML or JSON, or a recording (.jsonl).")
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write each question here, and wait for the file with its answer."),
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the answers of --upstream here, to be played later.")
    ] = None,
    upstream: Annotated[str, typer.Option(metavar="URL", help="The real host that --record asks.")] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Listen here on loopback; 0 takes any free port.")] = 0,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append every question and what was sent, as lines of JSON.")
    ] = None,
) -> int:
    """Play a model host on this machine, for trying out and for tests; no key, no network, no costs."""
    if (script is not None) + (directory is not None) + (record is not None) > 1:
        raise typer.BadParameter("--script, --directory and --record exclude each other.")
    if (record is None) != (not upstream):
        raise typer.BadParameter("--record and --upstream belong together.")
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise AmbientError(
            "The fake host needs two packages more.", next_step="`pip install 'ambient-lsp[server]'` brings them."
        ) from error
    return run_async(_serve(script, directory, record, upstream, port, log))


async def _serve(
    script: Path | None, directory: Path | None, record: Path | None, upstream: str, port: int, log: Path | None
) -> int:
    from contextlib import AsyncExitStack

    from ambient_lsp.cli import render
    from ambient_lsp.llm.fake import FakeHost, Script
    from ambient_lsp.llm.fake.directory import Directory
    from ambient_lsp.llm.fake.recording import Recorder

    played: Script = Script()
    recorder: Recorder | None = None
    if script is not None:
        played = Script.read(script)
    elif directory is not None:
        played = Script(replies=Directory(directory), models=(), retired={}, fixed_sampling=False)
    elif record is not None:
        recorder = Recorder(upstream, record)
        played = Script(replies=recorder, models=(), retired={}, fixed_sampling=False)
    async with AsyncExitStack() as stack:
        if recorder is not None:
            stack.push_async_callback(recorder.close)
        file = stack.enter_context(log.open("a", encoding="utf-8")) if log else None
        host = await stack.enter_async_context(FakeHost(played, port=port, log_file=file, keep_log=False))
        render.OUT.print(f"Answers at {host.base_url} until Ctrl-C.", soft_wrap=True)
        await host.forever()
    return Exit.OK
