"""The written tests of a package are run under the settings of that package alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.written_tests import passes

pytestmark = pytest.mark.timeout(60)

STRICT = '[tool.pytest.ini_options]\naddopts = ["--strict-config"]\nan_option_of_a_plugin = true\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A package in a folder of a project whose settings want a plugin that the package does not have."""
    (tmp_path / "pyproject.toml").write_text(STRICT)
    made = tmp_path / "build" / "package"
    (made / "tests").mkdir(parents=True)
    (made / "tests" / "test_it.py").write_text("def test_one() -> None:\n    assert 1 == 1\n")
    (made / ".venv" / "bin").mkdir(parents=True)
    python = made / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return made


def test_settings_of_the_folder_around_are_not_taken(project: Path) -> None:
    assert passes(project, ["tests/test_it.py"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", STRICT),
        ("setup.cfg", "[tool:pytest]\naddopts = --no-such-option\n"),
        ("tox.ini", "[pytest]\naddopts = --no-such-option\n"),
        ("pytest.ini", "[pytest]\naddopts = --no-such-option\n"),
    ],
)
def test_its_own_settings_are_taken(project: Path, name: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "setup.cfg").write_text("[metadata]\nname = package\n")
    (project / name).write_text(text)
    assert not passes(project, ["tests/test_it.py"])
    assert "package: pytest ended with 4" in capsys.readouterr().err


def test_a_test_that_fails_is_told_and_shown(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "tests" / "test_it.py").write_text("def test_one() -> None:\n    assert 1 == 2\n")
    assert not passes(project, ["tests/test_it.py"])
    assert "assert 1 == 2" in capsys.readouterr().err
