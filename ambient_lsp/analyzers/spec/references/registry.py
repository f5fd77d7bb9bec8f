"""How a plain implementation of something well known is told: by the names and words that it goes by.

A reference is a Python function that anybody can read and that was written without a look at the code under test. Where
a function of that name agrees with it on everything that is tried, its values are confirmed; where it disagrees, nothing
is confirmed. References run in the sandbox, so each must be whole in itself: no other names than those of `HEAD`.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ambient_lsp.analyzers.spec.references import agreement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ambient_lsp.analyzers.spec.calls import Arguments
    from ambient_lsp.analyzers.spec.signatures import Signature

HEAD = (
    "from __future__ import annotations\n"
    "import base64, bisect, calendar, collections, copy, datetime, fractions, itertools, math, re, statistics, string\nfrom typing import Any\n"
)
_SOURCE = """
def reference(source, name):
    names = dict(globals())
    exec(source, names)
    return names[name]
"""


@dataclass(frozen=True, slots=True)
class Reference:
    """One meaning of some names. `kinds` are those of the parameters that must be given; `says` is a pattern in the
    docstring or the head of the module that is enough where the name says little; `loose`: the name means other things
    too, so that disagreeing is no news."""

    function: Callable[..., Any]
    names: str
    kinds: tuple[str, ...]
    says: str
    unless: str
    loose: bool

    def is_meant_by(self, signature: Signature) -> bool:
        """Return whether name and words leave no doubt, so that to disagree is news."""
        said = f"{signature.about} {signature.docstring}".lower()
        told = not self.says or re.search(rf"\b(?:{self.says})", said) is not None
        return told and not self.loose and _named(self.names, signature)

    def asked(self, signature: Signature, rows: Sequence[Arguments]) -> str:
        """Return the expression that compares a function with it: a letter for each call, see `agreement.compared`."""
        given = ", ".join(_passed(signature, one) for one in rows)
        return f"_known['compared']({signature.name}, _known[{self.key!r}], lambda: [{given}])"

    @property
    def key(self) -> str:
        """Its name in the sandbox."""
        return f"{self.function.__module__.rpartition('.')[2]}_{self.function.__name__}"


REFERENCES: list[Reference] = []

F = TypeVar("F", bound="Callable[..., Any]")
C = TypeVar("C", bound=type)


def means(names: str, kinds: str, *, says: str = "", unless: str = "", loose: bool = False) -> Callable[[F], F]:
    """Register a function as what these names mean."""

    def register(function: F) -> F:
        REFERENCES.append(Reference(function, names, tuple(kinds.split()), says, unless, loose))
        return function

    return register


@dataclass(frozen=True, slots=True)
class Model:
    """A plain class that keeps what a class of such a name keeps; a `sure` name leaves no doubt. `operations` are its methods, each with the names
    that others give it."""

    made: type
    names: str
    operations: tuple[tuple[str, frozenset[str]], ...]
    says: str
    unless: str
    sure: str

    @property
    def key(self) -> str:
        """Its name in the sandbox."""
        return f"model_{self.made.__name__}"

    def operation(self, method: str) -> str:
        """Return its own name of a method; "" if it has none like it."""
        return next((own for own, names in self.operations if method in names), "")


MODELS: list[Model] = []


def models(names: str, *, says: str = "", unless: str = "", sure: str = "", **operations: str) -> Callable[[C], C]:
    """Register a class as the model of those with these names; each operation with the names that it goes by."""

    def register(made: C) -> C:
        own = tuple((name, frozenset(others.split())) for name, others in operations.items())
        MODELS.append(Model(made, names, own, says, unless, sure))
        return made

    return register


def modelled(signature: Signature) -> list[Model]:
    """Return the models that a class may be one of, by its name, or by what is said of it."""
    said = f"{signature.about} {signature.docstring}".lower()
    possible = [one for one in MODELS if not (one.unless and _named(one.unless, signature))]
    sure = [one for one in possible if one.sure and _named(one.sure, signature)]
    told = [one for one in possible if one.says and re.search(rf"\b(?:{one.says})", said)]
    named = [one for one in possible if _named(one.names, signature) and (one in told or not one.says)]
    return sure or named


def matching(signature: Signature) -> list[Reference]:
    """Return the references that a function may mean: those of its name, else those of what is said of it."""
    kinds = [one.kind.plain.name if one.kind is not None and one.declared else "any" for one in signature.required]
    said = f"{signature.about} {signature.docstring}".lower()
    possible = [
        one
        for one in REFERENCES
        if len(one.kinds) == len(kinds)
        and all(map(_fits, kinds, one.kinds))
        and not (one.unless and _named(one.unless, signature))
    ]
    told = [one for one in possible if one.says and re.search(rf"\b(?:{one.says})", said)]
    named = [one for one in possible if _named(one.names, signature)]
    # Where a name means several things, the words tell which.
    return [one for one in named if one in told] or named or told


def _passed(signature: Signature, arguments: Arguments) -> str:
    pairs = list(zip(arguments.names, arguments.values, strict=True))
    plain = "".join(f"{value}, " for name, value in pairs if name not in signature.options)
    options = ", ".join(f"{name!r}: {value}" for name, value in pairs if name in signature.options)
    return f"(({plain}), {{{options}}})"


def _named(names: str, signature: Signature) -> bool:
    return re.search(rf"(?:^|_)(?:{names})(?:_|$)", "_".join(signature.words)) is not None


def _fits(kind: str, wanted: str) -> bool:
    return "any" in (kind, wanted) or kind == wanted or {kind, wanted} == {"int", "float"} or (
        {kind, wanted} == {"list", "tuple"}
    )  # fmt: skip


def setup(used: Iterable[Reference | Model]) -> str:
    """Return what must run in the sandbox before these references are asked."""
    used = list(dict.fromkeys(used))
    if not used:
        return ""
    lines = [
        f"_known = {{}}\nexec({HEAD + _SOURCE + inspect.getsource(agreement).partition('__future__ import annotations')[2]!r}, _known)"
    ]
    for one in used:
        made = one.made if isinstance(one, Model) else one.function
        lines.append(f"_known[{one.key!r}] = _known['reference']({plain_source(made)!r}, {made.__name__!r})")
    return "\n".join(lines) + "\n"


def plain_source(function: Callable[..., Any]) -> str:
    """Return the source of a function without its decorators, with annotations that no Python looks at."""
    source = textwrap.dedent(inspect.getsource(function))
    head = re.search(r"^(?:def|class) ", source, re.MULTILINE)
    return f"from __future__ import annotations\n{source[head.start() if head else 0 :]}"
