"""Applies (or takes back) a proposal with the real engine, in processes that end themselves with SIGKILL at a step.

    python killed_apply.py <root> <apply | undo> <proposal>

A step is one before and one after each act on the files or on the database. Reads the number of a step from each line
of standard input; each is a fork of this process, which imports everything once. Prints how it ended.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from pathlib import Path

import ambient_lsp.engine.services  # noqa: F401 - forks must not pay for it
from ambient_lsp.config import Config, Sandbox
from ambient_lsp.engine.engine import Engine
from ambient_lsp.patching import apply as files
from ambient_lsp.patching import rebase  # noqa: F401
from ambient_lsp.store import store

left = 0


def step(_: object = "") -> None:
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


class Counting(sqlite3.Connection):
    def execute(self, *arguments):
        writes = not arguments[0].startswith(("SELECT", "PRAGMA"))
        if writes:
            step()
        result = super().execute(*arguments)
        if writes:
            step()
        return result


def watched(act):
    return lambda *arguments: act(*arguments, step=step)


async def work(root: Path, kind: str, proposal: str) -> None:
    engine = await Engine.open(root, Config(sandbox=Sandbox(backend="none")))
    global left
    left = armed
    if kind == "apply":
        await engine.apply(proposal, "me", approve=True)
    else:
        await engine.undo(proposal, "me")
    left = 0
    await engine.close()


connect = sqlite3.connect
store.sqlite3.connect = lambda *arguments, **options: connect(*arguments, factory=Counting, **options)
files.write, files.undo = watched(files.write), watched(files.undo)
for line in sys.stdin:
    armed = int(line)
    child = os.fork()
    if child == 0:
        asyncio.run(work(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print("killed" if os.WIFSIGNALED(status) else os.WEXITSTATUS(status), flush=True)
