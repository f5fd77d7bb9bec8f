"""What an expression is worth where the environment says nothing, which is how a program runs first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.patterns.folding import UNKNOWN
from ambient_lsp.analyzers.patterns.match import Call
from ambient_lsp.analyzers.patterns.module import code

if TYPE_CHECKING:
    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

_DEPTH = 6
_READERS = ("os.environ.get", "os.getenv", "environ.get", "getenv")
_READS = re.compile(r"\benviron\b|\bgetenv\(")
_DEFAULTS = frozenset({"default", "fallback", "otherwise", "missing", "unset"})
_WORDS = frozenset({"true", "1", "yes", "on", "y", "t"})
_MAKERS = frozenset({"bool", "int", "str"})


def default_of(module: Module, call: Call) -> Node | None:
    """Return the default of a call that reads the environment; None for any other call, and without one."""
    if call.name in _READERS:
        return call.get("default", 1)
    if (default := _default_for_helper(module, call)) is not None:
        return default
    last = code(call.callee)
    reads = last in ("config", "env", "getenv") or last.startswith(("env.", "environ.")) or last.endswith("config.get")
    return (call.get("default") or (call.get("", 1) if last.startswith("env.") else None)) if reads else None


def _default_for_helper(module: Module, call: Call) -> Node | None:
    """Return the default of `flag("DEBUG", default=True)`, a function of the file that reads the environment."""
    if not call.name.isidentifier():
        return None
    for function in module.nodes("function_definition"):
        if code(function.child_by_field_name("name")) != call.name or not _READS.search(code(function)):
            continue
        parameters = function.child_by_field_name("parameters")
        for index, parameter in enumerate(parameters.named_children if parameters is not None else ()):
            name = code(parameter.child_by_field_name("name"))
            if name in _DEFAULTS:
                return call.get(name, index) or parameter.child_by_field_name("value")
    return None


def by_default(module: Module, node: Node | None, depth: int = _DEPTH) -> Any:
    """Return what an expression is worth while the variables that it reads are not set; `UNKNOWN` where not certain."""
    node = module.origin(node)
    if node is None or not depth:
        return UNKNOWN
    known = module.value(node)
    if known is not UNKNOWN:
        return known
    if node.type == "parenthesized_expression" and node.named_children:
        return by_default(module, node.named_children[0], depth - 1)
    if node.type == "not_operator":
        inner = by_default(module, node.child_by_field_name("argument"), depth - 1)
        return UNKNOWN if inner is UNKNOWN else not inner
    if node.type == "comparison_operator":
        return _compared(module, node, depth)
    return _called(module, node, depth) if node.type == "call" else UNKNOWN


def _compared(module: Module, node: Node, depth: int) -> Any:
    sides = [by_default(module, side, depth - 1) for side in node.named_children]
    sign = " ".join(child.type for child in node.children if not child.is_named)
    if len(sides) != 2 or UNKNOWN in sides:
        return UNKNOWN
    left, right = sides
    if sign in ("==", "!="):
        return (left == right) is (sign == "==")
    if sign in ("in", "not in", "not", "in not") and isinstance(right, list | tuple | str | dict):
        if isinstance(right, str) and not isinstance(left, str):
            return UNKNOWN
        return (left in right) is (sign == "in")
    return UNKNOWN


def _called(module: Module, node: Node, depth: int) -> Any:
    function = node.child_by_field_name("function")
    call = Call(module, node, module.name(function))
    default = default_of(module, call)
    if default is not None:
        value = by_default(module, default, depth - 1)
        asked = code(function).endswith(".bool") or code(call.get("cast")) == "bool"
        return value.lower() in _WORDS if asked and isinstance(value, str) else value
    attribute = function.child_by_field_name("attribute") if function is not None else None
    if code(attribute) in ("lower", "upper", "strip") and function is not None and not call.positional:
        value = by_default(module, function.child_by_field_name("object"), depth - 1)
        return getattr(value, code(attribute))() if isinstance(value, str) else UNKNOWN
    if call.name.rpartition(".")[2] == "strtobool" and call.positional:
        value = by_default(module, call.positional[0], depth - 1)
        return value.lower() in _WORDS if isinstance(value, str) else UNKNOWN
    if call.name in _MAKERS and len(call.positional) == 1:
        value = by_default(module, call.positional[0], depth - 1)
        if value is UNKNOWN:
            return UNKNOWN
        if call.name == "int":
            return bool(int(value)) if isinstance(value, str) and value.isdigit() else UNKNOWN
        return bool(value) if call.name == "bool" else str(value)
    return UNKNOWN
