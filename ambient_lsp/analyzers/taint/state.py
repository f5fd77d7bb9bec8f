"""What is known at one point of the program: the variables of the running function and the objects they refer to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.taint.values import (
    NO_TAINTS,
    PART,
    UNKNOWN,
    Class,
    Opaque,
    Options,
    Ref,
    Taints,
    Value,
    either,
    join,
    merged,
    taints_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ambient_lsp.analyzers.taint.machine import Frame

_MOST_ITEMS = 200
_DEEPEST = 5


@dataclass(slots=True)
class Scope:
    """The names of a module or of a function around another; `outer` is the next one out.

    `late` has what makes the values of some names once somebody asks for one: running a module of which nothing is
    used would be for nothing.
    """

    names: dict[str, Value]
    path: str
    outer: Scope | None = None
    late: dict[str, Callable[[], Value]] | None = None

    def find(self, name: str) -> Value | None:
        """Return the value of a name in this scope or one around it."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.names.get(name)
            if found is not None:
                return found
            if scope.late is not None and name in scope.late:
                return scope.late[name]()
            scope = scope.outer
        return None

    def every(self) -> dict[str, Value]:
        """Return the values of all names of this scope."""
        return {**{name: make() for name, make in (self.late or {}).items()}, **self.names}


@dataclass(frozen=True, slots=True)
class Object:
    """What is in a container or an object. Never changed: a change makes another one.

    `items` maps what is known of keys, indexes or attribute names to values; `rest` covers what is at keys that are
    not known, and is None where there are none. `kind` is "list", "tuple", "set", "dict", "buffer" or "instance";
    the indexes of the first three count from 0 without gaps.
    """

    kind: str
    items: Mapping[Any, Value]
    rest: Value | None = None
    owner: Class | None = None
    type: str = ""

    def all(self) -> Value:
        """Return what covers every item."""
        values = list(self.items.values())
        if self.rest is not None:
            values.append(self.rest)
        return either(values) if values else UNKNOWN

    def sequence(self) -> list[Value] | None:
        """Return the items in order; None where they are not all known."""
        if self.rest is not None:
            return None
        return list(self.items.values())


def sequence(kind: str, values: Iterable[Value], rest: Value | None = None) -> Object:
    """Return a list, tuple or set of these values. Of a very long one only a summary is kept."""
    items = list(values)
    if len(items) > _MOST_ITEMS:
        return Object(kind, {}, either([*items[:_MOST_ITEMS], *([] if rest is None else [rest]), UNKNOWN]))
    return Object(kind, dict(enumerate(items)), rest)


@dataclass(slots=True)
class State:
    """Variables and heap at one point. `base` is the heap of the modules, which is shared and never written."""

    frame: Frame
    names: dict[str, Value] = field(default_factory=dict)
    heap: dict[int, Object] = field(default_factory=dict)
    base: Mapping[int, Object] = field(default_factory=dict)

    def copy(self) -> State:
        """Return a state that changes on its own."""
        return State(self.frame, dict(self.names), dict(self.heap), self.base)

    def keep_new(self, other: State) -> None:
        """Take over the objects and names that only another state has."""
        if len(other.heap) != len(self.heap):
            self.heap = {**other.heap, **self.heap}
        if len(other.names) != len(self.names):
            self.names = {**other.names, **self.names}

    def object(self, value: Value) -> Object | None:
        """Return what a reference refers to."""
        if type(value) is not Ref:
            return None
        return self.heap.get(value.id) or self.base.get(value.id)

    def become(self, other: State) -> None:
        """Take over names and heap of another state."""
        self.names, self.heap = other.names, other.heap

    def taints(self, value: Value, depth: int = 0) -> Taints:
        """Return the marks of a value and of all that it holds."""
        if type(value) is Opaque:
            return value.taints
        if type(value) is Options:
            return merged(self.taints(option, depth) for option in value.values)
        found = self.object(value)
        if found is None or depth > _DEEPEST:
            return taints_of(value)
        if found.kind == "file":
            return NO_TAINTS
        held = [*found.items.values(), *(() if found.rest is None else (found.rest,))]
        return merged(self.taints(item, depth + 1) for item in held)

    def leaves(self, value: Value, depth: int = 0) -> list[Value]:
        """Return the values that a value can be and, of containers, all that they hold."""
        if type(value) is Options:
            return [leaf for option in value.values for leaf in self.leaves(option, depth)]
        found = self.object(value)
        if found is None or depth > _DEEPEST:
            return [value]
        if found.kind in ("buffer", "file"):
            return [Opaque(self.taints(value), found.kind)]
        held = [*found.items.values(), *(() if found.rest is None else (found.rest,))]
        return [leaf for item in held[:_MOST_ITEMS] for leaf in self.leaves(item, depth + 1)]

    def whole(self, value: Value) -> Opaque:
        """Return a value that carries the marks of all that `value` holds."""
        if type(value) is Opaque:
            return value
        return Opaque(self.taints(value))


def joined(one: State | None, other: State | None) -> State | None:
    """Return what holds whichever of two ways was taken; None stands for a way that is never taken."""
    if one is None or other is None or one is other:
        return other if one is None else one
    names = dict(one.names)
    for name, value in other.names.items():
        mine = names.get(name)
        if mine is None:
            if PART not in name:  # what a test told on one of the ways alone
                names[name] = value
        elif mine is not value:
            names[name] = join(mine, value)
    for name in [name for name in one.names if PART in name and name not in other.names]:
        del names[name]
    heap = dict(one.heap)
    for key, theirs in other.heap.items():
        ours = heap.get(key) or one.base.get(key)
        if ours is None:
            heap[key] = theirs
        elif ours is not theirs:
            heap[key] = _joined(ours, theirs)
    for key in one.heap.keys() - other.heap.keys():
        shared = one.base.get(key)
        if shared is not None:
            heap[key] = _joined(heap[key], shared)
    return State(one.frame, names, heap, one.base)


def _joined(one: Object, other: Object) -> Object:
    if one == other:
        return one
    if one.kind in ("list", "set", "tuple", "buffer"):
        if len(one.items) != len(other.items) or one.rest is not None or other.rest is not None:
            return Object(one.kind, {}, join(one.all(), other.all()), one.owner, one.type)
        items = {key: join(value, other.items[key]) for key, value in one.items.items()}
        return replace(one, items=items)
    items = dict(one.items)
    for key, value in other.items.items():
        items[key] = join(items[key], value) if key in items else value
    rest = one.rest if other.rest is None else other.rest if one.rest is None else join(one.rest, other.rest)
    return replace(one, items=items, rest=rest)


def all_joined(states: Iterable[State | None]) -> State | None:
    """Return what holds whichever of several ways was taken."""
    result: State | None = None
    for state in states:
        result = joined(result, state)
    return result
