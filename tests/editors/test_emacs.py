"""Proven fixes, taken in a real Emacs with its own client, eglot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors import editor
from tests.editors.scenarios import SCENARIOS, Scenario

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_proven_fix_is_taken_in_emacs(scenario: Scenario, tmp_path: Path) -> None:
    emacs = editor.installed("emacs", "bin/emacs")
    root = scenario.make(tmp_path / "shop")
    editor.run(
        [emacs, "--batch", "-Q", "-l", editor.REPOSITORY / "tests/editors/emacs/fix.el"],
        root,
        HOME=str(tmp_path),
        AMBIENT_SCENARIO=scenario.as_json(root),
        AMBIENT_PROGRAM=str(editor.server_program(tmp_path)),
    )
    scenario.check(root)
