"""Which interpreter checks of a project run on, found without running anything of the project.

A virtual environment inside a repository is code of that repository: it is only looked at here, and started only in
the sandbox.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from ambient_lsp.errors import SandboxUnavailable

TOOLS = ("pytest", "coverage", "hypothesis", "pytest-timeout", "ruff", "mypy")
SITE = Path(__file__).parent / "site"
_REQUIREMENT_NAME = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter on the host. `prefix` is its environment, `base` the installation that it belongs to (the same
    folder where there is no virtual environment). `version` is the minor one, as (3, 12). `origin` is for people."""

    python: Path
    prefix: Path
    base: Path
    version: tuple[int, int]
    origin: str

    def __str__(self) -> str:
        return f"Python {self.version[0]}.{self.version[1]} ({self.origin})"


def find(project: Path, configured: str = "") -> Interpreter:
    """Return the interpreter for `project`: the configured one, its `.venv` or `venv`, the active one, or our own.

    Raises `SandboxUnavailable` if the configured one cannot be used; the others are passed over.
    """
    if configured:
        python = Path(configured).expanduser()
        found = inspect(python if python.is_absolute() else project / python, f"sandbox.python, {configured}")
        if found is None:
            raise SandboxUnavailable(
                f"sandbox.python is {configured}, and there is no Python to use there.",
                untouched="Nothing was run.",
                next_step="Set it to the interpreter of a virtual environment, or remove it.",
            )
        return found
    places = [(project / name, f"{name} of the project") for name in (".venv", "venv")]
    if active := os.environ.get("VIRTUAL_ENV"):
        places.append((Path(active), "the active environment"))
    for folder, origin in places:
        if found := inspect(folder / "bin" / "python", origin):
            return found
    prefixes = Path(sys.prefix), Path(sys.base_prefix)
    return Interpreter(Path(sys.executable), *prefixes, sys.version_info[:2], "Ambient's own")


def inspect(python: Path, origin: str) -> Interpreter | None:
    """Return what is known of an interpreter from the files around it; None where it is not one that works."""
    if not os.access(python, os.X_OK):
        return None
    prefix = python.absolute().parent.parent
    settings = _pyvenv(prefix / "pyvenv.cfg")
    base = Path(settings["home"]).parent if "home" in settings else python.resolve().parent.parent
    version = _version(base, settings.get("version_info") or settings.get("version") or python.resolve().name)
    if version is None or not _is_installation(base, version):
        return None
    return Interpreter(python.absolute(), prefix if settings else base, base, version, origin)


def _pyvenv(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _version(base: Path, text: str) -> tuple[int, int] | None:
    if match := re.search(r"(\d+)\.(\d+)", text):
        return int(match[1]), int(match[2])
    names = sorted(path.name for path in base.glob("lib/python3.*") if (path / "os.py").exists())
    return (3, int(names[-1].removeprefix("python3."))) if names else None


def _is_installation(base: Path, version: tuple[int, int]) -> bool:
    """Tell whether `base` holds a Python. A `pyvenv.cfg` of the repository could name any folder of the host, and what
    it names gets visible inside."""
    home = Path.home().resolve()
    place = base.resolve()
    if place == Path("/") or place == home or place in home.parents:
        return False
    return (base / "lib" / f"python{version[0]}.{version[1]}" / "os.py").is_file()


def has_package(interpreter: Interpreter, name: str) -> bool:
    """Tell whether the environment has an importable package, by its folder."""
    major, minor = interpreter.version
    return any(
        (interpreter.prefix / "lib" / f"python{major}.{minor}" / folder / name).is_dir()
        for folder in ("site-packages", "dist-packages")
    )


def missing_tools(interpreter: Interpreter) -> tuple[str, ...]:
    """Return the check tools that the environment does not have and that Ambient's own can lend it.

    A plugin of pytest is lent together with pytest only: it may not fit the project's older one.
    """
    if interpreter.version != sys.version_info[:2]:
        return ()
    missing = [name for name in TOOLS if not has_package(interpreter, name.replace("-", "_"))]
    return tuple(name for name in missing if name != "pytest-timeout" or "pytest" in missing)


@cache
def tool_paths(names: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the top-level files and folders of these tools and of what they need, from our own environment.

    Only these: the rest of our environment would let a project import packages that it does not have.
    """
    paths: set[Path] = set()
    for distribution in _closure(names):
        for file in distribution.files or ():
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not file.is_absolute():
                paths.add(Path(str(distribution.locate_file(top))))
    return tuple(sorted(path for path in paths if path.exists()))


@cache
def ruff_program() -> Path | None:
    """Return our own ruff, a program that needs no Python, if there is one."""
    with contextlib.suppress(metadata.PackageNotFoundError):
        for file in metadata.distribution("ruff").files or ():
            if file.parts[-2:] == ("bin", "ruff"):
                return Path(str(file.locate())).resolve()
    return None


def _closure(names: tuple[str, ...]) -> list[metadata.Distribution]:
    found: dict[str, metadata.Distribution] = {}
    pending = list(names)
    while pending:
        name = re.sub(r"[-_.]+", "-", pending.pop()).lower()
        if name in found:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # a dependency of another platform or version, or a tool that is not installed
        found[name] = distribution
        required = (text for text in distribution.requires or () if "extra ==" not in text)
        pending += [match[0] for text in required if (match := _REQUIREMENT_NAME.match(text))]
    return list(found.values())
