"""A client that resolves no actions and lets no server edit files, as ALE of Vim, and one that knows no run's id."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.wire import Connection, settle, until

TEXT = "import hashlib\nh = hashlib.md5(b'x')\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.py"
    path.write_text(TEXT)
    return path


async def fix(it: Connection, uri: str, text: str) -> dict[str, Any]:
    """Open the file, and return the action that fixes its finding."""
    it.editor.open(uri, text)
    await until(lambda: it.engine.runs())
    await settle()
    [action] = [one for one in await it.actions(uri, text.split("md5")[0].count("\n")) if "sha256" in one["title"]]
    return action


async def test_the_edit_comes_with_the_action_and_is_recorded_once_it_was_made(file: Path) -> None:
    async with Connection(file.parent, client="vim_ale") as it:
        uri = file.as_uri()
        action = await fix(it, uri, TEXT)
        assert "command" not in action
        assert not it.engine.recorded, "nobody took it yet"
        it.editor.take_edits(uri, action["edit"]["changes"][uri])
        await until(lambda: it.engine.recorded)
        assert it.editor.texts[uri] == TEXT.replace("md5", "sha256")
        assert [one.kind for one in it.engine.recorded] == ["applied"]


async def test_what_needs_an_approval_is_sent_to_the_terminal_in_a_message_too(file: Path) -> None:
    async with Connection(file.parent, client="vim_ale") as it:
        action = await fix(it, file.as_uri(), "md5  # risky\n")
        assert "edit" not in action
        answer = await it.wire.request("workspace/executeCommand", action["command"])
        [said] = [one["message"] for one in it.wire.of("window/showMessage")]
        assert "ambient proposals apply" in said
        assert said == answer["error"]["message"]
        assert not it.editor.edits
        assert not it.engine.recorded


async def test_why_a_command_is_refused_is_said_only_where_nobody_else_says_it(file: Path) -> None:
    for client, said in (("vim_ale", 1), ("vscode_1.139", 0)):
        async with Connection(file.parent, client=client) as it:
            answer = await it.command("dismiss", id="nosuch")
            messages = [one["message"] for one in it.wire.of("window/showMessage")]
            assert messages == [answer["error"]["message"]] * said


async def test_without_an_id_all_that_is_under_way_is_cancelled(file: Path) -> None:
    async with Connection(file.parent) as it:
        assert (await it.command("cancel"))["result"] == {"run_id": "", "cancelled": False}
        ended = []
        session = it.server.session

        async def work() -> None:
            try:
                await until(lambda: False, 60)
            finally:
                ended.append(True)

        [workspace] = session.workspaces
        for number in range(2):
            session.begin(f"swarm-{number}", workspace, work())
        await settle()
        assert (await it.command("cancel"))["result"]["cancelled"]
        await until(lambda: len(ended) == 2)
