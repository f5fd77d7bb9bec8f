"""What a module's imports bind, whether one module needs another, and adding an import that is missing."""

from __future__ import annotations

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
    """Return a module's text with `from module import name` among its imports."""
    from libcst.codemod import CodemodContext
    from libcst.codemod.visitors import AddImportsVisitor

    context = CodemodContext()
    AddImportsVisitor.add_needed_import(context, module, name)
    return AddImportsVisitor(context).transform_module(cst.parse_module(text)).code
