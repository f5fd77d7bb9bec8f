"""Dead code is found where nothing reaches it, and taken out only where that is certain."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.refactoring import deadcode


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
            "def f():\n    return 2\n",
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
        "def _dynamic():\n    return 1\n\n\ndef call(x):\n    return getattr(sys.modules[__name__], x)\n",
        "def _dynamic():\n    return 1\n\n\ndef call(x):\n    return globals()[x]\n",
        "class A:\n    def __m(self):\n        return 1\n\n    def call(self, x):\n        return getattr(self, x)\n",
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


@pytest.mark.parametrize(
    "body",
    [
        "if x:\n    return 1\nelse:\n    raise E\nprint(x)",
        "while True:\n    g()\nprint(x)",
        "try:\n    return 1\nexcept E:\n    raise\nprint(x)",
        "try:\n    g()\nfinally:\n    return 1\nprint(x)",
        "match x:\n    case 1:\n        return 2\n    case _:\n        return 3\nprint(x)",
        "if False:\n    print(x)\nprint(1)",
    ],
)
def test_code_that_no_branch_leads_to(body):
    text = "def f(x):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    assert rules(text) == [deadcode.UNREACHABLE]
    (removal,) = deadcode.removals(text, "a.py")
    assert removal.text.count("print(") == text.count("print(") - 1
    assert deadcode.dead_lines(removal.text) == 0 < deadcode.dead_lines(text)


@pytest.mark.parametrize(
    "body",
    [
        "if x:\n    return 1\nprint(x)",
        "if x:\n    return 1\nelif y:\n    return 2\nprint(x)",
        "while True:\n    if g():\n        break\nprint(x)",
        "while True:\n    for y in x:\n        g()\n    else:\n        break\nprint(x)",
        "try:\n    return 1\nexcept E:\n    pass\nprint(x)",
        # A context manager may swallow what is raised in it.
        "with suppress(E):\n    return g()\nprint(x)",
        "match x:\n    case 1:\n        return 2\n    case 3:\n        return 3\nprint(x)",
        "match x:\n    case 1:\n        return 2\n    case _ if y:\n        return 3\nprint(x)",
        "if False:\n    yield",
        "if False:\n    from typing import Any",
        "while 1:\n    return 2",
    ],
)
def test_code_that_may_be_reached(body):
    text = "def f(x):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    assert rules(text) == []


def test_private_classes_variables_and_what_only_dead_code_uses():
    text = (
        "_LIMIT = 3\n\n\nclass _Old:\n    x = 1\n\n\ndef _first():\n    return _second(_LIMIT)\n\n\n"
        "def _second(x):\n    return _second(x - 1)\n\n\ny = 2\n"
    )
    assert {found.symbol for found in deadcode.find(text, "a.py")} == {"_LIMIT", "_Old", "_first", "_second"}
    for removal in deadcode.removals(text, "a.py"):
        compile(removal.text, "a.py", "exec")
        assert removal.symbol not in removal.text.replace("_second(_", "")
        assert deadcode.dead_lines(removal.text) < deadcode.dead_lines(text)
    assert rules(text + "print(_first)\n") == [deadcode.UNUSED]  # the class


@pytest.mark.parametrize(
    "text",
    [
        "class A(Base):\n    def _hook(self):\n        return 1\n",
        "@register\nclass A:\n    def _hook(self):\n        return 1\n",
        "class A:\n    def _repr_html_(self):\n        return 1\n",
        "_a = 1\n_a = 2\n",
        "_ = g()\n",
        "__version__ = '1'\n",
        "try:\n    import a\nexcept E:\n    _a = None\n",
        "# see _old\ndef _old():\n    return 1\n",
        "@x.register\ndef _old():\n    return 1\n",
    ],
)
def test_a_hook_a_registration_and_a_name_bound_twice_are_not_dead(text):
    assert rules(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "_T = TypeVar('_t')\nx = 1\n",
        "class _A(Base):\n    x = 1\n\n\ny = 1\n",
        "class _A:\n    x = go()\n\n\ny = 1\n",
        "def _a(x=go()):\n    return 1\n\n\ny = 1\n",
    ],
)
def test_what_runs_when_it_is_made_is_left_to_a_person(text):
    assert rules(text) == [deadcode.UNUSED]
    assert deadcode.removals(text, "a.py") == []


def test_a_method_whose_name_is_mangled_can_go():
    text = "class A:\n    def __old(self):\n        return 1\n\n    def new(self):\n        return 2\n"
    (removal,) = deadcode.removals(text, "a.py")
    assert removal.text == "class A:\n    def new(self):\n        return 2\n"


def test_a_class_whose_base_is_told_of_it_is_used():
    """Seen in marshmallow: a test makes a class to see its base refuse it."""
    text = "def f():\n    with raises(ValueError):\n        class Bad({}):\n            x = 1\n"
    assert rules(text.format("Schema")) == []
    assert rules(text.format("")) == [deadcode.UNUSED]


def test_getattr_of_some_object_does_not_reach_the_names_of_the_module():
    text = "def _old():\n    return 1\n\n\ndef call(x, y):\n    return getattr(x, y)\n"
    assert [one.text for one in deadcode.removals(text, "a.py")] == ["def call(x, y):\n    return getattr(x, y)\n"]


@pytest.mark.parametrize(
    "line",
    [
        "# The line below is unreachable today, and stays for what may come.\n    return x",
        "# This is never reached.\n    return x",
        "return x  # pragma: no cover",
    ],
)
def test_dead_code_of_which_its_author_speaks_is_left(line):
    text = f"def f(x):\n    if x:\n        return 1\n    else:\n        raise E(x)  # a comment\n\n    {line}\n"
    assert rules(text) == []
    assert rules(text.replace("pragma: no cover", "later").replace("un", "").replace("never ", "")) != []
