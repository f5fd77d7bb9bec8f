"""Slow functions to plant into real modules, each with a fast twin that must stay silent.

`tests` is what a project's own test would say of the function; where there is none, its type hints are all there is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One planted function. `head` holds the imports that it needs; `rule` is the end of the rule's id."""

    name: str
    rule: str
    slow: str
    fast: str
    head: str = ""
    tests: str = ""


CASES = (
    Case("shared_words", "MEMBERSHIP", '''
def shared_words(left: list[str], right: list[str]) -> list[str]:
    """Return the words of both."""
    return [word for word in left if word in right]
''', '''
def shared_words(left: list[str], right: list[str]) -> list[str]:
    """Return the words of both."""
    known = set(right)
    return [word for word in left if word in known]
'''),
    Case("unknown_lines", "MEMBERSHIP", '''
def unknown_lines(text: str, names: tuple[str, ...]) -> int:
    known = sorted(names)
    count = 0
    for line in text.splitlines():
        for word in line.split():
            if word not in known:
                count += 1
    return count
''', '''
def unknown_lines(text: str, names: tuple[str, ...]) -> int:
    known = frozenset(names)
    count = 0
    for line in text.splitlines():
        for word in line.split():
            if word not in known:
                count += 1
    return count
''', tests='''
def test_it():
    names = tuple(f"name{n}" for n in range(300))
    assert unknown_lines("\\n".join(f"name{n} x" for n in range(600)), names) == 900
'''),
    Case("keep_known", "MEMBERSHIP", '''
def keep_known(rows, allowed: "list[int]"):
    kept = []
    for row in rows:
        if int(row) in allowed:
            kept.append(row)
    return kept
''', '''
def keep_known(rows, allowed: "set[int]"):
    kept = []
    for row in rows:
        if int(row) in allowed:
            kept.append(row)
    return kept
''', tests='''
def test_it():
    assert keep_known([str(n) for n in range(500)], list(range(250, 700))) == [str(n) for n in range(250, 500)]
'''),
    Case("unique_words", "SEEN", '''
def unique_words(words: list[str]) -> list[str]:
    result = []
    for word in words:
        if word not in result:
            result.append(word)
    return result
''', '''
def unique_words(words: list[str]) -> list[str]:
    return list(dict.fromkeys(words))
'''),
    Case("first_of_each", "SEEN", '''
def first_of_each(lines):
    """Return the lines whose first word was not there before."""
    seen = []
    kept = []
    for line in lines:
        first = line.strip().lower()
        if first in seen:
            continue
        seen.append(first)
        kept.append(line)
    return kept
''', '''
def first_of_each(lines):
    """Return the lines whose first word was not there before."""
    seen = set()
    kept = []
    for line in lines:
        first = line.strip().lower()
        if first in seen:
            continue
        seen.add(first)
        kept.append(line)
    return kept
''', tests='''
def test_it():
    assert len(first_of_each([f"line {n % 300}" for n in range(900)])) == 300
'''),
    Case("distinct_keys", "SEEN", '''
def distinct_keys(pairs: list[tuple[str, int]]) -> list[str]:
    keys = []
    for name, number in pairs:
        if number > 0 and name not in keys:
            keys.append(name)
    return keys
''', '''
def distinct_keys(pairs: list[tuple[str, int]]) -> list[str]:
    return list(dict.fromkeys(name for name, number in pairs if number > 0))
'''),
    Case("prefixed", "CONCAT", '''
def prefixed(words: list[str]) -> str:
    path = ""
    for word in words:
        path = word + "/" + path
    return path
''', '''
def prefixed(words: list[str]) -> str:
    return "".join(word + "/" for word in reversed(words))
'''),
    Case("as_tuple", "CONCAT", '''
def as_tuple(values: list[int]) -> tuple[int, ...]:
    squares = ()
    for value in values:
        squares += (value * value,)
    return squares
''', '''
def as_tuple(values: list[int]) -> tuple[int, ...]:
    return tuple(value * value for value in values)
'''),
    Case("padded", "CONCAT", '''
def padded(lines):
    out = b""
    for line in lines:
        out = out + line + b"\\n"
    return out
''', '''
def padded(lines):
    return b"".join(line + b"\\n" for line in lines)
''', tests='''
def test_it():
    assert len(padded([b"x" * 400] * 900)) == 401 * 900
'''),
    Case("growing", "REBUILD", '''
def growing(values: list[int]) -> list[int]:
    out = []
    for value in values:
        if value % 2:
            out = out + [value]
    return out
''', '''
def growing(values: list[int]) -> list[int]:
    out = []
    for value in values:
        if value % 2:
            out.append(value)
    return out
''', tests='''
def test_it():
    assert len(growing(list(range(4000)))) == 2000
'''),
    Case("spread", "REBUILD", '''
def spread(words: list[str]) -> dict[str, int]:
    table = {}
    for place, word in enumerate(words):
        table = {**table, word: place}
    return table
''', '''
def spread(words: list[str]) -> dict[str, int]:
    table = {}
    for place, word in enumerate(words):
        table[word] = place
    return table
'''),
    Case("splatted", "REBUILD", '''
def splatted(values: list[int]) -> list[int]:
    sums = [0]
    for value in values:
        sums = [*sums, value]
    return sums
''', '''
def splatted(values: list[int]) -> list[int]:
    return [0, *values]
'''),
    Case("united", "REBUILD", '''
def united(words: list[str]) -> int:
    known = set()
    for word in words:
        known = known | {word.lower()}
    return len(known)
''', '''
def united(words: list[str]) -> int:
    known = set()
    for word in words:
        known.add(word.lower())
    return len(known)
'''),
    Case("all_words", "FLATTEN", '''
def all_words(lines: list[str]) -> list[str]:
    return sum([line.split() for line in lines], [])
''', '''
def all_words(lines: list[str]) -> list[str]:
    return [word for line in lines for word in line.split()]
'''),
    Case("flat_pairs", "FLATTEN", '''
def flat_pairs(rows: list[list[int]]) -> list[int]:
    return functools.reduce(lambda a, b: a + b, rows, [])
''', '''
def flat_pairs(rows: list[list[int]]) -> list[int]:
    return [value for row in rows for value in row]
''', head="import functools", tests='''
def test_it():
    assert len(flat_pairs([[n, n] for n in range(800)])) == 1600
'''),
    Case("breadth_first", "FRONT", '''
def breadth_first(edges: dict[int, list[int]], start: int) -> list[int]:
    queue = [start]
    reached = {start}
    order = []
    while queue:
        node = queue.pop(0)
        order.append(node)
        for other in edges.get(node, []):
            if other not in reached:
                reached.add(other)
                queue.append(other)
    return order
''', '''
def breadth_first(edges: dict[int, list[int]], start: int) -> list[int]:
    queue = [start]
    reached = {start}
    for node in queue:
        for other in edges.get(node, []):
            if other not in reached:
                reached.add(other)
                queue.append(other)
    return queue
''', tests='''
def test_it():
    assert len(breadth_first({0: list(range(1, 20000))}, 0)) == 20000
'''),
    Case("backwards", "FRONT", '''
def backwards(values: list[int]) -> list[int]:
    out = []
    for value in values:
        out.insert(0, value + 1)
    return out
''', '''
def backwards(values: list[int]) -> list[int]:
    return [value + 1 for value in reversed(values)]
'''),
    Case("rotated", "FRONT", '''
def rotated(values: list[int], turns: int) -> int:
    ring = list(values)
    total = 0
    for _ in range(turns):
        first = ring.pop(0)
        total += first
        ring.append(first)
    return total
''', '''
def rotated(values: list[int], turns: int) -> int:
    return sum(values[turn % len(values)] for turn in range(turns))
''', tests='''
def test_it():
    assert rotated(list(range(20000)), 2000) == sum(range(2000))
'''),
    Case("shortest_name", "SORTED", '''
def shortest_name(names: list[str]) -> str:
    return sorted(names, key=len)[0] if names else ""
''', '''
def shortest_name(names: list[str]) -> str:
    return min(names, key=len) if names else ""
'''),
    Case("largest", "SORTED", '''
def largest(values: list[int]) -> int:
    ordered = [value for value in values if value >= 0]
    return sorted(ordered)[-1]
''', '''
def largest(values: list[int]) -> int:
    return max(value for value in values if value >= 0)
''', tests='''
def test_it():
    assert largest([n * 7919 % 6007 for n in range(6000)]) == 6006
'''),
    Case("three_best", "SORTED", '''
def three_best(scores: list[float]) -> list[float]:
    return sorted(scores, reverse=True)[:3]
''', '''
def three_best(scores: list[float]) -> list[float]:
    return heapq.nlargest(3, scores)
''', head="import heapq", tests='''
def test_it():
    assert three_best([n * 7919.0 % 60007 for n in range(20000)])[0] > 59000
'''),
    Case("running_medians", "RESORT", '''
def running_medians(values: list[int]) -> list[int]:
    kept = []
    medians = []
    for value in values:
        kept.append(value)
        kept.sort()
        medians.append(kept[len(kept) // 2])
    return medians
''', '''
def running_medians(values: list[int]) -> list[int]:
    kept = []
    medians = []
    for value in values:
        bisect.insort(kept, value)
        medians.append(kept[len(kept) // 2])
    return medians
''', head="import bisect", tests='''
def test_it():
    assert len(running_medians([n * 7919 % 6007 for n in range(3000)])) == 3000
'''),
    Case("sorted_sizes", "RESORT", '''
def sorted_sizes(words: list[str]) -> list[int]:
    sizes = []
    for word in words:
        sizes.append(len(word))
        sizes.sort()
    return sizes
''', '''
def sorted_sizes(words: list[str]) -> list[int]:
    sizes = []
    for word in words:
        sizes.append(len(word))
    sizes.sort()
    return sizes
'''),
    Case("has_upper", "ANY-ALL", '''
def has_upper(words: list[str]) -> bool:
    return any([word.lower().startswith("h") for word in words])
''', '''
def has_upper(words: list[str]) -> bool:
    return any(word.lower().startswith("h") for word in words)
''', tests='''
def test_it():
    assert has_upper(["hello"] * 3000)
'''),
    Case("all_short", "ANY-ALL", '''
def all_short(lines):
    return all([len(line.strip()) < 3 for line in lines])
''', '''
def all_short(lines):
    return all(len(line.strip()) < 3 for line in lines)
''', tests='''
def test_it():
    assert not all_short(["hello", *["a"] * 3000])
'''),
    Case("total_size", "GENERATOR", '''
def total_size(words: list[str]) -> int:
    return sum([len(word) * 1000 for word in words])
''', '''
def total_size(words: list[str]) -> int:
    return sum(len(word) * 1000 for word in words)
'''),
    Case("square_table", "COPY", '''
def square_table(values: list[int]) -> dict[int, int]:
    return dict([(value, value * value) for value in values])
''', '''
def square_table(values: list[int]) -> dict[int, int]:
    return {value: value * value for value in values}
'''),
    Case("added_up", "COPY", '''
def added_up(values: list[int]) -> int:
    return sum(list(values))
''', '''
def added_up(values: list[int]) -> int:
    return sum(values)
''', tests='''
def test_it():
    assert added_up([1] * 90000) == 90000
'''),
    Case("distinct_sizes", "COPY", '''
def distinct_sizes(table: dict[str, int]) -> int:
    return len(list(table)) + 1
''', '''
def distinct_sizes(table: dict[str, int]) -> int:
    return len(table) + 1
''', tests='''
def test_it():
    assert distinct_sizes({str(n): n for n in range(9000)}) == 9001
'''),
    Case("shares", "HOIST", '''
def shares(values: list[float]) -> list[float]:
    return [value / (sum(values) or 1.0) for value in values]
''', '''
def shares(values: list[float]) -> list[float]:
    total = sum(values) or 1.0
    return [value / total for value in values]
'''),
    Case("below_peak", "HOIST", '''
def below_peak(values: list[int]) -> list[int]:
    out = []
    for value in values:
        out.append(max(values) - value)
    return out
''', '''
def below_peak(values: list[int]) -> list[int]:
    peak = max(values, default=0)
    return [peak - value for value in values]
'''),
    Case("without_stop_words", "HOIST", '''
def without_stop_words(words: list[str], stop: list[str]) -> list[str]:
    kept = []
    for word in words:
        if word.lower() not in [other.lower() for other in stop]:
            kept.append(word)
    return kept
''', '''
def without_stop_words(words: list[str], stop: list[str]) -> list[str]:
    lowered = {other.lower() for other in stop}
    return [word for word in words if word.lower() not in lowered]
'''),
    Case("matching", "HOIST", '''
def matching(lines: list[str], names: list[str]) -> int:
    count = 0
    for line in lines:
        if line.strip() in set(names):
            count += 1
    return count
''', '''
def matching(lines: list[str], names: list[str]) -> int:
    known = set(names)
    return sum(1 for line in lines if line.strip() in known)
'''),
    Case("numbered", "HOIST", '''
def numbered(lines: list[str]) -> list[str]:
    found = []
    for line in lines:
        if re.compile(r"[a-z]+ [a-z]+").match(line):
            found.append(line)
    return found
''', '''
_NUMBERED = re.compile(r"[a-z]+ [a-z]+")


def numbered(lines: list[str]) -> list[str]:
    return [line for line in lines if _NUMBERED.match(line)]
''', head="import re"),
    Case("digits", "REGEX", '''
def digits(lines: list[str]) -> int:
    count = 0
    for line in lines:
        if re.search(r"o", line):
            count += 1
    return count
''', '''
_DIGITS = re.compile(r"o")


def digits(lines: list[str]) -> int:
    return sum(1 for line in lines if _DIGITS.search(line))
''', head="import re"),
    Case("often", "COUNT", '''
def often(words: list[str]) -> list[tuple[str, int]]:
    return [(word, words.count(word)) for word in words]
''', '''
def often(words: list[str]) -> list[tuple[str, int]]:
    counts = collections.Counter(words)
    return [(word, counts[word]) for word in words]
''', head="import collections"),
    Case("places", "COUNT", '''
def places(words: list[str]) -> list[int]:
    found = []
    for word in words:
        found.append(words.index(word))
    return found
''', '''
def places(words: list[str]) -> list[int]:
    first: dict[str, int] = {}
    for place, word in enumerate(words):
        first.setdefault(word, place)
    return [first[word] for word in words]
'''),
    Case("word_counts", "COUNTER", '''
def word_counts(words: list[str]) -> dict[str, int]:
    counts = {}
    for word in words:
        if word in counts:
            counts[word] += 1
        else:
            counts[word] = 1
    return counts
''', '''
def word_counts(words: list[str]) -> dict[str, int]:
    return dict(collections.Counter(words))
''', head="import collections", tests='''
def test_it():
    assert word_counts(["a", "b", "c", "a"] * 900)["a"] == 1800
'''),
    Case("letter_counts", "COUNTER", '''
def letter_counts(text: str) -> dict[str, int]:
    table = {}
    for letter in text:
        table[letter] = table.get(letter, 0) + 1
    return table
''', '''
def letter_counts(text: str) -> dict[str, int]:
    return dict(collections.Counter(text))
''', head="import collections", tests='''
def test_it():
    assert letter_counts("abcab" * 900)["a"] == 1800
'''),
    Case("joined_rows", "LOOKUP", '''
def joined_rows(orders: list[dict[str, int]], users: list[dict[str, int]]) -> list[int]:
    found = []
    for order in orders:
        for user in users:
            if user["id"] == order["user"]:
                found.append(order["user"])
    return found
''', '''
def joined_rows(orders: list[dict[str, int]], users: list[dict[str, int]]) -> list[int]:
    counts = collections.Counter(user["id"] for user in users)
    return [order["user"] for order in orders for _ in range(counts[order["user"]])]
''', head="import collections", tests='''
def test_it():
    orders, users = [{"user": n} for n in range(400)], [{"id": n} for n in range(200, 700)]
    assert len(joined_rows(orders, users)) == 200
'''),
    Case("owners", "LOOKUP", '''
def owners(books: list[dict[str, str]], people: list[dict[str, str]]) -> list[object]:
    found = []
    for book in books:
        found.append(next((one for one in people if one["name"] == book["owner"]), None))
    return found
''', '''
def owners(books: list[dict[str, str]], people: list[dict[str, str]]) -> list[object]:
    by_name = {one["name"]: one for one in reversed(people)}
    return [by_name.get(book["owner"]) for book in books]
''', tests='''
def test_it():
    people = [{"name": f"n{n}"} for n in range(400)]
    assert owners([{"owner": f"n{n}"} for n in range(300)], people)[7] == {"name": "n7"}
'''),
    Case("weights", "ITEMS", '''
def weights(table: dict[str, float]) -> float:
    total = 0.0
    for name in table:
        if table[name] > 0.5 and table[name] < 1e9:
            total += table[name] * table[name]
    return total
''', '''
def weights(table: dict[str, float]) -> float:
    return sum(value * value for value in table.values() if 0.5 < value < 1e9)
''', tests='''
def test_it():
    assert weights({str(n): float(n) for n in range(3000)}) > 1
'''),
    Case("climbs", "CACHE", '''
def climbs(steps):
    if steps < 2:
        return 1
    return climbs(steps - 1) + climbs(steps - 2)
''', '''
def climbs(steps):
    one, two = 1, 1
    for _ in range(steps - 1):
        one, two = two, one + two
    return two
''', tests='''
def test_it():
    assert climbs(18) == 4181
'''),
    Case("grid_paths", "CACHE", '''
def grid_paths(rows: int, columns: int) -> int:
    if rows <= 0 or columns <= 0:
        return 1
    down = grid_paths(rows - 1, columns)
    return down + grid_paths(rows, columns - 1)
''', '''
def grid_paths(rows: int, columns: int) -> int:
    return math.comb(max(rows, 0) + max(columns, 0), max(rows, 0))
''', head="import math"),
    Case("polled", "BLOCKING", '''
async def polled(times: int) -> int:
    done = 0
    for _ in range(times):
        time.sleep(0.002)
        done += 1
    return done
''', '''
async def polled(times: int) -> int:
    done = 0
    for _ in range(times):
        await asyncio.sleep(0.002)
        done += 1
    return done
''', head="import asyncio\nimport time", tests='''
import asyncio


def test_it():
    assert asyncio.run(polled(3)) == 3
'''),
    Case("exit_codes", "BLOCKING", '''
async def exit_codes(count: int) -> list[int]:
    codes = []
    for _ in range(count):
        codes.append(subprocess.run(["sleep", "0.01"], check=False).returncode)
    return codes
''', '''
async def exit_codes(count: int) -> list[int]:
    codes = []
    for _ in range(count):
        done = await asyncio.to_thread(subprocess.run, ["sleep", "0.01"], check=False)
        codes.append(done.returncode)
    return codes
''', head="import asyncio\nimport subprocess", tests='''
import asyncio


def test_it():
    assert asyncio.run(exit_codes(2)) == [0, 0]
'''),
    Case("tagged", "LITERAL", '''
def tagged(words: list[str]) -> int:
    count = 0
    for word in words:
        if word not in ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"):
            count += 1
    return count
''', '''
def tagged(words: list[str]) -> int:
    count = 0
    for word in words:
        if word not in {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"}:
            count += 1
    return count
'''),
    Case("registered", "KEYS", '''
def registered(names: list[str], others: list[str]) -> int:
    table = {name: len(name) for name in others}
    count = 0
    for name in names:
        if name in list(table.keys()):
            count += 1
    return count
''', '''
def registered(names: list[str], others: list[str]) -> int:
    table = {name: len(name) for name in others}
    return sum(1 for name in names if name in table)
'''),
    Case("listed", "KEYS", '''
def listed(names: list[str], table: dict[str, int]) -> int:
    count = 0
    for name in names:
        if name in tuple(table):
            count += 1
    return count
''', '''
def listed(names: list[str], table: dict[str, int]) -> int:
    count = 0
    for name in names:
        if name in table:
            count += 1
    return count
'''),
)  # fmt: skip
