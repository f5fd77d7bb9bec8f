"""Extract method: one function in place of the same statements written several times in a module.

It is made only where it is certain to do the same: the variables that go in are bound before every place, those that
come out are bound behind it, and nothing in the statements depends on where they stand (no yield, no jump out of them,
no closure). Everything else is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.flow import Flow, local_names, names_in, parameter_names
from ambient_lsp.analyzers.syntax import Function, Syntax, parse, walk, walk_scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ambient_lsp.analyzers.duplication import Place

MAX_PARAMETERS = 6
MAX_LITERALS = 3
MAX_RESULTS = 3

_PLACE_BOUND = frozenset({"super", "locals", "vars", "dir", "eval", "exec", "globals", "__class__", "breakpoint"})
_REFUSED = (
    cst.Yield, cst.Await, cst.Global, cst.Nonlocal, cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.NamedExpr, cst.Del,
    cst.Import, cst.ImportFrom, cst.Match, cst.Asynchronous, cst.TemplatedString,
)  # fmt: skip
_LITERALS = (cst.Integer, cst.Float, cst.SimpleString)
_LAYOUT = (cst.BaseParenthesizableWhitespace, cst.EmptyLine, cst.TrailingWhitespace, cst.Newline, cst.Comment)
_CONSUMERS = frozenset({"any", "all", "sum", "min", "max", "sorted", "list", "set", "tuple", "dict", "frozenset"})


@dataclass(frozen=True, slots=True)
class Extracted:
    """The module's new text; `name` is the new function's."""

    text: str
    name: str


@dataclass(frozen=True, slots=True)
class _Site:
    """One place: statements `first` to `last` (not part) of `block` in `function`."""

    function: Function
    block: cst.IndentedBlock
    first: int
    last: int
    variables: frozenset[str]
    bound: frozenset[str]

    @property
    def body(self) -> Sequence[cst.BaseStatement]:
        return tuple(self.block.body[self.first : self.last])


@dataclass(frozen=True, slots=True)
class _Shape:
    """What differs between the sites: for each site its name of a variable, and its literal for each position."""

    renamed: tuple[dict[str, str], ...]
    literals: dict[tuple[str, ...], list[cst.CSTNode]]


def extract(text: str, places: Sequence[Place]) -> Extracted | None:
    """Return the module with the code at `places` (of this one file) in a function of its own; None where in doubt."""
    syntax = parse(text)
    if syntax is None or len(places) < 2:
        return None
    found = [_site(syntax, place) for place in sorted(places)]
    sites = [site for site in found if site is not None]
    if len(sites) != len(found) or any(not _movable(syntax, site) for site in sites):
        return None
    shape = _shape(syntax, sites)
    if shape is None:
        return None
    inputs = _inputs(sites, shape)
    results = _results(syntax, sites, shape)
    if inputs is None or results is None or len(inputs) + len(shape.literals) > MAX_PARAMETERS:
        return None
    return _written(syntax, sites, shape, inputs, results)


def _site(syntax: Syntax, place: Place) -> _Site | None:
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
                    return _Site(function, block, first, last, local_names(function.node), bound)
    return None


def _movable(syntax: Syntax, site: _Site) -> bool:
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


def _loops_inside(syntax: Syntax, jump: cst.CSTNode, site: _Site) -> bool:
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


def _is_tail(site: _Site, node: cst.Return) -> bool:
    last = site.body[-1]
    return isinstance(last, cst.SimpleStatementLine) and last.body[-1] is node and len(last.body) == 1


def _returns(site: _Site) -> bool:
    last = site.body[-1]
    return isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Return)


def _shape(syntax: Syntax, sites: Sequence[_Site]) -> _Shape | None:
    """Compare the sites token by token; None when they differ in more than variables and literals."""
    streams = [[node for statement in site.body for node in _tokens(statement)] for site in sites]
    if len({len(stream) for stream in streams}) != 1:
        return None
    comments = [{node.value for node in _walk_all(site.body) if isinstance(node, cst.Comment)} for site in sites]
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
    return _Shape(tuple(renamed), literals)


def _same_variable(values: Sequence[str], sites: Sequence[_Site], renamed: Sequence[dict[str, str]]) -> bool:
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
    for child in node.children:
        yield from _tokens(child)


def _walk_all(nodes: Sequence[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    for node in nodes:
        yield from walk(node)


def _inputs(sites: Sequence[_Site], shape: _Shape) -> list[str] | None:
    """Return the first site's names of what goes in; None where one might be unbound before a site."""
    first = sites[0]
    flow = Flow()
    flow.through(first.body, frozenset())
    read = [name for name in _in_order(first) if name in flow.early and name in first.variables]
    for site, names in zip(sites, shape.renamed, strict=True):
        if any(names.get(name, name) not in site.bound for name in read):
            return None
    return read


def _results(syntax: Syntax, sites: Sequence[_Site], shape: _Shape) -> list[str] | None:
    """Return the first site's names of what comes out; None where one might be unbound at the end."""
    first = sites[0]
    written = names_in(first.body).writes
    if _returns(first):
        return []
    flow = Flow()
    behind = flow.through(first.body, first.bound)
    wanted: set[str] = set()
    for site, names in zip(sites, shape.renamed, strict=True):
        used = _used_elsewhere(syntax, site)
        needed = {name for name in written if names.get(name, name) in used}
        if needed and any(isinstance(above, cst.Try | cst.TryStar) for above in syntax.ancestors(site.block)):
            return None
        wanted |= needed
    if behind is None or not wanted <= behind or len(wanted) > MAX_RESULTS:
        return None
    for site, names in zip(sites, shape.renamed, strict=True):
        after = Flow().through(site.body, site.bound)
        if after is None or any(names.get(name, name) not in after for name in wanted):
            return None
    return [name for name in _in_order(first) if name in wanted]


def _used_elsewhere(syntax: Syntax, site: _Site) -> set[str]:
    """Return the names that the function uses outside the site; inside a loop "before" is "after" as well."""
    inside = {id(node) for node in _walk_all(site.body)}
    in_loop = any(
        isinstance(above, cst.For | cst.While)
        for above in syntax.ancestors(site.block)
        if syntax.function_of(above) == site.function
    )
    end = syntax.span(site.body[-1]).end_line
    return {
        node.value
        for node in walk(site.function.node.body)
        if isinstance(node, cst.Name) and id(node) not in inside and (in_loop or syntax.span(node).start_line >= end)
    } | _captured(site, inside)


def _captured(site: _Site, inside: set[int]) -> set[str]:
    """Return the names in functions and lambdas elsewhere in the function: they may run later than they stand."""
    return {
        part.value
        for node in walk(site.function.node.body)
        if isinstance(node, cst.FunctionDef | cst.Lambda | cst.GeneratorExp) and id(node) not in inside
        for part in walk(node)
        if isinstance(part, cst.Name)
    }


def _in_order(site: _Site) -> list[str]:
    names = [node.value for node in _walk_all(site.body) if isinstance(node, cst.Name)]
    return list(dict.fromkeys(names))


def _written(
    syntax: Syntax, sites: Sequence[_Site], shape: _Shape, inputs: list[str], results: list[str]
) -> Extracted | None:
    own_class = _common_class(syntax, sites)
    if ("self" in inputs and own_class is None) or "cls" in inputs:
        return None
    is_method = "self" in inputs
    taken = {node.value for node in walk(syntax.module) if isinstance(node, cst.Name)}
    name = _free(_name(sites, results), taken)
    literal_names = _literal_names(syntax, shape, taken)
    parameters = [*(["self"] if is_method else []), *(one for one in inputs if one != "self" or not is_method)]
    helper = _helper(syntax, sites[0], shape, name, [*parameters, *literal_names], results, literal_names)
    bodies = {site.block: list(site.block.body) for site in sites}
    for position, site in reversed(list(enumerate(sites))):
        own = shape.renamed[position]
        arguments = [own.get(one, one) for one in parameters if not (is_method and one == "self")]
        arguments += [values[position] for values in shape.literals]
        call = f"{'self.' if is_method else ''}{name}({', '.join(arguments)})"
        code = f"return {call}" if _returns(site) else call
        if results:
            code = f"{', '.join(own.get(one, one) for one in results)} = {call}"
        line = cst.ensure_type(cst.parse_statement(code), cst.SimpleStatementLine)
        leading = getattr(site.body[0], "leading_lines", ())
        new = line.with_changes(leading_lines=leading)
        bodies[site.block][site.first : site.last] = [new]
    if _nested(syntax, sites):
        return None
    text = syntax.rewritten({block: block.with_changes(body=body) for block, body in bodies.items()})
    return Extracted(_inserted(text, helper, sites[0], is_method=is_method), name)


def _nested(syntax: Syntax, sites: Sequence[_Site]) -> bool:
    """Return whether one site's block holds another's: the outer replacement would lose the inner one."""
    blocks = {id(site.block) for site in sites}
    return any(id(above) in blocks for site in sites for above in syntax.ancestors(site.block))


def _common_class(syntax: Syntax, sites: Sequence[_Site]) -> cst.CSTNode | None:
    """Return the class whose plain methods hold all sites."""
    found: set[cst.CSTNode | None] = set()
    for site in sites:
        node = site.function.node
        first = node.params.params[0].name.value if node.params.params else ""
        block = syntax.parent(node)
        owner = syntax.parent(block) if block is not None else None
        decorated = any(getattr(one.decorator, "value", "") == "staticmethod" for one in node.decorators)
        plain = isinstance(owner, cst.ClassDef) and first == "self" and not decorated
        found.add(owner if plain else None)
    return found.pop() if len(found) == 1 else None


def _name(sites: Sequence[_Site], results: Sequence[str]) -> str:
    if len(results) == 1:
        return f"_compute_{results[0].lstrip('_')}"
    words = [site.function.node.name.value.strip("_").split("_") for site in sites]
    shared = [word for word in words[0] if all(word in other for other in words[1:])]
    if shared:
        return "_shared_" + "_".join(shared)
    first = next((node for node in _walk_all(sites[0].body) if isinstance(node, cst.Attribute)), None)
    return f"_shared_{first.attr.value.strip('_')}" if first is not None else "_shared_steps"


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def _literal_names(syntax: Syntax, shape: _Shape, taken: set[str]) -> dict[str, list[cst.CSTNode]]:
    """Name each differing literal after the keyword that it is given for, else after what it is."""
    named: dict[str, list[cst.CSTNode]] = {}
    for nodes in shape.literals.values():
        above = syntax.parent(nodes[0])
        if isinstance(above, cst.Arg) and above.keyword is not None:
            wish = above.keyword.value
        elif isinstance(above, cst.ComparisonTarget):
            wish = "limit"
        else:
            wish = "label" if isinstance(nodes[0], cst.SimpleString) else "amount"
        named[_free(wish, taken | set(named))] = nodes
    return named


def _helper(
    syntax: Syntax,
    site: _Site,
    shape: _Shape,
    name: str,
    parameters: Sequence[str],
    results: Sequence[str],
    literal_names: dict[str, list[cst.CSTNode]],
) -> cst.FunctionDef:
    swaps = {id(node): new for new, nodes in literal_names.items() for node in nodes}
    body: list[cst.BaseStatement] = []
    for statement in site.body:
        changed = statement.visit(_Swap(swaps))
        if isinstance(changed, cst.BaseStatement):
            body.append(changed)
    if body and isinstance(body[0], cst.SimpleStatementLine | cst.BaseCompoundStatement):
        body[0] = body[0].with_changes(leading_lines=())
    if results:
        body.append(cst.ensure_type(cst.parse_statement(f"return {', '.join(results)}"), cst.SimpleStatementLine))
    params = cst.Parameters([cst.Param(cst.Name(parameter)) for parameter in parameters])
    return cst.FunctionDef(cst.Name(name), params, cst.IndentedBlock(body))


class _Swap(cst.CSTTransformer):
    def __init__(self, names: dict[int, str]) -> None:
        super().__init__()
        self._names = names

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        new = self._names.get(id(original_node))
        return cst.Name(new) if new is not None else updated_node


def _inserted(text: str, helper: cst.FunctionDef, site: _Site, *, is_method: bool) -> str:
    """Put the new function in front of the first one that uses it."""
    module = cst.parse_module(text)
    names = site.function.qualname.split(".")
    container: cst.Module | cst.IndentedBlock = module
    if is_method:
        for name in names[:-1]:
            owner = next(one for one in container.body if isinstance(one, cst.ClassDef) and one.name.value == name)
            container = cst.ensure_type(owner.body, cst.IndentedBlock)
        wanted = names[-1]
    else:
        wanted = names[0]
    position = next(
        (
            index
            for index, one in enumerate(container.body)
            if any(
                isinstance(part, cst.FunctionDef | cst.ClassDef) and part.name.value == wanted
                for part in walk_scope(one)
            )
        ),
        0,
    )
    gap = [cst.EmptyLine(indent=False)] * (1 if is_method else 2)
    body = list(container.body)
    new = helper.with_changes(leading_lines=gap if position else ())
    if position == 0:
        body[0] = body[0].with_changes(leading_lines=[*gap, *getattr(body[0], "leading_lines", ())])
    changed = container.with_changes(body=[*body[:position], new, *body[position:]])
    result = module.deep_replace(container, changed) if container is not module else changed
    return cst.ensure_type(result, cst.Module).code
