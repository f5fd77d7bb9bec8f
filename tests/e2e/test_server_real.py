"""The language server with the real engine and a real sandbox: what a user sees and takes in the editor."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ambient_lsp import trust
from ambient_lsp.lsp.server import create_server, open_engine
from tests.e2e import project
from tests.real import require
from tests.server.wire import CONVERTER, Connection, Editor, Wire, capabilities, until, workspace_changes

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

SETTINGS = {".ambient.yml": "sandbox:\n  backend: bubblewrap\n"}
APP = project.FILES["app.py"]
HASH = APP.split("\n").index("    return hashlib.md5(user.encode()).hexdigest()")
UNUSED = APP.split("\n").index("import os")


class Window(Connection):
    """An editor window on the real engine."""

    def __init__(self, *roots: Path, client: str = "vscode_1.139", options: Any = None, settings: Any = None) -> None:
        self.roots, self.options, self.settings = roots, options, settings
        self.caps = capabilities(client)
        self.server = create_server(open_engine, CONVERTER)
        self.wire = Wire(self.server)
        self.editor = Editor(self.wire, "utf-16")
        self.wire.answers["workspace/configuration"] = lambda params: [self.settings for _ in params["items"]]

    async def __aenter__(self) -> Window:
        params = {
            "processId": None,
            "rootUri": None,
            "capabilities": self.caps,
            "workspaceFolders": [{"uri": root.as_uri(), "name": root.name} for root in self.roots],
            "initializationOptions": self.options,
        }
        self.initialized = await self.wire.request("initialize", params)
        self.editor.encoding = self.initialized["result"]["capabilities"]["positionEncoding"]
        self.wire.notify("initialized", {})
        await until(lambda: all(folder["ready"] and folder["sandbox"] for folder in self.folders(len(self.roots))), 30)
        return self

    def folders(self, count: int = 1) -> list[dict[str, Any]]:
        told = self.wire.of("ambient/status")
        folders = told[-1]["folders"] if told else []
        return folders if len(folders) >= count else [{"ready": False, "sandbox": ""}]

    def open_file(self, file: Path, text: str | None = None) -> str:
        self.editor.open(file.as_uri(), file.read_text() if text is None else text)
        return file.as_uri()

    def codes(self, uri: str) -> set[str]:
        return {diagnostic["code"] for diagnostic in self.editor.diagnostics.get(uri, [])}

    async def fixes(self, uri: str, line: int, **context: Any) -> list[dict[str, Any]]:
        """Return the fixes at a line once they have been judged."""

        async def judged() -> list[dict[str, Any]]:
            silencing = ("never mind", "with a comment", "show the change", "why is no fix")
            actions = await self.actions(uri, line, **context)
            found = [one for one in actions if not any(words in one["title"] for words in silencing)]
            waiting = ["still being checked" in one.get("disabled", {}).get("reason", "") for one in found]
            return [] if any(waiting) else found

        return await sooner_or_later(judged)

    async def take(self, action: dict[str, Any]) -> dict[str, Any]:
        """Do what an editor does with a chosen action; return its answer to an error, or an empty object."""
        if "command" in action:
            params = {key: action["command"][key] for key in ("command", "arguments")}
            return await self.wire.request("workspace/executeCommand", params)
        answer = await self.wire.request("codeAction/resolve", action)
        for uri, _, edits in workspace_changes(answer["result"]["edit"]) if "result" in answer else ():
            self.editor.take_edits(uri, edits)
        return answer

    async def quiet(self) -> None:
        """Wait until no run is under way."""
        await asyncio.sleep(0)
        await until(lambda: self.wire.of("ambient/status")[-1]["state"] == "idle", 60)


async def sooner_or_later(look: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := await look()):
            await asyncio.sleep(0.05)
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project.make(tmp_path / "shop", {**project.FILES, **SETTINGS})


@asynccontextmanager
async def window(*roots: Path, **options: Any) -> AsyncIterator[Window]:
    from ambient_lsp import config_file
    from ambient_lsp.sandbox.select import choose

    config = config_file.load(roots[0])
    if config.sandbox.backend == "bubblewrap":
        sandbox, readiness = await choose(config.sandbox, roots[0])
        require(sandbox is not None, f"bubblewrap is not ready: {readiness[0].reason}")
    async with Window(*roots, **options) as it:
        yield it


async def test_open_shows_proven_fixes_and_taking_them_changes_the_file(root: Path) -> None:
    async with window(root) as it:
        uri = it.open_file(root / "app.py")
        await until(lambda: {"AMB-STYLE-F401", "AMB-SEC-WEAK-HASH"} <= it.codes(uri))
        [unused] = await it.fixes(uri, UNUSED)
        assert unused["kind"] == "quickfix.ambient" and "proven: 1 test passes as before" in unused["title"]
        [weak] = await it.fixes(uri, HASH)
        assert "needs your approval" in weak["title"]

        await it.take(unused)
        assert "import os" not in it.editor.texts[uri]
        assert "AMB-SEC-WEAK-HASH" in it.codes(uri)  # it moved up with its line
        [weak] = await it.fixes(uri, HASH - 1)
        assert "error" not in await it.take(weak)
        assert (await it.applied())["outcome"] == "applied"
        assert "sha256" in it.editor.texts[uri]
        [annotation] = it.editor.edits[-1]["changeAnnotations"].values()
        assert annotation["needsConfirmation"] is True

        (root / "app.py").write_text(it.editor.texts[uri])
        it.editor.save(uri)
        await it.quiet()
        await until(lambda: not it.codes(uri))
        runs: list[dict[str, Any]] = []
        while len(runs) < 2:  # a save is written down after its first look
            runs = (await it.wire.request("ambient/listRuns", {}))["result"]["runs"]
            await asyncio.sleep(0.05)
        await it.quiet()
        runs = (await it.wire.request("ambient/listRuns", {}))["result"]["runs"]
        assert {run["trigger"] for run in runs} == {"open", "save"}
        assert not [error for run in runs for error in run["errors"]]
        assert project.git(root, "stash", "list") == "" and project.git(root, "diff", "--cached") == ""


async def test_unsaved_buffers_of_other_files_take_part_in_the_proof(root: Path) -> None:
    async with window(root) as it:
        tests = it.open_file(root / "test_app.py")
        pinned = 'from app import token\n\n\ndef test_length() -> None:\n    assert len(token("a")) == 32\n'
        it.editor.type(tests, 0, len(it.editor.texts[tests]), pinned)
        uri = it.open_file(root / "app.py")
        [weak] = await it.fixes(uri, HASH)
        assert "test_app.py::test_length" in weak["disabled"]["reason"]
        assert (root / "test_app.py").read_text() == project.FILES["test_app.py"]


async def test_two_repositories_a_plain_folder_and_a_file_on_its_own(root: Path, tmp_path: Path) -> None:
    other = project.make(tmp_path / "other", project.FILES)
    plain, lone = tmp_path / "plain", tmp_path / "lone"
    for folder in (plain, lone):
        folder.mkdir()
        (folder / "app.py").write_text(APP)
    for folder in (root, other, plain, lone):
        (folder / ".ambient.yml").write_text(SETTINGS[".ambient.yml"] + "agents:\n  enabled: [StyleEnforcer]\n")
    async with window(root, other, plain) as it:
        files = [folder / "app.py" for folder in (root, other, plain, lone)]
        uris = [it.open_file(file) for file in files]
        for uri in uris:
            await until(lambda uri=uri: "AMB-STYLE-F401" in it.codes(uri), 40)
        for uri in uris:
            [unused] = await it.fixes(uri, UNUSED)
            assert "proven" in unused["title"], unused
        assert {folder["uri"] for folder in it.folders()} == {file.parent.as_uri() for file in files}


async def test_settings_that_are_wrong_are_shown_at_their_line_and_mended_ones_used_at_once(root: Path) -> None:
    settings = root / ".ambient.yml"
    good = settings.read_text()
    async with window(root) as it:
        uri = it.open_file(settings)
        settings.write_text("sandbox:\n  backend: bubblewrap\n  bakend: x\n")
        it.editor.type(uri, 0, len(it.editor.texts[uri]), settings.read_text())
        it.editor.save(uri)
        [problem] = await until(lambda: it.editor.diagnostics.get(uri))
        assert problem["range"]["start"]["line"] == 2 and "Did you mean `backend`" in problem["message"]
        app = it.open_file(root / "app.py")  # the last good settings go on
        await until(lambda: it.codes(app))
        settings.write_text(good + "agents:\n  enabled: [StyleEnforcer]\n")
        it.editor.type(uri, 0, len(it.editor.texts[uri]), settings.read_text())
        it.editor.save(uri)
        await until(lambda: not it.editor.diagnostics.get(uri))
        await until(lambda: it.codes(app) == {"AMB-STYLE-F401"}, 30)
        await it.quiet()  # the runs of the engine before have ended too


async def test_files_that_nobody_wants_looked_at_show_nothing(root: Path) -> None:
    (root / ".ambientignore").write_text("legacy/\n")
    (root / ".gitignore").write_text("built/\n")
    (root / ".ambient.yml").write_text(SETTINGS[".ambient.yml"] + "monitoring:\n  watch_paths: [src, legacy, built]\n")
    for folder in ("legacy", "built", "elsewhere", "src"):
        (root / folder).mkdir()
        (root / folder / "app.py").write_text(APP)
    async with window(root) as it:
        hidden = [it.open_file(root / folder / "app.py") for folder in ("legacy", "built", "elsewhere")]
        seen = it.open_file(root / "src" / "app.py")
        await until(lambda: "AMB-STYLE-F401" in it.codes(seen), 30)
        await it.quiet()
        assert [it.codes(uri) for uri in hidden] == [set(), set(), set()]
        await it.command("reviewFile", uri=hidden[2])  # asked for by name, it is looked at
        await until(lambda: "AMB-STYLE-F401" in it.codes(hidden[2]), 30)


async def test_a_very_large_file_gets_a_note_and_no_review(root: Path) -> None:
    (root / ".ambient.yml").write_text(SETTINGS[".ambient.yml"] + "monitoring:\n  max_file_bytes: 2000\n")
    async with window(root) as it:
        uri = it.open_file(root / "app.py", APP + "#" * 3000)
        [note] = await until(lambda: it.editor.diagnostics.get(uri))
        assert "2,000 bytes" in note["message"] and note["code"] == "note"


async def test_fix_all_is_opt_in_and_takes_only_harmless_fixes(root: Path) -> None:
    async with window(root, settings={"fixAll": {"enable": True}}) as it:
        uri = it.open_file(root / "app.py")
        await it.fixes(uri, UNUSED)
        await it.fixes(uri, HASH)
        [everything] = await it.actions(uri, 0, only=["source.fixAll.ambient"])
        await it.take(everything)
        assert it.editor.texts[uri] == APP.replace("import os\n", "")
        it.settings = None
        it.wire.notify("workspace/didChangeConfiguration", {"settings": None})

        async def gone() -> bool:
            return not await it.actions(uri, 0, only=["source.fixAll.ambient"])

        await sooner_or_later(gone)


async def test_dismissing_and_approving_are_remembered(root: Path) -> None:
    async with window(root) as it:
        uri = it.open_file(root / "app.py")
        [weak] = await it.fixes(uri, HASH)
        proposal_id = weak["command"]["arguments"][0]["proposal_id"]
        approved = await it.command("approve", proposal_id=proposal_id, reason="I looked")
        assert approved["result"]["state"] == "offered"
        await it.take(next(one for one in await it.actions(uri, UNUSED) if "never mind" in one["title"]))
        await until(lambda: it.codes(uri) == {"AMB-SEC-WEAK-HASH"})
        it.editor.save(uri)
        await it.quiet()
        assert it.codes(uri) == {"AMB-SEC-WEAK-HASH"}
        report = (await it.command("showReport"))["result"]["markdown"]
        assert "SHA-256" in report


async def test_an_editor_without_previews_is_asked_and_no_is_a_no(root: Path) -> None:
    async with window(root, client="plain") as it:
        it.editor.chosen = "Cancel"
        uri = it.open_file(root / "app.py")
        await it.fixes(uri, HASH)
        listed = (await it.wire.request("ambient/listProposals", {}))["result"]["proposals"]
        weak = next(one for one in listed if one["agent"] == "SecurityGuardian")
        await it.command("applyFix", proposal_id=weak["id"])
        assert (await it.applied())["outcome"] == "refused"
        assert it.editor.texts[uri] == APP


async def test_what_lost_to_another_fix_says_to_which(root: Path) -> None:
    rival = f"""
class Rival:
    async def propose(self, context):
        old, new = "hashlib.md5(user.encode())", "hashlib.blake2b(user.encode())"
        lines = f"-    return {{old}}.hexdigest()\\n+    return {{new}}.hexdigest()\\n"
        head = "--- a/app.py\\n+++ b/app.py\\n@@ -{HASH + 1} +{HASH + 1} @@\\n"
        return [{{"title": "Use blake2b", "risk_level": "low", "diff": head + lines}}]
"""
    (root / "rival.py").write_text(rival)
    settings = {"agents": {"enabled": ["SecurityGuardian", "Rival"], "custom": {"Rival": "rival.py:Rival"}}}
    (root / ".ambient.yml").write_text(json.dumps({**settings, "sandbox": {"backend": "bubblewrap"}}))
    trust.trust(root)  # as `ambient trust` does; the editor says nothing
    async with window(root) as it:
        uri = it.open_file(root / "app.py")

        async def offered() -> list[dict[str, Any]]:
            found = await it.fixes(uri, HASH)
            return found if any("disabled" not in one for one in found) else []

        found = await sooner_or_later(offered)  # the loser is known before the winner is proven
        [won] = [one for one in found if "disabled" not in one]
        [lost] = [one for one in found if "disabled" in one]
        assert "Use SHA-256" in won["title"] and lost["title"] == "Use blake2b"
        assert "It changes the same lines as “Use SHA-256" in lost["disabled"]["reason"]
