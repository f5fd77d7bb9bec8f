"""A resident `ruff server`: what ruff finds in a buffer, in a few milliseconds, for the first wave in an editor.

A process for each save costs more than the check itself, so one stays. It speaks the Language Server Protocol over its
pipes, of which this needs four messages; columns are asked for in code points (UTF-32), which are ours.
See https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from functools import partial
from typing import TYPE_CHECKING, Self

from ambient_lsp.analyzers import security
from ambient_lsp.analyzers.base import parse
from ambient_lsp.analyzers.ruff import SYNTAX_ERROR, Diagnostic, Fix, Report, executable
from ambient_lsp.analyzers.styling import style
from ambient_lsp.analyzers.styling.project_style import ProjectStyle, read_style
from ambient_lsp.errors import AmbientError
from ambient_lsp.model import Replacement, Span
from ambient_lsp.text import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from ambient_lsp.analyzers.base import RawFinding
    from ambient_lsp.analyzers.rules import Level
    from ambient_lsp.model import Json

_NEWER = "(syntax was added in Python"
_ANSWER = 10.0
_GOODBYE = 1.0
_LONG = 100_000
"""Characters beyond which a text is judged in a thread, and not looked at ahead. Below, the hop costs more than it
spares."""
_PAUSE = 0.3
"""Seconds without a change after which somebody who types has paused."""

_NO_SUCH_METHOD = -32601


class RuffServer:
    """One `ruff server` for one folder. Started at the first question, and again after it has died.

    Use it as `async with`, or call `close`. Questions are answered one after the other.
    """

    def __init__(self, root: Path, *, threshold: Level = "medium", defer_to_formatter: bool = True) -> None:
        self._root = root
        self._threshold: Level = threshold
        self._defer = defer_to_formatter
        self._child: _Child | None = None
        self._one_at_a_time = asyncio.Lock()
        self._ahead: tuple[str, str, asyncio.Task[Report]] | None = None
        self._typing: asyncio.TimerHandle | None = None

    def expect(self, path: str, text: str) -> None:
        """Look ahead at a text that somebody is typing, so that the answer is there when it is saved.

        That is the first change after a pause and what stands there at the next pause: two looks for a flow of typing,
        not one for each key. Nothing happens before the first question.
        """
        if self._child is None or len(text) > _LONG:
            return
        if self._typing is None:
            self._look_ahead(path, text)
        else:
            self._typing.cancel()
        self._typing = asyncio.get_running_loop().call_later(_PAUSE, self._rested, path, text)

    async def diagnostics(
        self, path: str, text: str, version: int = 0, meanwhile: Callable[[], object] = lambda: None
    ) -> list[RawFinding]:
        """Return the style and security findings of a buffer. `meanwhile` is called while ruff works.

        Raises `AmbientError` when ruff cannot be started or does not answer, even when started anew.
        """
        root, settings = str(self._root), ProjectStyle()

        def prepare() -> None:
            nonlocal settings
            settings = read_style(root, path)
            if len(text) <= _LONG:
                _prepare(text)
            meanwhile()

        report = await self.report(path, text, version, meanwhile=prepare)
        if len(text) > _LONG:  # judging takes its time, and must not hold up the editor's other questions
            return await asyncio.to_thread(self._judge, text, path, report, settings)
        return self._judge(text, path, report, settings)

    def _judge(self, text: str, path: str, report: Report, settings: ProjectStyle) -> list[RawFinding]:
        found = style.raw_findings(text, path, report, settings, defer_to_formatter=self._defer)
        return found + security.first_look(text, path, report, settings.ruff, self._threshold)

    async def report(
        self, path: str, text: str, version: int = 0, *, meanwhile: Callable[[], object] = lambda: None
    ) -> Report:
        """Return all that ruff says of a buffer; no fix in it counts as safe. `meanwhile` is called while it works."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead[:2] == (path, text):
            meanwhile()
            with contextlib.suppress(AmbientError):
                return await asyncio.shield(ahead[2])
        return await self._report(path, text, version, meanwhile)

    def _rested(self, path: str, text: str) -> None:
        self._typing = None
        self._look_ahead(path, text)

    def _look_ahead(self, path: str, text: str) -> None:
        if self._ahead is not None and (not self._ahead[2].done() or self._ahead[:2] == (path, text)):
            return
        task = asyncio.create_task(self._report(path, text, 0, partial(_prepare, text)))
        task.add_done_callback(_heard)
        self._ahead = (path, text, task)

    async def _report(self, path: str, text: str, version: int, meanwhile: Callable[[], object]) -> Report:
        async with self._one_at_a_time:
            try:
                return await self._ask(path, text, version, meanwhile)
            except (OSError, EOFError, TimeoutError, ValueError):
                await self._end()
            try:
                return await self._ask(path, text, version, meanwhile)
            except (OSError, EOFError, TimeoutError, ValueError) as error:
                await self._end()
                raise AmbientError(
                    "The resident ruff does not answer.",
                    untouched="Nothing was changed.",
                    next_step="Save the file to try again.",
                ) from error

    @property
    def pid(self) -> int | None:
        """The process id of the running child."""
        return self._child.process.pid if self._child is not None else None

    async def close(self) -> None:
        """End the child, politely first. Safe to call twice."""
        if self._typing is not None:
            self._typing.cancel()
        if self._ahead is not None:
            self._ahead[2].cancel()
        async with self._one_at_a_time:
            if self._child is not None:
                with contextlib.suppress(OSError, EOFError, TimeoutError, ValueError):
                    await asyncio.wait_for(self._child.goodbye(), _GOODBYE)
            await self._end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _ask(self, path: str, text: str, version: int, meanwhile: Callable[[], object]) -> Report:
        if self._child is None or self._child.process.returncode is not None:
            await self._end()
            self._child = await _Child.start(self._root)
        try:
            async with asyncio.timeout(_ANSWER):
                items = await self._child.check((self._root / path).as_uri(), text, version, meanwhile)
        except asyncio.CancelledError:
            # Half a message may be on its way: this child cannot be used again.
            self._child.kill()
            raise
        lines = Lines(text)
        found = [_diagnostic(item, lines) for item in items]
        broken = [item for item in found if item.code == SYNTAX_ERROR and _NEWER not in item.message]
        whole = tuple(item for item in found if item.code != SYNTAX_ERROR)
        return Report(whole, broken[0] if broken else None)

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await child.end()


class _Child:
    """The process and its conversation."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._last_id = 0
        self._version = 0
        self._open: set[str] = set()

    @classmethod
    async def start(cls, root: Path) -> _Child:
        process = await asyncio.create_subprocess_exec(
            executable(),
            "server",
            cwd=root,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        child = cls(process)
        try:
            await asyncio.wait_for(child._greet(root), _ANSWER)
        except BaseException:
            await child.end()
            raise
        return child

    async def check(self, uri: str, text: str, version: int, meanwhile: Callable[[], object]) -> list[Json]:
        # Versions must grow for the server, whatever the editor counts.
        self._version = max(version, self._version + 1)
        document = {"uri": uri, "version": self._version}
        if uri in self._open:
            await self._tell("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
        else:
            self._open.add(uri)
            opened = {**document, "languageId": "python", "text": text}
            await self._tell("textDocument/didOpen", {"textDocument": opened})
        await self._ask("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        meanwhile()
        answer = await self._answer()
        items = answer.get("items", [])
        return items if isinstance(items, list) else []

    async def goodbye(self) -> None:
        await self._request("shutdown", None)
        await self._tell("exit", None)
        await self.process.wait()

    def kill(self) -> None:
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    async def end(self) -> None:
        self.kill()
        await self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()

    async def _greet(self, root: Path) -> None:
        lint = {"extendSelect": ["S", *style.SELECTION.extend_select]}
        await self._request(
            "initialize",
            {
                # The server leaves when this process is gone, however it went.
                "processId": os.getpid(),
                "rootUri": root.as_uri(),
                "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
                "capabilities": {
                    "general": {"positionEncodings": ["utf-32"]},
                    "textDocument": {"diagnostic": {"dynamicRegistration": False}},
                },
                "initializationOptions": {"settings": {"lint": lint, "showSyntaxErrors": True, "logLevel": "error"}},
            },
        )
        await self._tell("initialized", {})

    async def _request(self, method: str, params: Json) -> Mapping[str, Json]:
        await self._ask(method, params)
        return await self._answer()

    async def _ask(self, method: str, params: Json) -> None:
        self._last_id += 1
        await self._send({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params})

    async def _answer(self) -> Mapping[str, Json]:
        """Return the answer to the last question."""
        while True:
            message = await self._receive()
            if "method" in message:
                if "id" in message:
                    error = {"code": _NO_SUCH_METHOD, "message": "not offered"}
                    await self._send({"jsonrpc": "2.0", "id": message["id"], "error": error})
            elif message.get("id") == self._last_id:
                if "error" in message:
                    raise ValueError(message["error"].get("message", "no reason given"))
                result = message.get("result")
                return result if isinstance(result, dict) else {}

    async def _tell(self, method: str, params: Json) -> None:
        await self._send({"jsonrpc": "2.0", "method": method, "params": params})

    async def _send(self, message: Json) -> None:
        pipe = self.process.stdin
        if pipe is None:
            raise EOFError
        body = json.dumps(message).encode("utf-8", "replace")
        pipe.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        await pipe.drain()

    async def _receive(self) -> dict[str, Json]:
        pipe = self.process.stdout
        if pipe is None:
            raise EOFError
        length = 0
        while (line := await pipe.readline()) != b"\r\n":
            if not line:
                raise EOFError
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        message = json.loads(await pipe.readexactly(length))
        if not isinstance(message, dict):
            raise ValueError("not a message")
        return message


def _heard(task: asyncio.Task[Report]) -> None:
    """Nobody may come to ask for what was looked at ahead; then its failure is nobody's either."""
    if not task.cancelled():
        task.exception()


def _prepare(text: str) -> None:
    """Do what judging needs of a text, while ruff works on another processor: each of these is kept for this text."""
    parse(text)
    Lines(text)


def _diagnostic(item: Json, lines: Lines) -> Diagnostic:
    code = str(item.get("code") or SYNTAX_ERROR)
    message = item["message"].split("\n\nhelp:")[0].removeprefix("SyntaxError: ")
    data = item.get("data") or {}
    edits = tuple(
        Replacement(*lines.offsets(_span(edit["range"])), edit["newText"]) for edit in data.get("edits") or ()
    )
    # The server does not say which fixes are safe, so none of them is taken for one.
    return Diagnostic(code, message, _span(item["range"]), fix=Fix("", "display", edits) if edits else None)


def _span(place: Json) -> Span:
    start, end = place["start"], place["end"]
    return Span(start["line"], start["character"], end["line"], end["character"])
