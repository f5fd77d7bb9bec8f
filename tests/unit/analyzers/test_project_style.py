"""What the project's tools are told to leave alone is left alone."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.styling.project_style import read_style


def style(tmp_path, name, content, path="pkg/mod.py"):
    (tmp_path / name).write_text(content)
    return read_style(str(tmp_path), path)


@pytest.mark.parametrize(
    ("name", "content", "formatter"),
    [
        ("pyproject.toml", "[tool.black]\n", "black"),
        ("pyproject.toml", "[tool.ruff.format]\n", "ruff"),
        ("pyproject.toml", "[tool.yapf]\n", "yapf"),
        ("pyproject.toml", "[tool.autopep8]\n", "autopep8"),
        ("setup.cfg", "[yapf]\nbased_on_style = pep8\n", "yapf"),
        (".style.yapf", "[style]\nbased_on_style = google\n", "yapf"),
        (".pre-commit-config.yaml", "repos:\n- repo: x\n  hooks:\n    - id: ruff-format\n", "ruff"),
        (".pre-commit-config.yaml", "repos:\n- repo: x\n  hooks:\n  - id: autopep8\n", "autopep8"),
        (".pre-commit-config.yaml", "repos:\n- repo: x\n  hooks:\n  - id: darker\n", "darker"),
        ("setup.cfg", "[metadata]\nname = x\n", ""),
    ],
)
def test_the_formatter_is_found_wherever_it_is_set_up(tmp_path, name, content, formatter):
    assert style(tmp_path, name, content).formatter == formatter


@pytest.mark.parametrize(
    ("name", "content", "refused", "kept"),
    [
        (".flake8", "[flake8]\nignore = W291, F401  # both\n", "W291 F401", "W293 F541"),
        ("setup.cfg", "[flake8]\nextend-ignore =\n    W291,\n    W5\n", "W291 W503", "W293 F401"),
        ("tox.ini", "[flake8]\nselect = E,F\n", "W291", "F401 D103"),
        ("tox.ini", "[pycodestyle]\nignore = W29\n", "W291 W293", "F401"),
        (".flake8", "[flake8]\nper-file-ignores =\n    pkg/*: F401\n    other.py: W291\n", "F401", "W291"),
        (".flake8", "[flake8]\nper-file-ignores = __init__.py:F401,mod.py:W291\n", "W291", "F401"),
        (".pylintrc", "[MESSAGES CONTROL]\ndisable=trailing-whitespace,\n    invalid-name\n", "W291 N802", "F401"),
        ("pyproject.toml", '[tool.pylint."messages control"]\ndisable = ["W0611", "C0116"]\n', "F401 D103", "W291"),
        ("pyproject.toml", '[tool.pydocstyle]\nadd-ignore = ["D102"]\n', "D102", "D103"),
        (".editorconfig", "[*.{py,pyi}]\ntrim_trailing_whitespace = false\n", "W291 W293", "W292"),
        (".editorconfig", "root = true\n[*]\ninsert_final_newline = false\n", "W292", "W291"),
        (".editorconfig", "[*.md]\ntrim_trailing_whitespace = false\n", "", "W291"),
        (".flake8", "not = an ini [file", "", "F401"),
    ],
)
def test_what_another_tool_ignores_is_refused(tmp_path, name, content, refused, kept):
    found = style(tmp_path, name, content)
    assert [code for code in refused.split() if not found.refuses(code)] == []
    assert [code for code in kept.split() if found.refuses(code)] == []


def test_line_length_quotes_and_words(tmp_path):
    (tmp_path / ".editorconfig").write_text("[*]\nmax_line_length = 70\nquote_type = single\n")
    found = read_style(str(tmp_path), "a.py")
    assert (found.line_length, found.quotes) == (70, "'")
    text = "[tool.black]\nline-length = 99\n[tool.codespell]\nignore-words-list = 'recieve,teh'\n"
    found = style(tmp_path, "pyproject.toml", text)
    assert (found.line_length, found.quotes) == (99, '"')
    assert found.known_words == {"recieve", "teh"}


@pytest.mark.parametrize(
    ("content", "sorting"),
    [
        ('[tool.isort]\nprofile = "black"\n', ()),
        ("[tool.isort]\nline_length = 99\nmulti_line_output = 3\n", ()),
        ("[tool.isort]\nforce_single_line = true\n", ("lint.isort.force-single-line=true",)),
        ('[tool.isort]\nknown_first_party = ["a"]\n', ('lint.isort.known-first-party=["a"]',)),
        ("[tool.isort]\nlength_sort = true\n", None),
        ('[tool.isort]\nprofile = "wemake"\n', None),
    ],
)
def test_isort_is_told_to_ruff_or_left_alone(tmp_path, content, sorting):
    found = style(tmp_path, "pyproject.toml", content)
    assert found.isort
    assert found.sorting == sorting
