"""P6 and P7: how long an isolated checkout and a recorded proposal take, as ratios to what git itself needs.

    python benchmarks/worktrees.py <large repository> [--small <repository>] [--rounds 20] [--scratch <folder>]

The yardstick and ours run in turn (A B A B) in one process, on the same file system; medians are compared. Without
`--small`, a repository of 200 files is made. Two things would distort it: bytecode that is not compiled (only start-up
is affected, and nothing here measures start-up), and file systems that create files more slowly after many were
removed, which is what the yardstick does all the time: put the cache and the repositories on a fresh file system, or
read the yardstick's own spread in the table.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ambient_lsp.model import FileEdit, Proposal, RiskLevel
from ambient_lsp.patching.edits import modify, propose
from ambient_lsp.repository.worktrees import GitCheckouts, open_checkouts
from ambient_lsp.text import decode

TARGETS = {("checkout", "large"): 0.02, ("checkout", "small"): 0.15, ("record", "large"): 0.01}
RECORD_MS = 3.0
CROWDS = (0, 50, 200)


def git(repo: Path, *argv: str) -> str:
    settings = ("-c", "user.name=b", "-c", "user.email=b@b", "-c", "gc.auto=0")
    return subprocess.run(("git", *settings, *argv), cwd=repo, check=True, capture_output=True, text=True).stdout


def make_small(folder: Path) -> Path:
    repo = folder / "small"
    for number in range(200):
        path = repo / f"pkg{number % 20}" / f"module{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"def f{line}():\n    return {line}\n" for line in range(60)))
    git(folder, "init", "--quiet", str(repo))
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "-m", "base")
    return repo


def a_python_file(repo: Path) -> str:
    """Return the tracked Python file whose size is nearest to 20 kB."""
    names = git(repo, "ls-files", "*.py").splitlines()
    return min(names, key=lambda name: abs((repo / name).stat().st_size - 20_000))


def proposal_of(repo: Path, path: str, number: int) -> Proposal:
    base = decode(repo, path, (repo / path).read_bytes())
    edit: FileEdit = modify(base, base.text + f"# {number}\n")
    return propose(
        agent="benchmark",
        title=f"Change {number}",
        description="d",
        rationale="r",
        risk_level=RiskLevel.LOW,
        edits=[edit],
        bases={path: base.text},
    )


class Yardstick:
    """What a straightforward implementation does, with the git command line."""

    def __init__(self, repo: Path, folder: Path) -> None:
        self.repo, self.folder = repo, folder

    def checkout(self) -> float:
        started = time.perf_counter()
        git(self.repo, "worktree", "add", "--quiet", "--detach", str(self.folder))
        seconds = time.perf_counter() - started
        self.remove()
        return seconds

    def record(self, proposal: Proposal, path: str, number: int) -> float:
        started = time.perf_counter()
        git(self.repo, "worktree", "add", "--quiet", "-b", f"bench-{number}", str(self.folder))
        subprocess.run(("git", "apply", "-"), cwd=self.folder, input=proposal.diff, text=True, check=True)
        git(self.folder, "commit", "--quiet", "-m", proposal.title, path)
        self.remove()
        seconds = time.perf_counter() - started
        git(self.repo, "branch", "--quiet", "-D", f"bench-{number}")
        return seconds

    def remove(self) -> None:
        git(self.repo, "worktree", "remove", "--force", str(self.folder))


async def checkout_once(checkouts: GitCheckouts, tree: str, edits: tuple[FileEdit, ...] = ()) -> tuple[float, float]:
    """Return seconds until a checkout is ready, and until it is given back."""
    started = time.perf_counter()
    async with checkouts.checkout(tree, edits):
        ready = time.perf_counter()
    return ready - started, time.perf_counter() - ready


async def compare(label: str, repo: Path, scratch: Path, rounds: int, way: str) -> list[dict[str, object]]:
    path, yardstick = a_python_file(repo), Yardstick(repo, scratch / "yardstick")
    checkouts = await open_checkouts(repo, scratch / f"cache-{way}", strategies=[way])
    rows: list[dict[str, object]] = []
    try:
        tree = await checkouts.current()
        first, _ = await checkout_once(checkouts, tree)
        theirs, ours, back = [], [], []
        for number in range(rounds):
            theirs.append(yardstick.checkout())
            ready, returned = await checkout_once(checkouts, tree, proposal_of(repo, path, number).edits)
            await settle(checkouts)
            ours.append(ready)
            back.append(returned)
        rows.append(row("checkout", label, checkouts.strategy, theirs, ours))
        rows[-1]["more"] = f"first {first * 1e3:.0f} ms, give back {statistics.median(back) * 1e3:.1f} ms"
        if way != "overlay":
            return rows
        theirs, ours = [], []
        for number in range(rounds):
            proposal = proposal_of(repo, path, 1000 + number)
            theirs.append(yardstick.record(proposal, path, number))
            ours.append(await timed_record(checkouts, proposal, tree))
            await checkouts.forget([proposal.id])
        rows.append(row("record", label, "-", theirs, ours))
        rows += [await in_a_crowd(checkouts, repo, label, path, tree, size, rounds) for size in CROWDS]
    finally:
        await checkouts.close()
    return rows


async def settle(checkouts: GitCheckouts) -> None:
    """Let a pooled checkout be cleaned before the yardstick runs, as it would be between two saves."""
    await asyncio.to_thread(checkouts._pool.wait)


async def timed_record(checkouts: GitCheckouts, proposal: Proposal, tree: str) -> float:
    started = time.perf_counter()
    await checkouts.record(proposal, tree)
    return time.perf_counter() - started


async def in_a_crowd(
    checkouts: GitCheckouts, repo: Path, label: str, path: str, tree: str, size: int, rounds: int
) -> dict[str, object]:
    """Measure with `size` proposals recorded and a tenth as many checkouts open (at most 20)."""
    crowd = [proposal_of(repo, path, 10_000 + number) for number in range(size)]
    for proposal in crowd:
        await checkouts.record(proposal, tree)
    held = [checkouts.checkout(tree) for _ in range(min(size // 10, 20))]
    for context in held:
        await context.__aenter__()
    opened = [(await checkout_once(checkouts, tree))[0] for _ in range(rounds)]
    recorded = []
    for number in range(rounds):
        proposal = proposal_of(repo, path, 100_000 + number)
        recorded.append(await timed_record(checkouts, proposal, tree))
        await checkouts.forget([proposal.id])
    for context in held:
        await context.__aexit__(None, None, None)
    await checkouts.forget([proposal.id for proposal in crowd])
    text = f"checkout {statistics.median(opened) * 1e3:.2f} ms, record {statistics.median(recorded) * 1e3:.2f} ms"
    return {"what": f"with {size} proposals, {len(held)} open", "repo": label, "more": text}


def row(what: str, label: str, way: str, theirs: list[float], ours: list[float]) -> dict[str, object]:
    ratio = statistics.median(ours) / statistics.median(theirs)
    target = TARGETS.get((what, label))
    met = target is None or ratio <= target
    if what == "record":
        met = met and statistics.median(ours) * 1e3 <= RECORD_MS
    return {
        "what": what,
        "repo": label,
        "way": way,
        "git": f"{statistics.median(theirs) * 1e3:.1f} ({min(theirs) * 1e3:.1f}..{max(theirs) * 1e3:.1f})",
        "ours": f"{statistics.median(ours) * 1e3:.2f} ({min(ours) * 1e3:.2f}..{max(ours) * 1e3:.2f})",
        "ratio": f"{ratio:.4f}",
        "target": "-" if target is None else f"<= {target}" + (f", <= {RECORD_MS:g} ms" if what == "record" else ""),
        "met": "-" if target is None else "yes" if met else "NO",
    }


def table(rows: list[dict[str, object]]) -> str:
    columns = ("what", "repo", "way", "git", "ours", "ratio", "target", "met", "more")
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(str(line.get(column, "")) for column in columns) + " |" for line in rows]
    return "\n".join(lines)


async def main() -> None:
    parser = argparse.ArgumentParser(description="Checkouts and recorded proposals against git's own commands.")
    parser.add_argument("large", type=Path, help="a large git repository, all committed")
    parser.add_argument("--small", type=Path, help="a small one (made when missing)")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--scratch", type=Path, help="where checkouts are made (a fresh file system is best)")
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="ambient-bench-", dir=options.scratch))
    try:
        small = options.small or make_small(scratch)
        rows = []
        for label, repo in (("small", small), ("large", options.large.resolve())):
            count = len(git(repo, "ls-files").splitlines())
            print(f"{label}: {count} files", flush=True)
            for way in ("overlay", "pool"):
                rows += await compare(label, repo, scratch, options.rounds, way)
        print("Milliseconds: median (least..most).\n\n" + table(rows))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main())
