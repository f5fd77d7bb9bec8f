"""The documentation is checked against the program: its commands exist, and its made pages are up to date."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from ambient_lsp import config_page
from ambient_lsp.cli.app import app
from ambient_lsp.cli.exits import Exit
from tests.e2e import project
from tests.terminal import ambient

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "editors").glob("*.md"))]
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
QUICK = ("config ", "init", "trust", "untrust", "status", "telemetry ", "proposals list", "--version")


def commands() -> list[str]:
    """Return every `$ ambient ...` of the pages, once."""
    blocks = [block for page in PAGES for block in CONSOLE.findall(page.read_text(encoding="utf-8"))]
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ambient")]
    return sorted(set(lines))


@pytest.mark.parametrize("line", commands())
def test_a_documented_command_exists_with_its_options(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    command: Any = get_command(app)
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        assert words[0] in command.commands, f"there is no {words[0]!r}"
        command = command.commands[words.pop(0)]
    # Parsing runs nothing; it raises for an unknown option, a bad value or a missing argument.
    command.make_context(line, words, resilient_parsing=False)


@pytest.mark.parametrize("line", [one for one in commands() if one.removeprefix("ambient ").startswith(QUICK)])
def test_a_quick_documented_command_runs(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.make(tmp_path / "shop"))
    done = ambient(*shlex.split(line)[1:])
    assert done.code == Exit.OK, done.err


def test_the_page_of_settings_is_up_to_date() -> None:
    written = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert written == config_page.page(), "run: python -m ambient_lsp.config_page > docs/configuration.md"


def test_exit_codes_in_the_readme_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| (\d+) \| ", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(row) for row in rows] == [code.value for code in Exit]


def test_the_list_of_files_in_the_architecture_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "list_files.py"))
    written = script["PAGE"].read_text(encoding="utf-8")
    assert written == script["page"](written), "run: make docs"
