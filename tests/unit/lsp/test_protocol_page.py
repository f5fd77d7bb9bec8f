"""`editors/protocol.md` names what the server has, all of it and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from ambient_lsp.lsp.actions import KINDS
from ambient_lsp.lsp.commands import COMMANDS, REQUESTS

PAGE = (Path(__file__).parents[3] / "editors" / "protocol.md").read_text("utf-8")


def test_the_page_lists_every_command_request_and_kind():
    assert set(re.findall(r"`ambient\.server\.(\w+)`", PAGE)) == set(COMMANDS)
    notifications = {"ambient/status", "ambient/proposals", "ambient/preview", "ambient/applied", "ambient/swarm"}
    assert set(re.findall(r"`(ambient/\w+)`", PAGE)) == set(REQUESTS) | notifications
    assert set(re.findall(r"^\| `([\w.]+\.ambient[\w.]*)`", PAGE, re.MULTILINE)) == set(KINDS)
