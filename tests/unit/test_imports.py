"""The rules at the end of docs/architecture.md, checked on the imports as they are written."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter

import grimp
import pytest

PACKAGE = "ambient_lsp"
VALUES = {"errors", "model", "text", "identity"}
LAZY_SERVER = (f"{PACKAGE}.cli.server", f"{PACKAGE}.lsp.start")
HEAVY = ("pygls", "lsprotocol", "docker", "libcst", "git", "hypothesis", "httpx", "aiohttp", "starlette")


@cache
def graph(*, with_types: bool) -> grimp.ImportGraph:
    return grimp.build_graph(
        PACKAGE, include_external_packages=True, exclude_type_checking_imports=not with_types, cache_dir=None
    )


def top(module: str) -> str:
    """Return the file or folder right below the package that a module belongs to."""
    return module.split(".")[1] if "." in module else ""


def imports(*, with_types: bool) -> set[tuple[str, str]]:
    """Return who imports whom, between files and folders right below the package."""
    found = graph(with_types=with_types)
    return {
        (module, target)
        for module in found.modules
        if module.startswith(f"{PACKAGE}.")
        for target in found.find_modules_directly_imported_by(module)
        if top(module) != top(target) or not target.startswith(PACKAGE)
    }


def between(*, with_types: bool) -> set[tuple[str, str]]:
    return {
        (top(module), top(target))
        for module, target in imports(with_types=with_types)
        if target.startswith(f"{PACKAGE}.") and (module, target) != LAZY_SERVER
    }


def test_values_import_nothing_of_ours_but_each_other() -> None:
    wrong = {pair for pair in between(with_types=True) if pair[0] in VALUES and pair[1] not in VALUES}
    assert not wrong


def test_only_the_server_knows_its_protocol() -> None:
    wrong = {
        (module, target)
        for module, target in imports(with_types=True)
        if target.split(".")[0] in {"pygls", "lsprotocol"} and top(module) != "lsp"
    }
    assert not wrong


@pytest.mark.parametrize(
    ("who", "never"),
    [
        ("lsp", {"cli"}),
        ("cli", {"lsp"}),
        ("sandbox", {"store", "engine", "verification"}),
        ("verification", {"store", "engine"}),
        ("analyzers", {"agents", "engine", "store"}),
        ("store", {"engine", "lsp", "cli"}),
        ("engine", {"lsp", "cli"}),
        ("llm", {"engine", "lsp", "cli", "store", "agents", "analyzers", "sandbox", "verification"}),
    ],
)
def test_layers(who: str, never: set[str]) -> None:
    assert not {pair for pair in between(with_types=False) if pair[0] == who and pair[1] in never}


def test_there_is_no_cycle_between_files_and_folders_of_the_package() -> None:
    below: dict[str, set[str]] = {}
    for who, whom in between(with_types=False):
        below.setdefault(who, set()).add(whom)
    TopologicalSorter(below).prepare()  # raises CycleError with the cycle


def test_the_command_line_starts_without_heavy_libraries() -> None:
    code = f"import sys, ambient_lsp.cli.app; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == "[]"
