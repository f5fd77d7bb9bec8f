"""Sandboxes that are killed while they begin: bubblewrap's second process waits for its first one before all else."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ambient_lsp import owner
from ambient_lsp.sandbox import bubblewrap
from tests.sandboxes import Box, python

# Like bubblewrap at its beginning: the second process is still in the group of the first, holds its pipes, and waits.
BEGINNING = '#!/bin/sh\nsleep 300 &\necho $! > "{0}"\nwait\n'


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_a_command_that_is_cancelled_while_it_begins_leaves_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    program, second = tmp_path / "bin/bwrap", tmp_path / "second"
    program.write_text(BEGINNING.format(second))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    # The second process is made just after we have looked.
    monkeypatch.setattr(bubblewrap.usage, "descendants", lambda pid: [pid])
    box = Box(bubblewrap.Bubblewrap(), tmp_path / "box")
    async with box.session() as session:
        running = asyncio.create_task(session.run(python("1")))
        await asyncio.to_thread(until, lambda: second.exists() and second.read_text().strip() != "")
        running.cancel()
        assert await asyncio.wait({running}, timeout=30) == ({running}, set()), "its pipes are still held"
    await asyncio.to_thread(until, lambda: gone(int(second.read_text())))


@pytest.mark.parametrize("alive", [False, True])
async def test_sandboxes_of_dead_owners_are_ended_at_the_next_start(tmp_path: Path, alive: bool) -> None:
    label = owner.current() if alive else "999999999:1.00"
    file = f"/tmp/{bubblewrap._SCRATCH}{label.replace(':', '-')}-x/passwd"
    name = tmp_path / "bwrap"
    name.symlink_to("/bin/sh")  # the kernel takes a process's name from the file that it runs
    process = subprocess.Popen([str(name), "-c", "sleep 300; true", file])
    try:
        until(lambda: psutil.Process(process.pid).name() == "bwrap")
        await bubblewrap.Bubblewrap().reap()
        if alive:
            assert process.poll() is None
        else:
            process.wait(10)
    finally:
        process.kill()
        process.wait()
