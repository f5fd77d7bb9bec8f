"""Secrets that are staged in temporary files, for another program to read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.match import Area, CallPattern, names
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.rule import weakness

if TYPE_CHECKING:
    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.match import Call

TEMP_READABLE = weakness(
    "TEMP-READABLE", "medium", "378 732", "a01", "Secret in a temporary file that all can read",
    "`tempfile` makes files for their maker alone; after this, everybody on the machine can read the secret.", "",
    example="import os\nimport tempfile\n\n\ndef stage(private_key):\n    fd, path = tempfile.mkstemp()\n"
            "    os.write(fd, private_key)\n    os.chmod(path, 0o644)\n    return path\n",
    better="import os\nimport tempfile\n\n\ndef stage(private_key):\n    fd, path = tempfile.mkstemp()\n"
           "    os.write(fd, private_key)\n    return path\n",
)  # fmt: skip
_OF_SECRETS = re.compile(r"(?i)secret|credential|private|passw(or)?d|kubeconfig|netrc|pgpass|\.(key|pfx|p12)\b|id_rsa")
_OF_KEYS = re.compile(r"\.pem\b")
_PUBLIC = re.compile(
    r"(?i)\b(ca|cert|certificate|bundle|chain|public)s?(\b|_)|_(ca|cert|certificate|bundle|chain|public)s?\b"
)
_PUBLISHED = re.compile(r"\b(replace|rename|move)\(")


def _shown_to_all(call: Call) -> Node | None:
    """Find `chmod(path, 0o644)` of a temporary file that holds a secret, and was for its maker alone."""
    path, mode = code(call.get("path", 0)), call.value("mode", 1)
    body = code(call.module.function(call.node))
    if not isinstance(mode, int) or isinstance(mode, bool) or not mode & 0o044 or mode & 0o002 or not path:
        return None
    name = re.escape(path.removesuffix(".name").removesuffix(".fileno()"))
    made = re.search(rf"\b{name}\)?\s*=\s*[\w.]*mkstemp\(|NamedTemporaryFile\([^\n]*\)\s+as\s+{name}:|"
                     rf"\b{name}\s*(,\s*\w+\s*)?=\s*[\w.]*(NamedTemporaryFile|mkstemp)\(", body)  # fmt: skip
    if made is None or _PUBLISHED.search(body) is not None:
        return None
    secret = _OF_SECRETS.search(body) or (_OF_KEYS.search(body) and not _PUBLIC.search(body))
    return call.get("mode", 1) if secret else None


AREA = Area((TEMP_READABLE,), (CallPattern(TEMP_READABLE, names("os.chmod os.fchmod"), _shown_to_all),))
