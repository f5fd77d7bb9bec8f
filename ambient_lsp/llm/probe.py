"""Which host answers, which models it has, and what it says that they can do.

One or two requests, before the first question only; a host that cannot list its models is asked for them by name.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ambient_lsp.errors import ModelError, ModelRefused
from ambient_lsp.llm.dialects import dialects
from ambient_lsp.llm.failures import refused, unreachable
from ambient_lsp.llm.keys import is_local
from ambient_lsp.llm.transport import NETWORK_ERRORS, what_broke

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from ambient_lsp.llm.dialects import Dialect
    from ambient_lsp.llm.endpoint import Endpoint

_SECONDS = 10.0
_COUNT_SECONDS = 1.5
_MOST_BYTES = 8 << 20
_NATIVE_BY_OWNER = {"vllm": "vllm", "sglang": "vllm", "library": "ollama-v1"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a host says of one of its models; None where it says nothing."""

    context: int | None = None
    thinking: bool | None = None


@dataclass(frozen=True, slots=True)
class Probed:
    """What was found at a host. `models` is empty where it does not list them."""

    dialect: Dialect
    base_url: str
    models: tuple[str, ...]
    said: Mapping[str, Said] = field(default_factory=dict)
    seconds: float = 0.0
    limits: str = ""


async def look(http: httpx.AsyncClient, endpoint: Endpoint) -> Probed:
    """Ask a host for its models. Raises a `ModelError` when nothing answers, or when it refuses the key."""
    began = time.monotonic()
    dialect = endpoint.dialect
    if dialect.wire == "ollama":
        status, found, headers = await _get(http, endpoint, f"{endpoint.root}/api/tags")
        if status == 200 and isinstance(found, dict) and isinstance(found.get("models"), list):
            names = tuple(str(one.get("model") or one.get("name")) for one in found["models"] if isinstance(one, dict))
            return Probed(
                dialect, endpoint.base_url, names, await _details(http, endpoint, names), time.monotonic() - began
            )
        # Something else is there that speaks like OpenAI, or an Ollama behind a proxy that lets only /v1 through.
        dialect = dialects()["ollama-v1"]
    base = endpoint.base_url
    if dialect.name == "ollama-v1" and not base.endswith("/v1"):
        base += "/v1"
    status, found, headers = await _get(http, endpoint, f"{base}/models")
    listed = found.get("data") if isinstance(found, dict) else found
    models = [one for one in listed if isinstance(one, dict) and one.get("id")] if isinstance(listed, list) else []
    owners = {str(one.get("owned_by", "")).lower() for one in models}
    if dialect.name in ("generic", "ollama-v1"):
        dialect = next((dialects()[name] for owner, name in _NATIVE_BY_OWNER.items() if owner in owners), dialect)
    return Probed(
        dialect,
        base,
        tuple(str(one["id"]) for one in models),
        {str(one["id"]): _said(one) for one in models},
        time.monotonic() - began,
        _limits(headers),
    )


async def count(http: httpx.AsyncClient, endpoint: Endpoint, model: str, text: str) -> int | None:
    """Return the host's own count of a text's tokens; None where it has none to give, or takes too long."""
    question = {"model": model, "messages": [{"role": "user", "content": text}]}
    try:
        async with asyncio.timeout(_COUNT_SECONDS):
            url = f"{endpoint.root}{endpoint.dialect.count_path}"
            status, found, _ = await _get(http, endpoint, url, question)
    except (ModelError, TimeoutError):
        return None
    data = found.get("data", found) if isinstance(found, dict) and status == 200 else None
    return data["total_tokens"] if isinstance(data, dict) and _positive(data, "total_tokens") else None


def _said(model: Mapping[str, Any]) -> Said:
    context = next(
        (model[name] for name in ("max_model_len", "context_length", "max_context_length") if _positive(model, name)),
        None,
    )
    thinking = model.get("supports_reasoning")
    parameters = model.get("supported_parameters")
    if isinstance(parameters, list):
        thinking = "reasoning" in parameters
    return Said(context, thinking if isinstance(thinking, bool) else None)


async def _details(http: httpx.AsyncClient, endpoint: Endpoint, names: tuple[str, ...]) -> dict[str, Said]:
    """Ask Ollama for the context and the abilities of the models that may be used."""
    from ambient_lsp.llm import catalog

    wanted = {catalog.canonical(name) for name in catalog.aliases(endpoint.model_id)}
    said = {}
    for name in names:
        if catalog.canonical(name) not in wanted:
            continue
        status, found, _ = await _get(http, endpoint, f"{endpoint.root}/api/show", {"model": name})
        if status != 200 or not isinstance(found, dict):
            continue
        info = found.get("model_info") or {}
        context = next((value for key, value in info.items() if str(key).endswith(".context_length")), None)
        can = found.get("capabilities")
        said[name] = Said(
            context if isinstance(context, int) else None, "thinking" in can if isinstance(can, list) else None
        )
    return said


async def _get(
    http: httpx.AsyncClient, endpoint: Endpoint, url: str, question: Any = None
) -> tuple[int, Any, Mapping[str, str]]:
    """Return status, JSON (None for anything else) and headers. Raises when nothing answers or the key is refused."""
    body = b""
    try:
        async with asyncio.timeout(_SECONDS):
            method = "GET" if question is None else "POST"
            async with http.stream(method, url, headers=endpoint.headers(), json=question) as answer:
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > _MOST_BYTES:
                        break
    except NETWORK_ERRORS as error:
        raise unreachable(endpoint.root, what_broke(error), local=is_local(endpoint.base_url)) from error
    if answer.status_code in (401, 403):
        raise refused(
            endpoint.root, answer.status_code, body, answer.headers, key=endpoint.key.value, name=endpoint.key.name
        )
    if 300 <= answer.status_code < 400:
        raise ModelRefused(
            f"{endpoint.root} sends to another address ({answer.status_code}).",
            untouched="Nothing was sent there.",
            next_step="Set `kimi.base_url` to the address that answers itself.",
            status=answer.status_code,
        )
    try:
        return answer.status_code, json.loads(body), answer.headers
    except ValueError:
        return answer.status_code, None, answer.headers


def _positive(values: Mapping[str, Any], name: str) -> bool:
    return isinstance(values.get(name), int) and values[name] > 0


def _limits(headers: Mapping[str, str]) -> str:
    limit, left = headers.get("x-ratelimit-limit"), headers.get("x-ratelimit-remaining")
    return f"{limit} requests, {left or '?'} left" if limit else ""
