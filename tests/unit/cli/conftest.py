"""A small project, and the folder that commands run in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e import project


@pytest.fixture(autouse=True)
def no_sandbox(own_user_folders: Path) -> None:
    """Set the user's own default to no sandbox, which is quick; tests that need one name it."""
    settings = own_user_folders / "xdg_config_home" / "ambient" / "config.yml"
    settings.parent.mkdir(parents=True)
    settings.write_text("sandbox:\n  backend: none\n")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A committed project with two problems; the current folder while the test runs."""
    folder = project.make(tmp_path / "shop")
    monkeypatch.chdir(folder)
    return folder
