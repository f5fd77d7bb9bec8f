"""Docstrings: parameters that are not there, and what can be written for sure."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.styling import stale_parameters
from ambient_lsp.analyzers.styling.docstring_writing import write
from ambient_lsp.analyzers.styling.docstrings import habits
from ambient_lsp.analyzers.styling.outline import outline
from ambient_lsp.model import Replacement
from ambient_lsp.patching.edits import apply_replacements

GOOGLE = '''def f({names}):
    """Do.

    Args:
        one: First.
        {doc} (int): Second,
            and more.
        last: Third.
    """
    return {names}
'''
NUMPY = '''def f({names}):
    """Do.

    Parameters
    ----------
    one : int
        First.
    {doc} : int
        Second.
    last
        Third.

    Returns
    -------
    int
    """
    return {names}
'''
REST = '''def f({names}):
    """Do.

    :param one: First.
    :param int {doc}: Second.
    :type {doc}: int
    :param last: Third.
    :returns: It.
    """
    return {names}
'''
LAYOUTS = pytest.mark.parametrize("layout", [GOOGLE, NUMPY, REST], ids=["google", "numpy", "rest"])


def stale(text):
    return stale_parameters.find(outline(text))


def fixed(text):
    edits = {Replacement(*edit) for raw in stale(text) for edit in raw.data["edits"]}
    return apply_replacements(text, edits)


@LAYOUTS
def test_a_renamed_parameter_is_renamed_in_the_docstring(layout):
    text = layout.format(names="one, row_count, last", doc="count_rows")
    assert [raw.rule for raw in stale(text)] == ["AMB-STYLE-STALE-PARAM"]
    assert fixed(text) == layout.format(names="one, row_count, last", doc="row_count")
    assert stale(fixed(text)) == []


@LAYOUTS
def test_the_entry_of_a_parameter_that_is_gone_is_taken_out(layout):
    text = layout.format(names="one, last", doc="size")
    assert len(stale(text)) == 1
    assert "size" not in fixed(text)
    assert "Second" not in fixed(text)
    assert "last" in fixed(text).split('"""')[1]
    assert stale(fixed(text)) == []


@LAYOUTS
def test_two_that_may_be_each_others_successor_are_only_told(layout):
    text = layout.format(names="one, other, last", doc="size")
    assert len(stale(text)) == 1
    assert fixed(text) == text


@LAYOUTS
@pytest.mark.parametrize("names", ["one, size, last", "one, *args", "one, last, **kwargs", "*, one, size, last"])
def test_what_fits_or_may_fit_is_not_told(layout, names):
    text = layout.format(names=names, doc="size").replace(f"return {names}", "return one")
    assert stale(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "@click.command()\n" + GOOGLE.format(names="one, last", doc="size"),
        GOOGLE.format(names="one, last", doc="size").replace(
            "return one", "def g(size):\n        pass\n    return one"
        ),
        GOOGLE.format(names="one, last", doc="size").replace("(int): Second", "and so on. Second"),
        'def f(a):\n    """Do.\n\n    Args:\n        x: One.\n        y: Two.\n        z: Three.\n    """\n',
        'class A(B):\n    """Do.\n\n    Args:\n        x: One.\n    """\n\n    def __init__(self, y):\n        pass\n',
    ],
)
def test_a_docstring_that_may_mean_something_else_is_left(text):
    assert stale(text) == []


def test_the_one_parameter_that_is_left_out_is_told_where_the_file_describes_all():
    whole = "".join(
        f"{GOOGLE.format(names='one, size, last', doc='size')}\n\n".replace("def f", f"def f{n}") for n in range(3)
    )
    assert [raw.rule for raw in stale(whole + GOOGLE.format(names="one, size, last, x", doc="size"))] == [
        "AMB-STYLE-MISSING-PARAM"
    ]
    assert stale(GOOGLE.format(names="one, size, last, x", doc="size")) == []
    assert stale(whole + GOOGLE.format(names="one, size, last, _x", doc="size")) == []
    assert stale(whole + GOOGLE.format(names="path, one, size, last", doc="size")) == []


def documented(code, habit='def a():\n    """Return a."""\n\n\ndef b():\n    """Return `b`."""\n\n\n', width=88):
    text = habit + code
    found = outline(text)
    own = habits(found)
    made = [one for definition in found.definitions if (one := write(found, definition, own, width))]
    new = apply_replacements(text, [Replacement(one.start, one.end, one.text) for one in made])
    return new.removeprefix(habit)


def doc_of(code, **more):
    new = documented(code, **more)
    return new.split('"""')[1] if new != code else ""


@pytest.mark.parametrize(
    ("code", "doc"),
    [
        ("def area(width, height):\n    return width * height\n", "Return the area, `width * height`."),
        ("class A:\n    def is_empty(self):\n        return len(self.x) == 0\n", "Return whether `len(self.x) == 0`."),
        ("class A:\n    @property\n    def is_empty(self):\n        return not self.x\n", "Whether `not self.x`."),
        ("def is_text(x):\n    return isinstance(x, str)\n", "Return whether `x` is an instance of `str`."),
        ("class A:\n    def get_total_price(self):\n        return self._total_price\n", "Return the total price."),
        ("class A:\n    def set_price(self, price):\n        self._price = price\n", "Set the price."),
        ("class A:\n    def push(self, item):\n        self.items.append(item)\n", "Append `item` to `self.items`."),
        ("class A:\n    def area(self):\n        raise NotImplementedError\n",
         "Raise `NotImplementedError` unless a subclass overrides this."),
        ("class LexerError(Exception):\n    pass\n\n\ndef _lex():\n    raise LexerError\n", "Raised by `_lex`."),
    ],
)  # fmt: skip
def test_what_the_body_proves_is_written(code, doc):
    assert doc_of(code) == doc


@pytest.mark.parametrize(
    "code",
    [
        "class A:\n    def read(self, n):\n        return self.file.read(n)\n",  # code said again
        "class A:\n    @property\n    def style_func(self):\n        return self._style_func\n",
        "class A:\n    @property\n    def idx(self):\n        return self._idx\n",
        "class A(B):\n    def area(self):\n        return self.w * self.h\n",  # may be documented in B
        "class A:\n    def close(self):\n        self.closed = True\n",
        "def load(path):\n    data = open(path)\n    return data\n",
        "def area(w, h): return w * h\n",
        "def _area(w, h):\n    return w * h\n",
        "# The area.\ndef area(w, h):\n    return w * h\n",
        "def area(w, h):  # in metres\n    return w * h\n",
        "def is_ready(x):\n    return any(x)\n",
        "async def area(w, h):\n    return w * h\n",
        "def area(w, h):\n    return w * h  # the area\n".replace("w * h ", "w * " + "h" * 90 + " "),
    ],
)
def test_what_would_tell_nothing_is_not_written(code):
    assert documented(code) == code


def test_a_docstring_takes_the_place_of_pass():
    new = documented("class LexError(Exception):\n    pass\n\n\ndef _lex():\n    raise LexError\n")
    assert new.startswith('class LexError(Exception):\n    """Raised by `_lex`."""\n\n\ndef')
    noted = "class LexError(Exception):\n    pass  # note\n\n\ndef _lex():\n    raise LexError\n"
    assert "pass  # note" in documented(noted)


def test_conditions_of_exceptions_are_told_in_the_files_own_layout():
    code = "def root(x):\n    if x < 0:\n        raise ValueError(x)\n    return sqrt(x)\n"
    google = 'def a(x):\n    """Return a.\n\n    Args:\n        x: It.\n    """\n\n\n'
    assert doc_of(code, habit=google) == "Return `sqrt(x)`.\n\n    Raises:\n        ValueError: If `x < 0`.\n    "
    rest = 'def a(x):\n    """Returns a.\n\n    :param x: It.\n    """\n\n\n'
    assert doc_of(code, habit=rest) == "Returns ``sqrt(x)``.\n\n    :raises ValueError: If ``x < 0``.\n    "
    numpy = 'def a(x):\n    """\n    Return `a`.\n\n    Returns\n    -------\n    int\n    """\n\n\n'
    assert doc_of(code, habit=numpy) == (
        "\n    Return `sqrt(x)`.\n\n    Raises\n    ------\n    ValueError\n        If `x < 0`.\n    "
    )
    assert doc_of(code) == "Return `sqrt(x)`.\n\n    Raise `ValueError` if `x < 0`.\n    "


def test_line_endings_and_quotes_are_the_files_own():
    habit = "def a():\r\n    '''Returns a'''\r\n\r\n\r\n"
    new = documented("def area(w, h):\r\n    return w * h\r\n", habit=habit)
    assert new == "def area(w, h):\r\n    '''Returns the area, `w * h`'''\r\n    return w * h\r\n"
