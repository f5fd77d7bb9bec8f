"""Style breaks planted in real files: found, put right, applied, and proven.

    python -m benchmarks.style_cases humanize boltons                 # by name (fetched by pip) or by folder
    python -m benchmarks.style_cases --each 3 --write docs/style-cases.md

Each break is planted alone, in a file that was without a finding of that rule there, and StyleEnforcer looks at it as
at an unsaved buffer in an editor. "Fixed" are those whose fix was offered, applies, and leaves the finding
gone; "proven" those that the prover of the engine passes (syntax tree, new names, findings gone); "as it was" those
after which the file is again what it was before the break, to the letter. The project's own tests are not run here.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import subprocess
import sys
from collections import defaultdict
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ambient_lsp.agents.style import StyleEnforcer
from ambient_lsp.analyzers.base import is_test_path
from ambient_lsp.engine.engine import Engine
from ambient_lsp.engine.proving import rechecker
from ambient_lsp.engine.run import Run
from ambient_lsp.model import Finding, Proposal, RunRecord, TriggerKind, VerdictOutcome
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.text import decode, freeze
from ambient_lsp.verification.proof.base import Case
from ambient_lsp.verification.proof.registry import text_prover
from benchmarks.planting import unpacked
from benchmarks.style_breaks import KINDS, Kind

if TYPE_CHECKING:
    from ambient_lsp.engine.services import Services

PACKAGES = ["boltons", "humanize", "bottle", "werkzeug", "starlette", "networkx==3.6.1", "sqlparse", "tabulate"]
_LARGEST = 150_000


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one planted break."""

    kind: Kind
    path: str
    found: bool = False
    fixed: bool = False
    proven: bool = False
    same: bool = False
    why: str = ""


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    parser.add_argument("--folder", type=Path, default=Path("build/style"))
    parser.add_argument("--each", type=int, default=2, help="breaks of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    folder = options.folder.resolve()
    roots = [copied(name, folder) for name in options.packages]
    chance = random.Random(options.seed)
    wanted = {kind: options.each for kind in KINDS}
    results: list[Result] = []
    while roots and any(wanted.values()):
        # In turns, so that every kind is planted in several packages.
        root = roots.pop(0)
        share = {kind: min(left, -(-options.each // 2)) for kind, left in wanted.items()}
        for result in await one_package(root, share, chance):
            results.append(result)
            wanted[result.kind] -= 1
            print(f"{root.name:22} {result.kind.name:30} {result.path} {result.why or 'ok'}", flush=True)
    page = report(results)
    print(page)
    if options.write:
        options.write.write_text(page, encoding="utf-8")


def copied(name: str, folder: Path) -> Path:
    """Return a copy of a package that is a git repository, and without settings of tools that would forbid a rule."""
    released = Path(name) if Path(name).is_dir() else unpacked(name, folder)
    root = folder / "copies" / released.name
    if root.exists():
        shutil.rmtree(root)
    shutil.copytree(released, root, ignore=shutil.ignore_patterns(".git", ".venv", ".ambient"))
    for settings in ("pyproject.toml", "setup.cfg", "tox.ini", ".flake8", ".pre-commit-config.yaml", "ruff.toml"):
        (root / settings).unlink(missing_ok=True)
    for command in (("init", "-q"), ("add", "-A"), ("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "x")):
        subprocess.run(["git", *command], cwd=root, check=True)
    return root


async def one_package(root: Path, wanted: dict[Kind, int], chance: random.Random) -> list[Result]:
    """Plant what is wanted in files of one package, one at a time, and look what becomes of each."""
    texts: dict[str, str] = {}
    for file in sorted(root.rglob("*.py")):
        path = file.relative_to(root).as_posix()
        text = decode(root, path, file.read_bytes()).text
        if not is_test_path(path) and "docs/" not in path and 1000 < len(text) < _LARGEST and "\r" not in text:
            texts[path] = text
    engine = await Engine.open(root)
    results: list[Result] = []
    try:
        services = await engine.services()
        for kind, number in wanted.items():
            paths = list(texts)
            chance.shuffle(paths)
            done = 0
            for path in paths:
                broken = kind.plant(texts[path], chance) if done < number else None
                if broken is None or broken == texts[path]:
                    continue
                broken = broken.replace("PACKAGE", package_of(root, path))
                results.append(await judged(engine, services, root, path, kind, texts[path], broken))
                done += 1
    finally:
        await engine.close()
    return results


def package_of(root: Path, path: str) -> str:
    """Return the dotted name of the package that a file is in."""
    folder = (root / path).parent
    names: list[str] = []
    while (folder / "__init__.py").exists():
        names.insert(0, folder.name)
        folder = folder.parent
    return ".".join(names)


async def judged(
    engine: Engine, services: Services, root: Path, path: str, kind: Kind, text: str, broken: str
) -> Result:
    """Return what StyleEnforcer makes of one broken file."""
    before, _, _ = await looked(engine, services, root, path, text)
    known = {finding.id for finding in before}
    found, fixes, case_of = await looked(engine, services, root, path, broken)
    new = [finding for finding in found if finding.rule == kind.rule and finding.id not in known]
    if not new:
        return Result(kind, path, why="not found")
    if not kind.fixed:
        return Result(kind, path, found=True)
    fix = next((one for one in fixes if set(one.finding_ids) & {finding.id for finding in new}), None)
    if fix is None:
        return Result(kind, path, found=True, why="no fix")
    patched = apply_edits({path: broken}, fix.edits)[path] or ""
    prover = text_prover(fix.proof.kind)
    proof = await prover(case_of(fix, patched)) if prover is not None else None
    proven = proof is not None and proof.outcome is VerdictOutcome.PASSED
    after, _, _ = await looked(engine, services, root, path, patched)
    gone = not {finding.id for finding in after} & {finding.id for finding in new}
    why = "" if proven else f"not proven: {proof.reason if proof else 'no prover'}"
    return Result(kind, path, True, gone, proven, same=patched == text, why=why)


async def looked(engine: Engine, services: Services, root: Path, path: str, text: str):
    """Return findings and proposals for a file with this text, and what makes a case for the prover."""
    trigger = engine.trigger(TriggerKind.COMMAND, (path,), (freeze(root, path, text),), verify=False)
    context = await (await services.repository()).pack(trigger)
    run = Run(trigger, RunRecord(trigger.id, trigger.kind, trigger.paths, 0.0), lambda _: None)
    specialist = StyleEnforcer()
    road = replace(services.road(run, lambda _: None), specialists=(specialist,))
    findings: list[Finding] = []
    fixes: list[Proposal] = []
    async with aclosing(specialist.propose(context, road.bench)) as stream:
        async for item in stream:
            (findings if isinstance(item, Finding) else fixes).append(item)  # type: ignore[arg-type]

    def case(fix: Proposal, patched: str) -> Case:
        return Case(fix, {path: text}, {path: patched}, rechecker(road, context), {})

    return findings, fixes, case


def report(results: list[Result]) -> str:
    """Return the table, by kind."""
    by_kind: defaultdict[Kind, list[Result]] = defaultdict(list)
    for result in results:
        by_kind[result.kind].append(result)
    lines = ["| break | rule | planted | found | fixed | proven | as it was |", "|---|---|---|---|---|---|---|"]
    for kind, many in by_kind.items():
        lines.append(row(kind.name, f"`{kind.rule}`", many, fixed=kind.fixed))
    lines.append(row("**all**", "", results, fixed=True))
    return "\n".join(lines)


def row(name: str, rule: str, many: list[Result], *, fixed: bool) -> str:
    counts = [len(many), sum(one.found for one in many)]
    if fixed:
        counts += [sum(one.fixed for one in many), sum(one.proven for one in many), sum(one.same for one in many)]
    told = [str(count) for count in counts] + ["only told", "-", "-"] * (not fixed)
    return f"| {name} | {rule} | {' | '.join(told)} |"


if __name__ == "__main__":
    asyncio.run(main())
