"""Which words around a place in the code tell what it is for: a secret, a guard, or nothing that matters."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.base import enclosing_symbol, node_at
from ambient_lsp.text import Lines

if TYPE_CHECKING:
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


def around(text: str, span: Span) -> frozenset[str]:
    """Return the words of the statement at `span` and of the function that it is in."""
    return words(statement(text, span)) | words(enclosing_symbol(text, span))


def is_placeholder(value: str) -> bool:
    """Whether a string stands where a secret will be, or names something, and is no secret itself."""
    if len(value) < 6 or _PLACEHOLDER.search(value) is not None or re.fullmatch(r"[a-z]+([_.-][a-z]+)*", value):
        return True
    # A path has slashes too; but a long mixture of letters and digits without a dot is base64.
    return "/" in value and _KEY.fullmatch(value) is None
