"""An editor that is killed: it starts a server, gets to a point, says so, and waits for its end.

    python -m tests.server.dying_editor FOLDER PROPOSAL "half a message" | "before the edit" | "after the edit"

It prints the server's process id first, and "ready" at the point.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tests.server.test_process import Process

APPLIES = {"workspace": {"workspaceEdit": {"documentChanges": True}, "applyEdit": True}}
HALF = b'Content-Length: 1000\r\n\r\n{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {"te'


def main(root: Path, proposal_id: str, point: str) -> None:
    server = Process(root, command=[sys.executable, "-m", "ambient_lsp", "server", "--stdio"])
    print(server.process.pid, flush=True)
    server.initialize(root, capabilities=APPLIES)
    server.until(lambda one: one.get("method") == "ambient/status" and one["params"]["folders"][0]["ready"])
    server.open((root / "a.py").as_uri(), (root / "a.py").read_text())
    if point == "half a message":
        server.raw(HALF)
    else:
        command = {"command": "ambient.server.applyFix", "arguments": [{"proposal_id": proposal_id}]}
        server.send("workspace/executeCommand", command, 2)
        asked = server.until(lambda one: one.get("method") == "workspace/applyEdit")
        if point == "after the edit":
            obey(server, asked)
            server.until(lambda one: one.get("method") == "ambient/applied")
    print("ready", flush=True)
    time.sleep(60)


def obey(server: Process, asked: dict) -> None:
    """Make the edit, tell of the change, and answer."""
    [change] = asked["params"]["edit"]["documentChanges"]
    document = {"uri": change["textDocument"]["uri"], "version": 2}
    contents = [{"range": edit["range"], "text": edit["newText"]} for edit in change["edits"]]
    server.send("textDocument/didChange", {"textDocument": document, "contentChanges": contents})
    answer = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": {"applied": True}}).encode()
    server.raw(b"Content-Length: %d\r\n\r\n%s" % (len(answer), answer))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
