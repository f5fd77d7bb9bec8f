"""Pieces of tree-sitter's tree as Python values: literals, names and where a node is."""

from __future__ import annotations

import ast
import codecs
import warnings
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

SKIPPED = frozenset({"comment", "line_continuation", "ERROR", ";", "(", ")", ",", "[", "]"})
_ESCAPED = frozenset({"{{", "}}"})
Made = TypeVar("Made", bound=ast.AST)


def text_of(node: Node | None) -> str:
    """Return the text of a node."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")


def parts_of(node: Node) -> list[Node]:
    """Return the named children that say something."""
    return [child for child in node.named_children if child.type not in SKIPPED]


def first_of(node: Node, kind: str) -> Node | None:
    """Return the first child of a kind."""
    return next((child for child in node.children if child.type == kind), None)


def at(made: Made, node: Node) -> Made:
    """Return `made` with the place of `node`; one that has a place keeps it."""
    anything: Any = made
    if not hasattr(made, "lineno"):
        start, end = node.start_point, node.end_point
        anything.lineno, anything.col_offset = start[0] + 1, start[1]
        anything.end_lineno, anything.end_col_offset = end[0] + 1, end[1]
    return made


def unknown(node: Node) -> ast.expr:
    """Return the expression that stands for what cannot be read."""
    return at(ast.Name(id="?", ctx=ast.Load()), node)


def stored(target: ast.expr, context: ast.expr_context | None = None) -> ast.expr:
    """Return an expression as the target of an assignment."""
    if isinstance(target, ast.Name | ast.Attribute | ast.Subscript | ast.Tuple | ast.List | ast.Starred):
        target.ctx = ast.Store() if context is None else context
    if isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            stored(element, context)
    if isinstance(target, ast.Starred):
        stored(target.value, context)
    return target


def constant(text: str) -> Any:
    """Return the value of a number or of another literal without quotes."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def pieces(node: Node) -> Iterator[str | bytes | Node]:
    """Yield the text pieces of a string (or of a format specifier) and its interpolations, in order."""
    data = node.text or b""
    start_node = first_of(node, "string_start")
    end_node = first_of(node, "string_end")
    prefix = text_of(start_node).rstrip("'\"").lower()
    begin = start_node.end_byte - node.start_byte if start_node is not None else (1 if data[:1] == b":" else 0)
    end = end_node.start_byte - node.start_byte if end_node is not None else len(data)
    formatted = start_node is None or "f" in prefix or "t" in prefix
    for child in node.named_children:
        if child.type in ("interpolation", "format_expression"):
            start = child.start_byte - node.start_byte
            yield _decoded(data[begin:start], prefix, formatted)
            yield child
            begin = child.end_byte - node.start_byte
    yield _decoded(data[begin:end], prefix, formatted)


def _decoded(data: bytes, prefix: str, formatted: bool) -> str | bytes:
    data = data.replace(b"\r\n", b"\n")
    if formatted and (b"{{" in data or b"}}" in data):
        data = data.replace(b"{{", b"{").replace(b"}}", b"}")
    if "b" in prefix:
        if "r" in prefix or b"\\" not in data:
            return data
        try:
            return _quiet_literal(b'b"""' + data.replace(b'"', b'\\"') + b'"""', data)
        except (SyntaxError, ValueError):
            return data
    text = data.decode("utf-8", "replace")
    if "r" in prefix or "\\" not in text:
        return text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            joined = text.replace("\\\n", "")
            return codecs.decode(joined.encode("latin-1", "backslashreplace"), "unicode_escape")
    except UnicodeError:
        return text


def _quiet_literal(literal: bytes, otherwise: bytes) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = ast.literal_eval(literal.decode("latin-1"))
    return value if isinstance(value, bytes) else otherwise
