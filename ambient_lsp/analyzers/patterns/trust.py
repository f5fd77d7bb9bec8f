"""Decisions taken on a visitor's word, and checks of addresses and texts that let the wrong ones through."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.match import Area, Call, CallPattern, Hit, names
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.rule import weakness
from ambient_lsp.analyzers.vocabulary import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

_ROLES = frozenset("admin isadmin role roles superuser staff isstaff privilege permission level authenticated "
                   "loggedin isauthenticated verified premium".split())  # fmt: skip
_ADDRESS = frozenset("url uri host hostname origin domain netloc referer referrer redirect href link".split())

COOKIE_TRUST = weakness(
    "COOKIE-TRUST", "high", "565 784", "a01", "Rights read from a cookie", "The visitor writes it.", "",
    example='def delete(request):\n    if request.COOKIES.get("role") == "admin":\n        remove()\n',
    better="def delete(request):\n    if request.user.is_staff:\n        remove()\n",
)  # fmt: skip
INPUT_TRUST = weakness(
    "INPUT-TRUST", "high", "807 639", "a01", "Rights read from the request", "The visitor writes it.", "",
    example='def delete(request):\n    if request.POST.get("is_admin") == "1":\n        remove()\n',
    better="def delete(request):\n    if request.user.is_staff:\n        remove()\n",
)  # fmt: skip
ADDRESS_TRUST = weakness(
    "ADDRESS-TRUST", "high", "290 348", "a07", "Visitor let in by an address that he writes",
    "`X-Forwarded-For` holds whatever the visitor puts there, unless a proxy of yours replaces it.", "",
    example='def admin(request):\n    if request.headers.get("X-Forwarded-For") == "10.0.0.1":\n        show()\n',
    better="def admin(request):\n    if request.user.is_staff:\n        show()\n",
)  # fmt: skip
REFERER = weakness(
    "REFERER-TRUST", "medium", "293", "a07", "Visitor let in by the page he says he comes from",
    "The `Referer` header is the visitor's word.", "",
    example='def admin(request):\n    if request.META["HTTP_REFERER"] == "https://shop.org/":\n        show()\n',
    better="def admin(request):\n    if request.user.is_staff:\n        show()\n",
)  # fmt: skip
URL_CHECK = weakness(
    "URL-CHECK", "medium", "20 601", "a03", "Address checked by a part of its text",
    "`https://shop.org.evil.net` and `https://evil.net/?shop.org` pass too. Compare the parsed host.", "",
    example='def safe(url):\n    return "shop.org" in url\n',
    better='from urllib.parse import urlsplit\n\n\ndef safe(url):\n    return urlsplit(url).hostname == "shop.org"\n',
)  # fmt: skip
ANCHOR = weakness(
    "REGEX-ANCHOR", "medium", "777 625", "a03", "Pattern for a host without an end",
    "What follows the match is not looked at, and a bare dot is any character.", "",
    example='import re\n\n\ndef safe(origin):\n    return re.match(r"https://shop.org", origin)\n',
    better='import re\n\n\ndef safe(origin):\n    return re.fullmatch(r"https://shop\\.org", origin)\n',
)  # fmt: skip
COLLAPSE = weakness(
    "REPLACE-ONCE", "medium", "182 184 23", "a03", "Dangerous part taken out once",
    "`....//` is `../` after the inner one is gone.", "",
    example='def clean(path):\n    return path.replace("../", "")\n',
    better='from werkzeug.utils import secure_filename\n\n\ndef clean(path):\n    return secure_filename(path)\n',
)  # fmt: skip
DENYLIST = weakness(
    "DENYLIST", "medium", "184 80", "a03", "Markup made safe by taking out one word",
    "There are many other ways to write a script. Escape it all.", "",
    example='def clean(text):\n    return text.replace("<script>", "")\n',
    better="import html\n\n\ndef clean(text):\n    return html.escape(text)\n",
)  # fmt: skip
ALWAYS_TRUE = weakness(
    "ALWAYS-TRUE", "high", "571 697", "a04", "Condition that always holds", '`"b"` by itself is true.',
    "",
    example='def allowed(role):\n    return role == "admin" or "owner"\n',
    better='def allowed(role):\n    return role == "admin" or role == "owner"\n',
)  # fmt: skip
IDENTITY = weakness(
    "STRING-IS", "medium", "597 595", "a04", "Text compared with `is`",
    "Equal texts can be different objects, so the answer changes between runs.", "`==`.",
    example='def allowed(role):\n    return role is "admin"\n',
    better='def allowed(role):\n    return role == "admin"\n',
)  # fmt: skip
RESET_LINK = weakness(
    "RESET-LINK", "medium", "640 644", "a07", "Password link made from the visitor's `Host` header",
    "Who asks for somebody else's link can make it lead to his own site.", "",
    example='def reset_password(request, user):\n'
            '    link = f"https://{request.get_host()}/reset/{user.reset_token}"\n    mail(user, link)\n',
    better='def reset_password(request, user):\n'
           '    link = f"https://{settings.SITE}/reset/{user.reset_token}"\n    mail(user, link)\n',
)  # fmt: skip

_COOKIES = re.compile(r"\brequest\.(cookies|COOKIES)(\.get\(|\[)\s*['\"](?P<key>\w+)['\"]")
_INPUT = re.compile(r"\brequest\.(args|form|GET|POST|values|json|data|query_params|headers)(\.get\(|\[)\s*['\"]"
                    r"(?P<key>[\w-]+)['\"]")  # fmt: skip
_FORWARDED = re.compile(r"(?i)x-forwarded-for|x-real-ip|HTTP_X_FORWARDED_FOR|HTTP_X_REAL_IP|HTTP_CLIENT_IP|x-client-ip")
_REFERER = re.compile(
    r"(?i)\brequest\.(referrer|headers(\.get\(|\[)\s*['\"]referer|META(\.get\(|\[)\s*['\"]HTTP_REFERER)"
)


def _decisions(module: Module) -> Iterator[Hit]:
    """Find comparisons, and bare truth tests, of what the visitor sent under a name such as `role`."""
    if "request" not in module.text:
        return
    for node in module.nodes("comparison_operator"):
        for side in node.named_children:
            yield from _decision(module, node, side)
    for node in module.nodes("if_statement"):
        condition = node.child_by_field_name("condition")
        if condition is not None and condition.type in ("identifier", "call", "subscript"):
            yield from _decision(module, condition, condition)


def _decision(module: Module, node: Node, side: Node) -> Iterator[Hit]:
    source = code(module.origin(side))
    for pattern, rule in ((_COOKIES, COOKIE_TRUST), (_INPUT, INPUT_TRUST)):
        found = pattern.match(source)
        if found is not None and words(found["key"]) & _ROLES and _guards(module, node):
            yield Hit(rule, node, f"`{found['key']}`")
    if _FORWARDED.search(source) and source.startswith("request.") and _is_address(module, node, side):
        yield Hit(ADDRESS_TRUST, node)
    elif _REFERER.match(source) and any(isinstance(module.value(one), str) and "://" in module.value(one)
                                        for one in node.named_children):  # fmt: skip
        yield Hit(REFERER, node)


def _guards(module: Module, node: Node) -> bool:
    """Whether the condition decides about something, and is no check that the field was filled in."""
    others = [module.value(one) for one in node.named_children]
    return not any(value is None or value == "" for value in others)


def _is_address(module: Module, node: Node, side: Node) -> bool:
    others = [one for one in node.named_children if one.id != side.id]
    for one in others:
        value = module.value(one)
        items = value if isinstance(value, list | tuple) else [value]
        if any(isinstance(item, str) and re.match(r"\d+\.\d+\.\d+\.\d+|localhost|::1", item) for item in items):
            return True
        if words(code(one)) & {"allowed", "trusted", "whitelist", "allowlist", "whitelisted", "internal"}:
            return True
    return False


_HOST = re.compile(r"(https?://)?(\*\.|\.)?[\w-]+(\.[\w-]+)*\.(com|org|net|io|dev|app|edu|gov|co|uk|de|eu|cloud)/?")


def _url_checks(module: Module) -> Iterator[Hit]:
    """Find `"shop.org" in url`."""
    for node in module.nodes("comparison_operator"):
        sides = node.named_children
        if len(sides) != 2 or not any(child.type in ("in", "not in") for child in node.children):
            continue
        value = module.value(sides[0])
        if isinstance(value, str) and _HOST.fullmatch(value) and _is_url(sides[1]):
            yield Hit(URL_CHECK, node)


def _is_url(node: Node | None) -> bool:
    """Whether a node is a text that holds an address; a host that was parsed out may be compared as a whole."""
    if node is None or node.type not in ("identifier", "attribute", "call", "subscript"):
        return False
    last = code(node).rpartition(".")[2]
    return bool(words(last) & _ADDRESS) and not words(last) & {"urls", "hosts", "domains", "origins", "list", "allowed"}


def _prefix(call: Call) -> Node | None:
    """Find `url.startswith("https://shop.org")`, and `host.endswith("shop.org")` without the dot before it."""
    value = call.value("", 0)
    owner = call.callee.child_by_field_name("object")
    if not isinstance(value, str) or not _HOST.fullmatch(value) or not _is_url(owner):
        return None
    start = code(call.callee).endswith("startswith")
    bad = not value.endswith("/") and "://" in value if start else not value.startswith((".", "@", "http"))
    return call.node if bad else None


def _unanchored(call: Call) -> Node | None:
    value = call.value("pattern", 0)
    subject = call.get("string", 1)
    if not isinstance(value, str) or subject is None or not _is_url(subject):
        return None
    if not re.match(r"\^?(https\??:)?(\\?/\\?/)?[\w.\\()*+|?:\[\]-]*\\?\.(com|org|net|io|dev|app|edu|gov|co)", value):
        return None
    ended = re.search(r"(\$|\\Z|/|\(\?:?[/:].*\))$", value)
    return call.get("pattern", 0) if ended is None else None


def _stripped(call: Call) -> Node | None:
    if len(call.positional) != 2 or call.module.value(call.positional[1]) != "":
        return None
    value = call.value("", 0)
    again = call.node.parent
    while again is not None and again.type not in ("while_statement", "function_definition"):
        again = again.parent
    looped = again is not None and again.type == "while_statement"
    return call.node if value in ("../", "..\\", "..") and not looped else None


def _markup(call: Call) -> Node | None:
    if len(call.positional) != 2 or not isinstance(call.module.value(call.positional[1]), str):
        return None
    value = call.value("", 0)
    return (
        call.node if isinstance(value, str) and re.fullmatch(r"(?i)</?script>?|javascript:|onerror=?", value) else None
    )


def _always(module: Module) -> Iterator[Hit]:
    """Find `x == "a" or "b"` where it is a condition or an answer; as a default value it is meant."""
    for node in module.nodes("boolean_operator"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or not any(child.type == "or" for child in node.children):
            continue
        if right.type != "string" or left.type not in ("comparison_operator", "boolean_operator"):
            continue
        compared = left.type == "comparison_operator" and any(child.type == "==" for child in left.children)
        strings = [one for one in left.named_children if one.type == "string"]
        if compared and strings and module.value(right):
            yield Hit(ALWAYS_TRUE, node)


def _identity(module: Module) -> Iterator[Hit]:
    for node in module.nodes("comparison_operator"):
        if any(child.type in ("is", "is not") for child in node.children) and any(
            one.type == "string" for one in node.named_children
        ):
            yield Hit(IDENTITY, node)


def _reset_links(module: Module) -> Iterator[Hit]:
    if "request." not in module.text:
        return
    for node in module.nodes("string"):
        text = code(node)
        if not re.search(r"\{\s*request\.(get_host\(\)|host\b|host_url|headers(\.get\(|\[)['\"]Host|META)", text):
            continue
        function = module.function(node)
        name = code(function.child_by_field_name("name")) if function is not None else ""
        if words(name) & {"reset", "forgot", "recover", "recovery"} or re.search(r"(?i)reset|recover", text):
            yield Hit(RESET_LINK, node)


AREA = Area(
    (COOKIE_TRUST, INPUT_TRUST, ADDRESS_TRUST, REFERER, URL_CHECK, ANCHOR, COLLAPSE, DENYLIST, ALWAYS_TRUE, IDENTITY,
     RESET_LINK),
    (
        CallPattern(URL_CHECK, names("*.startswith *.endswith"), _prefix),
        CallPattern(ANCHOR, names("re.match re.search"), _unanchored),
        CallPattern(COLLAPSE, names("*.replace"), _stripped),
        CallPattern(DENYLIST, names("*.replace"), _markup),
    ),
    finders=(_decisions, _url_checks, _always, _identity, _reset_links),
)  # fmt: skip
