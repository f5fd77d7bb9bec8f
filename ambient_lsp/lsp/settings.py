"""The editor's settings of each folder: asked for where an editor answers, taken where it sends them unasked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from ambient_lsp.lsp import configuration
from ambient_lsp.lsp.configuration import Settings
from ambient_lsp.lsp.protocol import AmbientProtocol
from ambient_lsp.lsp.workspaces import Workspace, Workspaces


class FolderSettings:
    """Keeps them in the folders. `start` holds until the editor tells others; `complain` is told of values that were
    not understood, and `changed` is called after every answer, with whether a folder has other settings now."""

    def __init__(
        self,
        protocol: AmbientProtocol,
        workspaces: Workspaces,
        start: Settings,
        *,
        complain: Callable[[str], None],
        changed: Callable[[bool], Awaitable[None]],
    ) -> None:
        self.start = start
        self._protocol = protocol
        self._workspaces = workspaces
        self._complain = complain
        self._changed = changed

    async def pull(self) -> None:
        """Ask for the settings of every folder."""
        if folders := list(self._workspaces):
            uris = [workspace.uri for workspace in folders]
            answers = await configuration.pull(self._protocol, uris, self.start)
            await self._use(zip(folders, answers, strict=True))

    async def push(self, value: Any) -> None:
        """Use settings that a client sent unasked, as Neovim does."""
        told = configuration.parse(value, self.start)
        await self._use((workspace, told) for workspace in self._workspaces)

    async def _use(self, answers: Iterable[tuple[Workspace, tuple[Settings, list[str]]]]) -> None:
        differ = False
        for workspace, (settings, problems) in answers:
            for problem in problems:
                self._complain(problem)
            differ = differ or workspace.settings != settings
            workspace.settings = settings
        await self._changed(differ)
