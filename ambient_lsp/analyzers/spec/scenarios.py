"""Stories of a class in use: it is made, its methods are called one after the other, and what they give is seen."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.spec import signatures
from ambient_lsp.analyzers.spec.signatures import Signature, words_of
from ambient_lsp.analyzers.syntax import Function, Syntax, dotted, parse
from ambient_lsp.analyzers.testing import samples

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ambient_lsp.protocols import Observation

_FILLS = frozenset({"put", "add", "push", "insert", "append", "set", "enqueue", "register", "deposit", "record",
                    "update", "store", "write", "offer"})  # fmt: skip
_TAKES = frozenset({"pop", "remove", "delete", "dequeue", "withdraw", "clear", "discard", "evict", "poll"})
_MOST_STEPS = 14
_KEYS = ("1", "2", "3", "4")
_NUMBERS, _ASKED_NUMBERS = ("5", "2", "8", "1"), ("2", "4", "5", "1")
_WORDS, _ASKED_WORDS = ("'apple'", "'pear'", "'apples'", "'fig'"), ("'apple'", "'app'", "'zoo'", "'pear'")
"""What is put in, in no order, and what is asked for: some of it, a part of it, and what is not there."""
_LONGEST = 80
_FAILED = "!"


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a method, and what it gave as source."""

    call: str
    expected: str


@dataclass(frozen=True, slots=True)
class Story:
    """A class in use. `name` is the variable that holds the object."""

    name: str
    made: str
    steps: tuple[Step, ...]

    def lines(self, style: str) -> list[str]:
        """Return the test's lines, for plain assertions or for unittest's."""
        lines = [f"{self.name} = {self.made}"]
        for step in self.steps:
            call = f"{self.name}.{step.call}"
            if step.expected == "None" and _is_action(step.call):
                lines.append(call)
            elif style == "unittest":
                lines.append(f"self.assertEqual({call}, {step.expected})")
            else:
                same = "is" if step.expected in {"True", "False", "None"} else "=="
                lines.append(f"assert {call} {same} {step.expected}")
        return lines


@dataclass(frozen=True, slots=True)
class Plan:
    """A story before it is known what happens. `expression` gives the list of what every step gave."""

    signature: Signature
    name: str
    made: str
    calls: tuple[str, ...]

    @property
    def expression(self) -> str:
        """An expression that makes the object and gives the `repr` of every step's value, or what it raised."""
        steps = ", ".join(f"lambda: it.{call}" for call in self.calls)
        return f"(lambda it, steps: [_told(step) for step in steps(it)])({self.made}, lambda it: [{steps}])"

    def without_failures(self, seen: Observation | None) -> Plan:
        """Return the plan without the steps that raised or gave what no test can show; they may have had effects, so
        the rest must be looked at again."""
        told = _told(seen)
        return replace(self, calls=tuple(call for call, one in zip(self.calls, told, strict=False) if one != _FAILED))

    def story(self, seen: Observation | None) -> Story | None:
        """Return what happened; None where a step failed, or where all of it shows little."""
        told = _told(seen)
        if not told or _FAILED in told:
            return None
        steps = tuple(Step(call, one) for call, one in zip(self.calls, told, strict=True))
        telling = {step.expected for step in steps if not (step.expected == "None" and _is_action(step.call))}
        return Story(self.name, self.made, steps) if len(telling) > 1 else None


def _told(seen: Observation | None) -> list[str]:
    if seen is None or seen.exception or not seen.deterministic or not seen.value_repr:
        return []
    return [one if len(one) <= _LONGEST else _FAILED for one in ast.literal_eval(seen.value_repr)]


SETUP = """
def _told(step):
    import ast
    try:
        text = repr(step())
        ast.literal_eval(text)
        return "!" if "nan" in text or "." in text.replace("'", "") and "'" not in text else text
    except BaseException:
        return "!"
"""
"""What the plans' expressions need."""


def plans(text: str) -> list[Plan]:
    """Return a plan for each public class whose constructor and methods can be called with what is known of them."""
    syntax = parse(text)
    if syntax is None:
        return []
    outside = signatures.outside_names(syntax)
    found = []
    for node in syntax.module.body:
        if not isinstance(node, cst.ClassDef) or node.name.value.startswith("_") or not _is_simple(node):
            continue
        own = [one for one in syntax.functions if one.in_class and one.qualname.rpartition(".")[0] == node.name.value]
        found += list(_plan(syntax, node, own, outside))
    return found


def _plan(syntax: Syntax, node: cst.ClassDef, own: Sequence[Function], outside: frozenset[str]) -> Iterator[Plan]:
    said = {
        one.node.name.value: signatures.signature(syntax, one, {}, one.node.get_docstring() or "")
        for one in own
        if not one.node.decorators
        and one.node.asynchronous is None
        and not isinstance(one.node.params.star_arg, cst.Param)
        and not signatures.touches_outside(one, own=True)
        and not signatures.calls_any(one, outside)
    }
    if "__init__" in {one.node.name.value for one in own} and "__init__" not in said:
        return
    init = said.get("__init__")
    made = _call(node.name.value, init, 0) if init is not None else f"{node.name.value}()"
    public = {name: one for name, one in said.items() if not name.startswith("_")}
    if not made or not public:
        return
    name = words_of(node.name.value)[-1]
    name = "made" if name in {node.name.value, "list", "set", "dict", "class", "test", "queue"} else name
    calls = tuple(_calls(public))
    if len(calls) > 1:
        whole = Signature(node.name.value, syntax.header(node), (), None, node.get_docstring() or "", (), (), ())
        yield Plan(whole, name, made, calls)


def _calls(public: dict[str, Signature]) -> Iterator[str]:
    """Yield calls: fill it, look, fill it more, look, take out, look again."""
    fills = [one for name, one in public.items() if set(words_of(name)) & _FILLS]
    takes = [one for name, one in public.items() if set(words_of(name)) & _TAKES and one not in fills]
    looks = [one for one in public.values() if one not in fills and one not in takes]
    drained = all(not one.required for one in takes)
    rounds = [(fills, 0), (fills, 1), (looks, 0), *([(takes, 1)] if drained else []), (fills, 2), (looks, 0),
              (looks, 1), (fills, 3), (takes, 0), (looks, 0),
              (takes, 1), (takes, 2), (looks, 2), (looks, 3)]  # fmt: skip
    # What is stored under a key is asked for by it.
    plain = bool(fills) and all(len(one.required) == 1 for one in fills)
    numbers = {True: _NUMBERS if plain else _KEYS, False: _ASKED_NUMBERS if plain else _KEYS}
    made = [
        _call(_short(one), one, turn, numbers[group is fills], filling=group is fills)
        for group, turn in rounds
        for one in group[:4]
    ]
    if not fills and not takes:
        made = list(dict.fromkeys(made))  # to look a second time shows nothing new
    yield from [call for call in made if call][: min(_MOST_STEPS, 4 * len(public))]


def _short(signature: Signature) -> str:
    return signature.name.rpartition(".")[2]


def _call(name: str, signature: Signature, turn: int, numbers: Sequence[str] = _KEYS, *, filling: bool = False) -> str:
    """Return a call with the values whose turn it is; `numbers` are those that a lone number is taken from."""
    values = []
    alone = len(signature.required) == 1
    for parameter in signature.required:
        plain = parameter.kind.plain.name if parameter.kind is not None else ""
        simple = plain in {"int", "any"}
        pool = samples.values(parameter, signature)
        if simple:
            pool = list(numbers if alone else _KEYS)
        elif plain == "str" and pool[:1] == samples.USUAL_TEXT:
            pool = list(_WORDS if filling else _ASKED_WORDS)
        pool = ["2"] if parameter.name in {"capacity", "size", "limit", "maxsize", "max_size"} else pool
        if not pool:
            return ""
        value = pool[turn % len(pool)]
        if parameter.name in {"value", "val", "data"} and simple and not alone:
            value = f"{value}0"
        values.append(f"{parameter.name}={value}" if parameter.keyword else value)
    return f"{name}({', '.join(values)})"


def _is_action(call: str) -> bool:
    return bool(set(words_of(call.partition("(")[0])) & (_FILLS | _TAKES))


def _is_simple(node: cst.ClassDef) -> bool:
    """Return whether it is a plain class: no bases that make it something else, no metaclass."""
    bases = {dotted(one.value).rpartition(".")[2] for one in node.bases}
    return not node.keywords and bases <= {"object", "Generic", ""} and not node.decorators
