"""The real server as a process, with the same editor in front of it as in `wire.py`: nothing in it is a fake."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.server.wire import Editor, Wire, capabilities, until

ROOT = Path(__file__).parents[2]


class ProcessWire(Wire):
    """The pipes of a server process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.sent: list[dict[str, Any]] = []
        self.answers = {}
        self.process = process
        self._ids = itertools.count(1)
        self._waiting = {}
        self._reading = asyncio.create_task(self._read())

    def feed(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        body = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    async def request(self, method: str, params: Any = None) -> dict[str, Any]:
        message_id = next(self._ids)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[message_id] = future
        self.feed({"jsonrpc": "2.0", "id": message_id, "method": method, "params": params})
        return await asyncio.wait_for(future, 60)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        try:
            while True:
                head = await self.process.stdout.readuntil(b"\r\n\r\n")
                length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
                self.write(await self.process.stdout.readexactly(length))
        except asyncio.IncompleteReadError:
            return

    async def end(self) -> None:
        """Say goodbye as an editor does; whatever does not end then is killed."""
        try:
            await self.request("shutdown")
            self.notify("exit", None)
            await asyncio.wait_for(self.process.wait(), 20)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise
        finally:
            self._reading.cancel()


class Talk:
    """An editor and the server it talks to."""

    def __init__(self, wire: ProcessWire, editor: Editor) -> None:
        self.wire, self.editor = wire, editor

    async def command(self, name: str, **options: Any) -> dict[str, Any]:
        params = {"command": f"ambient.server.{name}", "arguments": [options]}
        return await self.wire.request("workspace/executeCommand", params)

    async def proposal(self, proposal_id: str) -> dict[str, Any]:
        return (await self.wire.request("ambient/getProposal", {"id": proposal_id}))["result"]

    async def applied(self, run_id: str) -> dict[str, Any]:
        """Wait for the end of an applying."""
        return await until(
            lambda: next((one for one in self.wire.of("ambient/applied") if one["run_id"] == run_id), None), 60
        )


@asynccontextmanager
async def talk(
    root: Path,
    *,
    client: str = "vscode_1.139",
    more: Mapping[str, Any] | None = None,
    settings: Any = None,
    options: Mapping[str, Any] | None = None,
) -> AsyncIterator[Talk]:
    """Start the server for a folder, and wait until its engine is ready. `more` is what the client can do besides."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ambient_lsp", "server", "--stdio",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, limit=1 << 24,
    )  # fmt: skip
    wire = ProcessWire(process)
    editor = Editor(wire, "utf-16")
    if settings is not None:
        wire.answers["workspace/configuration"] = lambda params: [settings for _ in params["items"]]
    try:
        answer = await wire.request(
            "initialize",
            {"processId": os.getpid(), "rootUri": None, "capabilities": capabilities(client) | dict(more or {}),
             "clientInfo": {"name": client}, "initializationOptions": options,
             "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}]},
        )  # fmt: skip
        editor.encoding = answer["result"]["capabilities"]["positionEncoding"]
        wire.notify("initialized", {})

        def ready() -> bool:
            told = wire.of("ambient/status")
            return bool(told) and all(one["ready"] for one in told[-1]["folders"])

        await until(ready, 60)
        yield Talk(wire, editor)
    finally:
        await wire.end()
