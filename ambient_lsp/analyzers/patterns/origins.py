"""Checks of a request's origin: whether there is one at all, and whether other sites' names pass it too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import node_at
from ambient_lsp.analyzers.patterns.regex import explodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.model import Span

_COMPARED = re.compile(
    r"(?i)\bin\s+[\w.\[{(]|allow(ed|list)|whitelist|trusted|[!=]=|\.(start|end)swith|match\(|search\(|\bcheck|\bis_\w+\("
)
_LOOSE = re.compile(
    r"""\.endswith\(\s*['"](?![.:/]|https?:)[\w.-]+['"]\s*\)|['"][\w.-]+\.\w+['"]\s+in\s+\w+"""
    r"""|\.startswith\(\s*['"](?:https?://[\w.-]+\w|https?:(?://)?)['"]\s*\)(?!\s+and)"""
    r"""|match\(\s*r?['"]\^?(?:https\??://)?\(?\.[*+]"""
    r"""|\b(?P<name>\w+)\s+in\s+(?:\w+\.)*(?:host|hostname|netloc|origin|domain)\b[^\n]*\bfor\s+(?P=name)\s+in\b"""
    r"""|\bfor\s+(?P<each>\w+)\s+in\b[^\n]*:\s*if\s+(?P=each)\s+in\s+(?:\w+\.)*(?:host|hostname|netloc|origin)\b"""
)
_MATCHED = re.compile(r"""\b(?:re\.(match|search)\(\s*r?(['"])(.+?)\2\s*,|(\w+)\.(match|search)\()""")
_DOT = re.compile(r"(?<!\\\\)(?<!\\)\.(?![*+?{])(?=[\w-])")
_IN_CLASS = re.compile(r"\[[^\]]*\]")
_NO_ORIGIN = re.compile(r"""[!=]=\s*(['"])(?:null)?\1""")
_SCHEME = re.compile(
    r"""\bnot\s+[\w.]+\.startswith\(\s*\(?\s*['"]https?:(?://)?['"](?:\s*,\s*['"]https?:(?://)?['"])?\s*\)?\s*\)"""
    r"""|\.scheme\s*(?:[!=]=\s*['"]https?['"]|(?:not\s+)?in\s*[\[({][^\])}\n]*[\])}])"""
)
"""Sends away what is no web address: that is neither a check of the host, nor does it open one."""
_BY_NAME = re.compile(r"\.endswith\(\s*([A-Za-z_]\w*)\s*\)")
_BARE = r"""['"](?![.:/]|https?:)[\w.-]+['"]"""
_ONE_OF = re.compile(r"\bfor\s+(\w+)\s+in\s+(?:self\.|cls\.)?([A-Za-z_]\w*)\b")
_ANSWERED = re.compile(r"(?m)^\s*(\w+)\s*=\s*(?:await\s+)?(?:self\.)?([A-Za-z_]\w*)\(")
_ASKED = re.compile(r"\bif\s+(?:not\s+)?(?:await\s+)?(?:self\.)?([A-Za-z_]\w*)\([^()\n]*\)\s*:")
_CALLED = re.compile(r"(?:self\.)?\b([A-Za-z_]\w*)\(")


def is_loose(check: str, text: str) -> bool:
    """Whether the code of a check lets in names that only end, begin or look like one's own."""
    if _LOOSE.search(check) or any(_is_open(*each) for each in _patterns(check, text)):
        return True
    ends = {re.escape(name) for name in _BY_NAME.findall(check)}
    if any(re.search(rf"(?m)^\s*{name}\s*=\s*{_BARE}", text) for name in ends):
        return True
    several = {re.escape(found[2]) for found in _ONE_OF.finditer(check) if re.escape(found[1]) in ends}
    return any(re.search(rf"(?m)^\s*{name}\s*(?::[^=\n]+)?=\s*[\[({{]\s*{_BARE}", text) for name in several)


def _patterns(check: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the patterns that a check uses, each with how: `match` or `search`."""
    for found in _MATCHED.finditer(check):
        if found[1]:
            yield found[3], found[1]
            continue
        made = re.search(rf"""(?m)^\s*(?:self\.)?{found[4]}\s*=\s*re\.compile\(\s*r?(['"])(.+?)\1\s*[,)]""", text)
        if made is not None:
            yield made[2], found[5]


def _is_open(pattern: str, how: str) -> bool:
    """Whether a pattern lets in an origin that goes on behind the match, or begins before it."""
    if "." not in pattern or not re.search(r"https?|\\\.|//", pattern):
        return False
    if lets_others_in(pattern, how):
        return True
    ends = pattern.endswith(("$", "\\Z", "\\z", "$)", "/"))
    starts = how == "match" or pattern.startswith(("^", "\\A"))
    return not ends or not starts or _DOT.search(_IN_CLASS.sub("", pattern)) is not None


_DOMAIN = re.compile(r"((?:[\w-]|\\?\.)+)(?:\(?(?:\?:)?:(?:\\d\+|\d+)\)?\??)?/?\$?\)?$")


def lets_others_in(pattern: str, how: str) -> bool:
    """Whether a pattern matches the origin of a site that anybody can register: `https://evilshop.org`."""
    found = _DOMAIN.search(pattern)
    domain = found[1].replace("\\", "").lstrip(".-") if found is not None else ""
    if "." not in domain or explodes(pattern, whole=how == "fullmatch"):
        return False
    name, dot, top = domain.rpartition(".")
    others = [f"evil{domain}", f"evil-{domain}", name.replace(".", "x", 1) + dot + top if "." in name else ""]
    if how != "fullmatch":
        others += [f"{domain}.evil.net", f"a.{domain}.evil.net"]
    try:
        match = getattr(re.compile(pattern, re.IGNORECASE), how)
    except (re.error, RecursionError, OverflowError):
        return False
    return any(match(f"{scheme}://{other}") for other in others if other for scheme in ("https", "http"))


def is_checked(text: str, span: Span) -> bool:
    """Whether the function around a place compares something, in a way that holds."""
    node = node_at(text, span)
    while node is not None and node.type != "function_definition":
        node = node.parent
    if node is None:
        return False
    body = _SCHEME.sub("", _code(node))
    helpers = "".join(_body(text, name) for name in list(dict.fromkeys(_CALLED.findall(body)))[:20])
    compared = _NO_ORIGIN.sub("", body.partition(":")[2])
    for name, helper in _ANSWERED.findall(body):
        if known := _body(text, helper):  # what a name says of the answer counts for less than how it came about
            compared = re.sub(rf"\b{name}\b", "", compared) + _NO_ORIGIN.sub("", known.partition(":")[2])
    compared += "".join(_NO_ORIGIN.sub("", _body(text, helper).partition(":")[2]) for helper in _ASKED.findall(body))
    return _COMPARED.search(compared) is not None and not is_loose(body + helpers, text)


def _body(text: str, name: str) -> str:
    """Return the text of a function of the same file; "" where there is none."""
    found = re.search(rf"(?m)^([ \t]*)(?:async )?def {re.escape(name)}\(.*\n(?:(?:\1[ \t]+.*)?\n)*", text)
    return _SCHEME.sub("", found[0]) if found is not None else ""


def _code(node: Node) -> str:
    return node.text.decode("utf-8", "replace") if node.text is not None else ""
