"""An edit that an editor makes on its own, while others type: what is told of it is what the text shows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from ambient_lsp.lsp.documents import Document, Text
from ambient_lsp.lsp.observed import Expectation, Observed, holds
from ambient_lsp.lsp.workspace_edit import text_edits
from ambient_lsp.model import FileEdit, Replacement
from ambient_lsp.text import sha256

BASE = "one\ntwo\n\nh = md5\n\nfive\nsix md5\n"
AT = BASE.index("md5")
FIXED = BASE.replace("h = md5", "h = sha256")
EDIT = FileEdit("a.py", "modify", sha256(BASE), (Replacement(AT, AT + 3, "sha256"),))
WORKSPACE: Any = SimpleNamespace()
OTHERS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 4), st.sampled_from(["", "x", "\n", "md5", "# é😀\n", "sha256"])),
    min_size=1,
    max_size=3,
)


class Buffer:
    """A buffer in an editor that makes edits wherever they say."""

    def __init__(self) -> None:
        self.now = 0.0
        self.observed = Observed(lambda: self.now)
        self.document = Document("file:///a.py", BASE, "utf-16", 1)
        self.told: list[str] = []

    def hand_out(self) -> list[types.TextEdit]:
        self.observed.hand_out(WORKSPACE, ["p"], self.document, EDIT)
        return text_edits(self.document, EDIT.replacements)

    def make(self, edits: list[types.TextEdit]) -> None:
        changes = [types.TextDocumentContentChangePartial(edit.range, edit.new_text) for edit in edits]
        for _ in self.document.change(changes):
            self.told += [news.kind for news in self.observed.see(self.document)]

    def become(self, text: str) -> None:
        for _ in self.document.change([types.TextDocumentContentChangeWholeDocument(text)]):
            self.told += [news.kind for news in self.observed.see(self.document)]


@given(OTHERS)
def test_it_is_applied_where_its_line_is_as_it_should_be_and_stale_where_not(others: list[Any]) -> None:
    it = Buffer()
    edits = it.hand_out()
    for place, length, text in others:
        start = round(place * len(it.document.text))
        place_ = it.document.range(start, min(start + length, len(it.document.text)))
        it.make([types.TextEdit(place_, text)])
    if it.told:  # somebody typed just the fix
        return
    before = it.document.text
    it.make(edits)
    assert len(it.told) == 1, "every edit that is made is noticed"
    right = holds(EDIT, BASE, it.document.text)
    assert it.told == ["applied" if right or it.document.text == FIXED else "stale"]
    if it.told == ["applied"]:
        assert "h = sha256\n" in it.document.text
        if it.document.text != before:
            it.become(before)
            assert it.told[1:] in ([], ["reverted"])


def test_what_is_typed_later_than_an_editor_takes_is_somebodys_own() -> None:
    it = Buffer()
    edits = it.hand_out()
    it.become("zero\n" + BASE)
    it.now = 10.0
    it.make(edits)
    assert it.told == []


def test_undo_and_redo_are_told_each_time() -> None:
    it = Buffer()
    it.hand_out()
    for text in (FIXED, BASE, FIXED, FIXED + "more\n", FIXED, BASE):
        it.become(text)
    assert it.told == ["applied", "reverted", "applied", "reverted"]


def test_a_refused_edit_that_comes_late_is_told_and_one_that_never_comes_is_not_reverted() -> None:
    it = Buffer()
    texts = {"file:///a.py": (Text.of(BASE), Text.of(FIXED))}
    it.observed.expect(Expectation(WORKSPACE, "p", texts, "refused"))
    it.become(BASE + "x")
    it.become(BASE)
    assert it.told == []
    it.become(FIXED)
    assert it.told == ["applied"]


def test_what_was_seen_is_doubted_when_the_editor_saves_another_text_but_not_what_it_saved_so_before() -> None:
    for saves in (0, 1):
        it = Buffer()
        it.hand_out()
        it.become(FIXED)
        for _ in range(saves):
            it.observed.agree("file:///a.py")
        assert [news.kind for news in it.observed.doubt("file:///a.py")] == ["stale"] * (1 - saves)


def test_a_fix_holds_beside_other_edits_and_not_in_the_wrong_place() -> None:
    assert holds(EDIT, BASE, FIXED) and holds(EDIT, BASE, "new\n" + FIXED) and holds(EDIT, BASE, FIXED + "more\n")
    assert not holds(EDIT, BASE, BASE)
    assert not holds(EDIT, BASE, BASE.replace("six md5", "six sha256"))
    assert not holds(EDIT, BASE, FIXED.replace("h = ", "hh = "))
