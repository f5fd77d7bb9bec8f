"""Stories of a class in use: it is made, its methods are called one after the other, and what they give is seen."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.spec import references, signatures
from ambient_lsp.analyzers.spec.signatures import Signature, words_of
from ambient_lsp.analyzers.syntax import Function, Syntax, dotted, parse
from ambient_lsp.analyzers.testing import samples

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ambient_lsp.analyzers.spec.references import Model
    from ambient_lsp.protocols import Observation

_FILLS = frozenset({"put", "add", "push", "insert", "append", "set", "enqueue", "register", "deposit", "record",
                    "update", "store", "write", "offer"})  # fmt: skip
_TAKES = frozenset({"pop", "remove", "delete", "dequeue", "withdraw", "clear", "discard", "evict", "poll"})
_MOST_STEPS = 14
_KEYS = ("1", "2", "3", "4")
_NUMBERS, _ASKED_NUMBERS = ("5", "2", "8", "1"), ("2", "4", "5", "1")
_WORDS, _ASKED_WORDS = ("'apple'", "'pear'", "'apples'", "'fig'"), ("'apple'", "'app'", "'zoo'", "'pear'")
"""What is put in, in no order, and what is asked for: some of it, a part of it, and what is not there."""
_COUNTS = frozenset({"n", "count", "num", "total", "nodes", "vertices", "elements", "size", "length", "bits"})
"""What a constructor is told of how much there is, where that is not how much fits."""
_LONGEST = 80
_FAILED = "!"
_MOSTLY = 0.5
"""How much of a story a model must tell as the class does, so that the rest is odd."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a method, and what it must give as source; "" where nothing confirms what it gave."""

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
            if not step.expected or (step.expected == "None" and _is_action(step.call)):
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
    models: tuple[Model, ...] = ()

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

    def modelled(self, model: Model) -> str:
        """Return the expression that gives what every step gives on a model."""
        named = ((*call.partition("("),) for call in self.calls)
        steps = ", ".join(
            f"lambda: it.{own}({rest}" if (own := model.operation(method)) else "lambda: it.unknown"
            for method, _, rest in named
        )
        values = self.made.partition("(")[2]
        return (
            f"(lambda it, steps: [_told(step) for step in steps(it)])(_known[{model.key!r}]({values},"
            f" lambda it: [{steps}])"
        )

    def stories(self, seen: Observation | None, observed: Mapping[str, Observation]) -> tuple[list[Story], str]:
        """Return what happened as each model that agrees tells it, and where none agrees but one nearly does, the step
        at which it is left."""
        told = _told(seen)
        if not told or _FAILED in told:
            return [], ""
        found: list[Story] = []
        nearly: list[tuple[float, str]] = []
        for model in self.models:
            meant = _told(observed.get(self.modelled(model)))
            steps = [
                Step(call, _agreed(call, one, other)) for call, one, other in zip(self.calls, told, meant, strict=False)
            ]
            said = [step for step in steps if step.expected and not (step.expected == "None" and _is_action(step.call))]
            broken = [place for place, step in enumerate(steps) if step.expected == _FAILED]
            if len(steps) == len(told) and not broken and len({step.expected for step in said}) > 1:
                found.append(Story(self.name, self.made, tuple(steps)))
            elif broken:
                place = broken[0]
                shown = f"`{self.calls[place]}` gives {told[place]} where it should give {meant[place]}"
                nearly.append((1 - len(broken) / max(len(said), 1), shown))
        best = max(nearly, default=(0.0, ""))
        return found, best[1] if best[0] >= _MOSTLY and not found else ""


def _agreed(call: str, told: str, meant: str) -> str:
    """Return what a step must give, "" where that is a matter of taste, and a sign where class and model differ."""
    if (told == meant and meant != _FAILED) or (told, meant) == ("-1", "None"):
        return told  # minus one says as well as nothing that there is nothing
    kinds = {type(ast.literal_eval(one)).__name__ if one != _FAILED else one for one in (told, meant)}
    return _FAILED if len(kinds) == 1 and not (_is_action(call) and "None" in (told, meant)) else ""


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
    about = syntax.module.get_docstring() or ""
    whole = Signature(
        node.name.value, syntax.header(node), (), None, node.get_docstring() or "", (), (), (), about=about
    )
    models = tuple(references.modelled(whole))
    if models:
        # What no model knows may change what the others give.
        known = {one for one in public if any(model.operation(one) for model in models) or not _is_action(one)}
        public = {one: said for one, said in public.items() if one in known}
    calls = tuple(_calls(public))
    if len(calls) > 1:
        yield Plan(whole, name, made, calls, models)


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
    values: list[str] = []
    alone = len(signature.required) == 1
    plains = [one.kind.plain.name if one.kind is not None else "" for one in signature.required]
    for parameter in signature.required:
        plain = parameter.kind.plain.name if parameter.kind is not None else ""
        simple = plain in {"int", "any"}
        pool = samples.values(parameter, signature)
        if simple:
            pool = list(numbers if alone else _KEYS)
        elif plain == "str" and pool[:1] == samples.USUAL_TEXT:
            pool = list(_WORDS if filling else _ASKED_WORDS)
        if name[0].isupper() and alone and simple and parameter.name in _COUNTS:
            pool = ["6"]
        pool = (
            ["2"] if parameter.name in {"capacity", "size", "limit", "maxsize", "max_size"} and pool != ["6"] else pool
        )
        if not pool:
            return ""
        shift = plains[: len(values)].count(plain) if plain in {"int", "any", "str"} else 0
        value = pool[(turn + shift * (1 if filling else 3)) % len(pool)]
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
