"""What the words of a program tell before anything of it is run: whether any rule could speak about it.

The promise is one-sided: where `may_show` says no, running the program on abstract values finds nothing. Each finding
needs a sink, and a rule knows a sink by its dotted name. That name is made of words of the texts (imports, attributes,
names in short strings for `getattr`), or begins with a type that another rule gives and that is known in the same way.
"""

from __future__ import annotations

import builtins
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.catalogue import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ambient_lsp.analyzers.taint.catalogue import Applies, Handler

_TOKEN = re.compile(
    r'(?P<docs>(?<![fFtT])(?<![fFtT][rR])(?:"""(?:[^\\]|\\.)*?"""|\'\'\'(?:[^\\]|\\.)*?\'\'\'))|(?P<comment>#[^\n]*)'
    r"|(?P<stars>\*\*)|(?:\b(?P<made>def|class)\s+)?(?P<dot>\.\s*)?(?P<name>[A-Za-z_]\w*)"
    r'|"(?P<double>[^"\n]*)"(?!")|\'(?P<single>[^\'\n]*)\'(?!\')',
    re.DOTALL,
)
_NAME = re.compile(r"(\.?)([A-Za-z_]\w*)")
_IMPORTED = re.compile(r"\bimport\b([^\n(;]*(?:\([^)]*\))?)")
_BUILTINS = frozenset(dir(builtins))
_GIVEN = frozenset({"pathlib.Path", "re.Pattern", "threading.Thread", "string.Template"})
"""Types that the engine itself knows; all others come from rules."""
_LOOSE = frozenset({"getattr", "*"})
"""With these in a text, what is an attribute elsewhere may be written as a bare name, or as a string."""
_MANY = 512


def may_show(texts: Iterable[tuple[str, str]], imports: set[str]) -> bool:
    """Whether running these texts, given with their paths, could find anything under the rules for `imports`."""
    words = _Words(texts, imports)
    sinks = {strong for strong, name, where in _sinks() if words.applies(where) and words.has(name)}
    if True in sinks:
        return True
    return bool(sinks) and words.has_source()


class _Words:
    """The words of some texts, and which names of rules they can make."""

    def __init__(self, texts: Iterable[tuple[str, str]], imports: set[str]) -> None:
        self._imports = imports
        self._tokens: set[str] = set()
        for path, text in texts:
            self._tokens |= tokens(text)
            self._tokens.update(re.split(r"[/.]", path))  # relative imports are named after the path
        self._loose = not self._tokens.isdisjoint(_LOOSE)
        self._given = set(_GIVEN)
        while more := {kind for name, where, kind in _types() if self.applies(where) and self.has(name)} - self._given:
            self._given |= more
            for handler in self._handlers():
                self._given.update(handler.types.values())

    def applies(self, where: Applies) -> bool:
        """Whether a rule is for a file with these imports."""
        return not where.imports or not where.imports.isdisjoint(self._imports)

    def has(self, name: str) -> bool:
        """Whether something in the texts can have a name that a rule knows."""
        if name == "class":  # a class called with what a dictionary holds
            return "**" in self._tokens
        parts = name.split(".")
        if parts[0] == "*":
            return all(self._has_attribute(part) for part in parts[1:])
        if len(parts) == 1:
            return name in self._tokens
        for length in range(len(parts) - 1, 0, -1):
            if ".".join(parts[:length]) in self._given or (length == 1 and parts[0] in _BUILTINS):
                return all(self._has_attribute(part) for part in parts[length:])
        return all(self._has_word(part) for part in parts)

    def has_source(self) -> bool:
        """Whether untrusted data can come in."""
        if any(self.applies(where) and self.has(name) for name, where in _sources()):
            return True
        return any(handler.parameters != "none" or handler.attributes for handler in self._handlers())

    def _has_word(self, word: str) -> bool:
        return word == "*" or word in self._tokens or f".{word}" in self._tokens

    def _has_attribute(self, word: str) -> bool:
        return word == "*" or f".{word}" in self._tokens or (self._loose and word in self._tokens)

    def _handlers(self) -> Iterator[Handler]:
        """Yield the rules by which a framework may call functions of these texts."""
        for handler in catalogue().handlers:
            named = (*handler.bases, *handler.decorators)
            if self.applies(handler.where) and (any(map(self.has, named)) or (not named and self._is_named(handler))):
                yield handler

    def _is_named(self, handler: Handler) -> bool:
        pattern = handler.first or handler.function
        return pattern is not None and any(pattern.search(token.removeprefix("def ")) for token in self._tokens)


@lru_cache(maxsize=_MANY)
def tokens(text: str) -> frozenset[str]:
    """Return the words of a text that rules know: `.x` for attributes and imported names, `def x` for what it makes.

    Comments and long strings hold none.
    """
    known = _vocabulary()
    found: set[str] = set()
    for match in _TOKEN.finditer(text):
        kind, name = match.lastgroup, match["name"]
        if name is not None:
            if name in known or _unusual(name):
                found.add(f"def {name}" if match["made"] else f".{name}" if match["dot"] else name)
        elif kind == "stars":
            found.add("**")
        elif kind in ("double", "single"):
            inner = _NAME.findall(match[kind])
            found.update(f".{name}" if dot else name for dot, name in inner if name in known)
    for match in _IMPORTED.finditer(text):
        found.update(f".{name}" for _, name in _NAME.findall(match[1]) if name in known)
        if "*" in match[1]:
            found.add("*")
    return frozenset(found)


@cache
def _unusual(name: str) -> bool:
    patterns = (pattern for handler in catalogue().handlers for pattern in (handler.first, handler.function))
    return any(pattern.search(name) for pattern in patterns if pattern is not None)


@cache
def _vocabulary() -> frozenset[str]:
    rules = catalogue()
    named = [name for _, name, _ in _sinks()] + [name for name, _ in _sources()] + [name for name, _, _ in _types()]
    for handler in rules.handlers:
        named += [*handler.bases, *handler.decorators]
    return frozenset(part for name in named for part in name.split(".")) | _LOOSE


@cache
def _sinks() -> tuple[tuple[bool, str, Applies], ...]:
    """Return the names of all sinks; True for those that need no source: any parameter will do, or none."""
    rules = catalogue()
    found: set[tuple[bool, str, Applies]] = set()
    for index in (rules.sinks, rules.stores, rules.assigns):
        for name, sinks in index.items():
            for sink in sinks:
                by_parameter = "parameter" in rules.kinds[sink.kind].levels
                found.add((by_parameter and (not sink.labels or "parameter" in sink.labels), name, sink.where))
    found |= {(True, name, misuse.where) for name, misuses in rules.misuses.items() for misuse in misuses}
    for index in (rules.sources, rules.values):  # a random number becomes a secret by any name
        found |= {(True, name, one.where) for name, many in index.items() for one in many if one.label == "random"}
    return tuple(found)


@cache
def _sources() -> tuple[tuple[str, Applies], ...]:
    rules = catalogue()
    each = ((name, source) for index in (rules.sources, rules.values) for name, all_ in index.items() for source in all_)
    return tuple((name, source.where) for name, source in each if source.label != "environment")


@cache
def _types() -> tuple[tuple[str, Applies, str], ...]:
    """Return what gives a value of a known type."""
    from ambient_lsp.analyzers.taint.catalogue import Applies

    rules = catalogue()
    typed: tuple[Mapping[str, list[object]], ...] = (
        rules.types, rules.value_types, rules.item_types, rules.sources, rules.values, rules.propagators,
        rules.sanitizers, rules.value_sanitizers,
    )  # type: ignore[assignment]  # fmt: skip
    found = [
        (name, rule.where, rule.type)  # type: ignore[attr-defined]
        for index in typed
        for name, many in index.items()
        for rule in many
        if rule.type  # type: ignore[attr-defined]
    ]
    return (*found, *((alias, Applies(), name) for alias, name in rules.aliases.items()))
