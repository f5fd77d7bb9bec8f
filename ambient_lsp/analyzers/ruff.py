"""Ruff as a child process: what it finds in texts, what it would change, and how a project has set it up.

Texts need not be on disk: a file that has the same text there is checked in one batch with others, and any other goes
through standard input under its own name, so that the project's own settings hold for it too. Nothing is written, no
cache either. A project whose settings ruff refuses is checked without them, and the report says so.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ambient_lsp.errors import AmbientError
from ambient_lsp.model import Replacement, Span
from ambient_lsp.patching.edits import apply_replacements
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ambient_lsp.model import Json

SYNTAX_ERROR = "invalid-syntax"
_NEWER = "(syntax was added in Python"
_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rules to run. An empty `select` means those that the project itself selects.

    `force_exclude` leaves out files that the project's own settings exclude. `config` holds settings as TOML, such as
    `lint.isort.force-single-line=true`.
    """

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    isolated: bool = False
    force_exclude: bool = False
    config: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """Return the selection as ruff's command-line arguments."""
        pairs = (("--select", self.select), ("--extend-select", self.extend_select), ("--ignore", self.ignore))
        arguments = [part for flag, codes in pairs if codes for part in (flag, ",".join(codes))]
        arguments += [part for setting in self.config for part in ("--config", setting)]
        arguments += ["--isolated"] * self.isolated + ["--force-exclude"] * self.force_exclude
        return arguments


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that ruff offers. Only a `safe` one keeps the meaning of the program."""

    message: str
    applicability: Literal["safe", "unsafe", "display"]
    replacements: tuple[Replacement, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that ruff found."""

    code: str
    message: str
    span: Span
    url: str = ""
    fix: Fix | None = None

    @property
    def safe(self) -> bool:
        """Whether it can be fixed without a change of meaning."""
        return self.fix is not None and self.fix.applicability == "safe"


@dataclass(frozen=True, slots=True)
class Report:
    """What ruff said of one text.

    `syntax_error` is the first one, in words, with its place; the diagnostics are then not complete. `note` says what
    was different from what was asked, such as settings that could not be read.
    """

    diagnostics: tuple[Diagnostic, ...] = ()
    syntax_error: Diagnostic | None = None
    note: str = ""


def check(text: str, path: str, root: str, selection: Selection) -> Report:
    """Check one text under the name `path` in the project at `root`."""
    return check_many({path: text}, root, selection)[path]


def check_many(texts: Mapping[str, str], root: str, selection: Selection) -> dict[str, Report]:
    """Check many texts (path -> text). Those that are the same on disk share one process."""
    on_disk = [path for path in texts if len(texts) > 1 and _same_on_disk(root, path, texts[path])]
    reports: dict[str, Report] = {}
    if len(on_disk) > 1:
        rows, note = _check(root, selection, [str(Path(root, path)) for path in on_disk], None)
        by_name: dict[str, list[Json]] = {}
        for row in rows:
            by_name.setdefault(str(Path(row["filename"]).resolve()), []).append(row)
        for path in on_disk:
            # Each of these is checked again below, by itself: a file that was saved meanwhile, from the text that was
            # asked for; and a batch in which one folder's settings are refused, since the others' are not.
            if not note and _same_on_disk(root, path, texts[path]):
                reports[path] = _report(by_name.get(str(Path(root, path).resolve()), []), texts[path], note)
    for path, text in texts.items():
        if path not in reports:
            rows, note = _check(root, selection, ["--stdin-filename", str(Path(root, path)), "-"], text)
            reports[path] = _report(rows, text, note)
    return {path: reports[path] for path in texts}


def fixed(text: str, path: str, root: str, selection: Selection) -> str:
    """Return `text` with every safe fix of the selected rules made, until none is left."""
    arguments = ["check", "--fix-only", "--no-unsafe-fixes", "--no-show-fixes", "--no-cache", "--quiet"]
    arguments += selection.arguments()
    done = _run(root, [*arguments, "--stdin-filename", str(Path(root, path)), "-"], text)
    return done.stdout if done.returncode in (0, 1) and (done.stdout or not text) else text


def fixed_once(text: str, diagnostic: Diagnostic) -> str:
    """Return `text` with this one finding fixed, and nothing else; for fixes that are proven one by one.

    The fix may be one that ruff calls unsafe: look at `diagnostic.safe` first.
    """
    return apply_replacements(text, diagnostic.fix.replacements) if diagnostic.fix is not None else text


def formatted(text: str, path: str, root: str) -> str | None:
    """Return `text` as ruff's formatter lays it out with the project's settings; None where it cannot."""
    done = _run(root, ["format", "--no-cache", "--quiet", "--stdin-filename", str(Path(root, path)), "-"], text)
    return done.stdout if done.returncode == 0 else None


def positions(lines: Lines, start: Mapping[str, int], end: Mapping[str, int]) -> Span:
    """Turn ruff's rows and columns, which count code points from 1, into a span."""
    return Span(*_position(lines, start), *_position(lines, end))


def _position(lines: Lines, place: Mapping[str, int]) -> tuple[int, int]:
    return lines.position(lines.start(place["row"] - 1) + place["column"] - 1)


def _report(rows: Sequence[Json], text: str, note: str) -> Report:
    lines = Lines(text)
    diagnostics = [_diagnostic(row, lines) for row in rows]
    # Syntax newer than the project's target version is read all the same, so it hides nothing.
    broken = [found for found in diagnostics if found.code == SYNTAX_ERROR and _NEWER not in found.message]
    return Report(
        tuple(diagnostic for diagnostic in diagnostics if diagnostic.code != SYNTAX_ERROR),
        broken[0] if broken else None,
        note,
    )


def _diagnostic(row: Json, lines: Lines) -> Diagnostic:
    fix = row["fix"]
    return Diagnostic(
        code=row["code"] or SYNTAX_ERROR,
        message=row["message"],
        span=positions(lines, row["location"], row["end_location"]),
        url=row["url"] or "",
        fix=fix
        and Fix(fix["message"] or "", fix["applicability"], tuple(_replacement(edit, lines) for edit in fix["edits"])),
    )


def _replacement(edit: Json, lines: Lines) -> Replacement:
    start, end = (
        lines.start(edit[side]["row"] - 1) + edit[side]["column"] - 1 for side in ("location", "end_location")
    )
    return Replacement(start, end, edit["content"])


def _check(root: str, selection: Selection, names: list[str], text: str | None) -> tuple[list[Json], str]:
    """Return the rows of ruff's JSON, and a note when the project's settings had to be left aside."""
    # A project's settings may say `fix = true`; we look, and never write.
    arguments = ["check", "--no-fix", "--no-show-fixes", "--output-format", "json", "--exit-zero", "--no-cache"]
    arguments.append("--quiet")
    done = _run(root, [*arguments, *selection.arguments(), *names], text)
    if done.returncode == 0:
        return json.loads(done.stdout or "[]"), ""
    cause = _cause(done.stderr)
    if selection.isolated or not (selection.select or selection.extend_select):
        return [], f"Ruff could not check it: {cause}"
    alone = Selection(selection.select or selection.extend_select, (), selection.ignore, isolated=True)
    done = _run(root, [*arguments, *alone.arguments(), *names], text)
    if done.returncode != 0:
        return [], f"Ruff could not check it: {_cause(done.stderr)}"
    return json.loads(done.stdout or "[]"), f"Checked without the project's ruff settings, which ruff refuses: {cause}"


def _cause(stderr: str) -> str:
    words = re.sub(r"\x1b\[[0-9;]*m", "", stderr)
    causes = [line.split("Cause:", 1)[1].strip() for line in words.splitlines() if "Cause:" in line]
    return causes[0] if causes else (words.strip() or "no reason given")[:300]


def _run(root: str, arguments: list[str], text: str | None) -> subprocess.CompletedProcess[str]:
    try:
        done = subprocess.run(
            [executable(), *arguments],
            cwd=root,
            stdin=subprocess.DEVNULL if text is None else None,
            input=None if text is None else text.encode("utf-8", "replace"),
            capture_output=True,
            timeout=_TIMEOUT,
            start_new_session=True,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AmbientError(
            f"ruff could not be run: {error}.",
            untouched="Nothing was changed.",
            next_step="Reinstall ambient-lsp; it brings ruff along.",
        ) from error
    # Bytes, not text mode: that would turn every line ending into a line feed.
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    )


def _same_on_disk(root: str, path: str, text: str) -> bool:
    try:
        return Path(root, path).read_bytes() == text.encode("utf-8", "surrogatepass")
    except OSError:
        return False


@cache
def executable() -> str:
    """Return the ruff that came with this package."""
    # Only a process that checks style needs it.
    from ruff import find_ruff_bin

    return str(find_ruff_bin())
