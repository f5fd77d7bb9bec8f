"""Looking for nodes of one kind: all of a file, those in a definition, and those in its own scope."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.recent import recent
from ambient_lsp.analyzers.source import code, read, walk, walk_scope

TEXT = """
def outer(items):
    if items:
        def inner():
            if not items:
                return [one for one in items if one or None]
        return inner
    ordered = sorted(items, key=lambda item: item if item else 0)
    class Local:
        if items:
            size = len(items) if items else 0
    return (a if items else b) and not ordered


async def other(é):
    for one in é:
        if one == 1 and (lambda: one)():
            continue


class Outside:
    def method(self):
        def only(): pass
"""
KINDS = ("if_statement", "conditional_expression", "boolean_operator", "not_operator", "block", "for_statement", "call")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", [TEXT, TEXT.replace("return inner", "return inner("), "", "x = ("])
def test_what_is_indexed_is_what_a_walk_finds(text: str, kind: str) -> None:
    source = read(text)
    assert list(source.nodes(kind)) == [one for one in walk(source.root) if one.type == kind]
    for definition in (*source.functions, *source.classes):
        node = definition.node
        assert list(source.inside(node, kind)) == [one for one in walk(node) if one.type == kind and one != node]
        assert list(source.own(node, kind)) == [one for one in walk_scope(node) if one.type == kind]


def test_several_kinds_come_in_the_order_of_the_text_with_outer_ones_first() -> None:
    source = read("x = a if not b else (c if d and e else f)\n")
    found = [code(one) for one in source.nodes("conditional_expression", "not_operator", "boolean_operator")]
    assert found == ["a if not b else (c if d and e else f)", "not b", "c if d and e else f", "d and e"]


def test_a_cache_holds_as_much_text_as_it_was_told_and_the_newest_in_any_case() -> None:
    made: list[str] = []

    @recent(characters=10)
    def length(text: str) -> int:
        """Count."""
        made.append(text)
        return len(text)

    assert [length(text) for text in ("aaaa", "bbbb", "aaaa", "cccc", "aaaa", "bbbb")] == [4] * 6
    assert made == ["aaaa", "bbbb", "cccc", "bbbb"]
    assert [length("d" * 50), length("d" * 50), length("aaaa")] == [50, 50, 4]
    assert made[4:] == ["d" * 50, "aaaa"]
    length.cache_clear()
    length("aaaa")
    assert made[-2:] == ["aaaa", "aaaa"]
