"""Slow functions planted in real packages: found, fixed and measured on the whole road, in the sandbox.

    python -m benchmarks.speedups                          # all cases; the table goes to the terminal
    python -m benchmarks.speedups --write                  # and into docs/speedups.md
    python -m benchmarks.speedups --only CACHE COPY --keep build/speedups

Each case is appended to a module of a package fetched by pip, with a test where the case has one, and reviewed by
`ambient review` with PerformanceOptimizer alone. Beside each stands a fast twin in another module, which must stay
silent. Only packages that you would install anyway should be named: their code runs in the sandbox.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.real_repos import HOME, fetched, prepare
from benchmarks.speedup_cases import CASES, Case

HOSTS = {
    "boltons": ("boltons/mathutils.py", "boltons/namedutils.py", "boltons/mboxutils.py", "boltons/pathutils.py",
                "boltons/easterutils.py", "boltons/gcutils.py", "boltons/statsutils.py", "boltons/deprutils.py"),
    "inflection": ("inflection/__init__.py",),
    "python-slugify": ("slugify/slugify.py", "slugify/special.py"),
    "sortedcontainers": ("sortedcontainers/sortedset.py",),
}  # fmt: skip
SETTINGS = """agents:
  enabled: [PerformanceOptimizer]
  max_proposals_per_file: 40
"""
MARK = "<!-- what follows is made by benchmarks/speedups.py -->"
PAGE = HOME / "docs" / "speedups.md"


@dataclass(frozen=True, slots=True)
class Planted:
    """A case, and the module that holds it. `twin` is the module with its fast twin."""

    case: Case
    project: Path
    module: str
    twin: str


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a case. `alarms` counts findings in its twin."""

    case: Case
    module: str
    found: bool
    proposal: dict[str, Any] | None
    applies: bool
    alarms: int

    @property
    def offered(self) -> bool:
        """Whether a proven fix was offered."""
        return self.proposal is not None and self.proposal["state"] == "offered"


def main() -> int:
    """Plant, review, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", help="rules, such as CACHE")
    parser.add_argument("--keep", type=Path, default=Path("build/speedups"), help="where everything goes; kept")
    parser.add_argument("--backend", default="bubblewrap")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    folder = options.keep.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    cases = [case for case in CASES if not options.only or case.rule in options.only]
    planted = plant(cases, folder)
    rows: list[Row] = []
    for project in dict.fromkeys(one.project for one in planted):
        rows += review([one for one in planted if one.project == project], options.backend, folder)
    page = report(sorted(rows, key=lambda row: cases.index(row.case)))
    sys.stdout.write(page)
    if options.write:
        head = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
        PAGE.write_text(f"{head}{MARK}\n\n{page}", encoding="utf-8")
    return 0 if all(row.offered and row.applies and not row.alarms for row in rows) else 1


def plant(cases: list[Case], folder: Path) -> list[Planted]:
    """Append each case to the next module in turn, and its twin to a module of its own beside it."""
    places = []
    for package, modules in HOSTS.items():
        source = fetched(package, folder)
        project = folder / f"{source.name}-planted"
        shutil.rmtree(project, ignore_errors=True)
        shutil.copytree(source, project, ignore=shutil.ignore_patterns(".git", ".venv", ".ambient"))
        places += [(project, module) for module in modules]
    planted = []
    for number, case in enumerate(cases):
        project, module = places[number % len(places)]
        file = project / module
        text = file.read_text(encoding="utf-8")
        missing = [line for line in case.head.splitlines() if line not in text.splitlines()]
        file.write_text(with_imports(text, missing).rstrip() + f"\n\n{case.slow}", encoding="utf-8")
        twin = str(Path(module).parent / f"fast_{case.name}.py")
        (project / twin).write_text(f"{case.head}\n\n{case.fast}".lstrip(), encoding="utf-8")
        if case.tests:
            name = ".".join(Path(module).with_suffix("").parts).removesuffix(".__init__")
            tests = project / "tests" / f"test_planted_{case.name}.py"
            tests.parent.mkdir(exist_ok=True)
            tests.write_text(f"from {name} import {case.name}\n\n{case.tests}", encoding="utf-8")
        planted.append(Planted(case, project, module, twin))
    return planted


def with_imports(text: str, lines: list[str]) -> str:
    """Put imports in front of a module's first one."""
    if not lines:
        return text
    all_lines = text.splitlines(keepends=True)
    for number, line in enumerate(all_lines):
        if line.startswith(("import ", "from ")) and not line.startswith("from __future__"):
            return "".join([*all_lines[:number], *(f"{one}\n" for one in lines), *all_lines[number:]])
    return "".join([*all_lines, "\n", *(f"{one}\n" for one in lines)])


def review(planted: list[Planted], backend: str, folder: Path) -> list[Row]:
    """Review all modules of one project that something was planted in."""
    project = planted[0].project
    (project / ".ambient.yml").write_text(SETTINGS, encoding="utf-8")
    prepare(project, [])
    modules = sorted({one.module for one in planted} | {one.twin for one in planted})
    environment = {**os.environ, "PYTHONPATH": str(HOME), "XDG_CACHE_HOME": str(folder / "cache")}
    command = [sys.executable, "-m", "ambient_lsp", "review", "--format", "json", "--backend", backend, *modules]
    done = subprocess.run(command, cwd=project, env=environment, stdout=subprocess.PIPE, check=False)
    (folder / f"{project.name}.json").write_bytes(done.stdout)
    said = json.loads(done.stdout)
    return [judged(one, said) for one in planted]


def judged(one: Planted, said: dict[str, Any]) -> Row:
    """Find a case's finding and fix in what the review said."""
    text = (one.project / one.module).read_text(encoding="utf-8")
    first = text[: text.index(one.case.slow)].count("\n")
    lines = range(first, first + one.case.slow.count("\n") + 1)
    rule = f"AMB-PERF-{one.case.rule}"
    found = [f for f in said["findings"] if f["path"] == one.module and f["rule"] == rule and f["line"] - 1 in lines]
    named = [p for p in said["proposals"] if one.module in p["files_touched"] and f"`{one.case.name}`" in p["title"]]
    mine = [p for p in named if rule in p["tags"]]
    best = next((p for p in mine if p["state"] == "offered"), mine[0] if mine else None)
    applies = best is not None and best["state"] == "offered" and patch_applies(one.project, best["diff"])
    alarms = sum(f["path"] == one.twin for f in said["findings"])
    return Row(one.case, one.module, bool(found), best, applies, alarms)


def patch_applies(project: Path, diff: str) -> bool:
    """Return whether git takes a diff for the project's files."""
    done = subprocess.run(["git", "apply", "--check", "-"], cwd=project, input=diff.encode(), check=False)
    return done.returncode == 0


def report(rows: list[Row]) -> str:
    """Return the page: what was found, offered and gained, and what was wrong."""
    offered = [row for row in rows if row.offered]
    proven = [row for row in offered if row.proposal and row.proposal["verdict"]["outcome"] == "passed"]
    fixes = [row for row in rows if row.proposal is not None]
    lines = [
        f"- found: {sum(row.found for row in rows)} of {len(rows)}",
        f"- fix offered: {len(offered)} of {len(rows)}; {len(fixes)} were proposed",
        f"- offered fixes that apply: {sum(row.applies for row in offered)} of {len(offered)}",
        f"- offered fixes with a proof that passed: {len(proven)} of {len(offered)}",
        f"- findings in the {len(rows)} fast twins: {sum(row.alarms for row in rows)}",
        "",
        "| case | rule | planted in | found | fix | before | after | gain | input | twin |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(_line, rows), "", *_reasons(rows)])


def _line(row: Row) -> str:
    measured = (row.proposal or {}).get("verdict", {}) or {}
    numbers = measured.get("measurements") or []
    state = row.proposal["state"] if row.proposal else "-"
    before = after = gain = "-"
    if numbers:
        first = numbers[0]
        unit = {"seconds": ("ms", 1e3), "bytes": ("kB", 1e-3)}.get(first["unit"], (first["unit"], 1.0))
        before, after = (f"{first[side] * unit[1]:.3g} {unit[0]}" for side in ("before", "after"))
        gain = f"{(1 - first['after'] / first['before']) * 100:.0f} %" if first["before"] else "-"
    source = "tests" if row.case.tests else "type hints"
    return (
        f"| {row.case.name} | {row.case.rule} | {row.module} | {'yes' if row.found else 'NO'} | {state} | {before} "
        f"| {after} | {gain} | {source} | {'silent' if not row.alarms else f'{row.alarms} FINDINGS'} |"
    )


def _reasons(rows: list[Row]) -> list[str]:
    missed = [row for row in rows if not row.offered]
    if not missed:
        return []
    said = []
    for row in missed:
        verdict = (row.proposal or {}).get("verdict") or {"reason": "no fix was proposed"}
        said.append(f"- {row.case.name}: {verdict['reason']}")
    return ["Not offered:", "", *said, ""]


if __name__ == "__main__":
    sys.exit(main())
