"""Findings while somebody types, two fixes in a row and an undo, in a real Neovim with our plugin."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors import test_neovim
from tests.server import shelf

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(260)]

TEXT = "# top\n\n\na = md5\n\n\n\nb = md5\n\n\n\nc = md5\n"


def test_findings_follow_typing_fixes_and_undo_in_neovim(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    first, second, third = shelf.stock(root, TEXT)
    test_neovim.run("typing.lua", root, {"AMBIENT_FILE": str(root / "a.py")})
    assert shelf.stored(root, first) == ("applied", ["applied"])
    assert shelf.stored(root, second) == ("reverted", ["applied", "reverted"])
    assert shelf.stored(root, third) == ("offered", [])
    assert (root / "a.py").read_text() == TEXT
