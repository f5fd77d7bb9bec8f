"""What an interpreter in the sandbox imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ambient_lsp.sandbox import layout


@pytest.mark.timeout(60)
def test_the_tree_comes_before_an_installed_copy_of_the_project_and_the_tools_come_last(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    installed = next((tmp_path / "venv").glob("lib/python3*/site-packages"))
    for folder, module in [(installed, "project"), (installed, "pytest"), (tmp_path / "src", "project")]:
        (folder / module).mkdir(parents=True)
        (folder / module / "__init__.py").touch()
    for module in ("project", "pytest", "extra"):
        (tmp_path / "tools" / module).mkdir(parents=True)
        (tmp_path / "tools" / module / "__init__.py").touch()
    variables = {
        **os.environ,
        "PYTHONPATH": str(Path(layout.__file__).parent / "site"),
        "AMBIENT_SOURCES": str(tmp_path / "src"),
        "AMBIENT_APPEND_PATH": str(tmp_path / "tools"),
    }
    script = "import project, pytest, extra; print(project.__file__, pytest.__file__, extra.__file__)"
    python = tmp_path / "venv" / "bin" / "python"
    done = subprocess.run([python, "-c", script], env=variables, capture_output=True, text=True, check=True)
    homes = [Path(name).parents[1] for name in done.stdout.split()]
    assert homes == [tmp_path / "src", installed, tmp_path / "tools"]
