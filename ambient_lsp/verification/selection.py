"""Which tests a patch needs, and how that is told."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

_SKIPPED = frozenset({"node_modules", "venv", ".venv", "site-packages", "__pycache__", "build", "dist"})


@dataclass(frozen=True, slots=True)
class Selection:
    """Test files to run on the base tree and on the patched tree. They differ where a patch adds or deletes tests.

    With `whole`, there are none, and the whole suite is run.
    """

    base: tuple[str, ...] = ()
    patched: tuple[str, ...] = ()
    whole: bool = False

    def sentence(self, total: int) -> str:
        """Say what was run, out of `total` test files."""
        if self.whole:
            return "the whole suite"
        count = len(self.patched)
        if not count:
            return "no test file reaches this code"
        return f"{count} of {max(total, count)} test files, reached by imports"


def is_test(path: str) -> bool:
    """Return whether pytest would, by its defaults, look for tests in this file, or share fixtures from it."""
    name = PurePosixPath(path).name
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py")


def has_tests(path: str) -> bool:
    """Return whether the file holds tests itself."""
    return is_test(path) and PurePosixPath(path).name != "conftest.py"


def select(
    existing: Iterable[str], patched: Iterable[str], tests_for: Callable[[Sequence[str]], tuple[str, ...]]
) -> Selection:
    """Return the tests to run for a patch that reads the files `existing` and leaves the files `patched`."""
    before, after = set(existing), set(patched)
    touched = sorted(before | after)
    reached = set(tests_for(touched)) | {path for path in touched if has_tests(path)}
    added, deleted = after - before, before - after
    return Selection(tuple(sorted(reached - added)), tuple(sorted(reached - deleted)))


def count_test_files(folder: Path) -> int:
    """Return how many test files a checkout holds."""
    count = 0
    for _, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        count += sum(has_tests(name) for name in files)
    return count
