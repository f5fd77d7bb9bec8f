"""What the words of a program tell before anything of it is run: whether any rule could speak about it.

The promise is one-sided: where `may_show` says no, running the program on abstract values finds nothing. Each finding
needs a sink, and a rule knows a sink by its dotted name. That name is made of words of the texts (imports, attributes,
names in short strings for `getattr`), or begins with a type that another rule gives and that is known in the same way.
"""

from __future__ import annotations

import builtins
import re
import sys
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from ambient_lsp.analyzers.recent import recent
from ambient_lsp.analyzers.taint import callbacks
from ambient_lsp.analyzers.taint.catalogue import Applies, catalogue, sink_word, source_word
from ambient_lsp.analyzers.taint.containers import CGI

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ambient_lsp.analyzers.taint.catalogue import Handler

Made = TypeVar("Made")
Entry = TypeVar("Entry", bound=tuple[Any, ...])
Table = dict[str, list[Entry]]

_QUOTED = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""|\'{3}(?:[^\\]|\\.)*?\'{3}|#[^\n]*'''
    r"""|(?P<short>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""",
    re.DOTALL,
)
_MADE = re.compile(r"(?:def(?<!\wdef)|class(?<!\wclass))\s+([A-Za-z_]\w*)")
_WORDS = re.compile(r"(\.\s*)?([A-Za-z_]\w*)(\s*\((?!\s*\)))?")
_NAME = re.compile(r"(\.?)([A-Za-z_]\w*)")
_IMPORTED = re.compile(r"import(?<!\wimport)\b([^\n(;]*(?:\([^)]*\))?)")
_BUILTINS = frozenset(dir(builtins))
_GIVEN = frozenset(
    "pathlib.Path re.Pattern threading.Thread string.Template urllib.parse.ParseResult markupsafe.Markup"
    " io.file log.file file".split()
)
"""Types that the engine itself knows; all others come from rules."""
_FORMATTED = frozenset("fFtT")


class Words:
    """The words of some texts, given with their paths, and which names of the rules for `imports` they can make."""

    def __init__(self, texts: Iterable[tuple[str, str]], imports: set[str]) -> None:
        self._imports = imports
        self._tokens: set[str] = set()
        for path, text in texts:
            self._tokens |= tokens(text)
            self._tokens.update(re.split(r"[/.]", path))  # relative imports are named after the path
        self._stars = "*" in self._tokens  # what a star brings is written as a bare name
        self._getattr = "getattr" in self._tokens
        self._spelled = {token.lstrip(".'") for token in self._tokens}
        self._given = set(_GIVEN)
        known = 0
        while known != len(self._given):  # one type may give another
            known = len(self._given)
            self._given |= {
                kind for name, where, kind in self._near(_types()) if self.applies(where) and self.has(name)
            }
            self._handlers = [handler for handler in catalogue().handlers if self._may_call(handler)]
            self._given.update(kind for handler in self._handlers for kind in handler.types.values())

    def may_show(self) -> bool:
        """Whether running the texts could find anything."""
        if any(self.has_called(name, where) for name, where in self._near(_sinks(strong=True))):
            return True
        if not self.has_source():
            return False
        weak = self._near(_sinks(strong=False))
        return self.shows_results() or any(self.has_called(name, where) for name, where in weak)

    def telling(self) -> frozenset[str]:
        """Return the words without which a function that no framework calls shows nothing by itself.

        They are parts of names of sources, and of sinks that mind what any caller gives, as far as the texts can make
        those names: `get` is one only where something that is looked up with `get` is at hand.
        """
        return self._called(_sinks(strong=True)) | self.giving

    @cached_property
    def giving(self) -> frozenset[str]:
        """The words of `telling` that are of sources."""
        sources = self._near(_sources())
        found = frozenset(source_word(name) for name, where in sources if self.applies(where) and self.has(name))
        return found | frozenset(word for word in CGI if f"'{word}" in self._tokens)

    def taking(self) -> frozenset[str]:
        """Return the words of sinks that mind only what comes from a source."""
        return self._called(_sinks(strong=False))

    def _called(self, sinks: Table[tuple[str, Applies]]) -> frozenset[str]:
        return frozenset(sink_word(name) for name, where in self._near(sinks) if self.has_called(name, where))

    def _near(self, table: Table[Entry]) -> Iterator[Entry]:
        """Yield the entries that the texts could speak of, told by one word."""
        for word in ("", *(self._spelled & table.keys())):
            yield from table[word]

    def applies(self, where: Applies) -> bool:
        """Whether a rule is for a file with these imports."""
        return not where.imports or not where.imports.isdisjoint(self._imports)

    def has(self, name: str) -> bool:
        """Whether something in the texts can have a name that a rule knows."""
        if name in self._given:
            return True
        if name == "class":  # a class called with what a dictionary holds
            return "**" in self._tokens
        if name[0] == "*" and name[1] != ".":
            return True  # any class whose name ends so: words are looked up whole
        owner, dot, last = name.rpartition(".")
        if not dot:
            return name in self._tokens
        if not self._has_attribute(last):
            return False
        while owner and owner != "*":
            if owner in self._given or owner in _BUILTINS:
                return True
            owner, dot, part = owner.rpartition(".")
            if not self._has_word(part):
                return False
        return True

    def has_called(self, name: str, where: Applies) -> bool:
        """Whether a sink for these imports can be called by a name.

        One that minds its receiver's name is called right there, and is given something.
        """
        if not self.applies(where):
            return False
        if where.receiver is None or where.receiver.search(""):
            return self.has(name)
        return f"{name.rpartition('.')[2]}(" in self._tokens

    def has_source(self) -> bool:
        """Whether untrusted data can come in."""
        if self._handlers or any(map(self.has, callbacks.MODELS)) or any(f"'{word}" in self._tokens for word in CGI):
            return True
        return any(self.applies(where) and self.has(name) for name, where in self._near(_sources()))

    def shows_results(self) -> bool:
        """Whether a framework shows what functions of these texts return."""
        return any(handler.returns for handler in self._handlers)

    def _has_word(self, word: str) -> bool:
        return word == "*" or not self._tokens.isdisjoint((word, f".{word}", f"'{word}"))

    def _has_attribute(self, word: str) -> bool:
        if word == "*" or f".{word}" in self._tokens or (self._stars and word in self._tokens):
            return True
        return self._getattr and f"'{word}" in self._tokens

    def _may_call(self, handler: Handler) -> bool:
        """Whether a framework may call functions of these texts by a rule."""
        named = (*handler.bases, *handler.decorators)
        if not self.applies(handler.where):
            return False
        if any(base[0] == "*" and base[1] != "." for base in handler.bases):
            return True  # classes that only end in a word
        return any(map(self.has, named)) if named else not _names(handler).isdisjoint(self._tokens)


@recent(characters=2_000_000)
def tokens(text: str) -> frozenset[str]:
    """Return the words of a text that rules know.

    `.x` is an attribute or an imported name, `x(` a method that is given something, `def x` what the text itself
    makes, `'x` a word in a short string. Comments and long strings hold none.
    """
    known = _vocabulary()
    found: set[str] = set()

    def without(quoted: re.Match[str]) -> str:
        start = quoted.start()
        if quoted[0][0] != "#" and not _FORMATTED.isdisjoint(text[max(0, start - 2) : start]):
            return quoted[0]  # code may be inside
        inner = _NAME.findall(quoted["short"] or "")
        found.update(f".{name}" if dot else f"'{name}" for dot, name in inner if name in known)
        return '""'

    def made(definition: re.Match[str]) -> str:
        name = definition[1]
        found.update(_patterns(name))
        if name in known:
            found.add(f"def {name}")
        return ";"

    code = _MADE.sub(made, _QUOTED.sub(without, text))
    for dot, name, called in set(_WORDS.findall(code)):
        found.update(_patterns(name))
        if name in known:
            found.add(f".{name}" if dot else name)
            if dot and called:
                found.add(f"{name}(")
    if "**" in code:
        found.add("**")
    for match in _IMPORTED.finditer(text):
        found.update(f".{name}" for _, name in _NAME.findall(match[1]) if name in known)
        if "*" in match[1]:
            found.add("*")
    return frozenset(map(sys.intern, found))


@lru_cache(maxsize=4096)
def _patterns(name: str) -> tuple[str, ...]:
    """Return the patterns of handlers that a name fits, with which they are looked up among the tokens."""
    if _any_pattern().search(name) is None:
        return ()
    return tuple(token for token, pattern in _all_patterns() if pattern.search(name))


@cache
def _any_pattern() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern.pattern})" for _, pattern in _all_patterns()))


@cache
def _all_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    every = [pattern for handler in catalogue().handlers for pattern in (handler.first, handler.function)]
    return tuple({f"/{pattern.pattern}": pattern for pattern in every if pattern is not None}.items())


def _names(handler: Handler) -> set[str]:
    return {f"/{pattern.pattern}" for pattern in (handler.first, handler.function) if pattern is not None}


@cache
def _vocabulary() -> frozenset[str]:
    rules = catalogue()
    tables: tuple[Table[Any], ...] = (_sinks(strong=True), _sinks(strong=False), _sources(), _types())
    named = [entry[0] for table in tables for entries in table.values() for entry in entries]
    named += callbacks.MODELS
    for handler in rules.handlers:
        named += [*handler.bases, *handler.decorators]
    return frozenset(part for name in named for part in name.split(".")) | CGI | {"getattr"}


@cache
def _sinks(*, strong: bool) -> Table[tuple[str, Applies]]:
    """Return the names of sinks: those that need no source, since any parameter will do, or of the others."""
    rules = catalogue()
    found: set[tuple[str, Applies]] = set()
    for name, sink in _every(rules.sinks, rules.stores, rules.assigns):
        by_parameter = "parameter" in rules.kinds[sink.kind].levels
        if strong is (by_parameter and (not sink.labels or "parameter" in sink.labels)):
            found.add((name, sink.where))
    if strong:
        found |= {(name, misuse.where) for name, misuse in _every(rules.misuses)}
        # A random number becomes a secret by any name.
        found |= {(name, one.where) for name, one in _every(rules.sources, rules.values) if one.label == "random"}
    return _by_word(found)


@cache
def _sources() -> Table[tuple[str, Applies]]:
    rules = catalogue()
    every = [(name, source.where, source.label) for name, source in _every(rules.sources, rules.values)]
    every += [(name, made.where, made.label) for name, made in _every(rules.propagators) if made.label]
    return _by_word((name, where) for name, where, label in every if label != "environment")


@cache
def _types() -> Table[tuple[str, Applies, str]]:
    """Return what gives a value of a known type."""
    return _by_word(_typed())


@cache
def _typed() -> tuple[tuple[str, Applies, str], ...]:
    rules = catalogue()
    typed: list[tuple[str, Any]] = [
        *_every(rules.types, rules.value_types, rules.item_types),
        *_every(rules.sources, rules.values),
        *_every(rules.propagators),
        *_every(rules.sanitizers, rules.value_sanitizers),
    ]
    other = [(alias, Applies(), name) for alias, name in rules.aliases.items()]
    return (*((name, rule.where, rule.type) for name, rule in typed if rule.type), *other)


@cache
def _kinds() -> frozenset[str]:
    """Return all types that a text can come to know."""
    of_handlers = (kind for handler in catalogue().handlers for kind in handler.types.values())
    return _GIVEN.union((kind for _, _, kind in _typed()), of_handlers)


def _by_word(entries: Iterable[Entry]) -> Table[Entry]:
    """File entries under the last word of their name; under "" those whose name needs no word of the texts."""
    found: Table[Entry] = {"": []}
    for entry in entries:
        name = entry[0]
        last = name.rpartition(".")[2]
        found.setdefault("" if "*" in last or name == "class" or name in _kinds() else last, []).append(entry)
    return found


def _every(*indexes: Mapping[str, list[Made]]) -> Iterator[tuple[str, Made]]:
    return ((name, rule) for index in indexes for name, rules in index.items() for rule in rules)
