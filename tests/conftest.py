"""What all tests share: nothing of the user's own caches, state or settings is read or written."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# A busy machine makes any test slow; each has a time limit of its own.
hypothesis.settings.register_profile("ambient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("ambient")

_OWN = pytest.StashKey[Path]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give the run a temporary folder of its own.

    In the folder that all runs share, pytest removes what older runs left; one file that will not go is a warning
    there, so here an error, and it ends a green run without a summary (seen with pytest 9.2).
    """
    if config.option.basetemp is None:
        config.option.basetemp = tempfile.mkdtemp(prefix="ambient-tests-")
        config.stash[_OWN] = Path(config.option.basetemp)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remove it after a green run; after a red one it stays, to be looked at."""
    if exitstatus == 0 and (own := session.config.stash.get(_OWN, None)):
        shutil.rmtree(own, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """Say where the files of a red run are."""
    if exitstatus != 0 and (own := config.stash.get(_OWN, None)):
        terminalreporter.write_line(f"The temporary files of this run were left in {own}.")


@pytest.fixture(autouse=True)
def own_user_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Point the user's cache, config and state folders to a temporary place."""
    home = tmp_path_factory.mktemp("user")
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))
    yield home
