"""Asking models for one repository: every call reserved in the ledger before it is sent, and settled after it.

One client, one ledger and one estimate for all runs, made when the first question is asked; nothing is sent before.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ambient_lsp.llm import catalog
from ambient_lsp.llm.attempts import Attempts
from ambient_lsp.llm.client import ChatClient
from ambient_lsp.llm.keys import is_local
from ambient_lsp.llm.messages import Usage
from ambient_lsp.llm.prices import FREE, Price
from ambient_lsp.llm.reading import was_cut
from ambient_lsp.llm.tokens import BYTES_PER_TOKEN, Estimate
from ambient_lsp.store.ledger import SqliteLedger

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from ambient_lsp.agents.thinking.asking import Ask
    from ambient_lsp.config import Config, Swarm
    from ambient_lsp.errors import ModelError
    from ambient_lsp.llm.client import ChatStream
    from ambient_lsp.llm.messages import ChatRequest, Reply
    from ambient_lsp.store.ledger import Reservation


_MUCH = 0.05
"""By so much the estimate of a question may be wrong before it is chosen anew."""


_WORDS = 2500
"""Tokens of everything that a question says besides: the system's words, and those of the specialist."""


class Model:
    """The configured model hosts and the ledger of one repository. `notify` is told of another model or host.

    `at_once` is how many questions go at the same time before the host has shown how many it takes. `connection` is to
    `database`, for whoever writes down more in the ledger's transactions; it stays open.
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
        connection: sqlite3.Connection | None = None,
    ) -> None:
        self.estimate = Estimate()
        self._learned = False
        self._dearest: dict[str, Price | None] = {}
        self.ledger = SqliteLedger(database, config.budget, connection=connection)
        self.ledger.recover()
        self._config = config
        self._client = client or ChatClient.from_settings(config.kimi, mode=mode, start=at_once, notify=notify)

    def ask(self, run_id: str, billed: Callable[[Bill], None] = lambda _: None) -> Ask:
        """Return what asks for one run. `billed` is told what each call cost, within the ledger's own transaction."""

        @asynccontextmanager
        async def ask(request: ChatRequest) -> AsyncIterator[ChatStream]:
            account = _Account(self, run_id, request, billed)
            try:
                async with self._client.stream(request, account) as stream:
                    account.stream = stream
                    yield stream
            finally:
                account.close()

        return ask

    @property
    def name(self) -> str:
        """The model that is configured."""
        return self._config.kimi.model_id

    async def room(self) -> int:
        """Return how many tokens of the repository fit into a question: as configured, or fewer for a small model.

        Looks at the host if that has not been done.
        """
        return budget(await self._client.context(), self._config.swarm)

    async def learn(self, text: str) -> bool:
        """Correct the estimate by the host's own count of a text, once; tell whether that changes much.

        Only where the host counts without answering, and within a moment; elsewhere the first answer corrects it.
        """
        if self._learned or self.name in self.estimate.ratios:
            return False
        self._learned = True
        before = self.estimate.tokens(text, self.name)
        if counted := await self._client.count(text):
            self.estimate.learn(text, counted, self.name)
        return abs(self.estimate.tokens(text, self.name) - before) > before * _MUCH

    async def close(self) -> None:
        """Close the connections and the ledger."""
        await self._client.close()
        self.ledger.close()

    def price(self, host: str, model: str) -> Price | None:
        """Return what a model costs at the host that answered; None where nobody knows."""
        first, *_ = self._client.endpoints
        if self._config.kimi.price and (host == first.root or not is_local(host)):
            return Price(*self._config.kimi.price)  # of a gateway on this machine too
        if is_local(host):
            return FREE
        at = next((one for one in self._client.endpoints if one.root == host), first)
        return catalog.price(at.dialect.name, model)

    def dearest(self, model: str) -> Price | None:
        """Return the highest price that a question may come to, at whichever host and model answers it."""
        if model not in self._dearest:
            known = [self.price(one.root, name) for one in self._client.endpoints for name in catalog.aliases(model)]
            prices = [(one.cached, one.prompt, one.completion) for one in known if one is not None]
            self._dearest[model] = Price(*map(max, zip(*prices, strict=True))) if prices else None
        return self._dearest[model]


def budget(room: int | None, swarm: Swarm) -> int:
    """Return how many tokens of the repository go into a question to a model that takes `room` in all, if known."""
    if room is None:
        return swarm.context_tokens
    # What is said besides, and the answer, need their share; of a small model's context each has a part.
    answer = min(swarm.answer_tokens, room // 3)
    return min(swarm.context_tokens, max(room - answer - _WORDS, room // 4))


@dataclass(frozen=True, slots=True)
class Bill:
    """What was paid for a question that was sent `calls` times; `cost` in millionths of a dollar, 0 where nobody knows.

    `reply` is the whole answer, None where there is none: a host charges for what it sent before it broke off.
    """

    calls: int
    usage: Usage
    cost: int
    reply: Reply | None


class _Account(Attempts):
    """Pays for every time that one question is sent: reserved before, settled after."""

    def __init__(self, model: Model, run_id: str, request: ChatRequest, billed: Callable[[Bill], None]) -> None:
        super().__init__()
        self.stream: ChatStream | None = None
        self._models = model
        self._run_id = run_id
        self._request = request
        self._billed = billed
        self._text = "".join(message.text for message in request.messages)
        self._name = request.model or model.name
        self._prompt = model.estimate.tokens(self._text, self._name)
        self._held: Reservation | None = None
        self._calls = 0

    def sending(self, host: str, model: str) -> None:
        """Hold the most that sending it once may cost. Raises `BudgetExhausted`."""
        if self._held is None:
            self._held = self._models.ledger.reserve(
                self._run_id,
                self._request.purpose,
                self._name,
                prompt=self._prompt,
                completion=self._request.max_tokens,
                price=self._models.dearest(self._name),
            )
        elif self.under_way:  # it was refused for a field that is now left out: free, but a call
            self._bill(Usage(), 0, None)
        self._calls += 1
        super().sending(host, model)

    def failed(self, error: ModelError) -> None:
        """Pay for what the host had sent by then; a refusal is free. Nothing is held while waiting to ask again."""
        super().failed(error)
        usage = error.details.get("usage")
        if isinstance(usage, Usage):
            self._settle(self._likely(usage), self.model)
        else:
            self._release()

    def close(self) -> None:
        """Pay for the answer, or for as much as came of it; give back what was held for nothing."""
        reply = self.stream.whole if self.stream is not None else None
        if reply is not None:
            known = reply.usage.total > 0
            usage = reply.usage if known else Usage(0, self._tokens(reply.text + reply.reasoning), estimated=True)
            self._settle(self._likely(usage), reply.model, reply)
            if known and not reply.usage.estimated and not was_cut(self._request, usage):
                self._models.estimate.learn(self._text, usage.prompt, self._name)
        elif self.under_way:  # whoever asked has left; the host has read the question, and counts what it sent
            written = self.stream.so_far if self.stream is not None else ""
            self._settle(self._likely(Usage(0, self._tokens(written), estimated=True)), self.model)
        else:
            self._release()

    def _settle(self, usage: Usage, model: str, reply: Reply | None = None) -> None:
        if self._held is None:
            return
        price = self._models.price(self.host, model)
        with self._models.ledger.transaction():
            self._models.ledger.settle(self._held, usage, model, price)
            self._bill(usage, 0 if price is None else price.of(usage), reply)
        self._held = None

    def _release(self) -> None:
        if self._held is not None:
            with self._models.ledger.transaction():
                self._models.ledger.release(self._held)
                self._bill(Usage(), 0, None)
            self._held = None

    def _bill(self, usage: Usage, cost: int, reply: Reply | None) -> None:
        self._billed(Bill(self._calls, usage, cost, reply))
        self._calls = 0

    def _likely(self, usage: Usage) -> Usage:
        """Return a usage that the host has not counted as earlier counts of its own make it likely."""
        if not usage.estimated:
            return usage
        written = usage.completion * BYTES_PER_TOKEN / self._models.estimate.ratios.get(self._name, BYTES_PER_TOKEN)
        return replace(usage, prompt=self._prompt, completion=round(written))

    def _tokens(self, text: str) -> int:
        return self._models.estimate.tokens(text)
