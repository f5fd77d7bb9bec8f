"""The context of one run: what a specialist is told about the repository, frozen, and cheap to make again."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from ambient_lsp.context import facts, files, git, logs, tree
from ambient_lsp.context.cache import Entry, FactsCache
from ambient_lsp.context.conventions import CONFIG_FILES, conventions
from ambient_lsp.context.files import Skipped
from ambient_lsp.context.redact import redact
from ambient_lsp.context.resident import Resident, blob_id, is_python
from ambient_lsp.errors import WorkspaceError
from ambient_lsp.model import Context, FileFacts, Snapshot, Trigger, TriggerKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ambient_lsp.config import Config
    from ambient_lsp.context.imports import Graph
    from ambient_lsp.model import Json

T = TypeVar("T")

IMPORTANT_FILES = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "Cargo.toml",
    "package.json",
    "go.mod",
    "Makefile",
    "README.md",
    "CONTRIBUTING.md",
    ".github/workflows/ci.yml",
    "tox.ini",
    "ruff.toml",
    ".flake8",
    "mypy.ini",
)
IMPORTANT_BYTES = 200_000
MAX_IMPACT = 50
MAX_TESTS = 50
MANY_TARGETS = 50  # beyond this, a target's tests are looked for at most this near
NEAR = 2
UNASKED = frozenset({TriggerKind.OPEN, TriggerKind.SAVE, TriggerKind.CHANGE, TriggerKind.SCHEDULE})
"""Triggers by which nobody asked for exactly these files; whoever names one in a command means it."""


class Repository:
    """The resident model of one repository, for one event loop.

    Files are read and git is asked in a thread of its own, in order. `cache` is the folder for facts that outlive the
    process (the user's cache folder if None); `read` replaces how a file's bytes are got.
    """

    def __init__(
        self,
        root: Path,
        config: Config,
        *,
        cache: Path | None = None,
        read: Callable[[Path, str, int], bytes] = files.read_bytes,
    ) -> None:
        self.root = root
        self.config = config
        self._cache = cache
        self._read = read
        self._resident: Resident | None = None
        self._thread = ThreadPoolExecutor(1, "context")
        self._pending: set[str] = set()
        self._stale = False
        self._important: dict[str, tuple[str, str]] = {}
        self._conventions: tuple[object, Mapping[str, Json]] = (None, {})

    @property
    def graph(self) -> Graph:
        """Who imports whom; `await open()` first."""
        return self._model.graph

    def tests_for(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Return the test files that reach these files; in the folders that pytest is told to look into, where any do.

        What lies elsewhere (an example's own tests) may need what nobody installs for the project, and its conftest
        would stop all the others. What pytest is told is known from the last `pack` on.
        """
        reached = self.graph.tests_for(paths)
        asked = self._conventions[1].get("test-paths")
        folders = [str(one).removeprefix("./").rstrip("/") for one in asked] if isinstance(asked, list) else []
        inside = tuple(one for one in reached if any(f"{one}/".startswith(f"{folder}/") for folder in folders))
        return inside or reached

    @property
    def git_folder(self) -> Path | None:
        """Where HEAD is; None for a folder without git."""
        return self._model.git_folder

    async def open(self) -> None:
        """Look at the whole repository once. Raises `WorkspaceError` when the folder cannot be used."""
        await self._in_thread(self._open)
        self._thread.submit(self._model.save)

    async def close(self) -> None:
        """Release what is held; what was learnt is kept for the next start."""
        if self._resident is not None:
            await self._in_thread(self._resident.close)
        self._thread.shutdown(wait=False)

    def ignores(self, path: str) -> bool:
        """Whether `.ambientignore` or the settings leave a path alone."""
        return self._model.is_ignored(path)

    async def paths(self) -> list[str]:
        """Return the names of all files that are not left alone, in order."""
        return await self._in_thread(lambda: sorted(self._model.files))

    def update(self, paths: Iterable[str]) -> None:
        """Forget what is known of these files. They are looked at again when they are next needed."""
        self._pending.update(paths)

    def rescan(self) -> None:
        """Forget the list of files, after a burst of changes or a branch switch. Known content is not read again."""
        self._stale = True

    async def read(self, path: str, trigger: Trigger | None = None) -> Snapshot | None:
        """Return a file's current text, unsaved edits first; None where it is missing, binary, private or too large."""
        for snapshot in trigger.snapshots if trigger else ():
            if snapshot.path == path:
                return snapshot
        return await self._in_thread(self._text, path)

    async def read_all(self, paths: Sequence[str]) -> list[Snapshot | None]:
        """Return the text of many files as `read` does, without a way to the thread and back for each."""
        return await self._in_thread(lambda: [self._text(path) for path in paths])

    async def pack(self, trigger: Trigger) -> Context:
        """Return the context for one run. Only files that changed since the last one are read again."""
        return await self._in_thread(self._pack, trigger)

    # ------------------------------------------------------------------------------------ in the one thread

    @property
    def _model(self) -> Resident:
        if self._resident is None:
            raise RuntimeError("Repository.open() has not been awaited")
        return self._resident

    async def _in_thread(self, function: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(function, *args))

    def _open(self) -> None:
        if not self.root.is_dir():
            raise WorkspaceError(f"There is no folder {self.root}.", next_step="Open a folder that exists.")
        if git.is_bare(self.root):
            raise WorkspaceError(
                f"{self.root} is a bare git repository, which has no files to look at.",
                untouched="Nothing was changed.",
                next_step="Open a work tree of it (`git worktree add`).",
            )
        resident = Resident(self.root, self.config, FactsCache(self.root, self._cache), self._read)
        resident.scan()
        self._resident = resident

    def _text(self, path: str) -> Snapshot | None:
        if not _inside(path):
            return None
        try:
            return self._model.text(path)
        except Skipped:
            return None

    def _pack(self, trigger: Trigger) -> Context:
        model = self._model
        pending, self._pending = self._pending, set()
        named = dict.fromkeys((*pending, *trigger.paths))
        if self._stale or model.moved():
            self._stale = False
            model.scan()
            named = dict.fromkeys(path for path in trigger.paths if path not in model.files)
        model.refresh([path for path in named if _inside(path) and not (self.root / path).is_dir()])
        unsaved = {snapshot.path: snapshot for snapshot in trigger.snapshots}
        skipped = dict(model.skipped)
        targets = self._targets(trigger, unsaved, skipped)
        python = [target.path for target in targets if is_python(target.path)]
        limit = None if len(python) <= MANY_TARGETS else NEAR
        return Context(
            root=self.root,
            head=model.head,
            targets=targets,
            tree=self._tree(unsaved),
            conventions=self._asked(),
            diff=model.diff(unsaved),
            hot_paths=logs.hot_paths(trigger.failing_log, self.root, model.files) if trigger.failing_log else (),
            impact={path: model.graph.dependents(path, limit=MAX_IMPACT) for path in python},
            tests={path: model.graph.tests_for((path,), limit=MAX_TESTS, radius=limit) for path in python},
            important_files=self._important_files(),
            failing_log=redact(trigger.failing_log)[0] if trigger.failing_log else "",
            skipped=skipped,
            fixes=trigger.verify,
        )

    def _targets(
        self, trigger: Trigger, unsaved: Mapping[str, Snapshot], skipped: dict[str, str]
    ) -> tuple[Snapshot, ...]:
        targets: list[Snapshot] = []
        for path in self._wanted(trigger, skipped):
            if (snapshot := unsaved.get(path)) is None:
                try:
                    snapshot = self._model.text(path)
                except Skipped as reason:
                    skipped[path] = str(reason)
                    continue
            targets.append(snapshot)
            skipped.pop(path, None)
        return tuple(targets)

    def _wanted(self, trigger: Trigger, skipped: dict[str, str]) -> list[str]:
        known, watch_paths, paths = self._model.files, self.config.monitoring.watch_paths, trigger.paths
        if not paths:
            return sorted(path for path in known if path.endswith(".py") and tree.watched(path, watch_paths))
        wanted: dict[str, None] = {}
        for path in paths:
            if not _inside(path):
                skipped[path] = "It is outside of the repository."
            elif (self.root / path).is_dir():
                folder = "" if PurePosixPath(path) == PurePosixPath() else f"{PurePosixPath(path)}/"
                wanted.update(dict.fromkeys(sorted(p for p in known if p.startswith(folder) and p.endswith(".py"))))
            elif self._model.is_ignored(path):
                skipped[path] = "It is left alone by `.ambientignore` or `monitoring.ignore_patterns`."
            elif trigger.kind in UNASKED and not tree.watched(path, watch_paths):
                skipped[path] = "It is outside of `monitoring.watch_paths`."
            elif trigger.kind in UNASKED and self._model.is_hidden(path):
                skipped[path] = "Git ignores it."
            else:
                wanted[path] = None
        return list(wanted)

    def _tree(self, unsaved: Mapping[str, Snapshot]) -> Mapping[str, FileFacts]:
        overlaid: dict[str, tuple[str, Entry]] = {}
        for path, snapshot in unsaved.items():
            if is_python(path) and not self._model.is_ignored(path):
                data = snapshot.text.encode("utf-8", "surrogatepass")
                overlaid[path] = blob_id(data), Entry(len(data), facts.imports(data), data)
        return self._model.files.changed(overlaid) if overlaid else self._model.files

    def _important_files(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for path in IMPORTANT_FILES:
            if (snapshot := self._small(path)) is not None:
                if self._important.get(path, ("",))[0] != snapshot.sha256:
                    self._important[path] = (snapshot.sha256, redact(snapshot.text)[0])
                found[path] = self._important[path][1]
        return found

    def _asked(self) -> Mapping[str, Json]:
        texts = {path: snapshot for path in CONFIG_FILES if (snapshot := self._small(path)) is not None}
        stamp = tuple((path, snapshot.sha256) for path, snapshot in texts.items())
        if stamp != self._conventions[0]:
            asked = conventions({path: snapshot.text for path, snapshot in texts.items()})
            self._conventions = (stamp, MappingProxyType(asked))
        return self._conventions[1]

    def _small(self, path: str) -> Snapshot | None:
        if path not in self._model.files or self._model.files[path].size > IMPORTANT_BYTES:
            return None
        try:
            return self._model.text(path)
        except Skipped:
            return None


def _inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and "\0" not in path and ".git" not in pure.parts
