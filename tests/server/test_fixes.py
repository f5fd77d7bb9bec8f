"""Code actions, their edits, and what is recorded of them."""

from __future__ import annotations

import asyncio

import pytest

from ambient_lsp.lsp import apply
from ambient_lsp.lsp.actions import asks_for
from tests.fakes.engine import FakeEngine
from tests.server.wire import Connection, settle, until

TEXT = "import hashlib\nh = hashlib.md5(b'x')\nprint(h)\n"
FIXED = TEXT.replace("md5", "sha256")


@pytest.fixture
def file(tmp_path):
    (tmp_path / "other.py").write_text("other = 1\n")
    path = tmp_path / "a.py"
    path.write_text(TEXT)
    return path


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(apply, "SETTLE", 0.2)
    monkeypatch.setattr(apply, "_ANSWER", 0.3)


async def ready(it, uri, text=TEXT):
    """Open a file and wait until its review has ended."""
    it.editor.open(uri, text)
    await until(lambda: it.engine.runs())
    await settle()


def fixes(actions):
    return [action for action in actions if "sha256" in action["title"]]


def kinds(it):
    return [outcome.kind for outcome in it.engine.recorded]


async def test_a_proven_fix_is_offered_with_its_proof_and_changes_only_what_differs(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await ready(it, uri)
        diagnostics = it.editor.diagnostics[uri]
        (action,) = fixes(await it.actions(uri, 1, diagnostics=diagnostics, only=["quickfix"]))
        assert action["title"] == "Use sha256 · proven: 2 tests pass as before"
        assert action["kind"] == "quickfix.ambient" and action["isPreferred"] and "edit" not in action
        assert action["diagnostics"] == diagnostics
        resolved = (await it.wire.request("codeAction/resolve", action))["result"]
        (change,) = resolved["edit"]["documentChanges"]
        assert change["textDocument"] == {"uri": uri, "version": 1}
        # `md5` to `sha256`: nothing around it is replaced, so cursor and breakpoints stay.
        assert change["edits"][0]["range"]["start"]["line"] == change["edits"][0]["range"]["end"]["line"] == 1
        it.editor.take_edits(uri, change["edits"])
        assert it.editor.texts[uri] == FIXED
        assert kinds(it) == ["applied"]


async def test_an_action_is_found_by_its_place_by_its_diagnostic_and_by_its_kind(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await ready(it, uri)
        assert fixes(await it.actions(uri, 1)) and not fixes(await it.actions(uri, 2))
        assert fixes(await it.actions(uri, 0, diagnostics=it.editor.diagnostics[uri]))
        assert not fixes(await it.actions(uri, 1, only=["refactor"]))
        assert not await it.actions(uri, 1, only=["quick"])
        review, report = await it.actions(uri, 0, only=["source"])
        assert report["command"]["command"] == "ambient.server.show"
        assert review["command"]["command"] == "ambient.server.reviewFile"


def test_a_kind_lets_its_own_children_through():
    assert asks_for("quickfix.ambient", []) and asks_for("quickfix.ambient", [""])
    assert asks_for("quickfix.ambient", ["quickfix"]) and asks_for("quickfix.ambient", ["quickfix.ambient"])
    assert not asks_for("quickfix.ambient", ["quickfix.ambient.more"]) and not asks_for("quickfix.ambient", ["quick"])


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("failing", "The fix did not hold: 2 new failures."),
        ("unsure", "The fix could not be checked: No sandbox answers."),
        ("checking", "The fix is still being checked."),
    ],
)
async def test_a_fix_that_is_not_proven_says_why_it_cannot_be_taken(file, word, reason):
    async with Connection(file.parent) as it:
        await ready(it, file.as_uri(), f"md5  # {word}\n")
        (action,) = fixes(await it.actions(file.as_uri(), 0))
        assert action["disabled"] == {"reason": reason} and "edit" not in action and "command" not in action
    async with Connection(file.parent, client="plain") as it:
        await ready(it, file.as_uri(), f"md5  # {word}\n")
        assert not fixes(await it.actions(file.as_uri(), 0))


async def test_an_undone_fix_is_noticed(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await ready(it, uri)
        (action,) = fixes(await it.actions(uri, 1))
        edit = (await it.wire.request("codeAction/resolve", action))["result"]["edit"]
        it.editor.take_edits(uri, edit["documentChanges"][0]["edits"])
        start = it.editor.texts[uri].index("sha256")
        it.editor.type(uri, start, start + 6, "md5")
        assert kinds(it) == ["applied", "reverted"]


async def test_a_fix_moves_with_the_text_and_is_refused_where_the_user_typed(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await ready(it, uri)
        (action,) = fixes(await it.actions(uri, 1))
        it.editor.type(uri, 0, 0, "# éa😀\n")
        edit = (await it.wire.request("codeAction/resolve", action))["result"]["edit"]
        assert edit["documentChanges"][0]["textDocument"]["version"] == 2
        it.editor.take_edits(uri, edit["documentChanges"][0]["edits"])
        assert it.editor.texts[uri] == "# éa😀\n" + FIXED
    async with Connection(file.parent) as it:
        await ready(it, uri)
        (action,) = fixes(await it.actions(uri, 1))
        start = TEXT.index("md5")
        it.editor.type(uri, start, start + 3, "sha1")
        answer = await it.wire.request("codeAction/resolve", action)
        assert answer["error"]["code"] == -32803  # RequestFailed: the one that VS Code shows
        assert "has changed where this fix would change it" in answer["error"]["message"]
        assert it.editor.texts[uri] == TEXT.replace("md5", "sha1")


async def test_fix_all_is_off_until_it_is_turned_on_and_takes_only_harmless_fixes(file):
    text = "md5\nmd5  # risky\nmd5  # medium\nmd5  # failing\nmd5 \nmd5  # alone\n"
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await ready(it, uri, text)
        assert not fixes(await it.actions(uri, 0, only=["source.fixAll"]))
        it.wire.answers["workspace/configuration"] = lambda params: [{"fixAll": {"enable": True}}]
        it.wire.notify("workspace/didChangeConfiguration", {"settings": None})
        await until(lambda: len(it.wire.of("workspace/configuration")) == 2)
        await settle()
        (action,) = await it.actions(uri, 0, only=["source.fixAll"])
        edit = (await it.wire.request("codeAction/resolve", action))["result"]["edit"]
        it.editor.take_edits(uri, edit["documentChanges"][0]["edits"])
        assert it.editor.texts[uri] == "sha256\nmd5  # risky\nmd5  # medium\nmd5  # failing\nsha256 \nmd5  # alone\n"
        assert kinds(it) == ["applied", "applied"]
        assert not [a for a in await it.actions(uri, 0) if a["kind"].startswith("source")]


async def test_what_a_client_asks_for_by_itself_is_looked_at_again(file):
    text = "md5\nmd5  # pair\nmd5  # medium\nmd5  # risky\n"
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await ready(it, uri, text)
        places = {
            one.id: edit.replacements for one in it.engine.proposals() for edit in one.edits if edit.path == "a.py"
        }
        ids = sorted(places, key=places.__getitem__)

        async def resolve(asked, **data):
            action = {"title": "a fix", "data": {"uri": uri, "proposal_ids": asked, **data}}
            return await it.wire.request("codeAction/resolve", action)

        assert len(ids) == 4
        edit = (await resolve(["nothing-has-this-id", *ids], all=True))["result"]["edit"]
        for one in [*ids[1:], "nothing-has-this-id"]:
            assert "error" in await resolve([one])
        it.editor.take_edits(uri, edit["documentChanges"][0]["edits"])
        assert it.editor.texts[uri] == text.replace("md5", "sha256", 1)


async def test_a_finding_can_be_dismissed_for_good(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await ready(it, uri)
        (action,) = [action for action in await it.actions(uri, 1) if "never mind" in action["title"]]
        await it.wire.request("workspace/executeCommand", action["command"])
        await until(lambda: it.editor.diagnostics[uri] == [])
        assert len(it.engine.dismissed_ids) == 1


async def test_an_action_with_a_command_is_resolved_to_itself(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await ready(it, uri)
        (action,) = [action for action in await it.actions(uri, 1) if "never mind" in action["title"]]
        assert (await it.wire.request("codeAction/resolve", action))["result"] == action


async def start(it, uri, line=0):
    (action,) = fixes(await it.actions(uri, line))
    assert "command" in action, "everything but a harmless fix goes through the server"
    await it.wire.request("workspace/executeCommand", action["command"])
    return await it.applied()


@pytest.mark.parametrize("client", ["vscode_1.139", "neovim_0.12", "plain"])
async def test_a_fix_of_two_files_is_applied_and_looked_at(file, client):
    async with Connection(file.parent, client=client) as it:
        await ready(it, file.as_uri(), "md5  # pair\n")
        actions = await it.actions(file.as_uri(), 0)
        if client == "plain":  # it knows no action literals: bare commands
            (command,) = [action for action in actions if "sha256" in action["title"]]
            await it.wire.request("workspace/executeCommand", command)
            done = await it.applied()
        else:
            done = await start(it, file.as_uri())
        assert done["outcome"] == "applied" and sorted(done["changed"]) == ["a.py", "other.py"]
        assert it.editor.texts[file.as_uri()] == "sha256  # pair\n"
        assert kinds(it) == ["applied"]
        if client != "plain":
            versions = [change["textDocument"]["version"] for change in it.editor.edits[0]["documentChanges"]]
            assert versions == [1, None]


@pytest.mark.parametrize(
    ("mode", "outcome", "recorded"),
    [
        ("honest", "applied", ["applied"]),
        ("ignores versions", "applied", ["applied"]),
        ("late", "applied", ["applied"]),
        ("only first", "partly", ["partly"]),
        ("unticks", "refused", ["refused"]),
        ("never", "refused", ["refused"]),
    ],
)
async def test_whatever_an_editor_says_what_counts_is_the_text_afterwards(file, mode, outcome, recorded):
    async with Connection(file.parent, mode=mode) as it:
        it.editor.chosen = "Keep"
        await ready(it, file.as_uri(), "md5  # pair\n")
        done = await start(it, file.as_uri())
        assert done["outcome"] == outcome and kinds(it) == recorded
        if outcome == "partly":
            assert done["changed"] == ["a.py"] and done["unchanged"] == ["other.py"]
            (question,) = it.wire.of("window/showMessageRequest")
            assert "only in part" in question["message"] and "other.py" in question["message"]
        assert not it.server.protocol._request_futures and not it.server.protocol._result_types


async def test_what_was_applied_in_part_can_be_taken_back(file):
    async with Connection(file.parent, mode="only first") as it:
        it.editor.chosen = "Undo"
        await ready(it, file.as_uri(), "md5  # pair\n")
        await start(it, file.as_uri())
        assert it.editor.texts[file.as_uri()] == "md5  # pair\n"


async def test_an_editor_that_is_asked_again_while_the_user_types_does_not_garble(file):
    """The text moves on between the server's edit and the editor's apply; an editor that ignores versions takes it."""
    async with Connection(file.parent, mode="honest") as it:
        uri = file.as_uri()
        await ready(it, uri, "md5  # medium\n")

        async def types_first(params):
            it.editor.type(uri, 0, 0, "x")
            return await it.editor.apply_edit(params)

        it.wire.answers["workspace/applyEdit"] = types_first
        done = await start(it, uri)
        assert done["outcome"] == "refused" and it.editor.texts[uri] == "xmd5  # medium\n"
        assert done["reason"] == "the file has another version"


async def test_a_risky_fix_is_confirmed_in_the_preview_of_an_editor_that_has_one(file):
    async with Connection(file.parent) as it:
        await ready(it, file.as_uri(), "md5  # risky pair\n")
        done = await start(it, file.as_uri())
        (edit,) = it.editor.edits
        ((name, annotation),) = edit["changeAnnotations"].items()
        assert annotation["needsConfirmation"] and annotation["description"] == "it is about security"
        used = {piece["annotationId"] for change in edit["documentChanges"] for piece in change["edits"]}
        assert used == {name}
        assert not it.wire.of("window/showMessageRequest")
        assert done["outcome"] == "applied" and kinds(it) == ["approved", "applied"]


async def test_an_approved_fix_does_not_ask_again(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await ready(it, uri, "md5  # risky\n")
        (proposal,) = (await it.wire.request("ambient/listProposals", {}))["result"]["proposals"]
        assert proposal["label"].endswith("needs your approval")
        approve = {"command": "ambient.server.approve", "arguments": [{"proposal_id": proposal["id"]}]}
        await it.wire.request("workspace/executeCommand", approve)
        (action,) = fixes(await it.actions(uri, 0))
        (proposal,) = (await it.wire.request("ambient/listProposals", {}))["result"]["proposals"]
        assert "approval" not in action["title"] + proposal["label"]


async def test_a_preview_that_is_left_unticked_approves_nothing(file):
    async with Connection(file.parent, mode="unticks") as it:
        await ready(it, file.as_uri(), "md5  # risky\n")
        done = await start(it, file.as_uri())
        assert (done["outcome"], done["reason"]) == (
            "refused",
            "Its preview was discarded, or nothing in it was ticked.",
        )
        assert kinds(it) == ["refused"]


@pytest.mark.parametrize(("answer", "recorded"), [("Apply", ["approved", "applied"]), ("Cancel", ["refused"])])
async def test_other_editors_are_shown_the_diff_and_asked(file, answer, recorded):
    async with Connection(file.parent, client="plain") as it:
        it.editor.chosen = answer
        await ready(it, file.as_uri(), "md5  # risky\n")
        (command,) = [action for action in await it.actions(file.as_uri(), 0) if "sha256" in action["title"]]
        assert command["title"].endswith("needs your approval")
        await it.wire.request("workspace/executeCommand", command)
        done = await it.applied()
        (question,) = it.wire.of("window/showMessageRequest")
        assert "it is about security" in question["message"]
        assert "+sha256" in it.wire.of("ambient/preview")[0]["diff"]
        assert kinds(it) == recorded and (done["outcome"] == "applied") == (answer == "Apply")


async def test_a_fix_that_became_stale_is_not_applied_but_checked_again(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await ready(it, uri, "md5  # medium\n")
        (action,) = fixes(await it.actions(uri, 0))
        it.editor.type(uri, 0, 1, "")
        it.engine.triggers.clear()
        await it.wire.request("workspace/executeCommand", action["command"])
        done = await it.applied()
        assert done["outcome"] == "stale" and kinds(it) == ["stale"] and not it.editor.edits
        assert it.engine.triggers[0].paths == ("a.py",)


async def test_a_client_that_cannot_create_files_is_not_asked_to(file):
    async with Connection(file.parent, client="plain") as it:
        await ready(it, file.as_uri(), "md5  # makes\n")
        (command,) = [action for action in await it.actions(file.as_uri(), 0) if "sha256" in action["title"]]
        await it.wire.request("workspace/executeCommand", command)
        done = await it.applied()
        assert done["outcome"] == "refused" and not it.editor.edits
        assert "ambient proposals apply" in it.wire.of("window/showMessage")[-1]["message"]


async def test_a_created_file_comes_with_its_text_in_the_same_edit(file):
    async with Connection(file.parent) as it:
        await ready(it, file.as_uri(), "md5  # makes\n")
        await start(it, file.as_uri())
        kinds_of_change = [change.get("kind", "text") for change in it.editor.edits[0]["documentChanges"]]
        assert kinds_of_change == ["text", "create", "text"]
        # Neovim would keep an empty line behind the text, if that were not a part of what is replaced.
        (edit,) = it.editor.edits[0]["documentChanges"][2]["edits"]
        assert edit["range"]["end"] == {"line": 1, "character": 0}


async def test_a_fix_that_changes_only_files_that_are_not_open_is_shown_and_may_be_saved(file):
    for words, changed in (("makes", "made.py"), ("pair", "other.py")):
        async with Connection(file.parent) as it:
            await ready(it, file.as_uri(), f"md5  # {words} elsewhere\n")
            done = await start(it, file.as_uri())  # with a command: there is no edit of this file to resolve
            assert (done["outcome"], done["changed"]) == ("applied", [changed])
            # VS Code saves what a refactoring changed without showing it.
            assert it.wire.of("workspace/applyEdit")[0]["metadata"] == {"isRefactoring": True}
            await until(lambda: it.wire.of("window/showDocument"))
            (opened,) = it.wire.of("window/showDocument")
            assert opened["uri"] == file.with_name(changed).as_uri() and opened["takeFocus"]
            assert opened["selection"]["start"] == {"line": 0, "character": 0}


async def test_a_fix_of_what_the_user_looks_at_opens_nothing_else(file):
    async with Connection(file.parent) as it:
        await ready(it, file.as_uri(), "md5  # medium\n")
        await start(it, file.as_uri())
        await settle()
        assert "metadata" not in it.wire.of("workspace/applyEdit")[0] and not it.wire.of("window/showDocument")
    async with Connection(file.parent, client="plain") as it:
        await ready(it, file.as_uri(), "md5  # pair elsewhere\n")
        (command,) = [action for action in await it.actions(file.as_uri(), 0) if "sha256" in action["title"]]
        await it.wire.request("workspace/executeCommand", command)
        assert (await it.applied())["outcome"] == "applied"
        assert "metadata" not in it.wire.of("workspace/applyEdit")[0] and not it.wire.of("window/showDocument")


async def test_commands_return_at_once_and_a_run_can_be_cancelled_by_id(file):
    file.write_text("slow = md5\n")
    async with Connection(file.parent) as it:
        run_id = (await it.command("reviewFile", uri=file.as_uri()))["result"]["run_id"]
        await until(lambda: it.wire.of("ambient/status") and it.wire.of("ambient/status")[-1]["runs"] == [run_id])
        assert (await it.command("cancel", run_id=run_id))["result"] == {"run_id": run_id, "cancelled": True}
        await until(lambda: it.wire.of("ambient/status")[-1]["state"] == "idle")
        (run,) = (await it.wire.request("ambient/listRuns", {}))["result"]["runs"]
        assert (run["id"], run["state"]) == (run_id, "cancelled")


async def test_progress_is_shown_after_a_second_and_cancelling_it_cancels_the_run(file, monkeypatch):
    monkeypatch.setattr("ambient_lsp.lsp.progress.PATIENCE", 0.1)
    file.write_text("slow = md5\n")
    async with Connection(file.parent) as it:
        await it.command("review")
        values = await until(lambda: [item for item in it.wire.of("$/progress") if item["value"]["kind"] == "report"])
        begin = it.wire.of("$/progress")[0]["value"]
        assert begin["kind"] == "begin" and begin["cancellable"]
        it.wire.notify("window/workDoneProgress/cancel", {"token": values[0]["token"]})
        await until(lambda: it.wire.of("$/progress")[-1]["value"]["kind"] == "end")
        assert it.engine.runs()[0].state == "cancelled"
        assert not it.server.session.progress._runs and not it.server.session.progress._run_of_token


async def test_a_quick_run_shows_no_progress_and_some_clients_never_see_any(file, monkeypatch):
    async with Connection(file.parent) as it:
        await ready(it, file.as_uri())
        assert not it.wire.of("window/workDoneProgress/create")
    monkeypatch.setattr("ambient_lsp.lsp.progress.PATIENCE", 0.0)
    async with Connection(file.parent, client="plain") as it:
        await ready(it, file.as_uri())
        await asyncio.sleep(0.02)
        assert not it.wire.of("window/workDoneProgress/create")


async def test_a_proposal_can_be_looked_at_with_every_file_before_and_after(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await ready(it, uri)
        (listed,) = (await it.wire.request("ambient/listProposals", {"uri": uri}))["result"]["proposals"]
        whole = (await it.wire.request("ambient/getProposal", {"id": listed["id"]}))["result"]
        assert whole["texts"] == [{"path": "a.py", "uri": uri, "before": TEXT, "after": FIXED}]
        assert whole["proof"]["outcome"] == "passed" and whole["state"] == "offered"
        assert (await it.command("preview", proposal_id=listed["id"]))["result"] == whole
        markdown = (await it.command("showReport"))["result"]["markdown"]
        assert "Use sha256" in markdown
        assert (await it.command("doctor"))["result"]["folders"][0]["sandbox"][0]["backend"] == "fake"


@pytest.mark.parametrize(
    ("name", "options"),
    [("applyFix", {"proposal_id": "none"}), ("dismiss", {"id": "none"}), ("reviewFile", {"uri": "file:///no/x.py"})],
)
async def test_what_does_not_exist_is_answered_with_a_sentence(file, name, options):
    async with Connection(file.parent) as it:
        answer = await it.command(name, **options)
        assert answer["error"]["code"] == -32803 and answer["error"]["message"].endswith(".")
        assert len(FakeEngine.opened) == 1


async def test_review_of_changes_looks_at_what_git_says_has_changed(file):
    import subprocess

    run = ["git", "-C", str(file.parent), "-c", "user.name=a", "-c", "user.email=a@b"]
    for argv in (["init", "-q"], ["add", "a.py"], ["commit", "-qm", "x"]):
        subprocess.run([*run, *argv], check=True, capture_output=True)
    file.with_name("new file.py").write_text("md5\n")
    async with Connection(file.parent) as it:
        await it.command("reviewChanges")
        assert it.engine.triggers[0].paths == ("new file.py", "other.py")


async def test_a_report_of_nothing_says_so(file):
    async with Connection(file.parent) as it:
        markdown = (await it.command("showReport"))["result"]["markdown"]
        assert markdown.count("None since the server was started.") == 2
