"""The code of one test as the rules on tests read it: its calls, assertions and names, found in one walk of the parser.

tree-sitter walks its tree in C, and knows every place. libcst, whose tree a rewrite needs, takes forty times as long,
and no rule here rewrites more than a few characters.
"""

from __future__ import annotations

import ast
from functools import cache, cached_property
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.source import CLASS, FUNCTION, above, bare, code, statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tree_sitter import Node, Query

    from ambient_lsp.analyzers.source import Definition, Source
    from ambient_lsp.model import Span

_SCOPES = (FUNCTION, CLASS, "lambda", "decorated_definition")
_KINDS = (*_SCOPES, "call", "assert_statement", "raise_statement", "yield", "assignment", "comparison_operator",
          "return_statement", "try_statement", "expression_statement", "string", "identifier")  # fmt: skip
_GIVEN = frozenset({"identifier", "typed_parameter", "default_parameter", "typed_default_parameter"})


class Test:
    """A test function, and what is in its body. Places are those of the whole file."""

    __test__ = False  # pytest would take the class for a test case

    def __init__(self, source: Source, definition: Definition) -> None:
        self.source = source
        self.qualname = definition.qualname
        self.name = definition.name
        self.node = definition.node
        self.body = definition.body

    @cached_property
    def decorators(self) -> list[str]:
        """The source of its decorators."""
        outer = self.node.parent
        if outer is None or outer.type != "decorated_definition":
            return []
        return [code(one) for one in outer.named_children if one.type == "decorator"]

    @cached_property
    def parameters(self) -> list[Node]:
        """Its parameters and the marks between them."""
        return statements(self.node.child_by_field_name("parameters"))

    @property
    def header(self) -> Span:
        """Where its name is, which is what an editor should underline."""
        return header(self.source, self.node)

    @property
    def is_block(self) -> bool:
        """Whether its body stands on lines of its own."""
        colon = next(one for one in self.node.children if one.type == ":")
        return self.body.start_point[0] > colon.start_point[0]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is there but `...`."""
        inside = statements(self.body)
        return self.is_block and len(inside) == 1 and code(inside[0]) == "..."

    def every(self, *kinds: str) -> list[Node]:
        """Return all nodes of these kinds in the body, outer ones first."""
        return (
            self._nodes[kinds[0]] if len(kinds) == 1 else in_order([one for kind in kinds for one in self._nodes[kind]])
        )

    def own(self, *kinds: str) -> Iterator[Node]:
        """Yield those of them that stand in no function, class or lambda inside of the body."""
        return (one for one in self.every(*kinds) if self.is_own(one))

    def is_own(self, node: Node) -> bool:
        """Return whether a node of the body stands in no function, class or lambda inside of it."""
        place = node.start_byte
        return not any(start <= place < end for start, end in self._scopes)

    @cached_property
    def _nodes(self) -> Mapping[str, list[Node]]:
        return captured(self.body)

    @cached_property
    def _scopes(self) -> list[tuple[int, int]]:
        return [(one.start_byte, one.end_byte) for kind in _SCOPES for one in self._nodes[kind]]


def captured(node: Node) -> dict[str, list[Node]]:
    """Return the nodes that rules ask for in a piece of code, by kind, outer ones first."""
    from tree_sitter import QueryCursor

    found = QueryCursor(_query()).captures(node)
    return {kind: in_order(found.get(kind, [])) for kind in _KINDS}


def in_order(nodes: list[Node]) -> list[Node]:
    """Sort nodes by place, outer ones first."""
    return sorted(nodes, key=lambda one: (one.start_byte, -one.end_byte))


@cache
def _query() -> Query:
    # Imported here because only a process that analyses Python needs the grammar.
    import tree_sitter_python
    from tree_sitter import Language, Query

    return Query(Language(tree_sitter_python.language()), "\n".join(f"({kind}) @{kind}" for kind in _KINDS))


def header(source: Source, node: Node) -> Span:
    """Return where the name of a definition is."""
    return source.span(node.child_by_field_name("name") or node)


def offsets(source: Source, node: Node) -> tuple[int, int]:
    """Return where a node starts and ends in the text."""
    return source.offset(node.start_byte), source.offset(node.end_byte)


def called(node: Node | None) -> str:
    """Return the dotted name that a call calls; empty when it is not a plain name, or not a call."""
    return dotted(node.child_by_field_name("function")) if node is not None and node.type == "call" else ""


def dotted(node: Node | None) -> str:
    """Return `a.b.c` for such an expression; empty for any other."""
    outer = node
    while outer is not None and outer.type == "attribute":
        outer = outer.child_by_field_name("object")
    if node is None or outer is None or outer.type != "identifier":
        return ""
    return "".join(code(node).split())


def method(node: Node) -> str:
    """Return the last name of what a call calls: `c` for `a[0].c()`; empty for a plain name."""
    function = node.child_by_field_name("function")
    return code(function.child_by_field_name("attribute")) if function is not None else ""


def arguments(call: Node) -> list[Node]:
    """Return the arguments of a call, as written."""
    given = call.child_by_field_name("arguments")
    return [given] if given is not None and given.type == "generator_expression" else statements(given)


def value_of(argument: Node) -> Node:
    """Return what is passed: of `name=value`, `*value` and `**value`, the value."""
    if argument.type == "keyword_argument":
        return argument.child_by_field_name("value") or argument
    return argument.named_children[0] if argument.type in {"list_splat", "dictionary_splat"} else argument


def targets(assignment: Node) -> tuple[list[Node], Node | None]:
    """Return what `a = b = value` assigns to, and the value; nothing for a part of it, or one with a type."""
    outer = assignment.parent
    found: list[Node] = []
    node: Node | None = assignment
    while node is not None and node.type == "assignment":
        left = node.child_by_field_name("left")
        if left is None or node.child_by_field_name("type") is not None:
            return [], None
        found.append(left)
        node = node.child_by_field_name("right")
    return ([], None) if outer is not None and outer.type == "assignment" else (found, node)


def constant(node: Node) -> object:
    """Return the value of a plain string or number; None for any other code."""
    node = bare(node)
    if node.type in {"integer", "float"} or is_plain_string(node):
        try:
            value: object = ast.literal_eval(code(node))
        except (ValueError, SyntaxError, MemoryError):
            return None
        return value
    return None


def is_plain_string(node: Node) -> bool:
    """Return whether a node is one string without anything to be filled in."""
    return node.type == "string" and "f" not in code(node.children[0]).lower()


def is_docstring(statement: Node) -> bool:
    """Return whether a statement is just a string."""
    only = only_expression(statement)
    return only is not None and (is_plain_string(only) or only.type == "concatenated_string")


def only_expression(statement: Node) -> Node | None:
    """Return the expression that is all of a statement."""
    if statement.type != "expression_statement" or len(statement.named_children) != 1:
        return None
    return bare(statement.named_children[0])


def statement_around(node: Node) -> Iterator[Node]:
    """Yield what is around an expression, up to its statement."""
    for one in above(node):
        if one.type in {"block", "module"} or one.type.endswith("_definition"):
            return
        yield one
        if one.type.endswith(("_statement", "_clause")) and one.type != "for_in_clause":
            return


def given(test: Test) -> set[str]:
    """Return the names of the parameters that can be passed by name."""
    return {_name(one) for one in regular(test, keyword_only=True)}


def regular(test: Test, *, keyword_only: bool = False) -> list[Node]:
    """Return the parameters that can be passed by place and by name, and those by name alone where asked."""
    found: list[Node] = []
    is_named = False
    for one in test.parameters:
        if one.type == "positional_separator":
            found = []
        elif one.type == "keyword_separator" or is_splat(one):
            is_named = True
        elif one.type in _GIVEN and (keyword_only or not is_named):
            found.append(one)
    return found


def is_splat(parameter: Node) -> bool:
    """Return whether a parameter is `*name` or `**name`."""
    inner = parameter.named_children[0] if parameter.type == "typed_parameter" else parameter
    return inner.type in {"list_splat_pattern", "dictionary_splat_pattern"}


def _name(parameter: Node) -> str:
    name = parameter.child_by_field_name("name")
    if name is None and parameter.type == "typed_parameter":
        name = parameter.named_children[0]
    return code(name or parameter)
