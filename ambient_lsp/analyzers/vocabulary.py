"""Which words around a place in the code tell what it is for: a secret, a guard, or nothing that matters."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import enclosing_symbol, node_at
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from tree_sitter import Node

    from ambient_lsp.model import Span

PASSWORD_WORDS = frozenset({"password", "passwd", "pwd", "passphrase", "passwords"})
SECRET_WORDS = PASSWORD_WORDS | frozenset(
    "secret secrets token tokens signature sign signed hmac auth otp salt credential credentials csrf nonce apikey "
    "session authenticate authentication mac".split()
)
MADE_SECRETS = PASSWORD_WORDS | frozenset("secret token otp nonce salt csrf apikey".split())
HARMLESS_WORDS = frozenset(
    "cache cached etag checksum checksums fingerprint dedup dedupe bucket shard file files filename path content key "
    "gravatar avatar color colour memo digest chunk block blob version uuid slug url".split()
)
GUARD_WORDS = frozenset("admin superuser permission permissions allowed authorized authenticated owner".split())
_ASKING_WORDS = "exec|query|queries|fetch|select|sql|raw|run|scalar|cursor|read"
_ASKING = re.compile(rf"(?i){_ASKING_WORDS}")
_MOST_CHARACTERS = 50_000
ALPHABET_WORDS = frozenset("ascii letters digits alphabet chars charset characters hexdigits".split())
_PLACEHOLDER = re.compile(
    r"(?i)^(\W*|x+|\*+|changeme|change[-_ ]me|none|null|todo|dummy|example|test|secret|token|password|default)$"
    r"|^[<{$%]|your[-_ ]|example|placeholder|^(https?|file)://|\\|\s"
)
_KEY = re.compile(r"(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9+/=_-]{24,}")


@lru_cache(maxsize=4096)
def words(code: str) -> frozenset[str]:
    """Return the words of the names in `code`, in lower case: `api_key` gives api, key and apikey."""
    found: set[str] = set()
    for name in re.findall(r"[A-Za-z_]\w*", code):
        parts = [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
        found.update(parts)
        found.update(first + second for first, second in pairwise(parts))
    return frozenset(found)


def statement(text: str, span: Span) -> str:
    """Return the code of the innermost statement around the start of `span`."""
    lines = Lines(text)
    node = node_at(text, span)
    while node is not None and not node.type.endswith("_statement"):
        node = node.parent
    if node is None or node.text is None:
        return lines.line(span.start_line)
    return node.text.decode("utf-8", "replace")


def is_asked(text: str, span: Span) -> bool:
    """Whether a query's text seems to go to a database: into a call that asks, by itself or by its variable's name.

    What is returned counts as asked: somebody else will. What is only compared, or kept in an object, does not.
    """
    node = node_at(text, span)
    while node is not None and not node.type.endswith(("_statement", "block")):
        if node.type == "comparison_operator":
            return False
        if node.type == "call" and _ASKING.search(_last_name(node)):
            return True
        if node.type == "assignment":
            return _is_asked_by_name(node)
        node = node.parent
    return node is not None and node.type == "return_statement"


def _last_name(call: Node) -> str:
    function = call.child_by_field_name("function")
    return "" if function is None or function.text is None else function.text.decode().rpartition(".")[2]


def _is_asked_by_name(assignment: Node) -> bool:
    left = assignment.child_by_field_name("left")
    name = "" if left is None or left.text is None else left.text.decode()
    if not name.isidentifier():
        return False
    scope: Node | None = assignment
    while scope is not None and scope.type not in ("function_definition", "module"):
        scope = scope.parent
    body = "" if scope is None or scope.text is None else scope.text[:_MOST_CHARACTERS].decode("utf-8", "replace")
    asked = rf"(?i)\w*({_ASKING_WORDS})\w*\((?:[^()]|\([^()]*\)){{0,400}}?\b{name}\b"
    return re.search(rf"\breturn\b.*\b{name}\b", body) is not None or re.search(asked, body) is not None


def around(text: str, span: Span) -> frozenset[str]:
    """Return the words of the statement at `span` and of the function that it is in."""
    return words(statement(text, span)) | words(enclosing_symbol(text, span))


def is_placeholder(value: str) -> bool:
    """Whether a string stands where a secret will be, or names something, and is no secret itself."""
    if len(value) < 6 or _PLACEHOLDER.search(value) is not None or re.fullmatch(r"[a-z]+([_.-][a-z]+)*", value):
        return True
    # A path has slashes too; but a long mixture of letters and digits without a dot is base64.
    return "/" in value and _KEY.fullmatch(value) is None
