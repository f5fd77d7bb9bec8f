"""Secrets in the code, in logs and on disk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.patterns.environment import default_of
from ambient_lsp.analyzers.patterns.match import Area, Call, CallPattern, Hit, Setting, equals, given, names
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.rule import weakness
from ambient_lsp.analyzers.vocabulary import PASSWORD_WORDS, is_placeholder, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

_SECRET_NAME = re.compile(
    r"(?i)(^|_|\b)(passw(or)?d|passwd|pwd|passphrase|secret|secret_?key|api_?key|auth_?token|access_?token|token"
    r"|private_?key|client_?secret|credentials?|encryption_?key|signing_?key|access_?key|connection_?string)$"
)
_WELL_KNOWN = re.compile(
    r"\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,}|xox[abprs]-[A-Za-z0-9-]{20,}"
    r"|sk_live_[0-9a-zA-Z]{20,}|AIza[0-9A-Za-z_-]{35}|glpat-[\w-]{20,}|sk-ant-[\w-]{20,})"
    r"|hooks\.slack\.com/services/T\w+/B\w+/\w{20,}|discord(?:app)?\.com/api/webhooks/\d+/[\w-]{40,}"
    r"|SG\.[\w-]{16,}\.[\w-]{32,}|npm_[A-Za-z0-9]{36}|pypi-AgEI[\w-]{50,}|sk_test_[0-9a-zA-Z]{20,}"
    r"|-----BEGIN (?:RSA |EC |OPENSSH |DSA )?PRIVATE KEY-----"
)
_KEY_BODY = re.compile(
    r"""(?:[\s"'+()\\bfnr]|[A-Z][\w-]+: [^\n\\"']*+)*(?:M[A-J][A-Za-z0-9+/]{2}|b3Bl|[A-Za-z0-9+/]{24})"""
)
"""What follows the first line of a PEM file: headers, and the key. Without it the line is only talked about."""
_GRAMMAR = re.compile(r"\[[^\]]+\][+*?{]|\\[dwsDWSb]|\(\?[:P=!<]")
_SCHEMES = frozenset("bearer basic digest negotiate mac hawk jwt oauth token".split())
"""How a login is sent: a name that anybody may know."""
_IN_URL = re.compile(r"^[a-z][a-z0-9+.-]*://([^/\s:@{}<>$%]+):([^/\s:@{}<>$%]{3,})@[\w.-]+")
_NO_LOGIN_TOKENS = frozenset(
    "next page cursor continuation pad mask cls sep unk bos eos start end stop special".split()
)
_HERE = re.compile(r"@(localhost|127\.|0\.0\.0\.0|(host|hostname|server|db)([:/]|$))")
_DULL = frozenset("password passwd pass secret changeme example test user guest root admin postgres".split())

SECRET = weakness(
    "SECRET", "high", "798 259", "a07", "Secret in the code",
    "Who can read the code, or its history, has the secret.", "Read from the environment. Change the secret too!",
    "S105 S106 S107",
    example='DB_PASSWORD = "kX9!vQ2pL"\n',
    better='import os\n\nDB_PASSWORD = os.environ["DB_PASSWORD"]\n',
)  # fmt: skip
URL_SECRET = weakness(
    "URL-SECRET", "high", "798 522", "a07", "Password in an address in the code",
    "Who can read the code, or its history, has the password.", "",
    example='DATABASE = "postgresql://shop:kX9vQ2pL@db.shop.org/shop"\n',
    better='import os\n\nDATABASE = os.environ["DATABASE_URL"]\n',
)  # fmt: skip
EMPTY_PASSWORD = weakness(
    "EMPTY-PASSWORD", "medium", "258 521", "a07", "Empty password", "Whoever reaches the server is in.", "",
    example='import psycopg2\n\nconnection = psycopg2.connect(user="shop", password="")\n',
    better='import os\n\nimport psycopg2\n\n'
           'connection = psycopg2.connect(user="shop", password=os.environ["PGPASSWORD"])\n',
)  # fmt: skip
BACKDOOR = weakness(
    "FIXED-LOGIN", "high", "798 1392", "a07", "Login that is written into the code",
    "It is the same everywhere the program runs, and cannot be changed.", "",
    example='def login(user, password):\n    return user == "admin" and password == "letmein"\n',
    better="def login(user, password):\n    return check_password(user, password)\n",
)  # fmt: skip
PLAIN_COMPARE = weakness(
    "PASSWORD-PLAIN", "high", "256 257", "a04", "Password kept as it is",
    "It can only be compared like this because it is kept without a hash.", "",
    example='def login(user, form):\n    return user.password == form["password"]\n',
    better='def login(user, form):\n    return check_password_hash(user.password, form["password"])\n',
)  # fmt: skip
LOGGED = weakness(
    "LOG-SECRET", "medium", "532", "a09", "Secret written to the log", "Logs are read, copied and kept by many.", "",
    example='import logging\n\nlogging.info("login of %s with %s", user, password)\n',
    better='import logging\n\nlogging.info("login of %s", user)\n',
)  # fmt: skip
PRIVATE = weakness(
    "LOG-PRIVATE", "medium", "359 532", "a09", "Private data written to the log",
    "Card and insurance numbers do not belong where many can read them.", "",
    example='import logging\n\nlogging.info("paid with %s", card_number)\n',
    better='import logging\n\nlogging.info("paid with %s", card_number[-4:])\n',
)  # fmt: skip
STORED = weakness(
    "PASSWORD-FILE", "medium", "312 256", "a04", "Password written to a file as it is",
    "Who gets the file, or a copy of it, has the password.", "",
    example='def save(password):\n    with open("login.txt", "w") as file:\n        file.write(password)\n',
    better='def save(name):\n    with open("login.txt", "w") as file:\n        file.write(name)\n',
)  # fmt: skip
_KEY_SETTINGS = names("SECRET_KEY SECURITY_PASSWORD_SALT JWT_SECRET_KEY WTF_CSRF_SECRET_KEY JWT_SECRET")


def _literals(module: Module) -> Iterator[Hit]:
    """Find strings that are given to a name which says that it holds a secret."""
    for name, value in _named_strings(module):
        if name.lower() == "authorization" and value.type == "string":
            header = re.fullmatch(r"(?:Bearer|Basic|Token) (\S{12,})", str(module.value(value)))
            if header is not None and not is_placeholder(header[1]):
                yield Hit(SECRET, value, "a login stands in the header")
        if not _SECRET_NAME.search(name):
            continue
        text = _text_of(module, value)
        about = words(name)
        if "token" in about and about & _NO_LOGIN_TOKENS:
            continue
        if not isinstance(text, str) or _is_a_label(name, text):
            continue
        if not is_placeholder(text) or _is_a_word(name, text, value):
            yield Hit(SECRET, value, f"`{name.rpartition('.')[2]}` is a literal")


def _named_strings(module: Module) -> Iterator[tuple[str, Node]]:
    for node in module.nodes("assignment"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            continue
        if left.type in ("identifier", "attribute"):
            yield code(left), right
        elif left.type == "subscript":
            yield str(module.value(left.child_by_field_name("subscript"))), right
    for node in module.nodes("pair"):
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        if key is not None and value is not None and key.type == "string":
            yield str(module.value(key)), value
    for node in module.nodes("keyword_argument"):
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is not None and value is not None:
            yield code(name), value
    for node in module.nodes("parameters"):
        for parameter in node.named_children:
            name, value = parameter.child_by_field_name("name"), parameter.child_by_field_name("value")
            if name is not None and value is not None:
                yield code(name), value


def _at_first(module: Module, node: Node) -> Node:
    """Return what a field of a class holds if nobody gives it anything: `field(default="...")`, `SecretStr("...")`."""
    for _ in range(3):
        last = code(node.child_by_field_name("function")).rpartition(".")[2] if node.type == "call" else ""
        if last not in _FIELDS:
            break
        call = Call(module, node, "")
        value = call.get("default") or call.get("default_factory") or call.get("factory")
        value = value or (call.get("", 0) if last != "field" else None)
        if value is not None and value.type == "lambda":
            value = value.child_by_field_name("body")
        if value is None:
            break
        node = value
    return node


def _text_of(module: Module, node: Node) -> Any:
    """Return the text that an expression of literals makes."""
    node = _at_first(module, node)
    if node.type == "call" and _DECODED.fullmatch(code(node)):
        return re.findall(r"['\"]([^'\"]+)['\"]", code(node))[0]
    if node.type not in ("string", "concatenated_string", "binary_operator", "parenthesized_expression"):
        return None
    value = module.value(node)
    return value.decode("latin-1") if isinstance(value, bytes) else value


_FIELDS = frozenset("field Field ib attrib SecretStr SecretBytes".split())
"""What declares a field of a class, and what wraps its value."""
_DECODED = re.compile(r"""[\w.]*(b64decode|unhexlify|fromhex)\(b?['"][^'"\n]{8,}['"]\)(\.decode\(.{0,12}\))?""")


def _fallbacks(module: Module) -> Iterator[Hit]:
    """Find a secret that is used where the environment has none."""
    if re.search(r"environ|getenv|config\(|env\b", module.text) is None:
        return
    yield from _otherwise(module)
    for node in module.nodes("call"):
        last = code(node.child_by_field_name("function")).rpartition(".")[2]
        if last not in ("get", "getenv", "config", "env", "setdefault", "str"):
            continue
        call = Call(module, node, module.name(node.child_by_field_name("function")))
        default, key = default_of(module, call), call.value("key", 0)
        if default is None or not isinstance(key, str) or not _SECRET_NAME.search(key):
            continue
        text = _text_of(module, default)
        if isinstance(text, str) and not is_placeholder(text) and not _is_a_label(key, text):
            yield Hit(SECRET, default, "it is used where the environment has none")


_READ = re.compile(r"(os\.)?(environ\.get|getenv)\(\s*['\"](\w+)['\"]\s*(,\s*(['\"]{2}|None)\s*)?\)")


def _otherwise(module: Module) -> Iterator[Hit]:
    """Find `os.getenv("DB_PASSWORD") or "..."`. Of names such as PGPASSWORD the end tells."""
    for node in module.nodes("boolean_operator"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        sign = node.child_by_field_name("operator")
        read = _READ.fullmatch(code(left))
        if read is None or right is None or sign is None or sign.type != "or":
            continue
        text = _text_of(module, right)
        key = read[3] if _SECRET_NAME.search(read[3]) else re.sub(r"(?i)(passw(or)?d)$", r"_\1", read[3])
        if not isinstance(text, str) or not _SECRET_NAME.search(key):
            continue
        if not is_placeholder(text) and not _is_a_label(key, text):
            yield Hit(SECRET, right, "it is used where the environment has none")


def _is_a_word(name: str, text: str, value: Node) -> bool:
    """Whether a password is one plain word, given to a variable or a parameter of a call that is named just so."""
    given = value.parent is not None and value.parent.type in ("assignment", "keyword_argument")
    named = re.search(r"(?i)(^|[_.])(password|passwd|pwd|passphrase)$", name) is not None
    return given and named and re.fullmatch(r"[a-z]{6,20}", text) is not None and not _DULL_WORD.search(text)


_DULL_WORD = re.compile(r"^(password|passwd|changeme|default|string|hidden|required|invalid|missing|unknown|example"
                        r"|placeholder|pwd|dummy|testing)$|password$|token|field")  # fmt: skip


def _is_a_label(name: str, text: str) -> bool:
    """Whether a string names or describes a secret: a form field, a message, a header, a pattern."""
    if words(text) & words(name) and len(text) < 40 and not re.search(r"\d", text):
        return True
    if text.lower() in _SCHEMES or text.startswith("urn:") or _GRAMMAR.search(text) is not None:
        return True
    if "token" in words(name) and re.fullmatch(r"[A-Z][a-z]+", text) is not None:
        return True  # of a language: `token = "Normal"`
    return bool(re.fullmatch(r"[A-Z][A-Z0-9_]+", text)) or bool(re.match(r"[a-z]+(-[a-z]+)+$", text))


def _shapes(module: Module) -> Iterator[Hit]:
    """Find strings that have the shape of a provider's key, or of an address with a password."""
    for node in module.nodes("string"):
        text = code(node)
        if len(text) < 12:
            continue
        match = _WELL_KNOWN.search(text)
        if match is not None and "EXAMPLE" not in match[0] and not _is_only_named(node, match):
            yield Hit(SECRET, node, "it has the shape of a provider's key")
        elif "://" in text and "@" in text:
            value = module.value(node)
            inside = _IN_URL.match(value) if isinstance(value, str) else None
            made_up = inside is None or inside[2].lower() in (*_DULL, inside[1].lower()) or _HERE.search(value)
            if inside is not None and not made_up and set(inside[2]) - {"*", "x"}:
                yield Hit(URL_SECRET, node)


def _is_only_named(node: Node, match: re.Match[str]) -> bool:
    """Whether a PEM file's first line stands alone, as where a program looks for it or a docstring speaks of it."""
    if not match[0].startswith("-----BEGIN"):
        return False
    whole = node
    while whole.parent is not None and whole.parent.type in _PUT_TOGETHER:
        whole = whole.parent
    rest = (whole.text or b"")[node.start_byte - whole.start_byte :].decode("utf-8", "replace")
    return _KEY_BODY.match(rest, match.end()) is None


_PUT_TOGETHER = frozenset({"concatenated_string", "binary_operator", "parenthesized_expression", "argument_list"})


def _fixed_login(module: Module) -> Iterator[Hit]:
    """Find `password == "..."`, and `user.password == form["password"]`."""
    for node in module.nodes("comparison_operator"):
        sides = node.named_children
        if len(sides) != 2 or not any(child.type in ("==", "!=") for child in node.children):
            continue
        if node.parent is not None and node.parent.type == "assert_statement" and sides[0].type == "attribute":
            continue  # what a setting was read as, and nobody's login
        for one, other in (sides, sides[::-1]):
            value = module.value(other)
            name = code(one).rpartition(".")[2]
            if isinstance(value, str) and one.type in ("identifier", "attribute", "subscript"):
                if (
                    other.type == "string"
                    and _PASSWORD.search(name)
                    and len(value) > 2
                    and not _says_state(value, name)
                ):
                    yield Hit(BACKDOOR, other)
            elif _is_stored(one) and _comes_from_outside(other):
                yield Hit(PLAIN_COMPARE, node)
                break


_PASSWORD = re.compile(
    r"(?i)^[\w.'\"\[]*?((user|admin|login|input|entered|given|provided|raw|my)_?)?(password|passwd|pwd)['\"\]]*$"
)
_STATE = re.compile(r"(?i)(update|show|hide|use|need|has|reset|change)_")


def _says_state(value: str, name: str) -> bool:
    """Whether the string is about a form or a mode (`field == "password"`), and no password."""
    return _STATE.match(name) is not None or value.lower() in ("password", "none", "null")


def _is_stored(node: Node) -> bool:
    return node.type == "attribute" and code(node).lower().endswith((".password", ".passwd", ".pwd"))


def _comes_from_outside(node: Node) -> bool:
    last = words(code(node))
    if last & {"confirm", "confirmation", "repeat", "retype", "hash", "hashed", "hashpw", "old", "new"}:
        return False
    return (node.type == "identifier" and code(node).lower() in PASSWORD_WORDS) or (
        node.type in ("subscript", "call", "attribute")
        and bool(last & PASSWORD_WORDS)
        and bool(last & {"request", "form", "data", "args", "payload", "body", "credentials", "json", "params"})
    )


_LOGS = "debug info warning warn error exception critical log"
_LOGGERS = names(f"logging: {_LOGS}", f"logging.getLogger(): {_LOGS}", f"logger: {_LOGS}", f"log: {_LOGS}",
                 f"self.logger: {_LOGS}", f"self.log: {_LOGS}", f"loguru.logger: {_LOGS}",
                 f"structlog.get_logger(): {_LOGS}", f"current_app.logger: {_LOGS}", f"app.logger: {_LOGS}",
                 f"flask.Flask().logger: {_LOGS}", f"flask.current_app.logger: {_LOGS}", "print")  # fmt: skip
_TOLD = PASSWORD_WORDS | frozenset("secret apikey privatekey accesstoken secretkey authtoken refreshtoken".split())
_HARMLESS = frozenset("reset field length len hash hashed masked redacted policy prompt error changed file url id "
                      "type name expired expires invalid validator form count mask redact is has".split())  # fmt: skip
_PERSONAL = frozenset("ssn cvv cvc creditcard cardnumber socialsecurity iban passportnumber pan".split())


def _told(words_told: frozenset[str]) -> Any:
    """Return a condition: a value with one of these words in its name is among the arguments."""

    def condition(call: Call) -> Node | None:
        for argument in (*call.positional, *call.keywords.values()):
            for name in _values_in(argument):
                last = words(code(name).rpartition(".")[2] or code(name))
                if last & words_told and not last & _HARMLESS:
                    return argument
        return None

    return condition


def _values_in(node: Node) -> Iterator[Node]:
    """Yield the names whose values become part of a text; what goes through a call is another value."""
    if node.type in ("identifier", "attribute"):
        yield node
    elif node.type == "subscript":
        index = node.child_by_field_name("subscript")
        yield from [index] if index is not None and index.type == "string" else []
    elif node.type in ("interpolation", "binary_operator", "string", "tuple", "parenthesized_expression",
                       "concatenated_string", "dictionary", "pair", "conditional_expression"):  # fmt: skip
        for child in node.named_children:
            if node.type != "pair" or child != node.named_children[0]:
                yield from _values_in(child)
    elif node.type == "call" and code(node.child_by_field_name("function")).endswith(".format"):
        arguments = node.child_by_field_name("arguments")
        for child in arguments.named_children if arguments is not None else ():
            yield from _values_in(child.child_by_field_name("value") or child)


def _password_literal(module: Module, node: Node) -> bool:
    value = module.value(node)
    if not isinstance(value, str) or len(value) <= 3 or value.startswith(("<", "{", "$")):
        return False
    return node.type == "string" or not is_placeholder(value)


def _compared_to_literal(call: Call) -> Node | None:
    """Find `compare_digest(password, "...")`."""
    for one in call.positional:
        text = _text_of(call.module, one)
        if isinstance(text, str) and len(text) > 3 and not is_placeholder(text):
            return one
    return None


def _login_pair(module: Module, node: Node) -> bool:
    """Whether `auth=("user", "password")` holds the password itself."""
    parts = node.named_children
    return node.type == "tuple" and len(parts) == 2 and _password_literal(module, parts[1]) and not is_placeholder(
        str(module.value(parts[1])))  # fmt: skip


def _connection_text(module: Module, node: Node) -> bool:
    """Whether a text such as "host=x password=y" holds a password."""
    found = re.search(r"(?i)\b(?:password|pwd)\s*=\s*([^;\s&{}<>$*]{4,})", str(module.value(node)))
    return node.type == "string" and found is not None and found[1].lower() not in _DULL


_METHODS = "get post put patch delete head options request"
_CONNECTS = names("psycopg2.connect psycopg.connect pymysql.connect MySQLdb.connect mysql.connector.connect "
                  "asyncpg.connect paramiko.SSHClient().connect pymongo.MongoClient redis.Redis")  # fmt: skip
_CALLS = (
    CallPattern(
        SECRET,
        names(
            "smtplib: SMTP().login SMTP_SSL().login",
            "imaplib: IMAP4().login IMAP4_SSL().login",
            "ftplib: FTP().login FTP_TLS().login",
        ),
        given("password", _password_literal, 1),
    ),
    CallPattern(
        SECRET,
        names(f"requests: {_METHODS}", f"requests.Session(): {_METHODS}", f"httpx: {_METHODS} Client"),
        given("auth", _login_pair),
    ),
    CallPattern(
        SECRET,
        names(
            "requests.auth: HTTPBasicAuth HTTPDigestAuth HTTPProxyAuth",
            "httpx: BasicAuth DigestAuth",
            "aiohttp.BasicAuth",
        ),
        given(
            "password",
            lambda module, node: _password_literal(module, node) and not is_placeholder(str(module.value(node))),
            1,
        ),
    ),
    CallPattern(SECRET, names("pyodbc.connect psycopg2.connect psycopg.connect"), given("dsn", _connection_text, 0)),
    CallPattern(
        BACKDOOR,
        names("hmac.compare_digest secrets.compare_digest django.utils.crypto.constant_time_compare"),
        _compared_to_literal,
    ),
    CallPattern(EMPTY_PASSWORD, _CONNECTS, given("password", equals(""))),
    CallPattern(EMPTY_PASSWORD, _CONNECTS, given("passwd", equals(""))),
    CallPattern(LOGGED, _LOGGERS, _told(_TOLD)),
    CallPattern(PRIVATE, _LOGGERS, _told(_PERSONAL)),
    CallPattern(STORED, names("open().write"), _told(PASSWORD_WORDS)),
)


def _plain_key(module: Module, node: Node) -> bool:
    value = module.value(node)
    return isinstance(value, str | bytes) and len(value) > 2


AREA = Area(
    (SECRET, URL_SECRET, EMPTY_PASSWORD, BACKDOOR, PLAIN_COMPARE, LOGGED, PRIVATE, STORED),
    _CALLS,
    (Setting(SECRET, _KEY_SETTINGS, _plain_key, detail="the framework's key is a literal"),),
    finders=(_literals, _fallbacks, _shapes, _fixed_login),
)
