"""How bytes come and go: stdio or one TCP connection.

Over stdio, the event loop itself reads and writes while that cannot block; a daemon thread each steps in where it
could. pygls reads in the pool that `@thread` handlers share, which busy threads can make deaf and which must end before
the process can (limits 4 and 5), and writes on the event loop, which an editor that does not read would block
(limit 15). A hop between threads costs up to 5 ms when the interpreter is busy, more than the rest of a save together.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import select
import sys
import threading
from collections.abc import Callable
from typing import Any

from pygls.io_ import run_async

from ambient_lsp.lsp.protocol import AmbientProtocol

logger = logging.getLogger(__name__)

_LONGEST_LINE = 1 << 26
_CHUNK = 1 << 16


class PipeWriter:
    """Writes to a file descriptor, in order; `write` never waits.

    What the pipe takes at once is written at once. The rest, for an editor that does not read, waits in a thread.
    """

    def __init__(self, fd: int, on_lost: Callable[[], object]) -> None:
        self._fd = fd
        self._on_lost = on_lost
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._queued = 0  # changed by the event loop only
        self._written = 0  # changed by the thread only
        self._thread = threading.Thread(target=self._work, name="ambient-stdout", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Send `data` soon."""
        if self._queued == self._written:
            data = self._write_what_fits(data)
        if data:
            self._queued += 1
            self._queue.put(data)

    def close(self) -> None:
        """Send what is left, for at most a second."""
        self._queue.put(None)
        self._thread.join(1.0)

    def _write_what_fits(self, data: bytes) -> bytes:
        view = memoryview(data)
        try:
            # A pipe that is ready takes this many bytes without waiting, and no promise is made of more.
            while view and self._poll.poll(0) == [(self._fd, select.POLLOUT)]:
                view = view[os.write(self._fd, view[: select.PIPE_BUF]) :]
        except OSError:
            self._on_lost()
            return b""
        return bytes(view)

    def _work(self) -> None:
        while (data := self._queue.get()) is not None:
            view = memoryview(data)
            try:
                while view:
                    view = view[os.write(self._fd, view) :]
            except OSError:
                self._on_lost()
                return
            self._written += 1


def take_stdio() -> tuple[int, int]:
    """Return private descriptors of stdin and stdout, and point the public ones at nothing and at stderr.

    Child processes and stray prints then cannot touch the protocol (limit 15): copies made by `os.dup` are not
    inherited.
    """
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, sink


async def serve_stdio(protocol: AmbientProtocol, source: int, sink: int, report: Callable[..., Any]) -> None:
    """Talk over two file descriptors until `exit`, end of input, or a lost reader."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_LONGEST_LINE)

    writer = PipeWriter(sink, lambda: loop.call_soon_threadsafe(protocol.on_exit))
    protocol.set_writer(writer)
    _feed(reader, source, loop)
    try:
        await _converse(protocol, reader, report)
    finally:
        writer.close()


def _feed(reader: asyncio.StreamReader, source: int, loop: asyncio.AbstractEventLoop) -> None:
    """Hand on what comes in until its end."""

    def ready() -> None:
        try:
            data = os.read(source, _CHUNK)
        except OSError:
            data = b""
        if data:
            reader.feed_data(data)
        else:
            loop.remove_reader(source)
            reader.feed_eof()

    def wait() -> None:
        try:
            while data := os.read(source, _CHUNK):
                loop.call_soon_threadsafe(reader.feed_data, data)
            loop.call_soon_threadsafe(reader.feed_eof)
        except (OSError, RuntimeError):
            # The descriptor or the loop is gone: the server has ended.
            return

    try:
        loop.add_reader(source, ready)
    except (PermissionError, NotImplementedError):  # an ordinary file, or a platform that cannot wait for pipes
        threading.Thread(target=wait, name="ambient-stdin", daemon=True).start()


async def serve_tcp(protocol: AmbientProtocol, host: str, port: int, report: Callable[..., Any]) -> None:
    """Listen at `host`:`port`, talk to the first client, and end with it."""
    ended = asyncio.Event()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if protocol.writer is not None:
            writer.close()
            return
        protocol.set_writer(writer)
        try:
            await _converse(protocol, reader, report)
        finally:
            writer.close()
            ended.set()

    server = await asyncio.start_server(connected, host, port, limit=_LONGEST_LINE)
    logger.warning("listening on %s", ", ".join(str(socket.getsockname()) for socket in server.sockets))
    async with server:
        await ended.wait()


async def _converse(protocol: AmbientProtocol, reader: asyncio.StreamReader, report: Callable[..., Any]) -> None:
    stop = threading.Event()
    task = asyncio.create_task(run_async(stop, reader, protocol, error_handler=report))

    def end() -> None:
        # Ends the loop after the current message; the cancellation ends a wait for the next one.
        stop.set()
        asyncio.get_running_loop().call_soon(task.cancel)

    protocol.on_exit = end
    try:
        await task
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
    except (asyncio.IncompleteReadError, ConnectionError):
        logger.info("the client went away in the middle of a message")
