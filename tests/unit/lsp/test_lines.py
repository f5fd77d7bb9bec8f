"""Lines that follow typing are the lines of the text, whatever is typed where."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from ambient_lsp.lsp.documents import Document
from ambient_lsp.lsp.lines import BufferLines
from ambient_lsp.text import Lines

PIECES = ["a", "é", "😀", "\ud83d", "\n", "\r", "\r\n", "\x0c", "\u2028", " "]
TEXT = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
ASCII = st.lists(st.sampled_from(["a", "\n", "\r", "\r\n"]), max_size=30).map("".join)
PLACE = st.floats(0, 1)
CHANGES = st.lists(st.tuples(PLACE, PLACE, st.one_of(TEXT, ASCII)), max_size=12)


@given(st.one_of(TEXT, ASCII), CHANGES)
@settings(max_examples=300)
def test_they_are_those_of_the_same_text_split_anew(text: str, changes: list[tuple[float, float, str]]) -> None:
    lines = BufferLines(text)
    for one, other, new in changes:
        start, end = sorted((round(one * len(text)), round(other * len(text))))
        lines.replace(start, end, new)
        text = text[:start] + new + text[end:]
        anew = Lines(text)
        assert lines.text == text and len(lines) == len(anew)
        assert [lines.start(line) for line in range(len(anew) + 1)] == [
            anew.start(line) for line in range(len(anew) + 1)
        ]
        for encoding in ("utf-8", "utf-16", "utf-32"):
            for at in range(len(text) + 1):
                assert lines.to_units(*anew.position(at), encoding) == anew.to_units(*anew.position(at), encoding)
        assert [lines.position(at) for at in range(len(text) + 1)] == [anew.position(at) for at in range(len(text) + 1)]


@given(TEXT, TEXT, st.sampled_from(["utf-8", "utf-16", "utf-32"]), st.booleans(), st.booleans())
@settings(max_examples=300)
def test_a_whole_text_is_one_change_that_leads_to_it(old: str, new: str, encoding: str, mark: bool, then: bool) -> None:
    document = Document("file:///a.py", mark * "\ufeff" + old, encoding)  # type: ignore[arg-type]
    whole = types.TextDocumentContentChangeWholeDocument(then * "\ufeff" + new)
    [(start, end, length)] = document.change([whole])
    assert document.text == new
    assert old[:start] + new[start : start + length] + old[end:] == new


@given(TEXT, st.data())
@settings(max_examples=200)
def test_edits_at_the_places_of_an_older_text_give_what_an_editor_would_have(text: str, data: st.DataObject) -> None:
    document = Document("file:///a.py", text, "utf-16")
    starts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    places = list(zip(starts[::2], starts[1::2], strict=False))
    # No editor stands inside a line ending.
    places = [place for place in places if not any(re.match("\r\n", text[max(at - 1, 0) :]) for at in place)]
    edits = [types.TextEdit(document.range(*place), "x\n") for place in places]
    expected = text
    for start, end in reversed(places):
        expected = expected[:start] + "x\n" + expected[end:]
    assert document.with_edits(edits) == expected
