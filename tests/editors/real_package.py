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
from collections.abc import Mapping
from pathlib import Path

from ambient_lsp.llm.fake.script import Answer, Question
from tests.e2e import project, test_batch
from tests.editors import day, editor, thinking
from tests.editors.day import Fix, Plan
from tests.editors.scenarios import HASH, TYPED
from tests.editors.screenshot import SLOWLY

NAME = "tinydb"
TASK = "Name the license in the first line of each file"
LICENSE = "# SPDX-License-Identifier: MIT\n"
TAKEN = Fix("tinydb/middlewares.py", "Tidy imports", line="from typing import Optional", rule="AMB-STYLE-F401")
CHOSEN = Fix(
    "tests/test_utils.py",
    "Tidy whitespace",
    rule="AMB-STYLE-W293",
    part="line 107",
    stays="    cache = LRUCache(capacity=3)\n    \n",
    goes='    assert cache.lru == ["a", "b", "c"]\n    \n',
)
REFUSED = Fix("tinydb/tokens.py", HASH.action, line="md5", rule=HASH.rule)
_IGNORED = ".venv/\n.ambient/\n__pycache__/\n.pytest_cache/\n.coverage\n"


def live(folder: Path, pictures: Path) -> Path:
    """Live through the day below `folder`, with a new VS Code; return the package as it is afterwards."""
    root = folder / NAME
    with thinking.model(lambda question: Answer(answer(root, question), pace=SLOWLY)) as host:
        day.live(make(root, folder / "ran", host.base_url), pictures)
    return root


def modules() -> list[Path]:
    """Return the modules of the package, the added one among them, in the order of their names."""
    source = editor.installed(NAME, "source") / NAME
    return sorted([*source.glob("*.py"), source / Path(REFUSED.file).name])


def make(root: Path, ran: Path, url: str, more: Mapping[str, str] | None = None) -> Plan:
    """Unpack the package, with an environment for its tests, and commit it, with `more` files where some are given.

    Its Python writes the file `ran` when it is run outside of a sandbox.
    """
    installed = editor.installed(NAME, "source").resolve()
    shutil.copytree(installed, root)
    venv.create(root / ".venv", with_pip=True, symlinks=True)
    wheels = ["--no-index", "--find-links", installed.with_name("wheels")]
    needed = ["pytest", "pytest-cov", "pyyaml"]
    pip = [root / ".venv/bin/python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, *wheels, *needed], check=True, capture_output=True)
    (packages,) = root.glob(".venv/lib/python3.*/site-packages")
    trace = f"import os; exec(\"try:\\n open({str(ran)!r}, 'w').close()\\nexcept OSError: pass\")\n"
    (packages / "tells.pth").write_text(trace, encoding="utf-8")
    files = {
        ".gitignore": _IGNORED,
        ".ambient.yml": thinking.CONFIG.format(url=url),
        REFUSED.file: HASH.text,
        "tests/test_tokens.py": HASH.test.replace("from tokens", "from tinydb.tokens"),
        **(more or {}),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    project.git(root, "init", "-q", "-b", "main")
    project.git(root, "add", "-A")
    project.git(root, "commit", "-qm", "as it is published, and tokens")
    return Plan(root, ran, REFUSED, TAKEN, CHOSEN, batch="operations.py", task=TASK)


def answer(root: Path, question: Question) -> str:
    """Do the batch's task for a file, as a good model would; a specialist of the editor finds nothing."""
    found = test_batch.FILE.findall(question.prompt)
    if not found:
        return test_batch.docstrings(question)
    first = "".join((root / found[-1]).read_text(encoding="utf-8").splitlines(keepends=True)[:2])
    block = f"<<<<<<< SEARCH\n{first}=======\n{LICENSE}{first}>>>>>>> REPLACE\n"
    return f"The license.\n\n{found[-1]}\n````python\n{block}````\n"


def check(root: Path, *, applied: bool = False) -> None:
    """Assert that nothing was changed but what was taken and typed, and that the package's tests pass.

    `applied` is whether the fix that was refused at first was taken later in the day.
    """
    lines = project.git(root, "diff", "--unified=0").splitlines()
    changed = [
        line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---") and line[1:] != TYPED.strip()
    ]
    blank, unused = ["-    ", "+"], ["-" + TAKEN.line]
    assert changed[:5] == [*blank, *blank, *unused], "two of the three blank lines, and the import"
    assert len(changed) == (7 if applied else 5), changed
    assert "??" not in project.git(root, "status", "--porcelain", "--untracked-files=all")
    argv = [root / ".venv/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    tests = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    assert "220 passed" in tests.stdout, tests.stdout


if __name__ == "__main__":
    os.environ.pop("TMUX", None)
    with tempfile.TemporaryDirectory() as temporary:
        live(Path(temporary), Path(sys.argv[1]) if len(sys.argv) > 1 else Path("build/day"))
