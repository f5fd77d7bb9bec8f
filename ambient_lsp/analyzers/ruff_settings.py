"""What a project asks of ruff and of its formatter, as far as specialists must know it.

Ruff itself resolves the settings when it checks a file; this only tells whether the project chose rules at all, which
ones it turned off, and who owns the layout.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ambient_lsp.model import Json

Formatter = Literal["", "ruff", "black"]
_NAMES = (".ruff.toml", "ruff.toml", "pyproject.toml")
_LONGEST_CHAIN = 8
_LARGEST = 500_000


@dataclass(frozen=True, slots=True)
class RuffSettings:
    """`selected` and `ignored` are rule prefixes as written; `formatter` is empty where no formatter is set up, and
    `convention` where none is set for docstrings.
    """

    selected: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    formatter: Formatter = ""
    convention: str = ""

    def asks_for(self, code: str) -> bool:
        """Whether the project itself selects the rule."""
        chosen = max((len(prefix) for prefix in self.selected if matches(code, prefix)), default=0)
        return chosen > max((len(prefix) for prefix in self.ignored if matches(code, prefix)), default=0)

    def refuses(self, code: str) -> bool:
        """Whether the project turned the rule off in so many words."""
        return any(matches(code, prefix) for prefix in self.ignored)


def matches(code: str, prefix: str) -> bool:
    """Whether a rule belongs to a prefix as ruff reads it (`E` is not `ERA`, `PL` holds `PLR`)."""
    if prefix == "ALL":
        return True
    if not code.startswith(prefix):
        return False
    rest = code[len(prefix) :]
    return not rest or rest[0].isdigit() or prefix == "PL"


def read_settings(root: str, path: str) -> RuffSettings:
    """Read the settings that hold for `path`: the nearest file that has some, up to `root`.

    A file that cannot be read counts as having none; ruff itself reports it.
    """
    formatter = _formatter(Path(root))
    folder = Path(root, path).parent
    while True:
        for name in _NAMES:
            table = _table(folder, name)
            if table is not None:
                selected, ignored = _rules(table, folder, _LONGEST_CHAIN)
                formatter = "ruff" if "format" in table else formatter
                return RuffSettings(selected, ignored, formatter, _convention(table))
        if folder == Path(root) or folder.parent == folder:
            return RuffSettings(formatter=formatter)
        folder = folder.parent


def _rules(table: Json, folder: Path, depth: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    lint = {**table, **table.get("lint", {})}
    inherited: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    parent = table.get("extend")
    if isinstance(parent, str) and depth:
        target = (folder / parent).resolve()
        inherited = _rules(_table(target.parent, target.name) or {}, target.parent, depth - 1)
    selected = _strings(lint, "select") or inherited[0]
    ignored = _strings(lint, "ignore") or inherited[1]
    return selected + _strings(lint, "extend-select"), ignored + _strings(lint, "extend-ignore")


def _convention(table: Json) -> str:
    """Return the layout of docstrings that ruff checks for ("google", "numpy", "pep257"); nothing where none is set."""
    for place in (table.get("lint"), table):
        docs = place.get("pydocstyle") if isinstance(place, dict) else None
        if isinstance(docs, dict) and isinstance(docs.get("convention"), str):
            return str(docs["convention"])
    return ""


def _strings(table: Json, key: str) -> tuple[str, ...]:
    value = table.get(key)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _table(folder: Path, name: str) -> Json | None:
    """Return ruff's table of a settings file; None where there is none."""
    content = _content(folder, name)
    if content is None:
        return None
    table = content.get("tool", {}).get("ruff") if name == "pyproject.toml" else content
    return table if isinstance(table, dict) else None


def _content(folder: Path, name: str) -> Json | None:
    """Return what a TOML file holds; read again only when it has changed, since every file of a project asks for it."""
    file = f"{folder}/{name}"
    try:
        info = os.stat(file)  # noqa: PTH116 - pathlib takes three times as long, for every folder of a project
    except OSError:
        return None
    return _parsed(file, info.st_mtime_ns, info.st_size)


@lru_cache(maxsize=64)
def _parsed(file: str, _time: int, _size: int) -> Json | None:
    try:
        return tomllib.loads(Path(file).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _formatter(root: Path) -> Formatter:
    """Tell who lays out the code, from the project's own files."""
    if "black" in (_content(root, "pyproject.toml") or {}).get("tool", {}):
        return "black"
    hooks = text_of(f"{root}/.pre-commit-config.yaml")
    if "id: ruff-format" in hooks:
        return "ruff"
    return "black" if "id: black" in hooks else ""


def text_of(file: str) -> str:
    """Return the text of one of a project's settings files; nothing where it cannot be read, or is far too large."""
    try:
        info = os.stat(file)  # noqa: PTH116 - as above
    except OSError:
        return ""
    return _text(file, info.st_mtime_ns, info.st_size) if info.st_size < _LARGEST else ""


@lru_cache(maxsize=64)
def _text(file: str, _time: int, _size: int) -> str:
    try:
        return Path(file).read_text("utf-8", "replace")
    except OSError:
        return ""
