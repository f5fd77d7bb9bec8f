"""Runs the local security analyzers on the cases, in this process and without a server, as SecurityGuardian does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp import __version__
from ambient_lsp.analyzers import ruff, security
from ambient_lsp.analyzers.advisories import ADVISORIES, in_dependencies, is_manifest
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
    cases = list(cases)
    texts = {f"{case.name}/{path}": text for case in cases for path, text in case.files.items() if path.endswith(".py")}
    checked = ruff.check_many(texts, str(folder), security.SELECTION)
    return Report(f"ambient {__version__}", {case.name: list(_look(folder, case, checked)) for case in cases})


def _look(folder: Path, case: Case, checked: Mapping[str, ruff.Report]) -> Iterator[Found]:
    for path, text in case.files.items():
        for raw in _findings(folder, case, path, text, checked):
            ids = {int(tag.removeprefix("cwe-")) for tag in raw.tags if tag.startswith("cwe-")}
            categories = frozenset({case.category} if ids & case.family else ())
            yield Found(path, raw.span.start_line + 1, raw.rule, categories)


def _findings(
    folder: Path, case: Case, path: str, text: str, checked: Mapping[str, ruff.Report]
) -> Iterable[RawFinding]:
    if path.endswith(".py"):
        report = checked[f"{case.name}/{path}"]
        return security.judge(text, path, str(folder / case.name), report, THRESHOLD, others(path, case.files))
    return in_dependencies(text, case.files[ADVISORIES]) if is_manifest(path) else ()


def others(path: str, files: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the other modules of a program by their dotted names, which the engine is given from the import graph."""
    return {
        name.removesuffix(".py").replace("/", "."): (name, text)
        for name, text in files.items()
        if name.endswith(".py") and name != path
    }
