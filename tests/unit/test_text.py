from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.errors import ContextError
from ambient_lsp.text import Lines, decode, encode, freeze, newline_of, sha256, split_lines, units

ROOT = Path("/repo")
ODD = "\r\n\x0b\x0c\x1c\x85\u2028\u2029\ufeff\t é漢😀👩\u200d\ud800\udc00"
texts = st.text(alphabet=st.one_of(st.sampled_from(ODD), st.characters(codec="utf-16")), max_size=60)
encodings = st.sampled_from(["utf-8", "utf-16", "utf-32"])


@given(texts)
def test_lines_join_to_the_text_and_end_only_where_the_protocol_says(text: str) -> None:
    assert "".join(split_lines(text)) == text
    lines = Lines(text)
    assert [lines.line(number) for number in range(len(lines))] == re.split(r"\r\n|\n|\r", text)


@given(texts, st.data())
def test_an_offset_survives_the_way_to_the_editor_and_back(text: str, data: st.DataObject) -> None:
    lines = Lines(text)
    offset = data.draw(st.integers(0, len(text)))
    line, column = lines.position(offset)
    if text[offset - 1 : offset + 1] == "\r\n" and offset:
        offset -= 1  # no position lies within a line ending
    assert lines.offset(line, column) == offset
    encoding = data.draw(encodings)
    column = min(column, len(lines.line(line)))
    assert lines.from_units(line, lines.to_units(line, column, encoding), encoding) == column


@given(texts, st.data())
def test_a_position_inside_a_character_counts_as_before_it(text: str, data: st.DataObject) -> None:
    lines, encoding = Lines(text), data.draw(encodings)
    line = data.draw(st.integers(0, len(lines) - 1))
    wanted = data.draw(st.integers(0, 200))
    column = lines.from_units(line, wanted, encoding)
    assert lines.to_units(line, column, encoding) <= wanted
    if column < len(lines.line(line)):
        assert lines.to_units(line, column + 1, encoding) > wanted


@given(texts, st.data())
def test_a_slice_is_what_its_offsets_cover(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    lines = Lines(text)
    if "\r\n" not in (text[max(start - 1, 0) : start + 1], text[max(end - 1, 0) : end + 1]):
        assert lines.slice(lines.span(start, end)) == text[start:end]


def test_units_of_an_emoji() -> None:
    assert [units("a😀", encoding) for encoding in ("utf-8", "utf-16", "utf-32")] == [5, 3, 2]


def test_a_lone_surrogate_has_a_hash_and_a_width() -> None:
    assert sha256("\ud83d") != sha256("\ude00")
    assert units("\ud83d", "utf-8") == 3
    assert freeze(ROOT, "a.py", "x = '\ud83d'\n").newline == "\n"


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30),
    st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]),
    st.booleans(),
)
def test_bytes_survive_decoding_and_encoding(text: str, encoding: str, bom: bool) -> None:
    data = encode(text, encoding, bom=bom or encoding != "utf-8")
    try:
        snapshot = decode(ROOT, "notes.txt", data)
    except ContextError:
        return  # such as UTF-16 whose text begins with a second mark, which reads as UTF-32
    assert encode(snapshot.text, snapshot.encoding, bom=snapshot.bom) == data


@given(st.binary(max_size=60), st.sampled_from(["a.py", "a.txt"]))
def test_any_bytes_come_back_as_they_were_or_are_refused(data: bytes, path: str) -> None:
    try:
        snapshot = decode(ROOT, path, data)
    except ContextError:
        return
    assert encode(snapshot.text, snapshot.encoding, bom=snapshot.bom) == data


@pytest.mark.parametrize(
    "head",
    [
        "# -*- coding: latin-1 -*-\n",
        "#!/usr/bin/python\n# vim: set fileencoding=iso-8859-15 :\r\n",
        "# coding=cp1252\r",
    ],
)
def test_a_coding_line_is_obeyed(head: str) -> None:
    data = head.encode() + "x = 'é'".encode("latin-1")
    snapshot = decode(ROOT, "a.py", data)
    assert snapshot.text.endswith("'é'")
    assert encode(snapshot.text, snapshot.encoding, bom=snapshot.bom) == data


@pytest.mark.parametrize("codec", ["rot13", "hex", "undefined", "no-such", "utf-7", "utf-16", "idna"])
def test_a_coding_line_that_cannot_be_honoured_is_refused_in_words(codec: str) -> None:
    with pytest.raises(ContextError, match=r"a\.py"):
        decode(ROOT, "a.py", f"# coding: {codec}\nx = 'é'\n".encode())


def test_prose_about_coding_is_no_coding_line() -> None:
    assert decode(ROOT, "README.md", b"# Encoding: see below\n").encoding == "utf-8"


def test_utf_8_sig_does_not_grow_a_mark() -> None:
    snapshot = decode(ROOT, "a.py", b"# coding: utf-8-sig\n")
    assert encode(snapshot.text, snapshot.encoding, bom=snapshot.bom) == b"# coding: utf-8-sig\n"


def test_binary_files_are_refused() -> None:
    with pytest.raises(ContextError, match="binary"):
        decode(ROOT, "a.bin", b"\x7fELF\0\0")


@pytest.mark.parametrize(
    ("text", "newline"), [("", "\n"), ("a\r\nb\r\nc\n", "\r\n"), ("a\rb", "\r"), ("a\r\nb\n", "\n")]
)
def test_the_line_ending_that_most_lines_have(text: str, newline: str) -> None:
    assert newline_of(text) == newline
