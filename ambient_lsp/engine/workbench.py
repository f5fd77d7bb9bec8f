"""What the engine hands to specialists: current texts, warm processes, and facts that the sandbox observed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import BaseModel

from ambient_lsp.engine.memo import MISSING, Memo, key_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from ambient_lsp.config import Agents
    from ambient_lsp.engine.cpu import CpuPool
    from ambient_lsp.model import Snapshot
    from ambient_lsp.protocols import Coverage, Observation

T = TypeVar("T")

_FEW = 8
"""Targets of a run that need not be lined up: somebody waits for them, while others look at a whole repository."""


class EngineWorkbench:
    """The `Workbench` of one run. Nothing is run in the sandbox unless a specialist asks for what it shows."""

    def __init__(
        self,
        *,
        agents: Agents,
        cpu: CpuPool,
        memo: Memo | None = None,
        read: Callable[[str], Awaitable[Snapshot | None]],
        coverage: Callable[[], Awaitable[Coverage | None]],
        observe: Callable[[Sequence[str], str], Awaitable[Sequence[Observation] | None]],
        moody: Callable[[Sequence[str]], Awaitable[Mapping[str, str] | None]],
    ) -> None:
        self._agents = agents
        self._cpu = cpu
        self._memo = memo if memo is not None else Memo()
        self._read = read
        self._coverage = coverage
        self._observe = observe
        self._moody = moody
        self._known: dict[str, Snapshot] = {}
        # Specialists look at several files at once; the sandbox answers one question after the other.
        self._sandbox = asyncio.Lock()

    def know(self, targets: Iterable[Snapshot]) -> None:
        """Hold the texts that the run looks at: whoever reads one of these files sees the same text as its reviewer."""
        self._known.update((target.path, target) for target in targets)
        if len(self._known) > _FEW:
            self._cpu.warm()
            self._cpu.line_up(target.text for target in self._known.values())

    async def read(self, path: str) -> Snapshot | None:
        """Return a file's current text, unsaved edits included; None where it is missing, binary or too large."""
        return self._known.get(path) or await self._read(path)

    async def cpu(self, function: Callable[..., T], /, *args: Any) -> T:
        """Run a module-level function in a warm worker process; one that is pure, only where it is not known yet."""
        key = key_of(function, args)
        if key is None:
            return await self._cpu.run(function, *args)
        known = self._memo.get(key)
        if known is not MISSING:
            return cast("T", known)
        made = await self._cpu.run(function, *args)
        self._memo.put(key, made)
        return made

    async def coverage(self) -> Coverage | None:
        """Return the lines that the project's tests ran; None if the suite could not be run in a sandbox."""
        async with self._sandbox:
            return await self._coverage()

    async def moody(self, paths: Sequence[str]) -> Mapping[str, str] | None:
        """Return the tests that pass in their own order and not in another; None where that could not be tried."""
        async with self._sandbox:
            return await self._moody(paths)

    async def observe(self, calls: Sequence[str], setup: str) -> Sequence[Observation] | None:
        """Evaluate expressions in the sandbox on the base tree; None where that could not be done."""
        async with self._sandbox:
            return await self._observe(calls, setup)

    def settings(self, agent: str) -> Mapping[str, Any]:
        """Return the agent's own section of the configuration, defaults filled in."""
        return settings_of(self._agents, agent)


class PatchedWorkbench:
    """A workbench on texts that exist only in memory, for looking again at what a proposal would leave behind."""

    def __init__(self, bench: EngineWorkbench, texts: Mapping[str, Snapshot | None]) -> None:
        self._bench = bench
        self._texts = texts

    async def read(self, path: str) -> Snapshot | None:
        """Return the patched text where there is one, else the current text."""
        return self._texts[path] if path in self._texts else await self._bench.read(path)

    async def cpu(self, function: Callable[..., T], /, *args: Any) -> T:
        """Run a module-level function in a warm worker process."""
        return await self._bench.cpu(function, *args)

    async def coverage(self) -> Coverage | None:
        """Return None: nothing is run for a second look."""
        return None

    async def moody(self, paths: Sequence[str]) -> Mapping[str, str] | None:
        """Return None: nothing is run for a second look."""
        return None

    async def observe(self, calls: Sequence[str], setup: str) -> Sequence[Observation] | None:
        """Return None: nothing is run for a second look."""
        return None

    def settings(self, agent: str) -> Mapping[str, Any]:
        """Return the agent's own section of the configuration, defaults filled in."""
        return self._bench.settings(agent)


def settings_of(agents: Agents, agent: str) -> Mapping[str, Any]:
    """Return an agent's section: one of the five with its defaults, a custom one as it was written."""
    section = getattr(agents, agent, None)
    if isinstance(section, BaseModel):
        return section.model_dump()
    return section if isinstance(section, dict) else {}
