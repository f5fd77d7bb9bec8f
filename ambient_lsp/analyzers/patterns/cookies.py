"""Cookies and sessions: flags that keep a cookie from scripts and from the wire, and how long a login lasts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.folding import UNKNOWN
from ambient_lsp.analyzers.patterns.match import (
    FALSE,
    NONE,
    Area,
    AttributePattern,
    Call,
    CallPattern,
    Hit,
    Setting,
    above,
    all_of,
    any_of,
    either,
    equals,
    given,
    missing,
    names,
    unless,
)
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.rule import weakness
from ambient_lsp.analyzers.vocabulary import PASSWORD_WORDS, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.match import Condition
    from ambient_lsp.analyzers.patterns.module import Module

_YEAR = 366 * 24 * 3600
_SENSITIVE = frozenset(
    "session sessionid sessid sid token jwt auth authtoken login remember credential credentials user userid csrftoken "
    "secret refresh access".split()
)
_SIGNED = ("set_signed_cookie", "set_secure_cookie")
"""Who signs a cookie believes what it says when it comes back: with an identity in it, it is a login."""
_IDENTITY = frozenset("id pk uid uuid email username member account customer".split())
_LOGIN_CHECKS = ("check_password", "check_password_hash", "checkpw", "authenticate", "verify_password")
_RENEWALS = ("cycle_key", "flush", "clear", "regenerate", "login", "login_user", "rotate", "new_session", "invalidate")

SECURE = weakness(
    "COOKIE-SECURE", "medium", "614", "a05", "Cookie sent without encryption too",
    "Without `secure` the cookie goes over plain HTTP, where anybody can read it.", "`secure=True`.",
    example='response.set_cookie("session", token, httponly=True, samesite="Lax")\n',
    better='response.set_cookie("session", token, httponly=True, samesite="Lax", secure=True)\n',
)  # fmt: skip
HTTPONLY = weakness(
    "COOKIE-HTTPONLY", "medium", "1004", "a05", "Cookie that scripts can read",
    "One cross-site script is enough to take the session.", "`httponly=True`.",
    example='response.set_cookie("session", token, secure=True, samesite="Lax")\n',
    better='response.set_cookie("session", token, secure=True, samesite="Lax", httponly=True)\n',
)  # fmt: skip
SAMESITE = weakness(
    "COOKIE-SAMESITE", "medium", "1275", "a01", "Cookie sent along from other sites",
    "With `SameSite=None` other sites' requests carry the cookie.", "`samesite=\"Lax\"`.",
    example='response.set_cookie("session", token, secure=True, httponly=True, samesite="None")\n',
    better='response.set_cookie("session", token, secure=True, httponly=True, samesite="Lax")\n',
)  # fmt: skip
LIFE = weakness(
    "COOKIE-LIFE", "medium", "539", "a07", "Session cookie that stays for years",
    "Who finds it on an old disk or machine is logged in.", "",
    example='response.set_cookie("session", token, max_age=10 * 365 * 24 * 3600, secure=True, httponly=True)\n',
    better='response.set_cookie("session", token, max_age=8 * 3600, secure=True, httponly=True)\n',
)  # fmt: skip
IN_COOKIE = weakness(
    "COOKIE-PASSWORD", "high", "315", "a04", "Password kept in a cookie", "It lies on the visitor's disk in the clear.",
    example='response.set_cookie("auth", password, secure=True, httponly=True)\n',
    better='response.set_cookie("auth", session_id, secure=True, httponly=True)\n',
)  # fmt: skip
EXPIRY = weakness(
    "SESSION-EXPIRY", "medium", "613", "a07", "Session that hardly ends", "A login that was stolen works for ever.",
    example="SESSION_COOKIE_AGE = 60 * 60 * 24 * 365 * 5\n",
    better="SESSION_COOKIE_AGE = 60 * 60 * 24 * 14\n",
)  # fmt: skip
FIXATION = weakness(
    "SESSION-FIXATION", "medium", "384", "a07", "Session kept over the login",
    "Who planted the session id before the login is logged in after it.", "",
    example="def login(request):\n    user = User.objects.get(name=request.POST['name'])\n"
            "    if check_password(request.POST['password'], user.password):\n"
            "        request.session['user_id'] = user.id\n",
    better="def login(request):\n    user = User.objects.get(name=request.POST['name'])\n"
           "    if check_password(request.POST['password'], user.password):\n"
           "        request.session.cycle_key()\n        request.session['user_id'] = user.id\n",
)  # fmt: skip


def _sets_cookie(call: Call) -> Node | None:
    """Keep what sets a cookie that matters: one that a login hangs on, by its name or by what it holds."""
    if _any_cookie(call) is None:
        return None
    key = call.value("key", 0)
    if key is UNKNOWN and call.get("name") is not None:
        key = call.value("name")
    given_key = call.get("key", 0) or call.get("name")
    if key is UNKNOWN and not words(code(given_key)) & {"name", "key", "cookie"}:
        return None  # a function of the same name with other parameters
    about: frozenset[str] = words(str(key)) if isinstance(key, str) else frozenset()
    if call.name.rpartition(".")[2] in _SIGNED and (about | words(code(call.get("value", 1)))) & _IDENTITY:
        return call.callee
    return call.callee if (about | words(code(call.get("value", 1)))) & _SENSITIVE else None


def _any_cookie(call: Call) -> Node | None:
    """Keep what sets a cookie; one that is taken away again carries nothing."""
    if call.spread or len(call.positional) + len(call.keywords) < 2:
        return None
    gone = call.module.value(call.get("value", 1)) in ("", None)
    gone = gone or call.value("max_age", 2) == 0 or call.value("expires", 3) == 0
    return None if gone else call.callee


def _holds_password(call: Call) -> Node | None:
    value = call.get("value", 1)
    known = call.module.origin(value)
    if value is None or (known is not None and known.type == "call"):
        return None
    last = code(value).rpartition(".")[2]
    return value if words(last) & PASSWORD_WORDS and not words(last) & {"hash", "hashed", "reset"} else None


def _without(keyword: str, at: int) -> Condition:
    """A flag is switched off, for whatever cookie; or missing, for one that a login hangs on."""
    return any_of(
        all_of(_any_cookie, given(keyword, FALSE, at)),
        unless(_sets_flags_itself, all_of(_sets_cookie, any_of(missing(keyword, at), given(keyword, NONE, at)))),
    )


def _sets_flags_itself(call: Call) -> Node | None:
    """Whether the framework sets the flags unless it is told not to."""
    return call.callee if "falcon" in call.module.imported else None


def _long_life(module: Module, node: Node) -> bool:
    """Whether a number of seconds, or a timedelta, is longer than a year."""
    if above(_YEAR)(module, node):
        return True
    if module.name(node) != "datetime.timedelta()":
        return False
    call = Call(module, node, "datetime.timedelta")
    days, weeks = call.value("days", 0), call.value("weeks")
    return (isinstance(days, int) and days > 366) or (isinstance(weeks, int) and weeks > 53)


def _fixation(module: Module) -> Iterator[Hit]:
    """Find a login of one's own that writes the session and never renews it. Flask's session has no id to plant."""
    if "request.session[" not in module.text:
        return
    if "flask" in module.imported:
        return
    for node in module.nodes("function_definition"):
        called = {code(one.child_by_field_name("function")).rpartition(".")[2] for one in module.inside("call", node)}
        if not called & set(_LOGIN_CHECKS) or called & set(_RENEWALS):
            continue
        for assignment in module.inside("assignment", node):
            left = assignment.child_by_field_name("left")
            if left is not None and left.type == "subscript" and code(left).startswith("request.session["):
                yield Hit(FIXATION, left)
                break


def _morsels(module: Module) -> Iterator[Hit]:
    """Find `cookie["sid"]["secure"] = False` of the standard library's cookies, and cookies without that line.

    A flag is written if its value is true, so `""` and `0` switch it off as well.
    """
    if "http" not in module.imported:
        return
    yield from _bare_morsels(module)
    for node in module.nodes("assignment"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        inner = left.child_by_field_name("value") if left is not None and left.type == "subscript" else None
        if left is None or right is None or inner is None or "[" not in _morsel_of(module, inner):
            continue
        rule = {"secure": SECURE, "httponly": HTTPONLY}.get(str(module.value(left.child_by_field_name("subscript"))))
        value = module.value(right)
        if rule is not None and value is not UNKNOWN and not value:
            yield Hit(rule, right)


def _morsel_of(module: Module, owner: Node) -> str:
    """Return which cookie a name stands for: `jar["sid"]` for the `morsel` that was taken out of the jar before."""
    if owner.type != "identifier":
        return code(owner)
    function = module.function(owner)
    before = module.inside("assignment", function) if function is not None else module.nodes("assignment")
    for node in reversed([one for one in before if one.end_byte <= owner.start_byte]):
        if code(node.child_by_field_name("left")) == code(owner):
            return code(node.child_by_field_name("right"))
    return code(owner)


def _bare_morsels(module: Module) -> Iterator[Hit]:
    flags: dict[str, set[str]] = {}
    made: list[tuple[Node, Node]] = []
    for node in module.nodes("assignment"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        owner = left.child_by_field_name("value") if left is not None and left.type == "subscript" else None
        if left is None or right is None or owner is None:
            continue
        key = module.value(left.child_by_field_name("subscript"))
        if re.search(rf"\b{re.escape(code(owner))}\s*=\s*([\w.]+\.)?SimpleCookie\(\)", module.text):
            made.append((left, right))
        elif isinstance(key, str) and not _while_debugging(node):
            flags.setdefault(_morsel_of(module, owner), set()).add(key.lower())
    for left, right in made:
        about = words(str(module.value(left.child_by_field_name("subscript")))) | words(code(right))
        if not about & _SENSITIVE or "update(" in module.text:
            continue
        given = flags.get(code(left), set())
        yield from (Hit(rule, left) for rule, flag in ((SECURE, "secure"), (HTTPONLY, "httponly")) if flag not in given)


def _while_debugging(node: Node) -> bool:
    """Whether something is done only in a branch for debugging: `if settings.DEBUG:`, and not `if not ...`."""
    inner: Node = node
    while inner.parent is not None and inner.parent.type != "function_definition":
        outer = inner.parent
        condition = code(outer.child_by_field_name("condition")) if outer.type == "if_statement" else ""
        if condition and outer.child_by_field_name("consequence") == inner:
            if words(condition) & _DEBUGGING and re.search(r"\bnot\b|!=|==|\bis\b", condition) is None:
                return True
        inner = outer
    return False


_DEBUGGING = frozenset("debug debugging dev development testing".split())
_COOKIE = names("*.set_cookie *.set_signed_cookie *.set_secure_cookie")
_SESSION_COOKIES = names("SESSION_COOKIE CSRF_COOKIE REMEMBER_COOKIE")
_CALLS = (
    CallPattern(SECURE, _COOKIE, _without("secure", 6)),
    CallPattern(HTTPONLY, _COOKIE, _without("httponly", 7)),
    CallPattern(SAMESITE, _COOKIE, all_of(_sets_cookie, given("samesite", equals("None", "none"), 8))),
    CallPattern(LIFE, _COOKIE, all_of(_sets_cookie, given("max_age", _long_life, 2))),
    CallPattern(IN_COOKIE, _COOKIE, _holds_password),
    CallPattern(EXPIRY, names("*.set_expiry"), given("value", _long_life, 0)),
)  # fmt: skip
_SETTINGS = (
    Setting(SECURE, frozenset(f"{one}_SECURE" for one in _SESSION_COOKIES), FALSE),
    Setting(HTTPONLY, frozenset({"SESSION_COOKIE_HTTPONLY", "REMEMBER_COOKIE_HTTPONLY"}), FALSE),
    Setting(SAMESITE, frozenset(f"{one}_SAMESITE" for one in _SESSION_COOKIES), equals("None", False)),
    Setting(EXPIRY, names("SESSION_COOKIE_AGE PERMANENT_SESSION_LIFETIME REMEMBER_COOKIE_DURATION"), _long_life),
    Setting(EXPIRY, names("JWT_ACCESS_TOKEN_EXPIRES"), either(FALSE, _long_life)),
)
_ATTRIBUTES = (
    AttributePattern(EXPIRY, "permanent_session_lifetime", _long_life),
    AttributePattern(FIXATION, "session_protection", NONE, detail="`session_protection` is off"),
)
AREA = Area(
    (SECURE, HTTPONLY, SAMESITE, LIFE, IN_COOKIE, EXPIRY, FIXATION),
    _CALLS,
    _SETTINGS,
    _ATTRIBUTES,
    (_fixation, _morsels),
)
