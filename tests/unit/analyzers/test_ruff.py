"""Ruff's answers about texts in memory and on disk, with every position on the right character."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers import ruff
from ambient_lsp.analyzers.ruff import Selection
from ambient_lsp.analyzers.ruff_settings import RuffSettings, matches, read_settings
from ambient_lsp.patching.edits import apply_replacements
from ambient_lsp.text import Lines

WHITESPACE = Selection(select=("W291", "F541", "E711"))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("indent", ["    ", "\t"])
def test_positions_are_code_points_of_the_text(tmp_path, newline, indent):
    text = newline.join(
        ["\x0c", "def f():", indent + "é = '😀😀'; x = f'abc'; y = x == None  ", indent + "return é", ""]
    )
    report = ruff.check(text, "x.py", str(tmp_path), WHITESPACE)
    lines = Lines(text)
    assert {found.code: lines.slice(found.span) for found in report.diagnostics} == {
        "W291": "  ",
        "F541": "f'abc'",
        "E711": "None",
    }
    fixes = {found.code: found for found in report.diagnostics}
    assert fixes["F541"].safe
    assert not fixes["E711"].safe
    assert apply_replacements(text, fixes["F541"].fix.replacements) == text.replace("f'abc'", "'abc'")


def test_many_texts_are_checked_as_given_wherever_they_are(tmp_path):
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text("import os\n")
    texts = {"a.py": "import os\n", "b.py": "import os\n", "c.py": "import sys\n", "new.py": "import re\n"}
    reports = ruff.check_many(texts, str(tmp_path), Selection(select=("F401",)))
    assert {path: report.diagnostics[0].message for path, report in reports.items()} == {
        "a.py": "`os` imported but unused",
        "b.py": "`os` imported but unused",
        "c.py": "`sys` imported but unused",
        "new.py": "`re` imported but unused",
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.py", "b.py", "c.py"]


def test_settings_that_ruff_refuses_are_left_aside_and_said(tmp_path):
    (tmp_path / "ruff.toml").write_text("lines = nonsense\n")
    report = ruff.check("import os\n", "x.py", str(tmp_path), Selection(extend_select=("F401",)))
    assert [found.code for found in report.diagnostics] == ["F401"]
    assert "which ruff refuses" in report.note


def test_settings_that_ruff_refuses_in_one_folder_hold_no_other_back(tmp_path):
    texts = {"a/x.py": "import os\n", "b/x.py": "import os\n", "b/y.py": "import os\n"}
    for path, text in texts.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "a/ruff.toml").write_text("lines = nonsense\n")
    (tmp_path / "b/ruff.toml").write_text('lint.ignore = ["F401"]\n')
    reports = ruff.check_many(texts, str(tmp_path), Selection(extend_select=("W291",)))
    assert [bool(report.note) for report in reports.values()] == [True, False, False]
    assert not reports["b/x.py"].diagnostics


def test_a_text_that_cannot_be_parsed_says_where(tmp_path):
    report = ruff.check("x = 1\ndef f(:\n", "x.py", str(tmp_path), WHITESPACE)
    assert report.syntax_error is not None
    assert report.syntax_error.span.start_line == 1
    assert ruff.fixed("def f(:  \n", "x.py", str(tmp_path), WHITESPACE) == "def f(:  \n"


def test_an_excluded_file_has_no_findings_and_keeps_its_text(tmp_path):
    (tmp_path / "ruff.toml").write_text('exclude = ["gen"]\n')
    selection = Selection(select=("F401",), force_exclude=True)
    assert ruff.check("import os\n", "gen/x.py", str(tmp_path), selection).diagnostics == ()
    assert ruff.fixed("import os\n", "gen/x.py", str(tmp_path), selection) == "import os\n"


@pytest.mark.parametrize(
    ("code", "prefix", "expected"),
    [("E501", "E", True), ("ERA001", "E", False), ("PLR0911", "PL", True), ("S101", "S1", True), ("S101", "ALL", True)],
)
def test_rule_prefixes_are_read_as_ruff_reads_them(code, prefix, expected):
    assert matches(code, prefix) is expected


def test_the_nearest_settings_hold_and_inherit(tmp_path):
    (tmp_path / "base.toml").write_text('[lint]\nselect = ["D"]\nignore = ["D100"]\n')
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/ruff.toml").write_text('extend = "../base.toml"\n[lint]\nextend-select = ["I"]\n[format]\n')
    (tmp_path / "pyproject.toml").write_text("[tool.black]\n")
    settings = read_settings(str(tmp_path), "pkg/x.py")
    assert settings == RuffSettings(("D", "I"), ("D100",), "ruff")
    assert settings.asks_for("D103")
    assert not settings.asks_for("D100")
    assert read_settings(str(tmp_path), "x.py") == RuffSettings(formatter="black")
