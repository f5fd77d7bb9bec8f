"""What a second round and the refuter change and cost: planted defects, and a model whose every answer is known.

    python benchmarks/rounds.py [--files 6] [--write docs/rounds.md] [--json FILE]

Half of the functions of each file have a defect. The scripted model is right, wrong, says the same as others, or
contradicts them, in known proportions, drawn once for each specialist and function, so that all settings begin with the
same claims. In later rounds and as the refuter it judges with a given skill: how often it sees that a claim is wrong,
and how often it takes a right one for wrong. Reviews go through the engine and real HTTP; tokens are the host's count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ambient_lsp.config import Config
from ambient_lsp.engine.engine import Engine
from ambient_lsp.llm import catalog
from ambient_lsp.llm.fake import FakeHost
from ambient_lsp.llm.fake.script import Question, Script
from ambient_lsp.llm.messages import Usage
from ambient_lsp.model import Proposal, ProposalState, TriggerKind

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL = "kimi-k2.6"
FUNCTIONS = 8
SAME, OTHER, TOLD = 0.35, 0.1, 0.2  # a right fix as others make it, one that contradicts it, only a finding
WRONG_FIX, WRONG_TOLD = 0.1, 0.1  # of code that is right
AGENTS = ("SecurityGuardian", "RefactorArchitect", "StyleEnforcer", "PerformanceOptimizer", "TestEnhancer")

HEAD = """# Rounds and the refuter

What a second and a third round, and the refuter, change and cost. Written by `python benchmarks/rounds.py --write
docs/rounds.md`: {files} files with {functions} functions each, half of them with a defect, reviewed through the engine
against the fake host. **The model is scripted.** Its claims and its judgement are drawn in the proportions below, so
these numbers show the mechanism (what is kept, merged, dropped) and its cost, not how well a real model judges: put
a real model's skill into `--sees` and `--spoils` for that.

For a function with a defect, each specialist proposes the right fix in {same:.0%} of all cases, another fix of the
same lines in {other:.0%}, and only tells it in {told:.0%}. For one without, it proposes a wrong fix in
{wrong_fix:.0%} and tells something wrong in {wrong_told:.0%}. A round looks at proposals, the refuter at findings
too. Nothing was run: in a real review the sandbox comes after this, and drops fixes that break something.

A judge *sees* a wrong claim so often, and *spoils* a right one so often. A refutation counts only if it quotes a line
that is there; one in ten does not, and is passed over.
"""


FOOT = """“Merged” are proposals that their specialist gave up for the same one of another, which then has the reasons
of both; the same edits are merged without a question, too, whatever the rounds. The more specialists have proposed
something, the more a round costs: one without a proposal is not asked again. `swarm.rounds` and `swarm.refuter` set
both ([configuration.md](configuration.md)).
"""


@dataclass(frozen=True, slots=True)
class Judge:
    """How often a model sees that a claim is wrong, and how often it takes a right one for wrong."""

    name: str
    sees: float
    spoils: float


JUDGES = (Judge("good", 0.8, 0.05), Judge("poor", 0.4, 0.2))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One setting over all files. Claims are counted at the end; `defects` are those with a right fix still there."""

    rounds: int
    refuter: bool
    judge: str
    right_fixes: int
    wrong_fixes: int
    right_told: int
    wrong_told: int
    defects: int
    merged: int
    taken_back: int
    refuted: int
    conflicts: int
    questions: int
    prompt: int
    cached: int
    completion: int

    @property
    def dollars(self) -> float:
        price = catalog.price("moonshot", MODEL)
        assert price is not None
        return price.of(Usage(self.prompt, self.completion, self.cached)) / 1e6


def is_wrong(name: str) -> bool:
    """Whether a function with this name has a defect: those with even numbers."""
    return int(name.rpartition("_")[2]) % 2 == 0


def body(name: str) -> str:
    return f"    return values_{name}[at]" if is_wrong(name) else f"    return values_{name}[at - 1]"


def source(number: int) -> str:
    names = [f"pick_{number}_{index}" for index in range(FUNCTIONS)]
    functions = (
        f"def {name}(values_{name}: list[int], at: int) -> int:\n"
        f'    """Return the value at a place; the first place is 1."""\n{body(name)}\n'
        for name in names
    )
    return '"""Places are counted from 1 here."""\n\n\n' + "\n\n".join(functions)


@dataclass(frozen=True, slots=True)
class Model:
    """The scripted model. What it claims depends on specialist and function only, what it judges on the judge too."""

    judge: Judge
    seed: int = 1

    def drawn(self, *key: object) -> float:
        return random.Random(f"{self.seed}:{key}").random()

    def condemns(self, key: str, *, right: bool, stage: str) -> bool:
        return self.drawn("judge", self.judge.name, stage, key) < (self.judge.spoils if right else self.judge.sees)

    def answer(self, question: Question) -> str:
        if "Your task is to show that a claim is wrong" in question.text:
            return self._refute(question.text)
        agent = re.findall(r"^You are (\w+)\.", question.prompt, re.MULTILINE)[-1]
        if "Look at yours again" in question.text:
            round_ = sum("Look at yours again" in text for _, text in question.messages)
            return self._reconsider(question.text, agent, round_)
        return self._claim(question.text, agent)

    def _claim(self, text: str, agent: str) -> str:
        path = re.findall(r"file to look at (\S+)\]", text)[-1]
        names = re.findall(r"^def (pick_\w+)\(", text, re.MULTILINE)
        fixes, told = [], []
        for name in names:
            chance, quote = self.drawn(agent, name), json.dumps(body(name))
            fix = ""
            if is_wrong(name) and chance < SAME + OTHER:
                fix = f"    return values_{name}[at - 1]" if chance < SAME else f"    return values_{name}[-1 + at]"
            elif not is_wrong(name) and chance < WRONG_FIX:
                fix = f"    return values_{name}[at]"
            if fix:
                fixes.append(
                    f"### Count from the right place in {name}\n\nThe place is wrong.\n\n{path}\n"
                    f"````python\n<<<<<<< SEARCH\n{body(name)}\n=======\n{fix}\n>>>>>>> REPLACE\n````\n"
                    f'```json\n{{"risk_level": "low", "rule": "place", "path": "{path}"}}\n```\n'
                )
            elif (is_wrong(name) and chance < SAME + OTHER + TOLD) or chance < WRONG_FIX + WRONG_TOLD:
                told.append(
                    f'{{"path": "{path}", "quote": {quote}, "rule": "place", "message": "{name} counts wrongly"}}'
                )
        return "\n".join([*fixes, f'```json\n{{"findings": [{", ".join(told)}]}}\n```\n'])

    def _reconsider(self, text: str, agent: str, round_: int) -> str:
        shown = re.findall(
            r"^id (\w+) by (\w+)(, which is you)?: Count from the right place in (pick_\w+)$", text, re.M
        )
        diffs = dict(zip((one[0] for one in shown), re.findall(r"^\+    return .*\[(.*)\]$", text, re.M), strict=True))
        decisions = []
        for key, _, own, name in shown:
            if not own:
                continue
            right = is_wrong(name)
            if self.condemns(f"{agent}:{name}", right=right, stage=f"round {round_}"):
                decisions.append({"id": key, "decision": "withdraw", "reason": "it does not hold"})
            elif same := [
                one[0]
                for one in shown
                if one[3] == name and not one[2] and diffs[one[0]] == diffs[key] and one[0] < key
            ]:
                decisions.append({"id": key, "decision": "merge", "with": same[0], "reason": "it is the same"})
        return f"```json\n{json.dumps({'decisions': decisions})}\n```\n"

    def _refute(self, text: str) -> str:
        claims = re.findall(r"^id (\w+): (?:Count from the right place in |\S+ line \d+: )(pick_\w+)", text, re.M)
        verdicts = []
        for key, name in claims:
            if self.condemns(f"{key}:{name}", right=is_wrong(name), stage="refuter"):
                quote = body(name).strip() if self.drawn("quote", key) < 0.9 else "a line that is nowhere in the file"
                verdicts.append({"id": key, "verdict": "refuted", "quote": quote, "reason": "the code says so"})
        return f"```json\n{json.dumps({'verdicts': verdicts})}\n```\n"


def project(folder: Path, files: int) -> list[str]:
    paths = [f"places_{number}.py" for number in range(files)]
    for number, path in enumerate(paths):
        (folder / path).write_text(source(number), "utf-8")
    git = ("git", "-c", "user.name=B", "-c", "user.email=b@localhost", "-c", "commit.gpgsign=false")
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "planted")):
        subprocess.run([*git, *arguments], cwd=folder, check=True, capture_output=True)
    return paths


async def measure(files: int, rounds: int, refuter: bool, judge: Judge) -> Outcome:
    """Review every file with one setting."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        paths = project(root, files)
        async with FakeHost(Script(Model(judge).answer)) as host:
            config = Config.model_validate(
                {
                    "kimi": {"provider": "moonshot", "base_url": host.base_url, "model_id": MODEL},
                    "sandbox": {"backend": "none"},
                    "swarm": {"rounds": rounds, "refuter": refuter},
                    "agents": {"max_proposals_per_file": 100},
                }
            )
            engine = await Engine.open(root, config, trusted=True)
            try:
                for path in paths:
                    run = engine.submit(engine.trigger(TriggerKind.COMMAND, [path]))
                    async for _ in run.events():
                        pass
                    for error in run.record.errors:
                        print(f"{path}: {error.where}: {error.message}", file=sys.stderr)
                proposals = [one for one in engine.proposals() if "model" in one.tags]
                messages = [one.message for one in engine.findings() if "model" in one.tags]
            finally:
                await engine.close()
            sums = host.sums
            return counted(
                rounds, refuter, judge, proposals, messages, (sums.questions, sums.prompt, sums.cached, sums.completion)
            )


def counted(
    rounds: int,
    refuter: bool,
    judge: Judge,
    proposals: Sequence[Proposal],
    messages: Sequence[str],
    tokens: tuple[int, int, int, int],
) -> Outcome:
    """Count what is left, by what is true."""
    why: Counter[str] = Counter()
    kept: list[str] = []
    for one in proposals:
        reason = one.verdict.reason if one.verdict else ""
        if one.state is not ProposalState.CONFLICT:
            kept.append(one.title.rpartition(" ")[2])
        elif "it is the same" in reason:
            why["merged"] += 1
        elif "took it back" in reason:
            why["taken_back"] += 1
        elif "refuted" in reason:
            why["refuted"] += 1
        else:
            why["conflicts"] += 1
    told = [message.split(" ")[0] for message in messages if message.endswith("counts wrongly")]
    return Outcome(
        rounds,
        refuter,
        judge.name,
        sum(is_wrong(name) for name in kept),
        sum(not is_wrong(name) for name in kept),
        sum(is_wrong(name) for name in told),
        sum(not is_wrong(name) for name in told),
        len({name for name in kept if is_wrong(name)}),
        why["merged"],
        why["taken_back"],
        why["refuted"],
        why["conflicts"],
        *tokens,
    )


def page(outcomes: Sequence[Outcome], judges: Sequence[Judge], files: int) -> str:
    """Return the page of `docs/`."""
    head = HEAD.format(
        files=files, functions=FUNCTIONS, same=SAME, other=OTHER, told=TOLD, wrong_fix=WRONG_FIX, wrong_told=WRONG_TOLD
    )
    lines = [head]
    for judge in judges:
        lines += [
            f"## A {judge.name} judge: sees {judge.sees:.0%}, spoils {judge.spoils:.0%}",
            "",
            f"| rounds | refuter | defects with a right fix (of {files * FUNCTIONS // 2}) | wrong fixes left |"
            " right findings left | wrong findings left | merged | taken back | refuted | questions | tokens in |"
            " of them cached | tokens out | dollars | cost |",
            "|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        ]
        mine = [one for one in outcomes if one.judge == judge.name]
        least = min(mine, key=lambda one: (one.rounds, one.refuter)).dollars
        lines += [
            f"| {one.rounds} | {'on' if one.refuter else 'off'} | {one.defects} | {one.wrong_fixes} |"
            f" {one.right_told} | {one.wrong_told} | {one.merged} | {one.taken_back} | {one.refuted} |"
            f" {one.questions} | {one.prompt:,} | {one.cached / one.prompt:.0%} | {one.completion:,} |"
            f" {one.dollars:.4f} | × {one.dollars / least:.2f} |"
            for one in mine
        ]
        lines.append("")
    return "\n".join([*lines, FOOT])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=6)
    parser.add_argument("--sees", type=float, help="a judge of your own, with --spoils")
    parser.add_argument("--spoils", type=float, default=0.05)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    judges = JUDGES if options.sees is None else (Judge("given", options.sees, options.spoils),)
    outcomes = []
    for judge in judges:
        for rounds in (1, 2, 3):
            for refuter in (False, True):
                outcomes.append(asyncio.run(measure(options.files, rounds, refuter, judge)))
                print(asdict(outcomes[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in outcomes], indent=1))
    if options.write:
        options.write.write_text(page(outcomes, judges, options.files), "utf-8")
    print(page(outcomes, judges, options.files))


if __name__ == "__main__":
    main()
