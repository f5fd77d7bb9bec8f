"""How the fake host writes: the pieces of an answer, refusals and lists of models, in each dialect."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ambient_lsp.llm.fake.script import REFUSALS

if TYPE_CHECKING:
    from ambient_lsp.llm.fake.log import Entry
    from ambient_lsp.llm.fake.script import Answer, Script

EVENTS = b"text/event-stream"
LINES = b"application/x-ndjson"
JSON = b"application/json"
DONE = b"data: [DONE]\n\n"


@lru_cache(maxsize=256)
def pieces(text: str, field: str, model: str, native: bool, size: int) -> tuple[bytes, ...]:
    """Return the pieces of a text as they are sent. Kept, since many questions get the same answer."""
    parts = (text[start : start + size] for start in range(0, len(text), size))
    if native:
        name = "content" if field == "content" else "thinking"
        return tuple(_line(model, {"role": "assistant", "content": "", name: part}) for part in parts)
    head = f'data: {{"id":"fake","object":"chat.completion.chunk","created":0,"model":{json.dumps(model)},"choices":'
    head += f'[{{"index":0,"delta":{{"{field}":'
    return tuple(f'{head}{json.dumps(part)}}},"finish_reason":null}}]}}\n\n'.encode() for part in parts)


def tool_call(name: str, model: str, *, native: bool) -> bytes:
    """Return the piece in which a model asks for a tool."""
    function: dict[str, Any] = {"name": name, "arguments": {} if native else "{}"}
    if native:
        return _line(model, {"role": "assistant", "content": "", "tool_calls": [{"function": function}]})
    calls = [{"index": 0, "id": "call_1", "type": "function", "function": function}]
    choice = {"index": 0, "delta": {"content": None, "tool_calls": calls}, "finish_reason": None}
    return _event({"id": "fake", "object": "chat.completion.chunk", "model": model, "choices": [choice]})


def ending(answer: Answer, entry: Entry, model: str, *, native: bool) -> bytes:
    """Return what comes after the last piece: the finish, the usage, the end mark."""
    if native:
        counts = {} if answer.usage == "none" else {"prompt_eval_count": entry.prompt, "eval_count": entry.completion}
        return _line(model, {"role": "assistant", "content": ""}, done=True, done_reason=answer.finish, **counts)
    choice: dict[str, Any] = {"index": 0, "delta": {}, "finish_reason": answer.finish}
    chunk: dict[str, Any] = {"id": "fake", "object": "chat.completion.chunk", "model": model, "choices": [choice]}
    events = []
    if answer.usage == "choices":
        choice["usage"] = usage(entry, details=False)
    events.append(_event(chunk))
    if answer.usage == "top":
        events.append(_event({**chunk, "choices": [], "usage": usage(entry, details=True)}))
    if answer.done:
        events.append(DONE)
    return b"".join(events)


def whole(answer: Answer, text: str, entry: Entry, model: str, *, native: bool) -> bytes:
    """Return an answer that is not streamed."""
    if native:
        message: dict[str, Any] = {"role": "assistant", "content": text, "thinking": answer.reasoning}
        counts = {"prompt_eval_count": entry.prompt, "eval_count": entry.completion}
        return _line(model, message, done=True, done_reason=answer.finish, **counts)
    message = {"role": "assistant", "content": text, answer.reasoning_field: answer.reasoning}
    value: dict[str, Any] = {"id": "fake", "object": "chat.completion", "model": model}
    value["choices"] = [{"index": 0, "message": message, "finish_reason": answer.finish}]
    if answer.usage != "none":
        value["usage"] = usage(entry, details=True)
    return json.dumps(value, indent=1).encode()


def usage(entry: Entry, *, details: bool) -> dict[str, Any]:
    """Return the usage, with cached tokens where OpenAI has them (`details`) or where Moonshot has them."""
    value: dict[str, Any] = {
        "prompt_tokens": entry.prompt,
        "completion_tokens": entry.completion,
        "total_tokens": entry.prompt + entry.completion,
    }
    if details:
        value["prompt_tokens_details"] = {"cached_tokens": entry.cached}
        value["completion_tokens_details"] = {"reasoning_tokens": entry.reasoning}
    else:
        value["cached_tokens"] = entry.cached
    return value


def middle_error(*, native: bool) -> bytes:
    """Return an error in the middle of a stream."""
    if native:
        return b'{"error":"llama runner process has terminated"}\n'
    return _event({"error": {"type": "server_error", "message": "The stream was interrupted"}})


def refusal(fault: str, message: str, *, native: bool) -> tuple[int, bytes]:
    """Return status and body of a refusal; a gateway answers in HTML, Ollama with a bare text."""
    status, kind, words = REFUSALS[fault]
    words = message or words
    if native:
        return status, json.dumps({"error": words}).encode()
    if not kind:
        return status, f"<html><body><h1>{status} {words}</h1></body></html>".encode()
    return status, json.dumps({"error": {"type": kind, "message": words}}).encode()


def model_list(script: Script) -> dict[str, Any]:
    """Return `/v1/models`, with what this kind of host says of a model."""
    owner = {"ollama": "library", "vllm": "vllm", "moonshot": "moonshot"}.get(script.kind, "")
    told: dict[str, Any] = {}
    if script.kind == "vllm":
        told = {"max_model_len": script.context}
    elif script.kind in ("moonshot", "openrouter"):
        told = {"context_length": script.context}
    return {
        "object": "list",
        "data": [{"id": name, "object": "model", "created": 0, "owned_by": owner, **told} for name in script.models],
    }


def tags(script: Script) -> dict[str, Any]:
    """Return Ollama's `/api/tags`."""
    return {"models": [{"name": name, "model": name, "size": 1} for name in script.models]}


def show(script: Script) -> dict[str, Any]:
    """Return Ollama's `/api/show`."""
    return {
        "capabilities": ["completion", "thinking"],
        "model_info": {"general.architecture": "fake", "fake.context_length": script.context},
    }


def _line(model: str, message: dict[str, Any], *, done: bool = False, **more: Any) -> bytes:
    value = {"model": model, "created_at": "2026-01-01T00:00:00Z", "message": message, "done": done, **more}
    return json.dumps(value).encode() + b"\n"


def _event(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"
