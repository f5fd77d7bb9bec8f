"""Asking a model: one client for every host, with streams, retries, limits and fallbacks.

    async with client.stream(request) as stream:   # entered when the first piece is there
        async for delta in stream: ...
    stream.reply

What went wrong before anything was handed out is tried again; afterwards never. Nothing is sent while nobody asks.
"""

from __future__ import annotations

import dataclasses
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Literal, Self

from ambient_lsp.errors import ModelError, ModelOverloaded, ModelUnavailable, QuotaExhausted, ReplyBroken
from ambient_lsp.llm import catalog, probe
from ambient_lsp.llm.asking import Patience, Question
from ambient_lsp.llm.attempts import Attempts
from ambient_lsp.llm.endpoint import Endpoint
from ambient_lsp.llm.limiter import Limiter, slots_file
from ambient_lsp.llm.reading import notice, was_cut
from ambient_lsp.llm.transport import Http

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from ambient_lsp.config import Fallback, Kimi
    from ambient_lsp.llm.exchange import Exchange
    from ambient_lsp.llm.messages import ChatRequest, Delta, Reply
    from ambient_lsp.llm.probe import Probed

__all__ = ["ChatClient", "ChatStream", "Patience"]

_START = {"ambient": 8, "batch": 3}


def user_state() -> Path:
    """Return the user's own state folder."""
    from platformdirs import user_state_path

    return user_state_path("ambient", appauthor=False)


class ChatClient:
    """Asks the configured hosts, in their order. Make one for an event loop and share it; close it at the end."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        patience: Patience | None = None,
        notify: Callable[[str], None] = lambda _: None,
        temperature: float | None = None,
        http: Http | None = None,
    ) -> None:
        self.endpoints = tuple(endpoints)
        self.patience = patience or Patience()
        self._notify = notify
        self._temperature = temperature
        self._http = http
        self._told: set[str] = set()
        self._closed = False

    @classmethod
    def from_settings(
        cls,
        kimi: Kimi,
        *,
        mode: Literal["ambient", "batch"] = "ambient",
        start: int | None = None,
        state: Path | None = None,
        patience: Patience | None = None,
        notify: Callable[[str], None] = lambda _: None,
    ) -> ChatClient:
        """Make a client for the section `kimi`. Nothing is sent yet.

        `start` is how many questions go at once before more is known (by `mode` unless given). Processes that use the
        same `state` folder (the user's own unless given) share their places at each host. `notify` is told in a
        sentence when another model or host than the first must be used.
        """
        folder = user_state() if state is None else state
        hosts: list[Kimi | Fallback] = [kimi, *kimi.fallbacks]
        endpoints = [
            Endpoint(
                provider=one.provider,
                base_url=one.base_url,
                model_id=one.model_id or kimi.model_id,
                limiter=Limiter(
                    start=start or _START[mode], most=kimi.max_concurrency, file=slots_file(folder, one.base_url)
                ),
                key_hosts=kimi.key_hosts,
                allow_plain_http=kimi.allow_plain_http,
            )
            for one in hosts
        ]
        patience = patience or Patience(reply_seconds=kimi.timeout_seconds)
        return cls(endpoints, patience=patience, notify=notify, temperature=kimi.temperature)

    def stream(self, request: ChatRequest, attempts: Attempts | None = None) -> ChatStream:
        """Ask, and read the answer while it arrives. Nothing is sent before the block is entered.

        `attempts` is told of every time that the question is sent.
        """
        return ChatStream(self, request, attempts or Attempts())

    async def complete(self, request: ChatRequest) -> Reply:
        """Ask, and return the whole answer. Raises a `ModelError`."""
        async with self.stream(request) as stream:
            async for _ in stream:
                pass
            return stream.reply

    async def look(self) -> list[tuple[Endpoint, Probed | ModelError]]:
        """Find out what answers at each configured host."""
        found: list[tuple[Endpoint, Probed | ModelError]] = []
        for endpoint in self.endpoints:
            try:
                found.append((endpoint, await endpoint.look(self._client().client)))
            except ModelError as error:
                found.append((endpoint, error))
        return found

    async def close(self) -> None:
        """Close all connections."""
        self._closed = True
        for endpoint in self.endpoints:
            endpoint.limiter.close()
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # ------------------------------------------------------------------------------------------------ asking

    async def open(self, request: ChatRequest, attempts: Attempts) -> tuple[Exchange, str]:
        """Ask one after the other until the first piece of an answer is there; `attempts` is told of every time.

        Returns the answer under way, and the model that was asked for.
        """
        failures = attempts.failures
        if request.temperature is None:
            request = dataclasses.replace(request, temperature=self._temperature)
        async with aclosing(self._candidates(request.model, failures)) as candidates:
            async for endpoint, model in candidates:
                try:
                    question = Question(self._client(), endpoint, model, request, self.patience, attempts)
                    exchange = await question.ask()
                except ModelError as error:
                    if error.details.get("model"):
                        endpoint.gone(model)
                    if not _goes_on(error):
                        raise
                    continue
                first = catalog.aliases(request.model or self.endpoints[0].model_id)[0]
                if failures and _goes_on(failures[-1]):
                    self.tell(f"{failures[-1].what} {endpoint.root} answers now, with {model}.")
                elif catalog.canonical(first) != catalog.canonical(model):
                    self.tell(f"{endpoint.root} has no {first}; {model} answers.")
                return exchange, model
        raise failures[0] if failures else ModelUnavailable("No model host is configured.")

    async def _candidates(self, wanted: str, failures: list[ModelError]) -> AsyncGenerator[tuple[Endpoint, str]]:
        """Give hosts and models in order: the same model at another host, a newer one, the second provider."""
        family = [one for one in self.endpoints if wanted or one.profile == self.endpoints[0].profile]
        ready = [one for one in family[:1] if await self._is_ready(one, failures)]
        models = catalog.aliases(wanted or self.endpoints[0].model_id)
        if ready:
            first = next((index for index, model in enumerate(models) if ready[0].id_of(model)), None)
            if first is None:
                failures.append(ready[0].nothing_there(models))
            models = models[first:] if first is not None else models
        for model in models:
            for position, endpoint in enumerate(family):
                if endpoint not in ready:
                    if position == 0 or not await self._is_ready(endpoint, failures):
                        continue
                    ready.append(endpoint)
                if name := endpoint.id_of(model):
                    yield endpoint, name
        for endpoint in self.endpoints:
            if endpoint in family or not await self._is_ready(endpoint, failures):
                continue
            models = catalog.aliases(endpoint.model_id)
            names = [name for model in models if (name := endpoint.id_of(model))]
            if not names:
                failures.append(endpoint.nothing_there(models))
            for name in names:
                yield endpoint, name

    async def _is_ready(self, endpoint: Endpoint, failures: list[ModelError]) -> bool:
        try:
            await endpoint.look(self._client().client)
        except ModelError as error:
            failures.append(error)
            if not _goes_on(error):
                raise
            return False
        return True

    def was_cut(self, request: ChatRequest, reply: Reply) -> None:
        """Say that a host has not read all of a question, and remember how much this model reads there."""
        endpoint = next((one for one in self.endpoints if one.root == reply.host), None)
        if endpoint is not None:
            endpoint.reads_at_most(reply.model, reply.usage.prompt)
            native = endpoint.dialect.wire == "ollama"
            self.tell(notice(reply.host, reply.model, request, reply.usage, native=native))

    async def context(self) -> int | None:
        """Return how many tokens the model that will be asked first takes, answer included; None where nobody knows.

        Looks at the host if that has not been done; what goes wrong there is said when somebody asks.
        """
        with suppress(ModelError):
            endpoint = self.endpoints[0]
            await endpoint.look(self._client().client)
            names = (endpoint.id_of(model) for model in catalog.aliases(endpoint.model_id))
            if name := next((name for name in names if name), None):
                return endpoint.abilities(name).context
        return None

    async def count(self, text: str) -> int | None:
        """Return how many tokens a text is by the first host's own count, where it offers one and says so quickly."""
        with suppress(ModelError):
            endpoint = self.endpoints[0]
            await endpoint.look(self._client().client)
            names = (endpoint.id_of(model) for model in catalog.aliases(endpoint.model_id))
            if endpoint.dialect.count_path and (name := next((name for name in names if name), None)):
                return await probe.count(self._client().client, endpoint, name, text)
        return None

    def tell(self, notice: str) -> None:
        """Say something once to whoever listens."""
        if notice not in self._told and len(self._told) < 1000:
            self._told.add(notice)
            self._notify(notice)

    def _client(self) -> Http:
        if self._closed:
            raise ModelUnavailable("This client is closed.", untouched="Nothing was sent.")
        if self._http is None:
            self._http = Http(
                [one.base_url for one in self.endpoints],
                idle_seconds=min(self.patience.idle_seconds, self.patience.reply_seconds),
            )
        return self._http


class ChatStream:
    """The pieces of one answer. Leaving the block early closes the connection at once."""

    def __init__(self, client: ChatClient, request: ChatRequest, attempts: Attempts) -> None:
        self._attempts = attempts
        self._client = client
        self._request = request
        self._exchange: Exchange | None = None
        self._model = ""
        self._reply: Reply | None = None

    async def __aenter__(self) -> Self:
        self._exchange, self._model = await self._client.open(self._request, self._attempts)
        return self

    @property
    def failures(self) -> list[ModelError]:
        """What went wrong, when something did; where there is an answer, it came after that."""
        return self._attempts.failures

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Delta:
        if self._exchange is None:
            raise RuntimeError("use `async with client.stream(...) as stream`")
        try:
            delta = await self._exchange.next()
            if delta is None and self._reply is None:
                self._reply = self._exchange.reply(self._model)
                await self._exchange.close()
        except BaseException as error:
            if isinstance(error, ModelError):
                self._attempts.failed(error)
            await self._exchange.close()
            raise
        if delta is None:
            if self._reply is not None and was_cut(self._request, self._reply.usage):
                self._client.was_cut(self._request, self._reply)
            if self._reply and catalog.canonical(self._reply.model) != catalog.canonical(self._model):
                self._client.tell(f"{self._reply.host} answered with {self._reply.model} instead of {self._model}.")
            raise StopAsyncIteration
        return delta

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._exchange is not None:
            await self._exchange.close()

    @property
    def so_far(self) -> str:
        """What has come of the answer by now, thinking included."""
        return self._exchange.so_far if self._exchange is not None else ""

    @property
    def whole(self) -> Reply | None:
        """The whole answer; None before all pieces were read."""
        return self._reply

    @property
    def reply(self) -> Reply:
        """The whole answer, once all pieces were read."""
        if self._reply is None:
            raise ReplyBroken("The answer was not read to its end.")
        return self._reply


def _goes_on(error: ModelError) -> bool:
    """Whether another model or host may do better: not if the question or the key is wrong."""
    if isinstance(error, ModelOverloaded):
        return not error.details.get("rate")
    return isinstance(error, ModelUnavailable | QuotaExhausted)
