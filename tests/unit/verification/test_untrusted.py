"""What code in a sandbox leaves behind cannot lead us astray, and old results do not outlive what they depend on."""

from __future__ import annotations

import os

import pytest

from ambient_lsp.config import Sandbox
from ambient_lsp.errors import SandboxError
from ambient_lsp.model import VerdictOutcome
from ambient_lsp.verification.conditions import conditions
from ambient_lsp.verification.untrusted import read_text, write_text
from tests.unit.verification.project import make_project


def test_links_pipes_and_huge_files_count_as_missing(tmp_path):
    folder, secret = tmp_path / "results", tmp_path / "secret"
    (folder / "sub").mkdir(parents=True)
    secret.mkdir()
    (secret / "key").write_text("token")
    (folder / "link").symlink_to(secret / "key")
    (folder / "linked").symlink_to(secret)
    os.mkfifo(folder / "pipe")
    (folder / "large").write_text("x" * 101)
    (folder / "sub/plain").write_text("fine")
    names = ("link", "linked/key", "pipe", "large", "sub", "none", "../secret/key", "a\0b")
    assert [read_text(folder, name, 100) for name in names] == [None] * len(names)
    assert read_text(folder, "sub/plain", 100) == "fine"


def test_writing_replaces_what_lies_there_and_follows_no_link(tmp_path):
    folder, theirs = tmp_path / "results", tmp_path / "theirs"
    folder.mkdir()
    theirs.mkdir()
    (theirs / "file").write_text("mine")
    (folder / "job-1.json").symlink_to(theirs / "file")
    (folder / "mutants").symlink_to(theirs)
    write_text(folder, "job-1.json", "job")
    assert (folder / "job-1.json").read_text() == "job"
    assert not (folder / "job-1.json").is_symlink()
    with pytest.raises(SandboxError):
        write_text(folder, "mutants/0.py", "x")
    with pytest.raises(SandboxError):
        write_text(folder, "../theirs/file", "x")
    assert sorted(path.name for path in theirs.iterdir()) == ["file"]
    assert (theirs / "file").read_text() == "mine"


NONSENSE = (
    '{"kind": "test"}',
    '{"kind": "lines", "path": 3, "tests": 4}',
    '{"kind": "end", "exit": "x"}',
    "[" * 100_000,
)


@pytest.mark.parametrize("line", NONSENSE)
async def test_a_report_that_makes_no_sense_is_never_a_pass_and_never_a_crash(tmp_path, line):
    spoil = f"""
import json, os, pathlib
job = json.loads(pathlib.Path(os.environ["AMBIENT_JOB"]).read_text())
def test_spoil():
    if "two" in pathlib.Path("calc.py").read_text():
        with open(job["out"], "a") as report:
            report.write({line!r} + chr(10))
        os._exit(0)
"""
    project = make_project(tmp_path, {"calc.py": "def one():\n    return 1\n", "test_calc.py": spoil})
    verdict = await project.judge({"calc.py": "def one():\n    two = 2\n    return two - 1\n"})
    assert verdict.outcome is not VerdictOutcome.PASSED


async def test_a_failure_for_want_of_a_package_does_not_excuse_one_with_the_package(tmp_path):
    """The first run is kept as the baseline: nothing in the tree says that the package has come since."""
    package = tmp_path / "package"
    tests = (
        "import pathlib, calc\n\n\ndef test_one():\n"
        f"    assert pathlib.Path({str(package)!r}).exists()\n    assert calc.one() == 1\n"
    )
    base = "def one():\n    return 1\n"
    project = make_project(tmp_path, {"calc.py": base, "test_calc.py": tests})
    await project.judge({"calc.py": base.replace("1", "2 - 1")})
    package.touch()
    project.sandbox.image = "an image with the package"
    verdict = await project.judge({"calc.py": base.replace("1", "2")})
    assert verdict.outcome is VerdictOutcome.FAILED, verdict.reason
    assert verdict.image == "an image with the package"


def test_conditions_change_with_packages_settings_and_included_files(tmp_path):
    import subprocess
    import sys

    project, harness = tmp_path / "project", tmp_path / "harness-1"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(project / ".venv")], check=True)
    subprocess.run(["git", "init", "-q", str(project)], check=True)
    (project / ".gitignore").write_text("*.db\n.venv\n")
    (project / ".worktreeinclude").write_text("*.db\n")
    settings = Sandbox()
    seen = {conditions(project, settings, harness)}
    assert conditions(project, settings, harness) in seen
    (next(project.glob(".venv/lib/python*/site-packages")) / "six-1.0.dist-info").mkdir()
    seen.add(conditions(project, settings, harness))
    (project / "data.db").write_text("1")
    seen.add(conditions(project, settings, harness))
    (project / "data.db").write_text("22")
    seen.add(conditions(project, settings, harness))
    seen.add(conditions(project, settings.model_copy(update={"checks": {"lint": "ruff check"}}), harness))
    seen.add(conditions(project, settings, tmp_path / "harness-2"))
    assert len(seen) == 6
