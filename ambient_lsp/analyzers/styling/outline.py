"""What a Python file is made of, read in one pass: its definitions, their docstrings, comments, and assigned names.

Everything is found with one tree-sitter query, which costs a millisecond where a walk over the tree costs ten. Places
are offsets in code points, as everywhere outside the parser. A file that does not parse has an empty outline.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

from ambient_lsp.analyzers.base import parse
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Language, Node, Query

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")

_QUERY = """
(function_definition) @function
(class_definition) @class
(decorated_definition) @decorated
(comment) @comment
[(import_statement) (import_from_statement)] @import
(assignment left: (identifier) @target)
(assignment left: (pattern_list (identifier) @target))
(assignment left: (tuple_pattern (identifier) @target))
(for_statement left: (identifier) @target)
(for_statement left: (pattern_list (identifier) @target))
(as_pattern_target (identifier) @target)
"""


@dataclass(frozen=True, slots=True)
class Docstring:
    """A docstring: `start` to `end` in the text is what stands between its quotes."""

    start: int
    end: int
    opening: str
    text: str


@dataclass(frozen=True, slots=True)
class Definition:
    """One function or class. `decorators` are as written, without `@`; `bases` are a class's."""

    kind: Literal["function", "class"]
    name: str
    node: Node
    parent: Definition | None
    decorators: tuple[str, ...]
    bases: tuple[str, ...]
    docstring: Docstring | None

    @property
    def qualname(self) -> str:
        """The dotted name ("Class.method")."""
        return self.name if self.parent is None else f"{self.parent.qualname}.{self.name}"

    @property
    def public(self) -> bool:
        """Whether it and all around it can be used from outside."""
        if self.parent is not None and (self.parent.kind == "function" or not self.parent.public):
            return False
        return not self.name.startswith("_")

    @property
    def public_api(self) -> bool:
        """Whether it is public, or makes an object of a public class."""
        return self.public or (self.name == "__init__" and self.parent is not None and self.parent.public)

    @property
    def in_class(self) -> bool:
        """Whether a class holds it directly."""
        return self.parent is not None and self.parent.kind == "class"


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment, from its `#` on. `alone` tells that nothing else is on its line."""

    start: int
    end: int
    line: int
    column: int
    text: str
    alone: bool


class Outline:
    """The outline of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = Lines(text)
        self.root = parse(text).root_node
        self.broken = self.root.has_error
        self._wide = _wide(text)
        found = {} if self.broken else _captures(self.root)
        self.imports: tuple[Node, ...] = tuple(found.get("import", ()))
        self.targets: tuple[Node, ...] = tuple(found.get("target", ()))
        self.comments = tuple(map(self._comment, found.get("comment", ())))
        self.docstring = None if self.broken else self._docstring(self.root)
        self.definitions = tuple(
            self._definitions([*found.get("function", ()), *found.get("class", ())], found.get("decorated", ()))
        )

    @cached_property
    def _starts(self) -> list[int]:
        return [self.offset(definition.node.start_byte) for definition in self.definitions]

    def offset(self, at_byte: int) -> int:
        """Return the code point that a byte of the parser's text is at."""
        ends, more = self._wide
        return at_byte - more[bisect_right(ends, at_byte)] if ends else at_byte

    def span(self, node: Node) -> tuple[int, int]:
        """Return the offsets of a node."""
        return self.offset(node.start_byte), self.offset(node.end_byte)

    def code(self, node: Node | None) -> str:
        """Return the source of a node; nothing for none."""
        return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")

    @cached_property
    def docstrings(self) -> tuple[Docstring, ...]:
        """Every docstring, the module's first."""
        everything = (self.docstring, *(definition.docstring for definition in self.definitions))
        return tuple(one for one in everything if one is not None)

    def innermost(self, offset: int) -> Definition | None:
        """Return the innermost definition around an offset."""
        last = bisect_right(self._starts, offset) - 1
        around = self.definitions[last] if last >= 0 else None
        while around is not None and offset >= self.offset(around.node.end_byte):
            around = around.parent
        return around

    def _comment(self, node: Node) -> Comment:
        start, end = self.span(node)
        line, column = self.lines.position(start)
        text = self.text[start:end].rstrip("\r")
        alone = not self.text[start - column : start].strip()
        return Comment(start, start + len(text), line, column, text, alone)

    def _definitions(self, nodes: list[Node], decorated: list[Node] | tuple[Node, ...]) -> Iterator[Definition]:
        decorators = {}
        for node in decorated:
            inner = node.child_by_field_name("definition")
            if inner is not None:
                lines = [self.code(one)[1:].strip() for one in node.named_children if one.type == "decorator"]
                decorators[inner.start_byte] = tuple(lines)
        open_ones: list[Definition] = []
        for node in sorted(nodes, key=lambda node: node.start_byte):
            while open_ones and open_ones[-1].node.end_byte <= node.start_byte:
                open_ones.pop()
            bases = node.child_by_field_name("superclasses")
            body = node.child_by_field_name("body")
            definition = Definition(
                "class" if node.type == "class_definition" else "function",
                self.code(node.child_by_field_name("name")),
                node,
                open_ones[-1] if open_ones else None,
                decorators.get(node.start_byte, ()),
                tuple(self.code(one) for one in bases.named_children) if bases is not None else (),
                self._docstring(body) if body is not None else None,
            )
            open_ones.append(definition)
            yield definition

    def _docstring(self, block: Node) -> Docstring | None:
        first = next((node for node in block.named_children if node.type != "comment"), None)
        if first is None or first.type != "expression_statement" or not first.named_children:
            return None
        string = first.named_children[0]
        if string.type != "string" or len(first.named_children) != 1:
            return None
        opening, closing = string.children[0], string.children[-1]
        if opening.type != "string_start" or set(self.code(opening).lower()) & set("bft"):
            return None
        start, end = self.offset(opening.end_byte), self.offset(closing.start_byte)
        return Docstring(start, end, self.code(opening), self.text[start:end])


@lru_cache(maxsize=8)
def outline(text: str) -> Outline:
    """Return the outline of a text. The last few are kept, since several rules read the same one."""
    return Outline(text)


def statements(block: Node | None) -> list[Node]:
    """Return the statements of a block, without its comments and its docstring."""
    if block is None:
        return []
    found = [node for node in block.named_children if node.type != "comment"]
    first = found[0] if found else None
    if first is not None and first.type == "expression_statement" and first.named_children:
        if first.named_children[0].type in ("string", "concatenated_string"):
            return found[1:]
    return found


def _wide(text: str) -> tuple[list[int], list[int]]:
    """Return where each character that takes more than one byte ends, in bytes, and by how many bytes an offset is too
    many from there on; the latter begins with what holds before the first of them."""
    ends, more, extra = [], [0], 0
    for match in () if text.isascii() else _NOT_ASCII.finditer(text):
        extra += len(match[0].encode("utf-8", "replace")) - 1
        ends.append(match.end() + extra)
        more.append(extra)
    return ends, more


def _captures(root: Node) -> dict[str, list[Node]]:
    from tree_sitter import QueryCursor

    found = QueryCursor(_query()).captures(root)
    return {name: sorted(nodes, key=lambda node: node.start_byte) for name, nodes in found.items()}


def snippet(code: str) -> Node:
    """Return the tree of a piece of code that is no file, and that nobody asks for again."""
    from tree_sitter import Parser

    return Parser(_language()).parse(code.encode("utf-8", "replace")).root_node


@cache
def _query() -> Query:
    from tree_sitter import Query

    return Query(_language(), _QUERY)


@cache
def _language() -> Language:
    # Imported here because only a process that analyses Python needs the grammar.
    import tree_sitter_python
    from tree_sitter import Language

    return Language(tree_sitter_python.language())
