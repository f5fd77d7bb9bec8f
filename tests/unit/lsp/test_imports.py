"""What is loaded before `initialize` is answered: pygls and little else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = (
    "difflib",
    "docker",
    "git",
    "libcst",
    "psutil",
    "pydantic",
    "rich",
    "typer",
    "watchfiles",
    "ambient_lsp.engine.engine",
)


def test_the_server_module_loads_nothing_heavy_but_pygls():
    code = f"import sys, ambient_lsp.lsp.server; print([name for name in {HEAVY!r} if name in sys.modules])"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
