"""Functions that are hard to follow: cognitive and cyclomatic complexity, length, parameters, nesting.

complexipy counts cognitive complexity; where it cannot read a file (half typed, or of another Python) `counting` does,
so that no file is skipped in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

# Imported with this module, not where it is used: complexipy 8.3.0 crashes the process when it is first imported in a
# thread that has ended by the time it is called.
import complexipy

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.refactoring import counting
from ambient_lsp.analyzers.source import code, read, statements
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Definition, Source

COMPLEX = "AMB-REF-COMPLEX"
BRANCHES = "AMB-REF-BRANCHES"
LONG = "AMB-REF-LONG"
PARAMETERS = "AMB-REF-PARAMETERS"
NESTING = "AMB-REF-NESTING"

MAX_PARAMETERS = 8
MAX_NESTING = 4
BRANCHES_PER_COMPLEXITY = 2
"""A function may have this many times the cognitive threshold in ways through it: flat branches are easy to read, and
yet each of them wants a test."""


def cognitive(text: str) -> dict[str, int]:
    """Return the cognitive complexity of every function, by dotted name; of broken text for each that is whole.

    Functions of one name in one place (a property and its setter) are added up. A nested function counts for the one
    that holds it.
    """
    totals: dict[str, int] = {}
    try:
        measured = complexipy.code_complexity(text)
    except ValueError:
        for one in read(text).functions:
            if not one.nested and one.whole:
                totals[one.qualname] = totals.get(one.qualname, 0) + counting.cognitive(one.node)
        return totals
    for function in measured.functions:
        name = str(function.name).replace("::", ".")
        totals[name] = totals.get(name, 0) + int(function.complexity)
    return totals


def find(text: str, path: str, complexity_threshold: int = 15, max_function_lines: int = 100) -> list[RawFinding]:
    """Find functions above the thresholds, and deep nesting and long parameter lists."""
    source = read(text)
    found: list[RawFinding] = []
    complexity = cognitive(text)
    for function in source.functions:
        if function.whole:
            value = complexity.get(function.qualname, 0)
            found += _one(source, function, value, complexity_threshold, max_function_lines)
    return found


def _one(source: Source, function: Definition, complexity: int, threshold: int, limit: int) -> Iterator[RawFinding]:
    name = function.qualname
    named = function.node.child_by_field_name("name") or function.node
    place = source.span(named)
    most = threshold * BRANCHES_PER_COMPLEXITY
    is_counted = complexity > threshold or counting.most_ways(code(function.node)) > most
    ways = counting.cyclomatic(function.node) if is_counted else 0
    if complexity > threshold:
        message = (
            f"`{name}` has a cognitive complexity of {complexity}; {threshold} is the limit here."
            f" Its cyclomatic complexity is {ways}."
        )
        yield RawFinding(
            COMPLEX, place, message, Severity.INFORMATION, tags=("complexity",), symbol=name,
            data={"complexity": complexity},
        )  # fmt: skip
    elif ways > most and not function.nested:
        message = f"There are {ways} ways through `{name}` (cyclomatic complexity); each wants a test of its own."
        yield RawFinding(BRANCHES, place, message, Severity.HINT, tags=("complexity",), symbol=name)
    lines = function_lines(function)
    if lines > limit:
        message = f"`{name}` is {lines} lines long; {limit} is the limit here."
        yield RawFinding(LONG, place, message, Severity.INFORMATION, tags=("size",), symbol=name, data={"lines": lines})
    count = len(_required(function))
    if count > MAX_PARAMETERS:
        message = f"`{name}` takes {count} parameters that a caller must give; group those that belong together."
        yield RawFinding(PARAMETERS, place, message, Severity.HINT, tags=("size",), symbol=name)
    depth, deepest = max(counting.depths(function.body), key=lambda pair: pair[0], default=(0, function.node))
    if depth > MAX_NESTING:
        message = f"`{name}` nests {depth} levels deep here; {MAX_NESTING} are readable."
        place = source.span(_header(deepest))
        yield RawFinding(NESTING, place, message, Severity.HINT, tags=("complexity",), symbol=name)


def function_lines(function: Definition) -> int:
    """Return how many lines a function's code takes, its docstring not counted; decorators are no part of it."""
    node = function.node
    lines = node.end_point[0] - node.start_point[0] + 1
    inside = statements(function.body)
    first = inside[0] if inside else node
    if first.type == "expression_statement" and first.named_children and first.named_children[0].type == "string":
        lines -= first.end_point[0] - first.start_point[0] + 1
    return lines


def _required(function: Definition) -> list[Node]:
    """Return what a caller must pass: no defaults, no `self`, no keyword-only ones, which name themselves."""
    parameters = function.node.child_by_field_name("parameters")
    given: list[Node] = []
    for one in parameters.named_children if parameters is not None else ():
        if one.type in {"list_splat_pattern", "keyword_separator"} or code(one).startswith("*"):
            break
        if one.type in {"identifier", "typed_parameter"}:
            given.append(one)
    return given[1:] if function.in_class else given


def _header(node: Node) -> Node:
    """Return what an editor should underline of a statement that nests: its condition, target or subject."""
    for name in ("condition", "left", "subject"):
        part = node.child_by_field_name(name)
        if part is not None:
            return part
    return node.named_children[0] if node.type == "with_statement" else node.children[0]
