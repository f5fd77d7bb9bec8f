"""Proven fixes, taken in a real Neovim with our plugin."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.editors import editor, scenarios, thinking, visit
from tests.editors.scenarios import HASH, SCENARIOS, Scenario
from tests.editors.visit import Visit

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(260)]


PLUGIN = editor.REPOSITORY / "editors/nvim"


@pytest.fixture(scope="module")
def neovim(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """What one Neovim left in which all fixes were taken."""
    folder = tmp_path_factory.mktemp("neovim")
    return visit.pay(folder, SCENARIOS, lambda root, facts: run("fix.lua", root, facts))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_proven_fix_is_taken_in_neovim(scenario: Scenario, neovim: Visit) -> None:
    neovim.check(scenario)


def test_nothing_but_the_fixes_is_changed_in_neovim(neovim: Visit) -> None:
    neovim.check_the_rest()


def test_every_word_of_the_command_works_in_neovim(tmp_path: Path) -> None:
    doc = shutil.copytree(PLUGIN / "doc", tmp_path / "doc")
    root = scenarios.make(tmp_path / "shop", [HASH])
    run("words.lua", root, {"AMBIENT_SCENARIO": json.dumps(HASH.facts(root)), "AMBIENT_TAGS": str(doc)})
    assert ":Ambient" in (doc / "tags").read_text(encoding="utf-8")


def test_what_a_model_says_is_shown_refined_proven_and_taken_in_neovim(tmp_path: Path) -> None:
    thinking.live_through(tmp_path, lambda root, facts: run("thinking.lua", root, facts), tells_trust=False)


def run(script: str, root: Path, environment: dict[str, str]) -> None:
    nvim = editor.installed("nvim", "bin/nvim")
    editor.run(
        [nvim, "--headless", "-u", "NONE", "-i", "NONE", "-n", "-l", Path(__file__).parent / "nvim" / script],
        root,
        AMBIENT_PLUGIN=str(PLUGIN),
        AMBIENT_PROGRAM=str(editor.server_program(root.parent)),
        **environment,
    )
