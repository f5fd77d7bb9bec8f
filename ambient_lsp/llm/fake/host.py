"""The fake host as a server on loopback: `async with FakeHost(script) as host: host.base_url, host.log`."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import socket
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import uvicorn

from ambient_lsp.llm.fake.app import FakeModel
from ambient_lsp.llm.fake.log import Entry, Log
from ambient_lsp.llm.fake.script import Answer, Script

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BACKLOG = 2048


class FakeHost:
    """Serves a script while the block runs. Takes a `Script`, a list of answers, a function, plain values or a path."""

    def __init__(
        self, script: Any = None, *, port: int = 0, log_file: IO[str] | None = None, keep_log: bool = True
    ) -> None:
        self.script = script_of(script)
        self.sums = Log(file=log_file, keep=keep_log)
        self.model = FakeModel(self.script, self.sums)
        self._port = port
        self._socket: socket.socket | None = None
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`, for Ollama's own dialect."""
        if not self._port:
            raise RuntimeError("use `async with FakeHost(...) as host`")
        return f"http://127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        """The address for programs that speak like OpenAI."""
        return f"{self.address}/v1"

    @property
    def log(self) -> Sequence[Entry]:
        """Every question so far, in the order in which they came."""
        return self.sums.entries

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._server.server_state.connections) if self._server else 0

    async def __aenter__(self) -> Self:
        self._socket = _listen(self._port)
        self._port = self._socket.getsockname()[1]
        # Its parser in C is four times as fast, which 500 streams need; without it everything works too.
        parser = "httptools" if importlib.util.find_spec("httptools") else "h11"
        config = uvicorn.Config(
            self.model.app,
            http=parser,
            interface="asgi3",
            proxy_headers=False,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=0,
            timeout_keep_alive=75,
            backlog=_BACKLOG,
        )
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # it breaks off on purpose
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve([self._socket]))
        while not self._server.started and not self._task.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
        if self._socket is not None:
            self._socket.close()

    async def forever(self) -> None:
        """Serve until the server stops."""
        if self._task is not None:
            await self._task


class _Server(uvicorn.Server):
    """Leaves the signals alone: they belong to the program that the server runs in."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(port: int) -> socket.socket:
    # Only of a socket that says TCP does asyncio turn off the waiting that costs 40 ms an answer.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(_BACKLOG)
    listening.setblocking(False)
    return listening


def script_of(script: Any) -> Script:
    """Return a script for whatever describes one. Raises `ConfigError`."""
    if isinstance(script, Script):
        return script
    if isinstance(script, Path):
        return Script.read(script)
    if script is None:
        return Script()
    if callable(script):
        return Script(replies=script)
    if isinstance(script, str):
        return Script(replies=(Answer(script),))
    if isinstance(script, (list, tuple)) and all(isinstance(one, Answer) for one in script):
        return Script(replies=tuple(script))
    return Script.of(script)
