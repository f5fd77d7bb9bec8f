"""Extract method: one function in place of the same statements written several times, in one module or in several.

It is made only where it is certain to do the same: the variables that go in are bound before every place, those that
come out are bound behind it, and nothing in the statements depends on where they stand (no yield, no jump out of them,
no closure). Everything else is refused.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.refactoring.extraction_names import function_name, literal_names
from ambient_lsp.analyzers.refactoring.extraction_sites import (
    Shape,
    Site,
    compare,
    ends_in_return,
    is_movable,
    site_at,
    walk_all,
)
from ambient_lsp.analyzers.refactoring.flow import Flow, names_in
from ambient_lsp.analyzers.refactoring.modules import bindings, imported
from ambient_lsp.analyzers.syntax import Change, Syntax, parse, walk, walk_scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ambient_lsp.analyzers.refactoring.duplication import Place

MAX_PARAMETERS = 6
MAX_RESULTS = 3
_RETURNS = "return"
_STARRED = {"*": "tuple[{}, ...]", "**": "dict[str, {}]"}


@dataclass(frozen=True, slots=True)
class Extracted:
    """The new text of each file that has one of the places; `name` is the new function's."""

    texts: Mapping[str, str]
    name: str


def extract(
    texts: Mapping[str, str], places: Sequence[Place], modules: Mapping[str, str], keeper: str, line_length: int = 88
) -> Extracted | None:
    """Return the files of `texts` (path -> text) with the code at `places` in one function; None where in doubt.

    The function is put into the file `keeper`; the others import it from there by its name in `modules` (path -> dotted
    name, wanted only where there are others). None as well where a call of it would not fit into `line_length`.
    """
    read = {path: parse(texts[path]) for path in {place.path for place in places}}
    found = [site_at(syntax, place) for place in sorted(places) if (syntax := read[place.path]) is not None]
    sites = sorted((site for site in found if site is not None), key=lambda site: site.path != keeper)
    if len(sites) < 2 or len(sites) != len(places) or not all(map(is_movable, sites)):
        return None
    if all(site.function.node.name.value.startswith("test") for site in sites):
        return None  # a test is read by itself: what it does and what it expects stay where they are
    shape = compare(sites)
    if shape is None or sites[0].path != keeper or _is_translated(sites[0].syntax, shape):
        return None
    inputs = _inputs(sites, shape)
    results = _results(sites, shape)
    if inputs is None or results is None or len(inputs) + len(shape.literals) > MAX_PARAMETERS:
        return None
    if len(read) > 1 and ("self" in inputs or not _mean_the_same(sites)):
        return None
    return _written(sites, shape, inputs, results, modules, line_length)


def _is_translated(syntax: Syntax, shape: Shape) -> bool:
    """Return whether a text that differs is given to `gettext`: the tools that collect texts look for it there."""
    for nodes in shape.literals.values():
        for node in nodes:
            call = next((one for one in syntax.ancestors(node) if isinstance(one, cst.Call)), None)
            called = call.func if call is not None else None
            name = called.attr if isinstance(called, cst.Attribute) else called
            if isinstance(name, cst.Name) and (name.value == "_" or name.value.endswith(("gettext", "gettext_lazy"))):
                return True
    return False


def _mean_the_same(sites: Sequence[Site]) -> bool:
    """Return whether what the statements take from their module is the same thing in each of the modules."""
    first = sites[0]
    reads = names_in(first.body).reads - first.variables
    known = [bindings(site.syntax, reads) for site in sites]
    return all(one == known[0] for one in known) and all(
        name in known[0] or (hasattr(builtins, name) and not any(_is_defined(site.syntax, name) for site in sites))
        for name in reads
    )


def _is_defined(syntax: Syntax, name: str) -> bool:
    """Return whether a module gives a name of its own to something."""
    return name in names_in(syntax.module.body).writes


def _inputs(sites: Sequence[Site], shape: Shape) -> list[str] | None:
    """Return the first site's names of what goes in; None where one might be unbound before a site."""
    first = sites[0]
    flow = Flow()
    flow.through(first.body, frozenset())
    read = [name for name in _in_order(first) if name in flow.early and name in first.variables]
    for site, names in zip(sites, shape.renamed, strict=True):
        if any(names.get(name, name) not in site.bound for name in read):
            return None
    return read


def _results(sites: Sequence[Site], shape: Shape) -> list[str] | None:
    """Return the first site's names of what comes out; None where one might be unbound at the end."""
    first = sites[0]
    written = names_in(first.body).writes
    if ends_in_return(first):
        return []
    flow = Flow()
    behind = flow.through(first.body, first.bound)
    wanted: set[str] = set()
    for site, names in zip(sites, shape.renamed, strict=True):
        used = _used_elsewhere(site)
        needed = {name for name in written if names.get(name, name) in used}
        if needed and any(isinstance(above, cst.Try | cst.TryStar) for above in site.syntax.ancestors(site.block)):
            return None
        wanted |= needed
    if behind is None or not wanted <= behind or len(wanted) > MAX_RESULTS:
        return None
    for site, names in zip(sites, shape.renamed, strict=True):
        after = Flow().through(site.body, site.bound)
        if after is None or any(names.get(name, name) not in after for name in wanted):
            return None
    return [name for name in _in_order(first) if name in wanted]


def _used_elsewhere(site: Site) -> set[str]:
    """Return the names that the function uses outside the site; inside a loop "before" is "after" as well."""
    syntax = site.syntax
    inside = {id(node) for node in walk_all(site.body)}
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


def _captured(site: Site, inside: set[int]) -> set[str]:
    """Return the names in functions and lambdas elsewhere in the function: they may run later than they stand."""
    return {
        part.value
        for node in walk(site.function.node.body)
        if isinstance(node, cst.FunctionDef | cst.Lambda | cst.GeneratorExp) and id(node) not in inside
        for part in walk(node)
        if isinstance(part, cst.Name)
    }


def _in_order(site: Site) -> list[str]:
    names = [node.value for node in walk_all(site.body) if isinstance(node, cst.Name)]
    return list(dict.fromkeys(names))


def _written(
    sites: Sequence[Site],
    shape: Shape,
    inputs: list[str],
    results: list[str],
    modules: Mapping[str, str],
    line_length: int,
) -> Extracted | None:
    own_class = _common_class(sites)
    if ("self" in inputs and own_class is None) or "cls" in inputs:
        return None
    is_method = "self" in inputs
    names = [(site.syntax, node) for site in sites for node in walk(site.syntax.module) if isinstance(node, cst.Name)]
    taken = {node.value for _, node in names}
    wish = function_name(sites, results)
    if not wish:
        return None
    first, shared = sites[0], len({site.path for site in sites}) > 1
    # What another module imports is not private.
    name = wish.lstrip("_") if shared else wish
    if name in taken:
        return None  # the names would not tell the two apart
    # The label of an argument is no variable that a parameter of that name would hide.
    named = literal_names(first.syntax, shape, {node.value for syntax, node in names if not _is_label(syntax, node)})
    parameters = [*(["self"] if is_method else []), *(one for one in inputs if one != "self" or not is_method)]
    types = _types(sites, shape, results)
    helper = _helper(first, shape, name, [*parameters, *named], results, named, types)
    if helper.returns is None and all(site.function.node.returns is not None for site in sites):
        return None  # in annotated code nobody wants a function without annotations, and what they are is not known
    helper = _wrapped(helper, line_length, "    " if is_method else "")
    bodies = {site.block: list(site.block.body) for site in sites}
    # From the last one in a file to the first, so that the places of those before it stay what they are.
    for position in sorted(range(len(sites)), key=lambda one: sites[one].first, reverse=True):
        site, own = sites[position], shape.renamed[position]
        arguments = [own.get(one, one) for one in parameters if not (is_method and one == "self")]
        arguments += [values[position] for values in shape.literals]
        new = _call(site, own, f"{'self.' if is_method else ''}{name}", arguments, results, line_length)
        if new is None:
            return None
        bodies[site.block][site.first : site.last] = [new]
    if _nested(sites):
        return None
    texts: dict[str, str] = {}
    for site in sites:
        if site.path not in texts:
            mine: dict[cst.CSTNode, Change] = {
                one.block: one.block.with_changes(body=bodies[one.block]) for one in sites if one.path == site.path
            }
            texts[site.path] = site.syntax.rewritten(mine)
    for path, text in texts.items():
        texts[path] = _inserted(text, helper, first, is_method=is_method) if path == first.path else (
            imported(text, modules[first.path], name)
        )  # fmt: skip
    return Extracted(texts, name)


def _is_label(syntax: Syntax, name: cst.Name) -> bool:
    above = syntax.parent(name)
    return (isinstance(above, cst.Arg) and above.keyword is name) or (
        isinstance(above, cst.Attribute) and above.attr is name
    )


def _call(
    site: Site, own: Mapping[str, str], called: str, arguments: Sequence[str], results: Sequence[str], line_length: int
) -> cst.SimpleStatementLine | None:
    """Return the statement that takes the place of a site; None where it would not fit."""
    start = "return " if ends_in_return(site) else ""
    if results:
        start = f"{', '.join(own.get(one, one) for one in results)} = "
    column = site.syntax.span(site.body[0]).start_column
    code = f"{start}{called}({', '.join(arguments)})"
    if column + len(code) > line_length:
        code = f"{start}{called}(\n    {', '.join(arguments)}\n)"
    if column + max(map(len, code.split("\n"))) > line_length:
        return None
    line = cst.ensure_type(cst.parse_statement(code), cst.SimpleStatementLine)
    return line.with_changes(leading_lines=getattr(site.body[0], "leading_lines", ()))


def _nested(sites: Sequence[Site]) -> bool:
    """Return whether one site's block holds another's: the outer replacement would lose the inner one."""
    blocks = {id(site.block) for site in sites}
    return any(id(above) in blocks for site in sites for above in site.syntax.ancestors(site.block))


def _common_class(sites: Sequence[Site]) -> cst.CSTNode | None:
    """Return the class whose plain methods hold all sites."""
    found: set[cst.CSTNode | None] = set()
    for site in sites:
        node = site.function.node
        first = node.params.params[0].name.value if node.params.params else ""
        block = site.syntax.parent(node)
        owner = site.syntax.parent(block) if block is not None else None
        decorated = any(getattr(one.decorator, "value", "") == "staticmethod" for one in node.decorators)
        plain = isinstance(owner, cst.ClassDef) and first == "self" and not decorated
        found.add(owner if plain else None)
    return found.pop() if len(found) == 1 else None


def _wrapped(helper: cst.FunctionDef, line_length: int, margin: str) -> cst.FunctionDef:
    """Return a function whose parameters stand one below the other where its header would be too long."""
    header = cst.Module([]).code_for_node(helper.with_changes(body=cst.IndentedBlock([]))).split("\n")[0]
    if len(margin) + len(header) <= line_length:
        return helper

    def row(indent: str) -> cst.ParenthesizedWhitespace:
        return cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace(indent))

    given = list(helper.params.params)
    params = [one.with_changes(comma=cst.Comma(whitespace_after=row("    "))) for one in given[:-1]]
    params.append(given[-1].with_changes(comma=cst.Comma(whitespace_after=row(""))))
    return helper.with_changes(params=helper.params.with_changes(params=params), whitespace_before_params=row("    "))


def _helper(
    site: Site,
    shape: Shape,
    name: str,
    parameters: Sequence[str],
    results: Sequence[str],
    literal_names: dict[str, list[cst.CSTNode]],
    types: Mapping[str, str],
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
    annotated = dict(types)
    for new, nodes in literal_names.items():
        annotated[new] = {"SimpleString": "str", "Integer": "int", "Float": "float"}[type(nodes[0]).__name__]
    needed = [*(one for one in parameters if one != "self"), _RETURNS]
    if not all(one in annotated for one in needed):  # half annotated is what type checkers like least
        annotated = {}
    params = cst.Parameters([cst.Param(cst.Name(one), _annotation(annotated.get(one))) for one in parameters])
    returns = _annotation(annotated.get(_RETURNS))
    return cst.FunctionDef(cst.Name(name), params, cst.IndentedBlock(body), returns=returns)


def _annotation(code: str | None) -> cst.Annotation | None:
    return cst.Annotation(cst.parse_expression(code)) if code else None


def _types(sites: Sequence[Site], shape: Shape, results: Sequence[str]) -> dict[str, str]:
    """Return the annotations that all sites agree on, by the first site's names; what comes out is `_RETURNS`."""
    found: list[dict[str, str]] = []
    for site, names in zip(sites, shape.renamed, strict=True):
        node, own = site.function.node, {there: here for here, there in names.items()}
        annotated = {
            own.get(part.name.value, part.name.value): _STARRED.get(str(part.star), "{}").format(
                site.syntax.code(part.annotation.annotation)
            )
            for part in walk(node.params)
            if isinstance(part, cst.Param) and part.annotation is not None
        }
        annotated |= {
            own.get(part.target.value, part.target.value): site.syntax.code(part.annotation.annotation)
            for part in walk_all(site.body)
            if isinstance(part, cst.AnnAssign) and isinstance(part.target, cst.Name)
        }
        if not results and not ends_in_return(site):
            annotated[_RETURNS] = "None"
        elif ends_in_return(site) and node.returns is not None:
            annotated[_RETURNS] = site.syntax.code(node.returns.annotation)
        elif len(results) == 1 and results[0] in annotated:
            annotated[_RETURNS] = annotated[results[0]]
        found.append(annotated)
    types = {name: kind for name, kind in found[0].items() if all(one.get(name) == kind for one in found)}
    if len(results) == 1 and _RETURNS not in types:
        said = {
            kind
            for site, names in zip(sites, shape.renamed, strict=True)
            if (kind := _said_by_return(site, names.get(results[0], results[0])))
        }
        if len(said) == 1:
            types[_RETURNS] = said.pop()
    return types


def _said_by_return(site: Site, name: str) -> str:
    """Return what an annotated function that gives this variable back, as it is, says that it is."""
    node = site.function.node
    gives = any(
        isinstance(one, cst.Return) and isinstance(one.value, cst.Name) and one.value.value == name
        for one in walk_scope(node.body)
    )
    return site.syntax.code(node.returns.annotation) if gives and node.returns is not None else ""


class _Swap(cst.CSTTransformer):
    def __init__(self, names: dict[int, str]) -> None:
        super().__init__()
        self._names = names

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> cst.CSTNode:  # type: ignore[override]
        new = self._names.get(id(original_node))
        return cst.Name(new) if new is not None else updated_node


def _inserted(text: str, helper: cst.FunctionDef, site: Site, *, is_method: bool) -> str:
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
