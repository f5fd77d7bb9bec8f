from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ambient_lsp.model import FileEdit, Replacement
from ambient_lsp.patching.edits import apply_edit, apply_replacements, modify, replacements_between
from ambient_lsp.patching.rebase import rebase
from ambient_lsp.text import freeze, sha256, split_lines

ROOT = Path("/repo")
OLD = "".join(f"line {n}\n" for n in range(10))
EDIT = modify(freeze(ROOT, "a.py", OLD), OLD.replace("line 5", "LINE 5"))

line = st.sampled_from(["a\n", "b\n", "c\n", "d = 1\n", "\n", "e\r\n"]) | st.integers(0, 99).map("n{}\n".format)
texts = st.lists(line, max_size=25).map("".join)


def edited(draw: st.DrawFn, text: str) -> str:
    lines = split_lines(text)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(lines)))
        lines[at : at + draw(st.integers(0, 2))] = draw(st.lists(line, max_size=2))
    return "".join(lines)


@st.composite
def stories(draw: st.DrawFn) -> tuple[str, str, str]:
    old = draw(texts)
    return old, edited(draw, old), edited(draw, old)


@given(stories())
def test_the_users_change_and_the_edit_are_both_kept(story: tuple[str, str, str]) -> None:
    old, fixed, typed = story
    edit = modify(freeze(ROOT, "a.py", old), fixed)
    moved = rebase(edit, old, typed)
    assume(moved is not None and old != typed)
    assert moved is not None
    both = apply_replacements(old, [*edit.replacements, *replacements_between(old, typed)])
    assert apply_edit(typed, moved) == both
    for before, after in zip(edit.replacements, moved.replacements, strict=True):
        assert typed[after.start : after.end] == old[before.start : before.end]
        assert after.text == before.text


@given(stories())
def test_no_change_beside_a_typed_one_survives(story: tuple[str, str, str]) -> None:
    old, fixed, typed = story
    edit = modify(freeze(ROOT, "a.py", old), fixed)
    if (moved := rebase(edit, old, typed)) is None:
        return
    users = replacements_between(old, typed)
    for change in edit.replacements:
        for other in users:
            between = old[min(change.end, other.end) : max(change.start, other.start)]
            assert "\n" in between or "\r" in between
    assert moved.base_sha256 == sha256(typed)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 7, 8, 9])
def test_typing_far_away_keeps_the_edit(number: int) -> None:
    typed = OLD.replace(f"line {number}\n", f"line {number}, typed\nand more\n")
    moved = rebase(EDIT, OLD, typed)
    assert moved is not None
    assert apply_edit(typed, moved) == typed.replace("line 5", "LINE 5")


@pytest.mark.parametrize("number", [4, 5, 6])
def test_typing_in_or_beside_the_edit_withdraws_it(number: int) -> None:
    assert rebase(EDIT, OLD, OLD.replace(f"line {number}\n", f"line {number} typed\n")) is None


def test_a_copy_of_the_place_makes_it_ambiguous() -> None:
    region = "line 4\nline 5\nline 6\n"
    assert rebase(EDIT, OLD, region + "and\n" + OLD) is None
    twice = region + "and\n" + OLD
    edit = modify(freeze(ROOT, "a.py", twice), twice[::-1].replace("5 enil", "5 ENIL", 1)[::-1])
    assert rebase(edit, twice, OLD) is None


def test_only_edits_of_the_old_text_and_no_creations_move() -> None:
    assert rebase(FileEdit("a.py", "create", text="x"), "", "y") is None
    assert rebase(FileEdit("a.py", "delete", sha256("x")), "x", "y") is None
    assert rebase(FileEdit("a.py", "modify", sha256("other"), (Replacement(0, 1, "z"),)), "x\n", "y\nx\n") is None


def test_a_replacement_within_a_line_moves_too() -> None:
    edit = FileEdit("a.py", "modify", sha256(OLD), (Replacement(OLD.index("5"), OLD.index("5") + 1, "five"),))
    moved = rebase(edit, OLD, "new\n" + OLD)
    assert moved is not None
    assert apply_edit("new\n" + OLD, moved) == "new\n" + OLD.replace("5", "five")


def test_a_name_that_typing_uses_anew_keeps_the_edit_from_taking_it_away():
    old = "import os\nimport sys\n\n\ndef f():\n    return sys\n"
    edit = modify(freeze(Path(), "a.py", old), old.replace("import os\n", ""))
    assert rebase(edit, old, old + "\n\nprint(os.sep)\n") is None
    assert rebase(edit, old, old + "\n\nprint(sys.path)\n") is not None
