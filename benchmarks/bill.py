"""What five specialists pay for their questions, with and without the host's prefix cache, on files of real packages.

    python benchmarks/bill.py FOLDER... [--files 3] [--write docs/token-bill.md] [--json FILE]

Each FOLDER is an unpacked package. Copies of it are reviewed through the engine, file by file, against `ambient
fake-model`'s host with its prefix cache: what was asked, and what was read from the cache, is the host's own count. The
naive bill is for the very same questions, all at the full price; "at once" sends the same five side by side to a fresh
host with the same cache, as a swarm does that knows nothing of caches. Answers are scripted (a proposal that fits on
the file, and a finding), so their length is ours; bills are given without them and with answers of two lengths.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import httpx

from ambient_lsp.config import Config
from ambient_lsp.engine.engine import Engine
from ambient_lsp.llm.catalog import DATA
from ambient_lsp.llm.fake import FakeHost
from ambient_lsp.llm.fake.script import Answer, Pace, Question, Script
from ambient_lsp.llm.messages import Usage
from ambient_lsp.llm.prices import Price
from ambient_lsp.model import TriggerKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ambient_lsp.llm.fake.log import Entry

MODEL = "kimi-k2.6"
FIRST = 0.15  # seconds to the first piece: long enough for others to come too early
ANSWERS = (250, 1000)
BLOCKS = (64, 256, 1024)
STAGES = ("first", "second", "refuter")
AGENTS = ("SecurityGuardian", "RefactorArchitect", "StyleEnforcer", "PerformanceOptimizer", "TestEnhancer")


HEAD = """# Token bill

What the questions of five specialists cost with the host's prefix cache, as a share of what the same questions cost at
the full price. Written by `python benchmarks/bill.py FOLDER... --write docs/token-bill.md`, from the fake host's own
count (blocks of 1,024 tokens, kept once an answer has begun), on {files} files of real packages. The first specialist
leads; the others follow at its first piece, when what all of them are told is kept. The second round goes on from the
first round's questions, and the refuter begins as the specialists do.

The fake host counts a token for every four bytes, and answers are scripted, so their length is ours. What a model
thinks and writes costs the same with and without a cache: the longer the answers, the nearer is the share of a whole
bill to 100 %. Hosts differ, too: one that keeps nothing, or sends each question to another machine, saves nothing. Each
answer's own count is in the ledger (`ambient cost`).

How many tokens fit into a question is an estimate of ours. A host that counts without answering, as Moonshot does and
this one, corrects it before the first question; elsewhere the first answer does, and the question after that may hold
more or fewer files, of which less is in the cache.
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """The questions of one stage of one review: tokens by the host's count."""

    questions: int = 0
    prompt: int = 0
    cached: int = 0

    @property
    def share(self) -> float:
        return self.cached / self.prompt if self.prompt else 0.0

    def ratio(self, price: Price, answer: int = 0) -> float:
        """Return what it costs over what the same questions cost at the full price."""
        written = answer * self.questions
        naive = price.of(Usage(self.prompt, written))
        return price.of(Usage(self.prompt, written, self.cached)) / naive if naive else 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One file: each stage, the leader of the next two saves, and the five questions at once and in other blocks."""

    file: str
    lines: int
    stages: dict[str, Stage]
    saves: list[Stage]
    at_once: Stage
    blocks: dict[int, Stage]


def stage_of(question: Question) -> str:
    """Return which stage a question belongs to."""
    if "Your task is to show that a claim is wrong" in question.prompt:
        return "refuter"
    return "second" if "Look at yours again" in question.text else "first"


def answer(question: Question) -> str:
    """Return a proposal that fits on the file and a finding; a note that nothing has changed in later stages."""
    if (stage := stage_of(question)) != "first":
        return '```json\n{"%s": []}\n```\n' % ("decisions" if stage == "second" else "verdicts")
    agent = re.findall(r"^You are (\w+)\.", question.text, re.MULTILINE)[-1]
    part = re.search(r"\[part \w+: file to look at (\S+)\]\n(.*?)\n\[end ", question.text, re.DOTALL)
    if part is None:
        return '```json\n{"findings": []}\n```\n'
    lines = part[2].split("\n")
    heads = [line for line in lines if re.match(r"\s*def \w+\(.*:$", line) and lines.count(line) == 1]
    if not heads:
        return '```json\n{"findings": []}\n```\n'
    line = heads[AGENTS.index(agent) % len(heads)] if agent in AGENTS else heads[0]
    return (
        f"### Say what this function promises\n\nWhat it promises can only be guessed: `{line.strip()}`.\n\n{part[1]}\n"
        f"````python\n<<<<<<< SEARCH\n{line}\n=======\n{line}  # see the documentation\n>>>>>>> REPLACE\n````\n"
        f'```json\n{{"risk_level": "low", "rule": "unclear", "path": {json.dumps(part[1])}, '
        f'"quote": {json.dumps(line)}}}\n```\n'
    )


def added(entries: Iterable[Entry]) -> Stage:
    listed = list(entries)
    return Stage(len(listed), sum(one.prompt for one in listed), sum(one.cached for one in listed))


def question_of(entry: Entry) -> Question:
    return Question(entry.number, entry.path, entry.body)


async def reviewed(root: Path, paths: Sequence[str]) -> list[Measured]:
    """Review the files one after the other, each as the first one that the host hears of."""
    found = []
    for path in paths:
        script = Script(answer, pace=Pace(first=FIRST))
        async with FakeHost(script) as host:
            config = Config.model_validate(
                {
                    "kimi": {"provider": "moonshot", "base_url": host.base_url, "model_id": MODEL},
                    "sandbox": {"backend": "none"},
                }
            )
            engine = await Engine.open(root, config, trusted=True)
            try:
                await review(engine, path)
                asked = [one for one in host.log if one.prompt]
                source = root / path
                lines = source.read_text("utf-8").count("\n")
                saves: list[Stage] = []
                for number in range(2):
                    before = len(host.log)
                    source.write_text(f"{source.read_text('utf-8').rstrip()}\n\n\nLAST_{number} = 1\n", "utf-8")
                    await review(engine, path)
                    saves.append(added([one for one in host.log[before:] if one.prompt][:1]))
            finally:
                await engine.close()
        by_stage: dict[str, list[Entry]] = defaultdict(list)
        for one in asked:
            by_stage[stage_of(question_of(one))].append(one)
        five = [one.body for one in by_stage["first"]]
        if len(five) != len(AGENTS):
            print(f"{path}: {len(five)} specialists asked; left out", file=sys.stderr)
            continue
        found.append(
            Measured(
                f"{root.name}/{path}",
                lines,
                {name: added(by_stage[name]) for name in STAGES},
                saves,
                await sent(five, leader=False),
                {size: await sent(five, leader=True, block=size) for size in BLOCKS},
            )
        )
        last = found[-1]
        print(last.file, {name: asdict(one) for name, one in last.stages.items()}, flush=True)
    return found


async def review(engine: Engine, path: str) -> None:
    run = engine.submit(engine.trigger(TriggerKind.COMMAND, [path]))
    async for _ in run.events():
        pass
    for error in run.record.errors:
        print(f"{path}: {error.where}: {error.message}", file=sys.stderr)


async def sent(bodies: Sequence[Any], *, leader: bool, block: int = 1024) -> Stage:
    """Send the same questions to a fresh host: all at once, or one before the others."""
    script = Script((Answer("Fine."),), pace=Pace(first=FIRST), cache_block=block)
    async with FakeHost(script) as host, httpx.AsyncClient(timeout=60, trust_env=False) as client:
        url = f"{host.base_url}/chat/completions"
        rest = list(bodies)
        if leader:
            await client.post(url, json=rest.pop(0))
        await asyncio.gather(*(client.post(url, json=body) for body in rest))
        return added(host.log)


def chosen(package: Path, count: int) -> list[str]:
    """Return a short, a middling and a long file of a package, or more of them, evenly spread by length."""
    sources = [
        path
        for path in package.rglob("*.py")
        if not {"tests", "test", "docs", "examples", "build", ".tox"} & set(path.relative_to(package).parts)
        and not path.name.startswith(("test_", "conftest", "setup"))
    ]
    names = {str(path.relative_to(package)): path.read_text("utf-8", "replace").count("\n") for path in sources}
    sized = sorted((lines, name) for name, lines in names.items())
    usual = [name for lines, name in sized if 60 <= lines <= 1500]
    if len(usual) <= count:
        return usual
    return [usual[round((index + 0.5) * len(usual) / count - 0.5)] for index in range(count)]


def copied(package: Path, into: Path) -> Path:
    """Return a copy that is a git repository of its own."""
    root = into / package.name
    shutil.copytree(package, root, ignore=shutil.ignore_patterns(".git", ".venv", ".ambient", "__pycache__"))
    git = ("git", "-c", "user.name=B", "-c", "user.email=b@localhost", "-c", "commit.gpgsign=false")
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "as it is")):
        subprocess.run([*git, *arguments], cwd=root, check=True, capture_output=True)
    return root


def prices() -> dict[str, dict[str, Price]]:
    """Return every price that is known, by host and model."""
    tables = tomllib.loads((DATA / "models.toml").read_text("utf-8"))["prices"]
    return {host: {model: Price(**value) for model, value in table.items()} for host, table in tables.items()}


def total(stages: Iterable[Stage]) -> Stage:
    listed = list(stages)
    return Stage(*(sum(getattr(one, field) for one in listed) for field in ("questions", "prompt", "cached")))


def percent(value: float) -> str:
    return f"{value * 100:.0f} %"


def page(measured: Sequence[Measured]) -> str:
    """Return the page of `docs/`."""
    first = [one.stages["first"] for one in measured]
    known = [(host, model, price) for host, table in prices().items() for model, price in table.items()]
    lines = [
        *HEAD.format(files=len(measured)).split("\n"),
        "## By price list: the five specialists of the first round",
        "",
        "| host | model | questions alone: median | highest | with answers of "
        + f"{ANSWERS[0]} tokens: median | highest | with {ANSWERS[1]:,}: median | highest |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for host, model, price in known:
        alone = [one.ratio(price) for one in first]
        short, long = ([one.ratio(price, size) for one in first] for size in ANSWERS)
        lines.append(
            f"| {host} | `{model}` | {percent(statistics.median(alone))} | {percent(max(alone))} |"
            f" {percent(statistics.median(short))} | {percent(max(short))} | {percent(statistics.median(long))} |"
            f" {percent(max(long))} |"
        )
    lines += [
        "",
        f"## By stage (all files together, `{MODEL}`, questions alone)",
        "",
        "| stage | questions | tokens | from the cache | share of the full price |",
        "|---|--:|--:|--:|--:|",
    ]
    price = prices()["moonshot"][MODEL]
    names = {"first": "five specialists", "second": "second round", "refuter": "refuter"}
    rows = [(names[name], total(one.stages[name] for one in measured)) for name in STAGES]
    rows += [
        ("a whole review", total(one for _, one in rows)),
        ("the leader after the next save", total(one.saves[0] for one in measured)),
        ("the leader after the save after that", total(one.saves[1] for one in measured)),
        ("for comparison: the five at once, with the same cache", total(one.at_once for one in measured)),
    ]
    lines += [
        f"| {name} | {one.questions} | {one.prompt:,} | {percent(one.share)} | {percent(one.ratio(price))} |"
        for name, one in rows
    ]
    lines += [
        "",
        "## By size of the host's blocks (five specialists, questions alone)",
        "",
        "| tokens in a block | from the cache | share of the full price: median | highest |",
        "|--:|--:|--:|--:|",
    ]
    for size in BLOCKS:
        stages = [one.blocks[size] for one in measured]
        ratios = [one.ratio(price) for one in stages]
        shares = f"{percent(statistics.median(ratios))} | {percent(max(ratios))}"
        lines.append(f"| {size:,} | {percent(total(stages).share)} | {shares} |")
    lines += [
        "",
        f"## By file (`{MODEL}`)",
        "",
        "| file | lines | tokens of the five | from the cache | questions alone | with answers of "
        + f"{ANSWERS[0]} | whole review |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for one in sorted(measured, key=lambda one: one.stages["first"].prompt):
        stage = one.stages["first"]
        shares = (
            stage.share,
            stage.ratio(price),
            stage.ratio(price, ANSWERS[0]),
            total(one.stages.values()).ratio(price),
        )
        lines.append(f"| `{one.file}` | {one.lines:,} | {stage.prompt:,} | {' | '.join(map(percent, shares))} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--files", type=int, default=3)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        for package in options.folders:
            root = copied(package.resolve(), Path(folder))
            measured += asyncio.run(reviewed(root, chosen(root, options.files)))
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in measured], indent=1))
    if options.write:
        options.write.write_text(page(measured), "utf-8")
    print(page(measured))


if __name__ == "__main__":
    main()
