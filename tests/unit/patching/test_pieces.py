"""The law of a change that is taken apart: all pieces are the whole, and some of them are just their part of it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ambient_lsp.errors import StalePatch
from ambient_lsp.model import FileEdit, Replacement
from ambient_lsp.patching.edits import apply_edits, modify
from ambient_lsp.patching.pieces import lines_of, pieces_of, together
from ambient_lsp.text import freeze, sha256, split_lines

ROOT = Path("/repo")
line = st.sampled_from(["a\n", "b\n", "a\n", "\n", "e\r\n", "f\r", "é😀\n", "    return x\n", "\x0cx\u2028y\n"])
texts = st.builds(
    lambda rows, last: "".join(rows) + last, st.lists(line, max_size=20), st.sampled_from(["", "", "tail"])
)


@st.composite
def changes(draw: st.DrawFn) -> tuple[dict[str, str], list[FileEdit]]:
    """Up to four files: some modified by whole lines or by characters, some made, deleted or renamed."""
    bases: dict[str, str] = {}
    edits: list[FileEdit] = []
    for number in range(draw(st.integers(1, 4))):
        path, kind = f"{number}.py", draw(st.sampled_from(["lines", "characters", "create", "delete", "rename"]))
        base = bases[path] = draw(texts)
        if kind == "lines":
            edits.append(modify(freeze(ROOT, path, base), draw(texts)))
        elif kind == "characters":
            cuts = sorted(draw(st.lists(st.integers(0, len(base)), max_size=4, unique=True)))
            pairs = zip(cuts[::2], cuts[1::2], strict=False)
            found = tuple(Replacement(start, end, draw(st.sampled_from(["", "x", "y\n"]))) for start, end in pairs)
            edits.append(FileEdit(path, "modify", sha256(base), found))
        elif kind == "create":
            del bases[path]
            edits.append(FileEdit(path, "create", text=base))
        else:
            new_path = f"new_{path}" if kind == "rename" else None
            edits.append(FileEdit(path, kind, sha256(base), new_path=new_path))  # type: ignore[arg-type]
    return bases, edits


@given(changes())
def test_all_pieces_together_are_the_whole_change(change: tuple[dict[str, str], list[FileEdit]]) -> None:
    bases, edits = change
    pieces = pieces_of(edits, bases)
    whole = bases | apply_edits(bases, edits)
    assert bases | apply_edits(bases, together(pieces)) == whole


@given(changes(), st.randoms(use_true_random=False))
def test_some_pieces_make_exactly_their_lines(change: tuple[dict[str, str], list[FileEdit]], random) -> None:
    bases, edits = change
    pieces = pieces_of(edits, bases)
    chosen = random.sample(pieces, random.randint(0, len(pieces)))
    after = bases | apply_edits(bases, together(chosen))
    expected: dict[str, str | None] = dict(bases)
    for path in bases:
        rows = split_lines(bases[path])
        here = [piece.edit for piece in chosen if piece.edit.path == path and piece.edit.kind == "modify"]
        for first, last, before, new in sorted((lines_of(edit, bases[path]) for edit in here), reverse=True):
            assert "".join(rows[first - 1 : last]) == before
            rows[first - 1 : last] = [new]
        expected[path] = "".join(rows)
    for edit in (piece.edit for piece in chosen if piece.edit.kind != "modify"):
        expected[edit.path] = edit.text if edit.kind == "create" else None
        if edit.new_path is not None:
            expected[edit.new_path] = bases[edit.path]
    assert after == expected


@given(changes())
def test_ids_are_distinct_and_the_same_every_time(change: tuple[dict[str, str], list[FileEdit]]) -> None:
    bases, edits = change
    ids = [piece.id for piece in pieces_of(edits, bases)]
    assert len(set(ids)) == len(ids)
    assert ids == [piece.id for piece in pieces_of(list(edits), dict(bases))]


@given(changes())
def test_between_two_pieces_of_a_file_a_line_stays_as_it_is(change: tuple[dict[str, str], list[FileEdit]]) -> None:
    bases, edits = change
    for path, base in bases.items():
        pieces = [piece.edit for piece in pieces_of(edits, bases) if piece.edit.path == path]
        places = [lines_of(edit, base)[:2] for edit in pieces if edit.kind == "modify"]
        for (_, last), (first, _) in itertools.pairwise(places):
            assert first > last + 1


def test_two_changes_on_one_line_are_one_piece() -> None:
    base = "a = md5(x) + md5(y)\nb\n"
    edit = FileEdit("a.py", "modify", sha256(base), (Replacement(4, 7, "sha256"), Replacement(13, 16, "sha256")))
    [piece] = pieces_of([edit], {"a.py": base})
    assert lines_of(piece.edit, base) == (1, 1, "a = md5(x) + md5(y)\n", "a = sha256(x) + sha256(y)\n")


def test_lines_that_are_only_added_stand_before_the_line_that_they_push_down() -> None:
    base = "a\nb\n"
    [piece] = pieces_of([modify(freeze(ROOT, "a.py", base), "a\nnew\nb\n")], {"a.py": base})
    assert lines_of(piece.edit, base) == (2, 1, "", "new\n")


def test_a_change_is_taken_apart_only_on_the_text_that_it_was_made_for() -> None:
    edit = modify(freeze(ROOT, "a.py", "a\n"), "b\n")
    with pytest.raises(StalePatch):
        pieces_of([edit], {"a.py": "c\n"})
