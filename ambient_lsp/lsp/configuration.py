"""The editor's own settings (`ambient.*`). What concerns the repository is in `.ambient.yml` and not here."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ambient_lsp.errors import ConfigError
from ambient_lsp.lsp.capabilities import ClientSupport
from ambient_lsp.lsp.protocol import AmbientProtocol
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from ambient_lsp.config import Config

logger = logging.getLogger(__name__)

FILE = ".ambient.yml"
WATCHED = ("**/.ambient.yml", "**/.ambientignore", "**/pyproject.toml")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user sets in the editor. VS Code's settings are made of the names and meanings in `metadata`."""

    severity: Severity = field(
        default=Severity.INFORMATION,
        metadata={"name": "severity", "description": "The highest level that findings are shown at."},
    )
    fix_all: bool = field(
        default=False,
        metadata={
            "name": "fixAll.enable",
            "description": "Let `source.fixAll.ambient` apply all proven low-risk fixes of a file. With "
            "`editor.codeActionsOnSave` it may run at every save, with nobody looking, so it is off.",
        },
    )
    hover: bool = field(
        default=False,
        metadata={
            "name": "hover.enable",
            "description": "Show the proof and the history of a fix when hovering over its finding.",
        },
    )
    code_lens: bool = field(
        default=False,
        metadata={
            "name": "codeLens.enable",
            "description": "Show a line above each finding that has a fix: its proof, or why it is not offered.",
        },
    )


def parse(value: Any, base: Settings | None = None) -> tuple[Settings, list[str]]:
    """Return the settings in a client's answer, and a sentence for each value that was not understood.

    Clients answer null for sections they do not know, and leave out what has its default; `base` holds there.
    """
    base = base or Settings()
    problems: list[str] = []
    found: dict[str, Any] = {}
    for one in fields(Settings):
        name, default = one.metadata["name"], getattr(base, one.name)
        given = _look_up(value, name)
        if given is None:
            continue
        try:
            found[one.name] = _read(given, default)
        except ValueError as error:
            problems.append(f"ambient.{name} is {given!r}, which is {error}; using {_word(default)}.")
    return replace(base, **found), problems


def _look_up(value: Any, name: str) -> Any:
    """Return a setting by its name with dots: editors send one object in another, or such names as they are."""
    given: Any = value
    for part in name.split("."):
        given = given.get(part) if isinstance(given, Mapping) else None
    if given is None and isinstance(value, Mapping):
        given = value.get(name)
    return given


def _read(given: Any, default: Any) -> Any:
    """Return a value as it is kept. Raises `ValueError` with what is wrong with it."""
    if isinstance(default, bool):
        if not isinstance(given, bool):
            raise ValueError("neither true nor false")
        return given
    if given not in set(Severity):
        raise ValueError(f"none of {', '.join(Severity)}")
    return Severity(given)


def _word(value: Any) -> str:
    return str(value).lower()


async def pull(protocol: AmbientProtocol, uris: list[str], base: Settings) -> list[tuple[Settings, list[str]]]:
    """Ask the client for the settings of each folder. `base` where it does not answer.

    The section is always named: Neovim leaves out items without one.
    """
    items = [types.ConfigurationItem(scope_uri=uri, section="ambient") for uri in uris]
    try:
        values = await protocol.ask(types.WORKSPACE_CONFIGURATION, types.ConfigurationParams(items), 10.0)
    except (TimeoutError, JsonRpcException) as error:
        logger.warning("the editor did not tell its settings: %r", error)
        values = []
    values = list(values or [])
    return [parse(value, base) for value in values + [None] * (len(uris) - len(values))]


async def register(protocol: AmbientProtocol, support: ClientSupport) -> None:
    """Ask to be told of changed settings and configuration files, as far as the client offers it."""
    wanted: list[types.Registration] = []
    if support.registers_configuration:
        wanted.append(
            types.Registration("ambient-settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, {"section": "ambient"})
        )
    if support.registers_watchers:
        watchers = [types.FileSystemWatcher(glob_pattern=pattern) for pattern in WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers=watchers)
        wanted.append(types.Registration("ambient-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
    if not wanted:
        return
    try:
        await protocol.ask(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams(wanted), 10.0)
    except (TimeoutError, JsonRpcException) as error:
        logger.warning("the editor does not watch configuration files for us: %r", error)


def read(root: Path, *, trusted: bool) -> tuple[Config | None, list[types.Diagnostic]]:
    """Return a folder's settings, None if they are wrong, and what is wrong with its `.ambient.yml`, at its lines.

    Reads files: a thread's work.
    """
    from ambient_lsp import config_file

    try:
        config = config_file.load(root, trusted=trusted)
    except ConfigError:
        config = None
    problems = config_file.problems(root, trusted=trusted)
    return config, [_problem(item) for item in problems if item.path.name == FILE]


def _problem(item: Any) -> types.Diagnostic:
    line = max(item.line - 1, 0)
    error = item.severity == "error"
    return types.Diagnostic(
        # A column past the end of a line means that end, by the specification.
        range=types.Range(types.Position(line, max(item.column - 1, 0)), types.Position(line, 1 << 16)),
        message=item.message,
        severity=types.DiagnosticSeverity.Error if error else types.DiagnosticSeverity.Warning,
        source="ambient",
        code="config",
    )
