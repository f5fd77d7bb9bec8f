"""The few words about a proof in a title are true: a test that is new did not pass before."""

from __future__ import annotations

import pytest

from ambient_lsp.lsp.proof import shown
from ambient_lsp.model import CheckResult, Measurement, Verdict, VerdictOutcome


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


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (Measurement("time of f", 0.25, 0.0005, "seconds"), "99 % less time, 1 test passes as before"),
        (Measurement("peak memory of f", 800, 200, "bytes"), "75 % less memory, 1 test passes as before"),
        (Measurement("mutants noticed", 0, 5, "of 6"), "1 new test passes, 5 of 6 mistakes noticed"),
        (Measurement("cognitive complexity of f", 9, 3, "points"), "1 test passes as before"),
    ],
)
def test_what_was_gained_is_told_where_it_is_what_the_fix_is_for(measured, words):
    before, after = {"a": "passed"}, {"a": "passed", "b": "passed"}
    check = CheckResult("tests", (), VerdictOutcome.PASSED, base=before, patched=after)
    assert shown(Verdict(VerdictOutcome.PASSED, "", (check,), (measured,))) == words


def test_a_test_with_many_cases_is_one_test():
    after = {"t.py::a[1]": "passed", "t.py::a[2]": "passed", "t.py::b": "passed"}
    check = CheckResult("tests", (), VerdictOutcome.PASSED, base={}, patched=after)
    assert shown(Verdict(VerdictOutcome.PASSED, "", (check,))) == "2 new tests pass in 3 cases"
