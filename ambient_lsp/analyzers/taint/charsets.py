"""Regular expressions as allow-lists: for which kinds of sink a text is safe that a pattern matched as a whole."""

from __future__ import annotations

import ast
import re
from functools import lru_cache, reduce
from operator import or_
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.taint.values import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable

_DANGER = {
    "sql": "'\"; \\",
    "nosql": "${\"'",
    "command": ";|&$`<>\n (",
    "argv": " /;|",
    "code": "( .;\n",
    "xpath": "'\"[]/()",
    "ldap": "*()\\&|",
    "ldap-dn": ',+"\\<>;=#',
    "template": "{%<",
    "xss": "<>\"'&",
    "header": "\r\n",
    "log": "\r\n",
    "path": "/\\",
    "regex": "*+{(",
    "ssrf": "/:@.",
    "redirect": "/:\\",
}
_NAMES = "aejuxAEJUX_\"'[{@"
_ANY = re.compile(r"(?<!\\)\.")
_FIXED_HOST = re.compile(r"https\??:\\?/\\?/(?:[\w-]|\\[.-]|\[[\w\\.-]*\][+*?]?|\((?:[\w|-]|\?:|\\[.-])+\))+\\?/")
_OTHER_HOSTS = ("//e.example", "//e", "//e/e", "///e", "/\\e", "/\\e.example/")
_LONGEST = 300
_PROBES = "".join(sorted({char for chars in (*_DANGER.values(), _NAMES) for char in chars}))


@lru_cache(maxsize=256)
def kinds_cleaned_by(pattern: str, how: str, flags: int = 0) -> frozenset[str]:
    """Return the kinds that a text is safe for once `re.<how>(pattern, text, flags)` has matched."""
    if len(pattern) > _LONGEST:
        return frozenset()
    try:
        parsed = parser.parse(pattern, flags)
    except (re.error, RecursionError, OverflowError, ValueError):
        return frozenset()
    items = list(parsed)
    known = 1 if parsed.state.flags & re.MULTILINE else 2  # `^` and `$` may be those of any line
    starts = how in ("match", "fullmatch") or (items and items[0][0] is codes.AT and items[0][1] in _STARTS[:known])
    ends = how == "fullmatch" or (items and items[-1][0] is codes.AT and items[-1][1] in _ENDS[:known])
    if not starts:
        return frozenset()
    kinds = _told_by_beginning(pattern)
    if not ends:
        return kinds
    kinds |= safe_for(_allowed(parsed))
    return kinds if _ANY.search(pattern) else kinds | {"cors"}


def _told_by_beginning(pattern: str) -> frozenset[str]:
    """Return the kinds that a text is safe for by how it begins: a host and a slash, or a path on this host."""
    text = pattern.removeprefix("^").removeprefix("\\A")
    if _FIXED_HOST.match(text):
        return frozenset({"ssrf", "redirect"})
    if text.startswith("/") and not any(re.match(pattern, probe) for probe in _OTHER_HOSTS):
        return frozenset({"redirect"})
    return frozenset()


def flags_in(call: ast.expr) -> int:
    """Return the flags that a call gives a pattern: `re.compile(text, re.VERBOSE | re.MULTILINE)`."""
    given = [*call.args[1:], *(keyword.value for keyword in call.keywords)] if isinstance(call, ast.Call) else []
    names = [node.attr for each in given for node in ast.walk(each) if isinstance(node, ast.Attribute)]
    return reduce(or_, (getattr(re.RegexFlag, name) for name in names if name in re.RegexFlag.__members__), 0)


@lru_cache(maxsize=256)
def kinds_cleaned_by_removing(pattern: str, replacement: str) -> frozenset[str]:
    """Return the kinds that a text is safe for once `re.sub(pattern, replacement, text)` has removed the rest."""
    if len(pattern) > _LONGEST:
        return frozenset()
    try:
        items = list(parser.parse(pattern))
    except (re.error, RecursionError, OverflowError):
        return frozenset()
    if len(items) == 1 and items[0][0] in (codes.MAX_REPEAT, codes.MIN_REPEAT) and items[0][1][0] <= 1:
        items = list(items[0][1][2])
    if len(items) != 1 or items[0][0] not in (codes.IN, codes.NOT_LITERAL, codes.LITERAL):
        return frozenset()
    removed = {char for char in _PROBES if re.fullmatch(pattern, char)}
    return safe_for(frozenset(_PROBES) - removed | frozenset(replacement))


def safe_for(allowed: Iterable[str]) -> frozenset[str]:
    """Return the kinds that a text is safe for whose characters are harmless ones and these."""
    allowed = frozenset(allowed)
    safe = frozenset(kind for kind, danger in _DANGER.items() if not allowed.intersection(danger))
    if not allowed.intersection(_NAMES):
        safe |= {"code"}  # numbers and operators are no way to anything
    return safe | {ALL} if len(safe) == len(_DANGER) else safe


_STARTS = (codes.AT_BEGINNING_STRING, codes.AT_BEGINNING)
_ENDS = (codes.AT_END_STRING, codes.AT_END)


def _allowed(parsed: Any) -> frozenset[str]:
    """Return which of the dangerous characters a pattern can match somewhere."""
    found: set[str] = set()
    for code, argument in parsed:
        if code is codes.LITERAL:
            found.add(chr(argument))
        elif code in (codes.ANY, codes.NOT_LITERAL):
            found.update(_PROBES.replace("\n", "") if code is codes.ANY else _PROBES)
        elif code is codes.IN:
            found.update(_in_set(argument))
        elif code is codes.BRANCH:
            for branch in argument[1]:
                found |= _allowed(branch)
        elif code is codes.SUBPATTERN:
            found |= _allowed(argument[3])
        elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            found |= _allowed(argument[2])
        elif code is codes.ATOMIC_GROUP:
            found |= _allowed(argument)
        elif code in (codes.AT, codes.ASSERT, codes.ASSERT_NOT, codes.GROUPREF):
            continue
        else:
            found.update(_PROBES)
    return frozenset(found)


def _in_set(items: Any) -> set[str]:
    negated = items[0][0] is codes.NEGATE
    found: set[str] = set()
    for code, argument in items:
        if code is codes.LITERAL:
            found.add(chr(argument))
        elif code is codes.RANGE:
            found.update(char for char in _PROBES if argument[0] <= ord(char) <= argument[1])
        elif code is codes.CATEGORY:
            found.update(char for char in _PROBES if re.match(_CATEGORIES.get(argument, "."), char, re.DOTALL))
    return set(_PROBES) - found if negated else found


_CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_WORD: r"\W",
}
