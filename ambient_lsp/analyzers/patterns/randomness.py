"""Random numbers that are to be a secret, and comparisons that give one away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.match import Area, Call, CallPattern, Hit, all_of, below, given, names
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.rule import weakness
from ambient_lsp.analyzers.vocabulary import ALPHABET_WORDS, MADE_SECRETS, statement, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

_DRAWN = (
    "random randint randrange choice choices sample shuffle getrandbits randbytes uniform gauss triangular "
    "normalvariate betavariate expovariate gammavariate lognormvariate paretovariate vonmisesvariate"
)
_DRAWS = names(f"random: {_DRAWN}", f"random.Random(): {_DRAWN}")
_NUMERICAL = names("numpy.random: rand randint random choice bytes",
                   "numpy.random.default_rng(): random integers choice bytes")  # fmt: skip
_SECRETS = MADE_SECRETS | {
    "sessionid",
    "sid",
    "remember",
    "verification",
    "reset",
    "captcha",
    "iv",
    "pin",
    "passcode",
    "invite",
    "invitation",
    "voucher",
    "coupon",
    "activation",
    "license",
}
_ENCRYPTS = frozenset({"cryptography", "Crypto", "Cryptodome", "nacl", "hmac", "jwt"})

WEAK_RANDOM = weakness(
    "WEAK-RANDOM", "high", "338 330", "a02", "Secret made from predictable random numbers",
    "Who sees a few outputs of `random` can tell the next ones.", "The `secrets` module.", "S311",
    example="import random\n\ntoken = random.getrandbits(128)\n",
    better="import secrets\n\ntoken = secrets.randbits(128)\n",
)  # fmt: skip
SEED = weakness(
    "SEED", "high", "337 335 339", "a02", "Secret drawn after a seed that can be guessed",
    "The seed tells every number that follows; a clock has few values.", "",
    example="import random\nimport time\n\n\ndef make_token():\n    random.seed(time.time())\n"
            "    return random.getrandbits(128)\n",
    better="import secrets\n\n\ndef make_token():\n    return secrets.token_hex(16)\n",
)  # fmt: skip
SHORT = weakness(
    "SHORT-SECRET", "medium", "331", "a02", "Secret that is too short", "Fewer than 8 random bytes can be tried out.",
    "16 bytes.",
    example="import secrets\n\ntoken = secrets.token_hex(4)\n",
    better="import secrets\n\ntoken = secrets.token_hex(16)\n",
)  # fmt: skip
OBSERVABLE = weakness(
    "UUID-SECRET", "medium", "340 330", "a02", "Secret made from the clock",
    "`uuid1` is the machine's address and the time, so others can be told from one.", "`uuid4`, or `secrets`.",
    example="import uuid\n\nreset_token = str(uuid.uuid1())\n",
    better="import uuid\n\nreset_token = str(uuid.uuid4())\n",
)  # fmt: skip
TIMING = weakness(
    "TIMING", "medium", "208", "a02", "Secret compared with `==`",
    "How long it takes tells how many characters were right.", "`hmac.compare_digest`.",
    example="import hmac\n\n\ndef check(key, body, signature):\n"
            '    return hmac.new(key, body, "sha256").hexdigest() == signature\n',
    better="import hmac\n\n\ndef check(key, body, signature):\n"
           '    return hmac.compare_digest(hmac.new(key, body, "sha256").hexdigest(), signature)\n',
)  # fmt: skip


def _target_words(module: Module, node: Node) -> frozenset[str]:
    """Return the words of what a value is for: the name it is given, and the function that makes it."""
    line = statement(module.text, module.span(node))
    target = line.split("=", 1)[0] if re.match(r"[\w.\s:\[\]'\"]+=[^=]", line) else ""
    function = module.function(node)
    key = node
    while (
        key.parent is not None and key.parent.type not in ("pair", "keyword_argument") and "statement" not in key.type
    ):
        key = key.parent
    label = key.parent.named_children[0] if key.parent is not None and "statement" not in key.type else None
    later = _uses(target, code(function)) if function is not None else ""
    name = code(function.child_by_field_name("name")) if function is not None else ""
    return words(target) | words(name) | words(code(label)) | words(later)


def _uses(target: str, body: str) -> str:
    """Return the names under which a function hands on what it keeps in a variable: cookies, keys, attributes."""
    name = target.strip()
    if not re.fullmatch(r"[a-z_]\w*", name):
        return ""
    handed = re.findall(rf"['\"](\w+)['\"]\s*\]?\s*[,:=]\s*{name}\b|(\w+)\s*=\s*{name}\b(?!\s*[.(\[])", body)
    return " ".join(part for pair in handed for part in pair)


_MAKES = frozenset("code generate make new create issue next value key id random".split())


def _of_a_maker(module: Module, node: Node) -> bool:
    """Whether a method such as `OtpSender.code` makes what its class is named for."""
    function = module.function(node)
    scope = module.scope(function) if function is not None else None
    if function is None or scope is None or scope.type != "class_definition":
        return False
    named = words(code(scope.child_by_field_name("name")))
    made = (named | {one.removesuffix("s") for one in named}) & (_SECRETS | {"session"})
    return bool(made) and bool(words(code(function.child_by_field_name("name"))) & _MAKES)


_CODES = re.compile(
    r"(?i)one[ _-]?time|\botp\b|\btotp\b|\b2fa\b|\bmfa\b|log[ _-]?in|sign[ _-]?in|verif|confirm|compare_digest|redeem"
    r"|reset|\bsms\b|pairing|activat|unlock|second (step|factor)"
)
_KEYS = re.compile(r"(?i)api[ _-]?key|access[ _-]?key|signing|encrypt|decrypt|authori[sz]|x-api-key|\bauth\b")
_BYTES = (".bytes", ".randbytes", ".getrandbits")


def _is_code_or_key(call: Call, about: frozenset[str]) -> bool:
    """Whether a `code` of random digits, or a `key` of random bytes, lets somebody in, by what is around."""
    if about & {"code", "codes"} and not about & {"status", "error", "colour", "color", "country", "zip", "exit"}:
        return _CODES.search(call.module.text) is not None
    if about & {"key", "keys"}:
        return call.name.endswith(_BYTES) or _KEYS.search(call.module.text) is not None
    return False


def _makes_a_secret(call: Call) -> Node | None:
    about = _target_words(call.module, call.node)
    key = "key" in about and bool(call.module.imported & _ENCRYPTS)
    certain = bool(about & _SECRETS) or key or _of_a_maker(call.module, call.node)
    if not certain and not _is_code_or_key(call, about):
        return None
    # Picking one of some existing things is not making a secret; drawing characters or numbers is.
    if call.name.endswith((".choice", ".choices", ".sample")):
        pool = call.get("seq", 0) or call.get("population", 0)
        source = call.module.origin(pool)
        drawn = words(code(pool)) | words(code(source))
        if not drawn & ALPHABET_WORDS and not isinstance(call.module.value(pool), str) and "range(" not in code(source):
            return None
    return call.callee


def _seeded(module: Module) -> Iterator[Hit]:
    """Find a seed of the clock or a constant, in a function that then draws a secret."""
    if "seed(" not in module.text:
        return
    for node in module.nodes("call"):
        if module.name(node.child_by_field_name("function")) not in ("random.seed", "numpy.random.seed"):
            continue
        function = module.function(node)
        named = function is not None and words(code(function.child_by_field_name("name"))) & _SECRETS
        if function is not None and named and _draws_after_seed(module, function):
            yield Hit(SEED, node)


def _draws_after_seed(module: Module, function: Node) -> bool:
    """Whether a function draws from what was seeded; the system's numbers know no seed."""
    called = [module.name(one.child_by_field_name("function")) for one in module.inside("call", function)]
    drawn = any(name in _DRAWS or name in _NUMERICAL for name in called)
    return drawn or not any(name.startswith(("secrets.", "random.SystemRandom", "os.urandom")) for name in called)


def _is_for_a_secret(call: Call) -> Node | None:
    return call.callee if _target_words(call.module, call.node) & (_SECRETS | {"session", "auth", "key"}) else None


_CLOCK = re.compile(r"\btime\(\)|time_ns\(\)|\.(utc)?now\(|\bperf_counter\(|\bgetpid\(")
_CHANCE = re.compile(r"(?i)urandom|secrets|uuid4|token_|random|key|salt|hmac|\+")


def _hashed_clock(call: Call) -> Node | None:
    """Find a secret that is the hash of the time, of which there are not many."""
    first = call.module.origin(call.get("data", 0))
    text = code(first)
    clock = _CLOCK.search(text) is not None and not _CHANCE.search(text)
    return call.callee if clock and _target_words(call.module, call.node) & _SECRETS else None


_MADE = ("hexdigest", "digest", "b64encode", "sign", "signature")


def _compared(module: Module) -> Iterator[Hit]:
    """Find `==` between what was just computed with a key and what came from outside."""
    if not module.imported & {"hmac", "hashlib", "secrets", "flask", "django", "fastapi", "starlette", "cryptography"}:
        return
    for node in module.nodes("comparison_operator"):
        sides = node.named_children
        signs = [child.type for child in node.children if not child.is_named]
        if len(sides) != 2 or signs[:1] not in (["=="], ["!="]):
            continue
        if any(side.type in ("string", "integer", "none", "true", "false", "float") for side in sides):
            continue
        if any(_is_mac(module, side) for side in sides) or _are_secrets(sides):
            yield Hit(TIMING, node)


def _is_mac(module: Module, node: Node) -> bool:
    source = module.origin(node)
    name = module.name(source)
    if name.startswith(("hmac.new()", "hmac.digest")):
        return True
    text = code(source)
    return "hmac.new(" in text and text.rstrip("()").rpartition(".")[2] in _MADE


def _are_secrets(sides: list[Node]) -> bool:
    """Whether both sides are named for the same kind of secret, and one says that it is what is expected."""
    one, other = (words(code(side)) for side in sides)
    shared = one & other & {"token", "secret", "signature", "apikey", "csrf", "hmac", "mac"}
    expected = (one | other) & {"expected", "stored", "provided", "given", "received", "request", "headers", "computed",
                                "supplied", "real", "correct", "valid", "actual"}  # fmt: skip
    plain = all(side.type in ("identifier", "attribute", "subscript", "call") for side in sides)
    return plain and bool(shared) and bool(expected) and not (one | other) & {"type", "kind", "len", "count", "id"}


AREA = Area(
    (WEAK_RANDOM, SEED, SHORT, OBSERVABLE, TIMING),
    (
        CallPattern(WEAK_RANDOM, _DRAWS | _NUMERICAL, _makes_a_secret, "`random` is made to be fast, and can be told"),
        CallPattern(
            SHORT,
            names("secrets: token_hex token_bytes token_urlsafe"),
            all_of(_is_for_a_secret, given("nbytes", below(8), 0)),
        ),
        CallPattern(OBSERVABLE, names("uuid.uuid1 uuid.uuid3 uuid.uuid5"), _is_for_a_secret),
        CallPattern(OBSERVABLE, names("hashlib: md5 sha1 sha224 sha256 sha384 sha512 sha3_256 blake2b"), _hashed_clock),
    ),
    finders=(_seeded, _compared),
)
