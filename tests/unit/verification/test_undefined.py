"""A name that a patch uses and nobody defines is noticed, wherever it stands."""

from __future__ import annotations

import pytest

from ambient_lsp.model import VerdictOutcome
from ambient_lsp.verification.undefined import newly_undefined
from tests.unit.verification.project import make_project

OLD = "import os\n\n\ndef f(x):\n    if x:\n        return os.sep\n    return _('no')\n"


@pytest.mark.parametrize(
    ("new", "name"),
    [
        (OLD, ""),
        (OLD.replace("os.sep", "sep"), "sep"),
        (OLD.replace("import os\n\n\n", ""), "os"),
        (OLD.replace("os.sep", "_('yes')"), ""),
        (OLD.replace("import os", "from os import *"), ""),
        (OLD.replace("def f(x):", "def f(x) -> 'Later':"), "Later"),
        ("def f(", ""),
    ],
)
def test_a_new_name_without_a_definition_is_found(new, name):
    assert newly_undefined({"a.py": OLD}, {"a.py": new}) == name


def test_what_another_touched_file_had_undefined_is_not_new():
    moved = {"a.py": "import os\n", "b.py": "def g():\n    return _('no')\n"}
    assert newly_undefined({"a.py": OLD, "b.py": None}, moved) == ""


async def test_an_assertion_that_nobody_runs_is_not_broken_by_a_fix(tmp_path):
    test = "from a import f\n\n\ndef test_f():\n    assert f(1)\n    if not f(1):\n        assert(False, 'no')\n"
    project = make_project(tmp_path, {"a.py": "def f(x):\n    return x\n", "test_a.py": test})
    verdict = await project.judge({"test_a.py": test.replace("assert(False, 'no')", "assertFalse, 'no'")})
    assert (verdict.outcome, "`assertFalse`" in verdict.reason) == (VerdictOutcome.FAILED, True), verdict.reason
