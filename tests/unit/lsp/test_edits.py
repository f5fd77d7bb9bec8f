"""Positions and edits: what an editor makes of ours is what we mean, in all units and with all line endings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from ambient_lsp.lsp.capabilities import ClientSupport
from ambient_lsp.lsp.documents import Document
from ambient_lsp.lsp.workspace_edit import build, landing, minimal, text_edits
from ambient_lsp.model import FileEdit, Replacement
from ambient_lsp.patching.edits import apply_replacements, replacements_between

TEXTS = st.lists(st.sampled_from(["a", "b", "é", "😀", "\n", "\r\n", "\r", "\u2028", "\x0c", " "]), max_size=20).map(
    "".join
)
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


def as_an_editor(document: Document, edits: list[types.TextEdit]) -> str:
    """The specification's way: every range is about the text before, and none overlaps another."""
    text = document.text
    places = [(document.offset(e.range.start), document.offset(e.range.end), e.new_text) for e in edits]
    for (_, end, _), (start, _, _) in zip(sorted(places), sorted(places)[1:], strict=False):
        assert end <= start
    for start, end, new in sorted(places, reverse=True):
        text = text[:start] + new + text[end:]
    return text


@given(TEXTS, TEXTS, ENCODINGS)
def test_an_editor_gets_the_new_text(old, new, encoding):
    document = Document("file:///a.py", old, encoding)
    assert as_an_editor(document, text_edits(document, replacements_between(old, new))) == new


@given(TEXTS, st.integers(0, 20), st.integers(0, 20), TEXTS)
def test_the_smallest_replacement_does_the_same_and_never_parts_a_line_ending(text, one, other, new):
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    change = Replacement(start, end, new)
    small = minimal(text, change)
    assert apply_replacements(text, [small]) == apply_replacements(text, [change])
    for offset in (small.start, small.end):
        assert text[offset - 1 : offset + 1] != "\r\n" or offset == 0


@given(TEXTS, ENCODINGS)
def test_every_place_has_one_position_and_back(text, encoding):
    document = Document("file:///a.py", text, encoding)
    for offset in range(len(text) + 1):
        if text[max(offset - 1, 0) : offset + 1] != "\r\n":
            assert document.offset(document.position(offset)) == offset


@given(TEXTS, st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5), TEXTS), max_size=5), ENCODINGS)
def test_the_buffer_follows_the_editor(text, typed, encoding):
    document = Document("file:///a.py", text, encoding)
    for at, length, new in typed:
        start, end = document.position(min(at, len(text))), document.position(min(at + length, len(text)))
        begin, stop = document.offset(start), document.offset(end)
        change = types.TextDocumentContentChangePartial(range=types.Range(start, end), text=new)
        [(low, high, length)] = document.change([change])
        assert begin <= low <= high <= stop and length - (high - low) == len(new) - (stop - begin)
        made = document.text[low : low + length]
        assert text[:low] + made + text[high:] == text[:begin] + new + text[stop:], "the smallest change does the same"
        text = text[:begin] + new + text[stop:]
        assert document.text == text.removeprefix("\ufeff")
        document = Document("file:///a.py", text, encoding)


@given(TEXTS, TEXTS)
def test_a_client_that_sends_the_whole_text_makes_one_small_change(old, new):
    document = Document("file:///a.py", old, "utf-16")
    ((start, end, length),) = document.change([types.TextDocumentContentChangeWholeDocument(new)])
    assert document.text == new and old[:start] + new[start : start + length] + old[end:] == new


def test_a_bom_that_the_editor_counts_is_not_part_of_the_text():
    document = Document("file:///a.py", "\ufeffmd5\n", "utf-16")
    assert document.text == "md5\n"
    (edit,) = text_edits(document, [Replacement(0, 3, "sha256")])
    assert (edit.range.start.character, edit.range.end.character) == (1, 4)


def test_renames_carry_their_text_edit_first_and_everything_one_annotation():
    document = Document("file:///a.py", "md5\n", "utf-16", 3)
    edits = [
        FileEdit("a.py", "rename", document.sha256, (Replacement(0, 3, "x"),), new_path="b.py"),
        FileEdit("c.py", "delete", "0"),
    ]
    support = ClientSupport(versioned_edits=True, renames_files=True, deletes_files=True)
    uris = {"a.py": "file:///a.py", "b.py": "file:///b.py", "c.py": "file:///c.py"}
    edit = build(edits, {"a.py": document}, uris, support, confirm=("Rename", "why"))
    text, rename, delete = edit.document_changes or ()
    assert isinstance(text, types.TextDocumentEdit) and text.text_document.version == 3
    assert isinstance(rename, types.RenameFile) and rename.new_uri == "file:///b.py"
    assert isinstance(delete, types.DeleteFile)
    assert len(edit.change_annotations or {}) == 1


def test_a_changed_file_is_shown_where_most_was_written():
    old = "from a import f\n\n\ndef test_f():\n    assert f()\n"
    new = "import pytest\n\nfrom a import f, g\n" + old[16:] + "\n\ndef test_g():\n    assert g() == [1, 2, 3]\n"
    edit = FileEdit("t.py", "modify", "", replacements_between(old, new))
    assert len(edit.replacements) > 1 and new[landing(edit) :].startswith("def test_g():")
    assert landing(FileEdit("t.py", "create", text=new)) == 0
