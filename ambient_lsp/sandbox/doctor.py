"""The work of `ambient sandbox doctor`: try out what the sandbox promises, on each backend."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.errors import AmbientError
from ambient_lsp.protocols import Command, CommandResult, Limits, Readiness, Sandbox, Session
from ambient_lsp.sandbox.bubblewrap import Bubblewrap
from ambient_lsp.sandbox.docker import Docker

if TYPE_CHECKING:
    from ambient_lsp.config import Sandbox as Settings

_LIMITS = Limits(seconds=20, memory=128 << 20, pids=30, disk=16 << 20, output=10_000)
_NETWORK = "import socket; socket.create_connection(('1.1.1.1', 53), 2)"
_WRITE = "open('/written', 'w'); open('/usr/written', 'w')"
_MEMORY = "held = [bytes(1 << 20) + bytearray(b'x') * (10 << 20) for _ in range(60)]"
_PROCESSES = "import subprocess; [subprocess.Popen(['sleep', '5']) for _ in range(60)]"
_SLEEP = "import time; time.sleep(30)"


@dataclass(frozen=True, slots=True)
class Check:
    """One promise that was tried: in words, whether it held, and what was seen."""

    name: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A backend: whether it can be used, and which promises it kept. No checks where it is not ready."""

    readiness: Readiness
    checks: tuple[Check, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it can be used and kept every promise."""
        return self.readiness.ready and all(check.ok for check in self.checks)


async def doctor(settings: Settings, root: Path) -> list[Diagnosis]:
    """Try both backends, whichever is configured, by running real commands in them; a few seconds in all."""
    found: list[Diagnosis] = []
    for backend in (Docker(settings), Bubblewrap(settings)):
        try:
            found.append(await _diagnose(backend, root))
        finally:
            await backend.close()
    return found


async def _diagnose(backend: Sandbox, root: Path) -> Diagnosis:
    readiness = await backend.probe()
    if not readiness.ready:
        return Diagnosis(readiness)
    with tempfile.TemporaryDirectory(prefix="ambient-doctor-") as name:
        places = {part: Path(name, part) for part in ("tree", "results", "harness")}
        for place in places.values():
            place.mkdir()
        try:
            async with backend.session(
                places["tree"], project=root, results=places["results"], harness=places["harness"]
            ) as session:
                checks = await _try_out(session)
                readiness = Readiness(True, backend.name, image=session.image)
        except AmbientError as error:
            return Diagnosis(Readiness(False, backend.name, reason=error.what, next_step=error.next_step))
    return Diagnosis(readiness, checks)


async def _try_out(session: Session) -> tuple[Check, ...]:
    async def run(code: str, seconds: float = _LIMITS.seconds) -> CommandResult:
        limits = Limits(seconds, _LIMITS.memory, _LIMITS.cpus, _LIMITS.pids, _LIMITS.output, _LIMITS.disk)
        return await session.run(Command(("python", "-c", code), limits=limits, trusted=True))

    async def fails(name: str, code: str, seconds: float = _LIMITS.seconds) -> Check:
        result = await run(code, seconds)
        return Check(name, result.exit_code != 0, result.killed or _last_line(result.stderr))

    async def works(name: str, code: str) -> Check:
        result = await run(code)
        return Check(name, result.exit_code == 0, _last_line(result.stdout + result.stderr))

    return (
        await works("Python runs", "import sys; print(sys.version.split()[0])"),
        await works("pytest and coverage are there", "import pytest, coverage; print(pytest.__version__)"),
        await works("the tree can be written", "open('written', 'w')"),
        await fails("nothing else can be written", _WRITE),
        await fails("there is no network", _NETWORK),
        await fails("memory is limited", _MEMORY),
        await fails("processes are limited", _PROCESSES),
        await fails("time is limited", _SLEEP, 1),
    )


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:200] if lines else ""
