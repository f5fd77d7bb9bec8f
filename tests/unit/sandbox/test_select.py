"""Which backend is taken, and what is said of the others."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from ambient_lsp import owner
from ambient_lsp.config import Sandbox as Settings
from ambient_lsp.errors import SandboxUnavailable
from ambient_lsp.sandbox import bubblewrap, build, doctor, usage
from ambient_lsp.sandbox.docker import Docker
from ambient_lsp.sandbox.select import choose
from tests.sandboxes import make, python, ready_backend

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(120),
    # Tests here cut the Docker SDK's connections; it leaves the broken sockets to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


async def test_none_means_none(tmp_path: Path) -> None:
    backend, found = await choose(Settings(backend="none"), tmp_path)
    assert backend is None and not found[0].ready and "none" in found[0].reason


async def test_docker_is_taken_when_it_answers_and_has_the_image(tmp_path: Path) -> None:
    ready_backend("docker")
    backend, found = await choose(Settings(), tmp_path)
    assert backend is not None and backend.name == "docker" and found[0].image.startswith("sha256:")
    await backend.close()


async def test_without_the_image_bubblewrap_is_taken_unless_docker_was_asked_for(tmp_path: Path) -> None:
    ready_backend("docker")
    ready_backend("bubblewrap")
    backend, found = await choose(Settings(image="ambient-no-such-image:1"), tmp_path)
    assert backend is not None and backend.name == "bubblewrap"
    assert [entry.ready for entry in found] == [False, True]
    assert "ambient sandbox build" in found[0].next_step
    backend, found = await choose(Settings(image="ambient-no-such-image:1", backend="docker"), tmp_path)
    assert backend is None and len(found) == 1


async def test_no_engine_is_told_quickly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    started = time.monotonic()
    backend, found = await choose(Settings(backend="docker"), tmp_path)
    assert backend is None and "Start Docker" in found[0].next_step
    assert time.monotonic() - started < 3


async def test_an_engine_that_hangs_does_not_hold_us_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deaf.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        started = time.monotonic()
        backend, _ = await choose(Settings(backend="docker"), tmp_path)
        assert backend is None and time.monotonic() - started < 5


async def test_an_engine_that_stops_half_way_is_an_error_and_not_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Docker goes away between two commands, then comes back: one error, no hanging, nothing left behind."""
    ready_backend("docker")
    engine = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    front = tmp_path / "engine.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{front}")
    connections: set[asyncio.StreamWriter] = set()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(engine)
        connections.update((writer, far_writer))

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    target.write(data)
                    await target.drain()
            target.close()

        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))

    server = await asyncio.start_unix_server(forward, front)
    box = make("docker", tmp_path / "box")
    async with box.session() as session:
        assert (await session.run(python("1"))).exit_code == 0
        server.close()
        for writer in connections:
            writer.close()
        front.unlink(missing_ok=True)
        with pytest.raises(SandboxUnavailable) as error:
            await asyncio.wait_for(session.run(python("1")), 10)
        assert "Start Docker" in str(error.value)
    server = await asyncio.start_unix_server(forward, front)
    assert await box.backend.reap() == 1
    await box.backend.close()
    server.close()
    await asyncio.sleep(0.1)


async def test_the_doctor_tries_every_promise_on_each_backend(tmp_path: Path) -> None:
    for name in ("docker", "bubblewrap"):
        ready_backend(name)
    for diagnosis in await doctor.doctor(Settings(), tmp_path):
        assert diagnosis.ok, diagnosis
        assert len(diagnosis.checks) == 8


async def test_an_image_that_cannot_be_built_leaves_the_old_one(tmp_path: Path) -> None:
    backend = ready_backend("docker")(Settings())
    assert isinstance(backend, Docker)
    (tmp_path / "requirements.txt").write_text("ambient-lsp-no-such-distribution==99\n")
    lines: list[str] = []
    tag = await build.build(backend, Settings(), tmp_path, lines.append, allow_network=False)
    assert tag == Settings().image and "network" in lines[-1]
    await backend.close()


async def test_without_the_derived_image_the_session_says_so(tmp_path: Path) -> None:
    box = make("docker", tmp_path)
    (tmp_path / "project" / "requirements.txt").write_text("attrs==1.0\n")
    async with box.session() as session:
        assert "without the project's dependencies" in session.image
    await box.backend.close()


@pytest.mark.slow
async def test_the_projects_dependencies_get_an_image_of_their_own(tmp_path: Path) -> None:
    if os.environ.get("AMBIENT_TEST_NETWORK") != "1":
        pytest.skip("AMBIENT_TEST_NETWORK=1 lets this test fetch a package")
    box = make("docker", tmp_path)
    assert isinstance(box.backend, Docker)
    project, lines = tmp_path / "project", list[str]()
    (project / "requirements.txt").write_text("toolz\n")
    (project / "pylock.toml").write_text('[[packages]]\nname = "toolz"\nversion = "0.12.0"\n')
    client = box.backend.client()
    tag = await build.build(box.backend, Settings(), project, lines.append, allow_network=True)
    try:
        assert tag.startswith("ambient-sandbox-deps:")
        async with box.session() as session:
            result = await session.run(python("import toolz, pytest; print(toolz.__version__)"))
            assert result.stdout == "0.12.0\n", result
            assert "with the dependencies of requirements.txt, pylock.toml" in session.image
        await build.build(box.backend, Settings(), project, lines.append, allow_network=True)
        assert "up to date" in lines[-1]
        (project / "requirements.txt").write_text("ambient-lsp-no-such-distribution\n")
        with pytest.raises(SandboxUnavailable, match="could not be built"):
            await build.build(box.backend, Settings(), project, lines.append, allow_network=True)
    finally:
        client.images.remove(tag, force=True)
        await box.backend.close()


def test_the_recipes_are_where_the_build_looks() -> None:
    assert {"Dockerfile", "base-image.sh"} <= {path.name for path in build.recipes().iterdir()}


def test_a_reused_process_id_is_not_mistaken_for_its_owner() -> None:
    assert owner.alive(owner.current())
    pid, started = owner.current().split(":")
    assert not owner.alive(f"{pid}:{float(started) - 100}")
    assert not owner.alive("999999999:1.0")
    assert owner.alive("nonsense")


def test_memory_and_processes_of_a_family_are_added_up(tmp_path: Path) -> None:
    held = bytearray(os.urandom(1 << 20)) * 30
    found = usage.measure(usage.descendants(os.getpid()))
    assert found.processes >= 1 and found.memory > 20 << 20 and found.written is not None
    assert usage.shared_fairly([os.getpid()]) > 20 << 20
    assert usage.room(tmp_path).size > 0
    assert len(held) and threading.active_count()


async def test_a_command_that_ended_well_while_we_were_late_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    async def late(waiting: Awaitable[int], seconds: float) -> int:
        await waiting
        raise TimeoutError

    monkeypatch.setattr("ambient_lsp.sandbox.bubblewrap.asyncio.wait_for", late)
    assert await bubblewrap._succeeds("true") and not await bubblewrap._succeeds("false")
