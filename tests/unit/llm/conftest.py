"""What the tests of the model client share: a patient enough client, and requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from ambient_lsp.config import Kimi
from ambient_lsp.llm.client import ChatClient, Patience
from ambient_lsp.llm.messages import ChatRequest, Message

KEYS = ("MOONSHOT_API_KEY", "OPENAI_API_KEY", "OLLAMA_API_KEY", "OPENROUTER_API_KEY", "AMBIENT_API_KEY")
QUICK = Patience(attempts=4, first_wait=0.01, longest_wait=2.0, idle_seconds=0.5, reply_seconds=5.0)


def ask(text: str = "What is wrong here?", **more: Any) -> ChatRequest:
    return ChatRequest((Message("system", "You review code."), Message("user", text)), "test", **more)


def settings(url: str, **more: Any) -> Kimi:
    return Kimi(**{"provider": "moonshot", "base_url": url, "model_id": "kimi-k2.6", **more})


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (*KEYS, "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    yield


@pytest.fixture
async def connect(tmp_path: Path) -> AsyncIterator[Callable[..., ChatClient]]:
    """Give clients that are closed at the end: `connect(url, model_id=..., notify=...)`."""
    async with AsyncExitStack() as closing:

        def make(url: str, *, notify: Callable[[str], None] = lambda _: None, **more: Any) -> ChatClient:
            own = {name: more.pop(name) for name in ("mode", "start", "patience") if name in more}
            client = ChatClient.from_settings(
                settings(url, **more), state=tmp_path, notify=notify, **{"patience": QUICK, **own}
            )
            closing.push_async_callback(client.close)
            return client

        yield make
