"""What a worker process does: it makes the calls that come in on a socket, one after the other, and answers each.

It keeps stdout out of the editor's protocol, and ends with the process that started it even when that is killed.
"""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
import signal
import socket
import struct
import sys
import threading
import time
import traceback
from contextlib import suppress

SIZE = struct.Struct("=Q")
"""What stands before each call and each answer: how many bytes it has."""

_PR_SET_PDEATHSIG = 1  # prctl(2)


def main(descriptor: int, parent: int) -> None:
    """Make calls until the socket is closed."""
    # Trees are many small objects that all stay until the call ends: looking for cycles among them took a seventh.
    # Those of a speed review are cycles themselves, and live just long enough to be looked at seldom: so old objects
    # are looked at three times as often as Python would, or hundreds of thousands of them wait.
    gc.set_threshold(50_000, 5, 3)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            return
    else:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    with socket.socket(fileno=descriptor) as line, line.makefile("rb") as incoming, suppress(ConnectionError):
        while size := incoming.read(SIZE.size):
            answer = _answer(incoming.read(*SIZE.unpack(size)))
            line.sendall(SIZE.pack(len(answer)))
            line.sendall(answer)


def preload() -> bool:
    """Import what most calls need."""
    import complexipy
    import libcst
    import tree_sitter_python

    from ambient_lsp.agents import performance, refactor, security, style, tests

    gc.freeze()  # what is imported stays, so nobody need look at it again
    return all((complexipy, libcst, tree_sitter_python, performance, refactor, security, style, tests))


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


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(2)
    os._exit(0)
