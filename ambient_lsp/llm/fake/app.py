"""The fake host as an ASGI application: questions in every dialect, lists of models, and everything that goes wrong."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ambient_lsp.llm.fake import wire
from ambient_lsp.llm.fake.cache import PrefixCache, count_tokens
from ambient_lsp.llm.fake.log import Entry, Log
from ambient_lsp.llm.fake.script import HUGE, REFUSALS, Answer, Question, Script, filler

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

_SEND_BYTES = 64 << 10
_DRIP_SECONDS = 0.5
_SAMPLING = ("temperature", "top_p", "n", "presence_penalty", "frequency_penalty")


class FakeModel:
    """Answers as the script says, and takes down what it did. `app` is the ASGI application."""

    def __init__(self, script: Script, log: Log) -> None:
        self.script = script
        self.log = log
        self._cache = PrefixCache(script.cache_block, script.cache_seconds)
        self._in_flight = 0
        self._began = time.monotonic()
        self._chat, self._native_chat = _Chat(self, native=False), _Chat(self, native=True)
        self._rest = Starlette(
            routes=[
                Route("/v1/models", self._models),
                Route("/api/tags", self._models),
                Route("/api/show", self._models, methods=["POST"]),
                Route("/{prefix:path}/models", self._models),
                Route("/{prefix:path}/tokenizers/estimate-token-count", self._count, methods=["POST"]),
            ]
        )

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Questions go past Starlette, whose layers would cost as much again at each piece."""
        path: str = scope.get("path", "")
        if path.endswith("/chat/completions"):
            await self._chat(scope, receive, send)
        elif path == "/api/chat":
            await self._native_chat(scope, receive, send)
        else:
            await self._rest(scope, receive, send)

    async def _models(self, request: Request) -> Response:
        self.log.other_requests += 1
        script = self.script
        if script.key and request.headers.get("authorization") != f"Bearer {script.key}":
            status, body = wire.refusal("unauthorized", "", native=False)
            return Response(body, status, media_type="application/json")
        native = request.url.path.startswith("/api/") and not request.url.path.endswith("/models")
        if native and script.kind != "ollama":
            return Response("404 page not found", 404, media_type="text/plain")
        path = request.url.path
        value = wire.show if path == "/api/show" else wire.tags if path == "/api/tags" else wire.model_list
        headers = {"x-ratelimit-limit": "200", "x-ratelimit-remaining": "199"} if script.kind == "moonshot" else {}
        return JSONResponse(value(script), headers=headers)

    async def _count(self, request: Request) -> Response:
        self.log.other_requests += 1
        if self.script.kind != "moonshot":
            return Response("404 page not found", 404, media_type="text/plain")
        question = Question(0, request.url.path, await request.json())
        counted = sum(count_tokens(text) for _, text in question.messages)
        return JSONResponse({"code": 0, "data": {"total_tokens": counted}, "status": True})

    def refusal(self, question: Question, answer: Answer, authorization: str, *, native: bool) -> tuple[str, str]:
        """Return the fault that ends this question before it is answered, and the host's words; empty for none."""
        script, body = self.script, question.body
        if script.key and authorization != f"Bearer {script.key}":
            return "unauthorized", f"Incorrect API key provided: {authorization.removeprefix('Bearer ')}"
        if question.model in script.retired:
            newer = script.retired[question.model]
            return "no_model", f"The model {question.model} was retired; use {newer} instead"
        if script.models and question.model not in script.models:
            return "no_model", f'model "{question.model}" not found, try pulling it first'
        if script.concurrency and self._in_flight > script.concurrency:
            return "rate_limit", ""
        options = body.get("options") if isinstance(body.get("options"), dict) else {}
        sampling = [name for name in _SAMPLING if name in body or name in (options or {})]
        if script.fixed_sampling and "kimi-" in question.model and sampling:
            return "bad_request", f"invalid {sampling[0]}: only 1 is allowed for this model"
        for name in script.refuses:
            if name in body:
                return "bad_request", f"Unsupported parameter: {name}"
        if count_tokens(question.prompt) > script.context and script.kind != "ollama" and not native:
            return "too_long", ""
        return (answer.fault, answer.message) if answer.fault in REFUSALS else ("", "")

    def reads(self, question: Question) -> int:
        """Return how many tokens of a question are read: an Ollama cuts off what is too long."""
        if self.script.kind != "ollama":
            return self.script.context
        options = question.body.get("options")
        wanted = options.get("num_ctx") if isinstance(options, dict) else None
        return min(wanted, self.script.context) if isinstance(wanted, int) else self.script.context


class _Chat:
    """One path for questions."""

    def __init__(self, model: FakeModel, *, native: bool) -> None:
        self._model = model
        self._native = native

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        model = self._model
        model._in_flight += 1
        try:
            await self._answer(scope, receive, send)
        finally:
            model._in_flight -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        model, native = self._model, self._native
        if native and model.script.kind != "ollama":
            await _respond(send, 404, b"404 page not found", b"text/plain", [])
            return
        began = time.monotonic()
        data = await _read(receive)
        try:
            body = json.loads(data)
        except ValueError:
            body = {}
        question = Question(model.log.questions + 1, scope["path"], body if isinstance(body, dict) else {})
        entry = Entry(question.number, began - model._began, question.path, question.model)
        entry.in_flight, entry.received = model._in_flight, len(data)
        entry.body = body if model.log.keep or model.log.file else None
        model.log.began(entry)
        gone = asyncio.ensure_future(receive())
        try:
            await self._say(_Sending(send, entry, gone, began), question, entry, dict(scope["headers"]))
        finally:
            gone.cancel()
            entry.seconds = time.monotonic() - began
            model.log.ended(entry)

    async def _say(self, out: _Sending, question: Question, entry: Entry, headers: dict[bytes, bytes]) -> None:
        model, native = self._model, self._native
        answer = await model.script.answer(question)
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        fault, message = model.refusal(question, answer, authorization, native=native)
        entry.fault = fault or answer.fault
        if fault:
            await self._refuse(out, answer, fault, message, entry)
            return
        if answer.fault == "page":
            await _respond(out.send, 200, b"<html><body>Please log in</body></html>", b"text/html", [])
            return
        entry.prompt = min(count_tokens(question.prompt), model.reads(question))
        blocks: list[bytes] = []
        if model.script.cache:
            blocks = model._cache.blocks(question.prompt)
            entry.cached = min(model._cache.cached_tokens(blocks), entry.prompt)
        text = "" if answer.fault == "empty" else filler(HUGE) if answer.fault == "huge" else answer.reply
        pace = answer.pace or model.script.pace
        named = answer.answers_as or question.model
        if not answer.stream or question.body.get("stream") is False:
            await out.wait(pace.first)
            model._cache.keep(blocks)
            entry.text, entry.completion = text, count_tokens(answer.reasoning) + count_tokens(text)
            await out.begin(wire.JSON)
            await out.put(wire.whole(answer, text, entry, named, native=native), last=True)
            entry.told = entry.finished and answer.usage != "none"
            return
        await out.begin(wire.LINES if native else wire.EVENTS)
        size = 16_384 if answer.fault == "huge" else pace.piece
        sent = [
            *wire.pieces(answer.reasoning, answer.reasoning_field, named, native, size),
            *wire.pieces(text, "content", named, native, size),
            *([wire.tool_call(answer.tool, named, native=native)] if answer.tool else []),
        ]
        entry.reasoning = count_tokens(answer.reasoning)
        stops = answer.after if answer.fault in ("cut", "error", "stall") else len(sent)
        between = _DRIP_SECONDS if answer.fault == "drip" else pace.between
        await out.wait(pace.first)
        model._cache.keep(blocks)  # not before: whoever asks at the same time shares nothing yet
        whole = await out.pieces(sent[:stops], between)
        told = answer.reasoning + text
        if whole and stops >= len(sent):
            entry.text, entry.completion = text, entry.reasoning + count_tokens(text)
        else:
            told = told[: out.count * size]
            entry.text, entry.completion = told[len(answer.reasoning) :], count_tokens(told)
        if entry.left:
            return
        if answer.fault == "stall":
            await out.wait(3600)
        elif answer.fault == "error":
            await out.put(wire.middle_error(native=native), last=True)
        elif answer.fault != "cut":  # that ends without an end: the server breaks off the connection
            await out.put(wire.ending(answer, entry, named, native=native), last=True)
            entry.told = entry.finished and answer.usage != "none"

    async def _refuse(self, out: _Sending, answer: Answer, fault: str, message: str, entry: Entry) -> None:
        status, body = wire.refusal(fault, message, native=self._native)
        entry.status, entry.sent = status, len(body)
        headers: list[tuple[bytes, bytes]] = []
        wait = answer.retry_after if answer.retry_after is not None else self._model.script.retry_after
        if status == 429 and wait is not None:
            headers.append((b"retry-after", str(wait).encode()))
        if fault == "redirect":
            headers.append((b"location", b"https://elsewhere.example/v1/chat/completions"))
        kind = b"text/html" if body.startswith(b"<") else wire.JSON
        await _respond(out.send, status, body, kind, headers)


class _Sending:
    """An answer on its way out, and whether anybody still listens."""

    def __init__(self, send: Send, entry: Entry, gone: asyncio.Future[Any], began: float) -> None:
        self.send = send
        self.count = 0
        self._entry = entry
        self._gone = gone
        self._began = began

    async def begin(self, kind: bytes) -> None:
        """Send status and headers."""
        headers = [(b"content-type", kind), (b"cache-control", b"no-cache")]
        await self.send({"type": "http.response.start", "status": 200, "headers": headers})

    async def wait(self, seconds: float) -> None:
        """Wait, but not for a client that has gone."""
        if seconds >= 0.05:
            await asyncio.wait({self._gone}, timeout=seconds)
        elif seconds:
            await asyncio.sleep(seconds)
        if self._gone.done():
            self._entry.left = True

    async def put(self, data: bytes, *, last: bool = False) -> None:
        """Send bytes, unless nobody listens."""
        entry = self._entry
        if self._gone.done():
            entry.left = True
            return
        await self.send({"type": "http.response.body", "body": data, "more_body": not last})
        entry.sent += len(data)
        entry.finished = last

    async def pieces(self, sent: list[bytes], between: float) -> bool:
        """Send the pieces with a pause between them; without one, as many at once as fit. Whether all were sent."""
        entry = self._entry
        entry.first_seconds = time.monotonic() - self._began
        for group in [[piece] for piece in sent] if between else _groups(sent):
            if between and self.count:
                await self.wait(between)
            await self.put(group[0] if len(group) == 1 else b"".join(group))
            if entry.left:
                return False
            self.count += len(group)
        return True


def _groups(sent: list[bytes]) -> list[list[bytes]]:
    groups: list[list[bytes]] = []
    size = _SEND_BYTES
    for piece in sent:
        if size >= _SEND_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(piece)
        size += len(piece)
    return groups


async def _respond(send: Send, status: int, body: bytes, kind: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _read(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body
