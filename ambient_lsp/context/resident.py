"""The resident model of one repository: every file's facts, kept by git's blob ids, renewed one file at a time.

Everything here is synchronous and used from one thread at a time; `pack.Repository` sees to that.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ambient_lsp.context import facts, files, git, tree
from ambient_lsp.context.cache import Entry, FactsCache, Kept
from ambient_lsp.context.diff import file_diff
from ambient_lsp.context.files import Skipped
from ambient_lsp.context.imports import Graph, is_test
from ambient_lsp.context.redact import redact
from ambient_lsp.model import FileFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ambient_lsp.config import Config
    from ambient_lsp.model import Snapshot

MAX_DIFF = 200_000
MAX_FILE_DIFF = 50_000
MAX_DIFFED_FILES = 200
_KEPT_TEXTS = 256
_LINK = "A symbolic link; links are not followed."
_NOT_READ = Entry(0)
"""Of a file that is not Python: its size is asked for when somebody wants it."""


class Resident:
    """One repository as it was when last looked at. `read` is how bytes are got (and what a test counts)."""

    def __init__(
        self,
        root: Path,
        config: Config,
        cache: FactsCache,
        read: Callable[[Path, str, int], bytes] = files.read_bytes,
    ) -> None:
        self.root = root
        self._prefix = f"{root}/"
        self.graph = Graph()
        self.files = Files({}, self._facts)
        self.skipped: dict[str, str] = {}
        self.head = ""
        self._settings = config.monitoring
        self._cache = cache
        self._read = read
        self._ignore = tree.Ignore(root, self._settings.ignore_patterns)
        self._git = git.git_folder(root)
        self._objects = git.Objects(root)
        self._stamp: object = None
        self._graph_key = ""
        self._stats: dict[str, tuple[int, int]] = {}
        self._index: dict[str, str] = {}
        self._staged: dict[str, str] = {}
        self._dirty: set[str] = set()
        self._hidden: set[str] = set()
        self._texts: dict[str, tuple[tuple[int, int], Snapshot]] = {}
        self._old: dict[str, str | None] = {}
        self._diffs: dict[tuple[str, str, str], str] = {}

    @property
    def git_folder(self) -> Path | None:
        """Where HEAD is; None without git."""
        return self._git

    def close(self) -> None:
        """End git's process, and keep the facts for the next start."""
        self._objects.close()
        self.save()

    def save(self) -> None:
        """Keep the facts for the next start."""
        if self._graph_key:
            self._cache.put_graph(self._graph_key, self.graph.state())
        self._cache.save()
        self.files.settle(self._cache.get)

    def moved(self) -> bool:
        """Whether HEAD or the index changed since the last scan."""
        return self._git is not None and git.fingerprint(self._git) != self._stamp

    # ------------------------------------------------------------------------------------------- taking in

    def scan(self) -> None:
        """Look at everything. Only blobs that were never read before are read."""
        with _no_collection():
            self._scan()

    def _scan(self) -> None:
        self._ignore = tree.Ignore(self.root, self._settings.ignore_patterns)
        self.skipped = {}
        self._stats = {}
        ahead: dict[str, Entry] = {}
        if self._git is None:
            self._cache.load()
            blobs = dict.fromkeys(tree.walk(self.root, self._ignore, self.skipped), "")
        else:
            self._stamp = git.fingerprint(self._git)
            pending = git.ask(self.root)
            self._cache.load()
            blobs = self._tracked(pending.index())
            ahead = self._read_ahead(blobs)  # while git looks for what differs
            self._take_in(pending.listing(), blobs)
        entries: dict[str, tuple[str, Entry | Kept]] = {}
        for path, blob in blobs.items():
            entry = (self._cache.get(blob) if blob else None) if is_python(path) else _NOT_READ
            if entry is None:
                try:
                    blob, entry = self._remember(path, blob, ahead.get(path) or self._read_entry(path))
                except Skipped as reason:
                    self.skipped[path] = str(reason)
                    continue
            entries[path] = (blob, entry)
        python = {path: known for path, known in entries.items() if is_python(path)}
        self._graph_key = _digest(python)
        if (state := self._cache.graph(self._graph_key)) is not None:
            self.graph.restore(state)
        else:
            self.graph.build({path: entry.imports for path, (_, entry) in python.items()})
        self.files = Files(entries, self._facts)

    def _facts(self, path: str, blob: str, entry: Entry | Kept) -> FileFacts:
        if not is_python(path):
            return FileFacts(path, (self._stat(path) or (0,))[0], blob)
        module = self.graph.module(path)
        return FileFacts(path, entry.size, blob, module, entry.imports, entry.symbols, is_test(path))

    def refresh(self, paths: Iterable[str]) -> None:
        """Look at these again. A file whose size and time are as before is not read."""
        todo = [
            path for path in dict.fromkeys(paths) if path not in self.files or self._stats.get(path) != self._stat(path)
        ]
        if not todo:
            return
        if any(path.rpartition("/")[2] in (".gitignore", tree.IGNORE_FILE) for path in todo):
            self.scan()
            return
        unknown = [path for path in todo if path not in self.files and path not in self._index]
        hidden = git.ignored(self.root, unknown) if self._git and unknown else frozenset()
        self._hidden = (self._hidden - set(todo)) | hidden
        fresh: dict[str, tuple[str, Entry | Kept] | None] = {}
        for path in todo:
            fresh[path] = None
            self.skipped.pop(path, None)
            self._forget_version(path)
            blob, entry = "", None
            if (self.root / path).is_symlink() or files.leaves(self.root, path):
                self.skipped[path] = _LINK
            elif path not in hidden and not self._ignore(path):
                try:
                    fresh_entry = self._read_entry(path)
                    blob, entry = self._remember(path, "", fresh_entry)
                    if is_python(path) and path in self._stats:  # its text will be wanted
                        self._keep(path, self._stats[path], files.decode(self.root, path, fresh_entry.source))
                except Skipped as reason:
                    if self._stat(path) is not None:
                        self.skipped[path] = str(reason)
            if path in self._index or path in self._staged:
                self._dirty.add(path)
            if is_python(path):
                self._graph_key = ""
                self.graph.update(path, entry.imports if entry else None)
            if entry is not None:
                fresh[path] = blob, entry
        self._cache.settle()
        self.files = self.files.changed(fresh)  # runs that hold the old mapping keep it

    def _forget_version(self, path: str) -> None:
        """Forget the facts of a text that was only on disk: each save makes another one, and git has none of them."""
        blob = self.files.blob(path)
        if blob and blob not in (self._index.get(path), self._staged.get(path)):
            self._cache.forget(blob)

    def _tracked(self, index: Mapping[str, tuple[str, str]]) -> dict[str, str]:
        """Return the blobs of the files in git's index that are to be looked at, by path."""
        self._index = {path: blob for path, (blob, _) in index.items()}
        blobs: dict[str, str] = {}
        for path, (blob, mode) in index.items():
            if self._ignore(path):
                continue
            if mode == "160000":
                self.skipped[path] = "A submodule; open its own folder to review it."
            elif mode == "120000":
                self.skipped[path] = _LINK
            else:
                blobs[path] = blob
        return blobs

    def _read_ahead(self, blobs: Mapping[str, str]) -> dict[str, Entry]:
        """Read one file of each blob that was never read. Whether it still has that blob is not known yet."""
        ahead: dict[str, Entry] = {}
        seen: set[str] = set()
        for path, blob in blobs.items():
            if is_python(path) and blob not in seen and self._cache.get(blob) is None:
                seen.add(blob)
                with contextlib.suppress(Skipped):
                    ahead[path] = self._read_entry(path)
        return ahead

    def _take_in(self, listing: git.Listing, blobs: dict[str, str]) -> None:
        """Correct the blobs of the index by what is different on disk."""
        self.head, self._staged = listing.head, listing.staged
        self._dirty = {*listing.changed, *listing.deleted, *listing.staged}
        for path in listing.deleted:
            blobs.pop(path, None)
            self.skipped.pop(path, None)
        for path in listing.changed:
            if path in blobs:
                blobs[path] = ""
        # a folder that is a repository of its own is listed with a slash
        for path in listing.untracked:
            if path.endswith("/") or self._ignore(path):
                continue
            if (self.root / path).is_symlink():
                self.skipped[path] = _LINK
            else:
                blobs[path] = ""

    def _read_entry(self, path: str) -> Entry:
        """Read a Python file for its facts; see that any other is there. Raises `Skipped`."""
        stat = self._stat(path)
        if not is_python(path):
            if stat is None:
                raise Skipped("There is no such file.")
            self._stats[path] = stat
            return _NOT_READ
        data = self._read(self.root, path, self._settings.max_file_bytes)
        if b"\0" in data[:8192] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise Skipped(f"{path} is a binary file.")
        if stat is not None:
            self._stats[path] = stat
        return Entry(len(data), facts.imports(data), data)

    def _remember(self, path: str, blob: str, entry: Entry) -> tuple[str, Entry | Kept]:
        """Keep what was read under its blob, and return both; what is known of that blob already stays."""
        if not is_python(path):
            return blob, entry
        blob = blob or blob_id(entry.source, sha256=len(self.head) == 64)
        known = self._cache.get(blob)
        if known is None:
            self._cache.put(blob, known := entry)
        return blob, known

    # --------------------------------------------------------------------------------------------- reading

    def text(self, path: str, limit: int | None = None) -> Snapshot:
        """Return a file's text as it is on disk, read again only if its size or time changed. Raises `Skipped`."""
        stat = self._stat(path)
        kept = self._texts.get(path)
        if kept is not None and stat == kept[0]:
            return kept[1]
        if files.leaves(self.root, path):
            raise Skipped("It is a link that leaves the repository.")
        limit = limit or self._settings.max_file_bytes
        snapshot = files.decode(self.root, path, self._read(self.root, path, limit))
        if stat is not None:
            self._keep(path, stat, snapshot)
        return snapshot

    def _keep(self, path: str, stat: tuple[int, int], snapshot: Snapshot) -> None:
        if len(self._texts) >= _KEPT_TEXTS:
            self._texts.pop(next(iter(self._texts)))
        self._texts[path] = (stat, snapshot)

    def is_ignored(self, path: str) -> bool:
        """Whether a path is left alone by rule."""
        return self._ignore(path)

    def is_hidden(self, path: str) -> bool:
        """Whether git ignores a path that was refreshed."""
        return path in self._hidden

    def diff(self, unsaved: Mapping[str, Snapshot]) -> str:
        """Return what differs from HEAD in tracked files, unsaved buffers included, without secrets and bounded."""
        if self._git is None:
            return ""
        pieces: list[str] = []
        size = 0
        candidates = sorted({*self._dirty, *(path for path in unsaved if path in self._index)})
        for number, path in enumerate(candidates):
            if number >= MAX_DIFFED_FILES or size > MAX_DIFF:
                pieces.append(f"# {len(candidates) - number} more changed files are not shown\n")
                break
            if piece := self._file_diff(path, unsaved.get(path)):
                if len(piece) > MAX_FILE_DIFF:
                    piece = (
                        piece[: piece.rfind("\n", 0, MAX_FILE_DIFF) + 1]
                        + "# the rest of this file's diff is not shown\n"
                    )
                pieces.append(piece)
                size += len(piece)
        return "".join(pieces)

    def _file_diff(self, path: str, unsaved: Snapshot | None) -> str:
        if files.is_private(path) or self._ignore(path):
            return ""
        base = self._staged[path] if path in self._staged else self._index.get(path, "")
        try:
            new = unsaved or (self.text(path) if self._stat(path) is not None else None)
        except Skipped:
            return ""
        key = (path, base, new.sha256 if new else "")
        if key not in self._diffs:
            if len(self._diffs) > 4 * MAX_DIFFED_FILES:
                self._diffs.clear()
            old = self._old_text(path, base)
            self._diffs[key] = redact(file_diff(path, old, new.text if new else None))[0]
        return self._diffs[key]

    def _old_text(self, path: str, blob: str) -> str | None:
        if blob not in self._old:
            if len(self._old) > MAX_DIFFED_FILES:
                self._old.clear()
            data = self._objects.read(blob, self._settings.max_file_bytes) if blob else None
            try:
                self._old[blob] = None if data is None else files.decode(self.root, path, data).text
            except Skipped:
                self._old[blob] = None
        return self._old[blob]

    def _stat(self, path: str) -> tuple[int, int] | None:
        try:
            info = os.stat(f"{self._prefix}{path}")  # noqa: PTH116 - pathlib takes three times as long, for every file
        except (OSError, ValueError):
            return None
        return info.st_size, info.st_mtime_ns


class Files(Mapping[str, FileFacts]):
    """The facts of every file, each made when somebody asks for it. Never changed; `changed` makes another one."""

    def __init__(
        self,
        known: dict[str, tuple[str, Entry | Kept]],
        facts_of: Callable[[str, str, Entry | Kept], FileFacts],
    ) -> None:
        self._known = known
        self._facts_of = facts_of
        self._made: dict[str, FileFacts] = {}

    def __getitem__(self, path: str) -> FileFacts:
        made = self._made.get(path)
        if made is None:
            made = self._made[path] = self._facts_of(path, *self._known[path])
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, path: object) -> bool:
        return path in self._known

    def blob(self, path: str) -> str:
        """Return the id of a file's content; empty where it is not known."""
        return self._known.get(path, ("", None))[0]

    def settle(self, known_of: Callable[[str], Entry | Kept | None]) -> None:
        """Let go of sources whose facts are kept: the same facts, in a fraction of the memory."""
        for path, (blob, entry) in self._known.items():
            if isinstance(entry, Entry) and entry.source and (kept := known_of(blob)) is not None:
                self._known[path] = blob, kept

    def changed(self, changes: Mapping[str, tuple[str, Entry | Kept] | None]) -> Files:
        """Return the same with some files known anew, and without those that are None."""
        known = dict(self._known)
        for path, entry in changes.items():
            if entry is None:
                known.pop(path, None)
            else:
                known[path] = entry
        fresh = Files(known, self._facts_of)
        fresh._made = {path: facts for path, facts in self._made.items() if path not in changes}
        return fresh


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Hold the cycle collector back while many values are made that all stay; it takes a sixth of a cold start."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def is_python(path: str) -> bool:
    """Whether facts are read from this file."""
    return path.endswith((".py", ".pyi"))


def blob_id(data: bytes, *, sha256: bool = False) -> str:
    """Return git's id of a file's content."""
    digest = hashlib.sha256 if sha256 else hashlib.sha1
    return digest(b"blob %d\0" % len(data) + data).hexdigest()


def _digest(known: Mapping[str, tuple[str, object]]) -> str:
    """Return what names this state of these files."""
    listing = "\0".join(f"{path} {blob}" for path, (blob, _) in known.items())
    return hashlib.sha1(listing.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
