"""How many questions are under way: more while it goes well, fewer when it does not, over all processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from ambient_lsp.llm.limiter import Limiter, slots_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return slots_file(tmp_path, "https://api.moonshot.ai/v1")


async def crowd(limiter: Limiter, size: int, seconds: float = 0.01) -> int:
    """Return the most that were under way at once, when `size` want to be."""
    most = 0

    async def one() -> None:
        nonlocal most
        async with limiter.place():
            most = max(most, limiter.busy)
            await asyncio.sleep(seconds)

    await asyncio.gather(*(one() for _ in range(size)))
    return most


@pytest.mark.parametrize("shared", [False, True])
async def test_it_starts_low_and_doubles_to_the_cap(shared: bool, file: Path) -> None:
    limiter = Limiter(start=3, most=40, file=file if shared else None)
    assert await crowd(limiter, 30) == 3

    async def well() -> None:
        async with limiter.place():
            await asyncio.sleep(0.005)
            limiter.faster()

    await asyncio.gather(*(well() for _ in range(200)))
    assert limiter.limit == 40
    assert await crowd(limiter, 100) == 40
    limiter.close()


async def test_a_crowd_that_is_turned_away_together_counts_once() -> None:
    limiter = Limiter(start=16, most=16)
    async with limiter.place() as since:
        for _ in range(10):
            limiter.slower(since)
        assert limiter.limit == 8
    async with limiter.place() as since:
        limiter.slower(since)
    assert limiter.limit == 4
    for _ in range(20):
        limiter.slower(time.monotonic())
    assert limiter.limit == 1
    assert await crowd(limiter, 5) == 1


async def test_after_that_it_grows_slowly() -> None:
    limiter = Limiter(start=16, most=64)
    limiter.slower(time.monotonic())

    async def well() -> None:
        async with limiter.place():
            await asyncio.sleep(0.001)
            limiter.faster()

    await asyncio.gather(*(well() for _ in range(40)))
    assert 10 <= limiter.limit <= 13


async def test_a_quiet_host_does_not_raise_the_limit() -> None:
    limiter = Limiter(start=8, most=64)
    for _ in range(50):
        async with limiter.place():
            limiter.faster()
    assert limiter.limit == 8


async def test_what_was_learned_is_kept(file: Path) -> None:
    limiter = Limiter(start=16, most=16, file=file)
    limiter.slower(time.monotonic())
    limiter.close()
    again = Limiter(start=16, most=16, file=file)
    assert again.limit == 8
    again.close()


async def test_a_process_that_may_ask_little_does_not_hold_back_another(file: Path) -> None:
    large, small = Limiter(start=3, most=32, file=file), Limiter(start=1, most=4, file=file)

    async def well(limiter: Limiter) -> None:
        async with limiter.place():
            await asyncio.sleep(0.002)
            limiter.faster()

    await asyncio.gather(*(well(large) for _ in range(100)))
    await asyncio.gather(*(well(small) for _ in range(30)))
    assert await crowd(large, 60) == 32
    assert await crowd(small, 20) == 4
    small.slower(time.monotonic())
    await crowd(large, 1)
    assert large.limit == 2  # what the host refuses counts for all
    large.close()
    small.close()


async def test_a_cancelled_wait_and_a_cancelled_question_give_their_places_back(file: Path) -> None:
    limiter = Limiter(start=1, most=1, file=file)
    async with limiter.place():
        waiting = [asyncio.create_task(crowd(limiter, 1)) for _ in range(3)]
        await asyncio.sleep(0.02)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    holding = asyncio.create_task(crowd(limiter, 1, 60))
    await asyncio.sleep(0.02)
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    async with asyncio.timeout(1):
        assert await crowd(limiter, 3) == 1
    limiter.close()


async def test_a_file_system_that_cannot_be_written_does_not_keep_us_from_asking(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("a file, not a folder")
    limiter = Limiter(start=2, most=2, file=tmp_path / "plain" / "x.slots")
    assert await crowd(limiter, 6) == 2


HOLDER = """
    import asyncio, sys
    from pathlib import Path
    from ambient_lsp.llm.limiter import Limiter

    async def main():
        limiter = Limiter(start=3, most=3, file=Path(sys.argv[1]))
        async with limiter.place(), limiter.place():
            print("held", flush=True)
            await asyncio.sleep(60)

    asyncio.run(main())
"""


async def test_processes_share_their_places_and_a_killed_one_gives_its_own_back(file: Path) -> None:
    code = textwrap.dedent(HOLDER)
    with subprocess.Popen([sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        limiter = Limiter(start=3, most=3, file=file)
        try:
            assert await crowd(limiter, 6) == 1
            os.kill(other.pid, signal.SIGKILL)
            other.wait()
            assert await crowd(limiter, 6) == 3
        finally:
            other.kill()
            limiter.close()


def _busy(file: Path, counter: object, seconds: float) -> None:
    async def main() -> None:
        limiter = Limiter(start=2, most=2, file=file)

        async def one() -> None:
            async with limiter.place():
                await asyncio.sleep(0.01)
                with counter.get_lock():  # type: ignore[attr-defined]
                    counter.value += 1  # type: ignore[attr-defined]

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.gather(*(one() for _ in range(10)))

    asyncio.run(main())


def test_a_busy_process_leaves_turns_to_the_other(file: Path) -> None:
    context = multiprocessing.get_context("spawn")
    counters = [context.Value("i", 0) for _ in range(2)]
    workers = [context.Process(target=_busy, args=(file, counter, 1.5)) for counter in counters]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    done = sorted(counter.value for counter in counters)
    assert done[0] > 5, done  # not starved
