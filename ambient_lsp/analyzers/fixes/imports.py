"""Imports that a fix needs, put where a reader looks for them: beside their like, in the order that the file keeps.

A file that is in order for ruff's rule I001 is sorted by ruff afterwards (`security.py`); this is for all others.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from typing import TYPE_CHECKING

import libcst as cst

from ambient_lsp.analyzers.fixes.site import dotted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_FUTURE, _STANDARD, _OTHER, _LOCAL = range(4)
_BLANK = cst.EmptyLine(indent=False)
_Line = tuple[int, cst.SimpleStatementLine, cst.Import | cst.ImportFrom]


def with_imports(tree: cst.Module, wanted: Iterable[tuple[str, str]]) -> cst.Module:
    """Return the module with each (module, name) imported at its top; the name is "" for `import module`."""
    for module, name in dict.fromkeys(wanted):
        tree = _with_import(tree, module, name)
    return tree


def _with_import(tree: cst.Module, module: str, name: str) -> cst.Module:
    lines = _import_lines(tree)
    for index, line, statement in lines:
        if _binds(statement, module, name):
            return tree
        if name and isinstance(statement, cst.ImportFrom) and _module_of(statement) == module:
            extended = _with_name(statement, name)
            if extended is not None:
                return _replaced(tree, index, line.with_changes(body=[extended, *line.body[1:]]))
    code = f"from {module} import {name}" if name else f"import {module}"
    new = cst.parse_statement(code)
    assert isinstance(new, cst.SimpleStatementLine)  # noqa: S101  # it was written as one in the line above
    return _inserted(tree, lines, new)


def _import_lines(tree: cst.Module) -> list[_Line]:
    """Return the imports at the top of the module; those below other code are not a place for new ones."""
    found: list[_Line] = []
    for index, line in enumerate(tree.body):
        statement = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
        if isinstance(line, cst.SimpleStatementLine) and isinstance(statement, cst.Import | cst.ImportFrom):
            found.append((index, line, statement))
        elif found or not _is_docstring(tree, index):
            break
    return found


def _binds(statement: cst.Import | cst.ImportFrom, module: str, name: str) -> bool:
    if isinstance(statement.names, cst.ImportStar):
        return False
    names = [dotted(alias.name) for alias in statement.names if alias.asname is None]
    if isinstance(statement, cst.ImportFrom):
        return _module_of(statement) == module and name in names
    return not name and module in names


def _module_of(statement: cst.ImportFrom) -> str:
    return dotted(statement.module) if statement.module is not None and not statement.relative else ""


def _with_name(statement: cst.ImportFrom, name: str) -> cst.ImportFrom | None:
    if isinstance(statement.names, cst.ImportStar):
        return None
    names = list(statement.names)
    place = _place(name, [dotted(alias.name) for alias in names])
    between = names[0].comma if len(names) > 1 else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    new = cst.ImportAlias(cst.Name(name), comma=between)
    if place == len(names):
        new = new.with_changes(comma=names[-1].comma)
        names[-1] = names[-1].with_changes(comma=between)
    return statement.with_changes(names=[*names[:place], new, *names[place:]])


def _place(name: str, names: Sequence[str]) -> int:
    """Return where a name belongs among others: in the order that they are in, or at the end of a loose list."""
    orders: tuple[Callable[[str], tuple[int, str]], ...] = (_by_kind, _by_letter, _as_it_is)
    for order in orders:
        keys = [order(one) for one in names]
        if keys == sorted(keys):
            return bisect_right(keys, order(name))
    return len(names)


def _by_kind(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as isort and ruff have them."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name)


def _by_letter(name: str) -> tuple[int, str]:
    return (0, name.lower())


def _as_it_is(name: str) -> tuple[int, str]:
    return (0, name)


def _inserted(tree: cst.Module, lines: list[_Line], new: cst.SimpleStatementLine) -> cst.Module:
    statement = new.body[0]
    assert isinstance(statement, cst.Import | cst.ImportFrom)  # noqa: S101  # the only caller makes one
    kind, key = _kind(statement), _key(statement)
    alike = [one for one in lines if _kind(one[2]) == kind]
    smaller = [one for one in alike if _key(one[2]) <= key]
    if smaller:
        return _put(tree, smaller[-1][0] + 1, new)
    if alike:
        index, first, _ = alike[0]
        return _put(_replaced(tree, index, first.with_changes(leading_lines=_comments(first))), index,
                    new.with_changes(leading_lines=_blanks(first)))  # fmt: skip
    before = [one for one in lines if _kind(one[2]) < kind]
    if before:
        return _put(tree, before[-1][0] + 1, new.with_changes(leading_lines=[_BLANK]))
    return _at_the_top(tree, new, lines[0][0] if lines else None)


def _at_the_top(tree: cst.Module, new: cst.SimpleStatementLine, first: int | None) -> cst.Module:
    """Put an import in front of all that is there but the docstring, with blank lines around it."""
    index = first if first is not None else int(bool(tree.body) and _is_docstring(tree, 0))
    if index < len(tree.body):
        old = tree.body[index]
        blanks = 2 if isinstance(old, cst.FunctionDef | cst.ClassDef) else 1
        lines = [line for line in old.leading_lines if line.comment is not None]
        tree = _replaced(tree, index, old.with_changes(leading_lines=[*[_BLANK] * blanks, *lines]))
    return _put(tree, index, new.with_changes(leading_lines=[_BLANK] if index else []))


def _kind(statement: cst.Import | cst.ImportFrom) -> int:
    if isinstance(statement, cst.ImportFrom):
        if statement.relative:
            return _LOCAL
        root = _module_of(statement).partition(".")[0]
    else:
        root = dotted(statement.names[0].name).partition(".")[0]
    return _FUTURE if root == "__future__" else _STANDARD if root in sys.stdlib_module_names else _OTHER


def _key(statement: cst.Import | cst.ImportFrom) -> tuple[bool, str]:
    is_from = isinstance(statement, cst.ImportFrom)
    name = _module_of(statement) if isinstance(statement, cst.ImportFrom) else dotted(statement.names[0].name)
    return (is_from, name.lower())


def _is_docstring(tree: cst.Module, index: int) -> bool:
    return index == 0 and tree.get_docstring() is not None


def _comments(line: cst.SimpleStatementLine) -> list[cst.EmptyLine]:
    return [one for one in line.leading_lines if one.comment is not None]


def _blanks(line: cst.SimpleStatementLine) -> list[cst.EmptyLine]:
    return [one for one in line.leading_lines if one.comment is None]


def _replaced(tree: cst.Module, index: int, line: cst.CSTNode) -> cst.Module:
    return tree.with_changes(body=[*tree.body[:index], line, *tree.body[index + 1 :]])


def _put(tree: cst.Module, index: int, line: cst.SimpleStatementLine) -> cst.Module:
    return tree.with_changes(body=[*tree.body[:index], line, *tree.body[index:]])
