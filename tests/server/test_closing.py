"""Files that are opened, and folders that are closed, while something is being looked at for them."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from ambient_lsp.events import FindingsReported
from ambient_lsp.lsp import documents
from ambient_lsp.protocols import Readiness
from ambient_lsp.text import freeze
from tests.fakes.engine import FakeEngine
from tests.server.wire import Connection, settle, until

TEXT = "x = 1\nh = md5\n"


def close_folder(it: Connection, folder: Path) -> None:
    event = {"added": [], "removed": [{"uri": folder.as_uri(), "name": folder.name}]}
    it.wire.notify("workspace/didChangeWorkspaceFolders", {"event": event})


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    folders = tmp_path / "a", tmp_path / "b"
    for folder in folders:
        folder.mkdir()
    return folders


async def test_a_finding_keeps_its_place_in_a_file_that_is_opened_and_typed_in_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeEngine, "leads", False)  # so that only what is published here is shown
    (tmp_path / "a.py").write_text(TEXT)
    uri, go, reading, read = (tmp_path / "a.py").as_uri(), threading.Event(), threading.Event(), documents.read

    def slow(*args: Any) -> Any:
        found = read(*args)
        reading.set()
        go.wait(10)
        return found

    async with Connection(tmp_path) as it:
        monkeypatch.setattr(documents, "read", slow)
        found, _ = it.engine.look(base := freeze(tmp_path, "a.py", TEXT))
        it.engine.publish(FindingsReported("run", "SecurityGuardian", "a.py", base.sha256, tuple(found)))
        await until(reading.is_set)
        it.editor.open(uri, TEXT)
        it.editor.type(uri, 0, 0, "# new line\n")
        await settle()
        go.set()
        await asyncio.to_thread(lambda: None)
        await settle()
        document = it.server.session.documents.get(uri)
        assert document is not None
        marked = [document.text[one.start : one.end] for one in it.server.session.board.shown(document)]
        assert marked in ([], ["md5"])
        it.editor.type(uri, 0, len("# new line\n"), "")
        found, _ = it.engine.look(base)
        it.engine.publish(FindingsReported("run", "SecurityGuardian", "a.py", base.sha256, tuple(found)))
        await until(lambda: it.editor.diagnostics.get(uri))


async def test_the_problems_of_a_folders_settings_go_with_the_folder(two: tuple[Path, Path]) -> None:
    settings = two[1] / ".ambient.yml"
    settings.write_text("monitoring:\n  enabld: true\n")
    async with Connection(*two) as it:
        await until(lambda: it.editor.diagnostics.get(settings.as_uri()))
        close_folder(it, two[1])
        await until(lambda: it.editor.diagnostics[settings.as_uri()] == [])


async def test_a_folder_that_is_closed_while_its_sandboxes_are_looked_at_is_forgotten(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    go, asked, looked = asyncio.Event(), list[Path](), list[Path]()

    async def readiness(engine: FakeEngine) -> tuple[Readiness, ...]:
        asked.append(engine.root)
        await go.wait()
        looked.append(engine.root)
        return (Readiness(True, "fake"),)

    monkeypatch.setattr(FakeEngine, "readiness", readiness)
    async with Connection(*two) as it:
        await until(lambda: len(asked) == 2)
        close_folder(it, two[1])
        session = it.server.session
        await until(lambda: [one.root for one in session.workspaces] == [two[0]])
        await until(lambda: next(one for one in FakeEngine.opened if one.root == two[1]).closed)
        go.set()
        await until(lambda: len(looked) == 2)
        await settle()
        assert [one.root for one in session.status.readiness] == [two[0]]
