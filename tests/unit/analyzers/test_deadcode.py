"""Dead code is found where nothing reaches it, and taken out only where that is certain."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers import deadcode


def rules(text, used=frozenset()):
    return [found.rule for found in deadcode.find(text, "a.py", used)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a):\n    return a  # done\n    # gone\n    b = 1\n    print(b)\n", "def f(a):\n    return a  # done\n"),
        (
            "def f(a):\n    for x in a:\n        if x:\n            continue\n            print(x)\n    return a\n",
            "def f(a):\n    for x in a:\n        if x:\n            continue\n    return a\n",
        ),
        ("# top\nx = 1\n\n\ndef _old():\n    return 1\n\n\n# kept\ny = 2\n", "# top\nx = 1\n\n\n# kept\ny = 2\n"),
        (
            "def f():\n    def helper():\n        return 1\n\n    return 2\n",
            "def f():\n\n    return 2\n",
        ),
    ],
)
def test_before_and_after(before, after):
    removals = deadcode.removals(before, "a.py")
    assert [one.text for one in removals] == [after]
    assert deadcode.dead_lines(before) == removals[0].lines > deadcode.dead_lines(after) == 0
    assert deadcode.removals(after, "a.py") == []


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    return\n    yield\n",
        "def f():\n    raise NotImplementedError\n    yield 1\n",
        "def public():\n    return 1\n",
        "def _used():\n    return 1\n\n\nx = _used()\n",
        "def _named():\n    return 1\n\n\n__all__ = ['_named']\n",
        "import app\n\n\n@app.route('/')\ndef _handler():\n    return 1\n",
        "def _handle_a():\n    return 1\n\n\ndef call(x):\n    return globals()['_handle_' + x]()\n",
        "def __getattr__(name):\n    return 1\n",
        "def _(x):\n    return x\n",
        "def f(",
    ],
)
def test_not_dead(text):
    assert rules(text) == []
    assert deadcode.removals(text, "a.py") == []


def test_a_name_in_any_other_file_counts_as_used():
    text = "def _old():\n    return 1\n"
    assert rules(text) == [deadcode.UNUSED]
    assert rules(text, frozenset({"_old"})) == []


@pytest.mark.parametrize(
    "text",
    [
        # `x` is local because of the dead assignment: without it, the global would be returned.
        "x = 1\n\n\ndef f():\n    return x\n    x = 2\n",
        # A method may be called by a framework or a subclass elsewhere.
        "class A:\n    def _m(self):\n        return 1\n",
        "def _dynamic():\n    return 1\n\n\ndef call(x):\n    return getattr(x, 'y')\n",
        # The last statement of a block cannot go.
        "def f(x):\n    if x:\n        def g():\n            return 1\n",
    ],
)
def test_found_but_left_to_a_person(text):
    assert rules(text)
    assert deadcode.removals(text, "a.py") == []


def test_the_host_need_not_be_able_to_read_it():
    text = "def _f[T](x: T):\n    return f'{x['a']}'\n"
    assert rules(text) == [deadcode.UNUSED]


def test_a_test_that_is_switched_off_is_left():
    text = "def _test_later():\n    assert 0\n\n\ndef test_now():\n    assert 1\n"
    assert deadcode.find(text, "tests/test_a.py") == []
    assert deadcode.find(text, "a.py") != []
