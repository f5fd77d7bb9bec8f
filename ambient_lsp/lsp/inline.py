"""What stands at the line itself, for those who turned it on: proof and history in a hover, and code lenses.

Both are off unless the user says otherwise, and are registered only while they are on and the editor has them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ambient_lsp.lsp import proof
from ambient_lsp.lsp.configuration import Settings
from ambient_lsp.lsp.diagnostics import is_seen
from ambient_lsp.lsp.status import INTERVAL, Seldom
from ambient_lsp.model import Proposal, ProposalState

if TYPE_CHECKING:
    from ambient_lsp.lsp.session import Session
    from ambient_lsp.lsp.workspaces import Workspace

logger = logging.getLogger(__name__)

_MOST = 50
"""Lenses in one file."""

_UNPROVEN = frozenset({ProposalState.FAILED, ProposalState.INCONCLUSIVE, ProposalState.BLOCKED})


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the two: its method, its setting, and what the editor says about it."""

    method: str
    on: str
    has: str
    registers: str


_KINDS = (
    _Kind(types.TEXT_DOCUMENT_HOVER, "hover", "hovers", "registers_hovers"),
    _Kind(types.TEXT_DOCUMENT_CODE_LENS, "code_lens", "lenses", "registers_lenses"),
)

METHODS = tuple(kind.method for kind in _KINDS)


def fixed(session: Session, settings: Settings) -> list[str]:
    """Return the methods to announce once and for all: an editor that takes no registrations later has to be told in
    the answer to `initialize`, when only the settings in its options are known."""
    support = session.support
    return [
        kind.method
        for kind in _KINDS
        if getattr(settings, kind.on) and getattr(support, kind.has) and not getattr(support, kind.registers)
    ]


class Inline:
    """Registers what is turned on, and takes it back. An editor that draws lenses is told when they have changed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._registered: set[str] = set()
        self._stale = Seldom(lambda: session.spawn(self._refresh()), INTERVAL)

    async def update(self) -> None:
        """Register or unregister, by the settings of all folders."""
        session, changes = self._session, dict[bool, list[str]]()
        for kind in _KINDS:
            wanted = any(getattr(workspace.settings, kind.on) for workspace in session.workspaces)
            if getattr(session.support, kind.registers) and wanted != (kind.method in self._registered):
                changes.setdefault(wanted, []).append(kind.method)
        for on, methods in changes.items():
            self._registered = self._registered | set(methods) if on else self._registered - set(methods)
            await self._tell(methods, on=on)

    def changed(self) -> None:
        """Have the lenses drawn again, soon."""
        if self._session.support.refreshes_lenses and types.TEXT_DOCUMENT_CODE_LENS in self._registered:
            self._stale.ask()

    def close(self) -> None:
        """Ask for nothing more."""
        self._stale.stop()

    async def _tell(self, methods: list[str], *, on: bool) -> None:
        if on:
            options = {"documentSelector": None}
            params: Any = types.RegistrationParams([types.Registration(_id(one), one, options) for one in methods])
            method = types.CLIENT_REGISTER_CAPABILITY
        else:
            params = types.UnregistrationParams([types.Unregistration(_id(one), one) for one in methods])
            method = types.CLIENT_UNREGISTER_CAPABILITY
        try:
            await self._session.protocol.ask(method, params, 10.0)
        except (TimeoutError, JsonRpcException) as error:
            logger.warning("the editor does not show what is at the line: %r", error)

    async def _refresh(self) -> None:
        try:
            await self._session.protocol.ask(types.WORKSPACE_CODE_LENS_REFRESH, None, 10.0)
        except (TimeoutError, JsonRpcException) as error:
            logger.info("the lenses were not drawn again: %r", error)


def hover(session: Session, params: types.HoverParams) -> types.Hover | None:
    """Return what there is to say of the findings at a position."""
    document, place = session.documents.get(params.text_document.uri), session.workspaces.of(params.text_document.uri)
    if document is None or place is None or not place[0].settings.hover:
        return None
    workspace, offset = place[0], document.offset(params.position)
    here = [item for item in session.board.shown(document) if item.start <= offset <= item.end]
    parts = [
        proof.hover(
            item.finding,
            session.board.fixes.of_finding(workspace, item.finding.id),
            lambda fix: _history(workspace, fix),
        )
        for item in here
    ]
    if not parts:
        return None
    content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(parts))
    return types.Hover(content, document.range(here[0].start, here[0].end))


def lenses(session: Session, params: types.CodeLensParams) -> list[types.CodeLens]:
    """Return one lens for each fix of a file, at its first finding: with its proof, or why it is not offered."""
    document, place = session.documents.get(params.text_document.uri), session.workspaces.of(params.text_document.uri)
    if document is None or place is None or not place[0].settings.code_lens:
        return []
    workspace, found = place[0], dict[str, types.CodeLens]()
    for item in session.board.shown(document):
        if item.edited or not is_seen(item.finding, workspace):
            continue
        for fix in session.board.fixes.of_finding(workspace, item.finding.id):
            if fix.id not in found and (title := _lens_title(fix)):
                start = types.Position(document.position(item.start).line, 0)
                command = types.Command(title, "ambient.server.show", arguments=[{"id": fix.id}])
                found[fix.id] = types.CodeLens(types.Range(start, start), command)
    return list(found.values())[:_MOST]


def _lens_title(fix: Proposal) -> str:
    if fix.state is ProposalState.OFFERED:
        return proof.in_title(fix)
    if fix.state not in _UNPROVEN:
        return ""
    reason = fix.verdict.reason if fix.verdict is not None else proof.why_not(fix)
    return f"{fix.title} · not offered: {proof.short_of(reason)}"


def _history(workspace: Workspace, fix: Proposal) -> list[str]:
    return [proof.history_line(one) for one in workspace.engine.outcomes(fix.id)] if workspace.engine else []


def _id(method: str) -> str:
    return f"ambient-{method.rpartition('/')[2]}"
