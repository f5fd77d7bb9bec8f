"""What a project's own files ask to be installed, and nothing that could do more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.sandbox import dependencies

if TYPE_CHECKING:
    from pathlib import Path


def test_a_project_that_names_nothing_needs_nothing(tmp_path: Path) -> None:
    assert dependencies.read(tmp_path) is None
    (tmp_path / "pyproject.toml").write_text("not toml [")
    assert dependencies.read(tmp_path) is None


def test_dependencies_extras_and_groups_with_the_locks_versions(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        """
[project]
dependencies = ["requests>=2", "attrs"]
[project.optional-dependencies]
test = ["pytest-mock", "evil @ https://example.com/evil.whl"]
docs = ["sphinx"]
[dependency-groups]
dev = ["anyio", {include-group = "lint"}]
lint = ["flake8"]
"""
    )
    (tmp_path / "uv.lock").write_text(
        """
[[package]]
name = "requests"
version = "2.31.0"
source = { registry = "https://example.com" }
[[package]]
name = "mine"
version = "0.1"
source = { editable = "." }
[[package]]
name = "numpy"
version = "1.26"
[[package]]
name = "numpy"
version = "2.0"
"""
    )
    recipe = dependencies.read(tmp_path)
    assert recipe is not None
    assert recipe.requirements == ("requests>=2", "attrs", "pytest-mock", "anyio")
    assert recipe.constraints == ("requests==2.31.0",)
    assert recipe.sources == ("pyproject.toml", "uv.lock")


def test_requirements_files_give_plain_requirements_only(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(
        "# comment\nattrs==23.1  # why\n-r more/base.txt\n-r ../../etc/passwd\n--index-url https://example.com\n-e .\n"
        "./local\ngit+https://example.com/x\nhttps://example.com/x.whl\nx --hash=sha256:1\n"
        "click[extra]>=8; python_version>'3'\n"
    )
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "base.txt").write_text("anyio~=4.0\n-r base.txt\n")
    recipe = dependencies.read(tmp_path)
    assert recipe is not None
    assert recipe.requirements == ("attrs==23.1", "anyio~=4.0", "click[extra]>=8; python_version>'3'")


def test_poetrys_older_notation_is_read_from_its_lock(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.poetry.dependencies]\nattrs = '^23'\n")
    (tmp_path / "poetry.lock").write_text('[[package]]\nname = "attrs"\nversion = "23.1.0"\n')
    recipe = dependencies.read(tmp_path)
    assert recipe is not None and recipe.requirements == recipe.constraints == ("attrs==23.1.0",)


def test_the_image_is_named_by_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("attrs\n")
    one = dependencies.read(tmp_path)
    assert one is not None and one.tag("a") == one.tag("a") != one.tag("b")
    (tmp_path / "requirements.txt").write_text("attrs\nanyio\n")
    two = dependencies.read(tmp_path)
    assert two is not None and two.tag("a") != one.tag("a")
