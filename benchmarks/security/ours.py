"""Runs the local security analyzers on one case, in this process and without a server, as SecurityGuardian does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp import __version__
from ambient_lsp.analyzers import ruff, security
from ambient_lsp.analyzers.advisories import in_dependencies
from ambient_lsp.errors import AmbientError
from benchmarks.security.peers import Found, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from ambient_lsp.analyzers.base import RawFinding
    from benchmarks.security.corpus import Case

THRESHOLD = "medium"
"""The level that a project has by default."""


def ours(folder: Path, cases: Iterable[Case]) -> Report:
    """Return what we find in the cases, which are written out below `folder`."""
    return Report(f"ambient {__version__}", {case.name: list(look(folder / case.name, case)) for case in cases})


def look(root: Path, case: Case) -> Iterator[Found]:
    """Yield our findings in one case."""
    for path, text in case.files.items():
        if path.endswith(".py"):
            report = ruff.check(text, path, str(root), security.SELECTION)
            raws = security.judge(text, path, str(root), report, THRESHOLD, _others(path, case.files))
        else:
            raws = _dependencies(path, text, case.files)
        for raw in raws:
            ids = {int(tag.removeprefix("cwe-")) for tag in raw.tags if tag.startswith("cwe-")}
            categories = frozenset({case.category} if ids & case.family else ())
            yield Found(path, raw.span.start_line + 1, raw.rule, categories)


def _others(path: str, files: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the other modules of a program by their dotted names, which the engine is given from the import graph."""
    return {
        name.removesuffix(".py").replace("/", "."): (name, text)
        for name, text in files.items()
        if name.endswith(".py") and name != path
    }


def _dependencies(path: str, text: str, files: Mapping[str, str]) -> list[RawFinding]:
    found: list[RawFinding] = []
    for name, advisories in files.items():
        if name.startswith(".ambient/") and not path.startswith(".ambient/"):
            try:
                found += in_dependencies(text, advisories)
            except AmbientError:
                continue
    return found
