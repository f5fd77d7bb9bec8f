"""However a stream is cut into pieces, what comes out of it is the same."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.errors import ReplyBroken
from ambient_lsp.llm.sse import EventStream, JsonLines, Payloads, Whole

LINE = st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=20)
END = st.sampled_from(["\n", "\r\n", "\r"])


def read(parser: Payloads, pieces: list[bytes]) -> list[bytes]:
    found: list[bytes] = []
    for piece in pieces:
        found += parser.feed(piece)
    return found + parser.close()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(edges)]


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[str], bytes]:
    """Return events and a way to write them."""
    events = draw(st.lists(st.lists(LINE, min_size=1, max_size=3), max_size=6))
    written = draw(st.sampled_from(["", "\ufeff"]))
    for lines in events:
        end = draw(END)
        if draw(st.booleans()):
            written += f": a comment{end}event: message{end}id: 7{end}"
        for line in lines:
            space = " " if line.startswith(" ") or draw(st.booleans()) else ""
            written += f"data:{space}{line}{end}"
        written += end
    return ["\n".join(lines) for lines in events], written.encode()


@given(streams(), st.lists(st.integers(0, 10_000), max_size=30))
def test_events_are_the_same_however_the_bytes_arrive(stream: tuple[list[str], bytes], places: list[int]) -> None:
    events, data = stream
    assert [one.decode() for one in read(EventStream(), cut(data, places))] == events


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=20))
def test_any_bytes_give_the_same_in_one_piece_and_in_many(data: bytes, places: list[int]) -> None:
    for parser in (EventStream, JsonLines):
        assert read(parser(), cut(data, places)) == read(parser(), [data])


@given(st.lists(LINE.filter(bool), max_size=6), END, st.booleans(), st.lists(st.integers(0, 200), max_size=20))
def test_lines_of_json(lines: list[str], end: str, ended: bool, places: list[int]) -> None:
    data = (end.join(lines) + (end if ended and lines else "")).encode()
    assert [one.decode() for one in read(JsonLines(), cut(data, places))] == lines


def test_a_last_event_without_an_empty_line_counts() -> None:
    assert read(EventStream(), [b"data: [DONE]"]) == [b"[DONE]"]


def test_what_is_no_data_is_skipped() -> None:
    assert read(EventStream(), [b": ping\n\nevent: x\n\nretry: 5\n\ndata\n\ndata: a\n\n"]) == [b"", b"a"]


@pytest.mark.parametrize("parser", [EventStream(1000), JsonLines(1000), Whole(1000)])
def test_one_event_cannot_fill_the_memory(parser: Payloads) -> None:
    with pytest.raises(ReplyBroken, match="larger than 1,000 bytes"):
        for _ in range(100):
            parser.feed(b"data: " + b"x" * 100)


def test_many_lines_of_one_event_cannot_fill_the_memory_either() -> None:
    parser = EventStream(1000)
    with pytest.raises(ReplyBroken, match="larger than"):
        for _ in range(100):
            parser.feed(b"data: " + b"x" * 100 + b"\n")
