"""Whether two functions agree on a call: in what they give, in what becomes of the arguments, in what they refuse.

This source is sent to the sandbox as it is, and runs there with the project's own interpreter.
"""

from __future__ import annotations

import copy
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

PATIENCE = 0.2
"""Seconds for one call."""


def compared(function: Callable[..., Any], reference: Callable[..., Any], rows: Callable[[], Sequence[Any]]) -> str:
    """Return a letter for each row of arguments: "+" and "-" where both agree and where not, "!" where both refuse the
    arguments, "?" where nothing can be said.
    What one refuses and the other takes is a matter of taste.
    """
    found = ""
    signal.signal(signal.SIGALRM, _too_long)
    for values, options in rows():
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        try:
            found += _letter(function, reference, values, options)
        except TimeoutError:
            found += "?"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    return found


def _too_long(*_: Any) -> None:
    raise TimeoutError


def _letter(
    function: Callable[..., Any],
    reference: Callable[..., Any],
    values: tuple[Any, ...],
    options: Mapping[str, Any],
) -> str:
    answer = _agrees(function, reference, values, options)
    return answer if isinstance(answer, str) else {True: "+", False: "-"}.get(answer, "?")


def _agrees(
    function: Callable[..., Any],
    reference: Callable[..., Any],
    values: tuple[Any, ...],
    options: Mapping[str, Any],
) -> Any:
    given, theirs = copy.deepcopy(values), copy.deepcopy(values)
    try:
        expected = plain(reference(*theirs, **options))
        refused = False
    except ValueError:
        expected, refused = None, True
    except TimeoutError:
        raise
    except Exception:
        return None
    try:
        result = plain(function(*given, **options))
    except TimeoutError:
        raise
    except Exception as error:
        own = isinstance(error, ValueError) or type(error).__module__ not in ("builtins", "exceptions")
        return "!" if refused and (own or isinstance(error, (IndexError, KeyError))) else None
    if refused:
        return None
    if theirs != values:
        if given == values:
            return None  # it gives a new one, where the reference changes what it is given
        return same(plain(given), plain(theirs)) and (expected is None or result is None or same(result, expected))
    if result is None and expected is not None and given != values:
        changed = plain(given[0])
        return same(changed, expected) if comparable(changed, expected) else None
    if given != values and not any(same(plain(one), expected) for one in given):
        return None
    return same(result, expected) if comparable(result, expected) else None


def plain(value: Any) -> Any:
    """Return a value with lists in the place of tuples, generators and other sequences."""
    if isinstance(value, (str, bytes, bool, int, float, complex)) or value is None:
        return value
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (set, frozenset)):
        return set(value)
    if hasattr(value, "__next__") or isinstance(value, (list, tuple)) or type(value).__name__ == "deque":
        return [plain(one) for one in value]
    return value


def comparable(one: Any, other: Any) -> bool:
    """Return whether two values are of one sort; else the functions do not mean the same."""
    return sort_of(one) == sort_of(other)


def sort_of(value: Any) -> str:
    """Return a word for the sort of a value."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


def same(one: Any, other: Any) -> bool:
    """Return whether two plain values are equal, up to the last digits of a float."""
    if isinstance(one, float) or isinstance(other, float):
        return sort_of(one) == sort_of(other) and abs(one - other) <= 1e-6 * max(1.0, abs(other))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)
