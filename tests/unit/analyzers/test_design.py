"""Designs that several measures agree on are told with their numbers, and nothing else is."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.refactoring import design


def rules(text, path="a.py"):
    return [found.rule for found in design.find(text, path)]


def god(methods: int, attributes: int, shared: bool = False) -> str:
    lines = ["class Everything:"]
    for number in range(methods):
        lines.append(f"    def method_{number}(self, x):")
        lines.append("        if x and x > 1 or x < -1:")
        lines.append(f"            self.attribute_{number % attributes} = {'self.common' if shared else 'x'}")
    return "\n".join(lines) + "\n"


def test_a_god_class_is_told_with_every_number():
    (found,) = design.find(god(24, 12), "a.py")
    assert found.rule == design.GOD_CLASS
    for number in ("24 methods", "96 decisions", "12 attributes", "4%"):
        assert number in found.message, found.message


@pytest.mark.parametrize("text", [god(19, 12), god(24, 9), god(24, 12, shared=True), "class A:\n    x = 1\n", ""])
def test_one_measure_is_not_enough(text):
    assert rules(text) == []


ENVIOUS = """
class Item:
    name = 1


class Shop:
    def label(self, item: Item):
        return [item.name, item.size, item.color, item.price, item.unit, item.maker]
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ENVIOUS, [design.ENVY]),
        (ENVIOUS.replace("item: Item", 'item: "Item"'), [design.ENVY]),
        (ENVIOUS.replace("item: Item", "item"), []),
        (ENVIOUS.replace("item: Item", "item: Other"), []),
        (ENVIOUS.replace("item.maker", "self.a, self.b, self.c"), []),
        (ENVIOUS.replace("def label", "def from_item"), []),
        (ENVIOUS.replace("def label", "def __eq__"), []),
        (ENVIOUS.replace("    def label", "    @staticmethod\n    def label"), []),
    ],
)
def test_a_method_that_works_on_another_class(text, expected):
    assert rules(text) == expected


CLUMP = """
def area(left, top, right, bottom):
    return 1


def moved(left: int, top, right, bottom, by):
    return 2


def inside(point, left, top, right, bottom):
    return 3
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CLUMP, [design.CLUMP]),
        (CLUMP.replace("bottom", "request"), []),
        (CLUMP.replace("bottom", "resp"), []),
        # Called back by others, who say what they take.
        (CLUMP.replace(", by", "").replace("point, ", ""), []),
        (CLUMP + "\nhandler.on_move = moved\n", []),
        (CLUMP + "\nmoved(1, 2, 3, 4, 5)\n", [design.CLUMP]),
        (CLUMP.replace("def inside", "def area"), []),
        (CLUMP.replace("point, left", "point, *left"), []),
        (CLUMP.replace("bottom,", "bottom=1,"), []),
    ],
)
def test_values_that_travel_together(text, expected):
    assert rules(text) == expected
    if expected and text == CLUMP:
        (found,) = design.find(text, "a.py")
        assert "`left`, `top`, `right`, `bottom` go together through 3 functions" in found.message
        assert len(found.evidence) == 2


@pytest.mark.parametrize("name", ["do_stuff", "foo", "process_things", "func2", "_handle_it"])
def test_a_vague_name(name):
    assert rules(f"def {name}(a):\n    return a\n") == [design.NAME]
    assert rules(f"def {name}(a):\n    return a\n", "examples/show.py") == []
    assert rules(f"def {name}(a):\n    return a\n", "tests/test_a.py") == []
    assert rules(f"def wrap(a):\n    def {name}():\n        return a\n    return {name}\n") == []


@pytest.mark.parametrize("name", ["process", "method", "bar", "items", "get_thing_by_id", "handle_data", "run"])
def test_a_plain_name_is_fine(name):
    assert rules(f"def {name}(a):\n    return a\n") == []


def test_broken_text_is_read_as_far_as_it_goes():
    assert rules("def do_stuff(a):\n    return a\n\n\ndef g(:\n") == [design.NAME]
    assert rules("\ud800") == rules("class A(") == []
