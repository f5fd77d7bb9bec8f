"""Silencing a finding from the editor with a comment, and not repeating what another tool shows there."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers import suppressions
from tests.server.wire import Connection, settle, until

TEXT = "import hashlib\nh = hashlib.md5(b'x')\nprint(h)\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(TEXT)
    return path


async def ready(it, uri):
    it.editor.open(uri, TEXT)
    await until(lambda: it.engine.runs())
    await settle()


async def test_a_comment_that_silences_the_finding_is_offered_and_fits(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await ready(it, uri)
        diagnostics = it.editor.diagnostics[uri]
        [action] = [
            one for one in await it.actions(uri, 1, diagnostics=diagnostics) if "with a comment" in one["title"]
        ]
        assert action["kind"] == "quickfix.ambient" and "edit" not in action
        resolved = (await it.wire.request("codeAction/resolve", action))["result"]
        [change] = resolved["edit"]["documentChanges"]
        it.editor.take_edits(uri, change["edits"])
        text = it.editor.texts[uri]
        rule = diagnostics[0]["code"]
        assert text == TEXT.replace("(b'x')", f"(b'x')  # ambient: ignore[{rule}]")
        assert suppressions.read(text, "a.py").silence(rule, (), 1)


async def test_it_goes_to_where_the_finding_is_now(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await ready(it, uri)
        [action] = [one for one in await it.actions(uri, 1) if "with a comment" in one["title"]]
        it.editor.type(uri, 0, 0, "# new\n")
        await settle()
        resolved = (await it.wire.request("codeAction/resolve", action))["result"]
        [change] = resolved["edit"]["documentChanges"]
        it.editor.take_edits(uri, change["edits"])
        assert it.editor.texts[uri].split("\n")[2].startswith("h = hashlib.md5(b'x')  # ambient: ignore[")


async def test_what_another_tool_shows_is_not_repeated_but_its_fix_stays(file):
    theirs = {
        "range": {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 15}},
        "message": "weak hash",
        "source": "Ruff",
        "code": "S324",
    }
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        await ready(it, uri)
        assert len(it.editor.diagnostics[uri]) == 1
        actions = await it.actions(uri, 1, diagnostics=[theirs])
        await until(lambda: not it.editor.diagnostics[uri])
        assert [one for one in actions if "sha256" in one["title"]]
        again = await it.actions(uri, 1, diagnostics=[theirs])
        assert [one for one in again if "sha256" in one["title"]]
        assert not [one for one in again if "never mind" in one["title"]]
