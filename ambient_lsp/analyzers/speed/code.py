"""Python text as a light tree: the nodes of tree-sitter in one list, in order, so that a region is a slice of it."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import parse
from ambient_lsp.analyzers.recent import recent
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node as RawNode

    from ambient_lsp.model import Span

_MOST_NODES = 400_000
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_BROKEN = frozenset({"ERROR", "MISSING"})
SCOPES = frozenset({"function_definition", "class_definition", "lambda"})
COMPREHENSIONS = frozenset(
    {"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"}
)


_NO_NODES: list[Node] = []
"""The children of every leaf: most nodes are one, and a list for each would be the most of all objects."""


class Node:
    """A named node, or an operator. `start` and `end` are offsets; `last` is the index of the last node inside."""

    __slots__ = ("children", "code", "end", "field", "index", "last", "parent", "start", "type")

    def __init__(
        self, code: Code, parent: Node | None, kind: str, field: str | None, start: int, end: int, index: int
    ) -> None:
        self.code = code
        self.parent = parent
        self.type = kind
        self.field = field
        self.start = start
        self.end = end
        self.index = index
        self.last = index
        self.children: list[Node] = _NO_NODES

    @property
    def text(self) -> str:
        """The source of the node."""
        return self.code.text[self.start : self.end]

    def get(self, field: str) -> Node | None:
        """Return the first child in a field."""
        for child in self.children:
            if child.field == field:
                return child
        return None

    def ancestors(self) -> Iterator[Node]:
        """Yield parent, grandparent and so on up to the module."""
        above = self.parent
        while above is not None:
            yield above
            above = above.parent

    def walk(self) -> list[Node]:
        """Return the node and all in it, parents before children."""
        return self.code.nodes[self.index : self.last + 1]

    def own(self) -> Iterator[Node]:
        """Yield the node and what is in it, but for the insides of functions, classes and lambdas in it."""
        nodes = self.code.nodes
        index = self.index
        while index <= self.last:
            node = nodes[index]
            yield node
            index = node.last + 1 if node.type in SCOPES and node is not self else index + 1

    def holds(self, other: Node) -> bool:
        """Return whether the other node is this one or inside of it."""
        return self.index <= other.index <= self.last


class Function:
    """A function. `name` is dotted ("Class.method", "outer.inner"); `symbol` that of the outermost function around."""

    __slots__ = ("body", "is_async", "kinds", "name", "node", "symbol")

    def __init__(self, node: Node, body: Node) -> None:
        names = [node, *(above for above in node.ancestors() if above.type in SCOPES)]
        outer = [above for above in names if above.type == "function_definition"][-1]
        self.node = node
        self.body = body
        self.name = _dotted(names)
        self.symbol = _dotted(names[names.index(outer) :])
        self.is_async = node.code.text.startswith("async", node.start)
        self.kinds: dict[str, object] = {}

    @property
    def nested(self) -> bool:
        """Whether another function holds it."""
        return self.name != self.symbol


class Code:
    """A parsed module. `uses` maps a name to its uses as a variable, in order; attributes and keywords are none.

    `named` maps a dotted name to the functions of that name, `bound` maps a name to the scopes that bind it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = Lines(text)
        self.nodes: list[Node] = []
        self.uses: dict[str, list[Node]] = {}
        # One character of a stand-in for each that is not ASCII: then tree-sitter's bytes are offsets in the text.
        tree = parse(text if text.isascii() else _NOT_ASCII.sub("_", text))
        self.broken = tree.root_node.has_error
        self.root = self._build(tree.root_node)
        self.functions = self._functions()
        self.attributes: dict[tuple[int, str], object] = {}
        self.constants: dict[str, Node] | None = None
        self.named: dict[str, list[Function]] = {}
        for function in self.functions:
            self.named.setdefault(function.name, []).append(function)
        self.bound = self._bound()
        self._by_node = {function.node.index: function for function in self.functions}
        self.imports = _imports(self)
        self.classes = {
            name.text: node
            for node in self.nodes
            if node.type == "class_definition" and (name := node.get("name")) is not None
        }

    def span(self, node: Node) -> Span:
        """Return where a node is."""
        return self.lines.span(node.start, node.end)

    def _bound(self) -> dict[str, set[int]]:
        """Return for each name the scopes that bind it, by the indexes of their nodes."""
        found: dict[str, set[int]] = {}
        for name, uses in self.uses.items():
            for use in uses:
                if (scope := _binding_scope(use)) is not None:
                    found.setdefault(name, set()).add(scope.index)
        return found

    def is_bound(self, name: str, node: Node) -> bool:
        """Return whether a name means something else at a node than what Python itself gives it."""
        if name in self.imports:
            return True
        scopes = self.bound.get(name)
        return scopes is not None and any(above.index in scopes for above in node.ancestors())

    def function_at(self, node: Node) -> Function | None:
        """Return the innermost function around a node."""
        for above in node.ancestors():
            if above.type == "function_definition":
                return self._by_node.get(above.index)
        return None

    def uses_in(self, name: str, region: Node) -> list[Node]:
        """Return the uses of a variable inside a region, those in nested functions too."""
        uses = self.uses.get(name, [])
        start = bisect_left(uses, region.index, key=_index)
        return uses[start : bisect_left(uses, region.last + 1, key=_index)]

    def _build(self, raw: RawNode) -> Node:
        """Make our nodes of tree-sitter's: those with a name, and operators, which have a field."""
        text, nodes = self.text, self.nodes
        cursor = raw.walk()
        root = above = Node(self, None, "module", None, 0, len(text), 0)
        nodes.append(root)
        going = cursor.goto_first_child()
        while going:
            current = cursor.node
            field = cursor.field_name
            if current is None or not (current.is_named or field):
                going = cursor.goto_next_sibling()
            else:
                node = Node(self, above, current.type, field, current.start_byte, current.end_byte, len(nodes))
                if len(nodes) < _MOST_NODES:
                    nodes.append(node)
                    if above.children is _NO_NODES:
                        above.children = [node]
                    else:
                        above.children.append(node)
                if cursor.goto_first_child():
                    above = node
                    continue
                going = cursor.goto_next_sibling()
            while not going:
                if not cursor.goto_parent() or above is root:
                    break
                above.last = len(nodes) - 1
                above = above.parent or root
                going = cursor.goto_next_sibling()
            else:
                continue
            break
        root.last = len(nodes) - 1
        for node in nodes:
            if node.type == "identifier" and is_variable(node):
                self.uses.setdefault(node.text, []).append(node)
        return root

    def _functions(self) -> tuple[Function, ...]:
        """Return the functions that are whole; what is half typed is left alone."""
        broken = [node.index for node in self.nodes if node.type in _BROKEN] if self.broken else []
        return tuple(
            Function(node, body)
            for node in self.nodes
            if node.type == "function_definition"
            and (body := node.get("body")) is not None
            and not any(node.index <= one <= node.last for one in broken)
        )


@recent(characters=100_000)
def read(text: str) -> Code:
    """Return the tree of a module; the last few are kept. Never raises on broken text."""
    return Code(text)


def dotted(node: Node | None) -> str:
    """Return `a.b.c` for such an expression; empty for any other."""
    parts: list[str] = []
    while node is not None and node.type == "attribute":
        name = node.get("attribute")
        parts.append(name.text if name is not None else "")
        node = node.get("object")
    return ".".join([node.text, *reversed(parts)]) if node is not None and node.type == "identifier" else ""


def called(node: Node | None) -> str:
    """Return the dotted name that a call calls; empty for what is none."""
    return dotted(node.get("function")) if node is not None and node.type == "call" else ""


def origin(node: Node | None) -> str:
    """Return the full name of what a name or a call stands for, through the module's imports."""
    if node is None:
        return ""
    name = called(node) if node.type == "call" else dotted(node)
    first, dot, rest = name.partition(".")
    return node.code.imports.get(first, first) + dot + rest


def builtin(node: Node | None) -> str:
    """Return the name of the builtin function that a call calls; empty where the module has another of that name."""
    name = called(node)
    return "" if node is None or "." in name or not name or node.code.is_bound(name, node) else name


def method(node: Node | None) -> tuple[Node, str] | None:
    """Return (receiver, name) of the call of a method or of a module's function."""
    function = node.get("function") if node is not None and node.type == "call" else None
    if function is None or function.type != "attribute":
        return None
    receiver, name = function.get("object"), function.get("attribute")
    return None if receiver is None or name is None else (receiver, name.text)


def arguments(call: Node) -> list[Node]:
    """Return the arguments of a call as written; a lone generator expression is one too. Comments are none."""
    given = call.get("arguments")
    if given is None:
        return []
    return [given] if given.type == "generator_expression" else [one for one in given.children if one.type != "comment"]


def only_argument(call: Node) -> Node | None:
    """Return the argument of a call with exactly one, which is positional."""
    given = arguments(call)
    return given[0] if len(given) == 1 and given[0].type not in _NOT_PLAIN else None


def plain_arguments(call: Node) -> bool:
    """Return whether all arguments are positional, none unpacked."""
    return all(one.type not in _NOT_PLAIN for one in arguments(call))


def bare(node: Node | None) -> Node | None:
    """Return what is inside of parentheses."""
    while node is not None and node.type == "parenthesized_expression":
        inside = [child for child in node.children if child.type != "comment"]
        node = inside[0] if len(inside) == 1 else None
    return node


def statements(block: Node | None) -> list[Node]:
    """Return the statements of a block, without comments."""
    return [] if block is None else [child for child in block.children if child.type != "comment"]


def expression_of(statement: Node) -> Node | None:
    """Return the expression or assignment that a statement consists of."""
    if statement.type != "expression_statement" or len(statement.children) != 1:
        return None
    return statement.children[0]


def membership(node: Node) -> tuple[Node, Node] | None:
    """Return (item, container) of `item in container` or `item not in container`."""
    if node.type != "comparison_operator" or len(node.children) != 3:
        return None
    left, operator, right = node.children
    return (left, right) if operator.type in {"in", "not in"} else None


def own_attributes(region: Node, name: str) -> list[Node]:
    """Return each `self.name` in a class or a part of it."""
    found = []
    for use in region.code.uses_in("self", region):
        above = use.parent
        attribute = above.get("attribute") if above is not None and above.type == "attribute" else None
        if above is not None and attribute is not None and attribute.text == name:
            found.append(above)
    return found


def has_comment(node: Node) -> bool:
    """Return whether there is a comment anywhere in a node."""
    return any(part.type == "comment" for part in node.walk())


_NOT_PLAIN = frozenset({"keyword_argument", "list_splat", "dictionary_splat"})
_TARGETS = frozenset({"parameters", "typed_parameter", "pattern_list", "tuple_pattern", "list_splat_pattern",
                      "dictionary_splat_pattern", "as_pattern_target", "lambda_parameters",
                      "global_statement"})  # fmt: skip
_BINDERS = _TARGETS | {"assignment", "function_definition", "class_definition", "default_parameter",
                       "typed_default_parameter", "for_statement", "for_in_clause", "named_expression"}  # fmt: skip


def _binding_scope(use: Node) -> Node | None:
    """Return the scope in which a use of a name binds it; None for one that only reads."""
    above = use.parent
    if above is None or above.type not in _BINDERS:
        return None
    if use.field not in {"left", "name"} and above.type not in _TARGETS:
        return None
    scopes = [one for one in use.ancestors() if one.type in SCOPES or one.type == "module"]
    # The name of a function belongs to what is around it.
    return scopes[1] if above.type in SCOPES and use.field == "name" else scopes[0]


def _index(node: Node) -> int:
    return node.index


def is_variable(node: Node) -> bool:
    """Return whether an identifier stands for a variable, not for an attribute or a keyword."""
    above = node.parent
    if above is None:
        return True
    if above.type == "attribute":
        return node.field == "object"
    return not (above.type == "keyword_argument" and node.field == "name")


def _dotted(names: list[Node]) -> str:
    return ".".join(name.text for node in reversed(names) if (name := node.get("name")) is not None)


def _imports(code: Code) -> dict[str, str]:
    """Return what each imported name stands for: `np` is `numpy`, `sleep` is `time.sleep`."""
    found: dict[str, str] = {}
    for node in code.nodes:
        if node.type == "import_statement":
            for child in node.children:
                name, alias = child.get("name"), child.get("alias")
                if name is not None and alias is not None:
                    found[alias.text] = name.text
                else:
                    first = child.text.partition(".")[0]
                    found[first] = first
        elif node.type == "import_from_statement":
            module = node.get("module_name")
            for child in node.children:
                if child.field != "name" or module is None:
                    continue
                name, alias = child.get("name"), child.get("alias")
                source = name.text if name is not None and alias is not None else child.text
                found[alias.text if alias is not None else source] = f"{module.text}.{source}"
    return found
