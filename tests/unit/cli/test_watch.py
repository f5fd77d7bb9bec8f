"""`ambient watch`, as a process, on real files."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ambient_lsp.cli.exits import Exit
from ambient_lsp.cli.watch import BURST
from tests.e2e import project
from tests.terminal import ambient, start

pytestmark = pytest.mark.timeout(120)


class Watching:
    """A running `ambient watch`, and the lines that it has printed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".ambient.yml").write_text("monitoring:\n  debounce_seconds: 0.3\n  check_interval_seconds: 0\n")
        project.git(root, "add", "-A")
        project.git(root, "commit", "-qm", "settings")
        self.process = start("watch", cwd=root)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait("Watching")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait(self, text: str, seconds: float = 60) -> str:
        """Return the first line with `text`, once it is there."""
        end = time.monotonic() + seconds
        while True:
            line = next((line for line in list(self.lines) if text in line), None)
            if line is not None:
                return line
            assert time.monotonic() < end, f"no {text!r} in {self.lines}"
            assert self.process.poll() is None, f"it has ended: {self.lines}"
            time.sleep(0.05)

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self._reader.join(10)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return code


@pytest.fixture
def watching(root: Path) -> Iterator[Watching]:
    running = Watching(root)
    yield running
    running.end()


def test_files_are_reviewed_as_they_change_until_it_is_ended(watching: Watching) -> None:
    (watching.root / "fresh.py").write_text("import sys\n")
    watching.wait("reviewing fresh.py")
    watching.wait("fresh.py:1:8: hint: `sys` imported but unused. [AMB-STYLE-F401]")
    watching.wait("done in")
    children = psutil.Process(watching.process.pid).children(recursive=True)
    assert watching.end() == Exit.CANCELLED
    assert not psutil.wait_procs(children, timeout=10)[1]


def test_a_burst_is_one_review_and_a_branch_switch_is_noticed(watching: Watching) -> None:
    root = watching.root
    (root / "notes").mkdir()
    for number in range(2000):
        (root / "notes" / f"{number}.txt").write_text("nothing\n")
    (root / "burst.py").write_text("import sys\n")
    watching.wait("burst.py:1:8")
    watching.wait("done in")
    # A slow disk cuts the burst into several, of more than `BURST` files each.
    assert sum("reviewing" in line for line in watching.lines) <= 2000 / BURST
    project.git(root, "add", "burst.py")
    project.git(root, "commit", "-qm", "burst")
    project.git(root, "checkout", "-q", "HEAD~1")
    (root / "after.py").write_text("import json\n")
    watching.wait("after.py:1:8")


def test_a_folder_whose_settings_say_no_is_not_watched(root: Path) -> None:
    (root / ".ambient.yml").write_text("monitoring:\n  enabled: false\n")
    done = ambient("watch")
    assert done.code == Exit.USAGE
    assert "nothing to watch" in done.err
