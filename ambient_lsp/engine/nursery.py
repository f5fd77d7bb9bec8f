"""Where worker processes come from: one process that imports what they need, once for all of them, and then forks.

It does nothing else and has one thread, so a fork copies no locked lock, as one of a running server would. What is
imported before a fork is in memory once, however many workers there are. The workers keep stdout out of the editor's
protocol, and end with us even when we are killed.
"""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MESSAGE = struct.Struct("=cI")
_PRELOAD, _START, _END = b"p", b"s", b"e"

SIZE = struct.Struct("=Q")
"""What stands before each call and each answer: how many bytes it has."""

_PR_SET_PDEATHSIG = 1  # prctl(2)


class Nursery:
    """Starts worker processes, and ends them. Its own process is started when it is needed."""

    def __init__(self) -> None:
        self._line: socket.socket | None = None
        self._preload = False
        self._started = 0

    def preload(self) -> None:
        """Import what most calls need; workers that are started from now on have it."""
        if not self._preload:
            self._preload = True
            self._tell(_PRELOAD, 0)

    def start(self, line: socket.socket) -> Callable[[], None]:
        """Start a worker that answers on `line`; return what ends it at once, even in the middle of a call."""
        self._started += 1
        self._tell(_START, self._started, line)
        return partial(self._end, self._started)

    def close(self) -> None:
        """End all workers."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _end(self, number: int) -> None:
        if self._line is not None:
            with suppress(OSError):
                self._line.send(_MESSAGE.pack(_END, number))

    def _tell(self, what: bytes, number: int, *given: socket.socket) -> None:
        message = _MESSAGE.pack(what, number)
        files = [one.fileno() for one in given]
        if self._line is None:
            self._line = _opened()
        try:
            socket.send_fds(self._line, [message], files)
        except OSError:  # somebody ended it; its workers are gone too
            self._line.close()
            self._line = _opened()
            if self._preload:
                self._line.send(_MESSAGE.pack(_PRELOAD, 0))
            socket.send_fds(self._line, [message], files)


def _opened() -> socket.socket:
    """Start the process; return the line to it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import main; main({theirs.fileno()})"
    with theirs:
        child = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.DEVNULL, stdout=2, pass_fds=[theirs.fileno()]
        )
    threading.Thread(target=child.wait, daemon=True).start()  # it ends when the line does, and leaves nothing behind
    return ours


def main(descriptor: int) -> None:
    """Do what is told on the line, until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    workers: dict[int, int] = {}
    with socket.socket(fileno=descriptor) as line:
        while True:
            message, files, _, _ = socket.recv_fds(line, _MESSAGE.size, 1)
            if not message:
                break
            what, number = _MESSAGE.unpack(message)
            if what == _PRELOAD:
                preload()
            elif what == _START:
                workers[number] = _forked(line, files[0])
            elif number in workers:
                _ended(workers.pop(number))
    for worker in workers.values():
        _ended(worker)


def preload() -> None:
    """Import what most calls need."""
    gc.disable()
    import complexipy  # noqa: F401
    import libcst  # noqa: F401
    import tree_sitter_python  # noqa: F401

    from ambient_lsp.agents import performance, refactor, security, style, tests  # noqa: F401

    gc.collect()
    gc.freeze()  # what is imported stays: nobody need look at it again, nor write to its pages, which makes them copies
    gc.enable()


def _forked(line: socket.socket, descriptor: int) -> int:
    """Start a worker; return its number, by which it is known until it is ended, even if it ended by itself."""
    nursery = os.getpid()
    worker = os.fork()
    if worker:
        os.close(descriptor)
        return worker
    try:
        line.close()
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != nursery:
                return 0
        with socket.socket(fileno=descriptor) as calls:
            _work(calls)
    finally:
        os._exit(0)


def _ended(worker: int) -> None:
    with suppress(OSError):
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)


def _work(calls: socket.socket) -> None:
    """Make the calls that come in, one after the other."""
    # Trees are many small objects that all stay until the call ends: looking for cycles among them took a seventh.
    # Those of a speed review are cycles themselves, and live just long enough to be looked at seldom: so old objects
    # are looked at three times as often as Python would, or hundreds of thousands of them wait.
    gc.set_threshold(50_000, 5, 3)
    with calls.makefile("rb") as incoming:
        while size := incoming.read(SIZE.size):
            call = incoming.read(*SIZE.unpack(size))
            answer = _answer(call)
            calls.sendall(SIZE.pack(len(answer)))
            calls.sendall(answer)


def _answer(call: bytes) -> bytes:
    """Make a call; the kernel ends this process when that takes more than its seconds of a processor.

    Not by a thread of ours: a parser in another language holds the interpreter until it is done.
    """
    try:
        seconds, function, args = pickle.loads(call)  # noqa: S301 - from the process that started this one
        signal.setitimer(signal.ITIMER_PROF, seconds)
        return pickle.dumps((True, function(*args)), 5)
    except Exception as error:
        return _told(error)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _told(error: Exception) -> bytes:
    error.add_note("In a worker process:\n" + "".join(traceback.format_exception(error)[-8:]))
    try:
        return pickle.dumps((False, error), 5)
    except Exception:  # it holds something that cannot leave this process
        return pickle.dumps((False, RuntimeError(repr(error))), 5)
