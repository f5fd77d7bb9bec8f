"""What is asked of a model and what comes back, without a word about any host.

Tokens are the host's own count unless `Usage.estimated` says otherwise; durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ambient_lsp.model import Json


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question to a model. What a host does not understand or allow is left out by its dialect, never sent.

    `model` is an id or a profile's name, empty for the configured one. `max_tokens` bounds thinking and answer
    together. `thinking` None leaves the choice to the model. `schema` asks for an answer of that JSON shape where the
    host can enforce it. Requests with the same `cache_key` share their beginning. `purpose` names who asks, for the
    ledger and the log.
    """

    messages: tuple[Message, ...]
    purpose: str
    model: str = ""
    max_tokens: int = 8192
    thinking: bool | None = None
    schema: Json | None = None
    temperature: float | None = None
    cache_key: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one exchange. `cached` are those of `prompt` that the host had kept; `completion` holds `reasoning`."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    reasoning: int = 0
    estimated: bool = False

    @property
    def total(self) -> int:
        """All that was read and written."""
        return self.prompt + self.completion


@dataclass(frozen=True, slots=True)
class Delta:
    """One piece of a stream: of the answer, or of the thinking before it."""

    text: str = ""
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. `model` is what the host says answered, `host` its base URL, `finish` why it ended
    ("stop", "length", ...). `first_token_seconds` is the wait for the first piece, thinking included."""

    text: str
    usage: Usage
    model: str
    host: str
    reasoning: str = ""
    finish: str = "stop"
    seconds: float = 0.0
    first_token_seconds: float = 0.0
