"""The seam between a specialist and whoever asks the model for it: the engine, with its ledger and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from ambient_lsp.llm.messages import ChatRequest, Delta, Reply


class Stream(Protocol):
    """An answer on its way. `reply` is the whole of it, once all pieces were read."""

    @property
    def reply(self) -> Reply:
        """The whole answer."""
        ...

    def __aiter__(self) -> AsyncIterator[Delta]:
        """Yield the pieces."""
        ...


class Ask(Protocol):
    """Asks a model, within the budget. Raises a `ModelError`; leaving the block early ends the call."""

    def __call__(self, request: ChatRequest) -> AbstractAsyncContextManager[Stream]:
        """Open the stream of an answer; it is open when the first piece is there."""
        ...
