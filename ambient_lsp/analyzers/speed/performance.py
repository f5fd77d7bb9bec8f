"""Slow ways of doing things, and the faster ones that do the same.

Nothing here is believed to be faster: each rewrite is measured in the sandbox before it is offered. What is checked
here is that it does the same; where the code does not say enough for that, there is only a finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding, pure
from ambient_lsp.analyzers.speed import (
    blocking,
    building,
    caching,
    copies,
    counters,
    evidence,
    flattening,
    fronts,
    hoisting,
    lookups,
    membership,
    ordering,
    queries,
    seen,
)
from ambient_lsp.analyzers.speed.code import read
from ambient_lsp.analyzers.speed.speedup import COUNTER, HOIST, KEYS, MEMBERSHIP, SEEN
from ambient_lsp.model import Evidence, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ambient_lsp.analyzers.speed.code import Function, Node
    from ambient_lsp.analyzers.speed.relations import Relation
    from ambient_lsp.analyzers.speed.speedup import Speedup

    Rule = Callable[[Function, Node], Iterator[Speedup]]

_MOST = 200
"""Speedups of one file; each holds the file's whole new text."""
_RULES: Mapping[str, tuple[Rule, ...]] = {
    "comparison_operator": (membership.in_container,),
    "assignment": (seen.seen_list, building.grown_text, building.rebuilt, fronts.sliced_front),
    "call": (
        copies.taken, copies.sorted_listed, flattening.flattened, fronts.front, ordering.resorted, hoisting.invariant,
        lookups.counted, lookups.found_first, lookups.removed, queries.asked, blocking.blocking,
    ),
    "subscript": (ordering.sorted_part,),
    "for_statement": (counters.counter, copies.iterated, lookups.searched, lookups.keyed, lookups.rows),
    "for_in_clause": (copies.iterated,),
    "list_comprehension": (hoisting.listed,),
    "set_comprehension": (hoisting.listed,),
}  # fmt: skip
_WINS = {SEEN: MEMBERSHIP, COUNTER: KEYS, HOIST: KEYS}


def find(text: str, path: str) -> list[RawFinding]:
    """Find slow code. The loop is the evidence."""
    return findings_of(speedups(text, path), path)


def findings_of(made: Sequence[Speedup], path: str) -> list[RawFinding]:
    """Return a finding for each speedup, offered or not."""
    return [
        RawFinding(
            one.rule,
            one.span,
            one.message,
            Severity.INFORMATION if one.text else Severity.HINT,
            evidence=(Evidence(path, one.loop, "This loop does it again and again."),) if one.loop else (),
            tags=("performance",),
            symbol=one.symbol,
        )
        for one in made
    ]


@pure
def speedups(
    text: str, path: str, relations: Sequence[Relation] = (), callers: Sequence[tuple[str, bool]] = ()
) -> list[Speedup]:
    """Return what could be faster; `text` of one that is only worth a word is empty.

    `relations` are those of the repository's models; `callers` are (text, whether it is a test) of files that call what
    is defined here, and tell what parameters without type hints are. Text that does not parse as a whole is left
    alone: it is being typed.
    """
    code = read(text)
    if code.broken:
        return []
    code = evidence.learned(code, callers)
    made: list[Speedup] = []
    for function in code.functions:
        made += caching.cacheable(function)
        for node in function.body.own():
            for rule in _RULES.get(node.type, ()):
                made += rule(function, node)
            if relations and node.type in {"for_statement", "for_in_clause"}:
                made += queries.lazy(function, node, relations)
        if len(made) > _MOST:
            break
    return sorted(_once(made), key=_order)


def _once(made: Sequence[Speedup]) -> Iterator[Speedup]:
    """Leave out what another rule says better about the same place."""
    taken = {(_WINS[one.rule], one.span) for one in made if one.rule in _WINS}
    seen_spans: set[tuple[object, ...]] = set()
    for one in made:
        key = (one.rule, one.span)
        if key in taken or key in seen_spans:
            continue
        seen_spans.add(key)
        yield one


def _order(one: Speedup) -> tuple[object, ...]:
    return one.span, one.rule
