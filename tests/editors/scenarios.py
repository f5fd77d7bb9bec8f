"""A project with five problems that Ambient fixes and proves, one a file: the first design's end-to-end cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.e2e import project

TYPED = "# typed in the editor\n"
"""What a test adds at the end of each file before it saves, so that there is something to save."""

BLOCK = """    total = 0
    for price, count in lines:
        total += price * count
    if total > 10_000:
        total -= total // 20
    if member:
        total -= total // 50
    total = max(total, 0)
"""
"""The lines that stand twice in one of the files."""

_PYPROJECT = '[tool.pytest.ini_options]\npythonpath = ["."]\ntestpaths = ["tests"]\n'
_CONFIG = "sandbox:\n  backend: bubblewrap\n"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A file with a problem, and what the disk must look like after the fix was taken and saved.

    `test` is the text of `tests`, a file. `action` begins the quick fix's title, and `proof` is a pattern of what the
    title tells of the proof. `there` and `gone` are what the fixed file must and must not have afterwards; it is
    `target` where that is not the open one. `asks` is whether the fix needs the user's approval. `measured` names a
    measurement of the proof, and says what must hold of its numbers before and after.
    """

    name: str
    file: str
    text: str
    tests: str
    test: str
    rule: str
    action: str
    proof: str
    there: tuple[str, ...]
    gone: tuple[str, ...] = ()
    asks: bool = False
    target: str = ""
    measured: tuple[str, Callable[[float, float], bool]] | None = None

    @property
    def fixed(self) -> str:
        """The file that the fix changes or makes."""
        return self.target or self.file

    def facts(self, root: Path) -> dict[str, object]:
        """Return what a test script in another language needs to know."""
        own: dict[str, object] = {"name": self.name, "rule": self.rule, "action": self.action, "asks": self.asks}
        return own | {"file": str(root / self.file), "target": str(root / self.fixed), "typed": TYPED}


def make(folder: Path, scenarios: Sequence[Scenario]) -> Path:
    """Write and commit a project with these problems; return its folder."""
    files = {"pyproject.toml": _PYPROJECT, ".ambient.yml": _CONFIG}
    for scenario in scenarios:
        files |= {scenario.file: scenario.text, scenario.tests: scenario.test}
    return project.make(folder, files)


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
    tests="tests/test_report.py",
    test="""from report import stocked


def test_stocked() -> None:
    assert stocked("tea", 2) == '{"item": "tea", "count": 2}'
""",
    rule="AMB-STYLE-F401",
    action="Tidy imports and whitespace",
    proof="1 test passes as before",
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
    tests="tests/test_tokens.py",
    test="""from tokens import session_token


def test_tokens_differ_by_user() -> None:
    assert session_token("ada", "s") != session_token("bob", "s")
""",
    rule="AMB-SEC-WEAK-HASH",
    action="Use SHA-256",
    proof="1 test passes as before",
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
    tests="tests/test_orders.py",
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
    proof="2 tests pass as before",
    there=("def order_total(", "def offer_total(", "_total(lines, member)\n    return total + 495\n"),
    gone=(BLOCK + "    return total + 495",),
)

SLOW = Scenario(
    name="slow",
    file="members.py",
    text='''"""Orders of the shop's members."""


def orders_of_members(customers: list[str], members: list[str]) -> list[str]:
    """Return the customers who are members, in the order of their orders."""
    return [customer for customer in customers if customer in members]
''',
    tests="tests/test_members.py",
    test="""from members import orders_of_members


def test_orders_of_members() -> None:
    assert orders_of_members(["ada", "bob", "ada"], ["ada", "eve"]) == ["ada", "ada"]
""",
    rule="AMB-PERF-MEMBERSHIP",
    action="Look up `members` in a set",
    proof=r"\d+ % less time",
    measured=("time of orders_of_members", lambda before, after: after < before / 2),
    there=(
        "    members_set = set(members)\n",
        "    return [customer for customer in customers if customer in members_set]\n",
    ),
)

UNTESTED = Scenario(
    name="untested",
    file="postage.py",
    text='''"""Postage of parcels."""


def price(grams: int) -> int:
    """Return what a parcel costs, in cents."""
    return 495 if grams <= 2000 else 995


def parcels(items: int, room: int) -> int:
    """Return how many parcels hold the items, when each has room for so many.

    Raises ValueError where `room` is less than 1.

    >>> parcels(7, 3)
    3
    >>> parcels(6, 3)
    2
    """
    if room < 1:
        raise ValueError("room must be at least 1")
    return (items + room - 1) // room
''',
    tests="tests/test_prices.py",
    test="""from postage import price


def test_price() -> None:
    assert price(2000) == 495
    assert price(2001) == 995
""",
    rule="AMB-TEST-UNTESTED",
    action="Add 2 tests of `parcels`",
    proof=r"2 new tests pass in \d+ cases, (\d+) of \1 mistakes noticed",
    measured=("mutants noticed", lambda before, after: after > before),
    target="tests/test_postage.py",
    there=(
        "from postage import parcels\n",
        "        (7, 3, 3),\n",
        "    with pytest.raises(ValueError):\n        parcels(items, room)\n",
    ),
)

UNTESTED_BESIDE_TESTED = replace(
    UNTESTED,
    tests=UNTESTED.target,
    there=("import pytest\n\nfrom postage import parcels, price\n\n\ndef test_price() -> None:\n", *UNTESTED.there[1:]),
)
"""The same with tests of the file's other function, which the new ones are added to."""

SCENARIOS = (STYLE, HASH, DUPLICATE, SLOW, UNTESTED)
