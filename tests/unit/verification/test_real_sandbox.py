"""The same verdicts with real checkouts of a git repository in a real sandbox."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from ambient_lsp.config import Sandbox
from ambient_lsp.model import ProofKind, VerdictOutcome
from ambient_lsp.repository.worktrees import open_checkouts
from ambient_lsp.verification.verifier import Verifier
from tests.sandboxes import both, ready_backend
from tests.unit.verification.project import make_project
from tests.unit.verification.test_proofs_in_sandbox import CODE, FAST, GOOD, LISTS, OLD, UNDER_TEST, WHAT

if TYPE_CHECKING:
    from pathlib import Path

PASSED, FAILED, INCONCLUSIVE = VerdictOutcome.PASSED, VerdictOutcome.FAILED, VerdictOutcome.INCONCLUSIVE


@pytest.mark.real
@both
async def test_verdicts_in_a_real_sandbox(name: str, tmp_path: Path) -> None:
    settings = Sandbox(checks={"lint": "ruff check --select F ."})
    backend = ready_backend(name)(settings)
    project = make_project(tmp_path, {**LISTS, "grade.py": CODE, "tests/test_other.py": OLD})
    subprocess.run(["git", "init", "-q", project.root], check=True)
    checkouts = await open_checkouts(project.root, tmp_path / "real-cache")
    tests = ("tests/test_lists.py", "tests/test_other.py")
    project.checkouts = checkouts  # type: ignore[assignment]
    project.verifier = Verifier(backend, checkouts, settings, project.root, tmp_path / "cache", lambda paths: tests)
    try:
        faster = await project.judge({"pkg/lists.py": FAST}, ProofKind.FASTER, **WHAT)
        assert faster.outcome is PASSED, faster
        assert (faster.sandbox, bool(faster.image)) == (name, True)
        assert {check.name for check in faster.checks} == {"tests", "lint"}

        tested = await project.judge({"tests/test_grade.py": GOOD}, ProofKind.TESTS, **UNDER_TEST)
        assert tested.outcome is PASSED, tested

        broken = await project.judge({"grade.py": CODE.replace("x + 1", "x + 2")})
        assert (broken.outcome, broken.checks[0].new_failures) == (FAILED, ("tests/test_other.py::test_other",))

        unclean = await project.judge({"grade.py": "import os\n" + CODE.replace("x + 1", "1 + x")})
        assert unclean.outcome is FAILED
        assert "Lint complains: grade.py: F401" in unclean.reason

        online = (
            "import urllib.request\n\n\ndef test_net():\n    urllib.request.urlopen('http://192.0.2.1', timeout=1)\n"
        )
        offline = await project.judge({"tests/test_net.py": online})
        assert offline.outcome is FAILED

        coverage = await project.verifier.coverage(await checkouts.current())
        assert coverage is not None
        assert coverage.tests_by_line["grade.py", 8] == ("tests/test_other.py::test_other",)
    finally:
        await checkouts.close()
        await backend.close()
