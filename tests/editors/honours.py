"""What each editor honours of the protocol, from what it announced and did: the table in `docs/clients.md`.

AMBIENT_EDITORS_DIR=DIR python -m tests.editors.honours    # runs the editors, and writes the page
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.editors.wire import Wire

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs/clients.md"
COLUMNS = ("VS Code", "Neovim", "Emacs eglot", "Emacs lsp-mode", "Helix", "Vim ALE")
"""The editors, in the order in which they are on the page."""

_COMMAND = "AMBIENT_EDITORS_DIR=DIR python -m tests.editors.honours"
_WRITES = "AMBIENT_HONOURS_DIR"
"""Where the tests leave their columns while the page is made."""

_PLUGINS = {"Visual Studio Code": "VS Code", "code-server": "VS Code", "Neovim": "Neovim"}

_TOP = f"""# What each editor honours

An editor that speaks the [Language Server Protocol](https://microsoft.github.io/language-server-protocol/) may leave
out most of it. This page says what Ambient's server gets from each editor that it is tested in. The tests write it,
from what the editor announces in `initialize` and from every message that it then exchanged with the server, and they
fail when the page is out of date. How each is set up is in [`editors/README.md`](../editors/README.md).

    {_COMMAND}

**yes**: seen to work. **unsaid**: not announced, and seen to work all the same. **says so**: announced; these tests did
not come to it. **no**: not announced, or refused. **not tried**: nothing would announce it, and these tests did not
come to it.

"""


@dataclass(frozen=True, slots=True)
class Feature:
    """A row of the table. `seen` returns `None` where the tests did not come to it."""

    title: str
    announced: Callable[[dict[str, Any]], object] | None = None
    seen: Callable[[Wire], bool | None] = lambda wire: None
    value: Callable[[Wire], str] | None = None

    def cell(self, wire: Wire) -> str:
        """Return what the page says of an editor."""
        if self.value is not None:
            return self.value(wire)
        capabilities = wire.sent("client", "initialize")[0].params["capabilities"]
        announced = self.announced is not None and bool(self.announced(capabilities))
        seen = self.seen(wire)
        if seen is None:
            return "says so" if announced else "no" if self.announced is not None else "not tried"
        if not seen:
            return "says so" if announced else "no"
        return "yes" if announced or self.announced is None else "unsaid"


def column(wire: Wire) -> dict[str, str]:
    """Return what the page says of the editor whose messages these are."""
    return {feature.title: feature.cell(wire) for feature in FEATURES}


def check(name: str, wire: Wire) -> None:
    """Assert that the page says this of an editor; while the page is made, leave it for the page instead."""
    found = column(wire)
    if folder := os.environ.get(_WRITES):
        Path(folder, f"{name}.json").write_text(json.dumps(found), encoding="utf-8")
        return
    assert columns(PAGE.read_text(encoding="utf-8")).get(name) == found, f"{PAGE.name} is out of date: {_COMMAND}"


def check_plugin(wire: Wire) -> None:
    """Do the same for an editor with a plugin of ours, which is known by the name that it gives itself."""
    name = _PLUGINS.get(wire.sent("client", "initialize")[0].params.get("clientInfo", {}).get("name", ""))
    if name is not None:
        check(name, wire)


def page(found: Mapping[str, Mapping[str, str]]) -> str:
    """Return the page for these columns."""
    rows = [["", *COLUMNS], ["---"] * (len(COLUMNS) + 1)]
    rows += [[feature.title, *(found[name][feature.title] for name in COLUMNS)] for feature in FEATURES]
    return _TOP + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def columns(text: str) -> dict[str, dict[str, str]]:
    """Return the columns of a page."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    names, _, *features = rows
    return {name: {row[0]: row[index] for row in features} for index, name in enumerate(names) if name}


def main() -> int:
    """Run the editors and write the page; where one fails, the page stays as it is."""
    with tempfile.TemporaryDirectory() as folder:
        files = [f"tests/editors/test_{name}.py" for name in ("clients", "neovim", "vscode")]
        argv = [sys.executable, "-m", "pytest", "-q", "-k", "honours or nothing_but_the_fixes", *files]
        environment = os.environ | {_WRITES: folder, "AMBIENT_REQUIRE_REAL": "1"}
        done = subprocess.run(argv, cwd=REPOSITORY, env=environment, check=False)
        if done.returncode == 0:
            found = {one.stem: json.loads(one.read_text(encoding="utf-8")) for one in Path(folder).iterdir()}
            PAGE.write_text(page(found), encoding="utf-8")
        return done.returncode


def _says(path: str) -> Callable[[dict[str, Any]], object]:
    def look(capabilities: dict[str, Any]) -> object:
        value: object = capabilities
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value

    return look


def _contains(path: str, item: str) -> Callable[[dict[str, Any]], object]:
    found = _says(path)

    def look(capabilities: dict[str, Any]) -> object:
        value = found(capabilities)
        return isinstance(value, list) and item in value

    return look


def _sent(method: str) -> Callable[[Wire], bool]:
    return lambda wire: bool(wire.sent("client", method))


def _answered(
    method: str, about: Callable[[dict[str, Any]], bool] = lambda params: True
) -> Callable[[Wire], bool | None]:
    """Whether the client did what such a request asks; `None` where it was never asked."""

    def look(wire: Wire) -> bool | None:
        asked = [one for one in wire.sent("server", method) if about(one.params)]
        answers = [answer for one in asked if (answer := wire.answer(one)) is not None]
        return any("error" not in one and _agreed(one.get("result")) for one in answers) if asked else None

    return look


def _agreed(result: object) -> bool:
    return not isinstance(result, dict) or result.get("applied", True) is True


def _edits(about: Callable[[dict[str, Any]], object] = lambda edit: True) -> Callable[[Wire], bool | None]:
    return _answered("workspace/applyEdit", lambda params: bool(about(params["edit"])))


def _registers(method: str) -> Callable[[Wire], bool | None]:
    def about(params: dict[str, Any]) -> bool:
        return any(one["method"] == method for one in params["registrations"])

    return _answered("client/registerCapability", about)


def _makes_file(edit: dict[str, Any]) -> bool:
    return any(one.get("kind") == "create" for one in edit.get("documentChanges", ()))


def _took_part(wire: Wire) -> bool | None:
    answers = [answer for _, answer in wire.runs("ambient.server.applyPart") if answer is not None]
    taken = {one["result"]["proposal_id"] for one in answers if "error" not in one}
    ends = {one.params["proposal_id"]: one.params["outcome"] for one in wire.sent("server", "ambient/applied")}
    return any(ends.get(one) == "applied" for one in taken) if answers else None


def _cancelled(wire: Wire) -> bool | None:
    ends = [one.params["state"] for one in wire.sent("server", "ambient/swarm")]
    return "cancelled" in ends if ends else None


def _came_back(wire: Wire) -> bool | None:
    return True if len(wire.processes) > 1 else None


def _returned_data(wire: Wire) -> bool:
    asked = wire.sent("client", "textDocument/codeAction")
    return any(item.get("data") for one in asked for item in one.params["context"]["diagnostics"])


def _called_with_arguments(wire: Wire) -> bool:
    return any(one.params.get("arguments") for one in wire.sent("client", "workspace/executeCommand"))


def _encoding(wire: Wire) -> str:
    answer = wire.answer(wire.sent("client", "initialize")[0])
    assert answer is not None
    return str(answer["result"]["capabilities"].get("positionEncoding", "utf-16"))


_ACTION = "textDocument.codeAction"
_EDIT = "workspace.workspaceEdit"
FEATURES = (
    Feature("findings (`publishDiagnostics`)", _says("textDocument.publishDiagnostics"), _sent("textDocument/didOpen")),
    Feature("lines of evidence with them", _says("textDocument.publishDiagnostics.relatedInformation")),
    Feature("a link to the rule", _says("textDocument.publishDiagnostics.codeDescriptionSupport")),
    Feature("sends a finding's `data` back", _says("textDocument.publishDiagnostics.dataSupport"), _returned_data),
    Feature("code actions", _says(f"{_ACTION}.codeActionLiteralSupport"), _sent("textDocument/codeAction")),
    Feature(
        "`codeAction/resolve`", _contains(f"{_ACTION}.resolveSupport.properties", "edit"), _sent("codeAction/resolve")
    ),
    Feature("why a fix is not offered (`disabled`)", _says(f"{_ACTION}.disabledSupport")),
    Feature("a preferred fix (`isPreferred`)", _says(f"{_ACTION}.isPreferredSupport")),
    Feature("edits by the server (`applyEdit`)", _says("workspace.applyEdit"), _edits()),
    Feature("edits for a version", _says(f"{_EDIT}.documentChanges"), _edits(lambda edit: edit.get("documentChanges"))),
    Feature("makes files", _contains(f"{_EDIT}.resourceOperations", "create"), _edits(_makes_file)),
    Feature(
        "asks before an edit (change annotations)",
        _says(f"{_EDIT}.changeAnnotationSupport"),
        _edits(lambda edit: edit.get("changeAnnotations")),
    ),
    Feature("questions (`showMessageRequest`)", _says("window.showMessage"), _answered("window/showMessageRequest")),
    Feature("opens a file (`showDocument`)", _says("window.showDocument.support"), _answered("window/showDocument")),
    Feature("progress", _says("window.workDoneProgress"), _answered("window/workDoneProgress/create")),
    Feature("`executeCommand` with arguments", seen=_called_with_arguments),
    Feature("part of a fix (`applyPart`)", seen=_took_part),
    Feature("a batch is cancelled", seen=_cancelled),
    Feature("another server after one was killed", seen=_came_back),
    Feature(
        "settings (`workspace/configuration`)", _says("workspace.configuration"), _answered("workspace/configuration")
    ),
    Feature(
        "registers later: settings",
        _says("workspace.didChangeConfiguration.dynamicRegistration"),
        _registers("workspace/didChangeConfiguration"),
    ),
    Feature(
        "registers later: watched files",
        _says("workspace.didChangeWatchedFiles.dynamicRegistration"),
        _registers("workspace/didChangeWatchedFiles"),
    ),
    Feature("several folders", _says("workspace.workspaceFolders")),
    Feature("columns are counted in", value=_encoding),
)

if __name__ == "__main__":
    sys.exit(main())
