"""Hashes: broken ones, and fast or unsalted ones where a password is kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.folding import UNKNOWN
from ambient_lsp.analyzers.patterns.match import (
    Area,
    Call,
    CallPattern,
    Hit,
    Setting,
    always,
    below,
    constant,
    empty,
    equals,
    given,
    names,
)
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.rule import weakness
from ambient_lsp.analyzers.vocabulary import HARMLESS_WORDS, PASSWORD_WORDS, SECRET_WORDS, around, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module
    from ambient_lsp.analyzers.rule import Level

_WEAK_NAMES = frozenset("md2 md4 md5 sha sha1 ripemd160 md5-sha1 sha-1".split())
_WEAK = names("hashlib: md5 sha1", "Crypto.Hash.MD5: new", "Crypto.Hash.MD4: new", "Crypto.Hash.MD2: new",
              "Crypto.Hash.SHA: new", "Crypto.Hash.SHA1: new", "Cryptodome.Hash.MD5: new",
              "Cryptodome.Hash.MD4: new", "Cryptodome.Hash.SHA1: new",
              "cryptography.hazmat.primitives.hashes: MD5 SHA1")  # fmt: skip
_FAST = names("hashlib: md5 sha1 sha224 sha256 sha384 sha512 sha3_256 sha3_512 blake2b blake2s")
_STRETCHED = re.compile(r"pbkdf2|bcrypt|scrypt|argon2|hkdf|range\(")

WEAK_HASH = weakness(
    "WEAK-HASH", "medium", "328 327", "a02", "Weak hash", "MD5 and SHA-1 can be forged.",
    "SHA-256 where it protects something, `usedforsecurity=False` where it only names something.", "S324",
    example="import hashlib\n\n\ndef sign_token(data):\n    return hashlib.md5(data).hexdigest()\n",
    better="import hashlib\n\n\ndef sign_token(data):\n    return hashlib.sha256(data).hexdigest()\n",
)  # fmt: skip
PASSWORD_HASH = weakness(
    "PASSWORD-HASH", "high", "916 759", "a02", "Password hashed too fast",
    "A graphics card tries billions of such hashes a second. `hashlib.scrypt` or Argon2 are slow on purpose.", "",
    example="import hashlib\n\n\ndef store(password):\n    return hashlib.sha256(password.encode()).hexdigest()\n",
    better="import hashlib\nimport os\n\n\ndef store(password):\n    salt = os.urandom(16)\n"
           "    return salt + hashlib.scrypt(password.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=2**26)\n",
)  # fmt: skip
SALT = weakness(
    "SALT", "high", "760 759", "a02", "Salt that is the same for everybody",
    "One table of hashes then serves for all passwords at once.", "",
    example='import hashlib\n\nkey = hashlib.pbkdf2_hmac("sha256", password, b"pepper", 600_000)\n',
    better='import hashlib\nimport os\n\nkey = hashlib.pbkdf2_hmac("sha256", password, os.urandom(16), 600_000)\n',
)  # fmt: skip
ENCODED_PASSWORD = weakness(
    "PASSWORD-ENCODED", "medium", "261 257", "a04", "Password encoded, and not hashed",
    "Base64 is undone by everybody.", "",
    example="import base64\n\n\ndef save(user, password):\n"
            "    user.password = base64.b64encode(password.encode())\n",
    better="import base64\n\n\ndef save(user, picture):\n    user.picture = base64.b64encode(picture)\n",
)  # fmt: skip


def _weak(call: Call) -> Node | None:
    told = call.get("usedforsecurity")
    if told is not None and code(told) != "True":  # a wrapper leaves it to who calls it
        return None
    above = call.node.parent
    size = above is not None and code(above).endswith((".digest_size", ".block_size", ".name"))
    return None if size else call.callee


def _weak_by_name(call: Call) -> Node | None:
    name = call.value("name", 0)
    return _weak(call) if isinstance(name, str) and name.lower() in _WEAK_NAMES else None


def _hash_hits(module: Module) -> Iterator[Hit]:
    """Find weak hashes, and judge each by the words around it; a password hashed fast is worse than a weak hash."""
    if not module.imported & {"hashlib", "Crypto", "Cryptodome", "cryptography"}:
        return
    for node in module.nodes("call"):
        name = module.name(node.child_by_field_name("function"))
        if name not in _WEAK and name not in _FAST and name != "hashlib.new":
            continue
        found = _judged(Call(module, node, name))
        if found is not None:
            yield found


def _judged(call: Call) -> Hit | None:
    module, node, name = call.module, call.node, call.name
    weak = (_weak_by_name if name == "hashlib.new" else _weak)(call) if name not in _FAST - _WEAK else None
    near = around(module.text, module.span(call.callee))
    # The handshake of the protocol wants SHA-1, and so do lists of leaked passwords; in OAEP and TOTP it is not weak.
    padding = re.search(r"\b(OAEP|MGF1|TOTP|HOTP)\(", code(_around(node)))
    function = module.function(node)
    if near & {"ws", "websocket"} or padding or re.search(r"(?i)pwned|hibp|258EAFA5-E914", code(function)):
        return None
    if weak is not None and _is_cut_short(module, node):
        return None
    if weak is not None:
        harmless = near & _HARMLESS and not near & _CHECKED and not name.startswith("cryptography.")
        if _hashes_chance(call):
            return Hit(WEAK_HASH, weak, f"`{_algorithm(name)}` of random bytes", "low")
        level: Level = "high" if near & SECRET_WORDS else "low" if harmless else "medium"
        return Hit(WEAK_HASH, weak, f"`{_algorithm(name)}`", level)
    if _hashes_password(module, call):
        return Hit(PASSWORD_HASH, call.callee, f"`{name.rpartition('.')[2]}` is made to be fast")
    return None


def _around(node: Node) -> Node | None:
    """Return the call that a call is an argument of."""
    above = node.parent
    while above is not None and above.type in ("keyword_argument", "argument_list"):
        above = above.parent
    return above


def _algorithm(name: str) -> str:
    """Return `md5` of `hashlib.md5`, and `MD5` of `Crypto.Hash.MD5.new`."""
    owner, _, last = name.rpartition(".")
    return owner.rpartition(".")[2] if last == "new" and owner != "hashlib" else last


def _is_cut_short(module: Module, node: Node) -> bool:
    """Whether only some characters of a digest are kept (`.hexdigest()[:6]`): a name for a version, no protection."""
    current = node
    for _ in range(3):
        above = current.parent
        if above is not None and above.type == "assignment" and above.child_by_field_name("right") == current:
            return _is_always_cut(module, above)
        if above is None or above.type not in ("attribute", "call", "subscript"):
            return False
        current = above
        if current.type == "subscript":
            return re.search(rf"{_FEW}$", code(current)) is not None
    return False


def _is_always_cut(module: Module, made: Node) -> bool:
    """Whether a digest that a function keeps in a variable is never used as a whole."""
    name, function = code(made.child_by_field_name("left")), module.function(made)
    if function is None or not name.isidentifier():
        return False
    uses = len(re.findall(rf"(?<![\w.]){name}\b", code(function))) - 1
    return 0 < uses == len(re.findall(rf"(?<![\w.]){name}{_FEW}", code(function)))


_FEW = r"\[\s*:\s*[1-8]\s*\]"


def _hashes_chance(call: Call) -> bool:
    """Whether random bytes are hashed, which turns them into a text: there is nothing that could be forged."""
    return call.module.name(_callee(call.get("data", 0 if call.name != "hashlib.new" else 1))) in _RANDOM


def _callee(node: Node | None) -> Node | None:
    return node.child_by_field_name("function") if node is not None and node.type == "call" else None


_RANDOM = names("os: urandom", "secrets: token_bytes", "random: SystemRandom.randbytes")
_CHECKED = frozenset({"verify", "verifier", "verified", "integrity", "trusted"})
_HARMLESS = HARMLESS_WORDS - {"digest", "key", "content"}


def _hashes_password(module: Module, call: Call) -> bool:
    """Whether what is hashed is a password, and not a key drawn from one by many rounds."""
    data = call.get("data", 0 if call.name != "hashlib.new" else 1)
    if data is None or not words(code(data)) & (PASSWORD_WORDS | {"pw"}):
        return False
    if call.value("usedforsecurity") is False:
        return False
    function = module.function(call.node)
    # Checking a password against a list of leaked ones needs just this hash.
    return not (_STRETCHED.search(code(function)) or words(code(function)[:4000]) & {"pwned", "leaked", "hibp"})


def _few_rounds(call: Call) -> Node | None:
    node = call.get("iterations", 3)
    value = call.module.value(node)
    return node if isinstance(value, int) and 0 < value < 100_000 and not isinstance(value, bool) else None


def _encoded(call: Call) -> Node | None:
    """Find a password that is encoded to be kept; HTTP wants it encoded on the wire, which is another thing."""
    near = around(call.module.text, call.module.span(call.node))
    if near & {"header", "headers", "authorization", "auth", "basic", "request", "requests", "hash", "derive"}:
        return None
    argument = call.get("s", 0)
    if argument is None or _HASHED.search(code(argument)) is not None:
        return None
    return call.callee if words(code(argument)) & PASSWORD_WORDS else None


_HASHED = re.compile(r"\bdigest\(|\bhashpw\(|\bderive\(|scrypt\(|pbkdf2")


def _first_hasher(module: Module, node: Node) -> bool:
    value = module.value(node)
    first = value[0] if isinstance(value, list | tuple) and value else None
    return isinstance(first, str) and re.search(r"MD5|SHA1|Unsalted|Crypt(?!o)PasswordHasher$", first) is not None


def _weak_digest(module: Module, node: Node) -> bool:
    value = module.value(node)
    return (isinstance(value, str) and value.lower() in ("md5", "md4")) or module.name(node) == "hashlib.md5"


def _old_digest(module: Module, node: Node) -> bool:
    value = module.value(node)
    return (isinstance(value, str) and value.lower() in ("sha1", "sha")) or module.name(node) == "hashlib.sha1"


def _weak_file_digest(module: Module, node: Node) -> bool:
    value = module.value(node)
    return str(value).lower() in _WEAK_NAMES or module.name(node) in ("hashlib.md5", "hashlib.sha1")


_SCHEMES = re.compile(
    r"(hex_|ldap_)?(salted_)?(md5|sha1|md5_crypt|des_crypt|sha1_crypt|plaintext|sha256|nthash|lmhash)$"
)


def _first_scheme(module: Module, node: Node) -> bool:
    """Whether the scheme for new passwords is weak; older ones are there to be replaced."""
    value = module.value(node)
    first = value[0] if isinstance(value, list | tuple) and value else None
    return isinstance(first, str) and _SCHEMES.fullmatch(first) is not None


def _few_werkzeug_rounds(module: Module, node: Node) -> bool:
    kind, _, rounds = str(module.value(node)).rpartition(":")
    return kind.startswith("pbkdf2:") and rounds.isdigit() and int(rounds) < 100_000


_CALLS = (
    CallPattern(WEAK_HASH, names("hmac.new hmac.digest"), given("digestmod", _weak_digest, 2), "`md5`"),
    CallPattern(WEAK_HASH, names("hmac.digest"), given("digest", _weak_digest, 2), "`md5`"),
    CallPattern(WEAK_HASH, names("hmac.new hmac.digest"), given("digestmod", _old_digest, 2),
                "`sha1`; under a key it has not been broken yet", "low"),
    CallPattern(PASSWORD_HASH, names("hashlib.pbkdf2_hmac"), _few_rounds, "so few rounds are quick"),
    CallPattern(PASSWORD_HASH, names("cryptography.hazmat.primitives.kdf.pbkdf2.PBKDF2HMAC"),
                given("iterations", below(100_000), 3), "so few rounds are quick"),
    CallPattern(PASSWORD_HASH, names("bcrypt.gensalt"), given("rounds", below(10), 0), "so few rounds are quick"),
    CallPattern(PASSWORD_HASH, names("crypt.crypt"), always, "`crypt` is quick"),
    CallPattern(PASSWORD_HASH, names("passlib.hash: md5_crypt.hash des_crypt.hash sha1_crypt.hash plaintext.hash "
                                     "ldap_md5.hash ldap_sha1.hash hex_md5.hash hex_sha1.hash hex_sha256.hash "
                                     "ldap_salted_md5.hash ldap_salted_sha1.hash apr_md5_crypt.hash hex_sha512.hash "
                                     "nthash.hash lmhash.hash mysql323.hash mysql41.hash mssql2000.hash"),
                always),
    CallPattern(PASSWORD_HASH, names("passlib.context: CryptContext LazyCryptContext"),
                given("schemes", _first_scheme, 0)),
    CallPattern(PASSWORD_HASH, names("django.contrib.auth.hashers.make_password"),
                given("hasher", equals("md5", "unsalted_md5", "sha1", "unsalted_sha1", "crypt"), 2)),
    CallPattern(PASSWORD_HASH, names("werkzeug.security.generate_password_hash"),
                given("method", _few_werkzeug_rounds, 1), "so few rounds are quick"),
    CallPattern(PASSWORD_HASH, names("hashlib.scrypt"), given("n", below(2**13)), "so few rounds are quick"),
    CallPattern(WEAK_HASH, names("hashlib.file_digest"), given("digest", _weak_file_digest, 1)),
    CallPattern(PASSWORD_HASH, names("werkzeug.security.generate_password_hash"),
                given("method", lambda module, node: str(module.value(node)).split(":")[0].lower()
                      in ("plain", "md5", "sha1", "sha256", "sha512"), 1)),
    CallPattern(SALT, names("hashlib.pbkdf2_hmac"), given("salt", constant, 2)),
    CallPattern(SALT, names("hashlib.pbkdf2_hmac"), given("salt", empty, 2), "there is none"),
    CallPattern(SALT, names("hashlib.scrypt"), given("salt", lambda module, node: module.value(node) is not UNKNOWN)),
    CallPattern(SALT, names("bcrypt.hashpw"), given("salt", constant, 1)),
    CallPattern(SALT, names("cryptography.hazmat.primitives.kdf.pbkdf2.PBKDF2HMAC "
                            "cryptography.hazmat.primitives.kdf.scrypt.Scrypt"), given("salt", constant)),
    CallPattern(ENCODED_PASSWORD, names("base64: b64encode b32encode standard_b64encode urlsafe_b64encode"), _encoded),
)  # fmt: skip
AREA = Area(
    (WEAK_HASH, PASSWORD_HASH, SALT, ENCODED_PASSWORD),
    _CALLS,
    (Setting(PASSWORD_HASH, names("PASSWORD_HASHERS"), _first_hasher),),
    finders=(_hash_hits,),
    judges=((_WEAK | _FAST | {"hashlib.new"}, _judged),),
)
