"""How quickly the language server answers, beside a bare pygls server in the same run (P1, P2, P3, P11).

    python benchmarks/lsp.py                     # the real server and engine
    python benchmarks/lsp.py --engine direct     # the same, started without the command line's imports
    python benchmarks/lsp.py --engine fake       # the server alone, with the engine of the tests
    python benchmarks/lsp.py --pylsp             # python-lsp-server too, installed into a venv of its own

Servers take turns (A B A B), so that a busy machine slows all of them; what counts is the ratio of the medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
BARE = """
from lsprotocol import types
from pygls.lsp.server import LanguageServer

server = LanguageServer("bare", "1")


@server.feature(types.TEXT_DOCUMENT_DID_OPEN)
def opened(ls, params):
    publish(ls, params.text_document.uri)


@server.feature(types.TEXT_DOCUMENT_DID_SAVE)
def saved(ls, params):
    publish(ls, params.text_document.uri)


def publish(ls, uri):
    document = ls.workspace.get_text_document(uri)
    found = []
    for number, line in enumerate(document.source.split("\\n")):
        column = line.find("md5")
        if column >= 0:
            place = types.Range(types.Position(number, column), types.Position(number, column + 3))
            found.append(types.Diagnostic(place, "md5"))
    ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, document.version))


server.start_io()
"""
FUNCTION = '''

def function_{0}(first, second):
    """Return something for {0}."""
    total = 0
    for value in range(first):
        if value % 2:
            total += value * second
    return total
'''
GOOD = "import hashlib\n\nDIGEST = hashlib.sha256(b'x').hexdigest()\n" + "".join(map(FUNCTION.format, range(55)))
BAD = GOOD.replace("sha256(", "md5(   ", 1)
"""The same file with one weak hash in its third line; both have about 500 lines."""


class Client:
    """A blocking client with a reading thread."""

    def __init__(self, name: str, argv: list[str], folder: Path) -> None:
        self.name, self.folder = name, folder
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder
        )
        self.inbox: Queue[Any] = Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.version = 0
        self.uri = (folder / "sample.py").as_uri()

    def _read(self) -> None:
        stream = self.process.stdout
        while header := stream.readline():
            length = 0
            while header.strip():
                if header.lower().startswith(b"content-length"):
                    length = int(header.split(b":")[1])
                header = stream.readline()
            message = json.loads(stream.read(length))
            if "id" in message and "method" in message:
                items = (message.get("params") or {}).get("items", [])
                self._send({"id": message["id"], "result": [None] * len(items) if items else None})
            self.inbox.put((time.perf_counter(), message))

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def wait(self, wanted: Any, seconds: float = 60.0) -> float:
        """Return when the first message came that `wanted` accepts."""
        deadline = time.perf_counter() + seconds
        while True:
            try:
                at, message = self.inbox.get(timeout=max(deadline - time.perf_counter(), 0.001))
            except Empty:
                raise TimeoutError(f"{self.name} did not answer in {seconds} s") from None
            if wanted(message):
                return at

    def initialize(self) -> float:
        """Return the seconds from the start of the process to the reply."""
        folders = [{"uri": self.folder.as_uri(), "name": "x"}]
        params = {
            "processId": os.getpid(),
            "rootUri": self.folder.as_uri(),
            "workspaceFolders": folders,
            "capabilities": {},
        }
        self._send({"id": 1, "method": "initialize", "params": params})
        at = self.wait(lambda message: message.get("id") == 1 and "result" in message)
        self._send({"method": "initialized", "params": {}})
        return at - self.started

    def open(self) -> None:
        document = {"uri": self.uri, "languageId": "python", "version": 0, "text": GOOD}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})

    def save(self, text: str) -> float:
        """Type `text`, save it, and return the seconds until diagnostics of it are there."""
        (self.folder / "sample.py").write_text(text)
        self.version += 1
        weak = "md5(" in text
        while not self.inbox.empty():
            self.inbox.get_nowait()
        started = time.perf_counter()
        document = {"uri": self.uri, "version": self.version}
        self._send(
            {
                "method": "textDocument/didChange",
                "params": {"textDocument": document, "contentChanges": [{"text": text}]},
            }
        )
        self._send({"method": "textDocument/didSave", "params": {"textDocument": {"uri": self.uri}}})
        return self.wait(lambda message: self._shows(message, weak)) - started

    def _shows(self, message: Any, weak: bool) -> bool:
        if message.get("method") != "textDocument/publishDiagnostics":
            return False
        third = [item for item in message["params"]["diagnostics"] if item["range"]["start"]["line"] == 2]
        return bool(third) is weak

    def all_done(self, started: float) -> float:
        """Return the seconds from `started` until no run is left (Ambient only)."""
        idle = lambda message: message.get("method") == "ambient/status" and message["params"]["state"] == "idle"  # noqa: E731
        return self.wait(idle) - started

    def memory(self) -> float:
        """Return MB of the process alone."""
        return psutil.Process(self.process.pid).memory_info().rss / 2**20

    def cpu(self) -> float:
        """Return the CPU seconds of the process and its children so far."""
        parent = psutil.Process(self.process.pid)
        return sum(sum(item.cpu_times()[:2]) for item in [parent, *parent.children(recursive=True)])

    def close(self) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def servers(options: argparse.Namespace, folder: Path) -> dict[str, list[str]]:
    bare = folder / "bare.py"
    bare.write_text(BARE)
    ambient = [sys.executable, "-m", "ambient_lsp", "server", "--stdio"]
    if options.engine == "direct":
        ambient = [sys.executable, "-c", "from ambient_lsp.lsp.server import main; main()"]
    if options.engine == "fake":
        ambient = [sys.executable, str(ROOT / "tests" / "server" / "run_server.py")]
    found = {"bare pygls": [sys.executable, str(bare)], "ambient": ambient}
    if options.pylsp:
        place = folder / "pylsp-environment"
        venv.create(place, with_pip=True)
        subprocess.run([place / "bin" / "pip", "install", "-q", "python-lsp-server[all]"], check=True)
        found["pylsp"] = [str(place / "bin" / "pylsp")]
    return found


def project(folder: Path, name: str) -> Path:
    place = folder / name.replace(" ", "-")
    place.mkdir()
    (place / "sample.py").write_text(GOOD)
    run = ["git", "-C", str(place), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for argv in (["init", "-q"], ["add", "."], ["commit", "-qm", "start"]):
        subprocess.run([*run, *argv], check=True)
    return place


def table(title: str, target: str, rows: dict[str, list[float]], unit: str, scale: float) -> None:
    floor = statistics.median(rows["bare pygls"])
    print(f"\n{title} (target {target})")
    for name, values in rows.items():
        middle = statistics.median(values)
        worst = sorted(values)[int(0.9 * (len(values) - 1))]
        line = f"  {name:<12} {middle * scale:9.1f} {unit}  p90 {worst * scale:9.1f}  {middle / floor:6.2f}x bare"
        if "pylsp" in rows:
            line += f"  {middle / statistics.median(rows['pylsp']):7.3f}x pylsp"
        print(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("real", "direct", "fake"), default="real")
    parser.add_argument("--pylsp", action="store_true", help="compare with python-lsp-server (installs it from PyPI)")
    parser.add_argument("--saves", type=int, default=20)
    parser.add_argument("--starts", type=int, default=8)
    parser.add_argument("--idle", type=float, default=10.0, help="seconds to watch the idle server")
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands = servers(options, folder)
        projects = {name: project(folder, name) for name in commands}

        starts: dict[str, list[float]] = {name: [] for name in commands}
        memory: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(options.starts + 1):  # the first one warms the disk cache and is not counted
            for name, argv in commands.items():
                client = Client(name, argv, projects[name])
                starts[name].append(client.initialize())
                memory[name].append(client.memory())
                client.close()
        table(
            "P11 start of the process to the reply to initialize",
            "1.15x bare",
            {k: v[1:] for k, v in starts.items()},
            "ms",
            1e3,
        )
        table("P11 memory at that moment", "1.5x bare", memory, "MB", 1)

        clients = {name: Client(name, argv, projects[name]) for name, argv in commands.items()}
        for client in clients.values():
            client.initialize()
            client.open()
        time.sleep(8)  # workers start and the repository is read in the background
        for client in clients.values():
            for text in (BAD, GOOD):
                client.save(text)
                time.sleep(0.5)
        saves: dict[str, list[float]] = {name: [] for name in commands}
        done: list[float] = []
        for number in range(options.saves):
            for name, client in clients.items():
                # No file is published twice in 100 ms, and the end of the run before was just published.
                time.sleep(0.15)
                # Every text is a new one, as a person's are: what was parsed before helps nobody.
                saves[name].append(client.save(f"{GOOD if number % 2 else BAD}# {number}\n"))
                if name == "ambient":
                    started = time.perf_counter() - saves[name][-1]
                    done.append(client.all_done(started))
        table("P1, P3 save to first findings (no debounce on save)", "2.5x bare, 0.02x pylsp", saves, "ms", 1e3)
        print(f"\nP2 save to the end of the run, fixes checked: median {statistics.median(done) * 1e3:.1f} ms")

        time.sleep(2)
        before = {name: client.cpu() for name, client in clients.items()}
        time.sleep(options.idle)
        print(f"\nCPU while idle for {options.idle:g} s")
        for name, client in clients.items():
            print(f"  {name:<12} {100 * (client.cpu() - before[name]) / options.idle:6.2f} %")
        for client in clients.values():
            client.close()


if __name__ == "__main__":
    main()
