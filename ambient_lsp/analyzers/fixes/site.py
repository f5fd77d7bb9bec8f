"""The place that a fix is made for: its syntax node, what is around it, and what names mean there."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cache, cached_property
from typing import TYPE_CHECKING

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ambient_lsp.model import RiskLevel, Span

Replacement = cst.CSTNode | cst.FlattenSentinel[cst.BaseStatement]


@dataclass(frozen=True, slots=True)
class Change:
    """A fix of one place: nodes of the module and what stands in their stead.

    `imports` are (module, name) to add and `unused` those to take away if nothing uses them any more; the name is ""
    for `import module`. `risk` says how much harm the change could do, not how bad the weakness is.
    """

    title: str
    reason: str
    risk: RiskLevel
    nodes: Mapping[cst.CSTNode, Replacement]
    imports: tuple[tuple[str, str], ...] = ()
    unused: tuple[tuple[str, str], ...] = ()
    words: frozenset[str] = field(default_factory=frozenset)


class Source:
    """One parsed file. Raises `libcst.ParserSyntaxError` for text that libcst cannot read."""

    def __init__(self, text: str) -> None:
        self.module = cst.parse_module(text)
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        self.ranges: Mapping[cst.CSTNode, CodeRange] = wrapper.resolve(PositionProvider)
        self.parents: Mapping[cst.CSTNode, cst.CSTNode] = _parents(self.module)

    @cached_property
    def imported(self) -> dict[str, str]:
        """Every name that an import anywhere in the file binds, and what it stands for (`np` -> `numpy`)."""
        bound: dict[str, str] = {}
        for node in self.ranges:
            if isinstance(node, cst.Import):
                for alias in node.names:
                    full = dotted(alias.name)
                    bound[_local(alias) or full.split(".")[0]] = full if alias.asname else full.split(".")[0]
            elif isinstance(node, cst.ImportFrom) and node.module is not None and not node.relative:
                for alias in node.names if not isinstance(node.names, cst.ImportStar) else ():
                    bound[_local(alias) or dotted(alias.name)] = f"{dotted(node.module)}.{dotted(alias.name)}"
        return bound

    @cached_property
    def modules(self) -> frozenset[str]:
        """The packages that the file imports from, by their first names."""
        return frozenset(name.partition(".")[0] for name in self.imported.values())

    @cached_property
    def bound(self) -> frozenset[str]:
        """Every name that the file binds anywhere in another way than by an import."""
        found: set[str] = set()
        for node in self.ranges:
            if isinstance(node, cst.Param | cst.FunctionDef | cst.ClassDef):
                found.add(node.name.value)
            elif isinstance(node, cst.AssignTarget | cst.AnnAssign | cst.NamedExpr | cst.For | cst.CompFor):
                found |= _names_of(node.target)
            elif isinstance(node, cst.AsName) and not isinstance(self.parents.get(node), cst.ImportAlias):
                found |= _names_of(node.name)
        return frozenset(found)

    def resolve(self, node: cst.CSTNode) -> str:
        """Return a dotted name with its import put in; empty for anything else."""
        name = dotted(node)
        head, _, rest = name.partition(".")
        full = self.imported.get(head, head)
        return f"{full}.{rest}" if rest else full

    def around(self, span: Span, kind: type[cst.CSTNode]) -> cst.CSTNode | None:
        """Return the smallest node of a kind that holds `span`."""
        holding = [
            (node, where)
            for node, where in self.ranges.items()
            if isinstance(node, kind)
            and (where.start.line - 1, where.start.column) <= (span.start_line, span.start_column)
            and (span.end_line, span.end_column) <= (where.end.line - 1, where.end.column)
        ]
        key = lambda item: (item[1].start.line, item[1].start.column, -item[1].end.line, -item[1].end.column)  # noqa: E731
        return max(holding, key=key)[0] if holding else None


@dataclass(frozen=True, slots=True)
class Site:
    """A call to fix. `words` are those of the statement and function around it."""

    source: Source
    call: cst.Call
    words: frozenset[str]

    @property
    def name(self) -> str:
        """What is called, by its full name (`hashlib.md5`), as far as imports tell."""
        return self.resolve(self.call.func)

    def resolve(self, node: cst.BaseExpression) -> str:
        """Return a dotted name with its import put in; empty for anything else."""
        return self.source.resolve(node)

    def above(self, node: cst.CSTNode | None = None) -> Iterator[cst.CSTNode]:
        """Yield the parents of a node (the call, if none is given), the nearest first."""
        node = self.source.parents.get(node or self.call)
        while node is not None:
            yield node
            node = self.source.parents.get(node)

    def nearest(self, kind: type[cst.CSTNode]) -> cst.CSTNode | None:
        """Return the nearest parent of a kind."""
        return next((node for node in self.above() if isinstance(node, kind)), None)


def _parents(module: cst.Module) -> dict[cst.CSTNode, cst.CSTNode]:
    """Return the parent of every node: what libcst's own provider says, without its visitors, which take ten times as
    long and were most of the time of a fix."""
    parents: dict[cst.CSTNode, cst.CSTNode] = {}
    waiting: list[cst.CSTNode] = [module]
    while waiting:
        node = waiting.pop()
        for name in _fields(type(node)):
            value = getattr(node, name)
            for child in value if isinstance(value, list | tuple) else (value,):
                if isinstance(child, cst.CSTNode):
                    parents[child] = node
                    waiting.append(child)
    return parents


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _names_of(target: cst.CSTNode) -> set[str]:
    if isinstance(target, cst.Tuple | cst.List):
        return {name for element in target.elements for name in _names_of(element.value)}
    return {target.value} if isinstance(target, cst.Name) else set()


def dotted(node: cst.CSTNode) -> str:
    """Return `a.b.c` for a name or attribute; empty for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr.value}" if head else ""
    return ""


def literal(node: cst.CSTNode | None) -> str | None:
    """Return the value of a plain string; None for anything else."""
    value = node.evaluated_value if isinstance(node, cst.SimpleString | cst.ConcatenatedString) else None
    return value if isinstance(value, str) else None


def keyword(call: cst.Call, name: str) -> cst.Arg | None:
    """Return the argument that is given by keyword."""
    return next((arg for arg in call.args if arg.keyword is not None and arg.keyword.value == name), None)


def starred(call: cst.Call) -> bool:
    """Whether arguments come from a `*` or `**`, so that not all are known."""
    return any(arg.star for arg in call.args)


def with_keyword(call: cst.Call, name: str, value: str) -> cst.Call:
    """Return the call with a keyword argument set, at its end if it is new, laid out as the others are."""
    expression = cst.parse_expression(value)
    present = keyword(call, name)
    if present is not None:
        new = present.with_changes(value=expression)
        return call.with_changes(args=[new if arg is present else arg for arg in call.args])
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    added = cst.Arg(expression, cst.Name(name), equal)
    if not call.args:
        return call.with_changes(args=[added])
    *head, last = call.args
    spread = isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace) and len(call.args) == 1
    between = (
        cst.Comma(whitespace_after=call.whitespace_before_args)
        if spread
        else head[-1].comma
        if head
        else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    )
    added = added.with_changes(comma=last.comma, whitespace_after_arg=last.whitespace_after_arg)
    last = last.with_changes(comma=between, whitespace_after_arg=cst.SimpleWhitespace(""))
    return call.with_changes(args=[*head, last, added])


def without_argument(call: cst.Call, gone: cst.Arg) -> cst.Call:
    """Return the call without one argument; the layout of the rest stays."""
    index = next(index for index, arg in enumerate(call.args) if arg is gone)
    rest = [*call.args[:index], *call.args[index + 1 :]]
    if rest and index == len(rest):
        rest[-1] = rest[-1].with_changes(comma=gone.comma, whitespace_after_arg=gone.whitespace_after_arg)
    if not rest:
        return call.with_changes(args=[], whitespace_before_args=cst.SimpleWhitespace(""))
    return call.with_changes(args=rest)


def renamed(func: cst.BaseExpression, name: str) -> cst.BaseExpression:
    """Return what is called under another last name: `hashlib.md5` becomes `hashlib.sha256`."""
    return func.with_changes(attr=cst.Name(name)) if isinstance(func, cst.Attribute) else cst.Name(name)


def _local(alias: cst.ImportAlias) -> str:
    return dotted(alias.asname.name) if alias.asname is not None else ""
