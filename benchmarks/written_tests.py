"""Tests written for real packages whose own tests are taken away: offered, proven, applied, and run once more.

    python -m benchmarks.written_tests humanize inflection more-itertools --folder build/written-tests

Each package is fetched and installed as `real_repos.py` does. Its test files are taken away, so that every function is
one that no test runs. Then it is reviewed by TestEnhancer alone, in the sandbox, and every offered proposal is applied
with `ambient proposals apply`; a case is a function for which that wrote tests. One proposal tests a few functions of a
file, so with `--rounds` what was applied is committed and the rest is reviewed again, as a user would go on. A package
whose review takes longer than `--minutes` is left out and named. In the end all written tests of the package run
together with plain pytest. `FOLDER/NAME.tests.md` shows every test for reading.

Installing a package runs its build on this machine, outside of any sandbox: name only packages that you would install.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.real_repos import HOME, IGNORED, fetched, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONFIG = "agents:\n  enabled: [TestEnhancer]\n"
_PYTEST = re.compile(r"^\[(?:tool[.:])?pytest\b", re.MULTILINE)
_SHOWN = 4_000
"""Characters of the end of what pytest says."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What one proposal measured in the sandbox: lines run, before and after, and mutants noticed."""

    package: str
    path: str
    subjects: tuple[str, ...]
    state: str
    lines: tuple[int, int]
    noticed: int
    tried: str
    applied: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One package. A case is a function or class that an offered proposal tests."""

    name: str
    proposals: int
    offered: int
    applied: int
    cases: int
    tests: int
    green: bool
    odd: int
    untested: int
    seconds: float
    gains: tuple[Gain, ...] = ()


def main() -> int:
    """Try the packages that are named, one after the other, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="+", help="names for pip")
    parser.add_argument(
        "--with", dest="extra", action="append", default=[], help="what the package needs besides pytest"
    )
    parser.add_argument("--folder", type=Path, default=Path("build/written-tests"), help="where everything goes; kept")
    parser.add_argument("--backend", default="auto", help="auto, bubblewrap or docker")
    parser.add_argument("--rounds", type=int, default=1, help="how often to apply, commit and review again")
    parser.add_argument("--minutes", type=float, default=6, help="the longest that one review may take")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    rows, left = [], []
    for package in arguments.packages:
        try:
            project = fetched(package, folder)
            prepare(project, arguments.extra)
            rows.append(review(project, folder, arguments.backend, arguments.rounds, 60 * arguments.minutes))
        except (subprocess.SubprocessError, ValueError) as error:
            left.append(f"- {package} is left out: {error}")
            print(left[-1], file=sys.stderr)
            continue
        print(table(rows[-1:]), "", gains(list(rows[-1].gains)), sep="\n", file=sys.stderr)
    print(table(rows), "", gains([gain for row in rows for gain in row.gains]), "", *left, sep="\n")
    return 0


def prepare(project: Path, extra: list[str]) -> None:
    """Install it in a virtual environment, take its tests away, and make a git repository of the rest."""
    # First, since some builds ask for the folders of the tests too.
    python = project / ".venv" / "bin" / "python"
    if not python.exists():
        run(sys.executable, "-m", "venv", project / ".venv")
        run(python, "-m", "pip", "install", "--quiet", "--editable", ".", "pytest", *extra, cwd=project)
    shutil.rmtree(project / ".ambient", ignore_errors=True)
    for path in [*project.glob("**/tests"), *project.glob("**/test"), *project.glob("**/test_*.py")]:
        if ".venv" not in path.parts:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    # Some projects' settings name the folder, and pytest warns where it is missing.
    (project / "tests").mkdir()
    (project / "tests" / "test_nothing.py").write_text('"""Taken away."""\n', encoding="utf-8")
    (project / ".ambient.yml").write_text(CONFIG, encoding="utf-8")
    shutil.rmtree(project / ".git", ignore_errors=True)
    with (project / ".gitignore").open("a", encoding="utf-8") as ignore:
        ignore.write(IGNORED)
    run("git", "init", "--quiet", cwd=project)
    commit(project, "Without its tests")


def commit(project: Path, message: str) -> None:
    """Commit all that is there."""
    run("git", "add", "--all", cwd=project)
    run("git", "-c", "user.name=real", "-c", "user.email=real@example.org", "commit", "--quiet",
        "--message", message, cwd=project)  # fmt: skip


def review(project: Path, folder: Path, backend: str, rounds: int, seconds: float) -> Row:
    """Review it, apply what is offered, a few times over, and run what was written."""
    environment = {**os.environ, "PYTHONPATH": str(HOME), "XDG_CACHE_HOME": str(folder / f"cache-{time.time_ns()}")}
    ambient = (sys.executable, "-m", "ambient_lsp")
    started = time.monotonic()
    found: list[dict[str, Any]] = []
    applied: list[dict[str, Any]] = []
    for _ in range(rounds):
        command = [*ambient, "review", "--format", "json", "--backend", backend]
        printed = _within(seconds, command, project, environment)
        (folder / f"{project.name}.{len(found) + 1}.json").write_bytes(printed)
        found.append(json.loads(printed))
        taken = [
            one
            for one in found[-1]["proposals"]
            if one["state"] == "offered"
            and subprocess.run(
                [*ambient, "proposals", "apply", one["id"]],
                cwd=project,
                env=environment,
                capture_output=True,
                check=False,
            ).returncode
            == 0
        ]
        applied += taken
        if not taken:
            break
        commit(project, "With new tests")
    proposals = [one for each in found for one in each["proposals"]]
    new = sorted({path for one in applied for path in one["files_touched"]})
    green = bool(new) and passes(project, new)
    (folder / f"{project.name}.tests.md").write_text(_shown(project, found[0], proposals, new), encoding="utf-8")
    rules = [one["rule"] for one in found[0]["findings"]]
    return Row(
        project.name,
        len(proposals),
        sum(one["state"] == "offered" for one in proposals),
        len(applied),
        len({(one["files_touched"][0], name) for one in applied for name in _subjects(one)}),
        sum(len(re.findall(r"def test_", (project / path).read_text(encoding="utf-8"))) for path in new),
        green,
        sum(rule in {"AMB-TEST-SUSPICIOUS", "AMB-TEST-DOCSTRING"} for rule in rules),
        rules.count("AMB-TEST-UNTESTED"),
        time.monotonic() - started,
        tuple(_gain(project.name, one, one in applied) for one in proposals),
    )


def _within(seconds: float, command: Sequence[str], project: Path, environment: Mapping[str, str]) -> bytes:
    """Return what a command prints; one that takes longer is asked to end, so that it leaves nothing behind."""
    with subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.PIPE) as started:
        try:
            printed, _ = started.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            started.terminate()
            raise
    if started.returncode:
        raise subprocess.CalledProcessError(started.returncode, command)
    return printed


def _gain(package: str, proposal: dict[str, Any], applied: bool) -> Gain:
    measured = {one["name"]: one for one in (proposal.get("verdict") or {}).get("measurements", ())}
    lines, mutants = measured.get("lines covered", {}), measured.get("mutants noticed", {})
    return Gain(
        package,
        proposal["files_touched"][0],
        tuple(_subjects(proposal)),
        proposal["state"],
        (int(lines.get("before", 0)), int(lines.get("after", 0))),
        int(mutants.get("after", 0)),
        str(mutants.get("unit", "of 0")).removeprefix("of "),
        applied,
    )


def passes(project: Path, files: list[str]) -> bool:
    """Whether plain pytest is content with these files of a project; what it says where it is not is shown."""
    python = project / ".venv" / "bin" / "python"
    # Else pytest looks in the folders above too: `--folder` may well lie in a project with other settings, as ours has.
    alone = ["-c", _pytest_settings(project) or os.devnull, f"--rootdir={project}"]
    ran = subprocess.run(
        [python, "-m", "pytest", "-q", *alone, *files],
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ran.returncode:
        print(f"{project.name}: pytest ended with {ran.returncode}\n{ran.stdout[-_SHOWN:]}", file=sys.stderr)
    return ran.returncode == 0


def _pytest_settings(project: Path) -> Path | None:
    """Return the file in which a project itself has settings of pytest, the one that pytest would take."""
    if (plain := project / "pytest.ini").exists():  # even an empty one
        return plain
    files = [project / name for name in (".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")]
    return next((one for one in files if one.exists() and _PYTEST.search(one.read_text("utf-8"))), None)


def _subjects(proposal: dict[str, Any]) -> list[str]:
    return re.findall(r"`([^`]+)`", proposal["title"])


def _shown(project: Path, found: dict[str, Any], proposals: list[dict[str, Any]], new: list[str]) -> str:
    parts = [f"# {project.name}\n"]
    odd = [one for one in found["findings"] if one["rule"] in {"AMB-TEST-SUSPICIOUS", "AMB-TEST-DOCSTRING"}]
    parts += [f"- {one['path']}: {one['message']}" for one in odd]
    for one in proposals:
        verdict = one.get("verdict") or {}
        parts.append(f"\n- {one['state']}: {one['title']}: {verdict.get('reason', '')}")
    parts += [f"\n## {path}\n\n```python\n{(project / path).read_text(encoding='utf-8')}```\n" for path in new]
    return "\n".join(parts)


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| package | functions with tests | tests | proposals | proven and offered | applied | all green together |"
        " odd behaviour told | untested told | seconds |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.name} | {one.cases} | {one.tests} | {one.proposals} | {one.offered} | {one.applied} |"
        f" {'yes' if one.green else 'no'} | {one.odd} | {one.untested} | {one.seconds:.0f} |"
        for one in rows
    ]
    return "\n".join(lines)


def gains(found: list[Gain]) -> str:
    """Return what each proposal gained as a Markdown table."""
    lines = [
        "| package | tests in | functions and classes | lines run, before and after | mutants noticed | state |"
        " applied |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.package} | `{one.path}` | {', '.join(f'`{name}`' for name in one.subjects)} |"
        f" {one.lines[0]} -> {one.lines[1]} | {one.noticed} of {one.tried} | {one.state} |"
        f" {'yes' if one.applied else 'no'} |"
        for one in found
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
