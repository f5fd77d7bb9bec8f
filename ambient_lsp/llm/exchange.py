"""One question under way at one host, from the first byte of the answer to the last."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from httpx import AsyncByteStream

from ambient_lsp.errors import ModelError, ReplyBroken
from ambient_lsp.llm.chunks import Gathered
from ambient_lsp.llm.dialects import estimate_tokens
from ambient_lsp.llm.failures import UNTOUCHED
from ambient_lsp.llm.messages import Reply, Usage
from ambient_lsp.llm.sse import EventStream, JsonLines, Whole
from ambient_lsp.llm.tokens import BYTES_PER_TOKEN
from ambient_lsp.llm.transport import NETWORK_ERRORS, what_broke

if TYPE_CHECKING:
    import httpx

    from ambient_lsp.llm.messages import ChatRequest, Delta
    from ambient_lsp.llm.sse import Payloads

_LAST_BYTES_SECONDS = 1.0
_LEAST_CHARACTERS, _MOST_CHARACTERS = 64 << 10, 4 << 20
_CHARACTERS_PER_TOKEN = 16  # four times what text has: whoever sends more does not count tokens


class Exchange:
    """An answer that is arriving. It holds a place at the host and a connection until it ends or is closed."""

    def __init__(
        self, response: httpx.Response, request: ChatRequest, *, host: str, wire: str, began: float, deadline: float
    ) -> None:
        self.request = request
        self._host = host
        self._gathered = Gathered(host)
        self._payloads = _payloads(response, wire, host)
        # httpx's own way costs as much for each piece as reading it; it is needed for packed answers only.
        raw = response.stream
        if isinstance(raw, AsyncByteStream) and "content-encoding" not in response.headers:
            self._bytes = aiter(raw)
        else:
            self._bytes = response.aiter_bytes()
        self._pending: deque[Delta] = deque()
        self._over = False
        self._error: ModelError | None = None
        self._began = began
        self._ended = 0.0
        self._first = 0.0
        self._deadline = deadline
        self._most = min(max(request.max_tokens * _CHARACTERS_PER_TOKEN, _LEAST_CHARACTERS), _MOST_CHARACTERS)
        self._holding = AsyncExitStack()

    def hold(self, holding: AsyncExitStack) -> None:
        """Take over what must be given back when the answer ends."""
        self._holding = holding

    async def start(self) -> None:
        """Wait for the first piece. Raises a `ModelError` if there is none."""
        while not self._pending and not self._over and self._error is None:
            await self._read()
        self._first = time.monotonic()
        if self._error is not None:
            raise self._error
        if not self._pending:
            raise self._empty()

    async def next(self) -> Delta | None:
        """Return the next piece, None after the last. Raises `ReplyBroken` when the answer ends too early."""
        while not self._pending:
            if self._error is not None:
                raise self._error
            if self._over:
                return None
            await self._read()
        return self._pending.popleft()

    @property
    def so_far(self) -> str:
        """What has come, thinking included."""
        return "".join((*self._gathered.reasoning, *self._gathered.text))

    async def close(self) -> None:
        """Give back the connection and the place; the host sees that nobody listens any more."""
        self._over = True
        self._pending.clear()
        await self._holding.aclose()

    def reply(self, asked: str) -> Reply:
        """Return the whole answer. Raises `ReplyBroken` if there is no text in it."""
        gathered = self._gathered
        if not gathered.text:
            raise self._empty()
        return Reply(
            text="".join(gathered.text),
            reasoning="".join(gathered.reasoning),
            usage=gathered.usage or self._estimate(),
            model=gathered.model or asked,
            host=self._host,
            finish=gathered.finish or "stop",
            seconds=self._ended - self._began,
            first_token_seconds=self._first - self._began,
        )

    async def _read(self) -> None:
        """Take what comes next. An error waits until the pieces that came before it were handed out."""
        try:
            await self._take()
        except ReplyBroken as error:
            self._error = error if "usage" in error.details else self._broken(error.what)
        except ModelError as error:  # too busy to go on, or out of money: what was sent before is counted all the same
            error.details["usage"] = self._gathered.usage or self._estimate()
            self._error = error

    async def _take(self) -> None:
        gathered = self._gathered
        try:
            data = await self._more()
            for payload in self._payloads.close() if data is None else self._payloads.feed(data):
                if (delta := gathered.take(payload)) is not None:
                    self._pending.append(delta)
        except NETWORK_ERRORS as error:
            if not gathered.finish and not gathered.done:
                waited = what_broke(error) == "no answer in time"
                how = "stopped: nothing came for too long" if waited else "was cut off"
                raise self._broken(f"The answer of {self._host} {how}.") from error
            data = None
        if gathered.size > self._most:
            raise self._broken(f"{self._host} sent far more than the {self.request.max_tokens:,} tokens asked for.")
        if data is None:
            self._over, self._ended = True, time.monotonic()
            if not gathered.finish and not gathered.done:
                raise self._broken(f"The answer of {self._host} was cut off.")
        elif time.monotonic() > self._deadline:
            raise self._broken(f"The answer of {self._host} took longer than `kimi.timeout_seconds`.")

    async def _more(self) -> bytes | None:
        if not self._gathered.done:
            return await anext(self._bytes, None)
        try:
            # All is said; only the end itself is missing, without which the connection cannot be kept.
            async with asyncio.timeout(_LAST_BYTES_SECONDS):
                return await anext(self._bytes, None)
        except TimeoutError:
            return None

    def _empty(self) -> ModelError:
        if self._gathered.finish == "length":
            return self._broken(
                f"All {self.request.max_tokens:,} tokens went into thinking before the answer began.",
                next_step="Ask for more tokens, or less thinking.",
                thought=True,
            )
        if self._gathered.tools:
            name = "".join(char for char in self._gathered.tools[0] if char.isprintable())[:60]
            return self._broken(
                f"{self._host} answered with the call of a tool ({name}) and no text; no tools were offered.",
                next_step="Use a model that follows instructions better, or turn tools off where the host is started.",
                tools=True,
            )
        return self._broken(f"The answer of {self._host} is empty.")

    def _broken(self, what: str, next_step: str = "Ask again.", **why: bool) -> ReplyBroken:
        return ReplyBroken(
            what,
            untouched=UNTOUCHED,
            next_step=next_step,
            text="".join(self._gathered.text),
            usage=self._gathered.usage or self._estimate(),
            **why,
        )

    def _estimate(self) -> Usage:
        written = sum(len(piece.encode()) for piece in (*self._gathered.text, *self._gathered.reasoning))
        return Usage(estimate_tokens(self.request), int(written / BYTES_PER_TOKEN), estimated=True)


def _payloads(response: httpx.Response, wire: str, host: str) -> Payloads:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/html":
        raise ReplyBroken(
            f"{host} answered with a web page.", untouched=UNTOUCHED, next_step="Check `kimi.base_url`.", page=True
        )
    if wire == "ollama":
        return JsonLines()
    return Whole() if kind == "application/json" else EventStream()
