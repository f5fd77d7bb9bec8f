"""What every command does first and last: find the folder, open the engine, end when it is told to."""

from __future__ import annotations

import signal
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ambient_lsp.cli.exits import NoSuchPath
from ambient_lsp.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

    from ambient_lsp.config import Config
    from ambient_lsp.engine.engine import Engine

T = TypeVar("T")


class Backend(StrEnum):
    """A sandbox to use instead of the configured one."""

    AUTO = "auto"
    DOCKER = "docker"
    BUBBLEWRAP = "bubblewrap"
    NONE = "none"


BackendOption = Annotated[
    Backend | None,
    typer.Option(metavar="NAME", help="Use this sandbox, not the configured one: auto, docker, bubblewrap or none."),
]
RootArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="The project's folder.", show_default=False)]
RootOption = Annotated[
    Path, typer.Option("--root", metavar="FOLDER", help="The project's folder.", show_default="this one")
]


def find_root(start: Path) -> Path:
    """Return the folder to work on: the nearest one upwards with `.ambient.yml` or `.git`, else `start` itself."""
    try:
        start = start.resolve()
        if not start.exists():
            raise NoSuchPath(
                f"{start} does not exist.",
                untouched="Nothing was looked at.",
                next_step="Name a file or folder of a project.",
            )
        folder = start if start.is_dir() else start.parent
        for candidate in (folder, *folder.parents):
            if all((candidate / name).exists() for name in ("HEAD", "objects", "refs")):
                raise WorkspaceError(
                    f"{candidate} is a bare git repository, or git's own folder: there are no files to look at.",
                    untouched="Nothing was changed.",
                    next_step="Name a work tree of it; `git worktree add` makes one.",
                )
            if (candidate / ".ambient.yml").is_file() or (candidate / ".git").exists():
                return candidate
    except OSError as error:
        raise WorkspaceError(
            f"{start} cannot be looked at: {error.strerror}.",
            untouched="Nothing was changed.",
            next_step="Check its permissions.",
        ) from error
    return folder


def settings(root: Path) -> Config:
    """Return the settings of a folder. Raises `ConfigError`."""
    from ambient_lsp import config_file, trust

    return config_file.load(root, trusted=trust.is_trusted(root))


@asynccontextmanager
async def opened(
    root: Path, *, backend: Backend | None = None, change: Callable[[Config], Config] | None = None
) -> AsyncIterator[Engine]:
    """Open the engine of a folder and close it, whatever happens.

    `backend` is used instead of the configured one, and the settings are what `change` makes of them.
    """
    from ambient_lsp import trust
    from ambient_lsp.engine.engine import Engine

    config = settings(root)
    if backend is not None:
        sandbox = config.sandbox.model_copy(update={"backend": backend.value})
        config = config.model_copy(update={"sandbox": sandbox})
    if change is not None:
        config = change(config)
    engine = await Engine.open(root, config, trusted=trust.is_trusted(root))
    try:
        yield engine
    finally:
        await engine.close()


def run_async(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine to its end. SIGTERM ends it as Ctrl-C does, so that nothing is left behind."""
    import asyncio

    async def wrapped() -> T:
        task = asyncio.current_task()
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    try:
        return asyncio.run(wrapped())
    except (asyncio.CancelledError, KeyboardInterrupt) as stop:
        raise typer.Abort from stop


def with_engine(root: Path, work: Callable[[Engine], Awaitable[T]]) -> T:
    """Open the engine of a folder, do one thing with it, and close it."""

    async def opened_work() -> T:
        async with opened(root) as engine:
            return await work(engine)

    return run_async(opened_work())
