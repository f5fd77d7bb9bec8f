"""TLS and SSH: certificates, host names and host keys that are not checked, and versions that are broken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.match import (
    FALSE,
    NONE,
    Area,
    AttributePattern,
    CallPattern,
    Hit,
    always,
    either,
    equals,
    given,
    missing,
    named,
    names,
)
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.rule import weakness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.match import Call
    from ambient_lsp.analyzers.patterns.module import Module

_METHODS = "get post put patch delete head options request"
_CLIENTS = names(
    f"requests: {_METHODS}",
    f"requests.Session(): {_METHODS}",
    f"requests.session(): {_METHODS}",
    f"requests.api: {_METHODS}",
    f"httpx: {_METHODS} stream Client AsyncClient",
    "httpx.Client httpx.AsyncClient httpx.create_ssl_context",
)
_AIOHTTP = names(
    f"aiohttp.ClientSession(): {_METHODS} ws_connect", "aiohttp: TCPConnector request BasicConnector ClientSession"
)
_CONTEXTS = names(
    "ssl: create_default_context() SSLContext() _create_unverified_context() _create_default_https_context()"
)
_UNVERIFIED = either(named("ssl.CERT_NONE", "ssl.VerifyMode.CERT_NONE"), equals("CERT_NONE"), equals("NONE"))
_OLD = ("PROTOCOL_SSLv2", "PROTOCOL_SSLv3", "PROTOCOL_TLSv1", "PROTOCOL_TLSv1_1")
_OLD_VERSION = named(
    *(f"ssl.{one}" for one in _OLD),
    *(f"ssl.TLSVersion.{one}" for one in ("SSLv3", "TLSv1", "TLSv1_1")),
    *(f"OpenSSL.SSL.{one}_METHOD" for one in ("SSLv2", "SSLv3", "TLSv1", "TLSv1_1")),
)

NO_TLS_VERIFY = weakness(
    "NO-TLS-VERIFY", "high", "295", "a07", "TLS certificate not checked",
    "Anybody on the way can read and change the traffic.", "The argument is removed, so it is checked.", "S501",
    example="import requests\n\nrequests.get(url, verify=False, timeout=5)\n",
    better="import requests\n\nrequests.get(url, timeout=5)\n",
)  # fmt: skip
TLS_CONTEXT = weakness(
    "TLS-CONTEXT", "high", "295", "a07", "TLS context that checks nothing",
    "Anybody on the way can read and change the traffic.", "`ssl.create_default_context`.", "S323",
    example="import ssl\n\ncontext = ssl._create_unverified_context()\n",
    better="import ssl\n\ncontext = ssl.create_default_context()\n",
)  # fmt: skip
MAIL = weakness(
    "MAIL-TLS", "medium", "295", "a07", "Certificate of the mail or file server not checked",
    "Without a context these modules take any certificate, so anybody on the way gets the password.",
    "`context=ssl.create_default_context()`.",
    example="import smtplib\nimport ssl\n\nserver = smtplib.SMTP(host, timeout=9)\nserver.starttls()\n",
    better="import smtplib\nimport ssl\n\nserver = smtplib.SMTP(host, timeout=9)\n"
           "server.starttls(context=ssl.create_default_context())\n",
)  # fmt: skip
HOSTNAME = weakness(
    "TLS-HOSTNAME", "high", "297", "a07", "Host name of the certificate not checked",
    "Any valid certificate, of any site, is taken for the right one.", "The check stays on.",
    example="import ssl\n\ncontext = ssl.create_default_context()\ncontext.check_hostname = False\n",
    better="import ssl\n\ncontext = ssl.create_default_context()\n",
)  # fmt: skip
OLD_TLS = weakness(
    "OLD-TLS", "medium", "327 757", "a02", "Old TLS version", "SSL 2 and 3 and TLS 1.0 and 1.1 can be broken.", "",
    "S502 S503 S504",
    example="import ssl\n\ncontext = ssl.SSLContext(ssl.PROTOCOL_TLSv1)\n",
    better="import ssl\n\ncontext = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\n",
)  # fmt: skip
SSH_HOST_KEY = weakness(
    "SSH-HOST-KEY", "high", "295 322", "a07", "SSH host key not checked",
    "Anybody on the way can be the host, and gets the password.",
    "`RejectPolicy`, where known hosts are loaded.", "S507",
    example="import paramiko\n\nclient = paramiko.SSHClient()\nclient.load_system_host_keys()\n"
            "client.set_missing_host_key_policy(paramiko.AutoAddPolicy())\n",
    better="import paramiko\n\nclient = paramiko.SSHClient()\nclient.load_system_host_keys()\n"
           "client.set_missing_host_key_policy(paramiko.RejectPolicy())\n",
)  # fmt: skip


def _ldap(call: Call) -> Node | None:
    """Find `set_option(OPT_X_TLS_REQUIRE_CERT, OPT_X_TLS_NEVER)`."""
    never = ("ldap.OPT_X_TLS_NEVER", "ldap.OPT_X_TLS_ALLOW")
    return next((one for one in call.positional[1:] if call.module.name(one) in never), None)


def _checks_nothing(call: Call) -> Node | None:
    """Find `ssl.SSLContext()` of a client, where nothing in the file switches the check on."""
    protocol = call.get("protocol", 0)
    general = named("ssl.PROTOCOL_TLS", "ssl.PROTOCOL_SSLv23")
    if protocol is not None and not general(call.module, protocol):
        return None
    decided = re.search(r"verify_mode|load_cert_chain|server_side|CERT_REQUIRED|PROTOCOL_TLS_SERVER", call.module.text)
    return call.callee if decided is None else None


def _curl(call: Call) -> Node | None:
    """Find `setopt(pycurl.SSL_VERIFYPEER, 0)`."""
    options = ("pycurl.SSL_VERIFYPEER", "pycurl.SSL_VERIFYHOST")
    if len(call.positional) != 2 or call.module.name(call.positional[0]) not in options:
        return None
    return call.positional[1] if call.module.value(call.positional[1]) in (0, False) else None


def _unchecked_host(module: Module, node: Node) -> bool:
    """Whether a client does not look at the host's name; a server's context has none to look at."""
    left = node.parent.child_by_field_name("left") if node.parent is not None else None
    context = code(module.origin(left.child_by_field_name("object"))) if left is not None else ""
    return FALSE(module, node) and re.search(r"PROTOCOL_TLS_SERVER|CLIENT_AUTH", context) is None


_POLICY = named("paramiko.AutoAddPolicy", "paramiko.WarningPolicy", "paramiko.client.AutoAddPolicy",
                "paramiko.client.WarningPolicy")  # fmt: skip
_CALLS = (
    CallPattern(NO_TLS_VERIFY, _CLIENTS, given("verify", FALSE), "`verify=False`"),
    CallPattern(NO_TLS_VERIFY, _AIOHTTP, given("ssl", FALSE), "`ssl=False`"),
    CallPattern(NO_TLS_VERIFY, _AIOHTTP, given("verify_ssl", FALSE), "`verify_ssl=False`"),
    CallPattern(
        NO_TLS_VERIFY,
        names("urllib3: PoolManager HTTPSConnectionPool ProxyManager", "redis: Redis StrictRedis from_url"),
        given("cert_reqs", _UNVERIFIED),
    ),
    CallPattern(
        NO_TLS_VERIFY, names("redis: Redis StrictRedis from_url"), given("ssl_cert_reqs", either(NONE, equals("none")))
    ),
    CallPattern(NO_TLS_VERIFY, names("ssl.wrap_socket"), given("cert_reqs", _UNVERIFIED, 3)),
    CallPattern(
        NO_TLS_VERIFY,
        names("elasticsearch: Elasticsearch AsyncElasticsearch", "opensearchpy.OpenSearch"),
        given("verify_certs", FALSE),
    ),
    CallPattern(
        NO_TLS_VERIFY,
        names("pymongo.MongoClient", "motor.motor_asyncio.AsyncIOMotorClient"),
        given("tlsAllowInvalidCertificates", equals(True)),
    ),
    CallPattern(
        NO_TLS_VERIFY, names("boto3: client resource", "boto3.Session(): client resource"), given("verify", FALSE)
    ),
    CallPattern(NO_TLS_VERIFY, names("*.fetch *.HTTPRequest"), given("validate_cert", FALSE)),
    CallPattern(NO_TLS_VERIFY, names("ldap.set_option *.set_option"), _ldap),
    CallPattern(NO_TLS_VERIFY, names("ldap3.Tls"), given("validate", _UNVERIFIED)),
    CallPattern(NO_TLS_VERIFY, names("*.setopt"), _curl),
    CallPattern(MAIL, names("smtplib.SMTP(): starttls"), missing("context", 2)),
    CallPattern(MAIL, names("imaplib.IMAP4(): starttls", "poplib.POP3(): stls"), missing("ssl_context", 0)),
    CallPattern(MAIL, names("smtplib.SMTP_SSL ftplib.FTP_TLS"), missing("context")),
    CallPattern(MAIL, names("imaplib.IMAP4_SSL poplib.POP3_SSL"), missing("ssl_context")),
    CallPattern(TLS_CONTEXT, names("ssl.SSLContext"), _checks_nothing, "this protocol checks nothing by itself"),
    CallPattern(TLS_CONTEXT, names("ssl: _create_unverified_context _create_stdlib_context"), always),
    CallPattern(
        HOSTNAME, names("urllib3: PoolManager HTTPSConnectionPool ProxyManager"), given("assert_hostname", FALSE)
    ),
    CallPattern(HOSTNAME, names("pymongo.MongoClient"), given("tlsAllowInvalidHostnames", equals(True))),
    CallPattern(OLD_TLS, names("ssl.SSLContext OpenSSL.SSL.Context"), given("protocol", _OLD_VERSION, 0)),
    CallPattern(OLD_TLS, names("ssl.wrap_socket *.wrap_socket"), given("ssl_version", _OLD_VERSION)),
    CallPattern(SSH_HOST_KEY, names("*.set_missing_host_key_policy"), given("policy", _POLICY, 0)),
    CallPattern(SSH_HOST_KEY, names("asyncssh: connect create_connection"), given("known_hosts", NONE)),
)
_ATTRIBUTES = (
    AttributePattern(
        NO_TLS_VERIFY, "verify", FALSE, names("requests: Session() session()", "httpx: Client() AsyncClient()")
    ),
    AttributePattern(NO_TLS_VERIFY, "verify_mode", _UNVERIFIED),
    AttributePattern(
        NO_TLS_VERIFY,
        "_create_default_https_context",
        named("ssl._create_unverified_context", "ssl._create_stdlib_context"),
        names("ssl"),
    ),
    AttributePattern(HOSTNAME, "check_hostname", _unchecked_host),
    AttributePattern(OLD_TLS, "minimum_version", _OLD_VERSION),
)


def _environment(module: Module) -> Iterator[Hit]:
    """Find variables that make other programs and libraries stop checking certificates."""
    if "environ" not in module.text:
        return
    off = {"PYTHONHTTPSVERIFY": "0", "NODE_TLS_REJECT_UNAUTHORIZED": "0", "GIT_SSL_NO_VERIFY": None}
    for node in module.nodes("assignment"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or left.type != "subscript":
            continue
        if module.name(left.child_by_field_name("value")) != "os.environ":
            continue
        key, value = module.value(left.child_by_field_name("subscript")), module.value(right)
        if isinstance(key, str) and key in off and value in (off[key], *(("1", "true") if off[key] is None else ())):
            yield Hit(NO_TLS_VERIFY, right, f"`{key}` switches the check off")


def _git(module: Module) -> Iterator[Hit]:
    if "sslVerify" not in module.text:
        return
    for node in module.nodes("string"):
        if node.text is not None and re.search(rb"http\.sslVerify=false", node.text):
            yield Hit(NO_TLS_VERIFY, node, "`http.sslVerify=false`")


AREA = Area(
    (NO_TLS_VERIFY, TLS_CONTEXT, MAIL, HOSTNAME, OLD_TLS, SSH_HOST_KEY), _CALLS, (), _ATTRIBUTES, (_environment, _git)
)
