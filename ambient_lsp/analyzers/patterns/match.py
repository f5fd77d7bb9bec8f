"""The words that the tables of patterns are written in: which call, setting or assignment is a weakness, and when.

A *value test* says whether an argument is bad; a *condition* looks at a whole call and returns the node to point at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.patterns.folding import UNKNOWN
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.vocabulary import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module
    from ambient_lsp.analyzers.rule import Level, Rule

    ValueTest = Callable[[Module, Node], bool]
    Condition = Callable[["Call"], Node | None]
    Finder = Callable[[Module], Iterable["Hit"]]
    Judge = Callable[["Call"], "Hit | None"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A weakness at a node. `detail` completes the rule's title; `level` is the rule's own where it is None."""

    rule: Rule
    node: Node
    detail: str = ""
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class CallPattern:
    """Calls of one of `names` are a weakness where `when` returns a node; `*.name` is a method of anything."""

    rule: Rule
    names: frozenset[str]
    when: Condition
    detail: str = ""
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """A framework's setting with a bad value. `common` names, such as DEBUG, count only among other settings."""

    rule: Rule
    names: frozenset[str]
    bad: ValueTest
    common: bool = False
    detail: str = ""
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class AttributePattern:
    """An assignment to `<something>.attribute`, where that something is one of `owners`; any when there are none."""

    rule: Rule
    attribute: str
    bad: ValueTest
    owners: frozenset[str] = frozenset()
    detail: str = ""
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """The rules of one area, and everything that finds them."""

    rules: tuple[Rule, ...]
    calls: tuple[CallPattern, ...] = ()
    settings: tuple[Setting, ...] = ()
    attributes: tuple[AttributePattern, ...] = ()
    finders: tuple[Finder, ...] = field(default=())
    judges: tuple[tuple[frozenset[str], Judge], ...] = ()
    """What finders say of one call, for those calls that only the second look understands."""


class Call:
    """One call, with its arguments by place and by keyword."""

    def __init__(self, module: Module, node: Node, name: str) -> None:
        self.module = module
        self.node = node
        self.name = name
        arguments = node.child_by_field_name("arguments")
        self._given = [
            one for one in (arguments.named_children if arguments is not None else ()) if one.type != "comment"
        ]

    @property
    def callee(self) -> Node:
        """What is called."""
        return self.node.child_by_field_name("function") or self.node

    @cached_property
    def spread(self) -> bool:
        """Whether arguments come from a `*` or `**` that is not written out in the file, so that not all are known."""
        return any(
            one.type == "list_splat" or (one.type == "dictionary_splat" and not self._written_out(one)[1])
            for one in self._given
        )

    @cached_property
    def positional(self) -> list[Node]:
        """The arguments that are given by place, up to the first `*`."""
        result = []
        for one in self._given:
            if one.type == "list_splat":
                break
            if one.type not in ("keyword_argument", "dictionary_splat"):
                result.append(one)
        return result

    @cached_property
    def keywords(self) -> dict[str, Node]:
        """The arguments that are given by keyword, those of a `**` included where they stand in the file."""
        result: dict[str, Node] = {}
        for one in self._given:
            if one.type == "dictionary_splat":
                result |= self._written_out(one)[0]
            else:
                result |= _keyword(one)
        return result

    def _written_out(self, splat: Node, depth: int = 3) -> tuple[dict[str, Node], bool]:
        """Return what `**{...}`, `**dict(...)` or `**NAME` of such a dictionary gives, and whether that is all."""
        given = splat.named_children[0] if splat.named_children and depth else None
        if given is None or self._is_changed(given):
            return {}, False
        table = self.module.origin(given)
        found: dict[str, Node] = {}
        if table is not None and table.type == "dictionary":
            parts = [one for one in table.named_children if one.type != "comment"]
        elif table is not None and table.type == "call" and code(table.child_by_field_name("function")) == "dict":
            arguments = table.child_by_field_name("arguments")
            parts = arguments.named_children if arguments is not None else []
        else:
            return {}, False
        whole = True
        for part in parts:
            if part.type == "dictionary_splat":
                more, complete = self._written_out(part, depth - 1)
            elif part.type == "pair":
                key, value = self.module.value(part.child_by_field_name("key")), part.child_by_field_name("value")
                more = {key: value} if isinstance(key, str) and value is not None else {}
                complete = bool(more)
            else:
                more = _keyword(part)
                complete = bool(more)
            found |= more
            whole = whole and complete
        return found, whole

    def _is_changed(self, node: Node) -> bool:
        """Whether a dictionary gets or loses items after it was made."""
        changed = rf"\b{re.escape(code(node))}(\[[^\]\n]*\]\s*=[^=]|\.(update|setdefault|pop|clear|popitem)\(|\s*\|=)"
        return node.type in ("identifier", "attribute") and re.search(changed, self.module.text) is not None

    def get(self, keyword: str, at: int = -1) -> Node | None:
        """Return an argument by keyword, or by its place."""
        given = self.keywords.get(keyword)
        return given if given is not None or not 0 <= at < len(self.positional) else self.positional[at]

    def value(self, keyword: str, at: int = -1) -> Any:
        """Return what an argument is worth; `UNKNOWN` if it is not there."""
        return self.module.value(self.get(keyword, at))


def _keyword(node: Node) -> dict[str, Node]:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    known = node.type == "keyword_argument" and name is not None and value is not None
    return {code(name): value} if known and value is not None else {}


def names(*groups: str) -> frozenset[str]:
    """Return dotted names from groups such as "requests: get post" (a prefix and what follows) or "yaml.load"."""
    found = set()
    for group in groups:
        prefix, colon, rest = group.partition(":")
        found |= {f"{prefix}.{name}" for name in rest.split()} if colon else set(group.split())
    return frozenset(found)


# ---------------------------------------------------------------------------------------------- value tests


def equals(*values: Any) -> ValueTest:
    """The value is one of these, and of the same type: 0 is not False here."""
    return lambda module, node: any(
        type(value := module.value(node)) is type(other) and value == other for other in values
    )


FALSE = equals(False)
TRUE = equals(True)
NONE = equals(None)


def named(*full: str) -> ValueTest:
    """The argument is one of these names, as imports resolve them, or a call of one."""
    wanted = frozenset(full) | {f"{one}()" for one in full}
    return lambda module, node: module.name(node) in wanted


def text(pattern: str) -> ValueTest:
    """The value is a string, or bytes, in which the pattern is found."""
    compiled = re.compile(pattern)

    def test(module: Module, node: Node) -> bool:
        value = module.value(node)
        if isinstance(value, bytes):
            value = value.decode("latin-1")
        return isinstance(value, str) and compiled.search(value) is not None

    return test


def below(limit: float) -> ValueTest:
    """The value is a number under the limit."""
    return lambda module, node: _is_number(value := module.value(node)) and value < limit


def above(limit: float) -> ValueTest:
    """The value is a number over the limit."""
    return lambda module, node: _is_number(value := module.value(node)) and value > limit


def holds(*values: Any) -> ValueTest:
    """The value is a list, tuple or set that holds one of these."""
    return lambda module, node: (
        isinstance(items := module.value(node), list | tuple) and any(one in items for one in values)
    )


def empty(module: Module, node: Node) -> bool:
    """The value is an empty list, tuple, dict or string."""
    value = module.value(node)
    return isinstance(value, str | bytes | list | tuple | dict) and not value


def constant(module: Module, node: Node) -> bool:
    """The value is a string or bytes that stand in the code, and are not empty."""
    return isinstance(value := module.value(node), str | bytes) and bool(value)


def either(*tests: ValueTest) -> ValueTest:
    """One of the tests holds."""
    return lambda module, node: any(test(module, node) for test in tests)


def about(*vocabulary: str) -> ValueTest:
    """The argument's own words are among these."""
    wanted = frozenset(vocabulary)
    return lambda module, node: bool(words(code(node)) & wanted)


# ---------------------------------------------------------------------------------------------- conditions


def always(call: Call) -> Node | None:
    """Any such call."""
    return call.callee


def given(keyword: str, test: ValueTest, at: int = -1) -> Condition:
    """An argument is given, and its value is bad."""

    def condition(call: Call) -> Node | None:
        node = call.get(keyword, at)
        return node if node is not None and test(call.module, node) else None

    return condition


def missing(keyword: str, at: int = -1) -> Condition:
    """An argument is surely not given."""
    return lambda call: call.callee if not call.spread and call.get(keyword, at) is None else None


def unless(test: Condition, condition: Condition) -> Condition:
    """`condition`, where `test` does not hold."""
    return lambda call: None if test(call) is not None else condition(call)


def any_of(*conditions: Condition) -> Condition:
    """The first of the conditions that holds."""

    def condition(call: Call) -> Node | None:
        return next((node for one in conditions if (node := one(call)) is not None), None)

    return condition


def all_of(*conditions: Condition) -> Condition:
    """All of the conditions; what the last one points at is marked."""

    def condition(call: Call) -> Node | None:
        node = None
        for one in conditions:
            node = one(call)
            if node is None:
                return None
        return node

    return condition


def _is_number(value: Any) -> bool:
    return value is not UNKNOWN and isinstance(value, int | float) and not isinstance(value, bool)
