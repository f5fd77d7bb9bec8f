"""What an import binds: a module of the repository, or the name of something of another package."""

from __future__ import annotations

import ast
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.syntax import walked
from ambient_lsp.analyzers.taint.values import UNKNOWN, Module, Symbol, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ambient_lsp.analyzers.taint.machine import Machine


class Late:
    """The value of a name of a module, made when somebody asks for it."""

    __slots__ = ("_machine", "_make", "_value")

    def __init__(self, machine: Machine, make: Callable[[], Value]) -> None:
        self._machine = machine
        self._make = make
        self._value: Value | None = None

    def __call__(self) -> Value:
        """Return the value; while it is made, as in a circle of imports, nothing is known of it."""
        if self._value is None:
            self._value = UNKNOWN
            self._value = self._machine.aside(self._make)
        return self._value


def imported(machine: Machine, alias: ast.alias) -> tuple[str, Value]:
    """Return the name that `import x` binds, and its value."""
    name = alias.name if alias.asname else alias.name.split(".", 1)[0]
    return alias.asname or name, _module(machine, name)


def imported_from(machine: Machine, node: ast.ImportFrom, path: str) -> Iterator[tuple[str, Value]]:
    """Yield the names that `from x import y` binds, and their values."""
    base = absolute(node, path)
    for alias in node.names:
        if alias.name == "*":
            scope = machine.module(base) if base else None
            if scope is None:
                machine.stars.append(base)
            else:
                yield from ((name, value) for name, value in scope.every().items() if not name.startswith("_"))
            continue
        yield alias.asname or alias.name, _member(machine, base, alias.name)


def late(machine: Machine, node: ast.Import | ast.ImportFrom, path: str) -> dict[str, Late] | None:
    """Return the names that an import binds with what makes their values; None where it has to be run to know them.

    Only for an import of modules of the repository, which are run for it: all others are made at once.
    """
    if isinstance(node, ast.Import):
        names = [alias.name if alias.asname else alias.name.split(".", 1)[0] for alias in node.names]
        if not any(map(machine.has_module, names)):
            return None
        bound = [alias.asname or name for alias, name in zip(node.names, names, strict=True)]
        return {key: Late(machine, partial(_module, machine, name)) for key, name in zip(bound, names, strict=True)}
    base = absolute(node, path)
    members = [alias.name for alias in node.names]
    if "*" in members or not any(map(machine.has_module, (base, *(f"{base}.{member}" for member in members)))):
        return None
    return {
        alias.asname or alias.name: Late(machine, partial(_member, machine, base, alias.name)) for alias in node.names
    }


def bindings(tree: ast.Module) -> Counter[str]:
    """Return how many times a module's own code binds each of its names."""
    found: Counter[str] = Counter()
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[statement.name] += 1
            continue
        if isinstance(statement, ast.Expr):
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement]
        for node in (each for target in targets for each in walked(target)):
            if type(node) is ast.Name:
                found[node.id] += type(node.ctx) is not ast.Load
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found[node.name] += 1
            elif type(node) is ast.alias:
                found[node.asname or node.name.partition(".")[0]] += 1
    return found


def _module(machine: Machine, name: str) -> Value:
    scope = machine.module(name)
    return Symbol(name) if scope is None else Module(name, scope)


def _member(machine: Machine, base: str, name: str) -> Value:
    scope = machine.module(base) if base else None
    value = scope.find(name) if scope is not None else None
    return value if value is not None else _module(machine, f"{base}.{name}") if base else Symbol(f".{name}")


def absolute(node: ast.ImportFrom, path: str) -> str:
    """Return the dotted name of the module that is imported from, seen from the file `path`."""
    if not node.level:
        return node.module or ""
    parts = path.removesuffix(".py").removesuffix(".pyi").split("/")
    package = parts[: len(parts) - node.level]
    return ".".join([*package, *([node.module] if node.module else [])])
