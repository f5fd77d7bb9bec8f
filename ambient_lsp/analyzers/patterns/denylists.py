"""Hosts that may not be asked, held against a list of bad names, which other names of the same machines pass."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.match import Area, Call, Hit, names
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.rules_taint import TAINT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

_INNER = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1", "169.254.169.254", "metadata.google.internal"})  # noqa: S104
_HOST = re.compile(r"(?i)\b(host|hostname|netloc|domain)\b")
_RESOLVES = re.compile(r"\b(ipaddress|getaddrinfo|gethostbyname\w*|is_private|is_global|is_loopback)\b")
_REFUSES = re.compile(r"^(raise|abort\(|(\w+\.)*abort\()")
_ASKS = names(
    "requests: get post put patch delete head request", "httpx: get post put patch delete head request stream",
    "requests.Session(): get post put patch head request", "httpx.Client(): get post put head request stream",
    "httpx.AsyncClient(): get post put head request stream", "aiohttp.ClientSession(): get post put head request",
    "urllib.request.urlopen urllib.request.Request urllib.request.urlretrieve",
)  # fmt: skip


def _unresolved(module: Module) -> Iterator[Hit]:
    """Find requests for an address of which only the name of the host was held against a list of bad ones."""
    if not any(name in module.text for name in _INNER) or _RESOLVES.search(module.text) is not None:
        return
    guarded = {function.id: function for node in module.nodes("if_statement") if (function := _guarded(module, node))}
    rule = next(one for one in TAINT if one.id == "AMB-SEC-SSRF")
    checks = {code(function.child_by_field_name("name")) for function in guarded.values()}
    if not guarded:
        return
    for node in module.nodes("call"):
        call = Call(module, node, module.name(node.child_by_field_name("function")))
        around = module.function(node) if call.name in _ASKS else None
        if around is None:
            continue
        address = call.get("url", 1 if call.name.endswith((".request", ".stream")) else 0)
        asked = _checked(address, checks) or code(address)
        if asked not in _parameters(around):
            continue
        if around.id in guarded or re.search(rf"\b({'|'.join(checks)})\(\s*{re.escape(asked)}\b", code(around)):
            yield Hit(rule, node, "names that a list of bad hosts lacks lead to the same machines", "medium")


def _guarded(module: Module, node: Node) -> Node | None:
    """Return the function in which an `if host in BAD: raise ...` stands."""
    condition, body = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
    last = body.named_children[-1] if body is not None and body.named_children else None
    if condition is None or last is None or _REFUSES.match(code(last)) is None:
        return None
    for test in module.inside("comparison_operator", condition):
        sides = test.named_children
        if len(sides) != 2 or [child.type for child in test.children if not child.is_named] != ["in"]:
            continue
        bad = module.value(sides[1])
        held = code(sides[0]) + code(module.origin(sides[0]))
        if isinstance(bad, list | tuple) and len(_INNER & set(bad)) > 1 and _HOST.search(held):
            return module.function(node)
    return None


def _checked(address: Node | None, checks: set[str]) -> str:
    """Return what `check(url)` is given; "" for what is no call of a check."""
    found = re.fullmatch(r"(?:self\.)?(\w+)\((\w+)\)", code(address))
    return found[2] if found is not None and found[1] in checks else ""


def _parameters(function: Node) -> set[str]:
    """Return the names of a function's parameters, which others give."""
    given = function.child_by_field_name("parameters")
    inside = [one.child_by_field_name("name") or next(iter(one.named_children), one)
              for one in (given.named_children if given is not None else ())]  # fmt: skip
    return {code(one) for one in inside} - {"self", "cls"}


AREA = Area((), (), finders=(_unresolved,))
