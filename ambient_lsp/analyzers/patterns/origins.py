"""Checks of a request's origin: whether there is one at all, and whether other sites' names pass it too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import node_at

if TYPE_CHECKING:
    from tree_sitter import Node

    from ambient_lsp.model import Span

_COMPARED = re.compile(
    r"(?i)\bin\s+[\w.\[{(]|allow(ed|list)|whitelist|trusted|[!=]=|\.(start|end)swith|match\(|search\(|\bcheck|\bis_\w+\("
)
_LOOSE = re.compile(
    r"""\.endswith\(\s*['"](?![.:/]|https?:)[\w.-]+['"]\s*\)|['"][\w.-]+\.\w+['"]\s+in\s+\w+"""
    r"""|\.startswith\(\s*['"](?:https?://[\w.-]+\w|https?:(?://)?)['"]\s*\)(?!\s+and)"""
    r"""|match\(\s*r?['"]\^?(?:https\??://)?\(?\.[*+]"""
)
_BY_NAME = re.compile(r"\.endswith\(\s*([A-Za-z_]\w*)\s*\)")
_CALLED = re.compile(r"(?:self\.)?\b([A-Za-z_]\w*)\(")


def is_loose(check: str, text: str) -> bool:
    """Whether the code of a check lets in names that only end, begin or look like one's own."""
    if _LOOSE.search(check):
        return True
    ends = {re.escape(name) for name in _BY_NAME.findall(check)}
    return any(re.search(rf"(?m)^\s*{name}\s*=\s*['\"](?![.:/]|https?:)[\w.-]+['\"]", text) for name in ends)


def is_checked(text: str, span: Span) -> bool:
    """Whether the function around a place compares something, in a way that holds."""
    node = node_at(text, span)
    while node is not None and node.type != "function_definition":
        node = node.parent
    if node is None:
        return False
    body = _code(node)
    helpers = "".join(_body(text, name) for name in list(dict.fromkeys(_CALLED.findall(body)))[:20])
    return _COMPARED.search(body.partition(":")[2]) is not None and not is_loose(body + helpers, text)


def _body(text: str, name: str) -> str:
    """Return the text of a function of the same file; "" where there is none."""
    found = re.search(rf"(?m)^([ \t]*)(?:async )?def {re.escape(name)}\(.*\n(?:(?:\1[ \t]+.*)?\n)*", text)
    return found[0] if found is not None else ""


def _code(node: Node) -> str:
    return node.text.decode("utf-8", "replace") if node.text is not None else ""
