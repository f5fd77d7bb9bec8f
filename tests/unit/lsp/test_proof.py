"""The few words about a proof in a title are true: a test that is new did not pass before."""

from __future__ import annotations

import pytest

from ambient_lsp.lsp.proof import shown
from ambient_lsp.model import CheckResult, Verdict, VerdictOutcome


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ({"t.py::a": "passed", "t.py::b": "passed"}, "2 tests pass as before"),
        ({"t.py::a": "passed"}, "1 test passes as before"),
        ({}, "2 new tests pass"),
    ],
)
def test_new_tests_are_not_said_to_pass_as_before(before, words):
    after = {"t.py::a": "passed", "t.py::b": "passed"}
    check = CheckResult("tests", (), VerdictOutcome.PASSED, base=before, patched=after)
    assert shown(Verdict(VerdictOutcome.PASSED, "", (check,))) == words
