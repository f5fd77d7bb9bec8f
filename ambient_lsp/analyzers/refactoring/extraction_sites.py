"""Places that could become one function: where they are, whether they may move, and in what they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.refactoring.flow import Flow, local_names, names_in, parameter_names
from ambient_lsp.analyzers.syntax import Function, Syntax, children, walk, walk_scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ambient_lsp.analyzers.refactoring.duplication import Place

MAX_LITERALS = 3

_PLACE_BOUND = frozenset({"super", "locals", "vars", "dir", "eval", "exec", "globals", "__class__", "breakpoint"})
_REFUSED = (
    cst.Yield, cst.Await, cst.Global, cst.Nonlocal, cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.NamedExpr, cst.Del,
    cst.Import, cst.ImportFrom, cst.Match, cst.Asynchronous, cst.TemplatedString,
)  # fmt: skip
_LITERALS = (cst.Integer, cst.Float, cst.SimpleString)
_LAYOUT = (cst.BaseParenthesizableWhitespace, cst.EmptyLine, cst.TrailingWhitespace, cst.Newline, cst.Comment)
_CONSUMERS = frozenset({"any", "all", "sum", "min", "max", "sorted", "list", "set", "tuple", "dict", "frozenset"})


@dataclass(frozen=True, slots=True)
class Site:
    """One place: statements `first` to `last` (not part) of `block` in `function` of the file `path`."""

    path: str
    syntax: Syntax
    function: Function
    block: cst.IndentedBlock
    first: int
    last: int
    variables: frozenset[str]
    bound: frozenset[str]

    @property
    def body(self) -> Sequence[cst.BaseStatement]:
        """The statements themselves."""
        return tuple(self.block.body[self.first : self.last])


@dataclass(frozen=True, slots=True)
class Shape:
    """What differs between the sites: for each site its name of a variable, and its literal for each position."""

    renamed: tuple[dict[str, str], ...]
    literals: dict[tuple[str, ...], list[cst.CSTNode]]


def site_at(syntax: Syntax, place: Place) -> Site | None:
    """Return the site of a place; None where it is not whole statements of a plain function or method."""
    for function in syntax.functions:
        if function.nested:
            continue
        for block in walk_scope(function.node.body):
            if not isinstance(block, cst.IndentedBlock):
                continue
            starts = [syntax.span(statement).start_line for statement in block.body]
            ends = [syntax.span(statement).end_line for statement in block.body]
            if place.start_line in starts and place.end_line in ends:
                first, last = starts.index(place.start_line), ends.index(place.end_line) + 1
                flow = Flow()
                flow.through(function.node.body.body, parameter_names(function.node))
                bound = flow.before.get(block.body[first])
                if first < last and bound is not None:
                    return Site(place.path, syntax, function, block, first, last, local_names(function.node), bound)
    return None


def is_movable(site: Site) -> bool:
    """Return whether the statements would do the same in a function of their own."""
    syntax = site.syntax
    nodes = [node for statement in site.body for node in walk(statement)]
    for node in nodes:
        if isinstance(node, _REFUSED):
            return False
        if isinstance(node, cst.Name) and (node.value in _PLACE_BOUND or _is_mangled(node.value)):
            return False
        if isinstance(node, cst.Break | cst.Continue) and not _loops_inside(syntax, node, site):
            return False
        if isinstance(node, cst.GeneratorExp) and not _consumed(syntax, node):
            return False
        if isinstance(node, cst.Return) and not (_is_tail(site, node) and node.value is not None):
            return False
        if isinstance(node, cst.ExceptHandler | cst.ExceptStarHandler) and node.name is not None:
            # The name is deleted behind the handler, which `flow` does not follow.
            return False
    names = names_in(site.body)
    closed_over = {
        part.value
        for node in walk(site.function.node.body)
        if isinstance(node, cst.FunctionDef | cst.Lambda)
        for part in walk(node)
        if isinstance(part, cst.Name)
    }
    # A global that the block binds, or a variable that a closure shares with it, would become another one.
    if not names.writes <= site.variables or closed_over & (names.reads | names.writes) & site.variables:
        return False
    return site.function.node.asynchronous is None


def _is_mangled(name: str) -> bool:
    return name.startswith("__") and not name.endswith("__")


def _loops_inside(syntax: Syntax, jump: cst.CSTNode, site: Site) -> bool:
    for above in syntax.ancestors(jump):
        if above is site.block:
            return False
        if isinstance(above, cst.For | cst.While):
            return True
    return False


def _consumed(syntax: Syntax, generator: cst.GeneratorExp) -> bool:
    """Return whether a generator is used up at once, so that nothing of it outlives the statement."""
    argument = syntax.parent(generator)
    call = syntax.parent(argument) if argument is not None else None
    if not isinstance(argument, cst.Arg) or not isinstance(call, cst.Call):
        return False
    if isinstance(call.func, cst.Name):
        return call.func.value in _CONSUMERS
    return isinstance(call.func, cst.Attribute) and call.func.attr.value == "join"


def _is_tail(site: Site, node: cst.Return) -> bool:
    last = site.body[-1]
    return isinstance(last, cst.SimpleStatementLine) and last.body[-1] is node and len(last.body) == 1


def ends_in_return(site: Site) -> bool:
    """Return whether the last statement returns."""
    last = site.body[-1]
    return isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Return)


def compare(sites: Sequence[Site]) -> Shape | None:
    """Compare the sites token by token; None when they differ in more than variables and literals."""
    syntax = sites[0].syntax
    streams = [[node for statement in site.body for node in _tokens(statement)] for site in sites]
    if len({len(stream) for stream in streams}) != 1:
        return None
    comments = [{node.value for node in walk_all(site.body) if isinstance(node, cst.Comment)} for site in sites]
    if any(not comment <= comments[0] for comment in comments):
        return None
    renamed: list[dict[str, str]] = [{} for _ in sites]
    literals: dict[tuple[str, ...], list[cst.CSTNode]] = {}
    for row in zip(*streams, strict=True):
        if len({type(node) for node in row}) != 1:
            return None
        values = tuple(map(_value, row))
        if isinstance(row[0], cst.Name) and _is_variable(syntax, row[0]):
            if not _same_variable(values, sites, renamed):
                return None
        elif len(set(values)) > 1:
            inside_text = isinstance(syntax.parent(row[0]), cst.ConcatenatedString | cst.Subscript)
            if not isinstance(row[0], _LITERALS) or inside_text or not _same_kind(values):
                return None
            literals.setdefault(values, []).append(row[0])
    if any(len(set(names.values())) != len(names) for names in renamed) or len(literals) > MAX_LITERALS:
        return None
    return Shape(tuple(renamed), literals)


def _same_variable(values: Sequence[str], sites: Sequence[Site], renamed: Sequence[dict[str, str]]) -> bool:
    """Note how each site calls the variable that the first site calls `values[0]`."""
    own = [value in site.variables for value, site in zip(values, sites, strict=True)]
    if not any(own):
        return len(set(values)) == 1
    return all(own) and all(
        names.setdefault(values[0], value) == value for names, value in zip(renamed, values, strict=True)
    )


def _same_kind(values: Sequence[str]) -> bool:
    """Return whether these literals are all text, all bytes, or all numbers."""
    kinds = {"b" if value[:1] in "bB" else "s" if value[-1:] in "\"'" else "n" for value in values}
    return len(kinds) == 1


def _is_variable(syntax: Syntax, name: cst.Name) -> bool:
    above = syntax.parent(name)
    if isinstance(above, cst.Attribute) and above.attr is name:
        return False
    return not (isinstance(above, cst.Arg) and above.keyword is name)


def _value(node: cst.CSTNode) -> str:
    """Return what a node says beside its type and its children."""
    if isinstance(node, cst.FormattedString):
        return node.start
    if isinstance(node, cst.FormattedStringExpression):
        return node.conversion or ""
    said = getattr(node, "value", "")
    return said if isinstance(said, str) else ""


def _tokens(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(node, _LAYOUT):
        return
    yield node
    for child in children(node):
        yield from _tokens(child)


def walk_all(nodes: Sequence[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """Yield these nodes and everything in them."""
    for node in nodes:
        yield from walk(node)
