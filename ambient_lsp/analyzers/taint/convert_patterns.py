"""Patterns of `match` statements, from tree-sitter's tree to the standard library's `ast`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.convert_expressions import Expressions
from ambient_lsp.analyzers.taint.convert_text import SKIPPED, at, constant, text_of

if TYPE_CHECKING:
    from tree_sitter import Node


class Patterns(Expressions):
    """Makes patterns."""

    def _pattern(self, node: Node) -> ast.pattern:
        return at(self._bare_pattern(node), node)

    def _bare_pattern(self, node: Node) -> ast.pattern:
        parts = [child for child in node.named_children if child.type not in SKIPPED]
        kind = node.type
        if kind == "_":
            return ast.MatchAs(pattern=None, name=None)
        if kind == "case_pattern":
            if not parts:
                if text_of(node) == "_":
                    return ast.MatchAs(pattern=None, name=None)
                return self._literal_pattern(node)
            if node.children[0].type == "-":
                return self._literal_pattern(node)
            return self._bare_pattern(parts[0])
        if kind == "dotted_name":
            name = text_of(node)
            if "." not in name:
                return ast.MatchAs(pattern=None, name=None if name == "_" else name)
            return ast.MatchValue(value=self._dotted(node))
        if kind == "union_pattern":
            choices = [child for child in node.children if child.is_named or child.type == "_"]
            return ast.MatchOr(patterns=[self._pattern(choice) for choice in choices if choice.type not in SKIPPED])
        if kind == "as_pattern":
            alias = node.child_by_field_name("alias")
            name = text_of(alias) if alias is not None else text_of(parts[-1])
            return ast.MatchAs(pattern=self._pattern(parts[0]), name=name)
        if kind in ("list_pattern", "tuple_pattern"):
            if kind == "tuple_pattern" and len(parts) == 1 and not any(c.type == "," for c in node.children):
                return self._bare_pattern(parts[0])
            return ast.MatchSequence(patterns=[self._pattern(part) for part in parts])
        if kind == "splat_pattern":
            name = text_of(parts[0]) if parts else "_"
            return ast.MatchStar(name=None if name == "_" else name)
        if kind == "dict_pattern":
            return self._mapping_pattern(node)
        if kind == "class_pattern":
            return self._class_pattern(parts)
        if kind == "keyword_pattern":
            minus = next((child for child in node.children if child.type == "-"), None)
            return self._bare_pattern(parts[-1]) if minus is None else _negative(parts[-1])
        return self._literal_pattern(node)

    def _mapping_pattern(self, node: Node) -> ast.pattern:
        keys = [self.expr(child) for child in node.children_by_field_name("key")]
        values = [self._pattern(child) for child in node.children_by_field_name("value")]
        rest = next((child for child in _within(node, "splat_pattern")), None)
        return ast.MatchMapping(
            keys=keys[: len(values)],
            patterns=values[: len(keys)],
            rest=None if rest is None or not rest.named_children else text_of(rest.named_children[0]),
        )

    def _class_pattern(self, parts: list[Node]) -> ast.pattern:
        positional: list[ast.pattern] = []
        names: list[str] = []
        named: list[ast.pattern] = []
        for part in parts[1:]:
            inner = part.named_children[0] if part.type == "case_pattern" and part.named_children else part
            if inner.type == "keyword_pattern":
                names.append(text_of(inner.named_children[0]))
                named.append(self._pattern(inner))
            else:
                positional.append(self._pattern(part))
        return ast.MatchClass(cls=self._dotted(parts[0]), patterns=positional, kwd_attrs=names, kwd_patterns=named)

    def _literal_pattern(self, node: Node) -> ast.pattern:
        text = text_of(node)
        if text in ("None", "True", "False"):
            return ast.MatchSingleton(value={"None": None, "True": True, "False": False}[text])
        inner = node
        while inner.type == "case_pattern" and inner.named_children and inner.children[0].type != "-":
            inner = inner.named_children[0]
        value = self.expr(inner) if inner.type != "case_pattern" else at(ast.Constant(value=constant(text)), node)
        if text.startswith("-"):
            number = at(ast.Constant(value=constant(text[1:].strip())), node)
            value = at(ast.UnaryOp(op=ast.USub(), operand=number), node)
        return ast.MatchValue(value=value)


def _negative(node: Node) -> ast.pattern:
    number = at(ast.Constant(value=constant(text_of(node))), node)
    return ast.MatchValue(value=at(ast.UnaryOp(op=ast.USub(), operand=number), node))


def _within(node: Node, kind: str) -> list[Node]:
    """Return the nodes of a kind that are children, or the only child of a child."""
    inner = [part for child in node.named_children for part in (child, *child.named_children[:1])]
    return [part for part in inner if part.type == kind]
