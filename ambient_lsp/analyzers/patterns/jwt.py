"""JSON Web Tokens: signatures that are not checked, and claims that are passed over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.patterns.helpers import returned
from ambient_lsp.analyzers.patterns.match import (
    FALSE,
    Area,
    Call,
    CallPattern,
    Hit,
    Setting,
    always,
    any_of,
    either,
    equals,
    given,
    missing,
    names,
)
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.rule import weakness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

_DECODE = names("jwt: decode decode_complete", "jwt.api_jwt: decode", "jwt.PyJWT(): decode", "jose.jwt: decode",
                "jwt.PyJWT: decode")  # fmt: skip
_ENCODE = names("jwt.encode jose.jwt.encode jwt.PyJWT().encode")

VERIFY = weakness(
    "JWT-VERIFY", "high", "347", "a02", "JWT whose signature is not checked", "Anybody can write any claim into it.",
    "The switch that turns the check off is removed, where the key and algorithms are given.",
    example='import jwt\n\n'
            'claims = jwt.decode(token, key, algorithms=["HS256"], options={"verify_signature": False})\n',
    better='import jwt\n\nclaims = jwt.decode(token, key, algorithms=["HS256"])\n',
)  # fmt: skip
NONE_ALGORITHM = weakness(
    "JWT-NONE", "high", "327 347", "a02", "JWT without a signature",
    "The algorithm `none` lets anybody make a token that is taken for right.", "`none` is taken out of the list.",
    example='import jwt\n\nclaims = jwt.decode(token, key, algorithms=["HS256", "none"])\n',
    better='import jwt\n\nclaims = jwt.decode(token, key, algorithms=["HS256"])\n',
)  # fmt: skip
CONFUSION = weakness(
    "JWT-CONFUSION", "medium", "345 347", "a02", "JWT accepted under both a secret and a public key",
    "A token that is signed with the public key as the secret passes the check.", "",
    example='import jwt\n\nclaims = jwt.decode(token, key, algorithms=["HS256", "RS256"])\n',
    better='import jwt\n\nclaims = jwt.decode(token, key, algorithms=["RS256"])\n',
)  # fmt: skip
EXPIRED = weakness(
    "JWT-EXPIRED", "medium", "613", "a07", "JWT that never expires", "A token that was stolen works for ever.", "",
    example='import jwt\n\nclaims = jwt.decode(token, key, algorithms=["HS256"], options={"verify_exp": False})\n',
    better='import jwt\n\nclaims = jwt.decode(token, key, algorithms=["HS256"])\n',
)  # fmt: skip


def _option(name: str) -> Any:
    def condition(call: Call) -> Node | None:
        options = call.get("options", 3)
        value = call.module.value(options)
        return options if isinstance(value, dict) and value.get(name) is False else None

    return condition


def _unchecked(call: Call) -> Node | None:
    """Find a token that is read without a look at its signature, and not decoded with one right behind."""
    option: Node | None = _option("verify_signature")(call)
    block = call.node.parent
    while block is not None and block.type not in ("block", "return_statement"):
        block = block.parent
    if option is None or block is None or block.type == "return_statement":
        return option
    token = code(call.get("jwt", 0) or call.get("token"))
    for node in call.module.inside("call", block):
        other = Call(call.module, node, call.module.name(node.child_by_field_name("function")))
        again = other.name in _DECODE and code(other.get("jwt", 0) or other.get("token")) == token
        if again and node.start_byte > call.node.start_byte and _option("verify_signature")(other) is None:
            return None  # the tenant, or the key, that it names is needed before
    return option


def _only_option(call: Call) -> Node | None:
    """Find `verify_exp: False` where the signature is checked; without a signature there is a worse rule."""
    return _option("verify_exp")(call) if _option("verify_signature")(call) is None else None


def _algorithms(call: Call) -> list[str]:
    value = call.value("algorithms", 2)
    value = [value] if isinstance(value, str) else value
    return [str(one) for one in value] if isinstance(value, list | tuple) else []


def _accepts_none(call: Call) -> Node | None:
    return call.get("algorithms", 2) if any(one.lower() == "none" for one in _algorithms(call)) else None


def _confused(call: Call) -> Node | None:
    """Find algorithms of both kinds, or those that the token itself asks for; unchecked, it has a worse rule."""
    if _option("verify_signature")(call) is not None:
        return None
    node = call.get("algorithms", 2)
    listed = call.module.origin(node)
    listed = call.module.origin(returned(call.module, listed) or listed)
    for one in map(call.module.origin, listed.named_children if listed is not None else ()):
        if one is None:
            continue
        source = one.child_by_field_name("value") or one.child_by_field_name("function")
        source = source.child_by_field_name("object") if source is not None and source.type == "attribute" else source
        if call.module.name(source).endswith("get_unverified_header()"):
            return node
    kinds = {one[:2].upper() for one in _algorithms(call)}
    return call.get("algorithms", 2) if "HS" in kinds and kinds & {"RS", "ES", "PS"} else None


def _class_option(call: Call) -> Node | None:
    options = call.get("options", 0)
    value = call.module.value(options)
    return options if isinstance(value, dict) and value.get("verify_signature") is False else None


def _has_none(module: Module, node: Node) -> bool:
    value = module.value(node)
    return isinstance(value, list | tuple) and any(isinstance(one, str) and one.lower() == "none" for one in value)


def _none_in_settings(module: Module, node: Node) -> bool:
    value = module.value(node)
    return isinstance(value, dict) and str(value.get("ALGORITHM")).lower() == "none" and "ALGORITHM" in value


_TAKEN_APART = re.compile(r"""\.(split|rsplit|partition)\(\s*b?['"]\.['"]""")
_CHECKED = re.compile(r"(?i)verif|hmac|compare_digest|signature|\.decode\([^)]*key|jwks|public_key")


def _by_hand(module: Module) -> Iterator[Hit]:
    """Find a token that is taken apart and read, and never checked."""
    if "base64" not in module.imported or "json" not in module.imported:
        return
    for node in module.nodes("call"):
        if module.name(node.child_by_field_name("function")) != "json.loads":
            continue
        function = module.function(node)
        text = code(function)
        reads = _TAKEN_APART.search(text) is not None and "b64decode(" in text
        if reads and re.search(r"(?i)token|jwt|bearer", text) and not _CHECKED.search(text):
            yield Hit(VERIFY, node, "the claims are read without a look at the signature")


AREA = Area(
    (VERIFY, NONE_ALGORITHM, CONFUSION, EXPIRED),
    (
        CallPattern(VERIFY, _DECODE, any_of(_unchecked, given("verify", FALSE))),
        CallPattern(VERIFY, names("jose.jwt: get_unverified_claims"), always, "the claims are not verified"),
        CallPattern(VERIFY, names("jwt.process_jwt python_jwt.process_jwt"), always),
        CallPattern(VERIFY, names("jose.jws.verify jose.jwt.decode"), given("verify", FALSE)),
        CallPattern(VERIFY, names("jwt.PyJWT jwt.api_jwt.PyJWT jwt.PyJWS"), _class_option),
        CallPattern(VERIFY, names("jwcrypto.jwt.JWT().deserialize"), missing("key", 1)),
        CallPattern(
            NONE_ALGORITHM,
            names(
                "authlib.jose: JsonWebToken JsonWebSignature", "joserfc.jwt: JWTRegistry", "joserfc.jws: JWSRegistry"
            ),
            given("algorithms", _has_none, 0),
        ),
        CallPattern(
            NONE_ALGORITHM,
            names("joserfc.jwt: decode encode", "joserfc.jws: deserialize_compact"),
            given("algorithms", _has_none),
        ),
        CallPattern(NONE_ALGORITHM, _DECODE, _accepts_none),
        CallPattern(NONE_ALGORITHM, _ENCODE, given("algorithm", equals("none", "None", "NONE", None), 2)),
        CallPattern(CONFUSION, _DECODE, _confused),
        CallPattern(EXPIRED, _DECODE, _only_option),
    ),
    (
        Setting(NONE_ALGORITHM, names("JWT_ALGORITHM JWT_DECODE_ALGORITHMS"), either(equals("none"), _has_none)),
        Setting(NONE_ALGORITHM, names("SIMPLE_JWT JWT_AUTH"), _none_in_settings),
        Setting(VERIFY, names("JWT_VERIFY JWT_VERIFY_SIGNATURE"), FALSE),
    ),
    finders=(_by_hand,),
)
