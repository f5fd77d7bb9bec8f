"""One client's session: documents come in, triggers go to the engines, and what those tell is shown."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lsprotocol import types

from ambient_lsp import user
from ambient_lsp.engine.hidden import MUTED_RULE
from ambient_lsp.errors import AmbientError
from ambient_lsp.events import (
    Event,
    FindingsReported,
    ModelCondition,
    Problem,
    Progress,
    ProposalChanged,
    RunEnded,
    RunStarted,
)
from ambient_lsp.lsp import configuration
from ambient_lsp.lsp.board import Board
from ambient_lsp.lsp.capabilities import ClientSupport
from ambient_lsp.lsp.diagnostics import note
from ambient_lsp.lsp.documents import Document, Documents
from ambient_lsp.lsp.files import Files
from ambient_lsp.lsp.fixes import with_approval
from ambient_lsp.lsp.inline import Inline
from ambient_lsp.lsp.observed import News, Observed
from ambient_lsp.lsp.progress import ProgressBoard
from ambient_lsp.lsp.protocol import AmbientProtocol
from ambient_lsp.lsp.settings import FolderSettings
from ambient_lsp.lsp.status import Status
from ambient_lsp.lsp.workspaces import EngineFactory, Workspace, Workspaces, file_of, project_of
from ambient_lsp.model import Outcome, Proposal, RunRecord, TriggerKind

if TYPE_CHECKING:
    from ambient_lsp.engine.run import Run

logger = logging.getLogger(__name__)

_RUNS = 50
_LAST_WORDS = 1.0
"""Seconds that work which is cancelled gets to write down how it ended."""


class Session:
    """Made in `initialize`; everything that needs the event loop starts in `start` (limit 16)."""

    def __init__(
        self,
        protocol: AmbientProtocol,
        factory: EngineFactory,
        support: ClientSupport,
        *,
        trusted: bool | None,
        settings: configuration.Settings,
    ) -> None:
        self.protocol = protocol
        self.support = support
        self.who = f"{user.name()} in {support.name}"
        self.documents = Documents(support.encoding)
        self.workspaces = Workspaces(
            factory,
            trusted=trusted,
            settings=settings,
            opened=self._opened,
            listen=self._listen,
            failed=self._failed,
            closed=self._closed,
        )
        self.files = Files(self.documents, self.workspaces)
        self.board = Board(protocol, self.documents, self.workspaces, self.files, self.spawn)
        self.observed = Observed()
        self.progress = ProgressBoard(protocol, enabled=support.progress, cancel=self.cancel)
        self.runs: dict[str, tuple[Workspace, RunRecord | None]] = {}
        self.status = Status(protocol, self.workspaces, self.runs)
        self.inline = Inline(self)
        self.settings = FolderSettings(
            protocol, self.workspaces, settings, complain=self.complain, changed=self._settings_changed
        )
        self._tasks: set[asyncio.Task[Any]] = set()
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self._complained: set[str] = set()
        self._saved_early: set[str] = set()

    # ------------------------------------------------------------------------------------------- lifecycle

    def start(self, folders: Sequence[str]) -> None:
        """Open the folders, and ask the client for what it knows."""
        self.spawn(self._start([path for uri in folders if (path := file_of(uri)) is not None]))

    async def _start(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            self.workspaces.add(folder)
        await self._pull_settings()
        await configuration.register(self.protocol, self.support)

    async def change_folders(self, added: Sequence[Path], removed: Sequence[Path]) -> None:
        """Open and close folders. Files of a closed one show nothing any more."""
        for path in removed:
            workspace = await self.workspaces.remove(path)
            if workspace is not None:
                self.board.drop(workspace)
                self.status.drop(workspace)
        for path in added:
            self.workspaces.add(path)
        await self._pull_settings()

    async def close(self, grace: float) -> None:
        """Stop everything; engines get `grace` seconds."""
        self.status.close()
        self.inline.close()
        self.board.close()
        self.progress.close()
        tasks = {task for task in self._tasks if task is not asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:  # a question that is still open is a no, and that is written down while the store is open
            await asyncio.wait(tasks, timeout=_LAST_WORDS)
        await self.workspaces.close(grace)

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run something in the background; what goes wrong in it is logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def begin(self, run_id: str, workspace: Workspace, work: Coroutine[Any, Any, None]) -> None:
        """Do work of ours that takes long: shown with its progress and in the status, and cancelled like a run."""
        task = self._jobs[run_id] = asyncio.create_task(work)
        self._tasks.add(task)
        self.runs[run_id] = workspace, None
        self.progress.started(run_id)
        self.status.send()

        def ended(task: asyncio.Task[None]) -> None:
            self._jobs.pop(run_id, None)
            self.runs.pop(run_id, None)
            self.progress.ended(run_id)
            self._done(task)
            self.status.run_ended(run_id)

        task.add_done_callback(ended)

    def _done(self, task: asyncio.Task[Any]) -> None:
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

    def saved(self, uri: str, text: str | None = None) -> None:
        """Review a file that was saved. The text is frozen before this returns.

        `text` is what the editor says that it saved. It is believed, rather than what its changes add up to here.
        """
        document, place = self.documents.get(uri), self.workspaces.of(uri)
        if document is None:
            return
        if text is not None and document.reads(text):
            self.observed.agree(uri)
        elif text is not None:
            logger.warning("%s has other text in the editor than its changes lead to; it was taken as it is", uri)
            for news in self.observed.doubt(uri):
                self._hear_of_edit(news)
            self._follow(document, [types.TextDocumentContentChangeWholeDocument(text)])
        document.dirty = False
        self.board.saved(uri)
        if place is not None:
            if place[0].engine is None:
                self._saved_early.add(uri)
            self._review(*place, document, TriggerKind.SAVE)
            if place[1] == configuration.FILE:
                self.spawn(self.check_config(place[0]))

    def _did_open(self, item: types.TextDocumentItem) -> None:
        document, place = self.documents.open(item), self.workspaces.of(item.uri)
        if place is not None:
            self.board.stored(*place, document)
            self._review(*place, document, TriggerKind.OPEN)
            return
        file = file_of(item.uri)
        project = project_of(file) if file is not None else None
        if project is not None:
            # Opened on its own; the review starts when the engine is there.
            self.workspaces.add(project)

    def _did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        document = self.documents.get(params.text_document.uri)
        if document is None:
            logger.warning("a change of %s, which is not open, was ignored", params.text_document.uri)
            return
        self._follow(document, params.content_changes)
        document.version = params.text_document.version
        place = self.workspaces.of(document.uri)
        if place is not None and place[0].engine is not None:
            place[0].engine.expect(place[1], document.text)

    def _follow(self, document: Document, changes: Sequence[types.TextDocumentContentChangeEvent]) -> None:
        for start, end, length in document.change(changes):
            self.board.typed(document, start, end, length)
            for news in self.observed.see(document):
                self._hear_of_edit(news)

    def lost(self, method: str, params: Any) -> None:
        """Give a buffer up of which a change could not be read: its text is unknown until it is opened again."""
        uri = params.get("textDocument", {}).get("uri") if isinstance(params, dict) else None
        if method == types.TEXT_DOCUMENT_DID_CHANGE and self.documents.get(uri or "") is not None:
            logger.error("a change of %s could not be read; Ambient leaves it alone until it is opened again", uri)
            self.documents.close(str(uri))
            self.observed.forget(str(uri))
            self.board.lost(str(uri))

    def _hear_of_edit(self, news: News) -> None:
        """Write down what became of a fix that the editor made on its own; tell of one that went wrong."""
        reason = "the editor made it on another text than the one it was for" if news.kind == "stale" else ""
        self.record(news.workspace, news.proposal_id, news.kind, reason)
        if reason:
            words = "A fix was made on another text than the one that it was for, so it may be in the wrong place."
            self.tell(f"{words} Look at it, or undo it and save the file.", types.MessageType.Warning)

    def _did_close(self, uri: str) -> None:
        self.documents.close(uri)
        self.observed.forget(uri)
        self.board.closed(uri)
        place = self.workspaces.of(uri)
        if place is not None and place[1] == configuration.FILE:
            self.spawn(self.check_config(place[0]))

    # -------------------------------------------------------------------------------------------- triggers

    def submit(self, workspace: Workspace, kind: TriggerKind, paths: tuple[str, ...]) -> Run | None:
        """Start a review with all unsaved buffers of the folder as they are now.

        Where another process does the work on this folder, the engine passes it on. None while no engine is open.
        """
        engine = workspace.engine
        if engine is None:
            return None
        snapshots = self.files.unsaved(workspace, *paths)
        return engine.submit(engine.trigger(kind, paths=paths, snapshots=snapshots))

    def cancel(self, run_id: str) -> bool:
        """Cancel a run; False when there is none of that id."""
        if run_id in self._jobs:
            return self._jobs[run_id].cancel()
        entry = self.runs.get(run_id)
        if entry is None or entry[0].engine is None:
            return False
        entry[0].engine.cancel(run_id)
        return True

    def under_way(self) -> list[str]:
        """Return the runs and batches that have not ended."""
        return [run_id for run_id, (_, record) in self.runs.items() if record is None]

    def _review(self, workspace: Workspace, path: str, document: Document, kind: TriggerKind) -> None:
        engine = workspace.engine
        if engine is None or not engine.config.monitoring.enabled:
            return
        from ambient_lsp.config import SPECIALISTS  # loads pydantic: not before `initialize` is answered

        if not path.endswith((".py", ".pyi")) and set(engine.config.agents.enabled) <= set(SPECIALISTS):
            return  # ours look at Python only
        limit = engine.config.monitoring.max_file_bytes
        if document.larger_than(limit):
            text = f"Ambient skips this file: it has more than {limit:,} bytes (monitoring.max_file_bytes)."
            self.board.put_notes(document.uri, [note(text)])
            return
        self.board.put_notes(document.uri, ())
        try:
            self.submit(workspace, kind, (path,))
        except AmbientError as error:
            logger.warning("no review of %s: %s", path, error)

    # ---------------------------------------------------------------------------------------------- events

    def _opened(self, workspace: Workspace) -> None:
        self._write_down(workspace)
        for document in self.documents:
            place = self.workspaces.of(document.uri)
            if place is not None and place[0] is workspace:
                self.board.stored(*place, document)
                early = document.uri in self._saved_early
                self._saved_early.discard(document.uri)
                self._review(*place, document, TriggerKind.SAVE if early else TriggerKind.OPEN)
        if workspace.engine is not None:
            workspace.engine.warm()
        self.spawn(self.check_config(workspace))
        self.spawn(self.status.look_at_readiness(workspace))

    def _failed(self, workspace: Workspace) -> None:
        self.complain(workspace.problem)
        self.status.send()
        self.spawn(self.check_config(workspace))

    def _closed(self, workspace: Workspace) -> None:
        """End what nobody hears the end of any more, and show nothing that other settings may not find again."""
        for run_id in [run_id for run_id, (owner, record) in self.runs.items() if owner is workspace and not record]:
            del self.runs[run_id]
            self.progress.ended(run_id)
            self.cancel(run_id)
        self.status.forget(workspace)
        self.board.restart(workspace)

    async def _listen(self, workspace: Workspace) -> None:
        if workspace.engine is None:
            return
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
                self.status.run_started()
            case FindingsReported():
                self.board.findings(workspace, event)
            case ProposalChanged():
                self.offer(workspace, event.proposal)
            case Progress():
                self.report(event)
            case ModelCondition():
                self._hear_of_model(workspace, event)
            case Problem():
                logger.warning("%s: %s", event.error.where, event.error.message)
                if event.error.where == MUTED_RULE:
                    self.complain(event.error.message)
            case RunEnded():
                self.runs[event.run_id] = workspace, event.record
                self.progress.ended(event.run_id)
                self.status.run_ended(event.run_id)
                if workspace not in self.status.readiness:  # looking at it went wrong, and the engine may know by now
                    self.spawn(self.status.look_at_readiness(workspace))

    def _hear_of_model(self, workspace: Workspace, condition: ModelCondition) -> None:
        """Show it with the status. A limit that is reached is told once a day; that nobody answers is no news."""
        self.status.hear_of_model(workspace, condition)
        if condition.state == "spent":
            key = f"{workspace.uri} {condition.setting} {time.strftime('%F')}"
            if key not in self._complained:
                self._complained.add(key)
                words = f"Ambient asks the model no more: {condition.message} The local analyzers go on."
                self.tell(words, types.MessageType.Warning)

    def offer(self, workspace: Workspace, proposal: Proposal) -> None:
        """Show where a proposal stands, its approval included."""
        if workspace.engine is not None:
            self.board.proposal(workspace, with_approval(workspace.engine, proposal))
            self.status.proposals_changed(workspace)
            self.inline.changed()

    def report(self, event: Progress) -> None:
        """Show how far a run, or work of ours, is."""
        self.progress.report(event)
        self.status.run_is_at(event)

    def _forget_old_runs(self) -> None:
        ended = [run_id for run_id, (_, record) in self.runs.items() if record is not None]
        for run_id in ended[: max(len(self.runs) - _RUNS, 0)]:
            del self.runs[run_id]

    # ------------------------------------------------------------------------------------ words to the user

    def record(
        self,
        workspace: Workspace,
        proposal_id: str,
        kind: Literal["approved", "applied", "partly", "stale", "reverted", "refused"],
        reason: str = "",
    ) -> None:
        """Tell the engine what was seen to become of a proposal: now, or as soon as one is open again."""
        workspace.unwritten.append(Outcome(proposal_id, kind, self.who, time.time(), reason))
        self._write_down(workspace)

    def _write_down(self, workspace: Workspace) -> None:
        from ambient_lsp.engine.decisions import content_of  # loads the engine: not before `initialize` is answered

        while workspace.engine is not None and workspace.unwritten:
            outcome = workspace.unwritten.pop(0)
            try:
                content = content_of(workspace.engine.proposal(outcome.proposal_id))
                workspace.engine.record(replace(outcome, content_sha256=content))
            except AmbientError as error:
                logger.warning("the outcome of %s was not recorded: %s", outcome.proposal_id, error)

    def complain(self, message: str) -> None:
        """Tell the user of something once."""
        if message and message not in self._complained:
            self._complained.add(message)
            self.tell(message, types.MessageType.Warning)

    def tell(self, message: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """Show a message."""
        self.protocol.notify(types.WINDOW_SHOW_MESSAGE, types.ShowMessageParams(kind, message))

    # -------------------------------------------------------------------------------------------- settings

    async def _pull_settings(self) -> None:
        if self.support.pulls_configuration:
            await self.settings.pull()

    async def _settings_changed(self, differ: bool) -> None:
        if differ:
            self.board.refresh()
        await self.inline.update()

    async def check_config(self, workspace: Workspace) -> None:
        """Show what is wrong with a folder's `.ambient.yml`; open the engine again when it has other settings now."""
        config, problems = await asyncio.to_thread(configuration.read, workspace.root, trusted=workspace.trusted)
        self.board.put_notes(workspace.uri_of(configuration.FILE), problems)
        if config is not None and (workspace.engine is None or workspace.engine.config != config):
            await self.workspaces.reopen(workspace)
