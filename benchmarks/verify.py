"""P8: what a verdict on a proposal costs, beside the same check run by hand in a ready checkout in the same sandbox.

    python benchmarks/verify.py                          # every backend that is ready
    python benchmarks/verify.py --backend docker --rounds 20

By hand means: the checkout is there, the sandbox is open on it, and `pytest` runs on the test files that the verdict
runs too; one container start is added. The verdict starts from nothing but a kept baseline, as after the first proposal
on a tree: checkout, patch, sandbox, tests, proof, and everything given back. Both take turns.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ambient_lsp.config import Sandbox as Settings
from ambient_lsp.model import ProofKind, ProofPlan, RiskLevel, VerdictOutcome
from ambient_lsp.patching.edits import modify, propose
from ambient_lsp.protocols import Command
from ambient_lsp.repository.worktrees import open_checkouts
from ambient_lsp.sandbox import layout
from ambient_lsp.sandbox.bubblewrap import Bubblewrap
from ambient_lsp.sandbox.docker import Docker
from ambient_lsp.text import freeze
from ambient_lsp.verification.testrun import PYTEST_ALONE, plugin_environment
from ambient_lsp.verification.trees import REPEATABLE, OpenTree, stage_harness
from ambient_lsp.verification.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ambient_lsp.model import Finding
    from ambient_lsp.protocols import Sandbox

BACKENDS = {"bubblewrap": Bubblewrap, "docker": Docker}
TARGET = 1.25
FILES = 200
CODE = "def double(x):\n    return x + x\n"
PATCHED = "def double(x):\n    return 2 * x\n"


def tests(count: int, seconds: float) -> str:
    """Tests that keep a processor busy for this long together."""
    return "import time\n\nfrom shop.code import double\n" + "".join(
        f"\n\ndef test_{number}():\n    end = time.process_time() + {seconds / count}\n    assert double(2) == 4\n"
        "    while time.process_time() < end:\n        sum(range(1000))\n"
        for number in range(count)
    )


def project(root: Path, seconds: float) -> Path:
    files = {
        "shop/__init__.py": "",
        "shop/code.py": CODE,
        "tests/test_code.py": tests(20, seconds),
        "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n[tool.pytest.ini_options]\npythonpath = ["."]\n',
        **{f"shop/other_{number}.py": FUNCTION.format(number) for number in range(FILES)},
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for argv in (["init", "-q"], ["add", "."], ["commit", "-qm", "start"]):
        subprocess.run([*git, *argv], check=True)
    return root


FUNCTION = "def other_{0}(x):\n    return x + {0}\n"


async def nothing_found(agent: str, texts: Mapping[str, str | None]) -> list[Finding]:
    return []


async def measure(backend: Sandbox, folder: Path, seconds: float, rounds: int) -> None:
    root = await asyncio.to_thread(project, folder / "project", seconds)
    settings = Settings()
    checkouts = await open_checkouts(root, folder / "cache")
    found = ("tests/test_code.py",)
    verifier = Verifier(backend, checkouts, settings, root, folder / "verified", lambda paths: found)
    proposal = propose(
        agent="RefactorArchitect", title="t", description="d", rationale="r", risk_level=RiskLevel.LOW,
        edits=(modify(freeze(root, "shop/code.py", CODE), PATCHED),), proof=ProofPlan(ProofKind.CHECKS),
        bases={"shop/code.py": CODE},
    )  # fmt: skip
    tree = await checkouts.current()
    limits = layout.limits(settings)
    harness = await asyncio.to_thread(stage_harness, folder / "verified")

    results = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=folder))

    async def by_hand(checkout: Path) -> tuple[float, float]:
        """Return the seconds of the check, and those of opening the sandbox, which the yardstick allows once."""
        before = time.perf_counter()
        async with backend.session(checkout, project=root, results=results, harness=harness) as session:
            opened = time.perf_counter() - before
            env = {**REPEATABLE, **await plugin_environment(OpenTree(session, checkout, results, limits))}
            command = Command(
                (session.python, "-m", "pytest", *PYTEST_ALONE[1:], *found), env=env, limits=limits, trusted=True
            )
            before = time.perf_counter()
            result = await session.run(command)
            taken = time.perf_counter() - before
            assert result.exit_code == 0, result
        return taken, opened

    async def verdict() -> float:
        before = time.perf_counter()
        answer = await verifier.verify(proposal, tree, {"shop/code.py": CODE}, nothing_found, lambda agent: {})
        taken = time.perf_counter() - before
        assert answer.outcome is VerdictOutcome.PASSED, answer
        return taken

    try:
        async with checkouts.checkout(tree) as ready:
            await by_hand(ready)
            first = await verdict()
            hand, opening, ours = [], [], []
            for _ in range(rounds):
                check, opened = await by_hand(ready)
                hand.append(check)
                opening.append(opened)
                ours.append(await verdict())
    finally:
        await checkouts.close()
    yardstick = statistics.median(hand) + statistics.median(opening)
    middle = statistics.median(ours)
    ratio = middle / yardstick
    print(
        f"| {backend.name} | {seconds:g} | {middle * 1e3:.0f} | {statistics.median(hand) * 1e3:.0f} + "
        f"{statistics.median(opening) * 1e3:.0f} | {ratio:.2f} | {min(ours) / (min(hand) + min(opening)):.2f} | "
        f"{TARGET} | {'yes' if ratio <= TARGET else 'NO'} | {first * 1e3:.0f} |",
        flush=True,
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=sorted(BACKENDS), action="append")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, nargs="*", default=[0.0, 1.0], help="what the project's tests take")
    options = parser.parse_args()
    print(
        f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; medians of {options.rounds}, in milliseconds\n"
    )
    print("| sandbox | tests, s | verdict | by hand + start | ratio | least | target | met | first verdict |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in options.backend or sorted(BACKENDS):
        backend = BACKENDS[name](Settings())
        ready = await backend.probe()
        if not ready.ready:
            print(f"| {name} | not ready: {ready.reason} |")
            continue
        try:
            for seconds in options.seconds:
                with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                    await measure(backend, Path(folder), seconds, options.rounds)
        finally:
            await backend.close()


if __name__ == "__main__":
    asyncio.run(main())
