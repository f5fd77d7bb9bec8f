"""Which linters a project has set up, and which of their rules are on: what they say, nobody needs to be told again.

A tool counts as active when the project's own files configure it (its section or file, or its pre-commit hook), and a
rule as shown when that configuration selects it. Read are ruff, flake8, pylint and bandit; no rule of ours says the
same as one of mypy's. A file that cannot be read counts as no configuration.
"""

from __future__ import annotations

import configparser
import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.aliases import listed, repeats
from ambient_lsp.analyzers.ruff_settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ambient_lsp.model import Finding, Json

_FILES = (
    "pyproject.toml", "setup.cfg", "tox.ini", ".flake8", ".pylintrc", "pylintrc", ".bandit", "bandit.yaml",
    ".pre-commit-config.yaml", "ruff.toml", ".ruff.toml",
)  # fmt: skip
_RUFF_DEFAULT = ("E4", "E7", "E9", "F")
_FLAKE8_DEFAULT = ("E", "F", "W", "C90")
_FLAKE8_IGNORED = ("E121", "E123", "E126", "E226", "E24", "E704", "W503", "W504")
_PATH = 2
"""Places of evidence from which on a finding says more than the other tool's, and is no repetition."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One linter: what it reports (all where `everything`), and what it was told to leave out."""

    name: str
    selected: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    everything: bool = False

    def shows(self, names: frozenset[str]) -> bool:
        """Whether it reports a rule that goes by one of `names`."""
        chosen = {name for name in names if self.everything or listed(self.selected, frozenset({name}))}
        return any(not listed(self.ignored, frozenset({name})) for name in chosen)


@dataclass(frozen=True, slots=True)
class OtherTools:
    """The linters of one project."""

    root: str
    ruff: bool = False
    flake8: Tool | None = None
    pylint: Tool | None = None
    bandit: Tool | None = None

    def shown_by(self, finding: Finding) -> str:
        """Return the tool that says the same as a finding; empty where none does, or where ours shows more."""
        if len(finding.evidence) >= _PATH:
            return ""
        names = repeats(finding.rule, finding.origin)
        if names.noqa and self.ruff and self._ruff_shows(finding.path, names.noqa):
            return "ruff"
        if self.flake8 is not None and names.noqa and self.flake8.shows(names.noqa):
            return "flake8"
        if self.bandit is not None and names.bandit and self.bandit.shows(names.bandit):
            return "bandit"
        if self.pylint is not None and names.pylint and self.pylint.shows(names.pylint):
            return "pylint"
        return ""

    def _ruff_shows(self, path: str, codes: frozenset[str]) -> bool:
        settings = read_settings(self.root, path)
        if settings.selected:
            return any(settings.asks_for(code) for code in codes)
        return any(listed(_RUFF_DEFAULT, frozenset({code})) and not settings.refuses(code) for code in codes)


def read(root: str) -> OtherTools:
    """Return the linters that the project at `root` has set up; read again when one of its files has changed."""
    return _read(root, tuple(_stamp(Path(root, name)) for name in _FILES))


@lru_cache(maxsize=16)
def _read(root: str, _stamps: tuple[object, ...]) -> OtherTools:
    folder = Path(root)
    tool = _toml(folder / "pyproject.toml").get("tool", {})
    tool = tool if isinstance(tool, dict) else {}
    sections = {
        name: _ini(folder / name) for name in ("setup.cfg", "tox.ini", ".flake8", ".pylintrc", "pylintrc", ".bandit")
    }
    hooks = set(re.findall(r"\bid:\s*([\w-]+)", _text(folder / ".pre-commit-config.yaml")))
    has_ruff = "ruff" in tool or any((folder / name).is_file() for name in ("ruff.toml", ".ruff.toml"))
    return OtherTools(
        root,
        ruff=has_ruff or bool(hooks & {"ruff", "ruff-check"}),
        flake8=_flake8(sections, hooks),
        pylint=_pylint(tool, sections, hooks),
        bandit=_bandit(tool, sections, hooks, folder),
    )


def _flake8(sections: Mapping[str, Mapping[str, Mapping[str, str]]], hooks: set[str]) -> Tool | None:
    named = (sections[name].get("flake8") for name in (".flake8", "setup.cfg", "tox.ini"))
    given = next((section for section in named if section is not None), None)
    if given is None and "flake8" not in hooks:
        return None
    given = given or {}
    selected = _codes(given.get("select", "")) or _FLAKE8_DEFAULT
    ignored = _codes(given["ignore"]) if "ignore" in given else _FLAKE8_IGNORED
    return Tool(
        "flake8",
        (*selected, *_codes(given.get("extend-select", ""))),
        (*ignored, *_codes(given.get("extend-ignore", ""))),
    )


def _pylint(tool: Json, sections: Mapping[str, Mapping[str, Mapping[str, str]]], hooks: set[str]) -> Tool | None:
    table = tool.get("pylint")
    found: list[Mapping[str, Json]] = []
    if isinstance(table, dict):
        found = [table, *(part for part in table.values() if isinstance(part, dict))]
    for name in (".pylintrc", "pylintrc", "setup.cfg"):
        own = name != "setup.cfg"
        found += [part for title, part in sections[name].items() if own or title.lower().startswith("pylint")]
    if not found and "pylint" not in hooks:
        return None
    disabled = [code for part in found for code in _codes(part.get("disable", ""))]
    enabled = [code for part in found for code in _codes(part.get("enable", ""))]
    if "all" in disabled:
        return Tool("pylint", tuple(enabled))
    return Tool("pylint", ignored=tuple(disabled), everything=True)


def _bandit(
    tool: Json, sections: Mapping[str, Mapping[str, Mapping[str, str]]], hooks: set[str], folder: Path
) -> Tool | None:
    table = tool.get("bandit")
    given: Mapping[str, Json] | None = table if isinstance(table, dict) else sections[".bandit"].get("bandit")
    if given is None and "bandit" not in hooks and not (folder / "bandit.yaml").is_file():
        return None
    given = given or {}
    tests = _codes(given.get("tests", ""))
    return Tool("bandit", tests, _codes(given.get("skips", "")), everything=not tests)


def _codes(value: Json) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    if not isinstance(value, str):
        return ()
    return tuple(part for part in re.split(r"[\s,]+", re.sub(r"#.*", "", value)) if part)


def _ini(file: Path) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(_text(file))
    except configparser.Error:
        return {}
    return {name: dict(parser[name]) for name in parser.sections()}


def _toml(file: Path) -> dict[str, Json]:
    try:
        return tomllib.loads(_text(file))
    except ValueError:
        return {}


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, ValueError):
        return ""


def _stamp(file: Path) -> object:
    try:
        info = file.stat()
    except OSError:
        return None
    return info.st_mtime_ns, info.st_size
