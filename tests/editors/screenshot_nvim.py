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
from tests.editors import screen as screens
from tests.editors.scenarios import HASH, STYLE
from tests.editors.screen import Terminal

SIZE = (132, 25)
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
    try:
        while not place.exists():
            time.sleep(0.1)
        screen = [program, "--server", place, "--remote-ui"]
        with screens.terminal(screen, folder, {"COLORTERM": "truecolor"}, size=SIZE) as terminal:
            yield terminal
            terminal.keys("Escape")
            command(terminal, "qa!")
            process.wait(20)
    finally:
        process.kill()


def command(terminal: Terminal, line: str) -> None:
    """Type a command of Neovim's."""
    terminal.text(f":{line}")
    terminal.keys("Enter")


def picture(terminal: Terminal, folder: Path, png: Path) -> None:
    """Write what is on the screen."""
    columns, lines = SIZE
    console = Console(record=True, width=columns, file=StringIO(), color_system="truecolor", legacy_windows=False)
    console.print(Text.from_ansi(terminal.screen(coloured=True).rstrip("\n")), no_wrap=True, crop=False)
    page = folder / "screen.svg"
    page.write_text(console.export_svg(title="nvim", theme=_NIGHT), encoding="utf-8")
    size = f"--window-size={round(columns * 12.2) + 20},{round(lines * 24.4) + 62}"
    argv = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", size]
    data = f"--user-data-dir={folder / 'chromium'}"
    subprocess.run([*argv, data, f"--screenshot={png}", page.as_uri()], check=True, capture_output=True, timeout=60)


def take(folder: Path, pictures: Path) -> None:
    """Take all pictures, of a project that is made below `folder`."""
    pictures.mkdir(parents=True, exist_ok=True)
    root = scenarios.make(folder / "shop", [_STOCK, HASH])
    with neovim(folder, root / HASH.file) as terminal:
        terminal.shows("(fix proven)")
        terminal.text("/md5")
        terminal.keys("Enter")
        command(terminal, "lua vim.lsp.buf.code_action()")
        terminal.shows("proven:")
        picture(terminal, folder, pictures / "nvim.png")
        terminal.keys("q", "Enter")
        command(terminal, f"edit {_STOCK.file}")
        terminal.shows("2 fixes\n")
        command(terminal, "Ambient proposals")
        terminal.shows("Tidy imports")
        picture(terminal, folder, pictures / "nvim-proposals.png")
        command(terminal, "cclose")
        terminal.text("/import os")
        terminal.keys("Enter")
        command(terminal, "Ambient preview")
        terminal.shows("taken 2/2")
        terminal.keys("Tab", "x")
        terminal.shows("left out")
        picture(terminal, folder, pictures / "nvim-preview.png")


if __name__ == "__main__":
    os.environ.pop("TMUX", None)
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else editor.REPOSITORY / "docs/images"
    with tempfile.TemporaryDirectory() as temporary:
        take(Path(temporary), given.absolute())
