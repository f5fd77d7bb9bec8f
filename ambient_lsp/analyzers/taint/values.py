"""Abstract values: what is known of a value without running the program, and how two become one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable

    from ambient_lsp.analyzers.taint.state import Scope

ALL = "all"
EVERY = frozenset({ALL})
UNTRUSTED = "untrusted"
PARAMETER = "parameter"
SOMETHING = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in a known beginning for text that is not known, but is not untrusted either."""
RANDOM = "random"
_MOST_TAINTS = 6
_MOST_OPTIONS = 12
_MOST_OBJECTS = 4
_MOST_COMPARED = 40
_LONGEST_TRAIL = 12


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of a file: a 1-based line and a 0-based column in UTF-8 bytes, as `ast` has them, and the end of both."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way of untrusted data, in words."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Taint:
    """A mark on a value: how much its source is to be mistrusted, and for which kinds of sink it was made safe.

    Two marks are the same when source and cleaning are, whatever way they took.
    """

    label: str
    source: Step
    cleaned: frozenset[str] = frozenset()
    trail: tuple[Step, ...] = field(default=(), compare=False)

    def is_clean_for(self, kind: str) -> bool:
        """Whether it may arrive in a sink of this kind."""
        return kind in self.cleaned or (ALL in self.cleaned and self.label != RANDOM)


Taints = frozenset[Taint]
NO_TAINTS: Taints = frozenset()


class Value:
    """Anything that a variable can hold."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Const(Value):
    """A known constant: text, bytes, number, truth value, None or Ellipsis."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return type(other) is Const and type(other.value) is type(self.value) and bool(other.value == self.value)

    def __hash__(self) -> int:
        return hash(self.value)


@dataclass(frozen=True, slots=True)
class Opaque(Value):
    """A value that is not known, with its marks.

    `type` is the dotted name of its type where that is known, `prefix` how its text surely begins, `built` whether it
    was put together with other text.
    """

    taints: Taints = NO_TAINTS
    type: str = ""
    prefix: str = ""
    built: bool = False


@dataclass(frozen=True, slots=True)
class Symbol(Value):
    """Something of another package, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class Ref(Value):
    """A container or an object of the program; what is in it is in the heap of the state."""

    id: int


@dataclass(frozen=True, slots=True)
class Function(Value):
    """A function of the program, with the object that it is bound to."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda = field(compare=False)
    scope: Scope = field(compare=False)
    key: int
    receiver: Value | None = None
    owner: Class | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Class(Value):
    """A class of the program. `members` is what its body defines, `stores` what its methods store in `self`."""

    name: str
    key: int
    bases: tuple[Value, ...] = field(compare=False)
    members: dict[str, Value] = field(compare=False)
    scope: Scope = field(compare=False)
    node: ast.ClassDef = field(compare=False)
    stores: dict[str, Value] = field(compare=False, default_factory=dict)

    def find(self, name: str) -> Value | None:
        """Return a member of the class or of those of its bases that belong to the program."""
        return self._find(name, 0)

    def _find(self, name: str, depth: int) -> Value | None:
        found = self.members.get(name)
        for base in self.bases if found is None and depth < 20 else ():
            if isinstance(base, Class):
                found = base._find(name, depth + 1)
                if found is not None:
                    break
        return found

    def ancestors(self, depth: int = 0) -> list[str]:
        """Return the dotted names of all bases, those of other packages included."""
        names: list[str] = []
        for base in self.bases if depth < 20 else ():
            if isinstance(base, Symbol):
                names.append(base.name)
            elif isinstance(base, Class):
                names += base.ancestors(depth + 1)
        return names


@dataclass(frozen=True, slots=True)
class Module(Value):
    """A module of the program."""

    name: str
    scope: Scope = field(compare=False)


@dataclass(frozen=True, slots=True)
class Bound(Value):
    """A method of a value whose class is not of the program."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True)
class Partial(Value):
    """A function with its first arguments."""

    function: Value
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation(Value):
    """`Annotated[...]`, which a name can stand for."""

    node: ast.expr = field(compare=False)


@dataclass(frozen=True, slots=True)
class Fact(Value):
    """The test whose outcome a variable holds (`ok = name in ALLOWED`), under a name that no variable can have.

    `about` has the variables of the test with the values they had: it says nothing of later ones.
    """

    test: ast.expr
    about: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Options(Value):
    """One of several values, none of which is itself one of several."""

    values: tuple[Value, ...]


UNKNOWN = Opaque()
HARMLESS = Opaque(type="harmless")
"""A number, or a text made of nothing but numbers and constants."""
HARMLESS_TYPES = frozenset({"harmless", "int", "float", "bool"})
NONE = Const(None)
PART = " at "
PARSED_URL = "urllib.parse.ParseResult"
HOST = "urllib.parse.host"
"""The type of the host of an address, which tells where the whole of it leads."""
NO_HOST = "redirect.host"
"""A text that begins neither with `//` nor with a slash and a backslash, which name another host."""
ONE_LINE = "one line"
"""A text without a line break, as a line of a request that was read up to its end."""
QUOTED = "quoted"
"""A text in which the quotes of a name are written twice, as SQL wants it."""


def fact_of(name: str) -> str:
    """Return the name under which a state keeps the test whose outcome is in the variable `name`."""
    return f"{name} holds"


def item_of(name: str) -> str:
    """Return the name under which a state notes that a variable holds a part of something, and no copy of it."""
    return f"{name} as a part"


def given_of(name: str) -> str:
    """Return the name under which a state keeps what a parameter was given, where the function assigns it anew."""
    return f"{name} as given"


def part_of(name: str, key: object) -> str:
    """Return the name under which a state keeps what a test told of one item or attribute of a variable."""
    return f"{part_prefix(name)}{key!r}"


def part_prefix(name: str) -> str:
    """Return how all names that `part_of` gives for a variable begin."""
    return f"{name}{PART}"


def taints_of(value: Value) -> Taints:
    """Return the marks of the value itself, not of what it holds."""
    if type(value) is Opaque:
        return value.taints
    if type(value) is Options:
        return merged(taints_of(option) for option in value.values)
    if type(value) is Bound:
        return taints_of(value.receiver)
    return NO_TAINTS


def merged(many: Iterable[Taints]) -> Taints:
    """Return all marks, of which there are never too many."""
    result = NO_TAINTS
    for taints in many:
        if taints and taints is not result:
            result = result | taints if result else taints
    if len(result) > _MOST_TAINTS:
        result = frozenset(sorted(result, key=_rank)[:_MOST_TAINTS])
    return result


def _rank(taint: Taint) -> tuple[bool, int, int, int, str, str]:
    place = taint.source.place
    return taint.label != UNTRUSTED, len(taint.cleaned), place.line, place.column, taint.label, taint.source.text


def options(value: Value) -> tuple[Value, ...]:
    """Return the values that it can be."""
    return value.values if type(value) is Options else (value,)


def join(one: Value, other: Value) -> Value:
    """Return what covers both values."""
    if one is other or one == other:
        return one
    if type(one) is Opaque and type(other) is Opaque:
        return _blend(one, other)
    return either((*options(one), *options(other)))


def either(values: Iterable[Value]) -> Value:
    """Return what covers all of the values; nothing at all is unknown."""
    kept: list[Value] = []
    opaque: Opaque | None = None
    for value in values:
        for option in options(value):
            if type(option) is Opaque:
                opaque = option if opaque is None else _blend(opaque, option)
            elif len(kept) > _MOST_COMPARED and type(option) is Const:
                opaque = UNKNOWN if opaque is None else _blend(opaque, UNKNOWN)
            elif option not in kept:
                kept.append(option)
    objects = sum(type(value) is not Const for value in kept)
    if len(kept) > _MOST_OPTIONS or objects > _MOST_OBJECTS:
        lost = Opaque(merged(taints_of(value) for value in kept))
        objects_kept = [value for value in kept if type(value) is not Const][:_MOST_OBJECTS]
        opaque = lost if opaque is None else _blend(opaque, lost)
        kept = objects_kept
    if opaque is not None:
        kept.append(opaque)
    if not kept:
        return UNKNOWN
    return kept[0] if len(kept) == 1 else Options(tuple(kept))


def _blend(one: Opaque, other: Opaque) -> Opaque:
    if one == other:
        return one
    start = common_start(one.prefix, other.prefix)
    return Opaque(
        merged(_without_beginning(each, start) for each in (one, other)),
        one.type if one.type == other.type else "",
        start,
        one.built or other.built,
    )


def _without_beginning(value: Opaque, start: str) -> Taints:
    """Return the marks of a value whose beginning is forgotten: that it was a place on this host is still known."""
    if value.prefix == start or value.prefix[:1] != "/":
        return value.taints
    on_this_host = frozenset(taint for taint in value.taints if NO_HOST in taint.cleaned)
    return clean(on_this_host, frozenset({"redirect"})) | (value.taints - on_this_host)


def common_start(one: str, other: str) -> str:
    """Return how two texts both begin."""
    if one == other:
        return one
    length = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length]


def cleaned(value: Value, kinds: frozenset[str]) -> Value:
    """Return the value made safe for some kinds of sink."""
    if type(value) is Options:
        return either(cleaned(option, kinds) for option in value.values)
    if type(value) is not Opaque or not value.taints:
        return value
    taints = clean(value.taints, kinds)
    return replace(value, taints=taints, type=value.type if taints else "harmless")


def clean(taints: Taints, kinds: frozenset[str]) -> Taints:
    """Return the marks made safe for some kinds of sink. What is safe for all kinds is dropped."""
    if ALL in kinds:
        return frozenset(taint for taint in taints if taint.label == RANDOM)
    return frozenset(replace(taint, cleaned=taint.cleaned | kinds) for taint in taints)


def moved(value: Value, step: Step) -> Value:
    """Return the value with one more step on the way of its marks."""
    if type(value) is Options:
        return Options(tuple(moved(option, step) for option in value.values))
    if type(value) is not Opaque or not value.taints:
        return value
    return replace(
        value,
        taints=frozenset(
            taint
            if len(taint.trail) >= _LONGEST_TRAIL or (taint.trail and taint.trail[-1] == step)
            else replace(taint, trail=(*taint.trail, step))
            for taint in value.taints
        ),
    )
