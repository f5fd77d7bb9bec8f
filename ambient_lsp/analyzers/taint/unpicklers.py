"""Unpicklers of the program: whether their `find_class` lets in a few known classes, or leaves a way to more."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.taint.values import Class, Const, Function

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ambient_lsp.analyzers.taint.state import State

_RUNNING = frozenset(
    "builtins __builtin__ os posix nt subprocess sys importlib operator functools types shutil runpy code socket"
    " ctypes pty timeit pickle _pickle copyreg webbrowser multiprocessing asyncio".split()
)
"""Modules with a function that runs what it is given: to allow all of one is to allow anything."""


def restricts(made: Class, state: State) -> bool:
    """Whether an `Unpickler` refuses all classes but some: a list of what is refused, or a warning, is not enough."""
    found = made.find("find_class")
    if type(found) is not Function or isinstance(found.node, ast.Lambda):
        return False
    names = [arg.arg for arg in found.node.args.args][1:3]
    if len(names) < 2:
        return False
    body = found.node.body
    for index, statement in enumerate(body):
        if isinstance(statement, ast.If):
            verdict = _judged(statement, body[index + 1 :], names, made, state)
            if verdict is not None:
                return verdict
        elif isinstance(statement, ast.Return | ast.Expr | ast.Assign) and _asks_super(statement):
            return False
    return bool(body)


def _judged(statement: ast.If, rest: list[ast.stmt], names: list[str], made: Class, state: State) -> bool | None:
    """Return whether an `if` restricts what is loaded; None where the statements behind it decide."""
    loads = any(map(_asks_super, statement.body))
    refuses = any(isinstance(each, ast.Raise | ast.Return) for each in statement.body) and not loads
    later = any(map(_asks_super, (*statement.orelse, *rest)))
    if not loads and not refuses:
        return None
    if loads == later:
        return None if later else True  # each way loads, or none does
    allows = _is_allow_list(statement.test, wanted=loads)
    if allows is None:
        return True  # by some function, which nobody can look into here
    return allows and _is_narrow(statement.test, names, made, state)


def _is_allow_list(test: ast.expr, *, wanted: bool) -> bool | None:
    """Whether what is loaded is something that was looked up among what is allowed; None where that is not known."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _is_allow_list(test.operand, wanted=not wanted)
    if isinstance(test, ast.BoolOp):
        parts = [_is_allow_list(part, wanted=wanted) for part in test.values]
        one_is_enough = isinstance(test.op, ast.And) is wanted
        known = [part for part in parts if part is not None]
        return None if not known else any(known) if one_is_enough else all(known)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return isinstance(test.ops[0], ast.In | ast.Eq | ast.Is) is wanted
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr == "startswith":
        return wanted
    return None


def _is_narrow(test: ast.expr, names: list[str], made: Class, state: State) -> bool:
    """Whether a test is about the name of a class too, or about modules that only hold harmless ones."""
    module, name = names
    told = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    if name in told:
        return True
    if module not in told:
        return True
    return _RUNNING.isdisjoint(_modules(test, made, state))


def _modules(test: ast.expr, made: Class, state: State) -> Iterable[str]:
    """Return the texts that a test holds something against, in itself or in a constant of the module or the class."""
    for node in ast.walk(test):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.partition(".")[0]
        elif isinstance(node, ast.Name | ast.Attribute):
            key = node.id if isinstance(node, ast.Name) else node.attr
            value = made.find(key) or made.scope.find(key)
            for leaf in state.leaves(value) if value is not None else ():
                if type(leaf) is Const and isinstance(leaf.value, str):
                    yield leaf.value.partition(".")[0]


def _asks_super(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Call) and getattr(each.func, "id", "") == "super" for each in ast.walk(node))
