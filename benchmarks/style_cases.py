"""Style breaks planted in real files: found, put right, applied, and proven.

    python -m benchmarks.style_cases humanize boltons                 # by name (fetched by pip) or by folder
    python -m benchmarks.style_cases --each 3 --write docs/style-cases.md

Each break is planted alone in a file that had no such finding, and StyleEnforcer looks at it as at an unsaved buffer
in an editor. "Fixed" are those whose fix applies, and leaves the finding gone; "as it was" those after which the
file is again what it was before the break, to the letter.

Then all broken files of a package are committed, and `ambient review` proves their fixes in a sandbox, where the
package's own tests run before and after. "Offered" are those that were proven there, "applies" those of them that git
applies. Only packages that you would install anyway should be named: their code runs in the sandbox.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ambient_lsp.agents.style import StyleEnforcer
from ambient_lsp.analyzers.base import is_test_path
from ambient_lsp.engine.engine import Engine
from ambient_lsp.engine.run import Run
from ambient_lsp.model import Finding, Proposal, RunRecord, TriggerKind
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.text import decode, freeze
from benchmarks.planting import unpacked
from benchmarks.real_repos import HOME, prepare
from benchmarks.style_breaks import KINDS, Kind

if TYPE_CHECKING:
    from ambient_lsp.engine.services import Services

PACKAGES = ["boltons", "wtforms", "humanize", "bottle", "tabulate", "werkzeug", "marshmallow", "click"]
EXTRA = {
    "wtforms": ["email_validator", "babel"],
    "humanize": ["freezegun"],
    "werkzeug": ["ephemeral-port-reserve", "cryptography", "watchdog", "pytest-timeout"],
    "marshmallow": ["simplejson"],
}
"""What tests need besides pytest."""
SETTINGS = """agents:
  enabled: [StyleEnforcer]
  max_proposals_per_file: 20
"""
_LARGEST = 150_000
_TOOLS = re.compile(
    r"^\[tool\.(?:ruff|black|isort|pylint|flake8|pydocstyle|codespell)\b[^\[]*(?:\[(?!tool|project|build)[^\[]*)*", re.M
)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one planted break."""

    kind: Kind
    path: str
    broken: str
    finding_ids: frozenset[str] = frozenset()
    fixed: bool = False
    offered: bool = False
    applies: bool = False
    same: bool = False
    why: str = ""

    @property
    def found(self) -> bool:
        """Whether the rule told of it."""
        return bool(self.finding_ids)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    parser.add_argument("--folder", type=Path, default=Path("build/style"))
    parser.add_argument("--each", type=int, default=2, help="breaks of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backend", default="bubblewrap", help="bubblewrap or docker")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    folder = options.folder.resolve()
    roots = [(name, copied(name, folder)) for name in options.packages]
    chance = random.Random(options.seed)
    wanted = {kind: options.each for kind in KINDS}
    results: list[Result] = []
    while roots and any(wanted.values()):
        # In turns, so that every kind is planted in several packages.
        name, root = roots.pop(0)
        share = {kind: min(left, -(-options.each // 2)) for kind, left in wanted.items()}
        planted = await one_package(root, share, chance)
        for result in proven(root, planted, options.backend, EXTRA.get(name, [])):
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
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(released, root, ignore=shutil.ignore_patterns(".git", ".venv", ".ambient"))
    for settings in ("tox.ini", ".flake8", ".pre-commit-config.yaml", "ruff.toml", ".ruff.toml"):
        (root / settings).unlink(missing_ok=True)
    project = root / "pyproject.toml"
    if project.exists():
        project.write_text(_TOOLS.sub("", project.read_text("utf-8")), encoding="utf-8")
    (root / ".gitignore").write_text(".venv/\n.ambient/\n__pycache__/\n*.egg-info/\n", encoding="utf-8")
    (root / ".ambient.yml").write_text(SETTINGS, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    commit(root)
    return root


def commit(root: Path) -> None:
    """Commit all there is."""
    for command in (("add", "-A"), ("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "x")):
        subprocess.run(["git", *command], cwd=root, check=True)


def proven(root: Path, planted: list[Result], backend: str, extra: list[str]) -> list[Result]:
    """Review the broken files of one package with the sandbox, and add what became of their fixes."""
    if not planted:
        return []
    prepare(root, extra)
    for result in planted:
        (root / result.path).write_bytes(result.broken.encode())
    commit(root)
    environment = {**os.environ, "PYTHONPATH": str(HOME), "XDG_CACHE_HOME": str(root.parent / "cache")}
    command = [sys.executable, "-m", "ambient_lsp", "review", "--format", "json", "--backend", backend]
    command += sorted(result.path for result in planted)
    done = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, check=True)
    (root.parent / f"{root.name}.json").write_bytes(done.stdout)
    proposals = json.loads(done.stdout)["proposals"]
    return [with_proof(root, result, proposals) for result in planted]


def with_proof(root: Path, result: Result, proposals: list[dict[str, Any]]) -> Result:
    """Return a result with what the sandbox said of its fix."""
    if not result.fixed:
        return result
    fix = next((one for one in proposals if result.finding_ids & set(one["finding_ids"])), None)
    if fix is None:
        return replace(result, why="the review proposed no fix")
    offered = fix["state"] == "offered" and fix["verdict"]["outcome"] == "passed"
    check = ["git", "apply", "--check", "-"]
    applies = offered and subprocess.run(check, cwd=root, input=fix["diff"].encode(), check=False).returncode == 0
    why = "" if offered else f"{fix['state']}: {(fix['verdict'] or {}).get('reason')}"
    return replace(result, offered=offered, applies=applies, why=why)


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
    taken: set[str] = set()
    try:
        services = await engine.services()
        for kind, number in wanted.items():
            paths = list(texts)
            chance.shuffle(paths)
            done = 0
            for path in paths:
                broken = kind.plant(texts[path], chance) if done < number and path not in taken else None
                if broken is None or broken == texts[path]:
                    continue
                broken = broken.replace("PACKAGE", package_of(root, path))
                results.append(await judged(engine, services, root, path, kind, texts[path], broken))
                taken.add(path)
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
    before, _ = await looked(engine, services, root, path, text)
    known = {finding.id for finding in before}
    found, fixes = await looked(engine, services, root, path, broken)
    new = [finding for finding in found if finding.rule == kind.rule and finding.id not in known]
    if not new:
        return Result(kind, path, broken, why="not found")
    ids = frozenset(finding.id for finding in new)
    if not kind.fixed:
        return Result(kind, path, broken, ids)
    fix = next((one for one in fixes if set(one.finding_ids) & {finding.id for finding in new}), None)
    if fix is None:
        return Result(kind, path, broken, ids, why="no fix")
    patched = apply_edits({path: broken}, fix.edits)[path] or ""
    after, _ = await looked(engine, services, root, path, patched)
    gone = not {finding.id for finding in after} & ids
    return Result(kind, path, broken, ids, gone, same=patched == text, why="" if gone else "it is still found")


async def looked(engine: Engine, services: Services, root: Path, path: str, text: str):
    """Return findings and proposals for a file with this text."""
    trigger = engine.trigger(TriggerKind.COMMAND, (path,), (freeze(root, path, text),))
    context = await (await services.repository()).pack(trigger)
    run = Run(trigger, RunRecord(trigger.id, trigger.kind, trigger.paths, 0.0), lambda _: None)
    specialist = StyleEnforcer()
    road = replace(services.road(run, lambda _: None), specialists=(specialist,))
    findings: list[Finding] = []
    fixes: list[Proposal] = []
    async with aclosing(specialist.propose(context, road.bench)) as stream:
        async for item in stream:
            (findings if isinstance(item, Finding) else fixes).append(item)  # type: ignore[arg-type]
    return findings, fixes


def report(results: list[Result]) -> str:
    """Return the table, by kind."""
    by_kind: defaultdict[Kind, list[Result]] = defaultdict(list)
    for result in results:
        by_kind[result.kind].append(result)
    lines = [
        "| break | rule | planted | found | fixed | offered | applies | as it was |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind, many in by_kind.items():
        lines.append(row(kind.name, f"`{kind.rule}`", many, fixed=kind.fixed))
    lines.append(row("**all**", "", results, fixed=True))
    return "\n".join(lines)


def row(name: str, rule: str, many: list[Result], *, fixed: bool) -> str:
    counts = [len(many), sum(one.found for one in many)]
    if fixed:
        counts += [sum(getattr(one, what) for one in many) for what in ("fixed", "offered", "applies", "same")]
    told = [str(count) for count in counts] + ["only told", "-", "-", "-"] * (not fixed)
    return f"| {name} | {rule} | {' | '.join(told)} |"


if __name__ == "__main__":
    asyncio.run(main())
