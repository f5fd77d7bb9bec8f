"""What a review of real packages finds, offers and costs: fetch, unpack, install, review, one table.

    python benchmarks/real_repos.py boltons tabulate python-slugify
    python benchmarks/real_repos.py --backend docker --folder build/docker tomlkit==0.13.3 --with PyYAML

Each package's newest source distribution is fetched by pip, made a git repository with a virtual environment in
`.venv`, and reviewed as a user would review it. Beside the table, `FOLDER/NAME.fixes.md` shows every offered fix with
its diff and its proof, for reading: whether a fix is right is for a person to say (see docs/real-repos.md).

Installing a package runs its build on this machine, outside of any sandbox: name only packages that you would install.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parent.parent
IGNORED = ".venv/\n.ambient/\n__pycache__/\n*.egg-info/\n.pytest_cache/\n"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One package after its review; `seconds` is the wall clock of the review alone."""

    name: str
    files: int
    lines: int
    seconds: float
    findings: int
    agents: Counter[str]
    states: Counter[str]
    offered: tuple[dict[str, Any], ...]
    errors: tuple[str, ...]


def main() -> int:
    """Review the packages that are named, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="+", help="names for pip, such as `boltons` or `boltons==25.0.0`")
    parser.add_argument("--with", dest="extra", action="append", default=[], help="what tests need besides pytest")
    parser.add_argument("--backend", default="auto", help="auto, bubblewrap or docker")
    parser.add_argument("--folder", type=Path, default=Path("build/real-repos"), help="where everything goes; kept")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for package in arguments.packages:
        project = fetched(package, folder)
        prepare(project, arguments.extra)
        rows.append(review(project, arguments.backend, folder))
        (folder / f"{project.name}.fixes.md").write_text(fixes(rows[-1]), encoding="utf-8")
    print(table(rows))
    return 1 if any(row.errors for row in rows) else 0


def fetched(package: str, folder: Path) -> Path:
    """Download and unpack a source distribution; return its folder. What is there already is used again."""
    downloads = folder / "sdists" / package.replace("=", "_")
    if not downloads.exists():
        run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
            "--dest", downloads, package)  # fmt: skip
    (archive,) = downloads.glob("*.tar.gz")
    project = folder / archive.name.removesuffix(".tar.gz")
    if not project.exists():
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
    return project


def prepare(project: Path, extra: list[str]) -> None:
    """Make a git repository of it, and a virtual environment in which its tests can run."""
    if not (project / ".git").exists():
        with (project / ".gitignore").open("a", encoding="utf-8") as ignore:
            ignore.write(IGNORED)
        run("git", "init", "--quiet", cwd=project)
        run("git", "add", "--all", cwd=project)
        run("git", "-c", "user.name=real", "-c", "user.email=real@example.org", "commit", "--quiet",
            "--message", "As released", cwd=project)  # fmt: skip
    python = project / ".venv" / "bin" / "python"
    if not python.exists():
        run(sys.executable, "-m", "venv", project / ".venv")
    run(python, "-m", "pip", "install", "--quiet", "--editable", ".", "pytest", *extra, cwd=project)


def review(project: Path, backend: str, folder: Path) -> Reviewed:
    """Review it from nothing: without what an earlier review remembered."""
    sources = [path for path in project.rglob("*.py") if not {".venv", ".ambient"} & set(path.parts)]
    lines = sum(path.read_text("utf-8", "replace").count("\n") for path in sources)
    shutil.rmtree(project / ".ambient", ignore_errors=True)
    environment = {**os.environ, "PYTHONPATH": str(HOME), "XDG_CACHE_HOME": str(folder / f"cache-{time.time_ns()}")}
    command = [sys.executable, "-m", "ambient_lsp", "review", "--format", "json", "--backend", backend]
    started = time.monotonic()
    done = subprocess.run(command, cwd=project, env=environment, stdout=subprocess.PIPE, check=True)
    seconds = time.monotonic() - started
    (folder / f"{project.name}.json").write_bytes(done.stdout)
    found = json.loads(done.stdout)
    return Reviewed(
        project.name,
        len(sources),
        lines,
        seconds,
        len(found["findings"]),
        Counter(one["agent"] for one in found["proposals"] if one["state"] == "offered"),
        Counter(one["state"] for one in found["proposals"]),
        tuple(one for one in found["proposals"] if one["state"] == "offered"),
        tuple(f"{one['where']}: {one['message']}" for one in found["errors"]),
    )


def fixes(reviewed: Reviewed) -> str:
    """Return every offered fix with its proof and its diff, for reading."""
    parts = [f"# {reviewed.name}\n"]
    for one in reviewed.offered:
        verdict, sandbox = one["verdict"], one["verdict"]["sandbox"]
        parts.append(
            f"## {one['id']} {one['title']}\n\n{one['agent']}. {one['rationale']}\n\n{verdict['reason']}"
            f" ({verdict['selection']}; {verdict['seconds']:.1f} s, {sandbox['backend']}, {sandbox['image']})\n\n"
            f"```diff\n{one['diff'].rstrip()}\n```\n"
        )
    return "\n".join(parts)


def table(rows: list[Reviewed]) -> str:
    """Return the reviews as a Markdown table, with the errors below it."""
    lines = [
        "| package | files | lines | seconds | findings | offered | by specialist | other proposals | errors |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        agents = ", ".join(f"{name} {count}" for name, count in sorted(row.agents.items()))
        rest = ", ".join(f"{state} {count}" for state, count in sorted(row.states.items()) if state != "offered")
        lines.append(
            f"| {row.name} | {row.files} | {row.lines} | {row.seconds:.0f} | {row.findings} | {len(row.offered)} |"
            f" {agents or '-'} | {rest or '-'} | {len(row.errors)} |"
        )
    return "\n".join([*lines, *(f"{row.name}: {error}" for row in rows for error in row.errors)])


def run(*command: str | Path, cwd: Path | None = None) -> None:
    """Run a command to its end; what it says goes to the terminal."""
    subprocess.run([str(part) for part in command], cwd=cwd, stdin=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    sys.exit(main())
