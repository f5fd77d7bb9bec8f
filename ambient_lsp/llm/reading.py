"""Whether a host has read all of a question: some cut off the beginning of what is too long, and say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.llm.tokens import MOST_BYTES_PER_TOKEN

if TYPE_CHECKING:
    from ambient_lsp.llm.messages import ChatRequest, Usage

_LEAST_BYTES = 12_000
"""Below that no host cuts anything off; and what a chat template adds would weigh too much."""


def least_tokens(request: ChatRequest) -> int:
    """Return the fewest tokens that a question can be, in any vocabulary; 0 for a short one."""
    size = sum(len(message.text.encode("utf-8", "surrogatepass")) for message in request.messages)
    return int(size / MOST_BYTES_PER_TOKEN) if size >= _LEAST_BYTES else 0


def was_cut(request: ChatRequest, usage: Usage) -> bool:
    """Tell whether the host read far fewer tokens than it was sent. One that does not count is believed."""
    return not usage.estimated and 0 < usage.prompt < least_tokens(request)


def notice(host: str, model: str, request: ChatRequest, usage: Usage, *, native: bool) -> str:
    """Return what to tell people."""
    step = (
        "The next questions are kept shorter; a model with a longer context reads more."
        if native
        else "With Ollama, `kimi.provider: ollama` lets it be set; else raise the context where the host is started."
    )
    return (
        f"{host} read only {usage.prompt:,} tokens of a question to {model} that has at least"
        f" {least_tokens(request):,}: it was cut off, and the answer may be worth little. {step}"
    )
