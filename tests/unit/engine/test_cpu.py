"""A hostile text costs its own answer, never another's, and never the server."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from ambient_lsp.engine.cpu import CpuPool
from ambient_lsp.errors import AmbientError
from ambient_lsp.verification.proof.normal_form import same_program


def busy(_text: str) -> None:
    while True:
        pass


def slow(text: str) -> str:
    time.sleep(0.5)
    return text


def whose(_text: str) -> int:
    time.sleep(0.2)
    return os.getpid()


def deep(text: str) -> str:
    return deep(text)


@pytest.fixture
def pool():
    made = CpuPool(2, seconds=1.0)
    yield made
    made.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such timer")
async def test_a_call_that_never_ends_is_ended_and_not_tried_again(pool):
    with pytest.raises(AmbientError, match="cannot be analyzed"):
        await pool.run(busy, "x = 1")
    started = time.monotonic()
    with pytest.raises(AmbientError, match="cannot be analyzed"):
        await pool.run(busy, "x = 1")
    assert time.monotonic() - started < 0.5
    assert await pool.run(slow, "y") == "y"


ASKS_AND_DIES = """
import asyncio, os, select, signal
from ambient_lsp.engine.worker import Worker

async def main():
    worker = Worker()
    asyncio.get_running_loop().remove_reader(worker._line)
    asyncio.create_task(worker.call(os.getpid, (), 9))
    await asyncio.sleep(0)
    select.select([worker._line], [], [])
    worker._process.send_signal(signal.SIGSTOP)  # it goes on when the one that asked is no more
    print(worker._process.pid, flush=True)
    worker._line.close()
    worker._process.send_signal(signal.SIGCONT)
    print(worker._process.wait(60), flush=True)

asyncio.run(main())
"""


def test_a_worker_whose_answers_nobody_reads_any_more_ends_without_a_word():
    done = subprocess.run([sys.executable, "-c", ASKS_AND_DIES], capture_output=True, text=True, timeout=100)
    assert done.stdout.split()[-1] == "0"
    assert "Traceback" not in done.stderr


async def test_a_parser_that_crashes_takes_nobody_else_s_answer_with_it():
    pool = CpuPool(2)
    hostile = "[" * 30_000 + "]" * 30_000 + "\n"
    try:
        answers = await asyncio.gather(
            pool.run(same_program, hostile, hostile),
            *(pool.run(slow, str(number)) for number in range(6)),
            return_exceptions=True,
        )
    finally:
        pool.close()
    assert isinstance(answers[0], AmbientError)
    assert answers[1:] == [str(number) for number in range(6)]


async def test_recursion_is_said_in_words(pool):
    with pytest.raises(AmbientError, match="nested too deeply"):
        await pool.run(deep, "x")


async def test_a_worker_that_is_killed_is_replaced_and_the_calls_are_made_again(pool) -> None:
    worker = await pool.run(os.getpid)
    assert worker != os.getpid()
    calls = [asyncio.create_task(pool.run(pow, 2, power)) for power in range(4)]
    slow = asyncio.create_task(pool.run(time.sleep, 0.2))
    await asyncio.sleep(0.1)
    os.kill(worker, signal.SIGKILL)
    assert await asyncio.gather(*calls) == [1, 2, 4, 8]
    await slow
    assert await pool.run(os.getpid) != worker


async def test_texts_of_any_length_go_both_ways_and_answers_find_their_calls(pool) -> None:
    texts = [letter * length for letter, length in zip("abcdef", (0, 1, 5_000_000, 70_000, 3_000_000, 2), strict=True)]
    assert await asyncio.gather(*(pool.run(str.upper, text) for text in texts)) == [text.upper() for text in texts]


async def test_a_result_that_cannot_leave_its_process_is_an_error_of_that_call(pool) -> None:
    with pytest.raises(Exception, match="pickle"):
        await pool.run(making_a_function, "x")
    assert await pool.run(named, "y") == "y"


async def test_a_worker_that_ended_while_it_had_nothing_to_do_is_replaced() -> None:
    pool = CpuPool(1)
    try:
        worker = psutil.Process(await pool.run(os.getpid))
        worker.kill()
        await asyncio.sleep(0.2)
        assert not worker.is_running()
        assert await pool.run(os.getpid) != worker.pid
    finally:
        pool.close()


def making_a_function(text: str) -> object:
    return lambda: text


def named(text: str) -> str:
    time.sleep(0.05)
    return text


async def test_what_is_lined_up_goes_in_that_order_and_what_is_not_goes_before_it() -> None:
    pool = CpuPool(1)
    pool.line_up(["first", "second", "third"])
    done: list[str] = []

    async def ask(text: str) -> None:
        done.append(await pool.run(named, text))

    try:
        await asyncio.gather(*map(ask, ["busy", "also busy", "third", "second", "first", "a buffer that was saved"]))
    finally:
        pool.close()
    assert done[2:] == ["a buffer that was saved", "first", "second", "third"]


async def test_a_process_that_has_nothing_to_do_takes_what_waits_for_another() -> None:
    pool = CpuPool(2)
    try:
        workers = await asyncio.gather(*(pool.run(whose, "one text") for _ in range(8)))
    finally:
        pool.close()
    assert len(set(workers)) == 2


async def test_a_call_that_nobody_waits_for_any_more_holds_nothing_up(pool) -> None:
    waiting = [asyncio.create_task(pool.run(slow, str(number))) for number in range(12)]
    await asyncio.sleep(0.1)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await asyncio.wait_for(pool.run(slow, "y"), 20) == "y"


async def test_closing_ends_the_processes_at_once_even_in_the_middle_of_a_call(pool) -> None:
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
