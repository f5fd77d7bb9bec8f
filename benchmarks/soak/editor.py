"""An editor that speaks to a server process over stdio, holds texts as editors do, and takes what the server sends."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

CAPABILITIES = Path(__file__).parents[2] / "tests/server/clients/vscode_1.139.json"
PATIENCE = 180.0
"""Seconds; a machine that does other things too is slow, and that is no fault of a server."""
_LONGEST_LINE = 1 << 26


class Gone(Exception):
    """The server process has ended."""


class Refusal(Exception):
    """The server answered a request with an error, as it may."""


class Editor:
    """One window. Texts are in the units of UTF-16, of which ours need one for each character."""

    def __init__(self, name: str, *roots: Path, environment: dict[str, str], log: Path) -> None:
        self.name, self.roots, self.environment, self.log = name, list(roots), environment, log
        self.texts: dict[Path, str] = {}
        self.shown: dict[str, list[Any]] = {}
        self.status: dict[str, Any] = {}
        self.applied: list[dict[str, Any]] = []
        self.slowest = 0.0
        self.process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The server's process; 0 where none runs."""
        return self.process.pid if self.process is not None and self.process.returncode is None else 0

    async def start(self) -> None:
        """Start a server for all folders and wait until it is ready."""
        self._ids, self._waiting = itertools.count(1), dict[int, asyncio.Future[Any]]()
        self._answering: set[asyncio.Task[None]] = set()
        self.versions: dict[Path, int] = {}
        self.status = {}
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ambient_lsp", "server", "--stdio"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=self.roots[0],
                env=self.environment,
                limit=_LONGEST_LINE,
            )
        self._reading = asyncio.create_task(self._read(self.process))
        params = {
            "processId": os.getpid(),
            "rootUri": None,
            "capabilities": json.loads(CAPABILITIES.read_text()),
            "workspaceFolders": [{"uri": root.as_uri(), "name": root.name} for root in self.roots],
            "initializationOptions": {"trusted": True},
        }
        await self.request("initialize", params)
        await self.notify("initialized", {})
        await self.until(self.ready)
        for path, text in list(self.texts.items()):  # an editor whose server ended opens all tabs again
            await self.open(path, text)

    def ready(self) -> bool:
        """Whether all folders are open, with a sandbox."""
        folders = self.status.get("folders", ())
        return len(folders) >= len(self.roots) and all(one["ready"] and one["sandbox"] for one in folders)

    def idle(self) -> bool:
        """Whether no run is under way, as the server says."""
        return self.ready() and self.status.get("state") == "idle"

    async def until(self, condition: Any, seconds: float = PATIENCE) -> None:
        """Wait for something that the server tells. Raises `TimeoutError`."""
        async with asyncio.timeout(seconds):
            while not condition():
                if not self.pid:
                    raise Gone(self.name)
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """End the server as `kill -9` does."""
        if self.process is not None:
            self.process.kill()
            await self._ended(self.process)

    async def stop(self) -> int:
        """End the server as editors do; return its exit code."""
        assert self.process is not None
        await self.request("shutdown")
        await self.notify("exit")
        return await asyncio.wait_for(self._ended(self.process), 30)

    async def _ended(self, process: asyncio.subprocess.Process) -> int:
        code = await process.wait()
        self._reading.cancel()
        await asyncio.gather(self._reading, *self._answering, return_exceptions=True)
        self._nobody_answers()
        process._transport.close()  # type: ignore[attr-defined]
        return code

    def _nobody_answers(self) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(Gone(self.name))

    # --------------------------------------------------------------------------------------------- messages

    async def request(self, method: str, params: Any = None, seconds: float = PATIENCE) -> Any:
        """Ask the server. Raises `Refusal`, `Gone` or `TimeoutError`."""
        number = next(self._ids)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        began = time.monotonic()
        await self._send({"id": number, "method": method, "params": params})
        try:
            answer = await asyncio.wait_for(future, seconds)
        finally:
            self._waiting.pop(number, None)
            self.slowest = max(self.slowest, time.monotonic() - began)
        if "error" in answer:
            raise Refusal(f"{method}: {answer['error'].get('message')}")
        return answer.get("result")

    async def command(self, name: str, **options: Any) -> Any:
        """Call one of the server's commands."""
        return await self.request(
            "workspace/executeCommand", {"command": f"ambient.server.{name}", "arguments": [options]}
        )

    async def notify(self, method: str, params: Any = None) -> None:
        """Tell the server something."""
        await self._send({"method": method, "params": params})

    async def _send(self, message: dict[str, Any]) -> None:
        if not self.pid or self.process is None or self.process.stdin is None:
            raise Gone(self.name)
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        try:
            await self.process.stdin.drain()
        except ConnectionError as error:
            raise Gone(self.name) from error

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            while header := await process.stdout.readuntil(b"\r\n\r\n"):
                fields = dict(line.split(b": ", 1) for line in header.strip().split(b"\r\n"))
                self._take(json.loads(await process.stdout.readexactly(int(fields[b"Content-Length"]))))
        except (asyncio.IncompleteReadError, ConnectionError):
            self._nobody_answers()

    def _take(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            if (future := self._waiting.get(message["id"])) is not None and not future.done():
                future.set_result(message)
        elif "id" in message:
            task = asyncio.create_task(self._answer(message))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif method == "textDocument/publishDiagnostics":
            self.shown[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif method == "ambient/status":
            self.status = message["params"]
        elif method == "ambient/applied":
            self.applied = [*self.applied[-20:], message["params"]]

    async def _answer(self, message: dict[str, Any]) -> None:
        method, params = message["method"], message["params"]
        result: Any = None
        if method == "workspace/configuration":
            result = [None for _ in params["items"]]
        elif method == "window/showMessageRequest":
            result = {"title": "Apply"}
        elif method == "window/showDocument":
            result = {"success": True}
        elif method == "workspace/applyEdit":
            result = {"applied": await self._apply(params["edit"])}
        with contextlib.suppress(Gone):
            await self._send({"id": message["id"], "result": result})

    # ------------------------------------------------------------------------------------------------ texts

    async def open(self, path: Path, text: str) -> None:
        """Open a file."""
        self.texts[path], self.versions[path] = text, 1
        document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        await self.notify("textDocument/didOpen", {"textDocument": document})

    async def type(self, path: Path, text: str) -> None:
        """Bring the buffer to `text` with the smallest change."""
        old = self.texts[path]
        start = _alike(old, text)
        rest = min(len(old), len(text)) - start
        end = _alike(old[::-1][:rest], text[::-1][:rest])
        place = {"start": _position(old, start), "end": _position(old, len(old) - end)}
        self.texts[path] = text
        self.versions[path] += 1
        await self.notify(
            "textDocument/didChange",
            {
                "textDocument": {"uri": path.as_uri(), "version": self.versions[path]},
                "contentChanges": [{"range": place, "text": text[start : len(text) - end]}],
            },
        )

    async def save(self, path: Path) -> None:
        """Write the buffer to the disk and tell so."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.texts[path], newline="")
        await self.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})

    async def close(self, path: Path) -> None:
        """Close a tab."""
        del self.texts[path]
        await self.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    async def take(self, edit: dict[str, Any]) -> bool:
        """Make an edit that came with an action."""
        return await self._apply(edit)

    async def _apply(self, edit: dict[str, Any]) -> bool:
        changes = [one for one in edit.get("documentChanges", ()) if "textDocument" in one]
        for change in changes:
            path, version = Path(change["textDocument"]["uri"].removeprefix("file://")), change["textDocument"]
            if version.get("version") is not None and version["version"] != self.versions.get(path):
                return False
        for change in changes:
            path = Path(change["textDocument"]["uri"].removeprefix("file://"))
            if path not in self.texts:
                await self.open(path, path.read_bytes().decode() if path.exists() else "")
            text = self.texts[path]
            places = [
                (_offset(text, one["range"]["start"]), _offset(text, one["range"]["end"]), one["newText"])
                for one in change["edits"]
            ]
            for start, end, new in sorted(places, reverse=True):
                text = text[:start] + new + text[end:]
            await self.type(path, text)
        return True


def _alike(one: str, two: str) -> int:
    """Return how many characters from the start are the same."""
    return next((place for place, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def _position(text: str, offset: int) -> dict[str, int]:
    return {"line": text.count("\n", 0, offset), "character": offset - text.rfind("\n", 0, offset) - 1}


def _offset(text: str, position: dict[str, int]) -> int:
    start = 0
    for _ in range(position["line"]):
        start = text.index("\n", start) + 1
    return min(start + position["character"], len(text))
