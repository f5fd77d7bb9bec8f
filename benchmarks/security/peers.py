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

if TYPE_CHECKING:
    from collections.abc import Mapping

CATEGORIES_OF = {
    "101": "assert", "102": "code", "105": "secrets", "106": "secrets", "107": "secrets", "108": "tempfile archive",
    "113": "timeout", "201": "debug", "202": "archive", "301": "deserialization", "302": "deserialization",
    "303": "weak-hash", "304": "weak-cipher", "305": "weak-cipher", "306": "tempfile", "307": "code", "308": "xss",
    "310": "ssrf path", "311": "weak-random", "313": "xxe", "314": "xxe", "315": "xxe", "316": "xxe", "317": "xxe",
    "318": "xxe", "319": "xxe", "320": "xxe", "323": "tls", "324": "weak-hash", "405": "xxe", "406": "xxe",
    "407": "xxe", "408": "xxe", "409": "xxe", "410": "xxe", "411": "xxe", "501": "tls", "502": "tls", "503": "tls", "504": "tls",
    "505": "weak-cipher", "506": "deserialization", "507": "tls", "601": "command", "602": "command", "603": "command",
    "604": "command", "605": "command", "606": "command", "607": "command", "608": "sql", "609": "command",
    "610": "sql", "611": "sql", "614": "deserialization", "701": "xss template", "702": "xss template", "703": "xss",
    "704": "xss",
}  # fmt: skip


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
    program = shutil.which("ruff") or "ruff"
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
    categories = frozenset(CATEGORIES_OF.get(number, "").split())
    found.setdefault(case, []).append(Found("/".join(rest), line, number, categories))


def _run(*argv: str, cwd: Path | None = None) -> str:
    return subprocess.run(argv, cwd=cwd, check=True, capture_output=True, text=True, timeout=300).stdout
