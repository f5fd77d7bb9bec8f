"""How each host wants to be asked: one record per host, read from `data/hosts.toml`, and the request's body."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from ambient_lsp.llm.catalog import DATA
from ambient_lsp.llm.tokens import BYTES_PER_TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ambient_lsp.llm.catalog import Abilities
    from ambient_lsp.llm.messages import ChatRequest
    from ambient_lsp.model import Json

_LEAST_CONTEXT = 16_384
# The rest of JSON Schema may be refused by a host that takes only a subset.
_SUBSET = {"type", "properties", "required", "items", "enum", "anyOf", "$ref", "$defs", "description", "title"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What `data/hosts.toml` says of one kind of host."""

    name: str
    wire: Literal["openai", "ollama"]
    max_tokens: str
    thinking: Literal["object", "template", "enable", "effort", "reasoning", "think", "none"]
    schema: Literal["strict", "mfjs", "object", "format", "none"]
    names: tuple[str, ...] = ()
    key: str = ""
    cache_key: str = ""
    usage: bool = False
    count_path: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def chat_path(self) -> str:
        """Where questions go, after the base URL."""
        return "/api/chat" if self.wire == "ollama" else "/chat/completions"


@cache
def dialects() -> Mapping[str, Dialect]:
    """Return every dialect by its name."""
    tables = tomllib.loads((DATA / "hosts.toml").read_text("utf-8"))
    return {
        name: Dialect(name=name, **{**table, "names": tuple(table.get("names", ()))}) for name, table in tables.items()
    }


def dialect_for(provider: str, base_url: str) -> Dialect:
    """Return the dialect of a configured host: by its address where that is known, else by `provider`."""
    known = dialects()
    name = urlsplit(base_url).hostname or ""
    for one in known.values():
        if name in one.names and not (one.name == "ollama-cloud" and "/v1" in base_url):
            return one
    return known["generic" if provider == "openai-compatible" else provider]


def root_of(dialect: Dialect, base_url: str) -> str:
    """Return the base URL without what this dialect's paths bring along: Ollama's own are not below `/v1`."""
    root = base_url.rstrip("/")
    return root.removesuffix("/v1").removesuffix("/api") if dialect.wire == "ollama" else root


def estimate_tokens(request: ChatRequest) -> int:
    """Return about how many tokens the question has; no tokenizer of these models comes with Python."""
    return int(sum(len(message.text.encode()) for message in request.messages) / BYTES_PER_TOKEN) + 1


def body(request: ChatRequest, dialect: Dialect, model: str, abilities: Abilities) -> dict[str, Json]:
    """Return what to send. What the host or the model does not allow is left out."""
    messages = [{"role": message.role, "content": message.text} for message in request.messages]
    sent: dict[str, Json] = {"model": model, "messages": messages, "stream": True, **dialect.extra}
    fill = _ollama if dialect.wire == "ollama" else _openai
    fill(sent, request, dialect, abilities)
    return {name: value for name, value in sent.items() if name not in abilities.lessons}


def _openai(sent: dict[str, Json], request: ChatRequest, dialect: Dialect, abilities: Abilities) -> None:
    if dialect.usage:
        sent["stream_options"] = {"include_usage": True}
    limit = dialect.max_tokens
    if limit in abilities.lessons:
        limit = "max_tokens" if limit == "max_completion_tokens" else "max_completion_tokens"
    sent[limit] = request.max_tokens
    if request.temperature is not None and abilities.sampling:
        sent["temperature"] = request.temperature
    if request.cache_key and dialect.cache_key:
        sent[dialect.cache_key] = request.cache_key
    if request.thinking is not None and abilities.thinking == "switch":
        sent.update(_switch(dialect, request.thinking))
    if request.schema is not None and (shape := _response_format(dialect, request.schema)):
        sent["response_format"] = shape


def _switch(dialect: Dialect, on: bool) -> dict[str, Json]:
    ways: dict[str, dict[str, Json]] = {
        "object": {"thinking": {"type": "enabled" if on else "disabled"}},
        "template": {"chat_template_kwargs": {"thinking": on}},
        "enable": {"enable_thinking": on},
        "effort": {"reasoning_effort": "medium" if on else "none"},
        "reasoning": {"reasoning": {"enabled": on}},
    }
    return ways.get(dialect.thinking, {})


def _response_format(dialect: Dialect, schema: Json) -> Json:
    if dialect.schema == "object" and schema.get("type") == "object":
        return {"type": "json_object"}
    if dialect.schema == "mfjs":
        # Its root must be an object; another shape is left to the prompt.
        if schema.get("type") != "object":
            return None
        schema = _subset(schema)
    elif dialect.schema != "strict":
        return None
    return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}


def _subset(schema: Json) -> Json:
    """Return a schema in the plain subset: no validation words, nothing beside a `$ref`, a type everywhere."""
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    plain: dict[str, Json] = {}
    for name, value in schema.items():
        if name in ("properties", "$defs"):
            plain[name] = {key: _subset(inner) for key, inner in value.items()}
        elif name in ("items", "anyOf"):
            plain[name] = [_subset(one) for one in value] if isinstance(value, list) else _subset(value)
        elif name in _SUBSET:
            plain[name] = value
    if not plain.keys() & {"type", "anyOf", "enum"}:
        plain["type"] = "object" if "properties" in plain else "string"
    return plain


def _ollama(sent: dict[str, Json], request: ChatRequest, dialect: Dialect, abilities: Abilities) -> None:
    options: dict[str, Json] = {"num_predict": request.max_tokens}
    if not sent["model"].endswith(":cloud") and dialect.name == "ollama":
        # What does not fit is cut off in silence, and another size loads the model anew: few sizes, never too small.
        needed, size = estimate_tokens(request) + request.max_tokens, _LEAST_CONTEXT
        while size < needed:
            size *= 2
        options["num_ctx"] = min(size, abilities.context or size)
    if request.temperature is not None and abilities.sampling and "temperature" not in abilities.lessons:
        options["temperature"] = request.temperature
    sent["options"] = options
    if request.thinking is not None and abilities.thinking == "switch":
        sent["think"] = request.thinking
    if request.schema is not None and dialect.schema == "format" and not sent["model"].endswith(":cloud"):
        sent["format"] = request.schema
