"""Functions that are hard to follow: cognitive and cyclomatic complexity, length, parameters, nesting.

complexipy counts cognitive complexity; where it cannot read a file (half typed, or of another Python) `counting` does,
so that no file is skipped in silence.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

# Imported with this module, not where it is used: complexipy 8.3.0 crashes the process when it is first imported in a
# thread that has ended by the time it is called.
import complexipy

from ambient_lsp.analyzers.base import RawFinding, is_test_path
from ambient_lsp.analyzers.refactoring import counting
from ambient_lsp.analyzers.source import code, read, statements
from ambient_lsp.model import Evidence, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Definition, Source

COMPLEX = "AMB-REF-COMPLEX"
BRANCHES = "AMB-REF-BRANCHES"
LONG = "AMB-REF-LONG"
PARAMETERS = "AMB-REF-PARAMETERS"
NESTING = "AMB-REF-NESTING"

_FILLED_IN = re.compile(r"\b(command|option|argument|callback|fixture)\b")
SERIOUS = 5 / 3
"""Times the threshold: up to here a hint, which an editor shows in passing; above it a person should plan for it."""
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
    """Find functions above the thresholds, and deep nesting and long parameter lists. A function whose complexity is
    told is not told for its length and depth as well, and tests are read one by one, so they may be long."""
    if is_test_path(path):
        return []
    source = read(text)
    found: list[RawFinding] = []
    complexity = cognitive(text)
    named = Counter(function.qualname for function in source.functions)
    for function in source.functions:
        if function.whole:
            value = complexity.get(function.qualname, 0)
            if named[function.qualname] > 1:  # overloads and setters: that is the number of all of them together
                value = counting.cognitive(function.node)
            if value > complexity_threshold:
                found.append(_complex(source, path, function, value, complexity_threshold))
            else:
                found += _large(source, function, complexity_threshold, max_function_lines)
            found += _parameters(source, function)
    return found


def _complex(source: Source, path: str, function: Definition, complexity: int, threshold: int) -> RawFinding:
    name = function.qualname
    ways, lines = counting.cyclomatic(function.node), function_lines(function)
    message = (
        f"`{name}` has a cognitive complexity of {complexity}; {threshold} is the limit here."
        f" Its cyclomatic complexity is {ways}, and it is {lines} lines long."
    )
    evidence: tuple[Evidence, ...] = ()
    heavy = counting.heaviest(function.node)
    if heavy is not None:
        part, share = heavy
        evidence = (Evidence(path, source.span(_header(part)), f"{share:.0%} of it stands here."),)
    severity = Severity.INFORMATION if complexity > threshold * SERIOUS else Severity.HINT
    place = source.span(function.node.child_by_field_name("name") or function.node)
    return RawFinding(
        COMPLEX, place, message, severity, evidence, tags=("complexity",), symbol=name, data={"complexity": complexity}
    )


def _large(source: Source, function: Definition, threshold: int, limit: int) -> Iterator[RawFinding]:
    name = function.qualname
    place = source.span(function.node.child_by_field_name("name") or function.node)
    most = threshold * BRANCHES_PER_COMPLEXITY
    is_counted = not function.nested and counting.most_ways(code(function.node)) > most
    ways = counting.cyclomatic(function.node) if is_counted else 0
    if ways > most:
        message = f"There are {ways} ways through `{name}` (cyclomatic complexity); each wants a test of its own."
        yield RawFinding(BRANCHES, place, message, Severity.HINT, tags=("complexity",), symbol=name)
    lines = function_lines(function)
    if lines > limit:
        message = f"`{name}` is {lines} lines long; {limit} is the limit here."
        yield RawFinding(LONG, place, message, Severity.INFORMATION, tags=("size",), symbol=name, data={"lines": lines})
    depth, deepest = max(counting.depths(function.body), key=lambda pair: pair[0], default=(0, function.node))
    if depth > MAX_NESTING:
        message = f"`{name}` nests {depth} levels deep here; {MAX_NESTING} are readable."
        place = source.span(_header(deepest))
        yield RawFinding(NESTING, place, message, Severity.HINT, tags=("complexity",), symbol=name)


def _parameters(source: Source, function: Definition) -> Iterator[RawFinding]:
    name, count = function.qualname, len(_required(function))
    if count > MAX_PARAMETERS and not _is_filled_in(function.node):
        message = f"`{name}` takes {count} parameters that a caller must give; group those that belong together."
        place = source.span(function.node.child_by_field_name("name") or function.node)
        yield RawFinding(PARAMETERS, place, message, Severity.HINT, tags=("size",), symbol=name)


def _is_filled_in(function: Node) -> bool:
    """Return whether a framework gives the parameters, one for each option of a command: they cannot be grouped."""
    decorated = function.parent
    if decorated is None or decorated.type != "decorated_definition":
        return False
    return any(_FILLED_IN.search(code(one)) for one in decorated.named_children if one.type == "decorator")


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
