"""The project's other checks: those of the configuration, and ruff and mypy where the project has set them up."""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections import Counter
from configparser import ConfigParser, Error
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ambient_lsp.errors import CommandRefused
from ambient_lsp.model import CheckResult, VerdictOutcome
from ambient_lsp.protocols import Command
from ambient_lsp.verification import untrusted
from ambient_lsp.verification.trees import REPEATABLE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from ambient_lsp.verification.trees import OpenTree

_DIAGNOSTIC = re.compile(r"^(?P<path>[^\s:]*[./][^\s:]*)(?::\d+)?(?::\d+)?: (?P<message>.*\S)\s*$")
_SUMMARY = re.compile(r"^(Found \d+|Success|All checks|=+|-+|\d+ (passed|failed))")
_LONGEST = 1 << 20
_NOT_THERE = re.compile(r"No module named '?(ruff|mypy)\b")


@dataclass(frozen=True, slots=True)
class Check:
    """A command to run on both trees. `required` is false for one that may be missing in the project's environment."""

    name: str
    argv: tuple[str, ...]
    required: bool
    trusted: bool = False


def configured(lines: Mapping[str, str]) -> list[Check]:
    """Return the checks of the configuration. Raises `CommandRefused` for a line that is not plain argv."""
    from ambient_lsp.sandbox import policy

    return [Check(name, tuple(policy.parse(line)), required=True) for name, line in lines.items()]


def detected(folder: Path, paths: Sequence[str]) -> list[Check]:
    """Return ruff and mypy, on the touched files, where the project configures them."""
    if not paths:
        return []
    tools = _tools(folder)
    ini = _sections(folder)
    found: list[Check] = []
    argv: tuple[str, ...]
    if "ruff" in tools or any((folder / name).is_file() for name in ("ruff.toml", ".ruff.toml")):
        argv = ("ruff", "check", "--no-cache", "--no-fix", "--force-exclude", "--output-format=concise")
        found.append(Check("ruff", (*argv, *paths), required=False, trusted=True))
    if "mypy" in tools or "mypy" in ini or any((folder / name).is_file() for name in ("mypy.ini", ".mypy.ini")):
        argv = ("mypy", "--no-error-summary", "--no-pretty", "--no-color-output", "--cache-dir=/dev/null")
        found.append(Check("mypy", (*argv, *paths), required=False, trusted=True))
    return found


async def run_check(
    check: Check, tree: OpenTree, base: Callable[[Check], Awaitable[Mapping[str, Any]]]
) -> CheckResult | None:
    """Run one check on the patched tree, and on the base tree (`base`) only if it complains.

    None means that a check which nobody asked for is not installed.
    """
    try:
        after = await observe(check, tree)
    except CommandRefused as error:
        return CheckResult(check.name, check.argv, VerdictOutcome.INCONCLUSIVE, detail=str(error))
    if _missing(after):
        if not check.required:
            return None
        detail = f"`{check.argv[0]}` could not be run in the sandbox"
        return CheckResult(check.name, check.argv, VerdictOutcome.INCONCLUSIVE, detail=detail, seconds=after["seconds"])
    if after["exit"] == 0:
        return CheckResult(check.name, check.argv, VerdictOutcome.PASSED, seconds=after["seconds"])
    return _compared(check, await base(check), after)


async def observe(check: Check, tree: OpenTree) -> dict[str, Any]:
    """Run a check in a tree; return its exit code, what killed it, and its diagnostics without their line numbers."""
    command = Command(check.argv, env=REPEATABLE, limits=tree.limits, trusted=check.trusted)
    result = await tree.session.run(command)
    absent = result.exit_code in (126, 127) or bool(_NOT_THERE.search(result.stderr))
    return {
        "exit": result.exit_code,
        "killed": result.killed,
        "missing": absent,
        "diagnostics": list(_diagnostics(f"{result.stdout}\n{result.stderr}", tree.session.tree)),
        "seconds": result.seconds,
    }


def _compared(check: Check, before: Mapping[str, Any], after: Mapping[str, Any]) -> CheckResult:
    new = tuple((Counter(after["diagnostics"]) - Counter(before["diagnostics"])).elements())
    outcome, detail = VerdictOutcome.PASSED, ""
    if after["killed"]:
        green = before["exit"] == 0
        outcome = VerdictOutcome.FAILED if green else VerdictOutcome.INCONCLUSIVE
        detail = f"it was stopped ({after['killed']})" + (" and ends without the patch" if green else "")
    elif before["killed"] or _missing(before):
        outcome, detail = VerdictOutcome.INCONCLUSIVE, "it could not be run on the code without the patch"
    elif before["exit"] == 0 or new:
        outcome = VerdictOutcome.FAILED
        detail = new[0] if new else f"it ends with code {after['exit']}, and with 0 without the patch"
    else:
        detail = "it complains of the same without the patch"
    return CheckResult(
        check.name,
        check.argv,
        outcome,
        base=dict.fromkeys(before["diagnostics"], "failed"),
        patched=dict.fromkeys(after["diagnostics"], "failed"),
        new_failures=new if outcome is VerdictOutcome.FAILED else (),
        detail=detail,
        seconds=after["seconds"],
    )


def _missing(observed: Mapping[str, Any]) -> bool:
    return bool(observed["missing"])


def _diagnostics(output: str, tree: str) -> Iterable[str]:
    """Yield the lines that name a file, without line and column: those move when code above them changes."""
    for line in output.split("\n"):
        plain = line.replace(f"{tree}/", "")
        match = _DIAGNOSTIC.match(plain)
        if match and not _SUMMARY.match(plain):
            yield f"{match['path']}: {match['message']}"


def _tools(folder: Path) -> Mapping[str, Any]:
    try:
        tools = tomllib.loads(untrusted.read_text(folder, "pyproject.toml", _LONGEST) or "").get("tool", {})
    except (ValueError, RecursionError):
        return {}
    return tools if isinstance(tools, dict) else {}


def _sections(folder: Path) -> Sequence[str]:
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(untrusted.read_text(folder, "setup.cfg", _LONGEST) or "")
    except (ValueError, Error):
        return ()
    return parser.sections()


async def find_checks(lines: Mapping[str, str], tree: OpenTree, paths: Sequence[str]) -> list[Check]:
    """Return every check that a patch of `paths` needs in this tree."""
    found = await asyncio.to_thread(detected, tree.folder, paths)
    return [*configured(lines), *found] if lines else found
