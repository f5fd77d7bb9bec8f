"""The editor's own settings (`ambient.*`). What concerns the repository is in `.ambient.yml` and not here."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ambient_lsp.lsp.capabilities import ClientSupport
from ambient_lsp.lsp.protocol import AmbientProtocol
from ambient_lsp.model import Severity

logger = logging.getLogger(__name__)

WATCHED = ("**/.ambient.yml", "**/.ambientignore", "**/pyproject.toml")


@dataclass(frozen=True, slots=True)
class Settings:
    """`ambient.severity`: the highest level that findings are shown at. `ambient.fixAll.enable`: whether
    `source.fixAll.ambient` does anything; it may run at every save with nobody looking, so it is off."""

    severity: Severity = Severity.INFORMATION
    fix_all: bool = False


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
        logger.warning("the editor did not tell its settings: %s", error or "no answer")
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
        logger.warning("the editor does not watch configuration files for us: %s", error or "no answer")


def file_problems(root: Path) -> list[types.Diagnostic]:
    """Return what is wrong with a folder's `.ambient.yml`, at the lines where it is wrong. Reads the file: a thread's
    work."""
    from ambient_lsp.config_file import problems

    found: list[types.Diagnostic] = []
    for error in problems(root):
        line = max(int(error.details.get("line") or 1) - 1, 0)
        found.append(
            types.Diagnostic(
                # A column past the end of a line is the end of that line, by the specification.
                range=types.Range(types.Position(line, 0), types.Position(line, 1 << 16)),
                message=str(error),
                severity=types.DiagnosticSeverity.Error,
                source="ambient",
                code="config",
            )
        )
    return found
