"""What an editor and the server said to each other: every message is written down on its way, and read back here.

Run as a program it is the server for an editor: it starts the real one, and hands everything on byte by byte.

    python wire.py LOG PROGRAM [ARGUMENT...]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

Side = Literal["client", "server"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message, whose sender is `side`, of the start number `start` of the server."""

    start: int
    side: Side
    body: dict[str, Any]

    @property
    def method(self) -> str:
        """The method of a request or notification, empty for an answer."""
        return str(self.body.get("method", ""))

    @property
    def params(self) -> dict[str, Any]:
        """What a request or notification is about."""
        params = self.body.get("params")
        return params if isinstance(params, dict) else {}


@dataclass(frozen=True, slots=True)
class Wire:
    """Everything that was said until now, in its order, and the processes that were the server."""

    messages: tuple[Message, ...]
    processes: tuple[int, ...]

    def sent(self, side: Side, method: str) -> list[Message]:
        """Return the requests or notifications of one side."""
        return [one for one in self.messages if one.side == side and one.method == method]

    def answer(self, asked: Message) -> dict[str, Any] | None:
        """Return the answer to a request as it came, `None` where there is none."""
        for one in self.messages:
            if one.start == asked.start and one.side != asked.side and not one.method:
                if "id" in one.body and one.body["id"] == asked.body.get("id"):
                    return one.body
        return None

    def answers(self, method: str) -> list[dict[str, Any] | None]:
        """Return what the client answered to each of the server's requests with this method."""
        return [self.answer(one) for one in self.sent("server", method)]

    def runs(self, command: str) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
        """Return the object that each call of a server command took, and its answer."""
        called = [one for one in self.sent("client", "workspace/executeCommand") if one.params["command"] == command]
        return [((one.params.get("arguments") or [{}])[0], self.answer(one)) for one in called]


def read(log: Path) -> Wire:
    """Return what is in a log, which may still be written."""
    messages: list[Message] = []
    processes: list[int] = []
    for line in log.read_bytes().splitlines(keepends=True) if log.exists() else ():
        if line.endswith(b"\n"):
            entry = json.loads(line)
            if "process" in entry:
                processes.append(entry["process"])
            else:
                messages.append(Message(len(processes), entry["side"], entry["body"]))
    return Wire(tuple(messages), tuple(processes))


class _Tap:
    """Hands on what one side sends, and writes it down."""

    def __init__(self, side: Side, source: BinaryIO, target: BinaryIO, log: BinaryIO) -> None:
        self._side, self._source, self._target, self._log = side, source, target, log

    def run(self) -> None:
        """Go on until there is no more."""
        try:
            for raw, body in _frames(self._source):
                self._target.write(raw)
                self._target.flush()
                # One write for a line: the two sides do not mix within one.
                self._log.write(json.dumps({"at": time.time(), "side": self._side, "body": body}).encode() + b"\n")
        except OSError:
            pass  # the other end is gone; its own end is what ends this program
        finally:
            self._target.close()


def _frames(source: BinaryIO) -> Iterator[tuple[bytes, dict[str, Any]]]:
    while header := source.readline():
        head, length = header, 0
        while header.strip():
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
            header = source.readline()
            head += header
        content = source.read(length)
        if len(content) < length:
            return
        yield head + content, json.loads(content)


def main(log: str, *argv: str) -> int:
    """Start the server, hand on what is said, and end as it ends."""
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    with Path(log).open("ab", buffering=0) as writer:
        writer.write(json.dumps({"process": process.pid}).encode() + b"\n")
        client = _Tap("client", sys.stdin.buffer, process.stdin, writer)
        server = _Tap("server", process.stdout, sys.stdout.buffer, writer)
        # The client may say nothing any more: that must keep nobody waiting when the server has ended.
        threading.Thread(target=client.run, daemon=True).start()
        server.run()
        return process.wait()


if __name__ == "__main__":
    os._exit(abs(main(*sys.argv[1:])))  # the thread that still reads would be in the way of a longer goodbye
