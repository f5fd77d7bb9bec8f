"""Three small projects, each with one problem that Ambient fixes and proves: end-to-end cases of the first design."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.e2e import project

TYPED = "# typed in the editor\n"
"""What a test adds at the end of the file before it saves, so that there is something to save."""

BLOCK = """    total = 0
    for price, count in lines:
        total += price * count
    if total > 10_000:
        total -= total // 20
    if member:
        total -= total // 50
    total = max(total, 0)
"""
"""The lines that stand twice in one of the projects."""

_PYPROJECT = '[tool.pytest.ini_options]\npythonpath = ["."]\ntestpaths = ["tests"]\n'
_CONFIG = "sandbox:\n  backend: bubblewrap\n"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A file with a problem, and what the file on disk must look like after the fix was taken and saved.

    `action` begins the quick fix's title; `there` and `gone` are what the file must and must not have afterwards;
    `asks` is whether the fix needs the user's approval.
    """

    name: str
    file: str
    text: str
    test: str
    rule: str
    action: str
    there: tuple[str, ...]
    gone: tuple[str, ...]
    asks: bool = False

    def make(self, folder: Path) -> Path:
        """Write and commit the project; return its folder."""
        files = {self.file: self.text, "tests/test_shop.py": self.test, "pyproject.toml": _PYPROJECT}
        return project.make(folder, files | {".ambient.yml": _CONFIG})

    def as_json(self, root: Path) -> str:
        """Return what a test script in another language needs to know."""
        facts = {"file": str(root / self.file), "rule": self.rule, "action": self.action, "asks": self.asks}
        return json.dumps(facts | {"typed": TYPED})

    def check(self, root: Path) -> None:
        """Assert that the file on disk is fixed, and nothing else was changed."""
        text = (root / self.file).read_text(encoding="utf-8")
        assert TYPED in text, text
        for part in self.there:
            assert part in text, text
        for part in self.gone:
            assert part not in text, text
        changed = project.git(root, "status", "--porcelain", "--untracked-files=all").split()
        assert changed == ["M", self.file]


STYLE = Scenario(
    name="style",
    file="report.py",
    text='''"""Reports for the shop's owner."""

import json
import os


def stocked(item: str, count: int) -> str:   
    """Return an entry of the stock, as JSON."""
    return json.dumps({"item": item, "count": count})
''',
    test="""from report import stocked


def test_stocked() -> None:
    assert stocked("tea", 2) == '{"item": "tea", "count": 2}'
""",
    rule="AMB-STYLE-F401",
    action="Tidy imports and whitespace",
    there=('"""Reports for the shop\'s owner."""\n\nimport json\n\n\ndef stocked(item: str, count: int) -> str:\n',),
    gone=("import os",),
)

HASH = Scenario(
    name="hash",
    file="tokens.py",
    text='''"""Session tokens."""

import hashlib


def session_token(user: str, secret: str) -> str:
    """Return the token that a browser sends back."""
    return hashlib.md5(f"{user}:{secret}".encode()).hexdigest()
''',
    test="""from tokens import session_token


def test_tokens_differ_by_user() -> None:
    assert session_token("ada", "s") != session_token("bob", "s")
""",
    rule="AMB-SEC-WEAK-HASH",
    action="Use SHA-256",
    there=('    return hashlib.sha256(f"{user}:{secret}".encode()).hexdigest()\n',),
    gone=("md5",),
    asks=True,
)

DUPLICATE = Scenario(
    name="duplicate",
    file="orders.py",
    text=f'''"""Prices of orders and offers."""


def order_total(lines: list[tuple[int, int]], member: bool) -> int:
    """Return what an order costs, in cents."""
{BLOCK}    return total + 495


def offer_total(lines: list[tuple[int, int]], member: bool) -> int:
    """Return what an offer would cost, in cents, without postage."""
{BLOCK}    return total
''',
    test="""from orders import offer_total, order_total


def test_order_total() -> None:
    assert order_total([(250, 2), (100, 1)], member=False) == 1095
    assert order_total([(6000, 2)], member=True) == 11667


def test_offer_total() -> None:
    assert offer_total([(250, 2), (100, 1)], member=False) == 600
    assert offer_total([(6000, 2)], member=True) == 11172
""",
    rule="AMB-REF-DUPLICATE",
    action="Extract 8 lines",
    there=("def order_total(", "def offer_total(", "_total(lines, member)\n    return total + 495\n"),
    gone=(BLOCK + "    return total + 495",),
)

SCENARIOS = (STYLE, HASH, DUPLICATE)
