"""What a function was seen to do against what it promises: examples, types, errors, and that nothing else changes."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.spec import calls, docs
from ambient_lsp.analyzers.spec.kinds import Kind, conforms
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ambient_lsp.analyzers.spec.calls import Arguments
    from ambient_lsp.analyzers.spec.signatures import Signature
    from ambient_lsp.protocols import Observation

SUSPICIOUS = "AMB-TEST-SUSPICIOUS"
DOCSTRING = "AMB-TEST-DOCSTRING"

_ALWAYS_BUGS = frozenset({"NameError", "UnboundLocalError", "RecursionError"})
_TYPE_BUGS = frozenset({"AttributeError", "TypeError"})
_EMPTY_BUGS = frozenset({"IndexError", "ZeroDivisionError"})
_QUESTIONS = ("is_", "has_", "can_", "should_")
_CHANGING = frozenset({"sort", "shuffle", "update", "append", "remove", "push", "pop", "insert", "add", "swap", "set",
                       "reverse", "rotate", "fill", "clear", "apply", "inplace", "place", "delete", "extend", "put",
                       "heapify", "partition", "sift", "drop", "consume", "drain", "move", "replace", "setdefault",
                       "discard", "merge", "patch", "mutate", "register", "assign", "sorted"})  # fmt: skip
_SMALL = 12

Seen = tuple["Arguments", "Observation"]


def look(signature: Signature, seen: Sequence[Seen], observed: Mapping[str, Observation]) -> tuple[RawFinding, ...]:
    """Return the first thing that contradicts what the function promises, the surest kind first; at most one."""
    ways: tuple[Callable[[], Iterator[RawFinding]], ...] = (
        lambda: _examples(signature, observed),
        lambda: _promised_errors(signature, seen),
        lambda: _empty(signature, seen),
        lambda: _endless(signature, seen),
        lambda: _types(signature, seen),
        lambda: _crashes(signature, seen),
        lambda: _side_effects(signature, seen),
    )
    for way in ways:
        for one in way():
            return (one,)
    return ()


def finding(rule: str, signature: Signature, message: str) -> RawFinding:
    """Return a finding at the function's name."""
    return RawFinding(
        rule, signature.span, message, Severity.INFORMATION, tags=("tests", "behaviour"), symbol=signature.name
    )


def _examples(signature: Signature, observed: Mapping[str, Observation]) -> Iterator[RawFinding]:
    for example in signature.examples:
        arguments = calls.arguments_of(signature, example.call)
        seen = observed.get(example.call)
        if seen is None and arguments is not None:
            seen = observed.get(calls.expression(signature, arguments))
        if seen is None or seen.exception == "Skipped":
            continue
        if seen.exception == "Timeout":
            yield finding(DOCSTRING, signature, f"`{example.call}` is an example of the docstring, and does not end.")
        elif not seen.deterministic:
            continue
        elif example.raises:
            if seen.exception != example.raises:
                said = f"The docstring says that `{example.call}` raises {example.raises}, and it {_done(seen)}."
                yield finding(DOCSTRING, signature, said)
        elif seen.exception or not _equal(seen.value_repr, example.expected):
            if seen.exception or seen.value_repr:
                said = f"The docstring says that `{example.call}` gives {example.expected}, and it {_done(seen)}."
                yield finding(DOCSTRING, signature, said)


def _promised_errors(signature: Signature, seen: Sequence[Seen]) -> Iterator[RawFinding]:
    """Find a value where the docstring promises an error: "ValueError: If n is negative"."""
    for promise in signature.promised:
        meant = _meant(signature, promise.when)
        if meant is None:
            continue
        name, is_meant = meant
        for arguments, one in seen:
            value = _argument(arguments, name)
            if value is None or not is_meant(value) or not one.deterministic:
                continue
            if not one.exception:
                said = f"The docstring promises {promise.exception} {_if(promise.when)}, and"
                yield finding(DOCSTRING, signature, f"{said} `{_call(signature, arguments)}` {_done(one)}.")


def _meant(signature: Signature, when: str) -> tuple[str, Callable[[Any], bool]] | None:
    """Return the parameter that a condition in a docstring is about, and what it says; None if it is not plain."""
    if re.search(r"\b(and|unless|not|both|or)\b", when.lower()) and not re.search(
        r"not (positive|empty)", when.lower()
    ):
        return None
    named = [one.name for one in signature.required if re.search(rf"\b{re.escape(one.name)}\b", when)]
    if not named and len(signature.required) == 1:
        named = [signature.required[0].name]
    if len(named) != 1:
        return None
    if re.search(r"\bnegative\b|(?<!=)< ?0\b|\bless than (0|zero)\b|\bbelow (0|zero)\b", when, re.IGNORECASE):
        return named[0], lambda value: isinstance(value, int) and not isinstance(value, bool) and value < 0
    if re.search(r"\bempty\b", when, re.IGNORECASE) and "not empty" not in when.lower():
        return named[0], lambda value: isinstance(value, str | list | dict | tuple | set) and not value
    if re.search(r"\bis (0|zero)\b|\bnot positive\b|<= ?0", when, re.IGNORECASE):
        return named[0], lambda value: isinstance(value, int) and not isinstance(value, bool) and value == 0
    return None


def _empty(signature: Signature, seen: Sequence[Seen]) -> Iterator[RawFinding]:
    """Find another value for an empty argument than the docstring says."""
    promised = docs.when_empty(signature.docstring)
    if not promised or len(signature.required) != 1:
        return
    for arguments, one in seen:
        value = _argument(arguments, signature.required[0].name)
        if isinstance(value, str | list | dict | tuple) and not value and one.deterministic:
            if one.exception or (one.value_repr and not _equal(one.value_repr, promised)):
                said = f"The docstring says {promised} for what is empty, and"
                yield finding(DOCSTRING, signature, f"{said} `{_call(signature, arguments)}` {_done(one)}.")


def _endless(signature: Signature, seen: Sequence[Seen]) -> Iterator[RawFinding]:
    for arguments, one in seen:
        ended = any(not other.exception for _, other in seen)
        if one.exception == "Timeout" and ended and signature.declared and not _is_strange(arguments):
            yield finding(SUSPICIOUS, signature, f"`{_call(signature, arguments)}` does not end within two seconds.")


def _types(signature: Signature, seen: Sequence[Seen]) -> Iterator[RawFinding]:
    asks = signature.name.rpartition(".")[2].startswith(_QUESTIONS)
    for arguments, one in seen:
        call = _call(signature, arguments)
        if one.exception or not one.deterministic:
            continue
        if asks and one.type_name != "bool" and _is_declared_bool(signature.returns):
            yield finding(SUSPICIOUS, signature, f"`{call}` asks a question and gives a {one.type_name}.")
        if one.value_repr == "nan":
            yield finding(SUSPICIOUS, signature, f"`{call}` gives nan.")
        value = _literal(one.value_repr)
        if signature.returns is not None and value and signature.declared and not signature.lazy:
            if not conforms(value[0], signature.returns):
                shown = one.value_repr if len(one.value_repr) < 60 else f"a {one.type_name}"
                yield finding(SUSPICIOUS, signature, f"`{call}` gives {shown}, which is not what its annotation says.")


def _is_declared_bool(kind: Kind | None) -> bool:
    return kind is None or kind.name == "bool"


def _crashes(signature: Signature, seen: Sequence[Seen]) -> Iterator[RawFinding]:
    """Find errors that nobody meant to raise, for values that the annotations admit."""
    if not signature.declared:
        return
    said = {*signature.raises, *(one.exception for one in signature.promised)}
    certain = all(_is_certain(one.kind) for one in signature.required)
    any_shape = "transpose" in signature.words or signature.mentions("transpos|rows? and columns?")
    for arguments, one in seen:
        if not one.exception or one.exception in said or not one.deterministic or _is_strange(arguments):
            continue
        if len(arguments.names) > len(signature.required):
            continue  # an option of a kind that is only guessed
        empty = any(_literal(value) and _literal(value)[0] in ("", [], {}, (), set()) for value in arguments.values)
        bug = one.exception in _ALWAYS_BUGS
        bug = bug or (one.exception in _TYPE_BUGS and certain)
        alone = len(signature.required) == 1
        # Where only rows of other lengths fail, a square is meant.
        out_of_range = one.exception == "IndexError" and (any_shape or not _is_oblong(arguments))
        bug = bug or (alone and (out_of_range or (one.exception == "ZeroDivisionError" and empty)))
        if bug:
            message = f"`{_call(signature, arguments)}` raises {one.exception} on an ordinary value."
            yield finding(SUSPICIOUS, signature, message)


def _side_effects(signature: Signature, seen: Sequence[Seen]) -> Iterator[RawFinding]:
    changes = _CHANGING & set(signature.words) or signature.mentions(r"in.place|modif|mutat|updat|chang|destruct")
    for arguments, one in seen:
        call = _call(signature, arguments)
        returned = one.type_name == "NoneType" or one.value_repr == one.changed
        if one.changed and not changes and not returned and not one.exception:
            yield finding(SUSPICIOUS, signature, f"`{call}` changes its argument to {one.changed[:60]}.")
        if one.again and not one.changed and _literal(one.again) and _literal(one.value_repr):
            if _literal(one.again) != _literal(one.value_repr):
                said = f"`{call}` gives {one.value_repr[:60]} at first, and {one.again[:60]} when it is called again."
                yield finding(SUSPICIOUS, signature, said)
        if not one.deterministic and not one.exception and one.type_name in {"list", "tuple", "str"}:
            if _literal(one.value_repr) and " at 0x" not in one.value_repr:
                yield finding(SUSPICIOUS, signature, f"`{call}` gives something else in another run of Python.")


def _is_certain(kind: Kind | None) -> bool:
    """Return whether the kind says all about a value: no "any" in it, and nothing that is called."""
    return kind is not None and kind.name not in {"any", "callable"} and all(map(_is_certain, kind.inner))


def _is_strange(arguments: Arguments) -> bool:
    """Return whether a value is none that annotations alone make a valid one: a negative number, or a large one."""
    return not all(map(_is_small, arguments.values))


def _is_small(source: str) -> bool:
    value = _literal(source)
    if not value:
        return False
    one = value[0]
    return 0 <= one <= _SMALL if isinstance(one, int | float) else len(str(one)) <= 8 * _SMALL


def _is_oblong(arguments: Arguments) -> bool:
    """Return whether an argument is a matrix with another number of rows than of columns, or rows that differ."""
    values = [value for source in arguments.values for value in _literal(source)]
    texts = [one for one in values if isinstance(one, list) and all(isinstance(row, str) for row in one)]
    if any(len(set(map(len, one))) > 1 for one in texts):
        return True
    rows = [one for one in values if isinstance(one, list) and one and all(isinstance(row, list) for row in one)]
    return any(len(row) != len(matrix) for matrix in rows for row in matrix)


def _call(signature: Signature, arguments: Arguments) -> str:
    return calls.expression(signature, arguments)


def _argument(arguments: Arguments, name: str) -> Any:
    source = dict(zip(arguments.names, arguments.values, strict=True)).get(name, "")
    value = _literal(source)
    return value[0] if value else None


def _done(seen: Observation) -> str:
    return f"raises {seen.exception}" if seen.exception else f"gives {seen.value_repr}"


def _if(when: str) -> str:
    words = when.strip().rstrip(".")
    return words if words.lower().startswith(("if ", "when ", "for ")) else f"if {words}"


def _equal(value_repr: str, promised: str) -> bool:
    left, right = _literal(value_repr), _literal(promised)
    if not left or not right:
        return False
    one, other = left[0], right[0]
    if isinstance(one, float) or isinstance(other, float):
        return isinstance(one, int | float) and isinstance(other, int | float) and abs(one - other) <= _slack(promised)
    return bool(one == other) and (isinstance(one, bool) == isinstance(other, bool))


def _slack(promised: str) -> float:
    """Return half of the last digit that the docstring shows: 0.33 stands for a third."""
    digits = promised.partition(".")[2]
    return 0.5 * 10 ** -len(digits) + 1e-9 if digits.isdigit() and len(digits) > 1 else 1e-9


def _literal(source: str) -> tuple[Any, ...]:
    try:
        return (ast.literal_eval(source),)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return ()
