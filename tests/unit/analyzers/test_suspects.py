"""Tests without any sign are left out before the rules look at a file, and nothing that a rule finds is lost by that."""

from __future__ import annotations

from pathlib import Path

import pytest

from ambient_lsp.analyzers.source import read
from ambient_lsp.analyzers.testing import smells
from ambient_lsp.analyzers.testing.suspects import spared

GOOD = '''import time


class Tests:
    def test_one(self):
        """Ünïcode, and a
        docstring."""
        x = """
text at the left
"""
        self.assertEqual(x, 1)

    def test_two(self):
        assert f(1) == 2
'''
BAD = """
    def test_three(self):
        time.sleep(2)
        self.assertEqual(f(), 1)

    def test_nothing(self):
        made = f()
"""


def no_test_is_spared(_: object) -> frozenset[int]:
    return frozenset()


def test_in_a_file_in_which_all_is_well_every_test_is_spared() -> None:
    assert len(spared(read(GOOD))) == 2
    assert smells.find(GOOD, "test_a.py") == []


def test_what_is_found_is_at_its_place_in_the_whole_text(monkeypatch: pytest.MonkeyPatch) -> None:
    found = smells.find(GOOD + BAD, "test_a.py")
    assert [one.rule for one in found] == ["AMB-TEST-SLEEP", "AMB-TEST-NO-ASSERT"]
    assert len(spared(read(GOOD + BAD))) == 2
    monkeypatch.setattr(smells, "spared", no_test_is_spared)
    assert smells.find(GOOD + BAD, "test_a.py") == found


@pytest.mark.parametrize(
    "test",
    [
        "def test_a():\n    assert (f(), 'x')\n",
        "def test_a():\n    assert True\n",
        "class T:\n    def test_a(self):\n        self.assertTrue(1)\n",
        "class T:\n    def test_a(self):\n        self.assertTrue(f(), 3)\n",
        "class T:\n    def test_a(self):\n        self.assertEqual(a, a)\n",
        "def test_a():\n    m.assert_called_once\n    assert f()\n",
        "def test_a():\n    return f() == 2\n    assert f()\n",
        "def test_a():\n    try:\n        assert f()\n    except Exception:\n        pass\n",
        "def test_a():\n    assert f()\n\n\ndef test_a():\n    assert g()\n",
        "def test_a():\n    assert list(set(f())) == [1, 2]\n",
        "def test_a():\n    open('/tmp/x.txt', 'w').write('1')\n    assert f()\n",
        "import os\n\n\ndef test_a():\n    os.environ['A'] = '1'\n    assert f()\n",
        "import random\n\n\ndef test_a():\n    assert f(random.random())\n",
        "import requests\n\n\ndef test_a():\n    assert requests.get('https://other.org')\n",
        "from datetime import datetime\n\n\ndef test_a():\n    assert f() == datetime.now()\n",
        "seen = []\n\n\ndef test_a():\n    seen.append(1)\n\n\ndef test_b():\n    assert seen\n",
        "def test_a():\n    # assert something\n    made = f('check(')\n",
    ],
)
def test_every_rule_still_finds_its_own(test: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{test}\n\ndef test_good():\n    assert f(2) == 3\n"
    found = smells.find(text, "test_a.py")
    monkeypatch.setattr(smells, "spared", no_test_is_spared)
    assert found == smells.find(text, "test_a.py") != []


def test_our_own_tests_give_the_same_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted(Path(__file__).parent.glob("test_s*.py"))[:6]
    found = [smells.find(file.read_text(), file.name) for file in files]
    monkeypatch.setattr(smells, "spared", no_test_is_spared)
    assert found == [smells.find(file.read_text(), file.name) for file in files]
