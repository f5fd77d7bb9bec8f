"""Some pieces of a fix: chosen in an editor, proven by themselves, and applied by the real server; or not."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ambient_lsp import user
from ambient_lsp.lsp import apply
from ambient_lsp.model import Decision, DecisionKind, Proposal, ProposalState, RiskLevel, Verdict, VerdictOutcome
from ambient_lsp.patching.edits import modify, propose
from ambient_lsp.store.provenance import claim
from ambient_lsp.store.store import open_store
from ambient_lsp.text import freeze
from tests.e2e import project
from tests.real import require
from tests.sandboxes import readiness
from tests.server.stdio import Talk, talk
from tests.server.test_hostile_clients import window
from tests.server.wire import until

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

APP = '''"""Tokens."""

import hashlib


def token(user: str) -> str:
    """Return a token."""
    return hashlib.md5(user.encode()).hexdigest()


def twice(number: int) -> int:
    """Return twice the number."""
    return number + number
'''
FIXED = (
    APP.replace("md5", "sha256").replace("number + number", "TWO * number").replace("hashlib\n", "hashlib\n\nTWO = 2\n")
)
TESTS = "from app import token, twice\n\n\ndef test_both() -> None:\n    assert token('a') and twice(2) == 4\n"
HASH, TWO, USE = "md5", "TWO = 2", "number + number"


def make(folder: Path, *, backend: str = "bubblewrap", tests: str = TESTS) -> Path:
    settings = f"sandbox:\n  backend: {backend}\nagents:\n  enabled: [SecurityGuardian]\n"
    files = {"app.py": APP, "test_app.py": tests, ".ambient.yml": settings}
    return project.make(folder, {**files, "pyproject.toml": project.FILES["pyproject.toml"]})


def offer(root: Path, *, decision: DecisionKind = DecisionKind.ALLOW) -> Proposal:
    """Leave a fix of three pieces in the store, as a model's run would."""
    proposal = replace(
        propose(
            agent="RefactorGuru",
            title="Tidy tokens",
            description="Three things.",
            rationale="They are better so.",
            risk_level=RiskLevel.LOW,
            edits=[modify(freeze(root, "app.py", APP), FIXED)],
            bases={"app.py": APP},
            tags=("model",),
        ),
        state=ProposalState.OFFERED,
        decision=Decision(decision, ("it is about tokens",) if decision is DecisionKind.CONFIRM else ()),
        verdict=Verdict(VerdictOutcome.PASSED, "1 test passes as before."),
        created=time.time(),
    )
    claim(root / ".ambient", trusted=False)
    store = open_store(root / ".ambient")
    store.save_text(APP)
    store.save_proposal(proposal)
    store.close()
    return proposal


async def choose(it: Talk, proposal: Proposal, *words: str) -> list[str]:
    """Return the ids of the pieces with these words in them."""
    hunks = (await it.proposal(proposal.id))["hunks"]
    return [one["id"] for one in hunks if any(word in one["before"] + one["after"] for word in words)]


async def start(it: Talk, proposal: Proposal, *words: str) -> dict[str, Any]:
    chosen = await choose(it, proposal, *words)
    answer = await it.command("applyPart", proposal_id=proposal.id, hunks=chosen)
    return answer["result"]


def need_sandbox() -> None:
    found = readiness("bubblewrap")
    require(found.ready, found.reason)


async def test_pieces_that_hold_by_themselves_are_applied_and_the_whole_is_partly(tmp_path: Path) -> None:
    need_sandbox()
    root = make(tmp_path / "repo")
    whole, uri = offer(root), (root / "app.py").as_uri()
    async with talk(root) as it:
        hunks = (await it.proposal(whole.id))["hunks"]
        assert [(one["first"], one["last"], one["before"], one["after"]) for one in hunks] == [
            (5, 4, "", "TWO = 2\n\n"),
            (8, 8, "    return hashlib.md5(user.encode()).hexdigest()\n",
             "    return hashlib.sha256(user.encode()).hexdigest()\n"),
            (13, 13, "    return number + number\n", "    return TWO * number\n"),
        ]  # fmt: skip
        assert all((one["path"], one["uri"], one["kind"]) == ("app.py", uri, "modify") for one in hunks)
        it.editor.open(uri, APP)
        begun = await start(it, whole, HASH)
        assert begun["proposal_id"] != whole.id
        done = await it.applied(begun["run_id"])
        assert (done["outcome"], done["proposal_id"]) == ("applied", begun["proposal_id"]), done
        assert it.editor.texts[uri] == APP.replace("md5", "sha256")
        part = await it.proposal(begun["proposal_id"])
        assert part["title"] == "Tidy tokens (1 of 3 pieces)" and part["proof"]["outcome"] == "passed"
        assert [one["what"] for one in part["history"]] == ["applied"]
        await until(lambda: it.wire.of("ambient/proposals"))
        assert it.wire.of("ambient/proposals")[-1] == {"folder": root.as_uri()}
        whole_now = await it.proposal(whole.id)
        assert whole_now["state"] == "partly"
        [event] = whole_now["history"]
        assert (event["what"], event["who"]) == ("partly", f"{user.name()} in vscode_1.139")
        assert part["id"] in event["why"]


@pytest.mark.parametrize(("answer", "after"), [("Undo", APP), ("Keep", APP.replace("md5", "sha256"))])
async def test_boxes_left_unticked_in_the_editors_preview_are_told_and_taken_back(
    tmp_path: Path, answer: str, after: str
) -> None:
    root = make(tmp_path / "repo")
    fix, uri = offer(root, decision=DecisionKind.CONFIRM), (root / "app.py").as_uri()
    async with talk(root) as it:
        it.editor.open(uri, APP)
        it.editor.chosen = answer

        async def ticks_one(params: Any) -> Any:
            for change in params["edit"]["documentChanges"]:
                change["edits"] = [edit for edit in change["edits"] if "sha256" in edit["newText"]] or change["edits"]
            return await it.editor.apply_edit(params)

        it.wire.answers["workspace/applyEdit"] = ticks_one
        begun = (await it.command("applyFix", proposal_id=fix.id))["result"]
        done = await it.applied(begun["run_id"])
        assert (done["outcome"], done["changed"]) == ("partly", ["app.py"]), done
        [question] = it.wire.of("window/showMessageRequest")
        assert "only in part, and it was proven as a whole" in question["message"]
        assert question["message"].endswith("Changed in some places only: app.py.")
        await until(lambda: it.editor.texts[uri] == after)


async def test_pieces_that_do_not_hold_change_nothing_and_say_why(tmp_path: Path) -> None:
    need_sandbox()
    root = make(tmp_path / "repo")
    whole, uri = offer(root), (root / "app.py").as_uri()
    async with talk(root) as it:
        it.editor.open(uri, APP)
        begun = await start(it, whole, USE)
        done = await it.applied(begun["run_id"])
        assert (done["outcome"], done["proposal_id"]) == ("unproven", begun["proposal_id"])
        assert "The fix did not hold" in done["reason"] and "`TWO`, which is not defined" in done["reason"], done
        assert it.editor.texts[uri] == APP and not it.editor.edits
        assert (root / "app.py").read_text() == APP
        assert (await it.proposal(whole.id))["state"] == "offered"
        part = await it.proposal(begun["proposal_id"])
        assert part["state"] == "failed" and part["proof"]["outcome"] == "failed"
        assert any("was not applied" in one["message"] for one in it.wire.of("window/showMessage"))

        begun = await start(it, whole, USE, TWO)  # with what it needs, it does
        assert (await it.applied(begun["run_id"]))["outcome"] == "applied"
        assert "TWO * number" in it.editor.texts[uri] and "md5" in it.editor.texts[uri]


async def test_a_proof_that_is_cancelled_changes_nothing(tmp_path: Path) -> None:
    need_sandbox()
    root = make(tmp_path / "repo", tests=f"import time\n\n{TESTS}    time.sleep(50)\n")
    whole, uri = offer(root), (root / "app.py").as_uri()
    async with talk(root) as it:
        it.editor.open(uri, APP)
        begun = await start(it, whole, HASH)

        def shown() -> list[Any]:
            begins = [one for one in it.wire.of("$/progress") if one["value"]["kind"] == "begin"]
            return [one for one in begins if "the chosen pieces" in one["value"]["message"]]

        [progress] = await until(shown)
        assert progress["value"]["cancellable"]
        it.wire.notify("window/workDoneProgress/cancel", {"token": progress["token"]})
        done = await it.applied(begun["run_id"])
        assert (done["outcome"], done["proposal_id"]) == ("cancelled", begun["proposal_id"])
        assert it.editor.texts[uri] == APP and not it.editor.edits
        assert (await it.proposal(begun["proposal_id"]))["state"] == "stale"
        assert (await it.proposal(whole.id))["state"] == "offered"
        await until(lambda: begun["run_id"] not in it.wire.of("ambient/status")[-1]["runs"])


async def test_pieces_that_typing_got_in_the_way_of_are_not_applied(tmp_path: Path) -> None:
    need_sandbox()
    root = make(tmp_path / "repo")
    whole, uri = offer(root), (root / "app.py").as_uri()
    async with talk(root) as it:
        it.editor.open(uri, APP)
        begun = await start(it, whole, HASH)
        it.editor.type(uri, APP.index("md5"), APP.index("md5") + 3, "sha1")  # while it is being proven
        done = await it.applied(begun["run_id"])
        assert done["outcome"] == "stale" and not it.editor.edits
        assert it.editor.texts[uri] == APP.replace("md5", "sha1")
        answer = await it.command("applyPart", proposal_id=whole.id, hunks=await choose(it, whole, HASH))
        assert answer["error"]["code"] == -32803 and "has changed where" in answer["error"]["message"]


async def test_unsaved_text_elsewhere_moves_the_pieces_and_is_what_they_are_proven_on(tmp_path: Path) -> None:
    need_sandbox()
    root = make(tmp_path / "repo")
    whole, uri = offer(root), (root / "app.py").as_uri()
    async with talk(root) as it:
        it.editor.open(uri, APP)
        ids = [one["id"] for one in (await it.proposal(whole.id))["hunks"]]
        it.editor.type(uri, 0, 0, "# mine\n")
        moved = await it.proposal(whole.id)
        assert [one["id"] for one in moved["hunks"]] == ids
        assert [one["first"] for one in moved["hunks"]] == [6, 9, 14]
        assert moved["texts"][0]["after"] == "# mine\n" + FIXED and not moved["stale"]
        begun = await start(it, whole, HASH)
        assert (await it.applied(begun["run_id"]))["outcome"] == "applied"
        assert it.editor.texts[uri] == "# mine\n" + APP.replace("md5", "sha256")


async def test_a_person_is_asked_about_the_pieces_as_about_the_whole(tmp_path: Path) -> None:
    need_sandbox()
    root = make(tmp_path / "repo")
    (root / ".ambient.yml").write_text(
        (root / ".ambient.yml").read_text() + "risk_policy:\n  sensitive_patterns: [app]\n"
    )
    whole, uri = offer(root, decision=DecisionKind.CONFIRM), (root / "app.py").as_uri()
    async with talk(root, client="plain") as it:
        it.editor.chosen = "Cancel"
        it.editor.open(uri, APP)
        begun = await start(it, whole, HASH)
        assert (await it.applied(begun["run_id"]))["outcome"] == "refused"
        [question] = it.wire.of("window/showMessageRequest")
        assert "Tidy tokens (1 of 3 pieces)" in question["message"]
        assert it.editor.texts[uri] == APP
        assert (await it.proposal(whole.id))["state"] == "offered"

        async def over() -> bool:
            return (await it.proposal(begun["proposal_id"]))["state"] == "stale"

        async with asyncio.timeout(10):
            while not await over():
                await asyncio.sleep(0.02)
        part = await it.proposal(begun["proposal_id"])
        assert [one["what"] for one in part["history"]] == ["refused", "stale"]


async def test_all_pieces_are_the_fix_itself_and_without_a_sandbox_no_part_is_applied(tmp_path: Path) -> None:
    root = make(tmp_path / "repo", backend="none")
    whole, uri = offer(root), (root / "app.py").as_uri()
    async with talk(root) as it:
        it.editor.open(uri, APP)
        begun = await start(it, whole, HASH)
        done = await it.applied(begun["run_id"])
        assert done["outcome"] == "unproven" and "could not be checked" in done["reason"]
        assert it.editor.texts[uri] == APP
        for hunks in ([], ["nosuch"], "all"):
            answer = await it.command("applyPart", proposal_id=whole.id, hunks=hunks)
            assert answer["error"]["code"] == -32803, hunks
        begun = await start(it, whole, HASH, TWO, USE)
        assert begun["proposal_id"] == whole.id
        assert (await it.applied(begun["run_id"]))["outcome"] == "applied"
        assert it.editor.texts[uri] == FIXED
        assert (await it.proposal(whole.id))["state"] == "applied"


async def test_pieces_that_the_editor_makes_when_nobody_waits_any_more_are_a_part_of_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_sandbox()
    monkeypatch.setattr(apply, "SETTLE", 0.2)
    monkeypatch.setattr(apply, "_ANSWER", 0.3)
    root = make(tmp_path / "repo")
    whole, uri = offer(root), (root / "app.py").as_uri()

    def states() -> tuple[str, str]:
        store = open_store(root / ".ambient")
        try:
            return store.proposal(begun["proposal_id"]).state.value, store.proposal(whole.id).state.value
        finally:
            store.close()

    async with window(root, mode="never") as it:
        it.editor.open(uri, APP)
        hunks = (await it.wire.request("ambient/getProposal", {"id": whole.id}))["result"]["hunks"]
        chosen = [one["id"] for one in hunks if HASH in one["before"]]
        begun = (await it.command("applyPart", proposal_id=whole.id, hunks=chosen))["result"]
        await until(lambda: states() == ("stale", "offered"), 60)
        assert it.wire.of("ambient/applied")[-1]["outcome"] == "refused"
        it.editor.mode = "ignores versions"
        [edit] = it.editor.edits
        for change in edit["documentChanges"]:
            it.editor.take_edits(uri, change["edits"])
        await until(lambda: states() == ("applied", "partly"))


async def test_whatever_goes_wrong_in_the_proof_whoever_waits_for_the_end_hears_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make(tmp_path / "repo", backend="none")
    whole, uri = offer(root), (root / "app.py").as_uri()

    async def full(*args: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    async with window(root) as it:
        it.editor.open(uri, APP)
        hunks = (await it.wire.request("ambient/getProposal", {"id": whole.id}))["result"]["hunks"]
        [workspace] = it.server.session.workspaces
        monkeypatch.setattr(await workspace.engine.services(), "verify_now", full)
        begun = (await it.command("applyPart", proposal_id=whole.id, hunks=[hunks[0]["id"]]))["result"]
        [told] = await until(lambda: it.wire.of("ambient/applied"))
        assert (told["run_id"], told["outcome"]) == (begun["run_id"], "unproven")
        assert "could not be checked" in told["reason"]
        assert it.editor.texts[uri] == APP
