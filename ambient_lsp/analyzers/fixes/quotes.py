"""New strings are written in the quotes that the file itself prefers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.fixes.pieces import code_of

if TYPE_CHECKING:
    from ambient_lsp.analyzers.fixes.site import Replacement, Source


def in_quotes_of(source: Source, old: cst.CSTNode, new: Replacement) -> Replacement:
    """Return what a fix puts in place of `old`, with the strings that are new in it in single quotes where the file
    uses those. A string that takes a string's place keeps its quotes."""
    if not _prefers_single(source):
        return new
    if isinstance(new, cst.FlattenSentinel):
        return _each(source, new)
    if isinstance(new, cst.SimpleString) and code_of(old).lstrip("fFrRbB").startswith('"'):
        return new
    changed = new.visit(_Single(source))
    return changed if isinstance(changed, cst.CSTNode) else new


def _each(source: Source, new: cst.FlattenSentinel[cst.BaseStatement]) -> Replacement:
    statements = [one.visit(_Single(source)) for one in new]
    return cst.FlattenSentinel([one for one in statements if isinstance(one, cst.BaseStatement)])


def _prefers_single(source: Source) -> bool:
    strings = [node.value for node in source.ranges if isinstance(node, cst.SimpleString)]
    single = sum(text.endswith("'") and not text.endswith("'''") for text in strings)
    double = sum(text.endswith('"') and not text.endswith('"""') for text in strings)
    return single > double


class _Single(cst.CSTTransformer):
    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source

    def leave_SimpleString(self, original_node: cst.SimpleString, updated_node: cst.SimpleString) -> cst.SimpleString:
        text = updated_node.value
        if original_node in self._source.ranges or not text.startswith('"') or text.startswith('"""'):
            return updated_node
        plain = "'" not in text and "\\" not in text
        return updated_node.with_changes(value=f"'{text[1:-1]}'") if plain else updated_node
