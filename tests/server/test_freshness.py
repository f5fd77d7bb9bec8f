"""What is shown and kept while people and other tools type: with the real engine, and what its store says afterwards.

What becomes of one finding at each kind of change is in `test_findings.py`, and as laws in `tests/unit/lsp`.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from ambient_lsp.lsp import apply
from ambient_lsp.lsp.server import open_engine
from ambient_lsp.model import Proposal
from tests.server import shelf
from tests.server.wire import Connection, until, workspace_changes

pytestmark = pytest.mark.timeout(120)

GAP = "\n\n\n"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "SETTLE", 0.3)


def window(root: Path, **options: Any) -> Connection:
    """Return an editor on the real engine."""
    return Connection(root, open_engine=open_engine, **options)


async def opened(it: Connection, root: Path) -> str:
    uri = (root / "a.py").as_uri()
    it.editor.open(uri, (root / "a.py").read_text())
    await until(lambda: it.editor.diagnostics.get(uri))
    return uri


async def handed(it: Connection, uri: str, line: int) -> list[dict[str, Any]]:
    """Choose the fix at a line, and return the edits that the editor is given for it."""
    [action] = [one for one in await it.actions(uri, line) if "sha256" in one["title"]]
    answer = await it.wire.request("codeAction/resolve", action)
    [(_, _, edits)] = workspace_changes(answer["result"]["edit"])
    return edits


async def applied(it: Connection, fix: Proposal) -> str:
    """Have a fix applied by the server, and return how it ended."""
    count = len(it.wire.of("ambient/applied"))
    answer = await it.command("applyFix", proposal_id=fix.id)
    assert "result" in answer, answer
    await until(lambda: len(it.wire.of("ambient/applied")) > count)
    return str(it.wire.of("ambient/applied")[-1]["outcome"])


def marked(it: Connection, uri: str) -> list[int]:
    """Return the lines with a squiggle."""
    return [one["range"]["start"]["line"] for one in it.editor.diagnostics.get(uri, [])]


async def test_two_fixes_in_a_row_and_both_undone_without_a_save(tmp_path: Path) -> None:
    first, second = shelf.stock(tmp_path, text := f"a = md5{GAP}b = md5\n")
    async with window(tmp_path) as it:
        uri = await opened(it, tmp_path)
        it.editor.take_edits(uri, await handed(it, uri, 0))
        between = it.editor.texts[uri]
        await until(lambda: marked(it, uri) == [3])
        it.editor.take_edits(uri, await handed(it, uri, 3))
        assert it.editor.texts[uri] == text.replace("md5", "sha256")
        await until(lambda: marked(it, uri) == [])
        after = it.editor.texts[uri]
        it.editor.type(uri, 0, len(after), between)
        await until(lambda: marked(it, uri) == [3])
        it.editor.type(uri, 0, len(between), text)
        await until(lambda: marked(it, uri) == [0, 3])
    assert shelf.stored(tmp_path, first) == shelf.stored(tmp_path, second) == ("reverted", ["applied", "reverted"])


async def test_an_undo_after_more_typing_and_a_save_is_noticed_and_counted(tmp_path: Path) -> None:
    [fix] = shelf.stock(tmp_path, text := f"a = md5{GAP}# end\n")
    async with window(tmp_path) as it:
        uri = await opened(it, tmp_path)
        it.editor.take_edits(uri, await handed(it, uri, 0))
        fixed = it.editor.texts[uri]
        it.editor.type(uri, len(fixed), len(fixed), "more = 1\n")
        it.editor.save(uri)
        it.editor.type(uri, len(fixed), len(fixed) + 9, "")
        it.editor.type(uri, 0, len(fixed), text)  # the undo
        assert shelf.stored(tmp_path, fix) == ("reverted", ["applied", "reverted"])
        it.editor.type(uri, 0, len(text), fixed)  # and again
    assert shelf.stored(tmp_path, fix) == ("applied", ["applied", "reverted", "applied"])
    log = [json.loads(line) for line in (tmp_path / ".ambient" / "telemetry.jsonl").read_text().splitlines()]
    told = [one["data"] if "data" in one else one for one in log]
    assert [one["kind"] for one in told if one.get("proposal") == fix.id] == ["applied", "reverted", "applied"]


async def test_a_fix_of_two_files_is_undone_when_both_are(tmp_path: Path) -> None:
    [fix] = shelf.stock(tmp_path, "a = md5  # pair\n")
    async with window(tmp_path) as it:
        uri, other = await opened(it, tmp_path), (tmp_path / "other.py").as_uri()
        assert await applied(it, fix) == "applied"
        assert shelf.stored(tmp_path, fix) == ("applied", ["applied"])
        before = it.editor.texts[uri].replace("sha256", "md5")
        it.editor.type(uri, 0, len(it.editor.texts[uri]), before)
        assert shelf.stored(tmp_path, fix) == ("partly", ["applied", "partly"])
        it.editor.type(other, 0, len(it.editor.texts[other]), "other = 1\n")
    assert shelf.stored(tmp_path, fix) == ("reverted", ["applied", "partly", "reverted"])


async def test_a_squiggle_whose_fix_is_in_another_file_goes_with_it_and_comes_back_with_an_undo(tmp_path: Path) -> None:
    [fix] = shelf.stock(tmp_path, "a = md5  # pair elsewhere\n")
    async with window(tmp_path) as it:
        uri, other = await opened(it, tmp_path), (tmp_path / "other.py").as_uri()
        assert await applied(it, fix) == "applied"
        await until(lambda: marked(it, uri) == [])
        it.editor.type(other, 0, len(it.editor.texts[other]), "other = 1\n")
        await until(lambda: marked(it, uri) == [0])
    assert shelf.stored(tmp_path, fix) == ("reverted", ["applied", "reverted"])


BETWEEN = {
    # What somebody else changes between the server's edit and the editor's making it: where, what, and the end.
    "nothing": (None, "", "applied"),
    "behind it": ("# end", "# the ", "applied"),
    "before it, on lines of their own": ("# top", "# new\n", "stale"),
    "before it, as long as before": ("# top", None, "applied"),
    "on its line, before it": ("a = ", "  ", "stale"),
}


def elsewhere(it: Connection, uri: str, where: str | None, what: str | None) -> None:
    """Do what a formatter, or another server, does at the wrong moment."""
    if where is not None:
        at = it.editor.texts[uri].index(where)
        it.editor.type(uri, at, at + (5 if what is None else 0), "# TOP" if what is None else what)


def is_in_place(text: str) -> bool:
    return "sha256\n" in text and "md5" not in text


@pytest.mark.parametrize("case", BETWEEN)
async def test_another_edit_in_between_is_noticed_when_the_editor_makes_the_edit_on_its_own(
    tmp_path: Path, case: str
) -> None:
    where, what, end = BETWEEN[case]
    [fix] = shelf.stock(tmp_path, f"# top{GAP}a = md5{GAP}# end\n")
    async with window(tmp_path) as it:
        uri = await opened(it, tmp_path)
        edits = await handed(it, uri, 3)
        elsewhere(it, uri, where, what)
        before = it.editor.texts[uri]
        edits_at_old_places(it, uri, edits)
        assert is_in_place(it.editor.texts[uri]) is (end == "applied")
        assert shelf.stored(tmp_path, fix) == (end, [end])
        told = [one["message"] for one in it.wire.of("window/showMessage")]
        assert ("wrong place" in str(told)) is (end == "stale")
        if end == "applied":  # and the undo of it is noticed too
            it.editor.type(uri, 0, len(it.editor.texts[uri]), before)
            assert shelf.stored(tmp_path, fix) == ("reverted", ["applied", "reverted"])


@pytest.mark.parametrize("case", BETWEEN)
async def test_another_edit_in_between_is_noticed_when_the_server_has_the_edit_made(tmp_path: Path, case: str) -> None:
    where, what, end = BETWEEN[case]
    [fix] = shelf.stock(tmp_path, f"# top{GAP}a = md5{GAP}# end\n")
    async with window(tmp_path, mode="ignores versions") as it:
        uri = await opened(it, tmp_path)

        async def interrupted(params: Any) -> Any:
            elsewhere(it, uri, where, what)
            [(_, _, edits)] = workspace_changes(params["edit"])
            edits_at_old_places(it, uri, edits)
            return {"applied": True}

        it.wire.answers["workspace/applyEdit"] = interrupted
        assert await applied(it, fix) == end
        assert is_in_place(it.editor.texts[uri]) is (end == "applied")
    assert shelf.stored(tmp_path, fix) == (end, [end])


def edits_at_old_places(it: Connection, uri: str, edits: list[dict[str, Any]]) -> None:
    """Make edits as VS Code does: at the places they name, or the nearest that the text has now."""
    for edit in edits:
        lines = it.editor.texts[uri].split("\n")
        start, end = (
            sum(len(line) + 1 for line in lines[: one["line"]]) + min(one["character"], len(lines[one["line"]]))
            for one in (edit["range"]["start"], edit["range"]["end"])
        )
        it.editor.type(uri, start, end, edit["newText"])


async def test_an_edit_that_an_honest_editor_refused_for_its_version_is_refused(tmp_path: Path) -> None:
    [fix] = shelf.stock(tmp_path, f"a = md5{GAP}# end\n")
    async with window(tmp_path) as it:
        uri = await opened(it, tmp_path)

        async def interrupted(params: Any) -> Any:
            elsewhere(it, uri, "# end", "# the ")
            return await it.editor.apply_edit(params)

        it.wire.answers["workspace/applyEdit"] = interrupted
        assert await applied(it, fix) == "refused"
        assert "md5" in it.editor.texts[uri]
    assert shelf.stored(tmp_path, fix) == ("offered", ["refused"])


@pytest.mark.parametrize(
    ("line", "most"),
    [("# end", 0), ("# top", 0), ("a = md5  # here", 1)],
    ids=["behind all findings", "on a line above them", "behind the code of one"],
)
async def test_typing_on_a_line_tells_the_editor_of_a_finding_at_most_once(
    tmp_path: Path, line: str, most: int
) -> None:
    shelf.stock(tmp_path, f"# top{GAP}a = md5  # here{GAP}# end\n")
    async with window(tmp_path) as it:
        uri = await opened(it, tmp_path)
        await asyncio.sleep(0.3)
        it.editor.publications.clear()
        for _ in range(20):
            at = it.editor.texts[uri].index(line) + len(line)
            it.editor.type(uri, at, at, "x")
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        assert len(it.editor.publications) == most
