"""A sandbox that isolates nothing: commands run as subprocesses of this machine, with time and output limits."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.protocols import Command, CommandResult, Readiness, Session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class HostSession:
    """One folder on this machine."""

    def __init__(self, tree: Path, results: Path, harness: Path, python: str) -> None:
        self.tree, self.results, self.harness, self.python = str(tree), str(results), str(harness), python
        self.image = ""
        self.commands: list[Command] = []

    async def run(self, command: Command) -> CommandResult:
        self.commands.append(command)
        started = time.monotonic()
        try:
            process = await asyncio.create_subprocess_exec(
                *command.argv,
                cwd=f"{self.tree}/{command.cwd}",
                env={
                    "PATH": f"{Path(self.python).parent}:{os.environ['PATH']}",
                    "HOME": self.results,
                    "TMPDIR": self.results,
                    **command.env,
                },
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (command.limits.disk,) * 2),
            )
        except FileNotFoundError as error:
            return CommandResult(127, "", str(error), 0.0)
        assert process.stdout and process.stderr
        killed = ""
        outputs = [asyncio.create_task(_keep(s, command.limits.output)) for s in (process.stdout, process.stderr)]
        try:
            await asyncio.wait_for(process.wait(), command.limits.seconds)
        except TimeoutError:
            killed = "timeout"
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            (out, cut_out), (err, cut_err) = await asyncio.shield(asyncio.gather(*outputs))
            await asyncio.shield(process.wait())
        seconds = time.monotonic() - started
        return CommandResult(None if killed else process.returncode, out, err, seconds, killed, cut_out or cut_err)


class HostSandbox:
    """Opens `HostSession`s and remembers them."""

    name = "host"

    def __init__(self, python: str = sys.executable) -> None:
        self.python = python
        self.image = f"packages beside {python}"
        self.sessions: list[HostSession] = []

    async def probe(self) -> Readiness:
        return Readiness(True, self.name, image=self.python)

    @asynccontextmanager
    async def session(self, tree: Path, *, project: Path, results: Path, harness: Path) -> AsyncIterator[Session]:
        session = HostSession(tree, results, harness, self.python)
        session.image = self.image
        self.sessions.append(session)
        yield session

    async def reap(self) -> int:
        return 0

    async def close(self) -> None:
        return None


async def _keep(stream: asyncio.StreamReader, limit: int) -> tuple[str, bool]:
    """Read to the end, but keep only the first `limit` bytes."""
    kept, cut = bytearray(), False
    while chunk := await stream.read(1 << 16):
        room = limit - len(kept)
        kept += chunk[:room]
        cut = cut or len(chunk) > room
    return kept.decode("utf-8", "replace"), cut
