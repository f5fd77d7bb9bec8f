"""Slow ways of doing things inside loops, and the faster ones that do the same.

Nothing here is believed to be faster: each rewrite is measured in the sandbox before it is offered. What is checked
here is that it does the same; where the types are unknown there is only a finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers import hints
from ambient_lsp.analyzers.base import RawFinding, pure
from ambient_lsp.analyzers.loops import (
    Site,
    as_expression,
    before_loop,
    fresh_name,
    invariant_site,
    is_consulted_only,
    loop_of,
)
from ambient_lsp.analyzers.performance_statements import joined_strings, seen_lists
from ambient_lsp.analyzers.speedup import (
    ANY_ALL,
    FRONT,
    HOIST,
    KEYS,
    LITERAL,
    MEMBERSHIP,
    QUERY,
    SEEN,
    SORTED,
    Speedup,
    speedup,
)
from ambient_lsp.analyzers.syntax import Function, Syntax, called_name, dotted, is_name, parse, walk, walk_scope
from ambient_lsp.model import Evidence, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

_MIN_LITERAL = 4
_HOISTED = frozenset({"set", "frozenset", "sorted", "sum"})
_PURE_CALLS = frozenset({"isinstance", "len", "str", "int", "float", "bool", "abs", "ord", "chr", "repr"})
_QUERIES = frozenset({"get", "filter", "all", "first", "one", "exclude"})


def find(text: str, path: str) -> list[RawFinding]:
    """Find slow loops. The loop is the evidence."""
    return findings_of(speedups(text, path), path)


def findings_of(made: list[Speedup], path: str) -> list[RawFinding]:
    """Return a finding for each speedup, offered or not."""
    return [
        RawFinding(
            one.rule,
            one.span,
            one.message,
            Severity.INFORMATION if one.text else Severity.HINT,
            evidence=(Evidence(path, one.loop, "This loop does it again and again."),) if one.loop else (),
            tags=("performance",),
            symbol=one.symbol,
        )
        for one in made
    ]


@pure
def speedups(text: str, path: str) -> list[Speedup]:
    """Return what could be faster; `text` of one that is only worth a word is empty."""
    syntax = parse(text)
    if syntax is None:
        return []
    made: list[Speedup] = []
    for function in syntax.functions:
        made += seen_lists(syntax, function)
        made += joined_strings(syntax, function)
        for node in walk_scope(function.node.body):
            if isinstance(node, cst.Comparison):
                made += _comparison(syntax, function, node)
            elif isinstance(node, cst.Call):
                made += _call(syntax, function, node)
            elif isinstance(node, cst.Subscript):
                made += _sorted_end(syntax, function, node)
    taken = {one.span for one in made if one.rule == SEEN}
    return sorted((one for one in made if one.rule == SEEN or one.span not in taken), key=_order)


def _order(one: Speedup) -> tuple[object, ...]:
    return one.span, one.rule


def _comparison(syntax: Syntax, function: Function, node: cst.Comparison) -> Iterator[Speedup]:
    if len(node.comparisons) != 1 or not isinstance(node.comparisons[0].operator, cst.In | cst.NotIn):
        return
    loop = loop_of(syntax, node)
    container = node.comparisons[0].comparator
    if loop is None:
        return
    if isinstance(container, cst.List | cst.Tuple):
        yield from _literal(syntax, function, node, container, loop)
    elif isinstance(container, cst.Name):
        yield from _listed(syntax, function, node, container, loop)
    elif isinstance(container, cst.Call):
        yield from _keys(syntax, function, container, loop)


def _literal(
    syntax: Syntax, function: Function, node: cst.Comparison, container: cst.List | cst.Tuple, loop: cst.CSTNode
) -> Iterator[Speedup]:
    elements = [element.value for element in container.elements]
    if len(elements) < _MIN_LITERAL or not all(isinstance(one, cst.SimpleString | cst.Integer) for one in elements):
        return
    text = ""
    if hints.is_hashable(function.node, node.left):
        new = cst.Set([element.with_changes(comma=element.comma) for element in container.elements])
        text = syntax.rewritten({container: new})
    message = f"Each test walks through {len(elements)} literals; a set finds the answer at once."
    yield speedup(syntax, function, LITERAL, container, loop, message, "Test membership in a set literal", text)


def _listed(
    syntax: Syntax, function: Function, node: cst.Comparison, container: cst.Name, loop: cst.CSTNode
) -> Iterator[Speedup]:
    name = container.value
    if not hints.is_list(function.node, name):
        return
    site = invariant_site(syntax, node, name)
    if site is None:
        return
    message = f"`{name}` is a list that each turn of this loop walks through; a set finds the answer at once."
    text = ""
    if hints.has_hashable_elements(function.node, name) and hints.is_hashable(function.node, node.left):
        fresh = fresh_name(syntax, f"{name}_set")
        swaps: dict[cst.CSTNode, cst.CSTNode] = {
            other.comparisons[0].comparator: cst.Name(fresh) for other in _tests_of(function, site, name)
        }
        text = before_loop(syntax, site, f"{fresh} = set({name})", swaps)
    yield speedup(syntax, function, MEMBERSHIP, node, loop, message, f"Look up `{name}` in a set", text)


def _tests_of(function: Function, site: Site, name: str) -> list[cst.Comparison]:
    """Return the membership tests on the list inside the loop whose left side looks hashable."""
    return [
        node
        for node in walk_scope(site.region)
        if isinstance(node, cst.Comparison)
        and len(node.comparisons) == 1
        and isinstance(node.comparisons[0].operator, cst.In | cst.NotIn)
        and is_name(node.comparisons[0].comparator, name)
        and hints.is_hashable(function.node, node.left)
    ]


def _keys(syntax: Syntax, function: Function, container: cst.Call, loop: cst.CSTNode) -> Iterator[Speedup]:
    func = container.func
    if not (isinstance(func, cst.Attribute) and func.attr.value == "keys" and not container.args):
        return
    if not isinstance(func.value, cst.Name) or not hints.is_dict(function.node, func.value.value):
        return
    name = func.value.value
    text = syntax.rewritten({container: func.value})
    message = f"`{name}.keys()` makes a view each time; `in {name}` asks the same."
    yield speedup(syntax, function, KEYS, container, loop, message, f"Test membership in `{name}` itself", text)


def _call(syntax: Syntax, function: Function, node: cst.Call) -> Iterator[Speedup]:
    yield from _short_circuit(syntax, function, node)
    loop = loop_of(syntax, node)
    if loop is None:
        return
    yield from _front(syntax, function, node, loop)
    yield from _hoisted(syntax, function, node, loop)
    name = dotted(node.func)
    if ".objects." in name and name.rpartition(".")[2] in _QUERIES:
        message = f"`{name}` asks the database once for each turn of this loop; one query could fetch them all."
        yield speedup(syntax, function, QUERY, node, loop, message, "", "")


def _short_circuit(syntax: Syntax, function: Function, node: cst.Call) -> Iterator[Speedup]:
    name = called_name(node)
    if name not in {"any", "all"} or len(node.args) != 1 or not isinstance(node.args[0].value, cst.ListComp):
        return
    comprehension = node.args[0].value
    # Stopping early skips evaluations, so they may have no effects.
    if not all(_is_pure(part) for part in walk(comprehension)):
        return
    generator = cst.GeneratorExp(comprehension.elt, comprehension.for_in, lpar=[], rpar=[])
    text = syntax.rewritten({node.args[0]: node.args[0].with_changes(value=generator)})
    message = f"The whole list is built before `{name}` looks at the first item; a generator stops early."
    title = f"Let `{name}` stop early"
    yield speedup(syntax, function, ANY_ALL, node, None, message, title, text)


def _is_pure(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Call):
        return called_name(node) in _PURE_CALLS or (
            isinstance(node.func, cst.Attribute) and node.func.attr.value in {"startswith", "endswith", "isdigit"}
        )
    return not isinstance(node, cst.Await | cst.Yield | cst.NamedExpr)


def _front(syntax: Syntax, function: Function, node: cst.Call, loop: cst.CSTNode) -> Iterator[Speedup]:
    func = node.func
    if not isinstance(func, cst.Attribute) or not isinstance(func.value, cst.Name) or not node.args:
        return
    first = node.args[0].value
    at_front = isinstance(first, cst.Integer) and first.value == "0"
    counts = {"insert": 2, "pop": 1}
    if at_front and len(node.args) == counts.get(func.attr.value) and hints.is_list(function.node, func.value.value):
        name = func.value.value
        message = f"Each turn moves every item of `{name}`; a `collections.deque` has both ends at hand."
        yield speedup(syntax, function, FRONT, node, loop, message, "", "")


def _hoisted(syntax: Syntax, function: Function, node: cst.Call, loop: cst.CSTNode) -> Iterator[Speedup]:
    name = called_name(node)
    if name == "re.compile":
        pattern = node.args[0].value if len(node.args) == 1 else None
        if not isinstance(pattern, cst.SimpleString) or not _compiles(pattern):
            return
        site: Site | None = invariant_site(syntax, node, "re")
        wish = "pattern"
    elif name in _HOISTED and len(node.args) == 1 and isinstance(node.args[0].value, cst.Name):
        given = node.args[0].value.value
        known = hints.is_list(function.node, given) or hints.is_dict(function.node, given)
        if not known or not is_consulted_only(syntax, node, name):
            return
        site = invariant_site(syntax, node, given)
        wish = f"{given}_{name.removeprefix('frozen')}"
    else:
        return
    if site is None:
        return
    code = syntax.code(as_expression(node))
    fresh = fresh_name(syntax, wish)
    text = before_loop(syntax, site, f"{fresh} = {code}", {node: cst.Name(fresh)})
    message = f"`{code}` gives the same result in each turn of this loop."
    yield speedup(syntax, function, HOIST, node, loop, message, f"Compute `{code}` once, before the loop", text)


def _compiles(pattern: cst.SimpleString) -> bool:
    import re
    import warnings

    value = pattern.evaluated_value
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(value)
    except (re.error, Warning, OverflowError, RecursionError):
        return False
    return True


def _sorted_end(syntax: Syntax, function: Function, node: cst.Subscript) -> Iterator[Speedup]:
    """`sorted` keeps the order of equal items, and `min` and `max` return the first of them: only `[0]` is the same."""
    call = node.value
    if not isinstance(call, cst.Call) or called_name(call) != "sorted" or len(node.slice) != 1 or not call.args:
        return
    index = node.slice[0].slice
    if not (isinstance(index, cst.Index) and isinstance(index.value, cst.Integer) and index.value.value == "0"):
        return
    given = {argument.keyword.value: argument for argument in call.args if argument.keyword is not None}
    if any(argument.star for argument in call.args) or set(given) - {"key", "reverse"}:
        return
    reverse = given.get("reverse")
    if reverse is not None and not (isinstance(reverse.value, cst.Name) and reverse.value.value in {"True", "False"}):
        return
    for above in syntax.ancestors(node):
        # An empty input is a ValueError then, no longer an IndexError.
        if isinstance(above, cst.Try | cst.TryStar):
            return
    which = "max" if reverse is not None and is_name(reverse.value, "True") else "min"
    kept = [argument for argument in call.args if argument is not reverse]
    kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    text = syntax.rewritten({node: call.with_changes(func=cst.Name(which), args=kept, lpar=node.lpar, rpar=node.rpar)})
    message = f"All items are sorted to take one; `{which}` finds it in one pass."
    yield speedup(syntax, function, SORTED, node, loop_of(syntax, node), message, f"Use `{which}` for one item", text)
