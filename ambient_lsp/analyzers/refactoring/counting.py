"""Numbers counted on the tree: cyclomatic complexity, tokens, nesting, and cognitive complexity where nothing else can.

The tree-sitter grammar reads what is half typed too, so a file that no other counter can read is measured all the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.source import CLASS, FUNCTION, code, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_DECISIONS = frozenset({"if_statement", "elif_clause", "for_statement", "while_statement", "except_clause",
                        "except_group_clause", "conditional_expression", "boolean_operator", "for_in_clause",
                        "if_clause"})  # fmt: skip
_NESTING = frozenset({"if_statement", "for_statement", "while_statement", "with_statement", "try_statement",
                      "match_statement"})  # fmt: skip
DEEPER = frozenset({"if_statement", "for_statement", "while_statement", "except_clause", "except_group_clause",
                     "match_statement", "conditional_expression", "list_comprehension", "set_comprehension",
                     "dictionary_comprehension", "generator_expression"})  # fmt: skip
_NO_PARAMETERS = frozenset({"comment", "keyword_separator", "positional_separator"})
_HALF = 0.5
_WORDS = frozenset({"not in", "is not"})
_DECIDING = re.compile(r"\b(?:if|elif|for|while|except|and|or|case)\b")


def cyclomatic(function: Node) -> int:
    """Return one more than the number of decisions in a function, those of functions inside it too (McCabe 1976).

    A `case` counts unless it is `_`; each `and` and `or` counts.
    """
    count, waiting = 1, [function]
    while waiting:
        node = waiting.pop()
        if node.type in _DECISIONS:
            count += 1
        elif node.type == "case_clause":
            count += code(next((one for one in node.named_children if one.type == "case_pattern"), None)) != "_"
        waiting += node.named_children
    return count


def most_ways(text: str) -> int:
    """Return a number that the cyclomatic complexity of this code is not above, quickly."""
    return 1 + len(_DECIDING.findall(text))


def cognitive(function: Node) -> int:
    """Return the cognitive complexity (Campbell 2018) of a function: each break of the flow counts one, and one more
    for each level it is nested in; `else` and `elif` and each change between `and` and `or` count one."""
    return _weight([(child, 0) for child in function.children])


def heaviest(function: Node) -> tuple[Node, float] | None:
    """Return the smallest statement that holds more than half of a function's cognitive complexity, and what part of
    it; None where it is spread, or one statement is all of the body."""
    whole, found = cognitive(function), None
    waiting = [(child, 0) for child in function.named_children]
    while waiting and whole:
        node, depth = waiting.pop()
        share = _weight([(node, depth)]) / whole
        if share <= _HALF:
            continue
        if node.type in _NESTING and share < 1:
            found = node, share
        inner = depth + (node.type in DEEPER or node.type == FUNCTION)
        waiting = [(child, inner) for child in node.named_children]
    return found


def _weight(waiting: list[tuple[Node, int]]) -> int:
    """Return what these nodes, each at its depth, count together."""
    total = 0
    while waiting:
        node, depth = waiting.pop()
        inner = depth
        if node.type in DEEPER:
            total += 1 + depth
            inner = depth + 1
        elif node.type in {"elif_clause", "else_clause"}:
            total += _counts(node)
        elif node.type in {FUNCTION, "lambda"}:
            inner = depth + 1
        elif node.type == "boolean_operator" and not _continues(node):
            total += 1
        waiting += [(child, inner) for child in node.named_children]
    return total


def _counts(clause: Node) -> int:
    """An `else` of a `try` breaks no flow."""
    return int(clause.parent is None or clause.parent.type != "try_statement")


def _continues(node: Node) -> bool:
    outer = node.parent
    return outer is not None and outer.type == "boolean_operator" and (
        code(outer.child_by_field_name("operator")) == code(node.child_by_field_name("operator"))
    )  # fmt: skip


def tokens(node: Node) -> int:
    """Return how many tokens of code a node has; a text and a `not in` count one, a comment none."""
    count, waiting = 0, [node]
    while waiting:
        current = waiting.pop()
        if current.type == "comment":
            continue
        if current.child_count == 0 or current.type in _WORDS or (current.type == "string" and _is_plain(current)):
            count += 1
        else:
            waiting += current.children
    return count


def subscripts(node: Node) -> int:
    """Return how often a node looks something up by index or key."""
    return sum(one.type == "subscript" for one in walk(node))


def parameters(function: Node) -> int:
    """Return how many parameters a function has."""
    given = function.child_by_field_name("parameters")
    return sum(one.type not in _NO_PARAMETERS for one in given.named_children) if given is not None else 0


def depths(block: Node) -> Iterator[tuple[int, Node]]:
    """Yield the depth of each statement that nests, in one function; an `elif` is as deep as its `if`."""
    waiting = [(block, 0)]
    while waiting:
        node, depth = waiting.pop()
        for child in node.named_children:
            if child.type in {FUNCTION, CLASS, "decorated_definition", "lambda", "expression_statement"}:
                continue
            if child.type in _NESTING:
                yield depth + 1, child
                waiting.append((child, depth + 1))
            else:
                waiting.append((child, depth))


def _is_plain(string: Node) -> bool:
    return all(one.type != "interpolation" for one in string.named_children)
