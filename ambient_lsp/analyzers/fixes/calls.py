"""Fixes that change one call: another function, another argument."""

from __future__ import annotations

import ast

import libcst as cst

from ambient_lsp.analyzers.fixes.pieces import code_of
from ambient_lsp.analyzers.fixes.scopes import only_assignment, within
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
from ambient_lsp.analyzers.vocabulary import HARMLESS_WORDS, PASSWORD_WORDS, SECRET_WORDS, words
from ambient_lsp.model import RiskLevel

_CRYPTOGRAPHY = ("cryptography.hazmat.primitives.hashes.MD5", "cryptography.hazmat.primitives.hashes.SHA1")
_AGREED = frozenset("sign signed signature signatures signing".split())
"""Words of a digest that two programs must make alike."""
_COMPUTING = frozenset(
    "calc calculate calculator compute computed condition equation evaluate expr expression expressions formula "
    "formulas function lambda math predicate rule rules".split()
)
"""Words of a place where `eval` is meant to compute something, so that reading literals would be another program."""
_DIGEST = "The digest changes, so digests stored before will not compare equal."
_DRAWN = "Draw the secret from the system's random numbers"
_SAME_VALUES = "The same values are possible; nobody can tell the next one."
_SEEDING = frozenset({"seed", "getstate", "setstate"})
_SECRETS = {"random.choice": "choice", "random.getrandbits": "randbits"}
_LOADERS = frozenset({"Loader", "UnsafeLoader", "FullLoader", "BaseLoader"})
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
    function = site.nearest(cst.FunctionDef)
    if (site.words | words(code_of(function) if function is not None else "")) & PASSWORD_WORDS:
        return None  # another fast hash is no better, and a slow one needs a salt, a column and a migration
    if not site.words & SECRET_WORDS:
        return None  # nothing says what it is for: a protocol, a column of a table, or a name that others know
    reason = _DIGEST
    if site.words & _AGREED:
        reason += " Whoever makes or checks it on the other side must change too."
    risk = RiskLevel.MEDIUM
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
    unused: tuple[tuple[str, str], ...] = ()
    if loader is not None:
        module, _, name = site.resolve(loader.value).rpartition(".")
        if module.partition(".")[0] != "yaml" or name.removeprefix("C") not in _LOADERS:
            return None  # a loader of the project's own, which may know more kinds of values
        unused = ((module, name),) if isinstance(loader.value, cst.Name) else ()
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
        (*((("yaml", old),) if plain else ()), *unused),
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
    if starred(site.call):
        return None
    if any(isinstance(node, cst.Call) and site.resolve(node.func) == "random.seed" for node in site.source.ranges):
        return None
    made = _generator(site)
    if made is not None:
        site = made
    module, _, function = site.name.rpartition(".")
    if module == "random" and function == "Random" and isinstance(site.call.func, cst.Attribute):
        new = site.call.with_changes(func=renamed(site.call.func, "SystemRandom"), args=[])
        clock = (("time", ""), ("time", "time"))
        return (
            Change(_DRAWN, _SAME_VALUES, RiskLevel.MEDIUM, {site.call: new}, (), clock) if _draws_only(site) else None
        )
    if module != "random":
        return None
    if not isinstance(site.call.func, cst.Attribute):
        return _imported_random(site, function)
    if site.name in _SECRETS:
        func: cst.BaseExpression = cst.Attribute(cst.Name("secrets"), cst.Name(_SECRETS[site.name]))
    elif function in _SYSTEM_RANDOM:
        func = cst.Attribute(cst.parse_expression("secrets.SystemRandom()"), cst.Name(function))
    else:
        return None
    return Change(
        _DRAWN,
        _SAME_VALUES,
        RiskLevel.MEDIUM,
        {site.call: site.call.with_changes(func=func)},
        (("secrets", ""),),
        (("random", ""),),
    )


def _generator(site: Site) -> Site | None:
    """Return where the generator of `generator.choice(...)` is made, if that is in the same function."""
    func = site.call.func
    if not isinstance(func, cst.Attribute) or not isinstance(func.value, cst.Name):
        return None
    assign = only_assignment(site.source, site.call, func.value.value)
    made = assign.value if assign is not None else None
    if not isinstance(made, cst.Call) or site.resolve(made.func) != "random.Random":
        return None
    return Site(site.source, made, site.words)


def _draws_only(site: Site) -> bool:
    """Whether the generator is made without a seed, or with the clock, and is never seeded or put back later."""
    seed = code_of(site.call.args[0].value) if site.call.args else "time.time()"
    words = {node.attr.value for node in site.source.ranges if isinstance(node, cst.Attribute)}
    return len(site.call.args) < 2 and seed in ("time.time()", "time.time_ns()", "time()") and not words & _SEEDING


def _imported_random(site: Site, function: str) -> Change | None:
    """`secrets.choice(...)` for `choice(...)` of `from random import choice`."""
    if not isinstance(site.call.func, cst.Name) or site.call.func.value != function:
        return None
    if site.name in _SECRETS:
        func = cst.parse_expression(f"secrets.{_SECRETS[site.name]}")
    elif function in _SYSTEM_RANDOM:
        func = cst.parse_expression(f"secrets.SystemRandom().{function}")
    else:
        return None
    nodes: dict[cst.CSTNode, cst.CSTNode] = {site.call: site.call.with_changes(func=func)}
    return Change(_DRAWN, _SAME_VALUES, RiskLevel.MEDIUM, nodes, (("secrets", ""),), (("random", function),))


def evaluate(site: Site) -> Change | None:
    """`ast.literal_eval`."""
    call = site.call
    if site.name != "eval" or len(call.args) != 1 or starred(call) or call.args[0].keyword is not None:
        return None
    value = call.args[0].value
    text = literal(value)
    if text is not None and not _is_literal(text):
        return None
    if text is None and (_is_computed(value) or site.words & _COMPUTING or _computes(site)):
        return None
    return Change(
        "Read the literal without running code",
        "The text is a literal." if text is not None else "Only literals are read from now on; expressions are errors.",
        RiskLevel.MEDIUM if text is not None else RiskLevel.HIGH,
        {call.func: cst.parse_expression("ast.literal_eval")},
        (("ast", ""),),
    )


def _is_computed(value: cst.BaseExpression) -> bool:
    """Whether the text is put together here, which makes it an expression rather than a value."""
    if isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute):
        return value.func.attr.value in ("format", "join", "replace", "substitute")
    return not isinstance(value, cst.Name | cst.Attribute | cst.Subscript | cst.Call)


def _computes(site: Site) -> bool:
    """Whether the function shows that it gets more than literals: it reads those already, or has a sum as a text."""
    for node in within(site.nearest(cst.FunctionDef) or site.source.module):
        if isinstance(node, cst.Call) and site.resolve(node.func) == "ast.literal_eval":
            return True
        text = literal(node)
        if text is not None and _is_computation(text):
            return True
    return False


def _is_computation(text: str) -> bool:
    try:
        parsed = ast.parse(text, mode="eval").body
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return isinstance(parsed, ast.BinOp | ast.Call | ast.Compare | ast.BoolOp | ast.IfExp) and not _is_literal(text)


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True
