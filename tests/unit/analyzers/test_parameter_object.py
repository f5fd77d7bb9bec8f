"""Values that travel together get a name, where every function and every call is in sight."""

from __future__ import annotations

import sys

import pytest

from ambient_lsp.analyzers.refactoring import design, parameter_object

TEXT = '''"""Doc."""

from __future__ import annotations

import math

LIMIT = 3


def _box_area(left: int, top: int, right: int, bottom: int) -> int:
    """Return it."""
    return (right - left) * (bottom - top)  # whole


def _moved_box(left: int, top: int, right: int, bottom: int, by: int) -> list[int]:
    if _box_area(left, top, right, bottom) > LIMIT:
        by = math.floor(by)
    return [left + by, top, right + by, bottom, _in_box(by, left, top, right, bottom)]


def _in_box(x: int, left: int, top: int, right: int, bottom: int) -> bool:
    return left <= x <= right


def use(shape, by):
    a = _moved_box(shape.left, 1, shape.right, 2, by)
    return a, _in_box(by, left=0, top=0, right=9, bottom=9), _box_area(1, 2, 3, 4)
'''
AFTER = '''"""Doc."""

from __future__ import annotations

import math
from dataclasses import dataclass

LIMIT = 3


@dataclass(frozen=True)
class _Box:
    left: int
    top: int
    right: int
    bottom: int


def _box_area(box: _Box) -> int:
    """Return it."""
    return (box.right - box.left) * (box.bottom - box.top)  # whole


def _moved_box(box: _Box, by: int) -> list[int]:
    if _box_area(box) > LIMIT:
        by = math.floor(by)
    return [box.left + by, box.top, box.right + by, box.bottom, _in_box(by, box)]


def _in_box(x: int, box: _Box) -> bool:
    return box.left <= x <= box.right


def use(shape, by):
    a = _moved_box(_Box(shape.left, 1, shape.right, 2), by)
    return a, _in_box(by, _Box(0, 0, 9, 9)), _box_area(_Box(1, 2, 3, 4))
'''


def test_before_and_after():
    (made,) = parameter_object.group(TEXT, "a.py", frozenset())
    assert made.text == AFTER
    assert made.name == "_Box"
    (found,) = [one for one in design.find(TEXT, "a.py") if one.rule == design.CLUMP]
    assert found.span == made.span
    assert parameter_object.group(made.text, "a.py", frozenset()) == []


def test_it_does_the_same():
    (made,) = parameter_object.group(TEXT, "a.py", frozenset())

    class Shape:
        left, right = 2, 8

    results = []
    for text in (TEXT, made.text):
        names: dict[str, object] = {"__name__": "a"}
        sys.modules["a"] = type(sys)("a")
        exec(text, names)
        results.append([names["use"](Shape(), by) for by in (0, 3.5, -1)])
        del sys.modules["a"]
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # Not private, handed on, called with an effect, with a default, by another name, or not annotated alike.
        ("_in_box", "in_box"),
        ("return a,", "return map(_in_box, a),"),
        ("_box_area(1, 2, 3, 4)", "_box_area(shape(), 2, 3, 4)"),
        ("_box_area(1, 2, 3, 4)", "_box_area(*shape)"),
        ("bottom: int, by: int)", "bottom: int, by: int = 1)"),
        ("_in_box", "_inside"),
        ("right: int, bottom: int) -> bool", "right: float, bottom: int) -> bool"),
        ("right: int, bottom: int) -> bool", "right, bottom: int) -> bool"),
        # Set, seen by a closure, or found by its name.
        ("    return left <= x", "    left = 2\n    return left <= x"),
        ("    return left <= x", "    f = lambda: left\n    return left <= x"),
        ("LIMIT = 3", "LIMIT = '_in_box'"),
        ("LIMIT = 3", "box = 3"),
    ],
)
def test_left_to_a_person(old, new):
    assert old in TEXT
    assert parameter_object.group(TEXT.replace(old, new), "a.py", frozenset()) == []


def test_a_name_that_another_file_has_is_not_private():
    assert parameter_object.group(TEXT, "a.py", frozenset({"_in_box"})) == []
    assert parameter_object.group("def f(:\n", "a.py", frozenset()) == []
