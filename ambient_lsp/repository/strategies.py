"""The three ways to a writable checkout, from the quickest to the one that always works: overlay, pool, plain.

Each `open` returns a lease on a folder outside the repository that is registered as a worktree of it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ambient_lsp.errors import WorkspaceError
from ambient_lsp.repository import overlay
from ambient_lsp.repository.bases import hide_escaping_links, materialise
from ambient_lsp.repository.differences import GONE, Difference, changes_between, write_changes
from ambient_lsp.repository.registration import register, unregister
from ambient_lsp.repository.session import remove_folder, take_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from ambient_lsp.repository.bases import Base, Bases
    from ambient_lsp.repository.git import Git
    from ambient_lsp.repository.place import Place
    from ambient_lsp.repository.session import Session

POOL_SIZE = 32
KNOWN_TREES = 16
"""How many trees that differ from HEAD keep their index at hand."""

MAX_DIFFERENCES = 500
"""A tree that differs from HEAD in more files gets a base of its own instead of being written into an upper layer."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A checkout of a whole tree in the folder `top`; `release` gives it back and is called once."""

    top: Path
    release: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Want:
    """What should be in a checkout: a tree, and the commit that its HEAD is on."""

    tree: str
    commit: str


class Strategy(Protocol):
    """One way to make checkouts."""

    def open(self, want: Want, anchor: str | None) -> Lease | None:
        """Return a checkout, or None when this way has none to give now. `anchor` is a tree that is probably near."""
        ...


class Overlay:
    """Mounts over one shared, clean checkout; only what differs is written."""

    def __init__(self, place: Place, git: Git, session: Session, bases: Bases, options: str) -> None:
        self._place = place
        self._git = git
        self._session = session
        self._bases = bases
        self._options = options
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], tuple[list[Difference], Path]] = {}

    def open(self, want: Want, anchor: str | None) -> Lease:
        """Mount a checkout; the first one of a HEAD pays for a full one that the others share."""
        with contextlib.ExitStack() as stack:
            base, changes, index = self._base(want.tree, anchor, stack)
            folder = self._session.new_folder()
            stack.callback(remove_folder, folder)
            upper, work, top = (folder / name for name in ("upper", "work", "tree"))
            for path in (upper, work, top):
                path.mkdir()
            admin = _register(self._place, self._session, folder, upper / ".git", want.commit)
            stack.callback(unregister, admin)
            _link_or_copy(index, admin / "index")
            overlay.mount(base.files, upper, work, top, self._options)
            stack.callback(overlay.unmount, top)
            write_changes(self._git, admin, top, changes)
            return Lease(top, stack.pop_all().close)

    def _base(self, tree: str, anchor: str | None, stack: contextlib.ExitStack) -> tuple[Base, list[Difference], Path]:
        nearby = anchor or self._bases.newest() or tree
        with self._lock:
            changes, index = self._known.get((nearby, tree), (None, None))
            if changes is None:
                changes = changes_between(self._git, nearby, tree)
            if len(changes) > MAX_DIFFERENCES:
                nearby, changes, index = tree, [], None
            base = self._bases.acquire(nearby)
            stack.callback(base.release)
            if not changes:
                return base, [], base.index
            if index is None:
                index = self._index_of(base, tree, changes)
                self._forget_all_but_newest()
                self._known[(nearby, tree)] = (changes, index)
            return base, changes, index

    def _index_of(self, base: Base, tree: str, changes: list[Difference]) -> Path:
        """Make the index of a tree from the base's, so that git compares only what differs."""
        index = self._session.folder / f"index-{base.files.parent.name[:12]}-{tree}"
        shutil.copy2(base.index, index)
        lines = b"".join(
            f"{'0' if change.mode == GONE else change.mode} {change.id}\t".encode() + change.path + b"\0"
            for change in sorted(changes, key=lambda change: change.mode != GONE)
        )
        self._git.run("update-index", "-z", "--index-info", data=lines, index=index)
        return index

    def _forget_all_but_newest(self) -> None:
        while len(self._known) >= KNOWN_TREES:
            _, index = self._known.pop(next(iter(self._known)))
            index.unlink(missing_ok=True)


class Pool:
    """Full checkouts that are used again: cleaned in the background when given back, moved to the next tree by
    touching only what differs."""

    def __init__(self, place: Place, git: Git, size: int = POOL_SIZE) -> None:
        self.folder = place.home / "pool"
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._place = place
        self._git = git
        self._size = size
        self._cleaning: set[threading.Thread] = set()

    def open(self, want: Want, anchor: str | None) -> Lease | None:
        """Take a free checkout, or make one; None when all `size` of them are in use."""
        with contextlib.ExitStack() as stack:
            slot = self._free_slot(want.tree, stack)
            if slot is None:
                return None
            top, index, clean = slot / "tree", slot / "index", slot / "clean"
            before = clean.read_text("ascii") if clean.exists() else ""
            clean.unlink(missing_ok=True)
            if before != want.tree:
                self._move(slot, before, want.tree)
            name = f"ambient-{self._place.home.name}-pool-{slot.name}"
            admin = register(self._place.common_dir, name, top, top / ".git", want.commit)
            stack.callback(unregister, admin)
            _link_or_copy(index, admin / "index")
            taken = stack.pop_all()
            return Lease(top, lambda: self._give_back(slot, admin, want.tree, taken))

    def wait(self) -> None:
        """Wait until everything that was given back is clean."""
        for thread in list(self._cleaning):
            thread.join()

    def _free_slot(self, tree: str, stack: contextlib.ExitStack) -> Path | None:
        """Lock a slot: one that has the tree, else any that is there, else a new one."""
        slots = sorted(
            (self.folder / str(number) for number in range(self._size)),
            key=lambda slot: (not slot.exists(), not (slot / "clean").exists(), not _holds(slot / "clean", tree)),
        )
        for slot in slots:
            slot.mkdir(exist_ok=True)
            lock = os.open(slot / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            if take_lock(lock):
                stack.callback(os.close, lock)
                return slot
            os.close(lock)
        return None

    def _move(self, slot: Path, before: str, tree: str) -> None:
        if not before:
            self._restore(slot, tree)
            return
        top, index = slot / "tree", slot / "index"
        self._git.run("read-tree", "-m", "-u", before, tree, index=index, work_tree=top)
        hide_escaping_links(self._git, top, index)

    def _restore(self, slot: Path, tree: str) -> None:
        """Bring a checkout to exactly `tree`, whatever a check, or a kill in the middle of this, left in it."""
        top, index = slot / "tree", slot / "index"
        top.mkdir(exist_ok=True)
        Path(f"{index}.lock").unlink(missing_ok=True)
        (top / ".git").unlink(missing_ok=True)
        if not index.exists():
            remove_folder(top)
            try:
                materialise(self._git, tree, top, index)
            except BaseException:
                index.unlink(missing_ok=True)
                remove_folder(top)  # on a full disk, half a checkout would only hold the space
                raise
            return
        self._git.run("read-tree", "--reset", "-u", tree, index=index, work_tree=top)
        self._git.run("clean", "-ffdxq", index=index, work_tree=top)
        hide_escaping_links(self._git, top, index)

    def _give_back(self, slot: Path, admin: Path, tree: str, taken: contextlib.ExitStack) -> None:
        unregister(admin)

        def clean() -> None:
            try:
                with taken:
                    self._restore(slot, tree)
                    (slot / "clean").write_text(tree, encoding="ascii")
            except (OSError, WorkspaceError):
                return  # it stays marked as unclean, and is brought in order when it is taken next
            finally:
                self._cleaning.discard(threading.current_thread())

        thread = threading.Thread(target=clean, name="ambient-clean-checkout")
        self._cleaning.add(thread)
        thread.start()


class Plain:
    """A full checkout that is removed afterwards."""

    def __init__(self, place: Place, git: Git, session: Session) -> None:
        self._place = place
        self._git = git
        self._session = session

    def open(self, want: Want, anchor: str | None) -> Lease:
        """Write every file of the tree."""
        with contextlib.ExitStack() as stack:
            folder = self._session.new_folder()
            stack.callback(remove_folder, folder)
            top = folder / "tree"
            top.mkdir()
            admin = _register(self._place, self._session, folder, top / ".git", want.commit)
            stack.callback(unregister, admin)
            materialise(self._git, want.tree, top, admin / "index")
            return Lease(top, stack.pop_all().close)


def _register(place: Place, session: Session, folder: Path, dot_git: Path, commit: str) -> Path:
    name = f"ambient-{place.home.name}-{session.folder.name}-{folder.name}"
    return register(place.common_dir, name, folder / "tree", dot_git, commit)


def _link_or_copy(source: Path, target: Path) -> None:
    """Git replaces an index and never writes into one, so a hard link is as good as a copy, and free."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
            raise
        shutil.copy2(source, target)


def _holds(clean: Path, tree: str) -> bool:
    try:
        return clean.read_text("ascii") == tree
    except FileNotFoundError:
        return False
