from __future__ import annotations

import asyncio
import subprocess
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import psutil
import pytest

from ambient_lsp.context import watch
from ambient_lsp.context.watch import Rescan, changes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Seen:
    def __init__(self) -> None:
        self.batches: list[frozenset[str] | Rescan] = []
        self.times: list[float] = []

    async def until(self, ready: object, seconds: float = 5) -> None:
        assert callable(ready)
        async with asyncio.timeout(seconds):
            while not ready():
                await asyncio.sleep(0.005)

    @property
    def paths(self) -> set[str]:
        return {path for batch in self.batches if isinstance(batch, frozenset) for path in batch}

    @property
    def rescans(self) -> int:
        return sum(isinstance(batch, Rescan) for batch in self.batches)


@asynccontextmanager
async def watching(root: Path, **options: object) -> AsyncIterator[Seen]:
    seen, stop, ready = Seen(), asyncio.Event(), asyncio.Event()

    async def listen() -> None:
        async for batch in changes(root, stop=stop, ready=ready, **{"debounce": 0.1, **options}):  # type: ignore[arg-type]
            seen.batches.append(batch)
            seen.times.append(time.monotonic())

    task = asyncio.create_task(listen())
    await asyncio.wait_for(ready.wait(), 5)
    await asyncio.sleep(0.1)
    try:
        yield seen
    finally:
        stop.set()
        await asyncio.wait_for(task, 5)


async def test_a_write_is_told_once_it_has_rested(tmp_path: Path) -> None:
    async with watching(tmp_path) as seen:
        (tmp_path / "a.py").write_text("1")
        await seen.until(lambda: seen.batches)
        assert seen.batches == [frozenset({"a.py"})]


async def test_a_newer_write_starts_the_wait_again_and_the_last_one_counts(tmp_path: Path) -> None:
    async with watching(tmp_path, debounce=0.3) as seen:
        for number in range(8):
            (tmp_path / "a.py").write_text(str(number))
            last = time.monotonic()
            await asyncio.sleep(0.1)
        assert not seen.batches
        await seen.until(lambda: seen.batches)
        await asyncio.sleep(0.4)
        assert seen.batches == [frozenset({"a.py"})]
        assert seen.times[0] - last >= 0.25


async def test_a_file_that_never_rests_holds_nobody_up(tmp_path: Path) -> None:
    async with watching(tmp_path, debounce=0.2) as seen:
        (tmp_path / "a.py").write_text("1")
        for number in range(12):
            (tmp_path / "busy.txt").write_text(str(number))
            await asyncio.sleep(0.05)
        assert seen.paths == {"a.py"}
        await seen.until(lambda: "busy.txt" in seen.paths)


async def test_own_writes_and_ignored_files_never_count_but_head_does(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".ambient").mkdir()
    async with watching(tmp_path, ignore=lambda path: path.endswith(".log")) as seen:
        (tmp_path / ".ambient" / "state.db").write_text("x")
        (tmp_path / ".git" / "index").write_text("x")
        (tmp_path / "x.log").write_text("x")
        await asyncio.sleep(0.4)
        assert seen.batches == []
        (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/other\n")
        await seen.until(lambda: seen.batches)
        assert seen.rescans == 1


async def test_removed_moved_and_nested_new_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text("1")
    async with watching(tmp_path) as seen:
        (tmp_path / "old.py").rename(tmp_path / "new.py")
        (tmp_path / "deep" / "er").mkdir(parents=True)
        await seen.until(lambda: "deep" in seen.paths)
        (tmp_path / "deep" / "er" / "x.py").write_text("1")
        await seen.until(lambda: {"old.py", "new.py", "deep/er/x.py"} <= seen.paths)


async def test_a_burst_is_one_rescan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "BURST", 200)
    async with watching(tmp_path, debounce=0.3) as seen:
        for number in range(600):
            (tmp_path / f"f{number}").touch()
        await seen.until(lambda: seen.rescans)
        assert seen.paths == set()
        (tmp_path / "after").touch()
        await seen.until(lambda: seen.paths == {"after"})


async def test_a_branch_switch_is_a_rescan(tmp_path: Path) -> None:
    def git(*args: str) -> None:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *args]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "one")
    git("checkout", "-q", "-b", "two")
    (tmp_path / "a.py").write_text("2")
    git("add", "-A")
    git("commit", "-q", "-m", "two")
    async with watching(tmp_path, debounce=0.2) as seen:
        git("checkout", "-q", "-")
        await seen.until(lambda: seen.rescans)
        assert seen.paths == set()
        git("commit", "-q", "--allow-empty", "-m", "three")
        await seen.until(lambda: seen.rescans == 2)


async def test_a_linked_worktrees_head_is_noticed_where_it_is(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "wt", tmp_path / "main" / ".git" / "worktrees" / "wt"
    root.mkdir()
    elsewhere.mkdir(parents=True)
    async with watching(root, git_folder=elsewhere) as seen:
        (elsewhere / "index").write_text("x")
        (elsewhere / "HEAD").write_text("x")
        await seen.until(lambda: seen.rescans == 1)
        assert seen.paths == set()


@pytest.mark.slow
async def test_waiting_costs_next_to_nothing(tmp_path: Path) -> None:
    async with watching(tmp_path):
        process = psutil.Process()
        before = sum(process.cpu_times()[:2])
        await asyncio.sleep(2)
        assert (sum(process.cpu_times()[:2]) - before) / 2 < 0.05
