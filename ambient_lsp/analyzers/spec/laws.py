"""Laws: what must hold between a function's arguments and its result, by what its name and docstring say it is.

Which laws there are is in `known.py`. In a law's expressions `$a`, `$b`, `$c` are the arguments, `$result` is what the
function gave for them, and `$f` is the function. A family has several variants where people mean different things by
one name (a rotation goes left or right): the variant that the function keeps is its law.
"""

from __future__ import annotations

import builtins
import re
from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.spec import known
from ambient_lsp.analyzers.spec.calls import Arguments, passed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ambient_lsp.analyzers.spec.known import Family, Variant
    from ambient_lsp.analyzers.spec.signatures import Signature

_LETTERS = "abcdef"
_EQUATION = re.compile(r"(?:bool|list)?\(?\$result\)? (?:==|is) (?!.*\$(?:result|f\())")
_ORDERED = re.compile(
    r"\breturns?\b[^.]*\b(in (ascending|sorted|increasing) order|sorted (list|copy) of)", re.IGNORECASE
)
_DISTINCT = re.compile(r"\breturns?\b[^.]*\b(without duplicates|duplicates removed|unique)\b", re.IGNORECASE)
_PAIRS = (
    ("encode", "decode"), ("compress", "decompress"), ("dumps", "loads"), ("serialize", "deserialize"),
    ("escape", "unescape"), ("quote", "unquote"), ("encrypt", "decrypt"), ("pack", "unpack"), ("to", "from"),
    ("compress", "expand"), ("flatten", "unflatten"), ("zip", "unzip"), ("int_to", "to_int"), ("encipher", "decipher"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Law:
    """One law of one function. `enough` is the share of arguments that it must hold for, else it means something else
    by its name. `imports` are modules that a test needs; `functions` others of the module that it calls. A law that is
    only looked at, and not written as a test of its own, is not `shown`. Where it holds for `limit` of what was tried,
    the rest is beyond what it was made for, and nothing is told."""

    function: str
    name: str
    promise: str
    checks: tuple[str, ...]
    given: str = ""
    imports: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    enough: float = 0.5
    shown: bool = True
    limit: float = 1.0

    def expression(self, signature: Signature, arguments: Arguments) -> str:
        """Return what evaluates to True where the law holds, to False where not, to None where it says nothing."""
        letters = ", ".join(_LETTERS[: len(arguments.values)])
        values = ", ".join(arguments.values)
        call = f"{signature.name}({', '.join(passed(signature, arguments))})"
        call = f"list({call})" if signature.lazy else call
        names = dict(zip(_LETTERS, _LETTERS, strict=True))
        body = " and ".join(f"({self.filled(check, names, 'result', signature)})" for check in self.checks)
        given = self.filled(self.given, names, "result", signature) or "True"
        return f"(lambda {letters}, result: bool({body}) if ({given}) else None)({values}, {call})"

    @property
    def settles(self) -> bool:
        """Whether no other result than the one seen would keep the law."""
        return len(self.checks) == 1 and _EQUATION.match(self.checks[0]) is not None

    def filled(self, template: str, names: dict[str, str], result: str, signature: Signature) -> str:
        """Return an expression of the law with names in place."""
        return Template(template).substitute(names, result=result, f=signature.name)


def laws(signature: Signature, siblings: Sequence[Signature]) -> list[list[Law]]:
    """Return the families of laws that a function may be under; each family's laws exclude one another."""
    names = {one.name for one in signature.parameters}
    if any(hasattr(builtins, name) for name in names) or "result" in names or not signature.required:
        return []
    if len(signature.required) > len(_LETTERS) or any(one.keyword for one in signature.required):
        return []
    found = [
        [
            _law(signature, family, variant)
            for variant in family.variants
            if not (variant.unless and signature.mentions(variant.unless))
        ]
        for family in known.FAMILIES
        if _matches(signature, family)
    ]
    found += [[law] for law in (*_inverses(signature, siblings), *_documented(signature))]
    return found


def _law(signature: Signature, family: Family, variant: Variant) -> Law:
    says = bool(family.says) and signature.mentions(family.says)
    enough = 0.5
    if family.name in known.SURE:
        enough = 0.1 if says else 0.3
    if says and not variant.shown:
        enough = 0.0
    return Law(
        signature.name, family.name, variant.promise, variant.checks, variant.given, variant.imports, enough=enough,
        shown=variant.shown,
    )  # fmt: skip


def _matches(signature: Signature, family: Family) -> bool:
    name = "_".join(signature.words)
    if not re.search(rf"(?:^|_)(?:{family.names})(?:_|$)", name):
        return False
    if family.unless and re.search(rf"(?:^|_)(?:{family.unless})(?:_|$)", name):
        return False
    if signature.returns is not None and signature.returns.plain.name not in {"bool", "any", "int"}:
        if any("bool($result)" in check for variant in family.variants for check in variant.checks):
            return False  # it answers no question
    kinds = [one.kind.plain.name if one.kind is not None else "" for one in signature.required]
    return len(kinds) == len(family.kinds) and all(
        kind in {"any", "int" if wanted == "float" else wanted} or kind == wanted or wanted == "any"
        for kind, wanted in zip(kinds, family.kinds, strict=True)
    )


def _inverses(signature: Signature, siblings: Sequence[Signature]) -> Iterator[Law]:
    """Yield that another function of the module takes back what this one does, given the same further arguments."""
    for sibling in siblings:
        # What it undoes comes back; what it is given by anybody else need not.
        # A docstring that says so may still mean it roughly, such as of a list that comes back sorted.
        said = _says_inverse(sibling, signature)
        sure = signature.declared and _to_and_from("_".join(signature.words), "_".join(sibling.words))
        alike = [one.name for one in signature.required[1:]] == [one.name for one in sibling.required[1:]]
        if signature.required and alike and (said or sure or _is_inverse(signature.words, sibling.words)):
            further = "".join(f", ${letter}" for letter in _LETTERS[1 : len(signature.required)])
            yield Law(
                signature.name, f"round_trip_with_{sibling.name}", f"`{sibling.name}` takes it back",
                (f"{sibling.name}($result{further}) == $a",), functions=(sibling.name,), enough=0.05 if sure else 0.5,
                limit=0.75,
            )  # fmt: skip


_HEDGED = re.compile(
    r"\b(?:although|though|except|unless|however|rule of thumb|not always|does not hold|lossy|mostly|approximate)",
    re.IGNORECASE,
)


def _says_inverse(signature: Signature, other: Signature) -> bool:
    """Return whether a docstring says, without an exception, that the function undoes the other one."""
    return not _HEDGED.search(signature.docstring) and re.search(
        rf"\b(?:undo(?:es)?|revers(?:es?|al)(?: of)?|inverse of|opposite of|inverts?)\s+(?:of\s+)?[:\w`.~]*?"
        rf"\b{re.escape(other.name)}\b",
        signature.docstring, re.IGNORECASE,
    ) is not None  # fmt: skip


def _is_inverse(words: Sequence[str], other: Sequence[str]) -> bool:
    one, two = "_".join(words), "_".join(other)
    for there, back in _PAIRS:
        if re.search(rf"(?:^|_){there}(?:_|$)", one) and re.search(rf"(?:^|_){back}(?:_|$)", two):
            if re.sub(rf"(?:^|_){there}(?=_|$)", "", one) == re.sub(rf"(?:^|_){back}(?=_|$)", "", two):
                return True
    return _to_and_from(one, two)


def _to_and_from(one: str, two: str) -> bool:
    left, _, right = one.partition("_to_")
    return bool(right) and two == f"{right}_to_{left}"


def _documented(signature: Signature) -> Iterator[Law]:
    """Yield what the docstring says of the result in words."""
    first = signature.docstring.replace("\n", " ")
    kind = signature.returns.plain.name if signature.returns is not None else ""
    if kind == "list" and _ORDERED.search(first):
        yield Law(signature.name, "sorted", "the result is sorted", ("list($result) == sorted($result)",), enough=0.3)
    if kind == "list" and _DISTINCT.search(first):
        check = "all($result.count(one) == 1 for one in $result)"
        yield Law(signature.name, "unique", "nothing is in the result twice", (check,), enough=0.3)
    kinds = [one.kind for one in signature.required]
    if len(kinds) == 2 and kinds[0] == kinds[1] and re.search(r"\b(symmetric|commutative)\b", first, re.IGNORECASE):
        yield Law(
            signature.name, "symmetric", "the order of the arguments does not matter", ("$f($b, $a) == $result",),
            enough=0.3,
        )  # fmt: skip
