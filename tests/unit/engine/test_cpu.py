"""The worker processes: one that dies is replaced, and all of them end with us."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from ambient_lsp.engine.cpu import CpuPool
from ambient_lsp.errors import AmbientError


@pytest.fixture
def pool() -> Iterator[CpuPool]:
    pool = CpuPool(1)
    yield pool
    pool.close()


async def test_a_worker_that_is_killed_is_replaced_and_the_calls_are_made_again(pool: CpuPool) -> None:
    worker = await pool.run(os.getpid)
    assert worker != os.getpid()
    calls = [asyncio.create_task(pool.run(pow, 2, power)) for power in range(4)]
    slow = asyncio.create_task(pool.run(time.sleep, 0.5))
    await asyncio.sleep(0.1)
    os.kill(worker, signal.SIGKILL)
    assert await asyncio.gather(*calls) == [1, 2, 4, 8]
    await slow
    assert await pool.run(os.getpid) != worker


async def test_a_call_that_kills_every_worker_ends_with_a_sentence_and_the_next_one_works(pool: CpuPool) -> None:
    with pytest.raises(AmbientError, match="worker process ended"):
        await pool.run(os._exit, 1)
    assert await pool.run(pow, 2, 3) == 8


async def test_what_a_function_raises_is_raised(pool: CpuPool) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        await pool.run(int, "x")


async def test_closing_ends_the_processes_at_once_even_in_the_middle_of_a_call(pool: CpuPool) -> None:
    worker = psutil.Process(await pool.run(os.getpid))
    call = asyncio.create_task(pool.run(time.sleep, 600))
    await asyncio.sleep(0.1)
    pool.close()
    await asyncio.to_thread(worker.wait, 5)
    with pytest.raises(AmbientError, match="closed"):
        await call
    with pytest.raises(AmbientError, match="closed"):
        await pool.run(os.getpid)


def test_workers_end_when_their_parent_is_killed() -> None:
    code = (
        "import asyncio, os, time\n"
        "from ambient_lsp.engine.cpu import CpuPool\n"
        "async def main():\n"
        "    pool = CpuPool(1)\n"
        "    print(await pool.run(os.getpid), flush=True)\n"
        "    await pool.run(time.sleep, 600)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    psutil.wait_procs([worker], timeout=5)
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
