"""The human gate: what counts as a yes, what as a no, and that either is on record with who, when and which change."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from ambient_lsp import user
from ambient_lsp.lsp import apply, gate
from ambient_lsp.model import DecisionKind, Proposal
from tests.server.stdio import Talk, talk
from tests.server.test_parts import APP, FIXED, make, offer
from tests.server.wire import Connection, settle, until

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]


@pytest.fixture
def risky(tmp_path: Path) -> tuple[Path, Proposal]:
    root = make(tmp_path / "repo", backend="none")
    return root, offer(root, decision=DecisionKind.CONFIRM)


async def ask(it: Talk, proposal: Proposal) -> str:
    """Start what needs an approval; return the run's id."""
    return (await it.command("applyFix", proposal_id=proposal.id))["result"]["run_id"]


async def history(it: Talk, proposal: Proposal) -> list[dict[str, Any]]:
    return (await it.proposal(proposal.id))["history"]


async def test_only_the_one_answer_is_a_yes_and_either_is_on_record(risky) -> None:
    root, proposal = risky
    before, uri = time.time(), (root / "app.py").as_uri()
    async with talk(root, client="plain") as it:
        answers: list[Any] = [{"title": "Cancel"}, None, {"title": "apply"}, {"title": "Yes"}, {"title": "Apply"}]
        it.wire.answers["window/showMessageRequest"] = lambda params: answers.pop(0)
        it.editor.open(uri, APP)
        for _ in range(4):
            done = await it.applied(await ask(it, proposal))
            assert done["outcome"] == "refused" and done["reason"]
            assert it.editor.texts[uri] == APP and not it.editor.edits
        assert (await it.applied(await ask(it, proposal)))["outcome"] == "applied"
        assert it.editor.texts[uri] == FIXED
        told = await history(it, proposal)
    assert [one["what"] for one in told] == [*["refused"] * 4, "approved", "applied"]
    assert "answered no" in told[0]["why"] and "closed without an answer" in told[1]["why"]
    assert {one["who"] for one in told} == {f"{user.name()} in plain"}
    assert all(before <= one["when"] <= time.time() for one in told)
    assert {len(one["sha256"]) for one in told} == {64} and len({one["sha256"] for one in told}) == 1


async def test_an_editor_that_cannot_ask_has_said_no_and_names_the_terminals_command(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(text := "md5  # risky\n")
    async with Connection(tmp_path, client="plain") as it:
        it.wire.answers["window/showMessageRequest"] = lambda params: Exception("method not found")
        assert (await take(it, text))["reason"] == "The editor could not ask."
        [said] = it.wire.of("window/showMessage")
        assert "ambient proposals apply --approve" in said["message"] and not it.editor.edits


async def test_a_person_may_look_first_and_the_question_comes_again(risky) -> None:
    root, proposal = risky
    async with talk(root, client="plain", more={"window": {"showDocument": {"support": True}}}) as it:
        asked: list[list[str]] = []

        def answer(params: Any) -> Any:
            asked.append([one["title"] for one in params["actions"]])
            return {"title": "Show the Change" if len(asked) == 1 else "Apply"}

        it.wire.answers["window/showMessageRequest"] = answer
        it.editor.open((root / "app.py").as_uri(), APP)
        assert (await it.applied(await ask(it, proposal)))["outcome"] == "applied"
        assert asked == [["Apply", "Show the Change", "Cancel"], ["Apply", "Cancel"]]
        [opened] = it.wire.of("window/showDocument")
        page = Path(opened["uri"].removeprefix("file://")).read_text()
        assert "# Tidy tokens" in page and "+TWO = 2" in page and "1 test passes as before" in page
        assert "it is about tokens" in page


@pytest.mark.parametrize("comes", ["late", "never"])
async def test_a_question_that_nobody_answers_in_time_is_a_no(tmp_path: Path, monkeypatch, comes: str) -> None:
    monkeypatch.setattr(gate, "QUESTION_SECONDS", 0.2)
    (tmp_path / "a.py").write_text(text := "md5  # risky\n")
    async with Connection(tmp_path, client="plain") as it:

        async def answer(params: Any) -> Any:
            if comes == "never":
                return NotImplemented
            await it.applied()
            return {"title": "Apply"}

        it.wire.answers["window/showMessageRequest"] = answer
        done = await take(it, text)
        assert done["outcome"] == "refused" and "Nobody answered" in done["reason"]
        await settle(50)
        assert [one.kind for one in it.engine.recorded] == ["refused"] and not it.editor.edits
        assert "Nobody answered" in it.engine.recorded[0].reason
        assert it.editor.texts[(tmp_path / "a.py").as_uri()] == text


async def test_a_preview_that_is_left_open_is_a_no_and_what_the_editor_does_later_is_seen(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(apply, "QUESTION_SECONDS", 0.2)
    monkeypatch.setattr(apply, "SETTLE", 0.1)
    (tmp_path / "a.py").write_text(text := "md5  # risky\n")
    async with Connection(tmp_path) as it:

        async def confirmed_at_last(params: Any) -> Any:
            await it.applied()
            return await it.editor.apply_edit(params)

        it.wire.answers["workspace/applyEdit"] = confirmed_at_last
        done = await take(it, text)
        assert done["outcome"] == "refused" and "did not answer" in done["reason"]
        await until(lambda: len(it.engine.recorded) > 1)
        assert [one.kind for one in it.engine.recorded] == ["refused", "applied"], "no approval, and the truth"


async def test_an_editor_that_closes_with_the_preview_open_has_said_no(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(text := "md5  # risky\n")
    async with Connection(tmp_path, mode="never") as it:
        engine = it.engine
        it.editor.open((tmp_path / "a.py").as_uri(), text)
        await until(lambda: engine.runs())
        await settle()
        [fix] = engine.proposals()
        await it.command("applyFix", proposal_id=fix.id)
        await until(lambda: it.editor.edits)
    assert [(one.kind, one.reason) for one in engine.recorded] == [("refused", gate.CLOSED)]


async def test_a_yes_to_what_was_dismissed_meanwhile_changes_nothing(risky) -> None:
    root, proposal = risky
    async with talk(root, client="plain") as it:

        async def answer(params: Any) -> Any:
            await it.command("dismiss", id=proposal.id, reason="not wanted")
            return {"title": "Apply"}

        it.wire.answers["window/showMessageRequest"] = answer
        it.editor.open((root / "app.py").as_uri(), APP)
        done = await it.applied(await ask(it, proposal))
        assert done["outcome"] == "refused" and "dismissed" in done["reason"]
        assert [one["what"] for one in await history(it, proposal)] == ["dismissed"]
        assert it.editor.texts[(root / "app.py").as_uri()] == APP


async def take(it: Connection, text: str) -> dict[str, Any]:
    """Open `a.py` and take the fix of its only finding."""
    uri = (it.roots[0] / "a.py").as_uri()
    it.editor.open(uri, text)
    await until(lambda: it.engine.runs())
    await settle()
    [fix] = [one for one in await it.actions(uri, 0) if "sha256" in one["title"]]
    command = fix["command"] if isinstance(fix["command"], dict) else fix
    await it.wire.request("workspace/executeCommand", command)
    return await it.applied()


async def test_an_editor_that_closes_with_the_question_open_has_said_no(risky) -> None:
    root, proposal = risky
    async with talk(root, client="plain") as it:
        it.wire.answers["window/showMessageRequest"] = lambda params: NotImplemented
        it.editor.open((root / "app.py").as_uri(), APP)
        await ask(it, proposal)
        await until(lambda: it.wire.of("window/showMessageRequest"))
    async with talk(root, client="plain") as it:
        [event] = await history(it, proposal)
        assert event["what"] == "refused" and "closed before anybody answered" in event["why"]
        assert (await it.proposal(proposal.id))["state"] == "offered"
    assert (root / "app.py").read_text() == APP
