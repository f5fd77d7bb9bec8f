"""All local findings of a whole repository, beside bandit alone; and of one saved file in it, beside `ruff check`.

    python benchmarks/whole_repo.py REPO [--bandit PATH] [--file PATH] [--rounds 10] [--no-bandit] [--once]

"All local findings" is a run of the real engine with every specialist and no sandbox, from its start to its end, with
nothing in any cache (a second run shows what the caches spare). Memory is the peak of the proportional set size of a
process that does just that and of all its children, ruff's included. For the saved file, each round has a text that
nobody has seen before, and `ruff check` takes turns with ours; what counts is how much longer ours takes until the last
report.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

RUFF = (sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet")
MOST_MB = 600
MOST_BEYOND_MS = 300


class Memory:
    """The peak of the memory of this process and its children, looked at once a second."""

    def __init__(self) -> None:
        self.peak = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        own = psutil.Process()
        while not self._stop.wait(1.0):
            total = 0
            for process in (own, *own.children(recursive=True)):
                try:
                    # Until it runs a program of its own, a new child is its parent once more, memory and all.
                    if process == own or process.cmdline() != own.cmdline():
                        total += process.memory_full_info().pss
                except (psutil.Error, OSError):
                    continue
            self.peak = max(self.peak, total)


def run(*argv: str) -> tuple[float, float]:
    """Return the seconds that a command takes, by the clock and of a processor."""
    started, before = time.perf_counter(), _processor()
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - started, _processor() - before


def _processor() -> float:
    """Return the processor time of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def a_file_of(repo: Path, lines: int) -> str:
    """Return the Python file of the repository, outside of its tests, whose length is nearest to `lines`."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=repo, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.split() if "test" not in name]
    return min(names, key=lambda name: abs(len((repo / name).read_text("utf-8", "replace").split("\n")) - lines))


async def whole(repo: Path) -> tuple[float, Counter[str], int]:
    """Return the seconds of one run over everything, the findings by specialist, and the problems told."""
    from ambient_lsp.config import Config
    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.model import TriggerKind

    config = Config.model_validate({"sandbox": {"backend": "none"}, "agents": {"max_findings_per_file": 10_000}})
    started = time.perf_counter()
    engine = await Engine.open(repo, config)
    try:
        job = engine.submit(engine.trigger(TriggerKind.COMMAND, verify=False))
        record = await job.wait()
        taken = time.perf_counter() - started
        for error in record.errors[:5]:
            print(f"  problem: {error.where}: {error.message[:200]}")
        return taken, Counter(one.agent for one in engine.all_findings()), len(record.errors)
    finally:
        await engine.close()


async def saved(repo: Path, path: str, rounds: int) -> tuple[list[float], list[float], dict[str, float]]:
    """Return the milliseconds of ours and of ruff in each round, and when each specialist said its last."""
    from ambient_lsp.config import Config
    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.events import FindingsReported
    from ambient_lsp.model import TriggerKind
    from ambient_lsp.text import freeze

    original = (repo / path).read_text("utf-8")
    ours: list[float] = []
    ruff: list[float] = []
    last: dict[str, list[float]] = {}
    engine = await Engine.open(repo, Config.model_validate({"sandbox": {"backend": "none"}}))
    try:
        await (await engine.services()).warm()
        for number in range(rounds + 3):
            text = original + f"\n\ndef added_{number}(value):\n    return value + {number}\n"
            started = time.perf_counter()
            job = engine.submit(
                engine.trigger(TriggerKind.SAVE, (path,), (freeze(engine.root, path, text),), verify=False)
            )
            said: dict[str, float] = {}
            async for event in job.events():
                if isinstance(event, FindingsReported):
                    said[event.agent] = (time.perf_counter() - started) * 1e3
            taken = max(said.values(), default=0.0)
            started = time.perf_counter()
            subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "ruff",
                    "check",
                    "--no-cache",
                    "--quiet",
                    "--stdin-filename",
                    str(repo / path),
                    "-",
                ],
                input=text.encode(),
                capture_output=True,
                cwd=repo,
                check=False,
            )
            beside = (time.perf_counter() - started) * 1e3
            if number >= 3:
                ours.append(taken)
                ruff.append(beside)
                for name, when in said.items():
                    last.setdefault(name, []).append(when)
    finally:
        await engine.close()
    return ours, ruff, {name: statistics.median(values) for name, values in last.items()}


def peak(repo: Path) -> float:
    """Return the most megabytes that a whole run holds at a time."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as cache, Memory() as memory:
        os.environ["XDG_CACHE_HOME"] = cache
        asyncio.run(whole(repo))
    return memory.peak / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repo", type=Path)
    parser.add_argument("--bandit", default="bandit")
    parser.add_argument("--no-bandit", action="store_true")
    parser.add_argument("--no-whole", action="store_true")
    parser.add_argument("--memory", action="store_true", help="print the peak in megabytes, and nothing else")
    parser.add_argument("--once", action="store_true", help="no second run, and no saved file")
    parser.add_argument("--file", default="")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    repo = options.repo.resolve()
    if options.memory:
        print(peak(repo))
        return
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, {repo.name}\n")
    if not options.no_whole:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as cache:
            os.environ["XDG_CACHE_HOME"] = cache
            linted = run(*RUFF, "--select", "ALL", str(repo))
            bandit = (0.0, 0.0) if options.no_bandit else run(options.bandit, "-q", "-r", str(repo))
            before = _processor()
            seconds, found, problems = asyncio.run(whole(repo))
            used = _processor() - before
            again, _, _ = (0.0, 0, 0) if options.once else asyncio.run(whole(repo))
        # Reading what every page belongs to stops a process for a while, and this one holds what the runs before have
        # left: so this is a run of its own, in a process of its own, as a review that somebody starts is.
        alone = [sys.executable, __file__, str(repo), "--memory"]
        megabytes = float(subprocess.run(alone, stdout=subprocess.PIPE, text=True, check=True).stdout)
        print("                            seconds   of a processor")
        print(f"ruff check --select ALL   {linted[0]:8.1f} {linted[1]:10.1f}")
        print(f"bandit -r                 {bandit[0]:8.1f} {bandit[1]:10.1f}")
        print(f"all local findings        {seconds:8.1f} {used:10.1f}   ({again:.1f} s once more, with what is cached)")
        print(f"findings                  {dict(found)}, {problems} problems")
        if bandit[0]:
            ratio = seconds / bandit[0]
            print(f"ratio to bandit           {ratio:8.2f}              (target below 1): {_verdict(ratio < 1)}")
        print(f"memory                    {megabytes:8.0f} MB  (target {MOST_MB}): {_verdict(megabytes < MOST_MB)}\n")
    if options.once:
        return
    path = options.file or a_file_of(repo, 500)
    ours, ruff, last = asyncio.run(saved(repo, path, options.rounds))
    beyond = statistics.median(one - two for one, two in zip(ours, ruff, strict=True))
    print(f"one saved file: {path}; medians of {options.rounds}, in milliseconds")
    for name, when in sorted(last.items(), key=lambda item: item[1]):
        print(f"  last of {name:<22} {when:8.1f}")
    print(f"all findings {statistics.median(ours):.1f}, ruff check {statistics.median(ruff):.1f}")
    print(f"beyond ruff check         {beyond:8.1f} ms  (target {MOST_BEYOND_MS}): {_verdict(beyond < MOST_BEYOND_MS)}")


def _verdict(good: bool) -> str:
    return "yes" if good else "NO"


if __name__ == "__main__":
    main()
