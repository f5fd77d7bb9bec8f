"""Regular expressions that can take time beyond all bounds: a repetition of what can be split in several ways.

The test is on Python's own parse of the expression: an unbounded repeat whose body is itself an unbounded repeat,
with nothing certain beside it (`(a+)+`, `(\\w+\\s?)*`), or a choice of which two branches match the same character
(`(\\w|\\d)*`); and something behind it that can fail, without which nothing is tried again.
"""

from __future__ import annotations

import importlib
import re
import warnings
from functools import cache
from typing import Any

_parser = importlib.import_module("re._parser")
_LONGEST = 2000
_MANY = 20
_ASCII = frozenset(range(128))
_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d", "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_SPACE": r"\s", "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w", "CATEGORY_NOT_WORD": r"\W",
}  # fmt: skip


def explodes(pattern: str, *, whole: bool) -> bool:
    """Whether some text of `n` characters takes exponential time; `whole` if the text must match to its end."""
    if len(pattern) > _LONGEST:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError, ValueError):
        return False
    return _risky(list(parsed), can_fail=whole)


def _risky(items: list[Any], *, can_fail: bool) -> bool:
    for index, (kind, value) in enumerate(items):
        tail = can_fail or any(not _nullable(item) or str(item[0]) == "AT" for item in items[index + 1 :])
        name = str(kind)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            _, high, body = value
            if high >= _MANY and tail and _ambiguous(list(body)):
                return True
            if _risky(list(body), can_fail=tail or high > 1):
                return True
        elif name == "SUBPATTERN" and _risky(list(value[-1]), can_fail=tail):
            return True
        elif name == "BRANCH" and any(_risky(list(branch), can_fail=tail) for branch in value[1]):
            return True
    return False


def _ambiguous(body: list[Any]) -> bool:
    """Whether what is repeated can match one text in more than one number of turns."""
    body = _flat(body)
    for index, (kind, value) in enumerate(body):
        name = str(kind)
        rest = body[:index] + body[index + 1 :]
        if name in ("MAX_REPEAT", "MIN_REPEAT") and value[1] >= _MANY:
            repeated = _characters(list(value[2]))
            # What must stand beside it keeps the turns apart, unless the repeat can swallow that too.
            if repeated and all(_nullable(item) or (_characters([item]) or _ASCII) <= repeated for item in rest):
                return True
        if name == "BRANCH" and not [item for item in rest if not _nullable(item)]:
            branches = [list(branch) for branch in value[1]]
            singles = [_characters(branch) for branch in branches if len(branch) == 1]
            if any(one and one & other for at, one in enumerate(singles) for other in singles[at + 1 :] if other):
                return True
            if any(_ambiguous(branch) for branch in branches):
                return True
    return False


def _flat(items: list[Any]) -> list[Any]:
    """Put the contents of groups in their places."""
    result: list[Any] = []
    for item in items:
        result += _flat(list(item[1][-1])) if str(item[0]) == "SUBPATTERN" else [item]
    return result


def _nullable(item: Any) -> bool:
    name, value = str(item[0]), item[1]
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return value[0] == 0 or all(_nullable(one) for one in value[2])
    if name == "SUBPATTERN":
        return all(_nullable(one) for one in value[-1])
    if name == "BRANCH":
        return any(all(_nullable(one) for one in branch) for branch in value[1])
    return name in ("AT", "ASSERT", "ASSERT_NOT")


def _characters(items: list[Any]) -> frozenset[int]:
    """Return the ASCII characters that one item matches; none where it is not a single character."""
    items = _flat(items)
    if len(items) != 1:
        return frozenset()
    name, value = str(items[0][0]), items[0][1]
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        return _characters(list(value[2]))
    if name == "LITERAL":
        return frozenset({value})
    if name == "NOT_LITERAL":
        return _ASCII - {value}
    if name == "ANY":
        return _ASCII - {10}
    if name != "IN":
        return frozenset()
    found: set[int] = set()
    negated = False
    for kind, part in value:
        what = str(kind)
        if what == "NEGATE":
            negated = True
        elif what == "LITERAL":
            found.add(part)
        elif what == "RANGE":
            found.update(range(part[0], min(part[1], 127) + 1))
        elif what == "CATEGORY":
            found |= _category(str(part))
    return _ASCII - found if negated else frozenset(found)


@cache
def _category(name: str) -> frozenset[int]:
    pattern = re.compile(_CATEGORIES.get(name, r"(?!)"))
    return frozenset(code for code in _ASCII if pattern.match(chr(code)))
