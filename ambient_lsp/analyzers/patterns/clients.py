"""Switches of single client libraries that leave out the check of a certificate, or wait for ever."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns import network, tls
from ambient_lsp.analyzers.patterns.match import (
    FALSE,
    NONE,
    TRUE,
    Area,
    AttributePattern,
    CallPattern,
    Hit,
    any_of,
    either,
    equals,
    given,
    missing,
    named,
    names,
    text,
)
from ambient_lsp.analyzers.patterns.module import code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.match import Call, Condition
    from ambient_lsp.analyzers.patterns.module import Module

_METHODS = "get post put patch delete head options request stream send"
_POSTGRES = names("psycopg2.connect psycopg.connect psycopg.AsyncConnection.connect psycopg2.pool.SimpleConnectionPool "
                  "psycopg2.pool.ThreadedConnectionPool psycopg_pool.ConnectionPool")  # fmt: skip
_MYSQL = names("pymysql.connect pymysql.Connect MySQLdb.connect mysql.connector.connect aiomysql.connect")
_MONGO = names("pymongo.MongoClient pymongo.mongo_client.MongoClient motor.motor_asyncio.AsyncIOMotorClient")
_REDIS = names("redis: Redis StrictRedis from_url", "redis.Redis.from_url redis.asyncio.Redis redis.asyncio.from_url")
_KAFKA = names("kafka: KafkaProducer KafkaConsumer KafkaAdminClient", "aiokafka: AIOKafkaProducer AIOKafkaConsumer")
_ANY_CERTIFICATE = text(
    r"(?i)[?&](ssl_cert_reqs=none|tlsAllowInvalidCertificates=true|tlsInsecure=true|sslmode=(disable|allow)"
    r"|ssl_verify_cert=false|verify_certs=false)\b"
)
_WEAK_CIPHERS = text(r"(?i)(?<![!\-\w])(ALL|RC4\w*|DES|3DES|MD5|EXPORT|EXP|LOW|aNULL|eNULL|NULL|ADH)(?=$|[:+, ])")
_NO_CHECK = equals("ignore", "CERT_NONE", "none", "NONE", "disable", False)
_VERIFIED = named("ssl.CERT_NONE", "ssl.VerifyMode.CERT_NONE")


def _in_options(argument: str, at: int, *keys: str) -> Condition:
    """Return a condition: a dictionary of options has one of these keys, and its value switches the check off."""

    def condition(call: Call) -> Node | None:
        options = call.get(argument, at)
        value = call.module.value(options)
        if not isinstance(value, dict):
            return None
        bad = any(_is_off(value[key]) for key in keys if key in value)
        return options if bad else None

    return condition


def _is_off(value: object) -> bool:
    name = getattr(value, "name", "")
    return value is False or value == 0 or value in ("none", "CERT_NONE") or str(name).endswith("CERT_NONE")


def _without_certificate(call: Call) -> Node | None:
    """Find `sslopt={"cert_reqs": ssl.CERT_NONE}`, whose value is a name."""
    options = call.get("sslopt") or call.get("ssl")
    table = call.module.origin(options)
    for pair in table.named_children if table is not None and table.type == "dictionary" else ():
        key, value = call.module.value(pair.child_by_field_name("key")), pair.child_by_field_name("value")
        if key in ("cert_reqs", "verify_mode") and value is not None and _VERIFIED(call.module, value):
            return options
    return None


def _set_flag(call: Call) -> Node | None:
    """Find `setattr(context, "check_hostname", False)`."""
    attribute, value = call.value("", 1), call.get("", 2)
    if attribute in ("check_hostname", "verify") and call.module.value(value) is False:
        return value
    off = attribute == "verify_mode" and value is not None and _VERIFIED(call.module, value)
    return value if off else None


def _weak_in_adapter(module: Module) -> Iterator[Hit]:
    """Find `kwargs["ssl_version"] = ssl.PROTOCOL_TLSv1`, and `kwargs["cert_reqs"] = ssl.CERT_NONE`."""
    if "ssl" not in module.imported:
        return
    old = named(*(f"ssl.PROTOCOL_{one}" for one in ("SSLv2", "SSLv3", "TLSv1", "TLSv1_1")))
    for node in module.nodes("assignment"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or left.type != "subscript":
            continue
        key = module.value(left.child_by_field_name("subscript"))
        if key == "ssl_version" and old(module, right):
            yield Hit(tls.OLD_TLS, right)
        elif key == "cert_reqs" and (_VERIFIED(module, right) or module.value(right) == "CERT_NONE"):
            yield Hit(tls.NO_TLS_VERIFY, right)


def _waiting_sockets(module: Module) -> Iterator[Hit]:
    """Find a socket that connects and reads, in a file that never limits how long."""
    if "socket" not in module.imported or re.search(r"timeout|setblocking|select|asyncio", module.text):
        return
    for node in module.nodes("function_definition"):
        calls = module.inside("call", node)
        ends = {code(one.child_by_field_name("function")).rpartition(".")[2]: one for one in calls}
        connects = ends.get("connect")
        if connects is None or not ends.keys() & {"recv", "recvfrom", "recv_into", "makefile"}:
            continue
        name = module.name(connects.child_by_field_name("function"))
        if name == "socket.socket().connect":
            yield Hit(network.NO_TIMEOUT, connects, "it waits without end")


def _waits_again(call: Call) -> Node | None:
    """Find `settimeout(None)` before the connection is made."""
    value = call.get("value", 0)
    function = code(call.module.function(call.node) or call.module.tree.root_node)
    after = function.partition(code(call.node))[2]
    return value if value is not None and code(value) == "None" and ".connect(" in after else None


def _plain_pool(call: Call) -> Node | None:
    return call.callee if "timeout" not in call.module.text and not call.spread else None


_CALLS = (
    CallPattern(tls.NO_TLS_VERIFY, _POSTGRES, given("sslmode", equals("disable", "allow"))),
    CallPattern(tls.NO_TLS_VERIFY, _POSTGRES, given("dsn", text(r"sslmode=(disable|allow)\b"), 0)),
    CallPattern(tls.NO_TLS_VERIFY, names("sqlalchemy: create_engine", "sqlalchemy.ext.asyncio.create_async_engine"),
                given("url", text(r"sslmode=(disable|allow)\b|ssl_verify_cert=false"), 0)),
    CallPattern(tls.NO_TLS_VERIFY, _MYSQL, any_of(given("ssl_verify_cert", FALSE), given("ssl_verify_identity", FALSE),
                                              given("ssl_disabled", TRUE))),
    CallPattern(tls.NO_TLS_VERIFY, _MYSQL, _in_options("ssl", -1, "check_hostname", "verify_mode")),
    CallPattern(tls.NO_TLS_VERIFY, _MONGO, any_of(given("tlsInsecure", TRUE), given("ssl_cert_reqs", _VERIFIED),
                                              given("host", _ANY_CERTIFICATE, 0))),
    CallPattern(tls.NO_TLS_VERIFY, names("motor.motor_asyncio.AsyncIOMotorClient"), given("tlsInsecure", TRUE)),
    CallPattern(tls.NO_TLS_VERIFY, _REDIS, any_of(given("url", _ANY_CERTIFICATE, 0), given("ssl_check_hostname", FALSE),
                                              given("ssl_cert_reqs", either(NONE, _NO_CHECK, _VERIFIED)))),
    CallPattern(tls.NO_TLS_VERIFY, _KAFKA, given("ssl_check_hostname", FALSE)),
    CallPattern(tls.NO_TLS_VERIFY, names("confluent_kafka: Producer Consumer", "confluent_kafka.admin.AdminClient"),
                _in_options("config", 0, "enable.ssl.certificate.verification")),
    CallPattern(tls.NO_TLS_VERIFY, names("winrm: Session Protocol", "winrm.protocol.Protocol"),
                given("server_cert_validation", equals("ignore"))),
    CallPattern(tls.NO_TLS_VERIFY, names("hvac.Client docker.tls.TLSConfig docker.TLSConfig gitlab.Gitlab jira.JIRA "
                                     "consul.Consul requests_html.HTMLSession pysolr.Solr"),
                any_of(given("verify", FALSE), given("ssl_verify", FALSE))),
    CallPattern(tls.NO_TLS_VERIFY, names("requests.Session(): send merge_environment_settings"),
                given("verify", FALSE)),
    CallPattern(tls.NO_TLS_VERIFY, names("websocket: create_connection", "websocket.WebSocketApp().run_forever "
                                     "websocket.WebSocket"), _without_certificate),
    CallPattern(tls.NO_TLS_VERIFY, names("paho.mqtt.client.Client().tls_insecure_set *.tls_insecure_set"),
                given("value", TRUE, 0)),
    CallPattern(tls.NO_TLS_VERIFY, names("paho.mqtt.client.Client().tls_set *.tls_set"),
                given("cert_reqs", _VERIFIED, 3)),
    CallPattern(tls.NO_TLS_VERIFY, names("OpenSSL.SSL.Context().set_verify *.set_verify"),
                given("mode", named("OpenSSL.SSL.VERIFY_NONE"), 0)),
    CallPattern(tls.NO_TLS_VERIFY, names("setattr"), _set_flag),
    CallPattern(tls.NO_TLS_VERIFY, names("ftplib.FTP_TLS imaplib.IMAP4_SSL smtplib.SMTP_SSL poplib.POP3_SSL"),
                given("context", named("ssl._create_unverified_context", "ssl._create_stdlib_context"))),
    CallPattern(tls.HOSTNAME, names("urllib3: HTTPSConnectionPool PoolManager"), given("assert_hostname", FALSE)),
    CallPattern(tls.OLD_TLS, names("ssl.create_default_context().set_ciphers ssl.SSLContext().set_ciphers"),
                given("", _WEAK_CIPHERS, 0), "the list has ciphers that are broken"),
    CallPattern(tls.OLD_TLS, names("urllib3.PoolManager urllib3.util.ssl_.create_urllib3_context ldap3.Tls"),
                any_of(given("ssl_version", named(*(f"ssl.PROTOCOL_{one}" for one in ("SSLv3", "TLSv1", "TLSv1_1")))),
                       given("version", named(*(f"ssl.PROTOCOL_{one}" for one in ("SSLv3", "TLSv1", "TLSv1_1")))))),
    CallPattern(network.NO_TIMEOUT, names(f"httpx.Client(): {_METHODS}", f"httpx.AsyncClient(): {_METHODS}",
                                  f"aiohttp.ClientSession(): {_METHODS} ws_connect"), given("timeout", NONE)),
    CallPattern(network.NO_TIMEOUT, names("httpx.Timeout"), any_of(given("timeout", NONE, 0), given("read", NONE))),
    CallPattern(network.NO_TIMEOUT, names("aiohttp.ClientTimeout"), given("sock_read", equals(0))),
    CallPattern(network.NO_TIMEOUT, names("urllib3: PoolManager HTTPConnectionPool HTTPSConnectionPool"),
                given("timeout", NONE)),
    CallPattern(network.NO_TIMEOUT, names("urllib3.PoolManager(): request urlopen"),
                any_of(given("timeout", NONE), _plain_pool)),
    CallPattern(network.NO_TIMEOUT, names("socket.socket().settimeout"), _waits_again),
    CallPattern(network.NO_TIMEOUT, names("socket.setdefaulttimeout"),
                given("timeout", lambda module, node: code(node) == "None", 0)),
    CallPattern(network.NO_TIMEOUT, names("paramiko.SSHClient().connect paramiko.client.SSHClient().connect"),
                any_of(missing("timeout", 6), given("timeout", NONE, 6))),
    CallPattern(network.NO_TIMEOUT, _REDIS, given("socket_timeout", equals(None))),
    CallPattern(network.NO_TIMEOUT, _MYSQL, any_of(given("connect_timeout", NONE), given("read_timeout", NONE))),
    CallPattern(network.NO_TIMEOUT, _POSTGRES, given("connect_timeout", equals(None, 0))),
    CallPattern(network.NO_TIMEOUT, names("websocket.create_connection"), missing("timeout", 1)),
    CallPattern(network.NO_TIMEOUT, names("botocore.config.Config botocore.client.Config"),
                any_of(given("read_timeout", equals(None, 0)), given("connect_timeout", equals(None, 0)))),
    CallPattern(network.NO_TIMEOUT, names("telnetlib.Telnet().read_until telnetlib.Telnet().expect"),
                missing("timeout", 1)),
)  # fmt: skip
_ATTRIBUTES = (
    AttributePattern(tls.NO_TLS_VERIFY, "verify_ssl", FALSE),
    AttributePattern(tls.HOSTNAME, "assert_hostname", FALSE),
)
AREA = Area((), _CALLS, (), _ATTRIBUTES, (_weak_in_adapter, _waiting_sockets))
