"""What makes a patch look as if it games its checks, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ambient_lsp.model import FileEdit, RiskLevel
from ambient_lsp.patching.edits import modify, propose
from ambient_lsp.text import freeze, sha256
from ambient_lsp.verification.integrity import concerns

TEST = (
    "import pytest\nfrom calc import add, parse\n\n\ndef test_add():\n"
    "    assert add(1, 2) == 3\n    assert add(0, 0) == 0\n\n\n"
    "def test_error():\n    with pytest.raises(ValueError):\n        parse('x')\n"
)
UNIT = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(f(), 1)\n"
CODE = "def parse(text):\n    return int(text)\n"


def change(path: str, before: str | None, after: str | None) -> tuple[str, ...]:
    if before is None:
        edit = FileEdit(path, "create", text=after)
    elif after is None:
        edit = FileEdit(path, "delete", sha256(before))
    else:
        edit = modify(freeze(Path(), path, before), after)
    bases = {} if before is None else {path: before}
    proposal = propose(
        agent="a", title="t", description="d", rationale="r", risk_level=RiskLevel.LOW, edits=[edit], bases=bases
    )
    return concerns(proposal, bases)


@pytest.mark.parametrize(
    ("path", "before", "after", "says"),
    [
        ("test_a.py", TEST, None, "deletes the test file"),
        ("test_a.py", TEST, TEST.split("def test_error")[0], "removes the test test_error"),
        ("test_a.py", TEST, TEST.replace("def test_add", "def check_add"), "removes the test test_add"),
        ("test_a.py", TEST, TEST.replace("def test_add", "@pytest.mark.skip\ndef test_add"), "skips a test"),
        (
            "test_a.py",
            TEST,
            TEST.replace("def test_add", "@pytest.mark.xfail(strict=False)\ndef test_add"),
            "skips a test",
        ),
        (
            "test_a.py",
            TEST,
            TEST.replace("    assert add(1", "    pytest.skip('later')\n    assert add(1"),
            "skips a test",
        ),
        ("test_a.py", TEST, TEST + "\n\npytestmark = pytest.mark.skip\n", "skips a test"),
        ("test_a.py", TEST, TEST.replace("    assert add(0, 0) == 0\n", ""), "removes an assertion of test_add"),
        (
            "test_a.py",
            TEST,
            TEST.replace("assert add(1, 2) == 3", "assert add(1, 2) in (3, 4)"),
            "loosens an assertion",
        ),
        ("test_a.py", TEST, TEST.replace("== 3", "== pytest.approx(3, abs=9)"), "loosens an assertion"),
        ("test_a.py", TEST, TEST.replace("assert add(1, 2) == 3", "assert add(1, 2)"), "loosens an assertion"),
        ("test_a.py", TEST, TEST.replace("assert add(1, 2) == 3", "assert True"), "always true"),
        ("test_a.py", TEST, TEST.replace("== 3", "== 4"), "changes what test_add in test_a.py asserts"),
        ("test_a.py", TEST, TEST.replace("ValueError", "Exception"), "accepts any error"),
        ("test_a.py", UNIT, UNIT.replace("assertEqual(f(), 1)", "assertTrue(True)"), "always true"),
        ("test_a.py", UNIT, UNIT.replace("assertEqual(f(), 1)", "assertTrue(f())"), "loosens an assertion"),
        (
            "test_a.py",
            TEST,
            "import time\n" + TEST.replace("    assert add(1", "    time.sleep(1)\n    assert add(1"),
            "waits",
        ),
        (
            "test_a.py",
            TEST,
            TEST.replace("def test_add", "@pytest.mark.flaky(reruns=3)\ndef test_add"),
            "waits or retries",
        ),
        ("calc.py", CODE, CODE.replace("int(text)", "int(text)  # noqa: E501"), "`noqa`"),
        ("calc.py", CODE, "# ruff: noqa\n" + CODE, "`noqa`"),
        ("calc.py", CODE, CODE.replace("int(text)", "int(text)  # type: ignore[arg-type]"), "`type: ignore`"),
        ("calc.py", CODE, CODE.replace("int(text)", "int(text)  # pragma: no cover"), "`pragma: no cover`"),
        ("calc.py", CODE, CODE.replace("int(text)", "int(text)  # pylint: disable=W"), "`pylint: disable`"),
        ("calc.py", CODE, CODE.replace("int(text)", "int(text)  # nosec"), "`nosec`"),
        (
            "calc.py",
            CODE,
            "def parse(text):\n    try:\n        return int(text)\n    except ValueError:\n        pass\n",
            "passes over",
        ),
        ("pyproject.toml", "[tool.ruff]\nselect = ['E']\n", "[tool.ruff]\nselect = []\n", "what is checked"),
        ("setup.cfg", "[mypy]\nstrict = true\n", "[mypy]\n", "what is checked"),
        ("tox.ini", "[tox]\n", "[tox]\nx = 1\n", "what is checked"),
        (".github/workflows/ci.yml", "a: 1\n", "a: 2\n", "what is checked"),
        (".pre-commit-config.yaml", "a: 1\n", "a: 2\n", "what is checked"),
        (".ambient.yml", "agents: {}\n", "agents: {a: 1}\n", "what is checked"),
        ("tests/conftest.py", "", "x = 1\n", "shapes how every test runs"),
        ("plugin.py", CODE, CODE + "\n\ndef pytest_runtest_call(item):\n    item.obj = print\n", "pytest plugin"),
    ],
)
def test_signs_of_gaming(path: str, before: str | None, after: str | None, says: str) -> None:
    found = change(path, before, after)
    assert any(says in sentence for sentence in found), found
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in found)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("calc.py", CODE, CODE.replace("int(text)", "int(text, 10)")),
        ("calc.py", CODE, CODE + "\n\nNOTE = '# noqa is a comment'\n"),
        ("calc.py", CODE + "x = 1  # noqa\n", CODE + "y = 1  # noqa\n"),
        (
            "test_a.py",
            TEST,
            TEST.replace("add(0, 0)", "add(0,0)").replace("add(0,0)", "add(0, 0)")
            + "\n\ndef test_b():\n    assert add(2, 2) == 4\n",
        ),
        ("test_b.py", None, TEST),
        ("test_a.py", TEST, TEST + "\n\nclass TestMore:\n    def test_add(self):\n        assert add(2, 2) == 4\n"),
        ("README.md", "a\n", "b\n"),
    ],
)
def test_honest_changes_raise_nothing(path: str, before: str | None, after: str | None) -> None:
    assert change(path, before, after) == ()


@given(
    names=st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), unique=True, min_size=1, max_size=4),
    value=st.one_of(st.integers(), st.text(max_size=20), st.booleans(), st.floats(allow_nan=False)),
    at_start=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_only_adding_tests_raises_nothing(names: list[str], value: object, at_start: bool) -> None:
    new = "".join(
        f"def test_new_{name}():\n    result = add({value!r}, 1)\n    assert result == {value!r}\n\n\n"
        for name in names
    )
    after = TEST.replace("def test_add", new + "def test_add", 1) if at_start else TEST + "\n\n" + new
    assert change("test_a.py", TEST, after) == ()
    assert change("test_fresh.py", None, new) == ()
