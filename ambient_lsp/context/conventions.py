"""What a project's own config files ask of its code."""

from __future__ import annotations

import configparser
import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ambient_lsp.model import Json

CONFIG_FILES = (
    ".editorconfig",
    "setup.cfg",
    "tox.ini",
    ".flake8",
    "pyproject.toml",
    ".mypy.ini",
    "mypy.ini",
    "pytest.ini",
    "ruff.toml",
    ".ruff.toml",
)
"""In rising order of authority: what a later file says wins."""


def conventions(texts: Mapping[str, str]) -> dict[str, Json]:
    """Return what the config files (path -> text) ask for. A file that cannot be parsed asks for nothing.

    Keys: `line-length`, `quote-style`, `docstring-convention`, `indent-style`, `indent-width`, `target-version`,
    `linters` (list of tools), `formatter`, `type-checker`, `typing-strict`, `test-framework`, `test-paths`,
    `python-path`, `lint-select`, `lint-ignore`.
    """
    found: dict[str, Json] = {}
    tools: list[str] = []
    for path in CONFIG_FILES:
        if path not in texts:
            continue
        if path.endswith(".toml"):
            _toml(texts[path], path, found, tools)
        else:
            _ini(texts[path], path, found, tools)
    if tools:
        found["linters"] = sorted(set(tools))
    return found


def _toml(text: str, path: str, found: dict[str, Json], tools: list[str]) -> None:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    if path != "pyproject.toml":
        return _ruff(data, found, tools)
    tool = _table(data, "tool")
    if requires := _table(data, "project").get("requires-python"):
        found["target-version"] = str(requires)
    if "black" in tool:
        found["formatter"] = "black"
        found["line-length"] = _table(tool, "black").get("line-length", 88)
    if "ruff" in tool:
        _ruff(_table(tool, "ruff"), found, tools)
    if "mypy" in tool:
        _mypy(_table(tool, "mypy"), found)
    if "pyright" in tool or "basedpyright" in tool:
        found.setdefault("type-checker", "pyright")
    if "pytest" in tool:
        pytest = _table(tool, "pytest")
        _pytest(_table(pytest, "ini_options") or pytest, found)
    tools += [name for name in ("flake8", "pylint", "isort", "bandit") if name in tool]
    return None


def _ruff(ruff: Mapping[str, Any], found: dict[str, Json], tools: list[str]) -> None:
    tools.append("ruff")
    lint, layout = _table(ruff, "lint") or ruff, _table(ruff, "format")
    found.setdefault("formatter", "ruff")
    _take(found, "line-length", ruff.get("line-length"))
    _take(found, "indent-width", ruff.get("indent-width"))
    _take(found, "target-version", ruff.get("target-version"))
    _take(found, "lint-select", [*_strings(lint.get("select")), *_strings(lint.get("extend-select"))])
    _take(found, "lint-ignore", [*_strings(lint.get("ignore")), *_strings(lint.get("extend-ignore"))])
    _take(found, "docstring-convention", _table(lint, "pydocstyle").get("convention"))
    _take(found, "quote-style", layout.get("quote-style"))
    _take(found, "indent-style", layout.get("indent-style"))


def _ini(text: str, path: str, found: dict[str, Json], tools: list[str]) -> None:
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    # .editorconfig begins with keys outside of any section.
    try:
        parser.read_string(f"[-]\n{text}" if path == ".editorconfig" else text)
    except configparser.Error:
        return
    sections = {name: dict(parser[name]) for name in parser.sections()}
    if path == ".editorconfig":
        for pattern, values in sections.items():
            if pattern == "*" or ".py" in pattern or "py" in pattern.strip("*.[]{}").split(","):
                _editorconfig(values, found)
    if "flake8" in sections:
        tools.append("flake8")
        _take(found, "line-length", _number(sections["flake8"].get("max-line-length")))
        _take(found, "docstring-convention", sections["flake8"].get("docstring-convention"))
    if "pycodestyle" in sections:
        _take(found, "line-length", _number(sections["pycodestyle"].get("max-line-length")))
    if "isort" in sections:
        tools.append("isort")
    if "mypy" in sections:
        _mypy(sections["mypy"], found)
    for name in ("pytest", "tool:pytest"):
        if name in sections and (name == "tool:pytest") == (path == "setup.cfg"):
            _pytest(sections[name], found)
    if python := sections.get("options", {}).get("python_requires"):
        found["target-version"] = python


def _editorconfig(values: Mapping[str, str | None], found: dict[str, Json]) -> None:
    _take(found, "line-length", _number(values.get("max_line_length")))
    _take(found, "indent-style", values.get("indent_style"))
    _take(found, "indent-width", _number(values.get("indent_size")))


def _mypy(values: Mapping[str, Any], found: dict[str, Json]) -> None:
    found["type-checker"] = "mypy"
    found["typing-strict"] = str(values.get("strict", "")).lower() in ("true", "1", "yes")


def _pytest(values: Mapping[str, Any], found: dict[str, Json]) -> None:
    found["test-framework"] = "pytest"
    _take(found, "test-paths", _strings(values.get("testpaths")))
    _take(found, "python-path", _strings(values.get("pythonpath")))


def _take(found: dict[str, Json], key: str, value: Any) -> None:
    if value not in (None, "", []):
        found[key] = value


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> list[str]:
    return value.split() if isinstance(value, str) else [str(item) for item in value] if isinstance(value, list) else []


def _number(value: str | None) -> int | None:
    return int(value) if value and value.strip().isdigit() else None
