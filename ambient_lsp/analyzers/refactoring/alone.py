"""A function as a module of its own, so that rewriting it costs what the function costs and not what the file does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.source import Edit, statements
from ambient_lsp.model import Span
from ambient_lsp.text import split_lines

if TYPE_CHECKING:
    from ambient_lsp.analyzers.source import Definition, Source


@dataclass(frozen=True, slots=True)
class Alone:
    """Lines `first` to `last` (not part) of a file, a function, as a module. `headers` lines hold its indentation."""

    text: str
    first: int
    last: int
    headers: int

    def moved(self, span: Span) -> Span:
        """Return a span of this module as a span of the file."""
        lines = self.first - self.headers
        return Span(span.start_line + lines, span.start_column, span.end_line + lines, span.end_column)

    def put_back(self, source: Source, new: str) -> str:
        """Return the file with `new` in place of this module's text."""
        body = "".join(split_lines(new)[self.headers :])
        start, end = source.line_start(self.first), source.line_start(self.last)
        return source.changed([Edit(start, end, body)])


def on_its_own(source: Source, function: Definition) -> Alone | None:
    """Return a function's lines under as many `if 1:` as its indentation takes; None where that is irregular."""
    first, last = function.node.start_point[0], function.node.end_point[0] + 1
    inside = statements(function.body)
    if not inside or inside[0].start_point[0] == first:
        return None
    margin, inner = (_margin(source.line(one.start_point[0])) for one in (function.node, inside[0]))
    step = inner.removeprefix(margin)
    count = len(margin) // len(step) if step else 0
    if not step or step * count != margin or not source.line(first)[len(margin) :].startswith(("def", "async")):
        return None
    headers = "".join(f"{step * level}if 1:{source.newline}" for level in range(count))
    text = source.between(source.line_start(first), source.line_start(last))
    return Alone(headers + text, first, last, count)


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
