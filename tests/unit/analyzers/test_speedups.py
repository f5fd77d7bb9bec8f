"""Each rule rewrites what is sure to do the same, in several spellings, and both versions give the same."""

from __future__ import annotations

import asyncio
from textwrap import dedent

import pytest

from ambient_lsp.analyzers import performance, speedup

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
def f(words):
    counts = {}
    for word in words:
        if word in counts:
            counts[word] += 1
        else:
            counts[word] = 1
    return counts
""", """
from collections import Counter


def f(words):
    counts = dict(Counter(words))
    return counts
""", [WORDS]),
    (speedup.COUNTER, """
import collections

def f(words: list[str]):
    counts = {}
    for word in words:
        counts[word.lower()] = counts.get(word.lower(), 0) + 1
    return counts
""", """
import collections

def f(words: list[str]):
    counts = dict(collections.Counter(word.lower() for word in words))
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
