"""A faster way to write something: the value that the performance rules return, and their ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.regions import header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ambient_lsp.analyzers.speed.code import Function, Node
    from ambient_lsp.model import Json, Span

MEMBERSHIP = "AMB-PERF-MEMBERSHIP"
SEEN = "AMB-PERF-SEEN"
LITERAL = "AMB-PERF-LITERAL"
KEYS = "AMB-PERF-KEYS"
CONCAT = "AMB-PERF-CONCAT"
REBUILD = "AMB-PERF-REBUILD"
FLATTEN = "AMB-PERF-FLATTEN"
FRONT = "AMB-PERF-FRONT"
SORTED = "AMB-PERF-SORTED"
RESORT = "AMB-PERF-RESORT"
ANY_ALL = "AMB-PERF-ANY-ALL"
GENERATOR = "AMB-PERF-GENERATOR"
COPY = "AMB-PERF-COPY"
HOIST = "AMB-PERF-HOIST"
REGEX = "AMB-PERF-REGEX"
COUNT = "AMB-PERF-COUNT"
COUNTER = "AMB-PERF-COUNTER"
LOOKUP = "AMB-PERF-LOOKUP"
ITEMS = "AMB-PERF-ITEMS"
CACHE = "AMB-PERF-CACHE"
BLOCKING = "AMB-PERF-BLOCKING"
QUERY = "AMB-PERF-QUERY"
ROWS = "AMB-PERF-ROWS"

_TYPED = frozenset({MEMBERSHIP, SEEN, LITERAL, KEYS, FRONT, SORTED, COPY, HOIST, COUNT, LOOKUP, ITEMS})
"""Rules whose fixes need to know types."""


@dataclass(frozen=True, slots=True)
class Speedup:
    """`text` is the whole module with the rewrite; empty where there is only something to say.

    `symbol` is the function that can be called from outside to time it; `loop` is where time goes. `proof` holds what
    the prover must know beside that.
    """

    rule: str
    title: str
    message: str
    symbol: str
    span: Span
    loop: Span | None
    text: str
    proof: Mapping[str, Json] = field(default_factory=dict)


def speedup(
    function: Function,
    rule: str,
    node: Node,
    message: str,
    title: str = "",
    text: str = "",
    loop: Node | None = None,
    **proof: Json,
) -> Speedup:
    """Make a speedup at `node` of `function`."""
    if text and rule in _TYPED and function.kinds.get("learnt"):
        message += " What the parameters are, the calls in the repository say."
    where = f"{title} in `{function.symbol}`" if text else ""
    span = node.code.span
    shown = span(header(loop)) if loop is not None else None
    return Speedup(rule, where, message, function.symbol, span(node), shown, text, proof)
