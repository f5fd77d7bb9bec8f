"""Which key goes to which host: a key is bound to its host, whoever names another address.

Keys come from the environment or the keyring, never from a file of a repository. `MOONSHOT_API_KEY` goes to Moonshot's
own addresses and nowhere else, and so on; `AMBIENT_API_KEY` goes to the hosts that the user's own settings name.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ambient_lsp.errors import ModelRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.llm.dialects import Dialect

OWN_KEY = "AMBIENT_API_KEY"
KEYRING_SERVICE = "ambient"


@dataclass(frozen=True, slots=True)
class Key:
    """A key and where it is kept. The value never shows in a `repr`, so not in a log or a traceback either."""

    value: str = field(default="", repr=False)
    name: str = OWN_KEY


def is_local(base_url: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_address(base_url: str, *, allow_plain_http: bool) -> None:
    """Raise `ModelRefused` for an address that code and keys must not be sent to."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ModelRefused(
            "`kimi.base_url` is not an address.",
            untouched="Nothing was sent.",
            next_step="Write it as https://host/v1.",
        )
    if parts.username or parts.password:
        raise ModelRefused(
            f"The address of {parts.hostname} holds a password.",
            untouched="Nothing was sent.",
            next_step=f"Take it out, and put the key into {OWN_KEY}.",
        )
    if parts.scheme == "http" and not is_local(base_url) and not allow_plain_http:
        raise ModelRefused(
            f"{parts.hostname} would be sent your code without encryption.",
            untouched="Nothing was sent.",
            next_step="Use https, or set `kimi.allow_plain_http` in your own settings.",
        )


def key_for(base_url: str, dialect: Dialect, key_hosts: Sequence[str]) -> Key:
    """Return the key for a host. May wait for the keyring, so not to be called on an event loop's thread."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if host in dialect.names:
        if value := os.environ.get(dialect.key, "").strip():
            return Key(value, dialect.key)
    elif (host in key_hosts or parts.netloc in key_hosts) and (value := os.environ.get(OWN_KEY, "").strip()):
        return Key(value)
    name = dialect.key if host in dialect.names else OWN_KEY
    if not is_local(base_url) and (value := _from_keyring(host)):
        return Key(value, f"the keyring ({KEYRING_SERVICE}, {host})")
    return Key("", name)


def _from_keyring(host: str) -> str:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return ""
    try:
        return (keyring.get_password(KEYRING_SERVICE, host) or "").strip()
    except Exception:  # a backend may fail in any way (no session bus, locked, ...); then there is no key in it
        return ""
