"""What git knows already: blob ids, what differs from them, the old text of a file. Reading only, never a lock.

Git is asked at the start, when HEAD or the index changed, and after a burst; not once per save.
"""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.errors import ContextError
from ambient_lsp.repository.git import run_in
from ambient_lsp.repository.guard import environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    _Git = subprocess.Popen[bytes]

_TIMEOUT = 120.0


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a work tree. `blobs` maps tracked files to the id and mode in the index, `changed` are those whose
    content may differ from it, `deleted` those that are gone, `untracked` those that no rule ignores. `staged` maps
    files whose index differs from HEAD to the blob in HEAD ("" if HEAD has none)."""

    head: str
    blobs: dict[str, tuple[str, str]]
    changed: frozenset[str]
    deleted: frozenset[str]
    untracked: tuple[str, ...]
    staged: dict[str, str] = field(default_factory=dict)


def git_folder(root: Path) -> Path | None:
    """Return the folder with HEAD and the index; None if `root` is not in a work tree that git accepts."""
    process = _start(root, "rev-parse", "--is-inside-work-tree", "--absolute-git-dir")
    if process is None:
        return None
    lines = _finish(process).decode("utf-8", "surrogateescape").splitlines()
    return Path(lines[1]) if process.returncode == 0 and lines[:1] == ["true"] else None


def is_bare(root: Path) -> bool:
    """Whether a folder is a bare repository: history without files."""
    if (root / ".git").exists() or not (root / "HEAD").exists():
        return False
    process = _start(root, "rev-parse", "--is-bare-repository")
    return process is not None and _finish(process).strip() == b"true"


def ignored(root: Path, paths: Sequence[str]) -> frozenset[str]:
    """Return those of `paths` that a rule of git ignores."""
    process = _start(root, "check-ignore", "-z", "--stdin", stdin=subprocess.PIPE)
    if process is None:
        return frozenset()
    given = "".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape")
    out = _finish(process, given).decode("utf-8", "surrogateescape")
    return frozenset(out.split("\0")[:-1])


def is_commit(root: Path, revision: str) -> bool:
    """Whether git knows a commit by this name."""
    # A revision that starts with a dash would be an option, and some of those write.
    process = _start(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return process is not None and bool(_finish(process).strip())


def fork_point(root: Path, revision: str) -> str | None:
    """Return the commit at which this branch left `revision`, or that revision itself; None where there is no such."""
    process = _start(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    commit = _finish(process).decode().strip() if process is not None else ""
    if not commit:
        return None
    process = _start(root, "merge-base", commit, "HEAD")
    base = _finish(process).decode().strip() if process is not None else ""
    return base or commit


def differing(root: Path, revision: str = "HEAD", *, staged: bool = False, untracked: bool = False) -> list[str]:
    """Return the files below `root` that differ from `revision`, and where asked those that git does not know.

    With `staged`, what is staged is compared with it, not what is on disk. Without any commit yet, every file is new.
    Deleted files are left out. Raises `GitFailed` where there is no repository or no such revision.
    """
    # Not into submodules: git starts a process there, which would follow the submodule's own settings.
    options = ("--name-only", "-z", "--relative", "--no-renames", "--diff-filter=d", "--ignore-submodules=all")
    cached = ("--cached",) if staged else ()
    if revision == "HEAD" and not is_commit(root, revision):
        names = run_in(root, "ls-files", "-z", "--cached")
    else:
        looking = ("diff", "--no-ext-diff", "--no-textconv", *options, *cached)
        names = run_in(root, *looking, "--end-of-options", revision, "--")
    if untracked:
        names += run_in(root, "ls-files", "-z", "--others", "--exclude-standard")
    return sorted(set(filter(None, names.decode("utf-8", "surrogateescape").split("\0"))))


def fingerprint(folder: Path) -> tuple[object, ...]:
    """Return something that changes when HEAD or the index does; costs two look-ups and no process."""
    return tuple(_stamp(folder / name) for name in ("HEAD", "index", "logs/HEAD"))


class Pending:
    """Git at work on a listing. It computes its slow answers beside us; the second processor would idle otherwise."""

    def __init__(self, root: Path, index: _Git, changes: _Git, staged: _Git, head: _Git) -> None:
        self._root = root
        self._index = index
        self._changes = changes
        self._staged = staged
        self._head = head
        self._blobs: dict[str, tuple[str, str]] | None = None

    def index(self) -> dict[str, tuple[str, str]]:
        """Return what `Listing.blobs` will be, which git knows long before the rest."""
        if self._blobs is None:
            self._blobs = {}
            for entry in _text(self._index):
                info, _, path = entry.partition("\t")
                mode, blob, _ = info.split(" ", 2)
                self._blobs[path] = (blob, mode)
        return self._blobs

    def listing(self) -> Listing:
        """Wait for the answer. Raises `ContextError` when there is none."""
        blobs = self.index()
        marks: dict[str, set[str]] = {"C": set(), "R": set(), "?": set()}
        for entry in _text(self._changes):
            marks.setdefault(entry[0], set()).add(entry[2:])
        head, staged = _finish(self._head).decode().strip(), _staged(_text(self._staged))
        if self._index.returncode or self._changes.returncode:
            raise ContextError(
                f"Git could not list the files of {self._root}.",
                untouched="Nothing was changed.",
                next_step="Run `git status` there; it will say what is wrong.",
            )
        return Listing(
            head=head,
            blobs=blobs,
            changed=frozenset(marks["C"] - marks["R"]),
            deleted=frozenset(marks["R"]),
            untracked=tuple(sorted(marks["?"])),
            staged=staged if head else dict.fromkeys(blobs, ""),
        )


def ask(root: Path) -> Pending:
    """Ask git for all files, and do not wait. Raises `ContextError` when git cannot be started."""
    questions = (
        ("ls-files", "-s", "-z"),
        ("ls-files", "-z", "-t", "-m", "-d", "-o", "--exclude-standard"),
        (
            "diff-index",
            "--cached",
            "--raw",
            "--no-renames",
            "--ignore-submodules=all",
            "--relative",
            "--abbrev=64",
            "-z",
            "HEAD",
        ),
        ("rev-parse", "--verify", "-q", "HEAD"),
    )
    started = [process for question in questions if (process := _start(root, *question)) is not None]
    if len(started) != len(questions):
        raise ContextError("Git cannot be started.", next_step="Check that `git` is on the PATH.")
    return Pending(root, *started)


def _staged(parts: Sequence[str]) -> dict[str, str]:
    found = {}
    for info, path in zip(parts[::2], parts[1::2], strict=False):
        _, _, old, *_ = info.split(" ")
        found[path] = "" if set(old) == {"0"} else old
    return found


class Objects:
    """Reads blobs through one resident `git cat-file`, 0.2 ms each. It ends when its input closes, so with us."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def read(self, blob: str, limit: int) -> bytes | None:
        """Return a blob's bytes; None if it is missing or longer than `limit`."""
        with self._lock:
            try:
                return self._read(blob, limit)
            except (OSError, ValueError):
                self._end()
                return None

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _read(self, blob: str, limit: int) -> bytes | None:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = _start(self._root, "cat-file", "--batch", stdin=subprocess.PIPE)
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return None
        process.stdin.write(blob.encode() + b"\n")
        process.stdin.flush()
        header = process.stdout.readline().split()
        if len(header) != 3:
            return None
        size = int(header[2])
        if size <= limit:
            data = process.stdout.read(size)
            process.stdout.read(1)
            return data
        for start in range(0, size + 1, 1 << 20):
            process.stdout.read(min(1 << 20, size + 1 - start))
        return None

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        process.wait(_TIMEOUT)


def _start(root: Path, *args: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes] | None:
    try:
        return subprocess.Popen(
            ["git", *args],
            cwd=root,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(root),
            start_new_session=True,
        )
    except OSError:
        return None


def _finish(process: subprocess.Popen[bytes], given: bytes | None = None) -> bytes:
    try:
        return process.communicate(given, timeout=_TIMEOUT)[0]
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise ContextError(f"Git did not answer within {_TIMEOUT:.0f} seconds.") from error


def _text(process: subprocess.Popen[bytes]) -> list[str]:
    out = _finish(process).decode("utf-8", "surrogateescape")
    return out.split("\0")[:-1] if out else []


def _stamp(path: Path) -> object:
    try:
        info = path.stat()
    except OSError:
        return None
    return info.st_mtime_ns, info.st_size, info.st_ino
