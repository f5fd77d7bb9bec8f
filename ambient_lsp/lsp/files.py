"""The files of the folders as they are now: the open buffer where there is one, else what is on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from ambient_lsp.lsp import documents
from ambient_lsp.lsp.documents import Document, Documents
from ambient_lsp.lsp.workspaces import Workspace, Workspaces
from ambient_lsp.model import Snapshot


class Files:
    """Buffers and folders together."""

    def __init__(self, open_documents: Documents, workspaces: Workspaces) -> None:
        self._documents = open_documents
        self._workspaces = workspaces

    def buffer(self, workspace: Workspace, path: str) -> Document | None:
        """Return the open buffer of a file."""
        return next(
            (document for document in self._documents if self._workspaces.of(document.uri) == (workspace, path)), None
        )

    async def read(self, workspace: Workspace, path: str) -> Document | None:
        """Return a file as it is now; None where it is missing or not text."""
        if (document := self.buffer(workspace, path)) is not None:
            return document
        uri = workspace.uri_of(path)
        return await asyncio.to_thread(documents.read, workspace.root / path, uri, self._documents.encoding)

    async def texts(self, workspace: Workspace, paths: Iterable[str]) -> dict[str, str | None]:
        """Return the texts of files as they are now; None for one that is missing or not text."""
        found = {path: await self.read(workspace, path) for path in paths}
        return {path: document.text if document is not None else None for path, document in found.items()}

    def unsaved(self, workspace: Workspace, *also: str) -> tuple[Snapshot, ...]:
        """Return the folder's unsaved buffers as they are now, and those of the paths `also`."""
        return tuple(
            document.freeze(workspace.root, place[1])
            for document in self._documents
            if (place := self._workspaces.of(document.uri)) is not None
            and place[0] is workspace
            and (document.dirty or place[1] in also)
        )
