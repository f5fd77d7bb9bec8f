"""Proven fixes, taken in a real Neovim with our plugin."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors import editor
from tests.editors.scenarios import SCENARIOS, Scenario

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_proven_fix_is_taken_in_neovim(scenario: Scenario, tmp_path: Path) -> None:
    nvim = editor.installed("nvim", "bin/nvim")
    root = scenario.make(tmp_path / "shop")
    editor.run(
        [nvim, "--headless", "-u", "NONE", "-i", "NONE", "-n", "-l", editor.REPOSITORY / "tests/editors/nvim/fix.lua"],
        root,
        AMBIENT_SCENARIO=scenario.as_json(root),
        AMBIENT_PLUGIN=str(editor.REPOSITORY / "editors/nvim"),
        AMBIENT_PROGRAM=str(editor.server_program(tmp_path)),
    )
    scenario.check(root)
