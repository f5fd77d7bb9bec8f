"""Methods of texts, on constants and on texts of which only the marks are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint import folding, formatting
from ambient_lsp.analyzers.taint.beginnings import NO_ROOT
from ambient_lsp.analyzers.taint.containers import items_of, unpacked
from ambient_lsp.analyzers.taint.contexts import TAGLESS
from ambient_lsp.analyzers.taint.state import sequence
from ambient_lsp.analyzers.taint.values import (
    NO_HOST,
    QUOTED,
    UNKNOWN,
    Const,
    Opaque,
    Value,
    clean,
    merged,
    options,
)

if TYPE_CHECKING:
    from ambient_lsp.analyzers.taint.machine import Machine
    from ambient_lsp.analyzers.taint.site import Site

_KEEPING = frozenset("encode decode rstrip removesuffix ljust expandtabs".split())
_CHANGING = frozenset(
    "lower upper strip lstrip title capitalize casefold swapcase zfill rjust center translate removeprefix hex".split()
)
_SPLITTING = frozenset("split rsplit partition rpartition".split())
_TELLING = frozenset(
    "startswith endswith find rfind index rindex count isalnum isalpha isascii isdecimal isdigit isidentifier islower"
    " isnumeric isprintable isspace istitle isupper __len__ __contains__ __eq__".split()
)
_OTHER = frozenset("format format_map join replace splitlines".split())
_METHODS = _KEEPING | _CHANGING | _SPLITTING | _TELLING | _OTHER
_ESCAPES = {
    "<": frozenset({"xss", TAGLESS}),
    "\n": frozenset({"log", "header"}),  # without `\r\n` or `\r` alone, a line break is left
}
_LINES = frozenset({"log", "header"})
_SAME_HOST = frozenset({NO_HOST, NO_ROOT})


def method(machine: Machine, site: Site, name: str) -> Value | None:
    """Return what a method gives if the receiver can be a text and has it; None where the rules are to be asked."""
    owner = site.receiver
    if name not in _METHODS:
        return None
    if type(owner) is Const and isinstance(owner.value, str | bytes):
        return _of_constant(machine, site, owner, name)
    if type(owner) is Opaque and (owner.type in ("", "str", "bytes", "harmless") or owner.taints):
        return _of_opaque(site, owner, name)
    return None


def _of_constant(machine: Machine, site: Site, owner: Const, name: str) -> Value | None:
    state = site.state
    known = all(type(arg) is Const for arg in (*site.args, *site.keywords.values()))
    if known and site.star is None and site.double is None and name != "join":
        args = [arg.value for arg in site.args if type(arg) is Const]
        keywords = {key: arg.value for key, arg in site.keywords.items() if type(arg) is Const}
        folded = folding.method(owner.value, name, args, keywords)
        if type(folded) is Const and isinstance(folded.value, tuple):
            return machine.new(sequence("list", [Const(each) for each in folded.value]), state)
        if folded is not None:
            return folded
    if name == "format" and isinstance(owner.value, str):
        other = Opaque(merged(state.taints(each) for each in (site.star, site.double) if each is not None))
        return formatting.braces(owner.value, site.args, site.keywords, other, state)
    if name == "replace" and isinstance(owner.value, str) and len(site.args) > 1:
        return _replaced(owner, site)
    return _of_opaque(site, Opaque(type="str"), name, owner)


def _replaced(owner: Const, site: Site) -> Value:
    old, new = site.args[0], site.args[1]
    if type(old) is Const and isinstance(old.value, str) and old.value:
        return formatting.put_between(new, [Const(part) for part in owner.value.split(old.value)][:50], site.state)
    return Opaque(merged((site.state.taints(old), site.state.taints(new))), "str", built=True)


def _of_opaque(site: Site, owner: Opaque, name: str, constant: Const | None = None) -> Value | None:
    state = site.state
    if name in _TELLING:
        return UNKNOWN
    if name == "encode" and Const("unicode_escape") in site.args:
        return Opaque(clean(owner.taints, _LINES), "bytes")
    if name in _KEEPING:
        return Opaque(owner.taints, owner.type or "str", owner.prefix, owner.built)
    if name == "translate" and (kinds := _translated(site)):
        return Opaque(clean(owner.taints, kinds), "str", "", owner.built)
    if name in ("lstrip", "strip") and site.args and type(site.args[0]) is Const and "/" in str(site.args[0].value):
        return Opaque(clean(owner.taints, _SAME_HOST), owner.type or "str")
    if name in _CHANGING:
        prefix = owner.prefix if name in ("strip", "lower") and owner.prefix == owner.prefix.lower().lstrip() else ""
        return Opaque(owner.taints, owner.type or "str", prefix, owner.built)
    if name in _SPLITTING:
        words = name in ("split", "rsplit") and not site.args  # at any white space, so that no line break is left
        return Opaque(clean(owner.taints, _LINES) if words else owner.taints)
    if name == "splitlines":
        return Opaque(clean(owner.taints, _LINES)) if owner.taints else Opaque()
    if name == "join":
        return _join(site, owner if constant is None else constant)
    if name == "replace" and len(site.args) > 1:
        taints = owner.taints
        if type(site.args[0]) is Const and site.args[0].value in _ESCAPES and type(site.args[1]) is Const:
            replacement = site.args[1].value
            if isinstance(replacement, str) and str(site.args[0].value) not in replacement:
                taints = clean(taints, _ESCAPES[site.args[0].value])
        if _doubles_quotes(site):
            taints = clean(taints, frozenset({QUOTED}))
        return Opaque(merged((taints, *(state.taints(arg) for arg in site.args[1:2]))), "str", "", owner.built)
    if name in ("format", "format_map"):
        built = bool(site.args or site.keywords)
        return Opaque(merged((owner.taints, *(state.taints(each) for each in site.every()))), "str", "", built)
    return None


def _doubles_quotes(site: Site) -> bool:
    """Whether `name.replace('"', '""')` writes quotes as SQL wants them in a name, which no parameter can give."""
    old, new = site.args[:2]
    if type(old) is not Const or type(new) is not Const:
        return False
    return old.value in ('"', "`") and new.value == old.value * 2


def _translated(site: Site) -> frozenset[str]:
    """Return the kinds that a text is safe for once a table has replaced some characters."""
    table = site.state.object(site.args[0]) if site.args else None
    found: set[str] = set()
    for key in table.items if table is not None and table.kind == "dict" else ():
        character = chr(key) if isinstance(key, int) and 0 <= key < 0x110000 else str(key)
        found |= _ESCAPES.get(character, frozenset())
    return frozenset(found)


def _join(site: Site, separator: Value) -> Value:
    if not site.args:
        return UNKNOWN
    items = items_of(site.args[0], site.state)
    if items is not None:
        return formatting.put_between(separator, items, site.state)
    each = unpacked(site.args[0], site.state)
    taints = merged((site.state.taints(each), site.state.taints(separator)))
    if not taints and all(type(option) is Const for option in options(each)):
        return Opaque(type="harmless")
    return Opaque(taints, "str", "", True)
