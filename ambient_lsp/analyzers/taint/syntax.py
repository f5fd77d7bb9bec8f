"""Text to tree: the standard library's `ast` for every Python version, whatever Python hosts the analyzer.

CPython's own parser reads what it can, because it is fast. Newer syntax and half-typed text are read by tree-sitter and
converted (`convert`); both ways give the same tree, which a test holds them to on real code.
"""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from ambient_lsp.analyzers import base
from ambient_lsp.analyzers.taint.convert import Converter
from ambient_lsp.analyzers.taint.values import Place
from ambient_lsp.model import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ambient_lsp.text import Lines

Node = TypeVar("Node", bound=ast.AST)
Made = TypeVar("Made")

_DEEPEST = 200


def read(text: str) -> ast.Module:
    """Return the tree of Python text. What cannot be read is left out; raises `RecursionError` on absurd nesting.

    The last trees are kept, since files that stand together import the same modules.
    """
    tree = _trees.pop(text, None)
    _trees[text] = tree = _read(text) if tree is None else tree
    size = sum(map(len, _trees))
    while size > _MOST_TEXT and len(_trees) > 1:
        oldest = next(iter(_trees))
        del _trees[oldest]
        size -= len(oldest)
    return tree


_MOST_TEXT = 800_000
"""Characters of all texts whose trees are kept; a tree takes some 30 bytes for each."""
_trees: dict[str, ast.Module] = {}
"""Trees by text, the one used last at the end."""


def _read(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in the user's text is not our affair
            return ast.parse(text)
    except (SyntaxError, ValueError, MemoryError):
        return convert(text)


def convert(text: str) -> ast.Module:
    """Return the tree of Python text, read by tree-sitter."""
    return Converter().module(base.parse(text).root_node)


def kept(function: Callable[[Node], Made]) -> Callable[[Node], Made]:
    """Keep what is made of a node, until `forget`: a node holds on to all that is below it."""
    made = lru_cache(maxsize=1024)(function)
    _forgetful.append(made.cache_clear)
    return made


def forget() -> None:
    """Let go of all nodes that something was made of."""
    for clear in _forgetful:
        clear()


_forgetful: list[Callable[[], None]] = []


def place(path: str, node: ast.AST) -> Place:
    """Return where a node is."""
    line = getattr(node, "lineno", 1)
    column = getattr(node, "col_offset", 0)
    return Place(path, line, column, getattr(node, "end_lineno", line), getattr(node, "end_col_offset", column))


def span(lines: Lines, place: Place) -> Span:
    """Return a place in code points, as findings have it."""
    return Span(
        place.line - 1,
        _column(lines, place.line - 1, place.column),
        place.end_line - 1,
        _column(lines, place.end_line - 1, place.end_column),
    )


def _column(lines: Lines, line: int, column: int) -> int:
    text = lines.line(line)
    return column if text.isascii() else len(text.encode("utf-8", "replace")[:column].decode("utf-8", "ignore"))


def names_in(root: ast.AST) -> Iterator[ast.Name]:
    """Yield the names in a tree."""
    return (node for node in walked(root) if type(node) is ast.Name)


def attributes_in(root: ast.AST) -> Iterator[ast.Attribute]:
    """Yield the attributes in a tree."""
    return (node for node in walked(root) if type(node) is ast.Attribute)


def walked(root: ast.AST) -> Iterator[ast.AST]:
    """Yield what `ast.walk` does, in a third of the time: of nodes that hold others, and of names."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        for field in _FIELDS[type(node)]:
            value: Any = getattr(node, field, None)
            if type(value) is list:
                waiting += [each for each in value if type(each) in _FIELDS]
            elif type(value) in _FIELDS:
                waiting.append(value)


_PLAIN = (ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop, ast.Constant, ast.type_ignore)
_FIELDS: dict[type, tuple[str, ...]] = {
    kind: () if kind is ast.Name else kind._fields
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST) and not issubclass(kind, _PLAIN)
}


def dotted(node: ast.AST) -> str:
    """Return a chain of attributes as text (`a.b.c`); empty where it is something else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])
