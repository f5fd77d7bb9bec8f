"""A terminal with an editor in it, as a person has it: keys go in, and what is on the screen is looked at."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.real import require

T = TypeVar("T")

_LOOK = 0.1

SECONDS = 60.0
"""How long a person would wait for anything here: two quiet cores need a tenth of it."""

SIZE = (150, 40)
"""Columns and lines."""


class Terminal:
    """One program in a tmux of its own."""

    def __init__(self, tmux: Sequence[str]) -> None:
        self._tmux = tmux

    def text(self, text: str) -> None:
        """Type a text as it is."""
        subprocess.run([*self._tmux, "send-keys", "-l", "--", text], check=True)

    def keys(self, *names: str) -> None:
        """Press keys by tmux's names for them: `Enter`, `C-g`, `M-x`."""
        subprocess.run([*self._tmux, "send-keys", "--", *names], check=True)

    def screen(self, *, coloured: bool = False) -> str:
        """Return what is on the screen, with the terminal's own marks for colours if they are wanted."""
        argv = [*self._tmux, "capture-pane", "-p", *(["-e"] if coloured else [])]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout

    def shows(self, *words: str) -> str:
        """Wait until one of these is on the screen, and return which."""
        return self.wait(" or ".join(words), lambda: next((one for one in words if one in self.screen()), ""))

    def wait(self, what: str, look: Callable[[], T], *, every: float = _LOOK) -> T:
        """Call `look` until it returns something, and return that."""
        deadline = time.monotonic() + SECONDS
        while not (found := look()):
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            time.sleep(every)
        return found


@contextmanager
def terminal(
    argv: Sequence[str | Path], cwd: Path, environment: Mapping[str, str], *, size: tuple[int, int] = SIZE
) -> Iterator[Terminal]:
    """Run a program in a terminal; it is gone afterwards, with all that it started."""
    program = shutil.which("tmux")
    require(program is not None, "tmux is not installed")
    assert program is not None
    folder = Path(tempfile.mkdtemp(prefix="ambient-tmux-"))  # a socket's path must be short
    tmux = [program, "-u", "-S", str(folder / "socket"), "-f", "/dev/null"]
    command = shlex.join(["env", *(f"{name}={value}" for name, value in environment.items()), *map(str, argv)])
    columns, lines = map(str, size)
    try:
        subprocess.run(
            [*tmux, "new-session", "-d", "-x", columns, "-y", lines, "-c", str(cwd), f"exec {command}"], check=True
        )
        # What it prints when it ends too early can still be looked at.
        subprocess.run([*tmux, "set-option", "-g", "remain-on-exit", "on"], check=True)
        subprocess.run([*tmux, "set-option", "-g", "escape-time", "0"], check=True)
        yield Terminal(tmux)
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)
