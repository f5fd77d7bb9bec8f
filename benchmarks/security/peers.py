"""Runs the other tools, and says which weakness each of their rules is about.

ruff's rules `S` were written after bandit's: S324 is B324, so one table serves both. It is generous: a rule counts for
every category that its own text speaks of.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ruff import find_ruff_bin

if TYPE_CHECKING:
    from collections.abc import Mapping

RULES_ABOUT = {
    "archive": "202",
    "assert": "101",
    "code": "102 307",
    "command": "601 602 603 604 605 606 607 609",
    "debug": "201",
    "deserialization": "301 302 506 614",
    "path": "310",
    "secrets": "105 106 107",
    "sql": "608 610 611",
    "ssrf": "310",
    "tempfile": "108 306",
    "template": "701 702",
    "timeout": "113",
    "tls": "323 501 502 503 504 507",
    "weak-cipher": "304 305 505",
    "weak-hash": "303 324",
    "weak-random": "311",
    "xss": "308 701 702 703 704",
    "xxe": "313 314 315 316 317 318 319 320 405 406 407 408 409 410 411",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One finding of any tool. `line` counts from 1."""

    path: str
    line: int
    rule: str
    categories: frozenset[str]


@dataclass(frozen=True, slots=True)
class Report:
    """What a tool found in each case's folder, and which files it could not read."""

    version: str
    found: Mapping[str, list[Found]]
    unread: int = 0


def bandit(folder: Path) -> Report | None:
    """Return bandit's findings in the cases' folders; None where bandit is not installed."""
    program = shutil.which("bandit")
    if program is None:
        return None
    done = _run(program, "--recursive", "--quiet", "--format", "json", "--exit-zero", ".", cwd=folder)
    answer = json.loads(done)
    found: dict[str, list[Found]] = {}
    for issue in answer["results"]:
        _add(found, Path(issue["filename"]), issue["line_number"], issue["test_id"].removeprefix("B"))
    return Report(_run(program, "--version").split("\n")[0], found, len(answer["errors"]))


def ruff(folder: Path) -> Report:
    """Return the findings of ruff's rules S in the cases' folders."""
    program = str(find_ruff_bin())
    argv = ("check", "--isolated", "--select", "S", "--preview", "--target-version", "py313", "--no-cache")
    answer = json.loads(_run(program, *argv, "--output-format", "json", "--exit-zero", ".", cwd=folder))
    found: dict[str, list[Found]] = {}
    broken = set()
    for issue in answer:
        path = Path(issue["filename"]).relative_to(folder.resolve())
        if issue["code"] is None or not issue["code"].startswith("S"):
            broken.add(path)
        else:
            _add(found, path, issue["location"]["row"], issue["code"].removeprefix("S"))
    return Report(_run(program, "--version").strip(), found, len(broken))


def _add(found: dict[str, list[Found]], path: Path, line: int, number: str) -> None:
    case, *rest = path.parts
    categories = frozenset(category for category, rules in RULES_ABOUT.items() if number in rules.split())
    found.setdefault(case, []).append(Found("/".join(rest), line, number, categories))


def _run(*argv: str, cwd: Path | None = None) -> str:
    return subprocess.run(argv, cwd=cwd, check=True, capture_output=True, text=True, timeout=300).stdout
