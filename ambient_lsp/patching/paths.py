"""Which paths an edit may name: inside the repository, and none where secrets or machinery live.

A path is judged as the most forgiving file system would read it: git's own list of tricks with `.git` on HFS+
(ignorable code points) and NTFS (`git~1`, trailing dots and spaces, `name::$DATA`) is the model
(https://github.com/git/git/blob/master/t/t1014-read-tree-confusing.sh). Only the path relative to the root counts: a
repository that itself lies in `~/.ssh/stuff` can be worked on.
"""

from __future__ import annotations

import re
import unicodedata
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING

from ambient_lsp.errors import UnsafePath

if TYPE_CHECKING:
    from pathlib import Path

_FORBIDDEN = (
    *(".git", ".ambient", ".ssh", ".aws", ".azure", ".gnupg", ".kube", ".docker", ".swarmguard_secrets"),
    *(".netrc", "_netrc", ".npmrc", ".pypirc", ".pgpass", ".htpasswd", ".git-credentials"),
    *(".env*", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.ppk", "*.jks", "*.keystore", "*.kdbx"),
)
_FORBIDDEN_NAME = re.compile("|".join(map(translate, _FORBIDDEN)))
# The short names that Windows gives: the first six letters, or two letters and a hash.
_SHORT_NAME = re.compile(
    r"(git|gitcre|ambien|ssh|aws|azure|gnupg|kube|docker|netrc|npmrc|pypirc|env|gi[0-9a-f]{4})~\d+"
)
_DRIVE = re.compile(r"[A-Za-z]:")
_LONGEST_NAME = 255
_LONGEST_PATH = 4096


@lru_cache(maxsize=4096)  # asked about the same few paths again and again, at every step of an edit
def check(path: str) -> None:
    """Raise `UnsafePath` unless `path` is relative, stays below its root, and no part of it is forbidden."""
    if not path or path.startswith("/") or _DRIVE.match(path):
        raise _unsafe(path, "is not a path relative to the repository")
    if any(char < " " or char in "\\\x7f" for char in path):
        raise _unsafe(path, "holds a backslash or a control character")
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        raise _unsafe(path, "is not valid Unicode") from None
    if size > _LONGEST_PATH:
        raise _unsafe(path, "is too long")
    for part in path.split("/"):
        _check_part(path, part)


def resolve(root: Path, path: str) -> Path:
    """Return the real place of `path` below `root`, which need not exist.

    Raises `UnsafePath` as `check` does, and where a symlink leaves the root or leads to a forbidden place in it.
    """
    check(path)
    real_root = root.resolve()
    try:
        real = (real_root / path).resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symlinks, before Python 3.13
        raise _unsafe(path, "cannot be followed") from error
    if not real.is_relative_to(real_root) or real == real_root:
        raise _unsafe(path, "leaves the repository through a symlink")
    inner = real.relative_to(real_root).as_posix()
    if inner != path:
        check(inner)
    return real


def _check_part(path: str, part: str) -> None:
    name = _as_forgiving(part)
    if not name:
        raise _unsafe(path, "has an empty part, or one made of dots")
    if len(part.encode()) > _LONGEST_NAME:
        raise _unsafe(path, "is too long")
    if _SHORT_NAME.fullmatch(name) or _FORBIDDEN_NAME.match(name):
        raise _unsafe(path, f"names {part!r}, which no fix may touch")


def _as_forgiving(part: str) -> str:
    """Return the name that the most forgiving file system would find for `part`; nothing for `..` and its like."""
    visible = "".join(char for char in unicodedata.normalize("NFKC", part) if not _ignorable(char))
    return visible.casefold().split(":", 1)[0].rstrip(". ")


def _ignorable(char: str) -> bool:
    # Format characters, variation selectors, and the blank letters that Unicode calls default-ignorable.
    return (
        unicodedata.category(char) == "Cf"
        or "\ufe00" <= char <= "\ufe0f"
        or "\U000e0000" <= char <= "\U000e0fff"
        or char in "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
    )


def _unsafe(path: str, why: str) -> UnsafePath:
    return UnsafePath(
        f"The path {path[:200]!r} {why}.",
        untouched="Nothing was read or written.",
        next_step="A fix may only name ordinary files of this repository.",
        path=path,
    )
