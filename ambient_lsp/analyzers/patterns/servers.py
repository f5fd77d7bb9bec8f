"""What single web frameworks switch on for developers, and how they let other sites in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns import cookies, frameworks
from ambient_lsp.analyzers.patterns.environment import by_default
from ambient_lsp.analyzers.patterns.frameworks import is_everybody
from ambient_lsp.analyzers.patterns.match import (
    FALSE,
    TRUE,
    Area,
    AttributePattern,
    Call,
    CallPattern,
    Hit,
    Setting,
    always,
    any_of,
    equals,
    given,
    missing,
    names,
)
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.patterns.origins import is_loose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

_HEADERS = frozenset({"set-cookie", "access-control-allow-origin"})
_COOKIE_NAME = re.compile(
    r"(?i)[bf]*['\"]\s*(?:__(?:host|secure)-)?([\w-]*(?:sess|sid|auth|token|jwt|login|remember)[\w-]*)="
)


def _everybody(module: Module, node: Node) -> bool:
    return is_everybody(module.value(node))


def _any_default(module: Module, node: Node) -> bool:
    """Whether a setting is on where the environment says nothing."""
    return module.value(node) is not True and by_default(module, node) is True


def _debug_templates(module: Module, node: Node) -> bool:
    value = module.value(node)
    return isinstance(value, list | tuple) and any(
        isinstance(one, dict) and isinstance(options := one.get("OPTIONS"), dict) and options.get("debug") is True
        for one in value
    )


def _toolbar(call: Call) -> Node | None:
    """Find Pyramid's debugging, which includes a console."""
    settings = call.get("settings")
    value = call.module.value(settings)
    if not isinstance(value, dict):
        return None
    toolbar = "debugtoolbar" in str(value.get("pyramid.includes", ""))
    return settings if toolbar or value.get("pyramid.debug_all") in (True, "true") else None


def _includes_toolbar(call: Call) -> Node | None:
    return call.get("", 0) if "debugtoolbar" in str(call.value("", 0)) else None


def _session_middleware(call: Call) -> Node | None:
    """Find Starlette's session cookie, which goes over plain HTTP unless it is told not to."""
    first = call.get("", 0)
    if call.name.endswith("SessionMiddleware"):
        own = True
    else:
        own = first is not None and code(first).rpartition(".")[2] == "SessionMiddleware"
        own = own and not call.module.imported.isdisjoint({"starlette", "fastapi"})
    return any_of(missing("https_only"), given("https_only", FALSE))(call) if own else None


def _all_resources(call: Call) -> Node | None:
    """Find `aiohttp_cors.setup(app, defaults={"*": ...})`."""
    defaults = call.get("defaults")
    value = call.module.value(defaults)
    return defaults if isinstance(value, dict) and "*" in value else None


def _header_pairs(module: Module) -> Iterator[Hit]:
    """Find headers in lists of pairs, and cookies that are written by hand."""
    lowered = module.text.lower()
    if "set-cookie" not in lowered and "access-control-allow-origin" not in lowered:
        return
    for node in module.nodes("string"):
        name = module.value(node)
        name = name.decode("latin-1") if isinstance(name, bytes) else name
        if not isinstance(name, str) or name.lower() not in _HEADERS:
            continue
        value = _header_value(node)
        if value is None:
            continue
        if name.lower() == "set-cookie":
            yield from _written_cookie(module, value)
        elif value.parent is not None and value.parent.type == "tuple" and _is_star(module, value):
            yield Hit(frameworks.CORS, value)


def _is_star(module: Module, node: Node) -> bool:
    return module.value(node) in ("*", b"*")


def _header_value(node: Node) -> Node | None:
    """Return what a header's name is given: in a pair, a call, or by an assignment."""
    parent = node.parent
    if parent is None:
        return None
    if parent.type in ("tuple", "argument_list"):
        parts = parent.named_children
        return parts[1] if len(parts) == 2 and parts[0] == node else None
    if parent.type == "pair":
        return parent.child_by_field_name("value")
    above = parent.parent if parent.type == "subscript" else None
    return above.child_by_field_name("right") if above is not None and above.type == "assignment" else None


def _written_cookie(module: Module, node: Node) -> Iterator[Hit]:
    value = module.origin(node) or node
    text = code(value)
    if value.type not in ("string", "concatenated_string", "binary_operator", "call") or not _COOKIE_NAME.search(text):
        return
    if "secure" not in text.lower().replace("__secure-", ""):
        yield Hit(cookies.SECURE, node)
    if "httponly" not in text.lower():
        yield Hit(cookies.HTTPONLY, node)


def _loose_origins(module: Module) -> Iterator[Hit]:
    """Find an origin that is let in by its end, which `evila.org` has too."""
    if "access-control-allow-origin" not in module.text.lower():
        return
    for node in module.nodes("if_statement"):
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
        if is_loose(code(condition), module.text) and "origin" in code(condition).lower() + code(body).lower():
            for string in module.inside("string", body) if body is not None else ():
                if str(module.value(string)).lower() == "access-control-allow-origin":
                    yield Hit(frameworks.CORS, _header_value(string) or string, "other sites' names end so too")


def _morsel_flags(module: Module) -> Iterator[Hit]:
    """Find `response.cookies["session"]["secure"] = False`."""
    if "cookies" not in module.text or "http" in module.imported:
        return
    for node in module.nodes("assignment"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        inner = left.child_by_field_name("value") if left is not None and left.type == "subscript" else None
        owner = inner.child_by_field_name("value") if inner is not None and inner.type == "subscript" else None
        if left is None or right is None or not code(owner).endswith("cookies"):
            continue
        rule = {"secure": cookies.SECURE, "httponly": cookies.HTTPONLY}.get(
            str(module.value(left.child_by_field_name("subscript")))
        )
        if rule is not None and module.value(right) is False:
            yield Hit(rule, right)


_LITESTAR_CORS = names("litestar.config.cors.CORSConfig starlite.CORSConfig starlite.config.CORSConfig "
                       "litestar.config.CORSConfig")  # fmt: skip
_CALLS = (
    CallPattern(frameworks.DEBUG, names("litestar.Litestar litestar.app.Litestar starlite.Starlite falcon.testing.App "
                             "aiohttp.web.Application"), given("debug", TRUE)),
    CallPattern(frameworks.DEBUG, names("bottle.debug"), lambda call: call.callee if call.value("mode", 0) is True
                or not (call.positional or call.keywords) else None),
    CallPattern(frameworks.DEBUG, names("uvicorn.run uvicorn.Config"),
                any_of(given("debug", TRUE), given("reload", TRUE)),
                "it is a mode for developers"),
    CallPattern(frameworks.DEBUG, names("aiohttp_debugtoolbar.setup"), always),
    CallPattern(frameworks.DEBUG, names("flask_debugtoolbar.DebugToolbarExtension"), always),
    CallPattern(frameworks.DEBUG, names("pyramid.config.Configurator"), _toolbar),
    CallPattern(frameworks.DEBUG, names("pyramid.config.Configurator().include"), _includes_toolbar),
    CallPattern(frameworks.FLASK_DEBUG, names("*.run *.run_server"), lambda call: None if not call.module.imported & {
        "flask", "quart", "dash", "connexion", "sanic"} else given("debug", _any_default)(call)),
    CallPattern(frameworks.FLASK_DEBUG, names("flask.Flask().run quart.Quart().run"), given("use_debugger", TRUE)),
    CallPattern(frameworks.CORS, _LITESTAR_CORS, any_of(given("allow_origins", _everybody), missing("allow_origins"))),
    CallPattern(frameworks.CORS, names("falcon.App falcon.API falcon.asgi.App"), given("cors_enable", TRUE)),
    CallPattern(frameworks.CORS, names("falcon.CORSMiddleware falcon.middleware.CORSMiddleware"),
                any_of(given("allow_origins", _everybody, 0), missing("allow_origins", 0))),
    CallPattern(frameworks.CORS, names("aiohttp_cors.setup"), _all_resources),
    CallPattern(frameworks.CORS, names("aiohttp_cors.setup().add"), lambda call: call.get("", 1)
                if isinstance(value := call.value("", 1), dict) and "*" in value else None),
    CallPattern(frameworks.CORS, names("quart_cors: cors route_cors"),
                any_of(given("allow_origin", _everybody), missing("allow_origin"))),
    CallPattern(frameworks.CORS, names("flask_cors.CORS().init_app"), given("origins", _everybody)),
    CallPattern(frameworks.CORS, names("sanic_cors.CORS sanic_cors.cross_origin"),
                any_of(given("origins", _everybody), missing("origins"))),
    CallPattern(cookies.SECURE, names("*.add_middleware starlette.middleware.Middleware "
                                      "starlette.middleware.sessions.SessionMiddleware"), _session_middleware),
    CallPattern(cookies.SECURE, names("*.add_cookie"), given("secure", FALSE)),
    CallPattern(cookies.HTTPONLY, names("*.add_cookie"), given("httponly", FALSE)),
    CallPattern(cookies.HTTPONLY, names("*.set_cookie"), given("http_only", FALSE)),
    CallPattern(cookies.SECURE, names("pyramid.authentication: AuthTktAuthenticationPolicy AuthTktCookieHelper",
                              "pyramid.session: SignedCookieSessionFactory BaseCookieSessionFactory"),
                any_of(missing("secure"), given("secure", FALSE))),
    CallPattern(cookies.HTTPONLY, names("pyramid.authentication: AuthTktAuthenticationPolicy AuthTktCookieHelper",
                                "pyramid.session: SignedCookieSessionFactory BaseCookieSessionFactory"),
                any_of(given("http_only", FALSE), given("httponly", FALSE))),
    CallPattern(cookies.SECURE, names("litestar.datastructures.Cookie litestar.datastructures.cookie.Cookie"),
                any_of(missing("secure"), given("secure", FALSE))),
    CallPattern(cookies.HTTPONLY, names("litestar.datastructures.Cookie litestar.datastructures.cookie.Cookie"),
                any_of(missing("httponly"), given("httponly", FALSE))),
)  # fmt: skip
_SETTINGS = (
    Setting(frameworks.DEBUG, names("DEBUG TEMPLATE_DEBUG"), _any_default, common=True,
            detail="unless the environment says no"),
    Setting(frameworks.DEBUG, names("TEMPLATES"), _debug_templates, common=True),
    Setting(frameworks.DEBUG, frozenset({"request.show_tracebacks"}), TRUE),
    Setting(frameworks.CORS, names("CORS_ORIGINS CORS_ALLOWED_ORIGIN_REGEXES "
                                   "CORS_ORIGIN_REGEX_WHITELIST CORS_ALLOWED_ORIGINS"), _everybody),
    Setting(cookies.SECURE, frozenset({"tools.sessions.secure"}), FALSE),
    Setting(cookies.HTTPONLY, frozenset({"tools.sessions.httponly"}), FALSE),
)  # fmt: skip
_ATTRIBUTES = (
    AttributePattern(frameworks.CORS, "CORS_ORIGINS", equals("*")),
    AttributePattern(
        frameworks.DEBUG,
        "debug",
        TRUE,
        names("fastapi.FastAPI() starlette.applications.Starlette() litestar.Litestar()"),
    ),
)
AREA = Area((), _CALLS, _SETTINGS, _ATTRIBUTES, (_header_pairs, _loose_origins, _morsel_flags))
