"""Files that are opened and closed by hand, where `with` closes them whatever happens in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.refactoring.forms import Form
from ambient_lsp.analyzers.source import Edit, above, code, is_bound_here, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Source

WITH = "AMB-REF-WITH"

_OPENERS = frozenset({"open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open"})
_LONGEST = 30


def find(source: Source, function: Node) -> Iterator[Form]:
    """Yield the files that one function opens and closes in one block."""
    if ".close()" not in source.text:
        return
    for block in source.own(function, "block"):
        if block.has_error:
            continue
        for position, statement in enumerate(block.named_children):
            opened = _opened(source, statement)
            if opened is None:
                continue
            form = _with(source, function, statement, opened, block.named_children[position + 1 :])
            if form is not None:
                yield form


def _opened(source: Source, statement: Node) -> tuple[str, Node] | None:
    """Return the name and the call of `name = open(...)`."""
    inside = (
        statement.named_children[0] if statement.type == "expression_statement" and statement.named_children else None
    )
    if inside is None or inside.type != "assignment" or inside.child_by_field_name("type") is not None:
        return None
    name, value = inside.child_by_field_name("left"), inside.child_by_field_name("right")
    if name is None or name.type != "identifier" or value is None or value.type != "call":
        return None
    called = code(value.child_by_field_name("function"))
    if called not in _OPENERS or (called == "open" and "open" in source.bound):
        return None
    return code(name), value


def _with(source: Source, function: Node, opening: Node, opened: tuple[str, Node], rest: Sequence[Node]) -> Form | None:
    name, call = opened
    for position, statement in enumerate(rest):
        if _closes(statement, name):
            inside = rest[:position]
            break
        if position == 0 and statement.type == "try_statement" and (body := _tried(statement, name)) is not None:
            inside = body
            break
    else:
        return None
    last = statement
    if not inside or call.start_point[0] != call.end_point[0] or opening.end_point[0] == inside[0].start_point[0]:
        return None
    if last.end_point[0] - opening.start_point[0] > _LONGEST:
        return None
    if any(source.between(one.end_byte, source.line_end(one.end_point[0])).strip() for one in (opening, last)):
        return None  # a comment there would lose its place
    if not _is_used_only_within(source, function, name, opening, last) or _is_multiline_text(inside):
        return None
    return Form(WITH, call, tuple(_edits(source, opening, call, name, inside, last)))


def _closes(statement: Node, name: str) -> bool:
    return statement.type == "expression_statement" and code(statement) == f"{name}.close()"


def _tried(statement: Node, name: str) -> Sequence[Node] | None:
    """Return the body of a `try` of which all the rest is a `finally` that closes."""
    parts = [one for one in statement.named_children if one.type != "comment"]
    if [one.type for one in parts] != ["block", "finally_clause"] or len(parts) != len(statement.named_children):
        return None
    closing = [one for block in parts[1].named_children for one in block.named_children]
    return parts[0].named_children if len(closing) == 1 and _closes(closing[0], name) else None


def _is_used_only_within(source: Source, function: Node, name: str, opening: Node, last: Node) -> bool:
    """Return whether the name stands nowhere but from its opening to its closing, closed once and bound once, and
    nothing in between could hand it on, stop half way through a loop, or look at it later."""
    places = source.variables(function).get(name, ())
    if any(not opening.start_byte <= one.start_byte < last.end_byte for one in places):
        return False
    if sum(is_bound_here(one) for one in places) != 1:
        return False
    if sum(one.parent is not None and code(one.parent) == f"{name}.close" for one in places) != 1:
        return False
    for one in places:
        outer = one.parent
        if outer is None or (outer.type in {"return_statement", "assignment", "yield"} and not is_bound_here(one)):
            return False
        if any(
            part.type in {"lambda", "function_definition"}
            for part in above(one)
            if part.start_byte > opening.start_byte
        ):
            return False
    return True


def _is_multiline_text(statements: Sequence[Node]) -> bool:
    """Return whether a text goes over several lines: moving it to the right would change it."""
    return any(
        one.type == "string" and one.start_point[0] != one.end_point[0] for part in statements for one in walk(part)
    )


def _edits(source: Source, opening: Node, call: Node, name: str, inside: Sequence[Node], last: Node) -> Iterator[Edit]:
    """Yield the header in place of the opening, the lines in between one level further in, and no closing."""
    yield Edit(opening.start_byte, opening.end_byte, f"with {code(call)} as {name}:")
    is_try = last.type == "try_statement"
    if is_try:
        # The body of the `try` has the depth that it needs; its header and all behind the body go.
        yield Edit(opening.end_byte, last.children[1].end_byte, "")
        yield Edit(source.line_end(inside[-1].end_point[0]), source.line_end(last.end_point[0]), "")
        return
    indent = "\t" if source.line(opening.start_point[0]).startswith("\t") else " " * _step(source, opening)
    for number in range(opening.end_point[0] + 1, last.start_point[0]):
        if source.line(number).strip():
            start = source.line_start(number)
            yield Edit(start, start, indent)
    yield Edit(source.line_end(last.start_point[0] - 1), source.line_end(last.end_point[0]), "")


def _step(source: Source, statement: Node) -> int:
    """Return how far one level is indented here."""
    for outer in above(statement):
        header = outer.parent
        if outer.type == "block" and header is not None:
            return max(source.span(outer).start_column - source.span(header).start_column, 1)
    return 4
