"""TestEnhancer holds code against what it promises: laws become tests, a broken one is told and never kept."""

from __future__ import annotations

import pytest

from ambient_lsp.agents.tests import TestEnhancer
from ambient_lsp.patching.edits import apply_edits
from ambient_lsp.protocols import Coverage
from benchmarks.bugs import ALGORITHMS, BUGS
from tests.unit.agents.observing import ask

EMPTY = Coverage(executed={}, missing={})
TOLD = frozenset({"AMB-TEST-SUSPICIOUS", "AMB-TEST-DOCSTRING"})


async def look(tmp_path, text, *, snapshots=True, **texts):
    files = {"mod.py": text, **{path.replace("__", "/") + ".py": other for path, other in texts.items()}}
    root = tmp_path / "repo"
    found, proposals = await ask(TestEnhancer(), root, files, ["mod.py"], coverage=EMPTY, snapshots=snapshots)
    written = [text or "" for one in proposals for text in apply_edits(files, one.edits).values()]
    return [one.message for one in found if one.rule in TOLD], "\n".join(written)


@pytest.mark.parametrize("name", ["run_length", "is_leap_year"])
async def test_the_right_version_is_tested_and_the_wrong_one_told(tmp_path, name):
    right = (ALGORITHMS / f"{name}.py").read_text()
    told, tests = await look(tmp_path / "right", right, snapshots=False)
    assert told == []
    assert "def test_" in tests
    told, tests = await look(tmp_path / "wrong", right.replace(*BUGS[name]), snapshots=False)
    assert len(told) == 1
    assert "yet" in told[0]
    assert name == "run_length" or not tests


ORDINARY = 'def fee(amount: int) -> int:\n    """Return the fee."""\n    return max(amount // 5, 3)\n'


async def test_a_value_that_nothing_confirms_is_no_test(tmp_path):
    assert await look(tmp_path / "strict", ORDINARY, snapshots=False) == ([], "")
    shown = ORDINARY.replace("fee.", "fee.\n\n    >>> fee(40)\n    8\n    ")
    _, tests = await look(tmp_path / "shown", shown, snapshots=False)
    assert "    assert fee(40) == 8\n" in tests
    assert tests.count("assert") == 1
    assert "fee(" in (await look(tmp_path / "asked", ORDINARY, snapshots=True))[1]


COINS = (
    "def fewest_coins(coins: list[int], amount: int) -> int:\n"
    "    fewest = [0] + [amount + 1] * amount\n"
    "    for total in range(1, amount + 1):\n"
    "        for coin in coins:\n"
    "            if coin <= total:\n"
    "                fewest[total] = min(fewest[total], fewest[total - coin] + 1)\n"
    "    return fewest[amount] if fewest[amount] <= amount else -1\n"
)


async def test_what_a_plain_implementation_gives_too_is_confirmed(tmp_path):
    told, tests = await look(tmp_path / "right", COINS, snapshots=False)
    assert told == []
    assert "def test_fewest_coins_returns(" in tests
    told, tests = await look(tmp_path / "wrong", COINS.replace("coin <= total", "coin < total"), snapshots=False)
    assert "def test_" not in tests


async def test_a_law_is_written_as_a_test_of_its_own(tmp_path):
    _, tests = await look(tmp_path, "def bubble_sort(items: list[int]) -> list[int]:\n    return sorted(items)\n")
    assert "def test_bubble_sort_sorts(items):\n    assert list(bubble_sort(items)) == sorted(items)\n" in tests


async def test_hypothesis_where_the_project_has_it_and_where_the_law_holds(tmp_path):
    text = (
        "def bubble_sort(items: list[int]) -> list[int]:\n    return sorted(items)\n\n\n"
        "def to_text(data: str) -> str:\n    return data.replace('q', 'Q')\n\n\n"
        "def from_text(text: str) -> str:\n    return text.lower() if text.isascii() else text\n"
    )
    other = "from hypothesis import given\n\n\ndef test_a():\n    assert given\n"
    _, tests = await look(tmp_path, text, tests__test_other=other)
    assert "@given(st.lists(st.integers(-60, 60), max_size=8))\ndef test_bubble_sort_sorts(items):" in tests
    assert "from hypothesis import given\nfrom hypothesis import strategies as st\n" in tests
    assert tests.count("@given") == 1


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (
            "def total(items: list[int]) -> int:\n    items.append(0)\n    return sum(items)\n",
            "changes its argument to",
        ),
        (
            "def collect(item: int, seen: list[int] = []) -> list[int]:\n    seen.append(item)\n    return seen[:]\n",
            "when it is called again",
        ),
        (
            "def letters(text: str) -> list[str]:\n    return list(set(text))\n",
            "something else in another run of Python",
        ),
        (
            "def size(text: str) -> int:\n    if text:\n        return len(text)\n",
            "which is not what its annotation says",
        ),
        (
            "def countdown(n: int) -> int:\n    while n != 1:\n        n = n - 2 if n > 1 else n - 1\n    return n\n",
            "does not end within two seconds",
        ),
        (
            "def root(n: int) -> int:\n    '''Do.\n\n    Raises:\n        ValueError: If n is negative.\n    '''\n"
            "    return abs(n)\n",
            "promises ValueError If n is negative, and `root(-1)` gives 1.",
        ),
        (
            "def mean(items: list[int]) -> float:\n    '''Return the mean, or 0 if the list is empty.'''\n"
            "    return sum(items) / len(items)\n",
            "says 0 for what is empty",
        ),
    ],
)
async def test_what_contradicts_a_promise_is_told_and_not_kept(tmp_path, code, says):
    told, tests = await look(tmp_path, code)
    assert len(told) == 1
    assert says in told[0]
    assert tests == ""


@pytest.mark.parametrize(
    "code",
    [
        "def rotate(xs: list[int]) -> list[int]:\n    xs.append(xs.pop(0)) if xs else 0\n    return xs\n",
        "def at(items: list[int], index: int) -> int:\n    return items[index]\n",
        "def divide(a: int, b: int) -> float:\n    return a / b\n",
        "def biggest(items: list[int]) -> int:\n    return max(items)\n",
        "def first(pair: tuple[int, str]) -> int:\n    return pair[0]\n",
        "def tag(value) -> str:\n    return value.upper() + value\n",
        "def depth(n: int) -> int:\n    return 0 if n == 0 else 1 + depth(n - 1)\n",
        "def distance(a: str, b: str) -> int:\n    return len(a) * 7 + len(b)\n",
        "def flatten(items: list[int]) -> int:\n    return len(items)\n",
        "def alike(items: list[int]) -> bool:\n    '''``alike()`` returns ``True`` for equal ones.'''\n"
        "    return len(set(items)) < 2\n",
        "def packed(items: list[int]) -> str:\n    return ','.join(map(str, sorted(items)))\n\n\n"
        "def unpacked(text: str) -> list[int]:\n    '''The opposite of `packed`.'''\n"
        "    return [int(part) for part in text.split(',') if part]\n",
        "def same(items: list[int], key=None) -> bool:\n    return len(set(map(key, items) if key else items)) < 2\n",
    ],
)
async def test_what_is_only_unusual_is_not_told(tmp_path, code):
    told, _ = await look(tmp_path, code)
    assert told == []


async def test_a_class_is_tested_in_use(tmp_path):
    text = (ALGORITHMS / "lru_cache.py").read_text()
    told, tests = await look(tmp_path, text)
    assert told == []
    assert "def test_lru_cache_in_use():\n    cache = LRUCache(2)\n    cache.put(1, 10)\n" in tests
    assert "assert cache.get(1) == 10" in tests


async def test_tests_come_before_the_main_guard_in_the_quotes_of_the_file(tmp_path):
    guarded = (
        "import unittest\n\nfrom mod import other\n\n\nclass TestOther(unittest.TestCase):\n    def test_other(self):\n"
        "        self.assertEqual(other('a'), 'b')\n\n\nif __name__ == '__main__':\n    unittest.main()\n"
    )
    text = "def other(x: str) -> str:\n    return x\n\n\ndef shout(text: str) -> str:\n    return text.upper()\n"
    _, tests = await look(tmp_path, text, test_mod=guarded)
    assert tests.rstrip().endswith("if __name__ == '__main__':\n    unittest.main()")
    assert "class TestShout(unittest.TestCase):" in tests
    assert "('Hello World', 'HELLO WORLD')," in tests


async def test_annotations_where_the_tests_have_them(tmp_path):
    other = "import pytest\n\n\ndef test_a() -> None:\n    assert pytest\n"
    text = (
        "def pick(items: list[int], place: int) -> int | None:\n"
        "    return items[place] if 0 <= place < len(items) else None\n"
    )
    _, tests = await look(tmp_path, text, tests__test_other=other)
    assert "def test_pick_returns(items: list[int], place: int, expected: int | None) -> None:" in tests


async def test_what_touches_the_world_through_another_function_is_not_called(tmp_path):
    text = (
        "from random import choice\n\n\ndef deal(items: list[int]) -> int:\n    return choice(items)\n\n\n"
        "def hand(items: list[int]) -> list[int]:\n    return [deal(items) for _ in range(3)]\n\n\n"
        "class Dealer:\n    def deal(self, items: list[int]) -> int:\n        return deal(items)\n\n"
        "    def count(self) -> int:\n        return 3\n\n    def more(self) -> int:\n        return 4\n"
    )
    told, tests = await look(tmp_path, text)
    assert told == []
    assert "deal" not in tests.replace("Dealer", "").replace("dealer", "")


async def test_what_a_function_changes_in_place_is_looked_at_on_values_of_its_own(tmp_path):
    text = (
        "def bubble(items):\n    for end in range(len(items), 1, -1):\n        for i in range(end - 1):\n"
        "            if items[i] > items[i + 1]:\n                items[i], items[i + 1] = items[i + 1], items[i]\n"
    )
    told, tests = await look(tmp_path, text)
    assert told == []
    start = "def test_bubble_changes_its_argument():\n    items = [3, 1, 2]\n    bubble(items)\n"
    assert start + "    assert items == [1, 2, 3]\n" in tests


async def test_a_test_that_would_notice_nothing_is_not_written(tmp_path):
    text = "def label(kind: str) -> str:\n    return kind[:1].upper() + kind[1:]\n\n\n"
    text += "def check(n: int) -> int:\n    if n < 0:\n        raise ValueError\n    return n\n"
    _, tests = await look(tmp_path, text)
    assert "def test_label_returns(" in tests
    assert "def test_check_raises_value_error(" in tests
    blind = "LIMIT = 5\n\n\ndef same(value: int) -> int:\n    value\n    return None\n"
    assert (await look(tmp_path / "blind", blind))[1] == ""


async def test_a_class_with_a_small_first_letter_is_not_hidden_by_its_own_object(tmp_path):
    text = (
        "class peekable:\n    def __init__(self, items: list[int]) -> None:\n        self.items = list(items)\n\n"
        "    def peek(self) -> int:\n        return self.items[0]\n\n    def size(self) -> int:\n"
        "        return -len(self.items)\n"
    )
    _, tests = await look(tmp_path, text)
    assert "    made = peekable([3, 1, 2])\n" in tests
