"""Each rule rewrites what is sure to do the same, in several spellings, and both versions give the same."""

from __future__ import annotations

import asyncio
from textwrap import dedent, indent

import pytest

from ambient_lsp.analyzers.speed import performance, speedup

WORDS = ["b", "a", "b", "c", "a", "", "A"]
NUMBERS = [3, 1, 2, 3, 0, -1]

TABLE = [
    # Remembering in a list that is wanted as a list.
    (speedup.SEEN, """
def f(items: list[str]):
    found = []
    for item in items:
        if item not in found:
            found.append(item)
    return found
""", """
def f(items: list[str]):
    found = list(dict.fromkeys(items))
    return found
""", [WORDS]),
    (speedup.SEEN, """
def f(items: list[str]):
    found = []
    for item in items:
        key = item.lower()
        # Once is enough.
        if key not in found and key:
            found.append(key)  # in order
    return found
""", """
def f(items: list[str]):
    found = []
    seen = set()
    for item in items:
        key = item.lower()
        # Once is enough.
        if key not in seen and key:
            seen.add(key)
            found.append(key)  # in order
    return found
""", [WORDS]),
    (speedup.SEEN, """
def f(items: list[str]) -> list[str]:
    found: list[str] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found
""", """
def f(items: list[str]) -> list[str]:
    found: list[str] = list(dict.fromkeys(items))
    return found
""", [WORDS]),
    (speedup.SEEN, """
def f(items: list[str]) -> int:
    seen: list[str] = []
    count = 0
    for item in items:
        if item in seen:
            count += 1
        else:
            seen.append(item)
    return count
""", """
def f(items: list[str]) -> int:
    seen: set[str] = set()
    count = 0
    for item in items:
        if item in seen:
            count += 1
        else:
            seen.add(item)
    return count
""", [WORDS]),
    # A list that the object keeps.
    (speedup.MEMBERSHIP, """
class Bag:
    def __init__(self, words: list[str]):
        self._words = words

    def common(self, others: list[str]):
        return [other for other in others if other in self._words]


def f(words, others):
    return Bag(words).common(others)
""", """
class Bag:
    def __init__(self, words: list[str]):
        self._words = words

    def common(self, others: list[str]):
        words_set = set(self._words)
        return [other for other in others if other in words_set]


def f(words, others):
    return Bag(words).common(others)
""", [WORDS, ["a", "z", "c"]]),
    # Values that are made anew in each turn.
    (speedup.REBUILD, """
def f(items):
    rows = []
    for item in items:
        if item:
            rows = rows + [item]
    return rows
""", """
def f(items):
    rows = []
    for item in items:
        if item:
            rows.append(item)
    return rows
""", [WORDS]),
    (speedup.REBUILD, """
def f(items):
    rows = list(items)
    for item in items:
        rows = [*rows, item * 2]
    return rows
""", """
def f(items):
    rows = list(items)
    for item in items:
        rows.append(item * 2)
    return rows
""", [WORDS]),
    (speedup.REBUILD, """
def f(items):
    table = {}
    for place, item in enumerate(items):
        table = {**table, item: place}
    return table
""", """
def f(items):
    table = {}
    for place, item in enumerate(items):
        table[item] = place
    return table
""", [WORDS]),
    (speedup.REBUILD, """
def f(items):
    known = set()
    for item in items:
        known = known | {item}
    return sorted(known)
""", """
def f(items):
    known = set()
    for item in items:
        known.add(item)
    return sorted(known)
""", [WORDS]),
    (speedup.CONCAT, """
def f(items):
    line = ""
    for item in items:
        line = str(item) + "," + line
    return line
""", """
def f(items):
    line_parts = []
    for item in items:
        line_parts.append(str(item) + ",")
    line = "".join(reversed(line_parts))
    return line
""", [WORDS]),
    (speedup.CONCAT, """
def f(items):
    pairs = ()
    for item in items:
        pairs += (item,)
        pairs = pairs + (item, 1)
    return pairs
""", """
def f(items):
    pairs_items = []
    for item in items:
        pairs_items.append(item)
        pairs_items.extend((item, 1))
    pairs = tuple(pairs_items)
    return pairs
""", [WORDS]),
    (speedup.FLATTEN, """
def f(words):
    return sum([w.split() for w in words], [])
""", """
def f(words):
    return [item for w in words for item in w.split()]
""", [WORDS]),
    (speedup.FLATTEN, """
from functools import reduce
import operator

def f(words):
    return reduce(operator.add, (list(w) for w in words), [])
""", """
from functools import reduce
import operator

def f(words):
    return [item for w in words for item in list(w)]
""", [WORDS]),
    (speedup.FLATTEN, """
def f(lists):
    return sum(lists, start=[])
""", """
def f(lists):
    return [item for part in lists for item in part]
""", [[[1], [2, 3], []]]),
    # The front of a list.
    (speedup.FRONT, """
def f(items):
    rows = []
    for item in items:
        rows.insert(0, item)
    return rows
""", """
def f(items):
    rows = []
    for item in items:
        rows.append(item)
    rows.reverse()
    return rows
""", [WORDS]),
    (speedup.FRONT, '''
"""Doc."""

import os
from collections import Counter, OrderedDict


def f(graph: dict[int, list[int]], start: int):
    queue: list[int] = [start]
    seen = {start}
    order = []
    while queue:
        node = queue.pop(0)
        order.append(node)
        for other in graph.get(node, ()):
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return order
''', '''
"""Doc."""

import os
from collections import Counter, OrderedDict, deque


def f(graph: dict[int, list[int]], start: int):
    queue: deque[int] = deque([start])
    seen = {start}
    order = []
    while queue:
        node = queue.popleft()
        order.append(node)
        for other in graph.get(node, ()):
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return order
''', [{1: [2, 3], 2: [4], 3: [4, 1]}, 1]),
    # Sorting.
    (speedup.SORTED, """
def f(items: list[int]):
    return sorted(items)[-1]
""", """
def f(items: list[int]):
    return max(items)
""", [NUMBERS]),
    (speedup.SORTED, """
def f(items):
    return sorted((x * 2 for x in items), key=abs)[0]
""", """
def f(items):
    return min((x * 2 for x in items), key=abs)
""", [NUMBERS]),
    (speedup.SORTED, """
import os
import sys

def f(items):
    return sorted(items, key=abs, reverse=True)[:3]
""", """
import os
import sys
from heapq import nlargest

def f(items):
    return nlargest(3, items, key=abs)
""", [NUMBERS]),
    (speedup.RESORT, """
from bisect import bisect_left


def f(items):
    kept = []
    smallest = []
    for item in items:
        kept.append(item)
        kept.sort()
        smallest.append(kept[0])
    return smallest
""", """
from bisect import bisect_left, insort


def f(items):
    kept = []
    smallest = []
    for item in items:
        insort(kept, item)
        smallest.append(kept[0])
    return smallest
""", [NUMBERS]),
    (speedup.RESORT, """
from bisect import insort

def f(items: list[int]) -> list[int]:
    kept = []
    for item in items:
        kept.append(item)
        kept.sort()
        print(kept[0])
    return kept
""", """
from bisect import insort

def f(items: list[int]) -> list[int]:
    kept: list[int] = []
    for item in items:
        insort(kept, item)
        print(kept[0])
    return kept
""", [NUMBERS]),
    (speedup.RESORT, """
def f(items):
    kept = []
    for item in items:
        kept.append(abs(item))
        kept.sort(reverse=True)
    return kept
""", """
def f(items):
    kept = []
    for item in items:
        kept.append(abs(item))
    kept.sort(reverse=True)
    return kept
""", [NUMBERS]),
    # Copies.
    (speedup.COPY, """
def f(items):
    return sorted(list(items), key=abs)
""", """
def f(items):
    return sorted(items, key=abs)
""", [NUMBERS]),
    (speedup.COPY, """
def f(items):
    return dict([(x, x * x) for x in items if x])
""", """
def f(items):
    return {x: x * x for x in items if x}
""", [NUMBERS]),
    (speedup.COPY, """
def f(items):
    return set([x * x for x in items])
""", """
def f(items):
    return {x * x for x in items}
""", [NUMBERS]),
    (speedup.COPY, """
def f(items: list[int]):
    total = 0
    for item in list(items):
        total += item
    return total
""", """
def f(items: list[int]):
    total = 0
    for item in items:
        total += item
    return total
""", [NUMBERS]),
    (speedup.COPY, """
def f(items: list[int]):
    return len(list(set(items)))
""", """
def f(items: list[int]):
    return len(set(items))
""", [NUMBERS]),
    (speedup.COPY, """
def f(items):
    return list(sorted(items, reverse=True))
""", """
def f(items):
    return sorted(items, reverse=True)
""", [NUMBERS]),
    (speedup.KEYS, """
def f(items, words):
    table = dict.fromkeys(words, 1)
    table = {word: 1 for word in words}
    return [x for x in items if x in list(table)]
""", """
def f(items, words):
    table = dict.fromkeys(words, 1)
    table = {word: 1 for word in words}
    return [x for x in items if x in table]
""", None),
    (speedup.GENERATOR, """
def f(items):
    return sum([x * x for x in items])
""", """
def f(items):
    return sum(x * x for x in items)
""", [NUMBERS]),
    (speedup.GENERATOR, """
def f(items):
    return len(list(filter(None, items)))
""", """
def f(items):
    return sum(1 for _ in filter(None, items))
""", [NUMBERS]),
    # Work that can leave a loop.
    (speedup.HOIST, """
def f(values: list[float]):
    return [v / sum(values) for v in values]
""", """
def f(values: list[float]):
    values_sum = sum(values)
    return [v / values_sum for v in values]
""", [[1.0, 2.0, 5.0]]),
    (speedup.HOIST, """
def f(values: list[int]):
    out = []
    for v in values:
        out.append(v - max(values))
    return out
""", """
def f(values: list[int]):
    out = []
    values_max = max(values, default=None)
    for v in values:
        out.append(v - values_max)
    return out
""", [NUMBERS]),
    (speedup.HOIST, """
def f(words: list[str], stop: list[str]):
    return [w for w in words if w.lower() not in [s.lower() for s in stop]]
""", """
def f(words: list[str], stop: list[str]):
    stop_set = {s.lower() for s in stop}
    return [w for w in words if w.lower() not in stop_set]
""", [WORDS, ["A", "C"]]),
    (speedup.HOIST, """
def f(lines: list[str], needle: str):
    found = []
    for line in lines:
        if needle.lower() in line:
            found.append(line)
    return found
""", """
def f(lines: list[str], needle: str):
    found = []
    needle_lower = needle.lower()
    for line in lines:
        if needle_lower in line:
            found.append(line)
    return found
""", [WORDS, "A"]),
    (speedup.HOIST, """
def weight(n: int) -> int:
    total = 0
    for i in range(n):
        total += i * i
    return total


def f(items: list[int], n: int):
    out = []
    for item in items:
        out.append(item * weight(n))
    return out
""", """
def weight(n: int) -> int:
    total = 0
    for i in range(n):
        total += i * i
    return total


def f(items: list[int], n: int):
    out = []
    weight_result = weight(n)
    for item in items:
        out.append(item * weight_result)
    return out
""", [NUMBERS, 5]),
    (speedup.REGEX, """
import re

def f(lines):
    found = []
    for line in lines:
        if re.search(r"[ab]+", line, flags=re.I):
            found.append(line)
    return found
""", """
import re

def f(lines):
    found = []
    pattern = re.compile(r"[ab]+", re.I)
    for line in lines:
        if pattern.search(line):
            found.append(line)
    return found
""", [WORDS]),
    (speedup.REGEX, """
import re


# About words.
def f(text: str):
    word = re.compile(r"[a-z]+", re.I)
    return word.findall(text)
""", """
import re


_WORD = re.compile(r"[a-z]+", re.I)


# About words.
def f(text: str):
    return _WORD.findall(text)
""", ["a B c"]),
    (speedup.HOIST, """
import re

def f(lines):
    found = []
    for line in lines:
        line = line.strip()

        number = re.compile(r"a")  # what is looked for

        found += number.findall(line)
    return found
""", """
import re

def f(lines):
    found = []
    number = re.compile(r"a")  # what is looked for
    for line in lines:
        line = line.strip()

        found += number.findall(line)
    return found
""", [WORDS]),
    # Searches.
    (speedup.COUNT, """
def f(items: list[str]):
    return [(x, items.count(x)) for x in items]
""", """
from collections import Counter


def f(items: list[str]):
    items_counts = Counter(items)
    return [(x, items_counts[x]) for x in items]
""", [WORDS]),
    (speedup.COUNT, """
def f(items: list[str]):
    out = []
    for item in items:
        out.append(items.index(item))
    return out
""", """
def f(items: list[str]):
    out = []
    items_places = {}
    for place, item_2 in enumerate(items):
        items_places.setdefault(item_2, place)
    for item in items:
        out.append(items_places[item])
    return out
""", [WORDS]),
    (speedup.COUNTER, """
def f(words: list[str]):
    counts = {}
    for word in words:
        if word in counts:
            counts[word] += 1
        else:
            counts[word] = 1
    return counts
""", """
from collections import Counter


def f(words: list[str]):
    counts = dict(Counter(words))
    return counts
""", [WORDS]),
    # A dict is not counted by its keys, and who knows what this is.
    (speedup.COUNTER, """
def f(words):
    counts = {}
    for word in words:
        if word not in counts:
            counts[word] = 0
        counts[word] += 1
    return counts
""", """
from collections import Counter


def f(words):
    counts = dict(Counter(word for word in words))
    return counts
""", [{"a": 3, "b": 1}]),
    (speedup.COUNTER, """
import collections

def f(words: list[str]):
    counts: dict[str, int] = {}
    for word in words:
        counts[word.lower()] = counts.get(word.lower(), 0) + 1
    return counts
""", """
import collections

def f(words: list[str]):
    counts: dict[str, int] = dict(collections.Counter(word.lower() for word in words))
    return counts
""", [WORDS]),
    (speedup.LOOKUP, """
def f(orders: list[dict[str, int]], users: list[dict[str, int]]):
    pairs = []
    for order in orders:
        for user in users:
            if user["id"] == order["user"]:
                pairs.append((order["user"], user["id"]))
                break
    return pairs
""", """
def f(orders: list[dict[str, int]], users: list[dict[str, int]]):
    pairs = []
    users_by_id = {}
    for user in users:
        users_by_id.setdefault(user["id"], []).append(user)
    for order in orders:
        for user in users_by_id.get(order["user"], ()):
            pairs.append((order["user"], user["id"]))
            break
    return pairs
""", [[{"user": 1}, {"user": 3}, {"user": 2}], [{"id": 1}, {"id": 2}, {"id": 1}]]),
    (speedup.LOOKUP, """
def f(orders: list[dict[str, int]], users: list[dict[str, int]]):
    owners = []
    for order in orders:
        owner = next((u for u in users if u["id"] == order["user"]), None)
        owners.append(owner)
    return owners
""", """
def f(orders: list[dict[str, int]], users: list[dict[str, int]]):
    owners = []
    users_by_id = {}
    for u in users:
        users_by_id.setdefault(u["id"], u)
    for order in orders:
        owner = users_by_id.get(order["user"], None)
        owners.append(owner)
    return owners
""", [[{"user": 1}, {"user": 3}, {"user": 2}], [{"id": 1}, {"id": 2}, {"id": 1}]]),
    (speedup.ITEMS, """
def f(table: dict[str, int]):
    total = 0
    for key in table:
        if table[key] > 0:
            total += table[key]
    return total
""", """
def f(table: dict[str, int]):
    total = 0
    for key, value in table.items():
        if value > 0:
            total += value
    return total
""", [{"a": 1, "b": -1}]),
    # Recursion.
    (speedup.CACHE, """
def f(n):
    if n < 2:
        return n
    return f(n - 1) + f(n - 2)
""", """
from functools import lru_cache


@lru_cache(maxsize=None)
def f(n):
    if n < 2:
        return n
    return f(n - 1) + f(n - 2)
""", [12]),
    (speedup.CACHE, """
import functools

def f(rows: int, columns: int) -> int:
    if rows == 0 or columns == 0:
        return 1
    down = f(rows - 1, columns)
    right = f(rows, columns - 1)
    return down + right
""", """
import functools

@functools.lru_cache(maxsize=None)
def f(rows: int, columns: int) -> int:
    if rows == 0 or columns == 0:
        return 1
    down = f(rows - 1, columns)
    right = f(rows, columns - 1)
    return down + right
""", [4, 4]),
    # The event loop.
    (speedup.BLOCKING, """
import asyncio
import time


async def f(n: int):
    time.sleep(0)
    return n
""", """
import asyncio


async def f(n: int):
    await asyncio.sleep(0)
    return n
""", [3]),
    (speedup.BLOCKING, """
import asyncio
import subprocess


async def f(n: int):
    return subprocess.run(["true"], check=True).returncode + n
""", """
import asyncio
import subprocess


async def f(n: int):
    return (await asyncio.to_thread(subprocess.run, ["true"], check=True)).returncode + n
""", [3]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "    kept = dict(\n        [\n            (k, v)\n            for k, v in a\n            if k in (\n"
            "                1,\n            )\n        ]\n    )\n",
            "    kept = {\n        k: v\n        for k, v in a\n        if k in (\n            1,\n        )\n    }\n",
        ),
        (
            "    kept = set([\n        k\n        for k in a\n    ])\n",
            "    kept = {\n        k\n        for k in a\n    }\n",
        ),
        (
            "    kept = dict([(k, v) for k, v in a\n                 if k])\n",
            "    kept = {k: v for k, v in a\n            if k}\n",
        ),
    ],
)
def test_a_comprehension_over_several_lines_is_laid_out_as_somebody_would_write_it(before, after):
    assert rewritten(f"def f(a):\n{before}    return kept\n") == f"def f(a):\n{after}    return kept\n"
    windows = f"def f(a):\n{before}    return kept\n".replace("\n", "\r\n")
    assert rewritten(windows) == f"def f(a):\n{after}    return kept\n".replace("\n", "\r\n")


@pytest.mark.parametrize(
    "before",
    [
        "    kept = set([\n        k\n        for k in a  # all\n    ])\n",
        '    kept = set([\n        f"""{k}\n  x"""\n        for k in a\n    ])\n',
        "    kept = set([\n        k\n      for k in a\n    ])\n",
    ],
)
def test_a_comprehension_whose_lines_cannot_just_move_is_told_only(before):
    assert rewritten(f"def f(a):\n{before}    return kept\n") == ""


def test_parts_are_joined_with_the_quotes_of_the_text_that_grew():
    text = "def f(a):\n    out = ''\n    for x in a:\n        out += str(x)\n    return out\n"
    assert "out = ''.join(out_parts)" in rewritten(text)
    assert 'out = b"".join(out_parts)' in rewritten(text.replace("''", 'b""'))


@pytest.mark.parametrize(
    "text",
    [
        # The pattern would stay under two names.
        "import re\n\n\ndef f(x):\n    pattern = re.compile('a+')\n    y = pattern.match(x)\n"
        "    pattern = re.compile('b+')\n    return y, pattern.match(x)\n",
        # The expression would be written a second time.
        "def f(a: list[str], b: str):\n    found: list[str] = []\n    for x in a:\n        name = str(x)\n"
        "        if name not in found:\n            found.append(name)\n        if not name:\n"
        "            found.append('[%s]:%s' % (b, x) if ':' in b else '%s:%s' % (b, x))\n    return found\n",
    ],
)
def test_what_would_be_there_twice_is_told_only(text):
    told = [one for one in performance.speedups(text, "a.py") if one.rule in (speedup.REGEX, speedup.SEEN)]
    assert told
    assert not any(one.text for one in told)


@pytest.mark.parametrize("where", ["draw", "Page.draw"])
def test_what_a_function_inside_returns_is_known_where_it_is_called(where):
    # A list of dictionaries: no set holds them.
    head = "class Page:\n" if "." in where else ""
    body = (
        "def draw(parts):\n    def drawn(part) -> dict[str, int]:\n        return dict(part)\n\n"
        "    seen = []\n    for part in parts:\n        made = drawn(part)\n        if made not in seen:\n"
        "            seen.append(made)\n    return seen\n"
    )
    text = head + (indent(body, "    ") if head else body)
    assert not [one for one in performance.speedups(text, "a.py") if one.rule == speedup.SEEN]


def test_a_pattern_with_a_name_that_says_nothing_is_named_after_its_function():
    text = "import re\n\n\ndef trigger(x):\n    pattern = re.compile('a+')\n    return pattern.match(x)\n"
    assert "_TRIGGER_PATTERN = re.compile('a+')\n\n\ndef trigger(x):\n    return _TRIGGER_PATTERN" in rewritten(text)


def test_a_list_that_a_class_has_for_all_its_objects_is_copied_in_no_call():
    text = "class A:\n    KINDS: list[str] = {}\n\n    def f(self, names: list[str]):\n" \
        "        return [x for x in names if x in self.KINDS]\n"  # fmt: skip
    assert performance.speedups(text.format(["a", "b", "c"]), "a.py") == []
    assert rewritten(text.format([chr(97 + n) for n in range(9)])) == ""
    assert rewritten(text.format("[x for x in 'abcdefghi']")) == ""


def rewritten(text):
    (one,) = performance.speedups(text, "a.py")
    return one.text


@pytest.mark.parametrize(("rule", "before", "after", "arguments"), TABLE)
def test_before_and_after(rule, before, after, arguments):
    made = [one for one in performance.speedups(before, "a.py") if one.rule == rule]
    assert [one.text for one in made] == [after]
    assert not [one for one in performance.speedups(after, "a.py") if one.rule == rule]
    windows = [one.text for one in performance.speedups(before.replace("\n", "\r\n"), "a.py") if one.rule == rule]
    assert windows == [after.replace("\n", "\r\n")]
    if arguments is not None:
        assert results(before, arguments) == results(after, arguments)


def results(text, arguments):
    names: dict[str, object] = {}
    exec(dedent(text), names)
    result = names["f"](*arguments)  # type: ignore[operator]
    if asyncio.iscoroutine(result):
        return asyncio.run(result)
    return list(result.items()) if isinstance(result, dict) else result


@pytest.mark.parametrize(
    "text",
    [
        # What reading the findings in real packages showed to be wrong, and why.
        # `iadd` works in place: nothing is copied.
        "from functools import reduce\nfrom operator import iadd\n\ndef f(lists):\n"
        "    return reduce(iadd, lists, [])\n",
        # The set that is gone through is what the items go to.
        "def f(pairs):\n    known = set(pairs)\n    known.update((b, a) for a, b in list(known))\n    return known\n",
        # A short list of its own in each turn.
        "def f(lines):\n    for line in lines:\n        parts = line.split()\n        use(parts.pop(0), parts)\n",
        # The list is for what a set could not hold.
        "def f(items):\n    known = set()\n    others = []\n    for item in items:\n        try:\n"
        "            if item in known:\n                return False\n            known.add(item)\n"
        "        except TypeError:\n            if item in others:\n                return False\n"
        "            others.append(item)\n    return True\n",
        # A set in a set cannot be.
        "def f(rows):\n    seen = []\n    for row in rows:\n        cut = {cell for cell in row}\n"
        "        if cut not in seen:\n            seen.append(cut)\n    return seen\n",
        # Three items, and one more.
        "def f(tokens, more):\n    types = [A, B, C]\n    if more:\n        types.append(D)\n    for token in tokens:\n"
        "        if token.type in types:\n            return token\n",
        "VERSIONS = ['1.0', '1.1', '2.0']\n\ndef f(keys):\n    return [VERSIONS.index(key) for key in keys]\n",
        # `len` takes no time.
        "def f(text: str, at: int):\n    while at < len(text) and text[at] == ' ':\n        at += 1\n    return at\n",
        # Done once, and then the loop is left.
        "def f(prefix: str, routes):\n    for route in routes:\n        try:\n"
        "            return prefix.rstrip('/') + route.url()\n"
        "        except LookupError:\n            pass\n",
        # Two turns, and a branch that is seldom taken.
        "import re\n\ndef f(table):\n    for name in 'width', 'height':\n        if re.match(r'[0-9]+', table[name]):\n"
        "            table[name] = 1\n",
        "import re\n\ndef f(table):\n    for name in table:\n        if name == 'keywords':\n"
        "            use(re.split(', *', table[name]))\n",
        "import re\n\ndef f(lines):\n    for line in lines[:2]:\n        if re.match(b'coding', line):\n"
        "            use(line)\n",
        # Made once for a whole loop.
        "import re\n\ndef f(lines):\n    word = re.compile('[a-z]')\n"
        "    return [line for line in lines if word.match(line)]\n",
        # A slice of a list is a list, and no key.
        "def f(paths: list[list[int]], roots: list[list[int]]):\n    for root in roots:\n        for path in paths:\n"
        "            if path[:2] == root:\n                use(path)\n",
        # Items that are removed at random stay in one list for a reason.
        "def f(count, choose):\n    nodes = [n for n in range(count)]\n    while nodes:\n"
        "        nodes.remove(choose(nodes))\n",
        # Another `sorted`, `any` and `list` than Python's.
        "def sorted(x):\n    return x\n\ndef f(items):\n    return sorted(items)[0]\n",
        "from numpy import any\n\ndef f(items):\n    return any([x > 1 for x in items])\n",
        "def f(items, list):\n    return max(list(items))\n",
        # The list that is built is gone through meanwhile.
        "def f(rows):\n    for row in rows:\n        rows = rows + [row]\n    return rows\n",
        # What is called may change what is gone through, or have an effect.
        "def f(self, calls: list[int]):\n    for call in list(calls):\n        self.call(call)\n",
        "def f(items):\n    return all([drop(item) for item in items])\n",
        # The object's list changes meanwhile, or may.
        "class A:\n    def __init__(self):\n        self.seen = []\n    def f(self, words: list[str]):\n"
        "        for word in words:\n            if word not in self.seen:\n                self.seen.append(word)\n",
        "class A:\n    def __init__(self):\n        self.seen = []\n    def f(self, words: list[str]):\n"
        "        for word in words:\n            if word not in self.seen:\n                self.note(word)\n",
        # Not all blocking calls are in coroutines, and a lambda waits for nothing.
        "import time\n\ndef f(n):\n    time.sleep(n)\n",
        "import time\n\nasync def f(n):\n    return lambda: time.sleep(n)\n",
        # One call of itself, an effect, and results that the caller may change.
        "def f(n: int) -> int:\n    return n if n < 2 else n * f(n - 1)\n",
        "def f(n: int) -> int:\n    print(n)\n    return n if n < 2 else f(n - 1) + f(n - 2)\n",
        "def f(n: int) -> list[int]:\n    return [n] if n < 2 else f(n - 1) + f(n - 2)\n",
        "def f(n: int, seen: list[int]) -> int:\n    return n if n < 2 else f(n - 1, seen) + f(n - 2, seen)\n",
        "def f(n: int) -> int:\n    if n % 2:\n        return f(n // 2)\n    return f(n - 1) if n else 0\n",
    ],
)  # fmt: skip
def test_left_alone(text):
    found = [(one.rule, one.message) for one in performance.speedups(text, "a.py") if one.rule != speedup.GENERATOR]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        # The value could be a list of lists, `index` could find nothing, the row could change meanwhile.
        "def f(a, b: list):\n    return [x for x in a if x in b]\n",
        "def f(names: list[str], words: list[str]):\n    return [names.index(word) for word in words]\n",
        "def f(orders, users: list[dict]):\n    for order in orders:\n        for user in users:\n"
        "            if user['id'] == order['user']:\n                use(user)\n",
        # `max` of nothing raises, where the loop did not come to it.
        "def f(values: list[int], others: list[int]):\n    return [max(values) - other for other in others]\n",
        # Somebody else may keep the list that is built.
        "def f(items, use):\n    rows = []\n    for item in items:\n        use(rows)\n        rows = rows + [item]\n",
        # `max` takes the first of equal items.
        "def f(items):\n    return sorted(items, key=len)[-1]\n",
        # A generator with `async for` cannot be summed.
        "async def f(rows):\n    return sum([row async for row in rows])\n",
        "async def f(url):\n    with open(url) as file:\n        return file.read()\n",
        "import requests\n\nasync def f(url):\n    return requests.get(url)\n",
        "import pandas as pd\n\ndef f(frame):\n    for index, row in frame.iterrows():\n        use(index, row)\n",
        "def f(rows: list[int]):\n    while rows:\n        use(rows[0])\n        rows = rows[1:]\n",
    ],
)  # fmt: skip
def test_told_without_a_fix(text):
    (one,) = performance.speedups(text, "a.py")
    assert (one.text, one.title) == ("", "")


def test_half_typed_text_has_no_fix_and_does_no_harm():
    for before in [row[1] for row in TABLE]:
        for cut in range(0, len(before), 9):
            assert all(one.rule for one in performance.speedups(before[:cut], "a.py"))


def test_offsets_hold_where_text_is_not_ascii():
    text = "def f(items: list[str]):\n    'Größe 😀'\n    ordner = '😀'\n    return sorted(list(items)), ordner\n"
    (one,) = performance.speedups(text, "a.py")
    assert one.text == text.replace("list(items)", "items")
    assert (one.span.start_line, one.span.start_column) == (3, 11)


def test_time_grows_with_the_text_and_no_faster():
    import time

    def seconds(count):
        body = "\n".join(
            f"def f{n}(items: list[str], others: list[str]):\n    found = []\n    for item in items:\n"
            f"        if item.lower() not in others and item not in found:\n            found.append(item)\n"
            f"        text = found[-1].strip() if found else ''\n    return found, text\n"
            for n in range(count)
        )
        before = time.process_time()
        performance.speedups(body, "a.py")
        return time.process_time() - before

    seconds(5)
    small = min(seconds(20) for _ in range(3))
    assert seconds(80) < 12 * small


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    return " + "(" * 3000 + "x" + ")" * 3000 + "\n",
        "def f(x):\n    for y in x:\n        z = " + " + ".join(["y"] * 5000) + "\n",
        "def f(x):\n" + "".join(f"{'    ' * n}for a{n} in x:\n" for n in range(1, 90)) + "    " * 90 + "pass\n",
        "x = [" * 5000,
    ],
    ids=["parentheses", "sum", "loops", "brackets"],
)
def test_hostile_text_takes_bounded_time(text):
    import time

    before = time.process_time()
    performance.speedups(text, "a.py")
    assert time.process_time() - before < 5


def test_a_name_that_another_function_binds_is_still_pythons_own():
    text = "def g(max, sorted=None):\n    return max\n\n\ndef f(items):\n    return sorted(items)[0]\n"
    (one,) = performance.speedups(text, "a.py")
    assert one.text.endswith("return min(items)\n")


UNTYPED = """
def f(items, others):
    out = []
    for item in items:
        if item in others and item not in out:
            out.append(item)
    return out
"""


@pytest.mark.parametrize(
    ("callers", "fixes"),
    [
        ([("from a import f\n\ndef test_f():\n    assert f([1, 2], [2, 3]) == [2]\n", True)], 2),
        ([("import a\n\ndef test_f():\n    left = ['x']\n    assert a.f(left, others=sorted(left))\n", True)], 2),
        # A test may get its values from elsewhere; the code itself may not.
        ([("def test_f():\n    f([1], [2])\n\ndef test_g(left):\n    f(left, left)\n", True)], 2),
        ([("def test_f():\n    f([1], [2])\n", True), ("def g(left):\n    return f(left, left)\n", False)], 0),
        # A set, a text, lists that no set can hold.
        ([("def test_f():\n    f([1], [2])\n    f([1], {2})\n", True)], 1),
        ([("def test_f():\n    f('ab', 'abc')\n", True)], 1),
        ([("def test_f():\n    f([[1]], [[1], [2]])\n", True)], 0),
        ([], 0),
    ],
)  # fmt: skip
def test_calls_tell_what_parameters_are(callers, fixes):
    made = performance.speedups(UNTYPED, "a.py", (), callers)
    assert len([one for one in made if one.text]) == fixes
    assert all("the calls in the repository say" in one.message for one in made if one.text)


def test_the_module_itself_tells_how_a_private_function_is_called():
    text = UNTYPED.replace("def f", "def _f") + "\n\ndef g(names: list[str]):\n    return _f(names, names[1:])\n"
    assert [one.rule for one in performance.speedups(text, "a.py") if one.text] == [speedup.MEMBERSHIP, speedup.SEEN]
    public = text.replace("_f", "f")
    assert not [one.rule for one in performance.speedups(public, "a.py") if one.text]


def test_what_one_arm_of_a_condition_needs_is_not_computed_before_the_loop():
    text = (
        "def f(rows):\n    line = '-' * 3\n    out = []\n    for row in rows:\n        out.append({})\n    return out\n"
    )
    assert [one.rule for one in performance.speedups(text.format("line.replace('-', '=')"), "a.py")] == [speedup.HOIST]
    first = text.format("line.replace('-', '=') if row == rows[0] else line")
    assert performance.speedups(first, "a.py") == []


def test_one_of_two_short_lists_is_short():
    text = (
        "def f(kinds: list[str], xml: bool):\n    known = {}\n"
        "    return [kind for kind in kinds if kind not in known]\n"
    )
    assert performance.speedups(text.format("['a', 'b', 'c'] if xml else ['a']"), "a.py") == []
    assert performance.speedups(text.format("list(kinds) if xml else ['a']"), "a.py") != []
