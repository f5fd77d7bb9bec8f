"""Code that nothing reaches: statements behind a return, and private definitions that no text of the repository names.

A name that stands anywhere else, be it in a string, a comment or a config file, counts as used: `getattr`, entry points
and `__all__` look like that. So does one that a longer name is put together from (`"_handle_" + kind`). What only dead
code names is dead too.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding, is_test_path
from ambient_lsp.analyzers.refactoring import unreachable
from ambient_lsp.analyzers.refactoring.forms import is_simple
from ambient_lsp.analyzers.source import CLASS, FUNCTION, Edit, code, read, statements, walk
from ambient_lsp.model import Severity, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Definition, Source

UNREACHABLE = "AMB-REF-UNREACHABLE"
UNUSED = "AMB-REF-UNUSED"

_WORD = re.compile(r"[^\W\d]\w*")
_DYNAMIC = frozenset(
    {"getattr", "globals", "locals", "vars", "__dict__", "eval", "exec", "__getattr__", "import_module"}
)
_DYNAMIC_IN_MODULE = frozenset({"globals", "locals", "vars", "eval", "exec", "import_module", "__import__", "modules"})
_HOOK = re.compile(r"_(repr|ipython|sa|generate_next)_\w*|__\w+__|_")
_KINDS = {FUNCTION: "function", CLASS: "class", "assignment": "variable"}


@dataclass(frozen=True, slots=True)
class Removal:
    """The module's text without a dead piece of it. `lines` is how many lines that takes away."""

    rule: str
    title: str
    symbol: str
    span: Span
    text: str
    lines: int


@dataclass(frozen=True, slots=True)
class Private:
    """A private function, class or variable. `statement` is all of it, `named` its name."""

    symbol: str
    node: Node
    statement: Node
    named: Node
    owner: Node | None
    nested: bool

    @property
    def name(self) -> str:
        """The name alone."""
        return code(self.named)


def words(text: str) -> Counter[str]:
    """Return every name-like word of a text, code or not, with how often it stands there."""
    return Counter(_WORD.findall(text))


def find(text: str, path: str, used_elsewhere: frozenset[str] = frozenset()) -> list[RawFinding]:
    """Find dead code. `used_elsewhere` holds the words of all other files of the repository."""
    source = read(text)
    found = []
    for dead in unreachable.find(source):
        span = source.span(dead.statements[0], dead.statements[-1])
        message = "Nothing reaches this code."
        found.append(RawFinding(UNREACHABLE, span, message, Severity.WARNING, tags=("unnecessary",)))
    for one in unused(source, path, used_elsewhere):
        kind = _KINDS[one.node.type]
        message = f"Nothing in this repository uses the {kind} `{one.symbol}`."
        place = source.span(one.named)
        found.append(RawFinding(UNUSED, place, message, Severity.HINT, tags=("unnecessary",), symbol=one.symbol))
    return found


def removals(text: str, path: str, used_elsewhere: frozenset[str] = frozenset()) -> list[Removal]:
    """Return what can be taken out for sure, each on its own."""
    source = read(text)
    made = []
    for dead in unreachable.find(source):
        first, last = dead.statements[0], dead.statements[-1]
        if unreachable.is_safe_to_remove(source, dead.statements):
            new = _without_tail(source, dead)
            symbol = source.symbol(first)
            if new is not None:
                title = f"Remove code that nothing reaches in `{symbol}`"
                made.append(Removal(UNREACHABLE, title, symbol, source.span(first, last), new, _lines(first, last)))
    for one in unused(source, path, used_elsewhere):
        if _is_sure(source, one):
            title = f"Remove `{one.symbol}`, which nothing uses"
            new = _without(source, one.statement)
            lines = _lines(one.statement, one.statement)
            made.append(Removal(UNUSED, title, one.symbol, source.span(one.named), new, lines))
    return made


def dead_lines(text: str) -> int:
    """Return how many lines of a module are dead, judged by this module alone."""
    source = read(text)
    behind = sum(_lines(dead.statements[0], dead.statements[-1]) for dead in unreachable.find(source))
    return behind + sum(_lines(one.statement, one.statement) for one in unused(source, "module.py", frozenset()))


def unused(source: Source, path: str, used_elsewhere: frozenset[str]) -> list[Private]:
    """Return the private definitions that only dead code names."""
    text = source.text
    private = [one for one in _privates(source) if one.name not in used_elsewhere]
    if not private:
        return []
    # Words that a longer name could be put together from.
    starts = {word for word in (*used_elsewhere, *_WORD.findall(text)) if word.endswith("_") and len(word.strip("_")) > 1}
    prefixes = tuple(starts) or ("\0",)
    dead = [
        one
        for one in private
        if not one.name.startswith(prefixes)
        and not (is_test_path(path) and one.name.startswith("_test"))  # switched off, to come back to it
    ]
    if not dead:
        return []
    names = {one.name for one in dead}
    places: dict[str, list[int]] = {name: [] for name in names}
    for match in _WORD.finditer(text):
        if match[0] in names:
            places[match[0]].append(match.start())
    while True:
        spans = [(source.offset(one.statement.start_byte), source.offset(one.statement.end_byte)) for one in dead]
        alive = [
            one for one in dead if any(not any(a <= at < b for a, b in spans) for at in places[one.name])
            or _is_bound_twice(dead, one)
        ]  # fmt: skip
        if not alive:
            return dead
        dead = [one for one in dead if one not in alive]


def _is_bound_twice(dead: list[Private], one: Private) -> bool:
    return sum(other.name == one.name for other in dead) > 1


def _privates(source: Source) -> Iterator[Private]:
    """Yield functions, classes and module variables that others are not meant to use, and that no decorator, base
    class or hook hands to somebody else."""
    for one in (*source.functions, *source.classes):
        if not _may_be_private(one) or (one.node.parent is not None and one.node.parent.type == "decorated_definition"):
            continue
        named, owner = one.node.child_by_field_name("name"), _class_of(one)
        if one.in_class and (owner is None or _has_bases(owner) or _is_decorated(owner)):
            continue
        if one.nested and one.node.type == CLASS and _has_bases(one.node):
            continue  # its base may keep a list of its classes, or refuse it, which is what a test wants to see
        if named is not None and one.whole:
            yield Private(one.qualname, one.node, one.node, named, owner, one.nested)
    for statement in source.root.named_children:
        inside = statement.named_children[0] if statement.type == "expression_statement" else None
        named = inside.child_by_field_name("left") if inside is not None and inside.type == "assignment" else None
        if inside is not None and named is not None and named.type == "identifier" and _is_private_name(code(named)):
            yield Private(code(named), inside, statement, named, None, nested=False)


def _may_be_private(one: Definition) -> bool:
    if one.nested and not one.in_class:
        return _HOOK.fullmatch(one.name) is None
    return _is_private_name(one.name)


def _is_private_name(name: str) -> bool:
    return name.startswith("_") and bool(name.strip("_")) and _HOOK.fullmatch(name) is None


def _class_of(one: Definition) -> Node | None:
    block = one.node.parent
    owner = block.parent if block is not None else None
    return owner if owner is not None and owner.type == CLASS else None


def _has_bases(owner: Node) -> bool:
    bases = owner.child_by_field_name("superclasses")
    return bases is not None and code(bases).strip("() ") not in {"", "object"}


def _is_decorated(owner: Node) -> bool:
    return owner.parent is not None and owner.parent.type == "decorated_definition"


def _is_sure(source: Source, one: Private) -> bool:
    """Return whether nothing notices when it goes: not a name made at run time, not what making it did."""
    # A name of the module is reached through the module; `getattr` of whatever object reaches those of a class.
    ways = _DYNAMIC if one.owner is not None else _DYNAMIC_IN_MODULE
    if any(node.type == "identifier" and code(node) in ways for node in walk(source.root)):
        return False
    block = one.statement.parent
    if block is None or len(statements(block)) < 2:
        return False
    if one.node.type == "assignment":
        value = one.node.child_by_field_name("right")
        return value is not None and _is_plain_value(value)
    if one.node.type == CLASS:
        return not _has_bases(one.node) and all(map(_is_plain_member, statements(one.node.child_by_field_name("body"))))
    if any(map(_runs_code, walk(one.node.child_by_field_name("parameters") or one.node))):
        return False
    # A method may be called by a subclass elsewhere, but for one whose name Python mangles.
    return one.owner is None or (one.name.startswith("__") and not one.name.endswith("_"))


def _is_plain_value(value: Node) -> bool:
    inside = value.named_children if value.type in {"tuple", "list", "set", "dictionary", "pair"} else None
    return all(map(_is_plain_value, inside)) if inside is not None else is_simple(value) and value.type != "identifier"


def _is_plain_member(statement: Node) -> bool:
    if statement.type in {FUNCTION, "pass_statement"}:
        return True
    inside = statement.named_children[0] if statement.named_children else statement
    if inside.type == "assignment":
        value = inside.child_by_field_name("right")
        return value is None or _is_plain_value(value)
    return statement.type == "expression_statement" and inside.type == "string"


def _runs_code(node: Node) -> bool:
    """Return whether a default value does something when the function is made."""
    return node.type in {"call", "await", "named_expression", "yield"}


def _lines(first: Node, last: Node) -> int:
    return last.end_point[0] - first.start_point[0] + 1


def _without_tail(source: Source, dead: unreachable.Dead) -> str | None:
    """Return the text without the dead statements and the comments among them; None where they share a line."""
    last = dead.statements[-1]
    if dead.after is None:
        block = last.parent
        return _without(source, last) if block is not None and len(statements(block)) > 1 else None
    if dead.after.end_point[0] == dead.statements[0].start_point[0]:
        return None
    start = source.line_start(dead.after.end_point[0] + 1)
    end = source.line_start(last.end_point[0] + 1)
    return source.changed([Edit(start, end, "")])


def _without(source: Source, statement: Node) -> str:
    """Return the text without a statement, the comment right above it and the blank lines around it on one side."""
    first, last = statement.start_point[0], statement.end_point[0] + 1
    while first > 0 and source.line(first - 1).lstrip().startswith("#"):
        first -= 1
    above = first
    while above > 0 and not source.line(above - 1).strip():
        above -= 1
    block = statement.parent
    if above == 0 or (block is not None and statements(block)[0] == statement):
        while last < source.count and not source.line(last).strip():
            last += 1
    else:
        first = above
    return source.changed([Edit(source.line_start(first), source.line_start(last), "")])
