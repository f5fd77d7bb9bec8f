"""A module's syntax, parsed once with libcst: positions, parents and functions, for analyzers that rewrite.

libcst reads the newest syntax on any host Python. A file that does not parse (half typed) has no `Syntax`, and then an
analyzer finds nothing in it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache, cached_property
from typing import TYPE_CHECKING, TypeGuard, cast

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from ambient_lsp.analyzers.recent import recent
from ambient_lsp.analyzers.source import read
from ambient_lsp.model import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Change = cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]
REMOVE = cst.RemovalSentinel.REMOVE
Block = cst.IndentedBlock | cst.Module
_SCOPES = (cst.FunctionDef, cst.ClassDef, cst.Lambda)
Loop = cst.For | cst.While


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `qualname` is dotted ("Class.method", "outer.inner"); `nested`: whether a function holds it."""

    qualname: str
    node: cst.FunctionDef
    nested: bool
    in_class: bool


class Syntax:
    """A parsed module. Nodes are compared by identity; `code` renders one of them.

    Positions and parents are worked out when somebody first asks for them: most files have nothing to be found.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._parsed = text
        # The parser shares no node, so the copy that libcst makes to be sure of that is not needed.
        self._wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        self.module = self._wrapper.module
        self.functions = tuple(_functions(self.module, "", nested=False, in_class=False))

    @cached_property
    def _positions(self) -> Mapping[cst.CSTNode, CodeRange]:
        # `resolve` asks the provider just so, and then walks the whole tree once more for providers that nobody named.
        return cast("Mapping[cst.CSTNode, CodeRange]", PositionProvider()._gen(self._wrapper))

    @cached_property
    def _headers(self) -> Mapping[cst.CSTNode, Span]:
        """Where the names of functions are, told by the other parser: its tree has all places, and takes no time."""
        source = read(self._parsed)
        if [one.name for one in source.functions] != [one.node.name.value for one in self.functions]:
            return {}  # it sees another program than libcst does
        named = [one.node.child_by_field_name("name") or one.node for one in source.functions]
        return {one.node: source.span(name) for one, name in zip(self.functions, named, strict=True)}

    @cached_property
    def _parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        # libcst's own provider runs a visitor over the tree, which takes ten times as long.
        return {child: node for node in walk(self.module) for child in children(node)}

    def span(self, node: cst.CSTNode) -> Span:
        """Return where a node is, without its decorating white space."""
        place = self._positions[node]
        return Span(place.start.line - 1, place.start.column, place.end.line - 1, place.end.column)

    def header(self, node: cst.FunctionDef | cst.ClassDef) -> Span:
        """Return where a definition's name is, which is what an editor should underline."""
        return self._headers.get(node) or self.span(node.name)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the node that holds this one; None for the module."""
        return self._parents.get(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield parent, grandparent and so on up to the module."""
        above = self._parents.get(node)
        while above is not None:
            yield above
            above = self._parents.get(above)

    def code(self, node: cst.CSTNode) -> str:
        """Return the source of a node."""
        return self.module.code_for_node(node)

    def lines(self, node: cst.CSTNode) -> int:
        """Return on how many lines a node stands."""
        span = self.span(node)
        return span.end_line - span.start_line + 1

    def function_of(self, node: cst.CSTNode) -> Function | None:
        """Return the innermost function around a node."""
        around = {id(above) for above in self.ancestors(node)} | {id(node)}
        inside = [function for function in self.functions if id(function.node) in around]
        return inside[-1] if inside else None

    def symbol(self, node: cst.CSTNode) -> str:
        """Return the dotted name of the innermost function around a node; empty at module level."""
        function = self.function_of(node)
        return function.qualname if function else ""

    def rewritten(self, changes: Mapping[cst.CSTNode, Change]) -> str:
        """Return the module's text with nodes of it replaced, all at once; the sentinel `REMOVE` takes one out."""
        return self.module.visit(_Replacer(changes)).code


class _Replacer(cst.CSTTransformer):
    """Swaps nodes by identity. A replaced node's own inside is not visited: what replaces it is final."""

    def __init__(self, changes: Mapping[cst.CSTNode, Change]) -> None:
        super().__init__()
        self._changes = changes

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node not in self._changes

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Change:  # type: ignore[override]
        return self._changes.get(original_node, updated_node)


@recent(characters=100_000)
def parse(text: str) -> Syntax | None:
    """Return the module's syntax; None when it does not parse. The last few are kept: several rules read one file."""
    try:
        return Syntax(text)
    except (cst.ParserSyntaxError, RecursionError, ValueError):
        return None


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Return a node's parts in the order of its fields, but for plain white space, which holds nothing.

    libcst's own `children` runs a visitor, ten times as slow.
    """
    found: list[cst.CSTNode] = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        kind = type(value)
        if kind is list or kind is tuple:
            found += [one for one in value if _is_part(type(one))]
        elif _is_part(kind):
            found.append(value)
    return found


_KINDS: dict[type, bool] = {}
"""Whether a type is one of parts, asked once for each: the classes are abstract ones, whose `isinstance` is slow."""


def _is_part(kind: type) -> bool:
    known = _KINDS.get(kind)
    if known is None:
        known = issubclass(kind, cst.CSTNode) and not issubclass(kind, cst.SimpleWhitespace | cst.Newline)
        _KINDS[kind] = known
    return known


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield a node and everything in it, parents before children."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += reversed(children(current))


def walk_scope(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield a node and what is in it, but for the insides of functions, classes and lambdas in it."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        if current is node or not isinstance(current, _SCOPES):
            waiting += reversed(children(current))


def statements(body: cst.BaseSuite) -> tuple[cst.BaseStatement, ...] | None:
    """Return the statements of an indented block; None for one on the header's line."""
    return tuple(body.body) if isinstance(body, cst.IndentedBlock) else None


def only_statement(statement: cst.CSTNode) -> cst.BaseSmallStatement | None:
    """Return the small statement of a line that holds just one."""
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        return statement.body[0]
    return None


def leaves(statement: cst.CSTNode) -> bool:
    """Return whether control never goes past this statement: return, raise, continue or break at its end."""
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(
        statement.body[-1], cst.Return | cst.Raise | cst.Continue | cst.Break
    )


def is_docstring(statement: cst.CSTNode) -> bool:
    """Return whether a statement is just a string."""
    small = only_statement(statement)
    return isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString | cst.ConcatenatedString)


def is_name(node: cst.CSTNode | None, value: str) -> bool:
    """Return whether a node is this name."""
    return isinstance(node, cst.Name) and node.value == value


def called_name(node: cst.CSTNode) -> str:
    """Return the dotted name that a call calls; empty when it is not a plain name, or not a call."""
    return dotted(node.func) if isinstance(node, cst.Call) else ""


def dotted(node: cst.CSTNode) -> str:
    """Return `a.b.c` for such an expression; empty for any other."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr.value}" if before else ""
    return ""


def has_comment(node: cst.CSTNode) -> bool:
    """Return whether there is a comment anywhere in a node."""
    return any(isinstance(part, cst.Comment) for part in walk(node))


def comments_in(lines: object) -> bool:
    """Return whether any of these empty lines holds a comment."""
    return isinstance(lines, list | tuple) and any(
        isinstance(line, cst.EmptyLine) and line.comment is not None for line in lines
    )


def is_plain_call(node: cst.CSTNode, name: str, arguments: int) -> TypeGuard[cst.Call]:
    """Return whether a node is `name(...)` with exactly that many positional arguments and nothing else."""
    return (
        isinstance(node, cst.Call)
        and is_name(node.func, name)
        and len(node.args) == arguments
        and all(argument.keyword is None and not argument.star for argument in node.args)
    )


def _functions(node: cst.CSTNode, prefix: str, *, nested: bool, in_class: bool) -> Iterator[Function]:
    for child in children(node):
        if isinstance(child, cst.FunctionDef):
            qualname = f"{prefix}{child.name.value}"
            yield Function(qualname, child, nested, in_class)
            yield from _functions(child.body, f"{qualname}.", nested=True, in_class=False)
        elif isinstance(child, cst.ClassDef):
            yield from _functions(child.body, f"{prefix}{child.name.value}.", nested=nested, in_class=True)
        elif isinstance(
            child, cst.BaseCompoundStatement | cst.IndentedBlock | cst.Else | cst.Finally | cst.ExceptHandler
        ):
            yield from _functions(child, prefix, nested=nested, in_class=in_class)
