"""Names that break the file's own convention are told, and private ones are renamed where that is sure."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.styling import naming
from ambient_lsp.analyzers.styling.outline import outline
from ambient_lsp.analyzers.styling.renaming import renamed
from ambient_lsp.verification.proof.renamed import objection

SNAKE = """
def first_one(row_count):
    last_row = row_count
    next_row = last_row
    return next_row


def second_one(col_count):
    last_col = col_count
    next_col = last_col
    return next_col
"""
CAMEL = SNAKE.replace("_one", "One").replace("_row", "Row").replace("_col", "Col").replace("_count", "Count")


def told(text):
    return {one.old: one.new for one in naming.misnamed(outline(text))}


def changed(text):
    new, names = renamed(text, naming.misnamed(outline(text)))
    assert not names or objection(text, new, names) == ""
    return new, names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (SNAKE + "\n\ndef third():\n    rowTotal = 1\n    return rowTotal\n", {"rowTotal": "row_total"}),
        (CAMEL + "\n\ndef third():\n    row_total = 1\n    return row_total\n", {"row_total": "rowTotal"}),
        (SNAKE + "\n\ndef _helpMe():\n    return 1\n\n\nprint(_helpMe())\n", {"_helpMe": "_help_me"}),
        (SNAKE + "\n\nclass A:\n    def _helpMe(self):\n        return 1\n\n"
         "    def f(self):\n        return self._helpMe()\n",
         {"_helpMe": "_help_me"}),
        (SNAKE + "\n\ndef third():\n    recieved = 1\n    return recieved\n", {"recieved": "received"}),
        (SNAKE + "\n\ndef third(rows):\n    rowTotal = 0\n    for row in rows:\n        rowTotal += row\n"
         "    return [rowTotal for _ in rows if rowTotal], lambda: rowTotal\n", {"rowTotal": "row_total"}),
    ],
)  # fmt: skip
def test_a_private_name_is_told_and_renamed_everywhere(text, names):
    assert told(text) == names
    new, done = changed(text)
    assert done == names
    for old, better in names.items():
        assert old not in new
        assert new.count(better) == text.count(old)


LOCAL = "def third():\n    rowTotal = 1  # rowTotal is one\n    return rowTotal\n"


@pytest.mark.parametrize(
    "other",
    [
        "def other(code):\n    exec(code)\n",
        "class A:\n    def other(self):\n        return sorted(vars(self))\n",
        'def other():\n    """As `rowTotal` of the schema."""\n',
    ],
)
def test_what_other_functions_do_or_say_does_not_keep_a_variable_from_its_name(other):
    text = f"{SNAKE}\n\n{LOCAL}\n\n{other}"
    assert changed(text) == (text.replace(LOCAL, LOCAL.replace("rowTotal", "row_total")), {"rowTotal": "row_total"})


@pytest.mark.parametrize(
    "more",
    [
        "def third(code):\n    rowTotal = 1\n\n    def inner():\n        exec(code)\n\n    return inner, rowTotal\n",
        'def third():\n    """Tell of rowTotal."""\n    rowTotal = 1\n    return rowTotal\n',
        "def helpMe():\n    return 1\n",  # public
        "def third():\n    rowTotal = 1\n    return locals()\n",
        "def third():\n    rowTotal = 1\n    return f'{rowTotal=}'\n",
        "def third():\n    rowTotal = 1\n    return dict(rowTotal=rowTotal)\n",
        "def third():\n    rowTotal = 1\n    return '%(rowTotal)s' % {'rowTotal': rowTotal}\n",
        "def third():\n    global rowTotal\n    rowTotal = 1\n",
        "def third(x):\n    rowTotal = 1\n    return x.rowTotal, rowTotal\n",
        "def third():\n    rowTotal = 1\n    return rowTotal\n\n\nprint(rowTotal)\n",  # another name, from elsewhere
        "def third():\n    rowTotal = 1\n    row_total = 2\n    return rowTotal, row_total\n",
        "class A:\n    def _helpMe(self):\n        return 1\n\n"
        "    def f(self, other):\n        return other._helpMe()\n",
        "class A:\n    def _helpMe(self):\n        return getattr(self, 'x')\n",
        "def _helpMe():\n    return 1\n\n\n__all__ = ['_helpMe']\n",
    ],
)
def test_a_name_that_somebody_else_may_know_is_left(more):
    text = f"{SNAKE}\n\n{more}"
    assert changed(text) == (text, {})


@pytest.mark.parametrize(
    "more",
    [
        "class T(TestCase):\n    def setUpAll(self):\n        pass\n",  # a base class may ask for the name
        "@app.route\ndef helpMe():\n    return 1\n",
        "class T:\n    def assertNothing(self):\n        pass\n",
        "def third(rowTotal):\n    rowTotal = rowTotal or 1\n    return rowTotal\n",  # a caller may name it
        "def width():\n    Total = 1\n    return Total\n",
        "class A:\n    def helpMe(self):\n        '''Deprecated: use something else.'''\n",
        "class cached_thing:\n    def __get__(self, one, kind):\n        return 1\n\n\n"
        "class A: ...\nclass B: ...\nclass C: ...\n",
    ],
)
def test_a_name_that_was_not_chosen_here_is_not_told(more):
    assert told(f"{SNAKE}\n\n{more}") == {}


def test_a_file_without_one_convention_has_none_to_break():
    assert told(SNAKE + CAMEL) == {}
    assert told("def helpMe():\n    oneThing = 1\n    two_things = 2\n    return oneThing, two_things\n") == {}


def test_a_rule_that_the_project_refuses_is_not_told():
    text = SNAKE + "\n\ndef third():\n    rowTotal = 1\n    return rowTotal\n"
    assert naming.misnamed(outline(text), lambda code: code == "N806") == []


def test_a_class_among_others_is_told():
    text = "class One: ...\nclass Two: ...\nclass Three: ...\nclass _my_thing: ...\n\n\nprint(_my_thing)\n"
    assert told(text) == {"_my_thing": "_MyThing"}
    assert changed(text)[1] == {"_my_thing": "_MyThing"}


@pytest.mark.parametrize(
    ("before", "after", "names", "why"),
    [
        ("def f():\n    a = 1\n    return a\n", "def f():\n    b = 1\n    return b\n", {"a": "b"}, ""),
        ("def f():\n    a = 1\n    return a\n", "def f():\n    b = 2\n    return b\n", {"a": "b"}, "more than names"),
        ("def f():\n    a = 1\n    return a\n", "def f():\n    b = 1\n    return a\n", {"a": "b"}, "more than names"),
        ("def f():\n    a = 1\n    return a, b\n", "def f():\n    b = 1\n    return b, b\n", {"a": "b"},
         "already a name"),
        ("def f(a):\n    return a\n", "def f(b):\n    return b\n", {"a": "b"}, "seen from outside"),
        ("def a():\n    return 1\n", "def b():\n    return 1\n", {"a": "b"}, "seen from outside"),
        ("a = 1\nprint(a)\n", "b = 1\nprint(b)\n", {"a": "b"}, "seen from outside"),
        ("class A:\n    a = 1\n", "class A:\n    b = 1\n", {"a": "b"}, "seen from outside"),
        ("import a\nprint(a)\n", "import b\nprint(b)\n", {"a": "b"}, "seen from outside"),
        ("def f(x):\n    x.a = 1\n", "def f(x):\n    x.b = 1\n", {"a": "b"}, "seen from outside"),
        ("def f():\n    a = 1\n    return vars()\n", "def f():\n    b = 1\n    return vars()\n", {"a": "b"},
         "at run time"),
        ("def f():\n    a = 1\n    return a\n\n\ndef g():\n    exec('')\n",
         "def f():\n    b = 1\n    return b\n\n\ndef g():\n    exec('')\n", {"a": "b"}, ""),
        ("def _a():\n    return 1\n\n\ndef g():\n    exec('')\n",
         "def _b():\n    return 1\n\n\ndef g():\n    exec('')\n", {"_a": "_b"}, "at run time"),
        ("def f():\n    a = c = 1\n    return a, c\n", "def f():\n    b = b = 1\n    return b, b\n",
         {"a": "b", "c": "b"}, "become one"),
    ],
)  # fmt: skip
def test_the_proof_sees_what_is_no_plain_rename(before, after, names, why):
    reason = objection(before, after, names)
    assert why in reason
    assert bool(reason) is bool(why)
