"""The editor's own settings (`ambient.*`). What concerns the repository is in `.ambient.yml` and not here."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
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


def parse(value: Any) -> tuple[Settings, list[str]]:
    """Return the settings in a client's answer, and a sentence for each value that was not understood.

    Clients answer null for sections they do not know, and leave out what has its default.
    """
    problems: list[str] = []
    given: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    severity, fix_all = Severity.INFORMATION, False
    if (name := given.get("severity")) is not None:
        try:
            severity = Severity(name)
        except ValueError:
            levels = ", ".join(Severity)
            problems.append(f"ambient.severity is {name!r}, which is none of {levels}; using {severity}.")
    nested = given.get("fixAll")
    flag = nested.get("enable") if isinstance(nested, Mapping) else given.get("fixAll.enable")
    if isinstance(flag, bool):
        fix_all = flag
    elif flag is not None:
        problems.append(f"ambient.fixAll.enable is {flag!r}, which is neither true nor false; using false.")
    return Settings(severity, fix_all), problems


async def pull(protocol: AmbientProtocol, uris: list[str]) -> list[tuple[Settings, list[str]]]:
    """Ask the client for the settings of each folder. Defaults where it does not answer.

    The section is always named: Neovim leaves out items without one.
    """
    items = [types.ConfigurationItem(scope_uri=uri, section="ambient") for uri in uris]
    try:
        values = await protocol.ask(types.WORKSPACE_CONFIGURATION, types.ConfigurationParams(items), 10.0)
    except (TimeoutError, JsonRpcException) as error:
        logger.warning("the editor did not tell its settings: %r", error)
        values = []
    values = list(values or [])
    return [parse(value) for value in values + [None] * (len(uris) - len(values))]


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
