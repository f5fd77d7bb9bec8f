"""Security fixes proven on the whole road: weak functions with tests, reviewed and fixed in a sandbox.

    python -m benchmarks.security_fixes_proven                # all cases; the table goes to the terminal
    python -m benchmarks.security_fixes_proven --write        # and into docs/security-fixes.md
    python -m benchmarks.security_fixes_proven --only sql_sqlite shell_run

The cases are in `benchmarks/security/planted.md`: small modules, each with a test that calls it as harmless callers do.
They become a project with a virtual environment, which `ambient review` reviews with SecurityGuardian alone. A fix is
offered only when the project's tests passed before and after it and the finding is gone; then it is applied by
`ambient proposals apply --approve`, and in the end all tests run once more, with every fix in.

What the modules import is installed into the project's environment by pip, and runs in the sandbox only.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.real_repos import HOME, prepare

CASES = Path(__file__).parent / "security" / "planted.md"
PAGE = HOME / "docs" / "security-fixes.md"
MARK, END = "<!-- made by benchmarks/security_fixes_proven.py -->", "<!-- end -->"
NEEDS = ["flask", "sqlalchemy", "PyYAML", "requests", "lxml", "ldap3", "PyJWT", "django"]
SETTINGS = "agents:\n  enabled: [SecurityGuardian]\n  max_proposals_per_file: 20\n"
PROJECT = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "shop"
version = "1"

[tool.setuptools]
packages = ["shop"]

[tool.ruff]
line-length = 120
"""
_CASE = re.compile(
    r"^## (\w+) (AMB-[\w-]+)\n\n```python\n(.*?)^```\n\n```python\n(.*?)^```\n", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Case:
    """A module, the rule that it breaks, and its test."""

    name: str
    rule: str
    module: str
    test: str

    @property
    def path(self) -> str:
        """Where the module stands in the project."""
        return f"shop/{self.name}.py"


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a case."""

    case: Case
    found: bool
    proposal: dict[str, Any] | None
    applied: bool

    @property
    def offered(self) -> bool:
        """Whether a fix was offered."""
        return self.proposal is not None and self.proposal["state"] in ("offered", "applied")

    @property
    def proven(self) -> bool:
        """Whether the sandbox said that it passed."""
        return self.proposal is not None and (self.proposal["verdict"] or {}).get("outcome") == "passed"


def read() -> list[Case]:
    """Return the cases in the order of the page."""
    return [Case(*found) for found in _CASE.findall(CASES.read_text(encoding="utf-8"))]


def plant(cases: list[Case], project: Path) -> None:
    """Write the project, from nothing but for its virtual environment."""
    for folder in ("shop", "tests", ".git", ".ambient"):
        shutil.rmtree(project / folder, ignore_errors=True)
    for path, text in {
        "pyproject.toml": PROJECT,
        ".ambient.yml": SETTINGS,
        "shop/__init__.py": '"""A shop."""\n',
        **{case.path: case.module for case in cases},
        **{f"tests/test_{case.name}.py": case.test for case in cases},
    }.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text, encoding="utf-8")
    (project / ".gitignore").unlink(missing_ok=True)
    prepare(project, NEEDS)


def review(cases: list[Case], project: Path, backend: str) -> list[Row]:
    """Review all modules, apply what is offered, and say what became of each."""
    environment = {**os.environ, "PYTHONPATH": str(HOME), "XDG_CACHE_HOME": str(project.parent / "cache")}
    ambient = [sys.executable, "-m", "ambient_lsp"]
    command = [*ambient, "review", "--format", "json", "--backend", backend, *(case.path for case in cases)]
    done = subprocess.run(command, cwd=project, env=environment, stdout=subprocess.PIPE, check=False)
    (project.parent / "review.json").write_bytes(done.stdout)
    said = json.loads(done.stdout)
    rows = []
    for case in cases:
        ids = {one["id"] for one in said["findings"] if one["path"] == case.path and one["rule"] == case.rule}
        fixes = [one for one in said["proposals"] if ids & set(one["finding_ids"])]
        best = next((one for one in fixes if one["state"] == "offered"), fixes[0] if fixes else None)
        applied = False
        if best is not None and best["state"] == "offered":
            command = [*ambient, "proposals", "apply", "--approve", best["id"]]
            done = subprocess.run(command, cwd=project, env=environment, stdout=subprocess.DEVNULL, check=False)
            applied = done.returncode == 0
        rows.append(Row(case, bool(ids), best, applied))
    return rows


def tests_pass(project: Path) -> bool:
    """Run all tests of the project, with the fixes in, and with the secret that one of them asks for."""
    python = project / ".venv" / "bin" / "python"
    done = subprocess.run([python, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=project, check=False)
    return done.returncode == 0


def report(rows: list[Row], *, green: bool) -> str:
    """Return the table, and why what is not offered is not."""
    offered = [row for row in rows if row.offered]
    lines = [
        f"- found: {sum(row.found for row in rows)} of {len(rows)}",
        f"- offered: {len(offered)} of {len(rows)}",
        f"- offered with a proof that passed: {sum(row.proven for row in offered)} of {len(offered)}",
        f"- offered and applied: {sum(row.applied for row in offered)} of {len(offered)}",
        f"- all tests of the project with every fix in: {'pass' if green else 'FAIL'}",
        "",
        "| case | rule | fix | found | offered | proven | applied |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        flags = [row.found, row.offered, row.proven, row.applied]
        title = row.proposal["title"].partition(" (")[0] if row.proposal else "-"
        told = " | ".join("yes" if flag else "no" for flag in flags)
        lines.append(f"| {row.case.name} | `{row.case.rule}` | {title} | {told} |")
    missed = [row for row in rows if not row.offered]
    why = [f"- {row.case.name}: {(row.proposal or {}).get('verdict') or 'no fix was proposed'}" for row in missed]
    return "\n".join([*lines, *(["", "Not offered:", "", *why] if why else [])]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", help="names of cases")
    parser.add_argument("--keep", type=Path, default=Path("build/security-fixes"), help="where everything goes; kept")
    parser.add_argument("--backend", default="bubblewrap", help="bubblewrap or docker")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    cases = [case for case in read() if not options.only or case.name in options.only]
    project = options.keep.resolve() / "shop"
    plant(cases, project)
    rows = review(cases, project, options.backend)
    page = report(rows, green=tests_pass(project))
    sys.stdout.write(page)
    if options.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(MARK)
        PAGE.write_text(f"{before}{MARK}\n\n{page}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return 0 if all(row.offered and row.proven and row.applied for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
