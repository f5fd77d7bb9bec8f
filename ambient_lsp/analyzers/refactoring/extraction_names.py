"""What an extracted function and its parameters are called: after what comes out, and after what the literals say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.analyzers.refactoring.extraction_sites import Shape, Site
    from ambient_lsp.analyzers.syntax import Syntax

_SHORTEST_NAME = 3
_FILLERS = frozenset({"a", "an", "and", "as", "at", "by", "for", "from", "if", "in", "is", "of", "on", "or", "the",
                      "to", "with", "without"})  # fmt: skip
"""Words that say nothing at the end of a name."""


def function_name(sites: Sequence[Site], results: Sequence[str]) -> str:
    """Return a name that says what comes out, or what the functions have in common; empty where neither is known."""
    if any(len(name) >= _SHORTEST_NAME for name in results):
        prefix = "_compute_" if len(results) == 1 else "_"
        return prefix + "_and_".join(name.strip("_") for name in results)
    words = [site.function.node.name.value.strip("_").split("_") for site in sites]
    shared = [word for word in words[0] if all(word in other for other in words[1:])]
    while shared and shared[-1] in _FILLERS:
        shared.pop()
    prefix = "_check_" if _only_refuses(sites[0].body) and "check" not in shared else "_shared_"
    return prefix + "_".join(shared) if shared else ""


def _only_refuses(body: Sequence[cst.BaseStatement]) -> bool:
    """Return whether statements do nothing but raise where something is wrong."""
    return all(
        isinstance(one, cst.If)
        and one.orelse is None
        and all(
            isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], cst.Raise) for line in one.body.body
        )
        for one in body
    )


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def literal_names(syntax: Syntax, shape: Shape, taken: set[str]) -> dict[str, list[cst.CSTNode]]:
    """Name each differing literal after the keyword that it is given for, else after what it is."""
    named: dict[str, list[cst.CSTNode]] = {}
    for nodes in shape.literals.values():
        above = syntax.parent(nodes[0])
        if isinstance(above, cst.Arg) and above.keyword is not None:
            wish = above.keyword.value
        elif isinstance(above, cst.ComparisonTarget):
            wish = _compared(syntax, above)
        elif isinstance(above, cst.Index):
            wish = "key" if isinstance(nodes[0], cst.SimpleString) else "index"
        else:
            wish = _kind_of_literal(nodes[0])
        named[_free(wish, taken | set(named))] = nodes
    return named


def _compared(syntax: Syntax, target: cst.ComparisonTarget) -> str:
    """Name a literal after what it is compared with: `row.kind == "a"` gives `kind`, and a border is a limit."""
    if not isinstance(target.operator, cst.Equal | cst.NotEqual):
        return "limit"
    comparison = syntax.parent(target)
    left = comparison.left if isinstance(comparison, cst.Comparison) else None
    if isinstance(left, cst.Call) and isinstance(left.func, cst.Attribute) and left.func.attr.value == "get":
        left = left.args[0].value if left.args else None
    elif isinstance(left, cst.Subscript) and isinstance(left.slice[0].slice, cst.Index):
        left = left.slice[0].slice.value
    said = left.attr if isinstance(left, cst.Attribute) else left
    if isinstance(said, cst.Name):
        return f"expected_{said.value.strip('_')}"
    name = said.raw_value if isinstance(said, cst.SimpleString) else ""
    return f"expected_{name}" if name.isidentifier() else "expected"


def _kind_of_literal(node: cst.CSTNode) -> str:
    if not isinstance(node, cst.SimpleString):
        return "amount"
    if "b" in node.prefix:
        return "marker"
    return "message" if " " in node.raw_value else "label"
