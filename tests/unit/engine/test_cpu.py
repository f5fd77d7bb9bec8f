"""A hostile text costs its own answer, never another's, and never the server."""

from __future__ import annotations

import asyncio
import os
import time

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
    with pytest.raises(AmbientError, match="nested so deeply"):
        await pool.run(deep, "x")
