"""Where a module's tests are, or would be: as the project has it with the other modules."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_ASIDE = re.compile(
    r"(?:^|/)(?:examples?|docs?|demos?|samples?|tutorials?|benchmarks?)/"
    r"|^(?:bench|scripts?|tools?|ci|tasks|fuzz(?:ing)?|\.\w+)/"
    r"|^(?:setup|noxfile|fabfile|tasks|dodo|versioneer)\.py$"
)


def is_aside(path: str) -> bool:
    """Return whether a file is shown, measured or run beside the project's own code: nobody writes tests of it."""
    return _ASIDE.search(path) is not None


def places(path: str, module: str, tests: Sequence[str], *, installed: bool = True) -> tuple[list[str], str]:
    """Return the test files that may be the module's own, the likeliest first, and the path of a new one.

    `tests` are the paths of all test files; `installed` tells whether the project can be installed.
    """
    stem = PurePosixPath(path).stem
    parts = module.split(".")
    if stem == "__init__":
        stem = parts[-1]
    names = {f"test_{stem}.py", f"{stem}_test.py", f"test_{stem}s.py", f"{stem}_tests.py", f"test_{stem.strip('_')}.py"}
    inside = [part for part in PurePosixPath(path).parts[:-1] if part != "src"]
    own = [one for one in tests if PurePosixPath(one).name in names]
    # The one whose folders are most like the module's: tests/unit/api/test_views.py for api/views.py.
    own.sort(key=lambda one: (-len(set(PurePosixPath(one).parts) & set(inside)), one.count("/"), one))
    if not tests and not installed and "/" not in path:
        # From a folder of its own, plain `pytest` would not find a module that lies in the root.
        return own, f"test_{stem}.py"
    return own, _new(stem, module, inside, tests)


def _new(stem: str, module: str, inside: Sequence[str], tests: Sequence[str]) -> str:
    files = [PurePosixPath(one) for one in tests if PurePosixPath(one).name != "conftest.py"]
    files = [one for one in files if one.stem.startswith("test_") or one.stem.endswith(("_test", "_tests"))]
    ends = sum(one.stem.endswith("_test") for one in files) * 2 > len(files)
    name = f"{stem}_test.py" if ends else f"test_{stem.lstrip('_')}.py"
    folder = _folder(files, inside)
    if (PurePosixPath(folder) / name).as_posix() in set(tests) or any(one.name == name for one in files):
        flat = module.replace(".", "_")
        name = f"{flat}_test.py" if ends else f"test_{flat}.py"
    return (PurePosixPath(folder) / name).as_posix()


def _folder(files: Sequence[PurePosixPath], inside: Sequence[str]) -> str:
    if not files:
        return "tests"
    folders = Counter(one.parent.as_posix() for one in files)
    if inside:
        # A folder of tests that mirrors the package's own folder.
        mirrors = [
            folder for folder in folders if PurePosixPath(folder).name == inside[-1] and folder != "/".join(inside)
        ]
        if mirrors:
            return max(mirrors, key=lambda folder: folders[folder])
        # Tests that stand beside the code, or in a folder of tests beside it.
        beside = "/".join(inside)
        for folder in (f"{beside}/tests", f"{beside}/test", beside, f"src/{beside}/tests", f"src/{beside}"):
            if folder in folders:
                return folder
    top = [folder for folder in folders if folder.count("/") == min(one.count("/") for one in folders)]
    usual = [folder for folder in top if PurePosixPath(folder).name in {"tests", "test", "testing"}]
    return max(usual or top, key=lambda folder: folders[folder])
