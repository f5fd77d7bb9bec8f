"""What comes in between while a fix is applied: a second click, another fix, other settings, the end of the editor.

All of it is tried on the real engine, and what counts is the text in the editor and what the store says afterwards.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ambient_lsp.errors import StoreError
from ambient_lsp.lsp import apply, pages
from ambient_lsp.lsp.workspaces import Workspace
from tests.server import shelf
from tests.server.test_hostile_clients import begin, ended, window
from tests.server.wire import Connection, settle, until

pytestmark = pytest.mark.timeout(120)

SETTINGS = "monitoring:\n  enabled: false\n  max_file_bytes: 12345\n"
BETWEEN = "\n\nx = 1\n\n\n"
TWO = f"h = md5\n{BETWEEN}g = md5\n"


def told(it: Connection) -> list[str]:
    return [one["outcome"] for one in it.wire.of("ambient/applied")]


def messages(it: Connection) -> str:
    return "\n".join(one["message"] for one in it.wire.of("window/showMessage"))


def folder(it: Connection) -> Workspace:
    [workspace] = it.server.session.workspaces
    return workspace


# ---------------------------------------------------------------------------------------------- what was discarded


async def test_a_preview_that_is_discarded_while_its_file_is_typed_in_is_no_approval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "SETTLE", 0.2)
    [fix] = shelf.stock(tmp_path, "h = md5  # risky\n\n\nx = 1\n")
    async with window(tmp_path) as it:
        uri = (tmp_path / "a.py").as_uri()

        def discarded(params: Any) -> Any:
            end = len(it.editor.texts[uri])
            it.editor.type(uri, end, end, "y = 2\n")
            return {"applied": False}  # all that VS Code says of it

        it.wire.answers["workspace/applyEdit"] = discarded
        await begin(it, tmp_path, fix)
        assert await ended(it) == "refused"
        assert "wrong place" not in messages(it)
    assert shelf.stored(tmp_path, fix) == ("offered", ["refused"])


async def test_a_change_that_cannot_be_shown_is_not_made_and_that_is_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(page: pages.Page) -> Path:
        raise StoreError("The page cannot be written: no space left.", untouched="Nothing was changed.")

    monkeypatch.setattr(pages, "write", full)
    [fix] = shelf.stock(tmp_path, text := "h = md5  # risky\n")
    async with window(tmp_path, client="plain") as it:
        it.server.session.support = replace(it.server.session.support, shows_documents=True)
        it.editor.chosen = "Show the Change"
        uri = await begin(it, tmp_path, fix)
        assert await ended(it) == "refused" and "no space left" in messages(it)
        assert it.editor.texts[uri] == text
    assert shelf.stored(tmp_path, fix) == ("offered", ["refused"])


# ------------------------------------------------------------------------------------------------ two at one time


@pytest.mark.parametrize("client", ["plain", "vscode_1.139", "neovim_0.12"])
async def test_a_fix_that_is_asked_for_twice_is_made_once(tmp_path: Path, client: str) -> None:
    fix, _ = shelf.stock(tmp_path, TWO)
    async with window(tmp_path, client=client, mode="ignores versions") as it:
        uri = (tmp_path / "a.py").as_uri()
        it.editor.open(uri, TWO)
        await asyncio.gather(*(it.command("applyFix", proposal_id=fix.id) for _ in range(2)))
        await until(lambda: len(told(it)) == 2)
        assert told(it) == ["applied", "applied"] and len(it.editor.edits) == 1
        assert it.editor.texts[uri] == TWO.replace("md5", "sha256", 1)
        later = await it.command("applyFix", proposal_id=fix.id)
        assert "result" in later and await until(lambda: told(it)[2:]) == ["blocked"]
    assert shelf.stored(tmp_path, fix) == ("applied", ["applied"])


async def test_two_fixes_of_one_file_are_made_one_after_the_other(tmp_path: Path) -> None:
    fixes = shelf.stock(tmp_path, TWO)
    async with window(tmp_path, client="plain", mode="ignores versions") as it:
        uri = (tmp_path / "a.py").as_uri()
        it.editor.open(uri, TWO)
        await asyncio.gather(*(it.command("applyFix", proposal_id=fix.id) for fix in fixes))
        await until(lambda: len(told(it)) == 2)
        assert told(it) == ["applied", "applied"]
        assert it.editor.texts[uri] == TWO.replace("md5", "sha256")
    assert [shelf.stored(tmp_path, fix) for fix in fixes] == [("applied", ["applied"])] * 2


async def test_a_fix_waits_while_another_is_in_the_preview_and_says_so(tmp_path: Path) -> None:
    risky, other = fixes = shelf.stock(tmp_path, text := f"h = md5  # risky\n{BETWEEN}g = md5\n")
    async with window(tmp_path) as it:
        confirmed = asyncio.Event()

        async def preview(params: Any) -> Any:
            if not it.editor.edits and not confirmed.is_set():
                await confirmed.wait()
            return await it.editor.apply_edit(params)

        it.wire.answers["workspace/applyEdit"] = preview
        uri = await begin(it, tmp_path, risky)
        await until(lambda: it.wire.of("workspace/applyEdit"))
        await begin(it, tmp_path, other)
        await until(lambda: "comes next" in messages(it))
        assert it.editor.texts[uri] == text and len(it.wire.of("workspace/applyEdit")) == 1
        confirmed.set()
        await until(lambda: len(told(it)) == 2)
        assert told(it) == ["applied", "applied"] and it.editor.texts[uri] == text.replace("md5", "sha256")
    assert [shelf.stored(tmp_path, fix)[1] for fix in fixes] == [["approved", "applied"], ["applied"]]


async def test_a_question_that_waits_for_an_answer_holds_no_other_fix_up(tmp_path: Path) -> None:
    risky, other = shelf.stock(tmp_path, text := f"h = md5  # risky\n{BETWEEN}g = md5\n")
    async with window(tmp_path, client="plain") as it:
        answered = asyncio.Event()

        async def answer(params: Any) -> Any:
            await answered.wait()
            return {"title": "Apply"}

        it.wire.answers["window/showMessageRequest"] = answer
        uri = await begin(it, tmp_path, risky)
        await until(lambda: it.wire.of("window/showMessageRequest"))
        await begin(it, tmp_path, other)
        assert await ended(it) == "applied"
        answered.set()
        await until(lambda: len(told(it)) == 2)
        assert told(it) == ["applied", "applied"] and it.editor.texts[uri] == text.replace("md5", "sha256")


# ------------------------------------------------------------------------------------------------- other settings


async def change_settings(it: Connection) -> None:
    (folder(it).root / ".ambient.yml").write_text(SETTINGS)
    await it.server.session.check_config(folder(it))


@pytest.mark.parametrize(
    ("answer", "state", "kinds"),
    [
        ("Apply", "applied", ["approved", "applied"]),
        ("Cancel", "offered", ["refused"]),
    ],
)
@pytest.mark.parametrize("when", ["before", "meanwhile"])
async def test_an_answer_counts_when_settings_were_changed_before_it(
    tmp_path: Path, answer: str, state: str, kinds: list[str], when: str
) -> None:
    [fix] = shelf.stock(tmp_path, "h = md5  # risky\n")
    async with window(tmp_path, client="plain") as it:
        old = folder(it).engine

        async def answered(params: Any) -> Any:
            await change_settings(it)
            if when == "before":
                await until(lambda: folder(it).engine not in (None, old))
            else:
                await until(lambda: folder(it).engine is None)
            return {"title": answer}

        it.wire.answers["window/showMessageRequest"] = answered
        await begin(it, tmp_path, fix)
        assert await ended(it) == ("applied" if answer == "Apply" else "refused")
        await until(lambda: folder(it).engine not in (None, old))
    assert shelf.stored(tmp_path, fix) == (state, kinds)


async def test_an_edit_that_is_made_while_the_engine_is_opened_again_is_on_record(tmp_path: Path) -> None:
    [fix] = shelf.stock(tmp_path, "h = md5\n")
    async with window(tmp_path) as it:
        old, close = folder(it).engine, folder(it).engine.close
        closed = asyncio.Event()

        async def slow(grace: float = 2.0) -> None:
            await close(grace)
            await closed.wait()

        folder(it).engine.close = slow

        async def answer(params: Any) -> Any:
            await change_settings(it)
            await until(lambda: folder(it).engine is None)
            return await it.editor.apply_edit(params)

        it.wire.answers["workspace/applyEdit"] = answer
        await begin(it, tmp_path, fix)
        assert await ended(it) == "applied"
        again = await it.command("applyFix", proposal_id=fix.id)
        assert "Try again in a moment" in again["error"]["message"], "not that there is no such fix"
        closed.set()
        await until(lambda: folder(it).engine not in (None, old))
    assert shelf.stored(tmp_path, fix) == ("applied", ["applied"])


# ------------------------------------------------------------------------------------------ the end of the editor


@pytest.mark.parametrize(
    ("words", "mode", "state", "kinds"),
    [
        ("pair", "only first", "partly", ["partly"]),
        ("pair risky", "only first", "partly", ["approved", "partly"]),
        ("pair risky", "unticks", "offered", ["refused"]),
        ("pair", "unticks", "offered", []),
    ],
)
async def test_what_an_editor_did_before_its_end_is_on_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, mode: str, state: str, kinds: list[str]
) -> None:
    monkeypatch.setattr(apply, "SETTLE", 60.0)
    [fix] = shelf.stock(tmp_path, f"h = md5  # {words}\n")
    async with window(tmp_path, mode=mode) as it:
        await begin(it, tmp_path, fix)
        await until(lambda: it.editor.edits)
        await settle(50)
    assert shelf.stored(tmp_path, fix) == (state, kinds)
