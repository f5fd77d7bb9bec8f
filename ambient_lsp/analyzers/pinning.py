"""From what a function was seen to do to the tests that keep it so, and to findings where that looks wrong."""

from __future__ import annotations

import ast
import builtins
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ambient_lsp.analyzers.untested import Untested
    from ambient_lsp.protocols import Observation

SUSPICIOUS = "AMB-TEST-SUSPICIOUS"
DOCSTRING = "AMB-TEST-DOCSTRING"

_BUGS = frozenset({"AttributeError", "TypeError", "NameError", "UnboundLocalError", "IndexError", "RecursionError"})
_LITERAL_TYPES = frozenset({"NoneType", "bool", "int", "float", "str", "bytes", "tuple", "list", "dict", "set"})
_QUESTIONS = ("is_", "has_", "can_", "should_")


@dataclass(frozen=True, slots=True)
class Case:
    """One call with what it must give: the source of a value, or the name of an exception."""

    arguments: tuple[str, ...]
    expected: str
    raises: str = ""
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Pinned:
    """What may be tested of a function, and what looked wrong."""

    cases: tuple[Case, ...]
    findings: tuple[RawFinding, ...]


def pin(function: Untested, observed: Mapping[str, Observation]) -> Pinned:
    """Return the cases that hold for sure, and findings for values that a person should look at."""
    cases: dict[tuple[str, ...], Case] = {}
    found: list[RawFinding] = []
    if any(not observed[call].deterministic for call in function.calls if call in observed):
        # Chance may have agreed with itself twice on the other calls.
        return Pinned((), ())
    promised = {example.call: example.expected for example in function.examples}
    for call in dict.fromkeys((*promised, *function.calls)):
        seen = observed.get(call)
        if seen is None or not seen.deterministic:
            continue
        wrong = _wrong(function, call, seen, promised.get(call))
        if wrong is not None:
            found.append(wrong)
            continue
        case = _case(function, call, seen)
        if case is not None:
            cases.setdefault(case.arguments, case)
    if all(case.expected == "None" for case in cases.values()):
        return Pinned((), tuple(found))  # it is called for what it does, and that is not seen here
    return Pinned(tuple(cases.values()), tuple(found))


def _wrong(function: Untested, call: str, seen: Observation, promised: str | None) -> RawFinding | None:
    if promised is not None and not _equal(seen.value_repr, promised):
        got = f"raises {seen.exception}" if seen.exception else f"gives {seen.value_repr}"
        return _finding(DOCSTRING, function, f"The docstring says that `{call}` gives {promised}, and it {got}.")
    if seen.exception in _BUGS and seen.exception not in function.raises and function.typed:
        return _finding(SUSPICIOUS, function, f"`{call}` raises {seen.exception} on an ordinary value.")
    asks = function.name.rpartition(".")[2].startswith(_QUESTIONS)
    if asks and not seen.exception and seen.type_name != "bool":
        return _finding(SUSPICIOUS, function, f"`{call}` asks a question and gives a {seen.type_name}.")
    if seen.value_repr == "nan":
        return _finding(SUSPICIOUS, function, f"`{call}` gives nan.")
    return None


def _finding(rule: str, function: Untested, message: str) -> RawFinding:
    return RawFinding(
        rule, function.span, message, Severity.INFORMATION, tags=("tests", "behaviour"), symbol=function.name
    )


def _case(function: Untested, call: str, seen: Observation) -> Case | None:
    arguments = _arguments_of(call)
    if arguments is None:
        return None
    if seen.exception:
        # An exception of the project's own would need an import of its own, and its name alone does not say from where.
        expected = seen.exception in function.raises and hasattr(builtins, seen.exception)
        return Case(arguments, "", raises=seen.exception) if expected else None
    value = _literal(seen.value_repr)
    if not value:
        return None
    floats = _floats_in(value[0])
    if any(not math.isfinite(number) for number in floats):
        return None
    if floats and not _is_flat(value[0]):
        return None
    if seen.type_name not in _LITERAL_TYPES:
        # A subclass (a named tuple, a string enum) may print as a literal that it is not.
        return None
    return Case(arguments, seen.value_repr, approximate=bool(floats))


def _literal(source: str) -> tuple[Any, ...]:
    """Return the value of a literal, in a tuple of one; empty when the source is no literal."""
    try:
        return (ast.literal_eval(source),)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return ()


def _floats_in(value: Any) -> list[float]:
    if isinstance(value, float):
        return [value]
    if isinstance(value, complex):
        return [math.nan]
    if isinstance(value, list | tuple | set):
        return [number for item in value for number in _floats_in(item)]
    if isinstance(value, dict):
        return [number for pair in value.items() for part in pair for number in _floats_in(part)]
    return []


def _is_flat(value: Any) -> bool:
    """Return whether `pytest.approx` takes the value: a number, or a list or dict of numbers."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
    return not isinstance(value, set) and all(isinstance(item, int | float) for item in items)


def _equal(value_repr: str, promised: str) -> bool:
    left, right = _literal(value_repr), _literal(promised)
    return bool(left) and left == right


def _arguments_of(call: str) -> tuple[str, ...] | None:
    try:
        node = ast.parse(call, mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(node, ast.Call) or node.keywords:
        return None
    return tuple(ast.unparse(argument) for argument in node.args)


def calls_of(functions: Sequence[Untested]) -> list[str]:
    """Return every expression worth evaluating, each one once."""
    return list(
        dict.fromkeys(call for one in functions for call in (*(example.call for example in one.examples), *one.calls))
    )
