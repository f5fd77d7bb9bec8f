"""Both sandbox backends as one fixture: each test that asks for `box` runs on bubblewrap and on Docker."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import pytest

from ambient_lsp.protocols import Command, CommandResult, Limits, Readiness, Sandbox, Session
from ambient_lsp.sandbox.bubblewrap import Bubblewrap
from ambient_lsp.sandbox.docker import Docker
from tests.real import require

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from ambient_lsp.config import Sandbox as Settings

BACKENDS: dict[str, type[Bubblewrap] | type[Docker]] = {"bubblewrap": Bubblewrap, "docker": Docker}
LIMITS = Limits(seconds=20, memory=256 << 20, cpus=2, pids=40, output=1 << 20, disk=64 << 20)


@cache
def readiness(name: str) -> Readiness:
    async def probe() -> Readiness:
        backend = BACKENDS[name]()
        try:
            return await backend.probe()
        finally:
            await backend.close()

    # A thread of its own, because the asking test may be in a loop already.
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(lambda: asyncio.run(probe())).result()


@dataclass
class Box:
    """A backend, and the folders of one checkout."""

    backend: Sandbox
    folder: Path

    def __post_init__(self) -> None:
        for name in ("tree", "project", "results", "harness"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        places = {name: self.folder / name for name in ("project", "results", "harness")}
        async with self.backend.session(self.tree, **places) as session:
            yield session

    async def python(self, code: str, *, limits: Limits = LIMITS, **changes: object) -> CommandResult:
        """Run one Python program in a session of its own."""
        async with self.session() as session:
            return await session.run(python(code, limits=limits, **changes))


def python(code: str, *, limits: Limits = LIMITS, **changes: object) -> Command:
    return replace(Command(("python", "-c", code), limits=limits, trusted=True), **changes)


def ready_backend(name: str) -> type[Bubblewrap] | type[Docker]:
    found = readiness(name)
    require(found.ready, f"{name} is not ready here: {found.reason} {found.next_step}")
    return BACKENDS[name]


def make(name: str, folder: Path, settings: Settings | None = None) -> Box:
    return Box(ready_backend(name)(settings), folder)


both = pytest.mark.parametrize("name", list(BACKENDS))
