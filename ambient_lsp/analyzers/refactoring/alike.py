"""Functions that are alike: copies that were edited, so that no long run of statements is the same any more.

A function's outline is the digest of each of its statements, with its own variables and all literals left out; what it
calls and reads from elsewhere stays. Two functions are alike when most of what they say, weighed by tokens, is the same
in much the same order. The outline depends on the text alone, so it is made once for each text.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding
from ambient_lsp.analyzers.source import code, is_label, read
from ambient_lsp.model import Evidence, Severity, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from tree_sitter import Node

    from ambient_lsp.analyzers.refactoring.duplication import Clone

SIMILAR = "AMB-REF-SIMILAR"

LEAST_ALIKE = 0.7
LEAST_ORDER = 0.6
_FEWEST_STATEMENTS = 4
_TOKENS_PER_LINE = 3
COMMON = 40
"""A statement that stands in more functions than this (`return self`) points at no copy."""
_COVERED = 0.6
_BLOCKS = frozenset({"block", "elif_clause", "else_clause", "except_clause", "finally_clause", "case_clause"})
_NUMBERS = frozenset({"integer", "float"})


@dataclass(frozen=True, slots=True)
class Outline:
    """A function: lines count from 0, the last one included; `digests` and `weights` (tokens) are of its statements."""

    symbol: str
    is_async: bool
    start_line: int
    end_line: int
    code_lines: int
    digests: tuple[int, ...]
    weights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two functions that are alike; `share` is the part of their tokens that both have."""

    path: str
    one: Outline
    other_path: str
    other: Outline
    share: float


def outlines(text: str) -> tuple[Outline, ...]:
    """Return the outline of each function that is long enough to be a copy of another; none where nothing parses."""
    source = read(text)
    starts, names = [one.start_byte for one in source.bindings], list(map(code, source.bindings))
    found = []
    for function in source.functions:
        if function.nested or _is_short(function.node) or not function.whole:
            continue
        # A method does not see its own name: `any` in a method `any` is the builtin, not that method.
        parameters = function.node.child_by_field_name("parameters") if function.in_class else None
        begin = (parameters or function.node).start_byte
        first, last = (bisect_left(starts, place) for place in (begin, function.node.end_byte))
        parts = list(_statements(function.node, set(names[first:last])))
        if len(parts) >= _FEWEST_STATEMENTS:
            lines = {line for _, _, part_lines in parts for line in part_lines}
            start, end = function.node.start_point[0], function.node.end_point[0]
            is_async = function.node.children[0].type == "async"
            digests, weights = tuple(one for one, _, _ in parts), tuple(weight for _, weight, _ in parts)
            found.append(Outline(function.qualname, is_async, start, end, len(lines), digests, weights))
    return tuple(found)


def pairs(known: Mapping[str, Sequence[Outline]], targets: Iterable[str], min_lines: int) -> list[Pair]:
    """Return the pairs of functions that are alike of which one at least stands in a target; most alike first."""
    places: defaultdict[int, set[tuple[str, int]]] = defaultdict(set)
    for path in sorted(known):
        for number, outline in enumerate(known[path]):
            if _is_long_enough(outline, min_lines):
                for digest in outline.digests:
                    places[digest].add((path, number))
    found: dict[tuple[tuple[str, int], tuple[str, int]], Pair] = {}
    for path in targets:
        for number, outline in enumerate(known.get(path, ())):
            if not _is_long_enough(outline, min_lines):
                continue
            here = (path, number)
            for there in candidates(places, outline):
                if there == here:
                    continue
                key = (min(here, there), max(here, there))
                other = known[there[0]][there[1]]
                share = likeness(outline, other) if key not in found else 0.0
                # What waits and what does not cannot share its code.
                if share >= LEAST_ALIKE and outline.is_async is other.is_async:
                    found[key] = Pair(path, outline, there[0], other, share)
    # To the last word of it: places are in sets, whose order is another in every process.
    return sorted(
        found.values(),
        key=lambda pair: (-pair.share, pair.path, pair.one.start_line, pair.other_path, pair.other.start_line),
    )


def candidates(places: Mapping[int, Collection[tuple[str, int]]], outline: Outline) -> Iterator[tuple[str, int]]:
    """Yield the functions, among them this one, that share enough with it to be worth comparing."""
    shared: Counter[tuple[str, int]] = Counter()
    for digest, weight in zip(outline.digests, outline.weights, strict=True):
        others = places.get(digest, ())
        if 1 < len(others) <= COMMON:
            for other in others:
                shared[other] += weight
    least = sum(outline.weights) * (LEAST_ALIKE - 0.3)
    yield from (other for other, weight in shared.items() if weight >= least)


def likeness(one: Outline, other: Outline) -> float:
    """Return which part of the longer function's tokens the other one says as well; 0 where the order differs much."""
    longest = max(sum(one.weights), sum(other.weights))
    if min(sum(one.weights), sum(other.weights)) < LEAST_ALIKE * longest:
        return 0.0
    weight = dict(zip(one.digests, one.weights, strict=True))
    common = Counter(one.digests) & Counter(other.digests)
    share = sum(weight[digest] * count for digest, count in common.items()) / longest
    if share < LEAST_ALIKE or len(common) < _FEWEST_STATEMENTS - 1:
        return 0.0
    order = SequenceMatcher(None, one.digests, other.digests, autojunk=False).ratio()
    return share if order >= LEAST_ORDER else 0.0


def found_in(path: str, similar: Sequence[Pair], repeated: Sequence[Clone]) -> list[RawFinding]:
    """Return a finding for each function of `path` with others like it, but for those that `repeated` tells already."""
    groups: defaultdict[Outline, list[tuple[str, Outline, float]]] = defaultdict(list)
    for pair in similar:
        if _is_told(pair, repeated):
            continue
        # In one file the later function is told, with the earlier one beside it.
        if pair.path == path and (pair.other_path != path or pair.one.start_line > pair.other.start_line):
            groups[pair.one].append((pair.other_path, pair.other, pair.share))
        elif pair.other_path == path:
            groups[pair.other].append((pair.path, pair.one, pair.share))
    found = []
    for outline, others in groups.items():
        nearest = others[0]
        twin = f"`{nearest[1].symbol}`" + (f" of {nearest[0]}" if nearest[1].symbol == outline.symbol else "")
        message = f"`{outline.symbol}` and {twin} are the same {_how_far(nearest[2])}."
        evidence = tuple(
            Evidence(other_path, _span(other), f"`{other.symbol}`, the same {_how_far(share)}.")
            for other_path, other, share in others
        )
        found.append(
            RawFinding(
                SIMILAR, _span(outline), message, Severity.HINT, evidence, ("duplication",), symbol=outline.symbol
            )
        )
    return found


def _is_told(pair: Pair, repeated: Sequence[Clone]) -> bool:
    """Return whether a run of equal statements covers most of both functions."""
    for clone in repeated:
        sides = ((pair.path, pair.one), (pair.other_path, pair.other))
        if all(
            any(
                place.path == path
                and min(place.end_line, outline.end_line) - max(place.start_line, outline.start_line) + 1
                >= _COVERED * (outline.end_line - outline.start_line + 1)
                for place in clone.places
            )
            for path, outline in sides
        ):
            return True
    return False


def _how_far(share: float) -> str:
    # Names and values are not compared: what is left may be all of it, and the functions opposites.
    return f"in {share:.0%} of their code" if share < 0.995 else "but for names and values"


def _span(outline: Outline) -> Span:
    return Span(outline.start_line, 0, outline.end_line + 1, 0)


def _is_long_enough(outline: Outline, min_lines: int) -> bool:
    # A module's own `__getattr__` must stand in it, and all of them look like this.
    if outline.symbol == "__getattr__":
        return False
    return outline.code_lines >= min_lines and sum(outline.weights) >= min_lines * _TOKENS_PER_LINE


def _is_short(function: Node) -> bool:
    """Return whether a function has too few lines for the statements that it would need."""
    rows = function.end_point[0] - function.start_point[0]
    return rows < _FEWEST_STATEMENTS and b";" not in (function.text or b"")


def _statements(function: Node, own: set[str]) -> Iterator[tuple[int, int, set[int]]]:
    """Yield digest, tokens and lines of each statement; of one that holds others, of its header. `own` are the names
    that the function binds."""
    waiting = [function.child_by_field_name("body")]
    while waiting:
        block = waiting.pop(0)
        for node in block.named_children if block is not None else ():
            if node.type == "comment" or _is_note(node):
                continue
            tokens, lines, inner = _header(node, own)
            if tokens:
                digest = hashlib.blake2b("\0".join(tokens).encode("utf-8", "replace"), digest_size=8).digest()
                yield int.from_bytes(digest), len(tokens), lines
            waiting += inner


def _header(node: Node, own: set[str]) -> tuple[list[str], set[int], list[Node]]:
    """Return the tokens of a statement up to the blocks in it, their lines, and those blocks."""
    tokens: list[str] = []
    lines: set[int] = set()
    blocks: list[Node] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        kind = current.type
        if kind == "comment" or kind == ":":
            continue
        if kind == "identifier":
            name = code(current)
            tokens.append("n" if name in own and not is_label(current) else name)
            lines.add(current.start_point[0])
        elif kind == "block":
            blocks.append(current)
        elif kind in _BLOCKS and current != node:
            tokens.append(kind)
            waiting += reversed(current.children)
        elif kind in _NUMBERS or (kind == "string" and _is_plain(current)):
            tokens.append("0")
            lines.add(current.start_point[0])
        elif inside := current.children:
            inside.reverse()
            waiting += inside
        else:
            tokens.append(code(current))
            lines.add(current.start_point[0])
    return tokens, lines, blocks


def _is_note(node: Node) -> bool:
    inside = node.named_children
    return node.type == "expression_statement" and len(inside) == 1 and inside[0].type == "string"


def _is_plain(string: Node) -> bool:
    return all(one.type != "interpolation" for one in string.named_children)
