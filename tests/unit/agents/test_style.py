"""StyleEnforcer tidies a file the way its project asks for, and nothing else."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ambient_lsp.agents.style import StyleEnforcer
from ambient_lsp.analyzers import ruff
from ambient_lsp.analyzers.styling.own_style import Surroundings
from ambient_lsp.analyzers.styling.style import SELECTION
from ambient_lsp.analyzers.styling.tidying import review
from ambient_lsp.model import FileFacts, ProofKind, RiskLevel, VerdictOutcome
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.verification.proof import same_tree
from ambient_lsp.verification.proof.base import Case
from ambient_lsp.verification.proof.normal_form import same_program
from tests.unit.agents.bench import ask


async def style(root, text, path="x.py", **more):
    return await ask(StyleEnforcer(), root, {path: text}, **more)


def patched(proposal, text, path="x.py"):
    return apply_edits({path: text}, proposal.edits)[path]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import os\nimport sys\n\nprint(sys.path)\n", "import sys\n\nprint(sys.path)\n"),
        ("import os, sys  # keep\n\nprint(sys.path)\n", "import sys  # keep\n\nprint(sys.path)\n"),
        ("x = 1   \n\n\n# note\t\ny = 2", "x = 1\n\n\n# note\ny = 2\n"),
        ("import os\r\n\r\ny = '😀'  \r\n", "y = '😀'\r\n"),
        ("def f():\n\tx = 1 \n\treturn x\n\x0c\ny = 2\n", "def f():\n\tx = 1\n\treturn x\n\x0c\ny = 2\n"),
        (
            "import abc\nimport sys\nimport os\nimport zlib\n\nprint(abc, sys, os, zlib)\n",
            "import abc\nimport os\nimport sys\nimport zlib\n\nprint(abc, sys, os, zlib)\n",
        ),
    ],
)
async def test_a_project_without_rules_gets_what_nobody_argues_about(tmp_path, before, after):
    findings, proposals = await style(tmp_path, before)
    assert findings
    assert [patched(proposal, before) for proposal in proposals] == [after]
    assert proposals[0].risk_level is RiskLevel.LOW
    assert proposals[0].proof.kind is ProofKind.SAME_TREE
    assert len(proposals[0].finding_ids) >= 1
    again, none = await style(tmp_path, after)
    assert not none
    assert not {finding.id for finding in again} & set(proposals[0].finding_ids)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1\n",
        "import os  # noqa: F401\n\nx = 1\n",
        "x = None\nif x == None:\n    pass\n",
        "import zlib\nimport os\nimport abc\nimport sys\n\nprint(zlib, os, abc, sys)\n",
        "x = '''a   \n   \n'''\n",
        "import abc\nimport sys\nimport os  # noqa: X\nimport zlib\n\nprint(abc, sys, os, zlib)\n",
        "from typing import *\n\nprint(List)\n",
        # Is there a readline here?
        "try:\n    import readline\nexcept Exception:\n    HAVE = False\n",
        '"""Frozen reference; do not modernize this fixture."""\nimport os\n',
        "# @generated\nimport os\n",
        "from typing import Dict\n\nX = {}  # type: Dict[str, int]\n",
        # Blank lines, one statement made of two, names in another order: taste, where no rule asks for it.
        "import abc\nimport os\nimport sys\nimport pytest\n\nprint(abc, os, sys, pytest)\n",
        "import abc\nimport os\nfrom sys import path as p, argv\nimport zlib\n\nprint(abc, os, p, argv, zlib)\n",
        "import abc\nimport os\nimport sys\nfrom zlib import crc32, adler32\n\nprint(abc, os, sys, crc32, adler32)\n",
        # Names in brackets are in an order of their own.
        "import abc\nimport os\nimport sys\nfrom zlib import (\n    b,\n    a,\n)\n\nprint(abc, os, sys, a, b)\n",
        # The bracket would move, too.
        "import abc\nimport os\nimport sys\nfrom zlib import (\n    b,\n    a,\n    )\n\nprint(abc, os, sys, a, b)\n",
        # One of them is out of order, but blank lines would have to come, too.
        "import abc\nimport os\nimport sys\nimport pytest\nimport zlib\n\nprint(abc, os, sys, pytest, zlib)\n",
        # Three lines are too few to speak of an order that one of them is out of.
        "import os\nimport sys\nimport abc\n\nprint(abc, os, sys)\n",
    ],
)
async def test_what_is_right_or_a_matter_of_taste_is_left_alone(tmp_path, text):
    assert (await style(tmp_path, text))[1] == []


async def test_a_package_offers_names_by_importing_them(tmp_path):
    assert await style(tmp_path, "from .a import b\n", path="pkg/__init__.py") == ([], [])


async def test_a_module_of_what_differs_between_versions_offers_what_it_imports(tmp_path):
    text = "from itertools import zip_longest\n\na = 1\n"
    assert await style(tmp_path, text, path="pkg/_compat.py") == ([], [])
    whole = "import os\n\na = 1\n"
    for other, path in ((text, "pkg/compare.py"), (text, "tests/test_compat.py"), (whole, "pkg/compat.py")):
        assert len((await style(tmp_path, other, path=path))[1]) == 1
    listed = "from itertools import zip_longest\n\n__all__ = ['a']\na = 1\n"
    assert len((await style(tmp_path, listed, path="pkg/compat.py"))[1]) == 1


async def test_what_an_example_in_a_docstring_uses_is_not_unused(tmp_path):
    head = "from pprint import pprint\n\n\ndef f(a):\n"
    text = head + '    """Return it{}.\n\n    >>> {}(f(1))\n    1\n    """\n    return a\n'
    assert await style(tmp_path, text.format("", "pprint")) == ([], [])
    _, (proposal,) = await style(tmp_path, text.format(", for pprint", "print"))
    assert "from pprint" not in patched(proposal, text.format(", for pprint", "print"))


async def test_an_import_that_asks_whether_a_module_is_there_is_never_taken_out(tmp_path):
    (tmp_path / "ruff.toml").write_text('[lint]\nselect = ["F"]\n')
    text = "import os\n\ntry:\n    import readline\nexcept Exception:\n    HAVE = False\n"
    findings, proposals = await style(tmp_path, text)
    assert len(findings) == 2
    assert proposals == []


async def test_an_import_that_is_what_is_tested_is_never_taken_out(tmp_path):
    hook = "def test_hook():\n    def f():\n        import a.b\n\n    raises(ImportError, f)\n"
    with_raises = "with raises(ImportError):\n    import a.b\n"
    for text, path in (
        (hook, "x.py"),
        (with_raises, "x.py"),
        ("import wont.exist\n", "tests/path/x.py"),
        ("def test_a():\n    import a\n\n    f()\n", "test_x.py"),
    ):
        assert await style(tmp_path, text, path=path) == ([], [])
    assert len((await style(tmp_path, "def f():\n    import a\n\n    return 1\n"))[1]) == 1


async def test_a_fixture_that_a_test_asks_for_is_not_unused(tmp_path):
    text = "from .fixtures import app, other\n\n\ndef test_it(app):\n    assert app\n"
    findings, proposals = await style(tmp_path, text, path="tests/test_x.py")
    assert [finding.message for finding in findings] == ["`.fixtures.other` imported but unused."]
    assert proposals == []  # ruff takes all of a file's unused imports out, or none


@pytest.mark.parametrize(
    "imports",
    [
        # Near before far, as some tools have it; the blank line would move.
        "import abc\nfrom typing import Any\n\nfrom .constants import A\nfrom ..sessions import B\n",
        "import abc\nfrom typing import A\n\nfrom shop.io import C\nfrom .consts import B\nfrom ..sessions import D\n",
        "import sys\nimport abc\nimport zlib\n\nfrom typing import Any\nfrom shop.writer import C\n",
    ],
)
async def test_an_order_of_imports_that_tools_do_not_agree_about_is_left(tmp_path, imports):
    names = "abc, Any, A, B, C, D, sys, zlib"
    assert (await style(tmp_path, f"{imports}\n\nprint({names})\n"))[1] == []


async def test_brackets_around_an_import_that_is_in_order_are_left(tmp_path):
    (tmp_path / "ruff.toml").write_text('[lint]\nselect = ["I"]\n[lint.isort]\nforce-single-line = true\n')
    text = (
        "from sqlalchemy.ext.proxies import (  # type: ignore[attr-defined, no-redef]\n    PROXY,\n)\n\nprint(PROXY)\n"
    )
    assert await style(tmp_path, text) == ([], [])


async def test_a_project_that_formats_its_code_without_a_word_about_it_keeps_its_layout(tmp_path):
    text = "from os import (\n    abort,\n    getcwd,\n    getenv,\n)\n\nprint([getcwd, getenv])\n"
    text = text.replace("[getcwd, getenv]", f"getcwd, {', '.join(['getenv'] * 9)}")
    _, (proposal,) = await style(tmp_path, text)
    assert ruff.formatted(text, "x.py", str(tmp_path)) == text
    tidied = patched(proposal, text)
    assert "abort" not in tidied
    assert ruff.formatted(tidied, "x.py", str(tmp_path)) == tidied


async def test_docstrings_are_written_in_the_layout_that_the_project_sets(tmp_path):
    (tmp_path / "ruff.toml").write_text('[lint]\nselect = ["D103"]\n[lint.pydocstyle]\nconvention = "google"\n')
    text = "def area(w, h):\n    if w < 0:\n        raise ValueError(w)\n    return w * h\n"
    _, (proposal,) = await style(tmp_path, text)
    assert "\n    Raises:\n        ValueError: If `w < 0`.\n" in patched(proposal, text)


async def test_the_reason_says_who_asks_for_it(tmp_path):
    _, (proposal,) = await style(tmp_path, "import os\n\nx = 1 \n")
    assert proposal.rationale == (
        "Nothing uses what is imported here; blanks at line ends show up in later diffs (F401 × 1, W291 × 1)."
    )
    (tmp_path / "ruff.toml").write_text('[lint]\nselect = ["F"]\n')
    _, (proposal,) = await style(tmp_path, "import os\n\nx = 1 \n")
    assert proposal.rationale == "The project's own ruff settings ask for it (F401 × 1)."


async def test_the_names_that_go_are_told_to_the_proof(tmp_path):
    text = "import os.path\nfrom json import dumps as d, loads\n\nprint(loads)\n"
    _, (proposal,) = await style(tmp_path, text)
    assert {"os", "d"} <= set(proposal.proof.params["removed_names"])
    assert "loads" not in proposal.proof.params["removed_names"]
    assert proposal.title == "Tidy imports in x.py (2)"
    again = "import os\n\n\ndef f():\n    import os\n\n    return os\n"
    _, (proposal,) = await style(tmp_path, again)
    assert proposal.proof.params["removed_names"] == ["os"]


@pytest.mark.parametrize(
    "other",
    [
        "from pkg.x import os\n",
        "from .x import (\n    a,\n    os,\n)\n",
        "import x\nx.os\n",
        "from x import *\n",
        "import x as y\ny.os\n",
    ],
)
async def test_an_import_that_another_file_takes_from_here_stays(tmp_path, other):
    (tmp_path / "y.py").write_text(other)
    text = "import os\n\na = 1\n"
    assert await style(tmp_path, text, impact={"x.py": ("y.py",)}) == ([], [])


async def test_an_import_that_is_not_in_all_is_not_taken_by_a_star(tmp_path):
    (tmp_path / "y.py").write_text("from x import *\n")
    text = "import os\n\n__all__ = ['a']\na = 1\n"
    assert len((await style(tmp_path, text, impact={"x.py": ("y.py",)}))[1]) == 1


async def test_a_project_with_rules_gets_those_and_no_others(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.ruff.lint]\nselect = ["UP", "W291"]\nignore = ["UP032"]\n')
    text = 'import os\nfrom typing import Optional\n\nx: Optional[int] = None \ny = "{}".format(x)\nz = set([1])\n'
    findings, proposals = await style(tmp_path, text)
    assert {finding.rule for finding in findings} <= {"AMB-STYLE-W291", "AMB-STYLE-UP045", "AMB-STYLE-UP007"}
    assert next(p.proof.kind for p in proposals) is ProofKind.SAME_TREE
    assert "import os" in patched(proposals[0], text)


async def test_a_lint_fix_that_changes_the_tree_is_a_proposal_of_its_own(tmp_path):
    (tmp_path / "ruff.toml").write_text('[lint]\nselect = ["E", "F", "W"]\n')
    text = "import os\n\nx = not abs in [1] \n"
    _, (tidy, lint) = await style(tmp_path, text)
    assert patched(tidy, text) == "x = not abs in [1]\n"
    assert patched(lint, text) == "import os\n\nx = abs not in [1] \n"
    assert lint.proof.kind is ProofKind.FINDINGS_GONE
    assert not set(tidy.finding_ids) & set(lint.finding_ids)


async def test_an_import_that_a_lint_fix_makes_unused_goes_with_it(tmp_path):
    (tmp_path / "ruff.toml").write_text('target-version = "py312"\n[lint]\nselect = ["F", "UP"]\n')
    text = "from typing import Optional\n\n\ndef f(x: Optional[str] = None):\n    return x\n"
    _, (lint,) = await style(tmp_path, text)
    assert patched(lint, text) == "def f(x: str | None = None):\n    return x\n"


@pytest.mark.parametrize("settings_file", ["[tool.black]\n", "[tool.ruff.format]\n"])
async def test_layout_is_left_to_the_projects_formatter(tmp_path, settings_file):
    (tmp_path / "pyproject.toml").write_text(settings_file)
    text = "import os\n\nx = 1   \n"
    _, (proposal,) = await style(tmp_path, text)
    assert patched(proposal, text).strip() == "x = 1"
    assert [tag for tag in proposal.tags if tag.startswith("W")] == []
    _, (proposal,) = await style(tmp_path, text, defer_to_formatter=False)
    assert "W291" in proposal.tags


async def test_a_formatted_file_stays_formatted(tmp_path):
    (tmp_path / "ruff.toml").write_text("line-length = 60\n[format]\n")
    text = (
        "from os import (\n    abort,\n    getcwd,\n    getenv,\n    getpid,\n    kill,\n)\n\nprint(getcwd, getenv)\n"
    )
    _, (proposal,) = await style(tmp_path, text)
    assert patched(proposal, text) in (
        "from os import (\n    getcwd,\n    getenv,\n)\n\nprint(getcwd, getenv)\n",
        "from os import getcwd, getenv\n\nprint(getcwd, getenv)\n",
    )


async def test_broken_settings_are_said_and_do_not_stop_the_check(tmp_path):
    (tmp_path / "ruff.toml").write_text('[lint]\nselect = ["NOPE"]\n')
    findings, _ = await style(tmp_path, "import os\n")
    assert any("settings, which ruff refuses" in finding.message for finding in findings)


async def test_half_typed_text_is_reported_as_not_checked(tmp_path):
    findings, proposals = await style(tmp_path, "import os\n\ndef f(:\n    x = \n")
    assert [finding.rule for finding in findings] == ["AMB-STYLE-UNREADABLE"]
    assert proposals == []


async def test_newer_syntax_than_this_interpreters_is_tidied_too(tmp_path):
    text = "import os\n\ntype Pair[T] = tuple[T, T]\nx = t'{Pair}'\n"
    _, (proposal,) = await style(tmp_path, text)
    assert patched(proposal, text).startswith("type Pair[T]")


async def test_missing_docstrings_are_told_only_where_most_have_one(tmp_path):
    documented = "".join(f'def {name}():\n    """{name}."""\n\n\n' for name in "abde") + "def c():\n    pass\n"
    found = {finding.rule for finding in (await style(tmp_path, documented))[0]}
    override = documented + "\n\nclass A(B):\n    '''A.'''\n\n    def f(self):\n        pass\n"
    override += "\n\nclass C:\n    '''C.'''\n\n    def __call__(self):\n        pass\n"
    assert "AMB-STYLE-D102" not in {finding.rule for finding in (await style(tmp_path, override))[0]}
    bare = documented.replace('"""b."""', "pass")
    assert "AMB-STYLE-D103" in found
    assert (await style(tmp_path, bare))[0] == []
    assert (await style(tmp_path, documented, path="tests/test_x.py"))[0] == []


async def test_code_that_was_commented_out_goes_and_what_prose_surrounds_is_left(tmp_path):
    text = "x = 1\n# y = compute(x)\n\nz = 2\n"
    findings, (proposal,) = await style(tmp_path, text)
    assert [(finding.rule, finding.span.start_line) for finding in findings] == [("AMB-STYLE-ERA001", 1)]
    assert patched(proposal, text) == "x = 1\n\nz = 2\n"
    assert await style(tmp_path, "x = 1\n# y = compute(x)\n# a sentence for people\n") == ([], [])
    example = (
        "x = 1\n# Original implementation:\n#\n#     session.setdefault('a', []).append(x)\n#\n# This was wrong.\n"
    )
    assert await style(tmp_path, example) == ([], [])
    template = "".join(f"# option_{number} = {number}\n" for number in range(20))
    assert await style(tmp_path, template) == ([], [])


async def test_a_block_of_code_is_one_finding(tmp_path):
    findings, (proposal,) = await style(tmp_path, "x = 1\n# for y in x:\n#     print(y)\n#     print(x)\n")
    assert [finding.span.end_line - finding.span.start_line for finding in findings] == [2]
    assert proposal.finding_ids == (findings[0].id,)


EVERYTHING = '''"""A module about recieving."""

import os
import sys
import sys


def area(width, height):
    return width * height


def name():
    """Return a name."""


def title():
    """Return a title."""


def read(path):
    """Return what is read.

    Args:
        file_path: Where it is.
    """
    # print(path)
    return sys.stdin, path  


def text():
    """Return text."""
    return "recieve"
'''


async def test_everything_that_keeps_the_tree_is_one_proposal(tmp_path):
    findings, (proposal,) = await style(tmp_path, EVERYTHING)
    assert (
        patched(proposal, EVERYTHING)
        == '''"""A module about receiving."""

import sys


def area(width, height):
    """Return the area, `width * height`."""
    return width * height


def name():
    """Return a name."""


def title():
    """Return a title."""


def read(path):
    """Return what is read.

    Args:
        path: Where it is.
    """
    return sys.stdin, path


def text():
    """Return text."""
    return "recieve"
'''
    )
    assert set(proposal.finding_ids) == {finding.id for finding in findings}
    assert proposal.proof.kind is ProofKind.SAME_TREE
    assert proposal.title == "Tidy imports, docstrings, comments, spelling and whitespace in x.py (7)"
    assert same_program(EVERYTHING, patched(proposal, EVERYTHING), frozenset(proposal.proof.params["removed_names"]))


async def test_a_rename_is_a_proposal_of_its_own_with_its_own_proof(tmp_path):
    names = ("first_row", "next_row", "last_row", "first_col", "next_col", "last_col")
    text = "".join(f"def {name}():\n    {name}_x = 1\n    return {name}_x\n\n\n" for name in names)
    text += "def third():\n    rowTotal = 1 \n    return rowTotal\n"
    findings, (tidy, rename) = await style(tmp_path, text)
    assert tidy.proof.params["removed_names"] == []
    assert rename.proof.params["renamed"] == {"rowTotal": "row_total"}
    assert rename.title == "Rename rowTotal to row_total in x.py"
    assert [finding.rule for finding in findings if finding.id in rename.finding_ids] == ["AMB-STYLE-NAMING"]
    case = Case(rename, {"x.py": text}, {"x.py": patched(rename, text)}, nothing, {})
    assert (await same_tree.prove(case)).reason == "the syntax tree is the same but for the new names"
    broken = replace(case, patched={"x.py": patched(rename, text).replace("= 1", "= 2")})
    assert (await same_tree.prove(broken)).outcome is VerdictOutcome.FAILED


async def nothing(agent, texts):
    return []


async def test_a_private_name_that_another_file_has_is_told_and_not_renamed(tmp_path):
    names = ("first_row", "next_row", "last_row", "first_col", "next_col", "last_col")
    text = "".join(f"def {name}():\n    return 1\n\n\n" for name in names) + "def _helpMe():\n    return 1\n"
    tree = {path: FileFacts(path, 1, "b", path[:-3]) for path in ("x.py", "y.py")}
    (tmp_path / "x.py").write_text(text)
    (tmp_path / "y.py").write_text("from x import first_row\n")
    findings, proposals = await style(tmp_path, text, tree=tree)
    assert [finding.rule for finding in findings] == ["AMB-STYLE-NAMING"]
    assert [proposal.title for proposal in proposals] == ["Rename _helpMe to _help_me in x.py"]
    (tmp_path / "y.py").write_text("import x\nx._helpMe()\n")
    assert [finding.rule for finding in (await style(tmp_path, text, tree=tree))[0]] == ["AMB-STYLE-NAMING"]
    assert (await style(tmp_path, text, tree=tree))[1] == []
    assert (await style(tmp_path, text))[1] == []  # nobody could look


async def test_a_public_name_is_told_only_if_no_other_file_has_it(tmp_path):
    names = ("first_row", "next_row", "last_row", "first_col", "next_col", "last_col")
    text = "".join(f"def {name}():\n    return 1\n\n\n" for name in names) + "def makeExtension():\n    return 1\n"
    tree = {path: FileFacts(path, 1, "b", path[:-3]) for path in ("x.py", "y.py")}
    (tmp_path / "y.py").write_text("import x\n")
    findings, proposals = await style(tmp_path, text, tree=tree)
    assert [finding.rule for finding in findings] == ["AMB-STYLE-NAMING"]
    assert proposals == []
    (tmp_path / "y.py").write_text("def makeExtension(): ...\n")
    assert await style(tmp_path, text, tree=tree) == ([], [])
    assert await style(tmp_path, text) == ([], [])


async def test_python_that_is_data_of_tests_is_left_alone(tmp_path):
    assert await style(tmp_path, "import os\n\nx = 1 \n", path="tests/fixtures/a.py") == ([], [])


async def test_a_copy_of_somebody_elses_code_is_left_alone(tmp_path):
    assert await style(tmp_path, "import os\n\nx = 1 \n", path="shop/vendored/pint/a.py") == ([], [])


async def test_a_star_import_is_expanded_from_the_repositorys_own_module(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/money.py").write_text("class Money: ...\n\n\ndef total(x): ...\n")
    paths = ("shop/money.py", "shop/cart.py")
    tree = {path: FileFacts(path, 1, "b", path[:-3].replace("/", ".")) for path in paths}
    text = "from .money import *\n\nx = total([])\n"
    findings, (proposal,) = await style(tmp_path, text, path="shop/cart.py", tree=tree)
    assert [finding.rule for finding in findings] == ["AMB-STYLE-STAR-IMPORT"]
    assert patched(proposal, text, "shop/cart.py") == "from .money import total\n\nx = total([])\n"
    assert proposal.proof.kind is ProofKind.FINDINGS_GONE


async def test_a_comment_about_a_function_that_was_renamed_is_put_right(tmp_path):
    tree = {path: FileFacts(path, 1, "b", path[:-3]) for path in ("x.py", "y.py")}
    text = "# see `parse_headers()`\ndef parse_header(line):\n    return line\n"
    (tmp_path / "y.py").write_text("import x\n")
    _, (proposal,) = await style(tmp_path, text, tree=tree)
    assert patched(proposal, text).startswith("# see `parse_header()`\n")
    (tmp_path / "y.py").write_text("def parse_headers(): ...\n")
    assert await style(tmp_path, text, tree=tree) == ([], [])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".flake8", "[flake8]\nignore = W291,F401\n"),
        (".pylintrc", "[MASTER]\ndisable=trailing-whitespace,unused-import\n"),
    ],
)
async def test_what_other_linters_ignore_is_not_reported(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    assert await style(tmp_path, "import os\n\nx = 1 \n") == ([], [])


async def test_imports_are_sorted_as_the_projects_isort_does_or_not_at_all(tmp_path):
    text = "import abc\nimport os\nfrom ast import parse\nimport sys\nimport zlib\n\nprint(abc, os, parse, sys, zlib)\n"
    assert len((await style(tmp_path, text))[1]) == 1
    (tmp_path / ".isort.cfg").write_text("[settings]\nforce_sort_within_sections = true\n")
    _, (proposal,) = await style(tmp_path, text)
    assert patched(proposal, text).startswith("import abc\nfrom ast import parse\nimport os\n")
    (tmp_path / ".isort.cfg").write_text("[settings]\nlength_sort = true\n")
    assert await style(tmp_path, text) == ([], [])


async def test_one_block_that_is_nearly_sorted_does_not_sort_the_others(tmp_path):
    text = "import abc\nimport sys\nimport os\nimport zlib\nimport ast\n\nprint(abc, sys, os, zlib)\n"
    text += "\nimport d\nimport b\nimport c\nimport a\n\nprint(a, b, c, d)\n"
    _, (proposal,) = await style(tmp_path, text)
    assert patched(proposal, text) == text.replace("import ast\n", "")


async def test_a_project_whose_settings_say_fix_is_only_looked_at(tmp_path):
    (tmp_path / "ruff.toml").write_text('fix = true\nshow-fixes = true\n[lint]\nselect = ["F401"]\n')
    texts = {"a.py": "import os\n\nx = 1\n", "b.py": "import sys\n\nx = 1\n"}
    for path, text in texts.items():
        (tmp_path / path).write_text(text)
    findings, proposals = await ask(StyleEnforcer(), tmp_path, texts)
    assert len(findings) == len(proposals) == 2
    assert {path: (tmp_path / path).read_text() for path in texts} == texts


async def test_written_docstrings_that_break_the_projects_rules_are_left_out(tmp_path):
    (tmp_path / "ruff.toml").write_text('[lint]\nselect = ["D"]\nignore = ["D100", "D203", "D213"]\n')
    text = (
        '''def b(x):\n    """Say b."""\n\n\ndef root(x):\n    if x < 0:\n        raise ValueError\n    return f(x)\n'''
    )
    findings, proposals = await style(tmp_path, text)
    assert [finding.rule for finding in findings] == ["AMB-STYLE-D103"]
    for proposal in proposals:
        assert not (await style(tmp_path, patched(proposal, text)))[0]


@pytest.mark.parametrize(
    "text",
    [
        "x = 1  # recieve  # ambient: ignore[AMB-STYLE-TYPO]\n",
        "import os  # ambient: ignore\n\nx = 1\n",
        "import os\nimport sys\nimport os  # noqa: F811\n\nprint(os, sys)\n",
        "# ambient: ignore-file[AMB-STYLE]\nimport os\n\n# y = compute(x)\nx = 1 \n",
    ],
)
async def test_what_a_comment_silences_is_not_changed(tmp_path, text):
    assert (await style(tmp_path, text))[1] == []


async def test_lines_that_end_in_different_ways_are_told(tmp_path):
    findings, proposals = await style(tmp_path, "a = 1\r\nb = 2\r\nc = 3\n")
    assert [(finding.rule, finding.span.start_line) for finding in findings] == [("AMB-STYLE-MIXED-ENDINGS", 2)]
    assert proposals == []


async def test_blanks_that_stay_in_a_string_do_not_take_over_the_ids_of_those_that_go(tmp_path):
    (tmp_path / "ruff.toml").write_text('[lint]\nselect = ["W"]\n')
    text = 'x = """\n   \na  \n"""\n\n\ndef f():\n    pass\n   \n    return 1\n'
    _, (proposal,) = await style(tmp_path, text)
    after, _ = await style(tmp_path, patched(proposal, text))
    assert after
    assert not set(proposal.finding_ids) & {finding.id for finding in after}


async def test_an_import_that_stays_does_not_take_over_the_id_of_one_that_goes(tmp_path):
    (tmp_path / "ruff.toml").write_text('[lint]\nselect = ["F401"]\n')
    text = (
        "def f():\n    from b import a\n\n    return 1\n\n\ntry:\n    from c import a\nexcept ImportError:\n    pass\n"
    )
    _, (proposal,) = await style(tmp_path, text)
    after, _ = await style(tmp_path, patched(proposal, text))
    assert after
    assert not set(proposal.finding_ids) & {finding.id for finding in after}


@pytest.mark.parametrize(
    ("imported", "other", "goes"),
    [
        ("import pkg.handlers", "@register\ndef handle():\n    pass\n", False),
        ("from pkg import handlers", "registry.add(1)\n", False),
        ("from pkg.handlers import handle", "register(int)\n", False),
        ("from pkg.handlers import handle", "@dataclass\nclass handle:\n    pass\n", True),
        ("from pkg.handlers import handle", "def handle():\n    register(int)\n", True),
    ],
)
async def test_an_unused_import_of_a_module_that_registers_itself_stays(tmp_path, imported, other, goes):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/handlers.py").write_text(other)
    tree = {"pkg/handlers.py": FileFacts("pkg/handlers.py", 1, "b", "pkg.handlers")}
    findings, proposals = await style(tmp_path, f"import sys\n{imported}\n\nprint(sys)\n", tree=tree)
    assert bool(proposals) is bool(findings) is goes


async def test_many_files_are_each_told_of_and_fixed(tmp_path):
    texts = {f"m{n}.py": f"import os\n\nx = {n}\n" for n in range(40)}
    for path in list(texts)[::2]:
        (tmp_path / path).write_text(texts[path])
    findings, proposals = await ask(StyleEnforcer(), tmp_path, texts)
    assert {finding.path for finding in findings} == {p.files_touched[0] for p in proposals} == set(texts)


def tidied(root, text):
    report = ruff.check(text, "x.py", str(root), SELECTION)
    return review(text, "x.py", str(root), True, report, True, Surroundings()).tidy.text


def test_loading_the_specialists_loads_no_parser():
    script = (
        "import sys, ambient_lsp.agents.registry, ambient_lsp.agents.style, ambient_lsp.agents.security\n"
        "print([name for name in ('libcst', 'tree_sitter', 'pygls', 'git') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout.strip() == "[]"


LINES = st.sampled_from(
    ["import os", "import sys", "from a import b, c", "x = 1  ", "print(sys, b)", "", "   ", "y = '😀' ", "# note  "]
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_tidying_twice_is_tidying_once_and_keeps_the_program(tmp_path, lines, newline, ends):
    text = newline.join(lines) + newline * ends
    once = tidied(tmp_path, text)
    assert tidied(tmp_path, once) == once
    kept = [ast.dump(node) for node in ast.parse(text).body if not isinstance(node, ast.Import | ast.ImportFrom)]
    left = [ast.dump(node) for node in ast.parse(once).body if not isinstance(node, ast.Import | ast.ImportFrom)]
    assert kept == left


async def test_an_import_that_is_written_like_the_others_goes_to_its_place_among_them(tmp_path):
    (tmp_path / "ruff.toml").write_text('[lint]\nselect = ["I"]\n')
    text = (
        "from shop.a import one\nfrom shop.b import two\nfrom shop.c import three\n\n"
        "from ._version import version\n\nprint(one, two, three, version)\n"
    )
    tree = {"shop/main.py": FileFacts("shop/main.py", len(text), "", "shop.main")}
    _, proposals = await style(tmp_path, text, "shop/main.py", tree=tree)
    (new,) = [patched(one, text, "shop/main.py") for one in proposals]
    assert new == (
        "from shop._version import version\nfrom shop.a import one\nfrom shop.b import two\n"
        "from shop.c import three\n\nprint(one, two, three, version)\n"
    )
