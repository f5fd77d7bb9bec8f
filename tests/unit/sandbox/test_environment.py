"""Which interpreter a project is checked with; found by looking, never by starting it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ambient_lsp.config import Sandbox as Settings
from ambient_lsp.errors import SandboxUnavailable
from ambient_lsp.protocols import Command
from ambient_lsp.sandbox import environment
from tests.sandboxes import LIMITS, make, python


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def venv(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    return folder


def test_the_projects_own_environment_comes_first(project: Path) -> None:
    assert environment.find(project).origin == "Ambient's own"
    venv(project / "venv")
    venv(project / ".venv")
    found = environment.find(project)
    assert found.python == project / ".venv" / "bin" / "python"
    assert found.version == sys.version_info[:2]
    assert found.base == Path(sys.base_prefix)
    assert str(found) == f"Python {sys.version_info[0]}.{sys.version_info[1]} (.venv of the project)"


def test_the_active_environment_is_used(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(venv(tmp_path / "active")))
    assert environment.find(project).origin == "the active environment"


def test_a_configured_interpreter_is_used_or_nothing(project: Path) -> None:
    venv(project / "env")
    assert environment.find(project, "env/bin/python").prefix == project / "env"
    with pytest.raises(SandboxUnavailable, match=r"nowhere/python"):
        environment.find(project, "nowhere/python")


def test_a_repositorys_environment_is_not_started(project: Path, tmp_path: Path) -> None:
    proof = tmp_path / "started"
    (project / ".venv" / "bin").mkdir(parents=True)
    program = project / ".venv" / "bin" / "python"
    program.write_text(f"#!/bin/sh\ntouch {proof}\n")
    program.chmod(0o755)
    environment.find(project)
    assert not proof.exists()


@pytest.mark.parametrize("home", ["~/bin", "~/.ssh/bin", "/bin", "/etc/bin", "~/../bin"])
def test_a_pyvenv_file_cannot_show_folders_of_the_host(project: Path, home: str) -> None:
    """What `home` names is made visible inside, so it has to be a Python installation."""
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").symlink_to(sys.executable)
    home = home.replace("~", str(Path.home()))
    (project / ".venv" / "pyvenv.cfg").write_text(f"home = {home}\nversion = 3.11.7\n")
    assert environment.find(project).origin == "Ambient's own"


def test_only_the_tools_that_are_missing_are_lent(project: Path) -> None:
    folder = venv(project / ".venv")
    lent = environment.missing_tools(environment.find(project))
    assert {"pytest", "coverage", "hypothesis"} <= set(lent)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "pytest").mkdir()
    lent = environment.missing_tools(environment.find(project))
    assert "pytest" not in lent and "pytest-timeout" not in lent and "coverage" in lent
    names = {path.name for path in environment.tool_paths(("pytest",))}
    assert {"pytest", "_pytest", "pluggy"} <= names
    assert "pygls" not in names and "docker" not in names


@pytest.mark.real
async def test_a_check_sees_the_projects_packages_and_then_the_lent_tools(project: Path, tmp_path: Path) -> None:
    packages = next(venv(project / ".venv").glob("lib/python*/site-packages"))
    (packages / "only_here.py").write_text("NAME = 'from the environment'\n")
    (packages / "editable.pth").write_text(f"{project / 'lib'}\n")
    box = make("bubblewrap", tmp_path / "box", Settings())
    (box.tree / "lib").mkdir()
    (box.tree / "lib" / "thing.py").write_text("NAME = 'patched'\n")
    (project / "lib").mkdir()
    (project / "lib" / "thing.py").write_text("NAME = 'as it is in the project'\n")
    (project / "secret.txt").write_text("secret")
    folders = {"project": project, "results": box.folder / "results", "harness": box.folder / "harness"}
    async with box.backend.session(box.tree, **folders) as session:
        assert session.python == str(project / ".venv" / "bin" / "python")
        code = "import only_here, thing, pytest; print(only_here.NAME, thing.NAME, pytest.__file__)"
        result = await session.run(python(code))
        assert result.stdout.startswith("from the environment patched /ambient/tools/pytest/"), result
        assert (await session.run(python("import pygls"))).exit_code == 1
        assert (await session.run(python(f"open({str(project / 'secret.txt')!r})"))).exit_code == 1
        (box.tree / "test_a.py").write_text("def test_a():\n    assert True\n")
        result = await session.run(Command(("pytest", "-q"), limits=LIMITS))
        assert "1 passed" in result.stdout, result
