"""A rename keeps the program: each name becomes a new one everywhere in the file, and nobody else can know the old one.

The proof reads both texts anew and shares no code with what made the rename.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import libcst

from ambient_lsp.verification.proof.normal_form import Unparsable, normal_form

if TYPE_CHECKING:
    from collections.abc import Mapping

_FINDS_NAMES = frozenset({"locals", "vars", "globals", "eval", "exec"})
_FINDS_ATTRIBUTES = frozenset({"getattr", "setattr", "hasattr", "delattr", "__dict__", "__getattr__"})


def objection(before: str, after: str, renamed: Mapping[str, str]) -> str:
    """Return why the new text is not the old one with these names (old -> new) changed; nothing where it is.

    Raises `Unparsable`.
    """
    try:
        old, new = libcst.parse_module(before), libcst.parse_module(after)
    except (libcst.ParserSyntaxError, RecursionError) as error:
        raise Unparsable(str(error).split("\n", 1)[0]) from error
    uses = _Uses(frozenset(renamed))
    old.visit(uses)
    if taken := uses.names & set(renamed.values()):
        return f"`{min(taken)}` is already a name in this file"
    if len(set(renamed.values())) != len(renamed):
        return "two names would become one"
    if uses.within_reach() & _FINDS_NAMES:
        return "the file looks names up at run time"
    if uses.attributes and uses.names & _FINDS_ATTRIBUTES:
        return "the file looks attributes up at run time"
    if uses.shown:
        return f"`{min(uses.shown)}` can be seen from outside: it is a parameter, a keyword, an import or in a string"
    if _with_names(normal_form(old), renamed) != normal_form(new):
        return "more than names has changed"
    return ""


def _with_names(form: Any, renamed: Mapping[str, str]) -> Any:
    """Return a normal form with its names replaced."""
    if not isinstance(form, tuple):
        return form
    if form and form[0] == "Name" and isinstance(form[1], str):
        plain = form[1].strip("'\"")
        return ("Name", repr(renamed[plain]), *form[2:]) if plain in renamed else form
    return tuple(_with_names(part, renamed) for part in form)


class _Uses(libcst.CSTVisitor):
    """Which names a module has, and which of the renamed ones can be seen from outside the file."""

    def __init__(self, renamed: frozenset[str]) -> None:
        super().__init__()
        self._renamed = renamed
        self.names: set[str] = set()
        self._function: libcst.FunctionDef | None = None
        self._by_function: dict[libcst.FunctionDef | None, set[str]] = {}
        self.attributes: set[str] = set()
        self.shown: set[str] = set()

    def visit_Name(self, node: libcst.Name) -> None:
        self.names.add(node.value)
        self._by_function.setdefault(self._function, set()).add(node.value)

    def visit_FunctionDef(self, node: libcst.FunctionDef) -> None:
        if self._function is None:
            self._by_function.setdefault(None, set()).add(node.name.value)
            self._function = node

    def leave_FunctionDef(self, original_node: libcst.FunctionDef) -> None:
        if self._function is original_node:
            self._function = None

    def within_reach(self) -> set[str]:
        """Return all names from where a renamed one can be looked up: a variable is out of other functions' reach."""
        if self.attributes or self._renamed & self._by_function.get(None, set()):
            return self.names
        return set().union(*(names for names in self._by_function.values() if names & self._renamed))

    def visit_Attribute(self, node: libcst.Attribute) -> None:
        name = node.attr.value
        if name in self._renamed:
            self.attributes.add(name)
            own = isinstance(node.value, libcst.Name) and node.value.value in ("self", "cls")
            if not own or not name.startswith("_"):
                self.shown.add(name)

    def visit_Param(self, node: libcst.Param) -> None:
        self._show(node.name)

    def visit_Arg(self, node: libcst.Arg) -> None:
        self._show(node.keyword)

    def visit_ImportAlias(self, node: libcst.ImportAlias) -> None:
        self._show(node.name)
        self._show(node.asname.name if node.asname else None)

    def visit_Expr(self, node: libcst.Expr) -> bool:
        return not isinstance(node.value, libcst.SimpleString)  # a string that nobody reads: a docstring

    def visit_SimpleString(self, node: libcst.SimpleString) -> None:
        self._mention(node.value)

    def visit_FormattedStringText(self, node: libcst.FormattedStringText) -> None:
        self._mention(node.value)

    def visit_FormattedStringExpression(self, node: libcst.FormattedStringExpression) -> None:
        if node.equal is not None:
            self._mention(libcst.Module([]).code_for_node(node))

    def visit_Module(self, node: libcst.Module) -> None:
        self._public(node.body)

    def visit_ClassDef(self, node: libcst.ClassDef) -> None:
        self._public(node.body.body)

    def _public(self, body: Any) -> None:
        """What is assigned or defined at the top of a module or a class can be imported, unless it is private."""
        for statement in body:
            if isinstance(statement, libcst.FunctionDef | libcst.ClassDef) and not statement.name.value.startswith("_"):
                self._show(statement.name)
            for part in statement.body if isinstance(statement, libcst.SimpleStatementLine) else ():
                for target in part.targets if isinstance(part, libcst.Assign) else ():
                    self._show(target.target)

    def _show(self, node: libcst.CSTNode | None) -> None:
        if isinstance(node, libcst.Name) and node.value in self._renamed:
            self.shown.add(node.value)

    def _mention(self, text: str) -> None:
        self.shown |= self._renamed & set(re.findall(r"\w+", text))
