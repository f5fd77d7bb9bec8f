"""Works with checkouts in a process of its own that ends itself with SIGKILL at its n-th step; run by `test_reap.py`.

    python killed.py <root> <cache> <way> <first step> <stride>

A step is a system call that Python audits (making a folder, opening, linking, renaming or removing a file, starting a
process). One process imports everything; each attempt is a fork of it. Prints one line per attempt.
"""

from __future__ import annotations

import asyncio
import concurrent.futures.thread  # noqa: F401 - forks must not pay for it
import os
import signal
import sys
from pathlib import Path

import git  # noqa: F401
import gitdb  # noqa: F401

from ambient_lsp.model import FileEdit, RiskLevel
from ambient_lsp.patching.edits import propose
from ambient_lsp.repository.worktrees import open_checkouts

STEPS = frozenset({"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.utime", "subprocess.Popen"})


async def work(root: Path, cache: Path, way: str) -> None:
    checkouts = await open_checkouts(root, cache, strategies=[way])
    tree = await checkouts.current()
    edits = (FileEdit("made.py", "create", text="made\n"),)
    proposal = propose(
        agent="security",
        title="t",
        description="d",
        rationale="r",
        risk_level=RiskLevel.LOW,
        edits=edits,
        bases={},
    )
    await checkouts.record(proposal, tree)
    for _ in range(2):
        async with checkouts.checkout(tree, edits) as folder:
            (folder / "left.txt").write_text("l")
    await checkouts.close()


def end_at(step: int) -> None:
    left = step

    def hook(event: str, _: object) -> None:
        nonlocal left
        if event in STEPS:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def main() -> None:
    root, cache, way = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    step, stride = int(sys.argv[4]), int(sys.argv[5])
    while True:
        child = os.fork()
        if child == 0:
            end_at(step)
            asyncio.run(work(root, cache, way))
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        print(step, "killed" if os.WIFSIGNALED(status) else os.WEXITSTATUS(status), flush=True)
        if not os.WIFSIGNALED(status) or sys.stdin.readline() != "go on\n":
            return
        step += stride


main()
