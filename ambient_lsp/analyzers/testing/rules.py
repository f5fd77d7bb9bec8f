"""The rules that TestEnhancer reports: why each matters, and what the fix does."""

from __future__ import annotations

from ambient_lsp.analyzers.rules import Rule
from ambient_lsp.analyzers.testing import confirming, flaky, pinning, smells, untested, void_tests

_TAGS = ("tests",)
_FLAKY = (*_TAGS, "flaky")
_BEHAVIOUR = (*_TAGS, "behaviour")

TESTS = (
    Rule(
        untested.UNTESTED, "Function that no test runs", "A change to it breaks in silence.",
        "Tests from its docstring's examples, its types, laws that its name stands for, and what it does at boundaries;"
        " each must catch a mutant.", "low", _TAGS,
        example="def clamp(value: int, low: int, high: int) -> int:\n    return max(low, min(value, high))\n",
        better="@pytest.mark.parametrize(\n    (\"value\", \"low\", \"high\", \"expected\"),\n"
        "    [\n        (3, 0, 2, 2),\n        (-1, 0, 2, 0),\n        (1, 0, 2, 1),\n    ],\n)\n"
        "def test_clamp_returns(value, low, high, expected):\n    assert clamp(value, low, high) == expected\n",
    ),
    Rule(
        untested.BRANCH, "Function that tests run only in part",
        "The way that no test takes is where a mistake stays hidden.",
        "Tests that take it, where arguments that do can be found.", "low", _TAGS,
        example="def price(amount: int) -> int:\n    if amount > 100:  # no test has more than 100\n"
        "        return amount * 9\n    return amount * 10\n",
        better="def test_price_returns():\n    assert price(101) == 909\n",
    ),
    Rule(
        pinning.SUSPICIOUS, "Function that behaves oddly",
        "It raised, returned or changed what its name, its types and its docstring do not say. A test that held this"
        " fast would hold a bug fast.", "", "medium", _BEHAVIOUR,
        example="def average(values: list[float]) -> float:\n    return sum(values) / len(values)  # of nothing?\n",
        better="def average(values: list[float]) -> float:\n    if not values:\n"
        "        raise ValueError(\"no values\")\n    return sum(values) / len(values)\n",
    ),
    Rule(
        pinning.DOCSTRING, "Docstring that is not true", "Readers believe it: either it or the code is wrong.", "",
        "medium", _BEHAVIOUR,
        example='def half(number: int) -> int:\n    """Halve a number.\n\n    >>> half(5)\n    2\n    """\n'
        "    return round(number / 2 + 0.1)\n",
        better='def half(number: int) -> int:\n    """Halve a number.\n\n    >>> half(5)\n    2\n    """\n'
        "    return number // 2\n",
    ),
    Rule(
        confirming.UNCONFIRMED, "Function whose values nothing confirms",
        "A test of what the code happens to give would hold its bugs fast. No example, law, name or announced error"
        " says what this function should give, so no test of it is offered, and you are asked.", "", "low", _TAGS,
        example='def fee(amount: int) -> int:\n    """Return the fee."""\n    return max(amount // 50, 3)\n',
        better='def fee(amount: int) -> int:\n    """Return the fee.\n\n    >>> fee(1000)\n    20\n    """\n'
        "    return max(amount // 50, 3)\n",
    ),
    Rule(
        smells.NO_ASSERT, "Test without an assertion",
        "It keeps or prints a result that nothing looks at, so it passes whatever comes out. A test that only calls"
        " something, to show that it does not raise, is left alone.", "", "low", _TAGS,
        example="def test_load():\n    lines = load(\"a.txt\")\n",
        better="def test_load():\n    assert load(\"a.txt\") == [\"first line\"]\n",
    ),
    Rule(
        void_tests.CANNOT_FAIL, "Test that can not fail", "It looks like a proof and is none.",
        "The comma of `assert (x, \"message\")` goes outside, a mock's check is called, `return x == y` becomes"
        " `assert`, `assertTrue(a, b)` becomes `assertEqual`.", "medium", _TAGS,
        example="def test_total():\n    assert (total([1, 2]) == 3, \"wrong sum\")\n",
        better="def test_total():\n    assert total([1, 2]) == 3, \"wrong sum\"\n",
    ),
    Rule(
        void_tests.SHADOWED, "Test that never runs", "A later test has the same name and takes its place.",
        "The later one gets a name of its own; both must pass.", "medium", _TAGS,
        example="def test_load():\n    assert load(\"a\")\n\n\ndef test_load():\n    assert load(\"b\")\n",
        better="def test_load():\n    assert load(\"a\")\n\n\ndef test_load_2():\n    assert load(\"b\")\n",
    ),
    Rule(
        smells.SLEEP, "Test that sleeps", "It is slow, and fails on a slow machine.", "", "low", _FLAKY,
        example="def test_job():\n    start()\n    time.sleep(2)\n    assert done()\n",
        better="def test_job():\n    start().join(timeout=10)\n    assert done()\n",
    ),
    Rule(
        smells.CLOCK, "Test that depends on the clock", "It fails now and then.", "", "low", _FLAKY,
        example="def test_stamp():\n    assert note().at == datetime.now()\n",
        better="def test_stamp():\n    noon = datetime(2024, 1, 1, 12)\n    assert note(now=noon).at == noon\n",
    ),
    Rule(
        smells.NETWORK, "Test that needs the network", "It fails when a server is away.", "", "low", _FLAKY,
        example="def test_page():\n    assert requests.get(\"https://example.com\").ok\n",
        better="def test_page(httpserver):\n    httpserver.expect_request(\"/\").respond_with_data(\"hi\")\n"
        "    assert requests.get(httpserver.url_for(\"/\")).ok\n",
    ),
    Rule(
        smells.ORDER, "Tests that depend on their order", "They fail when run alone or shuffled.", "", "medium",
        _FLAKY,
        example="SEEN = []\n\n\ndef test_add():\n    SEEN.append(1)\n\n\ndef test_seen():\n    assert SEEN == [1]\n",
        better="@pytest.fixture\ndef seen():\n    return [1]\n\n\ndef test_seen(seen):\n    assert seen == [1]\n",
    ),
    Rule(
        flaky.RANDOM, "Test with random numbers of its own", "When it fails, nobody can make it fail again.",
        "`random.seed(0)` as the test's first line.", "low", _FLAKY,
        example="def test_sort():\n    items = [random.random() for _ in range(9)]\n"
        "    assert sort(items) == sorted(items)\n",
        better="def test_sort():\n    random.seed(0)\n    items = [random.random() for _ in range(9)]\n"
        "    assert sort(items) == sorted(items)\n",
    ),
    Rule(
        flaky.UNORDERED, "Test that relies on the order of a set or a folder",
        "The order is another one in another run, or on another machine.", "Both sides are sorted.", "low", _FLAKY,
        example="def test_names():\n    assert list({\"b\", \"a\"}) == [\"b\", \"a\"]\n",
        better="def test_names():\n    assert sorted({\"b\", \"a\"}) == [\"a\", \"b\"]\n",
    ),
    Rule(
        flaky.TEMP_PATH, "Test that writes to a fixed temporary path", "Runs disturb each other.",
        "pytest's `tmp_path`.", "low", _FLAKY,
        example="def test_save():\n    save(open(\"/tmp/out.txt\", \"w\"))\n",
        better="def test_save(tmp_path):\n    save(open(str(tmp_path / \"out.txt\"), \"w\"))\n",
    ),
    Rule(
        flaky.LEFT_BEHIND, "Test that changes the environment for the others",
        "Whether the other tests pass depends on which ran before.", "pytest's `monkeypatch`, which puts it back.",
        "medium", _FLAKY,
        example="def test_mode():\n    os.environ[\"MODE\"] = \"fast\"\n    assert mode() == \"fast\"\n",
        better="def test_mode(monkeypatch):\n    monkeypatch.setenv(\"MODE\", \"fast\")\n"
        "    assert mode() == \"fast\"\n",
    ),
)  # fmt: skip
