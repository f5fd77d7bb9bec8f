"""Whatever is typed: a finding stays at the code it is about, or it goes. No two are ever mixed up.

Each character of the text is followed by itself here, so that equal lines cannot be taken for each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from ambient_lsp.lsp.diagnostics import DiagnosticsBook, Shown
from ambient_lsp.lsp.documents import Document
from ambient_lsp.model import Evidence, Finding, Severity
from ambient_lsp.text import Lines

URI = "file:///a.py"
LINES = st.lists(st.sampled_from(["md5", "a md5 b", "md5 md5", "", "x", " md5", "md5 "]), min_size=1, max_size=8)
ENDING = st.sampled_from(["\n", "\r\n", "\r"])
NEW = st.sampled_from(["", "x", " ", "md5", "md5\n", "\n", "\nmd5", "\r\n", "# ", "md5 md5", "a md5 b\n"])
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9), NEW), min_size=1, max_size=10)


@dataclass
class Typist:
    """A text, and what the server knows of it. `origin` says for each character where it was at first."""

    text: str

    def __post_init__(self) -> None:
        self.first = self.text
        self.origin: list[int | None] = list(range(len(self.text)))
        self.document = Document(URI, self.text, "utf-16", 1)
        self.book = DiagnosticsBook()
        self.found = [self._finding(number, *place) for number, place in enumerate(self._marks())]
        assert self.book.report(self.document, "A", self.document.sha256, self.found, "run")

    def _marks(self) -> list[tuple[int, int]]:
        starts = [at for at in range(len(self.text)) if self.text.startswith("md5", at)]
        return [(at, at + 3) for at in starts]

    def _finding(self, number: int, start: int, end: int) -> Finding:
        span = Lines(self.text).span(start, end)
        evidence = (Evidence("a.py", span, "here"),)
        return Finding(
            str(number), "", "A", "R", "a.py", span, Severity.WARNING, "m", self.document.sha256, evidence=evidence
        )

    def type(self, start: int, end: int, new: str) -> None:
        self.text = self.text[:start] + new + self.text[end:]
        change = types.TextDocumentContentChangePartial(self.document.range(start, end), new)
        for made in self.document.change([change]):
            self.origin[made[0] : made[1]] = [None] * made[2]
            self.book.shift(self.document, *made)
        assert self.document.text == self.text

    def some(self, place: float, length: int, new: str) -> None:
        start = self._place(round(place * len(self.text)))
        self.type(start, max(self._place(min(start + length, len(self.text))), start), new)

    def _place(self, offset: int) -> int:
        inside = 0 < offset < len(self.text) and self.text[offset - 1 : offset + 1] == "\r\n"
        return offset + 1 if inside else offset

    def shown(self) -> dict[int, Shown]:
        return {int(one.finding.id): one for one in self.book.shown(self.document)}

    def untouched(self, finding: Finding) -> int | None:
        """Where the first character of a finding is now, when its lines are the very same ones, as whole lines."""
        lines = Lines(self.first)
        low, high = lines.start(finding.span.start_line), lines.start(finding.span.start_line)
        high += len(lines.line(finding.span.start_line))
        if low not in self.origin:
            return None
        at = self.origin.index(low)
        end = at + high - low
        same = self.origin[at:end] == list(range(low, high))
        whole = self.text[at - 1 : at] in ("", "\r", "\n") and self.text[end : end + 1] in ("", "\r", "\n")
        return at + lines.offsets(finding.span)[0] - low if same and whole else None


@given(LINES, ENDING, CHANGES)
@settings(max_examples=300)
def test_a_finding_is_where_its_lines_are_or_gone(lines: list[str], ending: str, changes: list) -> None:
    it = Typist(ending.join(lines))
    for change in changes:
        it.some(*change)
        shown = it.shown()
        for number, one in shown.items():
            assert it.text[one.start : one.end] == "md5", "it marks something else"
            lines_now = Lines(it.text)
            line = lines_now.line(lines_now.position(one.start)[0])
            was = Lines(it.first).line(it.found[number].span.start_line)
            assert one.edited is (line != was), "it is marked as maybe stale just when its line is another"
        starts = [shown[number].start for number in sorted(shown)]
        assert starts == sorted(set(starts)), "two findings are mixed up"


@given(LINES, ENDING, CHANGES)
@settings(max_examples=200)
def test_a_finding_whose_line_nobody_touches_stays_and_moves_with_it(
    lines: list[str], ending: str, changes: list
) -> None:
    it = Typist(ending.join(lines))
    kept = dict(enumerate(it.found))
    for place, length, new in changes:
        it.some(place, length, new)
        kept = {number: one for number, one in kept.items() if it.untouched(one) is not None}
        shown = it.shown()
        for number, finding in kept.items():
            assert number in shown, "its line is as it was"
            assert shown[number].start == it.untouched(finding)
            (evidence,) = shown[number].evidence
            assert evidence == (shown[number].start, shown[number].end)


@given(LINES, ENDING, CHANGES)
@settings(max_examples=100)
def test_undo_brings_everything_back(lines: list[str], ending: str, changes: list) -> None:
    it = Typist(ending.join(lines))
    first = {number: (one.start, one.end) for number, one in it.shown().items()}
    history = []
    for change in changes:
        history.append(it.text)
        it.some(*change)
    for text in reversed(history):
        it.type(0, len(it.text), text)
    shown = it.shown()
    assert {number: (one.start, one.end) for number, one in shown.items()} == first
    assert not any(one.edited for one in shown.values()) and all(one.fresh for one in shown.values())


@pytest.mark.parametrize(
    ("start", "end", "new", "back"),
    [(8, 8, "  # sure", (8, 16, "")), (4, 7, "sha256", (4, 10, "md5")), (7, 8, "", (7, 7, "b"))],
    ids=["beside it", "mended", "taken out"],
)
def test_a_line_that_is_put_back_by_hand_is_as_before_although_others_have_changed(
    start: int, end: int, new: str, back: tuple[int, int, str]
) -> None:
    it = Typist("x\nc md5b\n")
    it.found, it.book = [it._finding(0, 4, 7)], DiagnosticsBook()
    it.book.report(it.document, "A", it.document.sha256, it.found, "run")
    it.type(0, 1, "y")
    it.type(start, end, new)
    assert 0 not in it.shown() or it.shown()[0].edited
    it.type(*back)
    assert it.shown()[0].start == 4 and not it.shown()[0].edited and not it.shown()[0].fresh


def test_a_finding_of_several_lines_stays_until_all_of_them_are_gone() -> None:
    text = "a = 1\ndef f():\n    x = 1\n    return x\nb = 2\n"
    it = Typist(text)
    start, end = text.index("def"), text.index("\nb")
    it.found, it.book = [it._finding(0, start, end)], DiagnosticsBook()
    it.book.report(it.document, "A", it.document.sha256, it.found, "run")
    it.type(text.index("x = 1"), text.index("x = 1") + 5, "xyz = 11")
    one = it.shown()[0]
    assert one.edited and it.text[one.start : one.end] == text[start:end].replace("x = 1", "xyz = 11")
    it.type(one.start, one.end, "pass")
    assert not it.shown()


def test_a_finding_whose_fix_was_made_elsewhere_is_off_until_that_is_undone() -> None:
    it = Typist("md5\nmd5\n")
    it.book.fixed(["0"], fixed=True)
    assert list(it.shown()) == [1]
    it.book.fixed(["0"], fixed=False)
    assert list(it.shown()) == [0, 1]
