"""Every shape of code that can be said more simply, each with the text that says it and the number that it lowers.

A shape is offered where the function's cognitive complexity gets lower, or where that stays and the function has fewer
tokens (fewer subscripts, where a loop looks its items up). All are counted on the function before and after, here as in
the proof.
"""

from __future__ import annotations

from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import RawFinding, is_test_path, parse
from ambient_lsp.analyzers.refactoring import branches, conditions, counting, loop_forms, resources
from ambient_lsp.analyzers.refactoring.complexity import cognitive
from ambient_lsp.analyzers.refactoring.forms import Rewrite
from ambient_lsp.analyzers.source import read
from ambient_lsp.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ambient_lsp.analyzers.refactoring.forms import Form
    from ambient_lsp.analyzers.source import Definition, Source

_MOST = 30
"""Shapes in one file: nobody reads more hints than these."""

MESSAGES = {
    conditions.NOT: "This `not` belongs to the comparison.",
    conditions.BOOL_COMPARE: "This is True or False already; there is nothing to compare.",
    conditions.CHAIN: "These two comparisons are one range.",
    conditions.MEMBER: "These comparisons ask whether it is one of several values.",
    conditions.ISINSTANCE: "One `isinstance` can ask for several classes.",
    conditions.EMPTY: "An empty container is false by itself.",
    branches.TERNARY: "Both branches set the same name; one assignment says so.",
    branches.TRUTH: "This is the condition itself, written as a branch.",
    branches.GET: "`get` looks once, and has the default.",
    branches.SAME: "These two cases do the same.",
    loop_forms.ANY_ALL: "This loop only asks whether one of the items, or each of them, passes a test.",
    loop_forms.COMPREHENSION: "This loop only builds a collection; a comprehension says so in one line.",
    loop_forms.ENUMERATE: "This loop counts only to reach the items.",
    loop_forms.ITEMS: "This loop looks up each key that it has just been given.",
    resources.WITH: "If anything in between raises, this file stays open.",
}
_LOOKUPS = frozenset({loop_forms.ENUMERATE, loop_forms.ITEMS})
_TITLES = {
    conditions.NOT: "Write the negated comparison as one",
    conditions.BOOL_COMPARE: "Drop the comparison with a bool",
    conditions.CHAIN: "Chain the comparisons",
    conditions.MEMBER: "Ask with `in`",
    conditions.ISINSTANCE: "Ask `isinstance` once",
    conditions.EMPTY: "Test the container itself",
    branches.TERNARY: "Assign once",
    branches.TRUTH: "Use the condition itself",
    branches.GET: "Look up with `get`",
    branches.SAME: "Join the cases that do the same",
    loop_forms.ANY_ALL: "Ask with `any` or `all`",
    loop_forms.COMPREHENSION: "Build it with a comprehension",
    loop_forms.ENUMERATE: "Loop over the items",
    loop_forms.ITEMS: "Loop over keys and values",
    resources.WITH: "Close the file with `with`",
}


def find(text: str, path: str, line_length: int = 88) -> list[RawFinding]:
    """Find what `rewrites` would make simpler."""
    return findings_of(rewrites(text, path, line_length))


def findings_of(made: Sequence[Rewrite]) -> list[RawFinding]:
    """Return a finding for each rewrite."""
    return [
        RawFinding(one.rule, one.span, MESSAGES[one.rule], Severity.HINT, tags=("complexity",), symbol=one.symbol)
        for one in made
    ]


def rewrites(text: str, path: str, line_length: int = 88) -> list[Rewrite]:
    """Return every rewrite that lowers a number, in order of place; never two that the same text gives.

    None in tests: `assert bool(a) is True` is meant, and a loop that builds a list there is nobody's burden.
    """
    if is_test_path(path):
        return []
    source = read(text)
    made: list[Rewrite] = []
    for number, outer in enumerate(source.functions):
        if outer.nested or not outer.whole or len(made) >= _MOST:
            continue
        inside = takewhile(partial(_holds, outer), source.functions[number:])
        try:
            forms = [form for one in inside for form in _forms(source, one, line_length)]
        except RecursionError:
            continue
        made += [rewrite for form in forms if (rewrite := _measured(source, outer, form)) is not None]
    return sorted({one.text: one for one in made}.values(), key=lambda one: one.span)[:_MOST]


def _holds(outer: Definition, inner: Definition) -> bool:
    return outer.node.start_byte <= inner.node.start_byte and inner.node.end_byte <= outer.node.end_byte


def _forms(source: Source, function: Definition, line_length: int) -> Iterator[Form]:
    yield from conditions.find(source, function.node)
    yield from branches.find(source, function.node, line_length)
    yield from loop_forms.find(source, function.node, line_length)
    yield from resources.find(source, function.node)


def _measured(source: Source, outer: Definition, form: Form) -> Rewrite | None:
    """Return the rewrite with the number that it lowers; None where it lowers none, or raises the complexity."""
    text = source.changed(form.edits)
    start, end = outer.node.start_byte, outer.node.end_byte
    alone = source.between(start, end)
    rest = len(source.text) - len(source.between(0, end))
    begin = len(source.between(0, start))
    changed = text[begin : len(text) - rest]
    metric = "cognitive-complexity"
    before, after = (cognitive(one).get(outer.name, 0) for one in (alone, changed))
    if before == after:
        metric = "subscripts" if form.rule in _LOOKUPS else "tokens"
        count = counting.subscripts if form.rule in _LOOKUPS else counting.tokens
        before, after = (count(parse(one).root_node) for one in (alone, changed))
    if after >= before:
        return None
    title = f"{_TITLES[form.rule]} in `{outer.qualname}`"
    return Rewrite(form.rule, title, outer.qualname, source.span(form.node), text, before, after, metric)
