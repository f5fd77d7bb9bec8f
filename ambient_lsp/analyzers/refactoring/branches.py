"""Branches that one expression can say: a name set on both sides, a dictionary asked twice, the same code twice."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.refactoring.certain import is_bool, kind_of, operators_of
from ambient_lsp.analyzers.refactoring.forms import (
    LOOSE,
    Form,
    fits,
    is_dotted,
    is_of_the_platform,
    is_simple,
    one_line,
    operand,
)
from ambient_lsp.analyzers.source import Edit, code, has_comment, statements, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.source import Source

TERNARY = "AMB-REF-TERNARY"
TRUTH = "AMB-REF-TRUTH"
GET = "AMB-REF-GET"
SAME = "AMB-REF-SAME-BRANCHES"

_LONGEST_TERNARY = 80
_MOST_OPERANDS = 3
_HEAVY = LOOSE | {"boolean_operator", "list_comprehension", "generator_expression", "dictionary_comprehension",
                  "set_comprehension"}  # fmt: skip


def find(source: Source, function: Node, line_length: int) -> Iterator[Form]:
    """Yield the branches of one function, not of those inside it, that one line can say."""
    for node in source.own(function, "if_statement", "conditional_expression"):
        if node.type == "if_statement" and not node.has_error:
            form = _assigned(source, function, node, line_length)
            if form is not None:
                yield form
            yield from _same(source, node, line_length)
        elif node.type == "conditional_expression" and one_line(node):
            form = _conditional(source, function, node)
            if form is not None:
                yield form


def _assigned(source: Source, function: Node, node: Node, line_length: int) -> Form | None:
    """`if c: x = a` with `else: x = b`: the value is asked for before the target, as in one assignment."""
    parts = _sides(node)
    if parts is None:
        return None
    condition, (target, yes), (other, no) = parts
    if target != other or has_comment(node) or _is_branch_of_another(node) or is_of_the_platform(code(condition)):
        return None
    rule, value = TERNARY, ""
    if (looked := _lookup(source, function, condition, yes, no)) is not None:
        rule, value = GET, looked
    elif {yes.type, no.type} == {"true", "false"}:
        rule, value = TRUTH, _truth(source, condition, positive=yes.type == "true")
    elif not any(_is_heavy(one) for one in (condition, yes, no)):
        if condition.type == "not_operator":
            condition, yes, no = condition.child_by_field_name("argument") or condition, no, yes
        value = f"{code(yes)} if {code(condition)} else {code(no)}"
        if code(yes) == code(condition) and is_dotted(condition):
            value = f"{code(condition)} or {code(no)}"
        elif yes.type == "binary_operator":
            value = ""  # `a + b if c else d` is read wrongly at first
    new = f"{target} = {value}"
    if not value or not fits(source, node, new, min(line_length, _LONGEST_TERNARY) if rule == TERNARY else line_length):
        return None
    return Form(rule, condition, (Edit(node.start_byte, node.end_byte, new),))


def _sides(node: Node) -> tuple[Node, tuple[str, Node], tuple[str, Node]] | None:
    """Return the condition, and target and value of both branches, where each is one plain assignment."""
    alternatives = node.children_by_field_name("alternative")
    condition = node.child_by_field_name("condition")
    if len(alternatives) != 1 or alternatives[0].type != "else_clause" or condition is None:
        return None
    yes = _assignment(node.child_by_field_name("consequence"))
    no = _assignment(alternatives[0].child_by_field_name("body"))
    return None if yes is None or no is None else (condition, yes, no)


def _assignment(block: Node | None) -> tuple[str, Node] | None:
    inside = statements(block)
    if len(inside) != 1 or inside[0].type != "expression_statement" or len(inside[0].named_children) != 1:
        return None
    assignment = inside[0].named_children[0]
    left, right = (assignment.child_by_field_name(name) for name in ("left", "right"))
    if assignment.type != "assignment" or left is None or right is None or right.type == "assignment":
        return None
    if assignment.child_by_field_name("type") is not None or right.type in {"expression_list", "yield"}:
        return None
    # Of anything but a plain name or attribute a part would be asked for at another time.
    return (code(left), right) if is_dotted(left) else None


def _is_branch_of_another(node: Node) -> bool:
    """Return whether this `if` is all that an `else` holds: there it reads as one more case of the outer one."""
    block = node.parent
    return block is not None and block.parent is not None and block.parent.type == "else_clause" and (
        len(statements(block)) == 1
    )  # fmt: skip


def _is_heavy(node: Node) -> bool:
    return node.start_point[0] != node.end_point[0] or any(one.type in _HEAVY for one in walk(node))


def _truth(source: Source, condition: Node, *, positive: bool) -> str:
    if condition.type in LOOSE or not one_line(condition):
        return ""
    if is_of_the_platform(code(condition)):
        return ""
    if not is_bool(source, condition) and condition.type in {"comparison_operator", "boolean_operator"}:
        return ""  # `bool(a < b)` and `not a < b` are no simpler
    if positive:
        return code(condition) if is_bool(source, condition) else f"bool({code(condition)})"
    if condition.type == "comparison_operator" and is_bool(source, condition):
        left, right = condition.named_children
        opposite = {"in": "not in", "not in": "in", "is": "is not", "is not": "is"}[operators_of(condition)[0]]
        return f"{code(left)} {opposite} {code(right)}"
    return "" if condition.type in {"boolean_operator", "not_operator"} else f"not {code(condition)}"


def _conditional(source: Source, function: Node, node: Node) -> Form | None:
    """`True if c else False`, and `d[k] if k in d else 0`."""
    parts = [one for one in node.named_children if one.type != "comment"]
    if len(parts) != 3:
        return None
    yes, condition, no = parts
    looked = _lookup(source, function, condition, yes, no)
    if looked is not None:
        return Form(GET, node, (Edit(node.start_byte, node.end_byte, looked),))
    if {yes.type, no.type} != {"true", "false"}:
        return None
    value = _truth(source, condition, positive=yes.type == "true")
    whole = node.parent is not None and node.parent.type in {
        "assignment", "return_statement", "keyword_argument", "argument_list", "parenthesized_expression",
    }  # fmt: skip
    if not value or not (whole or value.startswith("bool(")):
        return None
    return Form(TRUTH, node, (Edit(node.start_byte, node.end_byte, value),))


def _lookup(source: Source, function: Node, condition: Node, yes: Node, no: Node) -> str | None:
    """Return `d.get(k, default)` for `d[k] if k in d else default`, where `d` is surely a dict."""
    operators = operators_of(condition) if condition.type == "comparison_operator" else []
    if operators not in (["in"], ["not in"]):
        return None
    found, default = (yes, no) if operators == ["in"] else (no, yes)
    key, mapping = condition.named_children
    index = found.children_by_field_name("subscript") if found.type == "subscript" else []
    if len(index) != 1 or not is_simple(key) or not is_simple(default) or not one_line(default):
        return None
    if code(found.child_by_field_name("value")) != code(mapping) or code(index[0]) != code(key):
        return None
    if code(mapping) != "os.environ" and kind_of(source, function, mapping) != "dict":
        return None
    if not is_dotted(mapping):
        return None
    return f"{code(mapping)}.get({code(key)})" if default.type == "none" else (
        f"{code(mapping)}.get({code(key)}, {code(default)})"
    )  # fmt: skip


def _same(source: Source, node: Node, line_length: int) -> Iterator[Form]:
    """Two cases in a row that do the same are one case."""
    arms = [node, *(one for one in node.children_by_field_name("alternative") if one.type == "elif_clause")]
    for one, other in pairwise(arms):
        bodies = [arm.child_by_field_name("consequence") for arm in (one, other)]
        tests = [arm.child_by_field_name("condition") for arm in (one, other)]
        body, again = bodies
        first, second = tests
        if body is None or again is None or first is None or second is None or code(body) != code(again):
            continue
        # From the first condition to the second one's body: the comments there would lose their place.
        if any(has_comment(part) for part in (body, again, first, second)) or any(
            child.type == "comment" for arm in (one, other) for child in arm.children
        ):
            continue
        joined = f"{operand(first)} or {operand(second)}"
        word = "if" if one == node else "elif"
        rows = sum(child.type in {"or", "and"} for test in (first, second) for child in _all(test))
        if rows + 2 > _MOST_OPERANDS or not fits(source, one, f"{word} {joined}:", line_length):
            continue
        if body.start_point[0] == first.start_point[0]:
            continue
        gone = Edit(body.end_byte, again.end_byte, "")
        yield Form(SAME, second, (Edit(first.start_byte, first.end_byte, joined), gone))


def _all(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += current.children
