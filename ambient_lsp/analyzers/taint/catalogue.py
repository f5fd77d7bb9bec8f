"""The rule files, read once and indexed by name; `docs/taint-rules.md` explains how they are written."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

Argument = int | str
Condition = bool | str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sink: the rule that reports it, and how bad it is for each label that matters."""

    name: str
    rule: str
    levels: Mapping[str, str]
    prefix: str = ""
    built: frozenset[str] = frozenset()
    ignores: frozenset[str] = frozenset()
    like: str = ""


@dataclass(frozen=True, slots=True)
class Applies:
    """Where a rule applies: only in files that import one of these, only on receivers with such a name."""

    imports: frozenset[str] = frozenset()
    receiver: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A name or a call that gives untrusted data."""

    where: Applies
    label: str
    type: str
    what: str


@dataclass(frozen=True, slots=True)
class Propagator:
    """A call whose result holds what its arguments hold."""

    where: Applies
    arguments: tuple[Argument, ...] | None
    type: str
    keeps_prefix: bool
    label: str
    what: str


@dataclass(frozen=True, slots=True)
class Sanitizer:
    """A call whose result is safe for some kinds of sink."""

    where: Applies
    cleans: frozenset[str]
    type: str


@dataclass(frozen=True, slots=True)
class Guard:
    """A call that tells whether its argument is safe for some kinds of sink."""

    where: Applies
    arguments: tuple[Argument, ...]
    cleans: frozenset[str]
    when: bool


@dataclass(frozen=True, slots=True)
class Typed:
    """A name or a call whose value has a known type."""

    where: Applies
    type: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Sink:
    """A call (or an assignment) in which data of some labels must not arrive."""

    where: Applies
    kind: str
    arguments: tuple[Argument, ...]
    conditions: Mapping[str, Condition]
    exceptions: Mapping[str, Condition]
    part: str
    rule: str
    labels: frozenset[str]
    which: str
    message: str


@dataclass(frozen=True, slots=True)
class Misuse:
    """A call that is weak because of a folded argument."""

    where: Applies
    rule: str
    arguments: tuple[Argument, ...]
    values: re.Pattern[str] | None
    conditions: Mapping[str, Condition]
    exceptions: Mapping[str, Condition]
    require: Mapping[str, Condition]
    default: Mapping[str, Condition]
    level: str
    message: str


@dataclass(frozen=True, slots=True)
class Handler:
    """Functions that a framework calls with untrusted arguments."""

    where: Applies
    decorators: tuple[str, ...]
    bases: tuple[str, ...]
    methods: frozenset[str]
    function: re.Pattern[str] | None
    first: re.Pattern[str] | None
    label: str
    parameters: str
    types: Mapping[str, str]
    attributes: frozenset[str]
    annotations: bool
    converters: bool
    returns: str
    returns_where: Mapping[str, Condition]


Made = TypeVar("Made")
Index = dict[str, list[Made]]


@dataclass(slots=True)
class Catalogue:
    """All rules, by the names they are about.

    The words are parts of those names, to look for in a text: without a word of a source and of a sink, or a
    `strong` one (a sink that minds its function's parameters, a misuse), nothing can be found in it.
    """

    kinds: dict[str, Kind] = field(default_factory=dict)
    values: Index[Source] = field(default_factory=lambda: defaultdict(list))
    sources: Index[Source] = field(default_factory=lambda: defaultdict(list))
    propagators: Index[Propagator] = field(default_factory=lambda: defaultdict(list))
    sanitizers: Index[Sanitizer] = field(default_factory=lambda: defaultdict(list))
    value_sanitizers: Index[Sanitizer] = field(default_factory=lambda: defaultdict(list))
    guards: Index[Guard] = field(default_factory=lambda: defaultdict(list))
    types: Index[Typed] = field(default_factory=lambda: defaultdict(list))
    value_types: Index[Typed] = field(default_factory=lambda: defaultdict(list))
    item_types: Index[Typed] = field(default_factory=lambda: defaultdict(list))
    known_types: set[str] = field(default_factory=set)
    sinks: Index[Sink] = field(default_factory=lambda: defaultdict(list))
    stores: Index[Sink] = field(default_factory=lambda: defaultdict(list))
    assigns: Index[Sink] = field(default_factory=lambda: defaultdict(list))
    misuses: Index[Misuse] = field(default_factory=lambda: defaultdict(list))
    handlers: list[Handler] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    exits: set[str] = field(default_factory=set)
    source_types: set[str] = field(default_factory=set)
    called: frozenset[str] = frozenset()
    source_words: set[str] = field(default_factory=set)
    sink_words: set[str] = field(default_factory=set)
    strong_words: set[str] = field(default_factory=set)

    def name(self, dotted: str) -> str:
        """Return the name under which the rules know what is called `dotted`."""
        return self.aliases.get(dotted, dotted)

    def knows_calls(self, names: Iterable[str]) -> bool:
        """Whether any rule is about a call under one of these names: of most calls, none is."""
        for name in names:
            if name in self.called or ("." in name and f"{name[: name.rindex('.')]}.*" in self.called):
                return True
        return False

    def for_imports(self, imports: AbstractSet[str]) -> Catalogue:
        """Return the rules for a file with these imports. The words stay those of all rules."""
        return _for_imports(frozenset(imports & _mentioned_imports()))


def lookup(index: Mapping[str, list[Made]], names: Iterable[str], applies: Callable[[Applies], bool]) -> Sequence[Made]:
    """Return the rules about a thing that has these names, the most exact name's rules only."""
    for name in names:
        rules = index.get(name)
        if rules is None and "." in name and not name.startswith("*."):
            rules = index.get(name[: name.rindex(".")] + ".*")
        if rules:
            found = [rule for rule in rules if applies(rule.where)]  # type: ignore[attr-defined]
            if found:
                return found
    return ()


_INDEXES = (
    "values", "sources", "propagators", "sanitizers", "value_sanitizers", "guards", "types", "value_types",
    "item_types", "sinks", "stores", "assigns", "misuses",
)  # fmt: skip


_OF_CALLS = ("sources", "propagators", "sanitizers", "types", "sinks", "misuses")


@lru_cache(maxsize=16)
def _for_imports(imports: frozenset[str]) -> Catalogue:
    def kept(every: list[Any]) -> list[Any]:
        found = [rule for rule in every if not rule.where.imports or not rule.where.imports.isdisjoint(imports)]
        return every if len(found) == len(every) else found  # most rules are for all files, and are there once

    rules = catalogue()
    # A name all of whose rules are for other files keeps its place: no wider rule speaks for it.
    indexes: dict[str, Any] = {
        each: {name: kept(many) for name, many in getattr(rules, each).items()} for each in _INDEXES
    }
    called = frozenset(name for each in _OF_CALLS for name, many in indexes[each].items() if many)
    return replace(rules, handlers=kept(rules.handlers), called=called, **indexes)


@cache
def _mentioned_imports() -> frozenset[str]:
    rules = catalogue()
    every = [rule for each in _INDEXES for many in getattr(rules, each).values() for rule in many]
    return frozenset(name for rule in (*every, *rules.handlers) for name in rule.where.imports)


@cache
def catalogue() -> Catalogue:
    """Return the rules of all files in `rules/`."""
    folder = resources.files("ambient_lsp.analyzers.taint").joinpath("rules")
    kinds = tomllib.loads(folder.joinpath("kinds.toml").read_text("utf-8"))
    result = Catalogue({name: _kind(name, table) for name, table in kinds.items()})
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml") and file.name != "kinds.toml":
            _add(result, tomllib.loads(file.read_text("utf-8")))
    for index in (result.sinks, result.sources, result.sanitizers, result.propagators):
        for name in index:  # `package.Class.method` tells that the rules know the methods of that class
            owner = name.rpartition(".")[0]
            if owner.rpartition(".")[2][:1].isupper():
                result.known_types.add(owner)
    return result


def _kind(name: str, table: Mapping[str, Any]) -> Kind:
    built, ignores = frozenset(table.get("built", ())), frozenset(table.get("ignores", ()))
    return Kind(name, table["rule"], table["levels"], table.get("prefix", ""), built, ignores, table.get("like", ""))


def _add(result: Catalogue, content: Mapping[str, Any]) -> None:
    top = content.get("imports", [])

    def where(table: Mapping[str, Any]) -> Applies:
        receiver = table.get("receiver")
        pattern = None if receiver is None else re.compile(receiver, re.IGNORECASE)
        return Applies(frozenset(table.get("imports", top)), pattern)

    for table in content.get("alias", ()):
        result.aliases |= dict.fromkeys(table["name"], table["is"])
    for table in content.get("exit", ()):
        result.exits.update(table["call"])
    for table in content.get("source", ()):
        source = Source(
            where(table), table.get("label", "untrusted"), table.get("type", ""), table.get("what", "untrusted data")
        )
        _put(result.values, table.get("value", ()), source)
        _put(result.sources, table.get("call", ()), source)
        if source.label != "environment":
            words = {source_word(name) for name in (*table.get("value", ()), *table.get("call", ()))}
            result.source_words |= words
            if source.label == "random":  # what it flows into is told by a name
                result.strong_words |= words
        result.source_types |= {name.rsplit(".", 1)[0] for name in table.get("value", ()) if "." in name}
    for table in content.get("propagator", ()):
        arguments = tuple(table["from"]) if "from" in table else None
        keeps, label, what = table.get("keeps_prefix", False), table.get("label", ""), table.get("what", "")
        made = Propagator(where(table), arguments, table.get("type", ""), keeps, label, what)
        _put(result.propagators, table["call"], made)
        if label:
            result.source_words |= _words(table["call"])
    for table in content.get("sanitizer", ()):
        sanitizer = Sanitizer(where(table), frozenset(table["cleans"]), table.get("type", ""))
        _put(result.sanitizers, table.get("call", ()), sanitizer)
        _put(result.value_sanitizers, table.get("value", ()), sanitizer)
    for table in content.get("guard", ()):
        guard = Guard(
            where(table), tuple(table.get("argument", (0,))), frozenset(table["cleans"]), table.get("when", True)
        )
        _put(result.guards, table["call"], guard)
    for table in content.get("type", ()):
        typed = Typed(where(table), table["type"], table.get("key", ""))
        _put(result.types, table.get("call", ()), typed)
        _put(result.value_types, table.get("value", ()), typed)
        _put(result.item_types, table.get("item", ()), typed)
        result.known_types.add(typed.type)
    for table in content.get("handler", ()):
        result.handlers.append(_handler(where(table), table))
    for table in content.get("sink", ()):
        sink = _sink(where(table), table)
        _put(result.sinks, table.get("call", ()), sink)
        _put(result.stores, table.get("store", ()), sink)
        _put(result.assigns, table.get("assign", ()), sink)
        words = _words([*table.get("call", ()), *table.get("store", ()), *table.get("assign", ())])
        result.sink_words |= words
        if "parameter" in result.kinds[sink.kind].levels and (not sink.labels or "parameter" in sink.labels):
            result.strong_words |= words
    for table in content.get("misuse", ()):
        _put(result.misuses, table["call"], _misuse(where(table), table))
        result.strong_words |= _words(table["call"])


def _put(index: Index[Made], names: Iterable[str], rule: Made) -> None:
    """File a rule under its names."""
    for name in names:
        index[name].append(rule)


def _words(names: Iterable[str]) -> set[str]:
    """Return the part of each name that must be in a text in which the name is used."""
    return set(map(sink_word, names))


def sink_word(name: str) -> str:
    """Return what must be in a text that calls a sink."""
    return [part for part in name.split(".") if part != "*"][-1]


def source_word(name: str) -> str:
    """Return what must be in a text that reads a source: `request` for `flask.request.args`."""
    parts = [part for part in name.split(".") if part != "*"]
    is_typed = any(part[:1].isupper() for part in parts)
    return parts[1] if len(parts) > 2 and not is_typed else parts[-1]


def _handler(where: Applies, table: Mapping[str, Any]) -> Handler:
    function, first = table.get("function"), table.get("first")
    return Handler(
        where,
        tuple(table.get("decorator", ())),
        tuple(table.get("base", ())),
        frozenset(table.get("methods", ())),
        None if function is None else re.compile(function),
        None if first is None else re.compile(first),
        table.get("label", "untrusted"),
        table.get("parameters", "none"),
        table.get("types", {}),
        frozenset(table.get("attributes", ())),
        table.get("annotations", False),
        table.get("converters", False),
        table.get("returns", ""),
        _conditions(table.get("returns_where", {})),
    )


def _sink(where: Applies, table: Mapping[str, Any]) -> Sink:
    return Sink(
        where,
        table["kind"],
        tuple(table.get("argument", ())),
        _conditions(table.get("where", {})),
        _conditions(table.get("unless", {})),
        table.get("part", ""),
        table.get("rule", ""),
        frozenset(table.get("labels", ())),
        table.get("which", "value"),
        table.get("message", ""),
    )


def _misuse(where: Applies, table: Mapping[str, Any]) -> Misuse:
    values = table.get("values")
    return Misuse(
        where,
        table["rule"],
        tuple(table.get("argument", ())),
        None if values is None else re.compile(values, re.IGNORECASE),
        _conditions(table.get("where", {})),
        _conditions(table.get("unless", {})),
        _conditions(table.get("require", {})),
        _conditions(table.get("default", {})),
        table.get("level", ""),
        table.get("message", ""),
    )


def _conditions(table: Mapping[str, Any]) -> Mapping[str, Condition]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
