"""Make the README's pictures of Neovim: `AMBIENT_EDITORS_DIR=DIR python -m tests.editors.screenshot_nvim [FOLDER]`.

A real Neovim in a real terminal (tmux); what the terminal shows is drawn by rich, and made a PNG by chromium.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tests.editors import editor, scenarios
from tests.editors.scenarios import HASH, STYLE

COLUMNS, LINES = 132, 25
_NIGHT = TerminalTheme((20, 22, 27), (224, 226, 234), [(20, 22, 27)] + [(224, 226, 234)] * 7)
"""The colours of Neovim's own default scheme, for what has none."""

_STOCK = replace(
    STYLE,
    file="stock.py",
    text='''"""The shop's stock."""

import json
import os
import re
from pathlib import Path
from typing import Any

WORD = re.compile(r"[a-z]+")


def stocked(item: str, count: int) -> str:
    """Return an entry of the stock, as JSON."""
    return json.dumps({"item": item, "count": count, "words": WORD.findall(item)})


def write(file: Path, entries: list[str]) -> None:
    """Write the stock."""
    file.write_text("\\n".join(entries))
''',
    test=STYLE.test.replace("report", "stock").replace("2}", '2, "words": ["tea"]}'),
)


class Terminal:
    """A terminal with a program in it, which is told keys and read from."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def tmux(self, *arguments: str) -> str:
        """Run a command of tmux, and return what it prints."""
        argv = ["tmux", "-S", str(self._socket), "-f", "/dev/null", *arguments]
        return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout

    def press(self, *keys: str) -> None:
        """Press keys; those with a name of tmux's, as `Enter`, are pressed as that."""
        self.tmux("send-keys", *keys)

    def wait(self, words: str) -> None:
        """Wait until these words are on the screen."""
        deadline = time.monotonic() + 60
        while words not in (screen := self.tmux("capture-pane", "-p")):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{words!r} did not appear:\n{screen}")
            time.sleep(0.2)

    def picture(self, png: Path) -> None:
        """Write what is on the screen."""
        console = Console(record=True, width=COLUMNS, file=StringIO(), color_system="truecolor", legacy_windows=False)
        console.print(Text.from_ansi(self.tmux("capture-pane", "-e", "-p").rstrip("\n")), no_wrap=True, crop=False)
        page = self._socket.with_name("screen.svg")
        page.write_text(console.export_svg(title="nvim", theme=_NIGHT), encoding="utf-8")
        size = f"--window-size={round(COLUMNS * 12.2) + 20},{round(LINES * 24.4) + 62}"
        argv = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", size]
        data = f"--user-data-dir={self._socket.with_name('chromium')}"
        subprocess.run([*argv, data, f"--screenshot={png}", page.as_uri()], check=True, capture_output=True, timeout=60)


@contextmanager
def neovim(folder: Path, file: Path) -> Iterator[Terminal]:
    """Open a file in Neovim with the plugin.

    A Neovim that was unpacked cannot start itself once more, which is how it makes its screen: so that is asked for.
    """
    program = editor.installed("nvim", "bin/nvim")
    settings = {
        "AMBIENT_PLUGIN": str(editor.REPOSITORY / "editors/nvim"),
        "AMBIENT_PROGRAM": str(editor.server_program(folder)),
    }
    place = folder / "nvim.socket"
    configuration = Path(__file__).parent / "nvim/picture.lua"
    argv = [program, "--headless", "--listen", place, "-u", configuration, "-i", "NONE", file.name]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(argv, cwd=file.parent, env=os.environ | settings, **quiet)
    terminal = Terminal(folder / "tmux.socket")
    try:
        while not place.exists():
            time.sleep(0.1)
        size = ["-x", str(COLUMNS), "-y", str(LINES), "-e", "COLORTERM=truecolor"]
        terminal.tmux("new-session", "-d", *size, str(program), "--server", str(place), "--remote-ui")
        terminal.tmux("set-option", "-g", "status", "off")
        yield terminal
        terminal.press("Escape", ":qa!", "Enter")
        process.wait(20)
    finally:
        process.kill()
        subprocess.run(["tmux", "-S", folder / "tmux.socket", "kill-server"], capture_output=True, check=False)


def take(folder: Path, pictures: Path) -> None:
    """Take all pictures, of a project that is made below `folder`."""
    root = scenarios.make(folder / "shop", [_STOCK, HASH])
    with neovim(folder, root / HASH.file) as terminal:
        terminal.wait("(fix proven)")
        terminal.press("/md5", "Enter")
        terminal.press(":lua vim.lsp.buf.code_action()", "Enter")
        terminal.wait("proven:")
        terminal.picture(pictures / "nvim.png")
        terminal.press("q", "Enter")
        terminal.press(f":edit {_STOCK.file}", "Enter")
        terminal.wait("2 fixes\n")
        terminal.press(":Ambient proposals", "Enter")
        terminal.wait("Tidy imports")
        terminal.picture(pictures / "nvim-proposals.png")
        terminal.press(":cclose", "Enter")
        terminal.press("/import os", "Enter")
        terminal.press(":Ambient preview", "Enter")
        terminal.wait("taken 2/2")
        terminal.press("Tab", "x")
        terminal.wait("left out")
        terminal.picture(pictures / "nvim-preview.png")


if __name__ == "__main__":
    os.environ.pop("TMUX", None)
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else editor.REPOSITORY / "docs/images"
    given.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        take(Path(temporary), given.absolute())
