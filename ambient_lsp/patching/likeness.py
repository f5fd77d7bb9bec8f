"""When two lines count as the same although their characters differ: the rungs of the repair ladder.

A rung is a function from a line to a key. Earlier rungs forgive less, and are asked first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, partial

Key = Callable[[str], str]

_DOUBLE = "“”„‟«»″"
_SINGLE = "‘’‚‛′´"
_DASH = "‐‑‒–—―−"
_SPACE = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
LOOKALIKES: dict[str, str] = (
    dict.fromkeys(_DOUBLE, '"')
    | dict.fromkeys(_SINGLE, "'")
    | dict.fromkeys(_DASH, "-")
    | dict.fromkeys(_SPACE, " ")
    | {"…": "..."}
)
"""What word processors, chat windows and models make of plain characters, and the plain ones."""

_TABLE = str.maketrans(LOOKALIKES)
_ZERO_WIDTH = re.compile("[\u200b\u200c\u200d\u2060\ufeff]")
_ELISION = re.compile(r"\s*(?:#|//|/\*|--|<!--)?\s*(?:\.\.\.|…|\[(?:\.\.\.|…)\])(?:[^\w()=]*$| .*$)")


def exact(line: str) -> str:
    """Forgive nothing."""
    return line


def without_return(line: str) -> str:
    """Forgive a carriage return at the end."""
    return line.removesuffix("\r")


def without_trailing(line: str) -> str:
    """Forgive white space at the end."""
    return line.rstrip()


@lru_cache(maxsize=20_000)
def plain(line: str) -> str:
    """Forgive typographic quotes, dashes and spaces too, and other Unicode spellings of the same text."""
    if line.isascii():
        return line.rstrip()
    return unicodedata.normalize("NFKC", _ZERO_WIDTH.sub("", line).translate(_TABLE)).rstrip()


def with_tab_width(width: int, line: str) -> str:
    """Forgive tabs for spaces at the start of the line too."""
    line = plain(line)
    return indent_of(line).expandtabs(width) + line[len(indent_of(line)) :]


def stripped(line: str) -> str:
    """Forgive every difference at the start and at the end."""
    return plain(line).strip()


@lru_cache(maxsize=20_000)
def squeezed(line: str) -> str:
    """Forgive white space wherever it is; for kept lines only."""
    return " ".join(plain(line).split())


RUNGS: tuple[tuple[str, Key], ...] = (
    ("as it is", exact),
    ("with other line endings", without_return),
    ("with other trailing white space", without_trailing),
    ("with other quotes, dashes or spaces", plain),
    ("with tabs for spaces", partial(with_tab_width, 4)),
    ("with tabs for spaces", partial(with_tab_width, 8)),
    ("with tabs for spaces", partial(with_tab_width, 2)),
)


def indent_of(line: str) -> str:
    """Return the white space that a line starts with."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def is_elision(line: str) -> bool:
    """Tell whether a kept line stands for "some lines that are not shown"."""
    return _ELISION.match(line) is not None


def shift_between(pairs: list[tuple[str, str]]) -> tuple[str, str] | None:
    """Return (taken off, put on) if the same indentation leads from every first line to its second one, else None."""
    shifts = {_shift(indent_of(one), indent_of(other)) for one, other in pairs if one.strip()}
    shift = shifts.pop() if len(shifts) == 1 else None
    # Nobody indents by one space: that is a kept line that lost its mark, and says nothing about added lines.
    return None if shift in (("", " "), (" ", "")) else shift


def _shift(one: str, other: str) -> tuple[str, str] | None:
    if other.endswith(one):
        return "", other[: len(other) - len(one)]
    if one.endswith(other):
        return one[: len(one) - len(other)], ""
    return None
