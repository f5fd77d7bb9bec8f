"""Web frameworks: protections that are switched off, and settings that are for developers only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.folding import UNKNOWN
from ambient_lsp.analyzers.patterns.match import (
    FALSE,
    NONE,
    TRUE,
    Area,
    AttributePattern,
    Call,
    CallPattern,
    Hit,
    Setting,
    above,
    any_of,
    below,
    either,
    empty,
    equals,
    given,
    holds,
    missing,
    names,
)
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.patterns.origins import is_checked, lets_others_in
from ambient_lsp.analyzers.rule import weakness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.match import Condition
    from ambient_lsp.analyzers.patterns.module import Module

FLASK_DEBUG = weakness(
    "FLASK-DEBUG", "high", "489 94", "a05", "Flask debugger switched on",
    "The debugger runs any code for whoever reaches it.", "`debug=True` is removed.", "S201",
    example="from flask import Flask\n\napp = Flask(__name__)\napp.run(debug=True)\n",
    better="from flask import Flask\n\napp = Flask(__name__)\napp.run()\n",
)  # fmt: skip
DEBUG = weakness(
    "DEBUG", "high", "489 215", "a05", "Debug mode switched on",
    "Visitors are shown code, settings and sometimes a console when something fails.",
    "Off, unless the environment says so.",
    example="DEBUG = True\nINSTALLED_APPS = ['shop']\n",
    better="DEBUG = False\nINSTALLED_APPS = ['shop']\n",
)  # fmt: skip
HOSTS = weakness(
    "ALLOWED-HOSTS", "medium", "183 644", "a05", "Any host name accepted",
    "The `Host` header is the visitor's word; links in mails and caches are made from it.", "",
    example="ALLOWED_HOSTS = ['*']\n", better="ALLOWED_HOSTS = ['shop.org']\n",
)  # fmt: skip
CORS = weakness(
    "CORS", "medium", "942 346", "a05", "Every site may call and read", "With the visitor's cookies, if they are sent.",
    "",
    example="from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\napp = FastAPI()\n"
            'app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)\n',
    better="from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\napp = FastAPI()\n"
           'app.add_middleware(CORSMiddleware, allow_origins=["https://shop.org"], allow_credentials=True)\n',
)  # fmt: skip
CSRF = weakness(
    "CSRF", "medium", "352", "a01", "Protection against forged requests switched off",
    "Another site's page sends the form in the visitor's name.", "",
    example="from django.views.decorators.csrf import csrf_exempt\n\n\n@csrf_exempt\ndef pay(request):\n"
            "    transfer(request.POST['to'])\n",
    better="from django.views.decorators.csrf import csrf_protect\n\n\n@csrf_protect\ndef pay(request):\n"
           "    transfer(request.POST['to'])\n",
)  # fmt: skip
FRAMES = weakness(
    "CLICKJACKING", "medium", "1021", "a04", "Page that any site may frame",
    "Visitors click on what they do not see.", "",
    example='response.headers["X-Frame-Options"] = "ALLOWALL"\n',
    better='response.headers["X-Frame-Options"] = "DENY"\n',
)  # fmt: skip
HEADERS = weakness(
    "HEADERS", "low", "693", "a05", "Protecting header switched off", "The browser then guesses, and runs, more.", "",
    example="SECURE_CONTENT_TYPE_NOSNIFF = False\n", better="SECURE_CONTENT_TYPE_NOSNIFF = True\n",
)  # fmt: skip
HTTPS = weakness(
    "HTTPS-OFF", "medium", "311 319", "a02", "Encryption switched off", "Data travels, or lies, in the clear.", "",
    example="SECURE_SSL_REDIRECT = False\n", better="SECURE_SSL_REDIRECT = True\n",
)  # fmt: skip
AUTOESCAPE = weakness(
    "AUTOESCAPE", "medium", "79 116", "a03", "Templates that do not escape",
    "A value with markup in it becomes part of the page.", "`autoescape=True`.", "S701",
    example="import jinja2\n\nenvironment = jinja2.Environment(loader=loader)\n",
    better="import jinja2\n\nenvironment = jinja2.Environment(loader=loader, autoescape=True)\n",
)  # fmt: skip
MASS = weakness(
    "FORM-FIELDS", "medium", "915", "a08", "Form or serializer with every field of the model",
    "A field that is added later, such as `is_staff`, can be set by visitors at once.", "",
    example="from django import forms\n\n\nclass UserForm(forms.ModelForm):\n    class Meta:\n        model = User\n"
            "        fields = '__all__'\n",
    better="from django import forms\n\n\nclass UserForm(forms.ModelForm):\n    class Meta:\n        model = User\n"
           "        fields = ['name', 'email']\n",
)  # fmt: skip
PASSWORD_RULES = weakness(
    "PASSWORD-RULES", "medium", "521", "a07", "Weak passwords accepted", "Short passwords are guessed.", "",
    example="def valid(password):\n    return len(password) >= 4\n",
    better="def valid(password):\n    return len(password) >= 12\n",
)  # fmt: skip
GUESSING = weakness(
    "RATE-LIMIT", "medium", "307", "a07", "Limit on login attempts switched off", "Passwords can be tried for ever.",
    example="AXES_ENABLED = False\n", better="AXES_ENABLED = True\n",
)  # fmt: skip
UPLOAD_SIZE = weakness(
    "NO-LIMIT", "medium", "770", "a05", "Limit on size switched off", "One request can fill the memory.", "",
    example="DATA_UPLOAD_MAX_MEMORY_SIZE = None\n", better="DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000\n",
)  # fmt: skip


def _any_origin(call: Call) -> Node | None:
    """Find CORS for everybody, as a list or by a regular expression that matches everything."""
    everything = call.module.value(call.get("allow_origin_regex"))
    origins = call.get("allow_origins")
    value = call.module.value(origins)
    if isinstance(everything, str) and (_ANY.fullmatch(everything) or lets_others_in(everything, "fullmatch")):
        return call.get("allow_origin_regex")
    return origins if value == "*" or (isinstance(value, list | tuple) and "*" in value) else None


_ANY = re.compile(r"\*|\^?(\(\?:)?(https?://|https\?://|\[?\w*\]?://)?\(?\.[*+]\??\)?\$?")


def is_everybody(origins: object) -> bool:
    """Whether origins, as a text, a list or a regular expression, are all that there are, or such as anybody gets."""
    if isinstance(origins, re.Pattern):
        return is_everybody(origins.pattern) or lets_others_in(origins.pattern, "match")
    if isinstance(origins, list | tuple):
        return any(isinstance(one, str) and is_everybody(one) for one in origins)
    if not isinstance(origins, str):
        return False
    return _ANY.fullmatch(origins) is not None or ("\\" in origins and lets_others_in(origins, "match"))


def _flask_cors(call: Call) -> Node | None:
    """Find `CORS(app)` for every origin, which is the default."""
    origins = call.get("origins")
    resources = call.value("resources", 1)
    rules = list(resources.values()) if isinstance(resources, dict) else []
    if origins is not None:
        return origins if is_everybody(call.module.value(origins)) else None
    if rules:
        wide = any(isinstance(rule, dict) and is_everybody(rule.get("origins", "*")) for rule in rules)
        return call.get("resources", 1) if wide else None
    return call.callee if not call.spread and call.get("resources", 1) is None else None


_SETS = frozenset("set_header add_header add set setdefault append".split())


def _headers(module: Module) -> Iterator[Hit]:
    """Find response headers that are set to allow everything."""
    for node in module.nodes("assignment"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or left.type != "subscript":
            continue
        key = module.value(left.child_by_field_name("subscript"))
        if isinstance(key, str):
            yield from _header(module, key, right)
    for node in module.nodes("call"):
        if code(node.child_by_field_name("function")).rpartition(".")[2] in _SETS:
            parts = Call(module, node, "").positional
            if len(parts) == 2 and isinstance(module.value(parts[0]), str):
                yield from _header(module, module.value(parts[0]), parts[1])
    for node in module.nodes("pair"):
        key, right = module.value(node.child_by_field_name("key")), node.child_by_field_name("value")
        if isinstance(key, str) and right is not None:
            yield from _header(module, key, right)


_ORIGIN = re.compile(r"(?i)(self\.)?request\.(headers|META)(\.get\(|\[)\s*['\"](http_)?origin['\"]")


def _header(module: Module, name: str, node: Node) -> Iterator[Hit]:
    name = name.lower()
    value = module.value(node)
    if name == "access-control-allow-origin":
        if value in ("*", "null"):
            yield Hit(CORS, node)
        elif _ORIGIN.match(code(module.origin(node))):
            if not is_checked(module.text, module.span(node)):
                yield Hit(CORS, node, "whoever asks is allowed")
    elif name == "x-frame-options" and isinstance(value, str) and value.upper().startswith("ALLOW"):
        yield Hit(FRAMES, node)
    elif name == "x-xss-protection" and value == "0":
        return
    elif name == "content-security-policy" and isinstance(value, str):
        if re.search(r"(default|script)-src[^;]*('unsafe-inline'|'unsafe-eval'|\s\*)", value):
            yield Hit(HEADERS, node, "the policy lets any script run", "medium")


def _decorated(module: Module) -> Iterator[Hit]:
    """Find views that are taken out of a protection."""
    for node in module.nodes("decorated_definition"):
        for decorator in node.named_children:
            if decorator.type != "decorator" or not decorator.named_children:
                continue
            name = module.name(decorator.named_children[0]).removesuffix("()")
            if name.endswith(("csrf.csrf_exempt", "csrf_exempt", "csrf.exempt", "CSRFProtect().exempt")):
                if not _is_for_machines(node):
                    yield Hit(CSRF, decorator)
            elif name.endswith("clickjacking.xframe_options_exempt"):
                yield Hit(FRAMES, decorator)
            elif name.endswith("method_decorator"):
                arguments = code(decorator)
                if "csrf_exempt" in arguments and not _is_for_machines(node):
                    yield Hit(CSRF, decorator)


def _is_for_machines(node: Node) -> bool:
    """Whether a view checks a signature or a token of its caller, which a forged request does not have."""
    return re.search(r"(?i)webhook|signature|hmac|bearer|authorization|api_?key|token", code(node)) is not None


def _meta_fields(module: Module) -> Iterator[Hit]:
    """Find `fields = "__all__"`, or an empty `exclude`, of a form or serializer of a model that visitors may use."""
    if "ModelAdmin" in module.text:
        return
    for node in module.nodes("assignment"):
        name = code(node.child_by_field_name("left"))
        if name not in ("fields", "exclude"):
            continue
        value = module.value(node.child_by_field_name("right"))
        if (name, value) not in (("fields", "__all__"), ("exclude", []), ("exclude", ())):
            continue
        scope = module.scope(node)
        outer = module.scope(scope) if scope is not None else None
        bases = code(outer.child_by_field_name("superclasses")) if outer is not None else ""
        read_only = "ReadOnly" in bases or "read_only_fields" in code(outer)
        if re.search(r"ModelForm|ModelSerializer|HyperlinkedModel", bases) and not read_only:
            yield Hit(MASS, node)


def _short_passwords(module: Module) -> Iterator[Hit]:
    """Find `len(password) >= 4`."""
    for node in module.nodes("comparison_operator"):
        match = re.fullmatch(r"len\((?:[\w.]*\.)?(?i:password|passwd|new_password|password1)\)\s*(<|<=|>|>=)\s*(\d+)",
                             code(node))  # fmt: skip
        if match is not None and 1 < int(match[2]) + (match[1] in ("<=", ">")) < 8:
            yield Hit(PASSWORD_RULES, node, f"{match[2]} characters are too few")


def _no_length(module: Module, node: Node) -> bool:
    value = module.value(node)
    lengths = [
        options.get("min_length")
        for one in (value if isinstance(value, list | tuple) else ())
        if isinstance(one, dict) and isinstance(options := one.get("OPTIONS"), dict)
    ]
    return empty(module, node) or any(isinstance(length, int) and length < 8 for length in lengths)


def _for_pages(condition: Condition) -> Condition:
    """`condition`, where the templates may be pages: of prompts, statements and settings there is nothing to escape."""

    def of_pages(call: Call) -> Node | None:
        text = call.module.text
        page = re.search(r"(?i)\.html?\b|text/html|</?(p|div|h\d|body|html|span|b|a|td|li)\b", text) is not None
        other = re.search(r"(?i)prompt|\bsql|latex|\.(txt|md|conf|cfg|ya?ml|tex|py|sh|ini|sql)\b", text) is not None
        alone = call.name.endswith("Template") and not page
        return condition(call) if page or not (other or alone) else None

    return of_pages


def _run(call: Call) -> Node | None:
    return (
        given("debug", TRUE)(call)
        if call.module.imported & {"flask", "quart", "dash", "connexion", "bottle", "sanic"}
        else None
    )


def _rest_framework(module: Module, node: Node) -> bool:
    value = module.value(node)
    throttles = value.get("DEFAULT_THROTTLE_CLASSES", UNKNOWN) if isinstance(value, dict) else UNKNOWN
    return isinstance(throttles, list | tuple) and not throttles


_CALLS = (
    CallPattern(FLASK_DEBUG, names("*.run *.run_server bottle.run"), _run),
    CallPattern(DEBUG, names("fastapi.FastAPI starlette.applications.Starlette tornado.web.Application"),
                given("debug", TRUE)),
    CallPattern(DEBUG, names("django.conf.settings.configure"), given("DEBUG", TRUE)),
    CallPattern(FLASK_DEBUG, names("werkzeug.debug.DebuggedApplication"), given("evalex", TRUE, 1)),
    CallPattern(FLASK_DEBUG, names("werkzeug.serving.run_simple"), given("use_debugger", TRUE)),
    CallPattern(CORS, names("*.add_middleware starlette.middleware.cors.CORSMiddleware starlette.middleware.Middleware "
                            "fastapi.middleware.cors.CORSMiddleware"), _any_origin),
    CallPattern(CORS, names("flask_cors.CORS flask_cors.cross_origin"), _flask_cors),
    CallPattern(CSRF, names("*.exempt"),
                lambda call: call.callee if call.name.endswith("CSRFProtect().exempt") else None),
    CallPattern(CSRF, names("django.views.decorators.csrf.csrf_exempt"),
                lambda call: call.callee if call.positional and call.node.parent is not None
                and call.node.parent.type == "argument_list" else None),
    CallPattern(AUTOESCAPE, names("jinja2: Environment Template sandbox.SandboxedEnvironment",
                                  "jinja2.environment.Environment jinja2.sandbox.SandboxedEnvironment"),
                _for_pages(any_of(missing("autoescape"), given("autoescape", FALSE)))),
    CallPattern(AUTOESCAPE, names("mako.template.Template mako.lookup.TemplateLookup"),
                lambda call: call.callee if not call.spread and "h" not in str(call.value("default_filters"))
                and call.get("default_filters") is None and "django" not in call.module.imported else None,
                level="low"),
    CallPattern(UPLOAD_SIZE, names("aiohttp.web.Application"), given("client_max_size", equals(0, None))),
    CallPattern(UPLOAD_SIZE, names("websockets: connect serve", "websockets.server.serve websockets.client.connect"),
                given("max_size", NONE)),
    CallPattern(UPLOAD_SIZE, names("sys.set_int_max_str_digits"), given("maxdigits", equals(0), 0)),
    CallPattern(HTTPS, names("*.create_db_instance *.create_db_cluster"), given("StorageEncrypted", FALSE)),
)  # fmt: skip
_SETTINGS = (
    Setting(DEBUG, names("DEBUG TEMPLATE_DEBUG"), TRUE, common=True),
    Setting(DEBUG, names("DEBUG_PROPAGATE_EXCEPTIONS PROPAGATE_EXCEPTIONS"), TRUE, common=True),
    Setting(HOSTS, names("ALLOWED_HOSTS"), holds("*")),
    Setting(CORS, names("CORS_ORIGIN_ALLOW_ALL CORS_ALLOW_ALL_ORIGINS"), TRUE),
    Setting(CSRF, names("WTF_CSRF_ENABLED WTF_CSRF_CHECK_DEFAULT CSRF_ENABLED"), FALSE),
    Setting(CSRF, names("JWT_COOKIE_CSRF_PROTECT"), FALSE),
    Setting(FRAMES, names("X_FRAME_OPTIONS"), equals("ALLOWALL", "ALLOW", None)),
    Setting(HEADERS, names("SECURE_CONTENT_TYPE_NOSNIFF SECURE_BROWSER_XSS_FILTER"), FALSE, level="medium"),
    Setting(HTTPS, names("SECURE_SSL_REDIRECT SESSION_COOKIE_HTTPS"), FALSE),
    Setting(HTTPS, names("SECURE_HSTS_SECONDS"), equals(0)),
    Setting(PASSWORD_RULES, names("AUTH_PASSWORD_VALIDATORS"), _no_length),
    Setting(PASSWORD_RULES, names("SECURITY_PASSWORD_LENGTH_MIN"), below(8)),
    Setting(GUESSING, names("AXES_ENABLED RATELIMIT_ENABLE RATELIMIT_ENABLED"), FALSE),
    Setting(GUESSING, names("REST_FRAMEWORK"), _rest_framework),
    Setting(UPLOAD_SIZE, names("DATA_UPLOAD_MAX_MEMORY_SIZE DATA_UPLOAD_MAX_NUMBER_FIELDS"), NONE),
    Setting(UPLOAD_SIZE, names("MAX_CONTENT_LENGTH"), either(NONE, above(2**31)), common=True),
)
_ATTRIBUTES = (
    AttributePattern(FLASK_DEBUG, "debug", TRUE, names("flask.Flask() quart.Quart() sanic.Sanic() dash.Dash().server")),
    AttributePattern(AUTOESCAPE, "autoescape", FALSE, names("flask.Flask().jinja_env jinja2.Environment()")),
    AttributePattern(UPLOAD_SIZE, "MAX_IMAGE_PIXELS", NONE, detail="a small picture can unpack to gigabytes"),
)
AREA = Area(
    (FLASK_DEBUG, DEBUG, HOSTS, CORS, CSRF, FRAMES, HEADERS, HTTPS, AUTOESCAPE, MASS, PASSWORD_RULES, GUESSING,
     UPLOAD_SIZE),
    _CALLS, _SETTINGS, _ATTRIBUTES, (_headers, _decorated, _meta_fields, _short_passwords),
)  # fmt: skip
