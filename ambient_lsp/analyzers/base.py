"""What every analyzer returns, and how it becomes a `Finding` with an id and a fingerprint.

An analyzer is a module-level function on text, so that it can run in a worker process: `find(text, path, ...) ->
list[RawFinding]`. It knows nothing of ids; `findings` gives them, the same way for all.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from ambient_lsp import identity
from ambient_lsp.model import Evidence, Finding, Json, Rationale, Severity, Span
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tree_sitter import Node, Parser, Tree

    from ambient_lsp.model import Snapshot

_DEFINITIONS = frozenset({"function_definition", "class_definition"})
_LONE_RETURN = re.compile(r"\r(?!\n)")


@dataclass(frozen=True, slots=True)
class RawFinding:
    """What an analyzer saw, before it has an id.

    `symbol` is the enclosing definition ("Class.method"); left empty, `findings` looks it up. `data` is for the
    specialist that writes the fix, and does not become part of the finding. `code` names the finding in place of the
    text in `span`; it must not change when something else is fixed.
    """

    rule: str
    span: Span
    message: str
    severity: Severity
    evidence: tuple[Evidence, ...] = ()
    tags: tuple[str, ...] = ()
    symbol: str = ""
    data: Mapping[str, Json] = field(default_factory=dict)
    code: str = ""


def findings(agent: str, snapshot: Snapshot, raws: Iterable[RawFinding]) -> list[Finding]:
    """Return the findings of one text, one for each of `raws`, ordered by place and then by rule.

    Two that are alike in rule and code get different ids by their order in the file.
    """
    lines = Lines(snapshot.text)
    seen: Counter[tuple[str, str]] = Counter()
    result = []
    for raw in sorted(raws, key=lambda raw: (raw.span, raw.rule, raw.message)):
        code = raw.code or _code_of(lines, raw.span)
        normal = " ".join(code.split())
        symbol = raw.symbol or enclosing_symbol(snapshot.text, raw.span)
        result.append(
            Finding(
                id=identity.finding_id(raw.rule, snapshot.path, code, seen[raw.rule, normal]),
                fingerprint=identity.fingerprint(raw.rule, snapshot.path, code, symbol),
                agent=agent,
                rule=raw.rule,
                path=snapshot.path,
                span=raw.span,
                severity=raw.severity,
                message=raw.message,
                base_sha256=snapshot.sha256,
                evidence=raw.evidence,
                rationales=(Rationale(agent, raw.message),),
                tags=raw.tags,
            )
        )
        seen[raw.rule, normal] += 1
    return result


def enclosing_symbol(text: str, span: Span) -> str:
    """Return the dotted name of the innermost definition around the start of `span`; empty at module level.

    Works on half-typed text: what is whole around the broken part still has its name.
    """
    point = _start_of(text, span)
    node = parse(text).root_node.descendant_for_point_range(point, point)
    names: list[str] = []
    while node is not None:
        name = node.child_by_field_name("name") if node.type in _DEFINITIONS else None
        if name is not None and name.text is not None and node.start_point <= point < node.end_point:
            names.append(name.text.decode("utf-8", "replace"))
        node = node.parent
    return ".".join(reversed(names))


@lru_cache(maxsize=64)
def parse(text: str) -> Tree:
    """Return the tree-sitter tree of Python text; parsed once for each text. Never raises on broken text."""
    # A lone carriage return ends a line for Python and for editors, and not for tree-sitter.
    return _parser().parse(_LONE_RETURN.sub("\n", text).encode("utf-8", "replace"))


def node_at(text: str, span: Span) -> Node | None:
    """Return the smallest tree-sitter node at the start of `span`."""
    point = _start_of(text, span)
    return parse(text).root_node.descendant_for_point_range(point, point)


@cache
def _parser() -> Parser:
    # Imported here because only a process that analyses Python needs the grammar.
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language()))


def _start_of(text: str, span: Span) -> tuple[int, int]:
    line = Lines(text).line(span.start_line)
    return span.start_line, len(line[: span.start_column].encode("utf-8", "replace"))


def _code_of(lines: Lines, span: Span) -> str:
    """Return the code that names a finding: the span, or its first line where the span is empty."""
    code = lines.slice(span)
    return code if code.strip() else lines.line(span.start_line)
