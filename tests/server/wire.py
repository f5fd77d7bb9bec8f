"""An editor in the same process: it feeds messages as dicts to the real protocol and keeps what comes back.

`Editor` holds texts like a real one, in the units of its position encoding, so that what it has after an edit can be
compared with what it should have.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygls.protocol import default_converter

from ambient_lsp.errors import ConfigError
from ambient_lsp.lsp.server import AmbientServer, create_server
from tests.fakes.engine import FakeEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient_lsp.config import Config
    from ambient_lsp.lsp.workspaces import EngineFactory

CLIENTS = Path(__file__).parent / "clients"
CONVERTER = functools.cache(default_converter)
_ENDING = re.compile(r"\r\n|\n|\r")


def capabilities(name: str) -> dict[str, Any]:
    return json.loads((CLIENTS / f"{name}.json").read_text())


class Wire:
    """The two directions of one connection."""

    def __init__(self, server: AmbientServer) -> None:
        self.server = server
        self.sent: list[dict[str, Any]] = []
        self.answers: dict[str, Callable[[Any], Any]] = {}
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        server.protocol.set_writer(self, include_headers=False)  # type: ignore[arg-type]

    def write(self, data: bytes) -> None:
        message = json.loads(data)
        self.sent.append(message)
        if "method" not in message:
            future = self._waiting.pop(message["id"], None)
            if future is not None and not future.done():
                future.set_result(message)
        elif message["method"] == "textDocument/publishDiagnostics":
            self.on_diagnostics(message["params"])
        elif "id" in message:
            asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self._answer(message)))

    def on_diagnostics(self, params: Any) -> None:
        """For the editor."""

    def close(self) -> None:
        pass

    async def _answer(self, message: dict[str, Any]) -> None:
        answer = self.answers.get(message["method"])
        if answer is None:
            return
        result = answer(message["params"])
        if asyncio.iscoroutine(result):
            result = await result
        if isinstance(result, Exception):
            error = {"code": -32601, "message": str(result)}
            self.feed({"jsonrpc": "2.0", "id": message["id"], "error": error})
        elif result is not NotImplemented:
            self.feed({"jsonrpc": "2.0", "id": message["id"], "result": result})

    def feed(self, message: dict[str, Any]) -> None:
        protocol = self.server.protocol
        protocol.handle_message(json.loads(json.dumps(message), object_hook=protocol.structure_message))

    def notify(self, method: str, params: Any) -> None:
        self.feed({"jsonrpc": "2.0", "method": method, "params": params})

    async def request(self, method: str, params: Any = None) -> dict[str, Any]:
        message_id = next(self._ids)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[message_id] = future
        self.feed({"jsonrpc": "2.0", "id": message_id, "method": method, "params": params})
        return await asyncio.wait_for(future, 10)

    def of(self, method: str) -> list[Any]:
        return [message["params"] for message in self.sent if message.get("method") == method]


class Editor:
    """Open files, their texts and diagnostics, and an own way to apply edits (`mode`, see `apply_edit`)."""

    def __init__(self, wire: Wire, encoding: str, mode: str = "honest") -> None:
        self.wire, self.encoding, self.mode = wire, encoding, mode
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        self.publications: list[Any] = []
        self.edits: list[dict[str, Any]] = []
        self.chosen = "Apply"
        wire.on_diagnostics = self._take  # type: ignore[method-assign]
        wire.answers["workspace/applyEdit"] = self.apply_edit
        wire.answers["window/showMessageRequest"] = lambda params: {"title": self.chosen}
        wire.answers["window/showDocument"] = lambda params: {"success": True}
        wire.answers["client/registerCapability"] = lambda params: None
        wire.answers["workspace/configuration"] = lambda params: [None for _ in params["items"]]
        wire.answers["window/workDoneProgress/create"] = lambda params: None

    def _take(self, params: Any) -> None:
        self.publications.append(params)
        self.diagnostics[params["uri"]] = params["diagnostics"]

    def open(self, uri: str, text: str) -> None:
        self.texts[uri], self.versions[uri] = text, 1
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self.wire.notify("textDocument/didOpen", {"textDocument": document})

    def type(self, uri: str, start: int, end: int, text: str) -> None:
        """Replace code points `start` to `end` of the buffer."""
        place = {"start": self.position(uri, start), "end": self.position(uri, end)}
        self.texts[uri] = self.texts[uri][:start] + text + self.texts[uri][end:]
        self.versions[uri] += 1
        self.wire.notify(
            "textDocument/didChange",
            {
                "textDocument": {"uri": uri, "version": self.versions[uri]},
                "contentChanges": [{"range": place, "text": text}],
            },
        )

    def save(self, uri: str) -> None:
        self.wire.notify("textDocument/didSave", {"textDocument": {"uri": uri}})

    def close(self, uri: str) -> None:
        self.wire.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        del self.texts[uri]

    def position(self, uri: str, offset: int) -> dict[str, int]:
        before = self.texts[uri][:offset]
        if before.endswith("\r") and self.texts[uri][offset : offset + 1] == "\n":
            raise AssertionError("no editor can stand inside a line ending")
        starts = [0, *(match.end() for match in _ENDING.finditer(before))]
        return {"line": len(starts) - 1, "character": self._units(before[starts[-1] :])}

    def offset(self, uri: str, position: dict[str, int]) -> int:
        """Like an editor; but a position outside of the text is an error here, save in an empty one."""
        text = self.texts[uri]
        if not text:
            return 0
        starts = [0, *(match.end() for match in _ENDING.finditer(text))]
        line = starts[position["line"]]
        end = starts[position["line"] + 1] if position["line"] + 1 < len(starts) else len(text)
        content = text[line:end].rstrip("\r\n")
        for column in range(len(content) + 1):
            if self._units(content[:column]) == position["character"]:
                return line + column
        raise AssertionError(f"{position} is not in {content!r}")

    def _units(self, text: str) -> int:
        if self.encoding == "utf-32":
            return len(text)
        data = text.encode(self.encoding + ("-le" if self.encoding == "utf-16" else ""), "surrogatepass")
        return len(data) // 2 if self.encoding == "utf-16" else len(data)

    def take_edits(self, uri: str, edits: list[dict[str, Any]]) -> None:
        """Make text edits as the specification says: all of them relate to the text before."""
        places = [
            (self.offset(uri, edit["range"]["start"]), self.offset(uri, edit["range"]["end"]), edit["newText"])
            for edit in edits
        ]
        for start, end, text in sorted(places, reverse=True):
            self.type(uri, start, end, text)

    async def apply_edit(self, params: Any) -> Any:
        """`honest` · `ignores versions` · `only first` file · `unticks` everything · `late` · `never` answers."""
        self.edits.append(params["edit"])
        if self.mode == "unticks":
            return {"applied": True}
        if self.mode == "never":
            return NotImplemented
        if self.mode == "late":
            await asyncio.sleep(0.3)
        changes = workspace_changes(params["edit"])
        if self.mode == "honest" and any(
            version is not None and version != self.versions.get(uri) for uri, version, _ in changes
        ):
            return {"applied": False, "failureReason": "the file has another version"}
        for uri, _, edits in changes[:1] if self.mode == "only first" else changes:
            if uri not in self.texts:
                path = Path(uri.removeprefix("file://"))
                self.open(uri, path.read_bytes().decode() if path.exists() else "")
            self.take_edits(uri, edits)
        return {"applied": True}


def workspace_changes(edit: dict[str, Any]) -> list[tuple[str, int | None, list[dict[str, Any]]]]:
    if "documentChanges" in edit:
        return [
            (change["textDocument"]["uri"], change["textDocument"].get("version"), change["edits"])
            for change in edit["documentChanges"]
            if "textDocument" in change
        ]
    return [(uri, None, edits) for uri, edits in edit.get("changes", {}).items()]


class Connection:
    """Server, wire and editor together: `async with Connection(root) as (editor, engine)`."""

    def __init__(
        self,
        *roots: Path,
        client: str = "vscode_1.139",
        mode: str = "honest",
        encoding: str = "",
        options: Any = None,
        open_engine: EngineFactory | None = None,
    ) -> None:
        """`open_engine` opens real engines instead of fake ones."""

        async def factory(root: Path, trusted: bool) -> FakeEngine:
            return await FakeEngine.open(root, settings_of(root), trusted=trusted)

        self.roots = roots
        self.caps = capabilities(client)
        if encoding:
            self.caps.setdefault("general", {})["positionEncodings"] = [encoding]
        self.options = options
        self.real = open_engine is not None
        self.server = create_server(open_engine or factory, CONVERTER)  # type: ignore[arg-type]
        self.wire = Wire(self.server)
        self.editor = Editor(self.wire, "utf-16", mode)

    async def __aenter__(self) -> Connection:
        FakeEngine.opened.clear()
        params = {
            "processId": None,
            "rootUri": None,
            "capabilities": self.caps,
            "clientInfo": {"name": "test"},
            "workspaceFolders": [{"uri": root.as_uri(), "name": root.name} for root in self.roots],
            "initializationOptions": self.options,
        }
        self.initialized = await self.wire.request("initialize", params)
        self.editor.encoding = self.initialized["result"]["capabilities"]["positionEncoding"]
        self.wire.notify("initialized", {})
        if self.real:
            await until(lambda: [one for one in self.server.session.workspaces if one.engine], 60)
        else:
            await until(lambda: len(FakeEngine.opened) >= len(self.roots))
        await settle()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.end()
        await settle()

    @property
    def engine(self) -> FakeEngine:
        return FakeEngine.opened[0]

    async def actions(self, uri: str, line: int, **context: Any) -> list[dict[str, Any]]:
        place = {"line": line, "character": 0}
        params = {
            "textDocument": {"uri": uri},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": [], **context},
        }
        return (await self.wire.request("textDocument/codeAction", params))["result"]

    async def command(self, name: str, **options: Any) -> dict[str, Any]:
        params = {"command": f"ambient.server.{name}", "arguments": [options]}
        return await self.wire.request("workspace/executeCommand", params)

    async def applied(self) -> Any:
        await until(lambda: self.wire.of("ambient/applied"))
        return self.wire.of("ambient/applied")[-1]


async def settle(times: int = 10) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


async def until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    deadline = asyncio.get_running_loop().time() + seconds
    while not (value := condition()):
        assert asyncio.get_running_loop().time() < deadline, "it did not happen"
        await asyncio.sleep(0.005)
    return value


def settings_of(root: Path) -> Config | None:
    """What the real engine does: it reads the folder's settings when it is opened."""
    from ambient_lsp import config_file

    try:
        return config_file.load(root)
    except ConfigError:
        return None
