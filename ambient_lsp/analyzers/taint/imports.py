"""What an import binds: a module of the repository, or the name of something of another package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.values import Module, Symbol, Value

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from ambient_lsp.analyzers.taint.machine import Machine


def imported(machine: Machine, alias: ast.alias) -> tuple[str, Value]:
    """Return the name that `import x` binds, and its value."""
    name = alias.name if alias.asname else alias.name.split(".", 1)[0]
    scope = machine.module(name)
    value: Value = Symbol(name) if scope is None else Module(name, scope)
    return alias.asname or name, value


def imported_from(machine: Machine, node: ast.ImportFrom, path: str) -> Iterator[tuple[str, Value]]:
    """Yield the names that `from x import y` binds, and their values."""
    base = absolute(node, path)
    scope = machine.module(base) if base else None
    for alias in node.names:
        if alias.name == "*":
            if scope is None:
                machine.stars.append(base)
            else:
                yield from ((name, value) for name, value in scope.names.items() if not name.startswith("_"))
            continue
        value = scope.names.get(alias.name) if scope is not None else None
        if value is None:
            inner = machine.module(f"{base}.{alias.name}") if base else None
            value = Symbol(f"{base}.{alias.name}") if inner is None else Module(f"{base}.{alias.name}", inner)
        yield alias.asname or alias.name, value


def absolute(node: ast.ImportFrom, path: str) -> str:
    """Return the dotted name of the module that is imported from, seen from the file `path`."""
    if not node.level:
        return node.module or ""
    parts = path.removesuffix(".py").removesuffix(".pyi").split("/")
    package = parts[: len(parts) - node.level]
    return ".".join([*package, *([node.module] if node.module else [])])
