"""The same function written in two modules: one is kept, and the other module imports it.

Only for functions that are the same to the last token and use nothing of their module but what both import alike, in
modules of one package of which the kept one does not need the other.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass

import libcst as cst

from ambient_lsp.analyzers.refactoring.flow import local_names, names_in
from ambient_lsp.analyzers.refactoring.modules import bindings, imported
from ambient_lsp.analyzers.syntax import REMOVE, Syntax, parse, walk


@dataclass(frozen=True, slots=True)
class Twin:
    """The text of the module that imports the function `name` from `kept` from now on."""

    name: str
    kept: str
    text: str
    lines: int


def merge(text: str, kept_text: str, kept_module: str) -> list[Twin]:
    """Return a twin for each public function of `text` that `kept_text`, the module `kept_module`, has as well."""
    syntax, kept = parse(text), parse(kept_text)
    if syntax is None or kept is None:
        return []
    originals = {name: node for name, node in _functions(kept).items() if _portable(kept, node)}
    made = []
    for name, node in _functions(syntax).items():
        original = originals.get(name)
        if original is None or not _portable(syntax, node) or not _same(syntax, node, kept, original):
            continue
        if bindings(syntax, names_in([node]).reads) != bindings(kept, names_in([node]).reads):
            continue
        new = _imported(syntax, node, kept_module)
        if new is not None:
            made.append(Twin(name, kept_module, new, syntax.lines(node)))
    return made


def _functions(syntax: Syntax) -> dict[str, cst.FunctionDef]:
    """Return the module's own public functions; not one that is defined or assigned twice."""
    found: dict[str, cst.FunctionDef] = {}
    for statement in syntax.module.body:
        if isinstance(statement, cst.FunctionDef) and not statement.name.value.startswith("_"):
            found[statement.name.value] = statement
    bound: list[str] = []
    for node in walk(syntax.module):
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            bound.append(node.name.value)
        elif isinstance(node, cst.AssignTarget | cst.AnnAssign | cst.AugAssign) and isinstance(node.target, cst.Name):
            bound.append(node.target.value)
    return {name: node for name, node in found.items() if bound.count(name) == 1}


def _portable(syntax: Syntax, node: cst.FunctionDef) -> bool:
    """Return whether a function means the same elsewhere: every outer name is a builtin or an absolute import."""
    if node.decorators or node.asynchronous is not None or not isinstance(node.body, cst.IndentedBlock):
        return False
    if any(isinstance(part, cst.Global | cst.Import | cst.ImportFrom | cst.Yield) for part in walk(node.body)):
        return False
    outer = _outer_names(node)
    return {"__name__", "__file__", "globals"}.isdisjoint(outer) and all(
        name in bindings(syntax, outer) or hasattr(builtins, name) for name in outer
    )


def _outer_names(node: cst.FunctionDef) -> set[str]:
    inside = names_in([node.body]).reads
    signature = names_in([node.params, *([node.returns.annotation] if node.returns is not None else [])]).reads
    annotated = {
        part.value
        for parameter in walk(node.params)
        if isinstance(parameter, cst.Param) and parameter.annotation is not None
        for part in walk(parameter.annotation.annotation)
        if isinstance(part, cst.Name)
    }
    parameters = {part.name.value for part in walk(node.params) if isinstance(part, cst.Param)}
    return (inside - local_names(node)) | (signature - parameters) | annotated


def _same(one: Syntax, node: cst.FunctionDef, other: Syntax, original: cst.FunctionDef) -> bool:
    def bare(syntax: Syntax, function: cst.FunctionDef) -> str:
        return syntax.code(function.with_changes(leading_lines=(), lines_after_decorators=())).strip()

    return bare(one, node) == bare(other, original)


def _imported(syntax: Syntax, node: cst.FunctionDef, module: str) -> str | None:
    if any(isinstance(part, cst.Comment) for line in node.leading_lines for part in walk(line)):
        return None
    return imported(syntax.rewritten({node: REMOVE}), module, node.name.value)
