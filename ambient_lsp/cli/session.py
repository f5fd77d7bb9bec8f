"""What every command does first and last: find the folder, open the engine, turn errors into exit codes."""

from __future__ import annotations

import asyncio
import getpass
import os
import signal
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ambient_lsp.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from ambient_lsp.engine.engine import Engine

T = TypeVar("T")


def find_root(start: Path) -> Path:
    """Return the folder to work on: the nearest one upwards with `.ambient.yml` or `.git`, else `start` itself."""
    start = start.resolve()
    if not start.exists():
        raise WorkspaceError(f"{start} does not exist.", next_step="Name a file or folder of a project.")
    folder = start if start.is_dir() else start.parent
    for candidate in (folder, *folder.parents):
        if (candidate / ".ambient.yml").is_file() or (candidate / ".git").exists():
            return candidate
    return folder


@asynccontextmanager
async def opened(root: Path, *, backend: str = "") -> AsyncIterator[Engine]:
    """Open the engine of a folder and close it, whatever happens. `backend` is used instead of the configured one."""
    from ambient_lsp import config_file, trust
    from ambient_lsp.engine.engine import Engine

    trusted = trust.is_trusted(root)
    config = config_file.load(root, trusted=trusted)
    if backend:
        config = config.model_copy(update={"sandbox": config.sandbox.model_copy(update={"backend": backend})})
    engine = await Engine.open(root, config, trusted=trusted)
    try:
        yield engine
    finally:
        await engine.close()


def run_async(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine to its end. SIGTERM ends it as Ctrl-C does, so that nothing is left behind."""

    async def wrapped() -> T:
        task = asyncio.current_task()
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    return asyncio.run(wrapped())


def who() -> str:
    """Return the user's name for the audit log."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
