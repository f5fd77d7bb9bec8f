"""Which functions of a program pass on what they read: helpers that give a form's field to those who call them.

A function that takes untrusted data from a helper holds no word of a source itself. It is told by the helper's name.
Names are all that is compared: which function a name means is left to those who run the program.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.recent import recent
from ambient_lsp.analyzers.taint.prescan import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

Part = tuple[str, frozenset[str]]

_BEGIN = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def[ \t]+(\w+)|class\b)|^(?=[^\s#)\]}])", re.MULTILINE)
_QUOTED = re.compile(r'"""(?:[^\\]|\\.)*?"""|\'{3}(?:[^\\]|\\.)*?\'{3}|#[^\n]*', re.DOTALL)
_WORD = re.compile(r"[A-Za-z_]\w*")
_COMMON = frozenset(name for kind in (str, bytes, dict, list, set, object) for name in dir(kind))


def givers(text: str, others: Iterable[str], words: AbstractSet[str]) -> frozenset[str]:
    """Return the names of functions that give something and hold one of these words, or call such a function.

    Of a text and other modules that it names.
    """
    marks = {*words, *(f".{word}" for word in words)}
    read = [part for each in (text, *others) if not marks.isdisjoint(tokens(each)) for part in parts(each)]
    found = {name for name, held in read if not held.isdisjoint(words)}
    if not any(name in text for name in found):
        return frozenset()
    return frozenset(found.union(name for name, held in (*read, *parts(text)) if not held.isdisjoint(found)))


@recent(characters=1_000_000)
def parts(text: str) -> tuple[Part, ...]:
    """Return the functions of a text that give something, each with its words."""
    code = _QUOTED.sub("", text)
    begins = list(_BEGIN.finditer(code))
    ends = [begin.start() for begin in begins[1:]] + [len(code)]
    found = ((begin[1], code[begin.end() : end]) for begin, end in zip(begins, ends, strict=False) if begin[1])
    return tuple(
        (name, frozenset(_WORD.findall(body)))
        for name, body in found
        if name not in _COMMON and not name.startswith("__") and ("return " in body or "yield" in body)
    )
