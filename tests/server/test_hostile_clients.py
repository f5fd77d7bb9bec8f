"""Editors that do not do what they were asked, or say what they did not do: each ends in the right stored outcome.

All of them here speak to the real engine, and what counts is what its store says afterwards, and the texts.

| what an editor does | where it is tried |
|---|---|
| ignores versions, applies only the first file, answers late, never, or after nobody waits any more | here, `ENDS` |
| unticks what it is asked to confirm, closes the question, never answers it | here, `ENDS` |
| lets another edit in between, with either way to apply a fix | `test_freshness.py` |
| counts in other units than it says, sends lone surrogates, and places that no text has | here |
| sends 1,000 changes a second | here |
| dies in the middle of an applying (`kill -9`), or in the middle of a message | here |
| sends garbage, does not read, leaves its pipe open when it is gone, exits without a word | `test_process.py` |
| types, saves, undoes and takes fixes in any order, while results come late | `test_state_machine.py` |
| knows few capabilities, or those of each real editor | `test_clients.py`, and `tests/editors` |
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from ambient_lsp.lsp import apply, gate
from ambient_lsp.lsp.server import open_engine
from ambient_lsp.model import Proposal
from tests.server import shelf
from tests.server.stdio import Talk, talk
from tests.server.wire import Connection, Editor, until, workspace_changes

pytestmark = pytest.mark.timeout(120)

ROOT = Path(__file__).parents[2]
OTHER = "# sha256 now\nother = 1\n"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "SETTLE", 0.4)
    monkeypatch.setattr(apply, "_ANSWER", 0.5)
    monkeypatch.setattr(apply, "QUESTION_SECONDS", 0.5)
    monkeypatch.setattr(gate, "QUESTION_SECONDS", 0.5)


def window(root: Path, **options: Any) -> Connection:
    """Return an editor on the real engine."""
    return Connection(root, open_engine=open_engine, **options)


async def begin(it: Connection | Talk, root: Path, proposal: Proposal) -> str:
    """Open the file, take the fix, and return the URI."""
    uri = (root / "a.py").as_uri()
    if uri not in it.editor.texts:
        it.editor.open(uri, (root / "a.py").read_text())
    answer = await it.command("applyFix", proposal_id=proposal.id)
    assert "result" in answer, answer
    return uri


async def ended(it: Connection | Talk) -> str:
    await until(lambda: it.wire.of("ambient/applied"), 30)
    return str(it.wire.of("ambient/applied")[-1]["outcome"])


# What the line says of the fix, what the editor does, and what must be told and stored.
ENDS = {
    "does as it is told": ("pair", "honest", "applied", "applied", ["applied"]),
    "ignores versions": ("pair", "ignores versions", "applied", "applied", ["applied"]),
    "applies only the first file": ("pair", "only first", "partly", "partly", ["partly"]),
    "answers late": ("pair", "late", "applied", "applied", ["applied"]),
    "never answers": ("pair", "never", "refused", "offered", ["refused"]),
    "says yes and does nothing": ("pair", "unticks", "refused", "offered", ["refused"]),
    "confirms": ("risky", "honest", "applied", "applied", ["approved", "applied"]),
    "unticks what it is to confirm": ("risky", "unticks", "refused", "offered", ["refused"]),
    "never answers what it is to confirm": ("risky", "never", "refused", "offered", ["refused"]),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("case", ENDS)
async def test_what_is_stored_is_what_was_seen(tmp_path: Path, case: str) -> None:
    words, mode, outcome, state, kinds = ENDS[case]
    [fix] = shelf.stock(tmp_path, text := f"h = md5  # {words}\n")
    async with window(tmp_path, mode=mode) as it:
        it.editor.chosen = "Keep"
        uri = await begin(it, tmp_path, fix)
        assert await ended(it) == outcome
        assert it.editor.texts[uri] == (text.replace("md5", "sha256") if outcome != "refused" else text)
    assert shelf.stored(tmp_path, fix) == (state, kinds)
    assert (tmp_path / "a.py").read_text() == text, "the server writes no file"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("answer", [None, {"title": "Cancel"}, {"title": "apply"}, NotImplemented, {}, "Apply", 7])
async def test_whatever_is_not_a_yes_is_a_no(tmp_path: Path, answer: Any) -> None:
    """A closed question, another button, no answer in time, and what is no answer at all."""
    [fix] = shelf.stock(tmp_path, text := "h = md5  # risky\n")
    async with window(tmp_path, client="plain") as it:
        it.wire.answers["window/showMessageRequest"] = lambda params: answer
        uri = await begin(it, tmp_path, fix)
        assert await ended(it) == "refused"
        assert it.editor.texts[uri] == text and not it.editor.edits
    assert shelf.stored(tmp_path, fix) == ("offered", ["refused"])


@pytest.mark.usefixtures("quick")
async def test_an_edit_that_is_made_when_nobody_waits_any_more_is_noticed_file_by_file(tmp_path: Path) -> None:
    [fix] = shelf.stock(tmp_path, "h = md5  # pair\n")
    other = (tmp_path / "other.py").as_uri()
    async with window(tmp_path, mode="never") as it:
        it.editor.open(other, "other = 1\n")
        uri = await begin(it, tmp_path, fix)
        assert await ended(it) == "refused"
        changes = {place: edits for place, _, edits in workspace_changes(it.editor.edits[0])}
        it.editor.take_edits(uri, changes[uri])
        assert shelf.stored(tmp_path, fix) == ("partly", ["refused", "partly"])
        it.editor.take_edits(other, changes[other])
        assert it.editor.texts[other] == OTHER
    assert shelf.stored(tmp_path, fix) == ("applied", ["refused", "partly", "applied"])


# ------------------------------------------------------------------------------------------------ wrong encodings


@pytest.mark.usefixtures("quick")
async def test_an_editor_that_counts_in_other_units_than_it_says_is_noticed_when_it_saves(tmp_path: Path) -> None:
    text = "é = '😀'; h = md5\n" + "x = 1\n" * 5 + "h = md5\n"
    fixes = shelf.stock(tmp_path, text)
    uri = (tmp_path / "a.py").as_uri()
    async with window(tmp_path) as it:
        assert it.editor.encoding == "utf-16"
        it.editor.encoding = "utf-8"
        it.editor.open(uri, text)
        it.editor.type(uri, text.index(";"), text.index(";"), " + 'ü'")  # elsewhere than the server thinks
        save(it.editor, uri)
        await begin(it, tmp_path, fixes[1])  # on a line where all units are the same
        assert await ended(it) == "applied"
        right = text.replace("\nh = md5", "\nh = sha256").replace(";", " + 'ü';")
        assert it.editor.texts[uri] == right
    assert shelf.stored(tmp_path, fixes[1]) == ("applied", ["applied"])


async def test_a_fix_that_such_an_editor_made_counts_as_doubtful_when_it_saves(tmp_path: Path) -> None:
    [fix] = shelf.stock(tmp_path, text := "h = 'ü', md5\n")
    uri = (tmp_path / "a.py").as_uri()
    async with window(tmp_path) as it:
        it.editor.open(uri, text)
        [action] = [one for one in await it.actions(uri, 0) if "sha256" in one["title"]]
        edit = (await it.wire.request("codeAction/resolve", action))["result"]["edit"]
        ((_, _, [change]),) = workspace_changes(edit)
        # It takes the places for bytes, makes the edit one letter too early, and tells of it in the same units.
        it.editor.texts[uri] = text.replace(" md5", "sha2565")
        send_change(it, uri, 2, change["range"], change["newText"])
        assert shelf.stored(tmp_path, fix) == ("applied", ["applied"])
        save(it.editor, uri)
        assert "wrong place" in it.wire.of("window/showMessage")[-1]["message"]
    assert shelf.stored(tmp_path, fix) == ("stale", ["applied", "stale"])


FAR = 2**31 - 1


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("start", "end", "after"),
    [
        ((10**6, 0), (10**6, 0), "h = md5\n\n# end!"),
        ((FAR, FAR), (FAR, FAR), "h = md5\n\n# end!"),
        ((2, FAR), (2, FAR), "h = md5\n\n# end!"),
        ((2, 2), (FAR, FAR), "h = md5\n\n# !"),
        ((2, 2), (1, 0), "h = md5\n\n# !end"),
    ],
    ids=["below the end", "far beyond", "beyond a line", "to far beyond", "from behind to before"],
)
async def test_places_that_no_text_has_are_the_nearest_ones(
    tmp_path: Path, start: tuple[int, int], end: tuple[int, int], after: str
) -> None:
    [fix] = shelf.stock(tmp_path, text := "h = md5\n\n# end")
    uri = (tmp_path / "a.py").as_uri()
    async with window(tmp_path) as it:
        it.editor.open(uri, text)
        where = {"start": at(*start), "end": at(*end)}
        send_change(it, uri, 2, where, "!")
        it.editor.texts[uri], it.editor.versions[uri] = after, 2
        asked = {"textDocument": {"uri": uri}, "position": at(*start), "range": where, "context": {"diagnostics": []}}
        for method in ("textDocument/hover", "textDocument/codeAction"):
            assert "error" not in await it.wire.request(method, asked)
        await begin(it, tmp_path, fix)
        assert await ended(it) == "applied" and it.editor.texts[uri] == after.replace("md5", "sha256")
    assert shelf.stored(tmp_path, fix) == ("applied", ["applied"])


def at(line: int, character: int) -> dict[str, int]:
    return {"line": line, "character": character}


UNREADABLE: dict[str, Any] = {
    "before the beginning": {"range": {"start": at(-1, 0), "end": at(0, 0)}, "text": "x"},
    "too far": {"range": {"start": at(0, 2**40), "end": at(0, 2**40)}, "text": "x"},
    "half a place": {"range": {"start": {"line": 0}}, "text": "x"},
    "no text": {"range": None, "text": 5},
    "no change": "x",
}


async def test_a_buffer_whose_change_cannot_be_read_is_left_alone_until_it_is_opened_again(tmp_path: Path) -> None:
    [fix] = shelf.stock(tmp_path, text := "h = md5\n")
    uri = (tmp_path / "a.py").as_uri()
    async with talk(tmp_path) as it:
        for change in UNREADABLE.values():
            it.editor.open(uri, text)
            await until(lambda: it.editor.diagnostics.get(uri))
            params = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [change]}
            it.wire.notify("textDocument/didChange", params)
            await until(lambda: it.editor.diagnostics[uri] == [])
            send_change(it, uri, 3, {"start": at(0, 0), "end": at(0, 0)}, "y")  # nobody knows of which text
            asked = {"textDocument": {"uri": uri}, "range": {"start": at(0, 0), "end": at(0, 0)}}
            answer = await it.wire.request("textDocument/codeAction", {**asked, "context": {"diagnostics": []}})
            assert answer["result"] == []
        it.editor.open(uri, text)
        await begin(it, tmp_path, fix)
        assert await ended(it) == "applied" and it.editor.texts[uri] == "h = sha256\n"
    assert shelf.stored(tmp_path, fix) == ("applied", ["applied"])


async def test_lone_surrogates_stop_nothing_and_stay_as_they_are(tmp_path: Path) -> None:
    """VS Code sends half an emoji when the other half was deleted."""
    settings = "agents:\n  enabled: [StyleEnforcer]\nsandbox:\n  backend: none\n"
    [fix] = shelf.stock(tmp_path, text := "h = md5\n\n# end\n", settings=settings)
    uri = (tmp_path / "a.py").as_uri()
    broken, clean = (tmp_path / "broken.py").as_uri(), (tmp_path / "clean.py").as_uri()
    async with talk(tmp_path) as it:
        it.editor.open(broken, "import os\nx = '\udc00'\n")
        save(it.editor, broken)
        it.editor.open(clean, "import os\n")
        await until(lambda: it.editor.diagnostics.get(clean), 30)
        it.editor.open(uri, text)
        it.editor.type(uri, text.index("end"), text.index("end"), "\ud83d")
        await begin(it, tmp_path, fix)
        assert await ended(it) == "applied"
        assert it.editor.texts[uri] == "h = sha256\n\n# \ud83dend\n"
    assert shelf.stored(tmp_path, fix) == ("applied", ["applied"])


# ----------------------------------------------------------------------------------------------------- quickly


async def test_a_thousand_changes_a_second_lose_nothing_and_flood_nobody(tmp_path: Path) -> None:
    text = "x = 1\n\nh = md5\n\n" + "y = 2\n" * 1000
    [fix] = shelf.stock(tmp_path, text)
    uri = (tmp_path / "a.py").as_uri()
    async with talk(tmp_path) as it:
        it.editor.open(uri, text)
        await until(lambda: it.editor.diagnostics.get(uri))
        it.editor.publications.clear()
        started = time.monotonic()
        for number in range(1000):
            it.editor.type(uri, 0, 0, "# é😀\n" if number % 2 else "\n")
            await asyncio.sleep(max(started + number / 1000 - time.monotonic(), 0))
        await until(lambda: it.editor.diagnostics[uri][0]["range"]["start"]["line"] == 1002, 30)
        took = time.monotonic() - started
        assert len(it.editor.publications) <= took / 0.1 + 2
        await begin(it, tmp_path, fix)
        assert await ended(it) == "applied"
        assert it.editor.texts[uri] == "# é😀\n\n" * 500 + text.replace("md5", "sha256")
    assert shelf.stored(tmp_path, fix) == ("applied", ["applied"])


# ---------------------------------------------------------------------------------------------------- and dies


@pytest.mark.parametrize(
    ("end", "state", "kinds"),
    [
        ("half a message", "offered", []),
        ("before the edit", "offered", []),
        ("after the edit", "applied", ["applied"]),
    ],
)
def test_an_editor_that_is_killed_leaves_what_was_seen_and_no_server(
    tmp_path: Path, end: str, state: str, kinds: list[str]
) -> None:
    [fix] = shelf.stock(tmp_path / "repo", text := "h = md5\n")
    client = subprocess.Popen(
        [sys.executable, "-m", "tests.server.dying_editor", tmp_path / "repo", fix.id, end],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert client.stdout is not None
    with client.stdout:
        try:
            server = psutil.Process(int(client.stdout.readline()))
            assert client.stdout.readline() == b"ready\n"
        finally:
            client.send_signal(signal.SIGKILL)
            client.wait()
    server.wait(20)
    assert shelf.stored(tmp_path / "repo", fix) == (state, kinds)
    assert (tmp_path / "repo" / "a.py").read_text() == text


# ------------------------------------------------------------------------------------------------------- helpers


def save(editor: Editor, uri: str) -> None:
    """Tell that a file was saved, with its text, as the server asks for."""
    editor.wire.notify("textDocument/didSave", {"textDocument": {"uri": uri}, "text": editor.texts[uri]})


def send_change(it: Connection | Talk, uri: str, version: int, where: dict[str, dict[str, int]], text: str) -> None:
    """Tell of a change that the editor of these tests would not make."""
    change = {"range": where, "text": text}
    params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]}
    it.wire.notify("textDocument/didChange", params)
