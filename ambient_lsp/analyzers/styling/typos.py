"""Typos in comments and docstrings, from a list of misspellings that are no word anywhere.

Strings are never touched: somebody may compare them. A word that the code itself uses as a name is the code's business,
and so is one that stands in a path, an address, quoted code or a doctest.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.styling.misspellings import CORRECTIONS
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ambient_lsp.analyzers.styling.outline import Outline

TYPO = "AMB-STYLE-TYPO"

_WORD = re.compile(r"(?<![\w@/\\.#$%&<-])[A-Za-z][a-z]{2,}(?![\w@/\\(=>-]|\.\w|://)")
_FOREIGN = frozenset(
    "para el los las una por del con der das und nicht ist ein eine les des pour avec est dans une sur per che della il"
    " het een van voor na nie jest dla".split()
)
_OTHER_SCRIPT = re.compile(r"[^\W\d_\u0000-\u024f]")
_MOST = 100
_LONGEST_LINE = 200
_PART = re.compile(r"[A-Z]?[a-z]+")
_QUOTED = re.compile(r"``[^`]*``|`[^`]*`|https?://\S+|\"[^\"\n]*\"|(?<!\w)'[^'\n]*'(?!\w)")
_SPEAKS_TO_A_TOOL = re.compile(r"#\s*(?:codespell|cspell|spellchecker|noqa|type:|!|-\*-)", re.IGNORECASE)
_DOCTEST = re.compile(r"^[ \t]*>>>.*?(?=^[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_SENTENCE_START = re.compile(r"(?:^|[.!?:*]\s+|[#\"'\n]\s*)$")


def find(outline: Outline, known: Collection[str] = ()) -> list[RawFinding]:
    """Return the typos of one file; `known` are words that the project says are right."""
    candidates = [(start + match.start(), match[0], where) for start, piece, where in _prose(outline)
                  for match in _wrong(piece) if match[0].lower() not in known]  # fmt: skip
    if not candidates:
        return []
    in_code = _parts(outline.text)
    for _, piece, _ in _prose(outline):
        in_code.subtract(_parts(piece))
    found = []
    for at, word, where in candidates[:_MOST]:
        right = CORRECTIONS[word.lower()]
        right = right.capitalize() if word[0].isupper() else right
        if in_code[word.lower()] > 0:
            continue  # the code has a name with this word in it, and the prose may speak of that
        line = outline.lines.line(outline.lines.position(at)[0])[:_LONGEST_LINE]
        found.append(
            RawFinding(
                TYPO,
                outline.lines.span(at, at + len(word)),
                f"`{word}` in a {where} is a misspelling of `{right}`.",
                Severity.HINT,
                tags=("style", "spelling"),
                data={"code": TYPO, "edits": [(at, at + len(word), right)]},
                code=f"{where} {line} {word}",
            )
        )
    return found


def corrected(name: str) -> str:
    """Return a name with its misspelled parts put right; the same name where there is none.

    A part with a letter left out may be an abbreviation, so only those as long as the right word count.
    """

    def right(match: re.Match[str]) -> str:
        wrong = match[0].lower()
        better = CORRECTIONS.get(wrong, wrong)
        if better == wrong or len(better) > len(wrong):
            return match[0]
        return better.capitalize() if match[0][0].isupper() else better

    return re.sub(r"[A-Z]?[a-z]+", right, name)


def _prose(outline: Outline) -> Iterator[tuple[int, str, str]]:
    for comment in outline.comments:
        if not _SPEAKS_TO_A_TOOL.match(comment.text):
            yield comment.start, comment.text, "comment"
    for docstring in outline.docstrings:
        if docstring is outline.docstring and "__doc__" in outline.text:
            continue  # the program shows it, or reads it
        yield docstring.start, docstring.text, "docstring"


def _wrong(piece: str) -> Iterator[re.Match[str]]:
    candidates = [match for match in _WORD.finditer(piece) if match[0].lower() in CORRECTIONS]
    if not candidates or len(_FOREIGN & set(_PART.findall(piece))) > 1:
        return  # another language has other misspellings
    quoted = [match.span() for pattern in (_QUOTED, _DOCTEST) for match in pattern.finditer(piece)]
    for match in candidates:
        if any(start <= match.start() < end for start, end in quoted):
            continue
        line = piece[piece.rfind("\n", 0, match.start()) + 1 :].partition("\n")[0]
        if _OTHER_SCRIPT.search(line):
            continue  # "teh marbuta" is the name of a letter
        # A short one with a capital may be somebody's name.
        if match[0][0].islower() or (
            len(match[0]) > 4 and _SENTENCE_START.search(piece, max(0, match.start() - 4), match.start())
        ):
            yield match


def _parts(text: str) -> Counter[str]:
    """Return the words of a text and the parts of its names, in lower case, with how often each is there."""
    return Counter(part.lower() for part in _PART.findall(text))
