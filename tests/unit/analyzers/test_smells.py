"""Tests that prove nothing or fail by chance are named; good ones are left in peace."""

from __future__ import annotations

from textwrap import dedent

import pytest

from ambient_lsp.analyzers import smells


def rules(text):
    return [found.rule for found in smells.find(dedent(text), "test_a.py")]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("def test_a():\n    x = go()\n", smells.NO_ASSERT),
        ("def test_a():\n    go()\n    time.sleep(0.5)\n    assert done()\n", smells.SLEEP),
        ("def test_a():\n    assert make().at == datetime.now()\n", smells.CLOCK),
        ("def test_a():\n    assert requests.get('https://example.com/x').ok\n", smells.NETWORK),
        (
            "C = []\n\ndef test_a():\n    C.append(1)\n    assert go()\n\ndef test_b():\n    assert C == [1]\n",
            smells.ORDER,
        ),
    ],
)
def test_found(text, rule):
    assert rules(text) == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def test_a(",
        "def test_a():\n    pass\n",
        "def test_a():\n    '''Later.'''\n    ...\n",
        "def test_a():\n    with pytest.raises(ValueError):\n        go()\n",
        "def test_a(mock):\n    go()\n    mock.assert_called_once()\n",
        "class TestA:\n    def test_a(self):\n        self.assertEqual(go(), 1)\n",
        "def looks_right(x):\n    assert x\n\ndef test_a():\n    looks_right(go())\n",
        "def test_a(benchmark):\n    benchmark(go)\n",
        "@pytest.mark.skip\ndef test_a():\n    go()\n",
        "def helper():\n    time.sleep(1)\n",
        "def test_a():\n    assert start < time.time()\n",
        "def test_a():\n    assert requests.get('http://localhost:80/x').ok\n",
        "def test_a(requests_mock):\n    assert requests.get('https://example.com/x').ok\n",
        "CACHE = []\n\ndef test_a():\n    CACHE.append(1)\n    assert CACHE\n",
        "NAMES = ['a']\n\ndef test_a():\n    assert go() == NAMES\n\ndef test_b():\n    assert NAMES\n",
    ],
)
def test_left_in_peace(text):
    assert rules(text) == []


def test_the_other_test_is_evidence():
    text = "C = {}\n\ndef test_a():\n    C['x'] = 1\n    assert go()\n\ndef test_b():\n    assert C['x']\n"
    (found,) = smells.find(text, "test_a.py")
    assert found.evidence[0].span.start_line == 6
