"""Inputs for a function: recorded ones, made up ones where there are none, and larger ones."""

import base64
import collections.abc
import inspect
import itertools
import json
import pickle
import typing
from pathlib import Path

_SAMPLES = {
    int: [0, 7, 100],
    float: [0.0, 2.5],
    str: ["", "hello world"],
    bool: [False, True],
    bytes: [b"", b"hello"],
    complex: [1j],
}
_LISTS = (
    list,
    collections.abc.Sequence,
    collections.abc.Iterable,
    collections.abc.Collection,
    collections.abc.MutableSequence,
)
_MAPS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_SETS = (set, frozenset, collections.abc.Set)
_LONGEST = 100_000


def recorded(path):
    """Return the pickled (args, kwargs) that the tests called the function with."""
    file = Path(path)
    if not file.is_file():
        return []
    return [base64.b64decode(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def made_up(function):
    """Return pickled (args, kwargs) from type hints and defaults; none where a parameter has neither."""
    try:
        hints = typing.get_type_hints(function)
        parameters = inspect.signature(function).parameters.values()
    except Exception:  # hints may name what is not importable; then there is nothing to go by
        return []
    columns = []
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        values = _samples(hints.get(parameter.name))
        if not values and parameter.default is not parameter.empty:
            values = [parameter.default]
        if not values:
            return []
        columns.append((parameter, values))
    calls = []
    for index in range(max((len(values) for _, values in columns), default=1)):
        args, kwargs = [], {}
        for parameter, values in columns:
            value = values[index % len(values)]
            if parameter.kind is parameter.KEYWORD_ONLY:
                kwargs[parameter.name] = value
            else:
                args.append(value)
        calls.append(pickle.dumps((tuple(args), kwargs)))
    return calls


def larger(data, factor):
    """Return the call with its collections and texts `factor` times as long; None when there is nothing to enlarge."""
    args, kwargs = pickle.loads(data)
    new_args = tuple(_enlarged(value, factor) for value in args)
    new_kwargs = {name: _enlarged(value, factor) for name, value in kwargs.items()}
    if all(
        new is old
        for new, old in zip(itertools.chain(new_args, new_kwargs.values()), itertools.chain(args, kwargs.values()))
    ):
        return None
    return pickle.dumps((new_args, new_kwargs))


def _samples(hint):
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    kind = origin or hint
    if kind in _SAMPLES:
        return _SAMPLES[kind]
    if origin is typing.Union or type(hint).__name__ == "UnionType":
        return [value for part in inner for value in _samples(part)]
    item = (_samples(inner[0]) if inner else [1, 2, 3]) or [1, 2, 3]
    if kind in _LISTS:
        return [[], [item[index % len(item)] for index in range(8)]]
    if kind is tuple:
        return (
            [tuple(item[-1:] * 3)]
            if len(inner) < 2 or inner[1] is Ellipsis
            else [tuple((_samples(part) or [0])[-1] for part in inner)]
        )
    if kind in _SETS:
        return [set(), set(item)]
    if kind in _MAPS:
        other = (_samples(inner[1]) if len(inner) > 1 else [1]) or [1]
        return [{}, {key: other[0] for key in item}]
    return []


def _enlarged(value, factor):
    kind = type(value)
    if kind in (str, bytes, list, tuple, set, dict) and 0 < len(value) and len(value) * factor <= _LONGEST:
        if kind in (str, bytes):
            return value * factor
        if kind is dict:
            return {new: value[old] for old in value for new in _variants(old, factor)}
        if kind is set:
            return {new for old in value for new in _variants(old, factor)}
        # Distinct items where they can be made: a function that looks for doubles must not get only doubles.
        return kind(new for round_ in range(factor) for old in value for new in (_variant(old, round_),))
    return value


def _variants(value, factor):
    return [_variant(value, round_) for round_ in range(factor)]


def _variant(value, round_):
    if round_ and type(value) in (int, float):
        return value + round_ * 1000
    if round_ and type(value) is str:
        return value + str(round_)
    return value
