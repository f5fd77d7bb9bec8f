"""How a project wants its code to look, as its own tools are told: formatter, linters, import sorter, editor.

The style specialist never argues with them. What one of them ignores is not reported, what one of them lays out is left
to it, and imports are sorted the way the project's sorter does, or not at all.
"""

from __future__ import annotations

import configparser
import fnmatch
import re
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.ruff_settings import RuffSettings, matches, read_settings, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ambient_lsp.model import Json

_TOML = "pyproject.toml"
_INI = ("setup.cfg", "tox.ini", ".flake8", ".isort.cfg", ".style.yapf", ".codespellrc", ".pylintrc", "pylintrc")
_HOOKS = ".pre-commit-config.yaml"
_EDITOR = ".editorconfig"
_CODE = re.compile(r"[A-Z]+\d*")

_PYLINT = {
    "unused-import": "F401", "W0611": "F401", "trailing-whitespace": "W291 W293", "C0303": "W291 W293",
    "missing-final-newline": "W292", "C0304": "W292", "wrong-import-order": "I001", "C0411": "I001",
    "invalid-name": "N801 N802 N806", "C0103": "N801 N802 N806", "missing-docstring": "D1", "C0111": "D1",
    "missing-class-docstring": "D101", "C0115": "D101", "missing-function-docstring": "D102 D103",
    "C0116": "D102 D103", "f-string-without-interpolation": "F541", "W1309": "F541", "wildcard-import": "F403",
    "W0401": "F403", "reimported": "F811", "W0404": "F811", "mixed-line-endings": "MIXED",
    "missing-param-doc": "D417", "differing-param-doc": "D417",
}  # fmt: skip
"""Pylint's names for what ruff calls by another."""
_ISORT_MEANS = {
    "force_single_line": "force-single-line",
    "force_sort_within_sections": "force-sort-within-sections",
    "combine_as_imports": "combine-as-imports",
    "order_by_type": "order-by-type",
    "case_sensitive": "case-sensitive",
    "known_first_party": "known-first-party",
    "known_third_party": "known-third-party",
    "known_local_folder": "known-local-folder",
}
_ISORT_LAYOUT = frozenset(
    {"line_length", "multi_line_output", "include_trailing_comma", "use_parentheses", "ensure_newline_before_comments",
     "force_grid_wrap", "lines_after_imports", "lines_between_types", "skip", "skip_glob", "extend_skip", "src_paths",
     "extend_skip_glob", "py_version", "virtual_env", "filter_files", "atomic", "balanced_wrapping", "wrap_length",
     "lines_between_sections", "not_skip", "skip_gitignore", "quiet", "color_output"}
)  # fmt: skip
"""Settings of isort that do not change the order of the lines."""
_ISORT_PROFILES: Mapping[str, tuple[str, ...]] = {
    "": (),
    "black": (),
    "django": ("combine-as-imports=true",),
    "google": ("force-single-line=true", "force-sort-within-sections=true", "order-by-type=false"),
    "open_stack": ("force-single-line=true", "force-sort-within-sections=true", "order-by-type=false"),
}


@dataclass(frozen=True, slots=True)
class ProjectStyle:
    """What holds for one file.

    `ignored` and `checked` are rules that other linters were told to leave out, or to keep to. `sorting` is how ruff is
    told isort's order; None where ruff cannot keep it.
    """

    ruff: RuffSettings = field(default_factory=RuffSettings)
    formatter: str = ""
    ignored: tuple[str, ...] = ()
    checked: tuple[str, ...] = ()
    line_length: int = 88
    quotes: str = ""
    convention: str = ""
    isort: bool = False
    sorting: tuple[str, ...] | None = ()
    known_words: frozenset[str] = frozenset()

    @property
    def selected(self) -> tuple[str, ...]:
        """The rules that the project's ruff settings select."""
        return self.ruff.selected

    def asks_for(self, code: str) -> bool:
        """Whether the project's ruff settings select the rule."""
        return self.ruff.asks_for(code)

    def refuses(self, code: str) -> bool:
        """Whether one of the project's tools was told to leave this alone."""
        if self.ruff.refuses(code) or any(matches(code, prefix) for prefix in self.ignored):
            return True
        return bool(self.checked) and code[0] in "EFW" and not any(matches(code, one) for one in self.checked)


@dataclass(slots=True)
class _Found:
    """What has been read so far."""

    formatter: str = ""
    ignored: list[str] = field(default_factory=list)
    selected: list[str] = field(default_factory=list)
    line_length: int = 0
    quotes: str = ""
    convention: str = ""
    isort: dict[str, Any] | None = None
    words: set[str] = field(default_factory=set)


def read_style(root: str, path: str) -> ProjectStyle:
    """Read what the project asks for `path`. A file that cannot be read asks for nothing."""
    ruff = read_settings(root, path)
    found = _Found(formatter=ruff.formatter, convention=ruff.convention)
    _from_toml(_parsed_toml(text_of(f"{root}/{_TOML}")), found)
    for name in _INI:
        _from_ini(_parsed_ini(text_of(f"{root}/{name}"), editor=False), path, found)
    _from_hooks(text_of(f"{root}/{_HOOKS}"), found)
    _from_editor(_parsed_ini(text_of(f"{root}/{_EDITOR}"), editor=True), path, found)
    uses_isort = found.isort is not None and not ruff.asks_for("I001")
    return ProjectStyle(
        ruff,
        found.formatter,
        tuple(dict.fromkeys(found.ignored)),
        tuple(dict.fromkeys(found.selected)),
        found.line_length or 88,
        found.quotes,
        found.convention,
        uses_isort,
        _sorting(found.isort or {}) if uses_isort else (),
        frozenset(found.words),
    )


def _from_toml(tool: Mapping[str, Any], found: _Found) -> None:
    for name in ("black", "yapf", "autopep8"):
        if name in tool:
            found.formatter = found.formatter or name
    if isinstance(black := tool.get("black"), dict):
        found.line_length = _number(black.get("line-length")) or 88
        found.quotes = "" if black.get("skip-string-normalization") else '"'
    if isinstance(ruff := tool.get("ruff"), dict):
        found.line_length = _number(ruff.get("line-length")) or found.line_length
        layout = ruff.get("format")
        if isinstance(layout, dict):
            found.quotes = {"single": "'", "double": '"'}.get(str(layout.get("quote-style")), found.quotes)
    if isinstance(isort := tool.get("isort"), dict):
        found.isort = isort
    _flake8(tool.get("flake8"), "", found)
    if isinstance(pylint := tool.get("pylint"), dict):
        for key, section in pylint.items():
            disabled = section.get("disable") if isinstance(section, dict) else section if key == "disable" else None
            _pylint(disabled, found)
    if isinstance(docs := tool.get("pydocstyle"), dict):
        _pydocstyle(docs, found)
    if isinstance(spelling := tool.get("codespell"), dict):
        found.words |= set(_list(spelling.get("ignore-words-list")))


def _from_ini(sections: Mapping[str, Mapping[str, str]], path: str, found: _Found) -> None:
    for name, section in sections.items():
        match name.lower():
            case "flake8" | "pycodestyle" | "pep8":
                _flake8(section, path, found)
            case "isort" | "tool:isort" | "settings":
                found.isort = {**section}
            case "yapf" | "style":
                found.formatter = found.formatter or "yapf"
            case "autopep8":
                found.formatter = found.formatter or "autopep8"
            case "pydocstyle":
                _pydocstyle(section, found)
            case "codespell":
                found.words |= set(_list(section.get("ignore-words-list")))
            case "messages control" | "master" | "main" | "pylint.messages control":
                _pylint(section.get("disable"), found)


def _flake8(section: Json, path: str, found: _Found) -> None:
    if not isinstance(section, dict):
        return
    values = {key.replace("_", "-"): value for key, value in section.items()}
    for key in ("ignore", "extend-ignore"):
        found.ignored += [code for code in _list(values.get(key)) if _CODE.fullmatch(code)]
    found.selected += [code for code in _list(values.get("select")) if _CODE.fullmatch(code)]
    found.line_length = _number(values.get("max-line-length")) or found.line_length
    found.convention = str(values.get("docstring-convention") or found.convention)
    for line in re.split(r"[\n]|,(?=[^,\n]*:)", str(values.get("per-file-ignores") or "")):
        pattern, _, codes = line.partition(":")
        if pattern.strip() and _fits(path, pattern.strip()):
            found.ignored += [code for code in _list(codes) if _CODE.fullmatch(code)]


def _pylint(disabled: Json, found: _Found) -> None:
    for name in _list(disabled):
        found.ignored += _PYLINT.get(name, "").split()


def _pydocstyle(section: Mapping[str, Any], found: _Found) -> None:
    found.convention = str(section.get("convention") or found.convention)
    for key in ("ignore", "add-ignore", "add_ignore"):
        found.ignored += [code for code in _list(section.get(key)) if _CODE.fullmatch(code)]


def _from_hooks(text: str, found: _Found) -> None:
    for hook in re.findall(r"^\s*-?\s*id:\s*['\"]?([\w-]+)", text, re.MULTILINE):
        if hook in ("black", "black-jupyter", "ruff-format", "yapf", "autopep8", "blue", "darker"):
            found.formatter = found.formatter or {"ruff-format": "ruff", "black-jupyter": "black"}.get(hook, hook)
        elif hook == "isort" and found.isort is None:
            profile = re.search(r"--profile[=\s\"',]+(\w+)", text)
            found.isort = {"profile": profile[1]} if profile else {}


def _from_editor(sections: Mapping[str, Mapping[str, str]], path: str, found: _Found) -> None:
    for pattern, values in sections.items():
        if not any(_fits(path, one) for one in _alternatives(pattern)):
            continue
        if values.get("trim_trailing_whitespace", "").lower() == "false":
            found.ignored += ["W291", "W293"]
        if values.get("insert_final_newline", "").lower() == "false":
            found.ignored.append("W292")
        found.line_length = found.line_length or _number(values.get("max_line_length"))
        found.quotes = found.quotes or {"single": "'", "double": '"'}.get(values.get("quote_type", ""), "")


def _sorting(settings: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return isort's settings as ruff's, None where ruff has no word for one of them."""
    options: list[str] = []
    for key, value in settings.items():
        name = key.replace("-", "_").lower()
        if name == "profile":
            if value not in _ISORT_PROFILES:
                return None
            options += _ISORT_PROFILES[value]
        elif name in _ISORT_MEANS and name.startswith("known"):
            options.append(f"{_ISORT_MEANS[name]}={_list(value)}".replace("'", '"'))
        elif name in _ISORT_MEANS:
            options.append(f"{_ISORT_MEANS[name]}={str(value).lower()}")
        elif name not in _ISORT_LAYOUT:
            return None
    return tuple(f"lint.isort.{option}" for option in dict.fromkeys(options))


def _fits(path: str, pattern: str) -> bool:
    pattern = pattern.removeprefix("./").lstrip("/").replace("**/", "*").replace("**", "*")
    name = path.rsplit("/", 1)[-1]
    return any(fnmatch.fnmatch(path, one) for one in (pattern, f"*/{pattern}", f"{pattern.rstrip('/')}/*")) or (
        "/" not in pattern and fnmatch.fnmatch(name, pattern)
    )


def _alternatives(pattern: str) -> Iterator[str]:
    """Yield what `*.{py,pyi}` stands for."""
    match = re.search(r"\{([^{}]*)\}", pattern)
    if match is None:
        yield pattern
        return
    for part in match[1].split(","):
        yield pattern[: match.start()] + part.strip() + pattern[match.end() :]


def _list(value: Json) -> list[str]:
    if isinstance(value, str):
        lines = [line.split("#")[0] for line in value.splitlines()]
        return [word for line in lines for word in re.split(r"[,\s]+", line) if word]
    return [str(one) for one in value] if isinstance(value, list) else []


def _number(value: Json) -> int:
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.strip().isdigit()) else 0


@lru_cache(maxsize=32)
def _parsed_toml(text: str) -> Mapping[str, Any]:
    try:
        tool = tomllib.loads(text).get("tool", {})
    except ValueError:
        return {}
    return tool if isinstance(tool, dict) else {}


@lru_cache(maxsize=128)
def _parsed_ini(text: str, *, editor: bool) -> Mapping[str, Mapping[str, str]]:
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        # .editorconfig begins with keys outside of any section.
        parser.read_string(f"[-]\n{text}" if editor else text)
    except configparser.Error:
        return {}
    return {name: {key: value or "" for key, value in parser[name].items()} for name in parser.sections()}
