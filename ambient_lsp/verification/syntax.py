"""Questions about Python source that tree-sitter answers: it reads newer syntax than the host's own parser does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_FUNCTIONS = ("function_definition", "lambda")
_COMPOUND = (
    "if_statement",
    "for_statement",
    "while_statement",
    "try_statement",
    "with_statement",
    "match_statement",
    "function_definition",
    "class_definition",
    "elif_clause",
    "except_clause",
    "case_clause",
)


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines of a statement, counted from 1: of a compound one only its header.

    `function` is the (first, last) line of the body of the function that a `def` line heads, else None.
    """

    first: int
    last: int
    function: tuple[int, int] | None = None


_KNOWN_TREES = 8
"""Texts whose tree is kept: those that one proof asks about again and again. A tree that was walked has an object for
each node, three kilobytes for a line of source."""


@lru_cache(maxsize=_KNOWN_TREES)
def parse(text: str) -> Node:
    """Return the root node; a broken text gives a tree with error nodes."""
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language())).parse(text.encode("utf-8", "replace")).root_node


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and all that are below it, in the order of the text."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children))


def text_of(node: Node | None) -> str:
    """Return a node's source; "" for none."""
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""


def statement_at(text: str, line: int) -> Statement | None:
    """Return the statement that a line (from 1) belongs to; None for a blank line, a comment or a docstring."""
    source = text.split("\n")[line - 1] if line <= text.count("\n") + 1 else ""
    if not source.strip():
        return None
    column = len(source[: len(source) - len(source.lstrip())].encode())
    node = parse(text).descendant_for_point_range((line - 1, column), (line - 1, column + 1))
    while node is not None:
        if node.type == "comment" or _is_docstring(node):
            return None
        if node.type in _COMPOUND:
            return _header(node)
        if node.type.endswith("_statement"):
            return Statement(node.start_point[0] + 1, node.end_point[0] + 1)
        if node.type == "decorator" and node.parent is not None:
            return _header(node.parent.child_by_field_name("definition") or node)
        node = node.parent
    return None


def enclosing_function(text: str, line: int, column: int | None = None) -> tuple[int, int] | None:
    """Return the first and last line of the body of the innermost function around a line; None at module level. With a
    `column`, only of functions that a statement indented as far could stand in."""
    best: tuple[int, int] | None = None
    for node in walk(parse(text)):
        if node.type == "function_definition" and node.start_point[0] < line <= node.end_point[0] + 1:
            best = _body(node) if column is None or node.start_point[1] < column else best
    return best


def functions(text: str) -> dict[str, Node]:
    """Return the function nodes by qualified name ("Class.method", "outer.inner")."""
    found: dict[str, Node] = {}
    for node in walk(parse(text)):
        if node.type == "function_definition":
            found[_qualified(node)] = node
    return found


def _qualified(node: Node) -> str:
    names = []
    current: Node | None = node
    while current is not None:
        if current.type in ("function_definition", "class_definition"):
            names.append(text_of(current.child_by_field_name("name")))
        current = current.parent
    return ".".join(reversed(names))


def _header(node: Node) -> Statement:
    body = node.child_by_field_name("body") or node.child_by_field_name("consequence")
    if body is None:
        body = next((child for child in node.children if child.type == "block"), None)
    first = node.start_point[0] + 1
    last = max(first, body.start_point[0]) if body is not None else first
    if body is not None and body.start_point[0] + 1 == first:
        last = first
    return Statement(first, last, _body(node) if node.type == "function_definition" else None)


def _body(node: Node) -> tuple[int, int]:
    body = node.child_by_field_name("body")
    start = body.start_point[0] + 1 if body is not None else node.start_point[0] + 1
    return start, node.end_point[0] + 1


def _is_docstring(node: Node) -> bool:
    return node.type == "expression_statement" and all(
        child.type in ("string", "concatenated_string") for child in node.named_children
    )
