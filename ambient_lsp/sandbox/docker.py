"""Checks in Docker: one container for a session, commands by `exec`, an engine that answers on this machine.

What a container may and may not is in `docker_session.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ambient_lsp.config import Sandbox as Settings
from ambient_lsp.errors import SandboxUnavailable
from ambient_lsp.protocols import Readiness
from ambient_lsp.sandbox import checkout, dependencies, owner
from ambient_lsp.sandbox.docker_session import (
    HOST_LABEL,
    OWNER_LABEL,
    ChosenImage,
    DockerSession,
    Mounts,
    labels,
    python_of,
    remove,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from docker.models.containers import Container
    from docker.models.images import Image

    from docker import DockerClient

T = TypeVar("T")

_OLDEST_API = "1.41"  # Docker 20.10
_GOODBYE = 5.0
KEPT_CONNECTIONS = 32
"""Connections to the engine that are kept for the next request; there are as many as were ever busy at once."""


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
            mounts = Mounts(tree, results, harness, project, git_is_folder)
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
        # A connection that a thread gives back after the client was closed would stay open.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(self._threads.shutdown, wait=True), _GOODBYE)
        client, self._client = self._client, None
        if client is not None:
            await asyncio.to_thread(client.close)

    async def call(self, work: Callable[[], T]) -> T:
        """Do `work` in a thread. Raises `SandboxUnavailable` whatever the engine or the way to it has against it."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: _translated(work))

    async def discard(self, container: Container) -> None:
        """Remove a container; if the engine does not answer now, then at the next `reap`."""
        try:
            await self.call(lambda: remove(container))
        except SandboxUnavailable:
            self._remaining.add(str(container.id))

    def client(self) -> DockerClient:
        """Return the connection to the engine, made at first use. Blocks."""
        with self._connecting:
            if self._client is None:
                import docker

                _knock()
                # With `version="auto"` the SDK asks the engine while it is being made; asked afterwards, its
                # connections can be closed when none answers.
                client = docker.from_env(version=_OLDEST_API, timeout=self._timeout, max_pool_size=KEPT_CONNECTIONS)
                try:
                    client.api._version = client.version()["ApiVersion"]  # type: ignore[attr-defined]  # as "auto" does
                except BaseException:
                    client.close()
                    raise
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
        command = [python_of(image), "-I", "-S", "-c", "1"]
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
                remove(container)
                count += 1
        self._remaining.clear()
        return count


def _digest(image: Image) -> str:
    return str(image.id)[:19]


def _translated(work: Callable[[], T]) -> T:
    import docker.errors
    import requests.exceptions

    try:
        return work()
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        raise SandboxUnavailable(
            f"Docker does not answer as it should: {str(error)[:300]}.",
            untouched="The check has no result; your files were not touched.",
            next_step="Start Docker, or set sandbox.backend to bubblewrap.",
        ) from error


def _knock() -> None:
    """Raise `OSError` when nobody listens where the engine should be.

    The SDK does not close a socket that it could not connect, so it must not be the first to try.
    """
    scheme, _, path = (os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock").partition("://")
    if scheme == "unix":
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(path)
