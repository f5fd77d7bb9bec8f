"""What a pattern may ask about one file: what names stand for, what constants are worth, what is where.

Everything is read from one tree-sitter query, so that half-typed text works too. Names are resolved through imports
and through simple assignments: with `s = requests.Session()`, `s.get` is `requests.Session().get`. What is not
certain has the name "" and the value `UNKNOWN`.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left, bisect_right
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.base import parse
from ambient_lsp.analyzers.patterns.folding import UNKNOWN, fold
from ambient_lsp.model import Span
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node, Query

_KINDS = (
    "call", "assignment", "augmented_assignment", "named_expression", "comparison_operator", "boolean_operator",
    "import_statement", "import_from_statement", "function_definition", "class_definition", "decorated_definition",
    "for_statement", "as_pattern", "except_clause", "if_statement", "while_statement", "parameters",
    "lambda_parameters", "pair", "return_statement", "assert_statement", "keyword_argument", "string",
    "expression_statement", "global_statement", "nonlocal_statement",
)  # fmt: skip
_BEGINNING = re.compile(r"[a-zA-Z]*(?:\"{3}|'{3}|\"|')([^\"'{}\\]*)")
_DEPTH = 6
_MOST_VALUES = 8
_DEEPEST = 60
_SIMPLE = ("identifier", "attribute")


class Module:
    """One file. Nodes of a kind are in `nodes(kind)`, in the order of the text."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.tree = parse(text)
        self._captured = _captures(self.tree.root_node)
        self._lines = Lines(text)
        scopes = [*self.nodes("function_definition"), *self.nodes("class_definition")]
        self._scopes = sorted(scopes, key=lambda node: node.start_byte)
        self._starts = [node.start_byte for node in self._scopes]
        self._outer = list(_outer(self._scopes))
        self._names: dict[int, str] = {}
        self._deep = 0
        self._places: dict[str, list[int]] = {}

    def nodes(self, kind: str) -> list[Node]:
        """Return the nodes of a kind, but for those that hold broken text."""
        return self._captured.get(kind, [])

    def span(self, node: Node) -> Span:
        """Return where a node is, in code points."""
        return Span(*self._position(node.start_point), *self._position(node.end_point))

    def scope(self, node: Node) -> Node | None:
        """Return the innermost function or class that holds a node; None at module level."""
        start, end = node.start_byte, node.end_byte
        index = bisect_right(self._starts, start) - 1
        while index >= 0:
            scope = self._scopes[index]
            if end <= scope.end_byte and (start, end) != (scope.start_byte, scope.end_byte):
                return scope
            index = self._outer[index]
        return None

    def function(self, node: Node) -> Node | None:
        """Return the innermost function that holds a node."""
        scope = self.scope(node)
        while scope is not None and scope.type != "function_definition":
            scope = self.scope(scope)
        return scope

    def inside(self, kind: str, node: Node) -> list[Node]:
        """Return the nodes of a kind that lie inside another."""
        starts = self._places.get(kind)
        if starts is None:
            starts = self._places[kind] = [one.start_byte for one in self.nodes(kind)]
        first, last = bisect_left(starts, node.start_byte), bisect_left(starts, node.end_byte)
        return [one for one in self.nodes(kind)[first:last] if one.end_byte <= node.end_byte]

    @cached_property
    def imports(self) -> dict[str, str]:
        """Every name that an import anywhere in the file binds, and what it stands for."""
        bound: dict[str, str] = {}
        for node in self.nodes("import_statement"):
            for item in node.children_by_field_name("name"):
                full = code(item.child_by_field_name("name") or item)
                alias = item.child_by_field_name("alias")
                _bind(bound, code(alias) if alias else full.split(".")[0], full if alias else full.split(".")[0], node)
        for node in self.nodes("import_from_statement"):
            source = node.child_by_field_name("module_name")
            if source is None or source.type == "relative_import":
                continue
            for item in node.children_by_field_name("name"):
                name = code(item.child_by_field_name("name") or item)
                alias = item.child_by_field_name("alias")
                _bind(bound, code(alias) if alias else name, f"{code(source)}.{name}", node)
        return bound

    @cached_property
    def imported(self) -> frozenset[str]:
        """The top-level packages that the file imports."""
        return frozenset(full.split(".")[0] for full in self.imports.values())

    def name(self, node: Node | None) -> str:
        """Return the full dotted name of an expression, `()` standing for a call; "" where it is not certain."""
        if node is None:
            return ""
        known = self._names.get(node.id)
        if known is None:
            self._names[node.id] = ""  # for a name that is made from itself
            self._deep += 1
            known = self._names[node.id] = self._name(node) if self._deep < _DEEPEST else ""
            self._deep -= 1
        return known

    def _name(self, node: Node) -> str:
        if node.type == "attribute":
            bound = self._bound(node)
            if bound is not None:
                return self._instance(bound)
            attribute = node.child_by_field_name("attribute")
            if _OF_BASE.fullmatch(code(node)):
                return self._base(node)
            owner = self.name(node.child_by_field_name("object"))
            if code(attribute) == "__init__" and owner and not owner.endswith(")"):
                return owner
            return f"{owner}.{code(attribute)}" if owner else ""
        if node.type == "call":
            called = self.name(node.child_by_field_name("function"))
            if called == "contextlib.closing" or called.endswith(".enter_context"):
                arguments = node.child_by_field_name("arguments")
                return self.name(arguments.named_children[0]) if arguments and arguments.named_children else ""
            return self._looked_up(node) if called == "getattr" else f"{called}()" if called else ""
        if node.type in ("await", "parenthesized_expression") and node.named_children:
            return self.name(node.named_children[0])
        if node.type == "subscript":
            return self.name(self.element(node))
        if node.type == "binary_operator":  # a path and a name make a path
            left = self.name(node.child_by_field_name("left"))
            return left if left == "pathlib.Path()" else ""
        if node.type != "identifier":
            return ""
        bound = self._bound(node)
        if bound == [None]:
            return self.name(self._default(node))
        if bound is not None:
            return self._instance(bound)
        return self.imports.get(code(node), code(node))

    def _base(self, node: Node) -> str:
        """Return the name of the only base of the class around a node, whose constructor `super().__init__` is."""
        scope = self.scope(node)
        while scope is not None and scope.type != "class_definition":
            scope = self.scope(scope)
        bases = scope.child_by_field_name("superclasses") if scope is not None else None
        named = [one for one in bases.named_children if one.type in ("identifier", "attribute")] if bases else []
        return self.name(named[0]) if len(named) == 1 else ""

    def _looked_up(self, node: Node) -> str:
        """Return `hashlib.sha1` for `getattr(hashlib, "sha1")`."""
        arguments = node.child_by_field_name("arguments")
        given = arguments.named_children if arguments is not None else []
        attribute = self.value(given[1]) if len(given) > 1 else UNKNOWN
        owner = self.name(given[0]) if given else ""
        return f"{owner}.{attribute}" if owner and isinstance(attribute, str) else ""

    def value(self, node: Node | None, depth: int = _DEPTH) -> Any:
        """Return what a constant expression is worth, names that are assigned once included; else `UNKNOWN`."""
        if node is None or not depth:
            return UNKNOWN
        if node.type == "identifier":
            bound = self._bound(node)
            only = bound[0] if bound is not None and len(bound) == 1 else None
            if bound is not None and len(bound) == 1 and (only is None or only.type == "type"):
                # What callers may give is not known; but the name of an algorithm is seldom given.
                usual = self.value(self._default(node), depth - 1)
                return usual if isinstance(usual, str) and usual else UNKNOWN
            return UNKNOWN if only is None else self.value(only, depth - 1)
        if node.type == "attribute":
            bound = self._bound(node)
            only = bound[0] if bound is not None and len(bound) == 1 else None
            return self.value(only, depth - 1)
        if node.type == "subscript":
            return self.value(self.element(node), depth - 1)
        return fold(node, lambda part: self.value(part, depth - 1))

    def beginning(self, node: Node | None, depth: int = _DEPTH) -> str:
        """Return how a text surely begins; "" where that is not known."""
        node = self.origin(node)
        if node is None or not depth:
            return ""
        known = self.value(node)
        if isinstance(known, str):
            return known
        if node.type == "string":
            start = _BEGINNING.match(code(node))
            return start[1] if start is not None else ""
        if node.type == "binary_operator":
            head = self.beginning(node.child_by_field_name("left"), depth - 1)
            sign = node.child_by_field_name("operator")
            return f"{head}/" if head and sign is not None and sign.type == "/" else head
        function = node.child_by_field_name("function") if node.type == "call" else None
        if function is None:
            return ""
        attribute = function.child_by_field_name("attribute")
        arguments = node.child_by_field_name("arguments")
        first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
        if code(attribute) == "format":
            start = _BEGINNING.match(code(function.child_by_field_name("object")))
            return start[1] if start is not None else ""
        if self.name(function) == "tempfile.gettempdir":
            return "/tmp"  # noqa: S108
        if self.name(function) in ("os.path.join", "pathlib.Path", "str", "os.fspath"):
            head = self.beginning(first, depth - 1)
            return f"{head.rstrip('/')}/" if head and len(arguments.named_children if arguments else ()) > 1 else head
        return ""

    def element(self, node: Node) -> Node | None:
        """Return what a subscript with a constant key takes out of a dictionary that stands in the code."""
        keys = node.children_by_field_name("subscript")
        table = self.origin(node.child_by_field_name("value"))
        if len(keys) != 1 or table is None or table.type != "dictionary":
            return None
        key = self.value(keys[0])
        pairs = [one for one in table.named_children if one.type == "pair"]
        found = [one for one in pairs if key is not UNKNOWN and self.value(one.child_by_field_name("key")) == key]
        return found[-1].child_by_field_name("value") if found else None

    def origin(self, node: Node | None) -> Node | None:
        """Return the expression that a name got its only value from; any other node as it is."""
        for _ in range(_DEPTH):
            bound = self._bound(node) if node is not None and node.type in _SIMPLE else None
            if bound is None or len(bound) != 1 or bound[0] is None or bound[0].type == "type":
                break
            node = bound[0]
        return node

    def _instance(self, bound: list[Node | None]) -> str:
        """Return what a name stands for that is bound to these; "" unless all agree."""
        names = set()
        for value in bound[:_MOST_VALUES]:
            if value is not None and value.type == "type":
                names.add(f"{self.name(value.named_children[0])}()")
            elif value is None or value.type != "none":
                names.add(self.name(value))
        return names.pop() if len(names) == 1 and names != {"()"} and len(bound) <= _MOST_VALUES else ""

    def _default(self, node: Node) -> Node | None:
        """Return the function that a parameter stands for unless a caller says otherwise."""
        function = self.function(node)
        parameters = function.child_by_field_name("parameters") if function is not None else None
        for parameter in parameters.named_children if parameters is not None else ():
            value = parameter.child_by_field_name("value")
            if value is not None and code(parameter.child_by_field_name("name")) == code(node):
                return value
        return None

    def _bound(self, node: Node) -> list[Node | None] | None:
        """Return what a name is assigned where `node` sees it; None for a name that no assignment binds."""
        if node.type == "attribute":
            return self._of_self(node) if code(node).startswith(("self.", "cls.")) else self._of_class(node)
        name = code(node)
        scope = self.scope(node)
        own = True
        while scope is not None:
            if scope.type == "function_definition" or own:
                bound = self._bindings.get((scope.start_byte, name))
                if bound is not None:
                    return bound
            own = False
            scope = self.scope(scope)
        return None if name in self.imports else self._bindings.get((-1, name))

    def _of_self(self, node: Node) -> list[Node | None] | None:
        """Return what an attribute of `self` is set to in any method, or in the body of the class."""
        bound = self._bindings.get((-2, code(node)))
        scope = self.scope(node)
        while bound is None and scope is not None:
            if scope.type == "class_definition":
                return self._bindings.get((scope.start_byte, code(node).partition(".")[2]))
            scope = self.scope(scope)
        return bound

    def _of_class(self, node: Node) -> list[Node | None] | None:
        """Return what `Class.attribute` is set to in the body of a class of this file."""
        owner, _, attribute = code(node).rpartition(".")
        start = self._classes.get(owner)
        return self._bindings.get((start, attribute)) if start is not None else None

    @cached_property
    def _classes(self) -> dict[str, int]:
        return {code(node.child_by_field_name("name")): node.start_byte for node in self.nodes("class_definition")}

    @cached_property
    def _bindings(self) -> dict[tuple[int, str], list[Node | None]]:
        bindings: dict[tuple[int, str], list[Node | None]] = {}
        for target, value in self._assigned():
            if target.type == "identifier":
                scope = self.scope(target)
                bindings.setdefault((-1 if scope is None else scope.start_byte, code(target)), []).append(value)
            elif target.type == "attribute":
                bindings.setdefault((-2, code(target)), []).append(value)
            else:
                for part in _changed(target):
                    scope = self.scope(part)
                    bindings.setdefault((-1 if scope is None else scope.start_byte, code(part)), []).append(None)
        return bindings

    def _assigned(self) -> Iterator[tuple[Node, Node | None]]:
        for kind, target, value in _BINDERS:
            for node in self.nodes(kind):
                left = node.child_by_field_name(target)
                right = node.child_by_field_name(value) if value else None
                # `x: int` alone binds nothing.
                if left is not None and (right is not None or not value):
                    yield left, right
        for node in self.nodes("as_pattern"):
            alias = node.child_by_field_name("alias")
            if alias is not None and alias.named_children:
                yield alias.named_children[0], node.named_children[0]
        for kind in ("parameters", "lambda_parameters"):
            for node in self.nodes(kind):
                yield from _parameters(node)
        for kind in ("global_statement", "nonlocal_statement"):
            for node in self.nodes(kind):
                yield from ((name, None) for name in node.named_children)

    def _position(self, point: tuple[int, int]) -> tuple[int, int]:
        line, column = point
        head = self._lines.line(line).encode("utf-8", "replace")[:column]
        return line, len(head.decode("utf-8", "replace"))


_OF_BASE = re.compile(r"super\([\w, ]*\)\.__init__")
_BINDERS = (
    ("assignment", "left", "right"),
    ("augmented_assignment", "left", ""),
    ("named_expression", "name", "value"),
    ("for_statement", "left", ""),
)


def _bind(bound: dict[str, str], name: str, full: str, statement: Node) -> None:
    """Note what an import binds. What only an `ImportError` brings is not there where Python itself has the first."""
    before = bound.get(name, "").split(".")[0]
    if before not in sys.stdlib_module_names or not _is_fallback(statement):
        bound[name] = full


def _is_fallback(statement: Node) -> bool:
    """Whether an import stands right in `except ImportError:`."""
    block = statement.parent
    clause = block.parent if block is not None else None
    return clause is not None and clause.type == "except_clause" and _NOT_THERE.match(code(clause)) is not None


_NOT_THERE = re.compile(r"except\s*\(?\s*(ImportError|ModuleNotFoundError)\b")


def _outer(scopes: list[Node]) -> Iterator[int]:
    """Yield for each scope the place of the one around it; -1 for those at the top."""
    open_ones: list[int] = []
    for index, scope in enumerate(scopes):
        while open_ones and scopes[open_ones[-1]].end_byte < scope.end_byte:
            open_ones.pop()
        yield open_ones[-1] if open_ones else -1
        open_ones.append(index)


def code(node: Node | None) -> str:
    """Return a node's source."""
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""


def identifiers(node: Node) -> Iterator[Node]:
    """Yield the plain names in a node."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current.type == "identifier":
            yield current
        waiting += current.named_children


def _changed(target: Node) -> Iterator[Node]:
    """Yield the names that an assignment to a tuple, a subscript or the like changes; an index stays as it is."""
    waiting = [target]
    while waiting:
        current = waiting.pop()
        owner = current.child_by_field_name("value") if current.type == "subscript" else None
        if current.type == "identifier":
            yield current
        waiting += [owner] if owner is not None else current.named_children


def _parameters(node: Node) -> Iterator[tuple[Node, Node | None]]:
    """Yield each parameter with its type, which tells what its methods are."""
    for parameter in node.named_children:
        typed = parameter.type == "typed_parameter" and parameter.named_children
        first = parameter.named_children[0] if typed else parameter
        name = parameter.child_by_field_name("name") or next(identifiers(first), None)
        if name is not None and name.type == "identifier":
            # The body sees it, so it belongs to the function and not to what is around it: the node of the
            # parameters lies inside the function's own.
            yield name, parameter.child_by_field_name("type")


def _captures(root: Node) -> dict[str, list[Node]]:
    from tree_sitter import QueryCursor

    captured = QueryCursor(_query()).captures(root)
    if root.has_error:
        captured = {kind: [node for node in nodes if not node.has_error] for kind, nodes in captured.items()}
    return {kind: sorted(nodes, key=lambda node: node.start_byte) for kind, nodes in captured.items()}


@cache
def _query() -> Query:
    # Imported here because only a process that analyses Python needs the grammar.
    import tree_sitter_python
    from tree_sitter import Language, Query

    language = Language(tree_sitter_python.language())
    return Query(language, "\n".join(f"({kind}) @{kind}" for kind in _KINDS))
