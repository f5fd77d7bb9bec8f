"""P4 and P5: what a context costs after one save, and what a start costs, beside git on the same repository.

    python benchmarks/context.py REPO [--rounds 20]

REPO is any git work tree; it is left as it was. Yardsticks and ours take turns in one run, so a busy machine slows
both; compare the ratios, not the milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from typing import TYPE_CHECKING, NamedTuple

from ambient_lsp.config import Config
from ambient_lsp.context.facts import extract
from ambient_lsp.context.pack import Repository
from ambient_lsp.model import Trigger, TriggerKind

if TYPE_CHECKING:
    from collections.abc import Callable


class Sample(NamedTuple):
    """Milliseconds on the clock, and of processors, git's processes included."""

    wall: float
    cpu: float


def now() -> Sample:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Sample(time.perf_counter() * 1000, sum(one.ru_utime + one.ru_stime for one in used) * 1000)


def since(start: Sample) -> Sample:
    end = now()
    return Sample(end.wall - start.wall, end.cpu - start.cpu)


def timed(action: Callable[[], object]) -> Sample:
    start = now()
    action()
    return since(start)


def status(root: Path) -> Sample:
    command = ["git", "--no-optional-locks", "status", "--porcelain", "-uno"]
    return timed(lambda: subprocess.run(command, cwd=root, check=True, capture_output=True))


def tracked(root: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True).stdout
    return [
        path for name in listed.decode("utf-8", "surrogateescape").split("\0")[:-1] if (path := root / name).is_file()
    ]


def read_all(paths: list[Path]) -> Sample:
    def read() -> None:
        for path in paths:
            with path.open("rb") as stream:
                stream.read()

    return timed(read)


async def one_change(root: Path, target: str, cache: Path, rounds: int) -> tuple[list[Sample], list[Sample]]:
    file = root / target
    original = file.read_bytes()
    repository = Repository(root, Config(), cache=cache)
    await repository.open()
    ours, git = [], []
    try:
        await repository.pack(Trigger("0", TriggerKind.SAVE, (target,)))
        for number in range(rounds):
            file.write_bytes(original + b"\n# %d\n" % number)
            git.append(status(root))
            repository.update([target])
            start = now()
            context = await repository.pack(Trigger("1", TriggerKind.SAVE, (target,)))
            ours.append(since(start))
            assert context.targets[0].text.endswith(f"# {number}\n") and f"+# {number}" in context.diff
    finally:
        file.write_bytes(original)
        await repository.close()
    return ours, git


async def start(root: Path, cache: Path) -> Sample:
    repository = Repository(root, Config(), cache=cache)
    begin = now()
    await repository.open()
    taken = since(begin)
    await repository.close()
    return taken


def busiest(root: Path) -> str:
    """A file that many others import, of ordinary size: the hard case for impact and tests."""
    names = subprocess.run(["git", "ls-files", "*.py"], cwd=root, check=True, capture_output=True, text=True).stdout
    middle = [
        name for name in names.splitlines() if 8_000 < (root / name).stat().st_size < 30_000 and "test" not in name
    ]
    return max(middle, key=lambda name: len(extract((root / name).read_bytes()).symbols))


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--target", default="")
    options = parser.parse_args()
    root = options.root.resolve()
    files = tracked(root)
    size = sum(path.stat().st_size for path in files)
    target = options.target or busiest(root)
    print(f"{len(files):,} tracked files, {size / 1e6:.0f} MB; one change in {target}; medians of {options.rounds}\n")
    folder = Path(tempfile.mkdtemp())
    try:
        await start(root, folder / "first")  # imports, page cache
        ours, git = await one_change(root, target, folder / "first", options.rounds)
        cold, warm, reading, checking = [], [], [], []
        for number in range(options.rounds):
            gc.collect()
            reading.append(read_all(files))
            cold.append(await start(root, folder / str(number)))
            checking.append(status(root))
            gc.collect()
            warm.append(await start(root, folder / str(number)))
    finally:
        shutil.rmtree(folder)
    rows = [
        ("P4 context after one change", ours, "git status -uno", git, 0.2),
        ("P5 cold start", cold, "reading all tracked bytes", reading, 2.0),
        ("P5 warm start", warm, "git status -uno", checking, 5.0),
    ]
    print("| what | ours, ms | yardstick | its ms | ratio | target | met | processor time: ours / its | ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    met = True
    for name, mine, yardstick, its, target_ratio in rows:
        a, b = statistics.median(one.wall for one in mine), statistics.median(one.wall for one in its)
        used, theirs = statistics.median(one.cpu for one in mine), statistics.median(one.cpu for one in its)
        good = a / b <= target_ratio and (not name.startswith("P4") or a <= 5)
        met &= good
        print(
            f"| {name} | {a:.1f} | {yardstick} | {b:.1f} | {a / b:.2f} | {target_ratio} | {'yes' if good else 'NO'} |"
            f" {used:.0f} / {theirs:.0f} | {used / max(theirs, 1):.1f} |"
        )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
