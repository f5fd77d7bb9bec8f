"""Names of temporary files that are gone already, which anybody else can take before the program does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.folding import UNKNOWN
from ambient_lsp.analyzers.patterns.match import Call
from ambient_lsp.analyzers.patterns.module import code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

_MAKERS = ("tempfile.NamedTemporaryFile", "tempfile.TemporaryDirectory")


def gone(module: Module) -> Iterator[Node]:
    """Yield the calls that make a temporary file whose name is used when the file has been deleted."""
    if "tempfile" not in module.imported:
        return
    for node in module.nodes("call"):
        name = module.name(node.child_by_field_name("function"))
        if name in _MAKERS and not _is_kept(Call(module, node, name)) and _is_used_later(module, node):
            yield node


def _is_kept(call: Call) -> bool:
    """Whether the file may outlive the object that made it."""
    kept = call.value("delete") if call.get("delete") is not None else True
    return call.spread or kept is False or kept is UNKNOWN


def _is_used_later(module: Module, node: Node) -> bool:
    outer = node.parent
    if outer is not None and outer.type == "attribute":  # `NamedTemporaryFile().name`: nobody holds the file
        return code(outer.child_by_field_name("attribute")) == "name"
    around = _around(node)
    if outer is None or around is None:
        return False
    function = module.function(node)
    whole, start = (function, function.start_byte) if function is not None else (module.tree.root_node, 0)
    text = (whole.text or b"").decode("utf-8", "replace")
    behind = (whole.text or b"")[around.end_byte - start :].decode("utf-8", "replace")
    if outer.type == "as_pattern":
        alias = code(outer.child_by_field_name("alias"))
        names = [f"{alias}.name", *re.findall(rf"\b(\w+)\s*=\s*(?:\w+\()?{re.escape(alias)}\.name\b", text)]
    elif outer.type == "assignment":
        alias = code(outer.child_by_field_name("left"))
        closed = re.search(rf"\b{re.escape(alias)}\.(close|cleanup)\(\)", behind)
        names = [f"{alias}.name", *re.findall(rf"\b(\w+)\s*=\s*(?:\w+\()?{re.escape(alias)}\.name\b", text)]
        behind = behind[closed.end() :] if closed is not None else ""
    else:
        return False
    return any(_is_taken(name, behind) for name in names)


def _around(node: Node) -> Node | None:
    """Return the `with` or the statement that holds a call."""
    inner: Node | None = node
    while inner is not None and inner.type not in ("with_statement", "expression_statement", "function_definition"):
        inner = inner.parent
    return inner if inner is not None and inner.type != "function_definition" else None


def _is_taken(name: str, text: str) -> bool:
    """Whether a name is handed on, or a file is made under it."""
    path = rf"(?:(?:pathlib\.)?(?:Path|str)\(\s*)?{re.escape(name)}\b\)?"
    handed = rf"\b(?:yield|return)\s+\(?(?:\w+\s*,\s*)?{path}\s*(?:[,)]|$)"
    written = rf"\bopen\(\s*{path}\s*,\s*(?:mode\s*=\s*)?['\"][^'\"r]*[wa]|{path}\.(?:write_text|write_bytes|mkdir)\("
    return re.search(handed, text, re.MULTILINE) is not None or re.search(written, text) is not None
