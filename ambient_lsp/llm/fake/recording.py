"""Recordings: questions go on to a real host, and its answers into a file that is a script for later.

A line is one answer and the digest of its question. Keys stay in the environment of whoever records.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from ambient_lsp.errors import ModelError
from ambient_lsp.llm import keys
from ambient_lsp.llm.chunks import Gathered
from ambient_lsp.llm.dialects import dialect_for
from ambient_lsp.llm.fake.script import Answer, Question
from ambient_lsp.llm.sse import EventStream, JsonLines
from ambient_lsp.llm.transport import NETWORK_ERRORS, Http

if TYPE_CHECKING:
    from pathlib import Path


_IDLE_SECONDS = 300.0


class Recorder:
    """Gives the replies of a script from the host at `upstream` and appends them to `file`."""

    def __init__(self, upstream: str, file: Path) -> None:
        self._upstream = upstream.rstrip("/")
        self._file = file
        self._http: Http | None = None
        keys.check_address(self._upstream, allow_plain_http=False)

    async def __call__(self, question: Question) -> Answer:
        """Ask the real host. What it refuses, or what breaks, is passed on and not recorded."""
        native = question.path.endswith("/api/chat")
        root = self._upstream.removesuffix("/v1") if native else self._upstream
        url = root + ("/api/chat" if native else "/chat/completions")
        dialect = dialect_for("ollama" if native else "openai-compatible", self._upstream)
        key = await asyncio.to_thread(keys.key_for, self._upstream, dialect, ())
        headers = {"authorization": f"Bearer {key.value}"} if key.value else {}
        if self._http is None:
            self._http = Http([self._upstream], idle_seconds=_IDLE_SECONDS)
        gathered, payloads = Gathered(root), JsonLines() if native else EventStream()
        try:
            sent = {**question.body, "stream": True}
            async with self._http.client.stream("POST", url, json=sent, headers=headers) as response:
                if response.status_code != 200:
                    body = (await response.aread())[:500].decode("utf-8", "replace")
                    return Answer(fault="bad_gateway", message=f"{root} says {response.status_code}: {body}")
                async for piece in response.aiter_bytes():
                    for payload in payloads.feed(piece):
                        gathered.take(payload)
                for payload in payloads.close():
                    gathered.take(payload)
        except (*NETWORK_ERRORS, ModelError) as error:
            return Answer(fault="bad_gateway", message=f"{root}: {error}")
        answer = Answer(
            reply="".join(gathered.text), reasoning="".join(gathered.reasoning), finish=gathered.finish or "stop"
        )
        self._keep(question, answer)
        return answer

    async def close(self) -> None:
        """Close the connections to the real host."""
        if self._http is not None:
            await self._http.aclose()

    def _keep(self, question: Question, answer: Answer) -> None:
        line = {
            "digest": question.digest,
            "reply": answer.reply,
            "reasoning": answer.reasoning,
            "finish": answer.finish,
        }
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
