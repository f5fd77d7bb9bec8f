"""Proven fixes, taken in a real Neovim with our plugin."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.editors import editor
from tests.editors.scenarios import HASH, SCENARIOS, Scenario

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(180)]


PLUGIN = editor.REPOSITORY / "editors/nvim"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_proven_fix_is_taken_in_neovim(scenario: Scenario, tmp_path: Path) -> None:
    root = scenario.make(tmp_path / "shop")
    run("fix.lua", scenario, root)
    scenario.check(root)


def test_every_word_of_the_command_works_in_neovim(tmp_path: Path) -> None:
    doc = shutil.copytree(PLUGIN / "doc", tmp_path / "doc")
    run("words.lua", HASH, HASH.make(tmp_path / "shop"), AMBIENT_TAGS=str(doc))
    assert ":Ambient" in (doc / "tags").read_text(encoding="utf-8")


def run(script: str, scenario: Scenario, root: Path, **environment: str) -> None:
    nvim = editor.installed("nvim", "bin/nvim")
    editor.run(
        [nvim, "--headless", "-u", "NONE", "-i", "NONE", "-n", "-l", Path(__file__).parent / "nvim" / script],
        root,
        AMBIENT_SCENARIO=scenario.as_json(root),
        AMBIENT_PLUGIN=str(PLUGIN),
        AMBIENT_PROGRAM=str(editor.server_program(root.parent)),
        **environment,
    )
