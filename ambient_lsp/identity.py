"""What a finding is called: an exact id, and a fingerprint that survives edits nearby.

The id tells two findings apart; the fingerprint recognises one again. Neither holds a line number or an absolute path,
so both are the same in a worktree, after an insertion above, and on another machine. A fuzzy fingerprint cannot serve
as an identity (two alike findings in one file share it), which is why there are two.
"""

from __future__ import annotations

import hashlib
import keyword
import re

_TOKEN = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|[A-Za-z_]\w*|\d[\w.]*|\S")


def finding_id(rule: str, path: str, code: str, occurrence: int) -> str:
    """Return the exact id of the `occurrence`-th finding of `rule` on this code in this file (counted from 0)."""
    return _digest(rule, path, " ".join(code.split()), str(occurrence))


def fingerprint(rule: str, path: str, code: str, symbol: str = "") -> str:
    """Return the structural fingerprint: `rule` on the shape of `code` in `symbol` ("Class.method") of `path`.

    The shape keeps keywords, operators and called names, and forgets spacing, literals and other names.
    """
    return _digest(rule, path, symbol, shape(code))


def shape(code: str) -> str:
    """Return the tokens of `code` with names as `n` (unless called or a keyword) and literals as `0`."""
    tokens = _TOKEN.findall(code)
    following = [*tokens, ""][1:]
    return " ".join(_normal(token, after) for token, after in zip(tokens, following, strict=True))


def _normal(token: str, after: str) -> str:
    if token[0] in "\"'" or token[0].isdigit():
        return "0"
    if keyword.iskeyword(token) or after == "(" or not (token[0].isalpha() or token[0] == "_"):
        return token
    return "n"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
