"""Whether a test would notice a mistake: its cases are tried on mutants in the sandbox before it is written.

The proof asks the same of every test that is offered, and refuses them all for one that is blind. So the blind ones are
left out here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from ambient_lsp.analyzers.spec import calls
from ambient_lsp.verification.mutants import mutants
from ambient_lsp.verification.syntax import parse, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ambient_lsp.analyzers.spec.calls import Arguments
    from ambient_lsp.analyzers.spec.signatures import Signature
    from ambient_lsp.analyzers.testing.pinning import Case
    from ambient_lsp.analyzers.testing.testblocks import Subject
    from ambient_lsp.protocols import Observation

T = TypeVar("T")

MUTANTS = 6
"""For one function: as many as the proof tries."""
_AT_ONCE = 2
_MOST_ROWS = 4

SETUP = """
class _Mutant:
    def __init__(self, source):
        self._source = source

    def __getattr__(self, name):
        names = dict(vars(sys.modules[_MODULE]))
        exec(self._source, names)
        return names[name]

"""


@dataclass(frozen=True, slots=True)
class Sight:
    """A subject with mutants of its code. `number` is that of its first mutant among all subjects'."""

    subject: Subject
    sources: tuple[str, ...]
    number: int

    def on(self, index: int, expression: str) -> str:
        """Return an expression with the mutant in the place of the function or class."""
        name = self.subject.name
        if expression.startswith("_played."):
            played = expression.removeprefix(f"_played.{name}").removesuffix(f"{name})")
            return f"_played._m{self.number + index}{played}_m{self.number + index}.{name})"
        return expression.replace(f"{name}(", f"_m{self.number + index}.{name}(", 1)


def sights(text: str, made: Sequence[Subject]) -> list[Sight]:
    """Return each subject with mutants of its code."""
    code = _definitions(text)
    found: list[Sight] = []
    number = 0
    for subject in made:
        sources = tuple(mutants(code.get(subject.name, ""), (), MUTANTS))
        found.append(Sight(subject, sources, number))
        number += len(sources)
    return found


def setup(module: str, looked: Sequence[Sight]) -> str:
    """Return what makes the mutants, to run after the setup of the other rounds."""
    lines = [f"import sys\n_MODULE = {module!r}\n{SETUP}"]
    for sight in looked:
        lines += (f"_m{sight.number + index} = _Mutant({source!r})" for index, source in enumerate(sight.sources))
    return "\n".join(lines) + "\n"


def questions(looked: Sequence[Sight], observed: Mapping[str, Observation]) -> list[str]:
    """Return what to try next: a few rows of each test that has noticed none yet, on two more mutants.

    Most tests notice the first one, and a mutant that never ends takes long.
    """
    found: list[str] = []
    for sight in looked:
        for rows in _tests(sight.subject):
            if _notices(sight, rows, observed):
                continue
            left = [index for index in range(len(sight.sources)) if sight.on(index, rows[0][0]) not in observed]
            found += (sight.on(index, expression) for index in left[:_AT_ONCE] for expression, _ in rows)
    return [one for one in dict.fromkeys(found) if one not in observed]


def seeing(looked: Sequence[Sight], observed: Mapping[str, Observation]) -> list[Subject]:
    """Return the subjects with only those tests that notice one of the mutants; without those that have none left."""
    kept: list[Subject] = []
    for sight in looked:
        subject = sight.subject
        good = [_notices(sight, rows, observed) for rows in _tests(subject)]
        groups = _groups(subject.cases)
        cases = tuple(case for rows, sees in zip(groups, good, strict=False) if sees for case in rows)
        laws = tuple(law for law, sees in zip(subject.laws, good[len(groups) :], strict=False) if sees)
        shown = tuple(
            one for one, sees in zip(subject.shown, good[len(good) - len(subject.shown) :], strict=True) if sees
        )
        told = len(groups) + len(subject.laws)
        story = subject.story if subject.story is not None and good[told] else None
        if cases or laws or shown or story is not None:
            kept.append(replace(subject, cases=cases, laws=laws, story=story, shown=shown))
    return kept


def _notices(sight: Sight, rows: Sequence[tuple[str, str]], observed: Mapping[str, Observation]) -> bool:
    for index in range(len(sight.sources)):
        for expression, expected in rows:
            seen = observed.get(sight.on(index, expression))
            if seen is not None and seen.exception != "Skipped" and (seen.exception or seen.value_repr) != expected:
                return True
    return False


def _tests(subject: Subject) -> list[list[tuple[str, str]]]:
    """Return for each test that will be written its rows: an expression, and what it gives or raises."""
    signature = subject.signature
    found = [[_row(signature, case) for case in _few(group)] for group in _groups(subject.cases)]
    for law, rows in subject.laws:
        found.append([(law.expression(signature, one), "True") for one in _few(rows)])
    if subject.story is not None:
        told = subject.story.steps
        steps = ", ".join(f"it.{one.call}" if one.expected else f"(it.{one.call}, None)[1]" for one in told)
        expected = ", ".join(one.expected or "None" for one in told)
        found.append([(f"(lambda it: [{steps}])({subject.story.made})", f"[{expected}]")])
    found += ([(one.expression, repr(one.letters))] for one in subject.shown)
    return found


def _row(signature: Signature, case: Case) -> tuple[str, str]:
    expression = calls.expression(signature, case.arguments)
    if not case.changed:
        return expression, case.raises or case.expected
    value = dict(zip(case.arguments.names, case.arguments.values, strict=True))[case.changed]
    written = calls.passed(signature, _with(case.arguments, case.changed))
    call = f"{signature.name}({', '.join(written)})"
    if case.gives:
        return f"(lambda {case.changed}: ({call}, {case.changed}))({value})", f"({case.gives}, {case.expected})"
    return f"(lambda {case.changed}: ({call}, {case.changed})[1])({value})", case.expected


def _with(arguments: Arguments, name: str) -> Arguments:
    pairs = zip(arguments.names, arguments.values, strict=True)
    return replace(arguments, values=tuple(one if one == name else value for one, value in pairs))


def _groups(cases: Iterable[Case]) -> list[list[Case]]:
    """Put cases together as they are written: a test for each outcome and each set of parameters."""
    groups: dict[tuple[str, tuple[str, ...], bool], list[Case]] = {}
    for case in cases:
        names = () if case.changed else case.arguments.names
        groups.setdefault((case.raises, names, bool(case.changed)), []).append(case)
    return list(groups.values())


def _few(rows: Sequence[T]) -> Sequence[T]:
    return rows[:: max(1, -(-len(rows) // _MOST_ROWS))]


def _definitions(text: str) -> dict[str, str]:
    """Return the source of the module's functions and classes."""
    found: dict[str, str] = {}
    for node in parse(text).children:
        inner = node.child_by_field_name("definition") if node.type == "decorated_definition" else node
        if inner is not None and inner.type in {"function_definition", "class_definition"}:
            found[text_of(inner.child_by_field_name("name"))] = text_of(inner)
    return found
