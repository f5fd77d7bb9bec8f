"""One model at one host is asked, and asked again where that can help: after faults that pass, with growing waits."""

from __future__ import annotations

import json
import logging
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import stamina

from ambient_lsp.errors import (
    BudgetExhausted,
    ModelError,
    ModelOverloaded,
    ModelRefused,
    ModelUnavailable,
    ReplyBroken,
)
from ambient_lsp.llm import dialects
from ambient_lsp.llm.exchange import Exchange
from ambient_lsp.llm.failures import refused, unreachable
from ambient_lsp.llm.keys import is_local
from ambient_lsp.llm.transport import NETWORK_ERRORS, Http, was_dropped, what_broke

if TYPE_CHECKING:
    import httpx

    from ambient_lsp.llm.attempts import Attempts
    from ambient_lsp.llm.endpoint import Endpoint
    from ambient_lsp.llm.messages import ChatRequest

_MOST_LESSONS = 5
_MOST_BROKEN = 2
_MOST_ERROR_BYTES = 64 << 10

# It warns of each wait, which Python would print between the lines of a command that has no log.
logging.getLogger("stamina").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what. Waits between attempts double from the first to the longest, with jitter."""

    attempts: int = 5
    first_wait: float = 0.5
    longest_wait: float = 30.0
    idle_seconds: float = 120.0
    reply_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Question:
    """One question to one model at one host; `attempts` is told of every time that it is sent."""

    http: Http
    endpoint: Endpoint
    model: str
    request: ChatRequest
    patience: Patience
    attempts: Attempts

    async def ask(self) -> Exchange:
        """Ask until the first piece of an answer is there.

        Raises a `ModelError` when asking again does not help, or was tried often enough.
        """
        before, patience = len(self.attempts.failures), self.patience

        def again(error: Exception) -> bool | float:
            if isinstance(error, ModelOverloaded) and (wait := error.details.get("retry_after")):
                waits = wait <= patience.longest_wait
                return wait * random.uniform(1, 1.25) if waits else False  # noqa: S311 - not a secret
            if isinstance(error, ReplyBroken):  # the question is paid for each time
                broken = sum(isinstance(one, ReplyBroken) for one in self.attempts.failures[before:])
                return broken <= _MOST_BROKEN and not error.details.keys() & {"thought", "page", "tools"}
            gone = isinstance(error, ModelUnavailable) and not error.details.get("model")
            return gone or isinstance(error, ModelOverloaded)

        first: ModelError | None
        try:
            return await self._once()  # almost always; the rest is slow
        except ModelError as error:
            first = error
        async for attempt in stamina.retry_context(
            on=again,
            attempts=patience.attempts,
            timeout=patience.reply_seconds,
            wait_initial=patience.first_wait,
            wait_max=patience.longest_wait,
            wait_jitter=patience.first_wait,
        ):
            with attempt:
                if (tried := first) is not None:
                    first = None
                    raise tried
                return await self._once()
        raise AssertionError("the last attempt returns or raises")

    async def _once(self) -> Exchange:
        """Take a place at the host and ask; the answer under way keeps the place."""
        limiter = self.endpoint.limiter
        async with AsyncExitStack() as holding:
            since = await holding.enter_async_context(limiter.place())
            try:
                exchange = await self._send(holding)
                await exchange.start()
            except BudgetExhausted:  # nobody was asked
                raise
            except ModelError as error:
                self.attempts.failed(error)
                if isinstance(error, ModelOverloaded):
                    wait = error.details.get("retry_after")
                    limiter.slower(since, wait if wait and wait <= self.patience.longest_wait else None)
                raise
            limiter.faster()
            exchange.hold(holding.pop_all())
            return exchange

    async def _send(self, holding: AsyncExitStack) -> Exchange:
        """Send it; a field that the host complains of is left out, and the rest sent at once."""
        endpoint, model = self.endpoint, self.model
        began = time.monotonic()
        for _ in range(_MOST_LESSONS):
            body = dialects.body(self.request, endpoint.dialect, model, endpoint.abilities(model))
            self.attempts.sending(endpoint.root, model)
            response = await _post(self.http, endpoint, body)
            if response.status_code == 200:
                holding.push_async_callback(response.aclose)
                return Exchange(
                    response,
                    self.request,
                    host=endpoint.root,
                    wire=endpoint.dialect.wire,
                    began=began,
                    deadline=began + self.patience.reply_seconds,
                )
            error = refused(
                endpoint.root,
                response.status_code,
                await _beginning(response),
                response.headers,
                key=endpoint.key.value,
                name=endpoint.key.name,
            )
            learns = isinstance(error, ModelRefused) and response.status_code in (400, 422)
            if not learns or not endpoint.learn(model, error.details.get("said", ""), body):
                raise error
        raise error


async def _post(http: Http, endpoint: Endpoint, body: object) -> httpx.Response:
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    headers = {**endpoint.headers(), "content-type": "application/json"}
    try:
        try:
            return await http.post(endpoint.chat_url, content, headers)
        except NETWORK_ERRORS as error:
            if not was_dropped(error):
                raise
            return await http.post(endpoint.chat_url, content, headers)
    except NETWORK_ERRORS as error:
        raise unreachable(endpoint.root, what_broke(error), local=is_local(endpoint.base_url)) from error


async def _beginning(response: httpx.Response) -> bytes:
    """Return the first bytes of a refusal and let go of the connection."""
    body = b""
    try:
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) >= _MOST_ERROR_BYTES:
                break
    except NETWORK_ERRORS:
        pass  # what came is enough to say what is wrong
    finally:
        await response.aclose()
    return body
