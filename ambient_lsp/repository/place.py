"""Telling what kind of folder we were given, and where its repository is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.errors import WorkspaceError
from ambient_lsp.repository.git import Git, check_trusted_by_git, run_in

if TYPE_CHECKING:
    import git


@dataclass(frozen=True, slots=True)
class Place:
    """A folder and the repository that keeps its trees.

    `top` is the working tree's root, `prefix` the way from there to the folder ("" or "sub/folder/"). A linked worktree
    has a `git_dir` of its own beside the `common_dir` that all share. `shadow` tells that the repository is a private
    one in our cache, because the folder has none; `home` is our folder in that cache.
    """

    root: Path
    top: Path
    prefix: str
    git_dir: Path
    common_dir: Path
    home: Path
    shadow: bool = False


def find(root: Path, cache: Path) -> Place:
    """Find the repository of `root`, or make a private one under `cache` where there is none.

    Raises `WorkspaceError` when the folder does not exist, is a bare repository, or git refuses it.
    """
    root = root.resolve()
    if not root.is_dir():
        raise WorkspaceError(f"{root} is not a folder.", next_step="Open a folder that exists.", path=str(root))
    home = cache.resolve() / hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _own_repository(root, home) or _shadow(root, home)


def _own_repository(root: Path, home: Path) -> Place | None:
    import git

    try:
        repository = git.Repo(root, search_parent_directories=True)
    except git.InvalidGitRepositoryError:
        return None
    with repository:
        if repository.bare or repository.working_tree_dir is None:
            raise WorkspaceError(
                f"{root} is a bare git repository: it has no files to work on.",
                untouched="Nothing was changed.",
                next_step="Open a clone or a worktree of it.",
                path=str(root),
            )
        top = Path(repository.working_tree_dir).resolve()
        git_dir, common_dir = Path(repository.git_dir).resolve(), Path(repository.common_dir).resolve()
        if not root.is_relative_to(top) or not _speaks_sha1(repository):
            return None
    check_trusted_by_git(root)
    prefix = "" if root == top else root.relative_to(top).as_posix() + "/"
    runner = Git(git_dir, top)
    if prefix and runner.run("check-ignore", "-z", "--stdin", data=_bytes(prefix), accept=(0, 1)):
        return None  # a folder that the repository around it ignores is no part of it
    return Place(root, top, prefix, git_dir, common_dir, home)


def _shadow(root: Path, home: Path) -> Place:
    shadow = home / "shadow.git"
    if not (shadow / "HEAD").exists():
        run_in(home, "init", "--quiet", "--bare", "--object-format=sha1", str(shadow))
    return Place(root, root, "", shadow, shadow, home, shadow=True)


def _speaks_sha1(repository: git.Repo) -> bool:
    """GitPython reads SHA-1 repositories only; others are treated like a plain folder."""
    with repository.config_reader("repository") as config:
        return str(config.get_value("extensions", "objectFormat", "sha1")) == "sha1"


def _bytes(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
