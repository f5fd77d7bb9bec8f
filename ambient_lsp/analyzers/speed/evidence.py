"""What the calls of a function say of its parameters, where it has no type hints: in its module, tests, importers."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.annotations import UNKNOWN, Kind, join
from ambient_lsp.analyzers.speed.code import Code, arguments, origin, read
from ambient_lsp.analyzers.speed.kinds import kind_of
from ambient_lsp.analyzers.speed.literals import literal_kind
from ambient_lsp.analyzers.speed.names import bindings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ambient_lsp.analyzers.speed.code import Function, Node

Given = tuple[tuple[str, Kind], ...]
"""What one call gives: positions ("0", "1") and keywords, each with the kind of its argument."""


def wanted(text: str) -> frozenset[str]:
    """Return the functions of a module that have a loop, and parameters that nothing is said about."""
    code = read(text)
    return frozenset() if code.broken else frozenset(one.name for one in code.functions if _silent(one) and _loops(one))


def learned(code: Code, callers: Sequence[tuple[str, bool]]) -> Code:
    """Return the module with what its functions' parameters are, where all calls agree; the same one if none tells.

    `callers` are (text, whether it is a test) of other files. A test may pass what nobody can tell the kind of; the
    code itself may not.
    """
    names = wanted(code.text)
    found: dict[str, list[tuple[Given, bool]]] = {}
    for text, is_test in ((code.text, False), *callers):
        for name, given in calls_in(text, names) if names else ():
            found.setdefault(name, []).append((given, is_test))
    if not found:
        return code
    fresh = Code(code.text)
    for function in fresh.functions:
        # Who calls a public function, the module alone does not know.
        if function.name in found and (callers or function.name.startswith("_")):
            _tell(function, found[function.name])
    return fresh


@lru_cache(maxsize=64)
def calls_in(text: str, names: frozenset[str]) -> tuple[tuple[str, Given], ...]:
    """Return the calls of these functions in a text."""
    if not any(f"{name}(" in text for name in names):
        return ()
    code = read(text)
    found = []
    for node in code.nodes:
        name = origin(node).rpartition(".")[2] if node.type == "call" else ""
        if name in names:
            found.append((name, tuple(_given(node))))
    return tuple(found)


def _given(call: Node) -> Iterable[tuple[str, Kind]]:
    function = call.code.function_at(call)
    for place, one in enumerate(arguments(call)):
        name, value = one.get("name"), one.get("value")
        if one.type == "keyword_argument" and name is not None and value is not None:
            yield name.text, _kind(value, function)
        elif "splat" in one.type:
            yield "*", UNKNOWN
        else:
            yield str(place), _kind(one, function)


def _kind(value: Node, function: Function | None) -> Kind:
    kind = kind_of(value, function) if function is not None else literal_kind(value)
    return Kind("tuple", (join(kind.args),)) if kind.name == "fixed" else kind


def _tell(function: Function, calls: Sequence[tuple[Given, bool]]) -> None:
    for place, name in enumerate(_parameters(function)):
        kinds = []
        for given, is_test in calls:
            by_name: Mapping[str, Kind] = dict(given)
            kind = by_name.get(name, by_name.get(str(place), UNKNOWN))
            if kind != UNKNOWN or not is_test or "*" in by_name:
                kinds.append(kind)
        kind = join(kinds)
        if kind.name and kind.name != "union":
            function.kinds[f"kind {name}"] = kind
            function.kinds["learnt"] = True


def _silent(function: Function) -> bool:
    return "." not in function.name and bool(_parameters(function))


def _parameters(function: Function) -> list[str]:
    """Return the parameters in order, where none has a type hint or gathers the rest."""
    given = function.node.get("parameters")
    plain = [child for child in given.children if child.type != "comment"] if given is not None else []
    if any(child.type not in {"identifier", "default_parameter"} for child in plain):
        return []
    found = [one.name.text for ones in bindings(function).values() for one in ones if one.how == "param"]
    return found if all(len(bindings(function)[name]) == 1 for name in found) else []


def _loops(function: Function) -> bool:
    return any(node.type in {"for_statement", "while_statement", "for_in_clause"} for node in function.body.own())
