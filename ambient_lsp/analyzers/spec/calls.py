"""Calls worth trying: argument lists that go together, the ordinary ones first, then one boundary at a time."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import chain, pairwise, zip_longest
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.spec import docs
from ambient_lsp.analyzers.testing import samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ambient_lsp.analyzers.spec.signatures import Parameter, Signature

MOST_CALLS = 32
_WORD = 30

_SIZES = frozenset({"k", "n", "size", "index", "i", "pos", "position", "window", "steps", "times", "shift", "rotation",
                    "offset", "width", "length", "count", "limit", "places", "by", "chunk", "d", "rank"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments of one call: the names of the parameters that are given, and the source of each value."""

    names: tuple[str, ...]
    values: tuple[str, ...]


def expression(signature: Signature, arguments: Arguments) -> str:
    """Return the call as an expression whose value can be shown: a generator is put into a list."""
    call = f"{signature.name}({', '.join(passed(signature, arguments))})"
    return f"list({call})" if signature.lazy else call


def passed(signature: Signature, arguments: Arguments) -> list[str]:
    """Return the arguments as they are written in the call: by name where they are options, or must be."""
    pairs = zip(arguments.names, arguments.values, strict=True)
    return [f"{name}={value}" if name in signature.options else value for name, value in pairs]


def arguments_of(signature: Signature, source: str) -> Arguments | None:
    """Return the arguments of a call of the function, as a docstring shows it; None where they do not fit."""
    call = docs.call_of(source)
    names = [one.name for one in signature.parameters]
    if call is None or ast.unparse(call.func).rpartition(".")[2] != signature.name.rpartition(".")[2]:
        return None  # such as `f(1).hex()`
    if len(call.args) > len(names) or any(isinstance(one, ast.Starred) for one in call.args):
        return None
    pairs = [*zip(names, call.args, strict=False), *((one.arg or "", one.value) for one in call.keywords)]
    given = {name: _spelled(value) for name, value in pairs}
    if len(given) != len(pairs) or not set(given) <= set(names):
        return None
    ordered = [name for name in names if name in given]
    return Arguments(tuple(ordered), tuple(given[name] for name in ordered))


def _spelled(node: ast.expr) -> str:
    """Return a literal as one writes it today, without the `u` of old docstrings."""
    source = ast.unparse(node)
    value = _value(source)
    return repr(value) if isinstance(value, str) else source


def candidates(signature: Signature) -> list[Arguments]:
    """Return argument lists to try; none where the kind of a parameter that must be given is not known."""
    required = signature.required
    shown = [given for one in signature.examples if (given := arguments_of(signature, one.call)) is not None]
    pools = [samples.values(one, signature) for one in required]
    if not all(pools):
        return list(dict.fromkeys(shown))
    names = tuple(one.name for one in required)
    shown_values = [one.values for one in shown if one.names == names]
    pools = _parallel(required, pools)
    lists = list(dict.fromkeys(_interleaved(
        _diagonal(pools), _related(required, pools), _single(pools), _same(required, pools), _near(shown_values),
    )))  # fmt: skip
    found = [*shown, *(Arguments(names, values) for values in lists[:MOST_CALLS])]
    usual = Arguments(names, tuple(pool[0] for pool in pools))
    base = [one for one in [*shown, usual, *found[1:]] if one.names == names][:2]
    found += chain.from_iterable(_options(signature, one) for one in base)
    return list(dict.fromkeys(found))[: MOST_CALLS + 12]


def _diagonal(pools: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    for turn in range(max(map(len, pools), default=1)):
        yield tuple(pool[turn % len(pool)] for pool in pools)


def _single(pools: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Change one value of the first list at a time."""
    usual = [pool[0] for pool in pools]
    for depth in range(1, max(map(len, pools), default=1)):
        for position, pool in enumerate(pools):
            if depth < len(pool):
                yield (*usual[:position], pool[depth], *usual[position + 1 :])


def _related(required: Sequence[Parameter], pools: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Put members, strangers and sizes of a collection beside it: what is searched, where it starts, how far."""
    for position, parameter in enumerate(required):
        kind = parameter.kind.plain if parameter.kind is not None else None
        if kind is None or kind.name not in {"list", "dict", "str"}:
            continue
        for source in pools[position][:6]:
            value = _value(source)
            for other, beside in enumerate(required):
                scalar = beside.kind.plain.name if beside.kind is not None else ""
                if other == position or value is None or scalar not in {"int", "str", "any", "float"}:
                    continue
                for one in dict.fromkeys(_beside(value, beside.name, scalar)):
                    row = [pool[0] for pool in pools]
                    for third in range(len(row)):
                        # A second collection beside the first keeps its length.
                        row[third] = pools[third][pools[position].index(source) % len(pools[third])]
                    row[position], row[other] = source, repr(one)
                    yield tuple(row)


def _beside(value: Any, name: str, scalar: str) -> Iterator[Any]:
    size = len(value)
    members = [one for one in value if type(one).__name__ == scalar or scalar == "any"]
    numbers = [one for one in members if isinstance(one, int | float)]
    if scalar == "int" and (name.lower() in _SIZES or not numbers):
        yield from (2, 1, 0, size - 1, size, size + 1) if size else (0, 1)
        return
    if members:
        yield from (members[-1], members[0], members[len(members) // 2])
        # What is not in it: below, above, between.
        yield from (
            (max(numbers) + 1, min(numbers) - 1, numbers[0] + numbers[-1]) if numbers else ("zz",) * (scalar != "float")
        )


def _same(required: Sequence[Parameter], pools: Sequence[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Pair the values of two parameters of one kind: equal ones, the other way round, and neighbours."""
    if len(required) != 2 or required[0].kind is None or required[1].kind is None:
        return
    if required[0].kind.plain.name != required[1].kind.plain.name:
        return
    pool = list(dict.fromkeys((*pools[0], *pools[1])))
    for one, other in pairwise(pool):
        yield from ((one, other), (other, one), (one, one))


def _parallel(required: Sequence[Parameter], pools: Sequence[list[str]]) -> list[list[str]]:
    """Give a second list of numbers, or a second text, other values of the same length than the first has."""
    changed: list[list[str]] = []
    seen: list[str] = []
    for parameter, pool in zip(required, pools, strict=True):
        kind = parameter.kind.plain if parameter.kind is not None else None
        shape = f"{kind.name}:{kind.element.name}" if kind is not None else ""
        repeated = shape in {"list:int", "list:float", "list:any"} and shape in seen
        seen.append(shape)
        changed.append([_other(source) for source in pool] if repeated else list(pool))
        if shape in {"str:any", "int:any"} and shape in seen[:-1] and len(pool) > 1:
            changed[-1] = [*pool[1:], pool[0]]
    return changed


def _other(source: str) -> str:
    value = _value(source)
    if not isinstance(value, list) or not all(isinstance(one, int | float) for one in value):
        return source
    moved = [one * 2 + 1 for one in value]
    return repr(moved if value == sorted(value) else moved[::-1])


def _near(shown: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Change the values of the docstring's own examples a little: they are sure to fit together."""
    for row in shown[:3]:
        for position, source in enumerate(row):
            for nearby in _nearby(_value(source)):
                yield (*row[:position], repr(nearby), *row[position + 1 :])


def _nearby(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, 0)
    elif isinstance(value, str):
        # Letters taken away, turned round or made large would make a word that nobody has in mind ("OCTOPUS").
        yield from (one for one in (value[:1],) if one != value and len(value) < _WORD)
    elif isinstance(value, list | tuple) and len(value) > 0:
        yield from (value[1:], value[:-1], value[:1], value[::-1], value[:0])
        yield type(value)((*value, value[0]))
    elif isinstance(value, dict) and value:
        first = next(iter(value))
        yield from ({key: one for key, one in value.items() if key != first}, {first: value[first]})


def _options(signature: Signature, base: Arguments) -> Iterator[Arguments]:
    """Give one parameter that has a default another value."""
    order = [one.name for one in signature.parameters]
    for parameter in signature.parameters:
        if not parameter.default or parameter.name in base.names or parameter.name.startswith("_"):
            continue
        if parameter.positional:
            continue  # one before it may be left out
        pool = [one for one in samples.values(parameter, signature) if one not in (parameter.default, "None")]
        if parameter.default == "None" and parameter.kind is None:
            continue
        for value in pool[:3]:
            given = {**dict(zip(base.names, base.values, strict=True)), parameter.name: value}
            names = tuple(name for name in order if name in given)
            yield Arguments(names, tuple(given[name] for name in names))


def _interleaved(*sources: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    for turn in zip_longest(*sources):
        yield from (one for one in turn if one is not None)


def _value(source: str) -> Any:
    try:
        return ast.literal_eval(source)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
