"""The network: protocols without encryption, calls that wait for ever, and doors that are open to everybody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.match import (
    NONE,
    TRUE,
    Area,
    CallPattern,
    Hit,
    always,
    any_of,
    equals,
    given,
    missing,
    names,
    text,
    unless,
)
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.rule import weakness
from ambient_lsp.analyzers.vocabulary import PASSWORD_WORDS, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.match import Call, Condition
    from ambient_lsp.analyzers.patterns.module import Module

_METHODS = "get post put patch delete head options request"
_REQUESTS = names(
    f"requests: {_METHODS}", f"requests.Session(): {_METHODS}", f"requests.session(): {_METHODS}",
    f"requests.api: {_METHODS}",
)  # fmt: skip
_HTTPX = names(f"httpx: {_METHODS} stream Client AsyncClient")
_LOCAL = r"(?i)^http://(localhost|127\.|0\.0\.0\.0|\[::1\]|10\.|192\.168\.|host\.docker|[\w-]+[:/]|[\w-]+$|[\w.-]+\.(local|internal|test|example)\b)"

NO_TIMEOUT = weakness(
    "NO-TIMEOUT", "medium", "400 1088", "a05", "Request without a timeout",
    "A server that does not answer holds the caller for ever.", "`timeout=30`.", "S113",
    example="import requests\n\nrequests.get(url)\n",
    better="import requests\n\nrequests.get(url, timeout=30)\n",
)  # fmt: skip
CLEARTEXT = weakness(
    "CLEARTEXT", "medium", "319", "a02", "Protocol without encryption", "Passwords and data travel in the clear.", "",
    "S312 S321 S401 S402 S508",
    example="import ftplib\n\nserver = ftplib.FTP(host)\n",
    better="import ftplib\n\nserver = ftplib.FTP_TLS(host)\n",
)  # fmt: skip
CLEARTEXT_PASSWORD = weakness(
    "CLEARTEXT-LOGIN", "high", "523 319", "a02", "Password sent without encryption",
    "Everybody on the way can read it.", "",
    example='import requests\n\nrequests.post("http://shop.org/login", auth=(user, password), timeout=5)\n',
    better='import requests\n\nrequests.post("https://shop.org/login", auth=(user, password), timeout=5)\n',
)  # fmt: skip
QUERY_SECRET = weakness(
    "QUERY-SECRET", "medium", "598", "a04", "Password in the address of a request",
    "Addresses are kept in logs, histories and `Referer` headers.", "",
    example='import requests\n\nrequests.get(url, params={"password": password}, timeout=5)\n',
    better='import requests\n\nrequests.post(url, data={"password": password}, timeout=5)\n',
)  # fmt: skip
BIND_ALL = weakness(
    "BIND-ALL", "low", "1327 605", "a05", "Bound to every interface", "It may be meant for this machine.", "", "S104",
    example='import socket\n\nserver = socket.socket()\nserver.bind(("0.0.0.0", 80))\n',
    better='import socket\n\nserver = socket.socket()\nserver.bind(("127.0.0.1", 80))\n',
)  # fmt: skip
EXPOSED_CALLS = weakness(
    "RPC-EXPOSED", "high", "749", "a01", "Remote callers reach more than is meant for them",
    "With dotted names a caller walks to any function of the object's modules.", "The argument is removed.",
    example="server.register_instance(Service(), allow_dotted_names=True)\n",
    better="server.register_instance(Service())\n",
)  # fmt: skip
LISTING = weakness(
    "LISTING", "medium", "548", "a05", "Folder listed for everybody",
    "Names of files that nobody should know are shown.", "",
    example='from http.server import HTTPServer, SimpleHTTPRequestHandler\n\n'
            'HTTPServer(("0.0.0.0", 8000), SimpleHTTPRequestHandler).serve_forever()\n',
    better='from http.server import HTTPServer, SimpleHTTPRequestHandler\n\n'
           'HTTPServer(("127.0.0.1", 8000), SimpleHTTPRequestHandler).serve_forever()\n',
)  # fmt: skip
ORIGIN = weakness(
    "WEBSOCKET-ORIGIN", "high", "1385 346", "a07", "WebSocket that any page may open",
    "A page of somebody else acts with the visitor's cookies.", "",
    example="class Chat(WebSocketHandler):\n    def check_origin(self, origin):\n        return True\n",
    better="class Chat(WebSocketHandler):\n    def check_origin(self, origin):\n        return origin in ALLOWED\n",
)  # fmt: skip
LDAP_ANONYMOUS = weakness(
    "LDAP-ANONYMOUS", "medium", "287 521", "a07", "LDAP bind without a password",
    "A bind without a password succeeds for any name.", "",
    example='import ldap\n\nconnection = ldap.initialize("ldaps://x")\nconnection.simple_bind_s("cn=root", "")\n',
    better='import ldap\n\nconnection = ldap.initialize("ldaps://x")\n'
           'connection.simple_bind_s("cn=root", password)\n',
)  # fmt: skip


def _plain_smtp(module: Module) -> Iterator[Hit]:
    """Find a login over SMTP in a function that never starts TLS."""
    if "smtplib" not in module.imported:
        return
    for node in module.nodes("call"):
        function = node.child_by_field_name("function")
        if not code(function).endswith(".login") or module.name(function) != "smtplib.SMTP().login":
            continue
        around = module.function(node) or module.tree.root_node
        if "starttls" not in code(around):
            yield Hit(CLEARTEXT_PASSWORD, node, "SMTP login without `starttls`")


def _sends_password(call: Call) -> Node | None:
    """Find a request to a literal `http://` address of another machine that carries credentials."""
    method = call.name.rpartition(".")[2]
    address = call.get("url", 1 if method == "request" else 0)
    value = call.module.value(address)
    if not isinstance(value, str) or not value.lower().startswith("http://") or re.match(_LOCAL, value):
        return None
    secret = any(
        keyword == "auth" or words(code(argument)) & (PASSWORD_WORDS | {"authorization", "apikey", "token"})
        for keyword, argument in call.keywords.items()
        if keyword in ("auth", "data", "json", "headers", "params")
    )
    return address if secret else None


def _query_secret(call: Call) -> Node | None:
    """Find `params={"password": ...}` of a GET."""
    parameters = call.get("params", 1)
    value = call.module.value(parameters)
    keys = value if isinstance(value, dict) else ()
    return parameters if any(words(str(key)) & PASSWORD_WORDS for key in keys) else None


def _all_interfaces(call: Call) -> Node | None:
    address = call.module.value(call.get("address", 0))
    if isinstance(address, tuple | list) and address and address[0] in ("0.0.0.0", "", "::"):  # noqa: S104
        return call.get("address", 0)
    return None


def _serves_files(call: Call) -> Node | None:
    handler = call.module.name(call.get("RequestHandlerClass", 1))
    return _all_interfaces(call) if handler == "http.server.SimpleHTTPRequestHandler" else None


def _any_origin(module: Module) -> Iterator[Hit]:
    for node in module.nodes("function_definition"):
        if code(node.child_by_field_name("name")) != "check_origin":
            continue
        returns = module.inside("return_statement", node)
        if returns and all(code(one) == "return True" for one in returns):
            yield Hit(ORIGIN, returns[0])


def _is_limited(call: Call) -> Node | None:
    """Whether the file gives all its sockets a timeout, with `socket.setdefaulttimeout(5)`."""
    return call.callee if re.search(r"\bsetdefaulttimeout\(\s*(?!None\b)", call.module.text) else None


def _no_limit(keyword: str = "timeout", at: int = -1) -> Condition:
    """Return a condition: neither the call nor the file limits how long this socket waits."""
    return unless(_is_limited, missing(keyword, at))


def _connects(condition: Condition) -> Condition:
    """`condition`, where a host is given; without one the connection is made later, by `connect`."""
    return lambda call: condition(call) if call.get("host", 0) is not None else None


_HOST = text(r"^(0\.0\.0\.0|::)$")
_CALLS = (
    CallPattern(NO_TIMEOUT, _REQUESTS, any_of(missing("timeout"), given("timeout", NONE)), "it waits without end"),
    CallPattern(NO_TIMEOUT, _HTTPX, given("timeout", NONE), "`timeout=None` waits without end"),
    CallPattern(NO_TIMEOUT, names("aiohttp.ClientTimeout"), given("total", equals(None, 0), 0)),
    CallPattern(NO_TIMEOUT, names("aiohttp.ClientSession"), given("timeout", NONE)),
    CallPattern(NO_TIMEOUT, names("urllib.request.urlopen"), _no_limit(at=2)),
    CallPattern(NO_TIMEOUT, names("smtplib: SMTP SMTP_SSL LMTP"), _connects(_no_limit(at=3))),
    CallPattern(NO_TIMEOUT, names("ftplib: FTP FTP_TLS", "telnetlib.Telnet"), _connects(_no_limit())),
    CallPattern(NO_TIMEOUT, names("poplib: POP3 POP3_SSL", "imaplib: IMAP4 IMAP4_SSL"), _no_limit()),
    CallPattern(NO_TIMEOUT, names("http.client: HTTPConnection HTTPSConnection"), _no_limit()),
    CallPattern(NO_TIMEOUT, names("socket.create_connection"), _no_limit(at=1)),
    CallPattern(CLEARTEXT, names("ftplib.FTP telnetlib.Telnet poplib.POP3 imaplib.IMAP4 nntplib.NNTP"), always),
    CallPattern(CLEARTEXT, names("pysnmp.hlapi.CommunityData"), given("mpModel", equals(0, 1), 1)),
    CallPattern(CLEARTEXT, names("psycopg2.connect psycopg.connect"), given("sslmode", equals("disable"))),
    CallPattern(CLEARTEXT, names("mysql.connector.connect"), given("ssl_disabled", TRUE)),
    CallPattern(CLEARTEXT_PASSWORD, _REQUESTS | _HTTPX, _sends_password),
    CallPattern(QUERY_SECRET, names("requests.get httpx.get requests.Session().get httpx.Client().get"), _query_secret),
    CallPattern(BIND_ALL, names("*.bind"), _all_interfaces),
    CallPattern(BIND_ALL, names("http.server.HTTPServer http.server.ThreadingHTTPServer"), _all_interfaces),
    CallPattern(BIND_ALL, names("uvicorn.run flask.Flask().run fastapi.FastAPI().run"), given("host", _HOST)),
    CallPattern(LISTING, names("http.server.HTTPServer http.server.ThreadingHTTPServer socketserver.TCPServer"),
                _serves_files),
    CallPattern(LISTING, names("*.add_static *.static"), given("show_index", TRUE)),
    CallPattern(EXPOSED_CALLS, names("*.register_instance"), given("allow_dotted_names", TRUE, 1)),
    CallPattern(
        EXPOSED_CALLS, names("*.register_function"),
        given("function", lambda module, node: module.name(node) in ("eval", "exec", "os.system", "os.popen"), 0),
        "it runs any code",
    ),
    CallPattern(LDAP_ANONYMOUS, names("ldap.initialize(): simple_bind_s simple_bind bind_s bind"),
                any_of(given("cred", equals("", None), 1), missing("cred", 1))),
)  # fmt: skip
AREA = Area(
    (NO_TIMEOUT, CLEARTEXT, CLEARTEXT_PASSWORD, QUERY_SECRET, BIND_ALL, EXPOSED_CALLS, LISTING, ORIGIN, LDAP_ANONYMOUS),
    _CALLS,
    finders=(_plain_smtp, _any_origin),
)
