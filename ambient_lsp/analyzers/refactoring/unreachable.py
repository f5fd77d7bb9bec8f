"""Statements that control never gets to: behind a return, a raise, an endless loop, or branches that all leave."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.source import FUNCTION, above, code, is_bound_here, statements, walk, walk_scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Source

_JUMPS = frozenset({"return_statement", "raise_statement", "continue_statement", "break_statement"})
_KNOWN = re.compile(r"unreachable|(?:never|not|n't|cannot|can't) (?:be )?reach|pragma: *no ?cover", re.IGNORECASE)
_HOLDS = frozenset({"await", "yield", "global_statement", "nonlocal_statement", "import_statement",
                    "import_from_statement", "match_statement", "delete_statement"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dead:
    """Statements of one block that nothing reaches; `after` is the one that leaves, None where the test is `False`."""

    after: Node | None
    statements: tuple[Node, ...]


def find(source: Source) -> Iterator[Dead]:
    """Yield each stretch of dead statements, outermost only."""
    end = 0
    for block in source.nodes("block"):
        if block.start_byte >= end and not block.has_error:
            found = _behind(block) or _never(block)
            if found is not None:
                end = found.statements[-1].end_byte
                yield found


def _behind(block: Node) -> Dead | None:
    inside = statements(block)
    for position, statement in enumerate(inside[:-1]):
        if leaves(statement):
            dead = tuple(inside[position + 1 :])
            # A `yield` behind a return is how one writes an empty generator.
            if any(one.type == "yield" for part in dead for one in walk(part)):
                return None
            if any(_KNOWN.search(code(one)) for one in walk(block) if one.type == "comment" and _is_at(one, dead)):
                return None  # who wrote it knows, and says why it stays
            return Dead(statement, dead)
    return None


def _is_at(comment: Node, dead: Sequence[Node]) -> bool:
    """Return whether a comment stands above these statements, between them, or at the end of their lines."""
    before = dead[0].prev_sibling
    while before is not None and before.type == "comment":
        before = before.prev_sibling
    start = before.end_point[0] if before is not None else 0
    return start < comment.start_point[0] <= dead[-1].end_point[0]


def _never(block: Node) -> Dead | None:
    """`if False:` without an `else`. One with an import or a `yield` is there for a type checker or a generator."""
    outer = block.parent
    if outer is None or outer.type != "if_statement" or outer.children_by_field_name("alternative"):
        return None
    if code(outer.child_by_field_name("condition")) != "False":
        return None
    if any("import" in one.type or one.type == "yield" for one in walk(block)):
        return None
    return Dead(None, (outer,))


def leaves(statement: Node) -> bool:
    """Return whether control never goes on behind a statement. A `with` may swallow what is raised in it."""
    if statement.type in _JUMPS:
        return True
    if statement.type == "if_statement":
        arms = statement.children_by_field_name("alternative")
        bodies = [statement.child_by_field_name("consequence"), *map(_body, arms)]
        return bool(arms) and arms[-1].type == "else_clause" and all(map(_block_leaves, bodies))
    if statement.type == "while_statement":
        endless = code(statement.child_by_field_name("condition")) in {"True", "1"}
        return endless and not any(_breaks(statement, one) for one in walk_scope(statement))
    if statement.type == "try_statement":
        return _try_leaves(statement)
    if statement.type == "match_statement":
        cases = statement.children_by_field_name("alternative") or statements(statement.child_by_field_name("body"))
        return bool(cases) and _is_wildcard(cases[-1]) and all(_block_leaves(_body(one)) for one in cases)
    return False


def _block_leaves(block: Node | None) -> bool:
    inside = statements(block)
    return bool(inside) and leaves(inside[-1])


def _body(clause: Node) -> Node | None:
    for name in ("body", "consequence"):
        if (block := clause.child_by_field_name(name)) is not None:
            return block
    return next((one for one in clause.named_children if one.type == "block"), None)


def _try_leaves(statement: Node) -> bool:
    clauses = [one for one in statement.named_children if one.type != "comment"]
    kinds = {one.type: one for one in clauses}
    if "finally_clause" in kinds and _block_leaves(_body(kinds["finally_clause"])):
        return True
    handlers = [one for one in clauses if one.type in {"except_clause", "except_group_clause"}]
    last = kinds.get("else_clause")
    ends = _block_leaves(_body(statement)) or (last is not None and _block_leaves(_body(last)))
    return ends and all(_block_leaves(_body(one)) for one in handlers)


def _breaks(loop: Node, node: Node) -> bool:
    if node.type != "break_statement":
        return False
    inner = next((one for one in above(node) if one.type in {"for_statement", "while_statement"}), None)
    return inner == loop or any(one.type == "else_clause" and one.parent == inner for one in above(node))


def _is_wildcard(case: Node) -> bool:
    if case.type != "case_clause" or case.child_by_field_name("guard") is not None:
        return False
    return code(next((one for one in case.named_children if one.type == "case_pattern"), None)) == "_"


def is_safe_to_remove(source: Source, dead: Sequence[Node]) -> bool:
    """Return whether the function means the same without them. Dead code still has a say in one thing: a binding makes
    a name local to its function."""
    function = next((one for one in above(dead[0]) if one.type == FUNCTION), None)
    if function is None or any(one.type in _HOLDS for part in dead for one in walk(part)):
        return False
    start, end = dead[0].start_byte, dead[-1].end_byte
    places = source.variables(function)
    return not any(
        any(is_bound_here(one) and start <= one.start_byte < end for one in found)
        and any(not start <= one.start_byte < end for one in found)
        for found in places.values()
    )
