"""A second look at calls that hide what they do: the callee or its arguments stand elsewhere in the file.

The first look reads a call as it is written. Where a value comes from a table, a wrapper's default, a class, a partial
or an alias, the program is run on abstract values, and the same patterns look at what arrived.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ambient_lsp.analyzers.patterns.folding import UNKNOWN
from ambient_lsp.analyzers.patterns.match import Call, Hit
from ambient_lsp.analyzers.patterns.module import code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.match import AttributePattern, CallPattern, Judge
    from ambient_lsp.analyzers.patterns.module import Module
    from ambient_lsp.analyzers.taint.watching import Alternatives, Known, Met

_DISTINCT = frozenset(
    "set_cookie set_signed_cookie set_secure_cookie set_missing_host_key_policy add_middleware HTTPRequest run".split()
)
"""Methods that are told by their name alone."""
_HTTP = frozenset("get post put patch delete head options request stream urlopen".split())
_APPLICATIONS = frozenset({"flask", "quart", "dash", "connexion", "bottle", "sanic"})
_OPENS = frozenset({"open", "write_text", "write_bytes"})
_ABOUT = frozenset(
    "NO-TLS-VERIFY TLS-CONTEXT MAIL-TLS TLS-HOSTNAME OLD-TLS SSH-HOST-KEY NO-TIMEOUT COOKIE-SECURE COOKIE-HTTPONLY "
    "COOKIE-SAMESITE COOKIE-LIFE JWT-VERIFY JWT-NONE JWT-CONFUSION JWT-EXPIRED WEAK-CIPHER CIPHER-MODE STATIC-IV "
    "NONCE-REUSE HARDCODED-KEY WEAK-KEY RSA-PADDING WEAK-HASH PASSWORD-HASH SALT WEAK-RANDOM SHORT-SECRET UUID-SECRET "
    "SECRET EMPTY-PASSWORD FLASK-DEBUG DEBUG CORS MKTEMP TEMP-PATH CLEARTEXT AUTOESCAPE EXTRACT "
    "LOAD-OBJECTS YAML-LOAD XML XML-BOMB".split()
)
"""The rules about how something is called. Where data flows has an analysis of its own."""
_LITERALS = frozenset({"string", "integer", "float", "true", "false", "none", "concatenated_string"})
_SHARED = re.compile(r"/tmp\b|/dev/shm|gettempdir")  # noqa: S108
_MOST_VARIANTS = 12
_MOST_ASKED = 60
_FEW_CHARACTERS = 400_000


class Argument:
    """An argument with its worked-out value, in the place of the node that gives it: its own, a `**` or the call."""

    def __init__(self, node: Node, known: Known, written: bool) -> None:
        self.node = node
        self.known = known
        self.written = written

    def __getattr__(self, name: str) -> Any:
        return getattr(self.node, name)


class _View:
    """A module in which worked-out arguments have their values."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def value(self, node: Any, depth: int = 6) -> Any:
        if not isinstance(node, Argument):
            return self._module.value(node, depth)
        return node.known.value if node.known.constant else UNKNOWN

    def name(self, node: Any) -> str:
        if not isinstance(node, Argument):
            return self._module.name(node)
        return node.known.name or (self._module.name(node.node) if node.written and not node.known.constant else "")

    def beginning(self, node: Any) -> str:
        if not isinstance(node, Argument):
            return self._module.beginning(node)
        return node.known.prefix or (self._module.beginning(node.node) if node.written else "")

    def origin(self, node: Any) -> Any:
        if not isinstance(node, Argument):
            return self._module.origin(node)
        return self._module.origin(node.node) if node.written else None


class WorkedOut(Call):
    """A call with what arrives in it."""

    def __init__(
        self, view: Any, node: Node, name: str, args: list[Argument], keywords: dict[str, Argument], whole: bool
    ) -> None:
        super().__init__(view, node, name)
        self.__dict__.update(positional=args, keywords=keywords, spread=not whole)


class _Tables(NamedTuple):
    """The patterns by the name that they are about, without the `()` of objects; with that name as it is written."""

    calls: Mapping[str, list[tuple[str, CallPattern]]]
    judges: Mapping[str, list[tuple[str, Judge]]]
    attributes: Mapping[str, list[AttributePattern]]
    lasts: Mapping[str, frozenset[str]]  # by each dotted beginning of a name
    owners: frozenset[str]


def hits(module: Module, modules: Mapping[str, tuple[str, str]] | None = None) -> Iterator[Hit]:
    """Yield what the patterns find in calls and assignments that only their values show to be weak."""
    tables = _tables()
    lines = _asked(module, tables)
    if not lines or len(module.text) > _FEW_CHARACTERS:
        return
    from ambient_lsp.analyzers.taint.watching import watch  # most files need no second look

    def wanted(name: str) -> bool:
        return name in tables.calls or name in tables.judges or name in tables.attributes or _is_distinct(name)

    view = _View(module)
    for met in watch(module.text, module.path, wanted, lines, modules):
        node = _node_at(module, met)
        if node is not None and node.type == "call":
            yield from _in_call(view, node, met, tables)
        elif node is not None and node.type == "attribute":
            yield from _assigned(view, node, met, tables)


def _is_distinct(name: str) -> bool:
    return name.rpartition(".")[2] in _DISTINCT


def _in_call(view: Any, node: Node, met: Met, tables: _Tables) -> Iterator[Hit]:
    methods = [f"*.{name.rpartition('.')[2]}" for name in met.names if _is_distinct(name)]
    for name in dict.fromkeys((*met.names, *methods)):
        for full, pattern in tables.calls.get(name, ()):
            for call in _variants(view, node, full, met):
                marked = pattern.when(call)
                if marked is not None and not (
                    pattern.rule.id in _CHOSEN_BY_CALLERS and _is_handed_on(view, node, marked)
                ):
                    yield Hit(pattern.rule, _place(marked, call), pattern.detail, pattern.level)
        for full, judge in tables.judges.get(name, ()):
            for call in _variants(view, node, full, met):
                found = judge(call)
                if found is not None:
                    yield Hit(found.rule, _place(found.node, call), found.detail, found.level)


def _is_handed_on(view: Any, node: Node, marked: Any) -> bool:
    """Whether a value is what callers of other files say: a parameter, or a `**` of all that is given by keyword.

    Where this file calls the function too, what it gives there is known, and was looked at. A method that passes on
    to its base what it is given chooses nothing.
    """
    function = view.function(node)
    parameters = function.child_by_field_name("parameters") if function is not None else None
    if parameters is None:
        return False
    own = [one for one in parameters.named_children if one.type != "typed_parameter"]
    own += [one.named_children[0] for one in parameters.named_children if one.type == "typed_parameter"]
    names = {code(one.child_by_field_name("name") or one) for one in own}
    given = {code(marked.node)} if isinstance(marked, Argument) else set()
    arguments = node.child_by_field_name("arguments")
    given |= {code(one) for one in (arguments.named_children if arguments else ()) if one.type == "dictionary_splat"}
    name = code(function.child_by_field_name("name"))
    base = re.fullmatch(rf"super\(.*\)\.{name}", code(node.child_by_field_name("function")))
    return bool(names & given) and (
        base is not None
        or not any(
            code(one.child_by_field_name("function")).rpartition(".")[2] == name
            for one in view.nodes("call")
            if not function.start_byte <= one.start_byte < function.end_byte
        )
    )


_CHOSEN_BY_CALLERS = frozenset({"AMB-SEC-NO-TIMEOUT"})
"""Rules about what a function may well leave to whoever calls it."""


def _place(marked: Any, call: Call) -> Node:
    """Return where to point: into the call, wherever the value itself stands."""
    node: Node = marked.node if isinstance(marked, Argument) else marked
    inside = call.node.start_byte <= node.start_byte and node.end_byte <= call.node.end_byte
    return node if inside and node != call.node else call.callee


def _variants(view: Any, node: Node, full: str, met: Met) -> Iterator[Call]:
    """Yield a call with what is sure of its arguments, and then for each name or text that one of them may be."""
    positions, keywords = _written(node)
    slots: dict[int | str, Alternatives] = dict([*enumerate(met.args), *met.keywords.items()])
    choices: list[dict[int | str, Known]] = [{}]
    for key, alternatives in slots.items():
        several = len(alternatives) == 2  # of a whole table the user chooses, and may choose well
        choices += [
            {key: one}
            for one in alternatives
            if (several and (one.name or isinstance(one.value, str | bytes))) or type(one.value) is int
        ]
    for choice in islice(choices, _MOST_VARIANTS):
        arguments: dict[int | str, Argument] = {}
        for key, alternatives in slots.items():
            written = positions.get(key) if isinstance(key, int) else keywords.get(key)
            known = choice.get(key) or _certain(alternatives)
            arguments[key] = Argument(written or node, known, written is not None)
        by_place = [arguments[index] for index in range(len(met.args))]
        yield WorkedOut(view, node, full, by_place, {key: arguments[key] for key in met.keywords}, met.whole)


def _certain(alternatives: Alternatives) -> Known:
    from ambient_lsp.analyzers.taint.watching import UNSURE

    return alternatives[0] if len(alternatives) == 1 else UNSURE


def _written(node: Node) -> tuple[dict[int, Node], dict[str, Node]]:
    """Return the arguments that stand in the call itself, by place and by keyword."""
    call = Call(None, node, "")  # type: ignore[arg-type]
    arguments = node.child_by_field_name("arguments")
    keywords: dict[str, Node] = {}
    for one in arguments.named_children if arguments is not None else ():
        name, value = one.child_by_field_name("name"), one.child_by_field_name("value")
        if one.type == "keyword_argument" and name is not None and value is not None:
            keywords[code(name)] = value
    return dict(enumerate(call.positional)), keywords


def _assigned(view: Any, node: Node, met: Met, tables: _Tables) -> Iterator[Hit]:
    """Hold an assignment against the patterns; a flag must be bad whatever way the program went."""
    statement = node.parent
    right = statement.child_by_field_name("right") if statement is not None else None
    if right is None or statement is None or statement.child_by_field_name("left") != node:
        return
    arguments: list[Any] = [Argument(right, known, True) for known in met.args[0]]
    for pattern in (pattern for name in dict.fromkeys(met.names) for pattern in tables.attributes.get(name, ())):
        if arguments and all(pattern.bad(view, argument) for argument in arguments):
            yield Hit(pattern.rule, right, pattern.detail, pattern.level)


def _node_at(module: Module, met: Met) -> Node | None:
    """Return the call, or the target of the assignment, that was met."""
    where = met.place
    node = module.tree.root_node.descendant_for_point_range(
        (where.line - 1, where.column), (where.end_line - 1, where.end_column)
    )
    while node is not None and node.type not in ("call", "attribute") and node.parent is not None:
        same = (node.parent.start_byte, node.parent.end_byte) == (node.start_byte, node.end_byte)
        node = node.parent if same else None
    return node


# ------------------------------------------------------------------------------------------------ what is asked


def _asked(module: Module, tables: _Tables) -> list[int]:
    """Return the lines, from 1, of what the first look could not read; none where nothing here could be weak."""
    lasts = frozenset().union(*(tables.lasts.get(full, frozenset()) for full in set(module.imports.values())))
    files = _SHARED.search(module.text) is not None
    if not lasts and not files and not any(name in module.text for name in _DISTINCT):
        return []
    lines = _references(module, tables)
    odd = bool(lines)
    lines |= {node.start_point[0] + 1 for node in module.nodes("call") if _is_hidden(module, node, lasts, files, odd)}
    lines |= {node.start_point[0] + 1 for node in module.nodes("assignment") if _is_flag(module, node, lasts)}
    return sorted(lines)[:_MOST_ASKED]


def _is_hidden(module: Module, node: Node, lasts: frozenset[str], files: bool, odd: bool) -> bool:
    """Whether a call may be one that matters, by its last name, and its arguments or its owner are not plain.

    `odd`: a function that matters is handed on somewhere, so any callee that is no plain name may be it.
    """
    function = node.child_by_field_name("function")
    if function is None or function.type not in ("identifier", "attribute"):
        return odd and function is not None and function.type in ("subscript", "call", "parenthesized_expression")
    attribute = function.child_by_field_name("attribute")
    last = code(attribute) if attribute is not None else module.imports.get(code(function), code(function))
    last = last.rpartition(".")[2]
    if (last in _OPENS and not files) or (last == "run" and not module.imported & _APPLICATIONS):
        return False
    if last in _DISTINCT or last in lasts:
        owner = code(function.child_by_field_name("object"))
        unresolved = owner.startswith(("self", "cls", "super(")) or (owner and not module.name(function))
    else:
        unresolved = False
        if last not in _OPENS:
            return False
    first = 1 if last in _HTTP else 0
    given = Call(module, node, "")
    splat = any(one.type in ("dictionary_splat", "list_splat") for one in given._given)
    values = (*given.positional[first:], *given.keywords.values())
    return bool(unresolved) or splat or any(one.type not in _LITERALS and _is_open(module, one) for one in values)


def _is_open(module: Module, node: Node) -> bool:
    """Whether the first look has no value for a node."""
    return module.value(node) is UNKNOWN


def _is_flag(module: Module, node: Node, lasts: frozenset[str]) -> bool:
    left = node.child_by_field_name("left")
    attribute = left.child_by_field_name("attribute") if left is not None else None
    return attribute is not None and code(attribute) in lasts


def _references(module: Module, tables: _Tables) -> set[int]:
    """Return the lines on which a function that matters is handed on without being called."""
    found: set[int] = set()
    aliases = [name for name, full in module.imports.items() if full in tables.lasts]
    bound = any(f".{name}" in module.text for name in _DISTINCT)
    if not aliases and not bound:
        return found
    pattern = re.compile(
        rf"(?<![\w.\"'])(?:getattr\(\s*)?({'|'.join(map(re.escape, aliases)) or '(?!)'})((?:\.\w+)*)(?![\w.]|\s*[(=])"
        rf"|\.({'|'.join(_DISTINCT)})\b(?!\s*\()"
    )
    for match in pattern.finditer(module.text):
        full = module.imports.get(match[1] or "", "") + (match[2] or "")
        handed_on = full in tables.calls or full in tables.judges or match[3] is not None
        if handed_on or (match[0].startswith("getattr") and full in tables.owners):
            start = module.text.rfind("\n", 0, match.start()) + 1
            if not module.text.startswith(("import ", "from ", "#", "@"), start):
                found.add(module.text.count("\n", 0, start) + 1)
    return found


@cache
def _tables() -> _Tables:
    from ambient_lsp.analyzers.patterns.tables import AREAS
    from ambient_lsp.analyzers.taint.catalogue import catalogue

    alias = catalogue().name
    calls: dict[str, list[tuple[str, CallPattern]]] = defaultdict(list)
    judges: dict[str, list[tuple[str, Judge]]] = defaultdict(list)
    attributes: dict[str, list[AttributePattern]] = defaultdict(list)
    lasts: dict[str, set[str]] = defaultdict(set)
    for area in AREAS:
        for pattern in area.calls:
            for full in pattern.names if pattern.rule.id.removeprefix("AMB-SEC-") in _ABOUT else ():
                if not full.startswith("*.") or full[2:] in _DISTINCT:
                    calls[alias(full.replace("()", ""))].append((full, pattern))
        for names, judge in area.judges:
            for full in names:
                judges[alias(full.replace("()", ""))].append((full, judge))
        for flag in area.attributes:
            for owner in flag.owners:
                attributes[alias(f"{owner.replace('()', '')}.{flag.attribute}")].append(flag)
    for name in (*calls, *judges, *attributes):
        parts = name.split(".")
        for size in range(1, len(parts) + 1):
            lasts[".".join(parts[:size])].add(parts[-1])
    lasts.pop("*", None)
    owners = frozenset(name.rpartition(".")[0] for name in (*calls, *judges)) - {""}
    return _Tables(calls, judges, attributes, {key: frozenset(value) for key, value in lasts.items()}, owners)
