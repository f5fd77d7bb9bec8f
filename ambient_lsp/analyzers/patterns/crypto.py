"""Ciphers and keys: what is broken, too short, used twice, or written into the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.folding import UNKNOWN
from ambient_lsp.analyzers.patterns.match import (
    Area,
    Call,
    CallPattern,
    always,
    any_of,
    below,
    constant,
    equals,
    given,
    named,
    names,
    text,
    unless,
)
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.rule import weakness

if TYPE_CHECKING:
    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.match import Condition
    from ambient_lsp.analyzers.patterns.module import Module

_PYCRYPTO = ("Crypto", "Cryptodome")
_PRIMITIVES = "cryptography.hazmat.primitives"
_BLOCK = "AES DES DES3 Blowfish ARC2 CAST"


def _ciphers(kinds: str) -> frozenset[str]:
    return frozenset(f"{package}.Cipher.{kind}.new" for package in _PYCRYPTO for kind in kinds.split())


_OLD_CIPHERS = names(
    f"{_PRIMITIVES}.ciphers.algorithms: ARC4 Blowfish TripleDES CAST5 IDEA SEED",
    "cryptography.hazmat.decrepit.ciphers.algorithms: ARC4 Blowfish TripleDES CAST5 IDEA SEED RC2",
)
_ECB = frozenset(f"{package}.Cipher.{kind}.MODE_ECB" for package in _PYCRYPTO for kind in _BLOCK.split())
_CHAINED = frozenset(
    f"{package}.Cipher.{kind}.MODE_{mode}"
    for package in _PYCRYPTO for kind in _BLOCK.split() for mode in ("CBC", "CFB", "OFB", "OPENPGP")
)  # fmt: skip
_COUNTED = frozenset(
    f"{package}.Cipher.AES.MODE_{mode}" for package in _PYCRYPTO for mode in ("GCM", "CTR", "CCM", "EAX", "OCB", "SIV")
)

WEAK_CIPHER = weakness(
    "WEAK-CIPHER", "high", "327", "a02", "Weak cipher", "The cipher can be broken.", "", "S304",
    example="from Crypto.Cipher import DES\n\ncipher = DES.new(key, DES.MODE_CBC, iv)\n",
    better="from Crypto.Cipher import AES\n\ncipher = AES.new(key, AES.MODE_GCM)\n",
)  # fmt: skip
ECB = weakness(
    "CIPHER-MODE", "high", "327", "a02", "Cipher mode that shows patterns",
    "In ECB mode equal blocks of text are equal blocks of cipher.", "", "S305",
    example="from Crypto.Cipher import AES\n\ncipher = AES.new(key, AES.MODE_ECB)\n",
    better="from Crypto.Cipher import AES\n\ncipher = AES.new(key, AES.MODE_GCM)\n",
)  # fmt: skip
FIXED_IV = weakness(
    "STATIC-IV", "high", "329 1204", "a02", "Initial value that is always the same",
    "Texts that begin alike look alike, so a reader learns about them.", "",
    example='from Crypto.Cipher import AES\n\ncipher = AES.new(key, AES.MODE_CBC, b"\\0" * 16)\n',
    better="import os\n\nfrom Crypto.Cipher import AES\n\ncipher = AES.new(key, AES.MODE_CBC, os.urandom(16))\n",
)  # fmt: skip
NONCE = weakness(
    "NONCE-REUSE", "high", "323 1204", "a02", "Nonce used twice",
    "Two texts under one key and nonce give away both, and the key of the signature.", "",
    example='from Crypto.Cipher import AES\n\ncipher = AES.new(key, AES.MODE_GCM, nonce=b"123456789012")\n',
    better="from Crypto.Cipher import AES\n\ncipher = AES.new(key, AES.MODE_GCM)\n",
)  # fmt: skip
HARDCODED_KEY = weakness(
    "HARDCODED-KEY", "high", "321 798", "a02", "Key in the code",
    "Who can read the code, or its history, can read and forge everything.",
    "Read from the environment. Change the key too!",
    example='import jwt\n\ntoken = jwt.encode(claims, "kX9!vQ2pL0zT", algorithm="HS256")\n',
    better='import os\n\nimport jwt\n\ntoken = jwt.encode(claims, os.environ["JWT_KEY"], algorithm="HS256")\n',
)  # fmt: skip
WEAK_KEY = weakness(
    "WEAK-KEY", "high", "326", "a02", "Short key", "A key this short can be found.", "2048 bits for RSA and DSA.",
    "S505",
    example="from cryptography.hazmat.primitives.asymmetric import rsa\n\n"
            "key = rsa.generate_private_key(public_exponent=65537, key_size=1024)\n",
    better="from cryptography.hazmat.primitives.asymmetric import rsa\n\n"
           "key = rsa.generate_private_key(public_exponent=65537, key_size=2048)\n",
)  # fmt: skip
PADDING = weakness(
    "RSA-PADDING", "medium", "780 327", "a02", "RSA encryption with the old padding",
    "PKCS #1 v1.5 padding lets an attacker decrypt by asking many questions.", "",
    example="from Crypto.Cipher import PKCS1_v1_5\n\ncipher = PKCS1_v1_5.new(key)\n",
    better="from Crypto.Cipher import PKCS1_OAEP\n\ncipher = PKCS1_OAEP.new(key)\n",
)  # fmt: skip


def _with_mode(modes: frozenset[str], condition: Condition) -> Condition:
    """`condition`, where the call's mode is one of `modes`."""
    return lambda call: condition(call) if call.module.name(call.get("mode", 1)) in modes else None


def _fixed(module: Module, node: Node) -> bool:
    """Whether a value is made of constants only."""
    value = module.value(node)
    if isinstance(value, str | bytes):
        return bool(value)
    name = module.name(node)
    if name not in ("bytes()", "bytearray()", "bytes.fromhex()", "binascii.unhexlify()", "base64.b64decode()"):
        return False
    source = module.origin(node)
    first = Call(module, source, name).value("", 0) if source is not None else UNKNOWN
    return first is not UNKNOWN


def _key(module: Module, node: Node) -> bool:
    """Whether a key stands in the code, and is no stand-in for one."""
    origin = module.origin(node)
    encoded = origin is not None and origin.type == "call" and module.name(origin).endswith(".encode()")
    if encoded and origin is not None:
        function = origin.child_by_field_name("function")
        return function is not None and constant(module, function.child_by_field_name("object") or function)
    value = module.value(node)
    if isinstance(value, str) and (value.startswith(("-----BEGIN PUBLIC", "{", "<")) or len(value) < 2):
        return False
    return _fixed(module, node)


def _is_measured(call: Call) -> Node | None:
    """Whether only the length of what is made matters, as in `len(hmac.new(b"x", b"x", sha1).digest())`."""
    node = call.node
    while node.parent is not None and node.parent.type in ("attribute", "call", "argument_list"):
        node = node.parent
        if node.type == "call" and code(node.child_by_field_name("function")) == "len":
            return node
    return None


def _curve(call: Call) -> Node | None:
    curve = call.get("curve", 0)
    weak = ("SECP192R1", "SECT163K1", "SECT163R2")
    return curve if call.module.name(curve).removesuffix("()").rpartition(".")[2] in weak else None


_ASYMMETRIC = f"{_PRIMITIVES}.asymmetric"
_AEAD = f"{_PRIMITIVES}.ciphers.aead"
_CALLS = (
    CallPattern(WEAK_CIPHER, _ciphers("DES DES3 ARC4 ARC2 Blowfish CAST XOR") | _OLD_CIPHERS, always),
    CallPattern(WEAK_CIPHER, names("pyDes: des triple_des", "arc4.ARC4"), always),
    CallPattern(ECB, _ciphers(_BLOCK), given("mode", named(*_ECB), 1)),
    CallPattern(ECB, names(f"{_PRIMITIVES}.ciphers.modes.ECB pyaes.AESModeOfOperationECB"), always),
    CallPattern(ECB, _ciphers(_BLOCK), given("mode", equals(1), 1)),
    CallPattern(ECB, names("M2Crypto.EVP.Cipher"), given("alg", text(r"(?i)_ecb$"), 0)),
    CallPattern(WEAK_CIPHER, names("M2Crypto.EVP.Cipher"), given("alg", text(r"(?i)^(des|rc[24]|bf|cast|idea)"), 0)),
    CallPattern(WEAK_KEY, names("M2Crypto.RSA.gen_key M2Crypto.DSA.gen_params"), given("bits", below(2048), 0)),
    CallPattern(WEAK_KEY, names("OpenSSL.crypto.PKey().generate_key"), given("bits", below(2048), 1)),
    CallPattern(ECB, _ciphers("AES"), lambda call: call.callee if len(call.positional) == 1 and not call.keywords
                and not call.spread else None),
    CallPattern(FIXED_IV, _ciphers(_BLOCK), _with_mode(_CHAINED, any_of(given("iv", _fixed, 2), given("IV", _fixed)))),
    CallPattern(FIXED_IV, names(f"{_PRIMITIVES}.ciphers.modes: CBC CFB OFB CFB8"),
                given("initialization_vector", _fixed, 0)),
    CallPattern(NONCE, _ciphers("AES"), _with_mode(_COUNTED, given("nonce", _fixed, 2))),
    CallPattern(NONCE, _ciphers("ChaCha20 ChaCha20_Poly1305 Salsa20"), given("nonce", _fixed)),
    CallPattern(NONCE, names(f"{_PRIMITIVES}.ciphers.modes: GCM CTR"),
                any_of(given("initialization_vector", _fixed, 0), given("nonce", _fixed))),
    CallPattern(NONCE, names(f"{_PRIMITIVES}.ciphers.algorithms: ChaCha20"), given("nonce", _fixed, 1)),
    CallPattern(NONCE, names(f"{_AEAD}.AESGCM(): encrypt", f"{_AEAD}.ChaCha20Poly1305(): encrypt",
                             f"{_AEAD}.AESCCM(): encrypt"), given("nonce", _fixed, 0)),
    CallPattern(HARDCODED_KEY, names("jwt.encode jose.jwt.encode jwt.decode jose.jwt.decode"), given("key", _key, 1)),
    CallPattern(HARDCODED_KEY, names("cryptography.fernet.Fernet"), given("key", _key, 0)),
    CallPattern(HARDCODED_KEY, _ciphers(f"{_BLOCK} ARC4 ChaCha20 Salsa20"), given("key", _key, 0)),
    CallPattern(HARDCODED_KEY, names(f"{_PRIMITIVES}.ciphers.algorithms: AES ChaCha20 TripleDES Camellia",
                                     f"{_AEAD}: AESGCM ChaCha20Poly1305 AESCCM"), given("key", _key, 0)),
    CallPattern(HARDCODED_KEY, names("hmac.new hmac.digest"), unless(_is_measured, given("key", _key, 0))),
    CallPattern(HARDCODED_KEY, names("itsdangerous: URLSafeTimedSerializer URLSafeSerializer Serializer "
                                     "TimestampSigner Signer TimedJSONWebSignatureSerializer"),
                given("secret_key", _key, 0)),
    CallPattern(WEAK_KEY, names(f"{_ASYMMETRIC}.rsa: generate_private_key"), given("key_size", below(2048), 1)),
    CallPattern(WEAK_KEY, names(f"{_ASYMMETRIC}.dsa: generate_private_key generate_parameters",
                                f"{_ASYMMETRIC}.dh: generate_parameters"),
                any_of(given("key_size", below(2048)), given("key_size", below(2048), 0))),
    CallPattern(WEAK_KEY, names("Crypto.PublicKey.RSA.generate Crypto.PublicKey.DSA.generate "
                                "Cryptodome.PublicKey.RSA.generate Cryptodome.PublicKey.DSA.generate "
                                "paramiko.RSAKey.generate rsa.newkeys"),
                any_of(given("bits", below(2048), 0), given("nbits", below(2048)))),
    CallPattern(WEAK_KEY, names(f"{_ASYMMETRIC}.ec: generate_private_key"), _curve),
    CallPattern(PADDING, frozenset(f"{one}.Cipher.PKCS1_v1_5.new" for one in _PYCRYPTO), always),
    CallPattern(PADDING, names("*.encrypt *.decrypt"),
                given("padding", named(f"{_ASYMMETRIC}.padding.PKCS1v15"), 1)),
)  # fmt: skip
AREA = Area((WEAK_CIPHER, ECB, FIXED_IV, NONCE, HARDCODED_KEY, WEAK_KEY, PADDING), _CALLS)
