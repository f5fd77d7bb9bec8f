"""Fixes that change one call: another function, another argument."""

from __future__ import annotations

import ast
import re

import libcst as cst
from libcst import matchers as m

from ambient_lsp.analyzers.fixes.site import (
    Change,
    Site,
    dotted,
    keyword,
    literal,
    renamed,
    starred,
    with_keyword,
    without_argument,
)
from ambient_lsp.analyzers.vocabulary import HARMLESS_WORDS, PASSWORD_WORDS, SECRET_WORDS
from ambient_lsp.model import RiskLevel

_CRYPTOGRAPHY = ("cryptography.hazmat.primitives.hashes.MD5", "cryptography.hazmat.primitives.hashes.SHA1")
_DIGEST = "The digest changes, so digests stored before will not compare equal."
_SECRETS = {"random.choice": "choice", "random.getrandbits": "randbits"}
_SYSTEM_RANDOM = frozenset({"randint", "randrange", "choices", "sample", "random", "randbytes"})


def weak_hash(site: Site) -> Change | None:
    """SHA-256, but where the words around say that the hash only names something; then the call says so too."""
    if starred(site.call) or keyword(site.call, "usedforsecurity") is not None:
        return None
    if site.name.startswith(_CRYPTOGRAPHY) and isinstance(site.call.func, cst.Attribute) and not site.call.args:
        new = site.call.with_changes(func=renamed(site.call.func, "SHA256"))
        return Change("Use SHA-256 in place of a weak hash", _DIGEST, RiskLevel.HIGH, {site.call: new})
    if site.name not in ("hashlib.md5", "hashlib.sha1", "hashlib.new"):
        return None
    first = site.call.args[0] if site.call.args else None
    literal_name = first is not None and first.keyword is None and isinstance(first.value, cst.SimpleString)
    if site.name == "hashlib.new" and not literal_name:
        return None
    if not site.words & SECRET_WORDS and site.words & HARMLESS_WORDS:
        return Change(
            "Say that this hash is not for security",
            "The digest stays the same; the call now says that it only names something, and works in FIPS mode too.",
            RiskLevel.LOW,
            {site.call: with_keyword(site.call, "usedforsecurity", "False")},
        )
    password = bool(site.words & PASSWORD_WORDS)
    reason = _DIGEST
    if password:
        reason += " For stored passwords a slow hash (`hashlib.scrypt`) is better still; that needs a migration."
    elif not site.words & SECRET_WORDS:
        reason += (
            " Nothing here says what the hash is for; if it only names something, `usedforsecurity=False` says so."
        )
    risk = RiskLevel.MEDIUM if site.words & SECRET_WORDS and not password else RiskLevel.HIGH
    title = "Use SHA-256 in place of a weak hash"
    if site.name == "hashlib.new" and first is not None and isinstance(first.value, cst.SimpleString):
        quote = first.value.quote
        return Change(title, reason, risk, {first.value: cst.SimpleString(f"{quote}sha256{quote}")})
    func = site.call.func
    if isinstance(func, cst.Name):
        if func.value not in ("md5", "sha1"):
            return None
        imports = ((("hashlib", "sha256"),), (("hashlib", func.value),))
        return Change(title, reason, risk, {func: cst.Name("sha256")}, *imports)
    return Change(title, reason, risk, {func: renamed(func, "sha256")})


def yaml_load(site: Site) -> Change | None:
    """`yaml.safe_load`."""
    old = site.name.partition("yaml.")[2]
    if not site.name.startswith("yaml.") or starred(site.call):
        return None
    new = "safe_load_all" if old.endswith("_all") else "safe_load"
    call = site.call
    loader = keyword(call, "Loader") or (call.args[1] if len(call.args) > 1 and call.args[1].keyword is None else None)
    if loader is not None:
        if not dotted(loader.value):
            return None
        call = without_argument(call, loader)
    plain = isinstance(call.func, cst.Name)
    if plain and dotted(call.func) != old:
        return None
    return Change(
        f"Load YAML with `{new}`",
        "It reads plain data only; a document with Python tags is refused.",
        RiskLevel.MEDIUM,
        {site.call: call.with_changes(func=renamed(call.func, new))},
        (("yaml", new),) if plain else (),
        (("yaml", dotted(site.call.func)),) if plain else (),
    )


def tls_context(site: Site) -> Change | None:
    """`ssl.create_default_context`."""
    if site.name != "ssl._create_unverified_context" or not isinstance(site.call.func, cst.Attribute) or site.call.args:
        return None
    return Change(
        "Make a TLS context that checks certificates",
        "A server with a certificate of its own making will be refused. Checks have no network, so a person decides.",
        RiskLevel.HIGH,
        {site.call: site.call.with_changes(func=renamed(site.call.func, "create_default_context"))},
    )


def weak_random(site: Site) -> Change | None:
    """The `secrets` module."""
    if starred(site.call) or not isinstance(site.call.func, cst.Attribute):
        return None
    if any(isinstance(node, cst.Call) and site.resolve(node.func) == "random.seed" for node in site.source.ranges):
        return None
    module, _, function = site.name.rpartition(".")
    if module != "random":
        return None
    if site.name in _SECRETS:
        func: cst.BaseExpression = cst.Attribute(cst.Name("secrets"), cst.Name(_SECRETS[site.name]))
    elif function in _SYSTEM_RANDOM:
        func = cst.Attribute(cst.parse_expression("secrets.SystemRandom()"), cst.Name(function))
    else:
        return None
    return Change(
        "Draw the secret from the system's random numbers",
        "The same values are possible; nobody can tell the next one.",
        RiskLevel.MEDIUM,
        {site.call: site.call.with_changes(func=func)},
        (("secrets", ""),),
        (("random", ""),),
    )


def mktemp(site: Site) -> Change | None:
    """`tempfile.mkstemp`, where the name is simply kept in a variable."""
    if site.name != "tempfile.mktemp" or not isinstance(site.call.func, cst.Attribute):
        return None
    assign = site.source.parents.get(site.call)
    line = site.nearest(cst.SimpleStatementLine)
    if not isinstance(assign, cst.Assign) or not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    if len(assign.targets) != 1 or not isinstance(assign.targets[0].target, cst.Name):
        return None
    name = assign.targets[0].target.value
    descriptor = f"{name}_fd"
    if any(isinstance(node, cst.Name) and node.value == descriptor for node in site.source.ranges):
        return None
    pair = cst.Tuple(
        [
            cst.Element(cst.Name(descriptor), cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))),
            cst.Element(cst.Name(name)),
        ],
        lpar=[],
        rpar=[],
    )
    call = site.call.with_changes(func=renamed(site.call.func, "mkstemp"))
    first = line.with_changes(body=[assign.with_changes(targets=[cst.AssignTarget(pair)], value=call)])
    second = cst.parse_statement(f"os.close({descriptor})\n")
    return Change(
        "Make the temporary file together with its name",
        "The file exists, empty, from now on, and only its owner can read it.",
        RiskLevel.MEDIUM,
        {line: cst.FlattenSentinel([first, second])},
        (("os", ""),),
    )


def evaluate(site: Site) -> Change | None:
    """`ast.literal_eval`."""
    call = site.call
    if site.name != "eval" or len(call.args) != 1 or starred(call) or call.args[0].keyword is not None:
        return None
    text = literal(call.args[0].value)
    if (text is not None and not _is_literal(text)) or (text is None and _builds_code(call.args[0].value)):
        return None
    return Change(
        "Read the literal without running code",
        "The text is a literal." if text is not None else "Only literals are read from now on; expressions are errors.",
        RiskLevel.MEDIUM if text is not None else RiskLevel.HIGH,
        {call.func: cst.parse_expression("ast.literal_eval")},
        (("ast", ""),),
    )


def _builds_code(value: cst.BaseExpression) -> bool:
    """Return whether the text is put together of parts that no literal has: `"f({})".format(x)` is a call."""
    parts = m.findall(value, m.SimpleString() | m.FormattedStringText())
    written = [part.raw_value if isinstance(part, cst.SimpleString) else getattr(part, "value", "") for part in parts]
    return any(re.search(r"[^\W\d]|[-+*/<>=]", part) for part in written)


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True
