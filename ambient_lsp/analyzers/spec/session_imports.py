"""What a session in a docstring or README imports, and what a test of it must import.

The module's own names are what the test file imports of it anyway, so `import humanize` and `humanize.ordinal(3)`
become `ordinal(3)`. Names of the standard library are borrowed. All others may not be there, and no test has them.
"""

from __future__ import annotations

import ast
import sys

from ambient_lsp.analyzers.spec.signatures import OUTSIDE_MODULES


class Imports(ast.NodeTransformer):
    """What a session imports: names of other modules that a test must borrow, and other ways to say the module's own.

    `strange` are names that may mean something else than the module's own ones, or may not be there.
    """

    def __init__(self, module: str, own: frozenset[str]) -> None:
        self.borrowed: dict[str, tuple[str, str]] = {}
        self.strange: set[str] = set()
        self._module = module
        self._own = own
        self._ways: set[str] = set()

    def take(self, tree: ast.Import | ast.ImportFrom) -> None:
        """Remember what an import brings."""
        source = tree.module or "" if isinstance(tree, ast.ImportFrom) else ""
        for alias in tree.names:
            name = alias.asname or alias.name.split(".")[0]
            whole = f"{source}.{alias.name}".strip(".")
            if whole == self._module or (isinstance(tree, ast.Import) and self._is_ours(whole)):
                self._ways |= {alias.asname or (alias.name if isinstance(tree, ast.Import) else name), name}
            elif isinstance(tree, ast.ImportFrom) and self._is_ours(source) and not alias.asname:
                self.strange |= {name} - self._own - {"*"}
            elif alias.asname or alias.name in {"*", *self._own} or not is_standard(whole):
                self.strange.add(name)
            else:
                self.borrowed[name] = (source, name) if source else (alias.name, "")

    def plain(self, tree: ast.stmt) -> ast.stmt:
        """Return a statement in which the module's own names stand alone."""
        changed: ast.stmt = self.visit(tree)
        return changed

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Leave out what stands before one of the module's names."""
        if node.attr in self._own and ast.unparse(node.value) in self._ways and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Name(node.attr, ast.Load()), node)
        self.generic_visit(node)
        return node

    def _is_ours(self, module: str) -> bool:
        return bool(self._module) and module.partition(".")[0] == self._module.partition(".")[0]


def is_standard(module: str) -> bool:
    """Return whether a module is of the standard library, and touches nothing outside."""
    top = module.partition(".")[0]
    return top in sys.stdlib_module_names and top not in OUTSIDE_MODULES
