"""One client's session: what is open, what is known of it, and what is shown. Handlers and events meet here."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lsprotocol import types

from ambient_lsp.errors import AmbientError
from ambient_lsp.events import (
    Event,
    FindingsReported,
    Problem,
    Progress,
    ProposalChanged,
    RunEnded,
    RunStarted,
)
from ambient_lsp.lsp import configuration, documents, workspaces
from ambient_lsp.lsp.capabilities import ClientSupport
from ambient_lsp.lsp.diagnostics import DiagnosticsBook, note, render
from ambient_lsp.lsp.documents import Document, Documents
from ambient_lsp.lsp.fixes import Fixes
from ambient_lsp.lsp.observed import Observed
from ambient_lsp.lsp.progress import ProgressBoard
from ambient_lsp.lsp.protocol import AmbientProtocol
from ambient_lsp.lsp.publisher import Publisher
from ambient_lsp.lsp.workspaces import EngineFactory, Workspace, Workspaces
from ambient_lsp.model import Outcome, RunRecord, TriggerKind
from ambient_lsp.protocols import Readiness
from ambient_lsp.text import sha256

if TYPE_CHECKING:
    from ambient_lsp.engine.engine import Run

logger = logging.getLogger(__name__)

_RUNS = 50


class Session:
    """Made in `initialize`; everything that needs the event loop starts in `start` (limit 16)."""

    def __init__(
        self, protocol: AmbientProtocol, factory: EngineFactory, support: ClientSupport, *, trusted: bool
    ) -> None:
        self.protocol = protocol
        self.support = support
        self.documents = Documents(support.encoding)
        self.workspaces = Workspaces(
            factory, trusted=trusted, opened=self._opened, listen=self._listen, failed=self._failed
        )
        self.book = DiagnosticsBook()
        self.fixes = Fixes()
        self.observed = Observed()
        self.publisher = Publisher(self._render, self._send)
        self.progress = ProgressBoard(protocol, enabled=support.progress, cancel=self.cancel)
        self.runs: dict[str, tuple[Workspace, RunRecord | None]] = {}
        self.readiness: dict[Workspace, tuple[Readiness, ...]] = {}
        self._notes: dict[str, list[types.Diagnostic]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._complained: set[str] = set()

    # ------------------------------------------------------------------------------------------- lifecycle

    def start(self, folders: Sequence[str]) -> None:
        """Open the folders, and ask the client for what it knows."""
        self.spawn(self._start([path for uri in folders if (path := workspaces.file_of(uri)) is not None]))

    async def _start(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            self.workspaces.add(folder)
        await self.pull_settings()
        await configuration.register(self.protocol, self.support)

    async def change_folders(self, added: Sequence[Path], removed: Sequence[Path]) -> None:
        """Open and close folders. Files of a closed one show nothing any more."""
        for path in removed:
            workspace = await self.workspaces.remove(path)
            if workspace is not None:
                self.fixes.drop(workspace)
        for uri in self.book.uris():
            if self.workspaces.of(uri) is None:
                self.book.forget(uri)
                self.publisher.clear(uri)
        for path in added:
            self.workspaces.add(path)
        await self.pull_settings()

    async def close(self, grace: float) -> None:
        """Stop everything; engines get `grace` seconds."""
        self.publisher.close()
        self.progress.close()
        for task in list(self._tasks):
            if task is not asyncio.current_task():
                task.cancel()
        await self.workspaces.close(grace)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something in the background; what goes wrong in it is logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a background task failed", exc_info=error)

    # ------------------------------------------------------------------------------------------- documents

    def document_event(self, params: Any) -> None:
        """Take in an opened, changed or closed document."""
        if isinstance(params, types.DidOpenTextDocumentParams):
            self._did_open(params.text_document)
        elif isinstance(params, types.DidChangeTextDocumentParams):
            self._did_change(params)
        else:
            self._did_close(params.text_document.uri)

    def saved(self, uri: str) -> None:
        """Review a file that was saved. The text is frozen before this returns."""
        document = self.documents.get(uri)
        if document is None:
            return
        document.dirty = False
        self.publisher.now(uri)
        if (place := self.workspaces.of(uri)) is not None:
            workspace, path = place
            if path == ".ambient.yml":
                self.spawn(self.check_config(workspace))
            self._review_document(workspace, path, document, TriggerKind.SAVE)

    def _did_open(self, item: types.TextDocumentItem) -> None:
        document = self.documents.open(item)
        place = self.workspaces.of(item.uri)
        if place is None:
            file = workspaces.file_of(item.uri)
            if file is not None and not any(part in {".git", ".ambient"} for part in file.parts):
                project = workspaces.project_of(file)
                if project is not None:
                    self.workspaces.add(project)
            return
        workspace, path = place
        self._show_stored(workspace, path, document)
        self._review_document(workspace, path, document, TriggerKind.OPEN)

    def _did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        document = self.documents.get(uri)
        if document is None:
            logger.warning("a change of %s, which is not open, was ignored", uri)
            return
        for start, end, length in document.change(params.content_changes):
            self.book.shift(document, start, end, length)
        document.version = params.text_document.version
        for expected, kind in self.observed.see(document):
            self.record(expected.workspace, expected.proposal_id, kind)
        if self.book.knows(uri):
            self.publisher.soon(uri)

    def _did_close(self, uri: str) -> None:
        self.documents.close(uri)
        self.observed.forget(uri)
        self._notes.pop(uri, None)
        place = self.workspaces.of(uri)
        if place is not None and place[1] == ".ambient.yml":
            self.spawn(self.check_config(place[0]))
        elif place is None or not self.book.knows(uri):
            self.book.forget(uri)
            self.publisher.clear(uri)
        else:
            self.spawn(self._publish_closed(*place))

    # -------------------------------------------------------------------------------------------- triggers

    def submit(self, workspace: Workspace, kind: TriggerKind, paths: tuple[str, ...]) -> Run | None:
        """Start a review with all unsaved buffers of the folder as they are now.

        None while the engine is not open, and where another process does the work.
        """
        engine = workspace.engine
        if engine is None or not engine.leader:
            return None
        snapshots = [
            document.freeze(workspace.root, place[1])
            for document in self.documents
            if (place := self.workspaces.of(document.uri)) is not None
            and place[0] is workspace
            and (document.dirty or place[1] in paths)
        ]
        return engine.submit(engine.trigger(kind, paths=paths, snapshots=tuple(snapshots)))

    def cancel(self, run_id: str) -> bool:
        """Cancel a run; False when there is none of that id."""
        entry = self.runs.get(run_id)
        if entry is None or entry[0].engine is None:
            return False
        entry[0].engine.cancel(run_id)
        return True

    def _review_document(self, workspace: Workspace, path: str, document: Document, kind: TriggerKind) -> None:
        engine = workspace.engine
        if engine is None or not engine.config.monitoring.enabled:
            return
        limit = engine.config.monitoring.max_file_bytes
        if len(document.text) > limit or 4 * len(document.text) > limit < len(document.text.encode("utf-8", "replace")):
            text = f"Ambient skips this file: it has more than {limit:,} bytes (monitoring.max_file_bytes)."
            self._notes[document.uri] = [note(text)]
            self.publisher.now(document.uri)
            return
        if self._notes.pop(document.uri, None):
            self.publisher.now(document.uri)
        try:
            self.submit(workspace, kind, (path,))
        except AmbientError as error:
            logger.warning("no review of %s: %s", path, error)
        if not engine.leader:
            self._show_stored(workspace, path, document)

    def _show_stored(self, workspace: Workspace, path: str, document: Document) -> None:
        """Show what is known of a file from before, or from the process that does the work."""
        engine = workspace.engine
        if engine is None:
            return
        for proposal in engine.proposals(paths=(path,)):
            self.fixes.put(workspace, proposal)
        by_agent: dict[str, list[Any]] = {}
        for finding in engine.findings(path):
            if finding.base_sha256 == document.sha256:
                by_agent.setdefault(finding.agent, []).append(finding)
        for agent, findings in by_agent.items():
            self.book.report(document, agent, document.sha256, findings, "")
        if by_agent:
            self.publisher.now(document.uri)

    # ---------------------------------------------------------------------------------------------- events

    def _opened(self, workspace: Workspace) -> None:
        for document in self.documents:
            place = self.workspaces.of(document.uri)
            if place is not None and place[0] is workspace:
                self._show_stored(workspace, place[1], document)
                self._review_document(workspace, place[1], document, TriggerKind.OPEN)
        self.spawn(self.check_config(workspace))
        self.spawn(self._look_at_readiness(workspace))

    def _failed(self, workspace: Workspace) -> None:
        self.complain(workspace.problem)
        self.send_status()

    async def _look_at_readiness(self, workspace: Workspace) -> None:
        if workspace.engine is not None:
            self.readiness[workspace] = await workspace.engine.readiness()
            self.send_status()

    async def _listen(self, workspace: Workspace) -> None:
        assert workspace.engine is not None
        async for event in workspace.engine.events():
            try:
                self.hear(workspace, event)
            except Exception:
                # A border: one event that cannot be shown must not end the listening.
                logger.exception("could not show %s", type(event).__name__)

    def hear(self, workspace: Workspace, event: Event) -> None:
        """Show what the engine tells."""
        match event:
            case RunStarted():
                self.runs[event.run_id] = workspace, None
                self._forget_old_runs()
                self.progress.started(event.run_id)
                self.send_status()
            case FindingsReported():
                self._findings(workspace, event)
            case ProposalChanged():
                self.fixes.put(workspace, event.proposal)
                self._republish(workspace, event.proposal.finding_ids)
            case Progress():
                self.progress.report(event)
            case Problem():
                logger.warning("%s: %s", event.error.where, event.error.message)
            case RunEnded():
                self.runs[event.run_id] = workspace, event.record
                self.progress.ended(event.run_id)
                self.send_status()

    def _findings(self, workspace: Workspace, event: FindingsReported) -> None:
        document = self.document_of(workspace, event.path)
        if document is None:
            self.spawn(self._publish_closed(workspace, event.path, event))
        elif self.book.report(document, event.agent, event.sha256, event.findings, event.run_id):
            self.publisher.now(document.uri)

    def _forget_old_runs(self) -> None:
        ended = [run_id for run_id, (_, record) in self.runs.items() if record is not None]
        for run_id in ended[: max(len(self.runs) - _RUNS, 0)]:
            del self.runs[run_id]

    # --------------------------------------------------------------------------------------------- showing

    def document_of(self, workspace: Workspace, path: str) -> Document | None:
        """Return the open buffer of a file."""
        return next(
            (document for document in self.documents if self.workspaces.of(document.uri) == (workspace, path)), None
        )

    async def read(self, workspace: Workspace, path: str) -> Document | None:
        """Return a file as it is now: its buffer, else what is on disk, else None."""
        if (document := self.document_of(workspace, path)) is not None:
            return document
        uri = workspace.uri_of(path)
        return await asyncio.to_thread(documents.read, workspace.root / path, uri, self.support.encoding)

    async def _publish_closed(self, workspace: Workspace, path: str, event: FindingsReported | None = None) -> None:
        document = await self.read(workspace, path)
        uri = workspace.uri_of(path)
        if document is None:
            self.book.forget(uri)
            self.publisher.clear(uri)
            return
        if event is not None:
            self.book.report(document, event.agent, event.sha256, event.findings, event.run_id)
        if self.documents.get(document.uri) is not None:
            self.publisher.now(document.uri)
            return
        self.book.keep(document.uri, document.sha256)
        shown = list(self.book.shown(document))
        self.publisher.put(document.uri, render(shown, document, workspace, self.fixes, extra=()))

    def _republish(self, workspace: Workspace, finding_ids: Sequence[str]) -> None:
        for uri in self.book.with_findings(finding_ids):
            if self.documents.get(uri) is not None:
                self.publisher.now(uri)
            elif (place := self.workspaces.of(uri)) is not None and place[0] is workspace:
                self.spawn(self._publish_closed(*place))

    def _render(self, uri: str) -> Sequence[types.Diagnostic] | None:
        document, place = self.documents.get(uri), self.workspaces.of(uri)
        if document is None or place is None:
            return None
        shown = list(self.book.shown(document))
        return render(shown, document, place[0], self.fixes, extra=self._notes.get(uri, ()))

    def _send(self, uri: str, diagnostics: Sequence[types.Diagnostic]) -> None:
        document = self.documents.get(uri)
        version = document.version if document else None
        params = types.PublishDiagnosticsParams(uri=uri, diagnostics=list(diagnostics), version=version)
        self.protocol.notify(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)

    def dismissed(self, finding_id: str) -> None:
        """Take a finding off the screen."""
        for uri in self.book.dismiss(finding_id):
            if self.documents.get(uri) is not None:
                self.publisher.now(uri)
            elif (place := self.workspaces.of(uri)) is not None:
                self.spawn(self._publish_closed(*place))

    def record(
        self,
        workspace: Workspace,
        proposal_id: str,
        kind: Literal["applied", "partly", "stale", "reverted", "refused"],
        reason: str = "",
    ) -> None:
        """Tell the engine what was seen to become of a proposal."""
        if workspace.engine is None:
            return
        known = self.fixes.find(proposal_id)
        content = sha256(known[1].diff) if known else ""
        outcome = Outcome(proposal_id, kind, self.support.name, time.time(), reason, content)
        try:
            workspace.engine.record(outcome)
        except AmbientError as error:
            logger.warning("the outcome of %s was not recorded: %s", proposal_id, error)

    def complain(self, message: str) -> None:
        """Tell the user of something once."""
        if message and message not in self._complained:
            self._complained.add(message)
            self.tell(message, types.MessageType.Warning)

    def tell(self, message: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """Show a message."""
        self.protocol.notify(types.WINDOW_SHOW_MESSAGE, types.ShowMessageParams(kind, message))

    def send_status(self) -> None:
        """Send the `ambient/status` notification."""
        self.protocol.notify("ambient/status", self.status())

    def status(self) -> dict[str, Any]:
        """Return what the status item shows."""
        running = [run_id for run_id, (_, record) in self.runs.items() if record is None]
        return {
            "state": "working" if running else "idle",
            "runs": running,
            "folders": [
                {
                    "uri": workspace.uri,
                    "ready": workspace.engine is not None,
                    "leader": workspace.engine is not None and workspace.engine.leader,
                    "problem": workspace.problem,
                    "sandbox": next((item.backend for item in self.readiness.get(workspace, ()) if item.ready), ""),
                }
                for workspace in self.workspaces
            ],
        }

    # ------------------------------------------------------------------------------------------- settings

    async def pull_settings(self) -> None:
        """Ask for the settings of every folder, and show everything with them."""
        folders = list(self.workspaces)
        if self.support.pulls_configuration and folders:
            answers = await configuration.pull(self.protocol, [workspace.uri for workspace in folders])
            for workspace, (settings, problems) in zip(folders, answers, strict=False):
                self._use(workspace, settings, problems)

    def push_settings(self, value: Any) -> None:
        """Use settings that a client sent unasked, as Neovim does."""
        settings, problems = configuration.parse(value)
        for workspace in self.workspaces:
            self._use(workspace, settings, problems)

    def _use(self, workspace: Workspace, settings: configuration.Settings, problems: Sequence[str]) -> None:
        workspace.settings = settings
        for problem in problems:
            self.complain(problem)
        for document in self.documents:
            if self.book.knows(document.uri):
                self.publisher.now(document.uri)

    async def check_config(self, workspace: Workspace) -> None:
        """Show what is wrong with a folder's `.ambient.yml`."""
        uri = workspace.uri_of(".ambient.yml")
        self._notes[uri] = await asyncio.to_thread(configuration.file_problems, workspace.root)
        self.publisher.put(uri, self._notes[uri])
