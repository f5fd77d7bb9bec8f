"""Types of values, as far as they matter for speed, and how annotations name them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Kind:
    """A type. `args` are those of its items; a `fixed` tuple has one for each place, an `object` names its class."""

    name: str
    args: tuple[Kind, ...] = ()
    cls: str = ""

    @property
    def item(self) -> Kind:
        """What iterating over it gives."""
        if self.name in {"str", "bytes", "range"}:
            return STR if self.name == "str" else INT
        if self.name == "fixed":
            return join(self.args)
        return self.args[0] if self.args and self.name not in {"union", "object"} else UNKNOWN

    @property
    def is_list(self) -> bool:
        """Whether looking for something in it walks through it."""
        return self.name in {"list", "tuple", "fixed", "deque"}

    @property
    def hashable(self) -> bool:
        """Whether every value of it surely is hashable, and equal values have one hash."""
        if self.name in {"union", "fixed"}:
            return all(one.hashable for one in self.args)
        if self.name == "tuple":
            return bool(self.args) and self.args[0].hashable
        return self.name in _PLAIN

    @property
    def unhashable(self) -> bool:
        """Whether some value of it surely cannot be hashed."""
        if self.name in {"union", "fixed", "tuple"}:
            return any(one.unhashable for one in self.args)
        return self.name in {"list", "dict", "set", "deque"}

    @property
    def immutable(self) -> bool:
        """Whether sharing one value is the same as making two."""
        return self.hashable

    @property
    def number(self) -> bool:
        """Whether it is an int, a float or a bool."""
        return self.name in {"int", "float", "bool"} or (self.name == "union" and all(one.number for one in self.args))


_PLAIN = frozenset({"str", "int", "float", "bool", "bytes", "complex", "none", "Path", "PurePath", "UUID", "date",
                    "datetime", "timedelta", "time", "Decimal", "Fraction", "frozenset"})  # fmt: skip
UNKNOWN, STR, INT, FLOAT, BOOL, BYTES, NONE = (
    Kind(name) for name in ("", "str", "int", "float", "bool", "bytes", "none")
)
_NUMBERS = {"int": 0, "bool": 0, "float": 1}
_CONTAINERS = {"list": "list", "List": "list", "MutableSequence": "list", "Sequence": "sequence", "tuple":
               "tuple", "Tuple": "tuple", "set": "set", "Set": "set", "MutableSet": "set", "AbstractSet": "set",
               "frozenset": "frozenset", "FrozenSet": "frozenset", "dict": "dict", "Dict": "dict", "Mapping":
               "mapping", "MutableMapping": "mapping", "defaultdict": "dict", "DefaultDict": "dict",
               "OrderedDict": "dict", "Counter": "dict", "deque": "deque", "Deque": "deque", "Iterable":
               "iterable", "Iterator": "iterator", "Collection": "iterable", "Generator": "iterator", "range":
               "range"}  # fmt: skip
_TOKEN = re.compile(r"[A-Za-z_][\w.]*|\.\.\.|[\[\],|]|\"[^\"]*\"|'[^']*'|-?\d+")


def join(kinds: Iterable[Kind]) -> Kind:
    """Return the kind of a value that has one of these."""
    parts: dict[Kind, None] = {}
    for kind in kinds:
        for one in kind.args if kind.name == "union" else (kind,):
            parts[one] = None
    if not parts or UNKNOWN in parts:
        return UNKNOWN
    if len(parts) == 1:
        return next(iter(parts))
    names = {one.name for one in parts}
    if names <= _NUMBERS.keys():
        return FLOAT if "float" in names else INT
    if len(names) == 1 and names <= {"list", "set", "tuple", "dict"}:
        # An empty one says nothing of what the others hold.
        filled = [one for one in parts if one.args]
        return Kind(names.pop(), tuple(join(column) for column in zip(*(one.args for one in filled), strict=False)))
    return Kind("union", tuple(parts))


def annotation_kind(text: str) -> Kind:
    """Return the kind that an annotation names, which may be in quotes."""
    return _parse_annotation(text)


@lru_cache(maxsize=2048)
def _parse_annotation(text: str) -> Kind:
    tokens = _TOKEN.findall(text[:300])
    if len(tokens) == 1 and tokens[0][0] in "\"'":
        tokens = _TOKEN.findall(tokens[0][1:-1])
    kind, rest = _union(tokens, 0)
    return kind if rest == len(tokens) else UNKNOWN


def _union(tokens: Sequence[str], at: int) -> tuple[Kind, int]:
    kinds = []
    while True:
        kind, at = _one(tokens, at)
        kinds.append(kind)
        if at >= len(tokens) or tokens[at] != "|":
            return join(kinds), at
        at += 1


def _one(tokens: Sequence[str], at: int) -> tuple[Kind, int]:
    if at >= len(tokens):
        return UNKNOWN, at
    name = tokens[at]
    if name[0] in "\"'":
        return _parse_annotation(name[1:-1]), at + 1
    name, at = name.rpartition(".")[2], at + 1
    args: list[Kind] = []
    dots = False
    if at < len(tokens) and tokens[at] == "[":
        at += 1
        while at < len(tokens) and tokens[at] != "]":
            if tokens[at] == ",":
                at += 1
            elif tokens[at] == "...":
                dots, at = True, at + 1
            elif name == "Literal":
                args.append(STR if tokens[at][0] in "\"'" else INT)
                at += 1
            elif tokens[at] in {"[", "|"}:
                return UNKNOWN, len(tokens) + 1
            else:
                kind, at = _union(tokens, at)
                args.append(kind)
        at += 1
    return _named(name, tuple(args), dots=dots), at


def _named(name: str, args: tuple[Kind, ...], *, dots: bool) -> Kind:
    if name in {"Literal", "Union"}:
        return join(args)
    if name == "Optional":
        return join((*args, NONE))
    if name in {"Annotated", "Final", "ClassVar", "Required", "NotRequired"}:
        return args[0] if args else UNKNOWN
    if name == "None":
        return NONE
    if name in {"tuple", "Tuple"} and args and not dots:
        return Kind("fixed", args)
    if name in _CONTAINERS:
        kind = _CONTAINERS[name]
        return Kind(kind, (args[0], INT) if name == "Counter" and args else args)
    if name in _PLAIN:
        return Kind(name)
    return UNKNOWN if name in {"Any", "object"} else Kind("object", args, name)
