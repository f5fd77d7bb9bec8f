"""Repeated code: runs of statements that are the same but for names and literals, in one file or in several.

Each statement gets a digest of its tokens, with variables and literals left out; calls, attributes and operators stay.
A repetition is a run of equal digests whose variables map one to one. The index of a file depends on its text alone, so
it is made once for each text. Its values are tuples: a repository has hundreds of thousands of them.
"""

from __future__ import annotations

import hashlib
import sys
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ambient_lsp.analyzers.base import RawFinding, parse
from ambient_lsp.model import Evidence, Severity, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tree_sitter import Node

T = TypeVar("T")

DUPLICATE = "AMB-REF-DUPLICATE"

_TOKENS_PER_LINE = 5
COMMON = 60
"""A statement that stands in more places than this (`return None`) begins no repetition worth telling."""

_DEFINITIONS = frozenset({"function_definition", "class_definition", "decorated_definition"})
_SEPARATORS = _DEFINITIONS | {
    "import_statement", "import_from_statement", "future_import_statement", "global_statement", "nonlocal_statement",
    "pass_statement", "ERROR",
}  # fmt: skip
_NUMBERS = frozenset({"integer", "float"})
_FIXED = {"attribute": "attribute", "call": "function", "keyword_argument": "name"}
"""The field of a node whose name says what is done, and is no variable."""


class Piece(NamedTuple):
    """One statement. Lines count from 0, the last one included; `names` are the variables in order of place."""

    digest: str
    start_line: int
    end_line: int
    code_lines: int
    tokens: int
    names: tuple[str, ...]


class Run(NamedTuple):
    """Statements that follow one another in one block of the function `symbol`."""

    symbol: str
    pieces: tuple[Piece, ...]


class Place(NamedTuple):
    """Where a repetition stands: whole lines, the last one included."""

    path: str
    start_line: int
    end_line: int
    symbol: str


@dataclass(frozen=True, slots=True)
class Clone:
    """Code that stands in all of `places`; `lines` is how many lines of code one of them has."""

    places: tuple[Place, ...]
    lines: int


def index(text: str) -> tuple[Run, ...]:
    """Return the statement runs of a file's functions; none for generated or unreadable text."""
    if "\r" in text.replace("\r\n", ""):
        return ()
    runs: list[Run] = []
    try:
        _visit(parse(text).root_node, "", None, in_function=False, runs=runs)
    except RecursionError:
        return ()
    return tuple(runs)


def find(text: str, path: str, min_lines: int = 6) -> list[RawFinding]:
    """Find repetitions within one file."""
    return found_in(path, clones({path: index(text)}, [path], min_lines))


def found_in(path: str, repeated: Sequence[Clone]) -> list[RawFinding]:
    """Return a finding for the first place of each repetition in `path`; the other places are its evidence."""
    found = []
    for clone in repeated:
        here = [place for place in clone.places if place.path == path]
        if not here:
            continue
        first, others = here[0], [place for place in clone.places if place != here[0]]
        where = "one other place" if len(others) == 1 else f"{len(others)} other places"
        found.append(
            RawFinding(
                DUPLICATE,
                span(first),
                f"These {clone.lines} lines are repeated in {where}.",
                Severity.INFORMATION,
                evidence=tuple(Evidence(place.path, span(place), _says(place)) for place in others),
                tags=("duplication",),
                symbol=first.symbol,
            )
        )
    return found


def clones(indexes: Mapping[str, Sequence[Run]], targets: Sequence[str], min_lines: int) -> list[Clone]:
    """Return the repetitions that have a place in one of `targets`, longest first, none inside another."""
    places: dict[str, list[tuple[str, Run, int]]] = defaultdict(list)
    for path in sorted(indexes):
        for run in indexes[path]:
            for position, piece in enumerate(run.pieces):
                if piece.digest:
                    places[piece.digest].append((path, run, position))
    groups: dict[tuple[str, int, int], set[Place]] = defaultdict(set)
    lines: dict[tuple[str, int, int], int] = {}
    shapes: dict[tuple[str, int, int], tuple[str, ...]] = {}
    for path in targets:
        for run in indexes.get(path, ()):
            for position, piece in enumerate(run.pieces):
                others = places.get(piece.digest, [])
                if not 1 < len(others) <= COMMON:
                    continue
                for other_path, other, other_position in others:
                    if other is run and other_position == position:
                        continue
                    if _continues(run, position, other, other_position, places):
                        continue
                    count = _matching(run, position, other, other_position)
                    if not count or not _worth_telling(run.pieces[position : position + count], min_lines):
                        continue
                    here = _place(path, run, position, count)
                    key = (path, here.start_line, here.end_line)
                    groups[key] |= {here, _place(other_path, other, other_position, count)}
                    lines[key] = sum(piece.code_lines for piece in run.pieces[position : position + count])
                    shapes[key] = tuple(piece.digest for piece in run.pieces[position : position + count])
    joined = _joined((shapes[key], group) for key, group in groups.items())
    found = {frozenset(joined[shapes[key], min(group)]): lines[key] for key, group in groups.items()}
    ordered = sorted(found.items(), key=lambda item: (-item[1] * len(item[0]), sorted(item[0])))
    kept: list[Clone] = []
    kept_in: defaultdict[str, list[Clone]] = defaultdict(list)
    for group, count in ordered:
        around = kept_in[next(iter(group)).path]
        if not any(all(_within(place, clone.places) for place in group) for clone in around):
            clone = Clone(tuple(sorted(group)), count)
            kept.append(clone)
            for path in {place.path for place in group}:
                kept_in[path].append(clone)
    return kept


def _joined(
    groups: Iterable[tuple[tuple[str, ...], set[Place]]],
) -> dict[tuple[tuple[str, ...], Place], set[Place]]:
    """Return, for each place and the statements that stand there, all places that are linked with it by any group.

    Of many alike statements in a row, each is only compared with those beside it.
    """
    joined: dict[tuple[tuple[str, ...], Place], set[Place]] = {}
    for shape, group in groups:
        whole = set(group)
        for known in {id(one): one for place in group if (one := joined.get((shape, place))) is not None}.values():
            whole |= known
        joined.update(((shape, place), whole) for place in whole)
    return joined


def duplicated_lines(texts: Mapping[str, str], min_lines: int = 6) -> int:
    """Return how many lines could go if each repetition in these texts stood once."""
    repeated = clones({path: index(text) for path, text in texts.items()}, sorted(texts), min_lines)
    spare: set[tuple[str, int]] = set()
    for clone in repeated:
        for place in clone.places[1:]:
            spare.update((place.path, line) for line in range(place.start_line, place.end_line + 1))
    return len(spare)


def _continues(
    run: Run, position: int, other: Run, other_position: int, places: Mapping[str, Sequence[object]]
) -> bool:
    """Return whether the match began one statement earlier, so that it has been seen from there."""
    if not position or not other_position:
        return False
    before = run.pieces[position - 1].digest
    if not before or before != other.pieces[other_position - 1].digest or len(places[before]) > COMMON:
        return False
    return _matching(run, position - 1, other, other_position - 1) > 1


def _matching(run: Run, position: int, other: Run, other_position: int) -> int:
    """Return how many statements are alike from here on, with variables that map one to one."""
    most = min(len(run.pieces) - position, len(other.pieces) - other_position)
    if run is other:
        most = min(most, abs(other_position - position))
    there: dict[str, str] = {}
    back: dict[str, str] = {}
    for offset in range(most):
        left, right = run.pieces[position + offset], other.pieces[other_position + offset]
        if not left.digest or left.digest != right.digest:
            return offset
        for one, two in zip(left.names, right.names, strict=True):
            if there.setdefault(one, two) != two or back.setdefault(two, one) != one:
                return offset
    return most


def _worth_telling(pieces: Sequence[Piece], min_lines: int) -> bool:
    lines = sum(piece.code_lines for piece in pieces)
    if lines < min_lines or sum(piece.tokens for piece in pieces) < min_lines * _TOKENS_PER_LINE:
        return False
    # A list of alike calls (`add_argument`, `register`) is a table, not logic.
    return len(pieces) == 1 or len({piece.digest for piece in pieces}) > 1


def _within(place: Place, outer: Sequence[Place]) -> bool:
    return any(
        place.path == other.path and other.start_line <= place.start_line and place.end_line <= other.end_line
        for other in outer
    )


def _place(path: str, run: Run, position: int, count: int) -> Place:
    return Place(path, run.pieces[position].start_line, run.pieces[position + count - 1].end_line, run.symbol)


def span(place: Place) -> Span:
    """Return a place as whole lines."""
    return Span(place.start_line, 0, place.end_line + 1, 0)


def _says(place: Place) -> str:
    return f"The same code in `{place.symbol}`." if place.symbol else "The same code."


def _visit(node: Node, symbol: str, tokens: _Tokens | None, *, in_function: bool, runs: list[Run]) -> None:
    """Add the runs of a node. `tokens` are those of the outermost function's block around it."""
    kind, children = node.type, node.named_children
    if in_function and kind == "block":
        tokens = tokens or _Tokens(node)
        pieces = tuple(_piece(child, tokens) for child in children if not _is_note(child))
        if pieces:
            runs.append(Run(symbol, pieces))
    for child in children:
        kind = child.type
        if kind in {"function_definition", "class_definition"}:
            name = child.child_by_field_name("name")
            inner = name.text.decode("utf-8", "replace") if name is not None and name.text else ""
            dotted = f"{symbol}.{inner}" if symbol else inner
            _visit(child, dotted, tokens, in_function=kind == "function_definition", runs=runs)
        elif kind == "block" or kind.endswith(("_statement", "_clause", "_definition")):
            _visit(child, symbol, tokens, in_function=in_function, runs=runs)


def _is_note(node: Node) -> bool:
    if node.type == "comment":
        return True
    return (
        node.type == "expression_statement" and node.named_child_count == 1 and node.named_children[0].type == "string"
    )


def _piece(node: Node, tokens: _Tokens) -> Piece:
    start, end = node.start_point[0], node.end_point[0]
    if node.type in _SEPARATORS or node.has_error:
        return Piece("", start, end, 0, 0, ())
    codes, lines, names = tokens.of(node)
    digest = hashlib.sha256("\0".join(codes).encode()).hexdigest()[:16]
    return Piece(digest, start, end, lines, len(codes), names)


class _Tokens:
    """The tokens of a block, read once: those of a statement in it, however deep, are a part of them."""

    def __init__(self, block: Node) -> None:
        self._codes: list[str] = []
        self._rows: list[int] = []
        self._long: list[tuple[int, range]] = []  # the rows of those that stand on more than one
        self._names: list[tuple[int, str]] = []
        self._places: dict[int, tuple[int, int]] = {}
        self._read(block, None)

    def of(self, statement: Node) -> tuple[list[str], int, tuple[str, ...]]:
        """Return the tokens of a statement, how many lines they stand on, and the variables among them."""
        start, end = self._places[statement.id]
        rows = set(self._rows[start:end])
        for _, more in _between(self._long, start, end):
            rows.update(more)
        names = tuple(name for _, name in _between(self._names, start, end))
        return self._codes[start:end], len(rows), names

    def _read(self, node: Node, fixed: Node | None) -> None:
        """Add the tokens of a node. `fixed` is the part of its parent whose name says what is done, and stays."""
        kind = node.type
        if kind == "comment":
            return
        if kind == "identifier":
            self._add(node, _text(node) if node == fixed else "n")
            return
        children = node.children
        if kind in _NUMBERS or (kind == "string" and not any(child.type == "interpolation" for child in children)):
            self._add(node, "0")
        elif not children:
            # An indented block has no token of its own: its depth is told by the statement types below.
            self._add(node, _text(node) or kind)
        else:
            if kind == "block" or kind.endswith("_statement"):
                self._add(children[0], kind)
            field = _FIXED.get(kind)
            fixed = node.child_by_field_name(field) if field else None
            for child in children:
                start = len(self._codes)
                self._read(child, child if kind == "type" else fixed)
                if kind == "block":
                    self._places[child.id] = (start, len(self._codes))
            if kind == "block":
                self._add(children[-1], "end")

    def _add(self, node: Node, code: str) -> None:
        start, end = node.start_point[0], node.end_point[0]
        if start != end:
            self._long.append((len(self._codes), range(start, end + 1)))
        if code == "n" and node.text:
            self._names.append((len(self._codes), sys.intern(_text(node))))  # one object, in memory and when pickled
        self._codes.append(code)
        self._rows.append(start)


def _between(entries: list[tuple[int, T]], start: int, end: int) -> list[tuple[int, T]]:
    return entries[bisect_left(entries, start, key=_place_of) : bisect_left(entries, end, key=_place_of)]


def _place_of(entry: tuple[int, object]) -> int:
    return entry[0]


def _text(node: Node) -> str:
    return node.text.decode("utf-8", "replace") if node.text else ""
