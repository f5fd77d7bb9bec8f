"""What the analyzers of one shape of code share: the shape that was found, and the text that says it more simply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.source import bare, code, walk

if TYPE_CHECKING:
    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Edit, Source
    from ambient_lsp.model import Span

LOOSE = frozenset({"conditional_expression", "lambda", "named_expression", "yield", "await"})
"""Expressions that bind so loosely, or do so much, that no rewrite puts them into another expression."""

_EFFECTS = frozenset({"call", "await", "yield", "named_expression", "lambda", "list_comprehension", "set_comprehension",
                      "dictionary_comprehension", "generator_expression"})  # fmt: skip
_PLACE_BOUND = frozenset({"super", "locals", "vars", "dir", "eval", "exec", "globals", "__class__", "next"})


@dataclass(frozen=True, slots=True)
class Form:
    """A piece of code that can be said more simply. `node` is what an editor should underline."""

    rule: str
    node: Node
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A simpler text of the module. `before` and `after` are what `metric` says of the function `symbol`."""

    rule: str
    title: str
    symbol: str
    span: Span
    text: str
    before: int
    after: int
    metric: str = "cognitive-complexity"


def is_simple(node: Node) -> bool:
    """Return whether an expression is a name or a literal: nothing happens when it is evaluated, however often."""
    node = bare(node)
    if node.type in {"integer", "float", "true", "false", "none", "identifier"}:
        return True
    if node.type in {"string", "concatenated_string"}:
        return all(one.type != "interpolation" for one in walk(node))
    return node.type == "unary_operator" and all(is_simple(one) for one in node.named_children)


def is_dotted(node: Node) -> bool:
    """Return whether an expression is `a` or `a.b.c`."""
    while node.type == "attribute":
        owner = node.child_by_field_name("object")
        if owner is None:
            return False
        node = owner
    return node.type == "identifier"


def has_effect(node: Node) -> bool:
    """Return whether evaluating an expression calls anything or binds a name."""
    return any(one.type in _EFFECTS for one in walk(node))


def is_movable(node: Node) -> bool:
    """Return whether an expression means the same inside a comprehension: `super()` and the like do not, and what
    raises StopIteration would become another error there."""
    return not any(
        one.type in {"await", "yield", "named_expression"}
        or (one.type == "identifier" and (code(one) in _PLACE_BOUND or code(one).endswith("__next__")))
        for one in walk(node)
    )


def is_of_the_platform(condition: str) -> bool:
    """Return whether a compiler or a type checker knows this condition, and follows its branches one by one."""
    words = ("__debug__", "TYPE_CHECKING", "version_info", "sys.platform", "PY2", "PY3")
    return any(word in condition for word in words)


def operand(node: Node) -> str:
    """Return a condition as it must be written beside `and` or `or`."""
    text = code(node)
    return f"({text})" if node.type in LOOSE else text


def fits(source: Source, node: Node, text: str, line_length: int) -> bool:
    """Return whether `text` in place of a statement stays one line within the limit."""
    return "\n" not in text and "\r" not in text and source.span(node).start_column + len(text) <= line_length


def one_line(node: Node) -> bool:
    """Return whether a node stands on one line; then it holds no comment."""
    return node.start_point[0] == node.end_point[0]
