"""Which engine a file belongs to: one per workspace folder, and one per project of a file opened on its own."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygls.uris import from_fs_path, to_fs_path

from ambient_lsp.errors import AmbientError
from ambient_lsp.lsp.configuration import Settings

if TYPE_CHECKING:
    from ambient_lsp.engine.engine import Engine
    from ambient_lsp.lsp.apply import Applied
    from ambient_lsp.model import Outcome

logger = logging.getLogger(__name__)

EngineFactory = Callable[[Path, bool], Awaitable["Engine"]]
"""Opens the engine of a folder; the second argument says whether the user trusts the folder."""

_MOST_PLACES = 10_000
_PROJECT_MARKS = (".git", ".ambient.yml", "pyproject.toml")


@dataclass(slots=True, eq=False)
class Workspace:
    """One folder. `root` has its symbolic links resolved, `given` is as the editor wrote it.

    `engine` is None until it is open, while it is closed for other settings, and for good where it could not be opened
    (`problem` says why). Whoever awaits anything asks for it again afterwards.
    `told_elsewhere` are the rules that another tool was seen to show in this editor.
    `unwritten` is what became of fixes while no engine was open to write it down. `applying` are the fixes under way,
    by their id; the one that holds `editing` is being made, and `previewed` is its title while the editor shows it.
    """

    root: Path
    given: Path
    settings: Settings = field(default_factory=Settings)
    engine: Engine | None = None
    problem: str = ""
    trusted: bool = False
    opening: asyncio.Task[None] | None = None
    listening: asyncio.Task[None] | None = None
    told_elsewhere: set[str] = field(default_factory=set)
    unwritten: list[Outcome] = field(default_factory=list)
    applying: dict[str, asyncio.Task[Applied]] = field(default_factory=dict)
    editing: asyncio.Lock = field(default_factory=asyncio.Lock)
    previewed: str = ""

    @property
    def is_opening(self) -> bool:
        """Whether there is going to be an engine, or the word why there is none."""
        return self.engine is None and self.opening is not None and not self.opening.done()

    async def ready(self) -> Engine | None:
        """Return the engine, where it is just being opened (again, for other settings) as soon as it is."""
        while self.is_opening and self.opening is not None:
            await asyncio.wait({self.opening})
        return self.engine

    @property
    def uri(self) -> str:
        """The folder as a URI, in the editor's own spelling."""
        return from_fs_path(str(self.given)) or ""

    def uri_of(self, path: str) -> str:
        """Return the URI of a file of this folder."""
        return from_fs_path(str(self.given / path)) or ""


class Workspaces:
    """All folders of one client. `opened` is called when an engine is ready, `listen` runs until it is closed, and
    `closed` is called after that.

    `trusted` is what the editor says of its folders; None leaves it to what the user has said with `ambient trust`.
    `settings` hold until the editor tells others.
    """

    def __init__(
        self,
        factory: EngineFactory,
        *,
        trusted: bool | None,
        settings: Settings,
        opened: Callable[[Workspace], None],
        listen: Callable[[Workspace], Coroutine[Any, Any, None]],
        failed: Callable[[Workspace], None],
        closed: Callable[[Workspace], None],
    ) -> None:
        self._factory = factory
        self._trusted = trusted
        self._settings = settings
        self._opened = opened
        self._listen = listen
        self._failed = failed
        self._closed = closed
        self._folders: dict[Path, Workspace] = {}
        self._places: dict[str, tuple[Workspace, str] | None] = {}

    def __iter__(self) -> Iterator[Workspace]:
        return iter(list(self._folders.values()))

    def add(self, path: Path) -> Workspace:
        """Take a folder in and open its engine in the background."""
        root = Path(os.path.realpath(path))
        if root not in self._folders:
            self._places.clear()
            workspace = self._folders[root] = Workspace(root, path, self._settings)
            workspace.opening = asyncio.create_task(self._open(workspace))
        return self._folders[root]

    async def remove(self, path: Path, grace: float = 2.0) -> Workspace | None:
        """Close a folder's engine and forget the folder."""
        workspace = next((item for item in self._folders.values() if path in (item.given, item.root)), None)
        if workspace is not None:
            del self._folders[workspace.root]
            self._places.clear()
            await self._close(workspace, grace)
            workspace.opening = None  # a cancelled task keeps all that it worked on, the engine too
        return workspace

    async def reopen(self, workspace: Workspace) -> None:
        """Close a folder's engine and open it again, for settings that it read when it was opened."""
        if workspace.opening is None or not workspace.opening.done():
            return
        workspace.opening = asyncio.create_task(self._reopen(workspace))

    async def _reopen(self, workspace: Workspace) -> None:
        await self._close(workspace, 2.0)
        if workspace.root in self._folders:
            await self._open(workspace)

    async def close(self, grace: float) -> None:
        """Close every engine, all at once."""
        folders, self._folders = list(self._folders.values()), {}
        self._places.clear()
        await asyncio.gather(*(self._close(workspace, grace) for workspace in folders))

    def of(self, uri: str) -> tuple[Workspace, str] | None:
        """Return the folder and the path in it of a file; of nested folders the innermost wins.

        None for what is not a file (`untitled:`), lies in no folder, or belongs to git or to Ambient itself.
        """
        if uri not in self._places:
            # Asked at every keystroke, and links are looked up on the disk.
            if len(self._places) >= _MOST_PLACES:
                self._places.clear()
            self._places[uri] = self._place(uri)
        return self._places[uri]

    def _place(self, uri: str) -> tuple[Workspace, str] | None:
        file = file_of(uri)
        if file is None:
            return None
        best: tuple[Workspace, str] | None = None
        for candidate in dict.fromkeys((Path(os.path.realpath(file)), file)):
            for workspace in self._folders.values():
                for base in (workspace.root, workspace.given):
                    if candidate.is_relative_to(base) and (
                        best is None or len(workspace.root.parts) > len(best[0].root.parts)
                    ):
                        best = workspace, candidate.relative_to(base).as_posix()
        if best is None or best[1].split("/", 1)[0] in {".git", ".ambient"}:
            return None
        return best

    async def _open(self, workspace: Workspace) -> None:
        workspace.problem = ""
        try:
            workspace.trusted = await asyncio.to_thread(self._trusts, workspace.root)
            workspace.engine = await self._factory(workspace.root, workspace.trusted)
        except AmbientError as error:
            workspace.problem = str(error)
        except Exception:
            # A border: one folder that cannot be opened must not take the others down.
            logger.exception("cannot open %s", workspace.root)
            workspace.problem = f"Ambient could not start for {workspace.root}. The log has the details."
        if workspace.engine is None:
            self._failed(workspace)
            return
        workspace.listening = asyncio.create_task(self._listen(workspace))
        self._opened(workspace)

    def _trusts(self, root: Path) -> bool:
        from ambient_lsp import trust

        return trust.is_trusted(root) if self._trusted is None else self._trusted

    async def _close(self, workspace: Workspace, grace: float) -> None:
        for task in (workspace.opening, workspace.listening):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
                await asyncio.wait([task])
        engine, workspace.engine = workspace.engine, None  # before it closes: nobody finds one that does not answer
        if engine is not None:
            await engine.close(grace=grace)
        workspace.listening = None
        self._closed(workspace)


def file_of(uri: str) -> Path | None:
    """Return the file that a URI names, None for URIs of other schemes."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path) if path else None


def project_of(file: Path) -> Path | None:
    """Return the folder to work in for a file that was opened on its own.

    The nearest project above it, else its own folder; None where that would be a home or a whole disk, and for files
    that belong to git or to Ambient itself.
    """
    if not {".git", ".ambient"}.isdisjoint(file.parts):
        return None
    for parent in file.parents:
        if any((parent / mark).exists() for mark in _PROJECT_MARKS):
            return parent
    return None if file.parent in {Path.home(), Path(file.anchor)} else file.parent
