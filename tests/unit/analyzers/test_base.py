"""Findings get stable ids, and know where they are even in half-typed text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.analyzers import base
from ambient_lsp.analyzers.base import RawFinding, enclosing_symbol, findings
from ambient_lsp.model import Severity, Span
from ambient_lsp.text import freeze

TEXT = "class A:\n    def m(self):\n        \u00e9 = '😀'; x == None\n\ndef f():\n    x == None\n    x  ==  None\n"


def raw(*span: int) -> RawFinding:
    return RawFinding("R1", Span(*span), "compare with is", Severity.HINT)


def found(text: str, *raws: RawFinding):
    return findings("Agent", freeze(Path("/repo"), "a.py", text), raws)


def test_findings_alike_in_code_have_different_ids_in_order_of_place():
    result = found(TEXT, raw(6, 4, 6, 15), raw(2, 17, 2, 26), raw(5, 4, 5, 13))
    assert [finding.span.start_line for finding in result] == [2, 5, 6]
    assert len({finding.id for finding in result}) == 3
    assert result[1].fingerprint == result[2].fingerprint != result[0].fingerprint


def test_ids_and_fingerprints_survive_lines_inserted_above_and_another_root():
    before = found(TEXT, raw(2, 17, 2, 26))[0]
    moved = findings("Agent", freeze(Path("/other"), "a.py", "# new\n\n" + TEXT), [raw(4, 17, 4, 26)])[0]
    assert (before.id, before.fingerprint) == (moved.id, moved.fingerprint)
    assert before.base_sha256 != moved.base_sha256


@pytest.mark.parametrize(
    ("text", "line", "symbol"),
    [
        (TEXT, 2, "A.m"),
        (TEXT, 5, "f"),
        (TEXT, 3, ""),
        ("def f():\n    x = (\n\ndef g():\n    return 1\n", 1, "f"),
        ("class A:\n    def m(self):\n        x = \n\n    def n(self):\n        return 1\n", 5, "A.n"),
        ("type X[T] = list[T]\ndef f[T](x: T) -> T:\n    return t'{x}'\n", 2, "f"),
        ("async def f():\r\n\tpass\r\n\x0cdef g():\r\n\tpass\r\n", 3, "g"),
        ("def f():\r    pass\rdef g():\r    pass\r", 3, "g"),
        ("", 0, ""),
        ("\udcff = 1\ndef f():\n    pass\n", 2, "f"),
    ],
)
def test_the_enclosing_symbol_of_whole_and_broken_text(text, line, symbol):
    assert enclosing_symbol(text, Span(line, 4 if text == TEXT else 1, line, 5)) == symbol


SNIPPETS = [
    "def f(x):\n    return x\n",
    "class A:\n    def g(self): pass\n",
    "x = '''a\nb'''\n",
    "if x:\n  y\n",
    "é = 1  # ü\n",
    "(",
    "'",
    "\n\n",
    "    z\n",
]
CHANGES = st.tuples(st.integers(0, 200), st.integers(0, 8), st.sampled_from([*SNIPPETS, "", "a", " "]))


@given(st.lists(st.sampled_from(SNIPPETS), min_size=1, max_size=12), st.lists(CHANGES, max_size=6))
def test_a_tree_made_from_the_one_before_is_the_one_made_anew(parts, changes) -> None:
    text = "".join(parts)
    for start, removed, added in changes:
        text = text[:start] + added + text[start + removed :]
        base.parse.cache_clear()
        grown = str(base.parse(text).root_node)
        base.parse.cache_clear()
        base._latest.clear()
        assert grown == str(base.parse(text).root_node)


LONG = "".join(f"def f{number}(x):\n    # ü {number}\n    return x + {number}\n\n\n" for number in range(60))
LINES = st.sampled_from(["", "    y = 1\n", "# é\n", "def g(a):\n    return a\n", "x = [\n", '"""\n'])


@given(st.lists(st.tuples(st.integers(0, 290), st.integers(0, 3), LINES), min_size=1, max_size=5))
def test_a_tree_that_follows_changes_in_several_places_has_every_node_where_it_is(changes) -> None:
    lines = LONG.splitlines(keepends=True)
    for at, removed, added in changes:
        lines[at : at + removed] = [added]
    text = "".join(lines)
    base.parse.cache_clear()
    base.parse(LONG)
    base.parse.cache_clear()
    grown = _nodes(base.parse(text).root_node)
    base.parse.cache_clear()
    base._latest.clear()
    assert grown == _nodes(base.parse(text).root_node)


def _nodes(root) -> list[tuple[object, ...]]:
    found, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        found.append((node.type, node.start_byte, node.end_byte, node.start_point, node.end_point))
        waiting += node.children
    return found
