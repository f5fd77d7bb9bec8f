"""`ambient dismiss`: a finding is named by what a review prints; of several, one is asked which."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from ambient_lsp.cli.exits import Exit
from tests.terminal import CHECKOUT, ambient

WEAK_HASH = "AMB-SEC-WEAK-HASH"
TWO = """\"\"\"Names.\"\"\"

import hashlib
import pickle

PAIR = hashlib.md5(b"a").hexdigest(), pickle.loads(open("b", "rb").read())
"""


@pytest.fixture
def root(root: Path) -> Path:
    (root / ".ambient.yml").write_text("agents:\n  enabled: [SecurityGuardian]\n")
    (root / "shop").mkdir()
    (root / "shop" / "names.py").write_text(TWO)
    ambient("review", "--no-verify")
    return root


def places() -> list[str]:
    """Return where a review of today finds something."""
    found = ambient("review", "--no-verify", "--format", "json").json["findings"]
    return [f"{one['path']}:{one['line']}" for one in found]


def at_terminal(root: Path, *arguments: str, typed: str) -> str:
    """Run a command for somebody at a terminal, who has typed ahead; return what the screen shows."""
    terminal, end = pty.openpty()
    os.write(terminal, typed.encode())
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "TERM": "dumb", "COLUMNS": "200"}
    subprocess.run(
        [sys.executable, "-m", "ambient_lsp", *arguments],
        cwd=root, env=environment, stdin=end, stdout=end, stderr=end, check=True, timeout=40,
    )  # fmt: skip
    os.close(end)
    shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    return shown


@pytest.mark.parametrize("what", ["app.py:9", "app.py:9:12:"])
def test_a_place_that_a_review_printed_is_enough(root: Path, what: str) -> None:
    done = ambient("dismiss", what)
    assert done.code == Exit.OK, done.err
    assert done.out.startswith("Dismissed app.py:9:12: Weak hash")
    assert places() == ["shop/names.py:6"] * 2


def test_a_place_is_seen_from_the_folder_one_is_in(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "shop")
    column = TWO.splitlines()[5].index("pickle.loads") + 1
    assert ambient("dismiss", f"names.py:6:{column}").code == Exit.OK
    assert ambient("dismiss", "app.py:9").code == Exit.OK  # as a review prints it
    assert places() == ["shop/names.py:6"]


def test_of_several_the_ids_are_told_and_one_of_them_is_taken(root: Path) -> None:
    done = ambient("dismiss", "shop/names.py:6", "--reason", "only names")
    assert done.code == Exit.USAGE
    assert "any of these 2" in done.err and "Nothing was dismissed." in done.err
    ids = [line.split()[0] for line in done.err.splitlines() if "names.py:6:" in line][-2:]
    assert ambient("proposals", "dismiss", ids[1]).code == Exit.OK
    assert places() == ["app.py:9", "shop/names.py:6"]


def test_somebody_at_a_terminal_is_asked_which_and_why(root: Path) -> None:
    shown = at_terminal(root, "dismiss", "shop/names.py", typed="7\n2\nonly a name\n")
    assert shown.count("Which?") == 2  # there is no seventh
    assert "Why?" in shown and "Dismissed shop/names.py:6:" in shown
    assert places() == ["app.py:9", "shop/names.py:6"]


def test_enter_dismisses_nothing_and_all_dismisses_all(root: Path) -> None:
    assert "Nothing was dismissed." in at_terminal(root, "dismiss", "shop/names.py:6", typed="\n")
    assert len(places()) == 3
    at_terminal(root, "dismiss", "shop/names.py:6", "--reason", "only names", typed="all\n")
    assert places() == ["app.py:9"]


def test_what_is_alike_goes_along_and_that_is_told(root: Path) -> None:
    (root / "app.py").write_text("import hashlib\n\nPAIR = hashlib.md5(b'a'), hashlib.sha1(b'b')\n")
    assert places().count("app.py:3") == 2
    assert "1 more of the same structure went with it." in ambient("dismiss", "app.py:3").out
    assert "app.py:3" not in places()


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("app.py:2", "there are some at line 9"),
        ("test_app.py:2", "`ambient review test_app.py` looks"),
        ("nope.py:2", "no finding and no proposal 'nope.py:2'"),
        ("0123abcd", "no finding and no proposal '0123abcd'"),
        (WEAK_HASH, f"`ambient rules mute {WEAK_HASH}`"),
    ],
)
def test_what_is_not_there_is_told_with_what_there_is(root: Path, what: str, says: str) -> None:
    done = ambient("dismiss", what)
    assert done.code == Exit.USAGE
    assert says in done.err and "Nothing was dismissed." in done.err
    assert len(places()) == 3
