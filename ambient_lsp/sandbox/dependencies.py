"""What a project needs to be installed for its checks, read from its own files, for the derived Docker image.

Nothing of the project is run, and nothing but plain requirements is taken over: no index, no link, no local path, no
option. Locked versions serve as constraints, so that pip picks for its own platform what the lock picked.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PLAIN = re.compile(r"[A-Za-z0-9][\w.-]*\s*(\[[\w\s,.-]*\])?\s*([<>=!~;(].*)?")
_PIN = re.compile(r"[A-Za-z0-9][\w.-]*==[\w.!+-]+")
_GROUPS = ("test", "tests", "testing", "dev", "develop")
_LOCKS = ("uv.lock", "poetry.lock", "pylock.toml")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Requirements and constraints as pip reads them, one a line, and the names of the files that they come from."""

    requirements: tuple[str, ...]
    constraints: tuple[str, ...]
    sources: tuple[str, ...]

    def tag(self, base: str) -> str:
        """Return the image's name: the same for the same dependencies on the same base image."""
        text = "\n".join((base, *self.requirements, "--", *self.constraints))
        return f"ambient-sandbox-deps:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def read(project: Path) -> Recipe | None:
    """Return what `project` needs; None where it names nothing. A file that cannot be read counts as absent."""
    wanted: list[str] = []
    pins: list[str] = []
    sources: list[str] = []

    def take(name: str, into: list[str], found: Iterable[str]) -> None:
        if lines := list(found):
            into.extend(lines)
            sources.append(name)

    pyproject = _toml(project / "pyproject.toml")
    take("pyproject.toml", wanted, _declared(pyproject))
    for path in sorted(project.glob("requirements*.txt")):
        take(path.name, wanted, _requirements(path, project))
    for name in _LOCKS:
        locked = list(_locked(_toml(project / name)))
        take(name, pins, locked)
        # Poetry's older notation is its own, so there the lock is what says which packages are wanted.
        if name == "poetry.lock" and "project" not in pyproject:
            wanted.extend(locked)
    if not wanted:
        return None
    return Recipe(tuple(dict.fromkeys(wanted)), tuple(sorted(_unambiguous(pins))), tuple(sources))


def _declared(pyproject: dict[str, Any]) -> list[str]:
    project = pyproject.get("project", {})
    extras, groups = project.get("optional-dependencies", {}), pyproject.get("dependency-groups", {})
    lists = [project.get("dependencies", [])]
    lists += [table[name] for table in (extras, groups) for name in _GROUPS if name in table]
    return [text for entries in lists for text in entries if isinstance(text, str) and _PLAIN.fullmatch(text.strip())]


def _requirements(path: Path, project: Path, seen: frozenset[Path] = frozenset()) -> list[str]:
    if path in seen or not path.resolve().is_relative_to(project.resolve()):
        return []
    found: list[str] = []
    for raw in _text(path).splitlines():
        line = raw.split(" #")[0].strip()
        if match := re.match(r"(?:-r|--requirement)[ =]+(\S+)", line):
            found += _requirements(path.parent / match[1], project, seen | {path})
        elif _PLAIN.fullmatch(line) and " --" not in line:
            found.append(line)
    return found


def _locked(lock: dict[str, Any]) -> Iterable[str]:
    for package in [*lock.get("package", []), *lock.get("packages", [])]:
        source = package.get("source", {})
        local = isinstance(source, dict) and any(kind in source for kind in ("editable", "virtual", "directory", "git"))
        pin = f"{package.get('name', '')}=={package.get('version', '')}"
        if not local and _PIN.fullmatch(pin):
            yield pin


def _unambiguous(pins: list[str]) -> list[str]:
    """A lock may hold several versions of one package, for different Pythons; those are left to pip."""
    names = [pin.split("==")[0].lower() for pin in set(pins)]
    return [pin for pin in set(pins) if names.count(pin.split("==")[0].lower()) == 1]


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError:
        return {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
