"""One Docker container for one checkout, and commands in it.

A container is thrown away whenever a command had to be killed or left a process behind, and the next command gets a
new one: ending everything by the container's end is the only way that a program inside cannot get around.

The engine holds memory, processors and processes; `/tmp` and `/dev/shm` have a size. For the tree, which is a folder of
the host, there is RLIMIT_FSIZE per file, and watching (`usage.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import platform
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ambient_lsp import owner
from ambient_lsp.errors import SandboxUnavailable
from ambient_lsp.protocols import Command, CommandResult, Limits
from ambient_lsp.sandbox import checkout, environment, layout, usage
from ambient_lsp.sandbox.capture import Capture

if TYPE_CHECKING:
    from docker.models.containers import Container
    from docker.models.images import Image

    from ambient_lsp.config import Sandbox as Settings
    from ambient_lsp.sandbox.docker import Docker

OWNER_LABEL = "ambient.owner"
HOST_LABEL = "ambient.host"
ROOT_LABEL = "ambient.root"
PYTHON_LABEL = "ambient.python"

_WATCH_SECONDS = 0.1
_LOOKS = 10
# The first process: ignoring SIGCHLD has the kernel bury orphans, so that the dead do not use up the pids limit.
_FIRST_PROCESS = "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nwhile True: signal.pause()"


@dataclass(frozen=True, slots=True)
class ChosenImage:
    """An image, and its digest with what is in it, for people."""

    image: Image
    description: str


@dataclass(frozen=True, slots=True)
class Mounts:
    """The folders of the host that a session shows, and whether the checkout's `.git` is a folder."""

    tree: Path
    results: Path
    harness: Path
    project: Path
    git_is_folder: bool

    def specs(self) -> list[Any]:
        """Return them as the SDK wants them."""
        from docker.types import Mount

        git = f"{layout.TREE}/.git"
        return [
            Mount(layout.TREE, str(self.tree.resolve()), type="bind"),
            # A folder of root's that is empty and stays so; a file for a worktree, whose `.git` is one.
            Mount(git, "", type="tmpfs", tmpfs_size=4096, tmpfs_mode=0o555)
            if self.git_is_folder
            else Mount(git, "/dev/null", type="bind", read_only=True),
            Mount(layout.RESULTS, str(self.results.resolve()), type="bind"),
            Mount(layout.HARNESS, str(self.harness.resolve()), type="bind", read_only=True),
            Mount(layout.SITE_FOLDER, str(environment.SITE), type="bind", read_only=True),
        ]


class DockerSession:
    """One checkout; see the protocol `Session`. Commands run one after the other, and share `/tmp`."""

    tree = layout.TREE
    harness = layout.HARNESS
    results = layout.RESULTS

    def __init__(self, backend: Docker, settings: Settings, image: ChosenImage, mounts: Mounts) -> None:
        self.python = python_of(image.image)
        self.image = image.description
        self._backend = backend
        self._settings = settings
        self._chosen = image
        self._mounts = mounts
        self._container: Container | None = None
        self._limits = Limits()
        self._first_pid = 0
        self._turn = asyncio.Lock()

    async def prepare(self) -> None:
        """Start a container with the configured limits, so that the first command need not wait for it."""
        await self._start(layout.limits(self._settings))

    async def run(self, command: Command) -> CommandResult:
        """Run a command to its end; see the protocol."""
        argv = layout.words(command, self._settings.allowed_commands, self.python)
        folder = layout.folder(command)
        async with self._turn:
            await self._start(command.limits)
            try:
                result = await self._run(command, argv, folder)
            except BaseException:
                await asyncio.shield(self.end())
                raise
            left_behind = await self._backend.call(self._left_behind)
            if result.killed or left_behind:
                await self.end()
            await asyncio.to_thread(checkout.keep_plain_files, self._mounts.results)
            return result

    async def end(self) -> None:
        """Remove the container and everything that runs in it."""
        container, self._container = self._container, None
        if container is not None:
            await self._backend.discard(container)

    async def _start(self, limits: Limits) -> None:
        """Have a container with these limits: the one there is, or a new one."""
        wanted = replace(limits, seconds=0, output=0)
        if self._container is not None and self._limits == wanted:
            return
        await self.end()
        creating = asyncio.ensure_future(self._backend.call(lambda: self._create(limits)))
        try:
            self._container, self._first_pid = await asyncio.shield(creating)
        except asyncio.CancelledError:
            # The thread goes on and will have made a container that nobody knows of.
            container, _ = await creating
            await self._backend.discard(container)
            raise
        self._limits = wanted

    def _create(self, limits: Limits) -> tuple[Container, int]:
        from docker.types import LogConfig, Ulimit

        container = self._backend.client().containers.create(
            str(self._chosen.image.id),
            [self.python, "-I", "-S", "-c", _FIRST_PROCESS],
            user=self._backend.user(),
            working_dir=layout.TREE,
            hostname="sandbox",
            labels=labels(self._mounts.project),
            mounts=self._mounts.specs(),
            network_mode="none",
            ipc_mode="private",
            read_only=True,
            tmpfs={"/tmp": f"size={limits.disk},mode=1777,exec,nosuid,nodev,nr_inodes=200k"},  # noqa: S108
            shm_size=layout.SHARED_MEMORY,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            mem_limit=limits.memory,
            memswap_limit=limits.memory,
            nano_cpus=int(limits.cpus * 1_000_000_000),
            pids_limit=limits.pids + 1,  # the first process is ours
            ulimits=[Ulimit(name="core", soft=0, hard=0)],
            log_config=LogConfig(type="none"),
        )
        try:
            container.start()
            container.reload()
        except BaseException:
            remove(container)
            raise
        return container, int(container.attrs["State"]["Pid"])

    async def _run(self, command: Command, argv: tuple[str, ...], folder: str) -> CommandResult:
        from docker.utils.socket import STDOUT, frames_iter

        limits = command.limits
        container = self._container
        assert container is not None  # noqa: S101 - `_start` came first
        api = self._backend.client().api
        out, err = Capture(limits.output), Capture(limits.output)
        first_pid = self._first_pid
        before = await asyncio.to_thread(usage.room, self._mounts.tree)
        kills_before = usage.out_of_memory_kills(first_pid)
        variables = layout.variables(command.env, first=str(Path(self.python).parent), tree=self._mounts.tree)
        started = time.monotonic()
        handle = await self._backend.call(
            lambda: api.exec_create(
                container.id,
                list(layout.limited(argv, limits, processes=False)),
                environment=variables,
                workdir=folder,
            )["Id"]
        )

        def read() -> int | None:
            # As a socket, because the SDK never closes the connection of a stream that it unpacks itself.
            stream: Any = api.exec_start(handle, socket=True)
            try:
                for number, data in frames_iter(stream, tty=False):  # type: ignore[no-untyped-call]
                    (out if number == STDOUT else err).feed(data)
            finally:
                stream._response.close()
            code = api.exec_inspect(handle)["ExitCode"]
            return None if code is None else int(code)

        reading = asyncio.ensure_future(self._backend.call(read))
        # Whoever cancels does not ask how it ended.
        reading.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        killed = await self._watch(reading, handle, limits, before, kills_before, started)
        if killed:
            await self.end()
            # Its end is the end of the stream; what the engine says of a container that is gone does not matter.
            with contextlib.suppress(SandboxUnavailable):
                await reading
            code = None
        else:
            code = reading.result()
            kills = usage.out_of_memory_kills(first_pid)
            if (kills is None) != (kills_before is None) or (code in (None, 137) and await self._taken_away()):
                raise SandboxUnavailable(
                    "The container was taken away while a check ran in it.",
                    untouched="The check has no result; your files were not touched.",
                    next_step="Look at what removes containers on this machine, then try again.",
                )
            if (kills is not None and kills != kills_before) or (kills is None and code in (None, 137)):
                killed, code = "memory", None
        return CommandResult(
            exit_code=code,
            stdout=out.text,
            stderr=err.text,
            seconds=time.monotonic() - started,
            killed=killed,
            truncated=out.truncated or err.truncated,
        )

    async def _watch(
        self,
        reading: asyncio.Future[int | None],
        handle: str,
        limits: Limits,
        before: usage.Room,
        kills_before: int | None,
        started: float,
    ) -> str:
        """Wait for the end; return why the command has to be killed, or ""."""
        pid = 0
        while not reading.done():
            left = started + limits.seconds - time.monotonic()
            if left <= 0:
                return "timeout"
            await asyncio.wait({reading}, timeout=min(_WATCH_SECONDS, left))
            if reading.done():
                break
            kills = usage.out_of_memory_kills(self._first_pid)
            if kills is not None and kills != kills_before:
                return "memory"
            pid = pid or await self._backend.call(lambda: self._pid(handle))
            if reason := await asyncio.to_thread(self._excess, pid, before, limits):
                return reason
        return ""

    def _pid(self, handle: str) -> int:
        return int(self._backend.client().api.exec_inspect(handle)["Pid"] or 0)

    def _excess(self, pid: int, before: usage.Room, limits: Limits) -> str:
        pids = [number for first in (self._first_pid, pid) if first for number in usage.descendants(first)]
        return usage.excess(pids, before, self._mounts.tree, limits, memory=False)

    async def _taken_away(self) -> bool:
        """Tell whether a command was killed with its container, of whose end the engine learns a little later."""
        for _ in range(_LOOKS):
            if await self._backend.call(self._gone):
                return True
            await asyncio.sleep(_WATCH_SECONDS)
        return False

    def _gone(self) -> bool:
        """Tell whether the container has ended by somebody else's doing: its first process does nothing but wait."""
        import docker.errors

        assert self._container is not None  # noqa: S101 - a command has just run in it
        try:
            self._container.reload()
        except docker.errors.NotFound:
            return True
        state = self._container.attrs["State"]
        return not state["OOMKilled"] and (self._container.status != "running" or bool(state.get("Dead")))

    def _left_behind(self) -> bool:
        """Tell whether anything but the first process runs; orphans become its children."""
        container = self._container
        if container is None:
            return False
        if Path("/proc", str(self._first_pid), "task").exists():
            return len(usage.descendants(self._first_pid)) > 1
        # None is what the engine says of a container that somebody is taking away.
        return len(container.top()["Processes"] or ()) > 1


def labels(project: Path) -> dict[str, str]:
    """Return what marks a container as ours: which process on which machine it is for, and which repository."""
    root = hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:16]
    return {OWNER_LABEL: owner.current(), HOST_LABEL: platform.node(), ROOT_LABEL: root}


def python_of(image: Image) -> str:
    """Return the interpreter that an image was made for."""
    return str(image.labels.get(PYTHON_LABEL, "/usr/bin/python3"))


def remove(container: Container) -> None:
    """Remove a container and all that runs in it; nothing happens if it is gone. Blocks."""
    import docker.errors

    # 409 means that its removal is under way already.
    with contextlib.suppress(docker.errors.NotFound):
        try:
            container.remove(force=True, v=True)
        except docker.errors.APIError as error:
            if error.status_code != 409:
                raise
