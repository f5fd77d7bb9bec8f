"""What a server holds can be asked for, and holds nothing of a user's text."""

from __future__ import annotations

import json
from pathlib import Path

from tests.server.wire import Connection


async def test_tasks_threads_and_documents_are_counted_and_no_text_is_told(tmp_path: Path) -> None:
    async with Connection(tmp_path) as it:
        it.editor.open((tmp_path / "secret_name.py").as_uri(), "password = 'hunter2'\n")
        told = (await it.wire.request("ambient/inside", {}))["result"]
        assert told["documents"] == 1 and "objects" not in told
        assert sum(told["tasks"].values()) >= 1 and told["threads"]["MainThread"] == 1
        whole = (await it.wire.request("ambient/inside", {"objects": True}))["result"]
        assert whole["objects"]["builtins.dict"] > 100
        assert not {"hunter2", "secret_name"} & set(json.dumps(whole).replace('"', " ").split())
