"""The same function written in two modules: one is kept, and the other module imports it.

Only for functions that are the same to the last token and use nothing of their module but what both import alike, in
modules of one package of which the kept one does not need the other.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.flow import local_names, names_in
from ambient_lsp.analyzers.syntax import REMOVE, Syntax, parse, walk

if TYPE_CHECKING:
    from collections.abc import Mapping


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
        if _bindings(syntax, names_in([node]).reads) != _bindings(kept, names_in([node]).reads):
            continue
        new = _imported(syntax, node, kept_module)
        if new is not None:
            made.append(Twin(name, kept_module, new, syntax.lines(node)))
    return made


def reaches(start: str, goal: str, imports: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether module `start` imports `goal`, directly or through others. `imports` maps a module to names."""
    seen, waiting = set(), [start]
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        for name in imports.get(module, ()):
            # `from a.b import c` may be the module `a.b.c` or a name in `a.b`; either one runs `a` and `a.b`.
            parts = name.split(".")
            waiting += [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return goal in seen - {start}


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
        name in _bindings(syntax, outer) or hasattr(builtins, name) for name in outer
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


def _bindings(syntax: Syntax, names: set[str]) -> dict[str, str]:
    """Return where the module's top-level absolute imports take these names from."""
    found: dict[str, str] = {}
    for line in syntax.module.body:
        for small in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(small, cst.Import):
                for alias in small.names:
                    bound = alias.evaluated_alias or alias.evaluated_name.split(".")[0]
                    found[bound] = f"import {alias.evaluated_name}"
            elif (
                isinstance(small, cst.ImportFrom) and not small.relative and not isinstance(small.names, cst.ImportStar)
            ):
                source = syntax.code(small.module) if small.module is not None else ""
                for alias in small.names:
                    found[alias.evaluated_alias or alias.evaluated_name] = (
                        f"from {source} import {alias.evaluated_name}"
                    )
    return {name: source for name, source in found.items() if name in names}


def _same(one: Syntax, node: cst.FunctionDef, other: Syntax, original: cst.FunctionDef) -> bool:
    def bare(syntax: Syntax, function: cst.FunctionDef) -> str:
        return syntax.code(function.with_changes(leading_lines=(), lines_after_decorators=())).strip()

    return bare(one, node) == bare(other, original)


def _imported(syntax: Syntax, node: cst.FunctionDef, module: str) -> str | None:
    from libcst.codemod import CodemodContext
    from libcst.codemod.visitors import AddImportsVisitor

    if any(isinstance(part, cst.Comment) for line in node.leading_lines for part in walk(line)):
        return None
    tree = cst.parse_module(syntax.rewritten({node: REMOVE}))
    context = CodemodContext()
    AddImportsVisitor.add_needed_import(context, module, node.name.value)
    return AddImportsVisitor(context).transform_module(tree).code
