"""What to ask the sandbox about functions and classes, and what its answers make of them: subjects for tests, findings.

Three rounds. First plain calls are observed, and what docstrings show is played; then laws, for arguments that gave a
value, and stories of classes without the steps that failed; then, where the project uses Hypothesis, whether a law also
holds for what Hypothesis thinks of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.spec import calls, references, scenarios, sessions, transcripts
from ambient_lsp.analyzers.spec.laws import Law, laws
from ambient_lsp.analyzers.spec.signatures import Signature, signatures
from ambient_lsp.analyzers.testing import confirming, pinning, testblocks
from ambient_lsp.analyzers.testing.testblocks import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ambient_lsp.analyzers.base import RawFinding
    from ambient_lsp.analyzers.spec.calls import Arguments
    from ambient_lsp.analyzers.spec.kinds import Kind
    from ambient_lsp.analyzers.spec.references import Reference
    from ambient_lsp.analyzers.spec.scenarios import Plan
    from ambient_lsp.analyzers.spec.transcripts import Transcript
    from ambient_lsp.analyzers.testing.pinning import Pinned
    from ambient_lsp.protocols import Observation

_MOST_LAWS = 2
_MOST_TRIED = 24
_MODULES = ("calendar", "math", "statistics")

Observed = dict[str, "Observation"]


@dataclass(frozen=True, slots=True)
class Question:
    """One function with the calls to try, or one class with the plan of a story; and what its docstrings show."""

    signature: Signature
    candidates: tuple[Arguments, ...] = ()
    families: tuple[tuple[Law, ...], ...] = ()
    references: tuple[Reference, ...] = ()
    plan: Plan | None = None
    shown: tuple[Transcript, ...] = ()

    @property
    def names(self) -> set[str]:
        """What must be imported of the module to ask."""
        used = {name for family in self.families for law in family for name in law.functions}
        return {self.signature.name, *used}


def questions(text: str, names: Sequence[str], module: str = "", page: str = "") -> list[Question]:
    """Return what to ask about those of the named functions and classes that can be called, in their order.

    `page` is the project's README: what it shows, where a docstring shows nothing, confirms as well as that would.
    """
    known = signatures(text)
    plans = {plan.signature.name: plan for plan in scenarios.plans(text)}
    typed = sessions.transcripts(text, module, page)
    found = []
    for name in names:
        shown = tuple(typed.get(name, ()))
        if name in known:
            tried = calls.candidates(known[name])
            others = [one for one in known.values() if one.name != name]
            families = tuple(tuple(family) for family in laws(known[name], others))
            if tried or shown:
                plain = tuple(references.matching(known[name]))
                found.append(Question(known[name], tuple(tried), families, plain, shown=shown))
        elif name in plans:
            found.append(Question(plans[name].signature, plan=plans[name], shown=shown))
        elif shown and (bare := sessions.subject(text, name)) is not None:
            found.append(Question(bare, shown=shown))
    return found


def setup(module: str, asked: Sequence[Question]) -> str:
    """Return the source that must run before anything is asked."""
    names = ", ".join(sorted({name for one in asked for name in one.names}))
    plain = [*(one for each in asked for one in each.references)]
    known = references.setup([*plain, *(model for one in asked if one.plan is not None for model in one.plan.models)])
    needed = f"{known}{scenarios.SETUP}{transcripts.SETUP}_PLAYED = {module!r}\n"
    return f"import {', '.join(_MODULES)}\n{needed}\nfrom {module} import {names}\n"


def first_round(asked: Sequence[Question]) -> list[str]:
    """Return the calls to observe."""
    found: list[str] = []
    for one in asked:
        found += (calls.expression(one.signature, arguments) for arguments in one.candidates)
        # Such as `sorted(f(1))`, which no plain call of ours is.
        found += (example.call for example in one.signature.examples)
        found += [one.plan.expression] if one.plan is not None else []
        found += (typed.expression for typed in one.shown)
    return list(dict.fromkeys(found))


def second_round(asked: Sequence[Question], observed: Observed) -> list[str]:
    """Return the laws to try, and the stories to look at again."""
    found: list[str] = []
    for one in asked:
        if one.plan is not None:
            plan = one.plan.without_failures(observed.get(one.plan.expression))
            found += [plan.expression, *map(plan.modelled, plan.models)]
            continue
        tried = _tried(one, pinning.pin(one.signature, one.candidates, observed))
        found += (law.expression(one.signature, row) for family in one.families for law in family for row in tried)
        rows = confirming.comparable(one.signature, one.candidates, observed)
        found += (reference.asked(one.signature, rows) for reference in one.references if rows)
    return [call for call in dict.fromkeys(found) if call not in observed]


def subjects(
    asked: Sequence[Question], observed: Observed, *, snapshots: bool = False
) -> tuple[list[Subject], list[RawFinding]]:
    """Return what can be tested, in the order of the questions, and what a person should look at, one a function.

    What nothing confirms is a question to a person; with `snapshots` it is tested all the same.
    """
    made: list[Subject] = []
    found: list[RawFinding] = []
    said: list[Transcript] = []
    for one in asked:
        subject, odd = (_of_class if one.plan is not None else _of_function)(one, observed, snapshots)
        if odd is None or odd.rule == confirming.UNCONFIRMED:
            shown = [typed for each in one.shown if (typed := each.told(observed.get(each.expression)))]
            subject = _with(subject or Subject(one.signature), shown, said) or subject
            said += subject.shown if subject is not None else ()
            odd = odd if subject is None else None
        made += [subject] if subject is not None else []
        found += [odd] if odd is not None else []
    return made, found


def _of_class(one: Question, observed: Observed, snapshots: bool) -> tuple[Subject | None, RawFinding | None]:
    if one.plan is None:
        return None, None
    plan = one.plan.without_failures(observed.get(one.plan.expression))
    seen = observed.get(plan.expression)
    stories, odd_step = plan.stories(seen, observed)
    if odd_step:
        return None, confirming.odd_story(one.signature, odd_step)
    whole = plan.story(seen)
    if stories or (snapshots and whole is not None):
        return Subject(one.signature, story=stories[0] if stories else whole), None
    telling = (
        [f"`{step.call}` gives {step.expected}" for step in whole.steps if step.expected != "None"] if whole else []
    )
    return None, confirming.question(one.signature, telling)


def _of_function(one: Question, observed: Observed, snapshots: bool) -> tuple[Subject | None, RawFinding | None]:
    seen = pinning.pin(one.signature, one.candidates, observed)
    held, broken = _judged(one, seen, observed)
    compared = confirming.compared(one.signature, one.references, one.candidates, observed)
    if odd := [*seen.findings, *broken, *compared.findings]:
        return None, odd[0]
    sure = compared.calls | confirming.settled(held) | confirming.shown(one.signature)
    cases = seen.cases if snapshots else _pinned(one, sure, observed).cases
    laws = tuple((law, rows) for law, rows in held if law.shown and not seen.changes)[:_MOST_LAWS]
    left = [case for case in seen.cases if case not in cases and not case.raises]
    unconfirmed = [f"`{calls.expression(one.signature, case.arguments)}` gives {case.expected}" for case in left]
    if cases or laws:
        return Subject(one.signature, cases, laws, unconfirmed=tuple(unconfirmed)), None
    return None, confirming.question(one.signature, unconfirmed)


def _with(subject: Subject, shown: Sequence[Transcript], said: Sequence[Transcript]) -> Subject | None:
    """Return a subject with what its docstrings show, and neither its table of cases nor what is said already does;
    None where that is nothing."""
    known = {arguments: example.call for example in subject.signature.examples
             if (arguments := calls.arguments_of(subject.signature, example.call))}  # fmt: skip
    held = [known[case.arguments] for case in subject.cases if case.arguments in known]
    left = tuple(typed for one in shown if (typed := one.without(held)) and typed.says_more_than(said))
    return replace(subject, shown=left) if left else None


def drawn(subject: Subject) -> Subject:
    """Return the subject with those laws as property tests whose arguments Hypothesis can think of."""
    strategies: dict[str, tuple[str, ...]] = {}
    for law, _ in subject.laws:
        found = [_strategy(one.kind, law) for one in subject.signature.required]
        if all(found):
            strategies[law.name] = tuple(found)
    return replace(subject, drawn=strategies)


def third_round(module: str, made: Sequence[Subject]) -> tuple[list[str], str]:
    """Return the calls that try the drawn laws, and what must run before them."""
    blocks = _property_tests(made)
    names = sorted({name for block in blocks.values() for name in block.names})
    imports = sorted({name for block in blocks.values() for name in block.imports if name != "hypothesis"})
    head = "".join(f"import {name}\n" for name in imports)
    head += "from hypothesis import assume, given, settings\nfrom hypothesis import strategies as st\n"
    head += "settings.register_profile('quick', database=None, derandomize=True)\nsettings.load_profile('quick')\n"
    code = "\n\n".join(block.code for block in blocks.values())
    return [f"{name}()" for name in blocks], f"{head}from {module} import {', '.join(names)}\n\n\n{code}"


def held(made: Sequence[Subject], observed: Iterable[Observation]) -> list[Subject]:
    """Return the subjects with only those laws drawn that held for everything that Hypothesis thought of."""
    good = {one.expression.removesuffix("()") for one in observed if not one.exception}
    kept = []
    for position, subject in enumerate(made):
        names = {law: rows for law, rows in subject.drawn.items() if _property_name(position, law) in good}
        kept.append(replace(subject, drawn=names))
    return kept


def _property_tests(made: Sequence[Subject]) -> dict[str, testblocks.Block]:
    found = {}
    for position, subject in enumerate(made):
        for law, _ in subject.laws:
            if law.name in subject.drawn:
                name = _property_name(position, law.name)
                found[name] = testblocks.drawn_law(name, subject.signature, law, subject.drawn[law.name])
    return found


def _property_name(position: int, law: str) -> str:
    return f"law_{position}_{law}"


def _strategy(kind: Kind | None, law: Law) -> str:
    """Return how Hypothesis draws a value of a kind; "" where that is not simple."""
    plain = kind.plain if kind is not None else None
    if plain is None:
        return ""
    if plain.name in {"int", "any"}:
        return "st.integers(0, 60)" if ">= 0" in law.given or "> 0" in law.given else "st.integers(-60, 60)"
    if plain.name == "str":
        return "st.text(max_size=12)"
    if plain.name == "list" and plain.element.name in {"int", "str", "any"}:
        return f"st.lists({_strategy(plain.element, law)}, max_size=8)"
    return ""


def _tried(one: Question, pinned: Pinned) -> list[Arguments]:
    required = len(one.signature.required)
    return [row for row in pinned.tried if len(row.names) == required][:_MOST_TRIED]


def _pinned(one: Question, sure: frozenset[Arguments], observed: Mapping[str, Observation]) -> Pinned:
    def confirmed(arguments: Arguments, seen: Observation) -> bool:
        return arguments in sure or confirming.is_meant_error(one.signature, arguments, seen)

    return pinning.pin(one.signature, one.candidates, observed, confirmed)


def _judged(
    one: Question, pinned: Pinned, observed: Mapping[str, Observation]
) -> tuple[list[tuple[Law, tuple[Arguments, ...]]], list[RawFinding]]:
    kept: list[tuple[Law, tuple[Arguments, ...]]] = []
    broken: list[RawFinding] = []
    for family in one.families:
        law, finding = pinning.lawful(one.signature, family, _tried(one, pinned), observed)
        if law is not None:
            kept += [law] if not (law[0].name == "sorted" and kept and kept[0][0].name == "sorts") else []
        if finding is not None:
            broken.append(finding)
    return kept, broken
