"""Functions that no test has run, and calls of them that are worth a test."""

from __future__ import annotations

import ast
import builtins
import doctest
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.complexity import cognitive
from ambient_lsp.analyzers.flow import local_names
from ambient_lsp.analyzers.samples import samples
from ambient_lsp.analyzers.syntax import Function, Syntax, called_name, dotted, is_docstring, parse, walk_scope
from ambient_lsp.model import Severity, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

UNTESTED = "AMB-TEST-UNTESTED"

MOST_CALLS = 8

_OUTSIDE = frozenset({"open", "input", "exec", "eval", "print", "exit", "quit", "breakpoint", "sleep",
                      "id", "hash", "object"})  # fmt: skip
_OUTSIDE_MODULES = frozenset({"os", "sys", "subprocess", "socket", "requests", "httpx", "urllib", "shutil", "random",
                              "time", "secrets", "uuid", "logging", "threading", "asyncio", "tempfile",
                              "signal", "atexit", "gc", "warnings", "locale", "pdb", "faulthandler"})  # fmt: skip
_CLOCKS = frozenset({"now", "today", "utcnow"})


@dataclass(frozen=True, slots=True)
class Example:
    """A call from a docstring with the value that the docstring promises, as source."""

    call: str
    expected: str


@dataclass(frozen=True, slots=True)
class Untested:
    """A function that no test ran. `calls` are expressions worth trying, `typed` whether they follow annotations.

    `raises` are the exceptions that its body raises by name; `lines` how many of its lines did not run.
    """

    name: str
    span: Span
    lines: int
    complexity: int
    parameters: tuple[str, ...]
    calls: tuple[str, ...]
    examples: tuple[Example, ...]
    raises: tuple[str, ...]
    typed: bool


def find(
    text: str, path: str, executed: frozenset[int], missing: frozenset[int], threshold: float = 80.0
) -> list[RawFinding]:
    """Find functions that the test run did not reach, in a file whose coverage is below `threshold` percent."""
    return [
        RawFinding(
            UNTESTED,
            one.span,
            f"The test run recorded no line of `{one.name}`.",
            Severity.HINT,
            tags=("tests",),
            symbol=one.name,
        )
        for one in untested(text, path, executed, missing, threshold)
    ]


def untested(
    text: str, path: str, executed: frozenset[int], missing: frozenset[int], threshold: float = 80.0
) -> list[Untested]:
    """Return the functions without a line that ran, the ones with most branches first.

    `executed` and `missing` are the file's line numbers, counted from 1; both are empty for a file that no test loaded.
    """
    syntax = parse(text)
    counted = len(executed) + len(missing)
    if syntax is None or (counted and 100 * len(executed) / counted >= threshold):
        return []
    complexity = cognitive(text)
    found = []
    for function in syntax.functions:
        if function.nested or function.node.name.value.startswith("__"):
            continue
        lines = _body_lines(syntax, function)
        if lines and not lines & executed and (lines & missing or not counted):
            found.append(_untested(syntax, function, lines, complexity.get(function.qualname, 0)))
    return sorted(found, key=lambda one: (-one.complexity, -one.lines, one.name))


def _untested(syntax: Syntax, function: Function, lines: frozenset[int], complexity: int) -> Untested:
    given = _arguments(function)
    callable_here = given is not None and _callable(function)
    name = function.qualname
    calls = tuple(f"{name}({', '.join(values)})" for values in given or ()) if callable_here else ()
    return Untested(
        name,
        syntax.header(function.node),
        len(lines),
        complexity,
        tuple(_required(function)),
        calls[:MOST_CALLS],
        tuple(_examples(function)) if callable_here or _plain(function) else (),
        tuple(_raised(function)),
        typed=bool(given),
    )


def _body_lines(syntax: Syntax, function: Function) -> frozenset[int]:
    body = function.node.body
    if not isinstance(body, cst.IndentedBlock):
        return frozenset()
    statements = [one for one in body.body if not is_docstring(one)]
    if not statements:
        return frozenset()
    first, last = syntax.span(statements[0]), syntax.span(statements[-1])
    return frozenset(range(first.start_line + 1, last.end_line + 2))


def _plain(function: Function) -> bool:
    """Return whether it is a module's own public function that is called as it is written.

    One that is named like a builtin would, imported by a test file, take that away from the other tests there.
    """
    node, name = function.node, function.node.name.value
    plain = not function.in_class and node.asynchronous is None and not name.startswith("_")
    plain = plain and not hasattr(builtins, name)
    decorators = [dotted(one.decorator) or called_name(one.decorator) for one in node.decorators]
    return plain and all(one.rpartition(".")[2] in {"cache", "lru_cache"} for one in decorators)


def _callable(function: Function) -> bool:
    """Return whether calling it gives a value and touches nothing outside: no files, clock, chance, network."""
    if not _plain(function):
        return False
    for node in walk_scope(function.node.body):
        if isinstance(node, cst.Yield | cst.Await | cst.Global | cst.Nonlocal):
            return False
        if isinstance(node, cst.Call):
            name = dotted(node.func)
            if name in _OUTSIDE or name.split(".")[0] in _OUTSIDE_MODULES or name.rpartition(".")[2] in _CLOCKS:
                return False
    if _sets_outside(function):
        return False
    return any(
        isinstance(node, cst.Raise) or (isinstance(node, cst.Return) and node.value is not None)
        for node in walk_scope(function.node.body)
    )


def _sets_outside(function: Function) -> bool:
    """Return whether it sets an attribute or an item of what is not its own: `sys.excepthook = f`."""
    body = function.node.body
    imported = {
        (alias.evaluated_alias or alias.evaluated_name).split(".")[0]
        for node in walk_scope(body)
        if isinstance(node, cst.Import)
        for alias in node.names
    }
    own = local_names(function.node) - imported
    for node in walk_scope(body):
        if isinstance(node, cst.AssignTarget | cst.AugAssign | cst.AnnAssign):
            target: cst.CSTNode = node.target
            while isinstance(target, cst.Attribute | cst.Subscript):
                target = target.value
            if target is not node.target and isinstance(target, cst.Name) and target.value not in own:
                return True
    return False


def _required(function: Function) -> Iterator[str]:
    params = function.node.params
    for parameter in (*params.posonly_params, *params.params):
        if parameter.default is None:
            yield parameter.name.value


def _arguments(function: Function) -> list[tuple[str, ...]] | None:
    """Return argument lists to try, one value changed at a time; None where a parameter's type is not known."""
    params = function.node.params
    if any(one.default is None for one in params.kwonly_params):
        return None
    choices: list[list[str]] = []
    for parameter in (*params.posonly_params, *params.params):
        if parameter.default is not None:
            break
        annotation = parameter.annotation.annotation if parameter.annotation is not None else None
        values = samples(annotation, parameter.name.value, function.node.body) if annotation is not None else []
        if not values:
            return None
        choices.append(values)
    if not choices:
        return [()]
    usual = [values[0] for values in choices]
    made = [tuple(usual)]
    for depth in range(1, max(map(len, choices))):
        for position, values in enumerate(choices):
            if depth < len(values):
                made.append((*usual[:position], values[depth], *usual[position + 1 :]))
    return list(dict.fromkeys(made))


def _examples(function: Function) -> Iterator[Example]:
    docstring = function.node.get_docstring()
    if not docstring or ">>>" not in docstring:
        return
    try:
        examples = doctest.DocTestParser().get_examples(docstring)
    except ValueError:
        return
    for example in examples:
        call, expected = example.source.strip(), example.want.strip()
        if call.startswith(f"{function.node.name.value}(") and _is_literal(expected) and _is_expression(call):
            yield Example(call, expected)


def _raised(function: Function) -> Iterator[str]:
    for node in walk_scope(function.node.body):
        if isinstance(node, cst.Raise) and node.exc is not None:
            name = called_name(node.exc) or dotted(node.exc)
            if name:
                yield name


def _is_literal(source: str) -> bool:
    try:
        ast.literal_eval(source)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True


def _is_expression(source: str) -> bool:
    try:
        tree = ast.parse(source, mode="eval")
    except (SyntaxError, ValueError):
        return False
    # Arguments that are names would need a setup of their own.
    call = tree.body
    return isinstance(call, ast.Call) and all(
        _is_literal(ast.unparse(value)) for value in (*call.args, *(one.value for one in call.keywords))
    )
