"""Checks in bubblewrap: Linux namespaces without a daemon, about ten milliseconds for each command.

Every command gets namespaces of its own, so its end is the end of everything it started, daemons included. What holds
against what:

network      a network namespace without interfaces; abstract unix sockets belong to it too
files        a new root with only what is listed in `_system` and `_places`, all of it read-only but for the tree,
             the results and `/tmp`
rights       no capabilities, no new privileges, no further user namespaces; run by root, an id that owns nothing else
memory       a systemd scope (control group) where one can be had; else the sum over all processes is watched and the
             command killed, with RLIMIT_DATA per process
processes    RLIMIT_NPROC in the command's own user namespace
disk         `/tmp` and `/dev/shm` are tmpfs with a size; in the tree RLIMIT_FSIZE per file, and watching (`usage.py`)
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ambient_lsp import owner
from ambient_lsp.config import Sandbox as Settings
from ambient_lsp.errors import AmbientError
from ambient_lsp.protocols import Command, CommandResult, Limits, Readiness
from ambient_lsp.sandbox import checkout, environment, layout, usage
from ambient_lsp.sandbox.capture import Capture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from ambient_lsp.sandbox.environment import Interpreter

_WATCH_SECONDS = 0.05
_SCRATCH = "ambient-sandbox-"
_OWNER = re.compile(rf"/{_SCRATCH}(\d+)-([\d.]+)-")  # a file that every sandbox has, in a folder of its owner's
_EMPTY = "empty"
# Files of /etc that say nothing about the host's people and secrets.
_ETC = ("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "mime.types", "ssl/certs")
_ETC_MORE = ("ssl/openssl.cnf", "python3", "python3.11", "python3.12", "python3.13", "fonts", "magic")


class Bubblewrap:
    """The `bubblewrap` backend. Nothing of it lives longer than a command, but for one folder of small files."""

    name = "bubblewrap"

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._scope: tuple[str, ...] | None = None

    async def probe(self) -> Readiness:
        """Run the interpreter in an empty sandbox."""
        if shutil.which("bwrap") is None:
            return Readiness(
                False,
                self.name,
                reason="bwrap is not installed.",
                next_step="Install it (Debian, Ubuntu, Fedora, Arch: package `bubblewrap`), or use Docker.",
            )
        with tempfile.TemporaryDirectory(prefix=_scratch_prefix()) as folder:
            places = [Path(folder, name) for name in ("tree", "results", "harness")]
            for place in places:
                place.mkdir()
            try:
                async with self.session(places[0], project=places[0], results=places[1], harness=places[2]) as session:
                    result = await session.run(Command(("python", "-c", "1"), limits=Limits(seconds=10), trusted=True))
            except AmbientError as error:
                return Readiness(False, self.name, reason=error.what, next_step=error.next_step)
        if result.exit_code != 0:
            return Readiness(
                False,
                self.name,
                reason=f"bwrap does not work here: {(result.stderr or result.killed).strip()[-300:]}",
                next_step="Allow unprivileged user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0), "
                "or use Docker.",
            )
        return Readiness(True, self.name, image=session.image)

    @asynccontextmanager
    async def session(
        self, tree: Path, *, project: Path, results: Path, harness: Path
    ) -> AsyncIterator[BubblewrapSession]:
        """Open a sandbox on a checkout; see the protocol. Run by root, the checkout's files change their owner."""
        interpreter = environment.find(project, self._settings.python)
        scope = await self._scope_prefix()
        for folder in (tree, results):
            await asyncio.to_thread(checkout.give, folder)
        scratch = await asyncio.to_thread(_make_scratch)
        with checkout.without_git(tree) as git_is_folder:
            mounts = _Mounts(tree, project, results, harness, scratch, interpreter, git_is_folder)
            session = BubblewrapSession(mounts, tuple(self._settings.allowed_commands), scope)
            try:
                yield session
            finally:
                await session.end()
                await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)

    async def reap(self) -> int:
        """Remove folders of processes that are gone, and end sandboxes that were beginning and outlived them."""
        await asyncio.to_thread(_end_orphans)
        count = 0
        for folder in await asyncio.to_thread(lambda: list(Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*-*-*"))):
            pid, started, _ = folder.name.removeprefix(_SCRATCH).split("-", 2)
            if not owner.alive(f"{pid}:{started}"):
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
                count += not await asyncio.to_thread(folder.exists)
        return count

    async def close(self) -> None:
        """Nothing is kept open between sessions."""

    async def _scope_prefix(self) -> tuple[str, ...]:
        """Return what starts a command in a control group of its own; () where systemd does not do that for us."""
        if self._scope is None:
            user = () if os.geteuid() == 0 else ("--user",)
            prefix = ("systemd-run", *user, "--scope", "--quiet", "--collect")
            self._scope = prefix if await _succeeds(*prefix, "true") else ()
        return self._scope


def _scratch_prefix() -> str:
    return f"{_SCRATCH}{owner.current().replace(':', '-')}-"


def _make_scratch() -> Path:
    folder = Path(tempfile.mkdtemp(prefix=_scratch_prefix()))
    folder.chmod(0o755)
    for name, text in layout.stub_files(*checkout.sandbox_ids()).items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / _EMPTY).touch()
    return folder


async def _succeeds(*argv: str) -> bool:
    if shutil.which(argv[0]) is None:
        return False
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*argv, stdin=quiet, stdout=quiet, stderr=quiet)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), 5)
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    return process.returncode == 0  # on a busy machine it may have ended well, and we were late to see it


@dataclass(frozen=True, slots=True)
class _Mounts:
    """What a session shows to its commands."""

    tree: Path
    project: Path
    results: Path
    harness: Path
    scratch: Path
    interpreter: Interpreter
    git_is_folder: bool

    def arguments(self, limits: Limits) -> list[str]:
        """Return bwrap's options for the file system, in the order in which they are to happen."""
        places = _Places()
        places.add("--size", str(limits.disk), "--perms", "1777", "--tmpfs", "/tmp")  # noqa: S108
        self._system(places)
        self._python(places)
        places.bind("--bind", self.tree, layout.TREE)
        git = f"{layout.TREE}/.git"
        if self.git_is_folder:
            places.add("--size", "4096", "--tmpfs", git, "--remount-ro", git)
        else:
            places.add("--ro-bind", str(self.scratch / _EMPTY), git)
        places.bind("--ro-bind", self.harness, layout.HARNESS)
        places.bind("--bind", self.results, layout.RESULTS)
        places.add("--proc", "/proc", "--dev", "/dev")
        places.add("--size", str(layout.SHARED_MEMORY), "--perms", "1777", "--tmpfs", "/dev/shm")  # noqa: S108
        places.add("--remount-ro", "/dev", "--remount-ro", "/")
        return places.arguments

    def _system(self, places: _Places) -> None:
        places.add("--ro-bind", "/usr", "/usr")
        for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
            path = Path("/", name)
            if path.is_symlink():
                places.add("--symlink", os.readlink(path), str(path))  # noqa: PTH115 - as written, not as a Path
            elif path.is_dir():
                places.add("--ro-bind", str(path), str(path))
        for name in (*_ETC, *_ETC_MORE):
            if Path("/etc", name).exists():
                places.bind("--ro-bind", Path("/etc", name), f"/etc/{name}")
        for name in layout.stub_files(0, 0):
            places.bind("--ro-bind", self.scratch / name, f"/etc/{name}")

    def _python(self, places: _Places) -> None:
        places.bind("--ro-bind", environment.SITE, layout.SITE_FOLDER)
        interpreter = self.interpreter
        if interpreter.prefix.is_relative_to(self.project) and interpreter.prefix != self.project:
            self._project_links(places)
        for folder in dict.fromkeys((interpreter.base, interpreter.base.resolve(), interpreter.prefix)):
            if not folder.is_relative_to("/usr"):
                places.bind("--ro-bind", folder, str(folder))
        for path in environment.tool_paths(environment.missing_tools(interpreter)):
            places.bind("--ro-bind", path, f"{layout.TOOLS_FOLDER}/{path.name}")
        if ruff := environment.ruff_program():
            places.bind("--ro-bind", ruff, f"{layout.BIN_FOLDER}/ruff")

    def _project_links(self, places: _Places) -> None:
        """Let an editable installation, which names the project's own path, lead to the checkout instead."""
        for entry in sorted(path.name for path in self.tree.iterdir()):
            link = self.project / entry
            if entry != ".git" and not self.interpreter.prefix.is_relative_to(link):
                places.parents(str(link))
                places.add("--symlink", f"{layout.TREE}/{entry}", str(link))


class _Places:
    """Options for bwrap, with every parent folder made once: bwrap would make it readable for its owner only."""

    def __init__(self) -> None:
        self.arguments: list[str] = []
        self._made = {"/", "/usr", "/tmp"}  # noqa: S108

    def add(self, *arguments: str) -> None:
        self.arguments += arguments

    def bind(self, kind: str, source: Path, inside: str) -> None:
        self.parents(inside)
        self.add(kind, str(source), inside)

    def parents(self, inside: str) -> None:
        for parent in reversed(Path(inside).parents):
            if str(parent) not in self._made:
                self._made.add(str(parent))
                self.add("--perms", "0755", "--dir", str(parent))


class BubblewrapSession:
    """One checkout; see the protocol `Session`. Commands may run side by side; `/tmp` is new for each."""

    tree = layout.TREE
    harness = layout.HARNESS
    results = layout.RESULTS

    def __init__(self, mounts: _Mounts, patterns: Sequence[str], scope: tuple[str, ...]) -> None:
        self.python = str(mounts.interpreter.python)
        self.image = str(mounts.interpreter)
        self._mounts = mounts
        self._patterns = patterns
        self._scope = scope
        self._running: set[asyncio.subprocess.Process] = set()

    async def run(self, command: Command) -> CommandResult:
        """Run a command to its end; see the protocol."""
        argv = self._argv(command)
        out, err = Capture(command.limits.output), Capture(command.limits.output)
        started = time.monotonic()
        before = await asyncio.to_thread(usage.room, self._mounts.tree)
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_launch_environment() if self._scope else {"PATH": os.environ.get("PATH", os.defpath)},
            start_new_session=True,
        )
        self._running.add(process)
        assert process.stdout is not None and process.stderr is not None  # noqa: S101 - PIPE was asked for
        reading = asyncio.gather(out.drain(process.stdout), err.drain(process.stderr))
        try:
            killed = await self._watch(process, command.limits, before)
        finally:
            _kill(process)
            # Every process inside holds the pipes, so their end is the proof that nothing runs any more.
            await asyncio.shield(asyncio.gather(process.wait(), reading))
            self._running.discard(process)
            await asyncio.to_thread(checkout.keep_plain_files, self._mounts.results)
        return CommandResult(
            exit_code=None if killed else process.returncode,
            stdout=out.text,
            stderr=err.text,
            seconds=time.monotonic() - started,
            killed=killed,
            truncated=out.truncated or err.truncated,
        )

    async def end(self) -> None:
        """Kill what still runs and wait until it is gone."""
        for process in list(self._running):
            _kill(process)
            await process.wait()

    async def _watch(self, process: asyncio.subprocess.Process, limits: Limits, before: usage.Room) -> str:
        """Wait for the end; return why the command has to be killed, or ""."""
        ended = asyncio.ensure_future(process.wait())
        deadline = time.monotonic() + limits.seconds
        try:
            while not ended.done():
                left = deadline - time.monotonic()
                if left <= 0:
                    return "timeout"
                await asyncio.wait({ended}, timeout=min(_WATCH_SECONDS, left))
                if ended.done():
                    break
                if reason := await asyncio.to_thread(self._excess, process.pid, before, limits):
                    return reason
        finally:
            ended.cancel()
        return ""

    def _excess(self, pid: int, before: usage.Room, limits: Limits) -> str:
        return usage.excess(usage.descendants(pid), before, self._mounts.tree, limits)

    def _argv(self, command: Command) -> list[str]:
        limits = command.limits
        words = layout.words(command, self._patterns, self.python)
        search = layout.search_path(self._mounts.interpreter.python)
        variables = layout.variables(command.env, first=search, tree=self._mounts.tree)
        settings = [part for name, value in variables.items() for part in ("--setenv", name, value)]
        inside = layout.limited(words, limits, processes=True)
        own_namespaces = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
        common = ("--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv")
        files = ("--chdir", layout.folder(command), *settings, *self._mounts.arguments(limits))
        if os.geteuid() != 0:
            rights: tuple[str, ...] = ("--unshare-user", "--disable-userns", "--cap-drop", "ALL")
            launch: tuple[str, ...] = inside
        else:
            rights = ("--cap-drop", "ALL", *_kept("SETUID", "SETGID", "SETPCAP"))
            launch = (*_drop_root(), "--chdir", layout.folder(command), "--", *inside)
        return [
            *_scoped(self._scope, limits),
            *_pinned(limits),
            *("bwrap", *own_namespaces, *common, *rights, *files, "--", *launch),
        ]


def _kept(*capabilities: str) -> tuple[str, ...]:
    return tuple(part for name in capabilities for part in ("--cap-add", f"CAP_{name}"))


def _drop_root() -> tuple[str, ...]:
    """Return what turns root into the unprivileged id, then shuts it into a user namespace without further ones.

    Root mounts, so that a checkout below a private folder can be reached; the code itself never has root's id, to
    which the kernel would still give `/proc/sys` without any capability.
    """
    uid, gid = (str(number) for number in checkout.sandbox_ids())
    drop = ("--reuid", uid, "--regid", gid, "--clear-groups", "--bounding-set=-all", "--no-new-privs")
    inner = ("--unshare-user", "--disable-userns", "--die-with-parent", "--dev-bind", "/", "/")
    return ("/usr/bin/setpriv", *drop, "--", "/usr/bin/bwrap", *inner)


def _scoped(prefix: tuple[str, ...], limits: Limits) -> tuple[str, ...]:
    if not prefix:
        return ()
    properties = (
        f"MemoryMax={limits.memory}",
        "MemorySwapMax=0",
        f"TasksMax={limits.pids + 16}",  # bwrap's own processes are in it too
        f"CPUQuota={round(limits.cpus * 100)}%",
    )
    return (*prefix, *(part for text in properties for part in ("-p", text)), "--")


def _pinned(limits: Limits) -> tuple[str, ...]:
    """Return what keeps a command on as many processors as it may use; () where the host has no more."""
    processors = sorted(os.sched_getaffinity(0))
    most = max(1, round(limits.cpus))
    if most >= len(processors):
        return ()
    # Begin somewhere else each time, or all commands would share the first ones.
    first = time.monotonic_ns() % len(processors)
    chosen = [processors[(first + step) % len(processors)] for step in range(most)]
    return ("taskset", "--cpu-list", ",".join(map(str, chosen)))


def _launch_environment() -> dict[str, str]:
    """Return what systemd-run needs. Nothing else: inside, the first process's environment can be read."""
    wanted = ("PATH", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
    return {name: os.environ[name] for name in wanted if name in os.environ}


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill a command with everything of it, also when its first process was just making the second one.

    That one waits for a word of the first before it does anything else, and would wait for ever: it does not yet die
    with its parent. So nobody makes a process while we look, and whoever is still in the group dies with it.
    """
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGSTOP)
    # bwrap's child is the first process of the namespace: with it the kernel ends all others.
    for pid in reversed(usage.descendants(process.pid)[:4]):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _end_orphans() -> None:
    """Kill what belongs to processes of ours that are gone, and did not die with them."""
    import psutil

    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] != "bwrap":
            continue
        label = next((found for word in process.info["cmdline"] or () if (found := _OWNER.search(word))), None)
        if label is not None and not owner.alive(f"{label[1]}:{label[2]}"):
            for pid in reversed(usage.descendants(process.pid)):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
