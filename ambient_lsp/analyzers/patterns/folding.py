"""Constants worked out: literals, containers of them, and simple arithmetic, with a bound on what it may cost."""

from __future__ import annotations

import ast
import operator
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node


class _Unknown:
    """The value of what is not a constant."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
_MOST = 10_000
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "|": operator.or_,
}  # fmt: skip


def fold(node: Node, value: Callable[[Node | None], Any]) -> Any:
    """Return what an expression is worth, `value` telling that of its parts; `UNKNOWN` where that is not certain.

    A container whose items are not all known holds `UNKNOWN` in their places.
    """
    kind = node.type
    if kind in _WORDS:
        return _WORDS[kind]
    if kind in ("integer", "float", "string"):
        return _literal(node)
    if kind in ("parenthesized_expression", "expression_list") and len(node.named_children) == 1:
        return value(node.named_children[0])
    if kind == "concatenated_string":
        parts = [value(part) for part in node.named_children]
        same = all(isinstance(part, str) for part in parts) or all(isinstance(part, bytes) for part in parts)
        return parts[0][:0].join(parts) if parts and same else UNKNOWN
    if kind in ("list", "tuple", "set") and len(node.named_children) <= _MOST:
        items = [value(item) for item in node.named_children if item.type != "comment"]
        return tuple(items) if kind == "tuple" else items
    if kind == "dictionary":
        return _dictionary(node, value)
    if kind == "unary_operator":
        number = value(node.child_by_field_name("argument"))
        return -number if isinstance(number, int | float) and node.text and node.text[:1] == b"-" else UNKNOWN
    if kind == "not_operator":
        truth = value(node.child_by_field_name("argument"))
        return UNKNOWN if truth is UNKNOWN else not truth
    if kind == "binary_operator":
        return _binary(node, value)
    return _call(node, value) if kind == "call" else UNKNOWN


def _call(node: Node, value: Callable[[Node | None], Any]) -> Any:
    """Return what `dict(a=1)`, `list(...)`, `bool(...)` and the like make of constants."""
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    name = function.text.decode("utf-8", "replace") if function is not None and function.text else ""
    given = [one for one in arguments.named_children if one.type != "comment"] if arguments is not None else []
    if name == "dict" and all(one.type == "keyword_argument" for one in given):
        keys = [one.child_by_field_name("name") for one in given]
        texts = [key.text.decode("utf-8", "replace") for key in keys if key is not None and key.text]
        return dict(zip(texts, (value(one.child_by_field_name("value")) for one in given), strict=False))
    if name not in _MAKERS or len(given) != 1 or given[0].type in ("list_splat", "keyword_argument"):
        return UNKNOWN
    only = value(given[0])
    if only is UNKNOWN or (name in ("list", "tuple", "set", "frozenset") and not isinstance(only, list | tuple | dict)):
        return UNKNOWN
    try:
        return _MAKERS[name](only)
    except (TypeError, ValueError, OverflowError):
        return UNKNOWN


_MAKERS: dict[str, Callable[[Any], Any]] = {
    "list": list, "tuple": tuple, "set": list, "frozenset": list, "bool": bool, "str": str, "dict": dict,
}  # fmt: skip


_WORDS = {"true": True, "false": False, "none": None}


_PLAIN = re.compile(r"""'[^'\\]*'|"[^"\\]*\"""")


def _literal(node: Node) -> Any:
    if node.text is None or any(child.type == "interpolation" for child in node.named_children):
        return UNKNOWN
    text = node.text.decode("utf-8", "replace")
    if _PLAIN.fullmatch(text) is not None and text.isprintable():
        return text[1:-1]  # most texts: a parser takes thirty times as long
    if node.type == "string":
        start = text.index(text.lstrip("fFrRbBuUtT")[:1]) if text else 0
        prefix = text[:start].lower()
        if "t" in prefix:
            return UNKNOWN
        if "f" in prefix:
            text = prefix.replace("f", "") + text[start:].replace("{{", "{").replace("}}", "}")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError):
        return UNKNOWN


def _dictionary(node: Node, value: Callable[[Node | None], Any]) -> Any:
    result: dict[Any, Any] = {}
    for pair in node.named_children[:_MOST]:
        if pair.type == "dictionary_splat" and pair.named_children:
            inner = value(pair.named_children[0])
            result |= inner if isinstance(inner, dict) else {}
        key = value(pair.child_by_field_name("key")) if pair.type == "pair" else UNKNOWN
        if isinstance(key, str | bytes | int | float | bool | None):
            result[key] = value(pair.child_by_field_name("value"))
    return result


def _binary(node: Node, value: Callable[[Node | None], Any]) -> Any:
    left, right = value(node.child_by_field_name("left")), value(node.child_by_field_name("right"))
    sign = node.child_by_field_name("operator")
    if left is UNKNOWN or right is UNKNOWN or sign is None:
        return UNKNOWN
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    if sign.type in ("**", "<<") and numbers:
        small = isinstance(right, int) and 0 <= right <= 64 and abs(left) <= 2**32
        if not small or (sign.type == "<<" and not isinstance(left, int)):
            return UNKNOWN
        return left**right if sign.type == "**" else left << right
    texts = type(left) is type(right) and isinstance(left, str | bytes) and len(left) + len(right) <= _MOST
    repeated = (
        sign.type == "*" and isinstance(left, str | bytes) and isinstance(right, int) and len(left) * right <= _MOST
    )
    if not (repeated or (texts and sign.type == "+") or (numbers and sign.type in _OPERATORS)):
        return UNKNOWN
    if not repeated and numbers and max(abs(left), abs(right)) > 2**63:
        return UNKNOWN
    try:
        return _OPERATORS[sign.type](left, right)
    except (TypeError, ValueError, ArithmeticError):
        return UNKNOWN
