"""Classes that do too much, methods that belong elsewhere, values that always travel together, names that say nothing.

Each is told only where several measures agree, and with the numbers: these are hints for a person, who decides.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding, is_test_path
from ambient_lsp.analyzers.refactoring import counting
from ambient_lsp.analyzers.source import code, is_bound_here, is_label, read, statements
from ambient_lsp.model import Evidence, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Definition, Source

GOD_CLASS = "AMB-REF-GOD-CLASS"
ENVY = "AMB-REF-FEATURE-ENVY"
CLUMP = "AMB-REF-DATA-CLUMP"
NAME = "AMB-REF-VAGUE-NAME"

MIN_METHODS = 20
MIN_ATTRIBUTES = 10
MIN_WEIGHT = 47
"""Decisions in all methods of a class together (Lanza and Marinescu 2006: "very high")."""
MAX_COHESION = 1 / 3
"""The part of pairs of methods that share something (tight class cohesion); the same book's threshold."""

MIN_FOREIGN = 6
MIN_CLUMP = 4
MIN_CLUMPED = 3
_MOST_FUNCTIONS = 200

_VAGUE_FUNCTIONS = re.compile(
    r"(do|handle|process|run|make|get)_?(it|this|that|stuff|things?|something|everything)|(foo|baz|stuff|asdf)\d*"
    r"|(func|function|method|bar|thing)\d+|my_?func(tion)?\d*"
)
_VAGUE_CLASSES = re.compile(r"(Foo|Stuff)\d*|(Bar|Baz|Thing|Class|Object)\d+|My_?Class\d*")
_EXAMPLES = re.compile(r"(^|/)(examples?|docs?|demos?|samples?|tutorials?|benchmarks?|conftest)([/.]|$)|(^|/)test")
_OUTSIDERS = re.compile(
    r"visit_|_?(from|to|as|copy|convert|serialize|dump|load|render|format|register|apply)_?|__\w+__$"
)
_NOT_TOGETHER = frozenset({"self", "cls", "args", "kwargs", "request", "response", "req", "resp", "session", "db",
                           "logger"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """What a class is measured by; `uses` has the attributes of `self` that each method touches."""

    methods: int
    attributes: int
    weight: int
    cohesion: float


def find(text: str, path: str) -> list[RawFinding]:
    """Find them in one text; nothing but data clumps and god classes in code that is there to show something."""
    source = read(text)
    if is_test_path(path):
        return []
    found = [*_god_classes(source), *_envious(source), *(_clump(source, path, *one) for one in clumps(source))]
    return found if _EXAMPLES.search(path) else [*found, *_vague(source)]


def _god_classes(source: Source) -> Iterator[RawFinding]:
    for one in source.classes:
        named = one.node.child_by_field_name("name")
        if not one.whole or named is None:
            continue
        if sum(not _is_special(method) for method in _methods(one.node)) < MIN_METHODS:
            continue
        shape = shape_of(source, one.node)
        too_much = (
            shape.methods >= MIN_METHODS
            and shape.attributes >= MIN_ATTRIBUTES
            and shape.weight >= MIN_WEIGHT
            and shape.cohesion < MAX_COHESION
        )
        if too_much:
            message = (
                f"`{one.qualname}` does many things: {shape.methods} methods with {shape.weight} decisions on"
                f" {shape.attributes} attributes, and only {shape.cohesion:.0%} of its methods' pairs share anything."
            )
            yield RawFinding(
                GOD_CLASS, source.span(named), message, Severity.INFORMATION, tags=("size",), symbol=one.qualname
            )


def shape_of(source: Source, node: Node) -> Shape:
    """Measure a class. Two methods share something when they touch one attribute or method, or one touches the other;
    dunder methods do not count, as `__init__` touches everything."""
    uses: list[set[str]] = []
    weight = 0
    attributes: set[str] = set()
    names = set()
    for function in _methods(node):
        weight += counting.cyclomatic(function)
        touched = _of_self(source, function)
        name = code(function.child_by_field_name("name"))
        names.add(name)
        attributes |= touched
        if not _is_special(function):
            uses.append(touched | {name})
    attributes -= names
    pairs = list(combinations(uses, 2))
    sharing = sum(bool(one & other) for one, other in pairs)
    return Shape(len(uses), len(attributes), weight, sharing / len(pairs) if pairs else 1.0)


def _is_special(method: Node) -> bool:
    return code(method.child_by_field_name("name")).startswith("__")


def _methods(node: Node) -> Iterator[Node]:
    for statement in statements(node.child_by_field_name("body")):
        inner = statement.child_by_field_name("definition") or statement
        if inner.type == "function_definition":
            yield inner


def _of_self(source: Source, function: Node) -> set[str]:
    parameters = function.child_by_field_name("parameters")
    first = code(parameters.named_children[0]) if parameters is not None and parameters.named_children else ""
    return set(_attributes_of(source, function, first)) if first in {"self", "cls"} else set()


def _attributes_of(source: Source, function: Node, name: str) -> Iterator[str]:
    for one in source.inside(function, "attribute"):
        owner = one.child_by_field_name("object")
        if owner is not None and owner.type == "identifier" and code(owner) == name:
            yield code(one.child_by_field_name("attribute"))


def _envious(source: Source) -> Iterator[RawFinding]:
    """A method that reads far more of another class of this file than of its own."""
    own = {one.name: one for one in source.classes if not one.nested}
    for method in source.functions:
        holder = method.qualname.rpartition(".")[0]
        if not method.in_class or not method.whole or holder not in own or _OUTSIDERS.match(method.name):
            continue
        if method.node.parent is not None and method.node.parent.type == "decorated_definition":
            continue
        for name, kind in _typed(method.node):
            if kind not in own or kind == holder:
                continue
            mine = Counter(_attributes_of(source, method.node, "self"))
            theirs = Counter(_attributes_of(source, method.node, name))
            if len(theirs) < MIN_FOREIGN or sum(mine.values()) * 3 > len(theirs):
                continue
            named = method.node.child_by_field_name("name") or method.node
            message = (
                f"`{method.qualname}` uses {len(theirs)} attributes of `{kind}` and {len(mine)} of its own class;"
                f" it may belong there."
            )
            yield RawFinding(
                ENVY, source.span(named), message, Severity.HINT, tags=("coupling",), symbol=method.qualname
            )


def _typed(function: Node) -> Iterator[tuple[str, str]]:
    parameters = function.child_by_field_name("parameters")
    for one in parameters.named_children if parameters is not None else ():
        if one.type == "typed_parameter" and one.named_children[0].type == "identifier":
            yield code(one.named_children[0]), code(one.child_by_field_name("type")).strip("\"'")


def clumps(source: Source) -> Iterator[tuple[tuple[str, ...], list[Definition]]]:
    """Yield the parameters that several functions have in common, in the first one's order, with those functions."""
    groups: set[tuple[str, ...]] = set()
    given = {one.qualname: _given(one.node) for one in source.functions if one.whole and not one.nested}
    if sum(len(names) >= MIN_CLUMP for names in given.values()) < MIN_CLUMPED:
        return
    known = [one for one in source.functions if one.qualname in given]
    handed_on = _handed_on(source, {one.name for one in known})
    functions = [one for one in known if one.name not in handed_on]
    many = [
        (one, set(given[one.qualname])) for one in functions[:_MOST_FUNCTIONS] if len(given[one.qualname]) >= MIN_CLUMP
    ]
    for (one, takes), (other, takes_too) in combinations(many, 2):
        shared = tuple(sorted(takes & takes_too))
        # Methods of one name are an interface that several classes keep to.
        if len(shared) >= MIN_CLUMP and one.name != other.name:
            groups.add(shared)
    told: set[str] = set()
    for names in sorted(groups, key=lambda group: (-len(group), group)):
        members = [one for one in _with_all(functions, given, names) if one.qualname not in told]
        # With one parameter list for all, somebody else calls them and says what they take.
        lists = {tuple(given[one.qualname]) for one in members}
        if len({one.name for one in members}) >= MIN_CLUMPED and len(lists) > 1:
            told |= {one.qualname for one in members}
            yield tuple(name for name in given[members[0].qualname] if name in names), members


def _handed_on(source: Source, names: set[str]) -> set[str]:
    """Return those of these names that are used as values: who is called by others cannot choose what it takes."""
    called = {function.id for call in source.nodes("call") if (function := call.child_by_field_name("function"))}
    found: set[str] = set()
    for node in source.nodes("attribute", "identifier"):
        name = code(node).rpartition(".")[2]
        if name not in names or name in found or node.id in called:
            continue
        if node.type == "attribute" or not (is_label(node) or is_bound_here(node)):
            found.add(name)
    return found


def _with_all(functions: Sequence[Definition], given: dict[str, list[str]], names: tuple[str, ...]) -> list[Definition]:
    return [one for one in functions if set(names) <= set(given[one.qualname])]


def _clump(source: Source, path: str, names: tuple[str, ...], members: Sequence[Definition]) -> RawFinding:
    first, *others = members
    message = (
        f"{', '.join(f'`{name}`' for name in names)} go together through {len(members)} functions;"
        f" a dataclass would give them a name."
    )
    places = tuple(
        Evidence(
            path, source.span(one.node.child_by_field_name("name") or one.node), f"`{one.qualname}` takes them too."
        )
        for one in others
    )
    named = first.node.child_by_field_name("name") or first.node
    return RawFinding(
        CLUMP, source.span(named), message, Severity.HINT, places, tags=("coupling",), symbol=first.qualname
    )


def _given(function: Node) -> list[str]:
    """Return the names of the parameters that a caller must give."""
    parameters = function.child_by_field_name("parameters")
    names = []
    for one in parameters.named_children if parameters is not None else ():
        named = one.named_children[0] if one.type == "typed_parameter" else one
        if named.type == "identifier":
            names.append(code(named))
    return [name for name in names if name not in _NOT_TOGETHER]


def _vague(source: Source) -> Iterator[RawFinding]:
    for one in (*source.functions, *source.classes):
        pattern = _VAGUE_CLASSES if one in source.classes else _VAGUE_FUNCTIONS
        named = one.node.child_by_field_name("name")
        # A function inside another one is a wrapper of something, and its name never gets out.
        if one.nested or named is None or not one.whole or pattern.fullmatch(one.name.strip("_")) is None:
            continue
        message = f"`{one.name}` does not say what it is for."
        yield RawFinding(NAME, source.span(named), message, Severity.HINT, tags=("naming",), symbol=one.qualname)
