"""What a person does in an editor that has no plugin of ours: seven scenes in one sitting, and what is left of each."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ambient_lsp.llm.fake.host import FakeHost
from ambient_lsp.llm.fake.script import Answer, Pace, Question
from ambient_lsp.model import Outcome
from ambient_lsp.store.store import open_store
from ambient_lsp.text import sha256
from ambient_lsp.trust import trust
from tests.e2e import project, test_batch
from tests.editors import thinking, wire
from tests.editors.clients import Client
from tests.editors.scenarios import HASH, STYLE
from tests.editors.wire import Wire

FIRST = HASH.file
MODULES = 6
_RAN = "ran"
_OURS = f"""from pathlib import Path

Path(__file__).parents[2].joinpath("{_RAN}").touch()


class Ours:
    name = "Ours"

    async def propose(self, context):
        return []
"""
_CONFIG = (
    thinking.CONFIG
    + """agents:
  enabled: [SecurityGuardian, StyleEnforcer, Ours]
  custom: {{Ours: tools/ours.py:Ours}}
swarm:
  max_workers: 2
"""
)


def make(folder: Path, url: str) -> Path:
    """Write and commit a project with two problems, a specialist of its own, and files for a batch."""
    files = {f"agents/m{number:02}.py": test_batch.MODULE.format(number) for number in range(MODULES)}
    files |= {one.file: one.text for one in (STYLE, HASH)} | {one.tests: one.test for one in (STYLE, HASH)}
    files |= {"agents/__init__.py": "", "tools/ours.py": _OURS, ".ambient.yml": _CONFIG.format(url=url)}
    return project.make(folder / "shop", files | {"pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n'})


def answer(question: Question) -> Answer:
    """Play the model: the first two files of the batch at once, the others never within the test's patience."""
    path = test_batch.FILE.findall(question.prompt)
    late = bool(path) and path[-1] not in ("agents/m00.py", "agents/m01.py")
    return Answer(test_batch.docstrings(question), pace=Pace(first=600.0) if late else None)


class Walk:
    """One sitting at one editor."""

    def __init__(self, client: Client, root: Path, log: Path, host: FakeHost) -> None:
        self.client, self.root, self.log, self.host = client, root, log, host

    @property
    def wire(self) -> Wire:
        """What was said until now."""
        return wire.read(self.log)

    def nothing_of_an_untrusted_repository_runs(self) -> None:
        """Findings and proofs come, in the sandbox; no code of the repository is loaded, and no model is asked."""
        self.client.started()
        self._offered(HASH.file)
        self.client.go_to(self._line(HASH.file, "md5"))
        self.client.terminal.shows("Weak hash")
        self.client.call("ambient.server.swarm", {"task": test_batch.TASK})
        (refused,) = self._ended("ambient.server.swarm")
        assert "not trusted" in refused["error"]["message"]
        self.client.terminal.shows("This folder is not trusted")
        assert not [one for one in self.host.log if one.completion], "a model was asked"
        assert not self.root.with_name(_RAN).exists(), "the repository's specialist was loaded"

    def a_change_is_looked_at(self) -> None:
        """Before somebody decides: it is on a page that the editor opens, or a message tells of it."""
        self._offered(HASH.file)
        self.client.go_to(self._line(HASH.file, "md5"))
        self.client.take("Ambient: show the change")
        self.client.terminal.shows("## What it changes", "2 changed lines in tokens.py")
        self.client.open(self.root / HASH.file)

    def a_fix_of_high_risk_is_refused(self) -> None:
        """The gate's question is answered with no: nothing is written, and it is recorded.

        A client that lets no server edit files has no question, and says how to go on in a terminal.
        """
        proposal = self._offered(HASH.file)
        self.client.go_to(self._line(HASH.file, "md5"))
        self.client.take(HASH.action)
        if not self.client.edits:
            self._is_sent_to_the_terminal()
            assert self._outcomes(proposal) == []
            return
        self.client.terminal.shows("Apply “Use SHA-256")
        self.client.refuse()
        assert self._applied(proposal)["outcome"] == "refused"
        assert self._text(HASH.file) == HASH.text
        assert [one.kind for one in self._outcomes(proposal)] == ["refused"]

    def part_of_a_fix_is_taken(self) -> None:
        """One of two pieces is proven by itself, and only that is written."""
        self.client.open(self.root / STYLE.file)
        proposal = self._offered(STYLE.file)
        self.client.call("ambient.server.preview", {"proposal_id": proposal})
        (whole,) = self._ended("ambient.server.preview")
        (trailing,) = [one for one in whole["result"]["hunks"] if one["before"].startswith("def stocked")]
        self.client.call("ambient.server.applyPart", {"proposal_id": proposal, "hunks": [trailing["id"]]})
        (told,) = self._ended("ambient.server.applyPart")
        if not self.client.edits:
            self._is_sent_to_the_terminal()
            assert self._text(STYLE.file) == STYLE.text
            return
        assert self._applied(told["result"]["proposal_id"])["outcome"] == "applied"
        self.client.save()
        part = STYLE.text.replace("-> str:   \n", "-> str:\n")
        self._until("that piece, and nothing else, on the disk", lambda: self._text(STYLE.file) == part)

    def a_fix_is_taken(self) -> None:
        """The rest of it is offered anew, and taken by its code action."""
        self._offered(STYLE.file)
        self.client.go_to(self._line(STYLE.file, "import os"))
        self.client.take("Tidy imports")
        self._until("the end of the finding", lambda: not self._shown(STYLE.file))
        self.client.save()
        self._until("the fix on the disk", lambda: STYLE.there[0] in self._text(STYLE.file))
        assert "import os\n" not in self._text(STYLE.file)

    def a_server_that_is_killed_comes_back(self) -> None:
        """With its findings; and once its user trusts the folder, what is in the repository is loaded."""
        trust(self.root, self.root.parent / "state/ambient/trusted.json")
        before = len(self.wire.processes)
        os.kill(self.wire.processes[-1], signal.SIGKILL)
        self.client.revive()
        self.client.terminal.wait("another server", lambda: self._saves_with_a_server(before), every=1.0)
        self.client.open(self.root / HASH.file)
        self._until("its findings", lambda: self._shown(HASH.file, start=before + 1))
        self._until("the repository's specialist", self.root.with_name(_RAN).exists)

    def a_batch_is_cancelled_half_way(self) -> None:
        """Two files of six are done, then it is cancelled: nothing is written, and what is done is kept."""
        self._until("an idle server", lambda: self.wire.sent("server", "ambient/status")[-1].params["state"] == "idle")
        self.client.call("ambient.server.swarm", {"task": test_batch.TASK, "glob": "agents/m*.py"})
        (told,) = self._ended("ambient.server.swarm", before=1)
        run_id = told["result"]["run_id"]
        self._until("two files", lambda: self._answered() >= 2)
        if self.client.progress:
            pattern = re.compile(self.client.progress)
            self._until("the progress", lambda: pattern.search(self.client.terminal.screen()))
        self.client.call("ambient.server.cancel", {})
        end = self._until("its end", lambda: self.wire.sent("server", "ambient/swarm"))[-1].params
        assert (end["run_id"], end["state"]) == (run_id, "cancelled")
        for number in range(MODULES):
            assert self._text(f"agents/m{number:02}.py") == test_batch.MODULE.format(number)

    def _is_sent_to_the_terminal(self) -> None:
        self.client.terminal.shows("ambient proposals apply")
        assert self._text(HASH.file) == HASH.text

    def _saves_with_a_server(self, before: int) -> bool:
        """Save, as a person does again until there is an answer: ALE starts a server when a file is saved."""
        self.client.save()
        return len(self.wire.processes) > before

    def _answered(self) -> int:
        return sum(one.completion > 0 and "agents/m" in one.text for one in self.host.log)

    def _ended(self, command: str, *, before: int = 0) -> list[dict[str, Any]]:
        """Wait for the answers to calls of a command, but for the first `before` of them."""

        def look() -> list[dict[str, Any]]:
            return [answer for _, answer in self.wire.runs(command) if answer is not None][before:]

        found: list[dict[str, Any]] = self._until(f"the answer to {command}", look)
        return found

    def _until(self, what: str, look: Callable[[], Any]) -> Any:
        return self.client.terminal.wait(what, look)

    def _shown(self, path: str, *, start: int = 0) -> list[dict[str, Any]]:
        """Return the findings that a file has now."""
        uri = (self.root / path).as_uri()
        sent = self.wire.sent("server", "textDocument/publishDiagnostics")
        own = [one for one in sent if one.params["uri"] == uri and one.start >= start]
        return list(own[-1].params["diagnostics"]) if own else []

    def _offered(self, path: str) -> str:
        """Wait for a proven fix of a file as it is on the disk, and return its proposal's id."""

        def look() -> str:
            now = sha256(self._text(path))
            for one in self._shown(path):
                if one["data"].get("state") == "offered" and one["data"]["sha256"] == now:
                    return str(one["data"]["proposal_id"])
            return ""

        return str(self._until(f"a proven fix of {path}", look))

    def _applied(self, proposal: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            ends = [one.params for one in self.wire.sent("server", "ambient/applied")]
            return next((end for end in ends if end["proposal_id"] == proposal), None)

        found: dict[str, Any] = self._until(f"the end of {proposal}", look)
        return found

    def _outcomes(self, proposal: str) -> list[Outcome]:
        store = open_store(self.root / ".ambient")
        try:
            return store.outcomes(proposal)
        finally:
            store.close()

    def _line(self, path: str, words: str) -> int:
        lines = self._text(path).splitlines()
        return next(number for number, line in enumerate(lines, 1) if words in line)

    def _text(self, path: str) -> str:
        try:
            return (self.root / path).read_text(encoding="utf-8")
        except FileNotFoundError:  # it is moved aside while it is saved
            return ""
