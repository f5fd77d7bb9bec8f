"""Slow loops are found with their loop, and the faster version does the same."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.analyzers.speed import performance, speedup


def faster(text: str, rule: str) -> list[str]:
    return [one.text for one in performance.speedups(text, "a.py") if one.rule == rule]


TABLE = [
    (
        speedup.MEMBERSHIP,
        """
        def f(a: list[str], b: list[str]) -> list[str]:

            # keep order
            return [x for x in a if x in b]
        """,
        """
        def f(a: list[str], b: list[str]) -> list[str]:

            b_set = set(b)
            # keep order
            return [x for x in a if x in b_set]
        """,
    ),
    (
        speedup.MEMBERSHIP,
        """
        def f(a: list[str], b: list[str]) -> list[str]:
            known = list(b)
            out = []
            for x in a:
                for y in x.split():
                    if y not in known:  # new
                        out.append(y)
            return out
        """,
        """
        def f(a: list[str], b: list[str]) -> list[str]:
            known = list(b)
            out = []
            known_set = set(known)
            for x in a:
                for y in x.split():
                    if y not in known_set:  # new
                        out.append(y)
            return out
        """,
    ),
    (
        speedup.SEEN,
        """
        def f(a: list[str], b: list[str]) -> list[str]:
            seen = []
            out = []
            for x in a + b:
                y = x.strip()
                if y in seen:
                    continue
                seen.append(y)  # once
                out.append(y)
            return out
        """,
        """
        def f(a: list[str], b: list[str]) -> list[str]:
            seen = set()
            out = []
            for x in a + b:
                y = x.strip()
                if y in seen:
                    continue
                seen.add(y)  # once
                out.append(y)
            return out
        """,
    ),
    (
        speedup.CONCAT,
        """
        def f(a, b):
            s = "("  # start
            n = 0
            for x in a:
                # one
                s += str(x)
                n += 1
                s = s + ","
            n = n
            return s + str(n)
        """,
        """
        def f(a, b):
            s_parts = ["("]  # start
            n = 0
            for x in a:
                # one
                s_parts.append(str(x))
                n += 1
                s_parts.append(",")
            s = "".join(s_parts)
            n = n
            return s + str(n)
        """,
    ),
    (
        speedup.SORTED,
        """
        def f(a, b):
            return sorted(a + b + ["~"], key=len, reverse=True)[0]  # longest
        """,
        """
        def f(a, b):
            return max(a + b + ["~"], key=len)  # longest
        """,
    ),
    (
        speedup.ANY_ALL,
        """
        def f(a, b):
            return any([x.startswith("a") and len(x) > 1 for x in a])
        """,
        """
        def f(a, b):
            return any(x.startswith("a") and len(x) > 1 for x in a)
        """,
    ),
    (
        speedup.HOIST,
        """
        import re

        def f(a, b):
            n = 0
            # each
            for x in a:
                if re.compile("a+").search(x):
                    n += 1
            return n
        """,
        """
        import re

        def f(a, b):
            n = 0
            pattern = re.compile("a+")
            # each
            for x in a:
                if pattern.search(x):
                    n += 1
            return n
        """,
    ),
    (
        speedup.HOIST,
        """
        def f(a, b: list[str]):
            return [x for x in a if x in set(b)]
        """,
        """
        def f(a, b: list[str]):
            b_set = set(b)
            return [x for x in a if x in b_set]
        """,
    ),
    (
        speedup.LITERAL,
        """
        def f(a: list[str], b):
            return [x for x in a if x not in ("a", "b", "c", "")]
        """,
        """
        def f(a: list[str], b):
            return [x for x in a if x not in {"a", "b", "c", ""}]
        """,
    ),
    (
        speedup.KEYS,
        """
        def f(a, b):
            table = {x: 1 for x in b}
            return [x for x in a if x in table.keys()]
        """,
        """
        def f(a, b):
            table = {x: 1 for x in b}
            return [x for x in a if x in table]
        """,
    ),
]


@pytest.mark.parametrize(("rule", "before", "after"), TABLE)
def test_before_and_after(rule, before, after):
    before, after = dedent(before), dedent(after)
    assert faster(before, rule) == [after]
    assert faster(after, rule) == []
    assert faster(before.replace("\n", "\r\n"), rule) == [after.replace("\n", "\r\n")]


TEXTS = st.lists(st.text("abc ", max_size=3), max_size=6)


@given(a=TEXTS, b=TEXTS, row=st.sampled_from(TABLE))
def test_both_versions_give_the_same(a, b, row):
    _, before, after = row
    assert run(dedent(before))(list(a), list(b)) == run(dedent(after))(list(a), list(b))


def run(text):
    names: dict[str, object] = {}
    exec(text, names)
    return names["f"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def f(",
        "for x in range(9):\n    print(x in [1, 2, 3, 4, 5])\n",
        # Already a set, or not known to be a list.
        "def f(a: list[str], b: set[str]):\n    return [x for x in a if x in b]\n",
        "def f(a, b):\n    return [x for x in a if x in b]\n",
        "def f(a: list[str], b: str):\n    return [x for x in a if x in b]\n",
        "def f(a: list[str], b: list[str] | None):\n    return [x for x in a if b and x in b]\n",
        # Changed in the loop, or by somebody who got hold of it.
        "def f(a: list[str], b: list[str]):\n    for x in a:\n        if x not in b:\n            b.append(x)\n",
        "def f(a: list[str], b: list[str]):\n    for x in a:\n        if x not in b:\n            go(b)\n",
        "def f(a: list[str], b: list[str]):\n    for x in a:\n        if x not in b:\n            b = [x]\n",
        "def f(a: list[str], b: list[str]):\n    for x in a:\n        if x not in b:\n            yield x\n",
        # One test, no loop.
        "def f(a: str, b: list[str]):\n    return a in b\n",
        "def f(a: list[str]):\n    return [x for x in a if x in ('a', 'b')]\n",
        # The list is changed in another way.
        "def f(a: list[str]):\n    s = []\n    for x in a:\n        if x in s: s.pop()\n        s.append(x)",
        # A set of dicts cannot be.
        "def f(a, b: list[dict]):\n    return [x for x in a if x in b]\n",
        # What is asked may not be hashable, and four comparisons cost little.
        "def f(a):\n    return [x for x in a if x in ['a', 'b', 'c', 'd']]\n",
        # The string is read in the loop, or could be seen half done.
        "def f(a):\n    s = ''\n    for x in a:\n        s += x\n        print(s)\n    return s\n",
        "def f(a):\n    s = ''\n    try:\n        for x in a:\n            s += x\n    finally:\n        print(s)\n",
        "def f(a):\n    s = ''\n    for x in a:\n        s += x\n        if x: return s\n",
        "def f(a):\n    s = 0\n    for x in a:\n        s += x\n    return s\n",
        # `max` takes the first of equal items, `sorted(...)[-1]` the last.
        "def f(a):\n    return sorted(a)[1], sorted(a)[:1]\n",
        "def f(a):\n    try:\n        return sorted(a)[0]\n    except IndexError:\n        return None\n",
        "def f(a, r):\n    return sorted(a, reverse=r)[0]\n",
        # What is called could have an effect.
        "def f(a):\n    return any([go(x) for x in a])\n",
        # Not the same in each turn.
        "import re\ndef f(a):\n    for x in a:\n        re.compile(x)\n",
        "import re\ndef f(a):\n    for x in a:\n        re.compile('(')\n",
        "def f(a, b: list[str]):\n    for x in a:\n        s = set(b)\n        s.add(x)\n        print(s)\n",
        "def f(a, d):\n    return [x for x in a if x in d.keys()]\n",
    ],
)
def test_left_alone(text):
    assert performance.find(text, "a.py") == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("def f(a, b: list):\n    return [x for x in a if x in b]\n", speedup.MEMBERSHIP),
        ("def f(a):\n    q = []\n    for x in a:\n        q.insert(0, x)\n        go(q)\n", speedup.FRONT),
        ("def f(a):\n    q = list(a)\n    while q:\n        print(q.pop(0))\n    return q\n", speedup.FRONT),
        ("def f(ids):\n    return [User.objects.get(id=i) for i in ids]\n", speedup.QUERY),
    ],
)
def test_found_but_not_rewritten(text, rule):
    (found,) = performance.find(text, "a.py")
    assert found.rule == rule
    assert found.evidence
    assert faster(text, rule) == [""]


def test_a_nested_function_is_timed_through_the_one_around_it():
    text = """
class A:
    def m(self, b: list[str]):
        def g(a: list[str]):
            return [x for x in a if x in set(b)]

        return g, [x for x in b if x in ("a", "b", "c", "d")]
"""
    assert {one.symbol for one in performance.speedups(text, "a.py")} == {"A.m"}


@pytest.mark.parametrize(
    ("rule", "text", "innocent", "guilty"),
    [
        (
            speedup.REGEX,
            "import re\nfrom functools import lru_cache\n\n\n@{}\ndef digits():\n    return re.compile('[0-9]+')\n",
            "lru_cache(maxsize=1)",
            "log_calls",
        ),
        (
            speedup.REGEX,
            "import re\nfrom functools import lru_cache\n\n\n@lru_cache\ndef starts({}):\n"
            "    return bool(re.compile('[0-9]+').match('1'))\n",
            "",
            "text",
        ),
        (
            speedup.REGEX,
            "import re\n\n\ndef is_pattern(value):\n    return isinstance(value, {}(re.compile('')))\n",
            "type",
            "of",
        ),
        (
            speedup.HOIST,
            "def size(text: str) -> int:\n    return len(text) * 2\n\n\ndef f(text: str, rows: list[int]) -> None:\n"
            "    for row in rows:\n        print({})\n",
            "row if row > 0 else size(text)",
            "row + size(text)",
        ),
        (
            speedup.LITERAL,
            "def f(lines):\n    for line in lines:\n        answer = {}.strip()\n"
            "        if answer in ('q', 'Q', 'x', 'X'):\n            go(line)\n",
            "input('> ')",
            "str(line)",
        ),
        (
            speedup.FRONT,
            "def f(a):\n    rows = []\n    for x in a:\n        rows.append(x)\n        if len(rows) > {}:\n"
            "            rows.pop(0)\n        go(rows)\n",
            "2",
            "x.limit",
        ),
        (
            speedup.CONCAT,
            "def f(text: str) -> str:\n    out = ''\n    for i in range({}):\n        out += text[i]\n    return out\n",
            "12",
            "len(text)",
        ),
        (
            speedup.FRONT,
            "def f(table, key: str):\n    parts = key.split({})\n    while parts:\n"
            "        table = table[parts.pop(0)]\n    return table\n",
            "'.'",
            "'\\n'",
        ),
    ],
)  # fmt: skip
def test_what_is_done_once_or_a_few_times_is_left_alone(rule, text, innocent, guilty):
    told = [{one.rule for one in performance.speedups(text.format(each), "a.py")} for each in (innocent, guilty)]
    assert rule not in told[0]
    assert rule in told[1]


def test_the_words_say_what_is_there():
    looks = (
        "def f(table: dict[str, int]) -> None:\n    for key in table:\n        if key:\n            print(table[key])\n"
    )
    looks += "        else:\n            save(table[key])\n"
    [one] = [one for one in performance.speedups(looks, "a.py") if one.rule == speedup.ITEMS]
    assert "at 2 places of this loop" in one.message
    walks = "def f(rows: dict[str, int], some: tuple[str, ...]):\n    return [key for key in rows if key not in some]\n"
    [one] = [one for one in performance.speedups(walks, "a.py") if one.rule == speedup.MEMBERSHIP]
    assert "`some` is a tuple" in one.message
