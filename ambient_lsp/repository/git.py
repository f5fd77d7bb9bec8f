"""Running the git command line: argv only, nothing of the repository's is run (`guard.py`), no lock on its index.

Everything here is synchronous and meant for a thread (`asyncio.to_thread`); `worktrees.py` is the asynchronous border.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

from ambient_lsp.errors import WorkspaceError
from ambient_lsp.repository.guard import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class GitFailed(WorkspaceError):
    """A git command ended with an error. `details` holds `argv`, `exit_code` and `stderr`."""


class Git:
    """Runs git for one repository. Safe to use from several threads; `close` ends what still runs."""

    def __init__(self, git_dir: Path, work_tree: Path) -> None:
        self.git_dir = git_dir
        self.work_tree = work_tree
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def run(
        self,
        *argv: str,
        data: bytes = b"",
        git_dir: Path | None = None,
        work_tree: Path | None = None,
        index: Path | None = None,
        accept: tuple[int, ...] = (0,),
        seconds: float = 600.0,
    ) -> bytes:
        """Run one git command in `work_tree` and return its output.

        With a private `index`, git may keep that file's stat cache fresh. Raises `GitFailed` when the exit code is not
        in `accept`, or after `seconds`.
        """
        tree = work_tree or self.work_tree
        with self.start(*argv, git_dir=git_dir, work_tree=tree, index=index) as process:
            try:
                output, errors = process.communicate(data, timeout=seconds)
            except subprocess.TimeoutExpired:
                raise GitFailed(
                    f"git {argv[0]} did not answer within {seconds:.0f} seconds.", argv=argv, exit_code=None, stderr=""
                ) from None
        if process.returncode not in accept:
            raise failure(argv, process.returncode, errors.decode("utf-8", "replace").strip())
        return output

    @contextlib.contextmanager
    def start(
        self, *argv: str, git_dir: Path | None = None, work_tree: Path | None = None, index: Path | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start git and hand out the process; leaving ends it and all that it started."""
        tree = work_tree or self.work_tree
        process = subprocess.Popen(
            ("git", f"--git-dir={git_dir or self.git_dir}", f"--work-tree={tree}", *argv),
            cwd=tree if tree.is_dir() else self.git_dir,
            env=environment(git_dir or self.git_dir)
            | ({"GIT_INDEX_FILE": str(index), "GIT_OPTIONAL_LOCKS": "1"} if index else {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        with self._lock:
            self._running.add(process)
        try:
            yield process
        finally:
            with self._lock:
                self._running.discard(process)
            _end(process)

    def close(self) -> None:
        """End every git that still runs."""
        with self._lock:
            running = list(self._running)
        for process in running:
            _kill(process)


def check_trusted_by_git(folder: Path) -> None:
    """Raise `GitFailed` when git refuses the repository around `folder`, as it does for one that another user owns.

    Naming the repository with `--git-dir`, as `Git` does, would skip that check, and with it git's own guard against
    settings that run code.
    """
    run_in(folder, "rev-parse", "--git-dir")


def run_in(folder: Path, *argv: str) -> bytes:
    """Run git in `folder`, where it finds the repository by itself; return its output. Raises `GitFailed`."""
    done = subprocess.run(
        ("git", *argv), cwd=folder, env=environment(folder), stdin=subprocess.DEVNULL, capture_output=True, timeout=60
    )
    if done.returncode != 0:
        raise failure(argv, done.returncode, done.stderr.decode("utf-8", "replace").strip())
    return done.stdout


def failure(argv: tuple[str, ...], exit_code: int | None, stderr: str) -> GitFailed:
    """Return the error for a failed git command, with the next step that fits what git said."""
    next_step = "Run the same command by hand to see more."
    if "No space left on device" in stderr or "Disk quota exceeded" in stderr:
        next_step = "Free some disk space, or point XDG_CACHE_HOME to a larger disk."
    elif "dubious ownership" in stderr:
        next_step = "If you trust this folder, run: git config --global --add safe.directory <folder>"
    said = " ".join(stderr.splitlines()[:3]) or f"exit code {exit_code}"
    return GitFailed(
        f"git {argv[0]} failed: {said}.",
        untouched="Your files, index and branches were left alone.",
        next_step=next_step,
        argv=argv,
        exit_code=exit_code,
        stderr=stderr,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        _kill(process)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):  # unsent input of a process that is gone
                stream.close()
    process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
