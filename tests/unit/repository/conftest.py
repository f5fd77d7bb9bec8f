from __future__ import annotations

import os
import subprocess
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from ambient_lsp.repository.worktrees import open_checkouts

if TYPE_CHECKING:
    from pathlib import Path


class Repo:
    """A real repository that tests play the user in."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def git(self, *argv: str, cwd: Path | None = None, data: bytes = b"") -> str:
        done = subprocess.run(("git", *argv), cwd=cwd or self.path, input=data, capture_output=True, check=True)
        return os.fsdecode(done.stdout)

    def write(self, files: dict[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, files: dict[str, str | bytes], message: str = "a commit") -> str:
        self.write(files)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def names(self, tree: str) -> list[str]:
        return sorted(filter(None, self.git("ls-tree", "-r", "-z", "--name-only", tree).split("\0")))

    def show(self, tree: str, path: str) -> str:
        return self.git("cat-file", "blob", f"{tree}:{path}")


@pytest.fixture(autouse=True)
def _nobody_s_git_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = tmp_path / "gitconfig"
    settings.write_text('[user]\nname = Some Body\nemail = some@body\n[protocol "file"]\nallow = always\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    path = tmp_path / "project"
    path.mkdir()
    made = Repo(path)
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit({"app.py": "x = 1\n", "lib/util.py": "def f():\n    return 1\n", ".gitignore": "build/\n"})
    return made


@pytest.fixture
def opened(tmp_path: Path):
    """Open checkouts that are closed whatever happens."""

    @asynccontextmanager
    async def opener(root: Path, cache: Path | None = None, **settings):
        checkouts = await open_checkouts(root, cache or tmp_path / "cache", **settings)
        try:
            yield checkouts
        finally:
            await checkouts.close()

    return opener
