"""Make the pictures of VS Code: `AMBIENT_EDITORS_DIR=DIR python -m tests.editors.screenshot [FOLDER]`.

They are taken while somebody works with the extension in a project with planted problems.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from ambient_lsp.llm.fake.script import Answer, Pace, Question
from tests.e2e import project, test_batch
from tests.editors import day, editor, scenarios, thinking
from tests.editors.day import Fix, Plan
from tests.editors.scenarios import HASH, SLOW, STYLE, Scenario

FILES = 6
"""Files of the batch: enough to cancel it half-way."""
SLOWLY = Pace(first=1.5)


def answer(question: Question) -> Answer:
    """Play a model that does a task well, and takes its time."""
    return Answer(test_batch.docstrings(question), pace=SLOWLY)


def take(folder: Path, pictures: Path, *, dark: bool = False) -> Path:
    """Live through the story below `folder`, with a new VS Code; return the project as it is afterwards."""
    root, ran = folder / "shop", folder / "ran"
    with thinking.model(answer) as host:
        _project(root, ran, host.base_url)
        plan = Plan(
            root,
            ran,
            refused=Fix(HASH.file, HASH.action, line="md5"),
            taken=Fix(SLOW.file, SLOW.action),
            chosen=Fix(STYLE.file, STYLE.action, part="import os", stays="import os\n", goes="str:   \n"),
            batch="m00.py",
            task=test_batch.TASK,
        )
        day.live(plan, pictures, dark=dark)
    return root


def _project(root: Path, ran: Path, url: str) -> None:
    problems: list[Scenario] = [STYLE, HASH, SLOW]
    scenarios.make(root, problems)
    batch = test_batch.make(root.with_name("batch"), FILES)
    for name in ("agents", "tests"):
        shutil.copytree(batch / name, root / name, dirs_exist_ok=True)
    (root / ".ambient.yml").write_text(thinking.CONFIG.format(url=url), encoding="utf-8")
    # What a repository could bring: a Python of its own, which tells that it was run.
    python = root / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\ntouch '{ran}'\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)
    (root / ".gitignore").write_text(".venv/\n", encoding="utf-8")
    project.git(root, "add", "-A")
    project.git(root, "commit", "-qm", "all of it")


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else editor.REPOSITORY / "docs/images"
    with tempfile.TemporaryDirectory() as temporary:
        take(Path(temporary), given)
