"""A client that knows nothing of ours: everything is reachable with code actions, commands, messages and documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.server.wire import Connection, settle, until

TEXT = "import hashlib\nh = hashlib.md5(b'x')\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(TEXT)
    return path


async def opened(it: Connection, uri: str, text: str = TEXT) -> list[dict[str, Any]]:
    """Open the file; return the actions at its finding."""
    it.editor.open(uri, text)
    await until(lambda: it.engine.runs())
    await settle()
    return await it.actions(uri, text.split("md5")[0].count("\n"))


async def run(it: Connection, actions: list[dict[str, Any]], words: str) -> dict[str, Any]:
    [action] = [one for one in actions if words in one["title"]]
    command = action["command"] if isinstance(action["command"], dict) else action
    return await it.wire.request("workspace/executeCommand", command)


def messages(it: Connection) -> list[str]:
    return [one["message"] for one in it.wire.of("window/showMessage")]


async def test_the_lightbulb_has_a_fix_and_three_entries_more_however_many_findings_there_are(file):
    async with Connection(file.parent) as it:
        actions = await opened(it, file.as_uri(), "md5, md5, md5\n")
        ours = [one["title"] for one in actions if "sha256" not in one["title"]]
        assert ours.count("Ambient: show the change and its proof") == 1
        actions = await opened(it, file.as_uri())
        assert [one["title"] for one in actions] == [
            "Use sha256 · proven: 2 tests pass as before",
            "Ambient: show the change and its proof",
            "Ambient: never mind “AMB-SEC-MD5” here",
            "Ambient: ignore “AMB-SEC-MD5” here, with a comment",
        ]


async def test_a_change_can_be_looked_at_where_documents_are_shown(file):
    async with Connection(file.parent) as it:
        actions = await opened(it, file.as_uri(), "md5  # ``` risky\n")
        answer = await run(it, actions, "show the change")
        [opened_] = await until(lambda: it.wire.of("window/showDocument"))
        path = Path(answer["result"]["path"])
        assert opened_["uri"] == path.as_uri() and path.is_relative_to(file.parent / ".ambient" / "pages")
        page = path.read_text()
        assert "# Use sha256" in page and "needs your approval" in page
        assert "````diff" in page, "the diff cannot end its own block"
        assert "+sha256" in page and "bubblewrap" in page
        assert not messages(it)


async def test_a_change_can_be_looked_at_where_only_messages_are_shown(file):
    async with Connection(file.parent, client="plain") as it:
        await run(it, await opened(it, file.as_uri()), "show the change")
        [said] = await until(lambda: messages(it))
        assert "proven: 2 tests pass as before" in said and "2 changed lines in a.py" in said and ".ambient" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("failing", "“Use sha256”: The fix did not hold: 2 new failures."),
        ("unsure", "“Use sha256”: The fix could not be checked: No sandbox answers."),
        ("checking", "“Use sha256”: The fix is still being checked."),
    ],
)
async def test_why_there_is_no_fix_is_said_in_a_message(file, words, said):
    async with Connection(file.parent, client="plain") as it:
        answer = await run(it, await opened(it, file.as_uri(), f"md5  # {words}\n"), "why is no fix")
        assert messages(it) == [said] == [answer["result"]["why"]]


async def test_of_a_finding_whose_lines_have_changed_no_fix_is_offered_and_that_is_said(file):
    async with Connection(file.parent, options={"codeLens": {"enable": True}}) as it:
        uri = file.as_uri()
        await opened(it, uri)
        it.editor.type(uri, len(TEXT) - 1, len(TEXT) - 1, "  # mine")
        actions = await it.actions(uri, 1)
        assert not [one for one in actions if "sha256" in one["title"] and "disabled" not in one]
        assert not [one for one in actions if "show the change" in one["title"]]
        assert "Save the file" in (await run(it, actions, "why is no fix"))["result"]["why"]
        lens = {"textDocument": {"uri": uri}}
        assert (await it.wire.request("textDocument/codeLens", lens))["result"] == []
        it.editor.type(uri, len(TEXT) - 1, len(TEXT) - 1 + len("  # mine"), "")
        assert [one for one in await it.actions(uri, 1) if "sha256" in one["title"]], "an undo brings it back"


async def test_the_report_is_opened_with_a_command_that_takes_no_argument(file):
    async with Connection(file.parent) as it:
        await opened(it, file.as_uri())
        done = await it.wire.request("workspace/executeCommand", {"command": "ambient.server.show"})
        page = Path(done["result"]["path"]).read_text()
        assert page.startswith("# Ambient\n") and "Use sha256" in page and "sandbox: fake" in page


async def test_a_page_takes_the_place_of_a_link_and_does_not_follow_it(file):
    precious = file.with_name("precious.txt")
    precious.write_text("mine")
    folder = file.parent / ".ambient" / "pages"
    folder.mkdir(parents=True)
    (folder / "report.md").symlink_to(precious)
    async with Connection(file.parent) as it:
        await opened(it, file.as_uri())
        await it.command("show")
        assert precious.read_text() == "mine" and not (folder / "report.md").is_symlink()


async def test_a_page_that_cannot_be_written_is_answered_with_a_sentence(file):
    async with Connection(file.parent) as it:
        await opened(it, file.as_uri())
        (file.parent / ".ambient").mkdir(exist_ok=True)
        (file.parent / ".ambient" / "pages").write_text("in the way")
        assert "cannot be written" in (await it.command("show"))["error"]["message"]


async def test_a_fix_that_is_dismissed_takes_its_findings_along(file):
    async with Connection(file.parent, client="plain") as it:
        uri = file.as_uri()
        await opened(it, uri)
        [fix] = (await it.wire.request("ambient/listProposals", {}))["result"]["proposals"]
        await it.command("dismiss", id=fix["id"], reason="we want md5")
        await until(lambda: it.editor.diagnostics[uri] == [])


@pytest.mark.parametrize("name", ["show", "why"])
async def test_what_is_not_there_is_answered_with_a_sentence(file, name):
    async with Connection(file.parent) as it:
        answer = await it.command(name, id="nosuch")
        assert answer["error"]["code"] == -32803 and answer["error"]["message"].endswith(".")
