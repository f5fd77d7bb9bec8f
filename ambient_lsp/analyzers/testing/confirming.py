"""What confirms an observed value, beside the code that gave it: only such a value is worth a test of its own.

A test that holds what the code does today holds its bugs too. So a value becomes a test where the docstring shows it,
where a law that the name stands for leaves no other value, or where a plain implementation of what the name means gives
the same for everything that was tried; an error becomes one where the docstring or its own message says when it comes.
"""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.spec import calls, suspicion
from ambient_lsp.analyzers.spec.signatures import words_of
from ambient_lsp.analyzers.testing.pinning import literal
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ambient_lsp.analyzers.base import RawFinding
    from ambient_lsp.analyzers.spec.calls import Arguments
    from ambient_lsp.analyzers.spec.laws import Law
    from ambient_lsp.analyzers.spec.references import Reference
    from ambient_lsp.analyzers.spec.signatures import Signature
    from ambient_lsp.protocols import Observation

UNCONFIRMED = "AMB-TEST-UNCONFIRMED"

_FEWEST = 3
_FEWEST_TOLD = 5
_MOSTLY = 0.6
"""Where a plain implementation of an unmistakable name agrees as often as that, the rest is odd."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The calls whose outcome is confirmed, and what a person should look at."""

    calls: frozenset[Arguments] = frozenset()
    findings: tuple[RawFinding, ...] = ()


def compared(
    signature: Signature,
    references: Sequence[Reference],
    candidates: Sequence[Arguments],
    observed: Mapping[str, Observation],
) -> Confirmed:
    """Return the calls on which one of the references agrees, where it agrees on all of them.

    If none does, and one that the name stands for without doubt does for most, the rest is told.
    """
    rows = comparable(signature, candidates, observed)
    nearly: tuple[float, RawFinding] | None = None
    confirmed: set[Arguments] = set()
    promised = shown(signature)
    answers = [(one, _letters(observed.get(one.asked(signature, rows)))) for one in references]
    most = max((letters.count("!") for _, letters in answers), default=0)
    for reference, letters in answers:
        if letters.count("!") < most:
            continue  # what is refused tells which of several meanings is meant
        held, broken, refused = (
            [row for row, letter in zip(rows, letters, strict=False) if letter == sign] for sign in "+-!"
        )
        outcomes = {observed[calls.expression(signature, one)].value_repr for one in held}
        if len(held) + len(refused) < _FEWEST or len(outcomes) < 2:
            continue  # two functions may agree on nothing much
        if promised & {*broken}:
            continue  # the docstring means something else by the name
        total = len(held) + len(broken)
        share = len(held) / total
        if not broken:
            meant = {one for one in refused if not _is_pythons(observed[calls.expression(signature, one)])}
            confirmed |= {*held, *meant}
        elif all(_of_nothing(row) for row in broken):
            continue  # what comes of nothing is a matter of taste
        elif share >= _MOSTLY and total >= _FEWEST_TOLD and reference.is_meant_by(signature):
            if nearly is None or share > nearly[0]:
                nearly = share, _told(signature, broken[0], len(held), total, observed)
    if confirmed or nearly is None:
        return Confirmed(frozenset(confirmed))
    return Confirmed(findings=(nearly[1],))


def _letters(answer: Observation | None) -> str:
    return answer.value_repr.strip("'") if answer is not None and answer.deterministic else ""


def _of_nothing(arguments: Arguments) -> bool:
    return any(value and value[0] in ("", [], (), {}) for value in map(literal, arguments.values))


def comparable(
    signature: Signature, candidates: Sequence[Arguments], observed: Mapping[str, Observation]
) -> list[Arguments]:
    """Return the calls that a reference may be asked about: those that ended, the same way both times."""
    ended = ((one, observed.get(calls.expression(signature, one))) for one in candidates)
    return [one for one, seen in ended if seen is not None and seen.deterministic]


def settled(laws: Iterable[tuple[Law, Sequence[Arguments]]]) -> frozenset[Arguments]:
    """Return the calls of which a law that holds leaves no other value."""
    return frozenset(row for law, rows in laws if law.settles for row in rows)


def shown(signature: Signature) -> frozenset[Arguments]:
    """Return the calls that the docstring shows with what they give."""
    return frozenset(row for one in signature.examples if (row := calls.arguments_of(signature, one.call)))


def is_meant_error(signature: Signature, arguments: Arguments, seen: Observation) -> bool:
    """Return whether the docstring, or the message of the error, says of these arguments that they raise it."""
    values = [value[0] for source in arguments.values if (value := literal(source))]
    if not seen.exception or len(values) < len(arguments.values) or _is_pythons(seen):
        return False
    named = dict(zip(arguments.names, values, strict=True))
    whens = [one.when for one in signature.promised if one.exception == seen.exception]
    own = " ".join(words_of(seen.exception))  # such as `EmptyList`
    return any(_says(text, named) for text in (seen.message, own, *whens) if text)


def _is_pythons(seen: Observation) -> bool:
    """Return whether a builtin raised, as in "pow() 3rd argument cannot be 0": nobody chose that this is refused."""
    match = re.match(r"(\w+)\(\) ", seen.message)
    return match is not None and hasattr(builtins, match[1])


def _told(
    signature: Signature, arguments: Arguments, held: int, total: int, observed: Mapping[str, Observation]
) -> RawFinding:
    call = calls.expression(signature, arguments)
    gives = observed[call].value_repr or "something"
    message = (
        f"`{call}` gives {gives}, where a plain implementation of what the name means gives something else; both give"
        f" the same in {held} of {total} other cases tried."
    )
    return suspicion.finding(suspicion.SUSPICIOUS, signature, message)


_NUMBER = r"(-?\d+(?:\.\d+)?)"
_BETWEEN = re.compile(
    rf"(?:from|between|in|range|within) \[?{_NUMBER} ?(?:to|and|-|\.\.+|,|through) ?{_NUMBER}", re.IGNORECASE
)
_AT_LEAST = re.compile(rf"(?:at least|>=|no less than|not be less than|minimum(?: is)?) {_NUMBER}", re.IGNORECASE)
_AT_MOST = re.compile(
    rf"(?:at most|<=|no more than|not be (?:more|greater|larger) than|maximum(?: is)?) {_NUMBER}", re.IGNORECASE
)
_ABOVE = re.compile(rf"(?:greater|more|larger) than {_NUMBER}|> {_NUMBER}", re.IGNORECASE)
_NEGATIVE = re.compile(
    r"\b(?:non-?negative|(?:not|n't|cannot|can not) (?:be )?(?:a )?negative|negative|below (?:zero|0))\b", re.IGNORECASE
)
_POSITIVE = re.compile(r"\bpositive\b", re.IGNORECASE)
_ZERO = re.compile(r"\b(?:zero|division by 0|(?:is|be) 0)\b", re.IGNORECASE)
_EMPTY = re.compile(
    r"\b(?:empty|at least one|no (?:\w+ )?(?:values?|numbers?|items?|elements?|data|input|words?|points?|rows?))\b",
    re.IGNORECASE,
)
_LENGTHS = re.compile(
    r"\b(?:same|equal|one|unequal|different|match\w*) (?:length|size|number)"
    r"|\blengths?\b.*\b(?:match|differ|equal|same)|of one length",
    re.IGNORECASE,
)


def _says(text: str, named: Mapping[str, Any]) -> bool:
    """Return whether a sentence about what is refused is about one of these values."""
    about = [value for name, value in named.items() if re.search(rf"\b{re.escape(name)}\b", text)] or [*named.values()]
    numbers = [one for one in about if isinstance(one, int | float) and not isinstance(one, bool)]
    sized = [one for one in named.values() if isinstance(one, str | list | tuple | dict | set)]
    if _LENGTHS.search(text) and len({len(one) for one in sized}) > 1:
        return True
    if _EMPTY.search(text) and any(not one for one in sized):
        return True
    if match := _BETWEEN.search(text):
        return any(not float(match[1]) <= one <= float(match[2]) for one in numbers)
    if match := _AT_LEAST.search(text):
        return any(one < float(match[1]) for one in (*numbers, *(map(len, sized) if not numbers else ())))
    if match := _AT_MOST.search(text):
        return any(one > float(match[1]) for one in numbers)
    if match := _ABOVE.search(text):
        return any(one <= float(match[1] or match[2]) for one in numbers)
    if _NEGATIVE.search(text):
        return any(one < 0 for one in numbers)
    if _POSITIVE.search(text):
        return any(one <= 0 for one in numbers)
    return bool(_ZERO.search(text)) and any(one == 0 for one in numbers)


def odd_story(signature: Signature, step: str) -> RawFinding:
    """Return the finding of a class that does not do what its name means."""
    message = f"After a few other calls, {step}: a plain {signature.name} that did the same before does so."
    return suspicion.finding(suspicion.SUSPICIOUS, signature, message)


def question(signature: Signature, seen: Sequence[str]) -> RawFinding | None:
    """Return the question to a person about what was seen and is not confirmed; None where nothing was seen."""
    if not seen:
        return None
    message = (
        f"No test of `{signature.name}` is offered, since nothing but the code says what it should give: for now"
        f" {', '.join(seen[:2])}. With an example in its docstring, a test can be written."
    )
    raw = suspicion.finding(UNCONFIRMED, signature, message)
    return replace(raw, severity=Severity.HINT, tags=("tests",))
