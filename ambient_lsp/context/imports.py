"""Who imports whom, kept ready: which files a change may touch, and which tests reach it.

Edges are kept by the *name* that an import asks for, not by the file it leads to. So a file that changes costs only
its own imports, and one that appears or goes costs only its own names; nobody else has to be resolved again.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SOURCE_FOLDERS = ("src", "lib", "python")
_MOST_VISITED = 1_000  # with a limit, a search that has gone this wide only finds what is far away


def is_test(path: str) -> bool:
    """Whether a test runner collects this file by its name (`test_a.py`, `a_test.py`, Django's `tests.py`)."""
    if "test" not in path:
        return False
    name = path.rpartition("/")[2]
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py") or name == "tests.py")


class Graph:
    """The import graph of one repository. Safe to ask from one thread while another one updates it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._imports: dict[str, tuple[str, ...]] = {}
        self._importers: defaultdict[str, set[str]] = defaultdict(set)
        self._owners: defaultdict[str, dict[str, str]] = defaultdict(dict)  # name -> file -> folder it counts from
        self._names: dict[str, tuple[tuple[str, str], ...]] = {}
        self._packages: set[str] = set()
        self._given: frozenset[str] = frozenset()
        self._roots: set[str] = {"", *SOURCE_FOLDERS}
        self._tests: set[str] = set()
        self._answers: dict[object, tuple[str, ...]] = {}

    def build(self, imports: Mapping[str, tuple[str, ...]], roots: Iterable[str] = ()) -> None:
        """Start over with these files. `roots` are folders that the project itself puts on `sys.path`."""
        given = frozenset(root.strip("/") for root in roots)
        with self._lock:
            self.__init__()  # type: ignore[misc]  # the one way to be sure that nothing old stays
            self._given = given
            self._packages = {_folder(path) for path in imports if _is_package(path)}
            tops = {
                _folder(package) for package in self._packages if package and _folder(package) not in self._packages
            }
            self._roots |= tops | given
            for path, names in imports.items():
                self._add(path, names)

    def state(self) -> tuple[object, ...]:
        """Return all of it as plain values, for `restore`. They are not copies."""
        return (
            self._imports, dict(self._importers), dict(self._owners), self._names, self._packages, self._given,
            self._roots, self._tests,
        )  # fmt: skip

    def restore(self, state: Any) -> None:
        """Start over with what `state` returned, perhaps in an earlier process."""
        with self._lock:
            self.__init__()  # type: ignore[misc]  # as above
            self._imports, importers, owners, self._names, self._packages, self._given, self._roots, self._tests = state
            self._importers.update(importers)
            self._owners.update(owners)

    def update(self, path: str, imports: tuple[str, ...] | None) -> None:
        """Take in one file's imports; None means that it is gone."""
        with self._lock:
            if _is_package(path) and (imports is None) == (_folder(path) in self._packages):
                remaining = {known: names for known, names in self._imports.items() if known != path}
                self.build(remaining if imports is None else {**remaining, path: imports}, self._given)
                return
            if self._imports.get(path) == imports:
                return  # most saves change no import
            self._answers.clear()
            self._remove(path)
            if imports is not None:
                self._add(path, imports)

    def module(self, path: str) -> str:
        """Return the dotted name that a file is imported by."""
        folder = _folder(path)
        if folder in self._packages or path.rpartition("/")[2].startswith("__init__."):
            while folder in self._packages:
                folder = _folder(folder)
        else:
            first = folder.partition("/")[0]
            folder = first if first in SOURCE_FOLDERS else ""
        return _dotted(path, folder)

    def dependents(self, path: str, radius: int = 2, limit: int | None = None) -> tuple[str, ...]:
        """Return the files that import `path`, directly or through up to `radius - 1` others; nearest first."""
        with self._lock:
            question = (path, radius, limit)
            if question not in self._answers:
                found = self._reach((path,), radius)
                found.pop(path, None)
                nearest = sorted(found, key=lambda other: (found[other], -_shared(other, path), other))
                self._answers[question] = tuple(nearest[:limit])
            return self._answers[question]

    def tests_for(self, paths: Iterable[str], limit: int | None = None, radius: int | None = None) -> tuple[str, ...]:
        """Return the test files that reach any of `paths`, nearest first.

        A `conftest.py` on the way reaches every test below it. A test that is named after a file counts too, even if
        it reaches that file in a way that imports do not show (a subprocess, a plugin). With a `limit`, the search ends
        once that many were found; `radius` bounds how far it goes.
        """
        paths = tuple(paths)
        question = (paths, limit, radius)
        with self._lock:
            if question not in self._answers:
                reached = self._reach(paths, radius, tests=limit)
                found = {path: far for path, far in reached.items() if path in self._tests}
                for path in paths:
                    for test in self._namesakes(path):
                        found[test] = min(found.get(test, 1), 1)
                nearest = sorted(found, key=lambda test: (found[test], -max(_shared(test, p) for p in paths), test))
                self._answers[question] = tuple(nearest[:limit])
            return self._answers[question]

    def _reach(self, starts: Iterable[str], radius: int | None, tests: int | None = None) -> dict[str, int]:
        distance = dict.fromkeys(starts, 0)
        ring, far, seen = list(distance), 0, 0
        while ring and (radius is None or far < radius):
            if tests is not None and (seen >= tests or len(distance) > _MOST_VISITED):
                break
            far += 1
            reached = {other for path in ring for other in self._direct(path)}
            ring = [other for other in reached if other not in distance]
            distance.update(dict.fromkeys(ring, far))
            seen += sum(other in self._tests for other in ring) if tests is not None else 0
        return distance

    def _direct(self, path: str) -> Iterator[str]:
        yield from self._importers.get("/" + _stem(path), ())
        for name, root in self._names.get(path) or _names(path, self._packages):
            owners = self._owners.get(name, {})
            anywhere = root in self._roots
            for importer in self._importers.get(name, ()):
                if not anywhere and not importer.startswith(f"{root}/"):
                    continue
                if len(owners) < 2 or _shared(path, importer) == max(_shared(own, importer) for own in owners):
                    yield importer
        if path.rpartition("/")[2] == "conftest.py":
            folder = _folder(path)
            yield from (test for test in self._tests if not folder or test.startswith(f"{folder}/"))

    def _namesakes(self, path: str) -> list[str]:
        stem = PurePosixPath(path).stem.lstrip("_")
        named = (f"test_{stem}.py", f"{stem}_test.py")
        tests = [test for test in self._tests if test.rpartition("/")[2] in named]
        return tests if len(tests) <= 3 else []  # `test_utils.py` in thirty folders says nothing

    def _add(self, path: str, imports: tuple[str, ...]) -> None:
        self._imports[path] = imports
        self._names[path] = _names(path, self._packages)
        for name, root in self._names[path]:
            self._owners[name][path] = root
        if is_test(path):
            self._tests.add(path)
        for name in imports:
            self._importers[_key(path, name) if name[0] == "." else name].add(path)

    def _remove(self, path: str) -> None:
        for name in self._imports.pop(path, ()):
            self._importers[_key(path, name)].discard(path)
        for name, _ in self._names.pop(path, ()):
            self._owners[name].pop(path, None)
        self._tests.discard(path)


def _key(importer: str, name: str) -> str:
    """Return the name that an import asks for: a dotted one, or `/folder/stem` for a relative one."""
    if not name.startswith("."):
        return name
    rest = name.lstrip(".")
    folder = _folder(importer)
    for _ in range(len(name) - len(rest) - 1):
        folder = _folder(folder)
    return "/" + "/".join(part for part in (folder, *rest.split(".")) if part)


def _names(path: str, packages: set[str]) -> tuple[tuple[str, str], ...]:
    """Return the dotted names that a file can have, each with the folder that must be on `sys.path` for it.

    A folder with an `__init__.py` is part of a package, so it is not on the path itself.
    """
    names, root = [], _folder(path)
    while True:
        if root not in packages and (name := _dotted(path, root)):
            names.append((name, root))
        if not root:
            return tuple(names)
        root = _folder(root)


def _dotted(path: str, root: str) -> str:
    return _stem(path)[len(root) + 1 if root else 0 :].replace("/", ".")


def _stem(path: str) -> str:
    """Return the path without its ending; a package is its folder."""
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0]
    return folder if stem == "__init__" else f"{folder}/{stem}" if folder else stem


def _is_package(path: str) -> bool:
    return path.endswith(("__init__.py", "__init__.pyi")) and path.rpartition("/")[2].startswith("__init__")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _shared(one: str, other: str) -> int:
    """Return how many leading folders two paths share."""
    count = 0
    for left, right in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if left != right:
            break
        count += 1
    return count
