"""Constants: what operators and methods give on known values, where that is cheap and has no effect."""

from __future__ import annotations

import ast
import operator
import re
from functools import reduce
from itertools import product
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.taint import contexts
from ambient_lsp.analyzers.taint.values import (
    HARMLESS_TYPES,
    NO_TAINTS,
    PARAMETER,
    SOMETHING,
    Const,
    Opaque,
    Options,
    Taints,
    Value,
    clean,
    common_start,
    either,
    merged,
    options,
    taints_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LONGEST = 4000
_MOST_WAYS = 12
_LARGEST = 1 << 64
_WIDE = re.compile(r"\d{4,}")
_HEADERS = frozenset({"header"})
BODY = "header.body"
"""Of headers that an empty line has ended: what is put behind them is no header."""
_BODY = frozenset({BODY})
_EMPTY_LINE = re.compile(r"\r?\n\r?\n")
NAME = "sql.name"
_TRUSTED = frozenset({"environment"})
_BEFORE_A_VALUE = re.compile(r"(?i)(['\"%=<>(,]|\b(like|in|values|between|limit|offset|and|or|not))\s*$")
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift, ast.BitOr: operator.or_, ast.BitAnd: operator.and_, ast.BitXor: operator.xor,
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not, ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_, ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert,
}  # fmt: skip
_TEXT_METHODS = frozenset(
    "capitalize casefold count decode encode endswith find format index isalnum isalpha isascii isdecimal isdigit "
    "isidentifier islower isnumeric isprintable isspace istitle isupper join lower lstrip partition removeprefix "
    "removesuffix replace rfind rindex rpartition rsplit rstrip split splitlines startswith strip swapcase title upper "
    "hex fromhex".split()
)


def truth(value: Value) -> bool | None:
    """Return whether a value counts as true; None where that is not known."""
    if type(value) is Const:
        return bool(value.value)
    if type(value) is Options:
        found = {truth(option) for option in value.values}
        return found.pop() if len(found) == 1 else None
    if type(value) is Opaque:
        return True if value.prefix.strip(SOMETHING) else None
    return None


def binary(operation: ast.operator, left: Any, right: Any) -> Value | None:
    """Return what an operator gives on two constants; None where it is not folded."""
    if isinstance(operation, ast.Pow | ast.LShift) and not (_small(left, 1000) and _small(right, 64)):
        return None
    if isinstance(operation, ast.Mult) and isinstance(left, str | bytes | int) and isinstance(right, str | bytes | int):
        sizes = [len(each) if isinstance(each, str | bytes) else abs(each) for each in (left, right)]
        if isinstance(left, str | bytes) or isinstance(right, str | bytes):
            if sizes[0] * sizes[1] > _LONGEST:
                return None
        elif max(sizes) > _LARGEST:
            return None
    if isinstance(operation, ast.Mod) and isinstance(left, str | bytes):
        if isinstance(right, tuple) or _WIDE.search(left if isinstance(left, str) else left.decode("latin-1")):
            return None
    function = _BINARY.get(type(operation))
    return None if function is None else _attempt(function, left, right)


def unary(operation: ast.unaryop, value: Any) -> Value | None:
    """Return what an operator gives on a constant."""
    return _attempt(_UNARY[type(operation)], value)


def compare(operation: ast.cmpop, left: Any, right: Any) -> Value | None:
    """Return what a comparison of two constants gives."""
    return _attempt(_COMPARE[type(operation)], left, right)


def method(text: Any, name: str, args: Sequence[Any], keywords: dict[str, Any]) -> Value | None:
    """Return what a method of a constant text gives; a list or tuple comes back as a constant tuple."""
    if name not in _TEXT_METHODS or (name == "format" and (_WIDE.search(text) or "{:{" in text or "*" in text)):
        return None  # a width can fill the memory
    if (
        name == "replace"
        and len(args) > 1
        and len(text) * (len(args[1]) + 1 if isinstance(args[1], str) else 1) > 10 * _LONGEST
    ):
        return None
    function = getattr(text, name, None)
    return None if function is None else _attempt(lambda *_: function(*args, **keywords))


def function(name: Callable[..., Any], args: Sequence[Any]) -> Value | None:
    """Return what a cheap builtin function gives on constants."""
    return _attempt(lambda *_: name(*args))


def _attempt(function: Callable[..., Any], *args: Any) -> Value | None:
    try:
        result = function(*args)
    except Exception:  # whatever the user's own values do wrong
        return None
    if isinstance(result, str | bytes | tuple | list) and len(result) > _LONGEST:
        return None
    if isinstance(result, int) and abs(result) > _LARGEST:
        return None
    return Const(tuple(result) if isinstance(result, list) else result)


def _small(value: Any, most: int) -> bool:
    return isinstance(value, int | float) and abs(value) <= most


def text(value: Value) -> Value:
    """Return a value as `str()` writes it."""
    if type(value) is Const:
        return Const(value.value if isinstance(value.value, str) else str(value.value)[:_LONGEST])
    if type(value) is Options and all(type(option) is Const for option in value.values):
        return either(text(option) for option in value.values)
    return value


def concatenated(parts: Sequence[Value], whole: Callable[[Value], Taints] = taints_of) -> Value:
    """Return texts put together. What is known of the beginning is kept."""
    known = [part for part in parts if not (type(part) is Const and part.value in ("", b""))]
    if not known:
        return parts[0] if parts else Const("")
    if all(type(option) is Const for part in known for option in options(part)):
        ways = 1
        for part in known:
            ways *= len(options(part))
        if ways <= _MOST_WAYS:
            made = [_put_together(way) for way in product(*(options(part) for part in known))]
            if all(each is not None for each in made):
                return either(each for each in made if each is not None)
    taints = merged(_placed(part, whole(part), known, index) for index, part in enumerate(known))
    body = _end_of_headers(known) if taints else None
    if body is not None:
        behind = body + (type(known[body]) is not Const)
        before = merged(whole(part) for part in known[:behind])
        taints = merged((clean(before, _BODY), clean(merged(whole(part) for part in known[behind:]), _HEADERS)))
    if not taints and all(_is_harmless(option) for part in known for option in options(part)):
        return Opaque(type="harmless", prefix=prefix_of(known))
    built = len(known) > 1 or (type(known[0]) is Opaque and known[0].built)
    return Opaque(taints, "str", prefix_of(known), built)


def _end_of_headers(parts: Sequence[Value]) -> int | None:
    """Return which part has an empty line in it or completes one, behind which there are no headers."""
    text = ""
    for index, part in enumerate(parts):
        if type(part) is Opaque and part.taints and all(BODY in taint.cleaned for taint in part.taints):
            return index
        text = text[-3:] + part.value if type(part) is Const and isinstance(part.value, str) else ""
        if _EMPTY_LINE.search(text) is not None:
            return index
    return None


def _placed(part: Value, taints: Taints, known: Sequence[Value], index: int) -> Taints:
    """Mark what stands where SQL has a name, not a value: that is seldom what a caller's caller chooses.

    What was quoted or escaped for another place than this is not safe any more.
    """
    if not taints:
        return taints
    if any(not taint.cleaned.isdisjoint(contexts.WRITTEN) for taint in taints):
        before = "".join(_written(each) for each in known[:index])
        taints = frozenset(contexts.placed(taint, before) for taint in taints)
    if not any(taint.label == PARAMETER for taint in taints):
        return taints
    if type(part) is Opaque and part.built:
        return taints  # that was told when it was put together
    text = _written(known[index - 1]) if index else ""
    if _BEFORE_A_VALUE.search(text[-40:]) is not None:
        return taints
    marked = frozenset(taint for taint in taints if taint.label == PARAMETER)
    return (taints - marked) | clean(marked, frozenset({NAME}))


def _written(part: Value) -> str:
    """Return a known text; nothing for one that is not known."""
    return part.value if type(part) is Const and isinstance(part.value, str) else ""


def _is_harmless(value: Value) -> bool:
    return type(value) is Const or (type(value) is Opaque and value.type in HARMLESS_TYPES)


def _put_together(way: Sequence[Value]) -> Value | None:
    texts = [part.value for part in way if type(part) is Const]
    if all(isinstance(each, str) for each in texts):
        result: Any = "".join(texts)
    elif all(isinstance(each, bytes) for each in texts):
        result = b"".join(texts)
    else:
        return None
    return Const(result) if len(result) <= _LONGEST else None


def prefix_of(parts: Sequence[Value]) -> str:
    """Return how texts put together surely begin."""
    result = ""
    for part in parts:
        if type(part) is Const and isinstance(part.value, str):
            result += part.value
            continue
        if type(part) is Opaque and all(taint.label in _TRUSTED for taint in part.taints):
            result += part.prefix if part.prefix.endswith(SOMETHING) else part.prefix + SOMETHING
            continue
        if type(part) is Options and (known := _common_ends(part)):
            result += known
            continue
        if type(part) is Opaque:
            result += part.prefix
        break
    return result[:_LONGEST]


def _common_ends(part: Options) -> str:
    """Return what all of some known texts begin and end with, around what they differ in; "" if one is empty."""
    texts = [option.value for option in part.values if type(option) is Const and isinstance(option.value, str)]
    if len(texts) < len(part.values) or not all(texts):
        return ""
    begin = reduce(common_start, texts)
    end = reduce(common_start, [text[len(begin) :][::-1] for text in texts])[::-1]
    return begin + SOMETHING + end


def unknown_text(taints: Taints = NO_TAINTS, *, built: bool = False, prefix: str = "") -> Opaque:
    """Return a text of which only its marks are known."""
    return Opaque(taints, "str", prefix, built)
