"""What a server holds can be asked for, and holds nothing of a user's text."""

from __future__ import annotations

import gc
import json
import weakref
from pathlib import Path

from tests.fakes.engine import FakeEngine
from tests.server.wire import Connection, settle, until


async def test_tasks_threads_and_documents_are_counted_and_no_text_is_told(tmp_path: Path) -> None:
    async with Connection(tmp_path) as it:
        it.editor.open((tmp_path / "secret_name.py").as_uri(), "password = 'hunter2'\n")
        told = (await it.wire.request("ambient/inside", {}))["result"]
        assert told["documents"] == 1 and "objects" not in told
        assert sum(told["tasks"].values()) >= 1 and told["threads"]["MainThread"] == 1
        whole = (await it.wire.request("ambient/inside", {"objects": True}))["result"]
        assert whole["objects"]["builtins.dict"] > 0
        assert not {"hunter2", "secret_name"} & set(json.dumps(whole).replace('"', " ").split())


async def test_a_folder_that_is_taken_out_again_leaves_no_engine(tmp_path: Path) -> None:
    (tmp_path / "stays").mkdir()
    added = tmp_path / "added"
    added.mkdir()
    folder = {"uri": added.as_uri(), "name": "added"}
    change = "workspace/didChangeWorkspaceFolders"
    async with Connection(tmp_path / "stays") as it:
        it.wire.notify(change, {"event": {"added": [folder], "removed": []}})
        await until(lambda: len(FakeEngine.opened) == 2)
        await settle()
        engine = weakref.ref(FakeEngine.opened.pop())
        it.wire.notify(change, {"event": {"added": [], "removed": [folder]}})
        await until(lambda: not any(workspace.root == added for workspace in it.server.session.workspaces))
        await settle(50)
        gc.collect()
        assert engine() is None
