"""Which files a command is about: those that were named, or those that git says differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.cli.exits import NoSuchPath
from ambient_lsp.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from git import Git

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
    from git import Git, Repo
    from git.exc import GitCommandError, InvalidGitRepositoryError

    try:
        Repo(root, search_parent_directories=True).close()
        git = Git(str(root))
        base = _commit(git, since)
        names: str = git.diff(
            "--name-only", "--relative", "-z", "--diff-filter=d", *(["--cached"] if staged else []), base, "--"
        )
        if untracked:
            names += "\0" + git.ls_files("--others", "--exclude-standard", "-z")
    except InvalidGitRepositoryError as error:
        raise WorkspaceError(
            f"{root} is not in a git repository, so there is nothing to compare with.",
            untouched="Nothing was looked at.",
            next_step="Name files instead.",
        ) from error
    except GitCommandError as error:
        raise WorkspaceError(
            f"git cannot compare with {since or 'HEAD'}: {str(error.stderr).strip().removeprefix('stderr: ')}",
            untouched="Nothing was looked at.",
            next_step="Name files instead.",
        ) from error
    return names.split("\0")


def _commit(git: Git, since: str) -> str:
    """Return the commit to compare with. Without any commit yet, that is the empty tree: everything is new."""
    from git.exc import GitCommandError

    try:
        # `--end-of-options` because a revision that starts with a dash would be an option, and some of those write.
        return str(git.rev_parse("--verify", "--quiet", "--end-of-options", f"{since or 'HEAD'}^{{commit}}"))
    except GitCommandError as error:
        if since:
            raise NoSuchPath(
                f"git knows no commit {since!r} here.",
                untouched="Nothing was looked at.",
                next_step="Name a branch, a tag or a commit that `git log` shows.",
            ) from error
        return str(git.hash_object("-t", "tree", "/dev/null"))


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
