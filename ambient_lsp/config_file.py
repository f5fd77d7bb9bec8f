"""Reading `.ambient.yml`: values, problems with their lines, the JSON schema, an explanation of each setting.

Settings come from three places, later ones win: the defaults, the user's own file (`config.yml` in the user's
configuration folder), the repository's `.ambient.yml`. Mappings are merged, lists are replaced. What the repository's
file may not do is in `config_rights.py`.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import reduce
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from ambient_lsp import config_rights, config_yaml
from ambient_lsp.config import SPECIALISTS, Agents, Config
from ambient_lsp.config_yaml import Document, KeyPath, Problem
from ambient_lsp.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FILE_NAME = ".ambient.yml"
SCHEMA_NAME = "ambient.schema.json"
SCHEMA_FILE = Path(__file__).parent / "data" / SCHEMA_NAME

__all__ = ["FILE_NAME", "SCHEMA_NAME", "Explained", "Problem", "explain", "load", "problems", "schema", "template"]


def user_file() -> Path:
    """Return where the user's own settings are."""
    from platformdirs import user_config_path

    return user_config_path("ambient", appauthor=False) / "config.yml"


def load(root: Path, *, trusted: bool = False, user: Path | None = None) -> Config:
    """Return the settings for a repository.

    `trusted` lets the repository's file widen rights too; without it such settings are left at the user's own values.
    `user` is the user-level file if it is not the usual one. Raises `ConfigError` that names every wrong setting;
    `details` holds `path`, `line` and all `problems`.
    """
    loaded = _load(root, trusted, user)
    errors = [problem for problem in loaded.problems if problem.severity == "error"]
    if loaded.config is None or errors:
        raise ConfigError(
            "The settings cannot be used:\n" + "\n".join(f"  {problem}" for problem in errors) + "\n",
            untouched="No file was changed.",
            next_step="Correct these lines; `ambient config explain KEY` says what a setting means.",
            path=errors[0].path,
            line=errors[0].line,
            problems=tuple(errors),
        )
    return loaded.config


def problems(root: Path, *, trusted: bool = False, user: Path | None = None, text: str | None = None) -> list[Problem]:
    """Return everything wrong with the settings, in the order of the lines. `text` is an unsaved `.ambient.yml`."""
    return list(_load(root, trusted, user, text).problems)


@dataclass(frozen=True, slots=True)
class Explained:
    """One setting, or a section with its settings. `source` is "default" or `file:line`."""

    key: str
    meaning: str
    type: str
    default: Any
    value: Any
    source: str
    settings: tuple[str, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        lines = [self.key, f"  {self.meaning}"]
        if self.settings:
            lines.append("  settings: " + ", ".join(self.settings))
        else:
            lines += [
                f"  type:     {self.type}",
                f"  default:  {_show(self.default)}",
                f"  value:    {_show(self.value)}",
                f"  set in:   {self.source}",
            ]
        return "\n".join([*lines, f"  note:     {self.note}"] if self.note else lines)


def explain(key: str, root: Path | None = None, *, trusted: bool = False, user: Path | None = None) -> Explained:
    """Say what a setting (`sandbox.backend`) means, what it is now, and where that was set.

    Without `root` only the user's own settings count. Raises `ConfigError` for a key that does not exist, with the
    nearest one that does.
    """
    described = {".".join(path): (path, model, name) for path, model, name in _fields(Config)}
    if key not in described:
        raise ConfigError(
            f"There is no setting `{key}`." + _did_you_mean(key, described),
            next_step="`ambient config schema` lists all of them.",
        )
    path, model, name = described[key]
    field = model.model_fields[name]
    default = field.get_default(call_default_factory=True)
    settings = tuple(getattr(field.annotation, "model_fields", ()))
    loaded = _load(root, trusted, user)
    value = default if loaded.config is None else _value_at(loaded.config, path)
    refused = next((wish for wish in loaded.refused if wish.key == path), None)
    documents = [loaded.own] if refused else [loaded.repository, loaded.own]
    source = next((f"{doc.path}:{doc.places[path][0]}" for doc in documents if path in doc.places), "default")
    meaning = field.description or " ".join((getattr(field.annotation, "__doc__", "") or "").split())
    note = f"{loaded.repository.path.name} asks for another value, but {refused.reason}." if refused else ""
    return Explained(key, meaning, _type_of(path), default, value, source, settings, note)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the file. A copy ships as `ambient_lsp/data/ambient.schema.json`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Config.model_json_schema(),
        "title": "Ambient settings (.ambient.yml)",
    }


def template(schema_path: str = f".ambient/{SCHEMA_NAME}") -> str:
    """Return a `.ambient.yml` that holds every default with its meaning.

    `schema_path` goes into the line that editors read; whoever writes this file puts a copy of the schema there.
    """
    lines = [
        f"# yaml-language-server: $schema={schema_path}",
        "# Settings of Ambient for this repository. Every line shows its default; delete what you do not change.",
    ]
    for path, model, name in _fields(Config):
        field = model.model_fields[name]
        indent = "  " * (len(path) - 1)
        if hasattr(field.annotation, "model_fields"):
            meaning = " ".join((field.annotation.__doc__ or "").split())
            lines += ["", f"{indent}# {meaning}", f"{indent}{name}:"]
        else:
            default = field.get_default(call_default_factory=True)
            lines += [f"{indent}# {field.description}", *_yaml_lines(indent, name, default)]
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------------------------- loading


@dataclass(frozen=True, slots=True)
class _Loaded:
    config: Config | None
    own: Document
    repository: Document
    refused: tuple[config_rights.Refused, ...]
    problems: tuple[Problem, ...]


def _load(root: Path | None, trusted: bool, user: Path | None, text: str | None = None) -> _Loaded:
    own = config_yaml.read(user or user_file())
    repository = Document(Path(FILE_NAME), {}, {})
    if root is not None:
        path = root / FILE_NAME
        repository = config_yaml.read(path) if text is None else config_yaml.parse(path, text)
    found = [*_check(own, own.values), *_check(repository, _merge(own.values, repository.values))]
    if any(problem.severity == "error" for problem in found):
        return _Loaded(None, own, repository, (), _sorted(found))
    my_values = config_rights.with_key_hosts(own.values)
    merged = _merge(my_values, repository.values)
    mine, config = Config.model_validate(my_values), Config.model_validate(merged)
    refused = config_rights.refused(mine, config, trusted=trusted)
    for wish in refused:
        nested: Any = reduce(lambda inner, name: {name: inner}, reversed(wish.key), wish.value)
        merged = _merge(merged, nested)
        message = f"`{'.'.join(wish.key)}` was not followed: {wish.reason}. Using {_show(wish.value)}."
        advice = f" Set it in {own.path}" + ("." if trusted else ", or trust this folder with `ambient trust`.")
        if not wish.default:
            found.append(repository.problem(wish.key, message + advice, "warning"))
    return _Loaded(Config.model_validate(merged), own, repository, tuple(refused), _sorted(found))


def _sorted(found: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(found)))


def _check(document: Document, merged: Mapping[str, Any]) -> Iterator[Problem]:
    """Judge one file's own values. `merged` is only asked which custom specialists there are."""
    yield from document.problems
    try:
        Config.model_validate(document.values)
    except ValidationError as error:
        for item in error.errors():
            yield document.problem(item["loc"], _words(item, document.values))
    yield from _check_agents(document, merged)
    key: KeyPath = ("sandbox", "allowed_commands")
    for index, pattern in enumerate(_list(_get(document.values, key))):
        try:
            re.compile(str(pattern))
        except re.error as error:
            yield document.problem((*key, index), f"`{pattern}` is not a regular expression: {error}.")
    key = ("monitoring", "watch_paths")
    for index, folder in enumerate(_list(_get(document.values, key))):
        if Path(str(folder)).is_absolute() or ".." in Path(str(folder)).parts:
            yield document.problem((*key, index), f"`{folder}` leaves the repository; name a folder inside it.")


def _check_agents(document: Document, merged: Mapping[str, Any]) -> Iterator[Problem]:
    """A specialist that nobody knows is a typing mistake, and so is a section for one that is not enabled."""
    section = document.values.get("agents")
    if not isinstance(section, dict):
        return
    everything = merged.get("agents", section)
    fields = set(Agents.model_fields)
    custom = _get(everything, ("custom",))
    custom_names = set(custom) if isinstance(custom, dict) else set()
    known = {*SPECIALISTS, *custom_names, *(set(everything) - fields)}
    named = custom_names | {str(name) for name in _list(_get(everything, ("enabled",)))}
    for name in set(section) - fields - named:
        hint = _did_you_mean(str(name), fields)
        message = f"`agents.{name}` is not a setting, and no specialist of that name is in `agents.enabled`.{hint}"
        yield document.problem(("agents", name), message)
    for index, name in enumerate(_list(section.get("enabled"))):
        if name not in known and name not in {entry.name for entry in entry_points(group="ambient.specialists")}:
            message = f"No specialist is called `{name}`.{_did_you_mean(str(name), known)}"
            yield document.problem(("agents", "enabled", index), message)


def _words(item: Any, values: Mapping[str, Any]) -> str:
    """Say one of pydantic's errors in words."""
    key, context = ".".join(map(str, item["loc"])), item.get("ctx", {})
    if item["type"] == "extra_forbidden":
        *parent, name = item["loc"]
        siblings = {path[-1] for path, _, _ in _fields(Config) if list(path[:-1]) == parent}
        return f"`{key}` is not a setting.{_did_you_mean(str(name), siblings)}"
    if item["type"] == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        hint = _did_you_mean(str(item["input"]), allowed)
        return f"`{key}` must be one of {', '.join(allowed)}; not {item['input']!r}.{hint}"
    if item["type"] == "model_type":
        return f"`{key}` is a section: put its settings below it, indented."
    return f"`{key}`: {item['msg'][:1].lower()}{item['msg'][1:]}; not {item['input']!r}."


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f" Did you mean `{near[0]}`?" if near else ""


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        mine = merged.get(key)
        merged[key] = _merge(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return merged


# ---------------------------------------------------------------------------------------------- describing


def _fields(
    model: type[BaseModel], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], type[BaseModel], str]]:
    for name, field in model.model_fields.items():
        yield (*above, name), model, name
        if isinstance(section := field.annotation, type) and issubclass(section, BaseModel):
            yield from _fields(section, (*above, name))


def _type_of(path: tuple[str, ...]) -> str:
    whole = schema()
    node: dict[str, Any] = whole
    for name in path:
        node = node["properties"][name]
        if "$ref" in node:
            node = whole["$defs"][node["$ref"].rpartition("/")[2]]
    return _type_words(node)


def _type_words(node: Mapping[str, Any]) -> str:
    if "enum" in node or "const" in node:
        return " | ".join(map(str, node.get("enum", [node.get("const")])))
    if "anyOf" in node:
        return " or ".join(map(_type_words, node["anyOf"]))
    if node.get("type") == "array":
        return f"list of {_type_words(node['items'])}"
    if node.get("type") == "object" and "additionalProperties" in node and "properties" not in node:
        return f"mapping of name to {_type_words(node['additionalProperties'])}"
    return "section" if "properties" in node else str(node.get("type", "value"))


def _value_at(config: Config, path: tuple[str, ...]) -> Any:
    return reduce(getattr, path, config)


def _get(values: Any, key: KeyPath) -> Any:
    for name in key:
        values = values.get(name) if isinstance(values, dict) else None
    return values


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _show(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, default=str)


def _yaml_lines(indent: str, name: str, value: Any) -> list[str]:
    if isinstance(value, list) and value:
        return [f"{indent}{name}:", *(f"{indent}  - {_show(item)}" for item in value)]
    return [f"{indent}{name}: {_show(value)}"]


def _write_schema() -> None:
    import json

    SCHEMA_FILE.write_text(json.dumps(schema(), indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    _write_schema()
