"""The ids that the editors use are those that the server knows, and `editors/protocol.md` names them all."""

from __future__ import annotations

import dataclasses
import json
import re
import runpy
from pathlib import Path

import pytest

from ambient_lsp.lsp.commands import COMMANDS, PREFIX, REQUESTS
from ambient_lsp.lsp.configuration import Settings, parse

EDITORS = Path(__file__).parents[2] / "editors"
PACKAGE = json.loads((EDITORS / "vscode/package.json").read_text(encoding="utf-8"))
PROTOCOL = (EDITORS / "protocol.md").read_text(encoding="utf-8")
SERVER_COMMANDS = {PREFIX + name for name in COMMANDS}
PALETTE = {command["command"] for command in PACKAGE["contributes"]["commands"]}
NOTIFICATIONS = {"ambient/status", "ambient/proposals", "ambient/preview", "ambient/applied", "ambient/swarm"}


def source(editor: str) -> str:
    """Return all that we wrote for an editor, as one text."""
    folder, suffix = {"vscode": (EDITORS / "vscode/src", "ts"), "nvim": (EDITORS / "nvim", "lua")}[editor]
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob(f"*.{suffix}")))


def test_the_palette_and_the_server_share_no_id() -> None:
    assert not PALETTE & SERVER_COMMANDS
    assert not any(command.startswith(PREFIX) for command in PALETTE)
    assert all(command.startswith("ambient.") for command in PALETTE)


def test_the_protocol_page_names_every_command_and_request_of_the_server_and_no_other() -> None:
    assert set(re.findall(r"`(ambient\.server\.\w+)`", PROTOCOL)) == SERVER_COMMANDS
    assert set(re.findall(r"`(ambient/\w+)`", PROTOCOL)) == {*REQUESTS, *NOTIFICATIONS}


@pytest.mark.parametrize("editor", ["vscode", "nvim"])
def test_an_editor_calls_only_what_the_server_knows(editor: str) -> None:
    text = source(editor)
    commands = set(re.findall(r"ambient\.server\.\w+", text))
    assert commands
    assert commands <= SERVER_COMMANDS
    assert set(re.findall(r"[\"'](ambient/\w+)[\"']", text)) <= {*REQUESTS, *NOTIFICATIONS}


def test_every_command_of_the_palette_is_registered_and_no_other() -> None:
    registered = (EDITORS / "vscode/src/commands.ts").read_text(encoding="utf-8")
    assert set(re.findall(r'"(ambient\.\w+)":', registered)) == PALETTE


def test_menus_and_keys_name_only_commands_that_are_there() -> None:
    contributes = PACKAGE["contributes"]
    entries = [entry for menu in contributes["menus"].values() for entry in menu] + contributes["keybindings"]
    assert {entry["command"] for entry in entries} <= PALETTE
    linked = re.findall(r"command:(ambient\.\w+)\)", json.dumps(contributes))
    assert linked
    assert set(linked) <= PALETTE


def test_the_settings_of_vscode_include_those_that_the_server_asks_for() -> None:
    settings = {key.removeprefix("ambient.") for key in PACKAGE["contributes"]["configuration"]["properties"]}
    section = PROTOCOL.partition("| setting |")[2].partition("\n\n")[0]
    asked = set(re.findall(r"^\| `([\w.]+)`", section, re.MULTILINE))
    assert asked
    assert asked <= settings


def test_the_settings_of_vscode_are_those_that_were_made_from_the_servers() -> None:
    written = (EDITORS / "vscode/package.json").read_text(encoding="utf-8")
    script = runpy.run_path(str(EDITORS / "vscode/settings.py"))
    assert script["with_settings"](written) == written, "python editors/vscode/settings.py brings them in step"


def test_the_default_of_every_setting_is_one_that_the_server_takes() -> None:
    described = PACKAGE["contributes"]["configuration"]["properties"]
    for field in dataclasses.fields(Settings):
        name, default = field.metadata["name"], described[f"ambient.{field.metadata['name']}"]["default"]
        outer, _, inner = name.partition(".")
        settings, problems = parse({outer: {inner: default} if inner else default})
        assert not problems
        assert settings == Settings()


def test_the_versions_of_the_extension_and_the_package_are_the_same() -> None:
    from ambient_lsp import __version__

    assert PACKAGE["version"] == __version__


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((EDITORS / "vscode/package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
