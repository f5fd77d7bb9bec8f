"""Comments that ask for silence: who asked for it gets it, on the whole statement, and nobody else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.analyzers import suppressions
from ambient_lsp.analyzers.silencing import silence
from ambient_lsp.patching.edits import apply_replacements

SQL, HASH, COMPLEX = "AMB-SEC-SQL", "AMB-SEC-WEAK-HASH", "AMB-REF-COMPLEX"


def silent(text: str, rule: str = SQL, *, tags: tuple[str, ...] = (), path: str = "a.py") -> list[int]:
    """Return the lines, from 0, in which nothing of `rule` is said."""
    found = suppressions.read(text, path)
    return [line for line in range(text.count("\n") + 1) if found.silence(rule, tags, line)]


@pytest.mark.parametrize(
    ("comment", "rule", "expected"),
    [
        ("# noqa", SQL, True),
        ("#noqa", COMPLEX, True),
        ("# NOQA : S608", SQL, True),
        ("# noqa: S608", SQL, True),
        ("# noqa:E501,S608", SQL, True),
        ("# noqa: E501 S608", SQL, True),
        ("# noqa: S6", SQL, True),
        ("# noqa: E501", SQL, False),
        ("# noqa: AMB-SEC-SQL", SQL, True),
        ("# noqa: C901", COMPLEX, True),
        ("# noqa because of history", SQL, True),
        ("# why noqa is not needed here", SQL, False),
        ("# nosec", SQL, True),
        ("# nosec", COMPLEX, False),
        ("# nosec B608", SQL, True),
        ("# nosec B324, B608", HASH, True),
        ("# nosec B602", SQL, False),
        ("# nosec hardcoded_sql_expressions", SQL, True),
        ("# nosec: it is a constant", SQL, True),
        ("# type: ignore", SQL, False),
        ("# type: ignore", "AMB-REF-UNREACHABLE", True),
        ("# type: ignore[unreachable]", "AMB-REF-UNREACHABLE", True),
        ("# type: ignore[arg-type]", "AMB-REF-UNREACHABLE", False),
        ("# pylint: disable=eval-used", "AMB-SEC-EVAL", True),
        ("# pylint: disable=W0123,C0103", "AMB-SEC-EVAL", True),
        ("# pylint: disable=invalid-name", "AMB-SEC-EVAL", False),
        ("# pragma: no cover", "AMB-TEST-UNTESTED", True),
        ("# pragma: no cover", SQL, False),
        ("# ambient: ignore", COMPLEX, True),
        ("# ambient: ignore[AMB-SEC-SQL]", SQL, True),
        ("# ambient: ignore[AMB-SEC]", SQL, True),
        ("# ambient: ignore[AMB-SEC-*]", SQL, True),
        ("# ambient: ignore[AMB-SEC-S]", SQL, False),
        ("# ambient: ignore[AMB-REF-COMPLEX, AMB-SEC-SQL]", SQL, True),
        ("# ambient: ignore[AMB-REF-COMPLEX]", SQL, False),
        ("# ambient: ignore[]", SQL, False),
        ("# fine  # noqa: S608  # really", SQL, True),
    ],
)
def test_what_a_comment_on_the_line_silences(comment: str, rule: str, expected: bool) -> None:
    assert silent(f"a = 1\nx = f(a)  {comment}\nb = 2\n", rule) == ([1] if expected else [])


def test_a_rule_that_is_known_by_its_weakness_only_hears_the_codes_of_that_weakness() -> None:
    text = "x = run(a)  # noqa: S608\n"
    assert silent(text, "AMB-SEC-FLOW-SQL", tags=("security", "cwe-89")) == [0]
    assert silent(text, "AMB-SEC-FLOW-SHELL", tags=("security", "cwe-78")) == []


@pytest.mark.parametrize(
    "text",
    [
        "x = f(  # noqa\n    a,\n    b,\n)\n",
        "x = f(\n    a,\n    b,\n)  # noqa\n",
        'x = f"""\nSELECT {a}\n{b}\n"""  # noqa\n',
        "x = 1 + \\\n  2 + \\\n  3 + \\\n  4  # noqa\n",
        "def f(  # noqa\n    a,\n    b,\n):\n    pass\n",
        "def f(\n    a,\n    b,\n):  # noqa\n    pass\n",
    ],
)
def test_it_speaks_for_the_whole_statement_on_its_first_and_on_its_last_line(text: str) -> None:
    assert silent(text) == [0, 1, 2, 3]


def test_in_the_middle_of_a_statement_it_speaks_for_its_line() -> None:
    assert silent("x = f(\n    a,  # noqa\n    b,\n)\n") == [1]


def test_a_header_is_not_its_block() -> None:
    assert silent("if a:  # noqa\n    b = 1\nelse:\n    c = 1\n") == [0]


def test_a_string_is_no_comment() -> None:
    assert silent('x = "# noqa"\ny = """\n# ambient: ignore-file\n# flake8: noqa\n"""\nz = f"# nosec {x}"\n') == []
    assert silent('x = "#"  # noqa\n') == [0]


@pytest.mark.parametrize(
    "text", ["def f(:\n    x = g(a  # noqa\n", "x = [1, (2  # noqa\n", "class\nx = f(a)  # noqa\n)))\n", "# noqa"]
)
def test_half_typed_text_has_comments_too(text: str) -> None:
    row = next(number for number, line in enumerate(text.split("\n")) if "noqa" in line)
    assert row in silent(text)


@pytest.mark.parametrize(
    ("comment", "rule", "expected"),
    [
        ("# ruff: noqa", SQL, True),
        ("# flake8: noqa", SQL, True),
        ("# flake8: noqa", "AMB-REF-DUPLICATE", False),
        ("# ruff: noqa: S608", SQL, True),
        ("# ruff: noqa: E501", SQL, False),
        ("# pylint: skip-file", "AMB-SEC-EVAL", True),
        ("# ambient: ignore-file", "AMB-REF-DUPLICATE", True),
        ("# ambient: ignore-file[AMB-SEC]", SQL, True),
        ("# ambient: ignore-file[AMB-REF]", SQL, False),
    ],
)
def test_of_a_whole_file(comment: str, rule: str, expected: bool) -> None:
    text = f"import a\n\n\ndef f():\n    {comment}\n    return 1\n"
    assert (len(silent(text, rule)) == text.count("\n") + 1) is expected


def test_pylint_is_silent_in_a_block_from_there_on_until_it_is_enabled() -> None:
    text = (
        "def f(a):\n    x = eval(a)\n    # pylint: disable=eval-used\n    y = eval(a)\n"
        "    # pylint: enable=eval-used\n    z = eval(a)\n\n\ndef g(a):\n    return eval(a)\n"
    )
    assert silent(text, "AMB-SEC-EVAL") == [2, 3, 4]
    assert silent(text.replace("    # pylint: enable=eval-used\n", ""), "AMB-SEC-EVAL") == [2, 3, 4]


def test_pylint_and_coverage_on_a_header_mean_its_block() -> None:
    text = "def f(a):  # pylint: disable=eval-used\n    if a:\n        return eval(a)\n\n\ny = eval(a)\n"
    assert silent(text, "AMB-SEC-EVAL") == [0, 1, 2]
    text = "class A:  # pragma: no cover\n    def f(self):\n        pass\n\nx = 1\n"
    assert silent(text, "AMB-TEST-UNTESTED") == [0, 1, 2]


def test_ruff_is_silent_between_disable_and_enable() -> None:
    assert silent("# ruff: disable[S608]\nx = 1\n# ruff: enable[S608]\ny = 1\n") == [0, 1, 2]


@pytest.mark.parametrize("comment", ["ignore", "ignore-next-line", "ignore-next"])
def test_alone_on_a_line_ours_is_for_the_statement_below(comment: str) -> None:
    text = f"a = 1\n# ambient: {comment}[AMB-SEC-SQL]\n# why\n\nx = f(\n    a,\n)\ny = 1\n"
    assert {4, 5, 6} <= set(silent(text)) <= {1, 2, 3, 4, 5, 6}


def test_a_noqa_alone_on_a_line_says_nothing_of_the_next() -> None:
    assert 1 not in silent("# noqa\nx = 1\n")


def test_files_that_are_no_python_know_our_own_comments() -> None:
    text = "flask==0.1  # ambient: ignore[AMB-SEC-DEPENDENCY]\njinja2==2.0\n# ambient: ignore\nx==1\n"
    assert silent(text, "AMB-SEC-DEPENDENCY", path="requirements.txt") == [0, 2, 3]


@given(st.text(alphabet="#:[]()\"'\\ \n\tnoqasectypgmbi=,disable-xS0\r\x0c", max_size=120))
def test_no_text_makes_it_fail(text: str) -> None:
    for path in ("a.py", "a.toml"):
        found = suppressions.read(text, path)
        found.silence(SQL, (), 0)


# ------------------------------------------------------------------------------------- writing such a comment


@pytest.mark.parametrize(
    ("text", "line", "rule", "expected"),
    [
        ("x = f(a)\n", 0, SQL, "x = f(a)  # ambient: ignore[AMB-SEC-SQL]\n"),
        ("import os\n", 0, "AMB-STYLE-F401", "import os  # noqa: F401\n"),
        ("import os  # noqa: E402\n", 0, "AMB-STYLE-F401", "import os  # noqa: E402, F401\n"),
        ("x = 1  # why\n", 0, SQL, "x = 1  # why  # ambient: ignore[AMB-SEC-SQL]\n"),
        (
            "x = 1  # ambient: ignore[AMB-REF]\n",
            0,
            SQL,
            "x = 1  # ambient: ignore[AMB-REF, AMB-SEC-SQL]\n",
        ),
        ("x = 1 + \\\r\n  2\r\n", 0, SQL, "x = 1 + \\\r\n  2  # ambient: ignore[AMB-SEC-SQL]\r\n"),
        ('x = f"""\na\n"""\n', 0, SQL, 'x = f"""\na\n"""  # ambient: ignore[AMB-SEC-SQL]\n'),
        ('x = f"""\na\n"""\n', 1, SQL, 'x = f"""\na\n"""  # ambient: ignore[AMB-SEC-SQL]\n'),
        (
            "if a:\n    x = '" + "y" * 70 + "'\n",
            1,
            SQL,
            "if a:\n    # ambient: ignore[AMB-SEC-SQL]\n    x = '" + "y" * 70 + "'\n",
        ),
        ("flask==0.1", 0, SQL, "flask==0.1  # ambient: ignore[AMB-SEC-SQL]"),
    ],
)
def test_the_comment_that_is_written_silences_the_finding(text: str, line: int, rule: str, expected: str) -> None:
    path = "requirements.txt" if text.startswith("flask") else "a.py"
    change = silence(text, path, rule, line)
    assert change is not None
    after = apply_replacements(text, [change])
    assert after == expected
    moved = line + after.count("\n") - text.count("\n")
    assert suppressions.read(after, path).silence(rule, (), moved)


@given(st.text(alphabet="x=( )\"'\\\n#\t", max_size=60), st.integers(-1, 8))
def test_writing_a_comment_never_fails(text: str, line: int) -> None:
    change = silence(text, "a.py", SQL, line)
    if change is not None:
        assert apply_replacements(text, [change])
