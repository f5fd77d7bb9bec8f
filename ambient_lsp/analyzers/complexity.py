"""Functions that are hard to follow: cognitive complexity (complexipy), length, parameters, nesting."""

from __future__ import annotations

from typing import TYPE_CHECKING

# Imported with this module, not where it is used: complexipy 8.3.0 crashes the process when it is first imported in a
# thread that has ended by the time it is called.
import complexipy
import libcst as cst

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.syntax import Function, Syntax, children, parse
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPLEX = "AMB-REF-COMPLEX"
LONG = "AMB-REF-LONG"
PARAMETERS = "AMB-REF-PARAMETERS"
NESTING = "AMB-REF-NESTING"

MAX_PARAMETERS = 8
MAX_NESTING = 4

_NESTING = (cst.If, cst.For, cst.While, cst.With, cst.Try, cst.TryStar, cst.Match)


def cognitive(text: str) -> dict[str, int]:
    """Return the cognitive complexity of every function, by dotted name; empty when the text does not parse.

    Functions of one name in one place (a property and its setter) are added up. A nested function counts for the one
    that holds it.
    """
    try:
        measured = complexipy.code_complexity(text)
    except ValueError:
        return {}
    totals: dict[str, int] = {}
    for function in measured.functions:
        name = str(function.name).replace("::", ".")
        totals[name] = totals.get(name, 0) + int(function.complexity)
    return totals


def find(text: str, path: str, complexity_threshold: int = 15, max_function_lines: int = 100) -> list[RawFinding]:
    """Find functions above the thresholds, and deep nesting and long parameter lists."""
    syntax = parse(text)
    if syntax is None:
        return []
    found: list[RawFinding] = []
    complexity = cognitive(text)
    for function in syntax.functions:
        found += _one(syntax, function, complexity.get(function.qualname, 0), complexity_threshold, max_function_lines)
    return found


def _one(syntax: Syntax, function: Function, complexity: int, threshold: int, max_lines: int) -> Iterator[RawFinding]:
    node, name = function.node, function.qualname
    place = syntax.header(node)
    if complexity > threshold:
        message = f"`{name}` has a cognitive complexity of {complexity}; {threshold} is the limit here."
        yield RawFinding(
            COMPLEX, place, message, Severity.INFORMATION, tags=("complexity",), symbol=name,
            data={"complexity": complexity},
        )  # fmt: skip
    lines = function_lines(syntax, function)
    if lines > max_lines:
        message = f"`{name}` is {lines} lines long; {max_lines} is the limit here."
        yield RawFinding(LONG, place, message, Severity.INFORMATION, tags=("size",), symbol=name, data={"lines": lines})
    count = _parameters(function)
    if count > MAX_PARAMETERS:
        message = f"`{name}` takes {count} parameters that a caller must give; group those that belong together."
        yield RawFinding(PARAMETERS, place, message, Severity.HINT, tags=("size",), symbol=name)
    deepest = max(_depths(node.body, 0), key=lambda pair: pair[0])
    if deepest[0] > MAX_NESTING and deepest[1] is not None:
        message = f"`{name}` nests {deepest[0]} levels deep here; {MAX_NESTING} are readable."
        yield RawFinding(
            NESTING, syntax.span(_header(deepest[1])), message, Severity.HINT, tags=("complexity",), symbol=name
        )


def function_lines(syntax: Syntax, function: Function) -> int:
    """Return how many lines a function's code takes, its docstring not counted."""
    body = function.node.body
    lines = syntax.lines(function.node)
    if isinstance(body, cst.IndentedBlock) and function.node.get_docstring() is not None:
        lines -= syntax.lines(body.body[0])
    return lines


def _parameters(function: Function) -> int:
    """Count what a caller must pass: no defaults, no `self`, no keyword-only ones, which name themselves."""
    given = [*function.node.params.posonly_params, *function.node.params.params]
    if function.in_class and given:
        given = given[1:]
    return sum(parameter.default is None for parameter in given)


def _depths(node: cst.CSTNode, depth: int) -> Iterator[tuple[int, cst.CSTNode | None]]:
    yield depth, None
    for child in children(node):
        if isinstance(child, cst.FunctionDef | cst.ClassDef):
            continue
        if isinstance(child, _NESTING):
            # An `elif` is an If inside an If's `orelse`, and reads as the same level.
            is_elif = isinstance(node, cst.If) and child is node.orelse
            level = depth if is_elif else depth + 1
            yield level, child
            yield from _depths(child, level)
        else:
            yield from _depths(child, depth)


def _header(node: cst.CSTNode) -> cst.CSTNode:
    if isinstance(node, cst.If | cst.While):
        return node.test
    if isinstance(node, cst.For):
        return node.target
    if isinstance(node, cst.Match):
        return node.subject
    if isinstance(node, cst.With):
        return node.items[0]
    return node
