"""Asking models for one repository: every call reserved in the ledger before it is sent, and settled after it.

One client, one ledger and one estimate for all runs, made when the first question is asked; nothing is sent before.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal

from ambient_lsp.errors import ModelError
from ambient_lsp.llm import catalog
from ambient_lsp.llm.client import ChatClient
from ambient_lsp.llm.keys import is_local
from ambient_lsp.llm.messages import Usage
from ambient_lsp.llm.prices import FREE, Price
from ambient_lsp.llm.tokens import Estimate
from ambient_lsp.store.ledger import SqliteLedger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from ambient_lsp.agents.thinking.asking import Ask
    from ambient_lsp.config import Config
    from ambient_lsp.llm.client import ChatStream
    from ambient_lsp.llm.messages import ChatRequest, Delta, Reply


class Model:
    """The configured model hosts and the ledger of one repository. `notify` is told of another model or host.

    `at_once` is how many questions go at the same time before the host has shown how many it takes.
    """

    def __init__(
        self,
        config: Config,
        database: Path,
        *,
        mode: Literal["ambient", "batch"] = "ambient",
        notify: Callable[[str], None] = lambda _: None,
        at_once: int | None = None,
        client: ChatClient | None = None,
    ) -> None:
        self.estimate = Estimate()
        self._config = config
        self._client = client or ChatClient.from_settings(config.kimi, mode=mode, start=at_once, notify=notify)
        self._ledger = SqliteLedger(database, config.budget)
        self._ledger.recover()

    def ask(self, run_id: str) -> Ask:
        """Return what asks for one run."""

        @asynccontextmanager
        async def ask(request: ChatRequest) -> AsyncIterator[_Counted]:
            text = "".join(message.text for message in request.messages)
            name = request.model or self._config.kimi.model_id
            prompt = self.estimate.tokens(text, name)
            reservation = self._ledger.reserve(
                run_id, request.purpose, name, prompt=prompt, completion=request.max_tokens, price=self._dearest(name)
            )
            counted: _Counted | None = None
            asking = self._client.stream(request)
            try:
                async with asking as stream:
                    counted = _Counted(stream)
                    yield counted
            finally:
                reply = counted.whole if counted is not None else None
                if reply is not None:
                    usage = reply.usage if reply.usage.total else self._guess(prompt, reply.text + reply.reasoning)
                    self._ledger.settle(reservation, usage, reply.model, self._price(reply.host, reply.model))
                    if not usage.estimated:
                        self.estimate.learn(text, usage.prompt, name)
                elif counted is not None:  # it was broken off; the host has counted what it had sent by then
                    self._ledger.settle(reservation, self._guess(prompt, counted.text), name, self._dearest(name))
                else:
                    self._ledger.release(reservation)
                for failure in asking.failures:  # an empty answer, say, was paid for as well
                    if paid := failure.details.get("usage"):
                        self._ledger.charge(run_id, request.purpose, name, paid, self._dearest(name))

        return ask

    def cost(self, reply: Reply) -> int:
        """Return what an answer cost, in millionths of a dollar; 0 where nobody knows."""
        price = self._price(reply.host, reply.model)
        return 0 if price is None else price.of(reply.usage)

    async def close(self) -> None:
        """Close the connections and the ledger."""
        await self._client.close()
        self._ledger.close()

    def _guess(self, prompt: int, answer: str) -> Usage:
        return Usage(prompt=prompt, completion=self.estimate.tokens(answer), estimated=True)

    def _price(self, host: str, model: str) -> Price | None:
        """Return what a model costs at the host that answered; None where nobody knows."""
        if is_local(host):
            return FREE
        if self._config.kimi.price:
            return Price(*self._config.kimi.price)
        at = next((one for one in self._client.endpoints if one.root == host), self._client.endpoints[0])
        return catalog.price(at.dialect.name, model)

    def _dearest(self, model: str) -> Price | None:
        """Return the highest price that a question may come to, at whichever host and model answers it."""
        known = [
            self._price(endpoint.root, one) for endpoint in self._client.endpoints for one in catalog.aliases(model)
        ]
        prices = [one for one in known if one is not None]
        if not prices:
            return None
        return Price(
            max(one.cached for one in prices), max(one.prompt for one in prices), max(one.completion for one in prices)
        )


class _Counted:
    """A stream that remembers what came, so that what is broken off can be settled too."""

    def __init__(self, stream: ChatStream) -> None:
        self._stream = stream
        self._pieces: list[str] = []

    @property
    def reply(self) -> Reply:
        return self._stream.reply

    @property
    def whole(self) -> Reply | None:
        try:
            return self._stream.reply
        except ModelError:
            return None

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    async def __aiter__(self) -> AsyncIterator[Delta]:
        async for delta in self._stream:
            self._pieces += (delta.text, delta.reasoning)
            yield delta
