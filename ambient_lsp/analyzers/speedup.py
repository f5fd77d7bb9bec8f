"""A faster way to write something: the value that the performance rules return, and their ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from ambient_lsp.analyzers.syntax import Function, Syntax
    from ambient_lsp.model import Span

LITERAL = "AMB-PERF-LITERAL"
MEMBERSHIP = "AMB-PERF-MEMBERSHIP"
SEEN = "AMB-PERF-SEEN"
CONCAT = "AMB-PERF-CONCAT"
SORTED = "AMB-PERF-SORTED"
ANY_ALL = "AMB-PERF-SHORT-CIRCUIT"
HOIST = "AMB-PERF-HOIST"
KEYS = "AMB-PERF-KEYS"
FRONT = "AMB-PERF-FRONT"
QUERY = "AMB-PERF-QUERY"


@dataclass(frozen=True, slots=True)
class Speedup:
    """One place that could be faster.

    `text` is the module's new text, empty where there is only a finding. `symbol` is the function to be timed: the
    outermost one, which can be called from outside. `loop` is where the enclosing loop starts.
    """

    rule: str
    title: str
    message: str
    symbol: str
    span: Span
    loop: Span | None
    text: str


def speedup(
    syntax: Syntax,
    function: Function,
    rule: str,
    node: cst.CSTNode,
    loop: cst.CSTNode | None,
    message: str,
    title: str,
    text: str,
) -> Speedup:
    """Make a speedup at `node` of `function`."""
    symbol = callable_name(syntax, function)
    where = f"{title} in `{symbol}`" if title else ""
    return Speedup(rule, where, message, symbol, syntax.span(node), _header(syntax, loop), text)


def callable_name(syntax: Syntax, function: Function) -> str:
    """Return the dotted name of the function that a caller outside can reach."""
    outermost = function
    for above in syntax.ancestors(function.node):
        if isinstance(above, cst.FunctionDef):
            outermost = next(one for one in syntax.functions if one.node is above)
    return outermost.qualname


def _header(syntax: Syntax, loop: cst.CSTNode | None) -> Span | None:
    if loop is None:
        return None
    shown = loop.iter if isinstance(loop, cst.For | cst.CompFor) else loop
    return syntax.span(shown.test if isinstance(shown, cst.While) else shown)
