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
def test_an_entry_that_goes_may_name_itself_and_nothing_else_may(layout):
    text = layout.format(names="one, last", doc="size").replace("Second", "A size, at most")
    assert "size" not in fixed(text)
    text = text.replace("First", "Is below size")
    assert len(stale(text)) == 1
    assert fixed(text) == text


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
        "class A:\n    def append(self, filter):\n        self.filters.append(filter)\n",  # the name said again
        "class A:\n    def add_filter(self, filter):\n        self.filters.append(filter)\n",
        "class A:\n    def clear(self):\n        self.items.clear()\n",
        "class A:\n    def get_total_price(self):\n        return self._total_price\n",
        "class A:\n    def set_price(self, price):\n        self._price = price\n",
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
    assert doc_of(code) == ""  # without sections, both would only be the code said again
    area = code.replace("root(x)", "area(x)").replace("sqrt(x)", "x * x")
    assert doc_of(area) == "Return the area, `x * x`, or raise `ValueError` if `x < 0`."


SECTIONED = {
    "google": 'def a(x):\n    """Return a.\n\n    Args:\n        x: It.\n    """\n\n\n',
    "numpy": 'def a(x):\n    """Return a.\n\n    Returns\n    -------\n    int\n    """\n\n\n',
    "rest": 'def a(x):\n    """Return a.\n\n    :param x: It.\n    """\n\n\n',
}


def lines_of(code, **more):
    return [line.strip() for line in doc_of(code, **more).strip().split("\n")]


def test_what_stands_in_for_none_is_told_below_the_parameter():
    code = "def area(size=None):\n    if size is None:\n        size = UNIT\n    return size * size\n"
    google = ["Return the area, `size * size`.", "", "Args:", "size: If `None`, `UNIT`."]
    assert lines_of(code, habit=SECTIONED["google"]) == google
    numpy = ["Return the area, ``size * size``.", "", "Parameters", "----------", "size", "If ``None``, ``UNIT``."]
    assert lines_of(code, habit=SECTIONED["numpy"]) == numpy
    rest = ["Return the area, ``size * size``.", "", ":param size: If ``None``, ``UNIT``."]
    assert lines_of(code, habit=SECTIONED["rest"]) == rest
    assert doc_of(code) == ""  # one sentence would say of `size` what does not hold for None


def test_a_section_about_parameters_is_about_all_of_them():
    code = "def area(size, unit=None):\n    if unit is None:\n        unit = 1\n    return size * unit\n"
    told = ["Return the area, `size * unit`.", "", "If `unit` is `None`, `1` is taken."]
    assert lines_of(code, habit=SECTIONED["google"]) == told


def test_what_is_returned_early_is_told_with_what_is_returned_at_last():
    code = "def area(w, h) -> int:\n    if not w:\n        return 0\n    return w * h\n"
    google = ["Return the area.", "", "Returns:", "`0` if `not w`, else `w * h`."]
    assert lines_of(code, habit=SECTIONED["google"]) == google
    numpy = ["Return the area.", "", "Returns", "-------", "int", "``0`` if ``not w``, else ``w * h``."]
    assert lines_of(code, habit=SECTIONED["numpy"]) == numpy
    rest = ["Return the area.", "", ":returns: ``0`` if ``not w``, else ``w * h``."]
    assert lines_of(code, habit=SECTIONED["rest"]) == rest
    assert doc_of(code) == "Return the area, `w * h`, or `0` if `not w`."


@pytest.mark.parametrize(
    "code",
    [
        # Which of the two comes first decides, and no section says so.
        "def area(w, h):\n    if not w:\n        return 0\n    if not h:\n        raise ValueError\n    return w * h\n",
        "def area(w, h):\n    if not w:\n        return g(h)\n    return w * h\n",
        "def area(w, h):\n    if w is None:\n        other = 1\n    return w * h\n",
        "def area(w, h):\n    if w is None:\n        w = 1\n    else:\n        h = 2\n    return w * h\n",
        "def find(w, h):\n    if w is None:\n        return None\n    return search(w, h)\n",  # the code said again
    ],
)
@pytest.mark.parametrize("layout", ["google", "numpy", "rest"])
def test_a_section_that_would_say_too_much_or_nothing_is_not_written(code, layout):
    assert (
        documented(code, habit=SECTIONED[layout]) == SECTIONED[layout] + code
        or documented(code, habit=SECTIONED[layout]) == code
    )


def test_line_endings_and_quotes_are_the_files_own():
    habit = "def a():\r\n    '''Returns a'''\r\n\r\n\r\n"
    new = documented("def area(w, h):\r\n    return w * h\r\n", habit=habit)
    assert new == "def area(w, h):\r\n    '''Returns the area, `w * h`'''\r\n    return w * h\r\n"
