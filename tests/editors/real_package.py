"""A day in a real package, as its authors published it: `... python -m tests.editors.real_package [FOLDER]`.

The package is TinyDB, with its own tests and an environment of its own; `install.sh` fetched both. Its own problems are
what is fixed: an import that nothing uses, blanks at the ends of lines. One file is added, as somebody would who works
on it: a function that hashes with MD5, and a test of it, since the package has no fix of high risk to refuse.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from ambient_lsp.llm.fake.script import Answer, Question
from tests.e2e import project, test_batch
from tests.editors import day, editor, thinking
from tests.editors.day import Fix, Plan
from tests.editors.scenarios import HASH
from tests.editors.screenshot import SLOWLY

NAME = "tinydb"
TASK = "Name the license in the first line of each file"
LICENSE = "# SPDX-License-Identifier: MIT\n"
TAKEN = Fix("tinydb/middlewares.py", "Tidy imports", line="from typing import Optional")
CHOSEN = Fix(
    "tests/test_utils.py",
    "Tidy whitespace",
    part="line 107",
    stays="    cache = LRUCache(capacity=3)\n    \n",
    goes='    assert cache.lru == ["a", "b", "c"]\n    \n',
)
REFUSED = Fix("tinydb/tokens.py", HASH.action, line="md5")
_IGNORED = ".venv/\n.ambient/\n__pycache__/\n.pytest_cache/\n.coverage\n"


def live(folder: Path, pictures: Path) -> Path:
    """Live through the day below `folder`, with a new VS Code; return the package as it is afterwards."""
    root, ran = folder / NAME, folder / "ran"

    def answer(question: Question) -> Answer:
        found = test_batch.FILE.findall(question.prompt)
        reply = license_line(root, found[-1]) if found else test_batch.docstrings(question)
        return Answer(reply, pace=SLOWLY)

    with thinking.model(answer) as host:
        make(root, ran, host.base_url)
        plan = Plan(root, ran, REFUSED, TAKEN, CHOSEN, batch="operations.py", task=TASK)
        day.live(plan, pictures)
    return root


def make(root: Path, ran: Path, url: str) -> None:
    """Unpack the package, with an environment for its tests, and commit it. Its Python writes the file `ran`."""
    installed = editor.installed(NAME, "source").resolve()
    shutil.copytree(installed, root)
    venv.create(root / ".venv", with_pip=True, symlinks=True)
    wheels = ["--no-index", "--find-links", installed.with_name("wheels")]
    needed = ["pytest", "pytest-cov", "pyyaml"]
    pip = [root / ".venv/bin/python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, *wheels, *needed], check=True, capture_output=True)
    (modules,) = root.glob(".venv/lib/python3.*/site-packages")
    trace = f"import os; exec(\"try:\\n open({str(ran)!r}, 'w').close()\\nexcept OSError: pass\")\n"
    (modules / "tells.pth").write_text(trace, encoding="utf-8")
    files = {
        ".gitignore": _IGNORED,
        ".ambient.yml": thinking.CONFIG.format(url=url),
        REFUSED.file: HASH.text,
        "tests/test_tokens.py": HASH.test.replace("from tokens", "from tinydb.tokens"),
    }
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    project.git(root, "init", "-q", "-b", "main")
    project.git(root, "add", "-A")
    project.git(root, "commit", "-qm", "as it is published, and tokens")


def license_line(root: Path, path: str) -> str:
    """Answer the batch's task for one file, as a good model would."""
    first = "".join((root / path).read_text(encoding="utf-8").splitlines(keepends=True)[:2])
    block = f"<<<<<<< SEARCH\n{first}=======\n{LICENSE}{first}>>>>>>> REPLACE\n"
    return f"The license.\n\n{path}\n````python\n{block}````\n"


if __name__ == "__main__":
    os.environ.pop("TMUX", None)
    with tempfile.TemporaryDirectory() as temporary:
        live(Path(temporary), Path(sys.argv[1]) if len(sys.argv) > 1 else Path("build/day"))
