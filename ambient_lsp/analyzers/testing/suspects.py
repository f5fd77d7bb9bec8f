"""Which tests of a file may be what a rule about tests looks for, told from their words alone.

Most tests are as they should be, and a look at each word of them takes its time. A test is kept whenever one of the
rules in `smells.py`, `void_tests.py` or `flaky.py` could find something in it; a new rule there needs a sign here.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Source

_QUOTED = re.compile(
    r'#[^\r\n]*|"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\''
    r'|"(?:[^"\\\r\n]|\\.)*"|\'(?:[^\'\\\r\n]|\\.)*\'',
    re.DOTALL,
)
_CHECKING = re.compile(
    r"\b(?:assert|raise|yield)\b"
    r"|(?:assert|check|verify|expect|should|ensure|raises|warns|fail|match|compare)\w*\s*\(",
    re.IGNORECASE,
)

_HELD = re.compile(r"^[ \t]*[A-Za-z]\w*\s*=(?!=)|;\s*[A-Za-z]\w*\s*=(?!=)|print\s*\(", re.MULTILINE)
"""What matters in a test that checks nothing: a result that it keeps, or prints."""

# A pattern that begins with plain letters is searched many times faster than one that begins with `\\b`, which is why
# the word's edge comes behind the word here; and most files have none of the words.
_SIGNS = tuple(
    (anchors.split(), re.compile(pattern, re.MULTILINE))
    for anchors, pattern in (
        # flaky by its surroundings
        ("sleep", r"sleep(?<!\wsleep)\s*\("),
        ("urlopen", r"urlopen(?<!\wurlopen)\b"),
        ("requests.", r"requests(?<!\wrequests)\."),
        ("httpx.", r"httpx(?<!\whttpx)\."),
        ("os.environ", r"os\.environ(?<!\wos\.environ)\s*\["),
        ("os.chdir", r"os\.chdir(?<!\wos\.chdir)\b"),
        # assertions that always hold
        ("assert", r"assert(?<!\wassert)(?:\s*\(|\s+(?:True\b|\d|[\"']))"),
        ("assertTrue", r"assertTrue(?<!\wassertTrue)\s*\(\s*(?:True\b|\d|[\"'])"),
        (".assert_ .called", r"\.(?:assert_|called)\w*\s*$"),
        ("return", r"return(?<!\wreturn)(?:\b[^\n]*(?:[=!]=|[<>]|\bin\b|\bis\b)|\s*\()"),
    )
)
"""Words, and a pattern that only matches where one of them is."""
_BY_CHANCE = (
    (
        "time.time .now utcnow .today random.".split(),
        re.compile(r"time\.time(?<!\wtime\.time)\b|\.now\b|utcnow(?<!\wutcnow)\b|\.today\b|random(?<!\wrandom)\."),
    ),
)
"""What matters in a test that has an `assert` of its own."""
_WITHOUT_ORDER = (
    (
        "listdir glob iterdir list".split(),
        re.compile(
            r"(?:listdir(?<!\wlistdir)|glob(?<!\wglob)|[ir]glob(?<!\w.glob)|iterdir(?<!\witerdir))\b"
            r"|list(?<!\wlist)\s*\(\s*(?:set\b|frozenset\b|\{)"
        ),
    ),
)
"""What matters where something is compared with a list."""
_LIST_COMPARED = re.compile(r"==[\s(\\]*\[")
_SAME_SIDES = re.compile(
    r"self\.assert\w+\s*\(\s*([\w.]+|\"[^\"\n]*\"|'[^'\n]*')\s*,\s*(?:first\s*=|second\s*=)?\s*\1\s*[,)]"
)
_VALUE_FOR_MESSAGE = re.compile(r"self\.assert(?:True|False)\s*\(")
_LITERAL = re.compile(r",\s*[-\d\[({]")
_FAR = 400
"""Characters within which a second argument begins."""

_NO_BREAK = re.compile(r"[^\r\n]")
_SHARED = re.compile(r"^\w+\s*(?::[^\n=]*)?=\s*(?:[\[{]|\w+\s*=)", re.MULTILINE)
_ASSERT = re.compile(r"assert(?<!\wassert)\b")
_EXCEPT = re.compile(r"except(?<!\wexcept)\b")
_TEMP = re.compile("/tmp/")  # noqa: S108 - what a rule looks for


def spared(source: Source) -> frozenset[int]:
    """Return where the bodies of those tests begin, in bytes, that have no sign of anything."""
    text = source.text
    code = _QUOTED.sub(_blank, text)
    if _ASSERT.search(code) and _SHARED.search(code):
        return frozenset()
    signs = _Signs(text, code)
    return frozenset(
        body.start_byte
        for beside in _tests(source.root)
        for body, twice in beside
        if not twice and not signs.stand_in(source.offset(body.start_byte), source.offset(body.end_byte))
    )


def _tests(node: Node) -> Iterator[list[tuple[Node, bool]]]:
    """Yield the bodies of the tests in each block of definitions, and whether the name is there more than once."""
    found: list[tuple[str, Node]] = []
    for child in node.named_children:
        inner = child.child_by_field_name("definition") if child.type == "decorated_definition" else child
        if inner is None or inner.type not in ("function_definition", "class_definition"):
            continue
        name, body = inner.child_by_field_name("name"), inner.child_by_field_name("body")
        if name is None or name.text is None or body is None:
            continue
        if inner.type == "class_definition":
            yield from _tests(body)
        elif name.text.startswith(b"test") and body.start_point[0] > inner.start_point[0]:
            found.append((name.text.decode(), body))
    times = Counter(name for name, _ in found)
    yield [(body, times[name] > 1) for name, body in found]


class _Signs:
    """Where the signs of a file are. They are looked for once in the whole text, not once in each test."""

    def __init__(self, text: str, code: str) -> None:
        self._text = text
        self._code = code
        self._clear = sorted((*_anchored(_SIGNS, code), *_starts(_SAME_SIDES, text), *_starts(_TEMP, text)))
        self._asserts = _starts(_ASSERT, code)
        self._excepts = _starts(_EXCEPT, code)
        self._by_chance = _anchored(_BY_CHANCE, code)
        self._without_order = _anchored(_WITHOUT_ORDER, code)
        self._lists = _starts(_LIST_COMPARED, code)
        self._messages = [match.end() for match in _VALUE_FOR_MESSAGE.finditer(code)]

    def stand_in(self, start: int, end: int) -> bool:
        """Return whether a rule could find something in the test whose body is there."""

        def some(places: list[int]) -> bool:
            following = bisect_left(places, start)
            return following < len(places) and places[following] < end

        return (
            (_CHECKING.search(self._code, start, end) is None and self._holds(start, end))
            or some(self._clear)
            or (some(self._asserts) and (some(self._excepts) or some(self._by_chance)))
            or (some(self._without_order) and some(self._lists))
            or any(
                _LITERAL.search(self._code, place, min(place + _FAR, end)) is not None
                for place in self._messages[bisect_left(self._messages, start) : bisect_left(self._messages, end)]
            )
        )

    def _holds(self, start: int, end: int) -> bool:
        line = self._code.rfind("\n", 0, start) + 1  # so that the first statement is seen to begin a line
        return _HELD.search(self._code, line, end) is not None


def _anchored(signs: tuple[tuple[list[str], re.Pattern[str]], ...], text: str) -> list[int]:
    """Return where the patterns match of which the text has one of the words."""
    wanted = (pattern for anchors, pattern in signs if any(word in text for word in anchors))
    return sorted(place for pattern in wanted for place in _starts(pattern, text))


def _starts(pattern: re.Pattern[str], text: str) -> list[int]:
    return [match.start() for match in pattern.finditer(text)]


def _blank(match: re.Match[str]) -> str:
    """Return a string or a comment without what is in it, at the same length."""
    words = match[0]
    inside = words[1:-1]
    inside = _NO_BREAK.sub(" ", inside) if "\n" in inside or "\r" in inside else " " * len(inside)
    return f" {inside} " if words[0] == "#" else f"{words[0]}{inside}{words[-1]}" if len(words) > 1 else " "
