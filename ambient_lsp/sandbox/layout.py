"""Where things are inside a sandbox, the same on every backend, and the environment of a command there."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ambient_lsp.errors import CommandRefused
from ambient_lsp.protocols import Command, Limits
from ambient_lsp.sandbox import policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ambient_lsp.config import Sandbox as Settings

TREE = "/repo"
HARNESS = "/harness"
RESULTS = "/results"
SITE_FOLDER = "/ambient/site"
TOOLS_FOLDER = "/ambient/tools"
BIN_FOLDER = "/ambient/bin"

_MODULES = ("pytest", "coverage", "mypy")
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
SHARED_MEMORY = 64 << 20


def limits(settings: Settings) -> Limits:
    """Return what the configuration lets one command use."""
    resources = settings.resources
    return Limits(
        seconds=resources.timeout_seconds,
        memory=_bytes(resources.memory),
        cpus=resources.cpus,
        pids=resources.pids_limit,
    )


def _bytes(text: str) -> int:
    scale = {"k": 10, "m": 20, "g": 30}.get(text[-1].lower(), 0)
    return int(text.rstrip("kmgKMG")) << scale


def words(command: Command, patterns: Sequence[str], python: str) -> tuple[str, ...]:
    """Return what to run: judged by the allow-list unless `trusted`, and with tools run by the project's interpreter.

    Raises `CommandRefused`.
    """
    argv = command.argv if command.trusted else policy.allowed(command.argv, patterns)
    if not argv:
        raise CommandRefused("An empty command was refused.", untouched="Nothing was run.")
    if argv[0] in ("python", "python3"):
        return (python, *argv[1:])
    if argv[0] in _MODULES:
        return (python, "-m", *argv)
    return argv


def folder(command: Command) -> str:
    """Return the absolute folder inside for `command.cwd`. Raises `CommandRefused` if it is not in the tree."""
    path = PurePosixPath(command.cwd)
    if path.is_absolute() or ".." in path.parts:
        raise CommandRefused(f"The folder {command.cwd!r} is not in the tree.", untouched="Nothing was run.")
    return str(PurePosixPath(TREE) / path)


def variables(extra: Mapping[str, str], *, first: str = "", tree: Path | None = None) -> dict[str, str]:
    """Return the whole environment of a command: nothing is taken over from ours. `first` leads PATH.

    A PYTHONPATH in `extra` comes before what brings in the tools, and does not replace it.
    """
    sources = f"{TREE}/src" if tree is not None and (tree / "src").is_dir() else ""
    return {
        "PATH": ":".join(part for part in (first, _SYSTEM_PATH, BIN_FOLDER) if part),
        "HOME": "/tmp",  # noqa: S108 - the sandbox's own, empty one
        "TMPDIR": "/tmp",  # noqa: S108
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "AMBIENT_SOURCES": sources,
        "AMBIENT_APPEND_PATH": TOOLS_FOLDER,
        "GIT_CONFIG_NOSYSTEM": "1",
        **extra,
        "PYTHONPATH": ":".join(part for part in (extra.get("PYTHONPATH"), SITE_FOLDER) if part),
    }


def limited(argv: Sequence[str], limits: Limits, *, processes: bool) -> tuple[str, ...]:
    """Return `argv` under the kernel's per-process limits. It has to run inside: what a new user namespace counts is
    its own processes, while outside the limit would count all of the user's.

    Address space is not limited: runtimes reserve far more than they use. RLIMIT_DATA counts what is really private,
    and twice the memory lets whoever watches the sum of it act first. One file may be as large as all of the disk.
    """
    counts = (f"--nproc={limits.pids}",) if processes else ()
    return (
        "/usr/bin/prlimit",
        f"--data={2 * limits.memory}",
        f"--fsize={limits.disk}",
        "--core=0",
        "--nofile=1024",
        "--memlock=65536",
        *counts,
        "--",
        *argv,
    )


def stub_files(uid: int, gid: int) -> dict[str, str]:
    """Return small files for `/etc`, so that programs that ask who they are get an answer and no name of the host."""
    return {
        "passwd": f"root:x:0:0:root:/tmp:/bin/sh\nambient:x:{uid}:{gid}:ambient:/tmp:/bin/sh\n",
        "group": f"root:x:0:\nambient:x:{gid}:\n",
        "hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    }


def search_path(python: Path) -> str:
    """Return the folder of an interpreter, for the front of PATH."""
    return os.path.dirname(python)  # noqa: PTH120 - `python` may be a link whose own folder counts
