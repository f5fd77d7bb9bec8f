"""Worktrees that are registered and forgotten at the same time by several who share one repository."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ambient_lsp.repository.registration import register, registrations, unregister

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.timeout(60)
def test_nobody_loses_a_registration_while_another_takes_the_last_one_back(tmp_path: Path) -> None:
    errors: list[OSError] = []

    def work(number: int) -> None:
        tree = tmp_path / f"tree{number}"
        tree.mkdir()
        try:
            for turn in range(200):
                name = f"ambient-{number:016x}-{turn}"
                unregister(register(tmp_path / "git", name, tree, tree / ".git", "0" * 40))
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert not list(registrations(tmp_path / "git"))
