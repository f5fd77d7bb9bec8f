"""What typing costs: each change, each menu of fixes, and how often the editor is told something new.

    python benchmarks/typing_speed.py

A file of 20,000 lines with 100 findings, each with a proven fix, is typed in: mostly on at one place, now and then at
another, as people do. Targets: a change is handled in less than 2 ms and a menu answered in less than 5 ms, 99 times of
100; no file is published more than once in 100 ms.

The first part runs Ambient's server and a bare pygls server in this process, message by message in turns, and times
what lies between the bytes of a message and the end of its handling. The second part is a server process as editors
start it, and counts what it sends. The engine is that of the tests: its findings are known before anybody types.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import psutil  # noqa: E402 - the paths above come first
from lsprotocol import types  # noqa: E402
from pygls.lsp.server import LanguageServer  # noqa: E402

from tests.server.wire import Connection, until  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LINES, FINDINGS = 20_000, 100
FIRST, EVERY = 7, LINES // FINDINGS
"""The first line with a finding, and how many lines there are from one to the next."""

TEXT = "".join(
    f"value_{number} = " + (f"hashlib.md5(b'{number}')\n" if number % EVERY == FIRST else f"'{number}'\n")
    for number in range(LINES)
)


class Sink:
    """A writer that keeps nothing."""

    def write(self, data: bytes) -> None:
        """Take what a server says."""

    def close(self) -> None:
        """For the protocol."""


def at(values: list[float], share: float) -> float:
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def row(name: str, values: list[float], floor: list[float] | None = None) -> None:
    line = f"  {name:<34} median {statistics.median(values) * 1e3:7.3f} ms   p99 {at(values, 0.99) * 1e3:7.3f} ms"
    if floor:
        line += f"   {statistics.median(values) / statistics.median(floor):5.2f}x bare"
        line += f"   p99 {at(values, 0.99) / at(floor, 0.99):5.2f}x"
    print(f"{line}   worst {max(values) * 1e3:7.3f} ms", flush=True)


def keys(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Yield the content changes of somebody who types words at a place, and then goes to another."""
    chosen = random.Random(seed)  # the same keys each time
    line, column, left = 10, 0, 0
    for _ in range(count):
        if not left:
            line, column, left = chosen.randrange(LINES), 0, chosen.randint(5, 40)
        left -= 1
        place = {"line": line, "character": column}
        text = chosen.choice("abcdefghij klmnop\n") if column else "#"
        yield {"range": {"start": place, "end": place}, "text": text}
        line, column = (line + 1, 0) if text == "\n" else (line, column + 1)


def change(uri: str, version: int, content: dict[str, Any]) -> dict[str, Any]:
    params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [content]}
    return {"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params}


def bare() -> LanguageServer:
    """A server that keeps the text, as pygls does, and does nothing with it."""
    server = LanguageServer("bare", "1", text_document_sync_kind=types.TextDocumentSyncKind.Incremental)
    server.protocol.set_writer(Sink(), include_headers=False)  # type: ignore[arg-type]

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: LanguageServer, params: types.DidChangeTextDocumentParams) -> None:
        """Nothing: pygls has kept the text before."""

    return server


def feed(server: Any, message: dict[str, Any]) -> tuple[float, float]:
    """Handle a message as the reader of stdin does; return the seconds it took, and those of the processor."""
    data, protocol = json.dumps(message).encode(), server.protocol
    started, worked = time.perf_counter(), time.thread_time()
    protocol.handle_message(json.loads(data, object_hook=protocol.structure_message))
    return time.perf_counter() - started, time.thread_time() - worked


async def handling(folder: Path, count: int) -> None:
    """Time each message in turns: Ambient, bare, Ambient, bare."""
    (folder / "a.py").write_text(TEXT)
    uri = (folder / "a.py").as_uri()
    other = bare()
    feed(other, {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"processId": None, "capabilities": {}}})
    document = {"uri": uri, "languageId": "python", "version": 1, "text": TEXT}
    feed(other, {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": document}})
    async with Connection(folder) as it:
        it.editor.open(uri, TEXT)
        await until(lambda: len(it.editor.diagnostics.get(uri, [])) == FINDINGS, 60)
        await until(lambda: "(fix proven)" in it.editor.diagnostics[uri][0]["message"], 60)
        # A fix was taken and undone: what is watched since must cost nothing either.
        action = next(one for one in await it.actions(uri, FIRST) if "sha256" in one["title"])
        edit = (await it.wire.request("codeAction/resolve", action))["result"]["edit"]
        start = TEXT.index("md5")
        it.editor.take_edits(uri, edit["documentChanges"][0]["edits"])
        it.editor.type(uri, start, start + 6, "md5")
        ours: list[tuple[float, float]] = []
        theirs: list[tuple[float, float]] = []
        menus: list[float] = []
        quick: list[float] = []
        gc.collect()
        gc.freeze()
        for version, content in enumerate(keys(count), 10):
            message = change(uri, version, content)
            ours.append(feed(it.server, message))
            theirs.append(feed(other, message))
            if version % 10 == 0:
                started, worked = time.perf_counter(), time.thread_time()
                await it.actions(uri, FIRST + EVERY * (version // 10 % FINDINGS))
                menus.append(time.perf_counter() - started)
                quick.append(time.thread_time() - worked)
            await asyncio.sleep(0)
        print(f"In one process, {count:,} changes of a file with {LINES:,} lines and {FINDINGS} findings")
        row("didChange, bare pygls", [one for one, _ in theirs])
        row("didChange, ambient (target 2 ms)", [one for one, _ in ours], [one for one, _ in theirs])
        row("  the same in CPU time, bare", [one for _, one in theirs])
        row("  the same in CPU time, ambient", [one for _, one in ours], [one for _, one in theirs])
        row("codeAction after it (target 5 ms)", menus)
        row("  the same in CPU time", quick)


class Process:
    """A server as an editor starts it, and all that it sends with the time."""

    def __init__(self, folder: Path) -> None:
        self.uri = (folder / "a.py").as_uri()
        self.child = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "server" / "run_server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        self.published: list[tuple[float, list[Any]]] = []
        self.answers: dict[int, float] = {}
        self._ids = itertools.count(100)
        self._version = 1
        self._more = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        root = {"uri": folder.as_uri(), "name": "x"}
        params = {"processId": os.getpid(), "rootUri": None, "capabilities": {}, "workspaceFolders": [root]}
        self.request("initialize", params)
        self.send({"method": "initialized", "params": {}})
        document = {"uri": self.uri, "languageId": "python", "version": 1, "text": TEXT}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        self.wait(lambda: self.published and len(self.published[-1][1]) == FINDINGS)
        time.sleep(2)

    def _read(self) -> None:
        stream = self.child.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                length = int(value) if name == b"Content-Length" else length
                header = stream.readline()
            body = stream.read(length)
            now = time.perf_counter()
            message = json.loads(body)
            with self._more:
                if message.get("method") == "textDocument/publishDiagnostics":
                    self.published.append((now, message["params"]["diagnostics"]))
                elif "method" not in message:
                    self.answers[message["id"]] = now
                self._more.notify_all()

    def wait(self, condition: Callable[[], Any]) -> None:
        with self._more:
            if not self._more.wait_for(condition, 60):
                raise TimeoutError("the server did not say what was waited for")

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.child.stdin is not None
        self.child.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.child.stdin.flush()

    def request(self, method: str, params: Any) -> float:
        """Return the seconds until the answer."""
        message_id = next(self._ids)
        started = time.perf_counter()
        self.send({"id": message_id, "method": method, "params": params})
        self.wait(lambda: message_id in self.answers)
        return self.answers[message_id] - started

    def type(self, content: dict[str, Any]) -> None:
        self._version += 1
        self.send(change(self.uri, self._version, content))

    def menu(self, line: int) -> float:
        place = {"line": line, "character": 0}
        params = {
            "textDocument": {"uri": self.uri},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": []},
        }
        return self.request("textDocument/codeAction", params)

    def close(self) -> None:
        assert self.child.stdin is not None
        self.child.stdin.close()
        self.child.wait(20)


def key(line: int, column: int, text: str = "x") -> dict[str, Any]:
    place = {"line": line, "character": column}
    return {"range": {"start": place, "end": place}, "text": text}


def counted(name: str, server: Process, contents: list[dict[str, Any]], pause: float) -> None:
    """Type at a pace, and print how often something was published."""
    time.sleep(0.5)
    server.published.clear()
    cpu, started = sum(psutil.Process(server.child.pid).cpu_times()[:2]), time.perf_counter()
    for number, content in enumerate(contents, 1):
        server.type(content)
        if (ahead := started + number * pause - time.perf_counter()) > 0:
            time.sleep(ahead)
    took = time.perf_counter() - started
    server.menu(0)
    answered = time.perf_counter() - started - took
    time.sleep(0.4)
    times = [at for at, _ in server.published]
    least = min((after - before for before, after in itertools.pairwise(times)), default=float("inf"))
    cpu = sum(psutil.Process(server.child.pid).cpu_times()[:2]) - cpu
    print(
        f"  {name:<46} {len(contents):>5} changes in {took:5.2f} s: {len(times):>3} publications, "
        f"{len(times) / len(contents):.3f} a change, at least {least * 1e3:5.0f} ms apart; "
        f"a menu after it {answered * 1e3:5.1f} ms, {cpu:.2f} CPU s",
        flush=True,
    )


def process(folder: Path, count: int) -> None:
    server = Process(folder)
    print("\nAs a process: from a key to the answer of a menu asked for right after it, both handled")
    both: list[float] = []
    for number, content in enumerate(keys(count, seed=2)):
        started = time.perf_counter()
        server.type(content)
        server.menu(FIRST + EVERY * (number % FINDINGS))
        both.append(time.perf_counter() - started)
        time.sleep(0.01)
    row("didChange and codeAction together", both)
    print("\nPublications")
    after, above, own = LINES + 500, 0, FIRST
    fast, human = 0.001, 1 / 12
    counted("a person, behind all findings", server, [key(after, 0)] * 60, human)
    counted("a person, on one line above all findings", server, [key(above, 0)] * 60, human)
    counted("a person, new lines above all findings", server, [key(above, 0, "\n")] * 60, human)
    counted("a person, on a line with a finding", server, [key(own + 60, 0)] * 60, human)
    counted("1,000 changes a second, behind all findings", server, [key(after, 0)] * 2000, fast)
    counted("1,000 changes a second, above all findings", server, [key(above, 0, "\n")] * 2000, fast)
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=3000, help="in one process; the server process gets a tenth")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(handling(Path(name), options.changes))
        process(Path(name), max(options.changes // 10, 100))


if __name__ == "__main__":
    main()
