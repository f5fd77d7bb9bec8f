"""The environment that every git of ours is started with, so that looking at a repository runs none of its code.

Whoever sends you a folder also sends you its `.git/config`, which can name programs: hooks, a file-system monitor,
clean and smudge filters, a transport. Settings in the environment win over that file, whatever it includes. Filters of
the user's own settings (global, system) stay as they are.
"""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CONFIG = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.splitIndex": "false",
    "core.logAllRefUpdates": "false",
    "core.quotePath": "false",
    "advice.detachedHead": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "log.showSignature": "false",
    # A pointer stays a pointer: smudging would download, cleaning would copy large files into the object store.
    "filter.lfs.smudge": "",
    "filter.lfs.clean": "",
    "filter.lfs.process": "",
    "filter.lfs.required": "false",
}
_SETTINGS = {
    "LC_ALL": "C",
    "GIT_LFS_SKIP_SMUDGE": "1",
    # Reading a partial clone must not fetch what is missing: that starts a transport which the repository chooses.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
}
_OLDEST = (2, 31)
"""The first git that takes settings from the environment; an older one would pass over all of this in silence."""
_OUR_OWN_FILES = frozenset({"system", "global", "command"})


def environment(where: Path | None = None, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a git that works on `where`, a working tree or a repository's own folder.

    It is the user's, without what a hook or an outer git had set for its own repository: a git hook runs with
    `GIT_DIR` and `GIT_INDEX_FILE` set; inherited, they would send us to the wrong index. Raises `WorkspaceError` where
    git is too old to heed it.
    """
    require(_version())
    source = os.environ if base is None else base
    kept = {
        name: value
        for name, value in source.items()
        if not name.startswith("GIT_")
        or (name.startswith(("GIT_CONFIG_", "GIT_EXEC_PATH")) and name != "GIT_CONFIG_PARAMETERS")
    } | _SETTINGS
    config = dict(_CONFIG)
    if where is not None:
        for name in _filters(str(where), tuple(_stamps(where)), frozenset(kept.items())):
            config |= {f"{name}.clean": "", f"{name}.smudge": "", f"{name}.process": "", f"{name}.required": "false"}
    count = int(kept.get("GIT_CONFIG_COUNT", "0") or 0)
    for number, (key, value) in enumerate(config.items(), count):
        kept |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return kept | {"GIT_CONFIG_COUNT": str(count + len(config))}


def require(version: tuple[int, int] | None) -> None:
    """Raise `WorkspaceError` for a git that is too old; one that is missing, or says nothing, fails by itself."""
    if version is not None and version < _OLDEST:
        raise WorkspaceError(
            f"git {version[0]}.{version[1]} is too old: it cannot be kept from running what a repository names.",
            untouched="Nothing was looked at.",
            next_step=f"Install git {_OLDEST[0]}.{_OLDEST[1]} or newer.",
        )


@cache
def _version() -> tuple[int, int] | None:
    try:
        done = subprocess.run(("git", "version"), stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    except OSError:
        return None
    match = re.match(rb"git version (\d+)\.(\d+)", done.stdout)
    return (int(match[1]), int(match[2])) if match else None


@lru_cache(maxsize=64)
def _filters(where: str, _stamps: tuple[object, ...], variables: frozenset[tuple[str, str]]) -> tuple[str, ...]:
    """Return the filters ("filter.name") that the repository's own settings define; asked again when they change."""
    # Named outright where we know the folder, for git may be told not to find a repository by itself.
    named = [f"--git-dir={where}"] if (Path(where) / "HEAD").is_file() else []
    pattern = r"^filter\..*\.(clean|smudge|process|required)$"
    done = subprocess.run(
        ("git", *named, "config", "--show-scope", "--name-only", "-z", "--get-regexp", pattern),
        cwd=where if Path(where).is_dir() else None,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    fields = iter(os.fsdecode(done.stdout).split("\0"))
    own, found = set[str](), set[str]()
    for scope, key in zip(fields, fields, strict=False):
        (own if scope in _OUR_OWN_FILES else found).add(key.rpartition(".")[0])
    return tuple(sorted(found))


def _stamps(where: Path) -> Iterator[tuple[int, int] | None]:
    # Its own folder, that of its working tree, and the shared one of a linked worktree (.git/worktrees/name).
    for folder in (where, where / ".git", where.parent.parent):
        for name in ("config", "config.worktree"):
            try:
                info = (folder / name).stat()
            except OSError:
                yield None
            else:
                yield info.st_mtime_ns, info.st_size
