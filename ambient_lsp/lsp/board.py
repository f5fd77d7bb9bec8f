"""What the editor shows: findings and the state of their fixes, for open and for closed files."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence, Set
from typing import Any

from lsprotocol import types

from ambient_lsp.engine.hidden import may_be_fixed, visible
from ambient_lsp.events import FindingsReported
from ambient_lsp.lsp.diagnostics import DiagnosticsBook, Shown, render
from ambient_lsp.lsp.documents import Document, Documents
from ambient_lsp.lsp.files import Files
from ambient_lsp.lsp.fixes import Fixes
from ambient_lsp.lsp.protocol import AmbientProtocol
from ambient_lsp.lsp.publisher import Publisher
from ambient_lsp.lsp.workspaces import Workspace, Workspaces
from ambient_lsp.model import Finding, Proposal, ProposalState


class Board:
    """Takes in what the engines say, and publishes what holds for the text as it is now."""

    def __init__(
        self,
        protocol: AmbientProtocol,
        documents: Documents,
        workspaces: Workspaces,
        files: Files,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self.fixes = Fixes()
        self._book = DiagnosticsBook()
        self._publisher = Publisher(self._render, self._send)
        self._notes: dict[str, Sequence[types.Diagnostic]] = {}
        self._protocol = protocol
        self._documents = documents
        self._workspaces = workspaces
        self._files = files
        self._spawn = spawn

    def shown(self, document: Document) -> list[Shown]:
        """Return the findings that hold for a buffer now, sorted by place."""
        return list(self._book.shown(document))

    def findings(self, workspace: Workspace, event: FindingsReported) -> None:
        """Show what an agent says of a file, unless its text has moved on."""
        document = self._files.buffer(workspace, event.path)
        if document is None and not event.findings and not self._book.knows(workspace.uri_of(event.path)):
            return  # nothing was shown of it, and nothing is to be: most files of a large folder
        if document is None:
            self._spawn(self._show_closed(workspace, event.path, event))
        elif self._report(workspace, document, event):
            self._publisher.now(document.uri)

    def proposal(self, workspace: Workspace, proposal: Proposal) -> None:
        """Keep a proposal, and show its state at its findings."""
        self.fixes.put(workspace, proposal)
        if proposal.state in (ProposalState.APPLIED, ProposalState.REVERTED):
            self._book.fixed(proposal.finding_ids, fixed=proposal.state is ProposalState.APPLIED)
        for uri in self._book.with_findings(proposal.finding_ids):
            if self._documents.get(uri) is not None:
                self._publisher.later(uri)
            else:
                self._refresh([uri])

    def stored(self, workspace: Workspace, path: str, document: Document) -> None:
        """Show what is known of a file from before."""
        engine = workspace.engine
        if engine is None:
            return
        for proposal in engine.proposals(paths=(path,)):
            self.fixes.put(workspace, proposal)
        by_agent: dict[str, list[Finding]] = {}
        for finding in engine.findings(path):
            if finding.base_sha256 == document.sha256:
                by_agent.setdefault(finding.agent, []).append(finding)
        for agent, findings in by_agent.items():
            self._book.report(document, agent, document.sha256, findings, "")
        if by_agent:
            self._publisher.now(document.uri)

    def typed(self, document: Document, start: int, end: int, length: int) -> None:
        """Follow one change of a buffer: `start` to `end` became `length` characters."""
        self._book.shift(document, start, end, length)
        if self._book.knows(document.uri):
            self._publisher.soon(document.uri)

    def saved(self, uri: str) -> None:
        """Publish what still holds, unless a review shows something new at once."""
        self._publisher.after_findings(uri)

    def closed(self, uri: str) -> None:
        """Go on showing what holds for the file on disk; nothing for what is no file of a folder."""
        self._notes.pop(uri, None)
        place = self._workspaces.of(uri)
        if place is not None and self._book.knows(uri):
            self._spawn(self._show_closed(*place))
        else:
            self._book.forget(uri)
            self._publisher.clear(uri)

    def lost(self, uri: str) -> None:
        """Show nothing of a buffer whose text is not known any more."""
        self._notes.pop(uri, None)
        self._book.forget(uri)
        self._publisher.clear(uri)

    def dismissed(self, finding_id: str) -> None:
        """Take a finding off."""
        self._refresh(self._book.dismiss(finding_id))

    def put_notes(self, uri: str, notes: Sequence[types.Diagnostic]) -> None:
        """Show remarks of ours about a whole file, besides its findings; none takes them off."""
        if notes or uri in self._notes:
            self._notes[uri] = notes
            if self._documents.get(uri) is not None:
                self._publisher.now(uri)
            else:
                self._publisher.put(uri, notes)

    def refresh(self) -> None:
        """Publish everything that has changed in its look."""
        self._refresh(self._book.uris())

    def restart(self, workspace: Workspace) -> None:
        """Forget what an engine said that was closed, and show nothing of it."""
        self.fixes.drop(workspace)
        for uri in self._book.uris():
            place = self._workspaces.of(uri)
            if place is not None and place[0] is workspace:
                self._book.forget(uri)
                self._publisher.put(uri, self._notes.get(uri, ()))

    def drop(self, workspace: Workspace) -> None:
        """Forget a folder that was closed, and what is shown of its files."""
        self.fixes.drop(workspace)
        for uri in {*self._book.uris(), *self._notes}:
            if self._workspaces.of(uri) is None:
                self._notes.pop(uri, None)
                self._book.forget(uri)
                self._publisher.clear(uri)

    def close(self) -> None:
        """Publish no more."""
        self._publisher.close()

    def _refresh(self, uris: Sequence[str]) -> None:
        for uri in uris:
            if self._documents.get(uri) is not None:
                self._publisher.now(uri)
            elif (place := self._workspaces.of(uri)) is not None:
                self._spawn(self._show_closed(*place))

    async def _show_closed(self, workspace: Workspace, path: str, event: FindingsReported | None = None) -> None:
        read = await self._files.read(workspace, path)
        uri = workspace.uri_of(path)
        if self._workspaces.of(uri) is None:
            return  # the folder was closed meanwhile
        document = self._files.buffer(workspace, path) or read  # it may have been opened meanwhile, and typed in
        if document is None:
            self._book.forget(uri)
            self._publisher.clear(uri)
            return
        if event is not None:
            self._report(workspace, document, event)
        if self._documents.get(document.uri) is not None:
            self._publisher.now(document.uri)
            return
        self._book.keep(document.uri, document.known_by)
        self._publisher.put(document.uri, render(self.shown(document), document, workspace, self.fixes, extra=()))

    def _report(self, workspace: Workspace, document: Document, event: FindingsReported) -> bool:
        """Place what an agent says in a text. False where it is about another one."""
        return self._book.report(
            document,
            event.agent,
            event.sha256,
            _placed(workspace, event),
            event.run_id,
            glance=event.glance,
            thinking=event.thinking,
        )

    def told_elsewhere(self, workspace: Workspace, document: Document, codes: Set[str]) -> None:
        """Stop repeating what the editor shows of other tools: those rules are theirs from now on."""
        engine = workspace.engine
        if engine is not None and not engine.config.agents.repeat_other_tools and not codes <= workspace.told_elsewhere:
            workspace.told_elsewhere |= codes
            self._publisher.now(document.uri)

    def _render(self, uri: str) -> Sequence[types.Diagnostic] | None:
        document, place = self._documents.get(uri), self._workspaces.of(uri)
        if document is None or place is None:
            return None
        return render(self.shown(document), document, place[0], self.fixes, extra=self._notes.get(uri, ()))

    def _send(self, uri: str, diagnostics: Sequence[types.Diagnostic]) -> None:
        document = self._documents.get(uri)
        version = document.version if document else None
        params = types.PublishDiagnosticsParams(uri=uri, diagnostics=list(diagnostics), version=version)
        self._protocol.notify(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)


def _placed(workspace: Workspace, event: FindingsReported) -> list[Finding]:
    """Return the findings that have a place in the editor: those to be seen, and those that only have a fix."""
    config = workspace.engine.config if workspace.engine is not None else None
    return [one for one in event.findings if may_be_fixed(one) or (config is not None and visible(one, config))]
