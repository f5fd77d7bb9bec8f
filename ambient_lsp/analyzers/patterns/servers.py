"""What single web frameworks switch on for developers, and how they let other sites in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.cookies import HTTPONLY, SECURE
from ambient_lsp.analyzers.patterns.environment import by_default
from ambient_lsp.analyzers.patterns.frameworks import CORS, DEBUG, FLASK_DEBUG, is_everybody
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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

_HEADERS = frozenset({"set-cookie", "access-control-allow-origin"})
_COOKIE_NAME = re.compile(
    r"(?i)[bf]*['\"]\s*(?:__(?:host|secure)-)?([\w-]*(?:sess|sid|auth|token|jwt|login|remember)[\w-]*)="
)
_LOOSE = re.compile(r"""\.endswith\(\s*['"](?![.:/]|https?:)[\w.-]+['"]\s*\)|['"][\w.-]+\.\w+['"]\s+in\s+\w*origin""")


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
            yield Hit(CORS, value)


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
        yield Hit(SECURE, node)
    if "httponly" not in text.lower():
        yield Hit(HTTPONLY, node)


def _loose_origins(module: Module) -> Iterator[Hit]:
    """Find an origin that is let in by its end, which `evila.org` has too."""
    if "access-control-allow-origin" not in module.text.lower():
        return
    for node in module.nodes("if_statement"):
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
        found = _LOOSE.search(code(condition))
        if found and "origin" in code(condition).lower() + code(body).lower():
            for string in module.inside("string", body) if body is not None else ():
                if str(module.value(string)).lower() == "access-control-allow-origin":
                    yield Hit(CORS, _header_value(string) or string, "other sites' names end so too")


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
        rule = {"secure": SECURE, "httponly": HTTPONLY}.get(str(module.value(left.child_by_field_name("subscript"))))
        if rule is not None and module.value(right) is False:
            yield Hit(rule, right)


_LITESTAR_CORS = names("litestar.config.cors.CORSConfig starlite.CORSConfig starlite.config.CORSConfig "
                       "litestar.config.CORSConfig")  # fmt: skip
_CALLS = (
    CallPattern(DEBUG, names("litestar.Litestar litestar.app.Litestar starlite.Starlite falcon.testing.App "
                             "aiohttp.web.Application"), given("debug", TRUE)),
    CallPattern(DEBUG, names("bottle.debug"), lambda call: call.callee if call.value("mode", 0) is True
                or not (call.positional or call.keywords) else None),
    CallPattern(DEBUG, names("uvicorn.run uvicorn.Config"), any_of(given("debug", TRUE), given("reload", TRUE)),
                "it is a mode for developers"),
    CallPattern(DEBUG, names("aiohttp_debugtoolbar.setup"), always),
    CallPattern(DEBUG, names("flask_debugtoolbar.DebugToolbarExtension"), always),
    CallPattern(DEBUG, names("pyramid.config.Configurator"), _toolbar),
    CallPattern(DEBUG, names("pyramid.config.Configurator().include"), _includes_toolbar),
    CallPattern(DEBUG, names("cherrypy.quickstart"), given("config", lambda module, node: "show_tracebacks': True"
                                                           in str(module.value(node)), 2)),
    CallPattern(FLASK_DEBUG, names("*.run *.run_server"), lambda call: None if not call.module.imported & {
        "flask", "quart", "dash", "connexion", "sanic"} else given("debug", _any_default)(call)),
    CallPattern(FLASK_DEBUG, names("flask.Flask().run quart.Quart().run"), given("use_debugger", TRUE)),
    CallPattern(CORS, _LITESTAR_CORS, any_of(given("allow_origins", _everybody), missing("allow_origins"))),
    CallPattern(CORS, names("falcon.App falcon.API falcon.asgi.App"), given("cors_enable", TRUE)),
    CallPattern(CORS, names("falcon.CORSMiddleware falcon.middleware.CORSMiddleware"),
                any_of(given("allow_origins", _everybody, 0), missing("allow_origins", 0))),
    CallPattern(CORS, names("aiohttp_cors.setup"), _all_resources),
    CallPattern(CORS, names("aiohttp_cors.setup().add"), lambda call: call.get("", 1)
                if isinstance(value := call.value("", 1), dict) and "*" in value else None),
    CallPattern(CORS, names("quart_cors: cors route_cors"),
                any_of(given("allow_origin", _everybody), missing("allow_origin"))),
    CallPattern(CORS, names("flask_cors.CORS().init_app"), given("origins", _everybody)),
    CallPattern(CORS, names("sanic_cors.CORS sanic_cors.cross_origin"),
                any_of(given("origins", _everybody), missing("origins"))),
    CallPattern(SECURE, names("*.add_middleware starlette.middleware.sessions.SessionMiddleware"), _session_middleware),
    CallPattern(SECURE, names("starlette.middleware.Middleware"), _session_middleware),
    CallPattern(SECURE, names("*.add_cookie"), given("secure", FALSE)),
    CallPattern(HTTPONLY, names("*.add_cookie"), given("httponly", FALSE)),
    CallPattern(HTTPONLY, names("*.set_cookie"), given("http_only", FALSE)),
    CallPattern(SECURE, names("pyramid.authentication: AuthTktAuthenticationPolicy AuthTktCookieHelper",
                              "pyramid.session: SignedCookieSessionFactory BaseCookieSessionFactory"),
                any_of(missing("secure"), given("secure", FALSE))),
    CallPattern(HTTPONLY, names("pyramid.authentication: AuthTktAuthenticationPolicy AuthTktCookieHelper",
                                "pyramid.session: SignedCookieSessionFactory BaseCookieSessionFactory"),
                any_of(given("http_only", FALSE), given("httponly", FALSE))),
    CallPattern(SECURE, names("litestar.datastructures.Cookie litestar.datastructures.cookie.Cookie"),
                any_of(missing("secure"), given("secure", FALSE))),
    CallPattern(HTTPONLY, names("litestar.datastructures.Cookie litestar.datastructures.cookie.Cookie"),
                any_of(missing("httponly"), given("httponly", FALSE))),
)  # fmt: skip
_SETTINGS = (
    Setting(DEBUG, names("DEBUG TEMPLATE_DEBUG"), _any_default, common=True, detail="unless the environment says no"),
    Setting(DEBUG, names("TEMPLATES"), _debug_templates, common=True),
    Setting(DEBUG, frozenset({"request.show_tracebacks"}), TRUE),
    Setting(CORS, names("CORS_ORIGINS CORS_ALLOWED_ORIGIN_REGEXES CORS_ORIGIN_REGEX_WHITELIST CORS_ALLOWED_ORIGINS"),
            _everybody),
    Setting(SECURE, frozenset({"tools.sessions.secure"}), FALSE),
    Setting(HTTPONLY, frozenset({"tools.sessions.httponly"}), FALSE),
)  # fmt: skip
_ATTRIBUTES = (
    AttributePattern(CORS, "CORS_ORIGINS", equals("*")),
    AttributePattern(
        DEBUG, "debug", TRUE, names("fastapi.FastAPI() starlette.applications.Starlette() litestar.Litestar()")
    ),
)
AREA = Area((), _CALLS, _SETTINGS, _ATTRIBUTES, (_header_pairs, _loose_origins, _morsel_flags))
