"""Which changes count as run by a test."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ambient_lsp.verification.proof.calls import calling_tests
from ambient_lsp.verification.reach import unreached
from ambient_lsp.verification.syntax import statement_at
from ambient_lsp.verification.testrun import TestRun

SOURCE = """\
'''Doc.'''
import os

LIMIT = 3


@decorated
def f(
    a,
    b=1,
):
    '''Doc.'''
    total = sum(
        [a,
         b],
    )
    if total > LIMIT:
        # too much
        return None
    return total


class C:
    size = 1

    def g(self):
        return os.sep
"""
AT_IMPORT = (2, 4, 7, 8, 23, 24, 26)
F_BODY = (13, 17, 20)


def run(*lines: int, outcome: str = "passed") -> TestRun:
    return TestRun(outcomes={"t": outcome}, lines={"a.py": {"": AT_IMPORT, "t": lines}})


def check(change: tuple[str, str], found: TestRun) -> str:
    assert change[0] in SOURCE
    return unreached({"a.py": SOURCE}, {"a.py": SOURCE.replace(*change)}, found)


@pytest.mark.parametrize(
    ("change", "lines", "reached"),
    [
        (("return total", "return total + 0"), F_BODY, True),
        (("return total", "return total + 0"), (13,), False),
        (("         b],", "         b, 0],"), (13, 14, 15), True),
        (("return None", "return 0"), F_BODY[:2], False),
        (("b=1", "b=2"), (13,), True),
        (("b=1", "b=2"), (), False),
        (("@decorated", "@other"), (13,), True),
        (("@decorated", "@other"), (28,), False),
        (("LIMIT = 3", "LIMIT = 4"), (), True),
        (("size = 1", "size = 2"), (), True),
        (("import os\n", "import os\nimport re\n"), (), False),
        (("# too much", "# much too much"), (), True),
        (("'''Doc.'''\n    total", "'''Docs.'''\n    total"), (), True),
        (("    if total > LIMIT:\n        # too much\n        return None\n", ""), (13,), True),
        (("    if total > LIMIT:\n        # too much\n        return None\n", ""), (27,), False),
        (("return os.sep", "return os.path.sep"), (27,), True),
        (("return os.sep", "return os.path.sep"), F_BODY, False),
    ],
)
def test_a_change_needs_a_test_that_runs_it(change, lines, reached):
    assert (check(change, run(*lines)) == "") is reached


def test_a_failing_test_does_not_count():
    assert check(("return total", "return total + 0"), run(*F_BODY, outcome="failed"))
    assert check(("LIMIT = 3", "LIMIT = 4"), run(outcome="failed"))


def test_the_sentence_names_the_first_line():
    assert check(("return None", "return 0"), run()) == "no test runs these lines (a.py, line 19)"


def test_where_not_one_test_passes_that_is_the_reason():
    broken = TestRun(
        outcomes={"test_a.py": "error"}, messages={"test_a.py": "ModuleNotFoundError: No module named 'x'"}
    )
    said = check(("return None", "return 0"), broken)
    assert said.startswith("none of the tests passes here") and said.endswith("No module named 'x'")


def test_what_is_not_code_and_what_cannot_be_measured():
    done = run(*F_BODY)
    assert unreached({"README.md": "a"}, {"README.md": "b"}, done) == ""
    assert unreached({"test_a.py": "a = 1"}, {"test_a.py": "a = 2"}, done) == ""
    assert "Dockerfile" in unreached({"Dockerfile": "a"}, {"Dockerfile": "b"}, done)
    assert unreached({"b.py": "x = 1"}, {"b.py": None}, done) == ""
    assert "b.py" in unreached({"b.py": "x = 1"}, {"b.py": None}, TestRun())
    assert unreached({"a.py": None}, {"a.py": "def f():\n    return 1\n"}, run(1, 2)) == ""


def test_statements_are_found_by_any_of_their_lines():
    assert [statement_at(SOURCE, line) is None for line in (1, 3, 12, 18)] == [True, True, True, True]
    assert statement_at(SOURCE, 15) == statement_at(SOURCE, 13)
    header = statement_at(SOURCE, 10)
    assert header is not None
    assert header.function == (12, 20)


@pytest.mark.parametrize(
    ("gone", "lines", "reached"),
    [
        # A function that goes was no part of the one above it, which no test runs: the module is imported all the same.
        ("\n\ndef _unused():\n    return 1\n", (), True),
        ("\n    def _unused(self):\n        return 1\n", (), True),
        ("    print(1)\n", (), False),
        ("    print(1)\n", (2,), True),
    ],
)
def test_what_stood_behind_a_function_was_no_part_of_it(gone, lines, reached):
    before = (
        "def f():\n    x = 1\n    return x\n"
        if gone.startswith("    ")
        else "class A:\n    def f(self):\n        return 1\n"
    )
    old, new = f"{before}{gone}\n\nLAST = 1\n", f"{before}\n\nLAST = 1\n"
    found = TestRun(outcomes={"t": "passed"}, lines={"a.py": {"": (1,), "t": lines}})
    assert not unreached({"a.py": old}, {"a.py": new}, found) == reached


def test_of_many_cases_of_one_test_a_few_are_enough():
    ran = {f"t.py::test_bad[{one}]": (2, 3) for one in range(9)} | {"t.py::test_good[a]": (2,), "t.py::test_other": ()}
    run = TestRun(outcomes=dict.fromkeys(ran, "passed"), lines={"a.py": ran})
    text = "def f(a):\n    b = a\n    return b\n"
    assert calling_tests(SimpleNamespace(patched=run), "a.py", text, "f", 3) == [
        "t.py::test_bad[0]",
        "t.py::test_good[a]",
        "t.py::test_bad[1]",
    ]
