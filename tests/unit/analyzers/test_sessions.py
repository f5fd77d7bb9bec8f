"""What docstrings show as it is typed at the prompt: what is read of it, how it is played, and the test that comes."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from ambient_lsp.analyzers.spec import sessions, transcripts
from ambient_lsp.analyzers.spec.calls import Arguments
from ambient_lsp.analyzers.spec.laws import laws
from ambient_lsp.analyzers.spec.signatures import signatures
from ambient_lsp.analyzers.testing import characterise
from ambient_lsp.analyzers.testing.testblocks import Subject, pytest_blocks, unittest_blocks
from ambient_lsp.analyzers.testing.testwriting import Style, write
from ambient_lsp.protocols import Observation

BAG = '''
from itertools import islice
import os

class Bag:
    """A bag.

    >>> bag = Bag([3, 1])
    >>> bag.add(2)
    >>> sorted(bag)
    [1, 2, 3]
    >>> bag
    Bag([3, 1, 2])

    It has no second floor.

    >>> bag.floor(2)
    Traceback (most recent call last):
        ...
    LookupError: no such floor
    """

    def __init__(self, items):
        self.items = list(items)

    def add(self, item):
        self.items.append(item)

    def __iter__(self):
        return iter(self.items)

    def __repr__(self):
        return f"Bag({self.items})"

    def floor(self, number):
        raise LookupError("no such floor")

    def save(self, path):
        """
        >>> Bag([1]).save("bag.txt")
        1
        """
        with open(path, "w") as file:
            return file.write(repr(self))
'''


@pytest.fixture(name="played")
def player(monkeypatch):
    """Play what a module's docstrings show, as the sandbox does."""

    def play(code: str):
        module = ModuleType("shown")
        exec(code, module.__dict__)
        monkeypatch.setitem(sys.modules, "shown", module)
        names = {"_PLAYED": "shown", "sys": sys, **vars(module)}
        exec(transcripts.SETUP, names)
        found = [one for each in sessions.transcripts(code).values() for one in each]
        told = [(one, repr(eval(one.expression, names))) for one in found]
        return [kept for one, text in told if (kept := one.told(Observation(one.expression, text, "str", "", True)))]

    return play


def f(docstring: str, body: str = "return x", *, head: str = "", parameters: str = "x") -> str:
    return f'{head}def f({parameters}):\n    r"""{docstring}"""\n    {body}\n'


def lines(found) -> list[str]:
    return [row for one in found for row in one.written("assert") if row]


def test_a_class_is_used_as_its_docstring_shows(played):
    (bag,) = played(BAG)
    assert bag.written("assert") == [
        "bag = Bag([3, 1])",
        "bag.add(2)",
        "assert sorted(bag) == [1, 2, 3]",
        "assert repr(bag) == 'Bag([3, 1, 2])'",
        "",
        "with pytest.raises(LookupError):",
        "    bag.floor(2)",
    ]


def test_nothing_that_touches_files_is_played(played):
    assert "save" not in " ".join(lines(played(BAG)))
    assert not played(f("\n>>> open(f('x')).read()\n'x'\n"))
    assert not played(f("\n>>> import os\n>>> os.path.exists(f('x'))\nFalse\n"))


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        (">>> f(1) == 1\nTrue\n", ["assert f(1) == 1"]),
        (">>> 2 in [f(1)]\nFalse\n", ["assert 2 not in [f(1)]"]),
        (">>> f(1) or 2\n1\n", ["assert (f(1) or 2) == 1"]),
        (">>> f(None) is None\nTrue\n", ["assert f(None) is None"]),
        (">>> f([1,2])  # both\n[1,\n 2]\n", ["assert f([1, 2]) == [1, 2]"]),
        (">>> f(0.5)\n0.5\n", ["assert f(0.5) == pytest.approx(0.5)"]),
        (">>> print(f('a'))\na\n", ["assert f('a') == 'a'"]),
        (">>> key = lambda x: x + 1\n>>> key(f(1))\n2\n", ["def key(x):", "    return x + 1", "assert key(f(1)) == 2"]),
        (">>> unused = 1\n>>> f(2)\n2\n", ["assert f(2) == 2"]),
        (">>> f(1), f(2)\n(1, 2)\n", ["assert (f(1), f(2)) == (1, 2)"]),
        (">>> f(1)  # doctest: +ELLIPSIS\n1\n", ["assert f(1) == 1"]),
        (">>> f(1)  # doctest: +SKIP\n1\n", []),
        (">>> f(1)\n<object at 0x7f>\n", []),
        (">>> 1 + 1\n2\n", []),
        (">>> there.f(1)\n1\n", []),
        (">>> f('a\n", []),
    ],
)
def test_a_line_becomes_what_a_person_would_write(played, docstring, expected):
    assert lines(played(f(f"\n{docstring}"))) == expected


def test_what_comes_out_otherwise_than_shown_is_left_with_all_that_follows(played):
    assert lines(played(f("\n>>> f(1)\n1\n>>> f(2)\n3\n>>> f(4)\n4\n"))) == ["assert f(1) == 1"]


def test_other_modules_are_imported_where_the_docstring_or_the_module_does(played):
    head = "from itertools import islice\n"
    (found,) = played(f("\n>>> from itertools import count\n>>> list(islice(count(f(3)), 2))\n[3, 4]\n", head=head))
    assert found.borrowed == (("itertools", "count"), ("itertools", "islice"))
    written = write(None, "shown", [_subject(found)], Style())
    assert "from itertools import count, islice\n\nfrom shown import f\n" in written.text
    appended = write("import pytest\n\nfrom shown import g\n", "shown", [_subject(found)], Style())
    assert "from itertools import count, islice\n" in appended.text


def test_where_each_test_has_a_docstring_a_new_one_has_one(played):
    (found,) = played(f("\n>>> f(3)\n3\n"))
    written = write(None, "shown", [_subject(found)], Style(documented=True, typed=True))
    assert 'def test_f_as_documented() -> None:\n    """Test f as documented."""\n    assert' in written.text
    grouped = write(None, "shown", [_subject(found)], Style(documented=True, use_unittest=True))
    assert 'class TestF(unittest.TestCase):\n    """Test f."""\n    def test_as_documented(self):\n        """Test' in (
        grouped.text.replace('"""\n\n    def', '"""\n    def')
    )


def test_a_name_that_the_test_file_has_for_something_else_is_not_taken(played):
    (found,) = played(f("\n>>> from itertools import count\n>>> next(count(f(3)))\n3\n"))
    assert write("def count():\n    return 1\n", "shown", [_subject(found)], Style()) is None


def test_a_session_that_hides_a_name_of_the_module_is_left(played):
    assert not played(f("\n>>> g = f(1)\n>>> g\n1\n", head="def g():\n    return 2\n\n"))


@pytest.mark.parametrize("docstring", ["", ">>> ", ">>>f(1)\n1", ">>> f(1", ">>> \x00\n1\n"])
def test_broken_docstrings_show_nothing(docstring):
    assert not sessions.transcripts(f(docstring))


def test_unittest_has_it_as_a_method(played):
    (found,) = played(f("\n>>> f('a').upper()\n'A'\n>>> f(0.5)\n0.5\n"))
    (block,) = unittest_blocks(_subject(found), set())
    assert block.code == (
        "class TestF(unittest.TestCase):\n    def test_as_documented(self):\n"
        "        self.assertEqual(f('a').upper(), 'A')\n        self.assertAlmostEqual(f(0.5), 0.5)\n"
    )


def test_unittest_compares_what_is_compared(played):
    (found,) = played(f("\n>>> f(1) == 1\nTrue\n>>> 2 in [f(1)]\nFalse\n>>> f(True)\nTrue\n>>> f(1) < 2\nTrue\n"))
    (block,) = unittest_blocks(_subject(found), set())
    assert [one.strip() for one in block.code.splitlines()[2:]] == [
        "self.assertEqual(f(1), 1)",
        "self.assertNotIn(2, [f(1)])",
        "self.assertEqual(f(True), True)",
        "self.assertEqual(f(1) < 2, True)",
    ]


def test_the_test_says_whose_docstring_it_keeps(played):
    code = 'class Pair:\n    def turned(self):\n        """\n        >>> Pair().turned()\n        (2, 1)\n        """\n'
    (found,) = played(f"{code}        return 2, 1\n")
    (block,) = pytest_blocks(_subject(found), set())
    assert block.code == "def test_pair_turned_as_documented():\n    assert Pair().turned() == (2, 1)\n"


def test_the_names_of_a_table_are_one_text_where_the_linter_asks_for_that():

    from ambient_lsp.analyzers.testing.pinning import Case

    (plain,) = signatures("def twice(text: str) -> str:\n    return 2 * text\n").values()
    cases = tuple(Case(Arguments(("text",), (repr(one),)), repr(2 * one)) for one in "ab")
    written = write(None, "shown", [Subject(plain, cases)], Style(joined=True, future=True))
    assert '    "text, expected",\n' in written.text
    assert written.text.startswith('"""Tests of `shown`."""\n\nfrom __future__ import annotations\n\nimport pytest\n')


def _subject(found) -> Subject:
    return Subject(_bare(found), shown=(found,))


def _bare(found):
    kind = "class" if found.owner[0].isupper() else "def"
    return sessions.subject(f"{kind} {found.owner}{'' if kind == 'class' else '()'}:\n    pass\n", found.owner)


README = """# shown

```pycon
>>> import shown
>>> shown.f("a")
'a'
```

Others are

>>> from shown import f, nothing_of_ours
>>> f(2) + 1
3
>>> nothing_of_ours(f(2))
2

>>> f(3)
3
"""


def test_a_readme_shows_what_no_docstring_does():
    (found,) = sessions.transcripts(f("Nothing."), "shown", README)["f"]
    assert found.written("assert") == ["assert f('a') == 'a'"]
    (own,) = sessions.transcripts(f("\n>>> f(1)\n1\n"), "shown", README)["f"]
    assert own.written("assert") == ["assert f(1) == 1"]


@pytest.mark.parametrize(
    ("imported", "call"),
    [
        ("import shown", "shown.f(1)"),
        ("import shown.texts", "shown.texts.f(1)"),
        ("from shown import texts", "texts.f(1)"),
        ("from shown import texts as t", "t.f(1)"),
        ("from shown.texts import f", "f(1)"),
        ("from shown import *", "f(1)"),
    ],
)
def test_the_modules_own_names_stand_alone(imported, call):
    (found,) = sessions.transcripts(f(f"\n>>> {imported}\n>>> {call}\n1\n"), "shown.texts")["f"]
    assert (found.written("assert"), found.borrowed) == (["assert f(1) == 1"], ())


@pytest.mark.parametrize(
    ("imported", "call"),
    [
        ("from other import f", "f(1)"),
        ("import numpy", "f(numpy.int8(1))"),
        ("from shown import other", "other(f(1))"),
        ("from other import *", "f(1)"),
        ("import random", "f(random.random())"),
    ],
)
def test_names_of_others_are_left(imported, call):
    assert not sessions.transcripts(f(f"\n>>> {imported}\n>>> {call}\n1\n"), "shown.texts")


def test_a_session_is_parted_where_names_get_another_meaning_and_nothing_before_is_used(played):
    session = """
    >>> both = 1
    >>> start = 2
    >>> f(start)
    2
    >>> start = 'a'
    >>> f(start)
    'a'
    >>> key = lambda x: x
    >>> f(key(start))
    'a'
    """
    assert [one.written("assert") for one in played(f(session))] == [
        ["start = 2", "assert f(start) == 2"],
        ["start = 'a'", "assert f(start) == 'a'", "", "def key(x):", "    return x", "", "assert f(key(start)) == 'a'"],
    ]
    assert len(played(f(session.replace("f(key(start))\n    'a'", "f(both)\n    1")))) == 1


def test_a_function_inside_of_a_test_is_annotated_where_the_others_are(played):
    (found,) = played(f("\n>>> key = lambda x, *more, y=2: x\n>>> f(key(1))\n1\n"))
    written = write(None, "shown", [_subject(found)], Style(typed=True))
    assert "def test_f_as_documented() -> None:\n    def key(x: Any, *more: Any, y: Any = 2) -> Any:\n" in written.text
    assert "from typing import Any\n" in written.text


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        (">>> text = print(f('a'))\n>>> f(u'a')\nu'a'\n", []),
        (">>> f(u'a')\nu'a'\n", ["assert f('a') == 'a'"]),
        (">>> print(f([1]))\n[1]\n", ["assert str(f([1])) == '[1]'"]),
        (">>> f(1) == \\\\\n... 1\nTrue\n", ["assert f(1) == 1"]),
        (">>> items = [2, 1]\n>>> last = items.pop()\n>>> f(items)\n[2]\n",
         ["items = [2, 1]", "items.pop()", "assert f(items) == [2]"]),
        (">>> input = [1]\n>>> f(input)\n[1]\n", ["input = [1]", "assert f(input) == [1]"]),
        (">>> late = f(0)\n>>> f(1)\n1\n", ["assert f(1) == 1"]),
        (">>> def twice(x): return 2 * x\n>>> f(twice(2))\n4\n",
         ["def twice(x):", "    return 2 * x", "assert f(twice(2)) == 4"]),
    ],
)  # fmt: skip
def test_it_is_written_without_what_old_docstrings_have_beside(played, docstring, expected):
    assert lines(played(f(f"\n{docstring}".replace("\\\\", "\\")))) == expected


@pytest.mark.parametrize("call", ["datetime.now().year - datetime.now().year", "_HIDDEN", "f(_HIDDEN)"])
def test_clocks_and_private_names_are_left(played, call):
    assert not played(f(f"\n>>> from datetime import datetime\n>>> f({call})\n0\n", head="_HIDDEN = 0\n"))


def test_what_is_in_a_table_or_in_another_test_is_not_said_again(played):
    (found,) = played(f("\n>>> f(u'a')\nu'a'\n>>> f('b')\n'b'\n"))
    assert found.without(['f(u"b")']).written("assert") == ["assert f('a') == 'a'"]
    assert found.without(["f('a')", 'f("b")']) is None
    (less,) = played(f("\nWords.\n\n>>> f( 'b')\n'b'\n"))
    assert found.says_more_than([less])
    assert not less.says_more_than([found])


def test_that_a_thing_equals_itself_is_no_test(played):
    code = 'class Pair:\n    """\n    >>> Pair(1)\n    Pair( 1)\n    >>> Pair(2)\n    Pair(2)\n    """\n'
    code += "    def __init__(self, x):\n        self.x = x\n"
    code += "    def __eq__(self, other):\n        return self.x == other.x\n"
    code += "    def __repr__(self):\n        return f'Pair({self.x})'\n"
    assert lines(played(code.replace("    >>> Pair(1)\n    Pair( 1)\n", ""))) == ["assert repr(Pair(2)) == 'Pair(2)'"]
    assert not played(code)


def test_what_is_made_of_nothing_is_annotated_where_types_are_checked(played):
    (found,) = played(f("\n>>> some = f([])\n>>> f(some)\n[]\n>>> more = f([1])\n>>> f(more)\n[1]\n"))
    written = write(None, "shown", [_subject(found)], Style(typed=True))
    assert "    some: Any = f([])\n" in written.text
    assert "    more = f([1])\n" in written.text
    assert "from typing import Any\n" in written.text


def test_what_two_docstrings_show_is_tested_once():
    shown = "    '''\n    >>> {}('b')\n    'b'\n    >>> twin(pair('a'))\n    'a'\n    '''\n    return x\n\n"
    code = "".join(f"def {name}(x):\n{shown.format(name)}" for name in ("pair", "twin"))
    asked = characterise.questions(code, ["pair", "twin"])
    observed = {one: Observation(one, "'b'", "str") for one in characterise.first_round(asked) if "_played" not in one}
    observed |= {typed.expression: Observation("", "'=='", "str") for one in asked for typed in one.shown}
    made, _ = characterise.subjects(asked, observed)
    assert [line.source for one in made for typed in one.shown for line in typed.lines] == ["twin(pair('a'))"]


def test_where_the_prompt_shows_nothing_nothing_came(played):
    assert lines(played(f("\n>>> f(None)\n>>> f(1)\n1\n"))) == ["assert f(None) is None", "assert f(1) == 1"]
    assert not played(f("\n>>> f(2)\n>>> f(1)\n1\n"))
    changes = played(f("\n>>> items = [1]\n>>> f(items)\n>>> items + f.__dict__.get('no', [])\n[]\n", "x.clear()"))
    assert lines(changes) == ["items = [1]", "f(items)", "assert items + f.__dict__.get('no', []) == []"]


def test_a_value_that_a_test_cannot_name_is_told_by_its_look(played):
    head = "class _Mark:\n    def __repr__(self):\n        return '_MARK'\n\n_MARK = _Mark()\n"
    found = played(f("\n>>> f(1)\n1\n>>> f(2)\n_MARK\n", "return x if x == 1 else _MARK", head=head))
    assert (lines(found), found[0].names) == (["assert f(1) == 1", "assert repr(f(2)) == '_MARK'"], ())


def test_what_a_module_takes_from_elsewhere_where_it_can_is_not_its_own():
    code = f("\n>>> f(1)\n1\n")
    assert sessions.transcripts(code)
    assert not sessions.transcripts(f"{code}\ntry:\n    from faster import f\nexcept ImportError:\n    pass\n")


def test_the_names_of_a_lambda_do_not_keep_the_parts_together(played):
    session = "\n>>> key = lambda x: x\n>>> s = f(key('a'))\n>>> s\n'a'\n"
    session += ">>> key = lambda x: [x]\n>>> s = f(key(1))\n>>> s\n[1]\n"
    assert len(played(f(session))) == 2


def test_what_is_yielded_is_made_a_list_once():
    (lazy,) = signatures(
        "def unique(seq: list[int]):\n    for one in dict.fromkeys(seq):\n        yield one\n"
    ).values()
    rows = (Arguments(("seq",), ("[1]",)), Arguments(("seq",), ("[2, 2]",)))
    kept = [law for family in laws(lazy, []) for law in family if any("list($result)" in check for check in law.checks)]
    (block,) = pytest_blocks(Subject(lazy, laws=((kept[0], rows),)), set())
    assert "list(unique(seq))" in block.code
    assert "list(list(" not in block.code
