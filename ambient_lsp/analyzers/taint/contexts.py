"""Where in a text something stands: what was quoted as a word, or escaped for a page's text, only holds there."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ambient_lsp.analyzers.taint.values import Taint

WORD = "command.word"
"""Quoted as a word of a shell: within quotes of the program's own, its quotes end these."""
TEXT = "xss.text"
"""Escaped for the text of a page: in some attributes, and in a script, that is not enough."""
LESS = "xss.unquoted"
"""Escaped, but for the quotes: in an attribute, they end the value."""
DATA = "xss.data"
"""Written as JSON: harmless by itself, but in a page it may hold a tag, or end a script."""
TAGLESS = "xss.tagless"
"""Has no `<` left."""
WRITTEN = frozenset({WORD, TEXT, LESS, DATA})
_LONGEST = 2000
_TAG = re.compile(r"<[a-zA-Z!]")
_ATTRIBUTE = re.compile(r"""<[a-zA-Z][^<>]*\s[\w:-]+\s*=\s*(?:"[^"<>]*|'[^'<>]*)$""")
_BARE = re.compile(r"<[a-zA-Z][^<>]*\s[\w:-]+\s*=[^\s\"'<>=]*$")
_HANDLER = re.compile(r"""<[a-zA-Z][^<>]*\son[a-z]+\s*=\s*(?:"[^"<>]*|'[^'<>]*)$""")
_SCRIPT = re.compile(r"(?is)<script\b[^>]*>(?!.*</script)")


def placed(taint: Taint, before: str) -> Taint:
    """Return the mark of something put behind a text: no longer safe where the text makes another place of it."""
    text = before[-_LONGEST:]
    lost: set[str] = set()
    if WORD in taint.cleaned and _is_quoted(text):
        lost |= {"command", WORD}
    if LESS in taint.cleaned and (_ATTRIBUTE.search(text) or _BARE.search(text)):
        lost |= {"xss", TEXT, LESS}
    if TEXT in taint.cleaned and (_BARE.search(text) or _HANDLER.search(text) or _SCRIPT.search(text)):
        lost |= {"xss", TEXT, LESS}
    if DATA in taint.cleaned and taint.cleaned.isdisjoint({TEXT, TAGLESS}) and _TAG.search(text):
        lost |= {"xss", DATA}
    return replace(taint, cleaned=taint.cleaned - lost) if lost else taint


def _is_quoted(text: str) -> bool:
    """Whether a command line ends within quotes."""
    return text.replace('\\"', "").count('"') % 2 == 1 or text.count("'") % 2 == 1
