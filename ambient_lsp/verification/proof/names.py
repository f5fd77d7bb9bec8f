"""Which names a module binds, and which it reads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import libcst


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a module binds anywhere, those it reads anywhere, and how often each is assigned by `=`."""

    bound: frozenset[str]
    read: frozenset[str]
    assigned: Counter[str]


def names_of(module: libcst.Module) -> Names:
    """Return the names of a module. In one that has `__all__`, whatever stands in quotes counts as read."""
    visitor = _Names()
    module.visit(visitor)
    exported = visitor.quoted if "__all__" in visitor.bound | visitor.read else set[str]()
    return Names(frozenset(visitor.bound), frozenset(visitor.read | exported), visitor.assigned)


class _Names(libcst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.bound: set[str] = set()
        self.read: set[str] = set()
        self.quoted: set[str] = set()
        self.assigned: Counter[str] = Counter()

    def visit_Name(self, node: libcst.Name) -> None:
        self.read.add(node.value)

    def visit_SimpleString(self, node: libcst.SimpleString) -> None:
        self.quoted.add(str(node.evaluated_value))

    def visit_Attribute(self, node: libcst.Attribute) -> bool:
        node.value.visit(self)
        return False

    def visit_Arg(self, node: libcst.Arg) -> bool:
        node.value.visit(self)
        return False

    def visit_Param(self, node: libcst.Param) -> bool:
        self.bound.add(node.name.value)
        for part in (node.annotation, node.default):
            if part is not None:
                part.visit(self)
        return False

    def visit_ImportFrom(self, node: libcst.ImportFrom) -> bool:
        if not isinstance(node.names, libcst.ImportStar):
            for alias in node.names:
                self.visit_ImportAlias(alias)
        return False

    def visit_ImportAlias(self, node: libcst.ImportAlias) -> bool:
        name: libcst.BaseExpression = node.asname.name if node.asname else node.name
        while isinstance(name, libcst.Attribute):
            name = name.value
        if isinstance(name, libcst.Name):
            self.bound.add(name.value)
        return False

    def visit_Assign(self, node: libcst.Assign) -> bool:
        for target in node.targets:
            self._bind(target.target)
            if isinstance(target.target, libcst.Name):
                self.assigned[target.target.value] += 1
        node.value.visit(self)
        return False

    def visit_For(self, node: libcst.For) -> bool:
        self._bind(node.target)
        for part in (node.iter, node.body, node.orelse):
            if part is not None:
                part.visit(self)
        return False

    def visit_AsName(self, node: libcst.AsName) -> bool:
        self._bind(node.name)
        return False

    def visit_FunctionDef(self, node: libcst.FunctionDef) -> None:
        self.bound.add(node.name.value)

    def visit_ClassDef(self, node: libcst.ClassDef) -> None:
        self.bound.add(node.name.value)

    def _bind(self, target: libcst.BaseExpression) -> None:
        if isinstance(target, libcst.Name):
            self.bound.add(target.value)
        elif isinstance(target, libcst.Tuple | libcst.List):
            for element in target.elements:
                self._bind(element.value)
        else:
            target.visit(self)
