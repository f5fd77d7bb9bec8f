from __future__ import annotations

from pathlib import Path

from ambient_lsp.context.conventions import conventions
from ambient_lsp.context.logs import hot_paths

LOG = """\
============================= test session starts ==============================
tests/test_pay.py ..F.                                                   [100%]
=================================== FAILURES ===================================
    def test_total():
>       assert total([1]) == 2

tests/test_pay.py:12: AssertionError
Traceback (most recent call last):
  File "/repo/src/pay.py", line 3, in total
    return fee(x)
  File "/usr/lib/python3.11/decimal.py", line 3, in x
  File "/repo/src/pay.py", line 9, in fee
\x1b[31mERROR\x1b[0m
src/mypy_only.py:3:5: error: Name "x" is not defined  [name-defined]
src/ruff.py:1:8: F401 [*] `os` imported but unused
E501 Line too long
  --> src/ruff_full.py:4:1
=========================== short test summary info ============================
FAILED tests/test_pay.py::test_total - AssertionError
ERROR tests/broken.py - ImportError
  File "../../etc/passwd", line 1
"""
KNOWN = {"src/pay.py", "tests/test_pay.py", "src/mypy_only.py", "src/ruff.py", "src/ruff_full.py", "tests/broken.py"}


def test_hot_paths_are_the_repositorys_files_most_named_first() -> None:
    found = hot_paths(LOG, Path("/repo"), KNOWN)
    assert found[:2] == ("tests/test_pay.py", "src/pay.py")
    assert set(found) == KNOWN
    assert hot_paths("", Path("/repo"), KNOWN) == ()
    assert hot_paths("a" * 3_000_000 + "\nsrc/pay.py:1: x\n", Path("/repo"), KNOWN) == ("src/pay.py",)


def test_conventions_are_read_from_every_kind_of_file() -> None:
    assert conventions(
        {
            ".editorconfig": "root = true\n[*]\nindent_style = space\nindent_size = 4\n"
            "[*.{py,pyi}]\nmax_line_length = 90\n"
        }
    ) == {"indent-style": "space", "indent-width": 4, "line-length": 90}
    assert conventions({".flake8": "[flake8]\nmax-line-length = 100\n"}) == {"line-length": 100, "linters": ["flake8"]}
    assert conventions({"mypy.ini": "[mypy]\nstrict = True\n"}) == {"type-checker": "mypy", "typing-strict": True}
    assert conventions({"tox.ini": "[pytest]\ntestpaths = tests more\n"}) == {
        "test-framework": "pytest",
        "test-paths": ["tests", "more"],
    }
    assert conventions(
        {"ruff.toml": 'line-length = 99\n[lint]\nselect = ["E"]\n[format]\nquote-style = "single"\n'}
    ) == {
        "linters": ["ruff"],
        "formatter": "ruff",
        "line-length": 99,
        "lint-select": ["E"],
        "quote-style": "single",
    }
    setup = conventions({"setup.cfg": "[tool:pytest]\n[isort]\n[options]\npython_requires = >=3.9\n"})
    assert setup == {"test-framework": "pytest", "linters": ["isort"], "target-version": ">=3.9"}


def test_ruffs_own_file_wins_over_pyproject_and_broken_files_ask_for_nothing() -> None:
    texts = {
        "pyproject.toml": "[tool.ruff]\nline-length = 79\n[tool.mypy]\nstrict = true\n",
        "ruff.toml": "line-length = 120",
    }
    assert conventions(texts)["line-length"] == 120
    assert conventions(texts)["typing-strict"] is True
    assert conventions({"pyproject.toml": "[tool", "setup.cfg": "x\n[a", ".editorconfig": "[[["}) == {}
    assert conventions({"pyproject.toml": "tool = 3\nproject = []"}) == {}
