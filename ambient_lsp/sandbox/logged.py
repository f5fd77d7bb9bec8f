"""A sandbox that tells of every command it runs; all else is the inner one's business."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from ambient_lsp.protocols import Command, CommandResult, Readiness, Sandbox, Session


class LoggedSandbox:
    """Passes everything on, and calls `log(data)` after each command. `data` holds no output and no environment."""

    def __init__(self, inner: Sandbox, log: Callable[[dict[str, Any]], None]) -> None:
        self.name = inner.name
        self._inner = inner
        self._log = log

    async def probe(self) -> Readiness:
        """Ask the inner sandbox."""
        return await self._inner.probe()

    @asynccontextmanager
    async def session(self, tree: Path, *, project: Path, results: Path, harness: Path) -> AsyncIterator[Session]:
        """Open an inner session, and listen to its commands."""
        async with self._inner.session(tree, project=project, results=results, harness=harness) as session:
            yield LoggedSession(session, self.name, self._log)

    async def reap(self) -> int:
        """Ask the inner sandbox."""
        return await self._inner.reap()

    async def close(self) -> None:
        """Close the inner sandbox."""
        await self._inner.close()


class LoggedSession:
    """One inner session."""

    def __init__(self, inner: Session, sandbox: str, log: Callable[[dict[str, Any]], None]) -> None:
        self.tree, self.harness, self.results = inner.tree, inner.harness, inner.results
        self.python, self.image = inner.python, inner.image
        self._inner = inner
        self._sandbox = sandbox
        self._log = log

    async def run(self, command: Command) -> CommandResult:
        """Run a command and tell of it; one that is refused or cancelled has not been executed."""
        result = await self._inner.run(command)
        self._log(
            {"argv": list(command.argv), "sandbox": self._sandbox, "exit_code": result.exit_code,
             "killed": result.killed, "seconds": round(result.seconds, 3), "own": command.trusted}
        )  # fmt: skip
        return result
