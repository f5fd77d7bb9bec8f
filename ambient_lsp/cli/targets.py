"""Which files a command is about: those that were named, or those that git says differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.cli.exits import NoSuchPath
from ambient_lsp.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PYTHON = (".py", ".pyi")


def relative(root: Path, paths: Sequence[Path]) -> list[str] | None:
    """Return the named paths relative to the root; None where they are all of the project. Raises `NoSuchPath`."""
    named = [_relative(root, path) for path in paths]
    return None if not named or "." in named else named


def differing(root: Path, paths: Sequence[Path], *, staged: bool, untracked: bool, since: str) -> list[str]:
    """Return the Python files below `paths` that git says differ from `since` (HEAD if empty), relative to the root."""
    scope = relative(root, paths)
    names = _changed(root, staged=staged, untracked=untracked, since=since)
    wanted = sorted({name for name in names if name.endswith(PYTHON)})
    return [name for name in wanted if scope is None or is_inside(name, scope)]


def changed(root: Path) -> set[str]:
    """Return all files that differ from HEAD, new ones too, relative to the root."""
    return set(_changed(root, staged=False, untracked=True, since=""))


def fork_point(root: Path, revision: str) -> str:
    """Return the commit at which this branch left `revision`; the name itself where git does not know it."""
    from ambient_lsp.context import git

    return git.fork_point(root, revision) or revision


def is_inside(path: str, scope: Sequence[str]) -> bool:
    """Whether a path is one of `scope`, or below a folder that is."""
    return any(path == one or path.startswith(f"{one}/") for one in scope)


def read_log(log: Path | None) -> str:
    """Return the text of a failing log; empty where none was named. Raises `NoSuchPath`."""
    if log is None:
        return ""
    try:
        return log.read_text("utf-8", "replace")
    except OSError as error:
        raise NoSuchPath(
            f"The log {log} cannot be read: {error.strerror}.",
            untouched="Nothing was looked at.",
            next_step="Name a file that holds what the failing command printed.",
        ) from error


def _changed(root: Path, *, staged: bool, untracked: bool, since: str) -> list[str]:
    from ambient_lsp.context import git
    from ambient_lsp.repository.git import GitFailed

    if git.git_folder(root) is None:
        raise WorkspaceError(
            f"{root} is not in a git repository, so there is nothing to compare with.",
            untouched="Nothing was looked at.",
            next_step="Name files instead.",
        )
    if since and not git.is_commit(root, since):
        raise NoSuchPath(
            f"git knows no commit {since!r} here.",
            untouched="Nothing was looked at.",
            next_step="Name a branch, a tag or a commit that `git log` shows.",
        )
    try:
        return git.differing(root, since or "HEAD", staged=staged, untracked=untracked)
    except GitFailed as error:
        raise WorkspaceError(
            f"git cannot compare with {since or 'HEAD'}: {error.what}",
            untouched="Nothing was looked at.",
            next_step="Name files instead.",
        ) from error


def _relative(root: Path, path: Path) -> str:
    full = path.resolve()
    if not full.exists():
        raise NoSuchPath(
            f"{path} does not exist.",
            untouched="Nothing was looked at.",
            next_step="Name files or folders of this project.",
        )
    if not full.is_relative_to(root):
        raise NoSuchPath(
            f"{path} is not inside {root}.",
            untouched="Nothing was looked at.",
            next_step="Run one review for each project.",
        )
    return full.relative_to(root).as_posix()
