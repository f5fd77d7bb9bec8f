"""Renames inside one file, where every use of the name is known to be in it.

The scopes are libcst's. A name that is also an attribute, an argument's keyword, a parameter or a word in a string may
be used in ways that no scope tells of, and then nothing is renamed. A variable of a function is renamed only in the
functions that have it; what other functions look up at run time (`exec`), or say in their docstrings, is not about it.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import libcst as cst
from libcst.metadata import (
    Assignment,
    ComprehensionScope,
    FunctionScope,
    GlobalScope,
    MetadataWrapper,
    PositionProvider,
    Scope,
    ScopeProvider,
)

from ambient_lsp.model import Replacement
from ambient_lsp.patching.edits import apply_replacements
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from libcst.metadata import CodeRange

    from ambient_lsp.analyzers.styling.naming import Misnamed

SEES_NAMES = frozenset({"locals", "vars", "globals", "eval", "exec"})
SEES_ATTRIBUTES = frozenset({"getattr", "setattr", "hasattr", "delattr", "__dict__", "__getattr__", "__getattribute__"})
"""Names by which a program finds variables and attributes at run time."""


def renamed(text: str, wanted: Collection[Misnamed]) -> tuple[str, dict[str, str]]:
    """Return the text with those of `wanted` renamed that surely can be, and which those are (old -> new)."""
    candidates = [one for one in wanted if one.private and _is_free(text, one.new)]
    if not candidates:
        return text, {}
    try:
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        uses = _Uses({one.old for one in candidates})
        wrapper.module.visit(uses)
        scopes = {scope for scope in wrapper.resolve(ScopeProvider).values() if scope is not None}
        spans = wrapper.resolve(PositionProvider)
    except (cst.ParserSyntaxError, RecursionError, ValueError):
        return text, {}
    words = set().union(*uses.words.values())
    done: dict[str, str] = {}
    edits: list[Replacement] = []
    for one in candidates:
        if one.old in uses.refused or one.new in done.values() or _is_looked_up(uses, one, words):
            continue
        if one.kind == "method":
            fits = not words & SEES_ATTRIBUTES and _only_self(uses, one.old)
        else:
            fits = _only_bound_by(scopes, uses, one)
        if fits:
            done[one.old] = one.new
            homes = [spans[home] for home in uses.homes[one.old] if home is not None] if one.kind == "local" else []
            edits += _places(text, one, homes)
    return apply_replacements(text, edits), done


def _is_looked_up(uses: _Uses, one: Misnamed, words: set[str]) -> bool:
    """Whether the program may find the name at run time: a variable only from the functions that have it."""
    if one.kind == "local":
        words = set().union(*(uses.words[home] for home in uses.homes.get(one.old, ())))
    return bool(words & SEES_NAMES)


def _places(text: str, one: Misnamed, homes: Sequence[CodeRange]) -> list[Replacement]:
    """Return whole words replaced, in some functions or everywhere: each is the name itself, or speaks of it."""
    lines = Lines(text)
    ranges = [(lines.start(home.start.line - 1), lines.start(home.end.line - 1) + home.end.column) for home in homes]
    word = re.compile(rf"\b{re.escape(one.old)}\b")
    return [
        Replacement(match.start(), match.end(), one.new)
        for start, end in ranges or [(0, len(text))]
        for match in word.finditer(text, start, end)
    ]


def _is_free(text: str, name: str) -> bool:
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or hasattr(builtins, name):
        return False
    return re.search(rf"\b{re.escape(name)}\b", text) is None


def _only_self(uses: _Uses, name: str) -> bool:
    """Whether a method's name is only ever defined in one class, and used as an attribute."""
    return uses.defined.get(name, 0) == 1 and len(uses.plain.get(name, ())) == 1


def _only_bound_by(scopes: Collection[Scope], uses: _Uses, one: Misnamed) -> bool:
    """Whether all that has the name is a variable of a function, or one definition, and every use is one of that."""
    if one.old in uses.attributes:
        return False
    if one.kind == "local" and uses.homes.get(one.old, set()) & uses.in_docstrings.get(one.old, set()):
        return False
    bindings = [
        binding
        for scope in scopes
        for binding in scope.assignments
        if isinstance(binding, Assignment) and binding.name == one.old and binding.scope is scope
    ]
    homes = {binding.scope for binding in bindings}
    if one.kind == "local":
        if not all(isinstance(home, FunctionScope | ComprehensionScope) for home in homes):
            return False
    elif len(bindings) != 1 or not all(isinstance(home, FunctionScope | GlobalScope) for home in homes):
        return False
    known: set[cst.CSTNode] = {access.node for binding in bindings for access in binding.references}
    for binding in bindings:
        node = binding.node
        known.add(node.name if isinstance(node, cst.FunctionDef | cst.ClassDef) else node)
    return bool(bindings) and known >= set(uses.plain.get(one.old, ()))


class _Uses(cst.CSTVisitor):
    """Counts how the names are used, and refuses those that are used in a way no rename can follow."""

    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self._words = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b")
        self._names = names
        self._docstrings: set[cst.CSTNode] = set()
        self.refused: set[str] = set()
        self.plain: dict[str, list[cst.CSTNode]] = {}
        self.attributes: set[str] = set()
        self.defined: Counter[str] = Counter()
        # By the outermost function around, None for what is outside of all.
        self._home: cst.FunctionDef | None = None
        self.words: defaultdict[cst.FunctionDef | None, set[str]] = defaultdict(set)
        self.homes: defaultdict[str, set[cst.FunctionDef | None]] = defaultdict(set)
        self.in_docstrings: defaultdict[str, set[cst.FunctionDef | None]] = defaultdict(set)

    def visit_Name(self, node: cst.Name) -> None:
        self.words[self._home].add(node.value)
        if node.value in self._names:
            self.plain.setdefault(node.value, []).append(node)
            self.homes[node.value].add(self._home)

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        name = node.attr.value
        self.words[self._home].add(name)
        if name in self._names:
            self.attributes.add(name)
            if not (isinstance(node.value, cst.Name) and node.value.value in ("self", "cls")):
                self.refused.add(name)
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self.refused.add(node.keyword.value)

    def visit_Param(self, node: cst.Param) -> None:
        self.refused.add(node.name.value)

    def visit_Global(self, node: cst.Global) -> None:
        self.refused |= {item.name.value for item in node.names}

    def visit_Nonlocal(self, node: cst.Nonlocal) -> None:
        self.refused |= {item.name.value for item in node.names}

    def visit_ImportAlias(self, node: cst.ImportAlias) -> bool:
        code = cst.Module([]).code_for_node(node)
        self.refused |= set(self._words.findall(code))
        return False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._define(node)
        self._home = self._home or node

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        if self._home is original_node:
            self._home = None

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._define(node)

    def visit_Module(self, node: cst.Module) -> None:
        self._spare_docstring(node)

    def visit_FormattedStringExpression(self, node: cst.FormattedStringExpression) -> None:
        if node.equal is not None:  # it prints its own source
            self.refused |= set(self._words.findall(cst.Module([]).code_for_node(node)))

    def visit_FormattedStringText(self, node: cst.FormattedStringText) -> None:
        self.refused |= set(self._words.findall(node.value))

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        for name in self._words.findall(node.value):
            if node in self._docstrings:
                self.in_docstrings[name].add(self._home)
            else:
                self.refused.add(name)

    def _define(self, node: cst.FunctionDef | cst.ClassDef) -> None:
        self.defined[node.name.value] += 1
        self._spare_docstring(node)

    def _spare_docstring(self, node: cst.FunctionDef | cst.ClassDef | cst.Module) -> None:
        body = node.body if isinstance(node, cst.Module) else node.body.body
        first = body[0] if body else None
        if isinstance(first, cst.SimpleStatementLine) and isinstance(first.body[0], cst.Expr):
            self._docstrings.add(first.body[0].value)
