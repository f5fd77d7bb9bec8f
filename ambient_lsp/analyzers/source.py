"""One Python text and its tree-sitter tree: where things are, which functions and classes it has, and its variables.

It reads half-typed text and any syntax that the grammar knows; what a rewrite is built on must be free of errors, which
`Definition.whole` tells.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import parse
from ambient_lsp.analyzers.recent import recent
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tree_sitter import Node, Query

    from ambient_lsp.model import Span

FUNCTION = "function_definition"
CLASS = "class_definition"
_SCOPES = frozenset({FUNCTION, CLASS, "lambda"})
_STRUCTURE = (*sorted(_SCOPES), "block", "if_statement", "for_statement", "conditional_expression", "not_operator",
              "comparison_operator", "boolean_operator")  # fmt: skip
_NAMES = ("identifier", "attribute", "call")
"""The kinds of nodes that rules look for; of the second group there are many more, and few rules ask for them."""


_FURTHER = re.compile(rb"[\x80-\xbf]")


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or class. `qualname` is dotted; `nested`: whether a function holds it; `in_class`: directly in one."""

    qualname: str
    node: Node
    nested: bool
    in_class: bool

    @property
    def name(self) -> str:
        """The name alone."""
        return self.qualname.rpartition(".")[2]

    @property
    def whole(self) -> bool:
        """Whether it parses."""
        return not self.node.has_error

    @property
    def body(self) -> Node:
        """Its block."""
        return self.node.child_by_field_name("body") or self.node


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes `start` to `end` of the text become `text`."""

    start: int
    end: int
    text: str


class Source:
    """A text and its tree. Nodes are compared with `==`; offsets of nodes are in bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = parse(text).root_node
        self._lines = Lines(text)
        self._ascii = text.isascii()
        self._variables: dict[int, Mapping[str, Sequence[Node]]] = {}
        self._ordered: dict[tuple[str, ...], tuple[list[Node], list[int]]] = {}

    def span(self, first: Node, last: Node | None = None) -> Span:
        """Return where a node is, or all from one node to another."""
        return self._lines.span(self.offset(first.start_byte), self.offset((last or first).end_byte))

    @property
    def count(self) -> int:
        """The number of lines."""
        return len(self._lines)

    def line(self, number: int) -> str:
        """Return a line without its ending."""
        return self._lines.line(number)

    def line_start(self, number: int) -> int:
        """Return the byte offset at which a line starts."""
        start = self._lines.start(number)
        return start if self._ascii else len(self.text[:start].encode("utf-8", "replace"))

    def line_end(self, number: int) -> int:
        """Return the byte offset at which a line ends, its ending not counted."""
        return self.line_start(number) + len(self._lines.line(number).encode("utf-8", "replace"))

    def between(self, start: int, end: int) -> str:
        """Return the text between two byte offsets."""
        return self.text[self.offset(start) : self.offset(end)]

    def changed(self, edits: Iterable[Edit]) -> str:
        """Return the text with all of the edits made; they must not overlap."""
        pieces, position = [], 0
        for edit in sorted(edits, key=lambda one: one.start):
            pieces += [self.text[position : self.offset(edit.start)], edit.text]
            position = self.offset(edit.end)
        return "".join((*pieces, self.text[position:]))

    @cached_property
    def newline(self) -> str:
        """The line ending of the text."""
        return "\r\n" if "\r\n" in self.text else "\n"

    @cached_property
    def functions(self) -> tuple[Definition, ...]:
        """Every function and method, in order of place, outer ones first."""
        return tuple(one for one in self._definitions if one.node.type == FUNCTION)

    @cached_property
    def classes(self) -> tuple[Definition, ...]:
        """Every class, in order of place."""
        return tuple(one for one in self._definitions if one.node.type == CLASS)

    @cached_property
    def bound(self) -> frozenset[str]:
        """Every name that is bound anywhere in the file, whatever the scope: builtins among them are shadowed."""
        return frozenset(map(code, self.bindings))

    @cached_property
    def top_level(self) -> frozenset[str]:
        """The names that a class or an import on the module's own level binds, and nothing else in the file does."""
        made: list[str] = []
        for statement in self.root.named_children:
            inner = statement.child_by_field_name("definition") or statement
            if inner.type == CLASS:
                made.append(code(inner.child_by_field_name("name")))
            elif inner.type in {"import_statement", "import_from_statement"}:
                made += [code(one) for one in walk(inner) if one.type == "identifier" and is_bound_here(one)]
        times = Counter(map(code, self.bindings))
        return frozenset(one for one in made if times[one] == 1)

    @cached_property
    def bindings(self) -> Sequence[Node]:
        """Every identifier that is bound where it stands, in order of place."""
        return [one for one in self.nodes("identifier") if is_bound_here(one)]

    def nodes(self, *kinds: str) -> Sequence[Node]:
        """Return the nodes of these kinds, which are among those that are indexed, in order of place."""
        return self._of(kinds)[0]

    def inside(self, outer: Node, *kinds: str) -> Sequence[Node]:
        """Return those of these kinds in a definition, itself left out."""
        nodes, starts = self._of(kinds)
        return nodes[bisect_right(starts, outer.start_byte) : bisect_left(starts, outer.end_byte)]

    def own(self, outer: Node, *kinds: str) -> Iterator[Node]:
        """Yield those of these kinds in a definition that stand in no function, class or lambda inside of it."""
        scopes, passed = self.inside(outer, *_SCOPES), 0
        for node in self.inside(outer, *kinds):
            while passed < len(scopes) and scopes[passed].end_byte <= node.start_byte:
                passed += 1
            if passed == len(scopes) or node.start_byte <= scopes[passed].start_byte:
                yield node

    def variables(self, node: Node) -> Mapping[str, Sequence[Node]]:
        """Return every place at which each variable stands in a node, nested functions included; no attribute or
        keyword names. Remembered."""
        found = self._variables.get(node.id)
        if found is None:
            found = self._variables[node.id] = _variables(node)
        return found

    def symbol(self, node: Node) -> str:
        """Return the dotted name of the outermost function around a node, as complexity counts; empty outside."""
        around = [one for one in self.functions if one.node.start_byte <= node.start_byte < one.node.end_byte]
        return around[0].qualname if around else ""

    def _of(self, kinds: tuple[str, ...]) -> tuple[list[Node], list[int]]:
        """Return the nodes of these kinds, and where they start."""
        known = self._ordered.get(kinds)
        if known is None:
            nodes = [
                node for kind in kinds for node in (self._names if kind in _NAMES else self._structure).get(kind, ())
            ]
            nodes.sort(key=lambda node: (node.start_byte, -node.end_byte))
            known = self._ordered[kinds] = nodes, [node.start_byte for node in nodes]
        return known

    @cached_property
    def _structure(self) -> Mapping[str, list[Node]]:
        return _captured(self.root, _STRUCTURE)

    @cached_property
    def _names(self) -> Mapping[str, list[Node]]:
        return _captured(self.root, _NAMES)

    @cached_property
    def _further(self) -> list[int]:
        """Where the bytes are that only go on with a character."""
        return [match.start() for match in _FURTHER.finditer(self.text.encode("utf-8", "replace"))]

    @cached_property
    def _definitions(self) -> tuple[Definition, ...]:
        return tuple(_definitions(self.nodes(FUNCTION, CLASS)))

    def offset(self, byte: int) -> int:
        """Return a byte offset of the tree as an offset of the text, in code points."""
        return byte if self._ascii else byte - bisect_left(self._further, byte)


@recent(characters=200_000)
def read(text: str) -> Source:
    """Return the text's `Source`. The last few are kept: several rules read one file."""
    return Source(text)


def _captured(root: Node, kinds: tuple[str, ...]) -> Mapping[str, list[Node]]:
    # One walk in C for all rules; a walk in Python for each of them took most of their time.
    from tree_sitter import QueryCursor

    return QueryCursor(_query(kinds)).captures(root)


@cache
def _query(kinds: tuple[str, ...]) -> Query:
    # Imported here because only a process that analyses Python needs the grammar.
    import tree_sitter_python
    from tree_sitter import Language, Query

    return Query(Language(tree_sitter_python.language()), "\n".join(f"({kind}) @{kind}" for kind in kinds))


def code(node: Node | None) -> str:
    """Return the source of a node; empty for none."""
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and every named node in it, parents before children."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += reversed(current.named_children)


def walk_scope(node: Node) -> Iterator[Node]:
    """Yield a node and what is in it, but for the insides of functions, classes and lambdas in it."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        if current == node or current.type not in _SCOPES:
            waiting += reversed(current.named_children)


def above(node: Node) -> Iterator[Node]:
    """Yield parent, grandparent and so on."""
    outer = node.parent
    while outer is not None:
        yield outer
        outer = outer.parent


def has_comment(node: Node) -> bool:
    """Return whether there is a comment anywhere in a node."""
    return any(one.type == "comment" for one in walk(node))


def statements(block: Node | None) -> list[Node]:
    """Return the statements of a block without its comments."""
    return [one for one in block.named_children if one.type != "comment"] if block is not None else []


def bare(node: Node) -> Node:
    """Return what stands in the parentheses around an expression, or the expression itself."""
    while node.type == "parenthesized_expression":
        inside = [one for one in node.named_children if one.type != "comment"]
        if len(inside) != 1:
            break
        node = inside[0]
    return node


def is_bound_here(name: Node) -> bool:
    """Return whether an identifier is bound where it stands: assigned, defined, imported, caught or a parameter."""
    outer = name.parent
    child = name
    while outer is not None and outer.type in {
        "pattern_list", "tuple_pattern", "list_pattern", "list_splat_pattern", "dictionary_splat_pattern",
        "as_pattern_target", "expression_list", "tuple", "list",
    }:  # fmt: skip
        child, outer = outer, outer.parent
    if outer is None:
        return False
    if outer.type in {"assignment", "augmented_assignment", "for_statement", "for_in_clause"}:
        return outer.child_by_field_name("left") == child
    if outer.type in {FUNCTION, CLASS, "named_expression", "default_parameter", "typed_default_parameter"}:
        return outer.child_by_field_name("name") == child
    if outer.type == "typed_parameter":
        return bool(outer.named_children) and outer.named_children[0] == child
    if outer.type in {"parameters", "lambda_parameters", "global_statement", "nonlocal_statement"}:
        return True
    if outer.type == "aliased_import":
        return outer.child_by_field_name("alias") == child
    if outer.type == "dotted_name":
        return _is_imported(outer, name)
    return (outer.type == "as_pattern" and child.type == "as_pattern_target") or outer.type in {
        "case_pattern", "splat_pattern", "type_parameter",
    }  # fmt: skip


def _is_imported(dotted: Node, name: Node) -> bool:
    statement = dotted.parent
    if statement is None:
        return False
    if statement.type == "import_statement":
        return dotted.named_children[0] == name
    if statement.type == "import_from_statement":
        return statement.child_by_field_name("module_name") != dotted
    # `case x:` is a dotted name of one part.
    return statement.type in {"case_pattern", "union_pattern", "keyword_pattern"} and dotted.named_child_count == 1


def _variables(node: Node) -> Mapping[str, Sequence[Node]]:
    found: defaultdict[str, list[Node]] = defaultdict(list)
    for one in walk(node):
        if one.type == "identifier" and not is_label(one):
            found[code(one)].append(one)
    return found


def is_label(name: Node) -> bool:
    """Return whether an identifier is no variable, but the name of an attribute or of a keyword argument."""
    outer = name.parent
    if outer is None:
        return False
    if outer.type == "attribute":
        return outer.child_by_field_name("attribute") == name
    return outer.type == "keyword_argument" and outer.child_by_field_name("name") == name


def _definitions(nodes: Iterable[Node]) -> Iterator[Definition]:
    """Yield functions and classes, given in order of place, with what is around each."""
    around: list[Definition] = []
    for node in nodes:
        while around and around[-1].node.end_byte <= node.start_byte:
            around.pop()
        outer = around[-1] if around else None
        name = code(node.child_by_field_name("name"))
        if outer is None:
            one = Definition(name, node, nested=False, in_class=False)
        else:
            in_function = outer.node.type == FUNCTION
            one = Definition(f"{outer.qualname}.{name}", node, outer.nested or in_function, not in_function)
        around.append(one)
        yield one
