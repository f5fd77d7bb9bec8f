"""What a result depends on beside the tree: our own scripts, the project's environment, files copied into checkouts.

Results are kept under it. A test that failed because a package was missing must not count as failing before, once the
package is there.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from ambient_lsp.errors import AmbientError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ambient_lsp.config import Sandbox as SandboxSettings


def conditions(project: Path, settings: SandboxSettings, harness: Path) -> str:
    """Return a hash that changes with what checks run with; `harness` is the staged folder, named by its content."""
    facts = [
        harness.name,
        settings.model_dump(mode="json"),
        list(_packages(project, settings)),
        list(_included(project)),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _packages(project: Path, settings: SandboxSettings) -> Iterator[str]:
    """Yield the project's interpreter and what is installed for it; folders name the version of each package."""
    from ambient_lsp.sandbox import environment

    try:
        interpreter = environment.find(project, settings.python)
    except AmbientError:
        return
    yield f"{interpreter.python} {interpreter}"
    for folder in sorted(interpreter.prefix.glob("lib*/python*/*-packages")):
        yield str(folder)
        yield from sorted(entry.name for entry in folder.iterdir())


def _included(project: Path) -> Iterator[str]:
    """Yield the files that `.worktreeinclude` and the build bring into every checkout, which no tree names."""
    from ambient_lsp.repository.files import INCLUDE, version_files
    from ambient_lsp.repository.git import GitFailed, run_in

    names = version_files(project)
    if (project / INCLUDE).is_file():
        try:
            listed = run_in(project, "ls-files", "--others", "--ignored", f"--exclude-from={INCLUDE}", "-z")
            names += filter(None, listed.decode("utf-8", "surrogateescape").split("\0"))
        except GitFailed:
            return
    for name in sorted(names):
        try:
            info = (project / name).stat()
        except OSError:
            continue
        yield f"{name!a} {info.st_mtime_ns} {info.st_size}"
