"""A language server that answers `initialize` and dies: what the plugin does with it is tried by frail.lua."""

from __future__ import annotations

import json
import sys

length = int(sys.stdin.buffer.readline().split(b":")[1])
while sys.stdin.buffer.readline().strip():
    pass
asked = json.loads(sys.stdin.buffer.read(length))
answer = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": {"capabilities": {}}})
sys.stdout.write(f"Content-Length: {len(answer)}\r\n\r\n{answer}")
sys.stdout.flush()
sys.stdin.buffer.readline()
sys.stderr.write('it is "frail"\n')
sys.exit(3)
