"""Names of files that hold secrets: they are never put into a tree or a checkout unless the repository tracks them."""

from __future__ import annotations

import fnmatch

_NAMES = (".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*")
_MORE_NAMES = (".netrc", ".pgpass", ".pypirc", ".npmrc", ".git-credentials", "credentials.json", "*.kdbx")
_FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker"})
_HARMLESS = (".env.example", ".env.sample", ".env.template", ".env.dist")


def is_secret(path: str) -> bool:
    """Tell by its name alone whether a file (path with forward slashes) holds secrets; case does not matter."""
    *folders, name = path.lower().split("/")
    if any(folder in _FOLDERS for folder in folders):
        return True
    if name in _HARMLESS:
        return False
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in (*_NAMES, *_MORE_NAMES))
