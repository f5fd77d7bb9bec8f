"""From what a function was seen to do to the cases that keep it so; what looks wrong is told and never kept."""

from __future__ import annotations

import ast
import builtins
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.spec import calls, suspicion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ambient_lsp.analyzers.base import RawFinding
    from ambient_lsp.analyzers.spec.calls import Arguments
    from ambient_lsp.analyzers.spec.laws import Law
    from ambient_lsp.analyzers.spec.signatures import Signature
    from ambient_lsp.protocols import Observation

SUSPICIOUS = suspicion.SUSPICIOUS
DOCSTRING = suspicion.DOCSTRING

MOST_CASES = 12
_MOST_RAISING = 4
_LONGEST_ROW = 96
_MOST_UNCHANGED = 2
_FEWEST = 4
_BY_ACCIDENT = re.compile(
    r"values to unpack|invalid literal for|could not convert|empty sequence|empty iterable|substring not found"
    r"|is not in list|unhashable|object is not|index out of range|unsupported operand|not supported between"
)
"""What Python itself says: the function may raise the same kind of error on purpose, but it did not here."""
_LITERAL_TYPES = frozenset({"NoneType", "bool", "int", "float", "str", "bytes", "tuple", "list", "dict", "set"})


@dataclass(frozen=True, slots=True)
class Case:
    """One call with what it must give: the source of a value, or the name of an exception.

    `changed` names the parameter that the call changes, where `expected` is what becomes of it, and `gives` what the
    call gives beside, if it is not None. `fresh`: the arguments are changed, so that no two calls may share them.
    """

    arguments: Arguments
    expected: str
    raises: str = ""
    approximate: bool = False
    changed: str = ""
    fresh: bool = False
    gives: str = ""

    @property
    def outcome(self) -> str:
        """All that comes of the call, to tell cases apart."""
        return self.expected + self.raises + self.gives


@dataclass(frozen=True, slots=True)
class Pinned:
    """What may be tested of a function, and what looked wrong. `tried` are the arguments that gave a value; `changes`
    tells whether it changes some of them."""

    cases: tuple[Case, ...]
    findings: tuple[RawFinding, ...]
    tried: tuple[Arguments, ...] = ()
    changes: bool = False


def pin(
    signature: Signature,
    candidates: Sequence[Arguments],
    observed: Mapping[str, Observation],
    confirmed: Callable[[Arguments, Observation], bool] = lambda *_: True,
) -> Pinned:
    """Return the cases that hold for sure, and the finding that a person should look at, if there is one.

    Only what is `confirmed` becomes a case: what the function does is no witness to what it should do.
    """
    seen = [
        (arguments, observation)
        for arguments in candidates
        if (observation := observed.get(calls.expression(signature, arguments))) is not None
    ]
    found = suspicion.look(signature, seen, observed)
    if any(not one.deterministic and one.exception not in {"Timeout", "Skipped"} for _, one in seen):
        # Chance may have agreed with itself twice on the other calls.
        return Pinned((), found)
    tried = tuple(arguments for arguments, one in seen if not one.exception and one.deterministic)
    changes = any(one.changed for _, one in seen)
    if found:
        return Pinned((), found, tried, changes)
    cases = [
        (case, one)
        for arguments, one in seen
        if one.deterministic
        and not one.again
        and confirmed(arguments, one)
        and (case := _case(signature, arguments, one)) is not None
    ]
    chosen = _chosen(signature, cases)
    if any(case.changed for case in chosen):
        chosen = tuple(case for case in chosen if case.changed or case.expected != "None")
    if all(case.expected == "None" for case in chosen):
        return Pinned((), (), tried, changes)  # it is called for what it does, and that is not seen here
    return Pinned(chosen, (), tried, changes)


def lawful(
    signature: Signature, family: Sequence[Law], tried: Sequence[Arguments], observed: Mapping[str, Observation]
) -> tuple[tuple[Law, tuple[Arguments, ...]] | None, RawFinding | None]:
    """Return the law of a family that holds for all that was tried, with that; else a finding, where it nearly holds.

    A law that fails for most arguments is none of this function's: it means something else by its name.
    """
    nearly: tuple[float, Law, Arguments, int, int] | None = None
    for law in family:
        held, broken = _sides(signature, law, tried, observed)
        total = len(held) + len(broken)
        if total < (_FEWEST if law.shown else 3):
            continue
        if not broken:
            return (law, tuple(held)), None
        share = len(held) / total
        if nearly is None or share > nearly[0]:
            nearly = (share, law, broken[0], len(held), total)
    if nearly is None or not nearly[1].enough <= nearly[0] < nearly[1].limit:
        return None, None
    _, law, arguments, held_count, total = nearly
    call = calls.expression(signature, arguments)
    gives = next((one.value_repr for text, one in observed.items() if text == call), "")
    message = f"`{call}` gives {gives or 'something'}, yet {law.promise} in {held_count} of {total} other cases tried."
    return None, suspicion.finding(SUSPICIOUS, signature, message)


def _sides(
    signature: Signature, law: Law, tried: Sequence[Arguments], observed: Mapping[str, Observation]
) -> tuple[list[Arguments], list[Arguments]]:
    held: list[Arguments] = []
    broken: list[Arguments] = []
    for arguments in tried:
        one = (
            observed.get(law.expression(signature, arguments))
            if len(arguments.names) == len(signature.required)
            else None
        )
        if one is not None and one.value_repr in {"True", "False"}:
            (held if one.value_repr == "True" else broken).append(arguments)
    return held, broken


def _chosen(signature: Signature, cases: Sequence[tuple[Case, Observation]]) -> tuple[Case, ...]:
    """Choose a few: the docstring's own, then those that go a new way through the code, then those of a new value."""
    shown = {arguments for one in signature.examples if (arguments := calls.arguments_of(signature, one.call))}
    kept: dict[Arguments, Case] = {}
    ways: set[int] = set()
    outcomes: set[str] = set()
    plain = {
        case.arguments.values: case.outcome for case, _ in cases if len(case.arguments.names) == len(signature.required)
    }
    cases = [(case, one) for case, one in cases if case.arguments in shown or not _is_idle(signature, case, plain)]
    for wanted in ("shown", "way", "value", "any"):
        for case, one in cases:
            new = {
                "shown": case.arguments in shown,
                "way": bool(set(one.steps) - ways),
                "value": case.outcome not in outcomes,
                "any": bool(case.raises) or len(kept) < MOST_CASES // 2,
            }[wanted]
            full = sum(bool(old.raises) == bool(case.raises) for old in kept.values())
            if new and full < (_MOST_RAISING if case.raises else MOST_CASES) and case.arguments not in kept:
                kept[case.arguments] = case
                ways |= set(one.steps)
                outcomes.add(case.outcome)
    order = [case.arguments for case, _ in cases]
    return _telling(sorted(kept.values(), key=lambda case: order.index(case.arguments)), shown)


def _telling(cases: Sequence[Case], shown: set[Arguments]) -> tuple[Case, ...]:
    """Leave out most rows whose only argument, a text, comes back as it was; all, where nothing else comes of it.

    Such a table shows that something is called, and not what it is for.
    """
    unchanged = [
        case
        for case in cases
        if (case.expected,) == case.arguments.values
        and case.expected.startswith(("'", '"'))
        and case.arguments not in shown
    ]
    others = any(not case.raises and case not in unchanged for case in cases)
    dropped = unchanged[_MOST_UNCHANGED:] if others else unchanged if len(unchanged) > _MOST_UNCHANGED else []
    return tuple(case for case in cases if case not in dropped)


def _is_idle(signature: Signature, case: Case, plain: Mapping[tuple[str, ...], str]) -> bool:
    """Return whether an option is given that makes no difference here."""
    required = {one.name for one in signature.required}
    given = tuple(
        value for name, value in zip(case.arguments.names, case.arguments.values, strict=True) if name in required
    )
    return len(given) < len(case.arguments.names) and plain.get(given) == case.outcome


def _case(signature: Signature, arguments: Arguments, seen: Observation) -> Case | None:
    if len(", ".join((*arguments.values, seen.value_repr))) > _LONGEST_ROW:
        return None
    if seen.exception:
        # The name of an exception alone does not say where it comes from; those of the module itself do.
        said = {*signature.raises, *(one.exception for one in signature.promised)}
        guessed = seen.exception in {"TypeError", "AttributeError"} and not signature.declared
        meant = not guessed and not _BY_ACCIDENT.search(seen.message)
        known = hasattr(builtins, seen.exception) or seen.exception in signature.own_errors
        expected = seen.exception in said and known and meant
        return Case(arguments, "", raises=seen.exception) if expected else None
    if seen.changed and literal(seen.changed) and _is_beside(seen):
        positional = [name for name in arguments.names if name not in signature.options]
        if seen.changed_at >= len(positional) or _floats_in(literal(seen.changed)[0]):
            return None
        gives = seen.value_repr if seen.type_name != "NoneType" else ""
        return Case(arguments, seen.changed, changed=positional[seen.changed_at], fresh=True, gives=gives)
    value = literal(seen.value_repr)
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
    return Case(arguments, seen.value_repr, approximate=bool(floats), fresh=bool(seen.changed))


def _is_beside(seen: Observation) -> bool:
    """Return whether a call that changes its argument gives nothing, or something else that a test can hold."""
    if seen.type_name == "NoneType":
        return True
    return seen.type_name in {"bool", "int", "str"} and bool(literal(seen.value_repr))


def literal(source: str) -> tuple[Any, ...]:
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
