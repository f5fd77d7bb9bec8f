"""Inputs for a function: recorded ones, made up ones where there are none, and larger ones."""

import base64
import collections.abc
import dataclasses
import inspect
import itertools
import json
import pickle
import typing
from pathlib import Path

_SAMPLES = {
    int: [0, 7, 100],
    float: [0.0, 2.5],
    str: ["", "hello world", "a,b,c"],
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
_GUESSES = (
    ["pear", "fig", "apple", "fig", "Pear"],
    [3, 1, 2, 3, 5, 8],
    "a pear and a fig",
    7,
    [["b", 2], ["a", 1], ["c", 3]],
    {"pear": 2, "fig": 1},
    [{"id": 1, "name": "fig"}, {"id": 2, "name": "pear"}],
    2.5,
)
"""What a parameter may be that says nothing about itself; what the function cannot work with is dropped."""
_MOST_GUESSES = 64
_DEEPEST = 4


def recorded(path):
    """Return the pickled (args, kwargs) that the tests called the function with."""
    file = Path(path)
    if not file.is_file():
        return []
    return [base64.b64decode(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def made_up(function, owner=None):
    """Return (pickled (args, kwargs) from type hints and defaults, whether some of it is a guess).

    `owner` is the class of a method, which is then called on objects that are made up too.
    """
    try:
        hints = typing.get_type_hints(function)
        parameters = list(inspect.signature(function).parameters.values())
    except Exception:  # hints may name what is not importable; then there is nothing to go by
        return [], False
    columns, guessed = [], False
    for place, parameter in enumerate(parameters):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if place == 0 and owner is not None and parameter.name == "self":
            values = _objects(owner, _DEEPEST)
        else:
            values = _samples(hints.get(parameter.name))
        if not values and parameter.default is not parameter.empty:
            values = [parameter.default]
        if not values and place == 0 and owner is not None:
            return [], False
        if not values:
            values, guessed = list(_GUESSES), True
        columns.append((parameter, values))
    return [pickled for pickled in map(_call, _rows(columns, guessed=guessed)) if pickled is not None], guessed


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


def higher(data, step):
    """Return the call with its whole numbers raised, first a little and later by much; None when there are none."""
    args, kwargs = pickle.loads(data)
    numbers = [value for value in (*args, *kwargs.values()) if type(value) is int]
    if not numbers or step > 6:
        return None

    def raised(value):
        if type(value) is not int:
            return value
        return value + 3 if step <= 4 else value * 4

    return pickle.dumps((tuple(map(raised, args)), {name: raised(value) for name, value in kwargs.items()}))


def _rows(columns, *, guessed):
    """Return values for all parameters: row by row where their types are known, in all combinations where not."""
    if guessed:
        rows = itertools.product(*(values for _, values in columns))
        return [
            list(zip((parameter for parameter, _ in columns), row)) for row in itertools.islice(rows, _MOST_GUESSES)
        ]
    longest = max((len(values) for _, values in columns), default=1)
    return [[(parameter, values[row % len(values)]) for parameter, values in columns] for row in range(longest)]


def _call(row):
    args = [value for parameter, value in row if parameter.kind is not parameter.KEYWORD_ONLY]
    kwargs = {parameter.name: value for parameter, value in row if parameter.kind is parameter.KEYWORD_ONLY}
    try:
        return pickle.dumps((tuple(args), kwargs))
    except Exception:  # a default, or an object made up, that does not pickle
        return None


def _samples(hint, depth=_DEEPEST):
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    kind = origin or hint
    if kind in _SAMPLES:
        return _SAMPLES[kind]
    if origin is typing.Union or type(hint).__name__ == "UnionType":
        return [value for part in inner for value in _samples(part, depth - 1)]
    if origin is typing.Literal:
        return list(inner)
    item = (_samples(inner[0], depth - 1) if inner else [1, 2, 3]) or [1, 2, 3]
    if kind in _LISTS:
        return [[], [_variant(item[index % len(item)], index // len(item)) for index in range(8)]]
    if kind is tuple:
        return (
            [tuple(item[-1:] * 3)]
            if len(inner) < 2 or inner[1] is Ellipsis
            else [tuple((_samples(part, depth - 1) or [0])[-1] for part in inner)]
        )
    if kind in _SETS:
        return [set(), set(item)]
    if kind in _MAPS:
        other = (_samples(inner[1], depth - 1) if len(inner) > 1 else [1]) or [1]
        return [{}, {key: other[-1] for key in item}]
    if isinstance(hint, type) and depth > 0 and hint.__module__ not in ("builtins", "typing"):
        return _objects(hint, depth - 1)
    return []


def _objects(cls, depth):
    """Return a few objects of a class that says what it is made from."""
    try:
        hints = typing.get_type_hints(cls.__init__)
        parameters = list(inspect.signature(cls).parameters.values())
    except Exception:  # not a class that can be called, or hints that name what is not there
        return []
    columns = []
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        values = _samples(hints.get(parameter.name), depth - 1) if depth > 0 else []
        if not values and parameter.default is not parameter.empty:
            values = [parameter.default]
        if not values:
            return []
        columns.append((parameter, values))
    made = []
    for row in _rows(columns, guessed=False)[:4]:
        args = [value for parameter, value in row if parameter.kind is not parameter.KEYWORD_ONLY]
        try:
            made.append(cls(*args, **{p.name: value for p, value in row if p.kind is p.KEYWORD_ONLY}))
        except Exception:  # values that its rules do not allow
            continue
    return made


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
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {name: _enlarged(old, factor) for name, old in vars(value).items() if type(old) in (list, dict, set)}
        return _replaced(value, changes) if changes else value
    return value


def _variants(value, factor):
    return [_variant(value, round_) for round_ in range(factor)]


def _variant(value, round_):
    """Return another value of the same kind, which differs from that of any other round."""
    if not round_:
        return value
    kind = type(value)
    if kind in (int, float):
        return value + round_ * 1000
    if kind is str:
        return value + str(round_)
    if kind is tuple or kind is list:
        return kind(_variant(one, round_) for one in value)
    if kind is dict:
        return {name: _variant(one, round_) for name, one in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _replaced(value, {name: _variant(one, round_) for name, one in vars(value).items()})
    return value


def _replaced(value, changes):
    try:
        return dataclasses.replace(value, **changes)
    except Exception:  # fields that are not arguments, slots, or rules of its own
        return value
