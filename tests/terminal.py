"""Running `ambient` in tests: in this process for speed, as a process of its own where that is what is tested."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ambient_lsp.cli import app

CHECKOUT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def ambient(*arguments: str | Path) -> Done:
    """Run a command in this process, as `python -m ambient_lsp` would, and return what it did."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = app.run([str(one) for one in arguments])
    return Done(code, out.getvalue(), err.getvalue())


def start(*arguments: str | Path, cwd: Path, **options: Any) -> subprocess.Popen[str]:
    """Start a command as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1", **options.pop("env", {})}
    return subprocess.Popen(
        [sys.executable, "-m", "ambient_lsp", *map(str, arguments)],
        cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True, **options,
    )  # fmt: skip


def finished(process: subprocess.Popen[str], timeout: float = 50) -> Done:
    out, err = process.communicate(timeout=timeout)
    return Done(process.returncode, out, err)
