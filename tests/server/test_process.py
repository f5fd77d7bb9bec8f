"""The server as a process: how it starts, what ends it, and that nothing on its pipes can hurt it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

SERVER = Path(__file__).parent / "run_server.py"
LIMIT = 10.0


class Process:
    """A server and blocking, simple reading and writing."""

    def __init__(self, cwd, *argv, env=None, command=None, **options):
        self.process = subprocess.Popen(
            command or [sys.executable, "-X", "dev", "-W", "ignore", str(SERVER), *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=os.environ | (env or {}),
            **options,
        )

    def send(self, method, params=None, message_id=None):
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if message_id is not None:
            message["id"] = message_id
        body = json.dumps(message).encode()
        self.raw(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def raw(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def read(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name == b"Content-Length":
                length = int(value)
        return json.loads(self.process.stdout.read(length)) if length else None

    def until(self, condition):
        while (message := self.read()) is not None:
            if condition(message):
                return message
        raise AssertionError("the server ended: " + self.process.stderr.read().decode())

    def initialize(self, root, process_id=None, capabilities=None):
        folders = [{"uri": root.as_uri(), "name": "x"}]
        params = {
            "processId": process_id,
            "capabilities": capabilities or {},
            "workspaceFolders": folders,
            "rootUri": None,
        }
        self.send("initialize", params, 1)
        answer = self.until(lambda message: message.get("id") == 1)
        self.send("initialized", {})
        return answer

    def open(self, uri, text):
        self.send(
            "textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "python", "version": 1, "text": text}}
        )

    def ended(self):
        return self.process.wait(LIMIT)


@pytest.fixture
def start(tmp_path):
    started = []

    def make(*argv, **options):
        started.append(Process(tmp_path, *argv, **options))
        return started[-1]

    yield make
    for item in started:
        if item.process.poll() is None:
            item.process.kill()
        item.process.wait()
        for pipe in (item.process.stdin, item.process.stdout, item.process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass


def diagnostics(message):
    return message.get("method") == "textDocument/publishDiagnostics" and message["params"]["diagnostics"]


def test_a_whole_session_ends_with_code_0_and_without_a_word_on_stderr(start, tmp_path):
    server = start()
    answer = server.initialize(tmp_path)
    assert answer["result"]["serverInfo"]["name"] == "ambient"
    server.open((tmp_path / "a.py").as_uri(), "md5\n")
    server.until(diagnostics)
    server.send("shutdown", None, 2)
    assert server.until(lambda message: message.get("id") == 2)["result"] is None
    server.send("exit")
    assert server.ended() == 0
    # In Python's development mode, the event loop tells how slow a busy machine is.
    words = [line for line in server.process.stderr.read().splitlines() if not line.endswith(b" seconds")]
    assert words == []


def test_exit_without_shutdown_is_an_error(start, tmp_path):
    server = start()
    server.initialize(tmp_path)
    server.send("exit")
    assert server.ended() == 1


def test_shutdown_with_a_run_in_flight_is_quick(start, tmp_path):
    (tmp_path / "a.py").write_text("slow md5\n")
    server = start()
    server.initialize(tmp_path)
    server.open((tmp_path / "a.py").as_uri(), "slow md5\n")
    server.until(diagnostics)
    started = time.monotonic()
    server.send("shutdown", None, 2)
    assert "error" not in server.until(lambda message: message.get("id") == 2)
    server.send("exit")
    assert server.ended() == 0
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("initialized", [True, False])
def test_the_end_of_input_ends_the_server(start, tmp_path, initialized):
    server = start()
    if initialized:
        server.initialize(tmp_path)
    server.process.stdin.close()
    assert server.ended() == 1


def test_input_that_ends_in_the_middle_of_a_message_ends_the_server(start, tmp_path):
    server = start()
    server.raw(b"Content-Length: 1000\r\n\r\n{")
    server.process.stdin.close()
    assert server.ended() == 1


def test_the_server_ends_when_its_editor_is_gone_although_the_pipe_stays_open(start, tmp_path):
    editor = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    server = start()
    server.initialize(tmp_path, process_id=editor.pid)
    editor.send_signal(signal.SIGKILL)
    editor.wait()
    assert server.ended() == 1
    assert b"is gone" in server.process.stderr.read()


GARBAGE = (
    b"\x00\xff hello\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"Content-Length: 9\r\n\r\nnot json!",
    b"Content-Length: 4\r\n\r\n\xff\xff\xff\xff",
    b"Content-Length: 2\r\n\r\n[]",
    b'Content-Length: 17\r\n\r\n{"jsonrpc":"2.0"}',
    b'Content-Length: 45\r\n\r\n{"jsonrpc":"2.0","id":9,"method":"no/such/w"}',
    b"x" * 200_000 + b"\r\n",
)


def test_garbage_is_logged_and_the_next_message_answered(start, tmp_path):
    server = start()
    for garbage in GARBAGE:
        server.raw(garbage)
    assert server.initialize(tmp_path)["result"]["capabilities"]["codeActionProvider"]
    server.send("exit")
    assert server.ended() == 1


def test_an_unknown_request_is_answered_with_method_not_found(start, tmp_path):
    server = start()
    server.initialize(tmp_path)
    server.send("no/such/method", {}, 5)
    assert server.until(lambda message: message.get("id") == 5)["error"]["code"] == -32601


def test_an_editor_that_does_not_read_does_not_stop_the_server(start, tmp_path):
    server = start()
    server.initialize(tmp_path)
    uri = (tmp_path / "a.py").as_uri()
    for number in range(40):  # each publishes a hundred diagnostics: several times what a pipe holds
        server.open(uri + str(number), "md5\n" * 100)
    server.send("shutdown", None, 2)
    time.sleep(0.3)
    assert server.until(lambda message: message.get("id") == 2)["result"] is None


def test_children_and_stray_prints_cannot_reach_the_protocol(tmp_path):
    code = f"""
import os, subprocess, sys
sys.path.insert(0, {str(SERVER.parents[2])!r})
from ambient_lsp.lsp.transport import take_stdio
source, sink = take_stdio()
print("stray")
subprocess.run([sys.executable, "-c", "import sys; print('child'); sys.exit(len(sys.stdin.read()))"], check=True)
os.write(sink, os.read(source, 100))
"""
    done = subprocess.run([sys.executable, "-c", code], input=b"ping", capture_output=True, check=True)
    assert done.stdout == b"ping"
    assert b"stray" in done.stderr and b"child" in done.stderr


def test_two_servers_on_one_folder_both_show_findings(start, tmp_path):
    first, second = start(), start(env={"FAKE_LEADER": "0"})
    for server in (first, second):
        server.initialize(tmp_path)
    uri = (tmp_path / "a.py").as_uri()
    first.open(uri, "md5\n")
    first.until(diagnostics)
    second.open(uri, "md5\n")
    status = second.until(lambda message: message.get("method") == "ambient/status")["params"]
    assert status["folders"][0]["leader"] is False
    for server in (first, second):
        server.send("shutdown", None, 2)
        server.until(lambda message: message.get("id") == 2)
        server.send("exit")
        assert server.ended() == 0


def test_over_tcp(start, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = start(str(port))
    server.process.stderr.readline()  # it says where it listens
    with socket.create_connection(("127.0.0.1", port), LIMIT) as connection, connection.makefile("rwb") as pipe:
        body = json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"processId": None, "capabilities": {}}}
        ).encode()
        pipe.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        pipe.flush()
        assert pipe.readline().startswith(b"Content-Length")
    assert server.ended() == 1
