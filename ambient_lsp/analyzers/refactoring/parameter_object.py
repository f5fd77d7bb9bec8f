"""Parameters that always travel together become one dataclass: for private functions of one module, at all their calls.

Made only where all of it is in sight: the functions are private and nothing else names them, each is only ever called,
the parameters are only read, and the functions' own names say what the values are together (`_draw_box`, `_move_box`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.refactoring.design import clumps
from ambient_lsp.analyzers.refactoring.forms import is_dotted, is_simple
from ambient_lsp.analyzers.refactoring.modules import imported
from ambient_lsp.analyzers.source import Edit, above, code, is_bound_here, read
from ambient_lsp.analyzers.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Definition, Source
    from ambient_lsp.model import Span

_IMPORT = "from dataclasses import dataclass"


@dataclass(frozen=True, slots=True)
class Grouped:
    """The module's new text with the dataclass `name`. `span` is where the clump is told."""

    name: str
    functions: tuple[str, ...]
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of one of the functions: which argument is given for each of the parameters."""

    node: Node
    given: dict[str, Node]


def group(text: str, path: str, used_elsewhere: frozenset[str]) -> list[Grouped]:
    """Return the module with each such clump in a dataclass. `used_elsewhere` holds the words of all other files."""
    source = read(text)
    if source.root.has_error or ("dataclass" in source.bound and _IMPORT not in text):
        return []
    made = []
    for names, members in clumps(source):
        new = _grouped(source, names, members, used_elsewhere)
        if new is not None:
            made.append(new)
    return made


def _grouped(
    source: Source, names: Sequence[str], members: Sequence[Definition], used_elsewhere: frozenset[str]
) -> Grouped | None:
    word = _shared_word(members)
    kind, variable = f"_{word.capitalize()}", word
    if not word or not all(_is_private(source, one, used_elsewhere) for one in members):
        return None
    if (
        kind in source.text
        or variable in source.bound
        or any(variable in source.variables(one.node) for one in members)
    ):
        return None
    fields = _fields(members, names)
    edits: list[Edit] = []
    holders = {one.name: one for one in members}
    for one in members:
        calls = _calls(source, one)
        parameters = _parameters(one)
        if fields is None or calls is None or parameters is None:
            return None
        changed = _signature(one, names, variable, kind)
        reads = _reads(source, one, names, variable)
        if changed is None or reads is None:
            return None
        edits += changed
        for call in calls:
            new = _call(source, call, names, parameters, kind, variable, holders)
            if new is None:
                return None
            edits.append(new)
        inside = [call.node for other in members for call in _calls(source, other) or ()]
        edits += [edit for edit in reads if not any(_covers(node, edit) for node in inside)]
    return None if fields is None else _written(source, members, edits, kind, fields, names)


def _covers(node: Node, edit: Edit) -> bool:
    return node.start_byte <= edit.start and edit.end <= node.end_byte


def _shared_word(members: Sequence[Definition]) -> str:
    """Return the last word that all the functions' names have in common, where there is just one."""
    words = [one.name.strip("_").split("_") for one in members]
    shared = [word for word in words[0] if all(word in other for other in words[1:])]
    return shared[0] if len(shared) == 1 and len(shared[0]) > 2 else ""


def _is_private(source: Source, one: Definition, used_elsewhere: frozenset[str]) -> bool:
    outer = one.node.parent
    at_top = outer is not None and outer.type == "module"
    return at_top and one.name.startswith("_") and one.name not in used_elsewhere and not one.name.startswith("__")


def _parameters(one: Definition) -> list[str] | None:
    """Return the names of all parameters; None where they are more than plain names without defaults."""
    parameters = one.node.child_by_field_name("parameters")
    names = []
    for part in parameters.named_children if parameters is not None else ():
        named = part.named_children[0] if part.type == "typed_parameter" else part
        if named.type != "identifier":
            return None
        names.append(code(named))
    return names


def _fields(members: Sequence[Definition], names: Sequence[str]) -> list[str] | None:
    """Return the dataclass's fields with their annotations; None where the functions do not agree on one."""
    found: dict[str, set[str]] = {name: set() for name in names}
    for one in members:
        parameters = one.node.child_by_field_name("parameters")
        for part in parameters.named_children if parameters is not None else ():
            if part.type == "typed_parameter" and code(part.named_children[0]) in found:
                found[code(part.named_children[0])].add(code(part.child_by_field_name("type")))
            elif code(part) in found:
                return None
    if any(len(types) != 1 for types in found.values()):
        return None
    return [f"{name}: {types.pop()}" for name, types in found.items()]


def _calls(source: Source, one: Definition) -> list[_Call] | None:
    """Return every call; None where the function is used in any other way, or an argument has an effect."""
    parameters = _parameters(one)
    calls = []
    for place in source.variables(source.root).get(one.name, ()):
        if is_bound_here(place):
            continue
        call = place.parent
        if parameters is None or call is None or call.type != "call" or call.child_by_field_name("function") != place:
            return None
        arguments = call.child_by_field_name("arguments")
        given: dict[str, Node] = {}
        for number, argument in enumerate(arguments.named_children if arguments is not None else ()):
            if argument.type == "keyword_argument":
                given[code(argument.child_by_field_name("name"))] = argument.child_by_field_name("value") or argument
            elif argument.type in {"list_splat", "dictionary_splat", "comment"} or number >= len(parameters):
                return None
            else:
                given[parameters[number]] = argument
        if set(given) != set(parameters) or not all(is_simple(value) or is_dotted(value) for value in given.values()):
            return None
        calls.append(_Call(call, given))
    # A name in a text or a comment may be a way to find the function.
    return calls if len(calls) + 1 == source.text.count(one.name) and calls else None


def _signature(one: Definition, names: Sequence[str], variable: str, kind: str) -> list[Edit] | None:
    parameters = one.node.child_by_field_name("parameters")
    if parameters is None or any(part.type == "comment" for part in parameters.children):
        return None
    parts, placed = [], False
    for part in parameters.named_children:
        named = part.named_children[0] if part.type == "typed_parameter" else part
        if code(named) not in names:
            parts.append(code(part))
        elif not placed:
            parts.append(f"{variable}: {kind}")
            placed = True
    return [Edit(parameters.start_byte, parameters.end_byte, f"({', '.join(parts)})")]


def _reads(source: Source, one: Definition, names: Sequence[str], variable: str) -> list[Edit] | None:
    """Return the edits that read the values from the dataclass; None where one is set, or is seen by a closure."""
    body = one.body
    edits = []
    for name in names:
        for place in source.variables(one.node).get(name, ()):
            if not body.start_byte <= place.start_byte < body.end_byte:
                continue
            inner = next((outer for outer in above(place) if outer.type in {"function_definition", "lambda"}), None)
            if is_bound_here(place) or inner != one.node or _is_deleted(place):
                return None
            edits.append(Edit(place.start_byte, place.end_byte, f"{variable}.{name}"))
    return edits


def _is_deleted(place: Node) -> bool:
    return any(outer.type == "delete_statement" for outer in above(place))


def _call(
    source: Source,
    call: _Call,
    names: Sequence[str],
    parameters: Sequence[str],
    kind: str,
    variable: str,
    holders: dict[str, Definition],
) -> Edit | None:
    """Return the call with one argument for the group: the dataclass at hand, or a new one."""
    around = [one for one in holders.values() if _holds(one, call.node)]
    at_hand = bool(around) and all(code(call.given[name]) == name for name in names)
    inner = {
        name: _within(call.given[name], names, variable) if around else code(call.given[name]) for name in parameters
    }
    value = variable if at_hand else f"{kind}({', '.join(inner[name] for name in names)})"
    parts, placed = [], False
    for name in parameters:
        if name not in names:
            parts.append(inner[name])
        elif not placed:
            parts.append(value)
            placed = True
    text = f"{code(call.node.child_by_field_name('function'))}({', '.join(parts)})"
    if "\n" in text or source.span(call.node).start_column + len(text) > 100:
        return None
    return Edit(call.node.start_byte, call.node.end_byte, text)


def _within(value: Node, names: Sequence[str], variable: str) -> str:
    """Return an argument of a call inside one of the functions, where the values are the dataclass's."""
    text = code(value)
    first, dot, rest = text.partition(".")
    return f"{variable}.{first}{dot}{rest}" if first in names and is_dotted(value) else text


def _holds(one: Definition, node: Node) -> bool:
    return one.node.start_byte <= node.start_byte and node.end_byte <= one.node.end_byte


def _written(
    source: Source,
    members: Sequence[Definition],
    edits: list[Edit],
    kind: str,
    fields: Sequence[str],
    names: Sequence[str],
) -> Grouped | None:
    first = min(members, key=lambda one: one.node.start_byte)
    start = source.line_start(first.node.start_point[0])
    if first.node.start_point[0] > 0 and source.line(first.node.start_point[0] - 1).lstrip().startswith("#"):
        return None
    end = source.newline
    lines = ["@dataclass(frozen=True)", f"class {kind}:", *(f"    {field}" for field in fields)]
    edits = [*edits, Edit(start, start, end.join(lines) + end * 3)]
    text = source.changed(edits)
    if parse(text) is None:
        return None
    if _IMPORT not in source.text:
        text = imported(text, "dataclasses", "dataclass")
    named = first.node.child_by_field_name("name") or first.node
    return Grouped(kind, tuple(one.name for one in members), source.span(named), text)
