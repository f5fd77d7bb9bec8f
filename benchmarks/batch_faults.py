"""A batch over a real package, at a host that fails in every way: is the report true, and is every file whole?

    python -m benchmarks.batch_faults [click] [--rate 0.1] [--workers 8] [--seed 1] [--page docs/batch-faults.md]

`ambient swarm` adds docstrings to the package while a host on loopback plays each fault to one question in ten. The
first run is killed (SIGKILL) in the middle; `--resume last` goes on until no file fails; `--apply low` writes what was
proven. Every number of the report is then held against the host's own log, and every file against the text it should
have.

The package is fetched and installed by pip: name only what you would install. It is kept in `--folder`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import math
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ambient_lsp.config import Budget
from ambient_lsp.llm.fake import Entry, FakeHost, Pace
from ambient_lsp.store.ledger import SqliteLedger
from benchmarks import faulty_host, real_repos
from benchmarks.faulty_host import FAULTS, MODEL, PRICE, TASK, Faulty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.store.ledger import Exchange

HOME = Path(__file__).resolve().parent.parent
_MOST_RUNS = 8
_SETTINGS = """kimi:
  provider: openai-compatible
  base_url: {url}
  model_id: {model}
  temperature: 0.3
  timeout_seconds: {timeout}
  price: [{price}]
budget: {{tokens_per_run: 0, tokens_per_day: 0, cost_per_run: 0, cost_per_day: 0}}
sandbox: {{backend: {backend}}}
"""


@dataclass
class Play:
    """A package, its files as they were, and what every run of the batch reported."""

    root: Path
    before: dict[str, bytes]
    runs: list[dict[str, Any]] = field(default_factory=list)
    met: dict[str, int] = field(default_factory=dict)
    checks: list[tuple[str, str, str, bool]] = field(default_factory=list)

    def check(self, name: str, ours: object, theirs: object) -> None:
        """Take down whether two numbers are equal."""
        self.checks.append((name, f"{ours:,}" if isinstance(ours, int) else str(ours),
                            f"{theirs:,}" if isinstance(theirs, int) else str(theirs), ours == theirs))  # fmt: skip

    def text(self, path: str) -> str:
        """Return a file's text as it was at first."""
        return self.before[path].decode("utf-8").replace("\r\n", "\n")

    def torn(self) -> list[str]:
        """Return the files that are neither as they were nor wholly as they should be."""
        now = {path: (self.root / path).read_bytes() for path, data in self.before.items()}
        return [
            path
            for path, data in now.items()
            if data != self.before[path] and data.decode() != faulty_host.expected(self.text(path))
        ]

    def changed(self) -> int:
        """Return how many files differ from what they were."""
        return sum((self.root / path).read_bytes() != data for path, data in self.before.items())


async def play(root: Path, log: Path, *, rate: float, workers: int, seed: int, backend: str, timeout: int) -> Play:
    """Run the batch to its end, and hold what it says against what the host says."""
    names = subprocess.run(["git", "ls-files", "*.py"], cwd=root, capture_output=True, text=True, check=True)
    played = Play(root, {name: (root / name).read_bytes() for name in names.stdout.split("\n") if name})
    faulty = Faulty(played.text, rate=rate, seed=seed, pace=Pace(first=0.2, piece=1024))
    with log.open("w", encoding="utf-8") as file:
        async with FakeHost(faulty.script, log_file=file) as host:
            price = ", ".join(map(str, PRICE))
            (root / ".ambient.yml").write_text(
                _SETTINGS.format(url=host.base_url, model=MODEL, price=price, backend=backend, timeout=timeout), "utf-8"
            )
            await ambient(root, "trust", str(root))
            start = [
                "swarm",
                "--task",
                TASK,
                "--glob",
                "*.py",
                "--max-workers",
                str(workers),
                "--format",
                "json",
                "--no-verify",
            ]
            await _killed(played, host, start)
            resume = ["swarm", "--resume", "last", "--max-workers", str(workers), "--format", "json"]
            while len(played.runs) < _MOST_RUNS:
                asked = len(host.log)
                run = json.loads(await ambient(root, *resume, "--no-verify"))
                played.runs.append({**run, "asked": len(host.log) - asked})
                if not {"failed", "waiting", "answered"} & run["counts"].keys():
                    break
            compare(played, host.log)
            asked = len(host.log)
            await _apply(played, [*resume, "--apply", "low"])
            played.check("questions while applying", len(host.log) - asked, 0)
            played.check("files half written", len(played.torn()), 0)
    played.met = {name: faulty.met[name] for name in FAULTS}
    return played


async def _killed(played: Play, host: FakeHost, start: list[str]) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ambient_lsp", *start, cwd=played.root, env=_environment(), stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 600
    while sum(one.told for one in host.log) < len(played.before) // 3 and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    process.kill()
    await process.wait()
    await asyncio.sleep(1)  # until the host has seen that nobody listens
    played.check("files touched by the killed run", played.changed(), 0)


def compare(played: Play, log: Sequence[Entry], *, done: bool = True) -> None:
    """Hold the last report and the ledger against the host's own log; with `done`, every file's state too."""
    last = played.runs[-1]
    entries = list(log)
    tokens = last["tokens"]
    ledger = SqliteLedger(played.root / ".ambient" / "state.db", Budget())
    rows = ledger.exchanges(run_id=last["batch"])
    ledger.close()
    counted = [one for one in rows if one.state == "settled" and not one.estimated]
    guessed = [one for one in rows if one.state == "lost" or (one.state == "settled" and one.estimated)]
    # What the host has told to a run that was killed before it could read it, nobody knows: it is lost with the call.
    unheard = Counter(_tokens(one) for one in entries if one.told) - Counter(map(_tokens, counted))
    told: list[Entry] = []
    for one in entries:
        if one.told and unheard[_tokens(one)] > 0:
            unheard[_tokens(one)] -= 1
        elif one.told:
            told.append(one)
    untold = [one for one in entries if one.status == 200 and one.fault != "page" and one not in told]
    played.check("calls (and those under way at the kill)", last["calls"] + last["lost"]["calls"], len(entries))
    for name in ("prompt", "cached", "completion"):
        ours = tokens[name] - tokens.get(f"guessed_{name}", 0)
        played.check(f"{name} tokens that the host has told", ours, sum(getattr(one, name) for one in told))
    played.check("dollars of these", _dollars(sum(one.cost for one in counted)), _dollars(sum(map(_price, told))))
    settled = sum(one.cost for one in rows if one.state == "settled")
    played.check("ledger and report, millionths of a dollar", settled, round(last["dollars"] * 1e6))
    played.check("reservations left open", sum(one.state == "open" for one in rows), 0)
    played.check("answers that broke off before the host told", len(guessed), len(untold))
    if sum(one.told for one in untold) > last["lost"]["calls"]:
        played.check("told, and not in the ledger", sum(one.told for one in untold), last["lost"]["calls"])
    last["untold"] = sum(one.prompt + one.completion for one in untold)
    if not done:
        return
    wanted = Counter("success" if faulty_host.changes(played.text(path)) else "nothing" for path in played.before)
    for state in ("success", "nothing"):
        played.check(f"files: {state}", last["counts"].get(state, 0), wanted[state])


async def _apply(played: Play, resume: list[str]) -> None:
    applied = json.loads(await ambient(played.root, *resume))
    played.runs.append({**applied, "asked": 0})
    for one in applied["proposals"]:
        if one["needs_approval"]:
            await ambient(played.root, "proposals", "apply", one["id"], "--approve")
    wanted = sum(faulty_host.expected(played.text(path)) != played.text(path) for path in played.before)
    played.check("files as they should be in the end", played.changed(), wanted)


async def ambient(root: Path, *arguments: str) -> str:
    """Run a command in the package; return what it writes. A code of 1 says that files have failed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ambient_lsp", *arguments, cwd=root, env=_environment(), stdout=subprocess.PIPE
    )
    out, _ = await process.communicate()
    if process.returncode not in (0, 1):
        raise SystemExit(f"ambient {' '.join(arguments)} ended with {process.returncode}")
    return out.decode("utf-8")


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(HOME)}


def _tokens(one: Entry | Exchange) -> tuple[int, int, int]:
    return one.prompt, one.cached, one.completion


def _price(one: Entry) -> int:
    cached, prompt, completion = PRICE
    return math.ceil((one.prompt - one.cached) * prompt + one.cached * cached + one.completion * completion)


def _dollars(cost: int) -> str:
    return f"${cost / 1e6:.6f}"


def page(name: str, played: Play, options: argparse.Namespace) -> str:
    """Return what came of it as a page of Markdown."""
    *_, last, _ = played.runs
    guessed = last["tokens"]["guessed_prompt"] + last["tokens"]["guessed_completion"]
    lines = [
        "# A batch at a host that fails",
        "",
        f"Written by `python -m benchmarks.batch_faults {name} --rate {options.rate} --seed {options.seed}"
        f" --workers {options.workers}`; the script says what it does.",
        "",
        f"{len(played.before)} files of {played.root.name}. Each fault meets each question with a chance of"
        f" {options.rate:.0%}. The first run was killed in the middle; each further run goes on with `--resume last`.",
        "",
        "| run | questions | changed | nothing to do | failed | verdict |",
        "|---|--:|--:|--:|--:|---|",
        *(
            f"| {number} | {run['asked']} | {run['counts'].get('success', 0)} | {run['counts'].get('nothing', 0)} |"
            f" {run['counts'].get('failed', 0)} | {_verdicts(run)} |"
            for number, run in enumerate(played.runs, 2)
        ),
        "",
        "| the report beside the host's log | report | host | |",
        "|---|--:|--:|---|",
        *(f"| {name} | {ours} | {theirs} | {'equal' if same else '**different**'} |"
          for name, ours, theirs, same in played.checks),
        "",
        f"What the host never told is estimated, and marked so: {guessed:,} tokens in the report beside"
        f" {last['untold']:,} in the host's log, for answers that broke off. There, calls that were under way at the"
        f" kill are included: {last['lost']['calls']}, of which the report says that they cost at most"
        f" {last['lost']['tokens']:,} tokens.",
        "",
        "| fault | questions that met it |",
        "|---|--:|",
        *(f"| {key} | {count} |" for key, count in played.met.items()),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _verdicts(run: dict[str, Any]) -> str:
    proven = [one for one in run["proposals"] if one["selection"]]
    return " ".join(f"{len(one['files'])} files: {one['verdict']} ({one['selection']})" for one in proven)


def main() -> int:
    """Play it once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", nargs="?", default="click", help="a name for pip; one with 50 files or more")
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", type=int, default=20, help="seconds after which an answer counts as stalled")
    parser.add_argument("--backend", default="auto", help="auto, bubblewrap, docker or none")
    parser.add_argument("--folder", type=Path, default=Path("build/batch-faults"))
    parser.add_argument("--page", type=Path, help="where the result is written, beside the terminal")
    options = parser.parse_args()
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of each write to a client that has left
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    project = real_repos.fetched(options.package, folder)
    real_repos.prepare(project, [])
    subprocess.run(["git", "checkout", "--quiet", "--", "."], cwd=project, check=True)
    shutil.rmtree(project / ".ambient", ignore_errors=True)
    state = folder / "state"
    shutil.rmtree(state, ignore_errors=True)
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        os.environ[name] = str(state / name)
    played = asyncio.run(
        play(
            project, folder / f"{project.name}.jsonl", rate=options.rate, workers=options.workers, seed=options.seed,
            backend=options.backend, timeout=options.timeout,
        )
    )  # fmt: skip
    text = page(options.package, played, options)
    print(text)
    if options.page:
        options.page.write_text(text, encoding="utf-8")
    return 0 if all(same for *_, same in played.checks) else 1


if __name__ == "__main__":
    sys.exit(main())
