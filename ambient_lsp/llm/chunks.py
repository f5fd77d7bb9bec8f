"""What the pieces of an answer mean, in every host's way of writing them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ambient_lsp.errors import ReplyBroken
from ambient_lsp.llm.failures import from_stream
from ambient_lsp.llm.messages import Delta, Usage

if TYPE_CHECKING:
    from ambient_lsp.model import Json

_decode = json.JSONDecoder().raw_decode  # `json.loads` costs twice as much for pieces as small as these


@dataclass(slots=True)
class Gathered:
    """An answer as far as it has come. `take` reads one payload of the stream and returns what is new in it."""

    host: str
    text: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    size: int = 0
    usage: Usage | None = None
    model: str = ""
    finish: str = ""
    done: bool = False
    tools: list[str] = field(default_factory=list)
    """Names of tools that the model wants to use instead of answering; nobody has offered any."""

    def take(self, payload: bytes) -> Delta | None:
        """Read one payload. Raises a `ModelError` for an error that the host puts into the stream."""
        if payload == b"[DONE]":
            self.done = True
            return None
        try:
            chunk, _ = _decode(payload.strip().decode("utf-8", "replace"))
        except ValueError:
            raise ReplyBroken(f"{self.host} sent a piece that is not JSON.") from None
        if not isinstance(chunk, dict):
            return None
        if chunk.get("error"):
            raise from_stream(self.host, chunk["error"])
        self.model = chunk.get("model") or self.model
        message = self._ollama(chunk) if "message" in chunk or "done" in chunk else self._openai(chunk)
        if not isinstance(message, dict):
            return None
        if message.get("tool_calls"):
            self.tools += _tools(message["tool_calls"])
        text = _text(message.get("content"))
        reasoning = _text(message.get("reasoning_content") or message.get("reasoning") or message.get("thinking"))
        if text:
            self.text.append(text)
        if reasoning:
            self.reasoning.append(reasoning)
        elif not text:
            return None
        self.size += len(text) + len(reasoning)
        return Delta(text, reasoning)

    def _openai(self, chunk: dict[str, Any]) -> Json:
        if usage := chunk.get("usage"):
            self.usage = usage_of(usage)
        choices = chunk.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choice := choices[0], dict):
            return None
        if usage := choice.get("usage"):
            self.usage = usage_of(usage)
        if finish := choice.get("finish_reason"):
            self.finish = str(finish)
        return choice.get("delta") or choice.get("message")

    def _ollama(self, chunk: dict[str, Any]) -> Json:
        if chunk.get("done"):
            self.done = True
            self.finish = str(chunk.get("done_reason") or "stop")
            self.usage = Usage(_count(chunk, "prompt_eval_count"), _count(chunk, "eval_count"))
        return chunk.get("message")


def _tools(calls: Json) -> list[str]:
    """Return the names of the tools in a list of calls; pieces of their arguments come without."""
    functions = [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    return [str(one["name"]) for one in functions if isinstance(one, dict) and one.get("name")]


def _text(content: Json) -> str:
    """Return the text of a content field: some hosts send a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content if isinstance(part, dict))
    return ""


def usage_of(usage: Json) -> Usage:
    """Read a `usage` object, wherever the host puts the details."""
    if not isinstance(usage, dict):
        return Usage()
    prompt_details = usage.get("prompt_tokens_details") or {}
    completion_details = usage.get("completion_tokens_details") or {}
    cached = (
        _count(usage, "cached_tokens")
        or _count(prompt_details, "cached_tokens")
        or _count(usage, "prompt_cache_hit_tokens")
    )
    prompt = _count(usage, "prompt_tokens")
    return Usage(
        prompt=prompt,
        completion=_count(usage, "completion_tokens"),
        cached=min(cached, prompt),
        reasoning=_count(completion_details, "reasoning_tokens"),
    )


def _count(values: Json, name: str) -> int:
    value = values.get(name) if isinstance(values, dict) else None
    return value if isinstance(value, int) and value > 0 else 0
