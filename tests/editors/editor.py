"""Where the real editors are, and how a test runs one: with our server, for a limited time, leaving nothing behind."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from tests.real import require

REPOSITORY = Path(__file__).parents[2]
PYTHON = f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(REPOSITORY))} exec {shlex.quote(sys.executable)} "$@"\n'
"""A script that is a Python with this checkout installed."""

SECONDS = 240.0
"""How long one run of an editor may take: two quiet cores need a sixth of it."""


def installed(name: str, program: str) -> Path:
    """Return a program of an editor, below the folder that `install.sh` filled; skip the test where it is missing."""
    folder = os.environ.get("AMBIENT_EDITORS_DIR", "")
    path = Path(folder).absolute() / name / program
    sentence = f"{name} is not installed; run tests/editors/install.sh DIR {name} and set AMBIENT_EDITORS_DIR=DIR"
    require(bool(folder) and path.exists(), sentence)
    return path


def server_program(folder: Path) -> Path:
    """Write an `ambient` program that runs this checkout, as a user's own would.

    With `AMBIENT_WIRE` in its environment, what its server and the editor say is written to that file (`wire.py`).
    """
    program = folder / "ambient"
    python = shlex.quote(sys.executable)
    recorder = shlex.quote(str(Path(__file__).with_name("wire.py")))
    lines = (
        "#!/bin/sh",
        f"export PYTHONPATH={shlex.quote(str(REPOSITORY))}",
        f'[ -z "${{AMBIENT_WIRE-}}" ] || [ "${{1-}}" != server ] || wire="{recorder} $AMBIENT_WIRE {python}"',
        f'exec {python} ${{wire-}} -P -m ambient_lsp "$@"',
    )
    program.write_text("\n".join(lines) + "\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def run(argv: list[str | Path], cwd: Path, **environment: str) -> None:
    """Run an editor to its end. It and all that it started are gone afterwards; a failure shows what it printed."""
    log = cwd.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code: int | str = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            code = "none: it took too long"
        finally:
            _end(process.pid)
            process.wait()
    assert code == 0, f"exit code {code}\n" + log.read_text(encoding="utf-8", errors="replace")[-8000:]


def _end(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
