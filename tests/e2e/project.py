"""A small real project for end-to-end tests: a git repository with a test suite and planted problems."""

from __future__ import annotations

import subprocess
from pathlib import Path

FILES = {
    "app.py": '''"""Tokens."""

import hashlib
import os


def token(user: str) -> str:
    """Return a token."""
    return hashlib.md5(user.encode()).hexdigest()
''',
    "test_app.py": """from app import token


def test_token() -> None:
    assert token("a") != token("b")
""",
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
}


def make(folder: Path, files: dict[str, str] | None = None) -> Path:
    """Write and commit the project; return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (FILES if files is None else files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Run git in the project and return what it prints."""
    identity = ("-c", "user.name=T", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout
