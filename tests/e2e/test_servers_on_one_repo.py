"""Real server processes: two on one repository, one of them killed; and one over TCP."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import project

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

SETTINGS = "sandbox:\n  backend: none\nagents:\n  enabled: [StyleEnforcer, SecurityGuardian]\n"


class Client:
    """Reads in the background, and keeps what it was told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.told: list[dict[str, Any]] = []
        self._reader, self._writer = reader, writer
        self._ids = itertools.count(1)
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            while head := await self._reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                message = json.loads(await self._reader.readexactly(length))
                self.told.append(message)
                if "id" in message and "method" in message:
                    self._send({"id": message["id"], "result": None})
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def notify(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    async def request(self, method: str, params: Any) -> Any:
        number = next(self._ids)
        self._send({"id": number, "method": method, "params": params})

        def answer() -> list[dict[str, Any]]:
            return [one for one in self.told if one.get("id") == number and "method" not in one]

        [message] = await until(answer)
        assert "result" in message, message
        return message["result"]

    async def begin(self, root: Path) -> None:
        folders = [{"uri": root.as_uri(), "name": root.name}]
        params = {"processId": None, "rootUri": None, "capabilities": {}, "workspaceFolders": folders}
        await self.request("initialize", params)
        self.notify("initialized", {})
        await until(lambda: self.folder().get("ready"))

    def open(self, file: Path) -> str:
        document = {"uri": file.as_uri(), "languageId": "python", "version": 1, "text": file.read_text()}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return file.as_uri()

    def codes(self, uri: str) -> set[str]:
        told = [one["params"] for one in self.told if one.get("method") == "textDocument/publishDiagnostics"]
        return {item["code"] for params in told[-50:] if params["uri"] == uri for item in params["diagnostics"]}

    def folder(self) -> dict[str, Any]:
        told = [one["params"] for one in self.told if one.get("method") == "ambient/status"]
        return told[-1]["folders"][0] if told and told[-1]["folders"] else {}

    async def states(self) -> list[str]:
        return [run["state"] for run in (await self.request("ambient/listRuns", {}))["runs"]]

    async def end(self) -> None:
        self._reading.cancel()
        self._writer.close()


async def until(look: Callable[[], Any], seconds: float = 40) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := look()):
            await asyncio.sleep(0.02)
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project.make(tmp_path / "shop", {**project.FILES, ".ambient.yml": SETTINGS})


@asynccontextmanager
async def server(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ambient_lsp", "server", *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def over_pipes(process: asyncio.subprocess.Process) -> Client:
    assert process.stdout and process.stdin
    return Client(process.stdout, process.stdin)


async def test_the_second_window_shows_what_the_first_finds_and_takes_over_when_it_is_killed(root: Path) -> None:
    async with server() as one, server() as two:
        first, second = over_pipes(one), over_pipes(two)
        await first.begin(root)
        await second.begin(root)
        assert first.folder()["leader"] is True and second.folder()["leader"] is False
        uri = first.open(root / "app.py")
        await until(lambda: "AMB-SEC-WEAK-HASH" in first.codes(uri))
        second.open(root / "app.py")
        await until(lambda: "AMB-SEC-WEAK-HASH" in second.codes(uri))

        one.send_signal(signal.SIGKILL)
        await one.wait()
        more = root / "more.py"
        more.write_text(project.FILES["app.py"].replace("token", "other"))
        uri = second.open(more)
        await until(lambda: "AMB-SEC-WEAK-HASH" in second.codes(uri))
        await until(lambda: second.folder()["leader"] is True)
        # What the killed one had under way is ended, and what this window had asked it for is done here.
        async with asyncio.timeout(40):
            while "running" in (states := await second.states()):
                await asyncio.sleep(0.1)
        assert "done" in states
        await second.request("shutdown", None)
        second.notify("exit", None)
        assert await asyncio.wait_for(two.wait(), 15) == 0
        for client in (first, second):
            await client.end()


async def test_over_tcp_it_is_the_same_server(root: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with server("--tcp", f"127.0.0.1:{port}") as process:
        assert process.stderr is not None
        assert str(port).encode() in await asyncio.wait_for(process.stderr.readline(), 30)
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        await client.begin(root)
        uri = client.open(root / "app.py")
        await until(lambda: {"AMB-SEC-WEAK-HASH", "AMB-STYLE-F401"} <= client.codes(uri))
        await client.request("shutdown", None)
        client.notify("exit", None)
        assert await asyncio.wait_for(process.wait(), 15) == 0
        await client.end()
