"""Updating references through one resident `git update-ref --stdin`, which works with every reference format."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from ambient_lsp.errors import WorkspaceError
from ambient_lsp.repository.git import failure

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    from ambient_lsp.repository.git import Git


class Refs:
    """Writes references of one repository. Safe to use from several threads."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._lock = threading.Lock()
        self._stack = contextlib.ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def update(self, changes: Mapping[str, str | None]) -> None:
        """Set references (name -> object id, None to delete), all or nothing. Raises `GitFailed`."""
        lines = ["start"]
        for name, object_id in changes.items():
            lines.append(f"delete {name}" if object_id is None else f"update {name} {object_id}")
        lines += ["prepare", "commit", ""]
        with self._lock:
            process = self._resident()
            assert process.stdin and process.stdout and process.stderr  # noqa: S101 - they are pipes
            try:
                process.stdin.write("\n".join(lines).encode())
                process.stdin.flush()
                answers = [process.stdout.readline() for _ in ("start", "prepare", "commit")]
            except BrokenPipeError:
                answers = [b""]
            if answers[-1] != b"commit: ok\n":
                errors = process.stderr.read().decode("utf-8", "replace").strip()
                self._end()
                raise failure(("update-ref",), process.returncode, errors)

    def close(self) -> None:
        """End the resident process."""
        with self._lock:
            self._closed = True
            self._end()

    def _resident(self) -> subprocess.Popen[bytes]:
        if self._closed:  # a thread that nobody waits for any more must not start git anew
            raise WorkspaceError("The repository has been closed.", untouched="Nothing was changed.")
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = self._stack.enter_context(self._git.start("update-ref", "--stdin"))
        return self._process

    def _end(self) -> None:
        self._stack.close()
        self._process = None
