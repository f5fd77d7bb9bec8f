"""After `kill -9` at many points: everything of the dead is removed, and nothing of the living."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from ambient_lsp.repository import overlay
from ambient_lsp.repository.worktrees import STRATEGIES
from tests.real import require

STRIDE = int(os.environ.get("AMBIENT_KILL_STRIDE", "11"))
"""1 kills at every single step (a minute); the default takes seconds."""
WORKER = Path(__file__).with_name("killed.py")


@pytest.fixture(params=STRATEGIES)
def way(request, tmp_path) -> str:
    if request.param == "overlay":
        require(overlay.probe(tmp_path / "probe") is not None, "Overlay mounts need the right to mount.")
    return request.param


def leftovers(repo, cache: Path, own: Path) -> list[str]:
    found = [str(point) for point, _ in overlay.mounts_below(cache)]
    found += [str(path) for pattern in ("*/live/*", "*/bases/*-*") for path in cache.glob(pattern) if path != own]
    found += repo.git("worktree", "list").splitlines()[1:]
    found += [path.name for path in (repo.path / ".git/worktrees").glob("*")]
    return found


async def reaped(repo, cache: Path, checkouts) -> list[str]:
    """Reap for up to two seconds: a git that was being started holds the dead one's lock until it has started."""
    for _ in range(20):
        await checkouts.reap()
        if not (left := leftovers(repo, cache, checkouts._session.folder)):
            return []
        await asyncio.sleep(0.1)
    return left


@pytest.mark.slow
async def test_killed_at_many_points(repo, opened, tmp_path, way):
    cache = tmp_path / "cache"
    repo.write({"app.py": "x = 2\n", "new.py": "n\n"})
    before = repo.git("status", "--porcelain")
    attempts = 0
    argv = (sys.executable, str(WORKER), str(repo.path), str(cache), way, "1", str(STRIDE))
    env = os.environ | {"PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as worker:
        assert worker.stdin and worker.stdout
        while (line := worker.stdout.readline()).endswith("killed\n"):
            attempts += 1
            async with opened(repo.path, cache, strategies=[way]) as checkouts:
                assert await reaped(repo, cache, checkouts) == [], line
                assert await checkouts.reap() == 0, line
                if attempts % 5 == 0:
                    async with checkouts.checkout(await checkouts.current()) as folder:
                        names = {path.name for path in folder.iterdir()} - {"count"}
                        assert names == {".git", ".gitignore", "app.py", "lib", "new.py"}, line
            assert repo.git("status", "--porcelain") == before
            repo.write({"count": str(attempts)})
            repo.git("add", "count")
            repo.git("commit", "--quiet", "-m", "so that another base is needed")
            worker.stdin.write("go on\n")
            worker.stdin.flush()
        assert line.endswith(" 0\n"), line
    assert attempts > 15
    repo.git("fsck", "--strict")
    assert not list((repo.path / ".git").rglob("*.lock"))


async def test_a_process_that_lives_keeps_all_of_its_checkouts(repo, opened, tmp_path, way):
    script = textwrap.dedent(
        """
        import asyncio, pathlib, sys
        from ambient_lsp.repository.worktrees import open_checkouts
        async def main():
            root, cache = map(pathlib.Path, sys.argv[1:3])
            checkouts = await open_checkouts(root, cache, strategies=[sys.argv[3]])
            async with checkouts.checkout(await checkouts.current()) as folder:
                print(folder, flush=True)
                await asyncio.to_thread(sys.stdin.readline)
                print((folder / "app.py").read_text(), flush=True)
            await checkouts.close()
        asyncio.run(main())
        """
    )
    cache = tmp_path / "cache"
    argv = (sys.executable, "-c", script, str(repo.path), str(cache), way)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(argv, **pipes) as living, subprocess.Popen(argv, **pipes) as dying, ExitStack() as ended:
        ended.callback(living.kill)  # else a failure below would wait for it for ever
        folder, lost = (Path(process.stdout.readline().strip()) for process in (living, dying))
        assert folder != lost
        dying.send_signal(signal.SIGKILL)
        dying.wait()
        async with opened(repo.path, cache, strategies=[way]) as checkouts:
            assert await checkouts.reap() > 0
            assert not (lost / ".git").exists() or way == "pool"
            assert str(folder) in repo.git("worktree", "list")
            assert str(lost) not in repo.git("worktree", "list")
            assert repo.git("status", "--porcelain", cwd=folder) == ""
            assert await checkouts.reap() == 0
        output, _ = living.communicate("go on\n", timeout=20)
        assert output == "x = 1\n\n"
        assert living.returncode == 0
    assert len(repo.git("worktree", "list").splitlines()) == 1


async def test_worktrees_of_the_user_with_a_name_like_ours_stay(repo, opened, tmp_path):
    theirs = [tmp_path / name for name in ("ambient-theirs", "ambient-0123456789abcdef-1-2-3-4")]
    for folder in theirs:
        repo.git("worktree", "add", "--quiet", "--detach", str(folder))
    repo.git("worktree", "lock", "--reason", "mine", str(theirs[1]))
    for name in ("prunable", "locked"):
        folder = tmp_path / f"gone-{name}"
        repo.git("worktree", "add", "--quiet", "--detach", str(folder))
        folder.rename(tmp_path / f"moved-{name}")
    async with opened(repo.path) as checkouts:
        assert await checkouts.reap() == 0
    assert len(repo.git("worktree", "list").splitlines()) == 5


async def test_stale_files_of_git_are_removed_and_fresh_ones_are_not(repo, opened):
    old = repo.path / ".git/refs/ambient/proposals/old.lock"
    fresh = repo.path / ".git/objects/objfresh"
    other = repo.path / ".git/refs/heads/main.lock"
    for path in (old, fresh, other, repo.path / ".git/objects/objstale"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    for path in (old, other, repo.path / ".git/objects/objstale"):
        os.utime(path, (time.time() - 7000, time.time() - 7000))
    async with opened(repo.path) as checkouts:
        assert await checkouts.reap() == 2
    assert fresh.exists() and other.exists() and not old.exists()
