"""What a helper of the same file gives back, where it returns but one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.module import code

if TYPE_CHECKING:
    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module


def returned(module: Module, node: Node | None) -> Node | None:
    """Return what `path_of(day)` or the property `self.path` gives, if a function of the file returns but one thing."""
    called = node is not None and node.type == "call"
    owner, _, name = code(node.child_by_field_name("function") if node is not None and called else node).rpartition(".")
    if owner not in ("", "self", "cls") or not name.isidentifier() or not (called or owner):
        return None
    for function in module.nodes("function_definition"):
        if code(function.child_by_field_name("name")) != name or (not called and not _is_property(function)):
            continue
        given = list(module.inside("return_statement", function))
        return given[0].named_children[0] if len(given) == 1 and given[0].named_children else None
    return None


def _is_property(function: Node) -> bool:
    outer = function.parent if function.parent is not None and function.parent.type == "decorated_definition" else None
    return code(outer).startswith(("@property", "@cached_property", "@functools.cached_property"))
