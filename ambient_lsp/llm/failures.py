"""A host's refusals in plain words: which error, whether asking again can help, and what to do next."""

from __future__ import annotations

import json
import re
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ambient_lsp.errors import (
    ModelError,
    ModelOverloaded,
    ModelRefused,
    ModelUnavailable,
    QuotaExhausted,
    ReplyBroken,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

UNTOUCHED = "No file was changed."
_QUOTA = re.compile(r"quota|billing|balance|credit|payment|insufficient|usage limit", re.IGNORECASE)
_OVERLOADED = re.compile(r"overload|busy|capacity", re.IGNORECASE)
_TOO_LONG = re.compile(r"context.{0,20}(length|window|size)|too (long|many tokens)|maximum.{0,20}tokens", re.IGNORECASE)
_NO_MODEL = re.compile(r"model|resource_not_found", re.IGNORECASE)
# Hosts repeat the key they refuse, sometimes whole.
_KEY = re.compile(r"\b(sk|pk|key|Bearer)([-_ ])[\w*.\-]{6,}", re.IGNORECASE)


def refused(host: str, status: int, body: bytes, headers: Mapping[str, str], *, key: str, name: str) -> ModelError:
    """Return the error for an answer that is not 200. `key` is what was sent, `name` where it is kept."""
    kind, message = _read(body)
    said = _clean(message, key)
    quoted = f' It says: "{said}"' if said else ""
    if status in (401, 403):
        what = f"refuses the key in {name}" if key else "wants a key"
        step = f"Check {name}." if key else f"Set {name} in the environment, or keep it in the keyring."
        if not key and name == "AMBIENT_API_KEY":
            step += " It goes only to hosts that your own settings name (`kimi.base_url`, `kimi.key_hosts`)."
        if "moonshot" in host:
            step += " Keys of platform.kimi.ai and platform.kimi.com are not the same."
        return ModelRefused(f"{host} {what} ({status}).{quoted}", untouched=UNTOUCHED, next_step=step, status=status)
    if status == 402 or (status == 429 and (_QUOTA.search(kind) or (not kind and _QUOTA.search(message)))):
        return QuotaExhausted(
            f"The account at {host} has nothing left to spend ({status}).{quoted}",
            untouched=UNTOUCHED,
            next_step="Top it up, or name another host in `kimi.fallbacks`.",
            status=status,
        )
    if status in (408, 409, 425, 429) or status >= 500:
        busy = status != 429 or bool(_OVERLOADED.search(kind + message))
        return ModelOverloaded(
            f"{host} {'cannot answer now' if busy else 'wants fewer requests'} ({status}).{quoted}",
            untouched=UNTOUCHED,
            next_step="Wait a little and ask again." if busy else "Lower `kimi.max_concurrency`, or wait a little.",
            status=status,
            retry_after=wait_asked_for(headers),
            rate=not busy,
        )
    if status == 404 and _NO_MODEL.search(kind + message):
        return ModelUnavailable(
            f"{host} does not have the model that was asked for.{quoted}",
            untouched=UNTOUCHED,
            next_step="Set `kimi.model_id` to one that `ambient doctor` lists.",
            status=status,
            model=True,
        )
    return _request_refused(host, status, message, quoted)


def _request_refused(host: str, status: int, message: str, quoted: str) -> ModelRefused:
    what, step = "refuses the request", "Please report this if your settings are the usual ones."
    if 300 <= status < 400:
        what, step = "sends to another address", "Set `kimi.base_url` to the address that answers itself."
    elif status == 404:
        what, step = "has no such page", "Check `kimi.base_url` and `kimi.provider`; most addresses end in /v1."
    elif status == 413 or _TOO_LONG.search(message):
        what, step = "says that the question is too long", "Ask about fewer or smaller files."
    elif "content_filter" in message or "filter" in message:
        what, step = "does not want to answer this question", "Leave out the file that its filter stumbles over."
    return ModelRefused(
        f"{host} {what} ({status}).{quoted}", untouched=UNTOUCHED, next_step=step, status=status, said=message[:2000]
    )


def from_stream(host: str, error: Any) -> ModelError:
    """Return the error that a host put into the middle of a stream, after it had answered 200."""
    kind, message = _fields(error)
    if _QUOTA.search(kind):
        return QuotaExhausted(f"The account at {host} ran out while it answered.", untouched=UNTOUCHED)
    said = _clean(message, "")
    if _OVERLOADED.search(kind + message) or "rate" in kind:
        return ModelOverloaded(
            f'{host} was too busy to go on. It says: "{said}"', untouched=UNTOUCHED, retry_after=None, rate=False
        )
    return ReplyBroken(f'{host} stopped in the middle of its answer. It says: "{said}"', untouched=UNTOUCHED)


def unreachable(host: str, reason: str, *, local: bool) -> ModelUnavailable:
    """Return the error for an address where nothing answers."""
    step = "Start it (`ollama serve`), or set `kimi.base_url`." if local else "Check the network and `kimi.base_url`."
    return ModelUnavailable(f"Nothing answers at {host}: {reason}.", untouched=UNTOUCHED, next_step=step)


def wait_asked_for(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Return how many seconds the host asks to wait, from `Retry-After` or the rate limit's reset; None if it does not.

    A reset is seconds from now, a duration such as `1m30s` or `250ms`, or a point in time.
    """
    now = time.time() if now is None else now
    if (after := headers.get("retry-after", "").strip()) and (seconds := _seconds(after, now)) is not None:
        return seconds
    for name in ("x-ratelimit-reset", "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"):
        if (value := headers.get(name, "").strip()) and (seconds := _seconds(value, now)) is not None:
            return seconds
    return None


_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:([\d.]+)ms)?")


def _seconds(value: str, now: float) -> float | None:
    try:
        number = float(value)
    except ValueError:
        if (match := _DURATION.fullmatch(value)) and any(match.groups()):
            hours, minutes, seconds, thousandths = (float(part or 0) for part in match.groups())
            return hours * 3600 + minutes * 60 + seconds + thousandths / 1000
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - now)
        except (ValueError, OverflowError):
            return None
    if number != number or number < 0:
        return None
    if number > 1e12:  # a point in time in milliseconds
        number /= 1000
    return max(0.0, number - now) if number > 1e9 else number


def _read(body: bytes) -> tuple[str, str]:
    text = body[:100_000].decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except ValueError:
        return "", "" if "<html" in text.lower() else text[:500]
    if isinstance(value, dict):
        return _fields(value.get("error") or value.get("detail") or value.get("message") or value)
    return "", text[:500]


def _fields(error: Any) -> tuple[str, str]:
    if isinstance(error, dict):
        kind = f"{error.get('type') or ''} {error.get('code') or ''}".strip()
        return kind, str(error.get("message") or error.get("error") or "")
    return "", str(error)


def _clean(message: str, key: str) -> str:
    """Return a host's words for people: one line, short, and without anything like a key."""
    if key:
        message = message.replace(key, "…")
    line = " ".join("".join(char if char.isprintable() else " " for char in message).split())
    return _KEY.sub(r"\1\2…", line)[:300]
