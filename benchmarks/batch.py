"""A batch over many files beside the ideal: as if only the model's own time counted.

    python -m benchmarks.batch [--files 400] [--workers 50] [--seconds 1.0]

The fake host runs in a process of its own and answers each file after `--seconds`. The ideal is files / workers times
that. The processor time is that of the batch's process; nothing is checked out for a file.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MODULE = (
    '"""Module {0}."""\n\n\ndef twice(value: int) -> int:\n    return 2 * value\n\n\n'
    "def half(value: int) -> float:\n    return value / 2\n"
)
PIECES = 20


def serve(seconds: float, ready: Connection) -> None:
    """Answer as a host whose first piece comes after a third of the time."""
    from ambient_lsp.llm.fake import FakeHost, Pace, Question, Script

    def reply(question: Question) -> str:
        return (
            "Done.\n\n```python\n<<<<<<< SEARCH\ndef twice(value: int) -> int:\n=======\n"
            'def twice(value: int) -> int:\n    """Return the double."""\n>>>>>>> REPLACE\n```\n'
        )

    size = len(reply.__doc__ or "") + 160
    pace = Pace(first=seconds / 3, between=seconds * 2 / 3 / PIECES, piece=max(1, size // PIECES))

    async def main() -> None:
        async with FakeHost(Script(reply, pace=pace), keep_log=False) as host:
            ready.send(host.base_url)
            while not ready.poll(0):
                await asyncio.sleep(0.2)

    asyncio.run(main())


def repository(folder: Path, count: int) -> list[str]:
    """Make a repository of many small modules; return their names."""
    names = [f"pkg/m{number:04}.py" for number in range(count)]
    (folder / "pkg").mkdir()
    for number, name in enumerate(names):
        (folder / name).write_text(MODULE.format(number))
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return names


async def measure(root: Path, url: str, names: list[str], workers: int) -> tuple[float, float, int]:
    """Return the seconds of a batch, by the clock and of a processor, and how many files were changed."""
    from ambient_lsp.config import Config
    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.swarm.batch import run_batch

    config = Config.model_validate(
        {
            "kimi": {"provider": "moonshot", "base_url": url, "model_id": "kimi-k2.6", "max_concurrency": 1000},
            "sandbox": {"backend": "none"},
            "budget": {"tokens_per_run": 0, "tokens_per_day": 0},
        }
    )
    engine = await Engine.open(root, config, trusted=True)
    try:
        await run_batch(engine, "Warm up", names[:2], workers=2, verify=False)
        started, before = time.perf_counter(), time.process_time()
        result = await run_batch(engine, "Add docstrings", names, workers=workers, verify=False)
        return time.perf_counter() - started, time.process_time() - before, result.count("success")
    finally:
        await engine.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--workers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_CACHE_HOME"] = folder
        root = Path(folder) / "repo"
        root.mkdir()
        names = repository(root, options.files)
        ours, theirs = multiprocessing.Pipe()
        host = multiprocessing.get_context("spawn").Process(target=serve, args=(options.seconds, theirs), daemon=True)
        host.start()
        wall, processor, done = asyncio.run(measure(root, ours.recv(), names, options.workers))
        ours.send("enough")
        host.join(5)
    ideal = options.files / options.workers * options.seconds
    print(f"load {os.getloadavg()[0]:.1f}; {done} of {options.files} files changed, {options.workers} at once")
    each = 1e3 * processor / options.files
    print(f"wall / ideal {wall / ideal:.2f} ({wall:.1f} s / {ideal:.1f} s), {each:.1f} ms of a processor a file")


if __name__ == "__main__":
    main()
