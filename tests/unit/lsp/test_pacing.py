"""What comes with an answer waits, for a client that would lose it."""

from __future__ import annotations

import asyncio

from ambient_lsp.lsp.pacing import PacedWriter


class Pipe:
    """Keeps what is written, in reads: what came at one moment of the loop."""

    def __init__(self) -> None:
        self.reads: list[list[bytes]] = []
        self._open = False

    def write(self, data: bytes) -> None:
        if not self._open:
            self._open = True
            self.reads.append([])
            asyncio.get_running_loop().call_soon(self._read)
        self.reads[-1].append(data)

    def _read(self) -> None:
        self._open = False


async def test_what_follows_an_answer_comes_later_and_in_its_order() -> None:
    pipe = Pipe()
    writer = PacedWriter(pipe, 0.01)
    writer.write(b"news 1")
    writer.write(b"answer 1")
    writer.answered()
    writer.write(b"question")
    writer.write(b"answer 2")
    writer.answered()
    writer.write(b"news 2")
    assert pipe.reads == [[b"news 1", b"answer 1"]]
    while len(pipe.reads) < 3:
        await asyncio.sleep(0.01)
    assert pipe.reads[1:] == [[b"question", b"answer 2"], [b"news 2"]]


async def test_without_an_answer_nothing_waits() -> None:
    pipe = Pipe()
    writer = PacedWriter(pipe, 60)
    for number in range(3):
        writer.write(b"%d" % number)
    assert pipe.reads == [[b"0", b"1", b"2"]]
