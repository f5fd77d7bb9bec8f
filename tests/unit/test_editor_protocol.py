"""What the editors use is what the server knows, and `editors/protocol.md` names all of it and nothing else.

What is sent is compared with the page's examples in `tests/server/test_protocol_examples.py`.
"""

from __future__ import annotations

import dataclasses
import json
import re
import runpy
from pathlib import Path

import pytest

from ambient_lsp.lsp.actions import KINDS
from ambient_lsp.lsp.commands import COMMANDS, PREFIX, REQUESTS
from ambient_lsp.lsp.configuration import Settings, parse

ROOT = Path(__file__).parents[2]
EDITORS = ROOT / "editors"
PACKAGE = json.loads((EDITORS / "vscode/package.json").read_text(encoding="utf-8"))
PROTOCOL = (EDITORS / "protocol.md").read_text(encoding="utf-8")
SERVER_COMMANDS = {PREFIX + name for name in COMMANDS}
PALETTE = {command["command"] for command in PACKAGE["contributes"]["commands"]}
SERVER = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "ambient_lsp/lsp").glob("*.py")))
NOTIFICATIONS = set(re.findall(r"notify\(\s*\"(ambient/\w+)\"", SERVER))
SETTINGS = {field.metadata["name"] for field in dataclasses.fields(Settings)}
NAMED = set(re.findall(r"[`\"](\w+)[`\"]", PROTOCOL))
"""Every field that the page speaks of."""


def source(editor: str) -> str:
    """Return all that we wrote for an editor, as one text."""
    folder, suffix = {"vscode": (EDITORS / "vscode/src", "ts"), "nvim": (EDITORS / "nvim", "lua")}[editor]
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob(f"*.{suffix}")))


def table(heading: str) -> set[str]:
    """Return what the first column of one of the page's tables names."""
    rows = PROTOCOL.partition(f"| {heading} |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `([\w.]+)`", rows, re.MULTILINE))


def test_the_palette_and_the_server_share_no_id() -> None:
    assert not PALETTE & SERVER_COMMANDS
    assert not any(command.startswith(PREFIX) for command in PALETTE)
    assert all(command.startswith("ambient.") for command in PALETTE)


def test_the_protocol_page_names_every_command_and_request_of_the_server_and_no_other() -> None:
    assert set(re.findall(r"`(ambient\.server\.\w+)`", PROTOCOL)) == SERVER_COMMANDS
    assert {"ambient/status", "ambient/proposals", "ambient/applied"} <= NOTIFICATIONS
    assert set(re.findall(r"`(ambient/\w+)`", PROTOCOL)) == {*REQUESTS, *NOTIFICATIONS}
    assert table("command") == SERVER_COMMANDS


def test_the_protocol_page_names_every_setting_and_every_kind_of_action_and_no_other() -> None:
    assert table("setting") == SETTINGS
    assert table("kind") == set(KINDS)


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


def test_the_settings_of_vscode_are_those_of_the_server_and_its_own() -> None:
    settings = {key.removeprefix("ambient.") for key in PACKAGE["contributes"]["configuration"]["properties"]}
    assert settings > SETTINGS
    used = set(re.findall(r"getConfiguration\(\"ambient\"\)\s*\.get<?[^(]*\(\s*\"([\w.]+)\"", source("vscode")))
    assert used
    assert used <= settings


def test_the_settings_of_neovim_are_those_of_the_server() -> None:
    [fields] = re.findall(r"---@class ambient\.Settings\n((?:---@field .*\n)*)", source("nvim"))
    named = set(re.findall(r"---@field (\w+)", fields))
    assert named
    assert named <= {name.partition(".")[0] for name in SETTINGS}


def test_the_fields_that_vscode_reads_are_on_the_page() -> None:
    protocol = (EDITORS / "vscode/src/protocol.ts").read_text(encoding="utf-8")
    shapes = re.findall(r"^export interface \w+[^{]*\{\n(.*?)^\}", protocol, re.MULTILINE | re.DOTALL)
    fields = {name for shape in shapes for name in re.findall(r"(?:^|[{;])\s*(\w+)\??:", shape, re.MULTILINE)}
    assert {"id", "folders"} <= fields
    assert fields <= NAMED, f"the page does not know {fields - NAMED}"


def test_the_fields_that_neovim_reads_are_on_the_page() -> None:
    shapes = dict(re.findall(r"---@class ambient\.(\w+)\n((?:---@field .*\n)*)", source("nvim")))
    sent = [shapes.get(name, "") for name in ("Proposal", "Hunk", "Folder", "Status", "Run", "Order")]
    fields = {name for shape in sent for name in re.findall(r"---@field (\w+)", shape)}
    assert fields <= NAMED, f"the page does not know {fields - NAMED}"


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
