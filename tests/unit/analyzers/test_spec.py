"""What code promises is read from annotations, docstrings, use and names."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from ambient_lsp.analyzers.spec import calls, docs
from ambient_lsp.analyzers.spec.kinds import Kind, conforms
from ambient_lsp.analyzers.spec.laws import laws
from ambient_lsp.analyzers.spec.scenarios import plans
from ambient_lsp.analyzers.spec.signatures import signatures


def only(text):
    (signature,) = signatures(dedent(text)).values()
    return signature


def shape(kind):
    if kind is None:
        return None
    return f"{kind.name}[{', '.join(map(shape, kind.inner))}]" if kind.inner else kind.name


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("int", "int"),
        ("list[int]", "list[int]"),
        ("typing.Sequence[str]", "list[str]"),
        ("Optional[str]", "optional[str]"),
        ("int | None", "optional[int]"),
        ("int | str", "union[int, str]"),
        ("'dict[str, list[int]]'", "dict[str, list[int]]"),
        ("Callable[[int], bool]", "callable[bool]"),
        ("tuple[int, ...]", "tuple[int, int]"),
        ("Literal['a', 'b']", "literal"),
        ("Graph", "dict[str, list[str]]"),
        ("list[T]", "list[any]"),
        ("Request", None),
        ("list[Request]", None),
    ],
)
def test_kinds_of_annotations(annotation, expected):
    text = f"Graph = dict[str, list[str]]\n\n\ndef f(x: {annotation}):\n    return x\n"
    assert shape(only(text).parameters[0].kind) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def f(x):\n    return x.lower()\n", "str"),
        ("def f(x):\n    return range(x)\n", "int"),
        ("def f(x):\n    return len(x)\n", "list[int]"),
        ("def f(arr):\n    return arr[0]\n", "list[int]"),
        ("def f(text):\n    return text[0]\n", "str"),
        ("def f(x):\n    '''Do.\n\n    Args:\n        x (list of str): words\n    '''\n    return x\n", "list[str]"),
        ("def f(x):\n    '''Do.\n\n    :type x: int\n    '''\n    return x\n", "int"),
        ("def f(x):\n    '''Do.\n\n    >>> f({'a': 1})\n    1\n    '''\n    return x\n", "dict[str, int]"),
        ("def f(x=2):\n    return x\n", "int"),
        ("def f(x):\n    return x.frobnicate()\n", None),
    ],
)
def test_kinds_without_annotations(code, expected):
    assert shape(only(code).parameters[0].kind) == expected


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (1, Kind("int"), True),
        (True, Kind("int"), True),
        (1, Kind("float"), True),
        (None, Kind("int"), False),
        (None, Kind("optional", (Kind("int"),)), True),
        ([1, "a"], Kind("list", (Kind("int"),)), False),
        ((1, 2), Kind("list", (Kind("int"),)), True),
        ({"a": 1}, Kind("dict", (Kind("str"), Kind("str"))), False),
        (1.5, Kind("int"), False),
    ],
)
def test_whether_a_value_is_of_a_kind(value, kind, expected):
    assert conforms(value, kind) is expected


def test_examples_in_docstrings():
    docstring = """Halve.

    >>> half(4)
    2
    >>> half(0.5)  # doctest: +ELLIPSIS
    0.2...
    >>> list(half([1]))
    [0]
    >>> half("a")
    Traceback (most recent call last):
    TypeError: no number
    >>> half(other)
    3

    half(8) -> 4, and `half(2)` returns 1.
    """
    found = [(one.call, one.expected, one.raises) for one in docs.examples(dedent(docstring), "half")]
    assert found == [
        ("half(4)", "2", ""),
        ("list(half([1]))", "[0]", ""),
        ('half("a")', "", "TypeError"),
        ("half(8)", "4", ""),
        ("half(2)", "1", ""),
    ]


def test_an_argument_that_is_a_call_is_no_wrapper():
    signature = only("def same(items):\n    '''Compare.\n\n    >>> same(set())\n    True\n    '''\n    return True\n")
    (example,) = signature.examples
    assert calls.arguments_of(signature, example.call) == calls.Arguments(("items",), ("set()",))


def test_what_a_list_holds_is_not_said_by_the_word_list():
    code = "def f(args):\n    '''Do.\n\n    Args:\n        args (list): What to do.\n    '''\n    return args\n"
    assert shape(only(code).parameters[0].kind) == "list[any]"


@pytest.mark.parametrize(
    "docstring",
    [
        "Do.\n\nRaises:\n    ValueError: If n is negative.",
        "Do.\n\n:raises ValueError: if n is negative",
        "Do. Raises ValueError if n is negative.",
        "Do.\n\nRaises\n------\nValueError\n    If n is negative.",
    ],
)
def test_errors_in_docstrings(docstring):
    assert docs.raised(docstring)[0].exception == "ValueError"


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("Return the mean, or 0 if the list is empty.", "0"),
        ("Return None for an empty text.", "None"),
        ("Return an empty list if there are no items.", "[]"),
        ("Return the first; the list must not be empty.", ""),
    ],
)
def test_what_is_promised_for_nothing(docstring, expected):
    assert docs.when_empty(docstring) == expected


def test_arguments_go_together():
    signature = only(
        "def find(items: list[int], target: int) -> int:\n    '''Return the place.'''\n    return items.index(target)\n"
    )
    tried = [one.values for one in calls.candidates(signature)]
    members = [(items, target) for items, target in tried if items != "[]" and int(target) in eval(items)]
    strangers = [(items, target) for items, target in tried if int(target) not in eval(items)]
    assert members
    assert strangers
    assert len(tried) == len(set(tried)) <= 44


def test_options_are_tried_by_name():
    signature = only("def cut(text: str, *, width: int, end: str = '', keep: bool = False) -> str:\n    return text\n")
    written = [calls.expression(signature, one) for one in calls.candidates(signature)]
    assert any("keep=True" in one for one in written)
    assert all("width=" in one for one in written)


def test_what_touches_the_world_is_not_called():
    text = """
    import os, random, time
    def a(x: int) -> int:
        return random.randint(0, x)
    def b(path: str) -> str:
        return open(path).read()
    def c(x: int) -> float:
        return time.time() + x
    def d(x: int) -> None:
        os.remove("x")
    async def e(x: int) -> int:
        return x
    def _f(x: int) -> int:
        return x
    def good(path: str) -> str:
        return os.path.basename(path)
    """
    assert list(signatures(dedent(text))) == ["good"]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("def merge_sort(items: list[int]) -> list[int]:\n    return sorted(items)\n", ["sorts"]),
        ("def topological_sort(graph: dict[str, list[str]]) -> list[str]:\n    return []\n", ["topological"]),
        ("def gcd(a: int, b: int) -> int:\n    return a\n", ["gcd"]),
        ("def sort_by(items: list[int], key: str) -> list[int]:\n    return items\n", []),
        ("def reverse_words(text: str) -> str:\n    return text\n", ["reverses_words"]),
        ("def frob(a: int, b: int) -> int:\n    '''It is symmetric.'''\n    return a\n", ["symmetric"]),
        (
            "def f(items: list[int]) -> list[int]:\n    '''Return the items in sorted order.'''\n    return items\n",
            ["sorted"],
        ),
    ],
)  # fmt: skip
def test_laws_by_name_and_docstring(code, names):
    assert [family[0].name for family in laws(only(code), [])] == names


def test_what_another_function_takes_back():
    found = signatures(
        "def to_hex(n: int) -> str:\n    return hex(n)\n\n\ndef from_hex(s: str) -> int:\n    return 1\n"
    )
    families = laws(found["to_hex"], [found["from_hex"]])
    assert families[-1][0].checks == ("from_hex($result) == $a",)


def test_what_a_docstring_says_it_undoes_is_its_way_back():
    found = signatures(
        dedent(
            """
            def shift(text: str, by: int) -> str:
                return text[by:] + text[:by]
            def back(text: str, by: int) -> str:
                '''Undo :func:`shift` with the same number.'''
                return text[-by:] + text[:-by]
            """
        )
    )
    ((law,),) = laws(found["shift"], [found["back"]])
    assert law.checks == ("back($result, $b) == $a",)
    hedged = replace(
        found["back"], docstring="The inverse of `shift`, though there are cases where that does not hold."
    )
    assert laws(found["shift"], [hedged]) == []
    assert laws(found["back"], [found["shift"]]) == []  # what it is given by anybody else need not come back


def test_words_are_not_shouted_and_separators_separate():
    code = """
    def slug(text: str, separator: str = "-") -> str:
        '''>>> slug("An octopus")
        'an-octopus'
        '''
        return separator.join(text.lower().split())
    """
    tried = [one.values for one in calls.candidates(only(code))]
    assert ("'AN OCTOPUS'",) not in tried
    assert ("'An octopus'", "'_'") in tried


def test_a_story_asks_for_what_is_not_there():
    text = """
    class Words:
        def insert(self, word): ...
        def contains(self, word): ...
    """
    (plan,) = plans(dedent(text))
    assert {"insert('apple')", "contains('apple')", "contains('app')"} <= set(plan.calls)


def test_a_class_in_use_is_filled_first():
    text = """
    class Stack:
        def __init__(self):
            self.items = []
        def push(self, item: int) -> None:
            self.items.append(item)
        def pop(self) -> int:
            return self.items.pop()
        def size(self) -> int:
            return len(self.items)
    """
    (plan,) = plans(dedent(text))
    assert plan.made == "Stack()"
    assert plan.calls[:4] == ("push(5)", "push(2)", "size()", "pop()")  # in no order, and taken from in between
    assert "pop()" in plan.calls


@pytest.mark.parametrize(
    "text", ["", "def f(", "class A(B):\n    pass\n", "x = (\n", "def f(x: [[[[[[[[[[[[int]): ...\n"]
)
def test_broken_text_says_nothing(text):
    assert signatures(text) == {}
    assert plans(text) == []
