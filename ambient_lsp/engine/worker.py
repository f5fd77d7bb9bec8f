"""One warm worker process as the event loop sees it: calls go out on a socket, and their answers come back in order."""

from __future__ import annotations

import asyncio
import os
import pickle
import socket
import subprocess
import sys
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from ambient_lsp.engine import serving
from ambient_lsp.engine.serving import SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_AT_ONCE = 1 << 18


class WorkerEnded(Exception):
    """The process ended before it gave an answer: by itself, or because nobody wants it any more."""


class Worker:
    """Makes calls in a process of its own. No thread of ours takes part, which would compete with the event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = _started(theirs.fileno())
        self._line.setblocking(False)
        self._outgoing: deque[memoryview] = deque()
        self._incoming = bytearray()
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._loop.add_reader(self._line, self._receive)

    @property
    def has_ended(self) -> bool:
        """Whether it takes no calls any more."""
        return self._line.fileno() < 0

    async def call(self, function: Callable[..., T], args: tuple[Any, ...], seconds: float) -> T:
        """Return `function(*args)`. Raises `WorkerEnded`, as when it took more than `seconds` of a processor."""
        answer: asyncio.Future[T] = self._loop.create_future()
        self._begin(answer, function, args, seconds)
        return await answer

    def warm(self, function: Callable[[], object]) -> None:
        """Have `function` called before all else; nobody waits for it."""
        unwanted = self._loop.create_future()
        unwanted.cancel()
        self._begin(unwanted, function, (), 0)

    def end(self) -> None:
        """End the process; whoever waits for an answer is told."""
        if self.has_ended:
            return
        self._process.kill()
        self._process.wait()
        if not self._loop.is_closed():
            self._loop.remove_reader(self._line)
            self._loop.remove_writer(self._line)
            for waiting in self._waiting:
                if not waiting.done():
                    waiting.set_exception(WorkerEnded())
        self._line.close()

    def _begin(
        self, answer: asyncio.Future[T], function: Callable[..., T], args: tuple[Any, ...], seconds: float
    ) -> None:
        call = pickle.dumps((seconds, function, args), 5)
        if self.has_ended:
            raise WorkerEnded
        self._waiting.append(answer)
        self._outgoing += (memoryview(SIZE.pack(len(call))), memoryview(call))
        self._send()

    def _send(self) -> None:
        """Send what the socket takes now, and the rest when it takes more."""
        while self._outgoing:
            try:
                sent = self._line.send(self._outgoing[0])
            except BlockingIOError:
                self._loop.add_writer(self._line, self._send)
                return
            except OSError:
                self.end()
                return
            self._outgoing[0] = self._outgoing[0][sent:]
            if not self._outgoing[0]:
                self._outgoing.popleft()
        self._loop.remove_writer(self._line)

    def _receive(self) -> None:
        """Take what has come, and give each whole answer to the call that waits for it."""
        try:
            data = self._line.recv(_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.end()
            return
        self._incoming += data
        while len(self._incoming) >= SIZE.size:
            end = SIZE.size + SIZE.unpack_from(self._incoming)[0]
            if len(self._incoming) < end:
                return
            answer = bytes(self._incoming[SIZE.size : end])
            del self._incoming[:end]
            _give(self._waiting.popleft(), answer)


def _started(descriptor: int) -> subprocess.Popen[bytes]:
    """Start the process. A new one, not a fork of this one: that would copy locked locks, and deadlock."""
    module = serving.__name__
    code = f"import sys; sys.path[:] = {sys.path!r}; from {module} import main; main({descriptor}, {os.getpid()})"
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.DEVNULL, stdout=2, pass_fds=[descriptor])


def _give(waiting: asyncio.Future[Any], answer: bytes) -> None:
    if waiting.done():  # nobody wants it any more
        return
    try:
        is_result, value = pickle.loads(answer)  # noqa: S301 - from a process that we started
    except Exception as error:
        is_result, value = False, error
    if is_result:
        waiting.set_result(value)
    else:
        waiting.set_exception(value)
