"""One configured host while it is in use: its address and key, which models it has, and what was learned of them."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import time
from functools import cached_property
from typing import TYPE_CHECKING

import httpx

from ambient_lsp.errors import ModelError, ModelUnavailable
from ambient_lsp.llm import catalog, keys, probe
from ambient_lsp.llm.dialects import dialect_for, root_of
from ambient_lsp.llm.failures import UNTOUCHED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ambient_lsp.llm.catalog import Abilities
    from ambient_lsp.llm.limiter import Limiter
    from ambient_lsp.llm.probe import Probed
    from ambient_lsp.model import Json

_GONE_SECONDS = 60.0
_UNREACHABLE_SECONDS = 5.0
# What a host complains of, and the field to leave out from then on.
_LESSONS = (
    (re.compile(r"temperature|top_p|sampling", re.IGNORECASE), ("temperature",)),
    (re.compile(r"max_completion_tokens|max_tokens", re.IGNORECASE), ("max_tokens", "max_completion_tokens")),
    (re.compile(r"response_format|json_schema|\bformat\b|schema", re.IGNORECASE), ("response_format", "format")),
    (re.compile(r"stream_options", re.IGNORECASE), ("stream_options",)),
    (re.compile(r"prompt_cache_key", re.IGNORECASE), ("prompt_cache_key",)),
    (
        re.compile(r"think|reasoning|chat_template", re.IGNORECASE),
        ("thinking", "think", "reasoning_effort", "chat_template_kwargs", "enable_thinking", "reasoning"),
    ),
)


class Endpoint:
    """A host that can be asked. It is looked at once, before the first question, never while nobody asks."""

    def __init__(
        self,
        *,
        provider: str,
        base_url: str,
        model_id: str,
        limiter: Limiter,
        key_hosts: Sequence[str] = (),
        allow_plain_http: bool = False,
    ) -> None:
        self.dialect = dialect_for(provider, base_url)
        self.base_url = base_url.rstrip("/")
        self.model_id = model_id
        self.limiter = limiter
        self.key = keys.Key()
        self.probed: Probed | None = None
        self._key_hosts = key_hosts
        self._allow_plain_http = allow_plain_http
        self._looking = asyncio.Lock()
        self._failed: tuple[float, ModelError] | None = None
        self._gone: dict[str, float] = {}
        self._lessons: dict[str, frozenset[str]] = {}
        self._read: dict[str, int] = {}

    @property
    def root(self) -> str:
        """The base URL that this dialect's paths are below."""
        return root_of(self.dialect, self.base_url)

    @cached_property
    def chat_url(self) -> httpx.URL:
        """Where questions go; only to be asked for after the host was looked at."""
        return httpx.URL(self.root + self.dialect.chat_path)

    @property
    def profile(self) -> str:
        """The profile, or the model, that this host was configured for."""
        return catalog.profile_of(self.model_id)

    def headers(self) -> dict[str, str]:
        """Return the headers of every request to this host."""
        headers = {"accept-encoding": "identity", "user-agent": "ambient-lsp"}
        if self.key.value:
            headers["authorization"] = f"Bearer {self.key.value}"
        return headers

    async def look(self, http: httpx.AsyncClient) -> Probed:
        """Find out what answers there, once. Raises a `ModelError`; for a few seconds the same one without asking."""
        async with self._looking:
            if self.probed is not None:
                return self.probed
            if self._failed and time.monotonic() - self._failed[0] < _UNREACHABLE_SECONDS:
                raise self._failed[1]
            try:
                keys.check_address(self.base_url, allow_plain_http=self._allow_plain_http)
                self.key = await asyncio.to_thread(keys.key_for, self.base_url, self.dialect, self._key_hosts)
                self.probed = await probe.look(http, self)
            except ModelError as error:
                self._failed = (time.monotonic(), error)
                raise
            self.dialect, self.base_url = self.probed.dialect, self.probed.base_url
            return self.probed

    def id_of(self, model: str) -> str | None:
        """Return what this host calls a model; None when it has no such model, as far as it is known."""
        listed = self.probed.models if self.probed else ()
        if not listed:
            name = catalog.id_at(self.dialect.name, model)
            return None if self._is_gone(name) else name
        if model in listed:
            return None if self._is_gone(model) else model
        for name in listed:
            if catalog.canonical(name) == catalog.canonical(model) and ":" not in model.removesuffix(":cloud"):
                return None if self._is_gone(name) else name
        # A local Ollama fetches such a model from its cloud when it is asked for; nobody else knows the name.
        fetched = self._is_ollama and model.endswith(":cloud")
        return model if fetched and not self._is_gone(model) else None

    def lists(self, model: str) -> bool:
        """Whether a model is there for certain, or the host does not tell: an Ollama always does."""
        listed = self.probed.models if self.probed else ()
        return model in listed or not (listed or self.dialect.wire == "ollama")

    @property
    def _is_ollama(self) -> bool:
        """Whether it is one that can fetch models, as far as its address tells."""
        return self.dialect.name in ("ollama", "ollama-v1")

    def gone(self, model: str) -> None:
        """Remember for a while that the host no longer has a model.

        Not for ever: a server lives for days, and one wrong answer of a gateway must not take its model from it.
        """
        self._gone[model] = time.monotonic()

    def _is_gone(self, model: str) -> bool:
        return model in self._gone and time.monotonic() - self._gone[model] < _GONE_SECONDS

    def reads_at_most(self, model: str, tokens: int) -> None:
        """Remember that a model has read no more of a longer question."""
        self._read[model] = max(self._read.get(model, 0), tokens)

    def abilities(self, model: str) -> Abilities:
        """Return what a model here can do: what is known beforehand, what the host says, what it refused before."""
        known = catalog.abilities(model)
        said = self.probed.said.get(model) if self.probed else None
        return dataclasses.replace(
            known,
            context=self._read.get(model) or (said.context if said else None) or known.context,
            thinking="none" if said and said.thinking is False else known.thinking,
            lessons=self._lessons.get(model, frozenset()),
        )

    def learn(self, model: str, complaint: str, sent: Json) -> bool:
        """Take a lesson from a refusal: whether there is a field to leave out that was sent and is complained of."""
        options = sent.get("options") or {}
        for pattern, fields in _LESSONS:
            found = frozenset(name for name in fields if name in sent or name in options)
            if found and pattern.search(complaint):
                self._lessons[model] = self._lessons.get(model, frozenset()) | found
                return True
        return False

    def nothing_there(self, wanted: Sequence[str]) -> ModelUnavailable:
        """Return the error for a host that has none of the models."""
        listed = self.probed.models if self.probed else ()
        has = f" It has {', '.join(listed[:8])}{' and more' if len(listed) > 8 else ''}." if listed else ""
        name = catalog.id_at("ollama", wanted[0])
        pull = f", or fetch one with `ollama pull {name}`" if self._is_ollama else ""
        return ModelUnavailable(
            f"{self.root} has none of {', '.join(wanted)}.{has}",
            untouched=UNTOUCHED,
            next_step=f"Set `kimi.model_id` to one that it has{pull}.",
            model=True,
        )
