"""Hover and code lens: off, unless somebody turned them on in an editor that has them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.wire import Connection, settle, until

ON = {"hover": {"enable": True}, "codeLens": {"enable": True}}
TEXT = "import hashlib\nh = hashlib.md5(b'x')\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(TEXT)
    return path


async def opened(it: Connection, uri: str, text: str = TEXT) -> None:
    it.editor.open(uri, text)
    await until(lambda: it.engine.runs())
    await settle()


async def lenses(it: Connection, uri: str) -> Any:
    return (await it.wire.request("textDocument/codeLens", {"textDocument": {"uri": uri}}))["result"]


def registered(it: Connection, method: str) -> list[str]:
    told = it.wire.of(f"client/{method}Capability")
    kind = "registrations" if method == "register" else "unregisterations"
    return [
        one["method"] for params in told for one in params[kind] if one["id"] in ("ambient-hover", "ambient-codeLens")
    ]


async def test_nothing_is_announced_or_registered_by_itself(file):
    for client in ("vscode_1.139", "neovim_0.12", "plain"):
        async with Connection(file.parent, client=client) as it:
            await opened(it, file.as_uri())
            capabilities = it.initialized["result"]["capabilities"]
            assert not capabilities.get("hoverProvider") and not capabilities.get("codeLensProvider")
            assert not registered(it, "register")
            assert await lenses(it, file.as_uri()) in ([], None)


async def test_they_are_registered_while_they_are_on(file):
    async with Connection(file.parent) as it:
        uri = file.as_uri()
        it.wire.answers["client/unregisterCapability"] = lambda params: None
        await opened(it, uri)
        it.wire.answers["workspace/configuration"] = lambda params: [ON]
        it.wire.notify("workspace/didChangeConfiguration", {"settings": None})
        await until(lambda: len(registered(it, "register")) == 2)
        [lens] = await lenses(it, uri)
        assert lens["command"]["title"] == "Use sha256 · proven: 2 tests pass as before"
        assert lens["range"]["start"] == {"line": 1, "character": 0}
        hover = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 13}}
        assert "bubblewrap" in (await it.wire.request("textDocument/hover", hover))["result"]["contents"]["value"]

        it.wire.answers["workspace/codeLens/refresh"] = lambda params: None
        await it.command("approve", proposal_id=lens["command"]["arguments"][0]["id"])
        await until(lambda: "workspace/codeLens/refresh" in [message.get("method") for message in it.wire.sent])
        shown = (await it.wire.request("textDocument/hover", hover))["result"]["contents"]["value"]
        assert "approved by" in shown and "in test" in shown

        it.wire.answers["workspace/configuration"] = lambda params: [None]
        it.wire.notify("workspace/didChangeConfiguration", {"settings": None})
        await until(lambda: len(registered(it, "unregister")) == 2)
        assert await lenses(it, uri) == []
        assert (await it.wire.request("textDocument/hover", hover))["result"] is None


async def test_an_editor_that_takes_no_registrations_is_told_at_the_start(file):
    connection = Connection(file.parent, client="plain", options=ON)
    connection.caps["textDocument"] = connection.caps.get("textDocument", {}) | {"hover": {}}
    async with connection as it:
        capabilities = it.initialized["result"]["capabilities"]
        assert capabilities["hoverProvider"] and not capabilities.get("codeLensProvider"), "it knows no code lenses"
        await opened(it, file.as_uri())
        assert not registered(it, "register")


@pytest.mark.parametrize(
    ("word", "said"),
    [("failing", "Use sha256 · not offered: 2 new failures"), ("checking", None)],
)
async def test_a_lens_says_why_a_fix_is_not_offered(file, word, said):
    async with Connection(file.parent, options=ON) as it:
        await opened(it, file.as_uri(), f"md5  # {word}\n")
        assert [one["command"]["title"] for one in await lenses(it, file.as_uri())] == ([said] if said else [])


async def test_a_wrong_value_is_told_and_means_off(file):
    async with Connection(file.parent) as it:
        it.wire.answers["workspace/configuration"] = lambda params: [{"codeLens": {"enable": "yes"}}]
        it.wire.notify("workspace/didChangeConfiguration", {"settings": None})
        await until(lambda: it.wire.of("window/showMessage"))
        assert "ambient.codeLens.enable is 'yes'" in it.wire.of("window/showMessage")[0]["message"]
        assert not registered(it, "register")
