"""What another linter of the project says already: only where it is set up, and only the rules that are on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ambient_lsp.analyzers import other_tools
from ambient_lsp.model import Evidence, Finding, Severity, Span

UNUSED = Finding("i", "f", "A", "AMB-STYLE-F401", "a.py", Span(0, 0, 0, 5), Severity.HINT, "m", "s", origin="F401")
HASH = replace(UNUSED, rule="AMB-SEC-WEAK-HASH", origin="S324")
DEAD = replace(UNUSED, rule="AMB-REF-UNREACHABLE", origin="")
COMPLEX = replace(UNUSED, rule="AMB-REF-COMPLEX", origin="")


@pytest.mark.parametrize(
    ("name", "text", "finding", "tool"),
    [
        ("setup.py", "", UNUSED, ""),
        ("pyproject.toml", "[tool.black]\n", UNUSED, ""),
        ("pyproject.toml", "[tool.ruff]\nline-length = 99\n", UNUSED, "ruff"),
        ("pyproject.toml", "[tool.ruff]\nline-length = 99\n", HASH, ""),
        ("pyproject.toml", '[tool.ruff.lint]\nselect = ["S"]\n', HASH, "ruff"),
        ("pyproject.toml", '[tool.ruff.lint]\nselect = ["S"]\n', UNUSED, ""),
        ("ruff.toml", '[lint]\nselect = ["F"]\nignore = ["F401"]\n', UNUSED, ""),
        (".flake8", "[flake8]\nmax-line-length = 100\n", UNUSED, "flake8"),
        (".flake8", "[flake8]\nignore = F401\n", UNUSED, ""),
        ("setup.cfg", "[flake8]\nselect = E,W\n", UNUSED, ""),
        ("tox.ini", "[flake8]\nextend-ignore = F4\n", UNUSED, ""),
        ("setup.cfg", "[metadata]\nname = x\n", UNUSED, ""),
        (".pylintrc", "[MESSAGES CONTROL]\ndisable=missing-docstring\n", DEAD, "pylint"),
        (".pylintrc", "[MAIN]\ndisable=all\nenable=unreachable\n", DEAD, "pylint"),
        (".pylintrc", "[MAIN]\ndisable=all\n", DEAD, ""),
        ("pyproject.toml", '[tool.pylint.main]\ndisable = ["W0101", "unreachable"]\n', DEAD, ""),
        (".pylintrc", "[MAIN]\njobs=2\n", COMPLEX, ""),  # its measure is another one
        ("pyproject.toml", "[tool.bandit]\n", HASH, "bandit"),
        ("pyproject.toml", '[tool.bandit]\nskips = ["B324"]\n', HASH, ""),
        ("pyproject.toml", '[tool.bandit]\ntests = ["B602"]\n', HASH, ""),
        (".pre-commit-config.yaml", "repos:\n- hooks:\n  - id: bandit\n", HASH, "bandit"),
        (".pre-commit-config.yaml", "repos:\n- hooks:\n  - id: ruff-check\n", UNUSED, "ruff"),
        (".pre-commit-config.yaml", "repos:\n- hooks:\n  - id: ruff-format\n", UNUSED, ""),
        ("setup.cfg", "[flake8\nbroken", UNUSED, ""),
        ("pyproject.toml", "[tool", UNUSED, ""),
    ],
)
def test_who_says_the_same(name: str, text: str, finding: Finding, tool: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert other_tools.read(str(tmp_path)).shown_by(finding) == tool


def test_a_finding_that_shows_a_path_says_more_than_a_linter(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.bandit]\n")
    path = tuple(Evidence("a.py", Span(line, 0, line, 1), "from here") for line in (1, 2))
    assert other_tools.read(str(tmp_path)).shown_by(replace(HASH, evidence=path)) == ""


def test_settings_that_change_are_read_again(tmp_path: Path) -> None:
    assert other_tools.read(str(tmp_path)).shown_by(UNUSED) == ""
    (tmp_path / ".flake8").write_text("[flake8]\n")
    assert other_tools.read(str(tmp_path)).shown_by(UNUSED) == "flake8"
