"""What a module's imports bind, whether one module needs another, and adding an import that is missing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ambient_lsp.analyzers.syntax import Syntax


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


def is_near(home: str, module: str, imports: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether `module` may import `home` without needing anything new: it stands in the same package or further
    up, and all that it takes from outside of the repository and Python is what `module` takes as well."""
    package, other = home.rpartition(".")[0], module.rpartition(".")[0]
    if other != package and not other.startswith(f"{package}."):
        return False  # `contrib.redis` does not start to need `contrib.mongo`
    known = sys.stdlib_module_names | {module.split(".")[0]}
    foreign = [{name.split(".")[0] for name in imports.get(one, ())} - known for one in (home, module)]
    return foreign[0] <= foreign[1]


def bindings(syntax: Syntax, names: set[str]) -> dict[str, str]:
    """Return where a module's top-level absolute imports take these names from."""
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


def imported(text: str, module: str, name: str) -> str:
    """Return a module's text with `from module import name` among its imports, in order with those of its package."""
    lines = cst.parse_module(text).body
    package, position = module.split(".")[0], 0
    for index, line in enumerate(lines):
        source = _source(line)
        if source == module:
            break  # it is added to that line below
        if source.split(".")[0] == package and (source < module or not position):
            position = index + (source < module)
    else:
        if position:
            tree = cst.parse_module(text)
            new = cst.parse_statement(f"from {module} import {name}")
            return tree.with_changes(body=[*tree.body[:position], new, *tree.body[position:]]).code
    from libcst.codemod import CodemodContext
    from libcst.codemod.visitors import AddImportsVisitor

    context = CodemodContext()
    AddImportsVisitor.add_needed_import(context, module, name)
    return AddImportsVisitor(context).transform_module(cst.parse_module(text)).code


def _source(line: cst.CSTNode) -> str:
    """Return the module of a `from module import ...`; empty for anything else."""
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    if not isinstance(small, cst.ImportFrom) or small.relative or small.module is None:
        return ""
    return cst.Module([]).code_for_node(small.module)
