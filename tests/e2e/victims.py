"""Real processes of Ambient that are killed, and what must be true of a project afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import psutil

from tests.e2e import project

PATIENCE = 5.0
"""Seconds after which nothing of a killed process may be alive."""

NOTES = "my own notes, in no commit\n"
SETTINGS = "sandbox:\n  backend: bubblewrap\ntelemetry:\n  include_diffs: true\n"


@dataclass
class Desk:
    """A project as somebody works on it: a stash, a staged change, an untracked file; and a cache of its own."""

    base: Path
    root: Path = field(init=False)
    cache: Path = field(init=False)

    def __post_init__(self) -> None:
        self.root, self.cache = self.base / "shop", self.base / "cache"
        self.cache.mkdir(parents=True)
        project.make(self.root, {**project.FILES, ".ambient.yml": SETTINGS, "other.py": "X = 1\n"})
        (self.root / "other.py").write_text("X = 2\n")
        project.git(self.root, "stash")
        (self.root / "other.py").write_text("X = 3\n")
        project.git(self.root, "add", "other.py")
        (self.root / "notes.txt").write_text(NOTES)

    @property
    def environment(self) -> dict[str, str]:
        """What its processes see."""
        return {**os.environ, "XDG_CACHE_HOME": str(self.cache), "PYTHONPATH": str(Path(__file__).parents[2])}

    def start(self, *argv: str, output: int | IO[Any] = subprocess.DEVNULL, **options: Any) -> subprocess.Popen[bytes]:
        """Start `ambient` in it."""
        return subprocess.Popen(
            [sys.executable, "-m", "ambient_lsp", *argv],
            cwd=self.root,
            env=self.environment,
            stdin=options.pop("stdin", subprocess.DEVNULL),
            stdout=output,
            stderr=options.pop("stderr", subprocess.STDOUT),
            start_new_session=True,
            **options,
        )

    def run(self, *argv: str) -> str:
        """Run `ambient` to its end and return what it prints. Any exit code but 0 is a failure."""
        process = self.start(*argv, output=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, (argv, process.returncode, out, err)
        return out.decode()

    def yours(self) -> dict[str, object]:
        """Return everything of the user's: files, index, HEAD, branches and stash."""
        files = {
            path.relative_to(self.root).as_posix(): (path.stat().st_mode, path.read_bytes())
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and not {".git", ".ambient"} & set(path.relative_to(self.root).parts)
        }
        git = self.root / ".git"
        return {
            "files": files,
            "index": hashlib.sha256((git / "index").read_bytes()).hexdigest(),
            "HEAD": (git / "HEAD").read_bytes(),
            "branches": project.git(self.root, "for-each-ref", "refs/heads", "refs/tags"),
            "stash": project.git(self.root, "stash", "list", "--format=%H"),
            "config": (git / "config").read_bytes(),
        }

    def states(self) -> dict[str, str]:
        """Return the state of each stored proposal, read without Ambient's help; the file must be sound."""
        file = self.root / ".ambient" / "state.db"
        if not file.exists():
            return {}
        db = sqlite3.connect(file)
        try:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            known = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'proposals'").fetchone()
            return dict(db.execute("SELECT id, state FROM proposals").fetchall()) if known else {}
        finally:
            db.close()

    def told(self) -> set[str]:
        """Return the proposals that somebody was told are offered: the log is written when listeners are told."""
        offered: set[str] = set()
        for number, event in enumerate(self.events()):
            if event is None:
                raise AssertionError(f"line {number} of the log is broken")
            if event["type"] == "proposal":
                (offered.add if event["data"]["state"] == "offered" else offered.discard)(event["data"]["id"])
        return offered

    def events(self) -> list[dict[str, Any] | None]:
        """Return the lines of the log, None for a broken one. A last line without an end is left out."""
        log = self.root / ".ambient" / "telemetry.jsonl"
        lines = log.read_text().split("\n")[:-1] if log.exists() else []
        return [_event(line) for line in lines]

    def assert_clean(self) -> None:
        """Assert that nothing of a killed process is left, after another one has been started and ended."""
        assert [str(self.root)] == [
            line.removeprefix("worktree ")
            for line in project.git(self.root, "worktree", "list", "--porcelain").splitlines()
            if line.startswith("worktree ")
        ]
        mounts = Path("/proc/self/mounts").read_text()
        assert str(self.base) not in mounts, mounts
        ours = self.cache / "ambient"
        left = [*ours.glob("*/live/*"), *ours.glob("*/bases/building-*"), *ours.glob("*/bases/gone-*")]
        left += [*ours.glob("baselines/results-*"), *ours.glob("baselines/staging-*")]
        left += [*(self.root / ".ambient" / "proposals").glob("*.tmp"), *self.root.rglob("*draft*")]
        left += [*self.root.glob(".ambient/journal"), *(self.root / ".git").rglob("*.lock")]
        assert not left
        refs = project.git(self.root, "for-each-ref", "--format=%(refname)", "refs/ambient").split()
        states = self.states()
        assert {ref.rpartition("/")[2] for ref in refs} <= {one for one, state in states.items() if state == "offered"}
        patches = {path.stem for path in (self.root / ".ambient" / "proposals").glob("*.patch")}
        assert patches == {one for one, state in states.items() if state == "offered"}
        assert not {"checking", "drafted"} & set(states.values())


def kill(process: subprocess.Popen[bytes], desk: Desk) -> float:
    """Kill a process as `kill -9` does; return how many seconds its children outlived it, at most `PATIENCE`."""
    try:
        victim = psutil.Process(process.pid)
        victim.suspend()  # so that it starts nobody between our look and its end
        family = victim.children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    process.send_signal(signal.SIGKILL)
    started = time.monotonic()
    process.wait()
    while alive := [*filter(_runs, family), *of_desk(desk)]:
        seconds = time.monotonic() - started
        assert seconds < PATIENCE, [one.cmdline() for one in alive]
        time.sleep(0.05)
    return time.monotonic() - started


def of_desk(desk: Desk) -> list[psutil.Process]:
    """Return the processes that name the desk's folders in their command line or work there."""
    found = []
    for one in psutil.process_iter(["cmdline", "cwd", "status"]):
        words = [*(one.info["cmdline"] or ()), one.info["cwd"] or ""]
        if one.info["status"] != psutil.STATUS_ZOMBIE and any(str(desk.base) in word for word in words):
            found.append(one)
    return found


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
