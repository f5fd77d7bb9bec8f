"""Checks in Docker: one container for a session, commands by `exec`, an engine that answers on this machine.

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
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ambient_lsp.config import Sandbox as Settings
from ambient_lsp.errors import SandboxUnavailable
from ambient_lsp.protocols import Command, CommandResult, Limits, Readiness
from ambient_lsp.sandbox import checkout, dependencies, environment, layout, owner, usage
from ambient_lsp.sandbox.capture import Capture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from docker.models.containers import Container
    from docker.models.images import Image

    from docker import DockerClient

T = TypeVar("T")

OWNER_LABEL = "ambient.owner"
HOST_LABEL = "ambient.host"
ROOT_LABEL = "ambient.root"
PYTHON_LABEL = "ambient.python"

_WATCH_SECONDS = 0.1
# The first process: ignoring SIGCHLD has the kernel bury orphans, so that the dead do not use up the pids limit.
_FIRST_PROCESS = "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nwhile True: signal.pause()"


class Docker:
    """The `docker` backend. `timeout` is how long the engine may take to answer at first, in seconds."""

    name = "docker"

    def __init__(self, settings: Settings | None = None, timeout: int = 2) -> None:
        self._settings = settings or Settings()
        self._timeout = timeout
        self._client: DockerClient | None = None
        self._connecting = threading.Lock()
        self._remaining: set[str] = set()
        self._user: str | None = None
        # Each running command holds a thread that reads its output, so the loop's own few threads would not do.
        self._threads = ThreadPoolExecutor(max_workers=32, thread_name_prefix="ambient-docker")

    async def probe(self) -> Readiness:
        """Start a container of the image and run its Python."""
        found = await self.look()
        if found.ready:
            try:
                await self.call(self._try)
            except SandboxUnavailable as error:
                return replace(found, ready=False, reason=error.what, next_step=error.next_step)
        return found

    async def look(self, project: Path | None = None) -> Readiness:
        """Say whether an engine answers and has the image (for `project`: with its dependencies); runs nothing."""
        try:
            image = await self.call(lambda: self._image(project))
        except SandboxUnavailable as error:
            return Readiness(False, self.name, reason=error.what, next_step=error.next_step)
        return Readiness(True, self.name, image=image.description)

    @asynccontextmanager
    async def session(self, tree: Path, *, project: Path, results: Path, harness: Path) -> AsyncIterator[DockerSession]:
        """Open a sandbox on a checkout; see the protocol. Run by root, the checkout's files change their owner."""
        image = await self.call(lambda: self._image(project))
        for folder in (tree, results):
            await asyncio.to_thread(checkout.give, folder)
        with checkout.without_git(tree) as git_is_folder:
            mounts = _Mounts(tree, results, harness, project, git_is_folder)
            session = DockerSession(self, self._settings, image, mounts)
            try:
                await session.prepare()
                yield session
            finally:
                await asyncio.shield(session.end())

    async def reap(self) -> int:
        """Remove containers of processes of this machine that are gone, and those that the engine kept from us."""
        return await self.call(self._reap)

    async def close(self) -> None:
        """Let go of the engine."""
        if self._client is not None:
            await asyncio.to_thread(self._client.close)
            self._client = None
        self._threads.shutdown(wait=False)

    async def call(self, work: Callable[[], T]) -> T:
        """Do `work` in a thread. Raises `SandboxUnavailable` whatever the engine or the way to it has against it."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: _translated(work))

    async def discard(self, container: Container) -> None:
        """Remove a container; if the engine does not answer now, then at the next `reap`."""
        try:
            await self.call(lambda: _remove(container))
        except SandboxUnavailable:
            self._remaining.add(str(container.id))

    def client(self) -> DockerClient:
        """Return the connection to the engine, made at first use. Blocks."""
        with self._connecting:
            if self._client is None:
                import docker

                client = docker.from_env(timeout=self._timeout, max_pool_size=32)
                client.api.timeout = 60
                self._client = client
            return self._client

    def user(self) -> str:
        """Return who commands run as. Where the engine itself is the caller's, root inside is the caller outside and
        any other id could not write the tree. Blocks."""
        if self._user is None:
            options = self.client().info().get("SecurityOptions") or []
            rootless = any(option.startswith("name=rootless") for option in options)
            self._user = "0:0" if rootless else ":".join(map(str, checkout.sandbox_ids()))
        return self._user

    def _image(self, project: Path | None) -> ChosenImage:
        """Return the image with the project's dependencies if it was built, else the plain one."""
        import docker.errors

        images = self.client().images
        try:
            base = images.get(self._settings.image)
        except docker.errors.ImageNotFound as error:
            raise SandboxUnavailable(
                f"The Docker image {self._settings.image} is not there.",
                untouched="Nothing was run.",
                next_step="Run `ambient sandbox build`.",
            ) from error
        recipe = dependencies.read(project) if project is not None else None
        if recipe is None:
            return ChosenImage(base, _digest(base))
        with contextlib.suppress(docker.errors.ImageNotFound):
            derived = images.get(recipe.tag(str(base.id)))
            return ChosenImage(derived, f"{_digest(derived)} with the dependencies of {', '.join(recipe.sources)}")
        return ChosenImage(base, f"{_digest(base)} without the project's dependencies (run `ambient sandbox build`)")

    def _try(self) -> None:
        image = self._image(None).image
        command = [_python(image), "-I", "-S", "-c", "1"]
        self.client().containers.run(
            str(image.id), command, remove=True, network_mode="none", read_only=True, labels=labels(Path())
        )

    def _reap(self) -> int:
        count = 0
        ours = self.client().containers.list(
            all=True, filters={"label": [OWNER_LABEL, f"{HOST_LABEL}={platform.node()}"]}, ignore_removed=True
        )
        for container in ours:
            if container.id in self._remaining or not owner.alive(container.labels[OWNER_LABEL]):
                _remove(container)
                count += 1
        self._remaining.clear()
        return count


@dataclass(frozen=True, slots=True)
class ChosenImage:
    """An image, and its digest with what is in it, for people."""

    image: Image
    description: str


@dataclass(frozen=True, slots=True)
class _Mounts:
    tree: Path
    results: Path
    harness: Path
    project: Path
    git_is_folder: bool

    def specs(self) -> list[Any]:
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

    def __init__(self, backend: Docker, settings: Settings, image: ChosenImage, mounts: _Mounts) -> None:
        self.python = _python(image.image)
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
            _remove(container)
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
            if kills != kills_before or (kills is None and code in (None, 137)):
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
            if usage.out_of_memory_kills(self._first_pid) != kills_before:
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

    def _left_behind(self) -> bool:
        """Tell whether anything but the first process runs; orphans become its children."""
        container = self._container
        if container is None:
            return False
        if Path("/proc", str(self._first_pid), "task").exists():
            return len(usage.descendants(self._first_pid)) > 1
        return len(container.top()["Processes"]) > 1


def labels(project: Path) -> dict[str, str]:
    """Return what marks a container as ours: which process on which machine it is for, and which repository."""
    root = hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:16]
    return {OWNER_LABEL: owner.current(), HOST_LABEL: platform.node(), ROOT_LABEL: root}


def _python(image: Image) -> str:
    return str(image.labels.get(PYTHON_LABEL, "/usr/bin/python3"))


def _digest(image: Image) -> str:
    return str(image.id)[:19]


def _remove(container: Container) -> None:
    import docker.errors

    # 409 means that its removal is under way already.
    with contextlib.suppress(docker.errors.NotFound):
        try:
            container.remove(force=True, v=True)
        except docker.errors.APIError as error:
            if error.status_code != 409:
                raise


def _translated(work: Callable[[], T]) -> T:
    import docker.errors
    import requests.exceptions

    try:
        return work()
    except (docker.errors.DockerException, requests.exceptions.RequestException, ConnectionError) as error:
        raise SandboxUnavailable(
            f"Docker does not answer as it should: {str(error)[:300]}.",
            untouched="The check has no result; your files were not touched.",
            next_step="Start Docker, or set sandbox.backend to bubblewrap.",
        ) from error
